create or replace function private.model_price(model text, day date) returns private.model_prices
language sql stable security definer set search_path = ''
as $$
    select p
    from private.model_prices as p
    where p.model in (model_price.model, regexp_replace(model_price.model, '-(\d{8}|\d{4}-\d{2}-\d{2})$', '')) and p.valid_from <= model_price.day
    order by p.model = model_price.model desc, p.valid_from desc
    limit 1;
$$;
comment on function private.model_price(text, date) is 'The price of a model on a day: the newest that holds by then, its own before that of its name without the date. null where none is known.';
