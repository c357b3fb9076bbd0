create or replace function private.is_holiday(day date) returns boolean
language sql immutable set search_path = ''
as $$
    select to_char(is_holiday.day, 'MM-DD') in (
            -- Lei 662/1949 with Lei 10.607/2002, Lei 6.802/1980 (12 October) and Lei 14.759/2023 (20 November).
            '01-01', '04-21', '05-01', '09-07', '10-12', '11-02', '11-15', '11-20', '12-25'
        )
        -- By Easter: Carnival's Monday and Tuesday, Good Friday, Corpus Christi. By law only Good Friday is kept everywhere (Lei 9.093/1995); on the others banks, offices and
        -- most of the country are closed as well, and who is written to by a company takes it no better.
        or is_holiday.day - private.easter_of(extract(year from is_holiday.day)::integer) in (-48, -47, -2, 60);
$$;
comment on function private.is_holiday(date) is 'Whether a day is a national holiday of Brazil, or closed like one. Holidays of states and towns are a client''s own closed dates.';
