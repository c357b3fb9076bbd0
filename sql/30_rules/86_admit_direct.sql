create or replace function private.admit_direct(d public.deliveries, writer text) returns public.deliveries
language plpgsql security definer set search_path = ''
as $$
declare
    v record;
    earlier public.deliveries;
begin
    -- SECURITY: in another client's name, or another lead's than the turn's, nothing is looked at: the policies refuse the row.
    if (writer = 'authenticated' and not d.client_id in (select private.visible_client_ids()))
        or (writer = 'renum_agent' and (d.client_id, d.lead_id) is distinct from (private.turn_client_id(), private.turn_lead_id())) then
        return d;
    end if;
    -- Written before: the primary key says so, or it is let pass (resolution=ignore-duplicates), whatever has become of it.
    select * into earlier from public.deliveries as x where x.id = d.id and x.client_id = d.client_id;
    if found then
        return earlier;
    end if;
    if writer <> 'service_role' or (d.kind = 'message' and d.thread_id is null) then
        d := private.place_message(d);
    end if;
    -- Whoever writes in a conversation has it: an agent that goes on beside a person would talk over them.
    if writer = 'authenticated' and d.interview_id is null then
        perform private.hand_over(d.thread_id, 'a person wrote', private.current_profile_id());
        update public.conversations as c set person_wrote_at = private.now()
        from private.threads as t
        where t.id = d.thread_id and c.id = t.conversation_id;
    end if;
    if d.status not in ('queued', 'deferred') then
        return d;
    end if;
    select * into v from private.policy_verdict(d);
    if writer = 'renum_agent' and v.verdict = 'go' then
        -- What a person may say and the agent may not.
        v.reason := (
            select r.reason
            from private.packs_of(d) as k
            cross join lateral private.reply_refusal(k.agent_type, private.words_of(d.content)) as r (reason)
            where r.reason is not null
            limit 1
        );
        v.verdict := case when v.reason is null then 'go' else 'cancel' end;
    end if;
    if v.verdict = 'wait' then
        raise exception '%', v.reason using errcode = '42501', hint = format('It may be sent from %s on.', to_char(v.until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'));
    elsif v.verdict = 'cancel' and v.reason like 'free text is outside %' then
        raise exception '%', v.reason using errcode = '42501', hint = 'Send {"type": "template", "name": an approved one} as content, or answer once the lead has written.';
    elsif v.verdict = 'cancel' then
        raise exception '%', v.reason using errcode = '42501';
    end if;
    return d;
end
$$;
comment on function private.admit_direct(public.deliveries, text) is
'A delivery that somebody writes directly, in its place; raises 42501 with the rule that speaks against sending it now. writer: the role that writes. Refuses nothing that row level security refuses anyway.';
