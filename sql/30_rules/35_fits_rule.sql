create or replace function private.fits_rule(rule jsonb, value jsonb) returns boolean
language sql immutable set search_path = ''
as $$
    -- The words of skip_if, about the answer itself.
    select private.skip_applies(rule || '{"key": "it"}', jsonb_build_object('it', jsonb_build_object('status', 'answered', 'value', value)));
$$;
comment on function private.fits_rule(jsonb, jsonb) is 'Whether an answer is what a rule {"op", "value"} of a qualification speaks of; never where there is none.';
