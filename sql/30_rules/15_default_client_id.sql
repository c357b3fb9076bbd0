create or replace function private.default_client_id() returns uuid
language plpgsql stable security definer set search_path = ''
as $$
declare
    ids uuid[] := array(
        select m.client_id
        from public.client_members as m
        join public.clients as c on c.id = m.client_id
        where m.profile_id = private.current_profile_id() and m.status = 'active' and c.status = 'active'
        limit 2
    );
begin
    return case cardinality(ids) when 1 then ids[1] end;
end
$$;
comment on function private.default_client_id() is 'The client a row belongs to when an insert does not say: the one the person works at, if it is just one.';

alter table public.leads alter column client_id set default private.default_client_id();
alter table public.projects alter column client_id set default private.default_client_id();
alter table public.channel_accounts alter column client_id set default private.default_client_id();
alter table public.message_templates alter column client_id set default private.default_client_id();
alter table public.renus_config alter column client_id set default private.default_client_id();
alter table public.deliveries alter column client_id set default private.default_client_id();
alter table public.sending_rules alter column client_id set default private.default_client_id();
alter table public.budgets alter column client_id set default private.default_client_id();
alter table public.erasures alter column client_id set default private.default_client_id();
alter table public.consents alter column client_id set default private.default_client_id();
alter table public.callbacks alter column client_id set default private.default_client_id();
alter table public.callbacks alter column client_id set default private.default_client_id();
