create or replace function public.report_markdown(report_id uuid) returns public."text/markdown"
language sql stable set search_path = ''
as $$
    select r.markdown::public."text/markdown" from public.reports as r where r.id = report_markdown.report_id;
$$;
comment on function public.report_markdown(uuid) is 'A report as a Markdown document (Accept: text/markdown), under the caller''s own rights.';
