-- Roles are the server's, not the database's: they may be there already.
do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'renum_worker') then
    create role renum_worker nologin noinherit;
  end if;
  if not exists (select from pg_catalog.pg_roles where rolname = 'renum_agent') then
    create role renum_agent nologin noinherit;
  end if;
  if not exists (select from pg_catalog.pg_roles where rolname = 'renum_files') then
    create role renum_files nologin inherit;
  end if;
end
$$;
