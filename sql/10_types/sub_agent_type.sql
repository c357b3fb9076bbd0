create type public.sub_agent_type as enum ('mmn', 'vereador', 'clinica', 'custom');
comment on type public.sub_agent_type is 'What a sub-agent is a specialist of.';
