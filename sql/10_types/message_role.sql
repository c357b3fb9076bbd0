create type public.message_role as enum ('user', 'assistant', 'system');
comment on type public.message_role is 'Who speaks: the lead (user), RENUM (assistant), or a note of the system.';
