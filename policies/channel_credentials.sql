-- Nobody but the owner: read by worker.channel_account only.
alter table private.channel_credentials enable row level security;
alter table private.channel_credentials force row level security;
