create or replace function private.money_text(amount numeric, currency text) returns text
language sql immutable set search_path = ''
as $$
    select case currency when 'BRL' then 'R$' when 'USD' then 'US$' else currency end || ' '
        || translate(to_char(round(amount, 2), 'FM999,999,999,990.00'), ',.', '.,');
$$;
comment on function private.money_text(numeric, text) is 'An amount as Brazilians write it: US$ 1.234,50.';
