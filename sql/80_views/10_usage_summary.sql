create or replace view public.usage_summary with (security_invoker = true) as
select
    u.client_id,
    u.project_id,
    u.kind,
    u.item,
    u.currency,
    (u.occurred_at at time zone 'America/Sao_Paulo')::date as day,
    sum(u.quantity) as quantity,
    sum(u.input_tokens) as input_tokens,
    sum(u.output_tokens) as output_tokens,
    sum(u.amount) as amount,
    count(*) filter (where u.amount is null) as without_price
from public.usage as u
group by u.client_id, u.project_id, u.kind, u.item, u.currency, (u.occurred_at at time zone 'America/Sao_Paulo')::date;
comment on view public.usage_summary is
'What was used, by day in São Paulo, project, and model or kind of message. amount is exact; without_price: entries that no price was known for, which it leaves out. Under the reader''s own rights.';
