create or replace function private.easter_of(year integer) returns date
language plpgsql immutable set search_path = ''
as $$
declare
    -- The anonymous Gregorian computus (Meeus, Astronomical Algorithms, chapter 8), in its author's letters.
    a integer := easter_of.year % 19;
    b integer := easter_of.year / 100;
    c integer := easter_of.year % 100;
    h integer := (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    l integer := (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    m integer := (a + 11 * h + 22 * l) / 451;
    n integer := h + l - 7 * m + 114;
begin
    return make_date(easter_of.year, n / 31, n % 31 + 1);
end
$$;
comment on function private.easter_of(integer) is 'Easter Sunday of a year of the Gregorian calendar.';
