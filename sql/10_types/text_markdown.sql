-- PostgREST answers `Accept: text/markdown` with a function that returns this domain.
create domain public."text/markdown" as text;
comment on domain public."text/markdown" is 'A Markdown document, as a media type PostgREST can answer with.';
