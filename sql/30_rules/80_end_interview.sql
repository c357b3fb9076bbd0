create or replace function private.end_interview(interview_id uuid, reason public.end_reason) returns void
language sql security definer set search_path = ''
as $$
    update public.interviews as i
    set status = case end_interview.reason when 'completed' then 'completed' else 'cancelled' end::public.interview_status,
        end_reason = end_interview.reason,
        started_at = coalesce(i.started_at, case end_interview.reason when 'completed' then now() end),
        completed_at = case end_interview.reason when 'completed' then clock_timestamp() end,
        current_question = null
    where i.id = end_interview.interview_id and i.status in ('pending', 'in_progress');
$$;
comment on function private.end_interview(uuid, public.end_reason) is 'Ends an interview that runs; another is left alone. Its trigger frees the thread and queues what follows.';
