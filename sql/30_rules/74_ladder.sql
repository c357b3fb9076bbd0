create or replace function private.ladder(config jsonb, has_template boolean, zone text, start timestamptz, after_step integer, failed boolean)
returns table (step integer, channel public.channel, due_at timestamptz)
language plpgsql stable set search_path = ''
as $$
declare
    item record;
begin
    step := 0;
    due_at := start;
    for item in
        select s.v -> 'after' as after, coalesce(s.v ->> 'channel', 'whatsapp')::public.channel as medium, s.ord::integer as ord
        from jsonb_array_elements(
            case when jsonb_typeof(config -> 'reminders') = 'array' then config -> 'reminders' when has_template then '[{"after": "next_morning"}]' else '[]' end
        ) with ordinality as s (v, ord)
        where s.ord > after_step and (not failed or coalesce(s.v ->> 'channel', 'whatsapp') <> 'whatsapp')
        order by s.ord
    loop
        due_at := case
            -- Nothing has reached the lead yet: the next way is tried at once.
            when failed and step = 0 then start
            when item.after = '"next_morning"' then least(
                ((due_at at time zone zone)::date + 1 + time '08:00') at time zone zone, due_at + interval '23 hours'
            )
            when item.after ? 'hours' then due_at + make_interval(hours => (item.after ->> 'hours')::integer)
            else due_at + make_interval(days => (item.after ->> 'days')::integer)
        end;
        step := item.ord;
        channel := item.medium;
        return next;
    end loop;
    due_at := case
        when failed and step = 0 then start + make_interval(hours => private.setting_int('failed_invitation_hours'))
        else due_at + make_interval(days => coalesce((config #>> '{expire_after,days}')::integer, 7))
    end;
    step := 0;
    channel := null;
    return next;
end
$$;
comment on function private.ladder(jsonb, boolean, text, timestamptz, integer, boolean) is
'When an invitation''s reminders are due, each counted from the one before, the first from start: the steps of projects.config.reminders after after_step, and at last step 0, the interview''s end. Without reminders in config: one the next morning, if the client has a template for it. failed: the invitation reached nobody; the other channels follow, the first of them at once. Read-only.';
