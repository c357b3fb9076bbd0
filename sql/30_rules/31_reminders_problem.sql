create or replace function private.reminders_problem(config jsonb) returns text
language plpgsql immutable set search_path = ''
as $$
declare
    steps jsonb := config -> 'reminders';
    step jsonb;
    n integer := 0;
    after jsonb;
    word text;
begin
    after := config -> 'expire_after';
    if config ? 'expire_after' and (case jsonb_typeof(after)
        when 'object' then not coalesce(
            after @? 'strict $.days ? (@.type() == "number" && @ >= 1 && @ <= 365 && @.floor() == @)' and after - 'days' = '{}', false
        )
        else true
    end) then
        return 'expire_after must be {"days": 1 to 365}';
    end if;
    if not config ? 'reminders' then
        return null;
    end if;
    if jsonb_typeof(steps) <> 'array' or jsonb_array_length(steps) > 5 then
        return 'reminders must be a list of at most 5 steps';
    end if;
    for step in select s.v from jsonb_array_elements(steps) as s (v) loop
        n := n + 1;
        after := step -> 'after';
        if jsonb_typeof(step) <> 'object' then
            return format('reminder %s must be an object', n);
        end if;
        word := (select k from jsonb_object_keys(step) as k where k not in ('after', 'channel', 'template', 'subject', 'text') order by k limit 1);
        if word is not null then
            return format('reminder %s has %s, which is none of after, channel, template, subject, text', n, word);
        end if;
        if (case jsonb_typeof(after)
            when 'object' then not coalesce(
                (after @? 'strict $.hours ? (@.type() == "number" && @ >= 1 && @ <= 720 && @.floor() == @)' and after - 'hours' = '{}')
                or (after @? 'strict $.days ? (@.type() == "number" && @ >= 1 && @ <= 90 && @.floor() == @)' and after - 'days' = '{}'), false
            )
            else after is distinct from '"next_morning"'
        end) then
            return format('reminder %s: after must be "next_morning", {"hours": 1 to 720} or {"days": 1 to 90}', n);
        end if;
        if step ? 'channel' and coalesce(step ->> 'channel', '') not in ('whatsapp', 'sms', 'email') then
            return format('reminder %s: channel must be whatsapp, sms or email', n);
        end if;
        if step ? 'template' and (jsonb_typeof(step -> 'template') <> 'string' or coalesce(step ->> 'channel', 'whatsapp') <> 'whatsapp') then
            return format('reminder %s: template must be the name of one, by WhatsApp only', n);
        end if;
        if step ? 'subject' and (jsonb_typeof(step -> 'subject') <> 'string' or step ->> 'subject' !~ '^[^[:cntrl:]]{1,150}$') then
            return format('reminder %s: subject must be one line of at most 150 characters', n);
        end if;
        if step ? 'text' and (jsonb_typeof(step -> 'text') <> 'string' or btrim(step ->> 'text') = '' or char_length(step ->> 'text') > 1000) then
            return format('reminder %s: text must have 1 to 1000 characters', n);
        end if;
        word := (
            select m.found[1]
            from regexp_matches(coalesce(step ->> 'text', ''), '\{\{([^{}]*)\}\}', 'g') as m (found)
            where m.found[1] not in ('lead.name', 'lead.first_name', 'client.company_name', 'project.name', 'whatsapp.link')
            limit 1
        );
        if word is not null then
            return format('reminder %s: text has {{%s}}; known are lead.name, lead.first_name, client.company_name, project.name, whatsapp.link', n, word);
        end if;
    end loop;
    return null;
end
$$;
comment on function private.reminders_problem(jsonb) is
'What is wrong with reminders and expire_after in projects.config, as a sentence; null if nothing.';
