create or replace function private.project_statistics(project_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_build_object(
        'invited', f.invited, 'started', f.started, 'completed', f.completed, 'opted_out', f.opted_out, 'cancelled', f.cancelled,
        'expired', f.expired, 'in_progress', f.in_progress, 'unanswered', f.unanswered,
        'response_rate', case when f.invited = 0 then 0 else round(100.0 * f.responded / f.invited, 1) end,
        'completion_rate', case when f.invited = 0 then 0 else round(100.0 * f.completed / f.invited, 1) end,
        'median_minutes', f.median_minutes,
        'questions', coalesce((
            select jsonb_agg(private.question_statistics(p.id, q.v) order by q.ord)
            from jsonb_array_elements(p.config #> '{questionnaire,questions}') with ordinality as q (v, ord)
        ), '[]')
    )
    from public.projects as p
    cross join lateral (
        select
            count(*) filter (where i.invited_at is not null) as invited,
            count(*) filter (where i.started_at is not null) as started,
            count(*) filter (where i.status = 'completed') as completed,
            count(*) filter (where i.end_reason = 'opted_out') as opted_out,
            count(*) filter (where i.status = 'cancelled' and i.end_reason not in ('opted_out', 'expired')) as cancelled,
            count(*) filter (where i.end_reason = 'expired') as expired,
            count(*) filter (where i.status = 'in_progress') as in_progress,
            count(*) filter (where i.status = 'pending') as unanswered,
            count(*) filter (where i.invited_at is not null and (i.started_at is not null or i.end_reason in ('opted_out', 'cancelled'))) as responded,
            round((percentile_cont(0.5) within group (order by extract(epoch from i.completed_at - i.started_at)) / 60)::numeric, 1) as median_minutes
        from public.interviews as i
        where i.project_id = p.id
    ) as f
    where p.id = project_statistics.project_id;
$$;
comment on function private.project_statistics(uuid) is
'A project''s figures: how many were invited, started, completed, opted out, were cancelled or expired, are in progress or have not answered, the rates in percent, and each question''s figures.';
