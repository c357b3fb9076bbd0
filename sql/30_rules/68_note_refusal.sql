create or replace function private.note_refusal(delivery_id uuid, code text) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
    -- WhatsApp Cloud API, error codes: 131050, the person stopped marketing messages of this business. Twilio, error 21610: the person answered STOP.
    insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
    select d.client_id, d.lead_id, false, 'consent', jsonb_build_object('source', 'provider', 'delivery_id', d.id, 'code', note_refusal.code)
    from public.deliveries as d
    join public.channel_accounts as a on a.id = d.channel_account_id
    join public.leads as l on l.id = d.lead_id
    where d.id = note_refusal.delivery_id and l.opted_out_at is null
        and (a.provider, note_refusal.code) in (('whatsapp_cloud', '131050'), ('twilio', '21610'));
    return found;
end
$$;
comment on function private.note_refusal(uuid, text) is
'A provider refused a delivery with this code: where it means that the lead does not want to be written to, that goes into the ledger. Returns whether it did. Idempotent. The caller holds the locks of the thread and its interview.';
