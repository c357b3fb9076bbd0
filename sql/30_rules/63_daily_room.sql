create or replace function private.daily_room(project public.projects) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
    account public.channel_accounts;
    siblings uuid[];
    window_hours integer;
    everybody integer;
    needed integer;
    used integer;
    waiting integer;
    free integer;
begin
    select a.* into account
    from public.channel_accounts as a
    where a.id = coalesce(project.channel_account_id, private.account_for(project.client_id, null));
    if account.daily_limit is null then
        return null;
    end if;
    siblings := private.accounts_of_portfolio(account.id);
    select p.window_hours into window_hours from private.providers as p where p.provider = account.provider and p.channel = account.channel;
    select count(*), count(*) filter (where o.lead_id is null and r.lead_id is null) into everybody, needed
    from private.audience(project.id) as a
    left join (
        select t.lead_id
        from private.threads as t
        where t.client_id = project.client_id and t.channel_account_id = account.id
            and t.last_inbound_at > private.now() - make_interval(hours => window_hours)
    ) as o on o.lead_id = a.lead_id
    -- Whoever was written to counts once.
    left join (
        select distinct d.lead_id
        from public.deliveries as d
        where d.client_id = project.client_id and d.channel_account_id = any (siblings) and d.initiated
            and d.begun_at > private.now() - interval '24 hours'
    ) as r on r.lead_id = a.lead_id
    where a.left_out is null;
    used := private.people_reached(account.id);
    -- What other projects have begun and not sent yet takes the same room.
    select count(distinct i.lead_id) into waiting
    from public.projects as p
    join public.interviews as i on i.project_id = p.id
    where p.client_id = project.client_id and p.id <> project.id and p.status = 'active' and p.channel_account_id = any (siblings)
        and i.status = 'pending'
        and (
            i.invited_at is null
            or exists (
                select from public.deliveries as d
                where d.client_id = i.client_id and d.interview_id = i.id and d.kind = 'invitation' and d.status in ('queued', 'deferred') and d.begun_at is null
            )
        );
    free := greatest(account.daily_limit - used - waiting, 0);
    return jsonb_build_object(
        'daily_limit', account.daily_limit, 'used_24h', used, 'waiting', waiting, 'free', free, 'audience', everybody, 'needed', needed, 'fits', needed <= free,
        'days', case
            when needed = 0 then 0
            when needed <= free then 1
            else ceil((used + waiting + needed)::numeric / account.daily_limit)::integer
        end
    );
end
$$;
comment on function private.daily_room(public.projects) is
'Whether a project''s audience fits into its account''s daily limit if it started now: {"daily_limit", "used_24h", "waiting": people whom running projects are still to invite, "free", "audience", "needed": those of it who count (not who wrote lately, nor who was written to already), "fits", "days": over how many days it would be spread}. null: no limit.';
