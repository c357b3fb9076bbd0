create or replace function private.add_interviews(project_id uuid, lead_ids uuid[] default null) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    added integer;
begin
    insert into public.interviews (client_id, lead_id, project_id)
    select p.client_id, a.lead_id, p.id
    from public.projects as p
    cross join private.audience(p.id, add_interviews.lead_ids) as a
    where p.id = add_interviews.project_id and a.left_out is null and p.config ? 'questionnaire'
    order by a.lead_id
    on conflict on constraint a_lead_is_interviewed_once_per_project do nothing;
    get diagnostics added = row_count;
    return added;
end
$$;
comment on function private.add_interviews(uuid, uuid[]) is
'Makes the interviews of a project''s audience, or of these leads if they belong to it, each once. Idempotent. Returns how many were new. A project without a questionnaire has none.';
