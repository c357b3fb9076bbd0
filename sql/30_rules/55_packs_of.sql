create or replace function private.packs_of(d public.deliveries) returns setof private.policy_packs
language sql stable security definer set search_path = ''
as $$
    select k.*
    from public.interviews as i
    join public.projects as p on p.id = i.project_id
    join public.renus_config as r on r.id = p.renus_config_id
    join private.policy_packs as k on k.agent_type = r.agent_type
    where i.id = d.interview_id
    union all
    -- What belongs to no interview, or to a project that names no agent, could be any of the client's agents speaking.
    select k.*
    from private.policy_packs as k
    where not exists (
            select from public.interviews as i
            join public.projects as p on p.id = i.project_id
            where i.id = d.interview_id and p.renus_config_id is not null
        )
        and exists (select from public.renus_config as r where r.client_id = d.client_id and r.agent_type = k.agent_type and r.active);
$$;
comment on function private.packs_of(public.deliveries) is
'The packs that bind a delivery: of its project''s agent; outside of interviews, and where the project names no agent, those of all the client''s active agents.';
