create or replace function private.begin_deliveries(tasks jsonb, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    task record;
    begun jsonb;
    trouble jsonb;
    granted jsonb := '[]';
begin
    perform private.lock_paces(array(
        select x.channel_account_id from public.deliveries as x where x.id in (select (j ->> 'id')::uuid from jsonb_array_elements(tasks) as j)
    ));
    for task in
        select (x ->> 'id')::uuid as id, (x ->> 'msg_id')::bigint as msg_id, x ->> 'queue' as queue
        from jsonb_array_elements(tasks) as x
        order by 1
    loop
        begin
            begun := private.begin_delivery(task.id, task.queue, task.msg_id, begin_deliveries.visibility_s);
            if begun is not null then
                granted := granted || begun;
            end if;
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- One that cannot even be looked at must not keep its neighbours, of whatever client, from being claimed.
                trouble := jsonb_build_object('code', sqlstate, 'message', sqlerrm);
                begin
                    update public.deliveries as x set attempts = x.attempts + 1 where x.id = task.id and x.task_id = task.msg_id;
                    if found then
                        perform private.retry_delivery(task.id, trouble, true);
                    end if;
                exception
                    when deadlock_detected or lock_not_available or query_canceled then
                        raise;
                    when others then
                        -- Not even that: it shows again in a minute, and is seen in the log.
                        perform pgmq.set_vt(task.queue, task.msg_id, 60);
                        raise warning 'delivery % cannot be claimed: %, %', task.id, trouble, sqlerrm;
                end;
        end;
    end loop;
    return granted;
end
$$;
comment on function private.begin_deliveries(jsonb, integer) is
'Claims the deliveries of tasks just read: sorts out what is done, busy, not allowed any more or exhausted, and returns the rest as tasks. One that raises an error is a failed attempt of its own and harms no other. Waits for no lock but an account''s pace.';
