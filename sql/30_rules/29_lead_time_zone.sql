create or replace function private.lead_time_zone(lead public.leads) returns text
language sql stable set search_path = ''
as $$
    -- By the area code, where its state does not go by Brasília's time: Anatel's Plano de Numeração and the tz database's zones of Brazil.
    select case
        when (lead).phone like '+5568%' then 'America/Rio_Branco'
        when (lead).phone ~ '^\+559[27]' then 'America/Manaus'
        when (lead).phone like '+5569%' then 'America/Porto_Velho'
        when (lead).phone like '+5595%' then 'America/Boa_Vista'
        when (lead).phone ~ '^\+556[56]' then 'America/Cuiaba'
        when (lead).phone like '+5567%' then 'America/Campo_Grande'
        else 'America/Sao_Paulo'
    end;
$$;
comment on function private.lead_time_zone(public.leads) is 'The time zone a lead lives in, as far as its number tells: by the area code; everybody else by São Paulo''s. Read-only.';
