create or replace function private.start_problem(project public.projects) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
    room jsonb;
begin
    if not project.config ? 'questionnaire' or project.config -> 'stretch' = 'true' then
        return null;
    end if;
    room := private.daily_room(project);
    if room is null or (room ->> 'fits')::boolean then
        return null;
    end if;
    return format(
        'the audience has %s leads%s, but the account may write first to %s people in 24 hours (%s used%s): %s do not fit',
        room ->> 'audience',
        case when room ->> 'needed' <> room ->> 'audience' then format(', %s of them to be written to first', room ->> 'needed') else '' end,
        room ->> 'daily_limit', room ->> 'used_24h',
        case when room ->> 'waiting' <> '0' then format(', %s waiting in running projects', room ->> 'waiting') else '' end,
        (room ->> 'needed')::integer - (room ->> 'free')::integer
    );
end
$$;
comment on function private.start_problem(public.projects) is
'Why a project cannot start now although all is set up, as a sentence; null if it can: an audience larger than the daily limit''s room, unless config.stretch spreads it over days.';
