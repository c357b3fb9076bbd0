create or replace function private.asking_refusal(agent_type public.agent_type, txt text) returns text
language sql stable security definer set search_path = ''
as $$
    select format('it asks what an agent of type %s may not ask', k.agent_type)
    from private.policy_packs as k
    where k.agent_type = asking_refusal.agent_type
        and exists (
            -- Sentence by sentence, and only those that ask: of a candidate one may speak.
            select from regexp_matches(asking_refusal.txt, '[^.!?…]*[?？]', 'g') as s (parts)
            cross join unnest(k.refused_questions) as r (pattern)
            where private.plain(s.parts[1]) ~ r.pattern
        );
$$;
comment on function private.asking_refusal(public.agent_type, text) is 'Why an agent of this type may not write this, for a question that stands in it, as a sentence; null if it may.';
