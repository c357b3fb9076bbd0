create type public.channel_account_status as enum ('active', 'paused', 'disconnected');
comment on type public.channel_account_status is 'Whether an account may send.';
