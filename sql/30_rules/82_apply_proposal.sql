create or replace function private.apply_proposal(interview public.interviews, proposal jsonb, out reply text, out kind public.delivery_kind)
language plpgsql security definer set search_path = ''
as $$
declare
    questionnaire jsonb := (select p.config -> 'questionnaire' from public.projects as p where p.id = interview.project_id);
    opted_out boolean := (select l.opted_out_at is not null from public.leads as l where l.id = interview.lead_id);
    known jsonb := private.answers_of(interview.id);
    item record;
    said text;
    problem text;
    probe text;
    next_key text;
    next_question jsonb;
    acknowledgement text := left(btrim(coalesce(proposal ->> 'acknowledgement', '')), 300);
begin
    kind := 'reply';
    if opted_out or (proposal ->> 'opt_out')::boolean then
        if not opted_out then
            insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
            values (interview.client_id, interview.lead_id, false, 'consent', jsonb_build_object('interview_id', interview.id, 'source', 'agent'));
        end if;
        perform private.end_interview(interview.id, 'opted_out');
        kind := 'goodbye';
        reply := private.goodbye();
        return;
    end if;
    if (proposal ->> 'declined')::boolean then
        perform private.end_interview(interview.id, 'cancelled');
        reply := 'Sem problemas! Obrigado por avisar e tenha um ótimo dia.';
        return;
    end if;

    for item in
        select s.key, s.question, s.status, s.is_open, a.v as proposed
        from jsonb_array_elements(coalesce(proposal -> 'answers', '[]')) with ordinality as a (v, n)
        join private.interview_state(questionnaire -> 'questions', known) as s on s.key = a.v ->> 'key'
        where s.is_open or s.status in ('answered', 'refused')
        order by a.n
    loop
        said := private.store_answer(interview, item.question, item.proposed, known);
        problem := coalesce(problem, said);
    end loop;

    for item in
        select s.key, s.question
        from private.interview_state(questionnaire -> 'questions', known) as s
        where s.is_open and coalesce(proposal -> 'refused', '[]') ? s.key
    loop
        insert into public.interview_answers as a (client_id, interview_id, question_key, status, tries)
        values (
            interview.client_id, interview.id, item.key,
            case when coalesce((item.question ->> 'required')::boolean, true) then 'invalid' else 'refused' end::public.answer_status, 1
        )
        on conflict on constraint a_question_is_answered_once_per_interview do update
        set tries = a.tries + 1,
            -- A required question is put a second time, then the refusal stands.
            status = 'refused', value = null;
        if coalesce((item.question ->> 'required')::boolean, true) and not known ? item.key then
            problem := coalesce(problem, 'Essa resposta é importante para a pesquisa. Se ainda assim preferir não responder, é só me dizer de novo.');
        end if;
    end loop;

    known := private.answers_of(interview.id);
    next_key := (select s.key from private.interview_state(questionnaire -> 'questions', known) as s where s.is_open order by s.ord limit 1);
    next_question := (select q.v from jsonb_array_elements(questionnaire -> 'questions') as q (v) where q.v ->> 'key' = next_key);

    -- A follow-up to an answer just given, as far as the question's probe budget goes.
    probe := (
        select btrim(proposal #>> '{probe,text}')
        from jsonb_array_elements(questionnaire -> 'questions') as q (v)
        where q.v ->> 'key' = proposal #>> '{probe,key}' and q.v ->> 'type' = 'text'
            and known #>> array[q.v ->> 'key', 'status'] = 'answered'
            and coalesce((known #>> array[q.v ->> 'key', 'probes'])::integer, 0) < coalesce((q.v ->> 'probes')::integer, 0)
            and coalesce(proposal -> 'answers', '[]') @> jsonb_build_array(jsonb_build_object('key', q.v -> 'key'))
    );
    if probe <> '' then
        update public.interview_answers as a
        set probes = a.probes + 1
        where a.interview_id = interview.id and a.question_key = proposal #>> '{probe,key}';
        update public.interviews as i
        set status = 'in_progress', started_at = coalesce(i.started_at, now()), current_question = proposal #>> '{probe,key}'
        where i.id = interview.id;
        reply := concat_ws(E'\n\n', nullif(acknowledgement, ''), left(probe, 1000));
        return;
    end if;

    if next_key is null then
        -- What the rules skipped is written down, so that figures count it.
        insert into public.interview_answers as a (client_id, interview_id, question_key, status)
        select interview.client_id, interview.id, s.key, 'skipped'
        from private.interview_state(questionnaire -> 'questions', known) as s
        where s.status = 'skipped'
        on conflict on constraint a_question_is_answered_once_per_interview do update set status = 'skipped';
        update public.interviews as i set status = 'in_progress', started_at = coalesce(i.started_at, now()) where i.id = interview.id;
        perform private.end_interview(interview.id, 'completed');
        reply := concat_ws(E'\n\n', nullif(acknowledgement, ''), coalesce(nullif(btrim(questionnaire ->> 'closing'), ''), 'Era isso! Muito obrigado pela sua participação.'));
        return;
    end if;
    update public.interviews as i
    set status = 'in_progress', started_at = coalesce(i.started_at, now()), current_question = next_key
    where i.id = interview.id;
    -- Thanks for an answer that is none, followed by why it is none, would read oddly: the reason takes the place of the thanks.
    problem := case when known #>> array[next_key, 'status'] = 'invalid' then problem end;
    reply := concat_ws(
        E'\n\n', coalesce(problem, nullif(acknowledgement, '')),
        coalesce(
            nullif(left(btrim(proposal #>> array['wordings', next_key]), 1000), ''),
            private.question_text(next_question)
        )
    );
end
$$;
comment on function private.apply_proposal(public.interviews, jsonb) is
'Turns what the model proposed into what happens: stores valid answers, refuses others with a reason, ends or advances the interview, and composes the reply from the model''s words and the next question. Called under the interview''s and the thread''s locks.';
