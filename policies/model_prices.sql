-- Nobody but the owner.
alter table private.model_prices enable row level security;
alter table private.model_prices force row level security;
