create or replace function private.invite_next(client_id uuid) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    project record;
    open_ones jsonb;
    free integer;
    made integer;
    invited integer := 0;
begin
    -- One transaction at a time invites for a client; another that comes meanwhile has nothing to add.
    if not pg_try_advisory_xact_lock(hashtextextended('invite_next ' || invite_next.client_id, 0)) then
        return 0;
    end if;
    -- Counted by account: one that is stopped, or has reached its limit for today, keeps its own people waiting and nobody else's.
    select coalesce(jsonb_object_agg(w.channel_account_id, w.n), '{}') into open_ones
    from (
        select d.channel_account_id, count(*) as n
        from public.deliveries as d
        left join public.interviews as i on i.id = d.interview_id
        left join public.projects as p on p.id = i.project_id
        where d.client_id = invite_next.client_id and d.queue = 'default' and d.status in ('queued', 'deferred', 'sending')
            -- What waits for a paused project takes no room from the others.
            and coalesce(p.status, 'active') = 'active'
            -- Nor what waits for a budget.
            and d.reason is distinct from 'the budget is used up'
            -- Nor what waits for days, for a lead who was written to often enough.
            and not (d.status = 'deferred' and d.due_at > private.now() + interval '1 day')
        group by d.channel_account_id
    ) as w;
    for project in
        select p.id, p.channel_account_id from public.projects as p
        where p.client_id = invite_next.client_id and p.status = 'active' and private.budget_verdict(p.client_id, p.id) <> 'pause'
        order by p.created_at, p.id
    loop
        free := private.setting_int('admitted_tasks') - coalesce((open_ones ->> project.channel_account_id::text)::integer, 0);
        continue when free <= 0;
        begin
            made := private.invite(project.id, free);
            invited := invited + made;
            if made > 0 then
                open_ones := open_ones || jsonb_build_object(project.channel_account_id, private.setting_int('admitted_tasks') - free + made);
            end if;
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- The sweep and every claim come by here: one project that cannot invite must not stop the others.
                raise warning 'project % cannot invite: %', project.id, sqlerrm;
        end;
    end loop;
    perform private.admit_deliveries(invite_next.client_id, 'default');
    return invited;
end
$$;
comment on function private.invite_next(uuid) is
'Makes and admits a client''s next invitations, as many for each account as its share of the queue has room for. Called when a project starts, when deliveries finish, and by the sweep.';
