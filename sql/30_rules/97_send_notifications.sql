create or replace function private.send_notifications() returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    item record;
    one uuid;
    told record;
    sent integer := 0;
    burst integer := private.setting_int('notification_burst');
    since timestamptz := private.now() - make_interval(secs => private.setting_int('notification_window_s'));
begin
    -- One at a time: messages of a person are numbered, and conversations met in any order.
    if not pg_try_advisory_xact_lock(hashtextextended('send_notifications', 0)) then
        return 0;
    end if;
    -- What waits for an account that is stopped goes another way, and does not come again when the account is back.
    for item in
        select d.id
        from public.deliveries as d
        join public.channel_accounts as a on a.id = d.channel_account_id
        where d.status in ('queued', 'deferred') and a.status <> 'active'
            and (d.client_id, d.id) in (select n.sender_client_id, n.delivery_id from public.notifications as n where n.status = 'queued' and n.delivery_id is not null)
        order by d.id
        for no key update of d skip locked
    loop
        update public.deliveries as d set status = 'cancelled', reason = 'the account is stopped' where d.id = item.id;
        perform private.end_delivery(item.id);
    end loop;

    for item in
        select n.client_id, n.profile_id, n.attempts, array_agg(n.id order by n.created_at, n.id) as ids, (private.notification_words(n.event)).urgent
        from public.notifications as n
        join public.profiles as p on p.id = n.profile_id
        where n.status = 'queued' and n.delivery_id is null and n.event <> all (p.muted_events)
        group by n.client_id, n.profile_id, n.attempts, 5
        -- What is urgent does not wait behind what is being gathered.
        order by 5 desc, min(n.created_at)
        limit 200
    loop
        begin
            select count(distinct n.told_at) as times, max(n.told_at) as latest into told
            from public.notifications as n
            where n.client_id = item.client_id and n.profile_id = item.profile_id and n.told_at > since;
            if item.attempts <> '[]' then
                -- Together they went, together they go on.
                perform private.tell(item.ids);
                sent := sent + 1;
            elsif item.urgent or told.times + cardinality(item.ids) <= burst then
                foreach one in array item.ids loop
                    perform private.tell(array[one]);
                    sent := sent + 1;
                end loop;
            elsif told.times = 0 then
                perform private.tell(item.ids);
                sent := sent + 1;
            end if;
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- One person who cannot be told must not stop the others.
                raise warning 'person % cannot be told: %', item.profile_id, sqlerrm;
        end;
    end loop;
    update public.notifications as n
    set status = 'skipped', reason = 'the person wants no notifications of this event'
    from public.profiles as p
    where n.status = 'queued' and n.delivery_id is null and p.id = n.profile_id and n.event = any (p.muted_events);
    return sent;
end
$$;
comment on function private.send_notifications() is
'Tells people what is to be told, run by the sweep. One by one up to notification_burst in notification_window_s; where more wait, they are kept until the window since the last message is over, and become one message (an urgent event is told at once). What failed by one channel goes on by the next, and so does what waits for a stopped account. Returns how many messages were made.';
