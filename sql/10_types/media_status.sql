create type public.media_status as enum ('waiting', 'stored', 'failed', 'expired', 'kept');
comment on type public.media_status is 'Life of a file that a lead sent: to be fetched, in storage, given up, gone at the provider, or kept as a reference only.';
