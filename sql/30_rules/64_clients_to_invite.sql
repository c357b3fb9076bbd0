create or replace function private.clients_to_invite() returns setof uuid
language sql stable security definer set search_path = ''
as $$
    select distinct p.client_id
    from public.projects as p
    -- One look into the index for each running project: as a semi-join it would be a scan of all interviews.
    cross join lateral (
        select i.id
        from public.interviews as i
        where i.project_id = p.id and i.status = 'pending' and i.invited_at is null
        order by i.created_at, i.id
        limit 1
    ) as waiting
    where p.status = 'active' and private.budget_verdict(p.client_id, p.id) <> 'pause'
    order by p.client_id;
$$;
comment on function private.clients_to_invite() is 'The clients with somebody to invite: what private.invite_next is called for. Read-only.';
