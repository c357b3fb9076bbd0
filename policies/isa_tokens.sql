-- Nobody but the owner.
alter table private.isa_tokens enable row level security;
alter table private.isa_tokens force row level security;
