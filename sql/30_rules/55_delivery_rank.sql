create or replace function private.delivery_rank(status public.delivery_status) returns integer
language sql immutable set search_path = ''
as $$
    -- failed stands below delivered: a provider that reports both did deliver.
    select case delivery_rank.status
        when 'read' then 5 when 'delivered' then 4 when 'failed' then 3 when 'sent' then 2 when 'sending' then 1 when 'unknown' then 1 else 0
    end;
$$;
comment on function private.delivery_rank(public.delivery_status) is 'How far a delivery has come. It only ever moves up, so statuses may arrive in any order and any number of times.';
