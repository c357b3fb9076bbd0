-- public is the API (tables and the RPCs people call); worker is the functions' API; nothing else is exposed.
create schema if not exists worker;
comment on schema worker is 'RPCs for the deployed functions. Exposed through PostgREST, executable by renum_worker only.';

create schema if not exists private;
comment on schema private is 'Rules, helpers, settings, threads and secrets. Never exposed.';

create schema if not exists agent_tools;
comment on schema agent_tools is 'SQL functions that agents may call, owned by renum_agent. Never exposed.';

create schema if not exists parts;
comment on schema parts is 'Monthly partitions. Never exposed: a partition asked for directly would bypass its parent''s policies.';
