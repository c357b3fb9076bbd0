-- Nobody but the owner.
alter table private.spendings enable row level security;
alter table private.spendings force row level security;
