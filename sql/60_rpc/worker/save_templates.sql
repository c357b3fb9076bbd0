create or replace function worker.save_templates(channel_account_id uuid, templates jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    account public.channel_accounts;
    -- Later than whatever webhooks said before the list was asked for, earlier than what they say from now on.
    asked_at timestamptz := clock_timestamp();
    given integer;
    saved integer;
    gone integer;
begin
    -- One list at a time: two would disable each other's rows.
    select * into account from public.channel_accounts as a where a.id = save_templates.channel_account_id for no key update;
    if not found then
        raise exception 'there is no channel account %', save_templates.channel_account_id using errcode = 'PT404';
    end if;

    with
    listed as (
        select x.v ->> 'provider_id' as provider_id, x.v ->> 'name' as name, x.v ->> 'language' as language, x.v ->> 'category' as category,
            x.v ->> 'body' as body, x.v ->> 'status' as status, x.v ->> 'reason' as reason, x.v -> 'components' as components
        from jsonb_array_elements(save_templates.templates) as x (v)
    ),
    storable as (
        -- A name may be there twice while its successor waits for approval.
        select distinct on (l.name, l.language) l.*
        from listed as l
        where l.name ~ '^[a-z0-9_]+$' and char_length(l.name) <= 512 and l.language ~ '^[a-z]{2,3}(_[A-Za-z]{2,4})?$'
            and l.category in ('marketing', 'utility', 'authentication') and btrim(l.body) <> '' and char_length(l.body) <= 4096
            and l.status = any (enum_range(null::public.template_status)::text[])
            and (l.components is null or (jsonb_typeof(l.components) = 'array' and octet_length(l.components::text) <= 65536))
        order by l.name, l.language, l.status <> 'approved'
    ),
    written as (
        insert into public.message_templates as t (
            client_id, channel_account_id, name, language, category, body, status, reason, provider_id, components, synced_at, parameters, purpose
        )
        select account.client_id, account.id, s.name, s.language, s.category, s.body, s.status::public.template_status,
            case when s.status <> 'approved' then left(s.reason, 500) end, s.provider_id, s.components, asked_at,
            -- What people chose for the same template of any account.
            coalesce(case when private.template_gap(s.name, s.body, w.parameters) is null then w.parameters end, '{}'), coalesce(w.purpose, 'other')
        from storable as s
        left join public.message_templates as w
            on w.client_id = account.client_id and w.channel_account_id is null and w.name = s.name and w.language = s.language
        order by s.name, s.language
        on conflict (client_id, channel_account_id, name, language) do update
        set category = excluded.category, body = excluded.body, status = excluded.status, reason = excluded.reason, provider_id = excluded.provider_id,
            components = excluded.components, synced_at = excluded.synced_at
        returning 1
    )
    select (select count(*) from listed), (select count(*) from written) into given, saved;

    update public.message_templates as t
    set status = 'disabled', reason = 'the provider has no such template', synced_at = asked_at
    where t.client_id = account.client_id and t.channel_account_id = account.id and t.synced_at is distinct from asked_at;
    get diagnostics gone = row_count;
    return jsonb_build_object('saved', saved, 'left_out', given - saved, 'gone', gone);
end
$$;
comment on function worker.save_templates(uuid, jsonb) is
'Makes an account''s templates what its provider''s whole list says: [{"provider_id", "name", "language", "category", "body", "status", "reason", "components"}]. parameters and purpose stay as people chose them; a template that is not listed becomes disabled. Idempotent. Returns {"saved", "left_out": not storable or listed twice, "gone": not listed}. 404 for an unknown account.';
