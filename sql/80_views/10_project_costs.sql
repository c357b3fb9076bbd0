create or replace view public.project_costs with (security_invoker = true) as
select
    s.client_id,
    s.project_id,
    s.currency,
    s.amount,
    s.models,
    s.messages,
    p.completed,
    s.amount / nullif(p.completed, 0) as per_completed_interview
from (
    select
        u.client_id,
        u.project_id,
        u.currency,
        sum(u.amount) as amount,
        coalesce(sum(u.amount) filter (where u.kind = 'model'), 0) as models,
        coalesce(sum(u.amount) filter (where u.kind = 'message'), 0) as messages
    from public.usage as u
    where u.project_id is not null and u.amount is not null
    group by u.client_id, u.project_id, u.currency
) as s
left join lateral (
    select count(*) as completed
    from public.interviews as i
    where i.client_id = s.client_id and i.project_id = s.project_id and i.status = 'completed'
) as p on true;
comment on view public.project_costs is 'What each project has cost so far, models and messages, and what that is for each completed interview. Under the reader''s own rights.';
