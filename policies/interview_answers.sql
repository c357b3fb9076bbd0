-- Written by the agents' commits.
alter table public.interview_answers enable row level security;
alter table public.interview_answers force row level security;

grant select on public.interview_answers to authenticated;
grant select, insert, update, delete on public.interview_answers to service_role;

create policy interview_answers_select on public.interview_answers for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());
