create or replace function public.import_leads(
    csv text default null,
    rows jsonb default null,
    client_id uuid default null,
    legal_basis public.legal_basis default 'not_informed',
    evidence text default null,
    dry_run boolean default false
)
returns jsonb
-- SECURITY: under the caller's own rights. Which leads may be read, changed and made is what the policies say, here as everywhere.
-- PostgREST takes the time limit over for the whole request: a long list may take more than the role's 8 s on a busy server.
language plpgsql set search_path = '' set statement_timeout = '60s'
as $$
#variable_conflict use_column
declare
    the_client uuid := coalesce(import_leads.client_id, private.default_client_id());
    basis public.legal_basis := coalesce(import_leads.legal_basis, 'not_informed');
    only_say constant boolean := coalesce(import_leads.dry_run, false);
    why text := nullif(btrim(import_leads.evidence), '');
    report jsonb;
begin
    if the_client is null then
        raise exception 'whose leads are these? client_id is missing, and you do not work at exactly one client' using errcode = '22023';
    elsif not the_client in (select private.visible_client_ids()) then
        raise exception 'there is no such client of yours' using errcode = 'PT404';
    elsif num_nonnulls(import_leads.csv, nullif(import_leads.rows, 'null')) <> 1 then
        raise exception 'give the leads either as csv, a text, or as rows, a list of objects' using errcode = '22023';
    elsif jsonb_typeof(import_leads.rows) <> 'array' and import_leads.csv is null then
        raise exception 'rows must be a list of objects' using errcode = '22023', hint = 'For example [{"nome": "Ana", "telefone": "(11) 98765-4321"}].';
    elsif octet_length(coalesce(import_leads.csv, import_leads.rows::text)) > 10000000 then
        raise exception 'the list has more than 10 megabytes' using errcode = '22023', hint = 'Import it in several files.';
    elsif length(import_leads.csv) - length(translate(import_leads.csv, E',;\t|\n\r', '')) > 1000000 then
        raise exception 'the list has more than 1000000 cells and lines' using errcode = '22023', hint = 'Import it in several files, and without empty lines and columns.';
    elsif why is not null and basis = 'not_informed' then
        raise exception 'evidence needs the legal_basis it is evidence of' using errcode = '22023', hint = 'consent, contract, legitimate_interest or legal_obligation.';
    elsif char_length(why) > 2000 then
        raise exception 'evidence has more than 2000 characters' using errcode = '22023';
    end if;
    -- One import of a client at a time: two of the same file would wait for each other's rows.
    perform pg_advisory_xact_lock(hashtextextended('import leads ' || the_client, 0));
    -- For the ledger's rows of new leads, which the trigger on leads writes at the end of the statement below.
    perform set_config('renum.consent_evidence', coalesce(jsonb_build_object('text', why)::text, ''), true) where why is not null;
    with
    given as materialized (
        -- One column says whether a row is good: of two conditions the planner would think that hardly any row fulfils them.
        select f.*, private.phone_key(f.phone) as key, f.reason is null and f.line = f.first_line as is_good
        from (
            select r.*, min(r.line) over (partition by r.phone, r.reason is null) as first_line
            from private.read_leads(import_leads.csv, import_leads.rows, 20000) as r
        ) as f
    ),
    good as materialized (
        select g.* from given as g where g.is_good
    ),
    -- Whom a message from this number would be told to belong to, too: private.lead_of_sender.
    known as materialized (
        select distinct on (m.line) m.line, m.lead_id
        from (
            select g.line, l.id as lead_id, 1 as priority
            from good as g
            join public.leads as l on l.client_id = the_client and l.phone = g.phone
            union all
            select g.line, i.lead_id, 2
            from good as g
            join public.lead_identities as i on i.client_id = the_client and i.kind = 'phone' and i.value = g.key
            union all
            select g.line, i.lead_id, 3
            from good as g
            cross join lateral unnest(array[g.key, substr(g.phone, 2)]) as w (wa_id)
            join public.lead_identities as i on i.client_id = the_client and i.kind = 'wa_id' and i.value = w.wa_id
        ) as m
        order by m.line, m.priority, m.lead_id
    ),
    there as materialized (
        select l.id, l.name, l.email, l.metadata, l.consent_basis, l.opted_out_at
        from public.leads as l
        where l.id in (select k.lead_id from known as k)
        order by l.id
        for no key update
    ),
    -- What a lead lacks is filled in. Who opted out is left alone altogether, and a known basis stays what it is.
    gaps as materialized (
        select distinct on (t.id) t.id, coalesce(t.name, g.name) as name, coalesce(t.email, g.email) as email,
            case when octet_length((g.metadata || t.metadata)::text) <= 65536 then g.metadata || t.metadata else t.metadata end as metadata,
            case t.consent_basis when 'not_informed' then basis else t.consent_basis end as consent_basis,
            t.consent_basis is distinct from basis and t.consent_basis = 'not_informed' as informed
        from there as t
        join known as k on k.lead_id = t.id
        join good as g on g.line = k.line
        where t.opted_out_at is null
            and (
                (t.name is null and g.name is not null) or (t.email is null and g.email is not null) or not t.metadata ?& array(select jsonb_object_keys(g.metadata))
                or (t.consent_basis = 'not_informed' and basis <> 'not_informed')
            )
        order by t.id, g.line
    ),
    filled as (
        update public.leads as l
        set name = g.name, email = g.email, metadata = g.metadata, consent_basis = g.consent_basis
        from gaps as g
        where l.id = g.id and not only_say
    ),
    informed as (
        insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
        select the_client, g.id, true, basis,
            jsonb_strip_nulls(jsonb_build_object('source', 'import', 'recorded_by', private.current_profile_id(), 'text', why))
        from gaps as g
        where g.informed and not only_say
        order by g.id
    ),
    added as (
        insert into public.leads (client_id, phone, name, email, metadata, consent_basis)
        select the_client, g.phone, g.name, g.email, g.metadata, basis
        from good as g
        where not exists (select from known as k where k.line = g.line) and not only_say
        order by g.phone
        on conflict on constraint a_phone_is_once_a_lead_of_a_client do nothing
        returning 1
    ),
    counts as (
        select
            (select count(*) from given) as rows,
            case when only_say then (select count(*) from good) - (select count(*) from known) else (select count(*) from added) end as added,
            (select count(*) from given as g where not g.is_good) as refused
    )
    select jsonb_build_object(
        'client_id', the_client, 'dry_run', only_say,
        'rows', c.rows, 'added', c.added, 'already_there', c.rows - c.added - c.refused, 'completed', (select count(*) from gaps), 'refused', c.refused,
        'refusals', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'line', g.line, 'column', g.column_name, 'value', g.value, 'reason', coalesce(g.reason, format('the same number as in line %s', g.first_line))
            ) order by g.line), '[]')
            from given as g
            where not g.is_good
        ),
        'opted_out', (
            select coalesce(jsonb_agg(jsonb_build_object('line', g.line, 'column', g.column_name, 'value', g.value, 'lead_id', t.id) order by g.line), '[]')
            from there as t
            join known as k on k.lead_id = t.id
            join good as g on g.line = k.line
            where t.opted_out_at is not null
        )
    ) into report
    from counts as c;
    perform set_config('renum.consent_evidence', '', true);
    return report;
end
$$;
comment on function public.import_leads(text, jsonb, uuid, public.legal_basis, text, boolean) is
'A client''s people and admins: imports a list of leads, as csv (a text: comma, semicolon or tab, columns named in Portuguese or English) or as rows (a list of objects). Good rows go in, each bad one is told. A lead who is there already (with or without the ninth digit) is kept: what it lacks is filled in, its consent is not changed, and who opted out is left alone. legal_basis and evidence (how it was obtained, in words) go into the consent ledger. dry_run: only says what would happen. Idempotent. Returns {"client_id", "dry_run", "rows", "added", "already_there", "completed" (how many of those were filled in), "refused", "refusals": [{"line", "column", "value", "reason"}], "opted_out": [{"line", "column", "value", "lead_id"}]}; line counts the header as the first of a CSV file, and begins at 1 in a list.';
