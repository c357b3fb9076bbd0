create or replace function private.police_delivery() returns trigger
language plpgsql set search_path = ''
as $$
declare
    v record;
begin
    -- SECURITY: whoever writes decides, so this runs as them. The engine's functions are postgres's.
    if current_user in ('authenticated', 'renum_agent', 'service_role') then
        return private.admit_direct(new, current_user);
    end if;
    if new.kind = 'message' and new.thread_id is null then
        new := private.place_message(new);
    end if;
    if new.status not in ('queued', 'deferred') then
        return new;
    end if;
    select * into v from private.policy_verdict(new);
    if v.verdict = 'wait' then
        new.status := 'deferred';
        new.due_at := greatest(v.until, new.due_at);
        new.reason := v.reason;
    elsif v.verdict = 'cancel' then
        new.status := 'cancelled';
        new.reason := v.reason;
        if v.reason = private.for_a_person() then
            perform private.notify(new.client_id, 'person_needed', new.interview_id, format(
                'O assistente reteve uma resposta a %s que só uma pessoa pode dar. Veja a conversa e continue por ele.',
                (select coalesce(l.name, l.phone, 'um contato') from public.leads as l where l.id = new.lead_id)
            ), 'reply ' || coalesce(new.interview_id, new.lead_id));
        end if;
    end if;
    return new;
end
$$;
comment on function private.police_delivery() is
'Trigger: nothing is sent against policy. What the engine makes is stored all the same, deferred or cancelled with the reason; what a person or a tool inserts is refused with it.';

create or replace trigger _100_police_delivery before insert on public.deliveries
for each row execute function private.police_delivery();
