create or replace function private.note_message() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    with
    charged as (
        -- The provider's word, else the template's category, else what free text in an open window is called.
        select a.provider, coalesce(
            lower(new.pricing ->> 'category'),
            (
                select t.category from public.message_templates as t
                where new.content ->> 'type' = 'template' and t.client_id = new.client_id and t.name = new.content ->> 'name' and t.language = new.content ->> 'language'
                    and (t.channel_account_id is null or t.channel_account_id = new.channel_account_id)
                order by t.channel_account_id nulls last
                limit 1
            ),
            'service'
        ) as category
        from public.channel_accounts as a
        join private.providers as p on p.provider = a.provider and p.channel = a.channel
        where a.id = new.channel_account_id and (new.status in ('delivered', 'read') or not p.reports_delivery)
            and exists (select from private.prices as x where x.provider = a.provider)
    ),
    noted as (
        insert into public.usage as n (client_id, project_id, kind, item, delivery_id, amount, currency)
        select new.client_id,
            case
                when new.interview_id is not null then (select i.project_id from public.interviews as i where i.id = new.interview_id)
                else (select private.project_of(t) from private.threads as t where t.id = new.thread_id and t.interview_id is null)
            end,
            'message', c.provider || '/' || c.category, new.id,
            case when new.pricing -> 'billable' = 'false' then 0 else trim_scale(p.amount) end, p.currency
        from charged as c
        left join lateral (
            select x.amount, x.currency
            from private.prices as x
            where x.provider = c.provider and x.item = c.category and x.valid_from <= (private.now() at time zone 'America/Sao_Paulo')::date
            order by x.valid_from desc
            limit 1
        ) as p on true
        on conflict do nothing
        returning n.client_id, n.project_id, n.currency, n.amount, n.occurred_at
    )
    insert into private.spendings (client_id, project_id, currency, amount, occurred_at)
    select n.client_id, n.project_id, n.currency, n.amount, n.occurred_at from noted as n where n.amount > 0;
    return null;
end
$$;
comment on function private.note_message() is
'Trigger: a message that its provider charges goes into the ledger once: when it is delivered, or sent where the provider does not tell of deliveries. Nothing is noted of providers without a price list.';

create or replace trigger _900_note_message after update of status on public.deliveries
for each row when (new.status in ('sent', 'delivered', 'read') and old.status not in ('delivered', 'read') and old.status is distinct from new.status)
execute function private.note_message();
