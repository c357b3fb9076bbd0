create or replace function private.make_partitions(parent regclass, months_ahead integer) returns integer
language plpgsql set search_path = '' set lock_timeout = '2s'
as $$
declare
    parent_name text := (select c.relname from pg_catalog.pg_class as c where c.oid = parent);
    month_start date;
    part_name text;
    made integer := 0;
begin
    for i in -1..months_ahead loop
        month_start := (date_trunc('month', now() at time zone 'UTC') + make_interval(months => i))::date;
        part_name := format('%s_%s', parent_name, to_char(month_start, 'YYYYMM'));
        if to_regclass(format('parts.%I', part_name)) is null then
            -- Attached, not created as a partition: that would lock the parent against every reader.
            execute format('create table parts.%I (like %s including defaults including constraints)', part_name, parent);
            execute format('alter table parts.%I enable row level security', part_name);
            execute format('alter table parts.%I force row level security', part_name);
            execute format(
                'alter table %s attach partition parts.%I for values from (%L) to (%L)',
                parent, part_name, month_start::text || ' 00:00+00', (month_start + interval '1 month')::date::text || ' 00:00+00'
            );
            made := made + 1;
        end if;
    end loop;
    return made;
end
$$;
comment on function private.make_partitions(regclass, integer) is
'Makes the monthly partitions of a table from last month to so many months ahead; returns how many were new. Idempotent; gives up after 2 s of waiting for a lock and is run again the next day.';

alter table parts.interview_messages_default enable row level security;
alter table parts.interview_messages_default force row level security;
alter table parts.messages_default enable row level security;
alter table parts.messages_default force row level security;
select private.make_partitions('public.interview_messages', 3);
select private.make_partitions('public.messages', 3);
