-- Nobody but the owner.
alter table private.threads enable row level security;
alter table private.threads force row level security;
