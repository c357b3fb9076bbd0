create or replace function private.sending_rules_of(client_id uuid) returns public.sending_rules
language plpgsql stable security definer set search_path = ''
as $$
declare
    rules public.sending_rules;
    caps jsonb;
begin
    select * into rules from public.sending_rules as r where r.client_id = sending_rules_of.client_id;
    if not found then
        caps := private.setting('sending_caps');
        rules.client_id := sending_rules_of.client_id;
        rules.hours := private.setting('sending_hours');
        rules.on_holidays := private.setting('sending_holidays') = 'true';
        rules.closed_dates := '{}';
        rules.daily_cap := (caps ->> 'day')::integer;
        rules.weekly_cap := (caps ->> 'week')::integer;
    end if;
    return rules;
end
$$;
comment on function private.sending_rules_of(uuid) is 'When and how often a client may begin with its leads: its own rules, or what the settings say for all. Read-only.';
