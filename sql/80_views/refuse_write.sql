create or replace function private.refuse_write() returns trigger
language plpgsql set search_path = ''
as $$
begin
    raise exception '% is computed and cannot be written', tg_table_name using errcode = '42501';
end
$$;
comment on function private.refuse_write() is
'Trigger on views: without it a write is an error of the server (55000, HTTP 500) before anybody asks for rights; with it, one of the caller.';

create or replace trigger _100_refuse_write instead of insert or update or delete on public.project_progress
for each row execute function private.refuse_write();

create or replace trigger _100_refuse_write instead of insert or update or delete on public.usage_summary
for each row execute function private.refuse_write();

create or replace trigger _100_refuse_write instead of insert or update or delete on public.project_costs
for each row execute function private.refuse_write();
