create or replace function private.digest_text(notification_ids uuid[]) returns text
language sql stable set search_path = ''
as $$
    with
    told as (
        select n.event, n.text, row_number() over (order by n.created_at, n.id) as place
        from public.notifications as n
        where n.id = any (digest_text.notification_ids)
    ),
    counted as (
        select count(*) as n, min(t.place) as place, t.event from told as t group by t.event
    )
    select format(
        'Você tem %s avisos: %s. %s%s',
        (select count(*) from told),
        (
            select string_agg(c.n || ' ' || case when c.n = 1 then w.one else w.many end, ', ' order by c.place)
            from counted as c
            cross join private.notification_words(c.event) as w
        ),
        (select string_agg(left(t.text, 160), ' ' order by t.place) from told as t where t.place <= 3),
        (select case when count(*) > 3 then ' E mais ' || count(*) - 3 || '.' else '' end from told)
    );
$$;
comment on function private.digest_text(uuid[]) is 'Many notifications in one text: how many of each event, and the first three in their own words. Read-only.';
