create or replace function private.budget_verdict(client_id uuid, project_id uuid) returns text
language sql stable security definer set search_path = ''
as $$
    -- Two probes of one index; nearly everybody has no budget at all, or an open one.
    select case when bool_or(b.on_reached = 'pause') then 'pause' when count(*) > 0 then 'degrade' else 'go' end
    from public.budgets as b
    where b.client_id = budget_verdict.client_id and (b.project_id is null or b.project_id = budget_verdict.project_id) and b.state = 'reached';
$$;
comment on function private.budget_verdict(uuid, uuid) is
'What the budgets of a project (null: of what belongs to none) and of its client allow: go, degrade (the offline model answers), pause (no turn is begun, nobody is invited). The sterner of several. Asked at every turn.';
