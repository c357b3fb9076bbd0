create or replace function private.store_answer(interview public.interviews, question jsonb, proposed jsonb, known jsonb) returns text
language plpgsql security definer set search_path = ''
as $$
declare
    k text := question ->> 'key';
    earlier jsonb := known -> k;
    answer record;
begin
    select * into answer from private.read_answer(question, proposed -> 'value');
    -- What is settled stays settled unless something better comes.
    if answer.problem is not null and earlier ->> 'status' in ('answered', 'refused') then
        return null;
    end if;
    -- What a probe brings is added to what was said before it.
    if answer.value is not null and question ->> 'type' = 'text' and earlier ->> 'status' = 'answered' and interview.current_question = k then
        answer.value := to_jsonb((earlier ->> 'value') || E'\n' || (answer.value #>> '{}'));
    end if;
    insert into public.interview_answers as a (client_id, interview_id, question_key, status, value, quote, message_seq, tries)
    values (
        interview.client_id, interview.id, k,
        case when answer.value is not null then 'answered' else 'invalid' end::public.answer_status,
        answer.value, left(proposed ->> 'quote', 10000), (proposed ->> 'seq')::bigint, 1
    )
    on conflict on constraint a_question_is_answered_once_per_interview do update
    set status = case
            when excluded.status = 'invalid' and a.tries + 1 >= private.setting_int('max_tries') then 'refused'
            else excluded.status
        end,
        value = excluded.value,
        quote = case when a.status = 'answered' and excluded.quote is not null then concat_ws(E'\n', a.quote, excluded.quote) else excluded.quote end,
        message_seq = excluded.message_seq, tries = a.tries + 1;
    return answer.problem;
end
$$;
comment on function private.store_answer(public.interviews, jsonb, jsonb, jsonb) is
'Stores one proposed answer if it is one. Returns the sentence for the lead why it is none, or null. After max_tries that are none the question counts as refused. A later valid answer replaces an earlier one.';
