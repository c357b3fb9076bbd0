create or replace function private.reply_refusal(agent_type public.agent_type, txt text) returns text
language sql stable security definer set search_path = ''
as $$
    select private.for_a_person()
    from private.policy_packs as k
    where k.agent_type = reply_refusal.agent_type
        and (
            exists (select from unnest(k.refused_replies) as r (pattern) where private.plain(reply_refusal.txt) ~ r.pattern)
            -- What no project may ask, no model asks of its own accord.
            or private.asking_refusal(k.agent_type, reply_refusal.txt) is not null
        );
$$;
comment on function private.reply_refusal(public.agent_type, text) is 'Why an agent of this type may not say this, as a sentence; null if it may.';
