-- Made by `renum migration` from sql/ and policies/. Frozen once it is listed in migrations.lock.

-- source: sql/20_tables/05_settings.sql sha256:fa15482edf634526d777065d7983bd6d794fbc49a4ff4b70e5b1f5b01f27634c by hand
insert into private.settings (key, value, comment) values
('unknown_patience_s', '120', 'How long it waits at most, where no webhook of its account comes in at all: an outage holds the provider''s word up, too.'),
('unknown_repeats', '1', 'How often a delivery is sent again of which nobody knows whether it left.'),
('clock_offset_s', '0', 'Seconds that private.now() is ahead of the clock: for tests and demonstrations of what waits for days. 0 in production.')
on conflict (key) do nothing;

-- source: sql/20_tables/06_now.sql sha256:2054a0c57c97eb6cdcad743a8b0ae6fe5378871658fc69f8d146ee4ef4cb1b23
create or replace function private.now() returns timestamptz
language plpgsql stable security definer set search_path = ''
as $$
begin
    return clock_timestamp() + make_interval(secs => (select (s.value #>> '{}')::double precision from private.settings as s where s.key = 'clock_offset_s'));
end
$$;
comment on function private.now() is
'The time that everything which waits for a time of day, for hours or for days goes by: the clock, moved by the setting clock_offset_s. Leases, claims and queues go by the clock itself. Read-only.';

-- source: sql/20_tables/21_providers.sql sha256:7e3552d7cab8572368ae724f99020e83a904e817cbe59d90bcea64153df0f318
create table private.providers (
    provider text not null,
    channel public.channel not null,
    title text not null,
    official boolean not null,
    window_hours integer,
    templates boolean not null,
    text_limit integer not null,
    pair_interval_ms integer,
    pair_burst integer not null default 1,
    reports_delivery boolean not null,
    idempotent boolean not null,
    credentials text[] not null,
    primary key (provider, channel)
);
comment on table private.providers is 'What RENUM knows of each provider: whose adapter is in functions/renum/channels.';
comment on column private.providers.official is 'Whether sending in this way keeps to the channel''s own terms: a gateway over WhatsApp Web does not.';
comment on column private.providers.window_hours is 'Free text is taken for so long after the person''s last message; null: always.';
comment on column private.providers.templates is 'Whether whoever writes first needs a template that the provider approved. Elsewhere a template''s text is sent as it reads.';
comment on column private.providers.text_limit is 'Characters of one text; a longer one is sent in parts.';
comment on column private.providers.pair_interval_ms is 'Least time between two messages to one person, over time; pair_burst of them may come at once. null: no limit.';
comment on column private.providers.reports_delivery is 'Whether it says later what became of a message: what a send whose answer got lost can be known by.';
comment on column private.providers.idempotent is 'Whether the same send, repeated, goes out once.';
comment on column private.providers.credentials is 'Names of the credentials that the adapter cannot work without.';

-- Limits from the providers' own pages: WhatsApp Cloud API (throughput, error codes), Twilio (Message resource: 1600 characters), Zenvia (SMS API v2), Resend (Send email).
insert into private.providers (
    provider, channel, title, official, window_hours, templates, text_limit, pair_interval_ms, pair_burst, reports_delivery, idempotent, credentials
) values
('whatsapp_cloud', 'whatsapp', 'WhatsApp Cloud API', true, 24, true, 4096, 6000, 45, true, false, '{access_token,app_secret,verify_token}'),
('twilio', 'whatsapp', 'Twilio WhatsApp', true, 24, true, 1600, 6000, 45, true, false, '{account_sid,auth_token}'),
('evolution', 'whatsapp', 'Evolution API', false, null, false, 4096, 1000, 5, true, false, '{api_key,webhook_secret}'),
('zapi', 'whatsapp', 'Z-API', false, null, false, 4096, 1000, 5, true, false, '{instance_token,client_token,webhook_secret}'),
('twilio', 'sms', 'Twilio SMS', true, null, false, 1600, null, 1, true, false, '{account_sid,auth_token}'),
('zenvia', 'sms', 'Zenvia SMS', true, null, false, 1600, null, 1, true, false, '{api_token,webhook_secret}'),
('smtp', 'email', 'SMTP', true, null, false, 100000, null, 1, false, false, '{username,password}'),
('resend', 'email', 'Resend', true, null, false, 100000, null, 1, true, true, '{api_key,webhook_secret}');

-- source: sql/20_tables/22_channel_accounts.sql sha256:e626809522910c7d7a0ee2081a39ef7aa2623b568cc3df5356c0f140862ff4e5 by hand
alter table public.channel_accounts
add column if not exists portfolio_id text,
add column if not exists daily_limit integer,
add column if not exists stopped_reason text,
drop constraint if exists provider_is_known,
add constraint provider_is_known check (provider in ('whatsapp_cloud', 'twilio', 'evolution', 'zapi', 'zenvia', 'smtp', 'resend')),
add constraint provider_offers_the_channel check (case channel
    when 'whatsapp' then provider in ('whatsapp_cloud', 'twilio', 'evolution', 'zapi')
    when 'sms' then provider in ('twilio', 'zenvia')
    when 'email' then provider in ('smtp', 'resend')
end),
add constraint portfolio_id_has_1_to_200_characters check (btrim(portfolio_id) <> '' and char_length(portfolio_id) <= 200),
add constraint daily_limit_is_positive check (daily_limit > 0);
comment on column public.channel_accounts.external_id is 'The provider''s name of the number or sender: phone_number_id (WhatsApp Cloud API), instance (Evolution, Z-API), E.164 number (Twilio, Zenvia), sender''s address (SMTP, Resend).';
comment on column public.channel_accounts.throughput is 'Messages per second, to and from, that the provider allows; null: no limit, nor one for how many one person gets.';
comment on column public.channel_accounts.portfolio_id is 'The WhatsApp business portfolio: accounts of a client with the same one share one daily_limit. null: the account is alone in its own.';
comment on column public.channel_accounts.daily_limit is 'People who may be written to outside an open window in any 24 hours, as the provider''s tier says; null: no limit.';
comment on column public.channel_accounts.stopped_reason is 'Why the engine stopped the account (status paused or disconnected); null when a person did.';

-- source: sql/20_tables/23_account_paces.sql sha256:77f60a8541d5b678a5d99b76ee57acb7c67197c5818fc1c28b18212e6e74ad02
create table private.account_paces (
    channel_account_id uuid primary key,
    client_id uuid not null,
    next_at timestamptz not null default clock_timestamp(),
    not_before timestamptz,
    reason text,
    foreign key (client_id, channel_account_id) references public.channel_accounts (client_id, id) on delete cascade
) with (fillfactor = 50);
create index idx_account_paces_client_id on private.account_paces (client_id, channel_account_id);
comment on table private.account_paces is 'How fast each account has sent lately. One row for each account that has a throughput, or whose provider asked for a pause.';
comment on column private.account_paces.next_at is 'When the next send would be due if all were spread evenly (a virtual scheduling clock).';
comment on column private.account_paces.not_before is 'Until when the provider wants nothing from this account.';

-- source: sql/20_tables/50_deliveries.sql sha256:af4f088ba7df64aa3a910911be1360a1f804774ab3165df458fae2d2f188acac by hand
--   --- before
--   +++ now
--   @@ -17,3 +17,3 @@
--        attempts integer not null default 0,
--   -    due_at timestamptz not null default now(),
--   +    due_at timestamptz not null default private.now(),
--        task_id bigint,
--   @@ -28,2 +28,8 @@
--        read_at timestamptz,
--   +    begun_at timestamptz,
--   +    initiated boolean not null default false,
--   +    pair_at timestamptz,
--   +    throttles integer not null default 0,
--   +    repeats integer not null default 0,
--   +    released_by uuid,
--        unique (client_id, id),
--   @@ -46,2 +52,3 @@
--    create index idx_deliveries_admitted on public.deliveries (queue, client_id, due_at) where task_id is not null;
--   +create index idx_deliveries_initiated on public.deliveries (client_id, begun_at) where initiated;
--    create unique index a_provider_message_is_one_delivery on public.deliveries (channel_account_id, provider_message_id);
--   @@ -51 +58,7 @@
--    comment on column public.deliveries.task_id is 'Its task in pgmq; null: not admitted yet, or done.';
--   +comment on column public.deliveries.begun_at is 'When its last attempt was let go, by private.now().';
--   +comment on column public.deliveries.initiated is 'Whether it went, or goes, to somebody outside an open window: what daily limits and frequency caps count.';
--   +comment on column public.deliveries.pair_at is 'Until when the pair of sender and recipient has used up its rate by this message (a virtual scheduling clock).';
--   +comment on column public.deliveries.throttles is 'How often in a row the provider sent it away for going too fast.';
--   +comment on column public.deliveries.repeats is 'How often it was sent again because nobody said what became of it.';
--   +comment on column public.deliveries.released_by is 'The claim whose completion claimed this one: that completion, repeated, hands it out again.';
alter table public.deliveries
add column if not exists begun_at timestamptz,
add column if not exists initiated boolean not null default false,
add column if not exists pair_at timestamptz,
add column if not exists throttles integer not null default 0,
add column if not exists repeats integer not null default 0,
add column if not exists released_by uuid,
alter column due_at set default private.now();
create index if not exists idx_deliveries_initiated on public.deliveries (client_id, begun_at) where initiated;
comment on column public.deliveries.begun_at is 'When its last attempt was let go, by private.now().';
comment on column public.deliveries.initiated is 'Whether it went, or goes, to somebody outside an open window: what daily limits and frequency caps count.';
comment on column public.deliveries.pair_at is 'Until when the pair of sender and recipient has used up its rate by this message (a virtual scheduling clock).';
comment on column public.deliveries.throttles is 'How often in a row the provider sent it away for going too fast.';
comment on column public.deliveries.repeats is 'How often it was sent again because nobody said what became of it.';
comment on column public.deliveries.released_by is 'The claim whose completion claimed this one: that completion, repeated, hands it out again.';

-- source: sql/20_tables/54_notifications.sql sha256:b14ac30b81d76819ae2c34e82f7040e1940e57e08e804f33e01a76a8c9c56b68 by hand
--   --- before
--   +++ now
--   @@ -15,3 +15,3 @@
--        foreign key (client_id, delivery_id) references public.deliveries (client_id, id),
--   -    constraint event_is_known check (event in ('interview_completed')),
--   +    constraint event_is_known check (event in ('interview_completed', 'account_stopped')),
--        constraint skipped_and_failed_ones_have_a_reason check (status not in ('skipped', 'failed') or reason is not null)
alter table public.notifications
drop constraint event_is_known,
add constraint event_is_known check (event in ('interview_completed', 'account_stopped'));

-- source: sql/30_rules/54_delivery_refusal.sql sha256:60991bd8083312e264f7858b9a6f91ee682dc6d53fdafb43072ad0bb03b2e4ca
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

-- source: sql/30_rules/58_reach_again_at.sql sha256:7ad51b534142cc7401e9e086cb1624378f60ae172760fdd96b33fde4bd9cbc32
create or replace function private.reach_again_at(delivery public.deliveries, account public.channel_accounts) returns timestamptz
language plpgsql security definer set search_path = ''
as $$
declare
    reached integer;
    since timestamptz := private.now() - interval '24 hours';
    first_free timestamptz;
begin
    -- Who was reached within the last 24 hours costs nothing more.
    if exists (
        select from public.deliveries as d
        join public.channel_accounts as a on a.id = d.channel_account_id
        where d.client_id = account.client_id and d.initiated and d.begun_at > since
            and (a.id = account.id or a.portfolio_id = account.portfolio_id)
            and coalesce(d.lead_id, d.profile_id) = coalesce(delivery.lead_id, delivery.profile_id)
    ) then
        return null;
    end if;
    select count(*), min(r.begun_at) into reached, first_free
    from (
        select max(d.begun_at) as begun_at
        from public.deliveries as d
        join public.channel_accounts as a on a.id = d.channel_account_id
        where d.client_id = account.client_id and d.initiated and d.begun_at > since
            and (a.id = account.id or a.portfolio_id = account.portfolio_id)
        group by coalesce(d.lead_id, d.profile_id)
    ) as r;
    if reached < account.daily_limit then
        return null;
    end if;
    return first_free + interval '24 hours';
end
$$;
comment on function private.reach_again_at(public.deliveries, public.channel_accounts) is
'When an account may write to one more person outside an open window, under its daily_limit; null: now. Counts over all accounts of the portfolio. The caller holds the portfolio''s advisory lock.';

-- source: sql/30_rules/62_invite.sql sha256:ab15dd6d4d3c7fcfdd96b265f2f0e096e37b7e1c8cf625f826b9c05ceeb56921
create or replace function private.invite(project_id uuid, max integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    project public.projects;
    company text;
    template public.message_templates;
    ids uuid[];
    thread_ids uuid[];
    invited integer;
begin
    select * into project from public.projects as p where p.id = invite.project_id and p.status = 'active';
    if not found or invite.max <= 0 then
        return 0;
    end if;
    select c.company_name into company from public.clients as c where c.id = project.client_id and c.status = 'active';
    template := private.template_for(project.client_id, project.channel_account_id, 'invitation', project.config #>> '{invitation,template}');
    if company is null or template.id is null then
        return 0;
    end if;

    -- Lock order: interviews, then threads. A lead whose thread has a live interview waits for it to end, and for what is left of its last
    -- turn to be gone: a turn must never be committed to another interview than it was begun for.
    ids := array(
        select i.id
        from public.interviews as i
        where i.project_id = project.id and i.status = 'pending' and i.invited_at is null
            and not exists (
                select from private.threads as t
                where t.lead_id = i.lead_id and t.channel_account_id = project.channel_account_id
                    and (t.interview_id is not null or t.task_id is not null or t.due_at is not null)
            )
        order by i.created_at, i.id
        limit invite.max
        for update of i skip locked
    );
    insert into private.threads (client_id, lead_id, channel_account_id)
    select i.client_id, i.lead_id, project.channel_account_id
    from public.interviews as i
    where i.id = any (ids)
    order by i.lead_id
    on conflict on constraint a_lead_has_one_thread_per_account do nothing;
    -- A thread somebody holds is left for the next time. Only a thread that another transaction is making at this moment is waited for.
    thread_ids := array(
        select t.id
        from private.threads as t
        join public.interviews as i on i.lead_id = t.lead_id and t.channel_account_id = project.channel_account_id
        where i.id = any (ids)
        for update of t skip locked
    );

    with
    chosen as materialized (
        select i.id as interview_id, t.id as thread_id, t.last_seq + 1 as seq, i.lead_id, gen_random_uuid() as message_id, gen_random_uuid() as delivery_id,
            private.template_content(template, l.name, company, project.name, null) as content,
            private.delivery_refusal('invitation', '{"type": "template"}', l, null) as refusal
        from public.interviews as i
        join private.threads as t on t.lead_id = i.lead_id and t.channel_account_id = project.channel_account_id
        join public.leads as l on l.id = i.lead_id
        where i.id = any (ids) and t.id = any (thread_ids) and t.interview_id is null and t.task_id is null and t.due_at is null
    ),
    refused as (
        update public.interviews as i
        set status = 'cancelled', end_reason = case when c.refusal = 'the lead opted out' then 'opted_out' else 'cancelled' end::public.end_reason,
            metadata = i.metadata || jsonb_build_object('reason', c.refusal)
        from chosen as c
        where i.id = c.interview_id and c.refusal is not null
    ),
    taken as (
        update private.threads as t
        -- What was left unhandled was said to another interview.
        set interview_id = c.interview_id, conversation_id = null, last_seq = c.seq, handled_seq = t.inbound_seq, not_before = null, waiting_since = null
        from chosen as c
        where t.id = c.thread_id and c.refusal is null
    ),
    said as (
        insert into public.interview_messages (id, interview_id, role, content, metadata, client_id, seq)
        select c.message_id, c.interview_id, 'assistant', c.content ->> 'text', jsonb_build_object('type', 'template', 'delivery_id', c.delivery_id), project.client_id, c.seq
        from chosen as c
        where c.refusal is null
    ),
    queued as (
        insert into public.deliveries (id, client_id, lead_id, thread_id, interview_id, channel_account_id, kind, content, message_id, queue, seq)
        select c.delivery_id, project.client_id, c.lead_id, c.thread_id, c.interview_id, project.channel_account_id, 'invitation', c.content, c.message_id, 'default', c.seq
        from chosen as c
        where c.refusal is null
    )
    update public.interviews as i
    set invited_at = private.now(), thread_id = c.thread_id
    from chosen as c
    where i.id = c.interview_id and c.refusal is null;
    get diagnostics invited = row_count;
    return invited;
end
$$;
comment on function private.invite(uuid, integer) is
'Makes the next invitations of an active project, at most max: takes each lead''s thread for the interview, writes the message and its delivery. Returns how many were made. Idempotent: an interview is invited once.';

-- source: sql/30_rules/63_admit_deliveries.sql sha256:e4f0da415167a95de017d57564a0ca5faa25a989708de097ba1ef16f7d2501e6
create or replace function private.admit_deliveries(client_id uuid, queue text) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    free integer;
    ids uuid[];
    msg_ids bigint[];
begin
    select private.setting_int('admitted_tasks') - count(*) into free
    from public.deliveries as d
    where d.queue = admit_deliveries.queue and d.client_id = admit_deliveries.client_id and d.task_id is not null;
    ids := array(
        select d.id
        from public.deliveries as d
        where d.client_id = admit_deliveries.client_id and d.queue = admit_deliveries.queue
            and d.status in ('queued', 'deferred') and d.task_id is null and d.due_at <= private.now()
            -- A lead gets messages in order: the next is let go when the one before was accepted, or will never be.
            and not exists (
                select from public.deliveries as e
                where e.thread_id = d.thread_id and e.seq < d.seq and e.status in ('queued', 'deferred', 'sending', 'unknown')
            )
        order by d.due_at, d.seq, d.id
        limit greatest(free, 0)
        for update of d skip locked
    );
    if cardinality(ids) = 0 then
        return 0;
    end if;
    msg_ids := array(
        select s.id
        from pgmq.send_batch(admit_deliveries.queue, array(
            select private.task_message('delivery', u.id, admit_deliveries.client_id, 1) from unnest(ids) with ordinality as u (id, ord) order by u.ord
        ), 0) as s (id)
    );
    update public.deliveries as d
    set task_id = u.msg_id, status = 'queued', reason = null, due_at = private.now()
    from unnest(ids, msg_ids) as u (id, msg_id)
    where d.id = u.id;
    return cardinality(ids);
end
$$;
comment on function private.admit_deliveries(uuid, text) is
'Puts a client''s waiting deliveries into a queue, as far as its share (admitted_tasks) goes. Returns how many. Work waits in rows so that one client cannot stand before another''s reply.';

-- source: sql/30_rules/65_policy_verdict.sql sha256:8ecc6b29b7546821c3b7d049750d4046576d783efa64f545dc5f6e5d75f67f01
create or replace function private.policy_verdict(d public.deliveries, out verdict text, out until timestamptz, out reason text)
language plpgsql stable security definer set search_path = ''
as $$
begin
    reason := (
        select private.delivery_refusal(d.kind, d.content, l, t.last_inbound_at)
        from public.leads as l
        left join private.threads as t on t.id = d.thread_id
        where l.id = d.lead_id
    );
    verdict := case when reason is null then 'go' else 'cancel' end;
end
$$;
comment on function private.policy_verdict(public.deliveries, out text, out timestamptz, out text) is 'Whether a delivery is allowed now: go, wait (until, reason) or cancel (reason).';

-- source: sql/30_rules/66_is_initiated.sql sha256:272ba20e0514ce90de6ddf2b31ed7ebd44fc698131b9dd77d86e1cec2715e871
create or replace function private.is_initiated(delivery public.deliveries) returns boolean
language sql stable security definer set search_path = ''
as $$
    select delivery.kind in ('invitation', 'reminder', 'message', 'notification')
        and not exists (
            select from private.threads as t
            where t.id = delivery.thread_id
                and t.last_inbound_at > private.now() - make_interval(hours => coalesce((
                    select p.window_hours from private.providers as p
                    join public.channel_accounts as a on a.provider = p.provider and a.channel = p.channel
                    where a.id = delivery.channel_account_id
                ), 24))
        );
$$;
comment on function private.is_initiated(public.deliveries) is
'Whether a delivery starts something with its recipient, rather than go on with somebody who wrote in the last 24 hours. Daily limits and frequency caps count these. Read-only.';

-- source: sql/30_rules/67_lock_paces.sql sha256:132fe360d19ca3decbd2f07d6954afc4c9244551f9c14b4b0dbf0763444faf30
create or replace function private.lock_paces(account_ids uuid[]) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    -- Lock order: after threads, before deliveries, each by id. An account without a throughput makes nobody wait.
    insert into private.account_paces (channel_account_id, client_id)
    select a.id, a.client_id
    from public.channel_accounts as a
    where a.id = any (account_ids) and a.throughput is not null
        and not exists (select from private.account_paces as p where p.channel_account_id = a.id)
    order by a.id
    on conflict (channel_account_id) do nothing;
    perform from private.account_paces as p
    join public.channel_accounts as a on a.id = p.channel_account_id
    where p.channel_account_id = any (account_ids) and a.throughput is not null
    order by p.channel_account_id
    for no key update of p;
end
$$;
comment on function private.lock_paces(uuid[]) is 'Locks the paces of accounts that have a throughput, in the order that cannot deadlock: whoever lets sends go for them does this first.';

-- source: sql/30_rules/68_await_word.sql sha256:28dcd466abb512967a4213d92e1f55d379a844bae65a92e552986cbbd0b15e1c
create or replace function private.await_word(delivery_id uuid, error jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
begin
    update public.deliveries as x
    set status = 'unknown', error = await_word.error, due_at = private.now() + make_interval(secs => private.setting_int('unknown_grace_s'))
    where x.id = await_word.delivery_id
    returning * into d;
    perform pgmq.set_vt(d.queue, d.task_id, private.setting_int('unknown_grace_s'));
end
$$;
comment on function private.await_word(uuid, jsonb) is
'A send that may have left is unknown: for the grace period (unknown_grace_s) only the provider''s word decides. Its claim stays good for the result that comes late. The caller holds its row''s lock.';

-- source: sql/30_rules/68_follow_account.sql sha256:88c6c789923390d8500e0e68bb1b1605b9ce12a5d59fb00284aaf5cf4728b099
create or replace function private.follow_account(account_id uuid, news jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    case news ->> 'state'
        when 'connected' then
            update public.channel_accounts as a set status = 'active' where a.id = follow_account.account_id and a.stopped_reason is not null;
        when 'disconnected' then
            perform private.stop_account(follow_account.account_id, 'disconnected', coalesce(nullif(news ->> 'reason', ''), 'o provedor avisou que ela está desconectada'));
        when 'paused' then
            perform private.stop_account(follow_account.account_id, 'paused', coalesce(nullif(news ->> 'reason', ''), 'o provedor avisou que ela está suspensa'));
        else
            null;
    end case;
end
$$;
comment on function private.follow_account(uuid, jsonb) is
'What a provider says of an account itself, {"state": connected | disconnected | paused, "reason"}: stops it, or starts it again if it was the engine that had stopped it. Idempotent.';

-- source: sql/30_rules/68_may_repeat.sql sha256:82a0fefd2f0bebb415c5d9ab93ff4b073e6d110e0d22acabdb52e3a054445459
create or replace function private.may_repeat(delivery public.deliveries) returns boolean
language sql stable security definer set search_path = ''
as $$
    -- Nobody is to read twice that he will not be written to any more.
    select delivery.kind <> 'goodbye' and (p.idempotent or delivery.repeats < private.setting_int('unknown_repeats'))
    from public.channel_accounts as a
    join private.providers as p on p.provider = a.provider and p.channel = a.channel
    where a.id = delivery.channel_account_id;
$$;
comment on function private.may_repeat(public.deliveries) is
'Whether a send of which nobody knows may go out again: as often as attempts allow where the provider takes a repeated send once, else unknown_repeats times; a goodbye never.';

-- source: sql/30_rules/68_pause_account.sql sha256:71273a8d43fad3c2bd7d79006ae9e9e5ad710e996dee816eb1ae7d7da4b4c44d
create or replace function private.pause_account(account_id uuid, pause interval, reason text) returns void
language sql security definer set search_path = ''
as $$
    insert into private.account_paces as p (channel_account_id, client_id, not_before, reason)
    select a.id, a.client_id, clock_timestamp() + pause_account.pause, pause_account.reason
    from public.channel_accounts as a
    where a.id = pause_account.account_id
    on conflict (channel_account_id) do update set not_before = greatest(p.not_before, excluded.not_before), reason = excluded.reason;
$$;
comment on function private.pause_account(uuid, interval, text) is 'The provider wants nothing from an account for a while (too fast, too many): its sends wait, no attempt is counted, nobody is alarmed.';

-- source: sql/30_rules/68_retry_delivery.sql sha256:97594f3689baf38c691118e2224ff89e011048a8265eae883d8f59d7458dece5
create or replace function private.retry_delivery(delivery_id uuid, error jsonb, retryable boolean) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    again record;
begin
    select * into strict d from public.deliveries as x where x.id = retry_delivery.delivery_id;
    select * into again from private.retry_wait(retry_delivery.error, retry_delivery.retryable, d.attempts);
    if again.wait is not null then
        update public.deliveries as x
        set status = 'queued', claim = null, error = retry_delivery.error, due_at = private.now() + again.wait,
            attempts = case when again.counted then x.attempts else x.attempts - 1 end
        where x.id = d.id;
        perform pgmq.set_vt(d.queue, d.task_id, ceil(extract(epoch from again.wait))::integer);
        return jsonb_build_object('outcome', 'retry', 'retry_in_ms', ceil(extract(epoch from again.wait) * 1000)::integer);
    end if;
    perform private.bury(d.queue, 'delivery', d.id, d.client_id, d.task_id, retry_delivery.error, d.attempts);
    update public.deliveries as x
    set status = 'failed', claim = null, error = retry_delivery.error, task_id = null, reason = retry_delivery.error ->> 'message'
    where x.id = d.id;
    return jsonb_build_object('outcome', 'dead', 'retry_in_ms', null);
end
$$;
comment on function private.retry_delivery(uuid, jsonb, boolean) is
'After a failed attempt at a delivery: again after 1, 5, 25 seconds (throttled: when error.retry_after_ms says, uncounted), or, when that was the last one or the error is permanent, failed and a dead letter.';

-- source: sql/30_rules/68_stop_account.sql sha256:3da512a8627e824d70e42c62bbc3e024cdafd2999f6ef1c18d4de043c08a0568
create or replace function private.stop_account(account_id uuid, status public.channel_account_status, reason text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    a public.channel_accounts;
begin
    update public.channel_accounts as x
    set status = stop_account.status, stopped_reason = left(stop_account.reason, 1000)
    where x.id = stop_account.account_id and x.status = 'active'
    returning * into a;
    if found then
        perform private.notify(a.client_id, 'account_stopped', null, format(
            'A conta "%s" parou de enviar: %s. As mensagens estão guardadas e seguem quando ela voltar.', a.name, rtrim(stop_account.reason, '. ')
        ));
    end if;
end
$$;
comment on function private.stop_account(uuid, public.channel_account_status, text) is
'Stops an account that its provider does not let send (token, payment, policy, disconnected) and tells the client''s owners, once. Its deliveries wait; other accounts go on. A person who sets it active, or new credentials, or the provider''s word, starts it again.';

-- source: sql/30_rules/68_throttle_delivery.sql sha256:28d29d700b0ddc72a8322431944928dec90e2479d0d0f8a704baa6013026d847
create or replace function private.throttle_delivery(delivery_id uuid, error jsonb, retry_after_ms integer) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    wait interval;
begin
    select * into strict d from public.deliveries as x where x.id = throttle_delivery.delivery_id;
    wait := make_interval(secs => greatest(coalesce(throttle_delivery.retry_after_ms, 1000), 1) / 1000.0);
    if throttle_delivery.error ->> 'scope' = 'recipient' then
        -- Four times as long each time in a row, up to an hour (WhatsApp Cloud API, pair rate limits: 4^X seconds).
        wait := greatest(wait, least(wait * power(4, least(d.throttles, 10)), interval '1 hour'));
    end if;
    if throttle_delivery.error ->> 'scope' in ('number', 'account') then
        perform private.pause_account(d.channel_account_id, wait, throttle_delivery.error ->> 'message');
    end if;
    update public.deliveries as x
    set attempts = x.attempts - 1, throttles = x.throttles + 1, error = throttle_delivery.error
    where x.id = d.id;
    perform private.hold_delivery(d.id, private.now() + wait, coalesce(throttle_delivery.error ->> 'message', 'the provider throttled it'));
end
$$;
comment on function private.throttle_delivery(uuid, jsonb, integer) is
'A send came too fast: it waits for as long as the provider says, and no attempt is counted. Scope recipient holds up that person only, four times longer each time in a row; number and account hold up all their sends.';

-- source: sql/30_rules/68_word_may_come.sql sha256:9df217cbb293bc2e115aaf5562d1f4722f9b024aa295847ea769dc520cca8179
create or replace function private.word_may_come(delivery public.deliveries) returns boolean
language sql stable security definer set search_path = ''
as $$
    select p.reports_delivery and not p.idempotent
        and delivery.begun_at > private.now() - make_interval(secs => private.setting_int('unknown_patience_s'))
        -- Its provider has told us nothing since: then it could not have told us of this one either.
        and not exists (
            select from public.webhook_events as e
            where e.client_id = delivery.client_id and e.received_at > now() - make_interval(secs => private.setting_int('unknown_grace_s'))
                and e.channel_account_id = delivery.channel_account_id
        )
    from public.channel_accounts as a
    join private.providers as p on p.provider = a.provider and p.channel = a.channel
    where a.id = delivery.channel_account_id;
$$;
comment on function private.word_may_come(public.deliveries) is
'Whether waiting longer than the grace period may still bring the provider''s word of a send: as long as no webhook of its account has come in at all, up to unknown_patience_s after the send. Read-only.';

-- source: sql/30_rules/69_governor_verdict.sql sha256:750fda21f5d0b31b6a1d1f55d673ee3760392cdbab72371f9ff6450451420f91
create or replace function private.governor_verdict(delivery public.deliveries, out verdict text, out until timestamptz, out reason text)
language plpgsql security definer set search_path = ''
as $$
declare
    a public.channel_accounts;
    provider private.providers;
    pace private.account_paces;
    right_now timestamptz := private.now();
    -- Rates are the provider's, and go by its clock.
    tick timestamptz := clock_timestamp();
    free_at timestamptz;
begin
    select * into strict a from public.channel_accounts as x where x.id = delivery.channel_account_id;
    select * into strict provider from private.providers as p where p.provider = a.provider and p.channel = a.channel;
    verdict := 'wait';
    if a.status <> 'active' then
        reason := case a.status when 'disconnected' then 'the channel account is disconnected' else 'the channel account is paused' end;
        until := right_now + interval '1 minute';
        -- News for staff take another way instead.
        verdict := case delivery.kind when 'notification' then 'cancel' else 'wait' end;
        return;
    end if;
    if exists (select from public.clients as c where c.id = delivery.client_id and c.status <> 'active') then
        reason := 'the client is suspended';
        until := right_now + interval '1 minute';
        return;
    end if;
    if delivery.kind in ('invitation', 'reminder') and exists (
        select from public.interviews as i join public.projects as p on p.id = i.project_id where i.id = delivery.interview_id and p.status <> 'active'
    ) then
        reason := 'the project is paused';
        until := right_now + interval '1 minute';
        return;
    end if;
    select * into pace from private.account_paces as p where p.channel_account_id = a.id;
    if pace.not_before > tick then
        reason := coalesce(pace.reason, 'the provider asked for a pause');
        until := right_now + (pace.not_before - tick);
        return;
    end if;
    if provider.pair_interval_ms is not null and a.throughput is not null then
        select max(d.pair_at) into free_at
        from public.deliveries as d
        where d.client_id = delivery.client_id and d.channel_account_id = a.id and d.pair_at > tick
            and case when delivery.thread_id is not null then d.thread_id = delivery.thread_id
                when delivery.lead_id is not null then d.lead_id = delivery.lead_id else d.profile_id = delivery.profile_id end;
        free_at := free_at - make_interval(secs => provider.pair_interval_ms * (provider.pair_burst - 1) / 1000.0);
        if free_at > tick then
            reason := 'too many messages to one person in a short time';
            until := right_now + (free_at - tick);
            return;
        end if;
    end if;
    if delivery.initiated and a.daily_limit is not null then
        -- One at a time decides for a portfolio; who comes meanwhile looks again in a second.
        if not pg_try_advisory_xact_lock(hashtextextended('reach ' || a.client_id || coalesce(a.portfolio_id, a.id::text), 0)) then
            reason := 'another send to somebody new is being decided';
            until := right_now + interval '1 second';
            return;
        end if;
        free_at := private.reach_again_at(delivery, a);
        if free_at is not null then
            reason := format('the account''s limit of %s people in 24 hours is reached', a.daily_limit);
            until := free_at;
            return;
        end if;
    end if;
    if a.throughput is not null then
        -- Four fifths evenly, one fifth at once: no second sees more than the throughput.
        free_at := pace.next_at - make_interval(secs => (greatest(a.throughput / 5, 1) - 1) / (0.8 * a.throughput));
        if free_at > tick then
            reason := 'the account''s throughput is reached';
            until := right_now + (free_at - tick);
            return;
        end if;
    end if;
    verdict := 'go';
end
$$;
comment on function private.governor_verdict(public.deliveries, out text, out timestamptz, out text) is
'Whether a delivery that policy allows fits into what its account may do now: go, wait (until, reason) or cancel (reason). Stopped accounts, suspended clients, paused projects, the rate for one person, people in 24 hours, messages per second. The caller holds the account''s pace (private.lock_paces).';

-- source: sql/30_rules/69_grant_delivery.sql sha256:e9ef4f732aa164556eac6b96ffbfcedd7b08c97ee7f701a73f4eebec8d20473d
create or replace function private.grant_delivery(delivery_id uuid, visibility_s integer, released_by uuid default null) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
begin
    update public.deliveries as x
    set status = 'sending', claim = gen_random_uuid(), attempts = x.attempts + 1, due_at = private.now() + make_interval(secs => visibility_s),
        begun_at = private.now(), initiated = private.is_initiated(x), reason = null, released_by = grant_delivery.released_by,
        pair_at = (
            select greatest(clock_timestamp(), (
                select max(e.pair_at) from public.deliveries as e
                where e.client_id = x.client_id and e.channel_account_id = x.channel_account_id and e.pair_at > clock_timestamp()
                    and case when x.thread_id is not null then e.thread_id = x.thread_id
                        when x.lead_id is not null then e.lead_id = x.lead_id else e.profile_id = x.profile_id end
            )) + make_interval(secs => p.pair_interval_ms / 1000.0)
            from public.channel_accounts as a
            join private.providers as p on p.provider = a.provider and p.channel = a.channel
            where a.id = x.channel_account_id and p.pair_interval_ms is not null and a.throughput is not null
        ),
        -- A task that hides for as long as the claim lasts: whoever dies with the claim is noticed when it shows again.
        task_id = coalesce(x.task_id, (
            select s.id from pgmq.send(x.queue, private.task_message('delivery', x.id, x.client_id, x.attempts + 1), visibility_s) as s (id)
        ))
    where x.id = grant_delivery.delivery_id
    returning * into d;
    update private.account_paces as p
    set next_at = greatest(p.next_at, clock_timestamp()) + make_interval(secs => 1 / (0.8 * a.throughput))
    from public.channel_accounts as a
    where p.channel_account_id = d.channel_account_id and a.id = p.channel_account_id and a.throughput is not null;
    return private.delivery_task(d);
end
$$;
comment on function private.grant_delivery(uuid, integer, uuid) is
'Claims a delivery for the caller for so many seconds, counts it against its account''s limits, and returns its task. released_by: the claim whose completion hands it out. The caller holds its row''s lock and has asked private.gate.';

-- source: sql/30_rules/69_heed_refusal.sql sha256:0ea084f75b9ebf0bc3949c68fbad6d3fa09549444dbb8df2fe0e18c848809a58
create or replace function private.heed_refusal(delivery_id uuid, error jsonb) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
begin
    if coalesce((heed_refusal.error ->> 'retryable')::boolean, false) or heed_refusal.error is null then
        return false;
    end if;
    select * into strict d from public.deliveries as x where x.id = heed_refusal.delivery_id;
    if heed_refusal.error ->> 'scope' in ('number', 'account') then
        perform private.stop_account(d.channel_account_id, 'paused', coalesce(heed_refusal.error ->> 'message', 'the provider refuses it'));
        return true;
    end if;
    return false;
end
$$;
comment on function private.heed_refusal(uuid, jsonb) is
'What a provider''s refusal for good means beyond its message: number or account may not send: the account stops (returns true); the person does not want it: an opt-out.';

-- source: sql/30_rules/69_refuse_delivery.sql sha256:1f99d20a95f8cadd0475bf6d4566aed94f8006d00eceb067f6bb2b49e68fdcfb
create or replace function private.refuse_delivery(delivery_id uuid, error jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    retryable boolean := coalesce((refuse_delivery.error ->> 'retryable')::boolean, false);
begin
    select * into strict d from public.deliveries as x where x.id = refuse_delivery.delivery_id;
    -- It is not the message's fault: it waits for its account. News for staff take another way.
    if private.heed_refusal(d.id, refuse_delivery.error) and d.kind <> 'notification' then
        update public.deliveries as x set attempts = x.attempts - 1, error = refuse_delivery.error where x.id = d.id;
        perform private.hold_delivery(d.id, private.now() + interval '1 minute', 'the channel account is paused');
        return;
    end if;
    perform private.retry_delivery(d.id, refuse_delivery.error, retryable);
end
$$;
comment on function private.refuse_delivery(uuid, jsonb) is
'A send was refused with {"code", "message", "retryable", "scope"}: tried again, or a dead letter; where it is the number or the account that may not send, the account stops and the delivery waits for it.';

-- source: sql/30_rules/70_begin_deliveries.sql sha256:2190d2bcd248d5ae1f14dc2458c3db3d69ea1de8dc121fe20d9114dca6ff2219
create or replace function private.begin_deliveries(tasks jsonb, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    task record;
    d public.deliveries;
    gate record;
    granted jsonb := '[]';
begin
    perform private.lock_paces(array(
        select x.channel_account_id from public.deliveries as x where x.id in (select (j ->> 'id')::uuid from jsonb_array_elements(tasks) as j)
    ));
    for task in
        select (x ->> 'id')::uuid as id, (x ->> 'msg_id')::bigint as msg_id, x ->> 'queue' as queue
        from jsonb_array_elements(tasks) as x
        order by 1
    loop
        select * into d from public.deliveries as x where x.id = task.id for update skip locked;
        if not found then
            -- Locked by whoever is finishing it, or deleted: look again in a second.
            if exists (select from public.deliveries as x where x.id = task.id) then
                perform pgmq.set_vt(task.queue, task.msg_id, 1);
            else
                perform pgmq.delete(task.queue, task.msg_id);
            end if;
            continue;
        end if;
        if d.task_id is distinct from task.msg_id or d.status not in ('queued', 'deferred', 'sending', 'unknown') then
            perform pgmq.delete(task.queue, task.msg_id);
            if d.task_id = task.msg_id then
                update public.deliveries as x set task_id = null where x.id = d.id;
            end if;
            continue;
        end if;
        if d.due_at > private.now() + interval '500 milliseconds' then
            -- Claimed by another instance, or put off.
            perform pgmq.set_vt(task.queue, task.msg_id, ceil(extract(epoch from d.due_at - private.now()))::integer);
            continue;
        end if;
        if d.status = 'sending' then
            -- Its instance died between the claim and the result. The message may have left: wait for the provider's word.
            perform private.await_word(d.id, '{"code": "no_result", "message": "the attempt came back with no result"}');
            continue;
        end if;
        if d.status = 'unknown' and private.word_may_come(d) then
            perform private.await_word(d.id, d.error);
            continue;
        end if;
        if d.status = 'unknown' and not private.may_repeat(d) then
            perform private.retry_delivery(d.id, coalesce(d.error, '{}') || '{"code": "unknown", "message": "nobody could say whether it was delivered"}', false);
            continue;
        end if;
        if d.status = 'unknown' then
            update public.deliveries as x set repeats = x.repeats + 1 where x.id = d.id;
        end if;
        if d.attempts >= private.setting_int('max_attempts') then
            perform private.retry_delivery(d.id, coalesce(d.error, '{"code": "no_result", "message": "no attempt came back with a result"}'), false);
            continue;
        end if;
        d.initiated := private.is_initiated(d);
        select * into gate from private.gate(d);
        if gate.verdict = 'cancel' then
            update public.deliveries as x set status = 'cancelled', reason = gate.reason where x.id = d.id;
            perform private.end_delivery(d.id);
            continue;
        end if;
        if gate.verdict = 'wait' then
            perform private.hold_delivery(d.id, gate.until, gate.reason);
            continue;
        end if;
        perform pgmq.set_vt(task.queue, task.msg_id, visibility_s);
        granted := granted || private.grant_delivery(d.id, visibility_s);
    end loop;
    return granted;
end
$$;
comment on function private.begin_deliveries(jsonb, integer) is
'Claims the deliveries of tasks just read: sorts out what is done, busy, not allowed any more or exhausted, and returns the rest as tasks. Waits for no lock but an account''s pace.';

-- source: sql/30_rules/70_gate.sql sha256:d415be76e7d2c74ebdafac23ce8eb2d6107bea157df7e04d004b0724f3b838ca
create or replace function private.gate(delivery public.deliveries, out verdict text, out until timestamptz, out reason text)
language plpgsql security definer set search_path = ''
as $$
begin
    select p.verdict, p.until, p.reason into verdict, until, reason from private.policy_verdict(delivery) as p;
    if verdict <> 'cancel' and delivery.kind in ('invitation', 'reminder')
        and exists (select from public.interviews as i where i.id = delivery.interview_id and i.end_reason is not null) then
        verdict := 'cancel';
        reason := 'the interview has ended';
    end if;
    if verdict = 'go' then
        select g.verdict, g.until, g.reason into verdict, until, reason from private.governor_verdict(delivery) as g;
    end if;
end
$$;
comment on function private.gate(public.deliveries, out text, out timestamptz, out text) is
'Whether a delivery may leave now: go, wait (until, reason) or cancel (reason). First whether it is allowed, then whether it fits. Asked at every claim; delivery.initiated is to be set (private.is_initiated).';

-- source: sql/30_rules/70_hold_delivery.sql sha256:6e6859c20c83ed0c75b0c9c71bd655fa6cd3dbf67d97418371f1cdb8bde0f9e4
create or replace function private.hold_delivery(delivery_id uuid, until timestamptz, reason text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    wait double precision := greatest(extract(epoch from hold_delivery.until - private.now()), 0);
    -- pgmq counts in whole seconds.
    hidden integer := case when wait < 1 then 0 else ceil(wait) end;
begin
    select * into strict d from public.deliveries as x where x.id = hold_delivery.delivery_id;
    if wait < 50 then
        -- Not worth leaving the queue for: whoever drains it knows when to come back.
        update public.deliveries as x
        set status = 'queued', due_at = hold_delivery.until, reason = hold_delivery.reason, claim = null,
            task_id = coalesce(x.task_id, (
                select s.id from pgmq.send(x.queue, private.task_message('delivery', x.id, x.client_id, x.attempts + 1), hidden) as s (id)
            ))
        where x.id = d.id;
        if d.task_id is not null then
            perform pgmq.set_vt(d.queue, d.task_id, hidden);
        end if;
        return;
    end if;
    update public.deliveries as x
    set status = 'deferred', due_at = hold_delivery.until, reason = hold_delivery.reason, claim = null, task_id = null
    where x.id = d.id;
    if d.task_id is not null then
        perform pgmq.delete(d.queue, d.task_id);
    end if;
end
$$;
comment on function private.hold_delivery(uuid, timestamptz, text) is
'Lets a delivery wait: for less than a minute in its queue, for longer as deferred, out of the queue, until admission takes it again. The caller holds its row''s lock.';

-- source: sql/30_rules/71_release_next.sql sha256:28bef6a79561511b70b3546310c767614760e3f3224bfaab5be24a678cb3716f
create or replace function private.release_next(thread_id uuid, visibility_s integer, released_by uuid default null) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    gate record;
begin
    loop
        select * into d
        from public.deliveries as x
        where x.thread_id = release_next.thread_id and x.status in ('queued', 'deferred', 'sending', 'unknown')
        order by x.seq
        limit 1
        for update;
        if not found or d.task_id is not null or d.status not in ('queued', 'deferred') or d.due_at > private.now() or d.queue <> 'high_priority' then
            return null;
        end if;
        d.initiated := private.is_initiated(d);
        select * into gate from private.gate(d);
        if gate.verdict = 'go' then
            return private.grant_delivery(d.id, visibility_s, release_next.released_by);
        end if;
        if gate.verdict = 'wait' then
            perform private.hold_delivery(d.id, gate.until, gate.reason);
            return null;
        end if;
        update public.deliveries as x set status = 'cancelled', reason = gate.reason where x.id = d.id;
    end loop;
end
$$;
comment on function private.release_next(uuid, integer, uuid) is
'Claims the next reply that waits in a thread, if its turn has come and it may leave; returns its task or null. released_by: the claim whose completion asks. The caller holds the thread''s lock and its account''s pace. Invitations are left to admission.';

-- source: sql/30_rules/72_released_by.sql sha256:590d6673234adc5ea10b9cc3559257cff4c59f8e05a8331babe5b038841584fb
create or replace function private.released_by(thread_id uuid, claim uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select private.delivery_task(d)
    from public.deliveries as d
    where d.thread_id = released_by.thread_id and d.released_by = released_by.claim and d.status = 'sending' and d.attempts = 1 and d.due_at > private.now();
$$;
comment on function private.released_by(uuid, uuid) is
'The delivery that a completion with this claim handed out, for a caller whose answer got lost and who asks again; null if there is none to be sent any more. Read-only.';

-- source: sql/30_rules/83_committed_turn.sql sha256:8c6ef6a287b4d146124bb0ecd827d41ed36e9efea6c8f594758759d9fcdc54f1
create or replace function private.committed_turn(lease uuid, thread_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
    -- The answer to a commit may get lost on its way. Then nobody would send the reply that it has claimed, until the claim lapses.
    select coalesce((
        select jsonb_build_object('verdict', t.status, 'delivery', (
            select private.delivery_task(d)
            from public.deliveries as d
            join public.interview_messages as m on m.id = d.message_id and m."timestamp" >= t.started_at
            where d.thread_id = t.thread_id and d.status = 'sending' and d.attempts = 1 and d.due_at > private.now() and m.metadata ->> 'turn_id' = t.id::text
        ))
        from public.turns as t
        where t.id = committed_turn.lease and t.thread_id = committed_turn.thread_id and t.status in ('committed', 'partial')
    ), '{"verdict": "stale"}');
$$;
comment on function private.committed_turn(uuid, uuid) is
'What a commit under this lease said, for a caller that asks again: its verdict, and its reply''s delivery while that is still to be sent under the same claim. stale: nothing was committed under it. Read-only.';

-- source: sql/30_rules/86_apply_status.sql sha256:b131469bc9d96339b0c050ad67a213d671cfff206c8edd852310f6437a1dba22
create or replace function private.apply_status(delivery_id uuid, status jsonb, occurred_at timestamptz) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    trouble jsonb := case jsonb_typeof(apply_status.status -> 'error') when 'object' then apply_status.status -> 'error' end;
    news public.delivery_status := case status ->> 'status'
        when 'sent' then 'sent' when 'delivered' then 'delivered' when 'read' then 'read' when 'played' then 'read' when 'failed' then 'failed'
    end;
begin
    select * into d from public.deliveries as x where x.id = apply_status.delivery_id for update;
    if news is null or d.status = 'cancelled' then
        return;
    end if;
    update public.deliveries as x
    set status = case when private.delivery_rank(news) > private.delivery_rank(x.status) then news else x.status end,
        error = case when news = 'failed' and private.delivery_rank(news) > private.delivery_rank(x.status) then trouble else x.error end,
        reason = case when news = 'failed' and private.delivery_rank(news) > private.delivery_rank(x.status) then trouble ->> 'message' else x.reason end,
        provider_message_id = coalesce(x.provider_message_id, apply_status.status ->> 'message_id'),
        pricing = coalesce(apply_status.status -> 'pricing', x.pricing),
        sent_at = case when news <> 'failed' then coalesce(x.sent_at, occurred_at, now()) else x.sent_at end,
        delivered_at = case when news in ('delivered', 'read') then coalesce(x.delivered_at, occurred_at, now()) else x.delivered_at end,
        read_at = case when news = 'read' then coalesce(x.read_at, occurred_at, now()) else x.read_at end
    where x.id = d.id;
    -- The provider has it: whatever attempt was still planned is off.
    if d.task_id is not null then
        perform private.end_delivery(d.id);
    end if;
    if news = 'failed' and private.delivery_rank(news) > private.delivery_rank(d.status) then
        -- Accepted, and lost later: people are to hear of it as of a refusal.
        perform private.bury(d.queue, 'delivery', d.id, d.client_id, null, coalesce(trouble, '{"code": "failed", "message": "the provider could not deliver it"}'), d.attempts);
        perform private.heed_refusal(d.id, trouble);
    elsif news in ('delivered', 'read') and d.status = 'failed' then
        update public.failed_tasks as f set status = 'resolved', resolved_at = now() where f.task_row_id = d.id and f.status <> 'resolved';
    end if;
end
$$;
comment on function private.apply_status(uuid, jsonb, timestamptz) is
'Moves a delivery forward by what the provider says of it, never backward. One that was accepted and fails later is a dead letter, and its error is heeded like a refusal; should it arrive after all, the dead letter is resolved. Idempotent.';

-- source: sql/30_rules/87_ingest_messages.sql sha256:0fb8171898ff3776f205c0455d1cd89e7aa985248a75d39af7ffce6928c9548c
create or replace function private.ingest_messages(items jsonb) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    stored integer;
    more integer;
begin
    -- items: [{"ord", "thread_id", "lead_id", "client_id", "event"}], their threads locked by the caller.
    insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
    select distinct on (x.lead_id) x.client_id, x.lead_id, false, 'consent'::public.legal_basis,
        jsonb_build_object('source', 'message', 'text', x.event #>> '{message,text}', 'provider_id', x.event ->> 'provider_id')
    from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, lead_id uuid, client_id uuid, event jsonb)
    join public.leads as l on l.id = x.lead_id
    where private.is_opt_out(x.event #>> '{message,text}') and l.opted_out_at is null
    order by x.lead_id, x.ord;

    -- What no interview waits for belongs to the lead's open conversation.
    insert into public.conversations (lead_id, client_id, thread_id)
    select distinct t.lead_id, t.client_id, t.id
    from jsonb_to_recordset(items) as x (thread_id uuid)
    join private.threads as t on t.id = x.thread_id
    where t.interview_id is null and t.conversation_id is null
        and not exists (select from public.conversations as c where c.client_id = t.client_id and c.thread_id = t.id and c.status = 'open');
    update private.threads as t
    set conversation_id = (
        select c.id from public.conversations as c
        where c.client_id = t.client_id and c.thread_id = t.id and c.status = 'open'
        order by c.created_at desc
        limit 1
    )
    where t.id in (select x.thread_id from jsonb_to_recordset(items) as x (thread_id uuid))
        and t.interview_id is null
        and (t.conversation_id is null or not exists (select from public.conversations as c where c.id = t.conversation_id and c.status = 'open'));

    update private.threads as t
    set address = a.address
    from (
        select distinct on (x.thread_id) x.thread_id, jsonb_build_object('wa_id', x.event #> '{sender,wa_id}', 'bsuid', x.event #> '{sender,bsuid}') as address
        from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, event jsonb)
        order by x.thread_id, x.ord desc
    ) as a
    where t.id = a.thread_id and t.address is distinct from a.address;

    insert into public.interview_messages (interview_id, role, content, metadata, client_id, seq, provider_timestamp)
    select t.interview_id, 'user', coalesce(x.event #>> '{message,text}', ''), private.message_metadata(x.event), t.client_id,
        t.last_seq + row_number() over (partition by t.id order by x.ord), (x.event ->> 'occurred_at')::timestamptz
    from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, event jsonb)
    join private.threads as t on t.id = x.thread_id
    where t.interview_id is not null
    order by x.ord;
    get diagnostics stored = row_count;

    with said as (
        insert into public.messages (conversation_id, role, content, channel, metadata, client_id, seq, provider_timestamp)
        select t.conversation_id, 'user', coalesce(x.event #>> '{message,text}', ''), 'whatsapp', private.message_metadata(x.event), t.client_id,
            t.last_seq + row_number() over (partition by t.id order by x.ord), (x.event ->> 'occurred_at')::timestamptz
        from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, event jsonb)
        join private.threads as t on t.id = x.thread_id
        where t.interview_id is null and t.conversation_id is not null
        order by x.ord
        returning client_id, conversation_id, seq
    )
    update private.threads as t
    set last_seq = s.newest, inbound_seq = s.newest, handled_seq = s.newest, last_inbound_at = private.now()
    from (select client_id, conversation_id, max(seq) as newest from said group by client_id, conversation_id) as s
    where t.client_id = s.client_id and t.conversation_id = s.conversation_id;
    select count(*) into more
    from jsonb_to_recordset(items) as x (thread_id uuid)
    join private.threads as t on t.id = x.thread_id
    where t.interview_id is null;
    update public.conversations as c
    set last_message_at = clock_timestamp()
    where c.id in (
        select t.conversation_id from jsonb_to_recordset(items) as x (thread_id uuid) join private.threads as t on t.id = x.thread_id where t.interview_id is null
    );
    if items @? '$[*].event.message.amends ? (@ != null)' then
        perform private.amend_messages(items);
    end if;
    if items @? '$[*].event.becomes ? (@ != null)' then
        perform private.follow_changes(items);
    end if;
    return stored + more;
end
$$;
comment on function private.ingest_messages(jsonb) is
'Stores inbound messages in order on their threads: in the live interview, or else in the lead''s open conversation. Opt-out words reach the consent ledger before anything is answered. The caller holds the threads'' locks.';

-- source: sql/30_rules/98_sweep.sql sha256:c79d8ddcda1c38808b8e497cc808e11315f12d1696b4e51311ddffbf975efb6d
create or replace function private.sweep() returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    item record;
    note public.notifications;
    rung text[] := '{}';
begin
    if not pg_try_advisory_xact_lock(hashtextextended('renum sweep', 0)) then
        return '{"busy": true}';
    end if;
    -- Reports of projects whose figures changed.
    for item in
        with gone as (delete from private.project_changes as c returning c.project_id)
        select distinct g.project_id from gone as g order by 1
    loop
        perform private.queue_report(item.project_id, null, false);
    end loop;
    -- Notifications to send.
    for note in
        select * from public.notifications as n
        where n.status = 'queued' and n.delivery_id is null
        order by n.created_at
        limit 200
        for update skip locked
    loop
        perform private.send_notification(note);
    end loop;
    -- Invitations that have room, and whatever else waits for admission.
    for item in select c.client_id from private.clients_to_invite() as c (client_id) loop
        perform private.invite_next(item.client_id);
    end loop;
    for item in select distinct t.client_id from private.threads as t where t.task_id is null and t.due_at is not null loop
        perform private.admit_turns(item.client_id);
    end loop;
    for item in
        select distinct d.client_id, d.queue from public.deliveries as d
        where d.status in ('queued', 'deferred') and d.task_id is null and d.due_at <= private.now()
    loop
        perform private.admit_deliveries(item.client_id, item.queue);
    end loop;
    for item in
        select distinct r.client_id from public.reports as r where r.stale and r.task_id is null and r.due_at <= now() and r.status <> 'failed'
    loop
        perform private.admit_reports(item.client_id);
    end loop;
    for item in
        select distinct m.client_id from public.media as m where m.status = 'waiting' and m.task_id is null and m.due_at <= now()
    loop
        perform private.admit_media(item.client_id);
    end loop;
    -- Ring for every queue that has something due: new, put off, or held by somebody who died.
    if exists (select from private.threads as t where t.task_id is not null and t.due_at <= clock_timestamp())
        or exists (select from public.deliveries as d where d.queue = 'high_priority' and d.task_id is not null and d.due_at <= private.now()) then
        rung := rung || 'agent_turn'::text;
    end if;
    if exists (select from public.deliveries as d where d.queue = 'default' and d.task_id is not null and d.due_at <= private.now())
        or exists (select from public.media as m where m.status = 'waiting' and m.task_id is not null and m.due_at <= clock_timestamp()) then
        rung := rung || 'deliver'::text;
    end if;
    if exists (select from public.reports as r where r.task_id is not null and r.due_at <= clock_timestamp()) then
        rung := rung || 'report'::text;
    end if;
    perform private.ring(f) from unnest(rung) as f;
    return jsonb_build_object('rung', to_jsonb(rung));
end
$$;
comment on function private.sweep() is
'The safety net under the doorbell, run by pg_cron: admits what waits, makes what only commits'' notes ask for (project reports, notifications), and rings for every queue with something due. Everything it does is idempotent.';

-- source: sql/30_rules/99_next_due_ms.sql sha256:cba2468b0b9d6085722dbb188b61e403d5586a98231e8950490d62439a70c2c3
create or replace function private.next_due_ms(queues text[]) returns integer
language sql volatile security definer set search_path = ''
as $$
    -- What somebody holds is not waited for. At least 20 ms: a task locked this very moment must not make the caller spin.
    select greatest(20, ceil(extract(epoch from min(w.due_at) - clock_timestamp()) * 1000))::integer
    from (
        select min(t.due_at) from private.threads as t where t.task_id is not null and t.lease is null and 'high_priority' = any (queues)
        union all
        select min(d.due_at) - make_interval(secs => private.setting_int('clock_offset_s')) from public.deliveries as d where d.task_id is not null and d.status <> 'sending' and d.queue = any (queues)
        union all
        select min(m.due_at) from public.media as m where m.status = 'waiting' and m.task_id is not null and m.claim is null and 'default' = any (queues)
        union all
        select min(r.due_at) from public.reports as r where r.task_id is not null and r.status <> 'writing' and 'low_priority' = any (queues)
    ) as w (due_at)
    where w.due_at is not null
    having min(w.due_at) is not null;
$$;
comment on function private.next_due_ms(text[]) is 'Milliseconds until the next task of these queues that nobody holds is due; null if there is none.';

-- source: sql/40_triggers/27_start_account.sql sha256:65734f12c76069ce798f441c85b709e5c1b81ca0642be01c59bed3b5cdfea5a6
create or replace function private.start_account() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    new.stopped_reason := null;
    -- What waited for it need not wait for the next look.
    update public.deliveries as d
    set due_at = private.now()
    where d.client_id = new.client_id and d.channel_account_id = new.id and d.status = 'deferred' and d.reason like 'the channel account is %';
    return new;
end
$$;
comment on function private.start_account() is 'Trigger: an account that sends again forgets why it had stopped, and what waited for it goes on.';

create or replace trigger _500_start_account before update of status on public.channel_accounts
for each row when (new.status = 'active' and old.status <> 'active') execute function private.start_account();

-- source: sql/40_triggers/60_count_inbound.sql sha256:314722753ace1e7747d4a6023cf254c9125cc5696b48d25bd2fd23cda7758b37
create or replace function private.count_inbound() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    longest interval := make_interval(secs => private.setting_int('debounce_max_ms') / 1000.0);
    right_now timestamptz := clock_timestamp();
    client_id uuid;
    sooner record;
    work integer := 0;
begin
    -- Lock order: threads by id; ingest holds these locks already.
    perform from private.threads as t
    where (t.client_id, t.interview_id) in (select n.client_id, n.interview_id from new_rows as n where n.role = 'user')
    order by t.id
    for update;
    for sooner in
        with
        said as (
            -- The last message of a burst says whether there is more to come; an opt-out among them waits for nothing.
            select m.client_id, m.interview_id, max(m.seq) as newest, max(m.seq) filter (where m.wanted) as newest_to_answer,
                make_interval(secs => case
                    when bool_or(private.is_opt_out(m.content)) then 0
                    else private.debounce_ms(
                        (array_agg(m.metadata order by m.seq desc) filter (where m.wanted))[1], (array_agg(m.content order by m.seq desc) filter (where m.wanted))[1],
                        private.question_type(m.interview_id)
                    )
                end / 1000.0) as pause
            from (select n.*, private.needs_answer(n.metadata, n.content) as wanted from new_rows as n where n.role = 'user') as m
            group by m.client_id, m.interview_id
        ),
        counted as (
            update private.threads as t
            set last_seq = greatest(t.last_seq, s.newest), inbound_seq = greatest(t.inbound_seq, s.newest_to_answer), last_inbound_at = private.now(),
                waiting_since = case when s.newest_to_answer is null then t.waiting_since else coalesce(t.waiting_since, right_now) end,
                not_before = case
                    when s.newest_to_answer is null then t.not_before
                    else least(right_now + s.pause, coalesce(t.waiting_since, right_now) + longest)
                end
            from said as s
            join private.threads as earlier on earlier.client_id = s.client_id and earlier.interview_id = s.interview_id
            where t.id = earlier.id
            returning t.id, t.task_id, t.lease, t.not_before, earlier.not_before as not_before_earlier
        )
        select c.id, c.task_id from counted as c
        where c.task_id is not null and c.lease is null and c.not_before < c.not_before_earlier - interval '20 milliseconds'
    loop
        -- Somebody holds the turn for a longer wait than there is now: it shows again at once, and whoever comes first begins it.
        perform pgmq.set_vt('high_priority', sooner.task_id, 0);
        update private.threads as t set due_at = t.not_before where t.id = sooner.id;
        work := work + 1;
    end loop;
    update private.threads as t
    set due_at = t.not_before, attempts = 0
    from public.leads as l
    where (t.client_id, t.interview_id) in (
            select n.client_id, n.interview_id from new_rows as n where n.role = 'user' and private.needs_answer(n.metadata, n.content)
        )
        and t.task_id is null and t.inbound_seq > t.handled_seq
        and l.id = t.lead_id and l.status <> 'blocked';
    for client_id in select distinct n.client_id from new_rows as n order by 1 loop
        work := work + private.admit_turns(client_id);
    end loop;
    if work > 0 then
        perform private.ring('agent_turn');
    end if;
    return null;
end
$$;
comment on function private.count_inbound() is
'Trigger: counts what leads said on their threads, starts the debounce, and has one turn wait for admission for each thread that has something to answer and none queued.';

create or replace trigger _900_count_inbound after insert on public.interview_messages
referencing new table as new_rows
for each statement execute function private.count_inbound();

-- source: sql/60_rpc/public/replay_failed_task.sql sha256:c8dea11eaaa34674142b5fca00882bf926a0ef8a8ff2f27791f151886d1f3a1c
create or replace function public.replay_failed_task(failed_task_id uuid) returns public.failed_tasks
language plpgsql security definer set search_path = ''
as $$
declare
    f public.failed_tasks;
begin
    select x.* into f
    from public.failed_tasks as x
    where x.id = replay_failed_task.failed_task_id and x.client_id in (select private.visible_client_ids());
    if not found then
        raise exception 'there is no such failed task' using errcode = 'PT404';
    end if;
    -- Lock order: the thread before its deliveries, the dead letter last.
    if f.task = 'agent_turn' then
        perform private.lock_threads(array[f.task_row_id]);
    elsif f.task = 'delivery' then
        perform from private.threads as t where t.id = (select d.thread_id from public.deliveries as d where d.id = f.task_row_id) for update;
    elsif f.task = 'report' then
        perform from public.reports as r where r.id = f.task_row_id for update;
    elsif f.task = 'media' then
        perform from public.media as m where m.id = f.task_row_id for update;
    end if;
    select x.* into f from public.failed_tasks as x where x.id = f.id for update;
    if f.status <> 'dead' then
        return f;
    end if;
    case f.task
        when 'agent_turn' then
            perform private.queue_turn(f.task_row_id);
        when 'delivery' then
            update public.deliveries as d
            set status = 'queued', attempts = 0, repeats = 0, throttles = 0, due_at = private.now(), reason = null
            where d.id = f.task_row_id and d.status = 'failed';
            perform private.admit_deliveries(f.client_id, d.queue) from public.deliveries as d where d.id = f.task_row_id;
        when 'media' then
            update public.media as m
            set status = 'waiting', attempts = 0, due_at = now()
            where m.id = f.task_row_id and m.status = 'failed';
            perform private.admit_media(f.client_id);
        when 'report' then
            perform private.queue_report(r.project_id, r.interview_id, true) from public.reports as r where r.id = f.task_row_id;
    end case;
    update public.failed_tasks as x
    set replayed_at = now(), status = case
            -- Its interview is over, or what it failed to answer was answered since: there is nothing to put back.
            when x.task = 'agent_turn' and not exists (select from private.threads as t where t.id = x.task_row_id and t.due_at is not null) then 'resolved'
            else 'replayed'
        end::public.failed_task_status
    where x.id = f.id
    returning x.* into f;
    perform private.ring(private.function_of(f.queue));
    return f;
end
$$;
comment on function public.replay_failed_task(uuid) is
'Puts a dead letter''s work back in its place, with all its attempts. A lead''s later messages are not overtaken: a turn always takes everything unhandled. Idempotent.';

-- source: sql/60_rpc/public/set_channel_credentials.sql sha256:99616dc204051e176001c0fefd248919173b235104f2a67868bb0ca2382bc79b
create or replace function public.set_channel_credentials(channel_account_id uuid, ciphertext text, key_id text) returns void
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
begin
    if set_channel_credentials.ciphertext !~ '^[A-Za-z0-9+/]{38,}={0,2}$' or char_length(set_channel_credentials.ciphertext) > 100000 then
        raise exception 'ciphertext must be base64 of what the function channel_credentials makes' using errcode = '22023';
    end if;
    if set_channel_credentials.key_id !~ '^[!-~]{1,100}$' then
        raise exception 'key_id must be 1 to 100 letters, digits or signs' using errcode = '22023';
    end if;
    insert into private.channel_credentials as s (channel_account_id, client_id, ciphertext, key_id)
    select a.id, a.client_id, set_channel_credentials.ciphertext, set_channel_credentials.key_id
    from public.channel_accounts as a
    where a.id = set_channel_credentials.channel_account_id and a.client_id in (select private.owned_client_ids())
    on conflict (channel_account_id) do update
    set ciphertext = excluded.ciphertext, key_id = excluded.key_id, updated_at = now();
    if not found then
        raise exception 'there is no such channel account of a client you own' using errcode = 'PT404';
    end if;
    -- It may have stopped for the old ones.
    update public.channel_accounts as a set status = 'active' where a.id = set_channel_credentials.channel_account_id and a.stopped_reason is not null;
end
$$;
comment on function public.set_channel_credentials(uuid, text, text) is
'Owners and admins, through the function channel_credentials: stores an account''s credentials, already encrypted, and starts the account again if the engine had stopped it. They cannot be read again through the API. Idempotent.';

-- source: sql/60_rpc/worker/commit_turns.sql sha256:d56b007f195a9e2ceeaf31afbd7511ba8b4c4b9a9b450fa517639c03ad1f97f9
create or replace function worker.commit_turns(results jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    item jsonb;
    verdicts jsonb := '[]';
    problem text;
    place text;
    visibility_s integer := private.setting_int('visibility_s');
begin
    perform private.lock_threads(array(select (x ->> 'thread_id')::uuid from jsonb_array_elements(results) as x));
    perform private.lock_paces(array(
        select t.channel_account_id from private.threads as t where t.id in (select (x ->> 'thread_id')::uuid from jsonb_array_elements(results) as x)
    ));
    for item in select x from jsonb_array_elements(results) as x order by (x ->> 'thread_id')::uuid loop
        begin
            verdicts := verdicts || private.commit_turn(item, visibility_s);
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- One turn that cannot be committed must not take its neighbours with it.
                get stacked diagnostics problem = message_text, place = pg_exception_context;
                verdicts := verdicts || jsonb_build_object(
                    'thread_id', item -> 'thread_id', 'lease', item -> 'lease', 'verdict', 'failed', 'task', null, 'delivery', null,
                    'error', jsonb_build_object('code', sqlstate, 'message', problem)
                );
                if exists (select from private.threads as t where t.id = (item ->> 'thread_id')::uuid and t.lease = (item ->> 'lease')::uuid) then
                    perform private.retry_turn(
                        (item ->> 'thread_id')::uuid, jsonb_build_object('code', sqlstate, 'message', problem, 'trace', place), true, 'failed'
                    );
                end if;
        end;
    end loop;
    return verdicts;
end
$$;
comment on function worker.commit_turns(jsonb) is
'Commits turns, each whole or not at all: [{"thread_id", "lease", "proposal", "model", "graph", "steps", …}] → [{"thread_id", "lease", "verdict", "task", "delivery"}]. verdict: committed, partial (a further turn follows), superseded (task: the same lease with merged input, run it again), stale (the lease was lost, nothing written; a commit repeated because its answer got lost hears its answer again), failed (an error, retried later). delivery: the reply, claimed for the caller to send at once. Idempotent by the lease.';

-- source: sql/60_rpc/worker/complete_deliveries.sql sha256:54bc48aad6b6a18cb04a1c2dda2e6b852951699462626ebdad2b3b19907bf832
create or replace function worker.complete_deliveries(results jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    item jsonb;
    d public.deliveries;
    answer jsonb := '[]';
    next_task jsonb;
    visibility_s integer := private.setting_int('visibility_s');
begin
    -- Lock order: threads, then deliveries.
    perform from private.threads as t
    where t.id in (select x.thread_id from public.deliveries as x where x.id in (select (r ->> 'id')::uuid from jsonb_array_elements(results) as r))
    order by t.id
    for update;
    perform private.lock_paces(array(
        select x.channel_account_id from public.deliveries as x where x.id in (select (r ->> 'id')::uuid from jsonb_array_elements(results) as r)
    ));
    for item in select r from jsonb_array_elements(results) as r order by (r ->> 'id')::uuid loop
        begin
            select * into d from public.deliveries as x where x.id = (item ->> 'id')::uuid for update;
            next_task := null;
            if found and d.status in ('sent', 'delivered', 'read') then
                -- A status was faster than the answer to the send.
                update public.deliveries as x
                set claim = null, provider_message_id = coalesce(x.provider_message_id, item ->> 'provider_message_id')
                where x.id = d.id and x.claim = (item ->> 'claim')::uuid;
            elsif not found or d.claim is null or d.claim is distinct from (item ->> 'claim')::uuid or d.status not in ('sending', 'unknown') then
                answer := answer || jsonb_build_object('id', item -> 'id', 'status', 'stale', 'task', null);
                continue;
            elsif item ->> 'outcome' = 'sent' then
                update public.deliveries as x
                set status = 'sent', sent_at = now(), claim = null, error = null, throttles = 0,
                    -- An id that another delivery has already is not worth losing the result for.
                    provider_message_id = coalesce(x.provider_message_id, (
                        select i.id from (select item ->> 'provider_message_id' as id) as i
                        where not exists (
                            select from public.deliveries as e where e.channel_account_id = x.channel_account_id and e.provider_message_id = i.id
                        )
                    ))
                where x.id = d.id;
                perform private.end_delivery(d.id);
            elsif item ->> 'outcome' = 'unknown' then
                perform private.await_word(d.id, item -> 'error');
            elsif item ->> 'outcome' = 'throttled' then
                perform private.throttle_delivery(d.id, item -> 'error', (item ->> 'retry_after_ms')::integer);
            else
                perform private.refuse_delivery(d.id, coalesce(item -> 'error', '{"code": "unnamed", "message": "the send failed"}'));
            end if;
            select * into d from public.deliveries as x where x.id = d.id;
            if d.thread_id is not null and d.status not in ('queued', 'unknown') then
                next_task := coalesce(
                    private.release_next(d.thread_id, visibility_s, (item ->> 'claim')::uuid), private.released_by(d.thread_id, (item ->> 'claim')::uuid)
                );
            end if;
            answer := answer || jsonb_build_object('id', d.id, 'status', d.status, 'task', next_task);
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- One result that cannot be stored must not take its neighbours with it. Its message may have left.
                perform private.await_word(x.id, jsonb_build_object('code', sqlstate, 'message', sqlerrm))
                from public.deliveries as x
                where x.id = d.id and x.status = 'sending' and x.claim::text = item ->> 'claim';
                answer := answer || jsonb_build_object('id', item -> 'id', 'status', 'unknown', 'task', null);
        end;
    end loop;
    perform private.admit_deliveries(c.client_id, c.queue)
    from (
        select distinct x.client_id, x.queue from public.deliveries as x where x.id in (select (r ->> 'id')::uuid from jsonb_array_elements(results) as r)
    ) as c;
    return answer;
end
$$;
comment on function worker.complete_deliveries(jsonb) is
'What became of sends: [{"id", "claim", "outcome": sent | unknown | failed | throttled, "provider_message_id", "error", "retry_after_ms"}] → [{"id", "status", "task"}]. task: the thread''s next reply, claimed for the caller. status stale: the claim was lost. unknown waits for the provider''s word, throttled does not count as an attempt, and where the number or the account is throttled all its sends wait; an error of the account''s (scope number or account, for good) stops the account, and the delivery waits for it. Idempotent by the claim: repeated because its answer got lost, it hands out the same task again.';

-- source: sql/60_rpc/worker/extend_task.sql sha256:87292c6362be2438c2bf4a48433f6e41a8aa62862a31951040cfee6899a48bc1
create or replace function worker.extend_task(task text, id uuid, claim uuid, visibility_s integer) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
    until timestamptz := clock_timestamp() + make_interval(secs => extend_task.visibility_s);
    msg_id bigint;
    q text;
begin
    case extend_task.task
        when 'agent_turn' then
            update private.threads as t set lease_until = until, due_at = until
            where t.id = extend_task.id and t.lease = extend_task.claim
            returning t.task_id, 'high_priority' into msg_id, q;
        when 'delivery' then
            update public.deliveries as d set due_at = private.now() + make_interval(secs => extend_task.visibility_s)
            where d.id = extend_task.id and d.claim = extend_task.claim and d.status = 'sending'
            returning d.task_id, d.queue into msg_id, q;
        when 'report' then
            update public.reports as r set due_at = until
            where r.id = extend_task.id and r.claim = extend_task.claim
            returning r.task_id, 'low_priority' into msg_id, q;
        when 'media' then
            update public.media as m set due_at = until
            where m.id = extend_task.id and m.claim = extend_task.claim
            returning m.task_id, 'default' into msg_id, q;
        else
            raise exception 'there is no task named %', extend_task.task using errcode = 'PT400';
    end case;
    if msg_id is null then
        return false;
    end if;
    perform pgmq.set_vt(q, msg_id, extend_task.visibility_s);
    return true;
end
$$;
comment on function worker.extend_task(text, uuid, uuid, integer) is 'Keeps a claim for longer. false: it was lost, stop.';

-- source: sql/60_rpc/worker/ingest.sql sha256:812327f27958df8804fb16ed3d6101eaac195d793b2e428ebcd211e23f989f24
create or replace function worker.ingest(channel_account_id uuid, events jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    account public.channel_accounts;
    fresh jsonb;
    spoken jsonb;
    moved jsonb;
    item record;
    total integer := jsonb_array_length(events);
    stored integer := 0;
    fetching integer := 0;
begin
    select * into account from public.channel_accounts as a where a.id = ingest.channel_account_id;
    if not found then
        raise exception 'there is no channel account %', ingest.channel_account_id using errcode = 'PT404';
    end if;

    -- Each item once, by the provider's own id, whatever number of times and in whatever company it comes.
    with
    items as materialized (
        select distinct on (e.v ->> 'provider_id') e.v, e.ord, s.id as account_id
        from (
            -- An item without an id of its own is known by its content, one whose id no index could hold by a digest of it.
            select case
                    when x.v ->> 'provider_id' is null or octet_length(x.v ->> 'provider_id') > 1024
                        then x.v || jsonb_build_object('provider_id', 'md5:' || md5(coalesce(x.v ->> 'provider_id', x.v::text)))
                    else x.v
                end as v, x.ord
            from jsonb_array_elements(events) with ordinality as x (v, ord)
        ) as e
        left join public.channel_accounts as s
            on s.client_id = account.client_id
            and (
                (s.id = account.id and coalesce(e.v ->> 'number', account.external_id) = account.external_id)
                or (s.id <> account.id and s.provider = account.provider and s.app_id = account.app_id and s.external_id = e.v ->> 'number' and e.v ->> 'number' <> account.external_id)
            )
        order by e.v ->> 'provider_id', e.ord
    ),
    taken as (
        insert into public.webhook_events (client_id, channel_account_id, provider_id, kind, outcome, payload, reason, field)
        select account.client_id, coalesce(i.account_id, account.id), i.v ->> 'provider_id', i.v ->> 'kind',
            case
                when i.account_id is null then 'unrouted'
                when i.v ->> 'kind' = 'message' and coalesce(i.v #>> '{sender,wa_id}', i.v #>> '{sender,bsuid}') is null then 'unrouted'
                when i.v ->> 'kind' = 'message' then 'stored'
                when i.v ->> 'kind' = 'status' then 'status'
                when i.v ->> 'kind' in ('opt_out', 'opt_in') then 'preference'
                when i.v ->> 'kind' in ('account', 'template') then 'followed'
                else 'kept'
            end::public.event_outcome,
            coalesce(i.v -> 'raw', i.v),
            case
                when i.account_id is null then 'names the number ' || coalesce(i.v ->> 'number', '?')
                when i.v ->> 'kind' = 'message' and coalesce(i.v #>> '{sender,wa_id}', i.v #>> '{sender,bsuid}') is null then 'names no sender'
            end,
            i.v ->> 'field'
        from items as i
        order by i.v ->> 'provider_id'
        on conflict on constraint a_providers_item_is_taken_once do nothing
        returning provider_id, outcome
    )
    select jsonb_agg(jsonb_build_object('ord', i.ord, 'outcome', t.outcome, 'account_id', i.account_id, 'event', i.v) order by i.ord) into fresh
    from taken as t
    join items as i on i.v ->> 'provider_id' = t.provider_id;
    if fresh is null then
        return jsonb_build_object('messages', 0, 'statuses', 0, 'other', 0, 'duplicates', total, 'unrouted', 0);
    end if;

    -- Who speaks: leads are met in one order, so that two webhooks with the same strangers do not wait for each other crosswise.
    select jsonb_object_agg(s.sender::text, private.meet_sender(account.client_id, s.sender) ) into spoken
    from (
        select x.v #> '{event,sender}' as sender from jsonb_array_elements(fresh) as x (v)
        where x.v ->> 'outcome' in ('stored', 'preference') and x.v #> '{event,sender}' is not null
        -- As public.import_leads has them: by the number as it is stored.
        group by 1 order by min(private.normalize_phone('+' || (x.v #>> '{event,sender,wa_id}'))), min(x.v #>> '{event,sender,wa_id}'), min(x.v #>> '{event,sender,bsuid}'), 1
    ) as s;
    insert into private.threads (client_id, lead_id, channel_account_id)
    select distinct account.client_id, (spoken ->> (x.v #> '{event,sender}')::text)::uuid, (x.v ->> 'account_id')::uuid
    from jsonb_array_elements(fresh) as x (v)
    where x.v ->> 'outcome' = 'stored' and spoken ->> (x.v #> '{event,sender}')::text is not null
    order by 2, 3
    on conflict on constraint a_lead_has_one_thread_per_account do nothing;

    select jsonb_agg(jsonb_build_object('ord', x.v -> 'ord', 'thread_id', t.id, 'lead_id', t.lead_id, 'client_id', t.client_id, 'event', x.v -> 'event')) into spoken
    from (select f.v, (spoken ->> (f.v #> '{event,sender}')::text)::uuid as lead_id from jsonb_array_elements(fresh) as f (v)) as x
    join private.threads as t on t.lead_id = x.lead_id and t.channel_account_id = (x.v ->> 'account_id')::uuid
    where x.v ->> 'outcome' = 'stored';
    select jsonb_agg(jsonb_build_object('ord', x.v -> 'ord', 'delivery_id', d.id, 'thread_id', d.thread_id, 'event', x.v -> 'event')) into moved
    from jsonb_array_elements(fresh) as x (v)
    cross join lateral (
        select a.id, a.thread_id
        from public.deliveries as a
        where a.channel_account_id = (x.v ->> 'account_id')::uuid and a.provider_message_id = x.v #>> '{event,status,message_id}'
        union all
        select b.id, b.thread_id
        from public.deliveries as b
        where b.channel_account_id = (x.v ->> 'account_id')::uuid
            and b.id = case when x.v #>> '{event,status,reference}' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then (x.v #>> '{event,status,reference}')::uuid end
        limit 1
    ) as d
    where x.v ->> 'outcome' = 'status';

    -- Lock order: interviews and threads before leads and deliveries (private.lock_threads tells the whole of it).
    perform private.lock_threads(array(
        select (x.v ->> 'thread_id')::uuid from jsonb_array_elements(coalesce(spoken, '[]') || coalesce(moved, '[]')) as x (v)
        union
        select t.id
        from jsonb_array_elements(fresh) as x (v)
        cross join lateral (select private.lead_of_sender(account.client_id, x.v #> '{event,sender}') as lead_id) as l
        join private.threads as t on t.client_id = account.client_id and t.lead_id = l.lead_id
        where x.v ->> 'outcome' = 'preference'
    ));

    if spoken is not null then
        stored := private.ingest_messages(spoken);
        if spoken @? '$[*].event.message.media.id' then
            fetching := private.keep_media(spoken);
        end if;
    end if;
    for item in
        select (x.v ->> 'delivery_id')::uuid as delivery_id, x.v #> '{event,status}' as status, (x.v #>> '{event,occurred_at}')::timestamptz as occurred_at
        from jsonb_array_elements(coalesce(moved, '[]')) as x (v)
        order by 1, (x.v ->> 'ord')::bigint
    loop
        perform private.apply_status(item.delivery_id, item.status, item.occurred_at);
    end loop;
    if moved is not null and private.admit_deliveries(account.client_id, 'high_priority') > 0 then
        perform private.ring('agent_turn');
    end if;
    if fetching > 0 and private.admit_media(account.client_id) > 0 then
        perform private.ring('deliver');
    end if;
    for item in
        select x.v -> 'event' as event, (x.v ->> 'account_id')::uuid as account_id from jsonb_array_elements(fresh) as x (v)
        where x.v ->> 'outcome' = 'followed'
        order by (x.v ->> 'ord')::bigint
    loop
        case item.event ->> 'kind'
            when 'account' then perform private.follow_account(item.account_id, item.event -> 'account');
            when 'template' then perform private.follow_template(item.account_id, item.event -> 'template');
        end case;
    end loop;
    insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
    select account.client_id, l.lead_id, x.v #>> '{event,kind}' = 'opt_in', 'consent',
        jsonb_build_object('source', 'provider', 'provider_id', x.v #> '{event,provider_id}')
    from jsonb_array_elements(fresh) as x (v)
    cross join lateral (select private.lead_of_sender(account.client_id, x.v #> '{event,sender}') as lead_id) as l
    where x.v ->> 'outcome' = 'preference' and l.lead_id is not null
    order by l.lead_id, (x.v ->> 'ord')::bigint;

    return (
        select jsonb_build_object(
            'messages', stored,
            'statuses', count(*) filter (where x.v ->> 'outcome' = 'status'),
            'other', count(*) filter (where x.v ->> 'outcome' in ('kept', 'preference', 'followed')) + count(*) filter (where x.v ->> 'outcome' = 'stored') - stored,
            'duplicates', total - count(*),
            'unrouted', count(*) filter (where x.v ->> 'outcome' = 'unrouted')
        )
        from jsonb_array_elements(fresh) as x (v)
    );
end
$$;
comment on function worker.ingest(uuid, jsonb) is
'Takes a webhook''s items (events as an adapter''s parse() makes them) in one transaction: each once, leads found or made, messages stored on their threads, deliveries moved by statuses, opt-outs recorded, everything else kept raw. Idempotent. Returns how many of each. 404 for an unknown account.';

-- source: policies/05_roles.sql sha256:a82b6822203c559885c881b33787e1a8431478839069bb0c96a680662960bdbc
-- PostgREST's own role may become the functions' role; postgres must be able to give functions to the agents' role.
grant renum_worker to authenticator;
grant renum_agent to postgres;

-- SECURITY: renum_worker runs our RPCs and reads no table. Whoever steals its key can do no more.
grant usage on schema worker to renum_worker;
grant execute on all functions in schema worker to renum_worker;

grant usage on schema private to authenticated, service_role;
grant execute on function private.current_profile_id() to authenticated;
grant execute on function private.asks_for_rows() to authenticated;
-- deliveries.due_at begins with it.
grant execute on function private.now() to authenticated, service_role;
grant execute on function private.is_admin() to authenticated, service_role;
grant execute on function private.visible_client_ids() to authenticated;
grant execute on function private.visible_profile_ids() to authenticated;
grant execute on function private.owned_client_ids() to authenticated;
grant execute on function private.default_client_id() to authenticated, service_role;
-- What the triggers that run as whoever writes need; columns' defaults ask private.default_client_id.
grant execute on function private.normalize_phone(text) to authenticated, service_role;
grant execute on function private.question_problem(jsonb) to authenticated, service_role;
grant execute on function private.skip_rule_problem(jsonb, text[]) to authenticated, service_role;
grant execute on function private.project_config_problem(jsonb) to authenticated, service_role;
grant execute on function private.plain(text) to authenticated, service_role;
grant execute on function private.account_for(uuid, uuid) to authenticated, service_role;
grant execute on function private.template_for(uuid, uuid, public.template_purpose, text) to authenticated, service_role;
grant execute on function private.checked_phone(text) to authenticated, service_role;
grant execute on function private.is_email(text) to authenticated, service_role;
-- What public.import_leads, which runs as the person, reads its list with.
grant execute on function private.phone_key(text) to authenticated;
grant execute on function private.lead_column(text) to authenticated;
grant execute on function private.csv_rows(text, integer) to authenticated;
grant execute on function private.read_leads(text, jsonb, integer) to authenticated;

-- SECURITY: the functions put leads' files into Storage with a key that reads nothing and is good for nothing else: policies/storage_objects.sql.
-- renum_files inherits its way into schema storage from anon, which has nothing of ours:
-- https://supabase.com/docs/guides/storage/schema/custom-roles
grant renum_files to authenticator;
grant anon to renum_files;
grant usage on schema private to renum_files;
grant execute on function private.media_bucket() to renum_files, authenticated;
grant execute on function private.awaits_file(text) to renum_files;

-- source: policies/account_paces.sql sha256:5fe687869fa5783d838e48e9823a9fc1f72b750f5cd73178cf92a002357f9cd4
-- Nobody but the owner.
alter table private.account_paces enable row level security;
alter table private.account_paces force row level security;

-- first: policies/channel_accounts.sql
drop policy if exists "channel_accounts_select" on public.channel_accounts;
drop policy if exists "channel_accounts_insert" on public.channel_accounts;
drop policy if exists "channel_accounts_update" on public.channel_accounts;
-- source: policies/channel_accounts.sql sha256:1be0a10abc0f85c70f51c881e06066c766fa53b1edb79bbaa350ba0b0a251285
-- All of a client's people see the accounts; owners and admins manage them.
alter table public.channel_accounts enable row level security;
alter table public.channel_accounts force row level security;

grant select on public.channel_accounts to authenticated;
grant insert (
    id, client_id, channel, provider, name, external_id, display_phone, app_id, config, status, throughput, portfolio_id, daily_limit
) on public.channel_accounts to authenticated;
grant update (name, display_phone, app_id, config, status, throughput, portfolio_id, daily_limit) on public.channel_accounts to authenticated;
grant select, insert, update, delete on public.channel_accounts to service_role;

create policy channel_accounts_select on public.channel_accounts for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy channel_accounts_insert on public.channel_accounts for insert to authenticated
with check (client_id = any(array(select private.owned_client_ids())));

create policy channel_accounts_update on public.channel_accounts for update to authenticated
using (client_id = any(array(select private.owned_client_ids())))
with check (client_id = any(array(select private.owned_client_ids())));

-- source: policies/providers.sql sha256:a6d1c2b1525914e108ef991fc6920079228cfc8d75801edc06220a86a87d8d35
-- Nobody but the owner: what it says reaches people through errors and checks.
alter table private.providers enable row level security;
alter table private.providers force row level security;

-- Functions that take one argument more.
drop function if exists private.release_next(uuid, integer);
drop function if exists private.grant_delivery(uuid, integer);
