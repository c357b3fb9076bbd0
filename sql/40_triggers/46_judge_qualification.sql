create or replace function private.judge_qualification() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    t private.threads := private.turn_thread();
    agent public.renus_config;
    refused_at timestamptz;
    verdict record;
begin
    if t.id is null then
        -- In nobody's turn: the engine settles, takes back, erases.
        return new;
    end if;
    if tg_op = 'UPDATE' and old.status <> 'open' then
        return old;
    end if;
    select * into agent from public.renus_config as r where r.id = t.agent_id;
    if not coalesce(agent.config ? 'qualification', false) then
        raise exception 'this agent has no questions to qualify anybody by' using errcode = '22023';
    end if;
    -- SECURITY: of what an agent writes, the proposed answers alone are taken. Whatever else it might come to be granted is made here.
    if tg_op = 'INSERT' then
        refused_at := (
            select max(q.decided_at) from public.qualifications as q
            where q.client_id = t.client_id and q.lead_id = t.lead_id and q.status = 'not_qualified'
        );
        if refused_at > private.now() - make_interval(days => private.setting_int('requalify_days')) then
            raise exception 'this person did not qualify, and is not asked again before %', to_char(
                (refused_at + make_interval(days => private.setting_int('requalify_days'))) at time zone 'America/Sao_Paulo', 'YYYY-MM-DD'
            ) using errcode = '22023';
        end if;
        new.answers := '{}';
        new.created_at := now();
    else
        new.id := old.id;
        new.answers := old.answers;
        new.created_at := old.created_at;
    end if;
    select r.answers, r.problems into new.answers, new.problems
    from private.read_qualification(agent.config, new.answers, new.proposed, t.lease, private.setting_int('max_tries')) as r;
    select * into verdict from private.qualification_verdict(agent.config -> 'qualification', new.answers);
    new.client_id := t.client_id;
    new.lead_id := t.lead_id;
    new.conversation_id := t.conversation_id;
    new.renus_config_id := agent.id;
    new.renus_config_version := agent.version;
    new.threshold := (agent.config #>> '{qualification,threshold}')::numeric;
    new.status := verdict.status;
    new.score := verdict.score;
    new.reason := verdict.reason;
    new.decided_at := case when verdict.status <> 'open' then private.now() end;
    new.settled_at := null;
    return new;
end
$$;
comment on function private.judge_qualification() is
'Trigger: what an agent''s tool proposes as answers is read, scored and decided by the configuration of the live turn''s agent; the tool itself can write neither status nor score. What is decided stays.';

create or replace trigger _100_judge_qualification before insert or update on public.qualifications
for each row execute function private.judge_qualification();
