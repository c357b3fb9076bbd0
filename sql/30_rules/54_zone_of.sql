create or replace function private.zone_of(lead public.leads) returns text
language sql immutable set search_path = ''
as $$
    -- Area codes of Anatel's numbering plan (Resolução 749/2022) by state. Fernando de Noronha shares 81 with Recife, and the far west of Amazonas 97 with the rest of
    -- it: who lives there has leads.time_zone.
    select coalesce((lead).time_zone, case
        when (lead).phone ~ '^\+5568' then 'America/Rio_Branco'
        when (lead).phone ~ '^\+55(92|97)' then 'America/Manaus'
        when (lead).phone ~ '^\+5595' then 'America/Boa_Vista'
        when (lead).phone ~ '^\+5569' then 'America/Porto_Velho'
        when (lead).phone ~ '^\+55(65|66)' then 'America/Cuiaba'
        when (lead).phone ~ '^\+5567' then 'America/Campo_Grande'
        else 'America/Sao_Paulo'
    end);
$$;
comment on function private.zone_of(public.leads) is 'The time zone a lead lives by: its own, else that of its phone''s area code, else America/Sao_Paulo.';
