create or replace function private.delivery_refusal(kind public.delivery_kind, content jsonb, lead public.leads, last_inbound_at timestamptz) returns text
language sql stable set search_path = ''
as $$
    select case
        when (lead).status = 'blocked' then 'the lead is blocked'
        when (lead).opted_out_at is not null and delivery_refusal.kind <> 'goodbye' then 'the lead opted out'
        when (lead).status = 'inactive' and delivery_refusal.kind = 'invitation' then 'the lead is inactive'
        when delivery_refusal.content ->> 'type' = 'text'
            and coalesce(last_inbound_at < private.now() - interval '24 hours', true) then 'free text is outside WhatsApp''s 24-hour window'
    end;
$$;
comment on function private.delivery_refusal(public.delivery_kind, jsonb, public.leads, timestamptz) is
'Why something may not be sent to a lead; null if it may. Asked when a delivery is made and again when it is claimed.';
