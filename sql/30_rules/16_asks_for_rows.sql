create or replace function private.asks_for_rows() returns boolean
language plpgsql immutable set search_path = ''
as $$
begin
    -- SECURITY: PostgREST answers Prefer: count=planned (and estimated, beyond max-rows) with the planner's estimate, by EXPLAIN. The planner knows
    -- statistics of the whole table, whosever the rows are: by asking for ever narrower ranges anybody who signed up could read telephone numbers
    -- and names out of the histograms. Declared immutable so that it is computed while planning and costs the plan nothing: an EXPLAIN that
    -- comes through the API plans a table without rows.
    if coalesce(current_setting('request.path', true), '') = '' or current_query() !~* '^\s*explain' then
        return true;
    end if;
    -- For whoever asks in good faith; the header is not what decides, since only one of several can be read here.
    if nullif(current_setting('request.headers', true), '')::json ->> 'prefer' ~ 'count=planned' then
        raise exception 'count=planned is not answered: it would be estimated from everybody''s rows' using errcode = '22023', hint = 'Ask for count=exact or count=estimated.';
    end if;
    return false;
end
$$;
comment on function private.asks_for_rows() is 'Whether a request through the API asks for rows: false where it only has a plan estimated. What every policy for select asks, outside of any sub-select.';
