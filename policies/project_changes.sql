-- Nobody but the owner.
alter table private.project_changes enable row level security;
alter table private.project_changes force row level security;
