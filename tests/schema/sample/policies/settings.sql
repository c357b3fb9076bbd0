alter table private.settings enable row level security;
alter table private.settings force row level security;
