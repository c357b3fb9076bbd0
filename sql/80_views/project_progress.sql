create or replace view public.project_progress with (security_invoker = true) as
select
    i.client_id,
    i.project_id,
    count(*) as leads,
    count(*) filter (where i.invited_at is not null) as invited,
    count(*) filter (where i.status = 'in_progress') as in_progress,
    count(*) filter (where i.status = 'completed') as completed,
    count(*) filter (where i.end_reason = 'opted_out') as opted_out,
    count(*) filter (where i.status = 'cancelled' and i.end_reason not in ('opted_out', 'expired')) as cancelled,
    count(*) filter (where i.status = 'pending') as unanswered,
    count(*) filter (where i.end_reason = 'expired') as expired
from public.interviews as i
group by i.client_id, i.project_id;
comment on view public.project_progress is 'How far each project''s interviews have come. Under the reader''s own rights.';
