-- Roles of the whole server, as hosted Supabase leaves them. Source: supabase/postgres, migrations/db (initial schema and what followed,
-- up to 20260821154147). Roles outlive databases, so each is made when missing and its attributes are set every time.
do $$
declare
  name text;
begin
  foreach name in array array[
    'postgres', 'anon', 'authenticated', 'service_role', 'authenticator', 'supabase_auth_admin', 'supabase_functions_admin',
    'dashboard_user', 'supabase_read_only_user', 'supabase_storage_admin'
  ] loop
    if not exists (select from pg_catalog.pg_roles where rolname = name) then
      execute format('create role %I', name);
    end if;
  end loop;
end
$$;

-- What customers, migrations and cron jobs are: no superuser, but past RLS and able to make roles and databases.
alter role postgres with login nosuperuser createdb createrole replication bypassrls;
alter role anon with nologin inherit;
alter role authenticated with nologin inherit;
alter role service_role with nologin inherit bypassrls;
alter role authenticator with login noinherit;
alter role supabase_auth_admin with login noinherit nocreaterole noreplication;
alter role supabase_functions_admin with login noinherit;
alter role supabase_storage_admin with login noinherit;
alter role dashboard_user with nologin createdb createrole replication;
alter role supabase_read_only_user with login bypassrls;

grant anon, authenticated, service_role to authenticator;
-- Storage becomes whatever role a caller's token names, as PostgREST does.
grant anon, authenticated, service_role, authenticator to supabase_storage_admin;
grant anon, authenticated, service_role to postgres with admin option;
grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres with admin option;
grant pg_read_all_data to supabase_read_only_user;

alter role supabase_admin set search_path to "$user", public, auth, extensions;
alter role postgres set search_path to "$user", public, extensions;
alter role supabase_auth_admin set search_path to auth;
-- A user's request is cut off long before it can hurt others; service_role has no limit of its own and gets authenticator's.
alter role anon set statement_timeout to '3s';
alter role authenticated set statement_timeout to '8s';
alter role authenticator set statement_timeout to '8s';
alter role authenticator set lock_timeout to '8s';
