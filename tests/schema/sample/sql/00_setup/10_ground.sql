create schema if not exists worker;
create schema if not exists private;
create schema if not exists agent_tools;
create schema if not exists parts;
create extension if not exists pgmq;
create extension if not exists pg_net with schema extensions;
create extension if not exists pg_cron;

do $$
begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'renum_worker') then
        create role renum_worker nologin noinherit;
    end if;
    if not exists (select from pg_catalog.pg_roles where rolname = 'renum_agent') then
        create role renum_agent nologin noinherit;
    end if;
end
$$;
