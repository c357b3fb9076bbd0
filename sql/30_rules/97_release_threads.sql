create or replace function private.release_threads() returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    item record;
    released integer := 0;
    these integer;
begin
    -- Clients whose budget for everything is still used up are the common case, and cost one look each.
    for item in
        select distinct t.client_id from private.threads as t where t.held and private.budget_verdict(t.client_id, null) <> 'pause' order by t.client_id
    loop
        with free as (
            select t.id
            from private.threads as t
            where t.client_id = item.client_id and t.held
                and not exists (
                    select from public.budgets as b
                    where b.client_id = t.client_id and b.state = 'reached' and b.on_reached = 'pause' and b.project_id = private.project_of(t)
                )
            order by t.id
            for no key update of t skip locked
        )
        update private.threads as t
        set held = false,
            due_at = case when t.task_id is null and t.inbound_seq > t.handled_seq then clock_timestamp() else t.due_at end,
            -- A reply is not late for what it had to wait.
            waiting_since = case when t.task_id is null and t.inbound_seq > t.handled_seq then clock_timestamp() else t.waiting_since end
        from free as f
        where t.id = f.id;
        get diagnostics these = row_count;
        released := released + these;
    end loop;
    return released;
end
$$;
comment on function private.release_threads() is
'Has the turns that were held because a budget was used up wait for admission again, where none is any more: raised, its action changed, deleted, its month over. Never waits for a lock. Run by the sweep. Returns how many.';
