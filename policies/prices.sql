-- Nobody but the owner: what it says reaches people through public.preview_audience.
alter table private.prices enable row level security;
alter table private.prices force row level security;
