create or replace function private.qualification_verdict(
    qualification jsonb, answers jsonb, out status public.qualification_status, out score numeric, out reason text, out next_key text
)
language plpgsql immutable set search_path = ''
as $$
declare
    most numeric;
    missed jsonb;
begin
    -- Only an answer brings points: what was refused or passed over brings none.
    select coalesce(sum(private.points_of(s.question, answers #> array[s.key, 'value'])) filter (where s.status = 'answered'), 0),
        coalesce(sum(case when s.status = 'answered' then private.points_of(s.question, answers #> array[s.key, 'value']) when s.is_open then private.most_points(s.question) end), 0),
        (array_agg(s.key order by s.ord) filter (where s.is_open))[1],
        -- A question that was passed over was not to be asked: nothing depends on it.
        (array_agg(s.question order by s.ord) filter (
            where s.question ? 'must' and s.status in ('answered', 'refused') and not private.fits_rule(s.question -> 'must', answers #> array[s.key, 'value'])
        ))[1]
    into score, most, next_key, missed
    from private.interview_state(qualification -> 'questions', answers) as s;
    if missed is not null then
        status := 'not_qualified';
        reason := case when answers #>> array[missed ->> 'key', 'status'] = 'refused'
            then format('Ficou sem resposta uma pergunta decisiva: “%s”', missed ->> 'text')
            else format('A resposta a uma pergunta decisiva não é a que se precisa: “%s”', missed ->> 'text')
        end;
    elsif most < (qualification ->> 'threshold')::numeric then
        status := 'not_qualified';
        reason := 'As respostas não alcançam a pontuação que se precisa.';
    elsif next_key is null then
        status := 'qualified';
    else
        status := 'open';
    end if;
    if status <> 'open' then
        next_key := null;
    end if;
end
$$;
comment on function private.qualification_verdict(jsonb, jsonb, out public.qualification_status, out numeric, out text, out text) is
'What the answers so far come to by the rules of config.qualification: open with the next question, qualified once every question is settled and the points suffice, not_qualified with the reason at once when a must fails or the threshold is out of reach.';
