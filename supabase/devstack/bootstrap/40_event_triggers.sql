-- What hosted Supabase does after DDL: tells PostgREST to reload its schema cache, and opens pg_cron's schema to role postgres.
-- Source: supabase/postgres, pgrst_ddl_watch, pgrst_drop_watch (2026-09-23: blind to the platform's own schemas) and issue_pg_cron_access.
create function extensions.pgrst_ddl_watch() returns event_trigger language plpgsql set search_path = '' as $$
begin
  if exists (
    select from pg_event_trigger_ddl_commands() as command
    where command.command_tag in (
      'CREATE SCHEMA', 'ALTER SCHEMA', 'CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'ALTER TABLE', 'CREATE FOREIGN TABLE',
      'ALTER FOREIGN TABLE', 'CREATE VIEW', 'ALTER VIEW', 'CREATE MATERIALIZED VIEW', 'ALTER MATERIALIZED VIEW', 'CREATE FUNCTION',
      'ALTER FUNCTION', 'CREATE TRIGGER', 'CREATE TYPE', 'ALTER TYPE', 'CREATE RULE', 'COMMENT'
    ) and coalesce(command.schema_name, '') not in ('pg_temp', 'auth', 'realtime', 'storage')
  ) then
    notify pgrst, 'reload schema';
  end if;
end
$$;

create function extensions.pgrst_drop_watch() returns event_trigger language plpgsql set search_path = '' as $$
begin
  if exists (
    select from pg_event_trigger_dropped_objects() as dropped
    where dropped.object_type in (
      'schema', 'table', 'foreign table', 'view', 'materialized view', 'function', 'trigger', 'type', 'rule'
    ) and dropped.is_temporary is false and coalesce(dropped.schema_name, '') not in ('auth', 'realtime', 'storage')
  ) then
    notify pgrst, 'reload schema';
  end if;
end
$$;

-- Security definer: the extension's objects belong to the superuser even when postgres creates it.
create function extensions.grant_pg_cron_access() returns event_trigger language plpgsql security definer set search_path = '' as $$
begin
  if exists (
    select from pg_event_trigger_ddl_commands() as command
      join pg_catalog.pg_extension as extension on extension.oid = command.objid
    where command.classid = 'pg_catalog.pg_extension'::regclass and extension.extname = 'pg_cron'
  ) then
    grant usage on schema cron to postgres with grant option;
    grant all on all functions in schema cron to postgres with grant option;
    grant all on all sequences in schema cron to postgres with grant option;
    grant select on table cron.job to postgres with grant option;
    grant select, insert, update, delete, truncate, references on table cron.job_run_details to postgres with grant option;
  end if;
end
$$;
revoke all on function extensions.grant_pg_cron_access() from public;

create event trigger pgrst_ddl_watch on ddl_command_end execute function extensions.pgrst_ddl_watch();
create event trigger pgrst_drop_watch on sql_drop execute function extensions.pgrst_drop_watch();
create event trigger issue_pg_cron_access on ddl_command_end when tag in ('CREATE EXTENSION')
  execute function extensions.grant_pg_cron_access();
