create or replace function private.same_client() returns trigger
language plpgsql set search_path = ''
as $$
begin
    raise exception '% cannot move to another client', tg_table_name using errcode = '42501';
end
$$;
comment on function private.same_client() is 'Trigger: a row stays with its client for ever.';

do $$
declare
    t text;
begin
    foreach t in array array['client_members', 'leads', 'channel_accounts', 'message_templates', 'renus_config', 'projects', 'interviews', 'conversations', 'sending_rules', 'callbacks', 'qualifications', 'budgets'] loop
        execute format(
            'create or replace trigger _100_same_client before update of client_id on public.%I for each row when (new.client_id is distinct from old.client_id) execute function private.same_client()', t
        );
    end loop;
end
$$;
