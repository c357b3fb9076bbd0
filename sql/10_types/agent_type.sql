create type public.agent_type as enum ('renus_base', 'mmn', 'vereador', 'clinica');
comment on type public.agent_type is 'Which agent a client runs.';
