create or replace function private.hours_problem(hours jsonb) returns text
language plpgsql immutable set search_path = ''
as $$
declare
    day record;
begin
    if jsonb_typeof(hours) is distinct from 'object' or hours = '{}' then
        return 'hours must be an object of at least one day, such as {"monday": ["08:00", "20:00"]}';
    end if;
    for day in select e.key, e.value from jsonb_each(hours) as e loop
        if day.key not in ('monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday') then
            return format('hours: %s is no day of the week; they are monday to sunday', quote_literal(left(day.key, 50)));
        end if;
        if coalesce(case jsonb_typeof(day.value) when 'array' then jsonb_array_length(day.value) <> 2 else true end, true)
            or coalesce(day.value ->> 0, '') !~ '^([01][0-9]|2[0-3]):[0-5][0-9]$' or coalesce(day.value ->> 1, '') !~ '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$'
            or day.value ->> 0 >= day.value ->> 1 then
            return format('hours of %s must be two times, the first before the second, such as ["08:00", "20:00"]', day.key);
        end if;
    end loop;
    return null;
end
$$;
comment on function private.hours_problem(jsonb) is 'What is wrong with sending_rules.hours, as a sentence; null if nothing.';
