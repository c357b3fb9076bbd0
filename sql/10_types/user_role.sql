create type public.user_role as enum ('admin', 'client');
comment on type public.user_role is 'What a person is to RENUM: an admin of the whole system, or somebody at a client.';
