-- Nobody but the owner.
alter table private.account_paces enable row level security;
alter table private.account_paces force row level security;
