alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on functions from anon, authenticated, service_role;
alter default privileges revoke execute on functions from public;
revoke all on all tables in schema public from anon, authenticated, service_role;
revoke all on all functions in schema private from public, anon, authenticated, service_role;
