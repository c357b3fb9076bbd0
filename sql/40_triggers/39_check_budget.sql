create or replace function private.check_budget() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    if not exists (
        select from private.model_prices as p where p.currency = new.currency
        union all
        select from private.prices as p where p.currency = new.currency
    ) then
        raise exception 'budgets.currency: there are no prices in %', left(new.currency, 10) using errcode = '22023', hint = 'Amounts are not converted: name the currency of the price lists, USD.';
    end if;
    if tg_op = 'UPDATE' and (new.period, new.currency) is distinct from (old.period, old.currency) then
        -- Counted anew, by the sweep.
        new.period_began := null;
        return new;
    end if;
    if tg_op = 'UPDATE' and new.amount <> old.amount then
        new.told := 'open';
    end if;
    new.state := private.budget_state(new.spent, new.amount, new.warn_at_percent);
    return new;
end
$$;
comment on function private.check_budget() is
'Trigger: a budget''s currency is one that prices are given in; a changed limit holds at once, and a changed period or currency from the next sweep on, which counts what was used.';

create or replace trigger _100_check_budget before insert or update of amount, currency, period, warn_at_percent on public.budgets
for each row execute function private.check_budget();
