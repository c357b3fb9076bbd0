create or replace function private.touch() returns trigger
language plpgsql set search_path = ''
as $$
begin
    new.updated_at := now();
    return new;
end
$$;
comment on function private.touch() is 'Trigger: keeps updated_at.';

do $$
declare
    t text;
begin
    foreach t in array array[
        'profiles', 'clients', 'client_members', 'leads', 'channel_accounts', 'message_templates', 'renus_config', 'tools', 'sub_agents', 'projects',
        'interviews', 'conversations', 'interview_answers', 'deliveries', 'notifications', 'reminders', 'reports', 'media', 'sending_rules', 'callbacks', 'qualifications', 'budgets'
    ] loop
        execute format('create or replace trigger _100_touch before update on public.%I for each row execute function private.touch()', t);
    end loop;
end
$$;
