create or replace function private.next_open(rules public.sending_rules, zone text, since timestamptz) returns timestamptz
language plpgsql stable set search_path = ''
as $$
declare
    first_day date := (since at time zone zone)::date;
    day date;
    span jsonb;
    closes timestamptz;
    opens timestamptz;
begin
    -- Long enough for a client that opens on one day of the week and has all its closed dates and every holiday on it.
    for ahead in 0..1500 loop
        day := first_day + ahead;
        span := rules.hours -> (array['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'])[extract(isodow from day)];
        continue when span is null or day = any (rules.closed_dates) or (not rules.on_holidays and private.is_holiday(day));
        opens := (day + (span ->> 0)::time) at time zone zone;
        closes := (day + (span ->> 1)::time) at time zone zone;
        if greatest(since, opens) < closes then
            return greatest(since, opens);
        end if;
    end loop;
    return null;
end
$$;
comment on function private.next_open(public.sending_rules, text, timestamptz) is
'The first moment, not before since, at which these rules let something begin with somebody who lives by this clock; since itself if they let it then. null if there is none in sight.';
