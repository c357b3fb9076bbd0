create or replace function private.models_of(config jsonb, verdict text) returns jsonb
language sql immutable set search_path = ''
as $$
    select case
        when verdict = 'degrade' then '{"model": "offline", "fallback_model": null, "degraded": true}'
        else jsonb_build_object('model', config -> 'model', 'fallback_model', config -> 'fallback_model')
    end;
$$;
comment on function private.models_of(jsonb, text) is
'Which models an agent of this config is to ask under a budget''s verdict: {"model", "fallback_model"}, or the offline one alone and "degraded". null: the functions'' own.';
