create or replace function private.customer_work(conversation public.conversations) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_build_object(
        'company_name', k.company_name, 'plan', k.plan,
        'agent_type', (
            select r.agent_type from public.renus_config as r
            where r.client_id = k.id
            order by r.id = v.made_renus_config_id desc nulls last, r.active desc, r.created_at
            limit 1
        ),
        'project', (
            select jsonb_build_object('name', p.name, 'status', p.status) from public.projects as p
            where p.client_id = k.id
            order by p.status = 'active' desc, p.created_at desc
            limit 1
        )
    )
    from public.clients as k
    -- Another dialogue of the same lead, on another number or after this one was closed, knows it as well.
    left join public.conversions as v on v.client_id = conversation.client_id and v.lead_id = conversation.lead_id and v.reversed_at is null
    where k.id = coalesce(conversation.customer_client_id, (
        select c.made_client_id from public.conversions as c
        where c.client_id = conversation.client_id and c.lead_id = conversation.lead_id and c.reversed_at is null
    )) and k.status = 'active';
$$;
comment on function private.customer_work(public.conversations) is
'What the agent knows of the client that its lead has become: {"company_name", "agent_type", "plan", "project": {"name", "status"}}; null where it has become none, or one that is not active.';
