create or replace function worker.begin_turns(tasks jsonb, visibility_s integer) returns jsonb
language sql volatile security definer set search_path = ''
as $$
    select jsonb_build_object('tasks', private.begin_turns(begin_turns.tasks, begin_turns.visibility_s));
$$;
comment on function worker.begin_turns(jsonb, integer) is 'Asks again for claimed turns that were still inside their debounce: [{"id", "msg_id"}] → {"tasks"}, as claim_tasks returns them.';
