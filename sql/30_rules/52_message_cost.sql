create or replace function private.message_cost(provider text, item text, messages integer) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_build_object('currency', p.currency, 'amount', round(p.amount * message_cost.messages, 2), 'per_message', trim_scale(p.amount), 'category', p.item)
    from private.prices as p
    where p.provider = message_cost.provider and p.item = message_cost.item and p.valid_from <= private.now()::date
    order by p.valid_from desc
    limit 1;
$$;
comment on function private.message_cost(text, text, integer) is 'What so many messages of a category cost with a provider today: {"currency", "amount", "per_message", "category"}; null where no price is known.';
