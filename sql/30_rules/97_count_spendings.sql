create or replace function private.count_spendings() returns void
language plpgsql security definer set search_path = ''
as $$
declare
    month timestamptz := date_trunc('month', private.now() at time zone 'America/Sao_Paulo') at time zone 'America/Sao_Paulo';
begin
    -- A month that has ended is counted no further; the new one is counted from the ledger.
    update public.budgets as b set period_began = null where b.period = 'month' and b.period_began <> month;
    with
    noted as (delete from private.spendings as s returning s.client_id, s.project_id, s.currency, s.amount, s.occurred_at),
    counted as (
        select b.id, sum(n.amount) as amount
        from noted as n
        join public.budgets as b on b.client_id = n.client_id and (b.project_id is null or b.project_id = n.project_id) and b.currency = n.currency
            and n.occurred_at >= b.period_began
        group by b.id
    )
    update public.budgets as b set spent = b.spent + c.amount from counted as c where b.id = c.id;
    -- A new budget, a changed one, a new month: all that the ledger has, without what is noted and comes with the next sweep. One statement,
    -- so that it sees either both rows of a commit or none.
    update public.budgets as b
    set period_began = s.began, spent = s.spent, told = 'open'
    from (
        select x.id, p.began, coalesce((
            select sum(u.amount) from public.usage as u
            where u.client_id = x.client_id and (x.project_id is null or u.project_id = x.project_id) and u.currency = x.currency and u.occurred_at >= p.began
        ), 0) - coalesce((
            select sum(n.amount) from private.spendings as n
            where n.client_id = x.client_id and (x.project_id is null or n.project_id = x.project_id) and n.currency = x.currency and n.occurred_at >= p.began
        ), 0) as spent
        from public.budgets as x
        cross join lateral (select case x.period when 'month' then month else 'epoch' end as began) as p
        where x.period_began is null
    ) as s
    where b.id = s.id;
    update public.budgets as b
    set state = private.budget_state(b.spent, b.amount, b.warn_at_percent)
    where b.state <> private.budget_state(b.spent, b.amount, b.warn_at_percent);
    perform private.tell_of_budgets();
end
$$;
comment on function private.count_spendings() is
'Adds what the ledger got since the last time to the budgets, begins new months (in São Paulo), and tells owners. Run by the sweep, one at a time: so that commits only insert notes and never meet on a budget''s row.';
