create or replace function private.tell_of_budgets() returns void
language plpgsql security definer set search_path = ''
as $$
declare
    item record;
    about text;
begin
    for item in
        select b.*, p.name as project
        from public.budgets as b
        left join public.projects as p on p.id = b.project_id
        where b.state > b.told and b.period_began is not null
        order by b.id
    loop
        about := case when item.project is null then 'O orçamento da empresa' else format('O orçamento da pesquisa "%s"', item.project) end
            || case item.period when 'month' then ' para este mês' else '' end;
        about := case item.state
            when 'reached' then format('%s se esgotou: %s de %s. ', about, private.money_text(item.spent, item.currency), private.money_text(item.amount, item.currency))
                || case item.on_reached
                    when 'pause' then 'Respostas, convites e lembretes esperam até que ele seja aumentado' || case item.period when 'month' then ' ou o mês vire.' else '.' end
                    else 'Até que ele seja aumentado' || case item.period when 'month' then ' ou o mês vire' else '' end || ', quem responde é o modelo básico, que não tem custo.'
                end
            else format('%s já passou de %s%%: %s de %s.', about, item.warn_at_percent, private.money_text(item.spent, item.currency), private.money_text(item.amount, item.currency))
        end;
        perform private.notify(
            item.client_id, case item.state when 'reached' then 'budget_reached' else 'budget_warning' end, null, about,
            format('%s %s %s', item.id, item.amount, to_char(item.period_began at time zone 'America/Sao_Paulo', 'YYYY-MM-DD'))
        );
        update public.budgets as b set told = item.state where b.id = item.id;
    end loop;
end
$$;
comment on function private.tell_of_budgets() is
'Notes for the clients'' owners that a budget is nearly or wholly used up: once for each, of one amount in one period. Run by private.count_spendings. Idempotent.';
