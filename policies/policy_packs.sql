-- Nobody but the owner: what they say reaches people through errors.
alter table private.policy_packs enable row level security;
alter table private.policy_packs force row level security;
