create or replace function private.admit_reports(client_id uuid) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    free integer;
    ids uuid[];
    msg_ids bigint[];
begin
    select private.setting_int('admitted_tasks') - count(*) into free
    from public.reports as r
    where r.client_id = admit_reports.client_id and r.task_id is not null;
    ids := array(
        select r.id
        from public.reports as r
        where r.client_id = admit_reports.client_id and r.stale and r.task_id is null and r.due_at <= now() and r.status <> 'failed'
        order by r.due_at, r.id
        limit greatest(free, 0)
        for update of r skip locked
    );
    if cardinality(ids) = 0 then
        return 0;
    end if;
    msg_ids := array(
        select s.id
        from pgmq.send_batch('low_priority', array(
            select private.task_message('report', u.id, admit_reports.client_id, 1) from unnest(ids) with ordinality as u (id, ord) order by u.ord
        ), 0) as s (id)
    );
    update public.reports as r
    set task_id = u.msg_id
    from unnest(ids, msg_ids) as u (id, msg_id)
    where r.id = u.id;
    return cardinality(ids);
end
$$;
comment on function private.admit_reports(uuid) is 'Puts a client''s stale reports that are due into low_priority, as far as its share goes. Returns how many.';
