-- The whole schema as PostgreSQL prints it, so that a review sees what a change does to the database.
-- Made by `renum check --write`; `make check` compares it. Nothing reads it to build a database.

-- Name: agent_tools; Type: SCHEMA; Schema: -; Owner: postgres

CREATE SCHEMA agent_tools;

ALTER SCHEMA agent_tools OWNER TO postgres;

-- Name: SCHEMA agent_tools; Type: COMMENT; Schema: -; Owner: postgres

COMMENT ON SCHEMA agent_tools IS 'SQL functions that agents may call, owned by renum_agent. Never exposed.';

-- Name: pg_cron; Type: EXTENSION; Schema: -; Owner: -

CREATE EXTENSION IF NOT EXISTS pg_cron WITH SCHEMA pg_catalog;

-- Name: EXTENSION pg_cron; Type: COMMENT; Schema: -; Owner: 

COMMENT ON EXTENSION pg_cron IS 'Job scheduler for PostgreSQL (local stand-in for citusdata/pg_cron)';

-- Name: pg_net; Type: EXTENSION; Schema: -; Owner: -

CREATE EXTENSION IF NOT EXISTS pg_net WITH SCHEMA extensions;

-- Name: EXTENSION pg_net; Type: COMMENT; Schema: -; Owner: 

COMMENT ON EXTENSION pg_net IS 'Async HTTP from SQL (local stand-in for supabase/pg_net)';

-- Name: private; Type: SCHEMA; Schema: -; Owner: postgres

CREATE SCHEMA private;

ALTER SCHEMA private OWNER TO postgres;

-- Name: SCHEMA private; Type: COMMENT; Schema: -; Owner: postgres

COMMENT ON SCHEMA private IS 'Rules, helpers, settings, threads and secrets. Never exposed.';

-- Name: worker; Type: SCHEMA; Schema: -; Owner: postgres

CREATE SCHEMA worker;

ALTER SCHEMA worker OWNER TO postgres;

-- Name: SCHEMA worker; Type: COMMENT; Schema: -; Owner: postgres

COMMENT ON SCHEMA worker IS 'RPCs for the deployed functions. Exposed through PostgREST, executable by renum_worker only.';

-- Name: pgmq; Type: EXTENSION; Schema: -; Owner: -

CREATE EXTENSION IF NOT EXISTS pgmq WITH SCHEMA pgmq;

-- Name: EXTENSION pgmq; Type: COMMENT; Schema: -; Owner: 

COMMENT ON EXTENSION pgmq IS 'A lightweight message queue. Like AWS SQS and RSMQ but on Postgres.';

-- Name: agent_type; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.agent_type AS ENUM (
    'renus_base',
    'mmn',
    'vereador',
    'clinica'
);

ALTER TYPE public.agent_type OWNER TO postgres;

-- Name: TYPE agent_type; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.agent_type IS 'Which agent a client runs.';

-- Name: answer_status; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.answer_status AS ENUM (
    'answered',
    'refused',
    'skipped',
    'invalid'
);

ALTER TYPE public.answer_status OWNER TO postgres;

-- Name: TYPE answer_status; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.answer_status IS 'What became of a question: skipped by a rule, refused by the lead, or tried without a valid answer yet.';

-- Name: callback_status; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.callback_status AS ENUM (
    'open',
    'done',
    'cancelled'
);

ALTER TYPE public.callback_status OWNER TO postgres;

-- Name: TYPE callback_status; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.callback_status IS 'Whether somebody still has to call the lead back.';

-- Name: channel; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.channel AS ENUM (
    'whatsapp',
    'sms',
    'email'
);

ALTER TYPE public.channel OWNER TO postgres;

-- Name: TYPE channel; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.channel IS 'The medium a message travels by.';

-- Name: channel_account_status; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.channel_account_status AS ENUM (
    'active',
    'paused',
    'disconnected'
);

ALTER TYPE public.channel_account_status OWNER TO postgres;

-- Name: TYPE channel_account_status; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.channel_account_status IS 'Whether an account may send.';

-- Name: client_plan; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.client_plan AS ENUM (
    'basic',
    'pro',
    'enterprise'
);

ALTER TYPE public.client_plan OWNER TO postgres;

-- Name: TYPE client_plan; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.client_plan IS 'What a client pays for.';

-- Name: client_status; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.client_status AS ENUM (
    'active',
    'inactive',
    'suspended'
);

ALTER TYPE public.client_status OWNER TO postgres;

-- Name: TYPE client_status; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.client_status IS 'Only the people of an active client have access.';

-- Name: conversation_status; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.conversation_status AS ENUM (
    'open',
    'closed'
);

ALTER TYPE public.conversation_status OWNER TO postgres;

-- Name: TYPE conversation_status; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.conversation_status IS 'Life of a conversation.';

-- Name: delivery_kind; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.delivery_kind AS ENUM (
    'invitation',
    'reply',
    'goodbye',
    'notification',
    'reminder',
    'message'
);

ALTER TYPE public.delivery_kind OWNER TO postgres;

-- Name: TYPE delivery_kind; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.delivery_kind IS 'Why something is sent. goodbye is the one confirmation of an opt-out, message what a person or a tool writes by itself.';

-- Name: delivery_status; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.delivery_status AS ENUM (
    'queued',
    'deferred',
    'sending',
    'unknown',
    'sent',
    'delivered',
    'read',
    'failed',
    'cancelled'
);

ALTER TYPE public.delivery_status OWNER TO postgres;

-- Name: TYPE delivery_status; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.delivery_status IS 'Life of a delivery. unknown: it may have left; a status or the grace period decides.';

-- Name: end_reason; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.end_reason AS ENUM (
    'completed',
    'opted_out',
    'expired',
    'cancelled',
    'handed_over'
);

ALTER TYPE public.end_reason OWNER TO postgres;

-- Name: TYPE end_reason; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.end_reason IS 'Why an interview ended.';

-- Name: event_outcome; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.event_outcome AS ENUM (
    'stored',
    'status',
    'preference',
    'kept',
    'unrouted',
    'followed'
);

ALTER TYPE public.event_outcome OWNER TO postgres;

-- Name: TYPE event_outcome; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.event_outcome IS 'What became of an item of a webhook: a message stored, a delivery moved, a preference recorded, kept raw, kept raw because it names a number of somebody else, or news of the account or a template that was acted upon.';

-- Name: failed_task_status; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.failed_task_status AS ENUM (
    'dead',
    'replayed',
    'resolved'
);

ALTER TYPE public.failed_task_status OWNER TO postgres;

-- Name: TYPE failed_task_status; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.failed_task_status IS 'Life of a dead letter.';

-- Name: identity_kind; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.identity_kind AS ENUM (
    'phone',
    'wa_id',
    'bsuid',
    'lid',
    'email'
);

ALTER TYPE public.identity_kind OWNER TO postgres;

-- Name: TYPE identity_kind; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.identity_kind IS 'Ways to recognise a lead. phone holds the matching key, not the number (private.phone_key).';

-- Name: interview_status; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.interview_status AS ENUM (
    'pending',
    'in_progress',
    'completed',
    'cancelled'
);

ALTER TYPE public.interview_status OWNER TO postgres;

-- Name: TYPE interview_status; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.interview_status IS 'Life of an interview.';

-- Name: isa_target_type; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.isa_target_type AS ENUM (
    'client',
    'lead',
    'interview',
    'conversation'
);

ALTER TYPE public.isa_target_type OWNER TO postgres;

-- Name: TYPE isa_target_type; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.isa_target_type IS 'What an ISA command is about.';

-- Name: lead_status; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.lead_status AS ENUM (
    'active',
    'inactive',
    'blocked'
);

ALTER TYPE public.lead_status OWNER TO postgres;

-- Name: TYPE lead_status; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.lead_status IS 'Only active leads are written to; a blocked lead is not answered either.';

-- Name: legal_basis; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.legal_basis AS ENUM (
    'consent',
    'contract',
    'legitimate_interest',
    'legal_obligation',
    'not_informed'
);

ALTER TYPE public.legal_basis OWNER TO postgres;

-- Name: TYPE legal_basis; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.legal_basis IS 'LGPD art. 7 grounds on which a lead may be contacted; not_informed where the import did not say.';

-- Name: media_status; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.media_status AS ENUM (
    'waiting',
    'stored',
    'failed',
    'expired',
    'kept'
);

ALTER TYPE public.media_status OWNER TO postgres;

-- Name: TYPE media_status; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.media_status IS 'Life of a file that a lead sent: to be fetched, in storage, given up, gone at the provider, or kept as a reference only.';

-- Name: member_role; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.member_role AS ENUM (
    'owner',
    'staff'
);

ALTER TYPE public.member_role OWNER TO postgres;

-- Name: TYPE member_role; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.member_role IS 'What a person may do at a client: owners also manage people and channel accounts.';

-- Name: member_status; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.member_status AS ENUM (
    'invited',
    'active',
    'removed'
);

ALTER TYPE public.member_status OWNER TO postgres;

-- Name: TYPE member_status; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.member_status IS 'Life of a membership. Invited becomes active when its e-mail address is confirmed.';

-- Name: message_role; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.message_role AS ENUM (
    'user',
    'assistant',
    'system'
);

ALTER TYPE public.message_role OWNER TO postgres;

-- Name: TYPE message_role; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.message_role IS 'Who speaks: the lead (user), RENUM (assistant), or a note of the system.';

-- Name: notification_status; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.notification_status AS ENUM (
    'queued',
    'sent',
    'failed',
    'skipped'
);

ALTER TYPE public.notification_status OWNER TO postgres;

-- Name: TYPE notification_status; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.notification_status IS 'Life of a notification. skipped: there was no way to reach the person, see reason.';

-- Name: project_status; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.project_status AS ENUM (
    'draft',
    'active',
    'paused',
    'completed'
);

ALTER TYPE public.project_status OWNER TO postgres;

-- Name: TYPE project_status; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.project_status IS 'Life of a project: only an active one invites.';

-- Name: project_type; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.project_type AS ENUM (
    'survey',
    'campaign',
    'support'
);

ALTER TYPE public.project_type OWNER TO postgres;

-- Name: TYPE project_type; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.project_type IS 'What a project is for.';

-- Name: qualification_status; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.qualification_status AS ENUM (
    'open',
    'qualified',
    'not_qualified',
    'reversed'
);

ALTER TYPE public.qualification_status OWNER TO postgres;

-- Name: TYPE qualification_status; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.qualification_status IS 'What came of a lead''s qualification: being asked, enough, not enough, or taken back by an admin.';

-- Name: reminder_status; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.reminder_status AS ENUM (
    'waiting',
    'sent',
    'skipped',
    'cancelled',
    'expired'
);

ALTER TYPE public.reminder_status OWNER TO postgres;

-- Name: TYPE reminder_status; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.reminder_status IS 'Life of a reminder. skipped: it could not be sent, cancelled: it need not be, see reason; expired: the end of the ladder was reached.';

-- Name: report_kind; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.report_kind AS ENUM (
    'interview',
    'project'
);

ALTER TYPE public.report_kind OWNER TO postgres;

-- Name: TYPE report_kind; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.report_kind IS 'What a report is about.';

-- Name: report_status; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.report_status AS ENUM (
    'queued',
    'writing',
    'ready',
    'failed'
);

ALTER TYPE public.report_status OWNER TO postgres;

-- Name: TYPE report_status; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.report_status IS 'Life of a report.';

-- Name: sub_agent_type; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.sub_agent_type AS ENUM (
    'mmn',
    'vereador',
    'clinica',
    'custom'
);

ALTER TYPE public.sub_agent_type OWNER TO postgres;

-- Name: TYPE sub_agent_type; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.sub_agent_type IS 'What a sub-agent is a specialist of.';

-- Name: template_purpose; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.template_purpose AS ENUM (
    'invitation',
    'notification',
    'other',
    'reminder'
);

ALTER TYPE public.template_purpose OWNER TO postgres;

-- Name: TYPE template_purpose; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.template_purpose IS 'What a template is used for.';

-- Name: template_status; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.template_status AS ENUM (
    'pending',
    'approved',
    'paused',
    'rejected',
    'disabled'
);

ALTER TYPE public.template_status OWNER TO postgres;

-- Name: TYPE template_status; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.template_status IS 'The provider''s verdict on a message template.';

-- Name: text/markdown; Type: DOMAIN; Schema: public; Owner: postgres

CREATE DOMAIN public."text/markdown" AS text;

ALTER DOMAIN public."text/markdown" OWNER TO postgres;

-- Name: DOMAIN "text/markdown"; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON DOMAIN public."text/markdown" IS 'A Markdown document, as a media type PostgREST can answer with.';

-- Name: turn_status; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.turn_status AS ENUM (
    'committed',
    'partial',
    'failed',
    'crashed'
);

ALTER TYPE public.turn_status OWNER TO postgres;

-- Name: TYPE turn_status; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.turn_status IS 'How a turn ended. partial: newer input had arrived and a further turn follows.';

-- Name: user_role; Type: TYPE; Schema: public; Owner: postgres

CREATE TYPE public.user_role AS ENUM (
    'admin',
    'client'
);

ALTER TYPE public.user_role OWNER TO postgres;

-- Name: TYPE user_role; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TYPE public.user_role IS 'What a person is to RENUM: an admin of the whole system, or somebody at a client.';

-- Name: hand_over(jsonb); Type: FUNCTION; Schema: agent_tools; Owner: renum_agent

CREATE FUNCTION agent_tools.hand_over(arguments jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    insert into private.intents (client_id, lead_id, turn_id, kind, details)
    values (private.turn_client_id(), private.turn_lead_id(), private.turn_lease(), 'hand_over', jsonb_build_object('reason', arguments -> 'reason'));
    return '{"handed_over": true}';
end
$$;

ALTER FUNCTION agent_tools.hand_over(arguments jsonb) OWNER TO renum_agent;

-- Name: FUNCTION hand_over(arguments jsonb); Type: COMMENT; Schema: agent_tools; Owner: renum_agent

COMMENT ON FUNCTION agent_tools.hand_over(arguments jsonb) IS 'A person is to go on with the dialogue: {"reason"}. The turn''s commit stops the agent after its reply and tells the client''s owners.';

-- Name: look_up_lead(jsonb); Type: FUNCTION; Schema: agent_tools; Owner: renum_agent

CREATE FUNCTION agent_tools.look_up_lead(arguments jsonb) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select jsonb_build_object(
        'name', l.name, 'phone', l.phone, 'email', l.email, 'profile', coalesce(l.metadata -> 'profile', '{}'), 'known_since', l.created_at,
        'interviews', (
            select coalesce(jsonb_agg(jsonb_build_object('project', p.name, 'status', i.status, 'completed_at', i.completed_at) order by i.created_at), '[]')
            from public.interviews as i
            join public.projects as p on p.id = i.project_id
            where i.lead_id = l.id
        ),
        'callback', (select jsonb_build_object('due_at', b.due_at, 'note', b.note) from public.callbacks as b where b.lead_id = l.id and b.status = 'open')
    )
    from public.leads as l
    where l.id = private.turn_lead_id();
$$;

ALTER FUNCTION agent_tools.look_up_lead(arguments jsonb) OWNER TO renum_agent;

-- Name: FUNCTION look_up_lead(arguments jsonb); Type: COMMENT; Schema: agent_tools; Owner: renum_agent

COMMENT ON FUNCTION agent_tools.look_up_lead(arguments jsonb) IS 'What the client knows of the lead whose turn it is. No arguments. Read-only.';

-- Name: open_interview(jsonb); Type: FUNCTION; Schema: agent_tools; Owner: renum_agent

CREATE FUNCTION agent_tools.open_interview(arguments jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
    found_ones jsonb := (
        select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name) order by p.created_at), '[]')
        from public.projects as p
        where p.status = 'active' and p.type in ('survey', 'campaign') and (not arguments ? 'project' or lower(p.name) = lower(btrim(arguments ->> 'project')))
            and not exists (select from public.interviews as i where i.project_id = p.id and i.status <> 'pending')
    );
begin
    case jsonb_array_length(found_ones)
        when 0 then
            raise exception 'there is no running survey that this person has not answered' using errcode = '22023';
        when 1 then
            insert into private.intents (client_id, lead_id, turn_id, kind, details)
            values (private.turn_client_id(), private.turn_lead_id(), private.turn_lease(), 'open_interview', jsonb_build_object('project_id', found_ones #> '{0,id}'));
            return jsonb_build_object('begins', found_ones #> '{0,name}');
        else
            return jsonb_build_object('which', jsonb_path_query_array(found_ones, '$[*].name'));
    end case;
end
$_$;

ALTER FUNCTION agent_tools.open_interview(arguments jsonb) OWNER TO renum_agent;

-- Name: FUNCTION open_interview(arguments jsonb); Type: COMMENT; Schema: agent_tools; Owner: renum_agent

COMMENT ON FUNCTION agent_tools.open_interview(arguments jsonb) IS 'The lead wants to answer a survey now: {"project"?: its name}. With the turn''s commit its first question follows the reply. Where several run, they are named and nothing begins.';

-- Name: qualify(jsonb); Type: FUNCTION; Schema: agent_tools; Owner: renum_agent

CREATE FUNCTION agent_tools.qualify(arguments jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    given jsonb := coalesce(arguments -> 'answers', '{}');
    known_as text := private.turn_qualification() ->> 'status';
begin
    if known_as is null then
        insert into public.qualifications as q (client_id, lead_id, proposed)
        values (private.turn_client_id(), private.turn_lead_id(), given)
        -- In another thread of the same lead it may have begun this moment.
        on conflict (lead_id) where status in ('open', 'qualified') do update set proposed = excluded.proposed;
    elsif known_as = 'open' then
        update public.qualifications as q set proposed = given
        where q.lead_id = private.turn_lead_id() and q.status = 'open';
    end if;
    return private.turn_qualification();
end
$$;

ALTER FUNCTION agent_tools.qualify(arguments jsonb) OWNER TO renum_agent;

-- Name: FUNCTION qualify(arguments jsonb); Type: COMMENT; Schema: agent_tools; Owner: renum_agent

COMMENT ON FUNCTION agent_tools.qualify(arguments jsonb) IS 'Records what the lead answered to the qualification''s questions: {"answers": {key: value | {"value", "quote"?} | {"refused": true}}}; {} begins. Says what is next, or what it came to, by rules in SQL (private.judge_qualification). What follows happens with the turn''s commit.';

-- Name: register_opt_out(jsonb); Type: FUNCTION; Schema: agent_tools; Owner: renum_agent

CREATE FUNCTION agent_tools.register_opt_out(arguments jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    -- At once, not with the commit: a turn that comes to nothing must not swallow it.
    insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
    select l.client_id, l.id, false, 'consent', jsonb_build_object('source', 'agent', 'turn_id', private.turn_lease())
    from public.leads as l
    where l.id = private.turn_lead_id() and l.opted_out_at is null;
    return '{"opted_out": true}';
end
$$;

ALTER FUNCTION agent_tools.register_opt_out(arguments jsonb) OWNER TO renum_agent;

-- Name: FUNCTION register_opt_out(arguments jsonb); Type: COMMENT; Schema: agent_tools; Owner: renum_agent

COMMENT ON FUNCTION agent_tools.register_opt_out(arguments jsonb) IS 'The lead wants no more messages. No arguments. Idempotent. The turn answers with the goodbye.';

-- Name: schedule_callback(jsonb); Type: FUNCTION; Schema: agent_tools; Owner: renum_agent

CREATE FUNCTION agent_tools.schedule_callback(arguments jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
    -- Without an offset it is the time where the lead lives.
    at timestamptz := case when arguments ->> 'due_at' ~ '(Z|[+-][0-9]{2}:?[0-9]{2})$'
        then (arguments ->> 'due_at')::timestamptz
        else (arguments ->> 'due_at')::timestamp at time zone 'America/Sao_Paulo'
    end;
begin
    if at <= private.now() or at > private.now() + interval '90 days' then
        raise exception 'due_at must lie within the next 90 days; now it is %', to_char(private.now() at time zone 'America/Sao_Paulo', 'YYYY-MM-DD"T"HH24:MI') using errcode = '22023';
    end if;
    update public.callbacks as b
    set due_at = at, note = coalesce(arguments ->> 'note', b.note)
    where b.lead_id = private.turn_lead_id() and b.status = 'open';
    if not found then
        insert into public.callbacks (client_id, lead_id, due_at, note)
        values (private.turn_client_id(), private.turn_lead_id(), at, arguments ->> 'note');
    end if;
    return jsonb_build_object('scheduled_for', to_char(at at time zone 'America/Sao_Paulo', 'DD/MM/YYYY HH24:MI'));
end
$_$;

ALTER FUNCTION agent_tools.schedule_callback(arguments jsonb) OWNER TO renum_agent;

-- Name: FUNCTION schedule_callback(arguments jsonb); Type: COMMENT; Schema: agent_tools; Owner: renum_agent

COMMENT ON FUNCTION agent_tools.schedule_callback(arguments jsonb) IS 'A person is to call the lead back: {"due_at": time, "note"?}. A lead has one callback to come; asked again, it is moved. The client''s owners are told.';

-- Name: update_lead(jsonb); Type: FUNCTION; Schema: agent_tools; Owner: renum_agent

CREATE FUNCTION agent_tools.update_lead(arguments jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    update public.leads as l
    set name = coalesce(arguments ->> 'name', l.name),
        email = coalesce(arguments ->> 'email', l.email),
        -- Beside what the company keeps of the lead, which may choose audiences.
        metadata = case when arguments ? 'profile'
            then jsonb_set(l.metadata, '{profile}', coalesce(l.metadata -> 'profile', '{}') || (arguments -> 'profile'))
            else l.metadata
        end
    where l.id = private.turn_lead_id()
        and (select count(*) from jsonb_object_keys(coalesce(l.metadata -> 'profile', '{}') || coalesce(arguments -> 'profile', '{}'))) <= 50;
    if not found then
        raise exception 'the profile has at most 50 fields' using errcode = '22023';
    end if;
    return '{"saved": true}';
end
$$;

ALTER FUNCTION agent_tools.update_lead(arguments jsonb) OWNER TO renum_agent;

-- Name: FUNCTION update_lead(arguments jsonb); Type: COMMENT; Schema: agent_tools; Owner: renum_agent

COMMENT ON FUNCTION agent_tools.update_lead(arguments jsonb) IS 'Changes name, e-mail address and profile fields (metadata.profile) of the lead whose turn it is. {"name"?, "email"?, "profile"?: {word: text}}. Idempotent.';

-- Name: account_for(uuid, uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.account_for(client_id uuid, channel_account_id uuid) RETURNS uuid
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    -- SECURITY: under the asker's rights. A trigger asks before the policies refuse a row in another client's name; its answer must not tell what that client has.
    select a.id
    from public.channel_accounts as a
    where a.client_id = account_for.client_id and a.status = 'active'
        and (a.id = account_for.channel_account_id or (account_for.channel_account_id is null and a.channel = 'whatsapp'))
    order by a.created_at, a.id
    limit 1;
$$;

ALTER FUNCTION private.account_for(client_id uuid, channel_account_id uuid) OWNER TO postgres;

-- Name: FUNCTION account_for(client_id uuid, channel_account_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.account_for(client_id uuid, channel_account_id uuid) IS 'The account to write from: the one given, of whatever channel, or the client''s oldest for WhatsApp; active ones only. null if there is none.';

-- Name: account_refusal(public.agent_type, uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.account_refusal(agent_type public.agent_type, channel_account_id uuid) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select case
        when k.official_only and not p.official then format('an agent of type %s writes over official accounts only', k.agent_type)
        when k.needs_accepted_risk and p.official
            and not exists (select from public.risk_acceptances as r where r.client_id = a.client_id and r.agent_type = k.agent_type)
            then format('an agent of type %s writes over an official account only once an admin has accepted the risk in writing', k.agent_type)
    end
    from private.policy_packs as k
    join public.channel_accounts as a on a.id = account_refusal.channel_account_id
    join private.providers as p on p.provider = a.provider and p.channel = a.channel
    where k.agent_type = account_refusal.agent_type;
$$;

ALTER FUNCTION private.account_refusal(agent_type public.agent_type, channel_account_id uuid) OWNER TO postgres;

-- Name: FUNCTION account_refusal(agent_type public.agent_type, channel_account_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.account_refusal(agent_type public.agent_type, channel_account_id uuid) IS 'Why an agent of this type may not write over an account, as a sentence; null if it may.';

-- Name: accounts_of_portfolio(uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.accounts_of_portfolio(account_id uuid) RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select array_agg(b.id)
    from public.channel_accounts as a
    join public.channel_accounts as b on b.client_id = a.client_id and (b.id = a.id or b.portfolio_id = a.portfolio_id)
    where a.id = accounts_of_portfolio.account_id;
$$;

ALTER FUNCTION private.accounts_of_portfolio(account_id uuid) OWNER TO postgres;

-- Name: FUNCTION accounts_of_portfolio(account_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.accounts_of_portfolio(account_id uuid) IS 'An account and those of its client that share its daily limit.';

-- Name: add_interviews(uuid, uuid[]); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.add_interviews(project_id uuid, lead_ids uuid[] DEFAULT NULL::uuid[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    added integer;
begin
    insert into public.interviews (client_id, lead_id, project_id)
    select p.client_id, a.lead_id, p.id
    from public.projects as p
    cross join private.audience(p.id, add_interviews.lead_ids) as a
    where p.id = add_interviews.project_id and a.left_out is null and p.config ? 'questionnaire'
    order by a.lead_id
    on conflict on constraint a_lead_is_interviewed_once_per_project do nothing;
    get diagnostics added = row_count;
    return added;
end
$$;

ALTER FUNCTION private.add_interviews(project_id uuid, lead_ids uuid[]) OWNER TO postgres;

-- Name: FUNCTION add_interviews(project_id uuid, lead_ids uuid[]); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.add_interviews(project_id uuid, lead_ids uuid[]) IS 'Makes the interviews of a project''s audience, or of these leads if they belong to it, each once. Idempotent. Returns how many were new. A project without a questionnaire has none.';

-- Name: client_members; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.client_members (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid NOT NULL,
    profile_id uuid,
    email text NOT NULL,
    role public.member_role DEFAULT 'staff'::public.member_role NOT NULL,
    status public.member_status DEFAULT 'invited'::public.member_status NOT NULL,
    invited_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT active_members_have_a_profile CHECK (((status <> 'active'::public.member_status) OR (profile_id IS NOT NULL))),
    CONSTRAINT email_has_at_most_254_characters CHECK ((char_length(email) <= 254)),
    CONSTRAINT email_is_lower_case_with_an_at CHECK (((email = lower(email)) AND (email ~ '^[^@\s]+@[^@\s]+$'::text)))
);

ALTER TABLE ONLY public.client_members FORCE ROW LEVEL SECURITY;

ALTER TABLE public.client_members OWNER TO postgres;

-- Name: TABLE client_members; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.client_members IS 'Who works at a client. An invited row becomes active when a person confirms its e-mail address.';

-- Name: add_member(uuid, text, public.member_role); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.add_member(client_id uuid, email text, role public.member_role) RETURNS public.client_members
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
    address text := lower(btrim(add_member.email));
    member public.client_members;
    is_owner boolean;
    -- SECURITY: an address counts once its owner confirmed it, here as in private.profile_of_user.
    person uuid := (select u.id from auth.users as u where lower(u.email) = address and u.email_confirmed_at is not null);
begin
    if private.is_email(address) is not true then
        raise exception 'email % is not an e-mail address', coalesce(quote_literal(left(address, 100)), 'null') using errcode = '22023';
    end if;
    -- One change of a client's people at a time, or two of its owners could each take the other's place away.
    perform from public.clients as c where c.id = add_member.client_id for no key update;
    -- Who has another address by now keeps the one place.
    if exists (select from public.client_members as m where m.client_id = add_member.client_id and m.profile_id = person and m.email <> address) then
        delete from public.client_members as m where m.client_id = add_member.client_id and m.email = address and m.profile_id is null;
        update public.client_members as m set email = address where m.client_id = add_member.client_id and m.profile_id = person;
    end if;
    is_owner := exists (
        select from public.client_members as m
        where m.client_id = add_member.client_id and m.email = address and m.role = 'owner' and m.status = 'active'
    );
    insert into public.client_members as m (client_id, email, role, profile_id, status, invited_by)
    values (
        add_member.client_id, address, coalesce(add_member.role, 'staff'), person, case when person is null then 'invited' else 'active' end::public.member_status,
        private.current_profile_id()
    )
    on conflict (client_id, email) do update
    set role = excluded.role,
        profile_id = coalesce(excluded.profile_id, m.profile_id),
        status = case when m.status = 'active' then m.status else excluded.status end
    returning * into member;
    if member.role <> 'owner' and not exists (
        select from public.client_members as m
        where m.client_id = add_member.client_id and m.role = 'owner'
            -- An invitation that nobody took up yet is no owner to leave the client to.
            and (m.status = 'active' or (m.status = 'invited' and not is_owner))
    ) then
        raise exception 'a client keeps at least one owner' using errcode = '22023';
    end if;
    return member;
end
$$;

ALTER FUNCTION private.add_member(client_id uuid, email text, role public.member_role) OWNER TO postgres;

-- Name: FUNCTION add_member(client_id uuid, email text, role public.member_role); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.add_member(client_id uuid, email text, role public.member_role) IS 'Invites an e-mail address to a client; active at once where somebody has confirmed that address already. A removed member is invited anew. Idempotent.';

-- Name: admit_deliveries(uuid, text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.admit_deliveries(client_id uuid, queue text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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
        for no key update of d skip locked
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

ALTER FUNCTION private.admit_deliveries(client_id uuid, queue text) OWNER TO postgres;

-- Name: FUNCTION admit_deliveries(client_id uuid, queue text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.admit_deliveries(client_id uuid, queue text) IS 'Puts a client''s waiting deliveries into a queue, as far as its share (admitted_tasks) goes. Returns how many. Work waits in rows so that one client cannot stand before another''s reply.';

-- Name: default_client_id(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.default_client_id() RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    ids uuid[] := array(
        select m.client_id
        from public.client_members as m
        join public.clients as c on c.id = m.client_id
        where m.profile_id = private.current_profile_id() and m.status = 'active' and c.status = 'active'
        limit 2
    );
begin
    return case cardinality(ids) when 1 then ids[1] end;
end
$$;

ALTER FUNCTION private.default_client_id() OWNER TO postgres;

-- Name: FUNCTION default_client_id(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.default_client_id() IS 'The client a row belongs to when an insert does not say: the one the person works at, if it is just one.';

-- Name: now(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.now() RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    return clock_timestamp() + make_interval(secs => (select (s.value #>> '{}')::double precision from private.settings as s where s.key = 'clock_offset_s'));
end
$$;

ALTER FUNCTION private.now() OWNER TO postgres;

-- Name: FUNCTION now(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.now() IS 'The time that everything which waits for a time of day, for hours or for days goes by: the clock, moved by the setting clock_offset_s. Leases, claims and queues go by the clock itself. Read-only.';

-- Name: deliveries; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.deliveries (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid DEFAULT private.default_client_id() NOT NULL,
    lead_id uuid,
    profile_id uuid,
    thread_id uuid,
    interview_id uuid,
    channel_account_id uuid NOT NULL,
    channel public.channel DEFAULT 'whatsapp'::public.channel NOT NULL,
    kind public.delivery_kind NOT NULL,
    content jsonb NOT NULL,
    message_id uuid,
    status public.delivery_status DEFAULT 'queued'::public.delivery_status NOT NULL,
    reason text,
    queue text NOT NULL,
    seq bigint DEFAULT 0 NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    due_at timestamp with time zone DEFAULT private.now() NOT NULL,
    task_id bigint,
    claim uuid,
    provider_message_id text,
    error jsonb,
    pricing jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    sent_at timestamp with time zone,
    delivered_at timestamp with time zone,
    read_at timestamp with time zone,
    begun_at timestamp with time zone,
    initiated boolean DEFAULT false NOT NULL,
    pair_at timestamp with time zone,
    throttles integer DEFAULT 0 NOT NULL,
    repeats integer DEFAULT 0 NOT NULL,
    released_by uuid,
    CONSTRAINT deferred_and_cancelled_ones_have_a_reason CHECK (((status <> ALL (ARRAY['deferred'::public.delivery_status, 'cancelled'::public.delivery_status])) OR (reason IS NOT NULL))),
    CONSTRAINT queue_is_known CHECK ((queue = ANY (ARRAY['high_priority'::text, 'default'::text]))),
    CONSTRAINT the_recipient_is_a_lead_or_a_profile CHECK ((num_nonnulls(lead_id, profile_id) = 1))
)
WITH (fillfactor='80');

ALTER TABLE ONLY public.deliveries FORCE ROW LEVEL SECURITY;

ALTER TABLE public.deliveries OWNER TO postgres;

-- Name: TABLE deliveries; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.deliveries IS 'The outbox: everything sent or to be sent, and what became of it.';

-- Name: COLUMN deliveries.content; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.deliveries.content IS '{"type": "text", "text"} or {"type": "template", "name", "language", "parameters", "text"}.';

-- Name: COLUMN deliveries.due_at; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.deliveries.due_at IS 'When to look at it next: to be sent, the end of a claim, or of the grace period of an unknown one.';

-- Name: COLUMN deliveries.task_id; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.deliveries.task_id IS 'Its task in pgmq; null: not admitted yet, or done.';

-- Name: COLUMN deliveries.begun_at; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.deliveries.begun_at IS 'When its last attempt was let go, by private.now().';

-- Name: COLUMN deliveries.initiated; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.deliveries.initiated IS 'Whether it went, or goes, to somebody outside an open window: what daily limits and frequency caps count.';

-- Name: COLUMN deliveries.pair_at; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.deliveries.pair_at IS 'Until when the pair of sender and recipient has used up its rate by this message (a virtual scheduling clock).';

-- Name: COLUMN deliveries.throttles; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.deliveries.throttles IS 'How often in a row the provider sent it away for going too fast.';

-- Name: COLUMN deliveries.repeats; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.deliveries.repeats IS 'How often it was sent again because nobody said what became of it.';

-- Name: COLUMN deliveries.released_by; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.deliveries.released_by IS 'The claim whose completion claimed this one: that completion, repeated, hands it out again.';

-- Name: admit_direct(public.deliveries, text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.admit_direct(d public.deliveries, writer text) RETURNS public.deliveries
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    v record;
    earlier public.deliveries;
begin
    -- SECURITY: in another client's name, or another lead's than the turn's, nothing is looked at: the policies refuse the row.
    if (writer = 'authenticated' and not d.client_id in (select private.visible_client_ids()))
        or (writer = 'renum_agent' and (d.client_id, d.lead_id) is distinct from (private.turn_client_id(), private.turn_lead_id())) then
        return d;
    end if;
    -- Written before: the primary key says so, or it is let pass (resolution=ignore-duplicates), whatever has become of it.
    select * into earlier from public.deliveries as x where x.id = d.id and x.client_id = d.client_id;
    if found then
        return earlier;
    end if;
    if writer <> 'service_role' or (d.kind = 'message' and d.thread_id is null) then
        d := private.place_message(d);
    end if;
    -- Whoever writes in a conversation has it: an agent that goes on beside a person would talk over them.
    if writer = 'authenticated' and d.interview_id is null then
        perform private.hand_over(d.thread_id, 'a person wrote', private.current_profile_id());
        update public.conversations as c set person_wrote_at = private.now()
        from private.threads as t
        where t.id = d.thread_id and c.id = t.conversation_id;
    end if;
    if d.status not in ('queued', 'deferred') then
        return d;
    end if;
    select * into v from private.policy_verdict(d);
    if writer = 'renum_agent' and v.verdict = 'go' then
        -- What a person may say and the agent may not.
        v.reason := (
            select r.reason
            from private.packs_of(d) as k
            cross join lateral private.reply_refusal(k.agent_type, private.words_of(d.content)) as r (reason)
            where r.reason is not null
            limit 1
        );
        v.verdict := case when v.reason is null then 'go' else 'cancel' end;
    end if;
    if v.verdict = 'wait' then
        raise exception '%', v.reason using errcode = '42501', hint = format('It may be sent from %s on.', to_char(v.until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'));
    elsif v.verdict = 'cancel' and v.reason like 'free text is outside %' then
        raise exception '%', v.reason using errcode = '42501', hint = 'Send {"type": "template", "name": an approved one} as content, or answer once the lead has written.';
    elsif v.verdict = 'cancel' then
        raise exception '%', v.reason using errcode = '42501';
    end if;
    return d;
end
$$;

ALTER FUNCTION private.admit_direct(d public.deliveries, writer text) OWNER TO postgres;

-- Name: FUNCTION admit_direct(d public.deliveries, writer text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.admit_direct(d public.deliveries, writer text) IS 'A delivery that somebody writes directly, in its place; raises 42501 with the rule that speaks against sending it now. writer: the role that writes. Refuses nothing that row level security refuses anyway.';

-- Name: admit_media(uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.admit_media(client_id uuid) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    free integer;
    ids uuid[];
    msg_ids bigint[];
begin
    select private.setting_int('admitted_media') - count(*) into free
    from public.media as m
    where m.client_id = admit_media.client_id and m.status = 'waiting' and m.task_id is not null;
    ids := array(
        select m.id
        from public.media as m
        where m.client_id = admit_media.client_id and m.status = 'waiting' and m.task_id is null and m.due_at <= now()
        -- What the provider deletes first.
        order by m.fetch_before, m.id
        limit greatest(free, 0)
        for update of m skip locked
    );
    if cardinality(ids) = 0 then
        return 0;
    end if;
    msg_ids := array(
        select s.id
        from pgmq.send_batch('default', array(
            select private.task_message('media', u.id, admit_media.client_id, 1) from unnest(ids) with ordinality as u (id, ord) order by u.ord
        ), 0) as s (id)
    );
    update public.media as m
    set task_id = u.msg_id
    from unnest(ids, msg_ids) as u (id, msg_id)
    where m.id = u.id;
    return cardinality(ids);
end
$$;

ALTER FUNCTION private.admit_media(client_id uuid) OWNER TO postgres;

-- Name: FUNCTION admit_media(client_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.admit_media(client_id uuid) IS 'Puts a client''s files that wait into the queue default, as far as its share (admitted_media) goes. Returns how many. A share of their own: behind a long campaign they would be gone at the provider.';

-- Name: admit_reports(uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.admit_reports(client_id uuid) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    free integer;
    ids uuid[];
    msg_ids bigint[];
begin
    select private.setting_int('admitted_tasks') - count(*) into free
    from public.reports as r
    where r.client_id = admit_reports.client_id and r.task_id is not null;
    ids := array(
        select r.id
        from public.reports as r
        where r.client_id = admit_reports.client_id and r.stale and r.task_id is null and r.due_at <= now() and r.status <> 'failed'
        order by r.due_at, r.id
        limit greatest(free, 0)
        for update of r skip locked
    );
    if cardinality(ids) = 0 then
        return 0;
    end if;
    msg_ids := array(
        select s.id
        from pgmq.send_batch('low_priority', array(
            select private.task_message('report', u.id, admit_reports.client_id, 1) from unnest(ids) with ordinality as u (id, ord) order by u.ord
        ), 0) as s (id)
    );
    update public.reports as r
    set task_id = u.msg_id
    from unnest(ids, msg_ids) as u (id, msg_id)
    where r.id = u.id;
    return cardinality(ids);
end
$$;

ALTER FUNCTION private.admit_reports(client_id uuid) OWNER TO postgres;

-- Name: FUNCTION admit_reports(client_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.admit_reports(client_id uuid) IS 'Puts a client''s stale reports that are due into low_priority, as far as its share goes. Returns how many.';

-- Name: admit_turns(uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.admit_turns(client_id uuid) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    free integer;
    ids uuid[];
    msg_ids bigint[];
begin
    if not exists (select from private.threads as t where t.client_id = admit_turns.client_id and t.task_id is null and t.due_at is not null) then
        return 0;
    end if;
    select private.setting_int('admitted_tasks') - count(*) into free
    from private.threads as t
    where t.client_id = admit_turns.client_id and t.task_id is not null and t.lease is null;
    -- A thread somebody holds is left for the next time: this never waits, so it may be called under other locks.
    ids := array(
        select t.id
        from private.threads as t
        where t.client_id = admit_turns.client_id and t.task_id is null and t.due_at is not null
        order by t.due_at, t.id
        limit greatest(free, 0)
        for no key update skip locked
    );
    if cardinality(ids) = 0 then
        return 0;
    end if;
    msg_ids := array(
        select s.id
        from pgmq.send_batch('high_priority', array(
            select private.task_message('agent_turn', u.id, admit_turns.client_id, 1) from unnest(ids) with ordinality as u (id, ord) order by u.ord
        ), 0) as s (id)
    );
    update private.threads as t
    set task_id = u.msg_id
    from unnest(ids, msg_ids) as u (id, msg_id)
    where t.id = u.id;
    return cardinality(ids);
end
$$;

ALTER FUNCTION private.admit_turns(client_id uuid) OWNER TO postgres;

-- Name: FUNCTION admit_turns(client_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.admit_turns(client_id uuid) IS 'Puts a client''s waiting turns into high_priority, the longest waiting first, as far as its share (admitted_tasks, turns under way not counted) goes. Returns how many. So a client whose leads all answer at once cannot stand before another''s reply.';

-- Name: agent_config_problem(jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.agent_config_problem(config jsonb) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $_$
declare
    talk jsonb := config -> 'conversation';
    part text;
begin
    if config ? 'fallback_model' and coalesce(jsonb_typeof(config -> 'fallback_model'), 'null') not in ('string', 'null') then
        return 'fallback_model must be the name of a model';
    end if;
    part := private.qualification_problem(config);
    if part is not null then
        return part;
    end if;
    if talk is null then
        return null;
    end if;
    if jsonb_typeof(talk) <> 'object' then
        return 'conversation must be an object';
    end if;
    foreach part in array array['tools', 'sub_agents', 'channels'] loop
        if talk ? part and (jsonb_typeof(talk -> part) <> 'array' or talk -> part @? '$[*] ? (@.type() != "string")') then
            return format('conversation.%s must be a list of names', part);
        end if;
    end loop;
    part := (
        select min(n.name) from jsonb_array_elements_text(coalesce(talk -> 'tools', '[]')) as n (name)
        where not exists (select from public.tools as t where t.name = n.name)
    );
    if part is not null then
        return format('conversation.tools names %s, and there is no such tool', quote_literal(left(part, 100)));
    end if;
    part := (
        select min(n.name) from jsonb_array_elements_text(coalesce(talk -> 'sub_agents', '[]')) as n (name)
        where not exists (select from public.sub_agents as s where s.name = n.name)
    );
    if part is not null then
        return format('conversation.sub_agents names %s, and there is no such sub-agent', quote_literal(left(part, 100)));
    end if;
    if not coalesce(talk -> 'channels', '[]') <@ '["whatsapp", "sms", "email"]' then
        return 'conversation.channels are whatsapp, sms and email';
    end if;
    if talk ? 'knowledge' and (
        jsonb_typeof(talk -> 'knowledge') <> 'array' or jsonb_array_length(talk -> 'knowledge') > 200
        or talk -> 'knowledge' @? '$[*] ? (@.type() != "object" || !exists(@.about) || !exists(@.say) || @.about.type() != "string" || @.say.type() != "string")'
    ) then
        return 'conversation.knowledge must be a list of at most 200 {"about", "say"}';
    end if;
    if talk ? 'limits' and (
        jsonb_typeof(talk -> 'limits') <> 'object'
        or not coalesce(talk #>> '{limits,steps}', '6') ~ '^([1-9]|1[0-9]|20)$'
        or not coalesce(talk #>> '{limits,tool_calls}', '8') ~ '^([0-9]|[1-4][0-9]|50)$'
        or not (talk -> 'limits') - array['steps', 'tool_calls'] = '{}'
    ) then
        return 'conversation.limits may have steps (1 to 20) and tool_calls (0 to 50)';
    end if;
    return null;
end
$_$;

ALTER FUNCTION private.agent_config_problem(config jsonb) OWNER TO postgres;

-- Name: FUNCTION agent_config_problem(config jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.agent_config_problem(config jsonb) IS 'What is wrong with an agent''s config, as a sentence; null if nothing. Reads tools and sub-agents as whoever writes it sees them.';

-- Name: threads; Type: TABLE; Schema: private; Owner: postgres

CREATE TABLE private.threads (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    channel_account_id uuid NOT NULL,
    interview_id uuid,
    conversation_id uuid,
    address jsonb DEFAULT '{}'::jsonb NOT NULL,
    last_seq bigint DEFAULT 0 NOT NULL,
    inbound_seq bigint DEFAULT 0 NOT NULL,
    handled_seq bigint DEFAULT 0 NOT NULL,
    last_inbound_at timestamp with time zone,
    not_before timestamp with time zone,
    waiting_since timestamp with time zone,
    due_at timestamp with time zone,
    task_id bigint,
    attempts integer DEFAULT 0 NOT NULL,
    lease uuid,
    lease_until timestamp with time zone,
    lease_seq bigint,
    lease_began_at timestamp with time zone,
    reruns integer DEFAULT 0 NOT NULL,
    agent_id uuid,
    agent_version integer,
    CONSTRAINT a_thread_has_one_live_dialogue CHECK ((num_nonnulls(interview_id, conversation_id) <= 1)),
    CONSTRAINT handled_is_not_ahead_of_inbound CHECK ((handled_seq <= inbound_seq))
)
WITH (fillfactor='70');

ALTER TABLE ONLY private.threads FORCE ROW LEVEL SECURITY;

ALTER TABLE private.threads OWNER TO postgres;

-- Name: TABLE threads; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON TABLE private.threads IS 'One for each lead and channel account: the lock, the order (last_seq), the counters of what came in and what was handled, and the one live interview or conversation.';

-- Name: COLUMN threads.address; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON COLUMN private.threads.address IS 'How the lead wrote last, verbatim: {"wa_id", "bsuid", "lid"?, "phone"?}, phone being an SMS sender''s number. Replies go there.';

-- Name: COLUMN threads.due_at; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON COLUMN private.threads.due_at IS 'When the turn is to be looked at next: an estimate that the sweep rings by. With a due_at and no task_id the turn waits for admission; null: nothing waits.';

-- Name: COLUMN threads.task_id; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON COLUMN private.threads.task_id IS 'The agent_turn task in pgmq, if there is one. Only a commit or the last failed attempt removes it.';

-- Name: COLUMN threads.lease; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON COLUMN private.threads.lease IS 'The fencing token of the turn under way. A commit with another token writes nothing.';

-- Name: COLUMN threads.agent_id; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON COLUMN private.threads.agent_id IS 'The agent (renus_config) that the turn under way was begun with, and agent_version its version then: what its commit records, whatever people change meanwhile.';

-- Name: renus_config; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.renus_config (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid DEFAULT private.default_client_id() NOT NULL,
    agent_type public.agent_type DEFAULT 'renus_base'::public.agent_type NOT NULL,
    config jsonb DEFAULT '{}'::jsonb NOT NULL,
    prompts jsonb DEFAULT '{}'::jsonb NOT NULL,
    active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT config_has_at_most_64_kilobytes_and_20_levels CHECK (((octet_length((config)::text) <= 65536) AND (NOT (config @? '$.**{20}'::jsonpath)))),
    CONSTRAINT config_is_an_object CHECK ((jsonb_typeof(config) = 'object'::text)),
    CONSTRAINT prompts_are_texts CHECK ((NOT (prompts @? '$.*?(@.type() != "string" && @.type() != "null")'::jsonpath))),
    CONSTRAINT prompts_has_at_most_64_kilobytes_and_20_levels CHECK (((octet_length((prompts)::text) <= 65536) AND (NOT (prompts @? '$.**{20}'::jsonpath)))),
    CONSTRAINT prompts_is_an_object CHECK ((jsonb_typeof(prompts) = 'object'::text)),
    CONSTRAINT the_model_in_config_is_a_text CHECK ((COALESCE(jsonb_typeof((config -> 'model'::text)), 'null'::text) = ANY (ARRAY['string'::text, 'null'::text])))
);

ALTER TABLE ONLY public.renus_config FORCE ROW LEVEL SECURITY;

ALTER TABLE public.renus_config OWNER TO postgres;

-- Name: TABLE renus_config; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.renus_config IS 'How a client''s agent speaks and acts. version grows with every change; turns record it.';

-- Name: agent_of(private.threads); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.agent_of(thread private.threads) RETURNS public.renus_config
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select r
    from public.renus_config as r
    where r.client_id = thread.client_id and r.id = case
        when thread.interview_id is not null then (
            select p.renus_config_id from public.interviews as i join public.projects as p on p.id = i.project_id where i.id = thread.interview_id
        )
        else (
            select a.agent_id
            from public.conversations as c
            cross join lateral private.conversation_agent(c, thread.channel_account_id) as a
            where c.id = thread.conversation_id
        )
    end;
$$;

ALTER FUNCTION private.agent_of(thread private.threads) OWNER TO postgres;

-- Name: FUNCTION agent_of(thread private.threads); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.agent_of(thread private.threads) IS 'The agent that speaks in a thread''s live dialogue; null where it has none.';

-- Name: amend_messages(jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.amend_messages(items jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    item record;
    t private.threads;
    original record;
    right_now timestamptz := clock_timestamp();
begin
    for item in
        select x.thread_id, x.event #>> '{message,type}' as type, x.event #>> '{message,amends}' as amends, x.event ->> 'provider_id' as provider_id,
            coalesce(x.event #>> '{message,text}', '') as content
        from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, event jsonb)
        where x.event #>> '{message,amends}' is not null
        order by x.ord
    loop
        select * into strict t from private.threads as x where x.id = item.thread_id;
        if t.interview_id is null then
            update public.messages as m
            set metadata = m.metadata || jsonb_build_object('amended_by', item.provider_id)
            where m.client_id = t.client_id and m.conversation_id = t.conversation_id and m.role = 'user'
                and m."timestamp" >= now() - interval '30 days' and m.metadata ->> 'provider_id' = item.amends;
            continue;
        end if;
        update public.interview_messages as m
        set content = case when m.seq <= t.handled_seq then m.content when item.type = 'edit' then item.content else '' end,
            metadata = m.metadata || jsonb_build_object('amended_by', item.provider_id) || case when m.seq <= t.handled_seq then '{}' else
                jsonb_build_object('original', coalesce(m.metadata -> 'original', jsonb_build_object('type', m.metadata -> 'type', 'content', m.content)))
                || case when item.type = 'revoke' then '{"type": "revoke"}'::jsonb else '{}' end
            end
        from public.interviews as i
        where i.id = t.interview_id and m.interview_id = i.id and m."timestamp" >= i.created_at and m.role = 'user'
            and m.metadata ->> 'provider_id' = item.amends
        returning m.seq into original;
        if not found and item.type = 'edit' then
            -- All there is of that message: read it as one.
            update public.interview_messages as m
            set metadata = m.metadata || '{"type": "text"}'
            where m.interview_id = t.interview_id and m."timestamp" >= now() and m.metadata ->> 'provider_id' = item.provider_id
            returning m.seq into original;
            update private.threads as x
            set inbound_seq = greatest(x.inbound_seq, original.seq), waiting_since = coalesce(x.waiting_since, right_now), not_before = coalesce(x.not_before, right_now)
            where x.id = t.id;
            if exists (select from public.leads as l where l.id = t.lead_id and l.status <> 'blocked') then
                perform private.queue_turn(t.id);
                perform private.ring('agent_turn');
            end if;
        elsif original.seq > t.handled_seq then
            -- Said in the message it changed; a turn that has read that one already is run again.
            update public.interview_messages as m
            set content = '', metadata = m.metadata || '{"applied": true}'
            where m.interview_id = t.interview_id and m."timestamp" >= now() and m.metadata ->> 'provider_id' = item.provider_id
            returning m.seq into original;
            update private.threads as x set inbound_seq = greatest(x.inbound_seq, original.seq) where x.id = t.id;
            if not exists (
                select from public.interview_messages as m
                join public.interviews as i on i.id = m.interview_id
                where i.id = t.interview_id and m.role = 'user' and m.seq > t.handled_seq and m."timestamp" >= i.created_at
                    and private.needs_answer(m.metadata, m.content)
            ) then
                perform private.drop_turn(t.id);
            elsif t.task_id is null and t.due_at is null then
                -- Its turn had come to nothing: an edit asks anew, like any message.
                perform private.queue_turn(t.id);
                perform private.ring('agent_turn');
            end if;
        end if;
    end loop;
end
$$;

ALTER FUNCTION private.amend_messages(items jsonb) OWNER TO postgres;

-- Name: FUNCTION amend_messages(items jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.amend_messages(items jsonb) IS 'Carries out edits and revocations just stored: a message that no turn has handled is changed in place or blanked (metadata.original keeps what it was), and where nothing is left to answer its turn is dropped; one that was handled is only marked (metadata.amended_by). An edit of a message that never came is read as that message. The caller holds the threads'' locks.';

-- Name: interview_answers; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.interview_answers (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid NOT NULL,
    interview_id uuid NOT NULL,
    question_key text NOT NULL,
    status public.answer_status NOT NULL,
    value jsonb,
    quote text,
    message_seq bigint,
    tries integer DEFAULT 0 NOT NULL,
    probes integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT value_only_when_answered CHECK (((value IS NOT NULL) = (status = 'answered'::public.answer_status)))
);

ALTER TABLE ONLY public.interview_answers FORCE ROW LEVEL SECURITY;

ALTER TABLE public.interview_answers OWNER TO postgres;

-- Name: TABLE interview_answers; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.interview_answers IS 'What became of each question of an interview, with the lead''s own words (quote) and where they stand (message_seq).';

-- Name: answered(uuid, text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.answered(project_id uuid, question_key text) RETURNS SETOF public.interview_answers
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select a.*
    from public.interviews as i
    join public.interview_answers as a on a.client_id = i.client_id and a.interview_id = i.id
    where i.project_id = answered.project_id and a.question_key = answered.question_key and a.status = 'answered';
$$;

ALTER FUNCTION private.answered(project_id uuid, question_key text) OWNER TO postgres;

-- Name: FUNCTION answered(project_id uuid, question_key text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.answered(project_id uuid, question_key text) IS 'The answers to one question over a whole project.';

-- Name: answers_of(uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.answers_of(interview_id uuid) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select coalesce(jsonb_object_agg(a.question_key, jsonb_build_object('status', a.status, 'value', a.value, 'probes', a.probes, 'tries', a.tries)), '{}')
    from public.interview_answers as a
    where a.interview_id = answers_of.interview_id;
$$;

ALTER FUNCTION private.answers_of(interview_id uuid) OWNER TO postgres;

-- Name: FUNCTION answers_of(interview_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.answers_of(interview_id uuid) IS 'What became of an interview''s questions so far: {key: {"status", "value", "probes", "tries"}}.';

-- Name: apply_consent(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.apply_consent() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    source text := coalesce(new.evidence ->> 'source', '');
begin
    -- The lead's own word is answered by a turn, whose goodbye ends the interview; who withdraws in another way ends it here.
    -- Lock order: interviews, threads, leads. One after the other, as they end, they would be locked crosswise with a webhook of the lead's.
    if not new.granted and source not in ('message', 'agent') then
        perform private.lock_threads(array(select t.id from private.threads as t where t.client_id = new.client_id and t.lead_id = new.lead_id));
        perform private.end_interview(t.interview_id, 'opted_out')
        from private.threads as t
        where t.client_id = new.client_id and t.lead_id = new.lead_id and t.interview_id is not null;
    end if;
    -- An opt-out is taken back explicitly or not at all: not by a list, and by a provider's "resume" only if it was its own "stop".
    -- What a person adds was checked before the row (private.check_consent), and may have been overtaken by an opt-out since.
    if new.granted and (source = 'import' or (
        source = 'person' and (new.legal_basis <> 'consent' or new.evidence - array['source', 'recorded_by'] = '{}')
    ) or (source = 'provider' and exists (
        select from (
            select c.evidence ->> 'source' as source from public.consents as c
            where c.client_id = new.client_id and c.lead_id = new.lead_id and not c.granted
            order by c.created_at desc
            limit 1
        ) as w
        where w.source is distinct from 'provider'
    ))) then
        return null;
    end if;
    update public.leads as l
    set opted_out_at = case when new.granted then null else coalesce(l.opted_out_at, new.created_at) end
    where l.id = new.lead_id and (l.opted_out_at is null) is distinct from new.granted;
    if new.granted then
        -- Data that an opt-out alone would have had erased.
        delete from public.erasures as e where e.client_id = new.client_id and e.lead_id = new.lead_id and e.requested_by is null and e.done_at is null;
    else
        insert into public.erasures (client_id, lead_id, reason, requested_by, due_at)
        select new.client_id, new.lead_id, 'opt-out', null, private.now() + make_interval(hours => min(k.erase_after_hours))
        from public.renus_config as r
        join private.policy_packs as k on k.agent_type = r.agent_type
        -- Of an agent that was switched off since, the leads it talked with.
        where r.client_id = new.client_id and (r.active or exists (
            select from public.interviews as i join public.projects as p on p.id = i.project_id
            where i.client_id = new.client_id and i.lead_id = new.lead_id and p.renus_config_id = r.id
        )) and k.erase_after_hours is not null and source <> 'erasure'
        having count(*) > 0
        on conflict (lead_id) where done_at is null do nothing;
    end if;
    return null;
end
$$;

ALTER FUNCTION private.apply_consent() OWNER TO postgres;

-- Name: FUNCTION apply_consent(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.apply_consent() IS 'Trigger: leads.opted_out_at follows the newest row of the consent ledger that may speak for the lead, the live interviews of a lead that opted out end, and its data is erased where the client''s agents are bound to.';

-- Name: apply_conversation(private.threads, jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.apply_conversation(thread private.threads, proposal jsonb, OUT reply text, OUT kind public.delivery_kind, OUT interview_id uuid) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
    c public.conversations;
    agent public.renus_config;
    lead public.leads;
    intent private.intents;
    opened record;
    settled text;
    person text;
    summed_up bigint;
begin
    kind := 'reply';
    reply := left(btrim(coalesce(proposal ->> 'reply', '')), 4000);
    select * into strict c from public.conversations as x where x.id = thread.conversation_id for no key update;
    select * into agent from public.renus_config as r where r.id = thread.agent_id;
    select * into strict lead from public.leads as l where l.id = thread.lead_id;
    if lead.opted_out_at is not null or (proposal ->> 'opt_out')::boolean then
        if lead.opted_out_at is null then
            insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
            values (thread.client_id, thread.lead_id, false, 'consent', jsonb_build_object('conversation_id', c.id, 'source', 'agent'));
        end if;
        kind := 'goodbye';
        reply := private.goodbye();
        return;
    end if;

    for intent in select n.* from private.intents as n where n.turn_id = thread.lease order by n.id loop
        case intent.kind
            when 'hand_over' then
                person := coalesce(person, intent.details ->> 'reason', 'o contato pediu uma pessoa');
            when 'open_interview' then
                -- With something unread in the dialogue it would be left behind there.
                if interview_id is null and thread.inbound_seq = thread.lease_seq then
                    select o.interview_id, o.question, o.refusal into opened from private.open_interview(thread, (intent.details ->> 'project_id')::uuid) as o;
                    interview_id := opened.interview_id;
                end if;
            else
                raise warning 'no commit performs the intent %', intent.kind;
        end case;
    end loop;
    person := coalesce(person, nullif(btrim(proposal ->> 'hand_over'), ''));
    if person is null and (
        select count(*) from public.turns as u
        where u.client_id = thread.client_id and u.conversation_id = c.id and u.finished_at > clock_timestamp() - interval '1 hour' and u.status in ('committed', 'partial')
    ) >= private.setting_int('turns_per_hour') then
        person := 'muitas mensagens em pouco tempo';
    end if;
    summed_up := case when nullif(btrim(proposal ->> 'summary'), '') is not null then
        least(greatest(c.summary_seq, (proposal ->> 'summary_seq')::bigint), thread.handled_seq) end;
    settled := private.settle_qualification(thread, c);

    update public.conversations as x
    set project_id = coalesce(x.project_id, g.project_id),
        sub_agent_id = case
            when proposal ? 'sub_agent' then (select s.id from private.sub_agents_of(agent) as s where s.id::text = proposal ->> 'sub_agent')
            else x.sub_agent_id
        end,
        memory = private.merged_memory(x.memory, proposal -> 'memory'),
        summary = coalesce(nullif(left(btrim(proposal ->> 'summary'), 4000), ''), x.summary),
        summary_seq = coalesce(summed_up, x.summary_seq),
        summary_at = case when summed_up is null then x.summary_at else (
            select max(m."timestamp") from public.messages as m
            where m.conversation_id = x.id and m."timestamp" >= coalesce(x.summary_at - interval '1 hour', x.created_at) and m.seq <= summed_up
        ) end,
        resuming = false,
        handed_over_at = case when person is not null then private.now() end,
        handed_over_reason = left(person, 500)
    from private.conversation_agent(c, thread.channel_account_id) as g
    where x.id = c.id;

    if c.resuming and reply <> '' then
        reply := format('Aqui é o assistente virtual da %s, de volta à conversa. ', (select k.company_name from public.clients as k where k.id = thread.client_id)) || reply;
    end if;
    if interview_id is not null then
        reply := concat_ws(E'\n\n', nullif(reply, ''), opened.question);
    end if;
    if settled <> '' then
        reply := concat_ws(E'\n\n', nullif(reply, ''), settled);
    end if;
    if person is not null then
        perform private.notify(thread.client_id, 'person_needed', null, format(
            '%s precisa de atendimento de uma pessoa: %s.', coalesce(lead.name, lead.phone, 'Um contato'), rtrim(left(person, 200), '.')
        ), 'conversation ' || c.id || ' ' || thread.lease);
        reply := coalesce(nullif(reply, ''), 'Vou chamar uma pessoa da nossa equipe para continuar com você.');
    end if;
end
$$;

ALTER FUNCTION private.apply_conversation(thread private.threads, proposal jsonb, OUT reply text, OUT kind public.delivery_kind, OUT interview_id uuid) OWNER TO postgres;

-- Name: FUNCTION apply_conversation(thread private.threads, proposal jsonb, OUT reply text, OUT kind public.delivery_kind, OUT interview_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.apply_conversation(thread private.threads, proposal jsonb, OUT reply text, OUT kind public.delivery_kind, OUT interview_id uuid) IS 'Turns what the model proposed in a conversation, and what its tools asked for, into what happens: who has the dialogue, what is remembered, an interview that begins (interview_id), a qualification that is complete, a person who is called. Composes the reply. Called under the thread''s lock.';

-- Name: interviews; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.interviews (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    lead_id uuid NOT NULL,
    project_id uuid NOT NULL,
    status public.interview_status DEFAULT 'pending'::public.interview_status NOT NULL,
    started_at timestamp with time zone,
    completed_at timestamp with time zone,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    client_id uuid NOT NULL,
    end_reason public.end_reason,
    thread_id uuid,
    current_question text,
    invited_at timestamp with time zone,
    CONSTRAINT completed_at_only_when_completed CHECK (((completed_at IS NOT NULL) = (status = 'completed'::public.interview_status))),
    CONSTRAINT completed_is_the_reason_of_completed_ones CHECK ((((end_reason = 'completed'::public.end_reason) = (status = 'completed'::public.interview_status)) OR (end_reason IS NULL))),
    CONSTRAINT end_reason_only_when_ended CHECK (((end_reason IS NOT NULL) = (status = ANY (ARRAY['completed'::public.interview_status, 'cancelled'::public.interview_status])))),
    CONSTRAINT metadata_is_an_object CHECK ((jsonb_typeof(metadata) = 'object'::text)),
    CONSTRAINT started_at_once_in_progress CHECK (((status <> ALL (ARRAY['in_progress'::public.interview_status, 'completed'::public.interview_status])) OR (started_at IS NOT NULL)))
);

ALTER TABLE ONLY public.interviews FORCE ROW LEVEL SECURITY;

ALTER TABLE public.interviews OWNER TO postgres;

-- Name: TABLE interviews; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.interviews IS 'One lead''s interview in one project.';

-- Name: COLUMN interviews.current_question; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.interviews.current_question IS 'Key of the question last put to the lead; null while only the invitation went out.';

-- Name: COLUMN interviews.invited_at; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.interviews.invited_at IS 'When the invitation was made. A second survey of a lead waits for the first to end.';

-- Name: apply_proposal(public.interviews, jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.apply_proposal(interview public.interviews, proposal jsonb, OUT reply text, OUT kind public.delivery_kind) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    questionnaire jsonb := (select p.config -> 'questionnaire' from public.projects as p where p.id = interview.project_id);
    opted_out boolean := (select l.opted_out_at is not null from public.leads as l where l.id = interview.lead_id);
    known jsonb := private.answers_of(interview.id);
    item record;
    said text;
    problem text;
    probe text;
    next_key text;
    next_question jsonb;
    acknowledgement text := left(btrim(coalesce(proposal ->> 'acknowledgement', '')), 300);
begin
    kind := 'reply';
    if opted_out or (proposal ->> 'opt_out')::boolean then
        if not opted_out then
            insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
            values (interview.client_id, interview.lead_id, false, 'consent', jsonb_build_object('interview_id', interview.id, 'source', 'agent'));
        end if;
        perform private.end_interview(interview.id, 'opted_out');
        kind := 'goodbye';
        reply := private.goodbye();
        return;
    end if;
    if (proposal ->> 'declined')::boolean then
        perform private.end_interview(interview.id, 'cancelled');
        reply := 'Sem problemas! Obrigado por avisar e tenha um ótimo dia.';
        return;
    end if;

    for item in
        select s.key, s.question, s.status, s.is_open, a.v as proposed
        from jsonb_array_elements(coalesce(proposal -> 'answers', '[]')) with ordinality as a (v, n)
        join private.interview_state(questionnaire -> 'questions', known) as s on s.key = a.v ->> 'key'
        where s.is_open or s.status in ('answered', 'refused')
        order by a.n
    loop
        said := private.store_answer(interview, item.question, item.proposed, known);
        problem := coalesce(problem, said);
    end loop;

    for item in
        select s.key, s.question
        from private.interview_state(questionnaire -> 'questions', known) as s
        where s.is_open and coalesce(proposal -> 'refused', '[]') ? s.key
    loop
        insert into public.interview_answers as a (client_id, interview_id, question_key, status, tries)
        values (
            interview.client_id, interview.id, item.key,
            case when coalesce((item.question ->> 'required')::boolean, true) then 'invalid' else 'refused' end::public.answer_status, 1
        )
        on conflict on constraint a_question_is_answered_once_per_interview do update
        set tries = a.tries + 1,
            -- A required question is put a second time, then the refusal stands.
            status = 'refused', value = null;
        if coalesce((item.question ->> 'required')::boolean, true) and not known ? item.key then
            problem := coalesce(problem, 'Essa resposta é importante para a pesquisa. Se ainda assim preferir não responder, é só me dizer de novo.');
        end if;
    end loop;

    known := private.answers_of(interview.id);
    next_key := (select s.key from private.interview_state(questionnaire -> 'questions', known) as s where s.is_open order by s.ord limit 1);
    next_question := (select q.v from jsonb_array_elements(questionnaire -> 'questions') as q (v) where q.v ->> 'key' = next_key);

    -- A follow-up to an answer just given, as far as the question's probe budget goes.
    probe := (
        select btrim(proposal #>> '{probe,text}')
        from jsonb_array_elements(questionnaire -> 'questions') as q (v)
        where q.v ->> 'key' = proposal #>> '{probe,key}' and q.v ->> 'type' = 'text'
            and known #>> array[q.v ->> 'key', 'status'] = 'answered'
            and coalesce((known #>> array[q.v ->> 'key', 'probes'])::integer, 0) < coalesce((q.v ->> 'probes')::integer, 0)
            and coalesce(proposal -> 'answers', '[]') @> jsonb_build_array(jsonb_build_object('key', q.v -> 'key'))
    );
    if probe <> '' then
        update public.interview_answers as a
        set probes = a.probes + 1
        where a.interview_id = interview.id and a.question_key = proposal #>> '{probe,key}';
        update public.interviews as i
        set status = 'in_progress', started_at = coalesce(i.started_at, now()), current_question = proposal #>> '{probe,key}'
        where i.id = interview.id;
        reply := concat_ws(E'\n\n', nullif(acknowledgement, ''), left(probe, 1000));
        return;
    end if;

    if next_key is null then
        -- What the rules skipped is written down, so that figures count it.
        insert into public.interview_answers as a (client_id, interview_id, question_key, status)
        select interview.client_id, interview.id, s.key, 'skipped'
        from private.interview_state(questionnaire -> 'questions', known) as s
        where s.status = 'skipped'
        on conflict on constraint a_question_is_answered_once_per_interview do update set status = 'skipped';
        update public.interviews as i set status = 'in_progress', started_at = coalesce(i.started_at, now()) where i.id = interview.id;
        perform private.end_interview(interview.id, 'completed');
        reply := concat_ws(E'\n\n', nullif(acknowledgement, ''), coalesce(nullif(btrim(questionnaire ->> 'closing'), ''), 'Era isso! Muito obrigado pela sua participação.'));
        return;
    end if;
    update public.interviews as i
    set status = 'in_progress', started_at = coalesce(i.started_at, now()), current_question = next_key
    where i.id = interview.id;
    -- Thanks for an answer that is none, followed by why it is none, would read oddly: the reason takes the place of the thanks.
    problem := case when known #>> array[next_key, 'status'] = 'invalid' then problem end;
    reply := concat_ws(
        E'\n\n', coalesce(problem, nullif(acknowledgement, '')),
        coalesce(
            nullif(left(btrim(proposal #>> array['wordings', next_key]), 1000), ''),
            private.question_text(next_question)
        )
    );
end
$$;

ALTER FUNCTION private.apply_proposal(interview public.interviews, proposal jsonb, OUT reply text, OUT kind public.delivery_kind) OWNER TO postgres;

-- Name: FUNCTION apply_proposal(interview public.interviews, proposal jsonb, OUT reply text, OUT kind public.delivery_kind); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.apply_proposal(interview public.interviews, proposal jsonb, OUT reply text, OUT kind public.delivery_kind) IS 'Turns what the model proposed into what happens: stores valid answers, refuses others with a reason, ends or advances the interview, and composes the reply from the model''s words and the next question. Called under the interview''s and the thread''s locks.';

-- Name: apply_status(uuid, jsonb, timestamp with time zone); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.apply_status(delivery_id uuid, status jsonb, occurred_at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    d public.deliveries;
    trouble jsonb := case jsonb_typeof(apply_status.status -> 'error') when 'object' then apply_status.status -> 'error' end;
    news public.delivery_status := case status ->> 'status'
        when 'sent' then 'sent' when 'delivered' then 'delivered' when 'read' then 'read' when 'played' then 'read' when 'failed' then 'failed'
    end;
begin
    select * into d from public.deliveries as x where x.id = apply_status.delivery_id for no key update;
    -- What was cancelled after an attempt of which nobody knew may have left all the same.
    if news is null or (d.status = 'cancelled' and (d.begun_at is null or news = 'failed')) then
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

ALTER FUNCTION private.apply_status(delivery_id uuid, status jsonb, occurred_at timestamp with time zone) OWNER TO postgres;

-- Name: FUNCTION apply_status(delivery_id uuid, status jsonb, occurred_at timestamp with time zone); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.apply_status(delivery_id uuid, status jsonb, occurred_at timestamp with time zone) IS 'Moves a delivery forward by what the provider says of it, never backward; one that was cancelled stays so unless an attempt of it got through. One that was accepted and fails later is a dead letter, and its error is heeded like a refusal; should it arrive after all, the dead letter is resolved. Idempotent.';

-- Name: are_choices(jsonb, integer); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.are_choices(given jsonb, most integer) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select case when jsonb_typeof(are_choices.given) = 'array' then (
        select count(*) between 1 and are_choices.most and bool_and(coalesce(
            jsonb_typeof(c.v -> 'id') = 'string' and char_length(c.v ->> 'id') between 1 and 200
            and jsonb_typeof(c.v -> 'title') = 'string' and btrim(c.v ->> 'title') <> '' and char_length(c.v ->> 'title') <= 24, false
        ))
        from jsonb_array_elements(are_choices.given) as c (v)
    ) else false end;
$$;

ALTER FUNCTION private.are_choices(given jsonb, most integer) OWNER TO postgres;

-- Name: FUNCTION are_choices(given jsonb, most integer); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.are_choices(given jsonb, most integer) IS 'Whether this is a list of 1 to so many choices {"id", "title"}. Each provider''s own limits are its adapter''s to check.';

-- Name: arguments_problem(jsonb, jsonb, text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.arguments_problem(value jsonb, schema jsonb, place text DEFAULT 'arguments'::text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $_$
declare
    kind text := jsonb_typeof(value);
    wanted text := schema ->> 'type';
    txt text := value #>> '{}';
    item record;
    problem text;
begin
    if value is null then
        return format('%s is missing', place);
    end if;
    if wanted is not null and not (
        kind = wanted or (wanted = 'integer' and kind = 'number' and txt::numeric = trunc(txt::numeric))
    ) then
        return format('%s must be of type %s', place, wanted);
    end if;
    if schema ? 'enum' and not (schema -> 'enum') @> jsonb_build_array(value) then
        return format('%s must be one of %s', place, left(schema ->> 'enum', 300));
    end if;
    if kind = 'number' then
        if txt::numeric < (schema ->> 'minimum')::numeric or txt::numeric > (schema ->> 'maximum')::numeric then
            return format('%s must be between %s and %s', place, coalesce(schema ->> 'minimum', 'any'), coalesce(schema ->> 'maximum', 'any'));
        end if;
    elsif kind = 'string' then
        if char_length(txt) < (schema ->> 'minLength')::integer or char_length(txt) > (schema ->> 'maxLength')::integer then
            return format('%s must have %s to %s characters', place, coalesce(schema ->> 'minLength', '0'), coalesce(schema ->> 'maxLength', 'any number of'));
        end if;
        problem := case schema ->> 'format'
            when 'uuid' then case when txt !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then 'a UUID' end
            when 'email' then case when private.is_email(lower(btrim(txt))) is not true then 'an e-mail address' end
            when 'date' then case when txt !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then 'a date such as 2027-01-31' end
            when 'date-time' then case when txt !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?$'
                then 'a time such as 2027-01-31T14:30:00-03:00' end
        end;
        if problem is not null then
            return format('%s must be %s', place, problem);
        end if;
    elsif kind = 'array' then
        if jsonb_array_length(value) < (schema ->> 'minItems')::integer or jsonb_array_length(value) > (schema ->> 'maxItems')::integer then
            return format('%s must have %s to %s items', place, coalesce(schema ->> 'minItems', '0'), coalesce(schema ->> 'maxItems', 'any number of'));
        end if;
        if schema ? 'items' then
            for item in select e.v, e.n from jsonb_array_elements(value) with ordinality as e (v, n) loop
                problem := private.arguments_problem(item.v, schema -> 'items', format('%s[%s]', place, item.n));
                if problem is not null then
                    return problem;
                end if;
            end loop;
        end if;
    elsif kind = 'object' then
        problem := (select min(r.name) from jsonb_array_elements_text(schema -> 'required') as r (name) where not value ? r.name);
        if problem is not null then
            return format('%s.%s is missing', place, problem);
        end if;
        if (select count(*) from jsonb_object_keys(value)) not between coalesce((schema ->> 'minProperties')::integer, 0) and coalesce((schema ->> 'maxProperties')::integer, 1000) then
            return format('%s must have %s to %s names', place, coalesce(schema ->> 'minProperties', '0'), coalesce(schema ->> 'maxProperties', '1000'));
        end if;
        for item in select e.key, e.value from jsonb_each(value) as e order by e.key loop
            problem := case
                when schema -> 'properties' ? item.key then private.arguments_problem(item.value, schema #> array['properties', item.key], place || '.' || item.key)
                when jsonb_typeof(schema -> 'additionalProperties') = 'object' then
                    private.arguments_problem(item.value, schema -> 'additionalProperties', place || '.' || left(item.key, 60))
                -- What nobody described is nothing that a tool expects.
                when schema -> 'additionalProperties' is distinct from 'true' then format('%s.%s is not known', place, left(item.key, 60))
            end;
            if problem is not null then
                return problem;
            end if;
        end loop;
    end if;
    return null;
end
$_$;

ALTER FUNCTION private.arguments_problem(value jsonb, schema jsonb, place text) OWNER TO postgres;

-- Name: FUNCTION arguments_problem(value jsonb, schema jsonb, place text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.arguments_problem(value jsonb, schema jsonb, place text) IS 'Why a value does not follow a JSON Schema (of the words that private.schema_problem takes), as a sentence for the model that sent it; null if it does. Names that the schema does not describe are refused unless additionalProperties allows them.';

-- Name: asked_question(jsonb, text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.asked_question(config jsonb, question_key text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    -- Neither points nor rules: what the model does not know, nobody talks it into telling.
    select jsonb_build_object(
        'key', q.v -> 'key', 'text', q.v -> 'text', 'type', q.v -> 'type', 'options', q.v -> 'options',
        'validation', coalesce(q.v -> 'validation', '{}')
            || case when q.v ->> 'key' = config #>> '{conversion,email}' then '{"format": "email"}'::jsonb else '{}' end
    )
    from jsonb_array_elements(config #> '{qualification,questions}') as q (v)
    where q.v ->> 'key' = asked_question.question_key;
$$;

ALTER FUNCTION private.asked_question(config jsonb, question_key text) OWNER TO postgres;

-- Name: FUNCTION asked_question(config jsonb, question_key text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.asked_question(config jsonb, question_key text) IS 'A qualification''s question as a model is given it: {key, text, type, options, validation}.';

-- Name: asking_refusal(public.agent_type, text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.asking_refusal(agent_type public.agent_type, txt text) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select format('it asks what an agent of type %s may not ask', k.agent_type)
    from private.policy_packs as k
    where k.agent_type = asking_refusal.agent_type
        and exists (
            -- Sentence by sentence, and only those that ask: of a candidate one may speak.
            select from regexp_matches(asking_refusal.txt, '[^.!?…]*[?？]', 'g') as s (parts)
            cross join unnest(k.refused_questions) as r (pattern)
            where private.plain(s.parts[1]) ~ r.pattern
        );
$$;

ALTER FUNCTION private.asking_refusal(agent_type public.agent_type, txt text) OWNER TO postgres;

-- Name: FUNCTION asking_refusal(agent_type public.agent_type, txt text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.asking_refusal(agent_type public.agent_type, txt text) IS 'Why an agent of this type may not write this, for a question that stands in it, as a sentence; null if it may.';

-- Name: asks_for_rows(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.asks_for_rows() RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
begin
    -- SECURITY: PostgREST answers Prefer: count=planned (and estimated, beyond max-rows) with the planner's estimate, by EXPLAIN. The planner knows
    -- statistics of the whole table, whosever the rows are: by asking for ever narrower ranges anybody who signed up could read telephone numbers
    -- and names out of the histograms. Declared immutable so that it is computed while planning and costs the plan nothing: an EXPLAIN that
    -- comes through the API plans a table without rows.
    if coalesce(current_setting('request.path', true), '') = '' or current_query() !~* '^\s*explain' then
        return true;
    end if;
    -- For whoever asks in good faith; the header is not what decides, since only one of several can be read here.
    if nullif(current_setting('request.headers', true), '')::json ->> 'prefer' ~ 'count=planned' then
        raise exception 'count=planned is not answered: it would be estimated from everybody''s rows' using errcode = '22023', hint = 'Ask for count=exact or count=estimated.';
    end if;
    return false;
end
$$;

ALTER FUNCTION private.asks_for_rows() OWNER TO postgres;

-- Name: FUNCTION asks_for_rows(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.asks_for_rows() IS 'Whether a request through the API asks for rows: false where it only has a plan estimated. What every policy for select asks, outside of any sub-select.';

-- Name: audience(uuid, uuid[]); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.audience(project_id uuid, among uuid[] DEFAULT NULL::uuid[]) RETURNS TABLE(lead_id uuid, left_out text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
declare
    project public.projects;
    everybody boolean;
    chosen uuid[];
    marks jsonb;
begin
    select * into project from public.projects as p where p.id = audience.project_id;
    everybody := not project.config ? 'audience' or coalesce(project.config #> '{audience,all}' = 'true', false);
    marks := project.config #> '{audience,metadata}';
    chosen := array(
        select (x.id)::uuid
        from jsonb_array_elements_text(
            case jsonb_typeof(project.config #> '{audience,lead_ids}') when 'array' then project.config #> '{audience,lead_ids}' else '[]' end
        ) as x (id)
    );
    return query
    select l.id, case
        when l.opted_out_at is not null then 'opted_out'
        when l.status = 'blocked' then 'blocked'
        when l.status = 'inactive' then 'inactive'
        when l.phone is null and not exists (
            select from public.lead_identities as i
            where i.client_id = l.client_id and i.lead_id = l.id
                and (
                    i.kind in ('wa_id', 'bsuid')
                    -- Only gateways over WhatsApp Web write to a lid.
                    or (i.kind = 'lid' and exists (select from public.channel_accounts as a where a.id = project.channel_account_id and a.provider in ('evolution', 'zapi')))
                )
        ) then 'no_number'
        when exists (select from public.interviews as i where i.project_id = project.id and i.lead_id = l.id) then 'already_interviewed'
    end
    from public.leads as l
    where l.client_id = project.client_id
        and (audience.among is null or l.id = any (audience.among))
        and (everybody or l.id = any (chosen) or l.metadata @> marks)
    union all
    select c.id, 'not_found'
    from (select distinct x.id from unnest(chosen) as x (id)) as c
    where audience.among is null and not exists (select from public.leads as l where l.client_id = project.client_id and l.id = c.id);
end
$$;

ALTER FUNCTION private.audience(project_id uuid, among uuid[]) OWNER TO postgres;

-- Name: FUNCTION audience(project_id uuid, among uuid[]); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.audience(project_id uuid, among uuid[]) IS 'The leads a project is for, each with why it is left out (null: it is interviewed). Without projects.config.audience: all leads of the client. An id that is no lead of the client is left out as not_found. among: only these leads.';

-- Name: audit(uuid, text, text, uuid, jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.audit(client_id uuid, action text, subject_type text, subject_id uuid, details jsonb DEFAULT '{}'::jsonb) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
    insert into public.audit_log (client_id, actor_id, action, subject_type, subject_id, details)
    values (
        -- The functions' key has no person.
        audit.client_id, (select p.id from public.profiles as p where p.id = private.current_profile_id()),
        audit.action, audit.subject_type, audit.subject_id, coalesce(audit.details, '{}')
    );
$$;

ALTER FUNCTION private.audit(client_id uuid, action text, subject_type text, subject_id uuid, details jsonb) OWNER TO postgres;

-- Name: FUNCTION audit(client_id uuid, action text, subject_type text, subject_id uuid, details jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.audit(client_id uuid, action text, subject_type text, subject_id uuid, details jsonb) IS 'Writes one line of the audit log in the name of whoever''s request it is (none: the engine). details: ids and figures, nothing that a person said or is called.';

-- Name: await_word(uuid, jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.await_word(delivery_id uuid, error jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

ALTER FUNCTION private.await_word(delivery_id uuid, error jsonb) OWNER TO postgres;

-- Name: FUNCTION await_word(delivery_id uuid, error jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.await_word(delivery_id uuid, error jsonb) IS 'A send that may have left is unknown: for the grace period (unknown_grace_s) only the provider''s word decides. Its claim stays good for the result that comes late. The caller holds its row''s lock.';

-- Name: awaits_file(text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.awaits_file(path text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $_$
    select exists (
        select from public.media as m
        where m.id = case
                when split_part(awaits_file.path, '/', 3) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then split_part(awaits_file.path, '/', 3)::uuid
            end
            and private.media_path(m) = awaits_file.path
            and m.status = 'waiting' and m.claim is not null
    );
$_$;

ALTER FUNCTION private.awaits_file(path text) OWNER TO postgres;

-- Name: FUNCTION awaits_file(path text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.awaits_file(path text) IS 'Whether somebody is fetching the file of this path just now: the only paths that the functions may write to.';

-- Name: begin_deliveries(jsonb, integer); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.begin_deliveries(tasks jsonb, visibility_s integer) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    task record;
    begun jsonb;
    trouble jsonb;
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
        begin
            begun := private.begin_delivery(task.id, task.queue, task.msg_id, begin_deliveries.visibility_s);
            if begun is not null then
                granted := granted || begun;
            end if;
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- One that cannot even be looked at must not keep its neighbours, of whatever client, from being claimed.
                trouble := jsonb_build_object('code', sqlstate, 'message', sqlerrm);
                begin
                    update public.deliveries as x set attempts = x.attempts + 1 where x.id = task.id and x.task_id = task.msg_id;
                    if found then
                        perform private.retry_delivery(task.id, trouble, true);
                    end if;
                exception
                    when deadlock_detected or lock_not_available or query_canceled then
                        raise;
                    when others then
                        -- Not even that: it shows again in a minute, and is seen in the log.
                        perform pgmq.set_vt(task.queue, task.msg_id, 60);
                        raise warning 'delivery % cannot be claimed: %, %', task.id, trouble, sqlerrm;
                end;
        end;
    end loop;
    return granted;
end
$$;

ALTER FUNCTION private.begin_deliveries(tasks jsonb, visibility_s integer) OWNER TO postgres;

-- Name: FUNCTION begin_deliveries(tasks jsonb, visibility_s integer); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.begin_deliveries(tasks jsonb, visibility_s integer) IS 'Claims the deliveries of tasks just read: sorts out what is done, busy, not allowed any more or exhausted, and returns the rest as tasks. One that raises an error is a failed attempt of its own and harms no other. Waits for no lock but an account''s pace.';

-- Name: begin_delivery(uuid, text, bigint, integer); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.begin_delivery(delivery_id uuid, queue text, msg_id bigint, visibility_s integer) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    d public.deliveries;
    gate record;
begin
    select * into d from public.deliveries as x where x.id = begin_delivery.delivery_id for no key update skip locked;
    if not found then
        -- Locked by whoever is finishing it, or deleted: look again in a second.
        if exists (select from public.deliveries as x where x.id = begin_delivery.delivery_id) then
            perform pgmq.set_vt(begin_delivery.queue, begin_delivery.msg_id, 1);
        else
            perform pgmq.delete(begin_delivery.queue, begin_delivery.msg_id);
        end if;
        return null;
    end if;
    if d.task_id is distinct from begin_delivery.msg_id or d.status not in ('queued', 'deferred', 'sending', 'unknown') then
        perform pgmq.delete(begin_delivery.queue, begin_delivery.msg_id);
        if d.task_id = begin_delivery.msg_id then
            update public.deliveries as x set task_id = null where x.id = d.id;
        end if;
        return null;
    end if;
    if d.due_at > private.now() + interval '500 milliseconds' then
        -- Claimed by another instance, or put off.
        perform pgmq.set_vt(begin_delivery.queue, begin_delivery.msg_id, ceil(extract(epoch from d.due_at - private.now()))::integer);
        return null;
    end if;
    if d.status = 'sending' then
        -- Its instance died between the claim and the result. The message may have left: wait for the provider's word.
        perform private.await_word(d.id, '{"code": "no_result", "message": "the attempt came back with no result"}');
        return null;
    end if;
    if d.status = 'unknown' and private.word_may_come(d) then
        perform private.await_word(d.id, d.error);
        return null;
    end if;
    if d.status = 'unknown' and not private.may_repeat(d) then
        perform private.retry_delivery(d.id, coalesce(d.error, '{}') || '{"code": "unknown", "message": "nobody could say whether it was delivered"}', false);
        return null;
    end if;
    if d.status = 'unknown' then
        update public.deliveries as x set repeats = x.repeats + 1 where x.id = d.id;
    end if;
    if d.attempts >= private.setting_int('max_attempts') then
        perform private.retry_delivery(d.id, coalesce(d.error, '{"code": "no_result", "message": "no attempt came back with a result"}'), false);
        return null;
    end if;
    d.initiated := private.is_initiated(d);
    select * into gate from private.gate(d);
    if gate.verdict = 'cancel' then
        update public.deliveries as x set status = 'cancelled', reason = gate.reason where x.id = d.id;
        perform private.end_delivery(d.id);
        return null;
    end if;
    if gate.verdict = 'wait' then
        perform private.hold_delivery(d.id, gate.until, gate.reason);
        return null;
    end if;
    perform pgmq.set_vt(begin_delivery.queue, begin_delivery.msg_id, begin_delivery.visibility_s);
    return private.grant_delivery(d.id, begin_delivery.visibility_s);
end
$$;

ALTER FUNCTION private.begin_delivery(delivery_id uuid, queue text, msg_id bigint, visibility_s integer) OWNER TO postgres;

-- Name: FUNCTION begin_delivery(delivery_id uuid, queue text, msg_id bigint, visibility_s integer); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.begin_delivery(delivery_id uuid, queue text, msg_id bigint, visibility_s integer) IS 'Claims the delivery of a task just read, and returns its task; null where it is done, busy, put off, exhausted or not allowed any more. Waits for no row. The caller holds its account''s pace.';

-- Name: begin_media(jsonb, integer); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.begin_media(tasks jsonb, visibility_s integer) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    task record;
    m public.media;
    granted jsonb := '[]';
begin
    for task in
        select (x ->> 'id')::uuid as id, (x ->> 'msg_id')::bigint as msg_id
        from jsonb_array_elements(tasks) as x
        order by 1
    loop
        select * into m from public.media as x where x.id = task.id for update skip locked;
        if not found then
            -- Locked by whoever is finishing it, or deleted: look again in a second.
            if exists (select from public.media as x where x.id = task.id) then
                perform pgmq.set_vt('default', task.msg_id, 1);
            else
                perform pgmq.delete('default', task.msg_id);
            end if;
            continue;
        end if;
        if m.task_id is distinct from task.msg_id then
            perform pgmq.delete('default', task.msg_id);
            continue;
        end if;
        if m.due_at > clock_timestamp() + interval '500 milliseconds' then
            -- Claimed by another instance, or put off.
            perform pgmq.set_vt('default', task.msg_id, ceil(extract(epoch from m.due_at - clock_timestamp()))::integer);
            continue;
        end if;
        if private.media_bucket() is null then
            perform private.end_media(m.id, 'kept', null);
            continue;
        end if;
        if m.fetch_before <= clock_timestamp() then
            perform private.end_media(
                m.id, 'expired', jsonb_build_object('code', 'expired', 'message', 'the provider has deleted the file', 'last', m.error)
            );
            continue;
        end if;
        if m.claim is not null then
            -- Its instance died. That was an attempt.
            perform private.retry_media(m.id, '{"code": "no_result", "message": "the attempt came back with no result"}', true);
            continue;
        end if;
        perform pgmq.set_vt('default', task.msg_id, visibility_s);
        update public.media as x
        set claim = gen_random_uuid(), attempts = x.attempts + 1, due_at = clock_timestamp() + make_interval(secs => visibility_s)
        where x.id = m.id
        returning * into m;
        granted := granted || jsonb_build_object(
            'task', 'media', 'queue', 'default', 'msg_id', m.task_id, 'id', m.id, 'client_id', m.client_id, 'attempt', m.attempts, 'claim', m.claim, 'wait_ms', 0,
            'work', jsonb_build_object(
                'id', m.id, 'channel_account_id', m.channel_account_id, 'provider_media_id', m.provider_media_id, 'provider_url', m.provider_url,
                'mime_type', m.mime_type, 'sha256', m.sha256, 'bucket', private.media_bucket(), 'path', private.media_path(m),
                'max_bytes', private.setting_int('media_max_bytes')
            )
        );
    end loop;
    return granted;
end
$$;

ALTER FUNCTION private.begin_media(tasks jsonb, visibility_s integer) OWNER TO postgres;

-- Name: FUNCTION begin_media(tasks jsonb, visibility_s integer); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.begin_media(tasks jsonb, visibility_s integer) IS 'Claims the files of tasks just read: sorts out what is done, busy, gone at the provider or exhausted, and returns the rest as tasks. Never waits for a lock.';

-- Name: begin_reports(jsonb, integer); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.begin_reports(tasks jsonb, visibility_s integer) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    task record;
    r public.reports;
    figures jsonb;
    granted jsonb := '[]';
begin
    for task in
        select (x ->> 'id')::uuid as id, (x ->> 'msg_id')::bigint as msg_id, x ->> 'queue' as queue
        from jsonb_array_elements(tasks) as x
        order by 1
    loop
        select * into r from public.reports as x where x.id = task.id for update skip locked;
        if not found then
            if exists (select from public.reports as x where x.id = task.id) then
                perform pgmq.set_vt(task.queue, task.msg_id, 1);
            else
                perform pgmq.delete(task.queue, task.msg_id);
            end if;
            continue;
        end if;
        if r.task_id is distinct from task.msg_id then
            perform pgmq.delete(task.queue, task.msg_id);
            continue;
        end if;
        if r.due_at > clock_timestamp() + interval '500 milliseconds' then
            perform pgmq.set_vt(task.queue, task.msg_id, ceil(extract(epoch from r.due_at - clock_timestamp()))::integer);
            continue;
        end if;
        if r.status = 'writing' then
            -- Its instance died. That was an attempt.
            perform private.retry_report(r.id, '{"code": "no_result", "message": "the attempt came back with no result"}', true);
            continue;
        end if;
        perform pgmq.set_vt(task.queue, task.msg_id, visibility_s);
        begin
            figures := case r.kind when 'project' then private.project_statistics(r.project_id) else private.interview_statistics(r.interview_id) end;
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- Every claim comes by here: one project's figures must not stop the others' reports.
                update public.reports as x set attempts = x.attempts + 1 where x.id = r.id;
                perform private.retry_report(r.id, jsonb_build_object('code', sqlstate, 'message', sqlerrm), true);
                continue;
        end;
        -- What changes from here on makes it stale again.
        update public.reports as x
        set status = 'writing', stale = false, statistics = figures, claim = gen_random_uuid(), attempts = x.attempts + 1,
            due_at = clock_timestamp() + make_interval(secs => visibility_s)
        where x.id = r.id
        returning * into r;
        granted := granted || (
            select jsonb_build_object(
                'task', 'report', 'queue', task.queue, 'msg_id', r.task_id, 'id', r.id, 'client_id', r.client_id, 'attempt', r.attempts, 'claim', r.claim, 'wait_ms', 0,
                'work', jsonb_build_object(
                    'report_id', r.id, 'kind', r.kind, 'company_name', c.company_name,
                    'project', jsonb_build_object('name', p.name, 'type', p.type, 'goal', p.config ->> 'goal'),
                    'statistics', figures, 'model', g.config ->> 'model'
                )
            )
            from public.projects as p
            join public.clients as c on c.id = p.client_id
            left join public.renus_config as g on g.id = p.renus_config_id
            where p.id = r.project_id
        );
    end loop;
    return granted;
end
$$;

ALTER FUNCTION private.begin_reports(tasks jsonb, visibility_s integer) OWNER TO postgres;

-- Name: FUNCTION begin_reports(tasks jsonb, visibility_s integer); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.begin_reports(tasks jsonb, visibility_s integer) IS 'Claims the reports of tasks just read and computes their figures. Never waits for a lock.';

-- Name: begin_turns(jsonb, integer); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.begin_turns(tasks jsonb, visibility_s integer) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    task record;
    t private.threads;
    agent public.renus_config;
    right_now timestamptz;
    granted jsonb := '[]';
begin
    for task in
        select (x ->> 'id')::uuid as id, (x ->> 'msg_id')::bigint as msg_id
        from jsonb_array_elements(tasks) as x
        order by 1
    loop
        -- Never waits: claim-then-wait here against lock-then-delete in a commit would deadlock.
        select * into t from private.threads as x where x.id = task.id for no key update skip locked;
        if not found then
            -- Locked this very moment, mostly by the record of the reply before: the caller keeps the task and asks again at once.
            select * into t from private.threads as x where x.id = task.id;
            if not found then
                perform pgmq.delete('high_priority', task.msg_id);
            elsif t.task_id = task.msg_id then
                granted := granted || private.turn_task(t, 15);
            end if;
            continue;
        end if;
        -- Read under the lock: a lease must not seem to begin before the one before it ended.
        right_now := clock_timestamp();
        if t.task_id is distinct from task.msg_id then
            perform pgmq.delete('high_priority', task.msg_id);
            continue;
        end if;
        if t.inbound_seq <= t.handled_seq or not private.is_answered(t)
            or exists (select from public.leads as l where l.id = t.lead_id and l.status = 'blocked') then
            perform private.drop_turn(t.id);
            continue;
        end if;
        if t.lease_until > right_now then
            perform pgmq.set_vt('high_priority', task.msg_id, ceil(extract(epoch from t.lease_until - right_now))::integer);
            continue;
        end if;
        if t.lease is not null then
            -- Its instance died. That was an attempt.
            perform private.retry_turn(t.id, '{"code": "no_result", "message": "the attempt came back with no result"}', true, 'crashed');
            continue;
        end if;
        perform pgmq.set_vt('high_priority', task.msg_id, visibility_s);
        if t.not_before > right_now then
            -- The caller holds it: nobody else is to look before the task shows again.
            update private.threads as x set due_at = right_now + make_interval(secs => visibility_s) where x.id = t.id;
            granted := granted || private.turn_task(t, ceil(extract(epoch from t.not_before - right_now) * 1000)::integer);
            continue;
        end if;
        agent := private.agent_of(t);
        update private.threads as x
        set lease = gen_random_uuid(), lease_until = right_now + make_interval(secs => visibility_s), lease_seq = x.inbound_seq, lease_began_at = right_now,
            due_at = right_now + make_interval(secs => visibility_s), attempts = x.attempts + 1, reruns = 0,
            agent_id = agent.id, agent_version = agent.version
        where x.id = t.id
        returning * into t;
        granted := granted || private.turn_task(t, 0);
    end loop;
    -- What is begun makes room for what waits.
    perform private.admit_turns(c.client_id) from (select distinct (x ->> 'client_id')::uuid as client_id from jsonb_array_elements(granted) as x) as c;
    return granted;
end
$$;

ALTER FUNCTION private.begin_turns(tasks jsonb, visibility_s integer) OWNER TO postgres;

-- Name: FUNCTION begin_turns(tasks jsonb, visibility_s integer); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.begin_turns(tasks jsonb, visibility_s integer) IS 'Leases the threads of tasks just read: one live lease per thread, fencing token = claim. Sorts out what is done or busy, counts a lease that lapsed as a failed attempt, says how long a debounce still runs, and admits further turns of the same clients. Never waits for a lock.';

-- Name: bury(text, text, uuid, uuid, bigint, jsonb, integer); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.bury(queue text, task text, task_row_id uuid, client_id uuid, msg_id bigint, error jsonb, attempts integer) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    failed_id uuid := gen_random_uuid();
begin
    insert into public.failed_tasks (id, client_id, queue, task, task_row_id, payload, error, attempts, msg_id)
    values (
        failed_id, bury.client_id, bury.queue, bury.task, bury.task_row_id,
        private.task_message(bury.task, bury.task_row_id, bury.client_id, bury.attempts), bury.error, bury.attempts,
        (select s.id from pgmq.send('failed_tasks', jsonb_build_object('id', failed_id, 'client_id', bury.client_id), 0) as s (id))
    );
    if bury.msg_id is not null then
        perform pgmq.delete(bury.queue, bury.msg_id);
    end if;
    return failed_id;
end
$$;

ALTER FUNCTION private.bury(queue text, task text, task_row_id uuid, client_id uuid, msg_id bigint, error jsonb, attempts integer) OWNER TO postgres;

-- Name: FUNCTION bury(queue text, task text, task_row_id uuid, client_id uuid, msg_id bigint, error jsonb, attempts integer); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.bury(queue text, task text, task_row_id uuid, client_id uuid, msg_id bigint, error jsonb, attempts integer) IS 'Ends a task for good: a row in failed_tasks, its id on the queue of that name, the task gone from its own queue.';

-- Name: channel_of_delivery(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.channel_of_delivery() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    new.channel := coalesce((select a.channel from public.channel_accounts as a where a.id = new.channel_account_id and a.client_id = new.client_id), new.channel);
    return new;
end
$$;

ALTER FUNCTION private.channel_of_delivery() OWNER TO postgres;

-- Name: FUNCTION channel_of_delivery(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.channel_of_delivery() IS 'Trigger: a delivery goes over its account''s channel.';

-- Name: check_agent(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.check_agent() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    problem text := private.agent_config_problem(new.config);
begin
    if problem is not null then
        raise exception 'renus_config.config: %', problem using errcode = '22023';
    end if;
    return new;
end
$$;

ALTER FUNCTION private.check_agent() OWNER TO postgres;

-- Name: FUNCTION check_agent(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.check_agent() IS 'Trigger: an agent''s config is checked when it is written.';

-- Name: check_channel_account(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.check_channel_account() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    secret text := (select min(k) from private.providers as p cross join unnest(p.credentials) as k where new.config ? k);
begin
    if secret is not null then
        raise exception 'config holds no credentials, and has %', secret
        using errcode = '22023', hint = 'Credentials go in through the function channel_credentials (renum channel credentials): encrypted, and never read again.';
    end if;
    return new;
end
$$;

ALTER FUNCTION private.check_channel_account() OWNER TO postgres;

-- Name: FUNCTION check_channel_account(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.check_channel_account() IS 'Trigger: what is a credential of any provider is no setting: staff see config, and it is stored as it was written. SECURITY DEFINER: people may not read private.providers.';

-- Name: check_consent(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.check_consent() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    opted_out boolean;
begin
    if current_user not in ('authenticated', 'service_role') then
        return new;
    end if;
    -- Under the asker's rights: of another client's lead it learns nothing.
    opted_out := exists (select from public.leads as l where l.client_id = new.client_id and l.id = new.lead_id and l.opted_out_at is not null);
    if opted_out and new.granted and (new.legal_basis <> 'consent' or new.evidence - array['source', 'recorded_by'] = '{}') then
        raise exception 'a lead who opted out comes back by its consent only, and with evidence of it'
            using errcode = '22023', hint = 'For example {"legal_basis": "consent", "evidence": {"text": "asked for it at the counter on 3 March"}}.';
    end if;
    -- SECURITY: nobody records a word of the lead's, or a provider's, that never came.
    new.evidence := new.evidence || jsonb_build_object(
        'source', case when new.evidence ->> 'source' = 'import' and not opted_out then 'import' else 'person' end, 'recorded_by', private.current_profile_id()
    );
    return new;
end
$$;

ALTER FUNCTION private.check_consent() OWNER TO postgres;

-- Name: FUNCTION check_consent(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.check_consent() IS 'Trigger: what people add to the ledger is marked as theirs, and takes back an opt-out only as an explicit consent with its evidence.';

-- Name: check_project(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.check_project() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    problem text := private.project_config_problem(new.config);
    agents public.agent_type[];
    company text;
    template public.message_templates;
begin
    if problem is not null then
        raise exception 'projects.config: %', problem using errcode = '22023';
    end if;
    -- SECURITY: under the asker's rights, as private.account_for: another client's agent is none.
    -- A project that names no agent is any of the client's agents speaking: private.packs_of.
    agents := array(
        select distinct r.agent_type from public.renus_config as r
        where r.client_id = new.client_id and (r.id = new.renus_config_id or (new.renus_config_id is null and r.active))
        order by r.agent_type
    );
    problem := (select min(private.question_refusal(a.agent_type, new.config)) from unnest(agents) as a (agent_type));
    if problem is not null then
        raise exception 'projects.config: %', problem using errcode = '22023';
    end if;
    if new.status = 'active' and new.type = 'survey' and not new.config ? 'questionnaire' then
        raise exception 'a survey needs projects.config.questionnaire before it starts' using errcode = '22023';
    end if;
    -- A running project keeps what it started with: without an account or a template it could not invite.
    if new.status = 'active' and new.config ? 'questionnaire' then
        if tg_op = 'INSERT' or old.status <> 'active' or new.channel_account_id is distinct from old.channel_account_id or new.channel_account_id is null then
            new.channel_account_id := private.account_for(new.client_id, new.channel_account_id);
        end if;
        if new.channel_account_id is null then
            raise exception 'the client has no active WhatsApp account to write from' using errcode = '22023', hint = 'Add one to channel_accounts.';
        end if;
        template := private.template_for(new.client_id, new.channel_account_id, 'invitation', new.config #>> '{invitation,template}');
        if template is null then
            raise exception '%', private.no_template(new.client_id, new.channel_account_id, 'invitation', new.config #>> '{invitation,template}')
                using errcode = '22023', hint = 'The invitation needs a template in message_templates that the provider approved, with something for each of its variables.';
        end if;
        company := (select c.company_name from public.clients as c where c.id = new.client_id);
        problem := (
            select min(coalesce(
                private.account_refusal(a.agent_type, new.channel_account_id),
                private.invitation_refusal(a.agent_type, private.template_content(template, null, company, new.name, null) ->> 'text', company)
            ))
            from unnest(agents) as a (agent_type)
        );
        if problem is not null then
            raise exception '%', problem using errcode = '22023';
        end if;
    end if;
    return new;
end
$$;

ALTER FUNCTION private.check_project() OWNER TO postgres;

-- Name: FUNCTION check_project(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.check_project() IS 'Trigger: projects.config is checked when it is written, and a project starts, and runs on, only with what it needs and what its agent''s trade allows.';

-- Name: check_sending_rules(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.check_sending_rules() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    problem text := private.hours_problem(new.hours);
begin
    if problem is not null then
        raise exception '%', problem using errcode = '22023';
    end if;
    return new;
end
$$;

ALTER FUNCTION private.check_sending_rules() OWNER TO postgres;

-- Name: FUNCTION check_sending_rules(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.check_sending_rules() IS 'Trigger: the hours of sending_rules are checked when they are written.';

-- Name: check_template(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.check_template() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    gap text;
begin
    -- What the provider says is taken as it is; private.template_for leaves alone what cannot be used.
    if new.synced_at is not null and (tg_op = 'INSERT' or new.synced_at is distinct from old.synced_at) then
        return new;
    end if;
    if tg_op = 'UPDATE' and old.synced_at is not null and (new.status, new.category, new.body) is distinct from (old.status, old.category, old.body) then
        raise exception 'template % follows its provider: status, category and body are changed there', new.name
            using errcode = '42501', hint = 'Only parameters and purpose are chosen here. Change the rest at the provider, then fetch the list again: renum channel sync.';
    end if;
    if tg_op = 'INSERT' or (new.body, new.parameters) is distinct from (old.body, old.parameters) then
        gap := private.template_gap(new.name, new.body, new.parameters);
        if gap is not null then
            raise exception '%', gap using errcode = '22023', hint = 'parameters is a list in the order of the variables, such as {lead.first_name,client.company_name}.';
        end if;
    end if;
    return new;
end
$$;

ALTER FUNCTION private.check_template() OWNER TO postgres;

-- Name: FUNCTION check_template(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.check_template() IS 'Trigger: a template names something for each variable of its body, and what the provider said of it stays the provider''s. What worker.save_templates and private.follow_template write passes as it is.';

-- Name: check_tool(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.check_tool() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    -- What is no object at all, the constraint says.
    problem text := case when new.parameters_schema ->> 'type' = 'object' then private.schema_problem(new.parameters_schema) end;
begin
    if problem is not null then
        raise exception 'tools.parameters_schema: %', problem using errcode = '22023';
    end if;
    return new;
end
$$;

ALTER FUNCTION private.check_tool() OWNER TO postgres;

-- Name: FUNCTION check_tool(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.check_tool() IS 'Trigger: what a tool''s schema asks for must be something that is checked.';

-- Name: checked_phone(text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.checked_phone(written text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
declare
    phone text := private.normalize_phone(written);
begin
    if phone is null and btrim(written) <> '' then
        raise exception 'phone % cannot be a telephone number', quote_literal(left(written, 100))
            using errcode = '22023', hint = 'Give the area code and number, e.g. (11) 98765-4321, or the international form, e.g. +5511987654321.';
    end if;
    return phone;
end
$$;

ALTER FUNCTION private.checked_phone(written text) OWNER TO postgres;

-- Name: FUNCTION checked_phone(written text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.checked_phone(written text) IS 'A phone in E.164, null for a blank one; raises 22023 for what cannot be a phone. What the triggers on leads and profiles ask.';

-- Name: clients_to_invite(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.clients_to_invite() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select distinct p.client_id
    from public.projects as p
    -- One look into the index for each running project: as a semi-join it would be a scan of all interviews.
    cross join lateral (
        select i.id
        from public.interviews as i
        where i.project_id = p.id and i.status = 'pending' and i.invited_at is null
        order by i.created_at, i.id
        limit 1
    ) as waiting
    where p.status = 'active'
    order by p.client_id;
$$;

ALTER FUNCTION private.clients_to_invite() OWNER TO postgres;

-- Name: FUNCTION clients_to_invite(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.clients_to_invite() IS 'The clients with somebody to invite: what private.invite_next is called for. Read-only.';

-- Name: commit_turn(jsonb, integer); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.commit_turn(result jsonb, visibility_s integer) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    t private.threads;
    interview public.interviews;
    reply text;
    kind public.delivery_kind;
    said_in_interview_id uuid;
    partial boolean;
    verdict jsonb := jsonb_build_object('thread_id', result -> 'thread_id', 'lease', result -> 'lease', 'task', null, 'delivery', null);
begin
    select * into t from private.threads as x where x.id = (result ->> 'thread_id')::uuid;
    -- The late-comer first. The token decides, never the clock.
    if not found or t.lease is null or t.lease is distinct from (result ->> 'lease')::uuid then
        return verdict || private.committed_turn((result ->> 'lease')::uuid, t.id);
    end if;
    if not private.is_answered(t) then
        perform private.drop_turn(t.id);
        return verdict || '{"verdict": "stale"}';
    end if;
    -- The answer superseded got lost, and this is the result from before it: it has not read what came since.
    if coalesce((result ->> 'reruns')::integer, t.reruns) < t.reruns then
        return verdict || jsonb_build_object('verdict', 'superseded', 'task', private.turn_task(t, 0));
    end if;
    if t.inbound_seq > t.lease_seq and t.reruns < private.setting_int('max_reruns') then
        update private.threads as x
        set lease_seq = x.inbound_seq, reruns = x.reruns + 1, lease_until = clock_timestamp() + make_interval(secs => visibility_s),
            due_at = clock_timestamp() + make_interval(secs => visibility_s)
        where x.id = t.id
        returning * into t;
        -- What its tools asked for is asked for again, or not, by the run that reads everything.
        delete from private.intents as n where n.turn_id = t.lease;
        perform pgmq.set_vt('high_priority', t.task_id, visibility_s);
        return verdict || jsonb_build_object('verdict', 'superseded', 'task', private.turn_task(t, 0));
    end if;
    partial := t.inbound_seq > t.lease_seq;

    if t.interview_id is not null then
        select * into strict interview from public.interviews as i where i.id = t.interview_id;
        said_in_interview_id := interview.id;
        select a.reply, a.kind into reply, kind from private.apply_proposal(interview, coalesce(result -> 'proposal', '{}')) as a;
    else
        select a.reply, a.kind, a.interview_id into reply, kind, said_in_interview_id from private.apply_conversation(t, coalesce(result -> 'proposal', '{}')) as a;
        delete from private.intents as n where n.turn_id = t.lease;
    end if;
    if kind = 'reply' and private.leaks_prompt(reply, private.prompts_of(t)) then
        reply := 'Desculpe, não consigo ajudar com isso. Posso ajudar em mais alguma coisa?';
    end if;

    insert into public.turns (
        id, client_id, thread_id, interview_id, conversation_id, status, from_seq, to_seq, attempt, reruns, graph, model,
        renus_config_id, renus_config_version, steps, proposal, input_tokens, output_tokens, started_at
    )
    values (
        t.lease, t.client_id, t.id, t.interview_id, t.conversation_id, case when partial then 'partial' else 'committed' end::public.turn_status,
        t.handled_seq, t.lease_seq, t.attempts, t.reruns, result ->> 'graph', result ->> 'model',
        t.agent_id, t.agent_version, coalesce(result -> 'steps', '[]'), result -> 'proposal',
        coalesce((result ->> 'input_tokens')::integer, 0), coalesce((result ->> 'output_tokens')::integer, 0), t.lease_began_at
    );
    update public.failed_tasks as f
    set status = 'resolved', resolved_at = now()
    where f.task_row_id = t.id and f.status <> 'resolved';

    -- Some messages want no word, a conversation's last "obrigado" say.
    if reply <> '' then
        perform private.say_reply(t, said_in_interview_id, t.conversation_id, kind, reply);
        t.last_seq := t.last_seq + 1;
    end if;

    if partial then
        update private.threads as x
        set last_seq = t.last_seq, handled_seq = x.lease_seq, lease = null, lease_until = null, attempts = 0, due_at = clock_timestamp(),
            waiting_since = clock_timestamp(), not_before = null
        where x.id = t.id;
        perform pgmq.set_vt('high_priority', t.task_id, 0);
    else
        update private.threads as x
        set last_seq = t.last_seq, handled_seq = x.lease_seq, lease = null, lease_until = null, attempts = 0, task_id = null, due_at = null,
            waiting_since = null, not_before = null
        where x.id = t.id;
        perform pgmq.delete('high_priority', t.task_id);
    end if;
    return verdict || jsonb_build_object(
        'verdict', case when partial then 'partial' else 'committed' end,
        'delivery', private.release_next(t.id, visibility_s)
    );
end
$$;

ALTER FUNCTION private.commit_turn(result jsonb, visibility_s integer) OWNER TO postgres;

-- Name: FUNCTION commit_turn(result jsonb, visibility_s integer); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.commit_turn(result jsonb, visibility_s integer) IS 'Commits one turn under its interview''s and thread''s locks: answers, interview or conversation, what its tools asked for, reply, delivery, task and lease in one transaction. A stale lease writes nothing; a commit repeated hears again what it said; newer input makes it superseded (same lease, run again) a bounded number of times, then it answers anyway and a further turn follows.';

-- Name: committed_turn(uuid, uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.committed_turn(lease uuid, thread_id uuid) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    -- The answer to a commit may get lost on its way. Then nobody would send the reply that it has claimed, until the claim lapses.
    select coalesce((
        select jsonb_build_object('verdict', t.status, 'delivery', (
            select private.delivery_task(d)
            from public.deliveries as d
            where d.thread_id = t.thread_id and d.status = 'sending' and d.attempts = 1 and d.due_at > private.now() and t.id::text = coalesce(
                (select m.metadata ->> 'turn_id' from public.interview_messages as m where m.id = d.message_id and m."timestamp" >= t.started_at),
                (select m.metadata ->> 'turn_id' from public.messages as m where m.id = d.message_id and m."timestamp" >= t.started_at)
            )
        ))
        from public.turns as t
        where t.id = committed_turn.lease and t.thread_id = committed_turn.thread_id and t.status in ('committed', 'partial')
    ), '{"verdict": "stale"}');
$$;

ALTER FUNCTION private.committed_turn(lease uuid, thread_id uuid) OWNER TO postgres;

-- Name: FUNCTION committed_turn(lease uuid, thread_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.committed_turn(lease uuid, thread_id uuid) IS 'What a commit under this lease said, for a caller that asks again: its verdict, and its reply''s delivery while that is still to be sent under the same claim. stale: nothing was committed under it. Read-only.';

-- Name: conversations; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.conversations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    lead_id uuid,
    client_id uuid NOT NULL,
    status public.conversation_status DEFAULT 'open'::public.conversation_status NOT NULL,
    last_message_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    profile_id uuid,
    thread_id uuid,
    renus_config_id uuid,
    project_id uuid,
    sub_agent_id uuid,
    memory jsonb DEFAULT '{}'::jsonb NOT NULL,
    summary text,
    summary_seq bigint DEFAULT 0 NOT NULL,
    summary_at timestamp with time zone,
    handed_over_at timestamp with time zone,
    handed_over_reason text,
    handed_over_by uuid,
    person_wrote_at timestamp with time zone,
    resuming boolean DEFAULT false NOT NULL,
    customer_client_id uuid,
    CONSTRAINT memory_is_an_object CHECK ((jsonb_typeof(memory) = 'object'::text)),
    CONSTRAINT the_other_side_is_a_lead_or_a_profile CHECK ((num_nonnulls(lead_id, profile_id) = 1)),
    CONSTRAINT what_is_handed_over_has_a_reason CHECK (((handed_over_at IS NULL) = (handed_over_reason IS NULL)))
);

ALTER TABLE ONLY public.conversations FORCE ROW LEVEL SECURITY;

ALTER TABLE public.conversations OWNER TO postgres;

-- Name: TABLE conversations; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.conversations IS 'Dialogues that are no interview: with a lead, or (notifications) with one of the client''s people.';

-- Name: COLUMN conversations.renus_config_id; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.conversations.renus_config_id IS 'The agent that speaks here; null: private.conversation_agent chooses.';

-- Name: COLUMN conversations.project_id; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.conversations.project_id IS 'The support line or campaign it belongs to, whose budget its turns use.';

-- Name: COLUMN conversations.sub_agent_id; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.conversations.sub_agent_id IS 'The specialist that has the dialogue; null: the agent itself.';

-- Name: COLUMN conversations.memory; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.conversations.memory IS 'What the agents keep: {"shared" | name of a sub-agent: {word: text}}. A specialist that gets the dialogue back goes on where it was.';

-- Name: COLUMN conversations.summary; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.conversations.summary IS 'What was said up to summary_seq, in few words: the model''s, kept so that what it is given stays bounded.';

-- Name: COLUMN conversations.handed_over_at; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.conversations.handed_over_at IS 'Since when a person has the dialogue: no agent answers until it is handed back. null: the agent has it.';

-- Name: COLUMN conversations.handed_over_by; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.conversations.handed_over_by IS 'Who took it over (profiles.id), where that was a person''s own call. No foreign key, nor has customer_client_id one: an API client could not embed profiles or clients any more without saying which.';

-- Name: COLUMN conversations.person_wrote_at; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.conversations.person_wrote_at IS 'When a person last wrote in it, by private.now().';

-- Name: COLUMN conversations.resuming; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.conversations.resuming IS 'Handed back, and the agent has not said so yet: its next reply does.';

-- Name: COLUMN conversations.customer_client_id; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.conversations.customer_client_id IS 'The client that this lead of the house client has become: the agent speaks to it as to a customer.';

-- Name: conversation_agent(public.conversations, uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.conversation_agent(conversation public.conversations, channel_account_id uuid, OUT agent_id uuid, OUT project_id uuid) RETURNS record
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select x.agent_id, x.project_id
    from (
        -- The one that was given this dialogue.
        select 1 as rank, r.id as agent_id, conversation.project_id, r.created_at
        from public.renus_config as r
        where r.client_id = conversation.client_id and r.id = conversation.renus_config_id and r.active
        union all
        -- That of a running support line or campaign on this number, the newest.
        (
            select 2, r.id, p.id, r.created_at
            from public.projects as p
            join public.renus_config as r on r.client_id = p.client_id and r.id = p.renus_config_id
            where p.client_id = conversation.client_id and p.status = 'active' and p.type in ('support', 'campaign') and r.active
                and (p.channel_account_id is null or p.channel_account_id = conversation_agent.channel_account_id)
            order by p.created_at desc, p.id
            limit 1
        )
        union all
        -- Else the client's first agent that is to talk outside of projects.
        select 3, r.id, null, r.created_at
        from public.renus_config as r
        where r.client_id = conversation.client_id and r.active and r.config ? 'conversation'
    ) as x
    where conversation.lead_id is not null
    order by x.rank, x.created_at, x.agent_id
    limit 1;
$$;

ALTER FUNCTION private.conversation_agent(conversation public.conversations, channel_account_id uuid, OUT agent_id uuid, OUT project_id uuid) OWNER TO postgres;

-- Name: FUNCTION conversation_agent(conversation public.conversations, channel_account_id uuid, OUT agent_id uuid, OUT project_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.conversation_agent(conversation public.conversations, channel_account_id uuid, OUT agent_id uuid, OUT project_id uuid) IS 'Which agent (renus_config) answers a conversation, and for which project: the one it was given, else that of the newest running support line or campaign on this account, else the client''s first active agent whose config has conversation. null: nobody but people.';

-- Name: conversation_work(uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.conversation_work(thread_id uuid) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select jsonb_build_object(
        'kind', 'conversation',
        'lead', jsonb_build_object('name', l.name, 'opted_out', l.opted_out_at is not null),
        'company_name', k.company_name,
        'project', case when p.id is not null then jsonb_build_object('name', p.name, 'goal', p.config ->> 'goal') end,
        'agent', jsonb_build_object(
            'agent_type', r.agent_type, 'config', r.config - 'qualification' - 'conversion', 'prompts', r.prompts, 'version', r.version,
            'model', r.config ->> 'model', 'fallback_model', r.config ->> 'fallback_model'
        ),
        'sub_agent', c.sub_agent_id,
        'sub_agents', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'id', s.id, 'name', s.name, 'type', s.type, 'description', s.description, 'config', s.config, 'tools', (
                    select coalesce(jsonb_agg(o.name), '[]') from private.tools_of(r, s.id) as o
                )
            )), '[]')
            from private.sub_agents_of(r) as s
        ),
        -- Of the agent and of all its specialists: who has the dialogue may change within the turn.
        'tools', (
            select coalesce(jsonb_agg(jsonb_build_object('name', o.name, 'description', o.description, 'parameters', o.parameters_schema)), '[]')
            from public.tools as o
            where o.id in (
                select a.id from private.tools_of(r, null) as a
                union
                select b.id from private.sub_agents_of(r) as s cross join lateral private.tools_of(r, s.id) as b
            )
        ),
        'own_tools', (select coalesce(jsonb_agg(o.name), '[]') from private.tools_of(r, null) as o),
        'limits', jsonb_build_object(
            'steps', coalesce((r.config #>> '{conversation,limits,steps}')::integer, 6),
            'tool_calls', coalesce((r.config #>> '{conversation,limits,tool_calls}')::integer, private.setting_int('tool_calls_per_turn'))
        ),
        'memory', c.memory,
        'resuming', c.resuming,
        'qualification', private.qualification_work(c),
        'customer', private.customer_work(c),
        'summary', c.summary,
        'to_summarise', h.older,
        'history', h.items,
        'input', n.items,
        'reruns', t.reruns,
        'seen', case when n.message_id is not null then jsonb_build_object('channel_account_id', t.channel_account_id, 'message_id', n.message_id) end
    )
    from private.threads as t
    join public.leads as l on l.id = t.lead_id
    join public.clients as k on k.id = t.client_id
    join public.conversations as c on c.id = t.conversation_id
    join public.renus_config as r on r.id = t.agent_id
    left join public.projects as p on p.id = (select g.project_id from private.conversation_agent(c, t.channel_account_id) as g)
    cross join lateral (
        -- What is neither in the summary nor among the newest is to be summed up, some of it at a time.
        select coalesce(jsonb_agg(m.item order by m.seq) filter (where m.place > m.kept), '[]') as older,
            coalesce(jsonb_agg(m.item order by m.seq) filter (where m.place <= m.kept), '[]') as items
        from (
            select x.seq, x.place, x.item,
                case when count(*) over () > private.setting_int('history_messages') then private.setting_int('history_messages') / 2 else private.setting_int('history_messages') end as kept
            from (
                select m.seq, row_number() over (order by m.seq desc) as place,
                    jsonb_strip_nulls(jsonb_build_object(
                        'role', m.role, 'content', left(m.content, 2000), 'seq', m.seq,
                        'by', case when m.role = 'assistant' and m.metadata ->> 'turn_id' is null and m.metadata ->> 'written_by' is not null then 'person' end
                    )) as item
                from public.messages as m
                where m.conversation_id = c.id and m."timestamp" >= coalesce(c.summary_at - interval '1 hour', c.created_at) and m.seq > c.summary_seq and m.seq < t.lease_seq
                    and not (m.role = 'user' and m.seq > t.handled_seq)
                order by m.seq desc
                limit 3 * private.setting_int('history_messages')
            ) as x
        ) as m
    ) as h
    cross join lateral (
        select coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'seq', m.seq, 'type', coalesce(m.metadata ->> 'type', 'text'), 'content', left(m.content, 4000)) order by m.seq), '[]') as items,
            (array_agg(m.metadata ->> 'provider_id' order by m.seq desc) filter (where m.metadata ->> 'provider_id' is not null))[1] as message_id
        from public.messages as m
        where m.conversation_id = c.id and m.role = 'user' and m.seq > t.handled_seq and m.seq <= t.lease_seq and m."timestamp" >= coalesce(c.summary_at - interval '1 hour', c.created_at)
    ) as n
    where t.id = conversation_work.thread_id;
$$;

ALTER FUNCTION private.conversation_work(thread_id uuid) OWNER TO postgres;

-- Name: FUNCTION conversation_work(thread_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.conversation_work(thread_id uuid) IS 'Everything a turn of a thread''s conversation needs, bounded: lead, agent and its specialists, tools, what is remembered, the summary of what was said long ago (and what is to be added to it), the newest messages, the unhandled input. null when no agent has it.';

-- Name: conversion_problem(jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.conversion_problem(config jsonb) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
    plan jsonb := config -> 'conversion';
    questions jsonb := config #> '{qualification,questions}';
    template jsonb := plan -> 'project';
    kinds text[] := enum_range(null::public.agent_type)::text[];
    mapped jsonb := coalesce(plan #> '{agent_type,map}', '{}');
    asked jsonb;
    part text;
begin
    if jsonb_typeof(plan) <> 'object' then
        return 'conversion must be an object';
    end if;
    if questions is null then
        return 'conversion needs qualification: its questions bring the company and the address';
    end if;
    part := (select min(k) from jsonb_object_keys(plan) as k where k not in ('company', 'email', 'agent_type', 'project', 'plan'));
    if part is not null then
        return format('conversion.%s is not known', left(part, 60));
    end if;
    foreach part in array array['company', 'email'] loop
        asked := (select q.v from jsonb_array_elements(questions) as q (v) where q.v ->> 'key' = plan ->> part);
        if jsonb_typeof(plan -> part) is distinct from 'string' or asked is null then
            return format('conversion.%s must be the key of a question in qualification', part);
        end if;
        if asked ->> 'type' <> 'text' then
            return format('conversion.%s must name a question of type text, and %s is of type %s', part, plan ->> part, asked ->> 'type');
        end if;
    end loop;
    if plan ->> 'company' = plan ->> 'email' then
        return 'conversion.company and conversion.email must be two questions';
    end if;
    if plan ? 'plan' and not coalesce(plan ->> 'plan' = any (enum_range(null::public.client_plan)::text[]), false) then
        return format('conversion.plan must be one of %s', array_to_string(enum_range(null::public.client_plan), ', '));
    end if;

    if jsonb_typeof(plan -> 'agent_type') is distinct from 'object' or jsonb_typeof(mapped) <> 'object' then
        return 'conversion.agent_type must be {"question": key, "map": {answer: agent type}, "default"?: agent type}';
    end if;
    part := (
        select min(coalesce(a.value #>> '{}', 'null'))
        from (select m.value from jsonb_each(mapped) as m union all select plan #> '{agent_type,default}' where plan -> 'agent_type' ? 'default') as a (value)
        where not coalesce(jsonb_typeof(a.value) = 'string' and a.value #>> '{}' = any (kinds), false)
    );
    if part is not null then
        return format('conversion.agent_type: %s is no agent type; there are %s', left(part, 60), array_to_string(kinds, ', '));
    end if;
    if plan -> 'agent_type' ? 'question' then
        asked := (select q.v from jsonb_array_elements(questions) as q (v) where q.v ->> 'key' = plan #>> '{agent_type,question}');
        if asked ->> 'type' is distinct from 'choice' then
            return 'conversion.agent_type.question must be the key of a question of type choice';
        end if;
        part := (select min(m.key) from jsonb_each(mapped) as m where not asked -> 'options' ? m.key);
        if part is not null then
            return format('conversion.agent_type.map: %s is none of the options of %s', quote_literal(left(part, 60)), asked ->> 'key');
        end if;
        part := (select min(o.label) from jsonb_array_elements_text(asked -> 'options') as o (label) where not mapped ? o.label);
        if part is not null and not plan -> 'agent_type' ? 'default' then
            return format('conversion.agent_type.map says nothing of the option %s, and there is no default', quote_literal(left(part, 60)));
        end if;
    elsif not plan -> 'agent_type' ? 'default' then
        return 'conversion.agent_type needs a question or a default';
    end if;

    if template is null then
        return null;
    end if;
    if jsonb_typeof(template) <> 'object' or template - array['name', 'type', 'config'] <> '{}' then
        return 'conversion.project may have name, type and config';
    end if;
    if template ? 'name' and (jsonb_typeof(template -> 'name') <> 'string' or btrim(template ->> 'name') = '' or char_length(template ->> 'name') > 200) then
        return 'conversion.project.name must be a text of 1 to 200 characters';
    end if;
    if template ? 'type' and not coalesce(template ->> 'type' = any (enum_range(null::public.project_type)::text[]), false) then
        return format('conversion.project.type must be one of %s', array_to_string(enum_range(null::public.project_type), ', '));
    end if;
    if template ? 'config' then
        if jsonb_typeof(template -> 'config') <> 'object' then
            return 'conversion.project.config must be an object';
        end if;
        -- Now, not when a lead waits for it.
        part := coalesce(private.project_config_problem(template -> 'config'), (
            select min(private.question_refusal(t.kind::public.agent_type, template -> 'config'))
            from (select m.value from jsonb_each_text(mapped) as m union select plan #>> '{agent_type,default}') as t (kind)
            where t.kind is not null
        ));
        if part is not null then
            return 'conversion.project.config: ' || part;
        end if;
    end if;
    return null;
end
$$;

ALTER FUNCTION private.conversion_problem(config jsonb) OWNER TO postgres;

-- Name: FUNCTION conversion_problem(config jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.conversion_problem(config jsonb) IS 'What is wrong with an agent''s config.conversion, given its config.qualification, as a sentence; null if nothing. {"company": question key, "email": question key, "agent_type": {"question", "map", "default"?}, "project"?: {"name"? with {{company}}, "type"?, "config"?}, "plan"?}.';

-- Name: conversions; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.conversions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    qualification_id uuid NOT NULL,
    turn_id uuid,
    made_client_id uuid NOT NULL,
    made_renus_config_id uuid NOT NULL,
    made_project_id uuid,
    member_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    reversed_at timestamp with time zone,
    reversed_by uuid,
    reason text,
    CONSTRAINT reason_has_at_most_1000_characters CHECK ((char_length(reason) <= 1000)),
    CONSTRAINT who_reverses_says_why CHECK (((reversed_at IS NULL) = (reason IS NULL)))
);

ALTER TABLE ONLY public.conversions FORCE ROW LEVEL SECURITY;

ALTER TABLE public.conversions OWNER TO postgres;

-- Name: TABLE conversions; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.conversions IS 'Leads of the house client that have become clients, and what was made for each. Written by the commit of a turn, taken back by public.reverse_conversion.';

-- Name: COLUMN conversions.turn_id; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.conversions.turn_id IS 'The turn whose commit did it.';

-- Name: qualifications; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.qualifications (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    conversation_id uuid,
    renus_config_id uuid,
    renus_config_version integer,
    status public.qualification_status DEFAULT 'open'::public.qualification_status NOT NULL,
    proposed jsonb DEFAULT '{}'::jsonb NOT NULL,
    problems jsonb DEFAULT '{}'::jsonb NOT NULL,
    answers jsonb DEFAULT '{}'::jsonb NOT NULL,
    score numeric DEFAULT 0 NOT NULL,
    threshold numeric,
    reason text,
    decided_at timestamp with time zone,
    settled_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT answers_are_an_object CHECK ((jsonb_typeof(answers) = 'object'::text)),
    CONSTRAINT decided_at_once_decided CHECK (((decided_at IS NULL) = (status = 'open'::public.qualification_status))),
    CONSTRAINT problems_are_an_object CHECK ((jsonb_typeof(problems) = 'object'::text)),
    CONSTRAINT proposed_answers_are_an_object CHECK (((jsonb_typeof(proposed) = 'object'::text) AND (octet_length((proposed)::text) <= 65536))),
    CONSTRAINT settled_after_decided CHECK (((settled_at IS NULL) OR (decided_at IS NOT NULL))),
    CONSTRAINT who_does_not_qualify_is_told_why CHECK (((status <> 'not_qualified'::public.qualification_status) OR (reason IS NOT NULL)))
);

ALTER TABLE ONLY public.qualifications FORCE ROW LEVEL SECURITY;

ALTER TABLE public.qualifications OWNER TO postgres;

-- Name: TABLE qualifications; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.qualifications IS 'What a lead that showed interest was asked, and whether that is enough: scored by private.qualification_verdict from the configuration of the agent that asked.';

-- Name: COLUMN qualifications.renus_config_id; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.qualifications.renus_config_id IS 'The agent whose questions they are, and renus_config_version the version it was last judged by.';

-- Name: COLUMN qualifications.proposed; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.qualifications.proposed IS 'What the agent took from the lead''s messages in its last call of the tool: the only thing agents write.';

-- Name: COLUMN qualifications.problems; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.qualifications.problems IS 'Why proposed answers are none, in the words the lead may read: {question key: sentence}.';

-- Name: COLUMN qualifications.answers; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.qualifications.answers IS '{question key: {"status": answered | invalid | refused, "value", "quote"?, "tries"?, "turn"?}}.';

-- Name: COLUMN qualifications.reason; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.qualifications.reason IS 'Why it is not enough; or why what should have followed did not, or why it was taken back.';

-- Name: COLUMN qualifications.settled_at; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.qualifications.settled_at IS 'When a commit carried out what follows.';

-- Name: convert_lead(public.qualifications, uuid, jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.convert_lead(qualification public.qualifications, turn_id uuid, config jsonb, OUT conversion public.conversions, OUT problem text) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
    plan jsonb := config -> 'conversion';
    company text := left(btrim(regexp_replace(coalesce(qualification.answers #>> array[plan ->> 'company', 'value'], ''), '\s+', ' ', 'g')), 200);
    address text := qualification.answers #>> array[plan ->> 'email', 'value'];
    kind public.agent_type := coalesce(
        plan #>> array['agent_type', 'map', qualification.answers #>> array[plan #>> '{agent_type,question}', 'value']], plan #>> '{agent_type,default}'
    )::public.agent_type;
    member public.client_members;
    again public.conversions;
begin
    select * into conversion
    from public.conversions as v
    where v.client_id = qualification.client_id and v.lead_id = qualification.lead_id and v.reversed_at is null;
    if found then
        return;
    end if;
    problem := case
        when company = '' then 'falta o nome da empresa'
        when private.is_email(address) is not true then 'falta um e-mail que sirva'
        when kind is null then 'não há tipo de agente para a resposta'
    end;
    if problem is not null then
        return;
    end if;
    -- One conversion to an address at a time, whoever's.
    perform pg_advisory_xact_lock(hashtextextended('convert ' || address, 0));
    select v.* into again
    from public.conversions as v
    join public.clients as k on k.id = v.made_client_id and k.company_name = company
    join public.client_members as m on m.id = v.member_id and m.email = address
    where v.client_id = qualification.client_id and v.lead_id = qualification.lead_id
    order by v.created_at desc
    limit 1;
    -- SECURITY: what a lead says proves nothing. An address that is somebody's already would put that person into a client of a stranger's making, or
    -- show a stranger a client of theirs: a person decides.
    if exists (select from auth.users as u where lower(u.email) = address and u.email_confirmed_at is not null and again.id is null) then
        problem := 'o e-mail é de uma pessoa que já tem cadastro';
    elsif exists (
        select from public.client_members as m
        where m.email = address and m.status <> 'removed' and m.client_id is distinct from again.made_client_id
    ) then
        problem := 'o e-mail já foi convidado por um cliente';
    end if;
    if problem is not null then
        return;
    end if;

    conversion.made_client_id := again.made_client_id;
    conversion.made_renus_config_id := again.made_renus_config_id;
    conversion.made_project_id := again.made_project_id;
    if again.id is null then
        insert into public.clients (company_name, plan)
        values (company, coalesce(plan ->> 'plan', 'basic')::public.client_plan)
        returning id into conversion.made_client_id;
        insert into public.renus_config (client_id, agent_type) values (conversion.made_client_id, kind) returning id into conversion.made_renus_config_id;
    else
        update public.clients as k set status = 'active' where k.id = again.made_client_id;
    end if;
    member := private.add_member(conversion.made_client_id, address, 'owner');
    if conversion.made_project_id is null then
        insert into public.projects (client_id, name, type, config, renus_config_id)
        values (
            conversion.made_client_id,
            left(replace(coalesce(plan #>> '{project,name}', 'Primeira pesquisa de {{company}}'), '{{company}}', company), 200),
            coalesce(plan #>> '{project,type}', 'survey')::public.project_type, coalesce(plan #> '{project,config}', '{}'), conversion.made_renus_config_id
        )
        returning id into conversion.made_project_id;
    end if;
    insert into public.conversions (client_id, lead_id, qualification_id, turn_id, made_client_id, made_renus_config_id, made_project_id, member_id)
    values (
        qualification.client_id, qualification.lead_id, qualification.id, convert_lead.turn_id,
        conversion.made_client_id, conversion.made_renus_config_id, conversion.made_project_id, member.id
    )
    returning * into conversion;
    perform private.audit(qualification.client_id, 'lead_converted', 'lead', qualification.lead_id, jsonb_build_object(
        'conversion_id', conversion.id, 'qualification_id', qualification.id, 'client_id', conversion.made_client_id, 'project_id', conversion.made_project_id,
        'renus_config_id', conversion.made_renus_config_id, 'agent_type', kind, 'score', qualification.score, 'turn_id', convert_lead.turn_id
    ));
    perform private.audit(conversion.made_client_id, case when again.id is null then 'client_created' else 'client_restored' end, 'client', conversion.made_client_id, jsonb_build_object(
        'by', 'conversion', 'project_id', conversion.made_project_id, 'renus_config_id', conversion.made_renus_config_id, 'member_id', member.id
    ));
end
$$;

ALTER FUNCTION private.convert_lead(qualification public.qualifications, turn_id uuid, config jsonb, OUT conversion public.conversions, OUT problem text) OWNER TO postgres;

-- Name: FUNCTION convert_lead(qualification public.qualifications, turn_id uuid, config jsonb, OUT conversion public.conversions, OUT problem text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.convert_lead(qualification public.qualifications, turn_id uuid, config jsonb, OUT conversion public.conversions, OUT problem text) IS 'Makes a client of a qualified lead of the house client, as config.conversion says: the client, an invitation for its first user, its agent of the mapped type, its project (a draft). Idempotent: a lead that is a client already stays that one; one whose conversion was taken back gets the same client again for the same company and address. problem: why it cannot be, for people to read; then nothing is made. The caller holds the lead''s lock.';

-- Name: count_dialogue(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.count_dialogue() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
    said jsonb := (
        select jsonb_agg(jsonb_build_object(
            'thread_id', t.id, 'seq', n.seq, 'metadata', n.metadata - 'payload', 'content', n.content, 'answered', private.is_answered(t)
        ))
        from new_rows as n
        join private.threads as t on t.client_id = n.client_id and t.conversation_id = n.conversation_id
        where n.role = 'user'
    );
begin
    if said is null then
        return null;
    end if;
    if said @? '$[*] ? (@.answered == true)' then
        perform private.count_said((select jsonb_agg(s.v) from jsonb_array_elements(said) as s (v) where (s.v ->> 'answered')::boolean));
    end if;
    -- What no agent answers waits for no turn.
    update private.threads as t
    set last_seq = s.newest, inbound_seq = s.newest, handled_seq = s.newest, last_inbound_at = private.now()
    from (
        select (m.v ->> 'thread_id')::uuid as thread_id, max((m.v ->> 'seq')::bigint) as newest
        from jsonb_array_elements(said) as m (v)
        where not (m.v ->> 'answered')::boolean
        group by 1
    ) as s
    where t.id = s.thread_id;
    return null;
end
$_$;

ALTER FUNCTION private.count_dialogue() OWNER TO postgres;

-- Name: FUNCTION count_dialogue(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.count_dialogue() IS 'Trigger: what leads said in conversations is counted on their threads, and has a turn where an agent answers (private.is_answered); else it is a person''s to read.';

-- Name: count_inbound(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.count_inbound() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    said jsonb := (
        select jsonb_agg(jsonb_build_object('thread_id', t.id, 'seq', n.seq, 'metadata', n.metadata - 'payload', 'content', n.content))
        from new_rows as n
        join private.threads as t on t.client_id = n.client_id and t.interview_id = n.interview_id
        where n.role = 'user'
    );
begin
    if said is not null then
        perform private.count_said(said);
    end if;
    return null;
end
$$;

ALTER FUNCTION private.count_inbound() OWNER TO postgres;

-- Name: FUNCTION count_inbound(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.count_inbound() IS 'Trigger: what leads said in interviews is counted on their threads, and has a turn (private.count_said).';

-- Name: count_said(jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.count_said(said jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    longest interval := make_interval(secs => private.setting_int('debounce_max_ms') / 1000.0);
    right_now timestamptz := clock_timestamp();
    client_id uuid;
    sooner record;
    work integer := 0;
begin
    -- Lock order: threads by id; ingest holds these locks already.
    perform from private.threads as t
    where t.id in (select s.thread_id from jsonb_to_recordset(said) as s (thread_id uuid))
    order by t.id
    for no key update;
    for sooner in
        with
        bursts as (
            -- The last message of a burst says whether there is more to come; an opt-out among them waits for nothing.
            select m.thread_id, max(m.seq) as newest, max(m.seq) filter (where m.wanted) as newest_to_answer,
                make_interval(secs => case
                    when bool_or(private.is_opt_out(m.content)) then 0
                    else private.debounce_ms(
                        (array_agg(m.metadata order by m.seq desc) filter (where m.wanted))[1], (array_agg(m.content order by m.seq desc) filter (where m.wanted))[1],
                        private.question_type(t.interview_id)
                    )
                end / 1000.0) as pause
            from (
                select s.thread_id, s.seq, s.metadata, s.content, private.needs_answer(s.metadata, s.content) as wanted
                from jsonb_to_recordset(said) as s (thread_id uuid, seq bigint, metadata jsonb, content text)
            ) as m
            join private.threads as t on t.id = m.thread_id
            group by m.thread_id, t.interview_id
        ),
        counted as (
            update private.threads as t
            set last_seq = greatest(t.last_seq, b.newest), inbound_seq = greatest(t.inbound_seq, b.newest_to_answer), last_inbound_at = private.now(),
                waiting_since = case when b.newest_to_answer is null then t.waiting_since else coalesce(t.waiting_since, right_now) end,
                not_before = case
                    when b.newest_to_answer is null then t.not_before
                    else least(right_now + b.pause, coalesce(t.waiting_since, right_now) + longest)
                end
            from bursts as b
            join private.threads as earlier on earlier.id = b.thread_id
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
    where t.id in (
            select s.thread_id from jsonb_to_recordset(said) as s (thread_id uuid, metadata jsonb, content text) where private.needs_answer(s.metadata, s.content)
        )
        and t.task_id is null and t.inbound_seq > t.handled_seq
        and l.id = t.lead_id and l.status <> 'blocked';
    for client_id in select distinct t.client_id from private.threads as t where t.id in (select s.thread_id from jsonb_to_recordset(said) as s (thread_id uuid)) order by 1 loop
        work := work + private.admit_turns(client_id);
    end loop;
    if work > 0 then
        perform private.ring('agent_turn');
    end if;
end
$$;

ALTER FUNCTION private.count_said(said jsonb) OWNER TO postgres;

-- Name: FUNCTION count_said(said jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.count_said(said jsonb) IS 'Counts what leads said on their threads ([{"thread_id", "seq", "metadata", "content"}]), starts the debounce, and has one turn wait for admission for each thread that has something to answer and none queued.';

-- Name: csv_rows(text, integer); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.csv_rows(csv text, max_rows integer) RETURNS TABLE(line integer, content jsonb, problem text)
    LANGUAGE plpgsql IMMUTABLE ROWS 10000
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
    -- Without a byte order mark, with one kind of line end, and of the control characters only tab and line end.
    txt text := translate(
        replace(replace(ltrim(csv_rows.csv, E'\uFEFF'), E'\r\n', E'\n'), E'\r', E'\n') || E'\n',
        E'\x01\x02\x03\x04\x05\x06\x07\x08\x0B\x0C\x0E\x0F\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1A\x1B\x1C\x1D\x1E\x1F\x7F', repeat(' ', 29)
    );
    first_line text := regexp_replace(substring(txt from '^\s*([^\n]*)'), '"(?:[^"]|"")*"', '', 'g');
    separator text;
    cells text[];
    lines integer[];
    places integer[];
    headers text[];
    header_line integer;
    twice text;
begin
    -- Excel may name its separator in a line of its own (sep=;); otherwise it is what stands most often in the header.
    separator := coalesce(substring(first_line from '^sep=([,;\t|])$'), (
        select s.c from unnest(array[';', ',', E'\t', '|']) with ordinality as s (c, ord)
        order by length(first_line) - length(replace(first_line, s.c, '')) desc, s.ord
        limit 1
    ));
    -- Each cell with what ends it. A quote that nothing closes right before a separator is a character like others: it harms its own line only.
    select array_agg(u.cell order by u.ord), array_agg(u.line order by u.ord), array_agg(u.place order by u.ord)
    into cells, lines, places
    from (
        select p.ord, p.line, row_number() over (partition by p.line order by p.ord)::integer as place,
            case
                when p.written like '"%"' and length(p.written) > 1 then btrim(replace(substr(p.written, 2, length(p.written) - 2), '""', '"'), E' \n\t')
                else p.written
            end as cell
        from (
            select t.ord, btrim(left(t.cell, -1), E' \t') as written,
                (1 + count(*) filter (where right(t.cell, 1) = E'\n') over (order by t.ord rows between unbounded preceding and 1 preceding))::integer as line
            from (
                select m.found[1] as cell, m.ord
                from regexp_matches(txt, replace('[ ]*"(?:[^"]|"")*"[ ]*[;\n]|[^;\n]*[;\n]', ';', separator), 'g') with ordinality as m (found, ord)
            ) as t
        ) as p
    ) as u;
    select min(c.line) into header_line
    from unnest(cells, lines) as c (cell, line)
    where c.cell <> '' and c.cell !~ '^sep=[,;\t|]?$';
    if header_line is null then
        raise exception 'the file is empty' using errcode = '22023', hint = 'Its first line names the columns, e.g. nome;telefone;email.';
    end if;
    headers := array(
        -- A column without a name keeps its place as one.
        select case c.cell when '' then 'column ' || c.place else c.cell end
        from unnest(cells, lines, places) as c (cell, line, place)
        where c.line = header_line
        order by c.place
    );
    select h.name into twice from unnest(headers) as h (name) group by h.name having count(*) > 1 limit 1;
    if twice is not null then
        raise exception 'the file has two columns named %', quote_literal(left(twice, 100)) using errcode = '22023', hint = 'Give each column its own name.';
    end if;
    if not exists (select from unnest(headers) as h (name) where private.lead_column(h.name) like 'phone%') then
        raise exception 'the file has no column for the phone; its columns are %', left(array_to_string(headers, ', '), 500)
            using errcode = '22023', hint = 'Name it whatsapp, celular, telefone or phone, in the first line.';
    end if;
    if (select count(distinct c.line) from unnest(cells, lines) as c (cell, line) where c.cell <> '') > csv_rows.max_rows + 1 then
        raise exception 'the file has more than % rows', csv_rows.max_rows using errcode = '22023', hint = 'Import it in several files.';
    end if;
    return query
    select c.line, coalesce(jsonb_object_agg(headers[c.place], c.cell) filter (where c.cell <> '' and c.place <= cardinality(headers)), '{}'),
        case when bool_or(c.cell <> '' and c.place > cardinality(headers))
            then format('the line has %s cells where the header has %s', max(c.place) filter (where c.cell <> ''), cardinality(headers)) end
    from unnest(cells, lines, places) as c (cell, line, place)
    where c.line > header_line
    group by c.line
    having bool_or(c.cell <> '');
end
$_$;

ALTER FUNCTION private.csv_rows(csv text, max_rows integer) OWNER TO postgres;

-- Name: FUNCTION csv_rows(csv text, max_rows integer); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.csv_rows(csv text, max_rows integer) IS 'The rows of a list of leads as a CSV file (RFC 4180; separated by comma, semicolon, tab or bar; byte order mark and Excel''s sep= line known) as objects by column name, without empty cells and empty rows. line is the row''s number as a spreadsheet shows it. problem: why the row cannot be read. Raises 22023 when the file as a whole cannot be read.';

-- Name: current_profile_id(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.current_profile_id() RETURNS uuid
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    -- After the first request on a pooled connection the setting is '', not null.
    select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid;
$$;

ALTER FUNCTION private.current_profile_id() OWNER TO postgres;

-- Name: FUNCTION current_profile_id(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.current_profile_id() IS 'The person whose token the request carries; null without one. Our own reading of the claims: roles of ours have no right to schema auth.';

-- Name: customer_work(public.conversations); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.customer_work(conversation public.conversations) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select jsonb_build_object(
        'company_name', k.company_name, 'plan', k.plan,
        'agent_type', (
            select r.agent_type from public.renus_config as r
            where r.client_id = k.id
            order by r.id = v.made_renus_config_id desc nulls last, r.active desc, r.created_at
            limit 1
        ),
        'project', (
            select jsonb_build_object('name', p.name, 'status', p.status) from public.projects as p
            where p.client_id = k.id
            order by p.status = 'active' desc, p.created_at desc
            limit 1
        )
    )
    from public.clients as k
    -- Another dialogue of the same lead, on another number or after this one was closed, knows it as well.
    left join public.conversions as v on v.client_id = conversation.client_id and v.lead_id = conversation.lead_id and v.reversed_at is null
    where k.id = coalesce(conversation.customer_client_id, (
        select c.made_client_id from public.conversions as c
        where c.client_id = conversation.client_id and c.lead_id = conversation.lead_id and c.reversed_at is null
    )) and k.status = 'active';
$$;

ALTER FUNCTION private.customer_work(conversation public.conversations) OWNER TO postgres;

-- Name: FUNCTION customer_work(conversation public.conversations); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.customer_work(conversation public.conversations) IS 'What the agent knows of the client that its lead has become: {"company_name", "agent_type", "plan", "project": {"name", "status"}}; null where it has become none, or one that is not active.';

-- Name: projects; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.projects (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid DEFAULT private.default_client_id() NOT NULL,
    name text NOT NULL,
    description text,
    type public.project_type DEFAULT 'survey'::public.project_type NOT NULL,
    status public.project_status DEFAULT 'draft'::public.project_status NOT NULL,
    config jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    renus_config_id uuid,
    channel_account_id uuid,
    CONSTRAINT config_has_at_most_4096_kilobytes_and_20_levels CHECK (((octet_length((config)::text) <= 4194304) AND (NOT (config @? '$.**{20}'::jsonpath)))),
    CONSTRAINT config_is_an_object CHECK ((jsonb_typeof(config) = 'object'::text)),
    CONSTRAINT description_has_at_most_10000_characters CHECK ((char_length(description) <= 10000)),
    CONSTRAINT name_has_at_most_200_characters CHECK ((char_length(name) <= 200)),
    CONSTRAINT name_is_not_blank CHECK ((btrim(name) <> ''::text))
);

ALTER TABLE ONLY public.projects FORCE ROW LEVEL SECURITY;

ALTER TABLE public.projects OWNER TO postgres;

-- Name: TABLE projects; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.projects IS 'A client''s surveys, campaigns and support lines.';

-- Name: COLUMN projects.config; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.projects.config IS 'goal, audience, questionnaire, invitation, reminders, expire_after, stretch (spread over days what the account''s daily limit does not take at once): checked by private.project_config_problem.';

-- Name: COLUMN projects.channel_account_id; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.projects.channel_account_id IS 'The number that writes; null until started, then the client''s oldest active WhatsApp account.';

-- Name: daily_room(public.projects); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.daily_room(project public.projects) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    account public.channel_accounts;
    siblings uuid[];
    window_hours integer;
    everybody integer;
    needed integer;
    used integer;
    waiting integer;
    free integer;
begin
    select a.* into account
    from public.channel_accounts as a
    where a.id = coalesce(project.channel_account_id, private.account_for(project.client_id, null));
    if account.daily_limit is null then
        return null;
    end if;
    siblings := private.accounts_of_portfolio(account.id);
    select p.window_hours into window_hours from private.providers as p where p.provider = account.provider and p.channel = account.channel;
    select count(*), count(*) filter (where o.lead_id is null and r.lead_id is null) into everybody, needed
    from private.audience(project.id) as a
    left join (
        select t.lead_id
        from private.threads as t
        where t.client_id = project.client_id and t.channel_account_id = account.id
            and t.last_inbound_at > private.now() - make_interval(hours => window_hours)
    ) as o on o.lead_id = a.lead_id
    -- Whoever was written to counts once.
    left join (
        select distinct d.lead_id
        from public.deliveries as d
        where d.client_id = project.client_id and d.channel_account_id = any (siblings) and d.initiated
            and d.begun_at > private.now() - interval '24 hours'
    ) as r on r.lead_id = a.lead_id
    where a.left_out is null;
    used := private.people_reached(account.id);
    -- What other projects have begun and not sent yet takes the same room.
    select count(distinct i.lead_id) into waiting
    from public.projects as p
    join public.interviews as i on i.project_id = p.id
    where p.client_id = project.client_id and p.id <> project.id and p.status = 'active' and p.channel_account_id = any (siblings)
        and i.status = 'pending'
        and (
            i.invited_at is null
            or exists (
                select from public.deliveries as d
                where d.client_id = i.client_id and d.interview_id = i.id and d.kind = 'invitation' and d.status in ('queued', 'deferred') and d.begun_at is null
            )
        );
    free := greatest(account.daily_limit - used - waiting, 0);
    return jsonb_build_object(
        'daily_limit', account.daily_limit, 'used_24h', used, 'waiting', waiting, 'free', free, 'audience', everybody, 'needed', needed, 'fits', needed <= free,
        'days', case
            when needed = 0 then 0
            when needed <= free then 1
            else ceil((used + waiting + needed)::numeric / account.daily_limit)::integer
        end
    );
end
$$;

ALTER FUNCTION private.daily_room(project public.projects) OWNER TO postgres;

-- Name: FUNCTION daily_room(project public.projects); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.daily_room(project public.projects) IS 'Whether a project''s audience fits into its account''s daily limit if it started now: {"daily_limit", "used_24h", "waiting": people whom running projects are still to invite, "free", "audience", "needed": those of it who count (not who wrote lately, nor who was written to already), "fits", "days": over how many days it would be spread}. null: no limit.';

-- Name: debounce_ms(jsonb, text, text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.debounce_ms(metadata jsonb, content text, question_type text) RETURNS integer
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $_$
    select case
        when s.pause = 0 then 0
        -- A tap is a whole answer, and who wants to be left alone is not kept waiting.
        when coalesce(debounce_ms.metadata ->> 'type', 'text') in ('button', 'list', 'flow') or private.is_opt_out(debounce_ms.content) then 0
        -- One word answers a closed question, unless it is a "mas" or a "porque". One or two letters are an option's.
        when debounce_ms.question_type in ('number', 'scale', 'yes_no', 'choice') and btrim(debounce_ms.content) ~ '^\S+$'
            and (length(btrim(debounce_ms.content)) <= 2 or not private.looks_unfinished(debounce_ms.content)) then 0
        when private.looks_unfinished(debounce_ms.content) then greatest(s.pause, private.setting_int('debounce_unfinished_ms'))
        else s.pause
    end
    from (select private.setting_int('debounce_ms') as pause) as s;
$_$;

ALTER FUNCTION private.debounce_ms(metadata jsonb, content text, question_type text) OWNER TO postgres;

-- Name: FUNCTION debounce_ms(metadata jsonb, content text, question_type text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.debounce_ms(metadata jsonb, content text, question_type text) IS 'Milliseconds to wait for more after this message (metadata, content) of a lead who was last asked a question of that type (null: none). None after a tap, an opt-out or one word to a closed question; longer after what looks unfinished.';

-- Name: delivery_rank(public.delivery_status); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.delivery_rank(status public.delivery_status) RETURNS integer
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    -- failed stands below delivered: a provider that reports both did deliver.
    select case delivery_rank.status
        when 'read' then 5 when 'delivered' then 4 when 'failed' then 3 when 'sent' then 2 when 'sending' then 1 when 'unknown' then 1 else 0
    end;
$$;

ALTER FUNCTION private.delivery_rank(status public.delivery_status) OWNER TO postgres;

-- Name: FUNCTION delivery_rank(status public.delivery_status); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.delivery_rank(status public.delivery_status) IS 'How far a delivery has come. It only ever moves up, so statuses may arrive in any order and any number of times.';

-- Name: delivery_task(public.deliveries); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.delivery_task(delivery public.deliveries) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select jsonb_build_object(
        'task', 'delivery', 'queue', delivery.queue, 'msg_id', delivery.task_id, 'id', delivery.id, 'client_id', delivery.client_id,
        'attempt', delivery.attempts, 'claim', delivery.claim, 'wait_ms', 0,
        'work', jsonb_build_object(
            'id', delivery.id, 'kind', delivery.kind, 'channel', delivery.channel, 'channel_account_id', delivery.channel_account_id,
            'content', delivery.content,
            'to', jsonb_build_object(
                'phone', coalesce(l.phone, p.phone, t.address ->> 'phone'), 'wa_id', t.address ->> 'wa_id', 'bsuid', t.address ->> 'bsuid', 'email', coalesce(l.email, p.email)
            ) || jsonb_strip_nulls(jsonb_build_object('lid', t.address -> 'lid'))
        )
    )
    from (select 1) as one
    left join public.leads as l on l.id = delivery.lead_id
    left join public.profiles as p on p.id = delivery.profile_id
    left join private.threads as t on t.id = delivery.thread_id;
$$;

ALTER FUNCTION private.delivery_task(delivery public.deliveries) OWNER TO postgres;

-- Name: FUNCTION delivery_task(delivery public.deliveries); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.delivery_task(delivery public.deliveries) IS 'A claimed delivery as the functions get it: {"task": "delivery", "claim", "attempt", "work": {"to", "content", "channel_account_id", …}, …}.';

-- Name: digest_text(uuid[]); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.digest_text(notification_ids uuid[]) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    with
    told as (
        select n.event, n.text, row_number() over (order by n.created_at, n.id) as place
        from public.notifications as n
        where n.id = any (digest_text.notification_ids)
    ),
    counted as (
        select count(*) as n, min(t.place) as place, t.event from told as t group by t.event
    )
    select format(
        'Você tem %s avisos: %s. %s%s',
        (select count(*) from told),
        (
            select string_agg(c.n || ' ' || case when c.n = 1 then w.one else w.many end, ', ' order by c.place)
            from counted as c
            cross join private.notification_words(c.event) as w
        ),
        (select string_agg(left(t.text, 160), ' ' order by t.place) from told as t where t.place <= 3),
        (select case when count(*) > 3 then ' E mais ' || count(*) - 3 || '.' else '' end from told)
    );
$$;

ALTER FUNCTION private.digest_text(notification_ids uuid[]) OWNER TO postgres;

-- Name: FUNCTION digest_text(notification_ids uuid[]); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.digest_text(notification_ids uuid[]) IS 'Many notifications in one text: how many of each event, and the first three in their own words. Read-only.';

-- Name: do_isa_act(jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.do_isa_act(act jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    kind text := act ->> 'act';
    failed_task_id uuid;
    dead integer := 0;
    replayed integer := 0;
    resolved integer := 0;
    answer jsonb;
    task public.failed_tasks;
    done boolean;
    told text;
begin
    -- SECURITY: as the caller, by id: row level security, grants and triggers hold as for any request of that person's. Each statement names the
    -- state that was shown: where the world has changed meanwhile, nothing is changed.
    case kind
        when 'pause_project' then
            update public.projects as p set status = 'paused' where p.id = (act ->> 'project_id')::uuid and p.status = 'active';
            done := found;
            told := format(case when done then '“%s” está em pausa.' else '“%s” não estava mais em andamento: nada mudou.' end, act ->> 'name');
        when 'resume_project' then
            update public.projects as p set status = 'active' where p.id = (act ->> 'project_id')::uuid and p.status = 'paused';
            done := found;
            told := format(case when done then '“%s” está em andamento outra vez.' else '“%s” não estava mais em pausa: nada mudou.' end, act ->> 'name');
        when 'block_lead' then
            update public.leads as l set status = 'blocked' where l.id = (act ->> 'lead_id')::uuid and l.status <> 'blocked';
            done := found;
            told := format(case when done then 'O lead %s está bloqueado.' else 'O lead %s já estava bloqueado, ou não existe mais: nada mudou.' end, coalesce(act ->> 'name', act ->> 'phone'));
        when 'unblock_lead' then
            update public.leads as l set status = 'active' where l.id = (act ->> 'lead_id')::uuid and l.status = 'blocked';
            done := found;
            told := format(case when done then 'O lead %s está desbloqueado.' else 'O lead %s não estava mais bloqueado: nada mudou.' end, coalesce(act ->> 'name', act ->> 'phone'));
        when 'cancel_interview' then
            update public.interviews as i set status = 'cancelled' where i.id = (act ->> 'interview_id')::uuid and i.status in ('pending', 'in_progress');
            done := found;
            told := format(case when done then 'A entrevista de %s está cancelada.' else 'A entrevista de %s já tinha terminado: nada mudou.' end, coalesce(act ->> 'name', act ->> 'phone'));
        when 'suspend_client' then
            update public.clients as c set status = 'suspended' where c.id = (act ->> 'client_id')::uuid and c.status <> 'suspended' and not c.is_house;
            done := found;
            told := format(case when done then 'O cliente “%s” está suspenso.' else 'O cliente “%s” já estava suspenso: nada mudou.' end, act ->> 'name');
        when 'reactivate_client' then
            update public.clients as c set status = 'active' where c.id = (act ->> 'client_id')::uuid and c.status <> 'active';
            done := found;
            told := format(case when done then 'O cliente “%s” está ativo.' else 'O cliente “%s” já estava ativo: nada mudou.' end, act ->> 'name');
        when 'resend_invitation' then
            answer := public.resend_invitation((act ->> 'interview_id')::uuid);
            done := answer ->> 'outcome' in ('queued', 'deferred');
            told := case answer ->> 'outcome'
                when 'queued' then format('O convite de %s vai sair de novo agora.', coalesce(act ->> 'name', act ->> 'phone'))
                when 'deferred' then format(
                    'O convite de %s sai de novo em %s (%s).', coalesce(act ->> 'name', act ->> 'phone'),
                    to_char((answer ->> 'due_at')::timestamptz at time zone 'America/Sao_Paulo', 'DD/MM "às" HH24:MI'), answer ->> 'reason'
                )
                when 'none' then format('Não há mais convite a reenviar a %s: a entrevista já começou ou terminou, ou o projeto não está em andamento. Nada mudou.', coalesce(act ->> 'name', act ->> 'phone'))
                else format('O convite de %s já espera para sair: nenhum outro foi feito.', coalesce(act ->> 'name', act ->> 'phone'))
            end;
        when 'replay_failed_tasks' then
            for failed_task_id in
                select f.id from public.failed_tasks as f
                where f.id in (select v.id::uuid from jsonb_array_elements_text(act -> 'failed_task_ids') as v (id)) and f.status = 'dead'
                order by f.created_at, f.id
            loop
                task := public.replay_failed_task(failed_task_id);
                dead := dead + 1;
                replayed := replayed + (task.status = 'replayed')::integer;
                resolved := resolved + (task.status = 'resolved')::integer;
            end loop;
            done := dead > 0;
            told := case
                when not done then 'Nenhuma dessas tarefas estava mais na fila de falhas: nada mudou.'
                else format('Tarefas de volta à fila: %s.', replayed) || case when resolved > 0 then format(' Sem nada mais a fazer: %s.', resolved) else '' end
            end;
        else
            raise exception 'ISA knows no act %', coalesce(quote_literal(left(kind, 50)), 'without a name') using errcode = '22023';
    end case;
    return jsonb_build_object('act', kind, 'done', done, 'text', told);
end
$$;

ALTER FUNCTION private.do_isa_act(act jsonb) OWNER TO postgres;

-- Name: FUNCTION do_isa_act(act jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.do_isa_act(act jsonb) IS 'Does one act of a confirmed plan, under the caller''s own rights, and says in Portuguese what came of it: {"act", "done", "text"}; done is false where the world had changed and nothing was. Raises what the rules raise.';

-- Name: drop_turn(uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.drop_turn(thread_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    perform pgmq.delete('high_priority', t.task_id) from private.threads as t where t.id = drop_turn.thread_id and t.task_id is not null;
    update private.threads as t
    set handled_seq = t.inbound_seq, task_id = null, lease = null, lease_until = null, lease_seq = null, due_at = null,
        not_before = null, waiting_since = null, attempts = 0, reruns = 0
    where t.id = drop_turn.thread_id;
end
$$;

ALTER FUNCTION private.drop_turn(thread_id uuid) OWNER TO postgres;

-- Name: FUNCTION drop_turn(thread_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.drop_turn(thread_id uuid) IS 'Ends what a thread had waiting without an answer: nobody is to answer any more, a person has taken over, or the lead is blocked.';

-- Name: easter_of(integer); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.easter_of(year integer) RETURNS date
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
declare
    -- The anonymous Gregorian computus (Meeus, Astronomical Algorithms, chapter 8), in its author's letters.
    a integer := easter_of.year % 19;
    b integer := easter_of.year / 100;
    c integer := easter_of.year % 100;
    h integer := (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    l integer := (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    m integer := (a + 11 * h + 22 * l) / 451;
    n integer := h + l - 7 * m + 114;
begin
    return make_date(easter_of.year, n / 31, n % 31 + 1);
end
$$;

ALTER FUNCTION private.easter_of(year integer) OWNER TO postgres;

-- Name: FUNCTION easter_of(year integer); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.easter_of(year integer) IS 'Easter Sunday of a year of the Gregorian calendar.';

-- Name: end_delivery(uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.end_delivery(delivery_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    d public.deliveries;
begin
    select * into strict d from public.deliveries as x where x.id = end_delivery.delivery_id;
    if d.task_id is not null then
        perform pgmq.delete(d.queue, d.task_id);
        update public.deliveries as x set task_id = null where x.id = d.id;
    end if;
    update public.failed_tasks as f
    set status = 'resolved', resolved_at = now()
    where f.task_row_id = d.id and f.status = 'replayed' and d.status in ('sent', 'delivered', 'read');
end
$$;

ALTER FUNCTION private.end_delivery(delivery_id uuid) OWNER TO postgres;

-- Name: FUNCTION end_delivery(delivery_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.end_delivery(delivery_id uuid) IS 'Takes the task of a delivery that needs no more sending out of its queue.';

-- Name: end_interview(uuid, public.end_reason); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.end_interview(interview_id uuid, reason public.end_reason) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
    update public.interviews as i
    set status = case end_interview.reason when 'completed' then 'completed' else 'cancelled' end::public.interview_status,
        end_reason = end_interview.reason,
        started_at = coalesce(i.started_at, case end_interview.reason when 'completed' then now() end),
        completed_at = case end_interview.reason when 'completed' then clock_timestamp() end,
        current_question = null
    where i.id = end_interview.interview_id and i.status in ('pending', 'in_progress');
$$;

ALTER FUNCTION private.end_interview(interview_id uuid, reason public.end_reason) OWNER TO postgres;

-- Name: FUNCTION end_interview(interview_id uuid, reason public.end_reason); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.end_interview(interview_id uuid, reason public.end_reason) IS 'Ends an interview that runs; another is left alone. Its trigger frees the thread and queues what follows.';

-- Name: end_media(uuid, public.media_status, jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.end_media(media_id uuid, status public.media_status, error jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    m public.media;
begin
    select * into strict m from public.media as x where x.id = end_media.media_id;
    update public.media as x
    set status = end_media.status, error = end_media.error, claim = null, task_id = null,
        storage_path = case when end_media.status = 'stored' then private.media_path(m) end,
        stored_at = case when end_media.status = 'stored' then now() end
    where x.id = m.id;
    if m.task_id is not null then
        perform pgmq.delete('default', m.task_id);
    end if;
    update public.failed_tasks as f
    set status = 'resolved', resolved_at = now()
    where f.task_row_id = m.id and f.status = 'replayed' and end_media.status <> 'failed';
end
$$;

ALTER FUNCTION private.end_media(media_id uuid, status public.media_status, error jsonb) OWNER TO postgres;

-- Name: FUNCTION end_media(media_id uuid, status public.media_status, error jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.end_media(media_id uuid, status public.media_status, error jsonb) IS 'Ends the fetching of a file: stored, or expired or failed with why. Its task leaves the queue.';

-- Name: end_of_interview(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.end_of_interview() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    update private.threads as t set interview_id = null where t.id = new.thread_id and t.interview_id = new.id;
    perform private.stop_reminders(new.client_id, new.id, case new.end_reason when 'opted_out' then 'the lead opted out' else 'the interview has ended' end, true);
    insert into private.project_changes (project_id) values (new.project_id);
    if new.status = 'completed' then
        perform private.queue_report(new.project_id, new.id, true);
        perform private.ring('report');
        perform private.notify(new.client_id, 'interview_completed', new.id, (
            select format('%s concluiu a pesquisa "%s".', coalesce(l.name, l.phone, 'Um contato'), p.name)
            from public.leads as l
            cross join public.projects as p
            where l.id = new.lead_id and p.id = new.project_id
        ));
    end if;
    if new.end_reason = 'handed_over' then
        perform private.notify(new.client_id, 'person_needed', new.id, (
            select format('%s precisa de atendimento de uma pessoa.', coalesce(l.name, l.phone, 'Um contato')) from public.leads as l where l.id = new.lead_id
        ));
    end if;
    return null;
end
$$;

ALTER FUNCTION private.end_of_interview() OWNER TO postgres;

-- Name: FUNCTION end_of_interview(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.end_of_interview() IS 'Trigger: an interview that ended frees its thread for the next one, and reminds nobody more; a completed one also queues its report and the client''s notification, one that was handed over only that.';

-- Name: erase_lead(uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.erase_lead(lead_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    l public.leads;
begin
    -- Lock order: interviews, threads, leads, deliveries, messages.
    perform private.lock_threads(array(select t.id from private.threads as t where t.lead_id = erase_lead.lead_id));
    select * into strict l from public.leads as x where x.id = erase_lead.lead_id for no key update;
    if l.opted_out_at is null then
        -- Whoever is forgotten must not be found again by the next list: the number stays, for that alone.
        insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
        values (l.client_id, l.id, false, 'legal_obligation', '{"source": "erasure"}');
    end if;
    update public.leads as x set name = null, email = null, metadata = '{}' where x.id = l.id;
    delete from public.lead_identities as i where i.client_id = l.client_id and i.lead_id = l.id and i.kind not in ('phone', 'wa_id', 'bsuid', 'lid');

    update public.deliveries as d
    set status = 'cancelled', reason = 'the lead''s data was erased'
    where d.client_id = l.client_id and d.lead_id = l.id and d.status in ('queued', 'deferred') and d.kind <> 'goodbye';
    perform private.end_delivery(d.id)
    from public.deliveries as d
    where d.client_id = l.client_id and d.lead_id = l.id and d.status = 'cancelled' and d.task_id is not null;
    -- What is under way, too: its sender has it, and whatever comes of it, nothing but a goodbye goes to this lead any more.
    update public.deliveries as d
    set content = jsonb_build_object('type', d.content -> 'type', 'text', ''), error = d.error - 'message',
        reason = case when strpos(d.reason, d.error ->> 'message') > 0 then coalesce(d.error ->> 'code', 'the provider''s words were erased') else d.reason end
    where d.client_id = l.client_id and d.lead_id = l.id and (d.kind <> 'goodbye' or d.status not in ('queued', 'deferred', 'sending', 'unknown'));
    update public.reminders as r
    set reason = 'the lead''s data was erased'
    from public.interviews as i
    where i.client_id = l.client_id and i.lead_id = l.id and r.client_id = l.client_id and r.interview_id = i.id and r.delivery_id is not null and r.reason is not null;
    update public.failed_tasks as f
    set error = f.error - 'message'
    where f.client_id = l.client_id and f.error ? 'message' and f.task_row_id in (
        select d.id from public.deliveries as d where d.client_id = l.client_id and d.lead_id = l.id
        union all
        select t.id from private.threads as t where t.client_id = l.client_id and t.lead_id = l.id
        union all
        select m.id from public.media as m where m.client_id = l.client_id and m.lead_id = l.id
    );

    -- The raw items first: the messages know which are theirs.
    update public.webhook_events as e
    set payload = '{}'
    where e.client_id = l.client_id and e.provider_id in (
        select m.metadata ->> 'provider_id' from public.interview_messages as m join public.interviews as i on i.id = m.interview_id
        where i.client_id = l.client_id and i.lead_id = l.id
        union all
        select m.metadata ->> 'provider_id' from public.messages as m join public.conversations as c on c.id = m.conversation_id
        where c.client_id = l.client_id and c.lead_id = l.id
    );
    -- Then what no message was made of, and what mail providers say: they name the address in every item.
    update public.webhook_events as e
    set payload = '{}'
    where e.client_id = l.client_id and e.payload <> '{}'
        and (
            e.outcome in ('kept', 'preference', 'unrouted')
            or e.channel_account_id in (select a.id from public.channel_accounts as a where a.client_id = l.client_id and a.channel = 'email')
        )
        and exists (
            select from (
                select i.value from public.lead_identities as i where i.client_id = l.client_id and i.lead_id = l.id
                union all
                values (substr(l.phone, 2)), (l.email)
            ) as known (value)
            where char_length(known.value) >= 6 and strpos(lower(e.payload::text), lower(known.value)) > 0
        );
    update public.interview_messages as m
    set content = '', metadata = jsonb_strip_nulls(jsonb_build_object('type', m.metadata -> 'type', 'delivery_id', m.metadata -> 'delivery_id', 'erased', true))
    from public.interviews as i
    where i.client_id = l.client_id and i.lead_id = l.id and m.client_id = l.client_id and m.interview_id = i.id;
    update public.messages as m
    set content = '', metadata = jsonb_strip_nulls(jsonb_build_object('type', m.metadata -> 'type', 'delivery_id', m.metadata -> 'delivery_id', 'erased', true))
    from public.conversations as c
    where c.client_id = l.client_id and c.lead_id = l.id and m.client_id = l.client_id and m.conversation_id = c.id;

    delete from public.interview_answers as a using public.interviews as i where i.client_id = l.client_id and i.lead_id = l.id and a.interview_id = i.id;
    update public.turns as t
    set proposal = null, steps = '[]', error = null
    from private.threads as h
    where h.client_id = l.client_id and h.lead_id = l.id and t.client_id = l.client_id and t.thread_id = h.id;
    update public.interviews as i set metadata = '{}' where i.client_id = l.client_id and i.lead_id = l.id;
    -- What agents kept of it, asked for and were told in conversations. A conversion stays: its client is its own.
    update public.conversations as c set memory = '{}', summary = null, handed_over_reason = case when c.handed_over_reason is not null then 'os dados foram apagados' end
    where c.client_id = l.client_id and c.lead_id = l.id;
    update public.tool_calls as t
    set arguments = '{}', result = case when t.result is not null then '{}'::jsonb end, error = case when t.error is not null then 'erased' end
    where t.client_id = l.client_id and t.lead_id = l.id;
    update public.callbacks as b set note = null, status = case b.status when 'open' then 'cancelled' else b.status end where b.client_id = l.client_id and b.lead_id = l.id;
    update public.qualifications as q
    set proposed = '{}', problems = '{}', answers = '{}', settled_at = coalesce(q.settled_at, q.decided_at),
        reason = case when q.reason is not null then 'os dados foram apagados' end
    where q.client_id = l.client_id and q.lead_id = l.id;
    delete from private.intents as n where n.client_id = l.client_id and n.lead_id = l.id;

    -- What was made of it: the interview's report goes, the project's is written anew, the news of it lose its name.
    delete from public.reports as r using public.interviews as i where i.client_id = l.client_id and i.lead_id = l.id and r.interview_id = i.id;
    insert into private.project_changes (project_id) select distinct i.project_id from public.interviews as i where i.client_id = l.client_id and i.lead_id = l.id;
    -- Every attempt at telling it, the house client's too.
    update public.notifications as n
    set status = 'skipped', reason = 'the lead''s data was erased'
    where n.id in (select t.id from private.notifications_of_lead(l.id) as t where t.status = 'queued' and t.delivery_id is null);
    update public.deliveries as d
    set content = jsonb_build_object('type', d.content -> 'type', 'text', '')
    from private.notifications_of_lead(l.id) as n
    cross join jsonb_array_elements(n.attempts) as a (v)
    where d.id = (a.v ->> 'delivery_id')::uuid and d.status not in ('queued', 'deferred', 'sending', 'unknown');
    update public.messages as m
    set content = 'Dados apagados.'
    from private.notifications_of_lead(l.id) as n
    cross join jsonb_array_elements(n.attempts) as a (v)
    join public.deliveries as d on d.id = (a.v ->> 'delivery_id')::uuid
    where m.client_id = d.client_id and m.id = d.message_id;
    update public.notifications as n set text = 'Dados apagados.' where n.id in (select t.id from private.notifications_of_lead(l.id) as t);

    -- Files not fetched yet are never fetched, nor is one under way taken, nor a dead one replayed. Those in Storage can be removed through its API
    -- only: storage_path stays to find them by, and Storage's policy shows them to nobody.
    update public.media as m
    set file_name = null, provider_url = null
    where m.client_id = l.client_id and m.lead_id = l.id;
    perform private.end_media(m.id, 'expired', '{"code": "erased", "message": "the lead''s data was erased"}')
    from public.media as m
    where m.client_id = l.client_id and m.lead_id = l.id and m.status in ('waiting', 'failed');
end
$$;

ALTER FUNCTION private.erase_lead(lead_id uuid) OWNER TO postgres;

-- Name: FUNCTION erase_lead(lead_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.erase_lead(lead_id uuid) IS 'Erases what a client knows of a lead: name, e-mail address, metadata, what was said and answered, and what was made of it. Its number and ids stay so that it is not written to again; figures without it are made anew. Idempotent.';

-- Name: expire_interviews(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.expire_interviews() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    item record;
    interview public.interviews;
    thread private.threads;
    patience interval;
    expired integer := 0;
begin
    for item in
        select r.id, r.interview_id, p.config
        from public.reminders as r
        join public.interviews as i on i.id = r.interview_id
        join public.projects as p on p.id = i.project_id
        join public.clients as c on c.id = r.client_id
        -- A paused project, or client, waits for nobody's answer.
        where r.status = 'waiting' and r.delivery_id is null and r.due_at <= private.now() and r.step = 0 and p.status <> 'paused' and c.status = 'active'
        order by r.due_at, r.id
        limit 200
    loop
        -- Lock order: interview, thread, deliveries, reminders. Whoever is locked is left for the next time.
        select * into interview from public.interviews as i where i.id = item.interview_id and i.status in ('pending', 'in_progress') for no key update skip locked;
        continue when not found;
        select * into thread from private.threads as t where t.id = interview.thread_id for no key update skip locked;
        -- A turn of it waits or runs.
        continue when not found or thread.task_id is not null or thread.due_at is not null;
        perform from public.deliveries as d
        where d.client_id = interview.client_id and d.interview_id = interview.id and d.status in ('queued', 'deferred')
        order by d.id
        for no key update;
        perform from public.reminders as r where r.id = item.id and r.status = 'waiting' and r.due_at <= private.now() for update;
        continue when not found;
        patience := make_interval(days => coalesce((item.config #>> '{expire_after,days}')::integer, 7));
        if thread.interview_id = interview.id and thread.last_inbound_at > interview.invited_at and thread.last_inbound_at + patience > private.now() then
            -- An interview that goes on: its time runs from the lead's last word.
            update public.reminders as r set due_at = thread.last_inbound_at + patience where r.id = item.id;
            continue;
        end if;
        update public.reminders as r set status = 'expired' where r.id = item.id;
        if interview.status = 'in_progress' or exists (
            select from public.deliveries as d
            where d.client_id = interview.client_id and d.interview_id = interview.id and d.status in ('sent', 'delivered', 'read')
        ) then
            perform private.end_interview(interview.id, 'expired');
        else
            update public.interviews as i set metadata = i.metadata || '{"reason": "no message reached the lead"}' where i.id = interview.id;
            perform private.end_interview(interview.id, 'cancelled');
        end if;
        expired := expired + 1;
    end loop;
    return expired;
end
$$;

ALTER FUNCTION private.expire_interviews() OWNER TO postgres;

-- Name: FUNCTION expire_interviews(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.expire_interviews() IS 'Ends the interviews whose ladder has come to its end: expired, or cancelled where no message ever reached the lead. One that began expires when the lead has been silent for as long. Their threads are free for the next survey. At most 200 at a time. Run by the sweep. Returns how many.';

-- Name: finding(text, boolean, text, text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.finding(item text, ok boolean, txt text, todo text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select jsonb_build_object('item', finding.item, 'ok', finding.ok, 'text', finding.txt, 'todo', finding.todo);
$$;

ALTER FUNCTION private.finding(item text, ok boolean, txt text, todo text) OWNER TO postgres;

-- Name: FUNCTION finding(item text, ok boolean, txt text, todo text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.finding(item text, ok boolean, txt text, todo text) IS 'One thing that a check of a channel account found: {"item", "ok", "text", "todo": what its owner can do, null when all is well}.';

-- Name: fire_reminders(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.fire_reminders() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    item record;
    reminder public.reminders;
    interview public.interviews;
    thread private.threads;
    fired integer := 0;
begin
    for item in
        select r.id, r.interview_id
        from public.reminders as r
        join public.interviews as i on i.id = r.interview_id
        join public.projects as p on p.id = i.project_id
        join public.clients as c on c.id = r.client_id
        where r.status = 'waiting' and r.delivery_id is null and r.due_at <= private.now() and r.step > 0
            and i.status = 'pending' and p.status = 'active' and c.status = 'active'
        order by r.due_at, r.id
        -- Few at a time: their leads' webhooks wait for the end of this transaction.
        limit 50
    loop
        begin
            -- Lock order: interview, thread. Whoever is locked is left for the next time.
            select * into interview from public.interviews as i where i.id = item.interview_id and i.status = 'pending' for no key update skip locked;
            continue when not found;
            select * into thread from private.threads as t where t.id = interview.thread_id and t.interview_id = interview.id for no key update skip locked;
            continue when not found;
            -- Under these locks it is asked again: another may have fired it, or the lead may have answered meanwhile.
            select * into reminder
            from public.reminders as r
            where r.id = item.id and r.status = 'waiting' and r.delivery_id is null and r.due_at <= private.now()
            for update;
            continue when not found;
            perform private.remind(reminder, interview, thread);
            fired := fired + 1;
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- One that cannot be made must not stop the others, nor come again every second.
                update public.reminders as r set status = 'skipped', reason = sqlerrm where r.id = item.id and r.status = 'waiting' and r.delivery_id is null;
        end;
    end loop;
    return fired;
end
$$;

ALTER FUNCTION private.fire_reminders() OWNER TO postgres;

-- Name: FUNCTION fire_reminders(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.fire_reminders() IS 'Fires the reminders that are due, of active projects, at most 50 at a time, each once however many run this. Run by the sweep. Returns how many.';

-- Name: first_name(text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.first_name(name text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select nullif(split_part(btrim(first_name.name), ' ', 1), '');
$$;

ALTER FUNCTION private.first_name(name text) OWNER TO postgres;

-- Name: FUNCTION first_name(name text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.first_name(name text) IS 'The first word of a name; null if there is none.';

-- Name: fits_rule(jsonb, jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.fits_rule(rule jsonb, value jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    -- The words of skip_if, about the answer itself.
    select private.skip_applies(rule || '{"key": "it"}', jsonb_build_object('it', jsonb_build_object('status', 'answered', 'value', value)));
$$;

ALTER FUNCTION private.fits_rule(rule jsonb, value jsonb) OWNER TO postgres;

-- Name: FUNCTION fits_rule(rule jsonb, value jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.fits_rule(rule jsonb, value jsonb) IS 'Whether an answer is what a rule {"op", "value"} of a qualification speaks of; never where there is none.';

-- Name: follow_account(uuid, jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.follow_account(account_id uuid, news jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    case news ->> 'state'
        when 'connected' then
            update public.channel_accounts as a set status = 'active' where a.id = follow_account.account_id and a.stopped_reason is not null;
        when 'disconnected' then
            perform private.stop_account(follow_account.account_id, 'disconnected', coalesce(nullif(news ->> 'reason', ''), 'conta desconectada'));
        when 'paused' then
            perform private.stop_account(follow_account.account_id, 'paused', coalesce(nullif(news ->> 'reason', ''), 'conta suspensa'));
        else
            null;
    end case;
end
$$;

ALTER FUNCTION private.follow_account(account_id uuid, news jsonb) OWNER TO postgres;

-- Name: FUNCTION follow_account(account_id uuid, news jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.follow_account(account_id uuid, news jsonb) IS 'What a provider says of an account itself, {"state": connected | disconnected | paused, "reason"}: stops it, or starts it again if it was the engine that had stopped it. Idempotent.';

-- Name: follow_changes(jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.follow_changes(items jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    item record;
    other uuid;
    number text;
begin
    for item in
        select x.thread_id, x.lead_id, x.client_id, x.event -> 'becomes' as becomes, x.event -> 'sender' as sender
        from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, lead_id uuid, client_id uuid, event jsonb)
        where jsonb_typeof(x.event -> 'becomes') = 'object'
        order by x.lead_id, x.ord
    loop
        other := private.lead_of_sender(item.client_id, item.becomes);
        continue when other <> item.lead_id;
        insert into public.lead_identities (client_id, lead_id, kind, value)
        select item.client_id, item.lead_id, s.kind::public.identity_kind, s.value
        from (values ('bsuid', item.becomes ->> 'bsuid'), ('wa_id', item.becomes ->> 'wa_id')) as s (kind, value)
        where s.value is not null
        order by s.kind
        on conflict on constraint an_identity_is_one_lead_of_a_client do nothing;
        if item.becomes ->> 'wa_id' is not null then
            -- Whoever has the old number now is somebody else.
            delete from public.lead_identities as i
            where i.client_id = item.client_id and i.lead_id = item.lead_id and i.kind = 'wa_id' and i.value = item.sender ->> 'wa_id'
                and i.value <> item.becomes ->> 'wa_id';
            number := private.normalize_phone('+' || (item.becomes ->> 'wa_id'));
            update public.leads as l
            set phone = number
            where l.id = item.lead_id and l.phone is distinct from number and number is not null
                and not exists (select from public.leads as o where o.client_id = item.client_id and o.phone = number);
        end if;
        update private.threads as t
        set address = case when item.becomes ->> 'wa_id' is null then t.address || jsonb_strip_nulls(item.becomes)
            else jsonb_build_object('wa_id', item.becomes -> 'wa_id', 'bsuid', item.becomes -> 'bsuid') end
        where t.id = item.thread_id;
    end loop;
end
$$;

ALTER FUNCTION private.follow_changes(items jsonb) OWNER TO postgres;

-- Name: FUNCTION follow_changes(items jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.follow_changes(items jsonb) IS 'A lead''s new number or id, told by the provider, becomes the lead''s: identities, phone, and where replies go. One that is another lead''s already changes nothing: two leads are never merged. The caller holds the threads'' locks.';

-- Name: follow_delivery(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.follow_delivery() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    overtaken uuid[];
begin
    if new.status in ('failed', 'cancelled') then
        -- An earlier channel that was given up may have got through meanwhile: then nobody is told again.
        update public.notifications as n
        set status = case when t.id is null then 'queued' else 'sent' end::public.notification_status, reason = null, delivery_id = t.id, sender_client_id = t.client_id,
            attempts = jsonb_set(n.attempts, '{-1,reason}', to_jsonb(coalesce(new.reason, new.error ->> 'message', 'the delivery failed')))
        from public.notifications as m
        left join lateral (
            select d.client_id, d.id
            from jsonb_array_elements(m.attempts) as a (v)
            join public.deliveries as d on d.id = (a.v ->> 'delivery_id')::uuid
            where d.id <> new.id and d.status in ('delivered', 'read')
            limit 1
        ) as t on true
        where n.id = m.id and m.sender_client_id = new.client_id and m.delivery_id = new.id;
        return null;
    end if;
    update public.notifications as n
    set status = 'sent', reason = null
    where n.sender_client_id = new.client_id and n.delivery_id = new.id and n.status <> 'sent';
    if not found and old.status in ('queued', 'sending', 'unknown', 'failed', 'cancelled') then
        -- Given up, and it got through after all: whatever the next channel still holds is off.
        with
        earlier as materialized (
            select n.id, n.delivery_id from public.notifications as n
            where n.profile_id = new.profile_id and n.status <> 'sent' and n.attempts @> jsonb_build_array(jsonb_build_object('delivery_id', new.id))
        ),
        told as (
            update public.notifications as n
            set status = 'sent', reason = null, delivery_id = new.id, sender_client_id = new.client_id
            from earlier as e
            where n.id = e.id
        )
        select array_agg(e.delivery_id) into overtaken from earlier as e where e.delivery_id is not null;
        if overtaken is not null then
            update public.deliveries as d
            set status = 'cancelled', reason = 'the person was told by another channel'
            where d.id in (
                select x.id from public.deliveries as x
                where x.id = any (overtaken) and x.status in ('queued', 'deferred')
                order by x.id
                for no key update skip locked
            );
        end if;
    end if;
    return null;
end
$$;

ALTER FUNCTION private.follow_delivery() OWNER TO postgres;

-- Name: FUNCTION follow_delivery(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.follow_delivery() IS 'Trigger: a notification is sent as its delivery is; one whose delivery failed or was cancelled, before or after the provider took it, waits to go on by the next channel, which is the sweep''s to choose, unless an earlier one has got through after all.';

-- Name: follow_echo(uuid, jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.follow_echo(account_id uuid, event jsonb) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    t private.threads;
    interview public.interviews;
    dialogue_id uuid;
begin
    select x.* into t
    from public.channel_accounts as a
    join private.threads as x on x.client_id = a.client_id and x.channel_account_id = a.id and x.lead_id = private.lead_of_sender(a.client_id, event -> 'sender')
    where a.id = follow_echo.account_id;
    -- Gateways repeat what we sent ourselves, sometimes before they answered the send: then its text knows it.
    if not found or exists (
        select from public.deliveries as d
        where d.channel_account_id = follow_echo.account_id and d.provider_message_id = event #>> '{echo,message_id}'
    ) or exists (
        select from public.deliveries as d
        where d.client_id = t.client_id and d.thread_id = t.id and d.begun_at > private.now() - interval '10 minutes'
            and d.status in ('sending', 'unknown', 'sent', 'delivered', 'read') and strpos(d.content ->> 'text', btrim(event #>> '{echo,text}')) > 0
    ) then
        return false;
    end if;
    select * into interview from public.interviews as i where i.id = t.interview_id;
    if interview.status = 'pending' then
        -- Only invited: a word from the shop is no end of that.
        insert into public.interview_messages (interview_id, role, content, metadata, client_id, seq)
        values (
            t.interview_id, 'assistant', coalesce(event #>> '{echo,text}', ''),
            jsonb_build_object('type', event #> '{echo,type}', 'provider_id', event #> '{echo,message_id}', 'written_by', 'phone'), t.client_id, t.last_seq + 1
        );
    else
        dialogue_id := private.hand_over(t.id, 'a person wrote from the telephone');
        insert into public.messages (conversation_id, role, content, channel, metadata, client_id, seq)
        select dialogue_id, 'assistant', coalesce(event #>> '{echo,text}', ''), a.channel,
            jsonb_build_object('type', event #> '{echo,type}', 'provider_id', event #> '{echo,message_id}', 'written_by', 'phone'), t.client_id, t.last_seq + 1
        from public.channel_accounts as a
        where a.id = t.channel_account_id;
        update public.conversations as c set person_wrote_at = private.now(), last_message_at = clock_timestamp() where c.id = dialogue_id;
    end if;
    update private.threads as x set last_seq = t.last_seq + 1 where x.id = t.id;
    return true;
end
$$;

ALTER FUNCTION private.follow_echo(account_id uuid, event jsonb) OWNER TO postgres;

-- Name: FUNCTION follow_echo(account_id uuid, event jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.follow_echo(account_id uuid, event jsonb) IS 'Somebody wrote to a lead on the account''s own telephone: the message stands in the dialogue, and the person has it from now on. false where the lead has no thread there or the message is one that we sent. The caller holds the locks of the thread and its interview.';

-- Name: follow_invitation(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.follow_invitation() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    accepted boolean := new.status in ('sent', 'delivered', 'read');
begin
    if tg_op = 'UPDATE' then
        -- From one accepted status to the next nothing changes.
        if accepted and old.status in ('sent', 'delivered', 'read') then
            return null;
        end if;
        if new.kind = 'reminder' then
            update public.reminders as r
            set status = case when accepted then 'sent' else 'skipped' end::public.reminder_status,
                reason = case when not accepted then coalesce(new.reason, new.error ->> 'message', 'the delivery failed') end
            where r.client_id = new.client_id and r.delivery_id = new.id and r.status <> 'cancelled';
            if not accepted and not exists (
                select from public.deliveries as d
                where d.client_id = new.client_id and d.interview_id = new.interview_id and d.status in ('sent', 'delivered', 'read')
            ) then
                perform private.plan_reminders(new.interview_id, 'failed');
            end if;
            return null;
        end if;
    end if;
    if new.kind = 'invitation' then
        perform private.plan_reminders(new.interview_id, new.status);
    end if;
    return null;
end
$$;

ALTER FUNCTION private.follow_invitation() OWNER TO postgres;

-- Name: FUNCTION follow_invitation(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.follow_invitation() IS 'Trigger: an invitation that the provider took, or that failed or was cancelled, has its ladder of reminders written down; a reminder is sent or skipped as its delivery is.';

-- Name: follow_template(uuid, jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.follow_template(channel_account_id uuid, event jsonb) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    account public.channel_accounts;
    news jsonb := coalesce(event -> 'template', event);
    said_at timestamptz := coalesce((event ->> 'occurred_at')::timestamptz, clock_timestamp());
    followed integer;
begin
    select * into account from public.channel_accounts as a where a.id = follow_template.channel_account_id;
    update public.message_templates as t
    set status = case
            when news ->> 'status' = any (enum_range(null::public.template_status)::text[]) then (news ->> 'status')::public.template_status
            else t.status
        end,
        reason = case when news ->> 'status' is null then t.reason when news ->> 'status' <> 'approved' then left(news ->> 'reason', 500) end,
        category = case when news ->> 'category' in ('marketing', 'utility', 'authentication') then news ->> 'category' else t.category end,
        synced_at = greatest(said_at, t.synced_at + interval '1 microsecond')
    where t.client_id = account.client_id and t.name = news ->> 'name' and t.language = news ->> 'language'
        and (
            -- Numbers of one WhatsApp Business account share its templates.
            t.channel_account_id is null
            or t.channel_account_id in (
                select a.id
                from public.channel_accounts as a
                where a.client_id = account.client_id and a.provider = account.provider
                    and (a.id = account.id or a.config ->> 'waba_id' = account.config ->> 'waba_id')
            )
        )
        -- Webhooks come in any order; a minute for clocks that differ.
        and (t.synced_at is null or said_at >= t.synced_at - interval '1 minute');
    get diagnostics followed = row_count;
    return followed;
end
$$;

ALTER FUNCTION private.follow_template(channel_account_id uuid, event jsonb) OWNER TO postgres;

-- Name: FUNCTION follow_template(channel_account_id uuid, event jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.follow_template(channel_account_id uuid, event jsonb) IS 'Takes a provider''s news of a template, an event {"occurred_at", "template": {"name", "language", "status"?, "category"?, "reason"?}}: called by worker.ingest. Older news than what is known changes nothing. Returns how many rows followed; 0 for a template nobody uses here. Idempotent.';

-- Name: for_a_person(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.for_a_person() RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select 'the reply says what only a person may say';
$$;

ALTER FUNCTION private.for_a_person() OWNER TO postgres;

-- Name: FUNCTION for_a_person(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.for_a_person() IS 'The reason of a delivery that was stopped for a person to take over.';

-- Name: sending_rules; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.sending_rules (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid DEFAULT private.default_client_id() NOT NULL,
    hours jsonb NOT NULL,
    on_holidays boolean DEFAULT false NOT NULL,
    closed_dates date[] DEFAULT '{}'::date[] NOT NULL,
    daily_cap integer,
    weekly_cap integer,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT closed_dates_are_at_most_100 CHECK ((cardinality(closed_dates) <= 100)),
    CONSTRAINT closed_dates_are_dates CHECK ((array_position(closed_dates, NULL::date) IS NULL)),
    CONSTRAINT daily_cap_is_positive CHECK ((daily_cap > 0)),
    CONSTRAINT weekly_cap_is_positive CHECK ((weekly_cap > 0))
);

ALTER TABLE ONLY public.sending_rules FORCE ROW LEVEL SECURITY;

ALTER TABLE public.sending_rules OWNER TO postgres;

-- Name: TABLE sending_rules; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.sending_rules IS 'When and how often a client begins with its leads, by each lead''s own clock. A client without a row has the defaults of the settings sending_hours, sending_holidays and sending_caps.';

-- Name: COLUMN sending_rules.hours; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.sending_rules.hours IS '{"monday": ["08:00", "20:00"], …}: from when to when on each day of the week; a day that is missing is closed. ["00:00", "24:00"] is the whole day.';

-- Name: COLUMN sending_rules.on_holidays; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.sending_rules.on_holidays IS 'Whether national holidays are days like others.';

-- Name: COLUMN sending_rules.closed_dates; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.sending_rules.closed_dates IS 'Days of its own, a municipal holiday say, on which it does not begin anything.';

-- Name: COLUMN sending_rules.daily_cap; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.sending_rules.daily_cap IS 'How often it writes first to one lead within 24 hours; null: no limit.';

-- Name: COLUMN sending_rules.weekly_cap; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.sending_rules.weekly_cap IS 'The same within 7 days.';

-- Name: free_of_caps(public.deliveries, public.sending_rules); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.free_of_caps(delivery public.deliveries, rules public.sending_rules, OUT until timestamp with time zone, OUT reason text) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    right_now timestamptz := private.now();
    cap record;
    oldest timestamptz;
begin
    if num_nonnulls(rules.daily_cap, rules.weekly_cap) = 0 then
        return;
    end if;
    -- One at a time decides for a lead, whatever account it goes by; who comes meanwhile looks again in a second.
    if not pg_try_advisory_xact_lock(hashtextextended('caps ' || delivery.lead_id, 0)) then
        until := right_now + interval '1 second';
        reason := 'another message to the lead is being decided';
        return;
    end if;
    for cap in
        select c.most, c.span, c.told
        from (values (rules.daily_cap, interval '24 hours', '24 hours'), (rules.weekly_cap, interval '7 days', '7 days')) as c (most, span, told)
        where c.most is not null
    loop
        -- The most-th newest: when it is out of the span, there is room.
        oldest := (
            select d.begun_at
            from public.deliveries as d
            where d.client_id = delivery.client_id and d.lead_id = delivery.lead_id and d.id <> delivery.id and d.initiated
                and d.begun_at > right_now - cap.span and d.status in ('sending', 'unknown', 'sent', 'delivered', 'read')
            order by d.begun_at desc
            offset cap.most - 1
            limit 1
        );
        if oldest + cap.span > coalesce(until, right_now) then
            until := oldest + cap.span;
            reason := format('the lead was written to %s within %s', case cap.most when 1 then 'once' else cap.most || ' times' end, cap.told);
        end if;
    end loop;
end
$$;

ALTER FUNCTION private.free_of_caps(delivery public.deliveries, rules public.sending_rules, OUT until timestamp with time zone, OUT reason text) OWNER TO postgres;

-- Name: FUNCTION free_of_caps(delivery public.deliveries, rules public.sending_rules, OUT until timestamp with time zone, OUT reason text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.free_of_caps(delivery public.deliveries, rules public.sending_rules, OUT until timestamp with time zone, OUT reason text) IS 'Until when a delivery that begins something waits because its lead was written to often enough, and why; nulls if it need not. Counts what began and was not refused, whatever the account. Holds the lead''s count for the transaction.';

-- Name: function_of(text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.function_of(queue text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select case function_of.queue when 'high_priority' then 'agent_turn' when 'default' then 'deliver' when 'low_priority' then 'report' end;
$$;

ALTER FUNCTION private.function_of(queue text) OWNER TO postgres;

-- Name: FUNCTION function_of(queue text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.function_of(queue text) IS 'The function that drains a queue.';

-- Name: gate(public.deliveries); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.gate(delivery public.deliveries, OUT verdict text, OUT until timestamp with time zone, OUT reason text) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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
    -- News for staff take another way instead of waiting for a template, for tomorrow's room or out a long pause.
    if verdict = 'wait' and delivery.kind = 'notification' and until > private.now() + interval '10 minutes' then
        verdict := 'cancel';
    end if;
end
$$;

ALTER FUNCTION private.gate(delivery public.deliveries, OUT verdict text, OUT until timestamp with time zone, OUT reason text) OWNER TO postgres;

-- Name: FUNCTION gate(delivery public.deliveries, OUT verdict text, OUT until timestamp with time zone, OUT reason text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.gate(delivery public.deliveries, OUT verdict text, OUT until timestamp with time zone, OUT reason text) IS 'Whether a delivery may leave now: go, wait (until, reason) or cancel (reason). First whether it is allowed, then whether it fits. Asked at every claim; delivery.initiated is to be set (private.is_initiated).';

-- Name: goodbye(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.goodbye() RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select 'Tudo bem, você não vai mais receber mensagens nossas. Obrigado e até logo!';
$$;

ALTER FUNCTION private.goodbye() OWNER TO postgres;

-- Name: FUNCTION goodbye(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.goodbye() IS 'What a lead who opted out is told, once.';

-- Name: leads; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.leads (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid DEFAULT private.default_client_id() NOT NULL,
    phone text,
    name text,
    email text,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    status public.lead_status DEFAULT 'active'::public.lead_status NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    consent_basis public.legal_basis DEFAULT 'not_informed'::public.legal_basis NOT NULL,
    opted_out_at timestamp with time zone,
    time_zone text,
    qualified_at timestamp with time zone,
    CONSTRAINT metadata_has_at_most_64_kilobytes_and_20_levels CHECK (((octet_length((metadata)::text) <= 65536) AND (NOT (metadata @? '$.**{20}'::jsonpath)))),
    CONSTRAINT metadata_is_an_object CHECK ((jsonb_typeof(metadata) = 'object'::text)),
    CONSTRAINT name_has_at_most_200_characters CHECK ((char_length(name) <= 200)),
    CONSTRAINT phone_is_e164 CHECK ((phone ~ '^\+[1-9][0-9]{7,14}$'::text)),
    CONSTRAINT time_zone_is_a_name_such_as_america_sao_paulo CHECK (((time_zone ~ '^[A-Za-z]+(/[A-Za-z0-9_+-]+)+$'::text) AND (char_length(time_zone) <= 100)))
);

ALTER TABLE ONLY public.leads FORCE ROW LEVEL SECURITY;

ALTER TABLE public.leads OWNER TO postgres;

-- Name: TABLE leads; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.leads IS 'The people a client talks with. They never log in.';

-- Name: COLUMN leads.phone; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.leads.phone IS 'E.164, Brazilian mobiles with their ninth digit. null where only another identity is known.';

-- Name: COLUMN leads.opted_out_at; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.leads.opted_out_at IS 'Since when nothing may be sent to this lead. Kept by trigger from consents.';

-- Name: COLUMN leads.time_zone; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.leads.time_zone IS 'IANA name. null: by the area code of the phone, else America/Sao_Paulo (private.zone_of).';

-- Name: COLUMN leads.qualified_at; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.leads.qualified_at IS 'Since when this lead counts as qualified: by an agent''s questions and the rules of its configuration (public.qualifications). Kept by the engine.';

-- Name: goodbye_refusal(public.deliveries, public.leads); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.goodbye_refusal(d public.deliveries, lead public.leads) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select case
        when (lead).opted_out_at is null then 'the lead has not opted out'
        when exists (
            select from public.deliveries as e
            where e.client_id = d.client_id and e.lead_id = d.lead_id and e.kind = 'goodbye' and e.id <> d.id
                and e.status not in ('cancelled', 'failed') and e.created_at >= (lead).opted_out_at and (e.created_at, e.id) < (d.created_at, d.id)
        ) then 'the lead was told goodbye already'
    end;
$$;

ALTER FUNCTION private.goodbye_refusal(d public.deliveries, lead public.leads) OWNER TO postgres;

-- Name: FUNCTION goodbye_refusal(d public.deliveries, lead public.leads); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.goodbye_refusal(d public.deliveries, lead public.leads) IS 'Why the confirmation of an opt-out may not go; null if it may: once after each opt-out.';

-- Name: governor_verdict(public.deliveries); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.governor_verdict(delivery public.deliveries, OUT verdict text, OUT until timestamp with time zone, OUT reason text) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

ALTER FUNCTION private.governor_verdict(delivery public.deliveries, OUT verdict text, OUT until timestamp with time zone, OUT reason text) OWNER TO postgres;

-- Name: FUNCTION governor_verdict(delivery public.deliveries, OUT verdict text, OUT until timestamp with time zone, OUT reason text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.governor_verdict(delivery public.deliveries, OUT verdict text, OUT until timestamp with time zone, OUT reason text) IS 'Whether a delivery that policy allows fits into what its account may do now: go, wait (until, reason) or cancel (reason). Stopped accounts, suspended clients, paused projects, the rate for one person, people in 24 hours, messages per second. The caller holds the account''s pace (private.lock_paces).';

-- Name: grant_delivery(uuid, integer, uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.grant_delivery(delivery_id uuid, visibility_s integer, released_by uuid DEFAULT NULL::uuid) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    d public.deliveries;
    pair record;
    tick timestamptz := clock_timestamp();
    used_until timestamptz;
begin
    select x.client_id, x.thread_id, x.lead_id, x.profile_id, x.channel_account_id, make_interval(secs => p.pair_interval_ms / 1000.0) as pause into pair
    from public.deliveries as x
    join public.channel_accounts as a on a.id = x.channel_account_id
    join private.providers as p on p.provider = a.provider and p.channel = a.channel
    where x.id = grant_delivery.delivery_id and p.pair_interval_ms is not null and a.throughput is not null;
    if found then
        -- Each by its own index: in one condition they would be looked for among all that the account ever sent.
        if pair.thread_id is not null then
            select max(e.pair_at) into used_until from public.deliveries as e
            where e.client_id = pair.client_id and e.thread_id = pair.thread_id and e.channel_account_id = pair.channel_account_id and e.pair_at > tick;
        elsif pair.lead_id is not null then
            select max(e.pair_at) into used_until from public.deliveries as e
            where e.client_id = pair.client_id and e.lead_id = pair.lead_id and e.channel_account_id = pair.channel_account_id and e.pair_at > tick;
        else
            select max(e.pair_at) into used_until from public.deliveries as e
            where e.profile_id = pair.profile_id and e.channel_account_id = pair.channel_account_id and e.pair_at > tick;
        end if;
        used_until := coalesce(used_until, tick) + pair.pause;
    end if;
    update public.deliveries as x
    set status = 'sending', claim = gen_random_uuid(), attempts = x.attempts + 1, due_at = private.now() + make_interval(secs => visibility_s),
        begun_at = private.now(), initiated = private.is_initiated(x), reason = null, released_by = grant_delivery.released_by,
        pair_at = used_until,
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

ALTER FUNCTION private.grant_delivery(delivery_id uuid, visibility_s integer, released_by uuid) OWNER TO postgres;

-- Name: FUNCTION grant_delivery(delivery_id uuid, visibility_s integer, released_by uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.grant_delivery(delivery_id uuid, visibility_s integer, released_by uuid) IS 'Claims a delivery for the caller for so many seconds, counts it against its account''s limits, and returns its task. released_by: the claim whose completion hands it out. The caller holds its row''s lock and has asked private.gate.';

-- Name: guard_client(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.guard_client() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    -- SECURITY: RLS lets a client's people change their company's row; not what they pay for, nor whose it is.
    if current_user = 'authenticated' and not private.is_admin()
        and (new.plan, new.status, new.profile_id, new.is_house) is distinct from (old.plan, old.status, old.profile_id, old.is_house) then
        raise exception 'only an admin changes a client''s plan, status or owner' using errcode = '42501';
    end if;
    return new;
end
$$;

ALTER FUNCTION private.guard_client() OWNER TO postgres;

-- Name: FUNCTION guard_client(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.guard_client() IS 'Trigger: tenants cannot change plan, status or ownership.';

-- Name: guard_interview(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.guard_interview() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
begin
    if current_user = 'authenticated' and new.status is distinct from old.status then
        if new.status <> 'cancelled' or old.status not in ('pending', 'in_progress') then
            raise exception 'an interview can only be cancelled, and only while it runs' using errcode = '42501';
        end if;
        new.end_reason := 'cancelled';
        new.current_question := null;
    end if;
    -- Not a constraint: the engine adds its own notes, and must not fail for the length of people's.
    if current_user = 'authenticated' and new.metadata is distinct from old.metadata
        and (octet_length(new.metadata::text) > 65536 or new.metadata @? '$.**{20}') then
        raise exception 'metadata has at most 64 kilobytes and 20 levels' using errcode = '22023';
    end if;
    return new;
end
$_$;

ALTER FUNCTION private.guard_interview() OWNER TO postgres;

-- Name: FUNCTION guard_interview(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.guard_interview() IS 'Trigger: people may cancel a running interview and keep notes in metadata; everything else is the agent''s doing.';

-- Name: guard_profile(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.guard_profile() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    -- SECURITY: nobody makes himself an admin.
    if current_user = 'authenticated' and not private.is_admin() and (new.role, new.email) is distinct from (old.role, old.email) then
        raise exception 'only an admin changes a person''s role; the e-mail address changes with the account' using errcode = '42501';
    end if;
    if new.phone is distinct from old.phone then
        new.phone := private.checked_phone(new.phone);
    end if;
    return new;
end
$$;

ALTER FUNCTION private.guard_profile() OWNER TO postgres;

-- Name: FUNCTION guard_profile(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.guard_profile() IS 'Trigger: people cannot change their own role; phones are normalised.';

-- Name: hand_back(uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.hand_back(conversation_id uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    update public.conversations as c
    set handed_over_at = null, handed_over_reason = null, handed_over_by = null, person_wrote_at = null, resuming = true
    where c.id = hand_back.conversation_id and c.handed_over_at is not null;
    return found;
end
$$;

ALTER FUNCTION private.hand_back(conversation_id uuid) OWNER TO postgres;

-- Name: FUNCTION hand_back(conversation_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.hand_back(conversation_id uuid) IS 'The agent has a conversation again; its next reply says so. false: it had it. The caller holds the thread''s lock.';

-- Name: hand_over(uuid, text, uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.hand_over(thread_id uuid, reason text, profile_id uuid DEFAULT NULL::uuid) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
    t private.threads;
    conversation_id uuid;
begin
    select * into strict t from private.threads as x where x.id = hand_over.thread_id;
    -- The turn under way loses its lease: its commit is stale, whatever it was about to say.
    perform private.drop_turn(t.id);
    update public.deliveries as d
    set status = 'cancelled', reason = 'a person took over'
    where d.thread_id = t.id and d.client_id = t.client_id and d.kind = 'reply' and d.status in ('queued', 'deferred');
    perform private.end_delivery(d.id)
    from public.deliveries as d
    where d.thread_id = t.id and d.client_id = t.client_id and d.kind = 'reply' and d.status = 'cancelled' and d.task_id is not null;
    if t.interview_id is not null then
        perform private.end_interview(t.interview_id, 'handed_over');
    end if;
    conversation_id := private.open_conversation(t.id);
    update public.conversations as c
    set handed_over_at = coalesce(c.handed_over_at, private.now()), handed_over_reason = coalesce(c.handed_over_reason, left(hand_over.reason, 500)),
        handed_over_by = coalesce(hand_over.profile_id, c.handed_over_by), resuming = false
    where c.id = conversation_id;
    return conversation_id;
end
$$;

ALTER FUNCTION private.hand_over(thread_id uuid, reason text, profile_id uuid) OWNER TO postgres;

-- Name: FUNCTION hand_over(thread_id uuid, reason text, profile_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.hand_over(thread_id uuid, reason text, profile_id uuid) IS 'A person has the dialogue of a thread from now on: the turn under way is fenced off, replies that wait to be sent are cancelled, a live interview ends as handed_over, its conversation says since when and why. Idempotent. Returns the conversation. The caller holds the locks of interview and thread.';

-- Name: has_consent(public.leads); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.has_consent(lead public.leads) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select (lead).opted_out_at is null and exists (
        select from public.consents as c
        where c.client_id = (lead).client_id and c.lead_id = (lead).id and c.granted and c.legal_basis = 'consent'
            and not exists (
                select from public.consents as w
                where w.client_id = c.client_id and w.lead_id = c.lead_id and not w.granted and w.created_at >= c.created_at
            )
    );
$$;

ALTER FUNCTION private.has_consent(lead public.leads) OWNER TO postgres;

-- Name: FUNCTION has_consent(lead public.leads); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.has_consent(lead public.leads) IS 'Whether a lead consented and has not withdrawn since; another legal basis is no consent.';

-- Name: heed_refusal(uuid, jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.heed_refusal(delivery_id uuid, error jsonb) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    d public.deliveries;
begin
    if coalesce((heed_refusal.error ->> 'retryable')::boolean, false) or heed_refusal.error is null then
        return false;
    end if;
    select * into strict d from public.deliveries as x where x.id = heed_refusal.delivery_id;
    if heed_refusal.error ->> 'scope' in ('number', 'account') then
        perform private.stop_account(d.channel_account_id, 'paused', private.stop_reason(heed_refusal.error));
        return true;
    end if;
    perform private.note_refusal(d.id, heed_refusal.error ->> 'code');
    return false;
end
$$;

ALTER FUNCTION private.heed_refusal(delivery_id uuid, error jsonb) OWNER TO postgres;

-- Name: FUNCTION heed_refusal(delivery_id uuid, error jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.heed_refusal(delivery_id uuid, error jsonb) IS 'What a provider''s refusal for good means beyond its message: number or account may not send: the account stops (returns true); the person does not want it: an opt-out.';

-- Name: hold_delivery(uuid, timestamp with time zone, text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.hold_delivery(delivery_id uuid, until timestamp with time zone, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

ALTER FUNCTION private.hold_delivery(delivery_id uuid, until timestamp with time zone, reason text) OWNER TO postgres;

-- Name: FUNCTION hold_delivery(delivery_id uuid, until timestamp with time zone, reason text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.hold_delivery(delivery_id uuid, until timestamp with time zone, reason text) IS 'Lets a delivery wait: for less than a minute in its queue, for longer as deferred, out of the queue, until admission takes it again. The caller holds its row''s lock.';

-- Name: hours_problem(jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.hours_problem(hours jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $_$
declare
    day record;
begin
    if jsonb_typeof(hours) is distinct from 'object' or hours = '{}' then
        return 'hours must be an object of at least one day, such as {"monday": ["08:00", "20:00"]}';
    end if;
    for day in select e.key, e.value from jsonb_each(hours) as e loop
        if day.key not in ('monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday') then
            return format('hours: %s is no day of the week; they are monday to sunday', quote_literal(left(day.key, 50)));
        end if;
        if coalesce(case jsonb_typeof(day.value) when 'array' then jsonb_array_length(day.value) <> 2 else true end, true)
            or coalesce(day.value ->> 0, '') !~ '^([01][0-9]|2[0-3]):[0-5][0-9]$' or coalesce(day.value ->> 1, '') !~ '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$'
            or day.value ->> 0 >= day.value ->> 1 then
            return format('hours of %s must be two times, the first before the second, such as ["08:00", "20:00"]', day.key);
        end if;
    end loop;
    return null;
end
$_$;

ALTER FUNCTION private.hours_problem(hours jsonb) OWNER TO postgres;

-- Name: FUNCTION hours_problem(hours jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.hours_problem(hours jsonb) IS 'What is wrong with sending_rules.hours, as a sentence; null if nothing.';

-- Name: housekeeping(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.housekeeping() RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    done jsonb := '{}';
    gone integer;
    ahead integer := private.setting_int('partitions_ahead');
begin
    done := done || jsonb_build_object('interview_messages_partitions', private.make_partitions('public.interview_messages', ahead));
    done := done || jsonb_build_object('messages_partitions', private.make_partitions('public.messages', ahead));
    delete from public.webhook_events as e where e.received_at < now() - make_interval(days => private.setting_int('keep_webhook_events_days'));
    get diagnostics gone = row_count;
    done := done || jsonb_build_object('webhook_events', gone);
    delete from cron.job_run_details as d where d.end_time < now() - make_interval(days => private.setting_int('keep_job_runs_days'));
    get diagnostics gone = row_count;
    return done || jsonb_build_object('job_runs', gone);
end
$$;

ALTER FUNCTION private.housekeeping() OWNER TO postgres;

-- Name: FUNCTION housekeeping(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.housekeeping() IS 'Daily: partitions ahead, and the purge of raw webhook items and of pg_cron''s run log. Idempotent; says what it did.';

-- Name: ingest_messages(jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.ingest_messages(items jsonb) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
    stored integer;
    more integer := 0;
    outside boolean;
    leaving uuid[];
begin
    -- items: [{"ord", "thread_id", "lead_id", "client_id", "event"}], their threads locked by the caller.
    -- What changes a lead's mind goes into the ledger: a word to be left alone, and one to hear from us again from whoever had said the former.
    with wishes as (
        select x.client_id, x.lead_id, x.thread_id, x.ord, x.event, private.wish_of(x.event) as granted, l.opted_out_at is null as before
        from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, lead_id uuid, client_id uuid, event jsonb)
        join public.leads as l on l.id = x.lead_id
    ),
    changes as (
        select w.*, coalesce(lag(w.granted) over (partition by w.lead_id order by w.ord), w.before) as earlier
        from wishes as w
        where w.granted is not null
    ),
    recorded as (
        insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
        select c.client_id, c.lead_id, c.granted, 'consent'::public.legal_basis,
            jsonb_build_object('source', 'message', 'text', c.event #>> '{message,text}', 'provider_id', c.event ->> 'provider_id')
        from changes as c
        where c.granted <> c.earlier
        order by c.lead_id, c.ord
        returning lead_id, granted
    )
    select array_agg(distinct c.thread_id) into leaving
    from changes as c
    where c.granted <> c.earlier and not c.granted and (select count(*) from recorded) > 0;

    outside := exists (
        select from jsonb_to_recordset(items) as x (thread_id uuid) join private.threads as t on t.id = x.thread_id where t.interview_id is null
    );
    if outside then
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
    end if;

    update private.threads as t
    set address = a.address
    from (
        select distinct on (x.thread_id) x.thread_id,
            jsonb_build_object('wa_id', x.event #> '{sender,wa_id}', 'bsuid', x.event #> '{sender,bsuid}')
            || jsonb_strip_nulls(jsonb_build_object('lid', x.event #> '{sender,lid}', 'phone', x.event #> '{sender,phone}')) as address
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

    if outside then
        -- Whom a person left alone for long enough, the agent answers again.
        perform private.hand_back(c.id)
        from jsonb_to_recordset(items) as x (thread_id uuid)
        join private.threads as t on t.id = x.thread_id
        join public.conversations as c on c.id = t.conversation_id
        where c.handed_over_at is not null
            and greatest(c.handed_over_at, c.person_wrote_at) < private.now() - make_interval(hours => private.setting_int('handover_hours'));
        insert into public.messages (conversation_id, role, content, channel, metadata, client_id, seq, provider_timestamp)
        select t.conversation_id, 'user', coalesce(x.event #>> '{message,text}', ''), a.channel, private.message_metadata(x.event), t.client_id,
            t.last_seq + row_number() over (partition by t.id order by x.ord), (x.event ->> 'occurred_at')::timestamptz
        from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, event jsonb)
        join private.threads as t on t.id = x.thread_id
        join public.channel_accounts as a on a.id = t.channel_account_id
        where t.interview_id is null and t.conversation_id is not null
        order by x.ord;
        select count(*) into more
        from jsonb_to_recordset(items) as x (thread_id uuid)
        join private.threads as t on t.id = x.thread_id
        where t.interview_id is null;
        update public.conversations as c
        set last_message_at = clock_timestamp()
        where c.id in (
            select t.conversation_id from jsonb_to_recordset(items) as x (thread_id uuid) join private.threads as t on t.id = x.thread_id where t.interview_id is null
        );
        -- Whoever answers a reminder by the channel that brought it is reminded no more.
        perform private.stop_reminders(o.client_id, o.interview_id, 'the lead answered', false)
        from private.threads as o
        where o.interview_id is not null and exists (
            select from jsonb_to_recordset(items) as x (thread_id uuid)
            join private.threads as t on t.id = x.thread_id
            join public.deliveries as d on d.client_id = o.client_id and d.interview_id = o.interview_id and d.channel_account_id = t.channel_account_id
            where t.client_id = o.client_id and t.lead_id = o.lead_id and t.interview_id is null
                and d.kind = 'reminder' and d.status in ('sent', 'delivered', 'read')
        ) and (o.client_id, o.lead_id) in (
            select t.client_id, t.lead_id from jsonb_to_recordset(items) as x (thread_id uuid) join private.threads as t on t.id = x.thread_id
        );
    end if;
    if items @? '$[*].event.message.amends ? (@ != null)' then
        perform private.amend_messages(items);
    end if;
    if items @? '$[*].event.becomes ? (@ != null)' then
        perform private.follow_changes(items);
    end if;
    -- Who has just written may be answered at any hour: what waits for one to write to them is looked at again, lest the reply wait behind it.
    update public.deliveries as d
    set due_at = private.now()
    where d.id in (
        select x.id from public.deliveries as x
        where x.thread_id in (select y.thread_id from jsonb_to_recordset(items) as y (thread_id uuid))
            and x.status = 'deferred' and x.task_id is null and x.due_at > private.now() and x.throttles = 0
        order by x.id
        for no key update skip locked
    );
    if leaving is not null then
        perform private.say_goodbye(t.id) from private.threads as t where t.id = any (leaving) and t.interview_id is null order by t.id;
        -- That was the answer.
        perform private.drop_turn(t.id) from private.threads as t where t.id = any (leaving) and t.interview_id is null;
        -- Their other accounts' interviews are answered by no turn.
        perform private.end_interview(o.interview_id, 'opted_out')
        from private.threads as o
        where o.interview_id is not null and o.id <> all (leaving)
            and (o.client_id, o.lead_id) in (select t.client_id, t.lead_id from private.threads as t where t.id = any (leaving));
    end if;
    return stored + more;
end
$_$;

ALTER FUNCTION private.ingest_messages(items jsonb) OWNER TO postgres;

-- Name: FUNCTION ingest_messages(items jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.ingest_messages(items jsonb) IS 'Stores inbound messages in order on their threads: in the live interview, or else in the lead''s open conversation. Opt-out words reach the consent ledger before anything is answered. The caller holds the locks of all threads of these leads.';

-- Name: interview_state(jsonb, jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.interview_state(questions jsonb, answers jsonb) RETURNS TABLE(ord bigint, key text, question jsonb, status text, is_open boolean)
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
declare
    item record;
    known jsonb := answers;
begin
    -- One pass in order: a skipped question counts as not answered for the rules after it.
    for item in select q.v, q.n from jsonb_array_elements(questions) with ordinality as q (v, n) loop
        ord := item.n;
        key := item.v ->> 'key';
        question := item.v;
        status := coalesce(known #>> array[key, 'status'], 'open');
        if status in ('open', 'invalid') and coalesce(item.v -> 'skip_if', 'null') <> 'null'
            and private.skip_applies(item.v -> 'skip_if', known) then
            status := 'skipped';
            known := known || jsonb_build_object(key, jsonb_build_object('status', 'skipped'));
        end if;
        is_open := status in ('open', 'invalid');
        return next;
    end loop;
end
$$;

ALTER FUNCTION private.interview_state(questions jsonb, answers jsonb) OWNER TO postgres;

-- Name: FUNCTION interview_state(questions jsonb, answers jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.interview_state(questions jsonb, answers jsonb) IS 'The questionnaire''s questions in order, each with what became of it (open, invalid, answered, refused, skipped). The next question is the first open one; without an open one the interview is complete.';

-- Name: interview_statistics(uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.interview_statistics(interview_id uuid) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select jsonb_build_object(
        'lead_name', l.name, 'status', i.status, 'end_reason', i.end_reason, 'started_at', i.started_at, 'completed_at', i.completed_at,
        'minutes', round((extract(epoch from i.completed_at - i.started_at) / 60)::numeric, 1),
        'messages', (select count(*) from public.interview_messages as m where m.interview_id = i.id and m."timestamp" >= i.created_at),
        'answers', coalesce((
            select jsonb_agg(jsonb_build_object(
                'key', s.key, 'text', s.question ->> 'text', 'type', s.question ->> 'type', 'status', s.status, 'value', a.value, 'quote', a.quote
            ) order by s.ord)
            from private.interview_state(p.config #> '{questionnaire,questions}', private.answers_of(i.id)) as s
            left join public.interview_answers as a on a.interview_id = i.id and a.question_key = s.key
        ), '[]')
    )
    from public.interviews as i
    join public.leads as l on l.id = i.lead_id
    join public.projects as p on p.id = i.project_id
    where i.id = interview_statistics.interview_id;
$$;

ALTER FUNCTION private.interview_statistics(interview_id uuid) OWNER TO postgres;

-- Name: FUNCTION interview_statistics(interview_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.interview_statistics(interview_id uuid) IS 'One interview''s figures and answers.';

-- Name: invitation_refusal(public.agent_type, text, text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.invitation_refusal(agent_type public.agent_type, txt text, company_name text) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select case
        when k.names_its_sender and case private.plain(company_name)
            -- A name without a Latin letter is looked for as it is written.
            when '' then strpos(lower(invitation_refusal.txt), lower(btrim(company_name))) = 0
            else strpos(concat(' ', said.txt, ' '), concat(' ', private.plain(company_name), ' ')) = 0
        end then 'the invitation must name its sender (client.company_name)'
        when k.offers_opt_out and said.txt !~ '\m(sair|parar|pare|cancelar|descadastrar|remover|stop)\M' then 'the invitation must say how to be left alone (SAIR)'
        when k.says_it_is_automated
            and said.txt !~ '\m((assistente|atendente) (virtual|automatic[oa]|digital)|(atendimento|mensagem|sistema) (automatic[oa]|automatizad[oa])|inteligencia artificial|robo|chatbot|ia)\M'
            then 'the invitation must say that an automated assistant writes (assistente virtual)'
    end
    from private.policy_packs as k
    cross join (select private.plain(invitation_refusal.txt) as txt) as said
    where k.agent_type = invitation_refusal.agent_type;
$$;

ALTER FUNCTION private.invitation_refusal(agent_type public.agent_type, txt text, company_name text) OWNER TO postgres;

-- Name: FUNCTION invitation_refusal(agent_type public.agent_type, txt text, company_name text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.invitation_refusal(agent_type public.agent_type, txt text, company_name text) IS 'Why an agent of this type may not begin with these words, as a sentence; null if it may. company_name: who sends.';

-- Name: invite(uuid, integer); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.invite(project_id uuid, max integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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
        for no key update of i skip locked
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
        for no key update of t skip locked
    );

    with
    ready as materialized (
        select i.id as interview_id, t.id as thread_id, t.last_seq + 1 as seq, i.lead_id, gen_random_uuid() as message_id, gen_random_uuid() as delivery_id,
            private.template_content(template, l.name, company, project.name, null) as content
        from public.interviews as i
        join private.threads as t on t.lead_id = i.lead_id and t.channel_account_id = project.channel_account_id
        join public.leads as l on l.id = i.lead_id
        where i.id = any (ids) and t.id = any (thread_ids) and t.interview_id is null and t.task_id is null and t.due_at is null
    ),
    -- Who may never be invited; an invitation that only has to wait is made, and deferred.
    chosen as materialized (
        select r.*, case v.verdict when 'cancel' then v.reason end as refusal
        from ready as r
        cross join lateral private.policy_verdict(jsonb_populate_record(null::public.deliveries, jsonb_build_object(
            'id', r.delivery_id, 'client_id', project.client_id, 'lead_id', r.lead_id, 'thread_id', r.thread_id, 'interview_id', r.interview_id,
            'channel_account_id', project.channel_account_id, 'kind', 'invitation', 'content', r.content
        ))) as v
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

ALTER FUNCTION private.invite(project_id uuid, max integer) OWNER TO postgres;

-- Name: FUNCTION invite(project_id uuid, max integer); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.invite(project_id uuid, max integer) IS 'Makes the next invitations of an active project, at most max: takes each lead''s thread for the interview, writes the message and its delivery. Returns how many were made. Idempotent: an interview is invited once.';

-- Name: invite_next(uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.invite_next(client_id uuid) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    project record;
    open_ones jsonb;
    free integer;
    made integer;
    invited integer := 0;
begin
    -- One transaction at a time invites for a client; another that comes meanwhile has nothing to add.
    if not pg_try_advisory_xact_lock(hashtextextended('invite_next ' || invite_next.client_id, 0)) then
        return 0;
    end if;
    -- Counted by account: one that is stopped, or has reached its limit for today, keeps its own people waiting and nobody else's.
    select coalesce(jsonb_object_agg(w.channel_account_id, w.n), '{}') into open_ones
    from (
        select d.channel_account_id, count(*) as n
        from public.deliveries as d
        left join public.interviews as i on i.id = d.interview_id
        left join public.projects as p on p.id = i.project_id
        where d.client_id = invite_next.client_id and d.queue = 'default' and d.status in ('queued', 'deferred', 'sending')
            -- What waits for a paused project takes no room from the others.
            and coalesce(p.status, 'active') = 'active'
            -- Nor what waits for days, for a lead who was written to often enough.
            and not (d.status = 'deferred' and d.due_at > private.now() + interval '1 day')
        group by d.channel_account_id
    ) as w;
    for project in
        select p.id, p.channel_account_id from public.projects as p
        where p.client_id = invite_next.client_id and p.status = 'active'
        order by p.created_at, p.id
    loop
        free := private.setting_int('admitted_tasks') - coalesce((open_ones ->> project.channel_account_id::text)::integer, 0);
        continue when free <= 0;
        begin
            made := private.invite(project.id, free);
            invited := invited + made;
            if made > 0 then
                open_ones := open_ones || jsonb_build_object(project.channel_account_id, private.setting_int('admitted_tasks') - free + made);
            end if;
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- The sweep and every claim come by here: one project that cannot invite must not stop the others.
                raise warning 'project % cannot invite: %', project.id, sqlerrm;
        end;
    end loop;
    perform private.admit_deliveries(invite_next.client_id, 'default');
    return invited;
end
$$;

ALTER FUNCTION private.invite_next(client_id uuid) OWNER TO postgres;

-- Name: FUNCTION invite_next(client_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.invite_next(client_id uuid) IS 'Makes and admits a client''s next invitations, as many for each account as its share of the queue has room for. Called when a project starts, when deliveries finish, and by the sweep.';

-- Name: is_admin(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.is_admin() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select exists (
        select from public.profiles as p
        where p.id = private.current_profile_id() and p.role = 'admin'
    );
$$;

ALTER FUNCTION private.is_admin() OWNER TO postgres;

-- Name: FUNCTION is_admin(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.is_admin() IS 'Whether the request is by one of RENUM''s admins. Reads the table, not the token: a removed admin loses access at once.';

-- Name: is_answered(private.threads); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.is_answered(thread private.threads) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select thread.interview_id is not null or exists (
        select
        from public.conversations as c
        join public.channel_accounts as a on a.id = thread.channel_account_id
        cross join lateral private.conversation_agent(c, thread.channel_account_id) as g
        join public.renus_config as r on r.id = g.agent_id
        where c.id = thread.conversation_id and c.status = 'open' and c.handed_over_at is null
            -- A mail program that answers by itself would be answered for ever: other channels only where they are named.
            and coalesce(r.config #> '{conversation,channels}' ? a.channel::text, a.channel = 'whatsapp')
    );
$$;

ALTER FUNCTION private.is_answered(thread private.threads) OWNER TO postgres;

-- Name: FUNCTION is_answered(thread private.threads); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.is_answered(thread private.threads) IS 'Whether an agent answers what is said in a thread now: in an interview always; in a conversation where there is an agent for it and its channel, and no person has it.';

-- Name: is_email(text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.is_email(address text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $_$
    select is_email.address ~ '^[^@\s[:cntrl:],;<>]+@[^@\s[:cntrl:],;<>]+\.[^@\s[:cntrl:],;<>.]+$' and char_length(is_email.address) <= 254;
$_$;

ALTER FUNCTION private.is_email(address text) OWNER TO postgres;

-- Name: FUNCTION is_email(address text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.is_email(address text) IS 'Whether a text can be one e-mail address.';

-- Name: is_holiday(date); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.is_holiday(day date) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select to_char(is_holiday.day, 'MM-DD') in (
            -- Lei 662/1949 with Lei 10.607/2002, Lei 6.802/1980 (12 October) and Lei 14.759/2023 (20 November).
            '01-01', '04-21', '05-01', '09-07', '10-12', '11-02', '11-15', '11-20', '12-25'
        )
        -- By Easter: Carnival's Monday and Tuesday, Good Friday, Corpus Christi. By law only Good Friday is kept everywhere (Lei 9.093/1995); on the others banks, offices and
        -- most of the country are closed as well, and who is written to by a company takes it no better.
        or is_holiday.day - private.easter_of(extract(year from is_holiday.day)::integer) in (-48, -47, -2, 60);
$$;

ALTER FUNCTION private.is_holiday(day date) OWNER TO postgres;

-- Name: FUNCTION is_holiday(day date); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.is_holiday(day date) IS 'Whether a day is a national holiday of Brazil, or closed like one. Holidays of states and towns are a client''s own closed dates.';

-- Name: is_initiated(public.deliveries); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.is_initiated(delivery public.deliveries) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

ALTER FUNCTION private.is_initiated(delivery public.deliveries) OWNER TO postgres;

-- Name: FUNCTION is_initiated(delivery public.deliveries); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.is_initiated(delivery public.deliveries) IS 'Whether a delivery starts something with its recipient, rather than go on with somebody who wrote in the last 24 hours. Daily limits and frequency caps count these. Read-only.';

-- Name: is_opt_in(text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.is_opt_in(txt text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $_$
    select coalesce(char_length(is_opt_in.txt) <= 200 and private.plain(is_opt_in.txt) ~ (
        '^((oi|ola|bom dia|boa tarde|boa noite|por favor|eu) )*('
        || 'voltar|aceito|aceitar|reativar|recadastrar|start|unstop|optin|opt in'
        || '|(quero|queria|aceito|gostaria de|pode) (voltar a )?(receber|voltar)( (as|suas|essas|de novo|novamente|mensagem|mensagens|de voces))*'
        || '|(quero )?(me )?(recadastr(ar|e)|reativ(ar|e))( (as|o|meu))?( (mensagens|cadastro|recebimento))?'
        || ')( (por favor|obrigad[oa]|de novo|novamente|sim))*$'
    ), false);
$_$;

ALTER FUNCTION private.is_opt_in(txt text) OWNER TO postgres;

-- Name: FUNCTION is_opt_in(txt text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.is_opt_in(txt text) IS 'Whether a whole message asks for messages again. It means something only from a lead who opted out.';

-- Name: is_opt_out(text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.is_opt_out(txt text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $_$
    -- The whole message, but for what is said out of politeness around it: "quero cancelar meu pedido" means something else.
    select coalesce(char_length(is_opt_out.txt) <= 200 and private.plain(is_opt_out.txt) ~ concat(
        '^((oi|ola|opa|bom dia|boa tarde|boa noite|por favor|por gentileza|pfv|pf|favor|gente|moca|moco|eu) )*(',
        -- The word alone.
        'sair|parar|pare|parem|stop|stop all|stopall|cancelar|cancela|cancele|cancelem|(me )?descadastr(ar|e|a|em|o|amento)|remover|remova|remove|removam|unsubscribe|optout|opt out',
        '|((quero|queria|gostaria de|desejo) )?(me )?desinscrev(er|a|am|o)',
        '|(quero|queria|gostaria de|desejo|preciso) (sair|parar|(me )?descadastrar)',
        '|(sair|parar) (nao|n|num) (quero|desejo) mais( receber)?( nada)?',
        '|(pode|podem) parar',
        -- Out of the list.
        '|(((quero|queria|gostaria de|desejo|preciso) )?(sair|ser (removid[oa]|descadastrad[oa]|retirad[oa]|excluid[oa]))',
        '|((vc |voce |voces |vcs )?(pode|podem|poderia|poderiam|da pra|tem como|como faz pra|como faco para|como faco pra) )?(me (tirar|remover|excluir|retirar|descadastrar|apagar)|me (tir[ae]|remov[ae]|exclu[ia]|retir[ae]|descadastr[ae]|apagu?[ae])m?',
        '|(tir[ae]|remov[ae]|exclu[ia]|retir[ae]|apagu?[ae]|descadastr[ae])m? (o )?meu (numero|nome|contato|telefone|cadastro)|(tirar|remover|excluir|retirar|apagar|descadastrar) (o )?meu (numero|nome|contato|telefone|cadastro))',
        '|(como faco|como faz|tem como) (para |pra )?sair)',
        '( (da|dessa|desta|de sua|da sua|da tua|dai|daqui|do|desse|deste|de seu|do seu)( (lista|listas|cadastro|grupo|sistema|base|envio|envios|lista de transmissao|lista de contatos))?)',
        '|(remover|excluir|tirar|retirar) (da|dessa|desta) lista',
        '|((pode|podem) )?(me (descadastrar|remover|excluir)|me (descadastr[ae]|remov[ae]|exclu[ia])m?|(apagu?[ae]|remov[ae]|exclu[ia]|descadastr[ae])m? (o )?meu (numero|contato|telefone|cadastro))',
        '|(quero |queria |gostaria de )?ser (removid[oa]|descadastrad[oa]|retirad[oa])',
        '|((quero|queria|gostaria de) )?(cancelar|cancela|cancele|cancelem) (a |o |as |os |minha |meu |essa |esse |esta |este |essas |estas |suas )?(inscricao|assinatura|cadastro|recebimento|envio|envios|mensagens|msgs|recebimento de mensagens|recebimento de msgs|envio de mensagens|envio de msgs)',
        -- No more messages.
        '|((quero|queria|gostaria de|pode|podem|tem como) )?(parar|pare|parem|para) (com )?(de )?((me )?(mandar|enviar|encher|escrever|receber|perturbar|incomodar|importunar) ?)?(as |essas |estas |suas |com )*(mensagem|mensagens|msg|msgs|isso|envios)',
        '|((quero|queria|gostaria de|pode|podem|tem como) )?(parar|pare|parem|para) de (me )?(mandar|enviar|encher|escrever|receber|perturbar|incomodar|importunar)',
        '|((como faco|como faz) (para |pra ))?((gostaria de|quero|prefiro|desejo) )?(nao|n|num) ((quero|queria|desejo|gostaria de|tenho interesse em|autorizo) )?(mais )?receber( mais)?( nada| nenhum| nenhuma| contato| contatos| isso| propaganda| propagandas| spam)?( as| essas| estas| suas)?( mensagem| mensagens| msg| msgs)?( de voces| de vcs| suas)?( mais)?',
        '|(nao|n|num) (quero|desejo) (mais )?(nenhuma )?(as |essas |estas |suas )?(mensagem|mensagens|msg|msgs|contato|contatos|propaganda|propagandas|spam)( de voces| de vcs)?( mais)?',
        '|(nao|n|num) (quero|desejo|gostaria de) (mais )?ser (mais )?(contatad[oa]|incomodad[oa]|perturbad[oa]|importunad[oa]|procurad[oa])( mais)?( por voces)?',
        '|(nao|n) autorizo (mais )?(o envio de |receber )?(mais )?(mensagem|mensagens|msg|msgs|contato|contatos)',
        '|(nao|n) (me )?(mand[ae]|envi[ae]|escrev[ae]|perturb[ae]|incomod[ae]|contat[ae]|procur[ae]|liga|ligue)(r|m)? mais( nada| mensagem| mensagens| msg| msgs| isso)?( pra mim| para mim)?',
        '|(nao|n) me (mand[ae]|envi[ae]|escrev[ae]|perturb[ae]|incomod[ae]|contat[ae]|procur[ae]|encha|enche|encham)(r|m)?( nada| mensagem| mensagens| msg| msgs| o saco)?',
        '|(nao|n) (entre|entra|entrem|entrar) mais em contato( comigo)?',
        '|chega (de|dessas|com essas|com as) (mensagem|mensagens|msg|msgs|spam)',
        '|(sem|nada de|nenhuma) (mais )?(mensagem|mensagens|msg|msgs)( mais)?',
        -- Rude, and clear.
        '|(sai|saiam|cai) fora|me (deixa|deixe|deixem) em paz|me (bloqueia|bloqueie|bloqueiem|esquece|esqueca|esquecam|erra)|vou (te|ti) bloquear|vou bloquear (voce|voces|vc|vcs)',
        ')( (por favor|por gentileza|pfv|pf|pfvr|favor|obrigad[oa]|obg|grat[oa]|ja|agora|imediatamente|urgente))*$'
    ), false);
$_$;

ALTER FUNCTION private.is_opt_out(txt text) OWNER TO postgres;

-- Name: FUNCTION is_opt_out(txt text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.is_opt_out(txt text) IS 'Whether a whole message is one of the words that must always work to be left alone, whatever agent or model is running. Case, accents, punctuation, emoji and politeness make no difference.';

-- Name: isa_admin(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.isa_admin() RETURNS uuid
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
    if not private.is_admin() then
        raise exception 'only an admin commands ISA' using errcode = '42501';
    end if;
    return private.current_profile_id();
end
$$;

ALTER FUNCTION private.isa_admin() OWNER TO postgres;

-- Name: FUNCTION isa_admin(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.isa_admin() IS 'The admin who asks; raises 42501 for everybody else. What each of ISA''s RPCs begins with.';

-- Name: isa_name_of(public.projects); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.isa_name_of(project public.projects) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select format('%s “%s”', case project.type when 'survey' then 'a pesquisa' when 'campaign' then 'a campanha' else 'o atendimento' end, project.name);
$$;

ALTER FUNCTION private.isa_name_of(project public.projects) OWNER TO postgres;

-- Name: FUNCTION isa_name_of(project public.projects); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.isa_name_of(project public.projects) IS 'A project in Portuguese words, with its article.';

-- Name: isa_word(text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.isa_word(status text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select case isa_word.status
        when 'draft' then 'rascunho'
        when 'active' then 'em andamento'
        when 'paused' then 'em pausa'
        when 'completed' then 'concluída'
        when 'cancelled' then 'cancelada'
        when 'in_progress' then 'em andamento'
        when 'pending' then 'pendente'
        else isa_word.status
    end;
$$;

ALTER FUNCTION private.isa_word(status text) OWNER TO postgres;

-- Name: FUNCTION isa_word(status text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.isa_word(status text) IS 'The status of a project or an interview in Portuguese.';

-- Name: issue_isa_token(uuid, jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.issue_isa_token(command_id uuid, plan jsonb, OUT token text, OUT expires_at timestamp with time zone) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    -- Two random uuids: 244 bits that nobody guesses, and of which only the hash is kept.
    token := replace(concat(gen_random_uuid(), gen_random_uuid()), '-', '');
    insert into private.isa_tokens as t (command_id, admin_id, token_hash, plan, expires_at)
    select c.id, c.admin_id, sha256(convert_to(issue_isa_token.token, 'UTF8')), issue_isa_token.plan, clock_timestamp() + interval '5 minutes'
    from public.isa_commands as c
    where c.id = issue_isa_token.command_id and c.admin_id = private.isa_admin() and c.executed_at is null
    on conflict on constraint isa_tokens_pkey do update
    set token_hash = excluded.token_hash, plan = excluded.plan, expires_at = excluded.expires_at
    where t.used_at is null
    returning t.expires_at into expires_at;
    if not found then
        raise exception 'there is no such open command of yours' using errcode = 'PT403';
    end if;
end
$$;

ALTER FUNCTION private.issue_isa_token(command_id uuid, plan jsonb, OUT token text, OUT expires_at timestamp with time zone) OWNER TO postgres;

-- Name: FUNCTION issue_isa_token(command_id uuid, plan jsonb, OUT token text, OUT expires_at timestamp with time zone); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.issue_isa_token(command_id uuid, plan jsonb, OUT token text, OUT expires_at timestamp with time zone) IS 'A confirmation token for the plan of one of the caller''s own commands, good for five minutes by the database''s clock; an earlier one of the same command is void.';

-- Name: judge_qualification(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.judge_qualification() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    t private.threads := private.turn_thread();
    agent public.renus_config;
    refused_at timestamptz;
    verdict record;
begin
    if t.id is null then
        -- In nobody's turn: the engine settles, takes back, erases.
        return new;
    end if;
    if tg_op = 'UPDATE' and old.status <> 'open' then
        return old;
    end if;
    select * into agent from public.renus_config as r where r.id = t.agent_id;
    if not coalesce(agent.config ? 'qualification', false) then
        raise exception 'this agent has no questions to qualify anybody by' using errcode = '22023';
    end if;
    -- SECURITY: of what an agent writes, the proposed answers alone are taken. Whatever else it might come to be granted is made here.
    if tg_op = 'INSERT' then
        refused_at := (
            select max(q.decided_at) from public.qualifications as q
            where q.client_id = t.client_id and q.lead_id = t.lead_id and q.status = 'not_qualified'
        );
        if refused_at > private.now() - make_interval(days => private.setting_int('requalify_days')) then
            raise exception 'this person did not qualify, and is not asked again before %', to_char(
                (refused_at + make_interval(days => private.setting_int('requalify_days'))) at time zone 'America/Sao_Paulo', 'YYYY-MM-DD'
            ) using errcode = '22023';
        end if;
        new.answers := '{}';
        new.created_at := now();
    else
        new.id := old.id;
        new.answers := old.answers;
        new.created_at := old.created_at;
    end if;
    select r.answers, r.problems into new.answers, new.problems
    from private.read_qualification(agent.config, new.answers, new.proposed, t.lease, private.setting_int('max_tries')) as r;
    select * into verdict from private.qualification_verdict(agent.config -> 'qualification', new.answers);
    new.client_id := t.client_id;
    new.lead_id := t.lead_id;
    new.conversation_id := t.conversation_id;
    new.renus_config_id := agent.id;
    new.renus_config_version := agent.version;
    new.threshold := (agent.config #>> '{qualification,threshold}')::numeric;
    new.status := verdict.status;
    new.score := verdict.score;
    new.reason := verdict.reason;
    new.decided_at := case when verdict.status <> 'open' then private.now() end;
    new.settled_at := null;
    return new;
end
$$;

ALTER FUNCTION private.judge_qualification() OWNER TO postgres;

-- Name: FUNCTION judge_qualification(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.judge_qualification() IS 'Trigger: what an agent''s tool proposes as answers is read, scored and decided by the configuration of the live turn''s agent; the tool itself can write neither status nor score. What is decided stays.';

-- Name: keep_audit_log(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.keep_audit_log() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    raise exception 'the audit log is append-only' using errcode = '42501';
end
$$;

ALTER FUNCTION private.keep_audit_log() OWNER TO postgres;

-- Name: FUNCTION keep_audit_log(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.keep_audit_log() IS 'Trigger: nothing in the audit log is changed or removed.';

-- Name: keep_consents(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.keep_consents() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    raise exception 'consents are append-only: add a row that withdraws or grants' using errcode = '42501';
end
$$;

ALTER FUNCTION private.keep_consents() OWNER TO postgres;

-- Name: FUNCTION keep_consents(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.keep_consents() IS 'Trigger: the consent ledger is append-only.';

-- Name: keep_media(jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.keep_media(items jsonb) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    waiting integer;
begin
    with
    sent as (
        select x.event, x.client_id, x.lead_id, t.channel_account_id, t.interview_id, t.conversation_id
        from jsonb_to_recordset(items) as x (thread_id uuid, lead_id uuid, client_id uuid, event jsonb)
        join private.threads as t on t.id = x.thread_id
        where x.event #>> '{message,media,id}' is not null
    ),
    said as (
        -- now() is when this transaction began: the rows it has just stored.
        select s.*, m.id as message_id, 'interview_messages' as message_kind
        from sent as s
        join public.interview_messages as m
            on m.interview_id = s.interview_id and m."timestamp" >= now() and m.metadata ->> 'provider_id' = s.event ->> 'provider_id'
        union all
        select s.*, m.id, 'messages'
        from sent as s
        join public.messages as m
            on m.conversation_id = s.conversation_id and m."timestamp" >= now() and m.metadata ->> 'provider_id' = s.event ->> 'provider_id'
        where s.interview_id is null
    ),
    made as (
        insert into public.media (
            client_id, lead_id, channel_account_id, message_id, message_kind, type, provider_media_id, provider_url, mime_type, file_name, sha256,
            fetch_before, status
        )
        select s.client_id, s.lead_id, s.channel_account_id, s.message_id, s.message_kind, s.event #>> '{message,media,type}',
            s.event #>> '{message,media,id}', s.event #>> '{message,media,url}', s.event #>> '{message,media,mime_type}',
            s.event #>> '{message,media,file_name}', s.event #>> '{message,media,sha256}',
            least(coalesce((s.event ->> 'occurred_at')::timestamptz, now()), now())
                + make_interval(secs => coalesce((s.event #>> '{message,media,keeps_s}')::double precision, 86400)),
            case when private.media_bucket() is null then 'kept' else 'waiting' end::public.media_status
        from said as s
        returning status
    )
    select count(*) filter (where m.status = 'waiting') into waiting from made as m;
    return waiting;
end
$$;

ALTER FUNCTION private.keep_media(items jsonb) OWNER TO postgres;

-- Name: FUNCTION keep_media(items jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.keep_media(items jsonb) IS 'Writes down the files of messages just stored, with what is needed to fetch each in time. Returns how many wait to be fetched: none where no bucket is configured. The caller holds the threads'' locks.';

-- Name: keep_opted_out(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.keep_opted_out() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    raise exception 'a lead who opted out cannot be deleted: the next import would write to it again'
        using errcode = '42501', hint = 'Set its status to blocked, or remove its name and e-mail address.';
end
$$;

ALTER FUNCTION private.keep_opted_out() OWNER TO postgres;

-- Name: FUNCTION keep_opted_out(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.keep_opted_out() IS 'Trigger: an opt-out is not forgotten by deleting the lead.';

-- Name: keep_version(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.keep_version() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    insert into public.renus_config_versions (renus_config_id, client_id, version, agent_type, config, prompts, created_by)
    values (new.id, new.client_id, new.version, new.agent_type, new.config, new.prompts, (select p.id from public.profiles as p where p.id = private.current_profile_id()))
    on conflict on constraint a_version_is_kept_once do nothing;
    return null;
end
$$;

ALTER FUNCTION private.keep_version() OWNER TO postgres;

-- Name: FUNCTION keep_version(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.keep_version() IS 'Trigger: every version of an agent''s configuration is kept as it was.';

-- Name: ladder(jsonb, boolean, text, timestamp with time zone, integer, boolean); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.ladder(config jsonb, has_template boolean, zone text, start timestamp with time zone, after_step integer, failed boolean) RETURNS TABLE(step integer, channel public.channel, due_at timestamp with time zone)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
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

ALTER FUNCTION private.ladder(config jsonb, has_template boolean, zone text, start timestamp with time zone, after_step integer, failed boolean) OWNER TO postgres;

-- Name: FUNCTION ladder(config jsonb, has_template boolean, zone text, start timestamp with time zone, after_step integer, failed boolean); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.ladder(config jsonb, has_template boolean, zone text, start timestamp with time zone, after_step integer, failed boolean) IS 'When an invitation''s reminders are due, each counted from the one before, the first from start: the steps of projects.config.reminders after after_step, and at last step 0, the interview''s end. Without reminders in config: one the next morning, if the client has a template for it. failed: the invitation reached nobody; the other channels follow, the first of them at once. Read-only.';

-- Name: lead_column(text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.lead_column(header text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select case
        when h.words in ('whatsapp', 'numero do whatsapp', 'numero whatsapp', 'zap') then 'phone 1'
        when h.words in ('celular', 'numero do celular', 'telefone celular', 'mobile', 'mobile phone', 'cell', 'cell phone', 'cellphone') then 'phone 2'
        when h.words in ('telefone', 'numero de telefone', 'numero do telefone', 'fone', 'tel', 'phone', 'phone number', 'telephone') then 'phone 3'
        when h.words in ('nome', 'nome completo', 'name', 'full name') then 'name 1'
        when h.words in ('email', 'e mail', 'endereco de email', 'endereco de e mail', 'email address', 'e mail address') then 'email 1'
        when h.words = 'metadata' then 'metadata 1'
    end
    -- The column full_name, too: an underscore is no letter.
    from (select private.plain(lead_column.header) as words) as h;
$$;

ALTER FUNCTION private.lead_column(header text) OWNER TO postgres;

-- Name: FUNCTION lead_column(header text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.lead_column(header text) IS 'What a column of a list of leads holds by its header, Portuguese or English: phone, name, email or metadata, and its rank among several of one kind. null: something else.';

-- Name: lead_of_sender(uuid, jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.lead_of_sender(client_id uuid, sender jsonb) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select x.lead_id
    from (
        select s.priority, i.lead_id
        from public.lead_identities as i
        join (values
            (1, 'wa_id', sender ->> 'wa_id'), (2, 'phone', private.phone_key(coalesce(sender ->> 'wa_id', sender ->> 'phone'))),
            (3, 'bsuid', sender ->> 'bsuid'), (4, 'lid', sender ->> 'lid')
        ) as s (priority, kind, value) on i.kind = s.kind::public.identity_kind and i.value = s.value
        where i.client_id = lead_of_sender.client_id
        union all
        (
            select 5, l.id
            from public.leads as l
            where sender ->> 'email' is not null and l.client_id = lead_of_sender.client_id and lower(l.email) = lower(sender ->> 'email')
            order by l.created_at, l.id
            limit 1
        )
    ) as x
    order by x.priority
    limit 1;
$$;

ALTER FUNCTION private.lead_of_sender(client_id uuid, sender jsonb) OWNER TO postgres;

-- Name: FUNCTION lead_of_sender(client_id uuid, sender jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.lead_of_sender(client_id uuid, sender jsonb) IS 'The lead that a sender {"wa_id", "phone", "bsuid", "lid", "email"} is known to be; null for a stranger. The number decides where it is given and known, since invitations go to numbers: a person first met by a business-scoped id or a lid alone is another lead until somebody says otherwise. Of several leads with one e-mail address it is the oldest.';

-- Name: leaks_prompt(text, text[]); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.leaks_prompt(said text, prompts text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    -- What stands in quotes is meant to be said. Of the rest, so many words in a row are no coincidence.
    select exists (
        select
        from (select ' ' || private.plain(leaks_prompt.said) || ' ' as txt) as reply
        cross join unnest(leaks_prompt.prompts) as p (txt)
        cross join lateral regexp_split_to_array(
            private.plain(regexp_replace(p.txt, '"[^"]*"|“[^”]*”|«[^»]*»', ' zzquotedzz ', 'g')), ' '
        ) as w (words)
        cross join lateral generate_series(1, greatest(cardinality(w.words) - 11, 1)) as s (i)
        where cardinality(w.words) >= 6 and strpos(reply.txt, ' ' || array_to_string(w.words[s.i:s.i + 11], ' ') || ' ') > 0
    );
$$;

ALTER FUNCTION private.leaks_prompt(said text, prompts text[]) OWNER TO postgres;

-- Name: FUNCTION leaks_prompt(said text, prompts text[]); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.leaks_prompt(said text, prompts text[]) IS 'Whether a text repeats twelve words in a row, or all of a shorter one, of what an agent was instructed with, whatever a lead talked the model into. Text in quotes is left out: it is there to be said.';

-- Name: leave_clients(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.leave_clients() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    update public.client_members as m set status = 'removed' where m.profile_id = old.id and m.status = 'active';
    return old;
end
$$;

ALTER FUNCTION private.leave_clients() OWNER TO postgres;

-- Name: FUNCTION leave_clients(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.leave_clients() IS 'Trigger: whose account is deleted works nowhere any more. The membership stays, as removed, without the person.';

-- Name: leave_failed_queue(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.leave_failed_queue() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    perform pgmq.delete('failed_tasks', old.msg_id);
    new.msg_id := null;
    return new;
end
$$;

ALTER FUNCTION private.leave_failed_queue() OWNER TO postgres;

-- Name: FUNCTION leave_failed_queue(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.leave_failed_queue() IS 'Trigger: a dead letter that is replayed or resolved is taken from the queue failed_tasks, so that the queue holds what somebody must look at.';

-- Name: lock_paces(uuid[]); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.lock_paces(account_ids uuid[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    if cardinality(account_ids) = 0
        or not exists (select from public.channel_accounts as a where a.id = any (account_ids) and a.throughput is not null) then
        return;
    end if;
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

ALTER FUNCTION private.lock_paces(account_ids uuid[]) OWNER TO postgres;

-- Name: FUNCTION lock_paces(account_ids uuid[]); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.lock_paces(account_ids uuid[]) IS 'Locks the paces of accounts that have a throughput, in the order that cannot deadlock: whoever lets sends go for them does this first.';

-- Name: lock_threads(uuid[]); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.lock_threads(thread_ids uuid[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    -- LOCK ORDER, here and everywhere: webhook_events (by provider id) → new leads (by phone) and their identities and threads → interviews (by id) → threads (by id) → account paces (by id) → leads →
    -- deliveries → reminders and notifications → messages (insert only) → pgmq rows → pg_net. A tenant's PATCH of an interview has the interview first, so must we.
    perform from public.interviews as i
    where i.id in (select t.interview_id from private.threads as t where t.id = any (thread_ids))
    order by i.id
    for no key update;
    perform from private.threads as t where t.id = any (thread_ids) order by t.id for no key update;
end
$$;

ALTER FUNCTION private.lock_threads(thread_ids uuid[]) OWNER TO postgres;

-- Name: FUNCTION lock_threads(thread_ids uuid[]); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.lock_threads(thread_ids uuid[]) IS 'Locks threads and their live interviews in the order that cannot deadlock.';

-- Name: looks_unfinished(text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.looks_unfinished(txt text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $_$
    select coalesce(
        btrim(looks_unfinished.txt) ~ '([,;:…(]|\.\.|[^-]-)$'
        -- The last word asks for another: a conjunction, a preposition, an article. "é" is "yes" as often as it is a beginning, so accents count.
        or lower(normalize(btrim(looks_unfinished.txt), nfc)) ~ concat(
            '(^|\s)(e|mas|porque|pq|por causa|que|se|quando|ou|com|sem|para|pra|pro|de|do|da|dos|das|em|no|na|nos|nas',
            '|o|a|os|as|um|uma|tipo|então|entao|além disso|alem disso)$'
        )
        -- Not said yet, only announced.
        or private.plain(looks_unfinished.txt) in ('pera', 'perai', 'espera', 'espera ai', 'calma', 'so um momento', 'um momento', 'um minuto', 'so um minuto', 'deixa eu ver', 'deixa eu pensar', 'ja respondo'),
        false
    );
$_$;

ALTER FUNCTION private.looks_unfinished(txt text) OWNER TO postgres;

-- Name: FUNCTION looks_unfinished(txt text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.looks_unfinished(txt text) IS 'Whether what a lead wrote breaks off in the middle or only announces that more will come: then its burst is waited for longer.';

-- Name: make_partitions(regclass, integer); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.make_partitions(parent regclass, months_ahead integer) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO ''
    SET lock_timeout TO '2s'
    AS $$
declare
    parent_name text := (select c.relname from pg_catalog.pg_class as c where c.oid = parent);
    month_start date;
    part_name text;
    made integer := 0;
begin
    for i in -1..months_ahead loop
        month_start := (date_trunc('month', now() at time zone 'UTC') + make_interval(months => i))::date;
        part_name := format('%s_%s', parent_name, to_char(month_start, 'YYYYMM'));
        if to_regclass(format('parts.%I', part_name)) is null then
            -- Attached, not created as a partition: that would lock the parent against every reader.
            execute format('create table parts.%I (like %s including defaults including constraints)', part_name, parent);
            execute format('alter table parts.%I enable row level security', part_name);
            execute format('alter table parts.%I force row level security', part_name);
            execute format(
                'alter table %s attach partition parts.%I for values from (%L) to (%L)',
                parent, part_name, month_start::text || ' 00:00+00', (month_start + interval '1 month')::date::text || ' 00:00+00'
            );
            made := made + 1;
        end if;
    end loop;
    return made;
end
$$;

ALTER FUNCTION private.make_partitions(parent regclass, months_ahead integer) OWNER TO postgres;

-- Name: FUNCTION make_partitions(parent regclass, months_ahead integer); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.make_partitions(parent regclass, months_ahead integer) IS 'Makes the monthly partitions of a table from last month to so many months ahead; returns how many were new. Idempotent; gives up after 2 s of waiting for a lock and is run again the next day.';

-- Name: may_repeat(public.deliveries); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.may_repeat(delivery public.deliveries) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    -- Nobody is to read twice that he will not be written to any more.
    select delivery.kind <> 'goodbye' and (p.idempotent or delivery.repeats < private.setting_int('unknown_repeats'))
    from public.channel_accounts as a
    join private.providers as p on p.provider = a.provider and p.channel = a.channel
    where a.id = delivery.channel_account_id;
$$;

ALTER FUNCTION private.may_repeat(delivery public.deliveries) OWNER TO postgres;

-- Name: FUNCTION may_repeat(delivery public.deliveries); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.may_repeat(delivery public.deliveries) IS 'Whether a send of which nobody knows may go out again: as often as attempts allow where the provider takes a repeated send once, else unknown_repeats times; a goodbye never.';

-- Name: media_bucket(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.media_bucket() RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select private.setting('media_bucket') #>> '{}';
$$;

ALTER FUNCTION private.media_bucket() OWNER TO postgres;

-- Name: FUNCTION media_bucket(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.media_bucket() IS 'The bucket that leads'' files are fetched into; null where none is configured.';

-- Name: media; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.media (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    channel_account_id uuid NOT NULL,
    message_id uuid NOT NULL,
    message_kind text NOT NULL,
    type text NOT NULL,
    provider_media_id text NOT NULL,
    provider_url text,
    mime_type text,
    file_name text,
    sha256 text,
    size bigint,
    fetch_before timestamp with time zone NOT NULL,
    status public.media_status NOT NULL,
    storage_path text,
    attempts integer DEFAULT 0 NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    task_id bigint,
    claim uuid,
    error jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    stored_at timestamp with time zone,
    CONSTRAINT failed_and_expired_ones_say_why CHECK (((status <> ALL (ARRAY['failed'::public.media_status, 'expired'::public.media_status])) OR (error IS NOT NULL))),
    CONSTRAINT message_kind_is_a_table_of_messages CHECK ((message_kind = ANY (ARRAY['interview_messages'::text, 'messages'::text]))),
    CONSTRAINT only_waiting_ones_have_a_task CHECK (((task_id IS NULL) OR (status = 'waiting'::public.media_status))),
    CONSTRAINT size_is_not_negative CHECK ((size >= 0)),
    CONSTRAINT stored_ones_say_where CHECK ((((storage_path IS NOT NULL) = (status = 'stored'::public.media_status)) AND ((stored_at IS NOT NULL) = (status = 'stored'::public.media_status))))
);

ALTER TABLE ONLY public.media FORCE ROW LEVEL SECURITY;

ALTER TABLE public.media OWNER TO postgres;

-- Name: TABLE media; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.media IS 'Files that leads sent: what is needed to fetch each in time, and where it lies once it was.';

-- Name: COLUMN media.message_id; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.media.message_id IS 'The message it came with, a row of the table that message_kind names. (Messages are partitioned: no foreign key.)';

-- Name: COLUMN media.sha256; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.media.sha256 IS 'As the provider says it, in hex or base64, until the file is stored; then its own, in hex.';

-- Name: COLUMN media.fetch_before; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.media.fetch_before IS 'Until when the provider keeps the file.';

-- Name: COLUMN media.storage_path; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.media.storage_path IS 'In the bucket that the setting media_bucket names: <client_id>/<lead_id>/<id>.';

-- Name: COLUMN media.task_id; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.media.task_id IS 'Its task in pgmq; null: not admitted yet, or done.';

-- Name: media_path(public.media); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.media_path(media public.media) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select media.client_id || '/' || media.lead_id || '/' || media.id;
$$;

ALTER FUNCTION private.media_path(media public.media) OWNER TO postgres;

-- Name: FUNCTION media_path(media public.media); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.media_path(media public.media) IS 'Where a file lies in its bucket: whose it is comes first, which is what Storage''s policy asks; nothing in it is the sender''s.';

-- Name: meet_sender(uuid, jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.meet_sender(client_id uuid, sender jsonb) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
    known uuid := private.lead_of_sender(meet_sender.client_id, sender);
    number text := private.normalize_phone('+' || ltrim(coalesce(sender ->> 'wa_id', sender ->> 'phone'), '+'));
begin
    if known is null and private.sender_key(sender) is null then
        return null;
    end if;
    if known is null and number is null then
        -- Nothing of the lead's own row tells two of the same stranger apart: one after the other.
        perform pg_advisory_xact_lock(hashtextextended('meet ' || meet_sender.client_id || private.sender_key(sender), 0));
        known := private.lead_of_sender(meet_sender.client_id, sender);
    end if;
    if known is null then
        insert into public.leads as l (client_id, phone, name, metadata)
        values (meet_sender.client_id, number, left(coalesce(sender ->> 'name', sender ->> 'username'), 200), '{"source": "inbound"}')
        on conflict on constraint a_phone_is_once_a_lead_of_a_client do update set updated_at = now()
        returning l.id into known;
    end if;
    insert into public.lead_identities (client_id, lead_id, kind, value)
    select meet_sender.client_id, known, s.kind::public.identity_kind, s.value
    from (values
        ('bsuid', sender ->> 'bsuid'), ('lid', sender ->> 'lid'), ('phone', private.phone_key(sender ->> 'phone')), ('wa_id', sender ->> 'wa_id')
    ) as s (kind, value)
    where s.value is not null
        and not exists (
            select from public.lead_identities as i
            where i.client_id = meet_sender.client_id and i.kind = s.kind::public.identity_kind and i.value = s.value
        )
    order by s.kind
    on conflict on constraint an_identity_is_one_lead_of_a_client do nothing;
    return known;
end
$$;

ALTER FUNCTION private.meet_sender(client_id uuid, sender jsonb) OWNER TO postgres;

-- Name: FUNCTION meet_sender(client_id uuid, sender jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.meet_sender(client_id uuid, sender jsonb) IS 'The lead a sender is, made if unknown, with every identity it came with written down. null if it came with none. Two leads are never merged.';

-- Name: merged_memory(jsonb, jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.merged_memory(memory jsonb, news jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    -- {"shared" | sub-agent: {word: text}}; what is too much is not kept, what was kept before stays.
    select case when octet_length(m.merged::text) <= 16384 then m.merged else merged_memory.memory end
    from (
        select merged_memory.memory || coalesce(jsonb_object_agg(s.key, coalesce(merged_memory.memory -> s.key, '{}') || (
            select coalesce(jsonb_object_agg(left(w.key, 60), left(w.value #>> '{}', 500)), '{}')
            from jsonb_each(s.value) as w
            where jsonb_typeof(w.value) in ('string', 'number', 'boolean')
        )), '{}') as merged
        from jsonb_each(case jsonb_typeof(merged_memory.news) when 'object' then merged_memory.news else '{}' end) as s
        where jsonb_typeof(s.value) = 'object'
    ) as m;
$$;

ALTER FUNCTION private.merged_memory(memory jsonb, news jsonb) OWNER TO postgres;

-- Name: FUNCTION merged_memory(memory jsonb, news jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.merged_memory(memory jsonb, news jsonb) IS 'What agents keep of a conversation with what a turn adds: scope by scope, word by word, the newest text of each. Past 16 kilobytes nothing is added.';

-- Name: message_content(jsonb, public.channel); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.message_content(content jsonb, channel public.channel) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $_$
    select case
        when x.kind = 'media' and coalesce(char_length(x.text), 0) <= 10000 and content ->> 'media' in ('image', 'audio', 'video', 'document')
            and char_length(content ->> 'link') <= 2048 and content ->> 'link' ~ '^https?://[^[:space:]/?#]+[^[:space:]]*$' then
            jsonb_strip_nulls(jsonb_build_object(
                'type', 'media', 'media', content -> 'media', 'link', content -> 'link', 'text', coalesce(x.text, ''),
                'file_name', left(content ->> 'file_name', 240), 'size', case when jsonb_typeof(content -> 'size') = 'number' then content -> 'size' end
            ))
        when coalesce(btrim(x.text), '') = '' or char_length(x.text) > 10000 then null
        when x.kind = 'text' then jsonb_build_object('type', 'text', 'text', x.text)
        when x.kind = 'buttons' and private.are_choices(content -> 'buttons', 3) then
            jsonb_build_object('type', 'buttons', 'text', x.text, 'buttons', content -> 'buttons')
        when x.kind = 'list' and private.are_choices(content -> 'rows', 10) and btrim(content ->> 'button') <> '' then
            jsonb_build_object('type', 'list', 'text', x.text, 'button', content -> 'button', 'rows', content -> 'rows')
    end || case
        when channel <> 'email' or content -> 'subject' is null then '{}'
        -- A line break would let the writer add headers of his own.
        when jsonb_typeof(content -> 'subject') = 'string' and char_length(content ->> 'subject') <= 200 and content ->> 'subject' !~ '[[:cntrl:]]' then
            jsonb_build_object('subject', content -> 'subject')
    end
    from (select content ->> 'type' as kind, case when jsonb_typeof(content -> 'text') = 'string' then content ->> 'text' end as text) as x;
$_$;

ALTER FUNCTION private.message_content(content jsonb, channel public.channel) OWNER TO postgres;

-- Name: FUNCTION message_content(content jsonb, channel public.channel); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.message_content(content jsonb, channel public.channel) IS 'What a person or a tool wants to send a lead in words of its own, without what nobody knows: text, buttons {"text", "buttons"}, list {"text", "button", "rows"}, media {"media", "link", "text"?, "file_name"?, "size"?}; in e-mails with a subject of one line. null for what cannot be sent.';

-- Name: message_cost(text, text, integer); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.message_cost(provider text, item text, messages integer) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select jsonb_build_object('currency', p.currency, 'amount', round(p.amount * message_cost.messages, 2), 'per_message', trim_scale(p.amount), 'category', p.item)
    from private.prices as p
    where p.provider = message_cost.provider and p.item = message_cost.item and p.valid_from <= private.now()::date
    order by p.valid_from desc
    limit 1;
$$;

ALTER FUNCTION private.message_cost(provider text, item text, messages integer) OWNER TO postgres;

-- Name: FUNCTION message_cost(provider text, item text, messages integer); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.message_cost(provider text, item text, messages integer) IS 'What so many messages of a category cost with a provider today: {"currency", "amount", "per_message", "category"}; null where no price is known.';

-- Name: message_metadata(jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.message_metadata(event jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select jsonb_strip_nulls(jsonb_build_object(
        'type', event #> '{message,type}', 'provider_id', event -> 'provider_id', 'payload', event #> '{message,payload}', 'reply_to', event #> '{message,reply_to}',
        'amends', event #> '{message,amends}'
    ));
$$;

ALTER FUNCTION private.message_metadata(event jsonb) OWNER TO postgres;

-- Name: FUNCTION message_metadata(event jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.message_metadata(event jsonb) IS 'What an inbound message''s metadata keeps of its event.';

-- Name: most_points(jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.most_points(question jsonb) RETURNS numeric
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    -- Between the values that its rules speak of, the points do not change: they, their nearest neighbours and the ends of the range are every case.
    with rules as (
        select coalesce(question -> 'validation', '{}') as validation, case jsonb_typeof(question -> 'score') when 'array' then question -> 'score' else '[]' end as score
    ),
    named as (
        select v.value
        from rules as r
        cross join jsonb_array_elements(r.score) as s (rule)
        cross join lateral jsonb_array_elements(
            case jsonb_typeof(s.rule #> '{if,value}') when 'array' then s.rule #> '{if,value}' else jsonb_build_array(s.rule #> '{if,value}') end
        ) as v (value)
    ),
    possible as (
        select o.value
        from jsonb_array_elements(case when question ->> 'type' = 'choice' then question -> 'options' else '[]' end) as o (value)
        union all
        select b.value
        from (values ('true'::jsonb), ('false'::jsonb)) as b (value)
        where question ->> 'type' = 'yes_no'
        union all
        select t.value
        from (select n.value from named as n union all select '""'::jsonb) as t (value)
        where question ->> 'type' = 'text'
        union all
        select to_jsonb(x.n)
        from rules as r
        cross join lateral (
            select (e.value)::numeric + d.delta as n
            from (
                select n.value from named as n
                union all
                select v.value from jsonb_each(r.validation) as v where v.key in ('min', 'max')
                union all
                select '0'::jsonb
            ) as e (value)
            cross join (values (0), (1), (-1), (0.000000001), (-0.000000001)) as d (delta)
            where jsonb_typeof(e.value) = 'number'
        ) as x
        where question ->> 'type' in ('number', 'scale')
            and x.n >= coalesce((r.validation ->> 'min')::numeric, x.n) and x.n <= coalesce((r.validation ->> 'max')::numeric, x.n)
            and (x.n = trunc(x.n) or (r.validation ->> 'integer')::boolean is not true)
    )
    select greatest(0, max(private.points_of(question, p.value)))
    from possible as p;
$$;

ALTER FUNCTION private.most_points(question jsonb) OWNER TO postgres;

-- Name: FUNCTION most_points(question jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.most_points(question jsonb) IS 'The most points that an answer to a question of a qualification can bring; 0 where it brings none, for nobody has to answer.';

-- Name: needs_answer(jsonb, text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.needs_answer(metadata jsonb, content text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    -- A change of number, a message taken back, a reaction removed: stored, and not a word to reply to.
    -- An edit is answered where the message it changes is (private.amend_messages).
    select not (
        coalesce(needs_answer.metadata ->> 'type', 'text') in ('system', 'revoke')
        or (needs_answer.metadata ->> 'type' = 'edit' and not private.is_opt_out(needs_answer.content))
        or (needs_answer.metadata ->> 'type' = 'reaction' and needs_answer.content = '')
    );
$$;

ALTER FUNCTION private.needs_answer(metadata jsonb, content text) OWNER TO postgres;

-- Name: FUNCTION needs_answer(metadata jsonb, content text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.needs_answer(metadata jsonb, content text) IS 'Whether an inbound message is something a person would expect a reply to.';

-- Name: next_due_ms(text[]); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.next_due_ms(queues text[]) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
    -- What somebody holds is not waited for. At least 20 ms: a task locked this very moment must not make the caller spin.
    select least(greatest(20, ceil(extract(epoch from min(w.due_at) - clock_timestamp()) * 1000)), 2147483647)::integer
    from (
        select min(t.due_at) from private.threads as t where t.task_id is not null and t.lease is null and 'high_priority' = any (queues)
        union all
        select min(d.due_at) - (private.now() - clock_timestamp()) from public.deliveries as d where d.task_id is not null and d.status <> 'sending' and d.queue = any (queues)
        union all
        select min(m.due_at) from public.media as m where m.status = 'waiting' and m.task_id is not null and m.claim is null and 'default' = any (queues)
        union all
        select min(r.due_at) from public.reports as r where r.task_id is not null and r.status <> 'writing' and 'low_priority' = any (queues)
    ) as w (due_at)
    where w.due_at is not null
    having min(w.due_at) is not null;
$$;

ALTER FUNCTION private.next_due_ms(queues text[]) OWNER TO postgres;

-- Name: FUNCTION next_due_ms(queues text[]); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.next_due_ms(queues text[]) IS 'Milliseconds until the next task of these queues that nobody holds is due; null if there is none.';

-- Name: next_open(public.sending_rules, text, timestamp with time zone); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.next_open(rules public.sending_rules, zone text, since timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
    first_day date := (since at time zone zone)::date;
    day date;
    span jsonb;
    closes timestamptz;
    opens timestamptz;
begin
    -- Long enough for a client that opens on one day of the week and has all its closed dates and every holiday on it.
    for ahead in 0..1500 loop
        day := first_day + ahead;
        span := rules.hours -> (array['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'])[extract(isodow from day)];
        continue when span is null or day = any (rules.closed_dates) or (not rules.on_holidays and private.is_holiday(day));
        opens := (day + (span ->> 0)::time) at time zone zone;
        closes := (day + (span ->> 1)::time) at time zone zone;
        if greatest(since, opens) < closes then
            return greatest(since, opens);
        end if;
    end loop;
    return null;
end
$$;

ALTER FUNCTION private.next_open(rules public.sending_rules, zone text, since timestamp with time zone) OWNER TO postgres;

-- Name: FUNCTION next_open(rules public.sending_rules, zone text, since timestamp with time zone); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.next_open(rules public.sending_rules, zone text, since timestamp with time zone) IS 'The first moment, not before since, at which these rules let something begin with somebody who lives by this clock; since itself if they let it then. null if there is none in sight.';

-- Name: no_template(uuid, uuid, public.template_purpose, text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.no_template(client_id uuid, channel_account_id uuid, purpose public.template_purpose, name text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    -- SECURITY: under the asker's rights, as private.template_for.
    select coalesce(
        (
            select private.template_problem(t)
            from public.message_templates as t
            where t.client_id = no_template.client_id
                and (t.channel_account_id is null or t.channel_account_id = no_template.channel_account_id)
                and (t.name = no_template.name or (no_template.name is null and t.purpose = no_template.purpose))
                and private.template_problem(t) is not null
            order by t.channel_account_id is null, t.language <> 'pt_BR', t.status <> 'approved', t.created_at, t.id
            limit 1
        ),
        'there is no approved template' || coalesce(' named ' || no_template.name, ' with purpose ' || no_template.purpose)
    );
$$;

ALTER FUNCTION private.no_template(client_id uuid, channel_account_id uuid, purpose public.template_purpose, name text) OWNER TO postgres;

-- Name: FUNCTION no_template(client_id uuid, channel_account_id uuid, purpose public.template_purpose, name text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.no_template(client_id uuid, channel_account_id uuid, purpose public.template_purpose, name text) IS 'Why private.template_for finds nothing for the same arguments, as a sentence: what keeps the likeliest template from being used, or that there is none.';

-- Name: normalize_lead(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.normalize_lead() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    new.phone := private.checked_phone(new.phone);
    if tg_op = 'UPDATE' and current_user in ('authenticated', 'service_role') then
        if old.opted_out_at is not null and old.phone is distinct from new.phone and old.phone is not null then
            raise exception 'a lead who opted out keeps its number: the next import would write to it again'
                using errcode = '42501', hint = 'Another number is another lead.';
        end if;
    end if;
    new.name := nullif(btrim(regexp_replace(new.name, '[[:cntrl:]]', ' ', 'g')), '');
    new.email := nullif(lower(btrim(new.email)), '');
    if not private.is_email(new.email) then
        raise exception 'email % is not an e-mail address', quote_literal(left(new.email, 100)) using errcode = '22023';
    end if;
    if new.time_zone is not null and new.time_zone ~ '/' then
        begin
            perform now() at time zone new.time_zone;
        exception when invalid_parameter_value then
            raise exception 'time_zone % is not known', quote_literal(left(new.time_zone, 100)) using errcode = '22023', hint = 'For example America/Sao_Paulo, America/Manaus or America/Noronha.';
        end;
    end if;
    return new;
end
$$;

ALTER FUNCTION private.normalize_lead() OWNER TO postgres;

-- Name: FUNCTION normalize_lead(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.normalize_lead() IS 'Trigger: phones to E.164, names and e-mail addresses trimmed; what can be neither number nor address is refused, and so is taking the number from a lead who opted out.';

-- Name: normalize_phone(text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.normalize_phone(phone text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $_$
declare
    international boolean := btrim(phone) ~ '^(\+|00)';
    digits text := regexp_replace(phone, '[^0-9]', '', 'g');
begin
    if phone is null or btrim(phone) = '' then
        return null;
    end if;
    digits := regexp_replace(digits, '^00', '');
    -- A number without a country is Brazilian: DDD (two digits, neither 0) and 8 or 9 digits, perhaps after a trunk 0.
    if not international then
        digits := regexp_replace(digits, '^0', '');
        if digits ~ '^[1-9][1-9][2-9][0-9]{7,8}$' then
            digits := '55' || digits;
        elsif digits not like '55%' then
            -- A local number without its area code, say. As an international one it would be somebody else's.
            return null;
        end if;
    end if;
    -- Brazilian mobiles have had nine digits since 2016; older lists and WhatsApp's own ids may lack the first 9.
    if digits ~ '^55[1-9][1-9][6-9][0-9]{7}$' then
        digits := left(digits, 4) || '9' || substr(digits, 5);
    end if;
    if digits !~ '^[1-9][0-9]{7,14}$' or (digits like '55%' and digits !~ '^55[1-9][1-9](9[0-9]{8}|[2-5][0-9]{7})$') then
        return null;
    end if;
    -- The country codes that are given out to countries and networks (ITU-T E.164): nobody has a number under another one.
    if digits !~ ('^(1|7|2[07]|21[12368]|2[2346][0-9]|25[0-8]|29[01789]|3[0-469]|3[57][0-9]|38[0-35-79]|4[013-9]|42[013]|5[1-8]|5[09][0-9]'
        || '|6[0-6]|67[02-9]|68[0-35-9]|69[0-2]|8[1246]|85[02356]|87[08]|88[012368]|9[0-58]|96[0-8]|97[0-7]|99[2-68])') then
        return null;
    end if;
    return '+' || digits;
end
$_$;

ALTER FUNCTION private.normalize_phone(phone text) OWNER TO postgres;

-- Name: FUNCTION normalize_phone(phone text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.normalize_phone(phone text) IS 'A phone number in E.164; null if it cannot be one, or is of no country. Without + or 00 it is taken as Brazilian, with or without 55; a mobile''s missing ninth digit is put in.';

-- Name: note_isa_result(uuid, jsonb, public.isa_target_type, uuid, boolean); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.note_isa_result(command_id uuid, result jsonb, target_type public.isa_target_type, target_id uuid, executed boolean) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
    -- SECURITY: admins may add commands, not change them. This writes what came of the caller's own, and not again once it is done.
    update public.isa_commands as c
    set result = note_isa_result.result, target_type = note_isa_result.target_type, target_id = note_isa_result.target_id,
        executed_at = case when note_isa_result.executed then clock_timestamp() end
    where c.id = note_isa_result.command_id and c.admin_id = private.isa_admin() and c.executed_at is null;
$$;

ALTER FUNCTION private.note_isa_result(command_id uuid, result jsonb, target_type public.isa_target_type, target_id uuid, executed boolean) OWNER TO postgres;

-- Name: FUNCTION note_isa_result(command_id uuid, result jsonb, target_type public.isa_target_type, target_id uuid, executed boolean); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.note_isa_result(command_id uuid, result jsonb, target_type public.isa_target_type, target_id uuid, executed boolean) IS 'Writes what came of a command of the caller''s own into its row, and that it is done; what is done stays as it is.';

-- Name: note_news(uuid[]); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.note_news(project_ids uuid[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    item record;
begin
    for item in
        select p.id, p.client_id, p.name
        from public.projects as p
        -- By an index: an interview or two would else be looked for in all of them.
        cross join lateral (select i.id from public.interviews as i where i.project_id = p.id order by i.lead_id limit 1) as of_them
        left join lateral (
            select i.id from public.interviews as i
            where i.project_id = p.id and i.status in ('pending', 'in_progress')
            order by i.lead_id
            limit 1
        ) as running on true
        where p.id = any (note_news.project_ids) and p.status = 'active' and p.config #> '{audience,join_later}' is distinct from 'true'
            and running.id is null
        order by p.id
    loop
        perform private.notify(item.client_id, 'project_completed', null, format('Todas as entrevistas da pesquisa "%s" terminaram.', item.name), item.id::text);
    end loop;
    -- Once a day a client hears of its dead letters. Not of notifications' own: they would tell of themselves for ever.
    for item in
        select f.client_id, count(*) as failed
        from public.failed_tasks as f
        where f.status = 'dead' and f.created_at > now() - interval '1 day'
            and not exists (select from public.deliveries as d where d.id = f.task_row_id and d.kind = 'notification')
        group by f.client_id
        order by f.client_id
    loop
        perform private.notify(
            item.client_id, 'task_failed', null,
            case when item.failed = 1 then 'Um envio ou uma tarefa falhou e espera por você'
                else format('%s envios ou tarefas falharam e esperam por você', item.failed) end || ' na lista de falhas da RENUM.',
            to_char(private.now() at time zone 'America/Sao_Paulo', 'YYYY-MM-DD')
        );
    end loop;
end
$$;

ALTER FUNCTION private.note_news(project_ids uuid[]) OWNER TO postgres;

-- Name: FUNCTION note_news(project_ids uuid[]); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.note_news(project_ids uuid[]) IS 'Notes for the clients'' owners what no single commit can know: that of these projects (whose figures changed) the last interview has ended, and that there are dead letters (once a day). Run by the sweep, one at a time. Idempotent.';

-- Name: note_refusal(uuid, text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.note_refusal(delivery_id uuid, code text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

ALTER FUNCTION private.note_refusal(delivery_id uuid, code text) OWNER TO postgres;

-- Name: FUNCTION note_refusal(delivery_id uuid, code text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.note_refusal(delivery_id uuid, code text) IS 'A provider refused a delivery with this code: where it means that the lead does not want to be written to, that goes into the ledger. Returns whether it did. Idempotent. The caller holds the locks of the thread and its interview.';

-- Name: channel_accounts; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.channel_accounts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid DEFAULT private.default_client_id() NOT NULL,
    channel public.channel DEFAULT 'whatsapp'::public.channel NOT NULL,
    provider text NOT NULL,
    name text NOT NULL,
    external_id text NOT NULL,
    display_phone text,
    app_id text,
    config jsonb DEFAULT '{}'::jsonb NOT NULL,
    status public.channel_account_status DEFAULT 'active'::public.channel_account_status NOT NULL,
    throughput integer DEFAULT 80,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    portfolio_id text,
    daily_limit integer,
    stopped_reason text,
    CONSTRAINT app_id_has_at_most_200_characters CHECK ((char_length(app_id) <= 200)),
    CONSTRAINT config_has_at_most_64_kilobytes_and_20_levels CHECK (((octet_length((config)::text) <= 65536) AND (NOT (config @? '$.**{20}'::jsonpath)))),
    CONSTRAINT config_is_an_object CHECK ((jsonb_typeof(config) = 'object'::text)),
    CONSTRAINT daily_limit_is_positive CHECK ((daily_limit > 0)),
    CONSTRAINT display_phone_has_at_most_50_characters CHECK ((char_length(display_phone) <= 50)),
    CONSTRAINT external_id_has_1_to_200_characters CHECK (((btrim(external_id) <> ''::text) AND (char_length(external_id) <= 200))),
    CONSTRAINT name_has_1_to_200_characters CHECK (((btrim(name) <> ''::text) AND (char_length(name) <= 200))),
    CONSTRAINT portfolio_id_has_1_to_200_characters CHECK (((btrim(portfolio_id) <> ''::text) AND (char_length(portfolio_id) <= 200))),
    CONSTRAINT provider_is_known CHECK ((provider = ANY (ARRAY['whatsapp_cloud'::text, 'twilio'::text, 'evolution'::text, 'zapi'::text, 'zenvia'::text, 'smtp'::text, 'resend'::text]))),
    CONSTRAINT provider_offers_the_channel CHECK (
CASE channel
    WHEN 'whatsapp'::public.channel THEN (provider = ANY (ARRAY['whatsapp_cloud'::text, 'twilio'::text, 'evolution'::text, 'zapi'::text]))
    WHEN 'sms'::public.channel THEN (provider = ANY (ARRAY['twilio'::text, 'zenvia'::text]))
    WHEN 'email'::public.channel THEN (provider = ANY (ARRAY['smtp'::text, 'resend'::text]))
    ELSE NULL::boolean
END),
    CONSTRAINT throughput_is_positive CHECK ((throughput > 0))
);

ALTER TABLE ONLY public.channel_accounts FORCE ROW LEVEL SECURITY;

ALTER TABLE public.channel_accounts OWNER TO postgres;

-- Name: TABLE channel_accounts; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.channel_accounts IS 'A client''s accounts with providers. Their credentials are in private.channel_credentials, encrypted.';

-- Name: COLUMN channel_accounts.external_id; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.channel_accounts.external_id IS 'The provider''s name of the number or sender: phone_number_id (WhatsApp Cloud API), instance (Evolution, Z-API), E.164 number (Twilio, Zenvia), sender''s address (SMTP, Resend).';

-- Name: COLUMN channel_accounts.app_id; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.channel_accounts.app_id IS 'Accounts of one client with one app id may receive each other''s webhook items.';

-- Name: COLUMN channel_accounts.throughput; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.channel_accounts.throughput IS 'Messages per second, to and from, that the provider allows; null: no limit, nor one for how many one person gets.';

-- Name: COLUMN channel_accounts.portfolio_id; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.channel_accounts.portfolio_id IS 'The WhatsApp business portfolio: accounts of a client with the same one share one daily_limit. null: the account is alone in its own.';

-- Name: COLUMN channel_accounts.daily_limit; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.channel_accounts.daily_limit IS 'People who may be written to outside an open window in any 24 hours, as the provider''s tier says; null: no limit.';

-- Name: COLUMN channel_accounts.stopped_reason; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.channel_accounts.stopped_reason IS 'Why the engine stopped the account (status paused or disconnected); null when a person did.';

-- Name: notification_account(uuid, public.channel, uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.notification_account(client_id uuid, channel public.channel, preferred uuid) RETURNS public.channel_accounts
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    -- SECURITY: another client's account is nobody's to use but the house's: then the delivery and its message are the house's own rows,
    -- and what ties them to the client is the client's notification. Leads are never written to in this way.
    select a
    from public.channel_accounts as a
    join public.clients as c on c.id = a.client_id
    where a.channel = notification_account.channel and a.status = 'active'
        and (a.client_id = notification_account.client_id or (c.is_house and a.channel <> 'whatsapp'))
    order by a.client_id <> notification_account.client_id, a.id is distinct from notification_account.preferred, a.created_at, a.id
    limit 1;
$$;

ALTER FUNCTION private.notification_account(client_id uuid, channel public.channel, preferred uuid) OWNER TO postgres;

-- Name: FUNCTION notification_account(client_id uuid, channel public.channel, preferred uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.notification_account(client_id uuid, channel public.channel, preferred uuid) IS 'The account to tell a client''s people by: the preferred one or else the client''s oldest active one of the channel; where the client has none for SMS or e-mail, the house client''s. A row of nulls if there is none. Read-only.';

-- Name: message_templates; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.message_templates (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid DEFAULT private.default_client_id() NOT NULL,
    channel_account_id uuid,
    name text NOT NULL,
    language text DEFAULT 'pt_BR'::text NOT NULL,
    category text DEFAULT 'utility'::text NOT NULL,
    body text NOT NULL,
    parameters text[] DEFAULT '{}'::text[] NOT NULL,
    status public.template_status DEFAULT 'pending'::public.template_status NOT NULL,
    purpose public.template_purpose DEFAULT 'other'::public.template_purpose NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    provider_id text,
    reason text,
    components jsonb,
    synced_at timestamp with time zone,
    CONSTRAINT body_has_1_to_4096_characters CHECK (((btrim(body) <> ''::text) AND (char_length(body) <= 4096))),
    CONSTRAINT category_is_known CHECK ((category = ANY (ARRAY['marketing'::text, 'utility'::text, 'authentication'::text]))),
    CONSTRAINT components_are_a_list_of_at_most_64_kilobytes CHECK (((jsonb_typeof(components) = 'array'::text) AND (octet_length((components)::text) <= 65536))),
    CONSTRAINT language_is_a_code_such_as_pt_br CHECK ((language ~ '^[a-z]{2,3}(_[A-Za-z]{2,4})?$'::text)),
    CONSTRAINT name_has_lower_case_letters_digits_and_underscores CHECK (((name ~ '^[a-z0-9_]+$'::text) AND (char_length(name) <= 512))),
    CONSTRAINT parameters_are_at_most_20 CHECK ((cardinality(parameters) <= 20)),
    CONSTRAINT parameters_are_known CHECK ((parameters <@ ARRAY['lead.name'::text, 'lead.first_name'::text, 'client.company_name'::text, 'project.name'::text, 'notification.text'::text])),
    CONSTRAINT reason_has_at_most_500_characters CHECK ((char_length(reason) <= 500))
);

ALTER TABLE ONLY public.message_templates FORCE ROW LEVEL SECURITY;

ALTER TABLE public.message_templates OWNER TO postgres;

-- Name: TABLE message_templates; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.message_templates IS 'Messages the provider approved for writing first. {{1}} in body stands for the first of parameters.';

-- Name: COLUMN message_templates.channel_account_id; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.message_templates.channel_account_id IS 'Whose template it is; null: any account''s of the client, until that account''s own list was fetched.';

-- Name: COLUMN message_templates.provider_id; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.message_templates.provider_id IS 'The provider''s id of it.';

-- Name: COLUMN message_templates.reason; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.message_templates.reason IS 'Why it is not approved, in the provider''s words.';

-- Name: COLUMN message_templates.components; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.message_templates.components IS 'Header, body, footer and buttons as the provider keeps them; null: written here, a body alone.';

-- Name: COLUMN message_templates.synced_at; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.message_templates.synced_at IS 'As of when status, category and body are the provider''s word; null: never, they are what people wrote.';

-- Name: notification_content(public.channel, public.message_templates, text, text, text, text, text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.notification_content(channel public.channel, template public.message_templates, full_name text, company_name text, project_name text, title text, txt text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select case
        when notification_content.channel = 'email' then jsonb_build_object(
            'type', 'text',
            -- A header of one line: https://www.rfc-editor.org/rfc/rfc5322#section-2.2
            'subject', left(regexp_replace(format('%s | %s', notification_content.title, notification_content.company_name), '\s+', ' ', 'g'), 150),
            'text', format(
                E'Olá%s!\n\n%s\n\nVocê recebe este aviso porque é responsável pela conta de %s na RENUM. Para escolher por onde receber avisos, altere o seu perfil.\n',
                coalesce(', ' || private.first_name(notification_content.full_name), ''), notification_content.txt, notification_content.company_name
            )
        )
        -- Two or three parts of an SMS at most: with accents a part has 67 characters (3GPP TS 23.038, UCS-2).
        when notification_content.channel = 'sms' then jsonb_build_object(
            'type', 'text', 'text', left(regexp_replace(format('%s: %s', notification_content.company_name, notification_content.txt), '\s+', ' ', 'g'), 200)
        )
        when (notification_content.template).id is null then jsonb_build_object('type', 'text', 'text', notification_content.txt)
        else private.template_content(
            notification_content.template, notification_content.full_name, notification_content.company_name, notification_content.project_name,
            -- A parameter and the words around it have 1024 characters together (WhatsApp Cloud API).
            left(notification_content.txt, 700)
        )
    end;
$$;

ALTER FUNCTION private.notification_content(channel public.channel, template public.message_templates, full_name text, company_name text, project_name text, title text, txt text) OWNER TO postgres;

-- Name: FUNCTION notification_content(channel public.channel, template public.message_templates, full_name text, company_name text, project_name text, title text, txt text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.notification_content(channel public.channel, template public.message_templates, full_name text, company_name text, project_name text, title text, txt text) IS 'A notification as a channel takes it: by WhatsApp the template, or free text where there is none; one short text by SMS; a subject and a text by e-mail.';

-- Name: notification_words(text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.notification_words(event text, OUT title text, OUT one text, OUT many text, OUT urgent boolean) RETURNS record
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select coalesce(w.title, 'Aviso'), coalesce(w.one, 'outro aviso'), coalesce(w.many, 'outros avisos'), coalesce(w.urgent, false)
    from (select notification_words.event as event) as asked
    left join (values
        ('interview_completed', 'Entrevista concluída', 'entrevista concluída', 'entrevistas concluídas', false),
        ('project_completed', 'Pesquisa encerrada', 'pesquisa encerrada', 'pesquisas encerradas', false),
        ('person_needed', 'Um contato precisa de atendimento', 'contato precisa de atendimento', 'contatos precisam de atendimento', true),
        ('lead_qualified', 'Um contato se qualificou', 'contato qualificado', 'contatos qualificados', false),
        ('lead_converted', 'Um contato virou cliente', 'contato virou cliente', 'contatos viraram clientes', false),
        ('callback_requested', 'Retorno agendado', 'retorno agendado', 'retornos agendados', false),
        ('callback_due', 'Está na hora de um retorno', 'retorno para agora', 'retornos para agora', true),
        ('account_stopped', 'Um canal de envio parou', 'canal de envio parado', 'canais de envio parados', true),
        ('template_stopped', 'Um modelo de mensagem parou', 'modelo de mensagem parado', 'modelos de mensagem parados', false),
        ('task_failed', 'Há envios ou tarefas que falharam', 'aviso de falha', 'avisos de falha', false)
    ) as w (event, title, one, many, urgent) on w.event = asked.event;
$$;

ALTER FUNCTION private.notification_words(event text, OUT title text, OUT one text, OUT many text, OUT urgent boolean) OWNER TO postgres;

-- Name: FUNCTION notification_words(event text, OUT title text, OUT one text, OUT many text, OUT urgent boolean); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.notification_words(event text, OUT title text, OUT one text, OUT many text, OUT urgent boolean) IS 'How an event is spoken of: the title of an e-mail, one of it and many of it after a number, and whether it is told at once, never gathered with others.';

-- Name: notifications; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.notifications (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid NOT NULL,
    profile_id uuid NOT NULL,
    event text NOT NULL,
    interview_id uuid,
    text text NOT NULL,
    status public.notification_status DEFAULT 'queued'::public.notification_status NOT NULL,
    reason text,
    delivery_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    subject text DEFAULT ''::text NOT NULL,
    attempts jsonb DEFAULT '[]'::jsonb NOT NULL,
    sender_client_id uuid,
    told_at timestamp with time zone,
    CONSTRAINT a_delivery_has_its_sender CHECK (((delivery_id IS NULL) = (sender_client_id IS NULL))),
    CONSTRAINT attempts_are_a_list CHECK ((jsonb_typeof(attempts) = 'array'::text)),
    CONSTRAINT event_is_a_word CHECK ((event ~ '^[a-z][a-z_]{0,62}$'::text)),
    CONSTRAINT skipped_and_failed_ones_have_a_reason CHECK (((status <> ALL (ARRAY['skipped'::public.notification_status, 'failed'::public.notification_status])) OR (reason IS NOT NULL)))
);

ALTER TABLE ONLY public.notifications FORCE ROW LEVEL SECURITY;

ALTER TABLE public.notifications OWNER TO postgres;

-- Name: TABLE notifications; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.notifications IS 'What a client''s people were told: one row for each event and person. Several may share one delivery, where many came at once.';

-- Name: COLUMN notifications.event; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.notifications.event IS 'interview_completed, project_completed, person_needed, account_stopped, task_failed, …: private.notification_words has their words.';

-- Name: COLUMN notifications.delivery_id; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.notifications.delivery_id IS 'The delivery under way, or the one that got through.';

-- Name: COLUMN notifications.subject; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.notifications.subject IS 'What the event is about: nobody is told twice of the same event about the same thing.';

-- Name: COLUMN notifications.attempts; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.notifications.attempts IS 'The channels tried so far, in order: [{"channel", "delivery_id", "reason"}]. reason: why it did not get through; without a delivery_id nothing was sent by that channel.';

-- Name: COLUMN notifications.sender_client_id; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.notifications.sender_client_id IS 'Whose account sends: the client''s own, or the house client''s, where the client has none for that channel. The message and its delivery are the sender''s rows.';

-- Name: COLUMN notifications.told_at; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.notifications.told_at IS 'When its first delivery was made, by private.now().';

-- Name: notifications_of_lead(uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.notifications_of_lead(lead_id uuid) RETURNS SETOF public.notifications
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    with l as materialized (
        select x.client_id, x.id from public.leads as x where x.id = notifications_of_lead.lead_id
    )
    select n.*
    from public.notifications as n
    join l on n.client_id = l.client_id
    where n.interview_id in (select i.id from public.interviews as i where i.client_id = l.client_id and i.lead_id = l.id)
        -- Without an interview, the subject says what it is about: a word, an id, perhaps more.
        or (n.interview_id is null and split_part(n.subject, ' ', 2) in (
            select l.id::text
            union all
            select c.id::text from public.conversations as c where c.client_id = l.client_id and c.lead_id = l.id
            union all
            select b.id::text from public.callbacks as b where b.client_id = l.client_id and b.lead_id = l.id
            union all
            select q.id::text from public.qualifications as q where q.client_id = l.client_id and q.lead_id = l.id
        ));
$$;

ALTER FUNCTION private.notifications_of_lead(lead_id uuid) OWNER TO postgres;

-- Name: FUNCTION notifications_of_lead(lead_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.notifications_of_lead(lead_id uuid) IS 'What a client''s people were told, or are to be told, about a lead: of its interviews, replies, conversations, callbacks and qualifications.';

-- Name: notify(uuid, text, uuid, text, text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.notify(client_id uuid, event text, interview_id uuid, txt text, subject text DEFAULT NULL::text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    told integer;
begin
    insert into public.notifications (client_id, profile_id, event, interview_id, text, subject)
    select notify.client_id, m.profile_id, notify.event, notify.interview_id, notify.txt, about.subject
    from public.client_members as m
    -- Without anything to go by, the same words are said once a day.
    cross join (
        select coalesce(notify.subject, notify.interview_id::text, md5(notify.txt) || to_char(private.now() at time zone 'America/Sao_Paulo', ' YYYY-MM-DD')) as subject
    ) as about
    where m.client_id = notify.client_id and m.role = 'owner' and m.status = 'active'
        -- on conflict would wait for whoever is just telling of it: the sweep, which holds much else.
        and not exists (
            select from public.notifications as n
            where n.client_id = m.client_id and n.profile_id = m.profile_id and n.event = notify.event and n.subject = about.subject
        )
    order by m.profile_id
    on conflict on constraint a_person_is_told_once do nothing;
    get diagnostics told = row_count;
    return told;
end
$$;

ALTER FUNCTION private.notify(client_id uuid, event text, interview_id uuid, txt text, subject text) OWNER TO postgres;

-- Name: FUNCTION notify(client_id uuid, event text, interview_id uuid, txt text, subject text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.notify(client_id uuid, event text, interview_id uuid, txt text, subject text) IS 'Writes down that a client''s owners are to be told of an event, each once per subject (by default the interview, or else the same words on the same day). Returns how many were not yet. Only inserts, so that a commit that ends an interview waits for nobody (call it where the row that subject names is locked); the sweep sends.';

-- Name: open_conversation(uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.open_conversation(thread_id uuid) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    t private.threads;
    found_id uuid;
begin
    select * into strict t from private.threads as x where x.id = open_conversation.thread_id;
    if t.conversation_id is not null and exists (select from public.conversations as c where c.id = t.conversation_id and c.status = 'open') then
        return t.conversation_id;
    end if;
    found_id := (
        select c.id from public.conversations as c
        where c.client_id = t.client_id and c.thread_id = t.id and c.status = 'open'
        order by c.created_at desc
        limit 1
    );
    if found_id is null then
        insert into public.conversations (lead_id, client_id, thread_id) values (t.lead_id, t.client_id, t.id) returning id into found_id;
    end if;
    update private.threads as x set conversation_id = found_id where x.id = t.id and x.interview_id is null;
    return found_id;
end
$$;

ALTER FUNCTION private.open_conversation(thread_id uuid) OWNER TO postgres;

-- Name: FUNCTION open_conversation(thread_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.open_conversation(thread_id uuid) IS 'The open conversation of a thread, made if there is none, and the thread''s live dialogue from now on unless it has an interview. The caller holds the thread''s lock.';

-- Name: open_interview(private.threads, uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.open_interview(thread private.threads, project_id uuid, OUT interview_id uuid, OUT question text, OUT refusal text) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
    project public.projects;
    first jsonb;
begin
    select * into project
    from public.projects as p
    where p.client_id = thread.client_id and p.id = open_interview.project_id and p.status = 'active' and p.config ? 'questionnaire';
    if not found then
        refusal := 'the project does not run';
        return;
    end if;
    -- An invitation of this project that waits, or was never answered, is taken up here; one that was, is not repeated.
    insert into public.interviews (client_id, lead_id, project_id)
    values (thread.client_id, thread.lead_id, project.id)
    on conflict on constraint a_lead_is_interviewed_once_per_project do nothing;
    select i.id into interview_id
    from public.interviews as i
    where i.project_id = project.id and i.lead_id = thread.lead_id and i.status = 'pending'
        and (i.thread_id is null or i.thread_id = thread.id);
    if not found then
        refusal := 'the lead has been interviewed for this project';
        return;
    end if;
    first := (
        select s.question from private.interview_state(project.config #> '{questionnaire,questions}', '{}') as s where s.is_open order by s.ord limit 1
    );
    update private.threads as t
    set interview_id = open_interview.interview_id, conversation_id = null
    where t.id = thread.id;
    update public.interviews as i
    set status = 'in_progress', started_at = now(), invited_at = coalesce(i.invited_at, private.now()), thread_id = thread.id, current_question = first ->> 'key'
    where i.id = open_interview.interview_id;
    question := private.question_text(first);
end
$$;

ALTER FUNCTION private.open_interview(thread private.threads, project_id uuid, OUT interview_id uuid, OUT question text, OUT refusal text) OWNER TO postgres;

-- Name: FUNCTION open_interview(thread private.threads, project_id uuid, OUT interview_id uuid, OUT question text, OUT refusal text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.open_interview(thread private.threads, project_id uuid, OUT interview_id uuid, OUT question text, OUT refusal text) IS 'Begins an interview that the lead asked for in a conversation: the interview, now in_progress and the thread''s live dialogue, and its first question; or refusal. The caller holds the thread''s lock.';

-- Name: opted_out_as_another(public.leads); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.opted_out_as_another(lead public.leads) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    -- As private.lead_of_sender knows a number: what it wrote under another row of the same client counts.
    select exists (
        select from public.lead_identities as i
        join public.leads as o on o.id = i.lead_id
        where i.client_id = (lead).client_id and i.kind in ('phone', 'wa_id') and i.value in (private.phone_key((lead).phone), substr((lead).phone, 2))
            and o.id <> (lead).id and o.opted_out_at is not null
    );
$$;

ALTER FUNCTION private.opted_out_as_another(lead public.leads) OWNER TO postgres;

-- Name: FUNCTION opted_out_as_another(lead public.leads); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.opted_out_as_another(lead public.leads) IS 'Whether the person with this lead''s number opted out as another lead of the same client: two leads are never merged, and an opt-out is not evaded by a second one.';

-- Name: tool_calls; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.tool_calls (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    thread_id uuid NOT NULL,
    turn_id uuid NOT NULL,
    call_id text NOT NULL,
    tool text NOT NULL,
    sub_agent_id uuid,
    arguments jsonb NOT NULL,
    result jsonb,
    error text,
    duration_ms numeric(10,2) NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT a_call_has_a_result_or_an_error CHECK ((num_nonnulls(result, error) = 1))
);

ALTER TABLE ONLY public.tool_calls FORCE ROW LEVEL SECURITY;

ALTER TABLE public.tool_calls OWNER TO postgres;

-- Name: TABLE tool_calls; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.tool_calls IS 'Every call of a tool by an agent, refused ones too: with what, what came of it, and how long it took. turn_id is the lease of the turn.';

-- Name: COLUMN tool_calls.call_id; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.tool_calls.call_id IS 'The call''s name within its turn: repeated because its answer got lost, it hears the same again.';

-- Name: COLUMN tool_calls.error; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.tool_calls.error IS 'What the model was told instead of a result.';

-- Name: outcome_of(public.tool_calls); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.outcome_of(call public.tool_calls) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select case when call.error is null
        then jsonb_build_object('verdict', 'done', 'result', call.result)
        else jsonb_build_object('verdict', 'refused', 'error', call.error)
    end;
$$;

ALTER FUNCTION private.outcome_of(call public.tool_calls) OWNER TO postgres;

-- Name: FUNCTION outcome_of(call public.tool_calls); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.outcome_of(call public.tool_calls) IS 'What a call of a tool came to, as the function that made it reads it.';

-- Name: owned_client_ids(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.owned_client_ids() RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    if private.is_admin() then
        return query select c.id from public.clients as c;
    else
        return query
        select m.client_id
        from public.client_members as m
        join public.clients as c on c.id = m.client_id
        where m.profile_id = private.current_profile_id()
            and m.status = 'active' and m.role = 'owner' and c.status = 'active';
    end if;
end
$$;

ALTER FUNCTION private.owned_client_ids() OWNER TO postgres;

-- Name: FUNCTION owned_client_ids(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.owned_client_ids() IS 'The clients whose people and channel accounts the request may manage: all for an admin, else the active ones it owns.';

-- Name: owner_of_client(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.owner_of_client() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    update public.clients as c
    set profile_id = (
        select m.profile_id from public.client_members as m
        where m.client_id = c.id and m.role = 'owner' and m.status = 'active'
        order by m.created_at, m.id
        limit 1
    )
    where c.id = coalesce(new.client_id, old.client_id);
    return null;
end
$$;

ALTER FUNCTION private.owner_of_client() OWNER TO postgres;

-- Name: FUNCTION owner_of_client(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.owner_of_client() IS 'Trigger on client_members: clients.profile_id is the first active owner.';

-- Name: pack_refusal(public.deliveries, public.leads); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.pack_refusal(d public.deliveries, lead public.leads) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select r.reason
    from private.packs_of(d) as k
    cross join lateral (
        select coalesce(
            private.account_refusal(k.agent_type, d.channel_account_id),
            case when k.needs_consent and not private.has_consent(lead) then 'the lead has not consented' end,
            -- The first message that reaches the lead, be it a reminder by another channel or one that a person writes.
            case when d.kind = 'invitation' or (d.kind = 'reminder' and not exists (
                select from public.deliveries as e
                where e.client_id = d.client_id and e.interview_id = d.interview_id and e.id <> d.id and e.status in ('sent', 'delivered', 'read')
            )) or (d.kind = 'message' and not exists (
                select from public.deliveries as e
                where e.client_id = d.client_id and e.lead_id = d.lead_id and e.id <> d.id and e.status in ('sent', 'delivered', 'read')
            ) and not exists (
                select from private.threads as t
                where t.client_id = d.client_id and t.lead_id = d.lead_id and t.last_inbound_at is not null
            )) then private.invitation_refusal(k.agent_type, d.content ->> 'text', c.company_name) end,
            case when d.kind in ('invitation', 'reminder') then
                coalesce(private.question_refusal(k.agent_type, p.config), private.asking_refusal(k.agent_type, d.content ->> 'text'))
            end,
            case when d.kind = 'reply' then private.reply_refusal(k.agent_type, d.content ->> 'text') end
        ) as reason
        from public.clients as c
        left join public.interviews as i on i.id = d.interview_id
        left join public.projects as p on p.id = i.project_id
        where c.id = d.client_id
    ) as r
    where r.reason is not null
    limit 1;
$$;

ALTER FUNCTION private.pack_refusal(d public.deliveries, lead public.leads) OWNER TO postgres;

-- Name: FUNCTION pack_refusal(d public.deliveries, lead public.leads); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.pack_refusal(d public.deliveries, lead public.leads) IS 'Why the packs of a delivery''s agent do not let it go to this lead, as a sentence; null if they do.';

-- Name: policy_packs; Type: TABLE; Schema: private; Owner: postgres

CREATE TABLE private.policy_packs (
    agent_type public.agent_type NOT NULL,
    needs_consent boolean DEFAULT false NOT NULL,
    official_only boolean DEFAULT false NOT NULL,
    needs_accepted_risk boolean DEFAULT false NOT NULL,
    names_its_sender boolean DEFAULT false NOT NULL,
    offers_opt_out boolean DEFAULT false NOT NULL,
    says_it_is_automated boolean DEFAULT false NOT NULL,
    refused_questions text[] DEFAULT '{}'::text[] NOT NULL,
    refused_replies text[] DEFAULT '{}'::text[] NOT NULL,
    erase_after_hours integer,
    CONSTRAINT erase_after_hours_is_positive CHECK ((erase_after_hours > 0))
);

ALTER TABLE ONLY private.policy_packs FORCE ROW LEVEL SECURITY;

ALTER TABLE private.policy_packs OWNER TO postgres;

-- Name: TABLE policy_packs; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON TABLE private.policy_packs IS 'What binds the agents of a trade beyond what binds all. By the type of the agent that a project runs; a type without a row has no rules of its own.';

-- Name: COLUMN policy_packs.needs_consent; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON COLUMN private.policy_packs.needs_consent IS 'Only leads whose ledger has a consent that stands; no other legal basis will do.';

-- Name: COLUMN policy_packs.official_only; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON COLUMN private.policy_packs.official_only IS 'Only over accounts whose provider keeps to the channel''s terms.';

-- Name: COLUMN policy_packs.needs_accepted_risk; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON COLUMN private.policy_packs.needs_accepted_risk IS 'Over an official account only once an admin accepted the risk in writing (public.risk_acceptances).';

-- Name: COLUMN policy_packs.refused_questions; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON COLUMN private.policy_packs.refused_questions IS 'Regular expressions over private.plain of a question and its options: a project with such a question is not written.';

-- Name: COLUMN policy_packs.refused_replies; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON COLUMN private.policy_packs.refused_replies IS 'The same over what the agent itself says: a reply is stopped, and the owners are told that a person is needed.';

-- Name: COLUMN policy_packs.erase_after_hours; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON COLUMN private.policy_packs.erase_after_hours IS 'How long after an opt-out a lead''s data is erased; null: only when somebody asks.';

-- Name: packs_of(public.deliveries); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.packs_of(d public.deliveries) RETURNS SETOF private.policy_packs
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select k.*
    from public.interviews as i
    join public.projects as p on p.id = i.project_id
    join public.renus_config as r on r.id = p.renus_config_id
    join private.policy_packs as k on k.agent_type = r.agent_type
    where i.id = d.interview_id
    union all
    -- What belongs to no interview, or to a project that names no agent, could be any of the client's agents speaking.
    select k.*
    from private.policy_packs as k
    where not exists (
            select from public.interviews as i
            join public.projects as p on p.id = i.project_id
            where i.id = d.interview_id and p.renus_config_id is not null
        )
        and exists (select from public.renus_config as r where r.client_id = d.client_id and r.agent_type = k.agent_type and r.active);
$$;

ALTER FUNCTION private.packs_of(d public.deliveries) OWNER TO postgres;

-- Name: FUNCTION packs_of(d public.deliveries); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.packs_of(d public.deliveries) IS 'The packs that bind a delivery: of its project''s agent; outside of interviews, and where the project names no agent, those of all the client''s active agents.';

-- Name: pause_account(uuid, interval, text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.pause_account(account_id uuid, pause interval, reason text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
    insert into private.account_paces as p (channel_account_id, client_id, not_before, reason)
    select a.id, a.client_id, clock_timestamp() + pause_account.pause, pause_account.reason
    from public.channel_accounts as a
    where a.id = pause_account.account_id
    on conflict (channel_account_id) do update set not_before = greatest(p.not_before, excluded.not_before), reason = excluded.reason;
$$;

ALTER FUNCTION private.pause_account(account_id uuid, pause interval, reason text) OWNER TO postgres;

-- Name: FUNCTION pause_account(account_id uuid, pause interval, reason text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.pause_account(account_id uuid, pause interval, reason text) IS 'The provider wants nothing from an account for a while (too fast, too many): its sends wait, no attempt is counted, nobody is alarmed.';

-- Name: people_reached(uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.people_reached(account_id uuid) RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select count(distinct coalesce(d.lead_id, d.profile_id))::integer
    from public.channel_accounts as a
    join public.deliveries as d on d.client_id = a.client_id
    where a.id = people_reached.account_id and d.channel_account_id = any (private.accounts_of_portfolio(people_reached.account_id))
        and d.initiated and d.begun_at > private.now() - interval '24 hours';
$$;

ALTER FUNCTION private.people_reached(account_id uuid) OWNER TO postgres;

-- Name: FUNCTION people_reached(account_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.people_reached(account_id uuid) IS 'How many people were written to outside an open window in the last 24 hours, from this account and those that share its daily limit.';

-- Name: phone_key(text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.phone_key(phone text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $_$
    -- 55 + DDD + last eight digits: the same with and without the ninth digit. Where the eight begin with 2 to 5 they are a landline's:
    -- a mobile like that never had eight digits.
    select case
        when d.digits ~ '^55[1-9][1-9]9[016-9][0-9]{7}$' then left(d.digits, 4) || right(d.digits, 8)
        else d.digits
    end
    from (select regexp_replace(phone_key.phone, '[^0-9]', '', 'g') as digits) as d
    where d.digits <> '';
$_$;

ALTER FUNCTION private.phone_key(phone text) OWNER TO postgres;

-- Name: FUNCTION phone_key(phone text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.phone_key(phone text) IS 'What two writings of one number have in common. Providers give Brazilian numbers with or without the ninth digit. Expects the country code.';

-- Name: place_message(public.deliveries); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.place_message(d public.deliveries) RETURNS public.deliveries
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    account public.channel_accounts;
    lead public.leads;
    company text;
    t private.threads;
    template public.message_templates;
begin
    select * into lead from public.leads as l where l.client_id = d.client_id and l.id = d.lead_id;
    if not found then
        raise exception 'there is no such lead of this client' using errcode = 'PT404';
    end if;
    -- Where the lead wrote last, else the client's own choice.
    select a.* into account
    from public.channel_accounts as a
    left join private.threads as x on x.lead_id = lead.id and x.channel_account_id = a.id
    where a.client_id = d.client_id and a.status = 'active' and (a.id = d.channel_account_id or (d.channel_account_id is null and (x.id is not null or a.channel = 'whatsapp')))
    order by x.last_inbound_at desc nulls last, x.id is null, a.created_at, a.id
    limit 1;
    if not found then
        raise exception 'the client has no such active channel account to write from' using errcode = 'PT404';
    end if;
    if d.content ->> 'type' = 'template' and jsonb_typeof(d.content -> 'name') = 'string' then
        template := private.template_for(d.client_id, account.id, 'other', d.content ->> 'name');
        if template.id is null then
            raise exception 'there is no approved template named %', quote_literal(left(d.content ->> 'name', 100)) using errcode = '22023';
        end if;
        select c.company_name into company from public.clients as c where c.id = d.client_id;
        d.content := private.template_content(template, lead.name, company, null, null);
    else
        d.content := private.message_content(d.content, account.channel);
        if d.content is null then
            raise exception 'content must be {"type": "text", "text"} of 1 to 10000 characters, buttons, a list, media with a link, or {"type": "template", "name"}' using
                errcode = '22023', hint = 'buttons: {"text", "buttons": 1 to 3 of {"id", "title"}}; list: {"text", "button", "rows": 1 to 10 of {"id", "title"}}; media: {"media": image, audio, video or document, "link"}; an e-mail''s subject is one line.';
        end if;
    end if;

    insert into private.threads (client_id, lead_id, channel_account_id)
    values (d.client_id, lead.id, account.id)
    on conflict on constraint a_lead_has_one_thread_per_account do nothing;
    select * into strict t from private.threads as x where x.lead_id = lead.id and x.channel_account_id = account.id;
    perform private.lock_threads(array[t.id]);
    select * into strict t from private.threads as x where x.id = t.id;
    if t.interview_id is null then
        t.conversation_id := (
            select c.id from public.conversations as c
            where c.client_id = t.client_id and c.thread_id = t.id and c.status = 'open'
            order by c.created_at desc
            limit 1
        );
        if t.conversation_id is null then
            insert into public.conversations (lead_id, client_id, thread_id) values (lead.id, t.client_id, t.id) returning id into t.conversation_id;
        end if;
        update private.threads as x set conversation_id = t.conversation_id where x.id = t.id;
    end if;
    d.kind := 'message';
    d.thread_id := t.id;
    d.interview_id := t.interview_id;
    d.channel_account_id := account.id;
    d.channel := account.channel;
    d.message_id := gen_random_uuid();
    d.queue := 'high_priority';
    d.seq := t.last_seq + 1;
    return d;
end
$$;

ALTER FUNCTION private.place_message(d public.deliveries) OWNER TO postgres;

-- Name: FUNCTION place_message(d public.deliveries); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.place_message(d public.deliveries) IS 'Gives a message that a person or a tool writes to a lead its place: account, thread, live interview or open conversation, number in the order, wording of its template. Locks the thread. Raises PT404 for a lead or an account that is not the client''s, 22023 for a content that cannot be sent.';

-- Name: plain(text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.plain(txt text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    -- Letters in bold or full width are letters, and accents go whatever their letter (NFKD); what has no width is nothing, be it in the middle of a word.
    select btrim(regexp_replace(
        regexp_replace(lower(normalize(plain.txt, nfkd)), U&'[\0300-\036F\00AD\034F\061C\180E\200B-\200F\202A-\202E\2060-\2064\FE00-\FE0F\FEFF]+', '', 'g'),
        '[^a-z0-9]+', ' ', 'g'
    ));
$$;

ALTER FUNCTION private.plain(txt text) OWNER TO postgres;

-- Name: FUNCTION plain(txt text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.plain(txt text) IS 'Words without case, accents, decoration and punctuation, for comparing what people type. What cannot be seen does not part a word.';

-- Name: plan_isa_act(jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.plan_isa_act(act jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
    kind text := act ->> 'act';
    c public.clients;
    p public.projects;
    l public.leads;
    i public.interviews;
    who text;
    ids uuid[];
    n integer;
    problem text;
    told text;
begin
    -- Everything is read under the caller's own rights, and what is planned is kept by id: what is shown is what will be done.
    if kind in ('pause_project', 'resume_project') then
        select * into p from public.projects as x where x.id = (act ->> 'project_id')::uuid;
        select * into c from public.clients as x where x.id = p.client_id;
        problem := case
            when p.id is null then 'Não encontrei esse projeto.'
            when kind = 'pause_project' and p.status <> 'active' then format('%s, de %s, não está em andamento (%s).', private.isa_name_of(p), c.company_name, private.isa_word(p.status::text))
            when kind = 'resume_project' and p.status = 'active' then format('%s, de %s, já está em andamento.', private.isa_name_of(p), c.company_name)
            when kind = 'resume_project' and p.status <> 'paused' then format('%s, de %s, não está em pausa (%s).', private.isa_name_of(p), c.company_name, private.isa_word(p.status::text))
        end;
        select count(*) into n from public.interviews as x where x.project_id = p.id and x.status = 'pending' and x.invited_at is null;
        told := format(case kind when 'pause_project' then 'pausar %s, de %s' else 'retomar %s, de %s' end, private.isa_name_of(p), c.company_name)
            || case
                when n = 0 then ''
                when kind = 'pause_project' then format(' (convites que ficam esperando: %s)', n)
                else format(' (convites que voltam a sair: %s)', n)
            end;
        act := jsonb_build_object('act', kind, 'project_id', p.id, 'name', p.name, 'client_id', c.id, 'client', c.company_name, 'target_type', 'client', 'target_id', c.id);

    elsif kind in ('block_lead', 'unblock_lead') then
        select * into l from public.leads as x where x.id = (act ->> 'lead_id')::uuid;
        select * into c from public.clients as x where x.id = l.client_id;
        who := concat_ws(', ', l.name, l.phone, c.company_name);
        problem := case
            when l.id is null then 'Não encontrei esse lead.'
            when kind = 'block_lead' and l.status = 'blocked' then format('O lead %s já está bloqueado.', who)
            when kind = 'unblock_lead' and l.status <> 'blocked' then format('O lead %s não está bloqueado.', who)
        end;
        told := format(case kind when 'block_lead' then 'bloquear o lead %s' else 'desbloquear o lead %s' end, who)
            || case when kind = 'unblock_lead' and l.opted_out_at is not null then ' (que continua descadastrado)' else '' end;
        act := jsonb_build_object('act', kind, 'lead_id', l.id, 'name', l.name, 'phone', l.phone, 'client_id', c.id, 'client', c.company_name, 'target_type', 'lead', 'target_id', l.id);

    elsif kind in ('resend_invitation', 'cancel_interview') then
        select * into i from public.interviews as x where x.id = (act ->> 'interview_id')::uuid;
        select * into l from public.leads as x where x.id = i.lead_id;
        select * into p from public.projects as x where x.id = i.project_id;
        select * into c from public.clients as x where x.id = i.client_id;
        who := concat_ws(', ', l.name, l.phone);
        problem := case
            when i.id is null then 'Não encontrei essa entrevista.'
            when kind = 'cancel_interview' and i.status not in ('pending', 'in_progress')
                then format('A entrevista de %s (%s) já terminou: %s.', who, p.name, private.isa_word(i.status::text))
            when kind = 'resend_invitation' and i.status <> 'pending'
                then format('A entrevista de %s (%s) não espera mais resposta ao convite: %s.', who, p.name, private.isa_word(i.status::text))
            when kind = 'resend_invitation' and p.status <> 'active' then format('%s, de %s, não está em andamento (%s).', private.isa_name_of(p), c.company_name, private.isa_word(p.status::text))
            when kind = 'resend_invitation' and i.invited_at is null then format('O primeiro convite de %s (%s) ainda não saiu: ele espera a sua vez.', who, p.name)
        end;
        told := format(
            case kind when 'resend_invitation' then 'reenviar o convite de %s, para %s, de %s' else 'cancelar a entrevista de %s, n%s, de %s' end, who, private.isa_name_of(p), c.company_name
        );
        act := jsonb_build_object(
            'act', kind, 'interview_id', i.id, 'name', l.name, 'phone', l.phone, 'project', p.name, 'client_id', c.id, 'client', c.company_name,
            'target_type', 'interview', 'target_id', i.id
        );

    elsif kind in ('suspend_client', 'reactivate_client') then
        select * into c from public.clients as x where x.id = (act ->> 'client_id')::uuid;
        problem := case
            when c.id is null then 'Não encontrei esse cliente.'
            when kind = 'suspend_client' and c.is_house then format('%s é a própria casa e não pode ser suspensa.', c.company_name)
            when kind = 'suspend_client' and c.status = 'suspended' then format('O cliente “%s” já está suspenso.', c.company_name)
            when kind = 'reactivate_client' and c.status = 'active' then format('O cliente “%s” já está ativo.', c.company_name)
        end;
        select count(*) into n from public.projects as x where x.client_id = c.id and x.status = 'active';
        told := format(
            case kind when 'suspend_client' then 'suspender o cliente “%s” (o pessoal dele fica sem acesso e nada mais é enviado; projetos em andamento: %s)'
                else 'reativar o cliente “%s” (projetos em andamento: %s)' end,
            c.company_name, n
        );
        act := jsonb_build_object('act', kind, 'client_id', c.id, 'name', c.company_name, 'target_type', 'client', 'target_id', c.id);

    elsif kind = 'replay_failed_tasks' then
        select array_agg(x.id order by x.created_at, x.id), count(distinct x.client_id) into ids, n
        from public.failed_tasks as x
        where x.status = 'dead' and x.id in (select v.id::uuid from jsonb_array_elements_text(act -> 'failed_task_ids') as v (id));
        select * into c from public.clients as x
        where n = 1 and x.id = (select f.client_id from public.failed_tasks as f where f.id = ids[1]);
        problem := case when ids is null then 'Não há tarefa que falhou para reprocessar.' end;
        told := format(
            case cardinality(ids) when 1 then 'reprocessar %s tarefa que falhou%s' else 'reprocessar %s tarefas que falharam%s' end, cardinality(ids),
            case when n = 1 then ', de ' || c.company_name else format(', de %s clientes', n) end
        );
        act := jsonb_build_object('act', kind, 'failed_task_ids', ids, 'client', c.company_name, 'client_id', c.id)
            || case when n = 1 then jsonb_build_object('target_type', 'client', 'target_id', c.id) else '{}' end;

    else
        raise exception 'ISA knows no act %', coalesce(quote_literal(left(kind, 50)), 'without a name') using errcode = '22023';
    end if;
    if problem is not null then
        return jsonb_build_object('problem', upper(left(problem, 1)) || substr(problem, 2));
    end if;
    return act || jsonb_build_object('text', told);
end
$$;

ALTER FUNCTION private.plan_isa_act(act jsonb) OWNER TO postgres;

-- Name: FUNCTION plan_isa_act(act jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.plan_isa_act(act jsonb) IS 'One act of a plan, as it would be done: {"act", ids, names, "target_type", "target_id", "text"}, or {"problem"} where there is nothing to do. Takes {"act": pause_project | resume_project, "project_id"}, {block_lead | unblock_lead, "lead_id"}, {resend_invitation | cancel_interview, "interview_id"}, {suspend_client | reactivate_client, "client_id"}, {replay_failed_tasks, "failed_task_ids"}; raises 22023 for any other. A further act is a branch here and one in private.do_isa_act. Read-only, under the caller''s rights.';

-- Name: plan_reminders(uuid, public.delivery_status); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.plan_reminders(interview_id uuid, invitation public.delivery_status) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    i public.interviews;
    project public.projects;
    lead public.leads;
    answered boolean;
    reached boolean := invitation in ('sent', 'delivered', 'read');
    done integer;
begin
    select * into i from public.interviews as x where x.id = plan_reminders.interview_id and x.status in ('pending', 'in_progress');
    if not found then
        return;
    end if;
    select * into strict project from public.projects as p where p.id = i.project_id;
    select * into strict lead from public.leads as l where l.id = i.lead_id;
    answered := i.status = 'in_progress' or exists (select from public.interview_messages as m where m.interview_id = i.id and m.role = 'user');
    delete from public.reminders as r where r.interview_id = i.id and r.status = 'waiting' and r.delivery_id is null;
    select coalesce(max(r.step), 0) into done from public.reminders as r where r.interview_id = i.id;
    insert into public.reminders (client_id, interview_id, step, channel, due_at)
    select i.client_id, i.id, l.step, l.channel, l.due_at
    from private.ladder(
        project.config, (private.template_for(project.client_id, project.channel_account_id, 'reminder', null)).id is not null,
        private.zone_of(lead), private.now(), done, not (reached or answered)
    ) as l
    -- Who answered is reminded no more. What was cancelled was cancelled for the lead's sake: no other channel is tried.
    where l.step = 0 or not (answered or invitation = 'cancelled')
    on conflict on constraint an_interview_has_each_step_once do nothing;
end
$$;

ALTER FUNCTION private.plan_reminders(interview_id uuid, invitation public.delivery_status) OWNER TO postgres;

-- Name: FUNCTION plan_reminders(interview_id uuid, invitation public.delivery_status); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.plan_reminders(interview_id uuid, invitation public.delivery_status) IS 'Writes down the ladder of an interview whose invitation has come to this status (sent or further, failed, cancelled), from private.now(), in place of what was still waiting of an earlier one. An interview that has ended gets none. Called under the invitation''s lock; takes no other.';

-- Name: points_of(jsonb, jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.points_of(question jsonb, value jsonb) RETURNS numeric
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select coalesce(sum((s.rule ->> 'points')::numeric) filter (where private.fits_rule(s.rule -> 'if', points_of.value)), 0)
    from jsonb_array_elements(case jsonb_typeof(question -> 'score') when 'array' then question -> 'score' else '[]' end) as s (rule);
$$;

ALTER FUNCTION private.points_of(question jsonb, value jsonb) OWNER TO postgres;

-- Name: FUNCTION points_of(question jsonb, value jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.points_of(question jsonb, value jsonb) IS 'The points that an answer brings: those of every rule of its question''s score that it fits, together.';

-- Name: police_delivery(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.police_delivery() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v record;
begin
    -- SECURITY: whoever writes decides, so this runs as them. The engine's functions are postgres's.
    if current_user in ('authenticated', 'renum_agent', 'service_role') then
        return private.admit_direct(new, current_user);
    end if;
    if new.kind = 'message' and new.thread_id is null then
        new := private.place_message(new);
    end if;
    if new.status not in ('queued', 'deferred') then
        return new;
    end if;
    select * into v from private.policy_verdict(new);
    if v.verdict = 'wait' then
        new.status := 'deferred';
        new.due_at := greatest(v.until, new.due_at);
        new.reason := v.reason;
    elsif v.verdict = 'cancel' then
        new.status := 'cancelled';
        new.reason := v.reason;
        if v.reason = private.for_a_person() then
            perform private.notify(new.client_id, 'person_needed', new.interview_id, format(
                'O assistente reteve uma resposta a %s que só uma pessoa pode dar. Veja a conversa e continue por ele.',
                (select coalesce(l.name, l.phone, 'um contato') from public.leads as l where l.id = new.lead_id)
            ), 'reply ' || coalesce(new.interview_id, new.lead_id));
        end if;
    end if;
    return new;
end
$$;

ALTER FUNCTION private.police_delivery() OWNER TO postgres;

-- Name: FUNCTION police_delivery(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.police_delivery() IS 'Trigger: nothing is sent against policy. What the engine makes is stored all the same, deferred or cancelled with the reason; what a person or a tool inserts is refused with it.';

-- Name: policy_verdict(public.deliveries); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.policy_verdict(d public.deliveries, OUT verdict text, OUT until timestamp with time zone, OUT reason text) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    right_now timestamptz := private.now();
    provider private.providers;
    lead public.leads;
    heard_at timestamptz;
    begins boolean;
    rules public.sending_rules;
    open_at timestamptz;
begin
    verdict := 'cancel';
    select p.* into provider
    from public.channel_accounts as a
    join private.providers as p on p.provider = a.provider and p.channel = a.channel
    where a.id = d.channel_account_id;

    if d.lead_id is not null then
        select * into lead from public.leads as l where l.id = d.lead_id;
        heard_at := (select t.last_inbound_at from private.threads as t where t.lead_id = d.lead_id and t.channel_account_id = d.channel_account_id);
        -- The business begins, unless it goes on with somebody who wrote within a day.
        begins := d.kind in ('invitation', 'reminder')
            or (d.kind in ('message', 'reply') and coalesce(heard_at <= right_now - make_interval(hours => coalesce(provider.window_hours, 24)), true));
        reason := case
            when lead.status = 'blocked' then 'the lead is blocked'
            when d.kind = 'goodbye' then private.goodbye_refusal(d, lead)
            when lead.opted_out_at is not null or private.opted_out_as_another(lead) then 'the lead opted out'
            when lead.status = 'inactive' and begins then 'the lead is inactive'
            else private.pack_refusal(d, lead)
        end;
        if reason is not null then
            return;
        end if;
    end if;

    if d.content ->> 'type' <> 'template' then
        if provider.window_hours is not null and coalesce(heard_at <= right_now - make_interval(hours => provider.window_hours), true) then
            reason := format('free text is outside WhatsApp''s %s-hour window', provider.window_hours);
            return;
        end if;
    elsif provider.templates then
        select t.verdict, t.until, t.reason into verdict, until, reason from private.template_verdict(d) as t;
        if verdict <> 'go' then
            return;
        end if;
    end if;

    verdict := 'go';
    if begins then
        rules := private.sending_rules_of(d.client_id);
        open_at := private.next_open(rules, private.zone_of(lead), right_now);
        if open_at is distinct from right_now then
            verdict := 'wait';
            until := coalesce(open_at, right_now + interval '1 day');
            reason := 'it is outside the hours at which the lead may be written to';
            return;
        end if;
        select c.until, c.reason into until, reason from private.free_of_caps(d, rules) as c;
        if until is not null then
            verdict := 'wait';
            until := coalesce(private.next_open(rules, private.zone_of(lead), until), until);
        end if;
    end if;
end
$$;

ALTER FUNCTION private.policy_verdict(d public.deliveries, OUT verdict text, OUT until timestamp with time zone, OUT reason text) OWNER TO postgres;

-- Name: FUNCTION policy_verdict(d public.deliveries, OUT verdict text, OUT until timestamp with time zone, OUT reason text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.policy_verdict(d public.deliveries, OUT verdict text, OUT until timestamp with time zone, OUT reason text) IS 'Whether a delivery is allowed now: go, wait (until, reason) or cancel (reason). Consent, blocked and inactive leads, the rules of the agent''s trade, the 24-hour window and the state of templates, hours and holidays where the lead lives, how often it was written to. What a lead just asked for, and news for staff, wait for no hour. Asked when a delivery is made and at every claim.';

-- Name: profile_of_user(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.profile_of_user() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    insert into public.profiles as p (id, email, full_name, phone)
    values (new.id, lower(new.email), nullif(left(btrim(new.raw_user_meta_data ->> 'full_name'), 200), ''), private.normalize_phone(coalesce(new.phone, new.raw_user_meta_data ->> 'phone')))
    on conflict (id) do update set email = excluded.email;
    -- SECURITY: only an address that its owner confirmed opens a client's door.
    if new.email_confirmed_at is not null then
        update public.client_members as m
        set profile_id = new.id, status = 'active'
        where m.email = lower(new.email) and m.status = 'invited'
            -- Who is there already, under an earlier address, stays there as who they are.
            and not exists (select from public.client_members as o where o.client_id = m.client_id and o.profile_id = new.id);
    end if;
    return new;
end
$$;

ALTER FUNCTION private.profile_of_user() OWNER TO postgres;

-- Name: FUNCTION profile_of_user(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.profile_of_user() IS 'Trigger on auth.users: one profile for each user; invitations to its e-mail address are taken up once the address is confirmed.';

-- Name: project_config_problem(jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.project_config_problem(config jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $_$
declare
    audience jsonb := config -> 'audience';
    questions jsonb := config #> '{questionnaire,questions}';
    question jsonb;
    keys text[] := '{}';
    problem text;
begin
    if jsonb_typeof(config) is distinct from 'object' then
        -- The table's own constraints say so.
        return null;
    end if;
    if config ? 'goal' and (jsonb_typeof(config -> 'goal') not in ('string', 'null') or char_length(config ->> 'goal') > 10000) then
        return 'goal must be a text of at most 10000 characters';
    end if;
    if config ? 'audience' then
        if jsonb_typeof(audience) <> 'object' or (select count(*) from jsonb_object_keys(audience) as k where k <> 'join_later') <> 1
            or not coalesce(
                audience -> 'all' = 'true', jsonb_typeof(audience -> 'lead_ids') = 'array', jsonb_typeof(audience -> 'metadata') = 'object', false
            ) then
            return 'audience must be one of {"all": true}, {"lead_ids": [...]}, {"metadata": {...}}';
        end if;
        if audience ? 'join_later' and jsonb_typeof(audience -> 'join_later') <> 'boolean' then
            return 'audience.join_later must be true or false';
        end if;
        if exists (
            select from jsonb_array_elements(case jsonb_typeof(audience -> 'lead_ids') when 'array' then audience -> 'lead_ids' else '[]' end) as l (v)
            where coalesce(l.v #>> '{}', '') !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
        ) then
            return 'audience.lead_ids must be ids of leads';
        end if;
    end if;
    if config ? 'invitation' and (
        jsonb_typeof(config -> 'invitation') <> 'object'
        or coalesce(jsonb_typeof(config #> '{invitation,template}'), 'string') <> 'string'
    ) then
        return 'invitation must be {"template": name}';
    end if;
    if config ? 'stretch' and jsonb_typeof(config -> 'stretch') <> 'boolean' then
        return 'stretch must be true or false';
    end if;
    problem := private.reminders_problem(config);
    if problem is not null then
        return problem;
    end if;
    if not config ? 'questionnaire' then
        return null;
    end if;
    if jsonb_typeof(questions) is distinct from 'array' or jsonb_array_length(questions) not between 1 and 100 then
        return 'questionnaire.questions must be a list of 1 to 100 questions';
    end if;
    if coalesce(jsonb_typeof(config #> '{questionnaire,closing}'), 'string') <> 'string' or char_length(config #>> '{questionnaire,closing}') > 1000 then
        return 'questionnaire.closing must be a text of at most 1000 characters';
    end if;
    for question in select q.v from jsonb_array_elements(questions) as q (v) loop
        problem := private.question_problem(question);
        if problem is not null then
            return problem;
        end if;
        if question ->> 'key' = any (keys) then
            return format('question key %s is used twice', question ->> 'key');
        end if;
        if question ? 'skip_if' and question -> 'skip_if' <> 'null' then
            problem := private.skip_rule_problem(question -> 'skip_if', keys);
            if problem is not null then
                return format('question %s: %s', question ->> 'key', problem);
            end if;
        end if;
        keys := keys || (question ->> 'key');
    end loop;
    return null;
end
$_$;

ALTER FUNCTION private.project_config_problem(config jsonb) OWNER TO postgres;

-- Name: FUNCTION project_config_problem(config jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.project_config_problem(config jsonb) IS 'What is wrong with projects.config, as a sentence; null if nothing. Keys this function does not know are left alone.';

-- Name: project_statistics(uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.project_statistics(project_id uuid) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select jsonb_build_object(
        'invited', f.invited, 'started', f.started, 'completed', f.completed, 'opted_out', f.opted_out, 'cancelled', f.cancelled,
        'expired', f.expired, 'in_progress', f.in_progress, 'unanswered', f.unanswered,
        'response_rate', case when f.invited = 0 then 0 else round(100.0 * f.responded / f.invited, 1) end,
        'completion_rate', case when f.invited = 0 then 0 else round(100.0 * f.completed / f.invited, 1) end,
        'median_minutes', f.median_minutes,
        'questions', coalesce((
            select jsonb_agg(private.question_statistics(p.id, q.v) order by q.ord)
            from jsonb_array_elements(p.config #> '{questionnaire,questions}') with ordinality as q (v, ord)
        ), '[]')
    )
    from public.projects as p
    cross join lateral (
        select
            count(*) filter (where i.invited_at is not null) as invited,
            count(*) filter (where i.started_at is not null) as started,
            count(*) filter (where i.status = 'completed') as completed,
            count(*) filter (where i.end_reason = 'opted_out') as opted_out,
            count(*) filter (where i.status = 'cancelled' and i.end_reason not in ('opted_out', 'expired')) as cancelled,
            count(*) filter (where i.end_reason = 'expired') as expired,
            count(*) filter (where i.status = 'in_progress') as in_progress,
            count(*) filter (where i.status = 'pending') as unanswered,
            count(*) filter (where i.invited_at is not null and (i.started_at is not null or i.end_reason in ('opted_out', 'cancelled'))) as responded,
            round((percentile_cont(0.5) within group (order by extract(epoch from i.completed_at - i.started_at)) / 60)::numeric, 1) as median_minutes
        from public.interviews as i
        where i.project_id = p.id
    ) as f
    where p.id = project_statistics.project_id;
$$;

ALTER FUNCTION private.project_statistics(project_id uuid) OWNER TO postgres;

-- Name: FUNCTION project_statistics(project_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.project_statistics(project_id uuid) IS 'A project''s figures: how many were invited, started, completed, opted out, were cancelled or expired, are in progress or have not answered, the rates in percent, and each question''s figures.';

-- Name: prompts_of(private.threads); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.prompts_of(thread private.threads) RETURNS text[]
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select array_agg(p.txt)
    from public.renus_config as r
    cross join lateral (
        select e.value as txt from jsonb_each_text(r.prompts) as e
        union all
        select s.config ->> 'prompt' from private.sub_agents_of(r) as s
    ) as p
    where r.id = thread.agent_id and p.txt is not null;
$$;

ALTER FUNCTION private.prompts_of(thread private.threads) OWNER TO postgres;

-- Name: FUNCTION prompts_of(thread private.threads); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.prompts_of(thread private.threads) IS 'What the agent of a turn, and its specialists, were instructed with; null where nobody wrote anything.';

-- Name: qualification_of(uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.qualification_of(lead_id uuid) RETURNS public.qualifications
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select q
    from public.qualifications as q
    where q.lead_id = qualification_of.lead_id and q.client_id = (select l.client_id from public.leads as l where l.id = qualification_of.lead_id)
        and (
            q.status in ('open', 'qualified')
            or (q.status = 'not_qualified' and q.decided_at > private.now() - make_interval(days => private.setting_int('requalify_days')))
        )
    order by q.created_at desc
    limit 1;
$$;

ALTER FUNCTION private.qualification_of(lead_id uuid) OWNER TO postgres;

-- Name: FUNCTION qualification_of(lead_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.qualification_of(lead_id uuid) IS 'The qualification of a lead that counts: not one that was taken back, nor one that was not enough so long ago that the lead may be asked again.';

-- Name: qualification_problem(jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.qualification_problem(config jsonb) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    q jsonb := config -> 'qualification';
    question jsonb;
    rule jsonb;
    keys text[] := '{}';
    part text;
    most numeric;
begin
    if q is null and config -> 'conversion' is null then
        return null;
    end if;
    if q is not null then
        if jsonb_typeof(q) <> 'object' then
            return 'qualification must be an object';
        end if;
        part := (select min(k) from jsonb_object_keys(q) as k where k not in ('questions', 'threshold', 'interest', 'said_when_qualified', 'said_when_not'));
        if part is not null then
            return format('qualification.%s is not known', left(part, 60));
        end if;
        if jsonb_typeof(q -> 'questions') is distinct from 'array' or jsonb_array_length(q -> 'questions') not between 1 and 30 then
            return 'qualification.questions must be a list of 1 to 30 questions';
        end if;
        for question in select e.v from jsonb_array_elements(q -> 'questions') as e (v) loop
            part := private.question_problem(question);
            if part is not null then
                return 'qualification: ' || part;
            end if;
            if question ->> 'key' = any (keys) then
                return format('qualification: question key %s is used twice', question ->> 'key');
            end if;
            if coalesce(question -> 'skip_if', 'null') <> 'null' then
                part := private.skip_rule_problem(question -> 'skip_if', keys);
                if part is not null then
                    return format('qualification: question %s: %s', question ->> 'key', part);
                end if;
            end if;
            keys := keys || (question ->> 'key');
            if question ? 'score' and (jsonb_typeof(question -> 'score') <> 'array' or jsonb_array_length(question -> 'score') > 50) then
                return format('qualification: question %s: score must be a list of at most 50 rules', question ->> 'key');
            end if;
            for rule in select e.v from jsonb_array_elements(coalesce(question -> 'score', '[]')) as e (v) loop
                part := case
                    when jsonb_typeof(rule) <> 'object' or jsonb_typeof(rule -> 'points') is distinct from 'number' then 'each rule must be {"if": {"op", "value"}, "points": number}'
                    when abs((rule ->> 'points')::numeric) > 1000 then 'points must be between -1000 and 1000'
                    else private.score_problem(rule -> 'if', question)
                end;
                if part is not null then
                    return format('qualification: question %s: score: %s', question ->> 'key', part);
                end if;
            end loop;
            if question ? 'must' then
                part := private.score_problem(question -> 'must', question);
                if part is not null then
                    return format('qualification: question %s: must: %s', question ->> 'key', part);
                end if;
            end if;
        end loop;
        if jsonb_typeof(q -> 'threshold') is distinct from 'number' then
            return 'qualification.threshold must be a number';
        end if;
        most := (select sum(private.most_points(e.v)) from jsonb_array_elements(q -> 'questions') as e (v));
        if (q ->> 'threshold')::numeric > most then
            return format('qualification.threshold is %s, and the questions bring at most %s points', q ->> 'threshold', trim_scale(most));
        end if;
        if q ? 'interest' and (
            jsonb_typeof(q -> 'interest') <> 'array' or jsonb_array_length(q -> 'interest') > 50
            or exists (select from jsonb_array_elements(q -> 'interest') as w (v) where jsonb_typeof(w.v) <> 'string' or char_length(btrim(w.v #>> '{}')) not between 2 and 60)
        ) then
            return 'qualification.interest must be a list of at most 50 words of 2 to 60 characters';
        end if;
        foreach part in array array['said_when_qualified', 'said_when_not'] loop
            if q ? part and (jsonb_typeof(q -> part) not in ('string', 'null') or char_length(q ->> part) > 1000) then
                return format('qualification.%s must be a text of at most 1000 characters', part);
            end if;
        end loop;
    end if;
    return case when config ? 'conversion' then private.conversion_problem(config) end;
end
$$;

ALTER FUNCTION private.qualification_problem(config jsonb) OWNER TO postgres;

-- Name: FUNCTION qualification_problem(config jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.qualification_problem(config jsonb) IS 'What is wrong with an agent''s config.qualification and config.conversion, as a sentence; null if nothing. {"questions": as in a questionnaire, each with optional "score": [{"if": {"op", "value"}, "points"}] and "must": {"op", "value"}; "threshold"; "interest"?: words; "said_when_qualified"?, "said_when_not"?: texts}.';

-- Name: qualification_verdict(jsonb, jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.qualification_verdict(qualification jsonb, answers jsonb, OUT status public.qualification_status, OUT score numeric, OUT reason text, OUT next_key text) RETURNS record
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
declare
    most numeric;
    missed jsonb;
begin
    -- Only an answer brings points: what was refused or passed over brings none.
    select coalesce(sum(private.points_of(s.question, answers #> array[s.key, 'value'])) filter (where s.status = 'answered'), 0),
        coalesce(sum(case when s.status = 'answered' then private.points_of(s.question, answers #> array[s.key, 'value']) when s.is_open then private.most_points(s.question) end), 0),
        (array_agg(s.key order by s.ord) filter (where s.is_open))[1],
        -- A question that was passed over was not to be asked: nothing depends on it.
        (array_agg(s.question order by s.ord) filter (
            where s.question ? 'must' and s.status in ('answered', 'refused') and not private.fits_rule(s.question -> 'must', answers #> array[s.key, 'value'])
        ))[1]
    into score, most, next_key, missed
    from private.interview_state(qualification -> 'questions', answers) as s;
    if missed is not null then
        status := 'not_qualified';
        reason := case when answers #>> array[missed ->> 'key', 'status'] = 'refused'
            then format('Ficou sem resposta uma pergunta decisiva: “%s”', missed ->> 'text')
            else format('A resposta a uma pergunta decisiva não é a que se precisa: “%s”', missed ->> 'text')
        end;
    elsif most < (qualification ->> 'threshold')::numeric then
        status := 'not_qualified';
        reason := 'As respostas não alcançam a pontuação que se precisa.';
    elsif next_key is null then
        status := 'qualified';
    else
        status := 'open';
    end if;
    if status <> 'open' then
        next_key := null;
    end if;
end
$$;

ALTER FUNCTION private.qualification_verdict(qualification jsonb, answers jsonb, OUT status public.qualification_status, OUT score numeric, OUT reason text, OUT next_key text) OWNER TO postgres;

-- Name: FUNCTION qualification_verdict(qualification jsonb, answers jsonb, OUT status public.qualification_status, OUT score numeric, OUT reason text, OUT next_key text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.qualification_verdict(qualification jsonb, answers jsonb, OUT status public.qualification_status, OUT score numeric, OUT reason text, OUT next_key text) IS 'What the answers so far come to by the rules of config.qualification: open with the next question, qualified once every question is settled and the points suffice, not_qualified with the reason at once when a must fails or the threshold is out of reach.';

-- Name: qualification_work(public.conversations); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.qualification_work(conversation public.conversations) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select jsonb_build_object(
        'status', coalesce(q.status::text, 'none'),
        'question', case when q.status = 'open' then
            private.asked_question(r.config, (select v.next_key from private.qualification_verdict(r.config -> 'qualification', q.answers) as v))
        end,
        'interest', r.config #> '{qualification,interest}'
    )
    from private.threads as t
    join public.renus_config as r on r.id = t.agent_id
    left join private.qualification_of(conversation.lead_id) as q on q.id is not null
    where t.id = conversation.thread_id and r.config ? 'qualification';
$$;

ALTER FUNCTION private.qualification_work(conversation public.conversations) OWNER TO postgres;

-- Name: FUNCTION qualification_work(conversation public.conversations); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.qualification_work(conversation public.conversations) IS 'What a turn knows of its lead''s qualification: {"status": none | open | qualified | not_qualified, "question": the next one or null, "interest": words or null}; null where the agent qualifies nobody. Neither points nor threshold: what the model does not know, nobody talks it into telling.';

-- Name: question_problem(jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.question_problem(question jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $_$
declare
    k text := question ->> 'key';
    kind text := question ->> 'type';
    rules jsonb := coalesce(question -> 'validation', '{}');
    rule text;
begin
    if jsonb_typeof(question) is distinct from 'object' then
        return 'each question must be an object';
    end if;
    if jsonb_typeof(question -> 'key') is distinct from 'string' or k !~ '^[a-z][a-z0-9_]{0,62}$' then
        return format('question key %s must be lower-case letters, digits and underscores, beginning with a letter', coalesce(quote_literal(k), 'null'));
    end if;
    if jsonb_typeof(question -> 'text') is distinct from 'string' or btrim(question ->> 'text') = '' then
        return format('question %s has no text', k);
    end if;
    if char_length(question ->> 'text') > 1000 then
        return format('question %s has a text of more than 1000 characters', k);
    end if;
    if kind is null or kind not in ('text', 'number', 'scale', 'yes_no', 'choice') then
        return format('question %s has type %s; known types are text, number, scale, yes_no, choice', k, coalesce(quote_literal(kind), 'null'));
    end if;
    if kind = 'choice' then
        if jsonb_typeof(question -> 'options') is distinct from 'array'
            or jsonb_array_length(question -> 'options') not between 2 and 20
            or exists (
                select from jsonb_array_elements(question -> 'options') as o (v)
                where jsonb_typeof(o.v) <> 'string' or btrim(o.v #>> '{}') = '' or char_length(o.v #>> '{}') > 200
            ) then
            return format('question %s needs options: 2 to 20 texts of at most 200 characters', k);
        end if;
        if (select count(distinct private.plain(o.v)) from jsonb_array_elements_text(question -> 'options') as o (v))
            < jsonb_array_length(question -> 'options') then
            return format('question %s has the same option twice', k);
        end if;
    elsif question ? 'options' and question -> 'options' <> 'null' then
        return format('question %s has options but is not of type choice', k);
    end if;
    if jsonb_typeof(rules) <> 'object' then
        return format('question %s has a validation that is not an object', k);
    end if;
    for rule in select jsonb_object_keys(rules) loop
        if not (
            (rule in ('min', 'max') and kind in ('number', 'scale') and jsonb_typeof(rules -> rule) = 'number')
            or (rule = 'integer' and kind in ('number', 'scale') and jsonb_typeof(rules -> rule) = 'boolean')
            or (rule in ('min_length', 'max_length') and kind = 'text' and rules ->> rule ~ '^[0-9]{1,6}$')
        ) then
            return format('question %s has validation %s, which does not fit its type', k, rule);
        end if;
    end loop;
    if kind = 'scale' and not (rules ? 'min' and rules ? 'max') then
        return format('question %s is a scale and needs validation.min and validation.max', k);
    end if;
    if (rules ->> 'min')::numeric > (rules ->> 'max')::numeric
        or (rules ->> 'min_length')::numeric > (rules ->> 'max_length')::numeric then
        return format('question %s has a smallest value above its largest', k);
    end if;
    if question ? 'required' and jsonb_typeof(question -> 'required') <> 'boolean' then
        return format('question %s: required must be true or false', k);
    end if;
    if question ? 'nps' and (jsonb_typeof(question -> 'nps') <> 'boolean' or kind <> 'scale') then
        return format('question %s: nps is true or false, on a scale only', k);
    end if;
    if question ? 'probes' and not coalesce(question ->> 'probes' ~ '^[0-3]$', false) then
        return format('question %s: probes must be 0 to 3', k);
    end if;
    return null;
end
$_$;

ALTER FUNCTION private.question_problem(question jsonb) OWNER TO postgres;

-- Name: FUNCTION question_problem(question jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.question_problem(question jsonb) IS 'What is wrong with one question of a questionnaire, as a sentence; null if nothing.';

-- Name: question_refusal(public.agent_type, jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.question_refusal(agent_type public.agent_type, config jsonb) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select format('question %s asks what an agent of type %s may not ask', q.v ->> 'key', k.agent_type)
    from private.policy_packs as k
    cross join lateral jsonb_array_elements(
        case jsonb_typeof(config #> '{questionnaire,questions}') when 'array' then config #> '{questionnaire,questions}' else '[]' end
    ) with ordinality as q (v, ord)
    where k.agent_type = question_refusal.agent_type
        and exists (
            select from unnest(k.refused_questions) as r (pattern)
            where private.plain(concat_ws(' ', q.v ->> 'text', q.v ->> 'options')) ~ r.pattern
        )
    order by q.ord
    limit 1;
$$;

ALTER FUNCTION private.question_refusal(agent_type public.agent_type, config jsonb) OWNER TO postgres;

-- Name: FUNCTION question_refusal(agent_type public.agent_type, config jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.question_refusal(agent_type public.agent_type, config jsonb) IS 'Why an agent of this type may not ask a project''s questions, as a sentence; null if it may.';

-- Name: question_statistics(uuid, jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.question_statistics(project_id uuid, question jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    k text := question ->> 'key';
    kind text := question ->> 'type';
    result jsonb;
    answered integer;
begin
    select jsonb_build_object(
        'key', k, 'text', question ->> 'text', 'type', kind,
        'answered', count(*) filter (where a.status = 'answered'), 'refused', count(*) filter (where a.status = 'refused'), 'skipped', count(*) filter (where a.status = 'skipped')
    ), count(*) filter (where a.status = 'answered')
    into result, answered
    from public.interviews as i
    join public.interview_answers as a on a.client_id = i.client_id and a.interview_id = i.id and a.question_key = k
    where i.project_id = question_statistics.project_id;

    if kind in ('number', 'scale') then
        result := result || (
            select jsonb_build_object(
                'mean', round(avg(v.n), 2), 'median', percentile_cont(0.5) within group (order by v.n), 'min', min(v.n), 'max', max(v.n),
                'distribution', coalesce((
                    select jsonb_agg(jsonb_build_object('value', d.n, 'count', d.times) order by d.n)
                    from (
                        select (a.value)::numeric as n, count(*) as times
                        from private.answered(question_statistics.project_id, k) as a
                        where jsonb_typeof(a.value) = 'number'
                        group by 1
                    ) as d
                ), '[]')
            ) || case when (question ->> 'nps')::boolean and count(*) > 0 then jsonb_build_object('nps', jsonb_build_object(
                'promoters', count(*) filter (where v.n >= 9), 'passives', count(*) filter (where v.n >= 7 and v.n < 9), 'detractors', count(*) filter (where v.n < 7),
                'score', round(100.0 * (count(*) filter (where v.n >= 9) - count(*) filter (where v.n < 7)) / count(*))
            )) else '{}' end
            from (
                select (a.value)::numeric as n
                from private.answered(question_statistics.project_id, k) as a
                -- The question may have been of another type when it was answered.
                where jsonb_typeof(a.value) = 'number'
            ) as v
        );
    elsif kind in ('yes_no', 'choice') then
        result := result || jsonb_build_object('distribution', (
            select jsonb_agg(jsonb_build_object(
                'value', o.v, 'count', coalesce(d.times, 0), 'percent', case when answered = 0 then 0 else round(100.0 * coalesce(d.times, 0) / answered, 1) end
            ) order by o.ord)
            from jsonb_array_elements(case kind when 'choice' then question -> 'options' else '[true, false]' end) with ordinality as o (v, ord)
            left join (
                select a.value, count(*) as times
                from private.answered(question_statistics.project_id, k) as a
                group by a.value
            ) as d on d.value = o.v
        ));
    else
        result := result || jsonb_build_object('quotes', coalesce((
            select jsonb_agg(q.txt order by q.updated_at, q.id)
            from (
                select a.value #>> '{}' as txt, a.updated_at, a.id
                from private.answered(question_statistics.project_id, k) as a
                order by a.updated_at, a.id
                limit 50
            ) as q
        ), '[]'));
    end if;
    return result;
end
$$;

ALTER FUNCTION private.question_statistics(project_id uuid, question jsonb) OWNER TO postgres;

-- Name: FUNCTION question_statistics(project_id uuid, question jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.question_statistics(project_id uuid, question jsonb) IS 'One question''s figures over a project: counts, and by type mean, median, distribution, NPS, or up to 50 answers in words.';

-- Name: question_text(jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.question_text(question jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select (question ->> 'text') || case when question ->> 'type' = 'choice'
        then E'\n' || (select string_agg('• ' || o.label, E'\n' order by o.ord) from jsonb_array_elements_text(question -> 'options') with ordinality as o (label, ord))
        else '' end;
$$;

ALTER FUNCTION private.question_text(question jsonb) OWNER TO postgres;

-- Name: FUNCTION question_text(question jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.question_text(question jsonb) IS 'A question as the lead reads it: its text, and a line for each option.';

-- Name: question_type(uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.question_type(interview_id uuid) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select q.v ->> 'type'
    from public.interviews as i
    join public.projects as p on p.id = i.project_id
    cross join jsonb_array_elements(p.config #> '{questionnaire,questions}') as q (v)
    where i.id = question_type.interview_id and q.v ->> 'key' = i.current_question
    limit 1;
$$;

ALTER FUNCTION private.question_type(interview_id uuid) OWNER TO postgres;

-- Name: FUNCTION question_type(interview_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.question_type(interview_id uuid) IS 'The type of the question that an interview''s lead was last asked; null before the first one.';

-- Name: queue_report(uuid, uuid, boolean); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.queue_report(project_id uuid, interview_id uuid, right_now boolean) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    report public.reports;
begin
    insert into public.reports as r (client_id, kind, project_id, interview_id)
    select p.client_id, case when queue_report.interview_id is null then 'project' else 'interview' end::public.report_kind, p.id, queue_report.interview_id
    from public.projects as p
    where p.id = queue_report.project_id
    on conflict on constraint one_report_per_interview_and_one_per_project do update
    set stale = true, error = null, attempts = case when r.task_id is null then 0 else r.attempts end,
        status = case when r.status = 'failed' then 'queued' else r.status end,
        due_at = case
            when r.task_id is not null then r.due_at
            when right_now or r.generated_at is null or r.interview_id is not null then now()
            else greatest(now(), r.generated_at + make_interval(secs => private.setting_int('project_report_every_s')))
        end
    returning r.* into report;
    perform private.admit_reports(report.client_id);
    return report.id;
end
$$;

ALTER FUNCTION private.queue_report(project_id uuid, interview_id uuid, right_now boolean) OWNER TO postgres;

-- Name: FUNCTION queue_report(project_id uuid, interview_id uuid, right_now boolean); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.queue_report(project_id uuid, interview_id uuid, right_now boolean) IS 'Makes the report of a project (interview_id null) or interview stale and queues it; a project''s at most once in project_report_every_s, unless right_now. Returns its id. Idempotent. Locks the report''s row.';

-- Name: queue_turn(uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.queue_turn(thread_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    update private.threads as t
    set due_at = greatest(t.not_before, clock_timestamp()), attempts = 0
    where t.id = queue_turn.thread_id and t.task_id is null and t.inbound_seq > t.handled_seq;
    perform private.admit_turns(t.client_id) from private.threads as t where t.id = queue_turn.thread_id;
end
$$;

ALTER FUNCTION private.queue_turn(thread_id uuid) OWNER TO postgres;

-- Name: FUNCTION queue_turn(thread_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.queue_turn(thread_id uuid) IS 'Has a turn of a thread that has unhandled input wait for admission, unless one is queued. Idempotent.';

-- Name: reach_again_at(public.deliveries, public.channel_accounts); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.reach_again_at(delivery public.deliveries, account public.channel_accounts) RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    siblings uuid[] := private.accounts_of_portfolio(account.id);
    since timestamptz := private.now() - interval '24 hours';
    reached integer;
    first_free timestamptz;
begin
    -- Who was reached within the last 24 hours costs nothing more.
    if exists (
        select from public.deliveries as d
        where d.client_id = account.client_id and d.initiated and d.begun_at > since and d.channel_account_id = any (siblings)
            and coalesce(d.lead_id, d.profile_id) = coalesce(delivery.lead_id, delivery.profile_id)
    ) then
        return null;
    end if;
    select count(*), min(r.begun_at) into reached, first_free
    from (
        select max(d.begun_at) as begun_at
        from public.deliveries as d
        where d.client_id = account.client_id and d.initiated and d.begun_at > since and d.channel_account_id = any (siblings)
        group by coalesce(d.lead_id, d.profile_id)
    ) as r;
    return case when reached >= account.daily_limit then first_free + interval '24 hours' end;
end
$$;

ALTER FUNCTION private.reach_again_at(delivery public.deliveries, account public.channel_accounts) OWNER TO postgres;

-- Name: FUNCTION reach_again_at(delivery public.deliveries, account public.channel_accounts); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.reach_again_at(delivery public.deliveries, account public.channel_accounts) IS 'When an account may write to one more person outside an open window, under its daily_limit; null: now. Counts over all accounts of the portfolio, as private.people_reached does. The caller holds the portfolio''s advisory lock.';

-- Name: read_answer(jsonb, jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.read_answer(question jsonb, proposed jsonb, OUT value jsonb, OUT problem text) RETURNS record
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $_$
declare
    kind text := question ->> 'type';
    rules jsonb := coalesce(question -> 'validation', '{}');
    txt text := btrim(proposed #>> '{}', E' \t\r\n');
    n numeric;
begin
    if txt is null or txt = '' then
        problem := 'Não consegui entender a resposta.';
    elsif kind in ('number', 'scale') then
        -- As Brazilians write numbers: 1.500 is fifteen hundred, 1,5 one and a half.
        if jsonb_typeof(proposed) = 'string' and txt ~ '^[+-]?[1-9][0-9]{0,2}([.][0-9]{3})+(,[0-9]+)?$' then
            txt := replace(txt, '.', '');
        end if;
        txt := replace(txt, ',', '.');
        n := case when txt ~ '^[+-]?[0-9]{1,15}(\.[0-9]{1,9})?$' then txt::numeric end;
        if n is null
            or n < (rules ->> 'min')::numeric or n > (rules ->> 'max')::numeric
            or ((rules ->> 'integer')::boolean and n <> trunc(n)) then
            problem := 'Preciso de um número'
            || case when (rules ->> 'integer')::boolean then ' inteiro' else '' end
            || case
                when rules ? 'min' and rules ? 'max' then format(' de %s a %s', rules ->> 'min', rules ->> 'max')
                when rules ? 'min' then format(' a partir de %s', rules ->> 'min')
                when rules ? 'max' then format(' até %s', rules ->> 'max')
                else ''
            end || '.';
        else
            value := to_jsonb(trim_scale(n));
        end if;
    elsif kind = 'yes_no' then
        value := case
            when jsonb_typeof(proposed) = 'boolean' then proposed
            when private.plain(txt) in ('sim', 's', 'yes', 'true') then 'true'::jsonb
            when private.plain(txt) in ('nao', 'n', 'no', 'false') then 'false'::jsonb
        end;
        problem := case when value is null then 'Pode me responder com sim ou não?' end;
    elsif kind = 'choice' then
        select to_jsonb(o.label) into value
        from jsonb_array_elements_text(question -> 'options') as o (label)
        where private.plain(o.label) = private.plain(txt) and private.plain(txt) <> '' or o.label = txt
        limit 1;
        problem := case when value is null then
            'Pode escolher uma destas opções? ' || (select string_agg(o.label, ', ' order by o.ord) from jsonb_array_elements_text(question -> 'options') with ordinality as o (label, ord)) || '.'
        end;
    elsif char_length(txt) < (rules ->> 'min_length')::integer then
        problem := 'Pode escrever um pouco mais?';
    elsif char_length(txt) > coalesce((rules ->> 'max_length')::integer, 10000) then
        problem := 'A resposta ficou longa demais. Pode resumir?';
    else
        value := to_jsonb(txt);
    end if;
end
$_$;

ALTER FUNCTION private.read_answer(question jsonb, proposed jsonb, OUT value jsonb, OUT problem text) OWNER TO postgres;

-- Name: FUNCTION read_answer(question jsonb, proposed jsonb, OUT value jsonb, OUT problem text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.read_answer(question jsonb, proposed jsonb, OUT value jsonb, OUT problem text) IS 'The answer that a proposed value is to a question, in its stored form, or (problem) why it is none, in the words the lead will read.';

-- Name: read_leads(text, jsonb, integer); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.read_leads(csv text, list jsonb, max_rows integer) RETURNS TABLE(line integer, phone text, name text, email text, metadata jsonb, column_name text, value text, reason text)
    LANGUAGE plpgsql IMMUTABLE ROWS 10000
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
begin
    if jsonb_array_length(read_leads.list) > read_leads.max_rows then
        raise exception 'the list has more than % rows', read_leads.max_rows using errcode = '22023', hint = 'Import it in several lists.';
    end if;
    return query
    with
    given as materialized (
        select r.line, r.content, r.problem from private.csv_rows(read_leads.csv, read_leads.max_rows) as r where read_leads.csv is not null
        union all
        select e.ord::integer, e.content, case when jsonb_typeof(e.content) <> 'object' then 'a row must be an object' end
        from jsonb_array_elements(read_leads.list) with ordinality as e (content, ord)
    ),
    cells as materialized (
        select g.line, c.key, c.value, case when jsonb_typeof(c.value) not in ('object', 'array') then btrim(c.value #>> '{}', E' \t\n') end as txt
        from given as g
        cross join lateral jsonb_each(case jsonb_typeof(g.content) when 'object' then g.content else '{}' end) as c
        where jsonb_typeof(c.value) <> 'null'
    ),
    columns as materialized (
        select k.key, split_part(private.lead_column(k.key), ' ', 1) as kind, private.lead_column(k.key) as ranked
        from (select distinct c.key from cells as c) as k
    ),
    -- Of several numbers the likeliest to be WhatsApp's counts; the others are kept like what has no column of its own.
    placed as (
        select c.*, k.kind, row_number() over (partition by c.line, k.kind order by k.ranked, c.key) as place
        from cells as c
        join columns as k on k.key = c.key
        where c.txt is distinct from ''
    ),
    rows as (
        select p.line,
            max(p.key) filter (where p.kind = 'phone' and p.place = 1) as phone_column,
            max(p.txt) filter (where p.kind = 'phone' and p.place = 1) as phone,
            max(p.key) filter (where p.kind = 'name' and p.place = 1) as name_column,
            nullif(btrim(regexp_replace(max(p.txt) filter (where p.kind = 'name' and p.place = 1), '[[:cntrl:]]+', ' ', 'g')), '') as name,
            max(p.key) filter (where p.kind = 'email' and p.place = 1) as email_column,
            max(p.txt) filter (where p.kind = 'email' and p.place = 1) as email,
            min(p.key) filter (where p.kind in ('phone', 'name', 'email') and p.place = 1 and p.txt is null) as no_text_column,
            jsonb_agg(p.value) filter (where p.kind = 'metadata' and p.place = 1) -> 0 as metadata,
            jsonb_object_agg(p.key, p.value) filter (where p.kind is null or p.place > 1) as others,
            -- The sign for what could not be read, and what UTF-8 looks like when it is read as Latin-1: Ã and a sign after it.
            (array_agg(array[p.key, p.txt]) filter (where p.txt ~ '\uFFFD|\u00C3[\u0080-\u009F\u00A1-\u00BF]'))[1:1] as garbled
        from placed as p
        group by p.line
    ),
    judged as (
        select g.line, r.phone, r.name, r.email, r.phone_column, r.name_column, r.email_column, r.no_text_column, n.phone as number,
            coalesce(r.others, '{}') || case jsonb_typeof(r.metadata) when 'object' then r.metadata else '{}' end as metadata,
            case
                when g.problem is not null then array[null, null, g.problem]
                when r.no_text_column is not null then array[r.no_text_column, null, 'must be a text']
                when r.garbled is not null
                    then array[r.garbled[1][1], r.garbled[1][2], 'the text is garbled: the file was read in a wrong encoding; save it as CSV UTF-8']
                when r.phone is null then array[coalesce(r.phone_column, 'phone'), null, 'the phone is missing']
                when r.phone ~* '^[0-9]+([.,][0-9]+)?E[+]?[0-9]+$'
                    then array[r.phone_column, r.phone, 'the spreadsheet has rounded the number: format the column as text and export it again']
                when n.phone is null and regexp_replace(r.phone, '[^0-9]', '', 'g') ~ '^[2-9][0-9]{7,8}$' and r.phone !~ '^\s*(\+|00)'
                    then array[r.phone_column, r.phone, 'the number has no area code: write it like (11) 98765-4321']
                when n.phone is null
                    then array[r.phone_column, r.phone, 'cannot be a telephone number: write it like (11) 98765-4321, or like +351 912 345 678 for another country']
                when char_length(r.name) > 200 then array[r.name_column, r.name, 'the name has more than 200 characters']
                when not private.is_email(r.email) then array[r.email_column, r.email, 'is not an e-mail address']
                when jsonb_typeof(r.metadata) <> 'object' then array['metadata', r.metadata #>> '{}', 'must be an object']
                -- As the table says. The two parts together are never longer than apart.
                when coalesce(octet_length(r.others::text), 0) + coalesce(octet_length(r.metadata::text), 0) > 65536
                    then array[null, null, 'the row has more than 64 kilobytes']
                when r.others @? '$.**{20}' or r.metadata @? '$.**{20}' then array[null, null, 'the row is nested more than 20 levels deep']
            end as problem
        from given as g
        left join rows as r on r.line = g.line
        cross join lateral private.normalize_phone(regexp_replace(r.phone, '\.0$', '')) as n (phone)
    )
    select j.line, j.number, j.name, lower(j.email), j.metadata,
        case when j.problem is null then j.phone_column else j.problem[1] end,
        left(regexp_replace(case when j.problem is null then j.phone else j.problem[2] end, '[[:cntrl:]]+', ' ', 'g'), 100),
        j.problem[3]
    from judged as j;
end
$_$;

ALTER FUNCTION private.read_leads(csv text, list jsonb, max_rows integer) OWNER TO postgres;

-- Name: FUNCTION read_leads(csv text, list jsonb, max_rows integer); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.read_leads(csv text, list jsonb, max_rows integer) IS 'Reads a list of leads, a CSV file or a list of objects: every row with its lead as it would be stored and, where it is refused, the reason. column_name and value are what the reason is about, else the phone as written. Columns are known by private.lead_column, the others go into metadata. Pure.';

-- Name: read_qualification(jsonb, jsonb, jsonb, uuid, integer); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.read_qualification(config jsonb, known jsonb, proposed jsonb, turn uuid, max_tries integer, OUT answers jsonb, OUT problems jsonb) RETURNS record
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
declare
    item record;
    given jsonb;
    read record;
    earlier jsonb;
    address text;
    tries integer;
begin
    answers := known;
    problems := '{}';
    for item in
        select p.key, p.value, q.v as question
        from jsonb_each(proposed) as p
        left join jsonb_array_elements(config #> '{qualification,questions}') with ordinality as q (v, ord) on q.v ->> 'key' = p.key
        order by q.ord, p.key
    loop
        given := case when jsonb_typeof(item.value) = 'object' then item.value else jsonb_build_object('value', item.value) end;
        earlier := answers -> item.key;
        if item.question is null then
            problems := problems || jsonb_build_object(left(item.key, 60), 'Esta pergunta não existe.');
            continue;
        elsif given -> 'refused' = 'true' then
            answers := answers || jsonb_build_object(item.key, '{"status": "refused"}'::jsonb);
            continue;
        elsif coalesce(given -> 'value', 'null') = 'null' then
            continue;
        end if;
        select * into read from private.read_answer(item.question, given -> 'value');
        if read.value is not null and item.key = config #>> '{conversion,email}' then
            -- The address in what was said, which may be a whole sentence.
            address := lower(rtrim(substring(read.value #>> '{}' from '[^\s,;:<>()"''@]+@[^\s,;:<>()"''@]+\.[^\s,;:<>()"''@]+'), '.!?'));
            read.value := case when private.is_email(address) then to_jsonb(address) end;
            read.problem := case when read.value is null then 'Pode me passar um e-mail completo, como nome@empresa.com.br?' end;
        end if;
        if read.value is not null then
            answers := answers || jsonb_build_object(item.key, jsonb_strip_nulls(jsonb_build_object(
                'status', 'answered', 'value', read.value, 'quote', left(given ->> 'quote', 2000)
            )));
            continue;
        end if;
        problems := problems || jsonb_build_object(item.key, read.problem);
        -- What is settled stays settled unless something better comes; asked twice in one turn is one try.
        if coalesce(earlier ->> 'status', 'invalid') = 'invalid' then
            tries := coalesce((earlier ->> 'tries')::integer, 0) + case when earlier ->> 'turn' = turn::text then 0 else 1 end;
            answers := answers || jsonb_build_object(item.key, jsonb_build_object(
                'status', case when tries >= max_tries then 'refused' else 'invalid' end, 'tries', tries, 'turn', turn
            ));
        end if;
    end loop;
end
$$;

ALTER FUNCTION private.read_qualification(config jsonb, known jsonb, proposed jsonb, turn uuid, max_tries integer, OUT answers jsonb, OUT problems jsonb) OWNER TO postgres;

-- Name: FUNCTION read_qualification(config jsonb, known jsonb, proposed jsonb, turn uuid, max_tries integer, OUT answers jsonb, OUT problems jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.read_qualification(config jsonb, known jsonb, proposed jsonb, turn uuid, max_tries integer, OUT answers jsonb, OUT problems jsonb) IS 'Adds proposed answers ({question key: value | {"value", "quote"?} | {"refused": true}}) to those of a qualification, each read as its question wants it, and says what is wrong with the others. After max_tries turns with nothing valid a question counts as refused.';

-- Name: read_queue(text, integer, integer); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.read_queue(queue text, max integer, visibility_s integer) RETURNS jsonb
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select coalesce(jsonb_agg(r.message || jsonb_build_object('msg_id', r.msg_id, 'queue', read_queue.queue)), '[]')
    from pgmq.read(read_queue.queue, read_queue.visibility_s, read_queue.max) as r;
$$;

ALTER FUNCTION private.read_queue(queue text, max integer, visibility_s integer) OWNER TO postgres;

-- Name: FUNCTION read_queue(queue text, max integer, visibility_s integer); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.read_queue(queue text, max integer, visibility_s integer) IS 'Reads a queue''s messages as tasks that know their queue and msg_id.';

-- Name: record_lead(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.record_lead() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    -- Whoever has the old number now is somebody else.
    if tg_op = 'UPDATE' then
        delete from public.lead_identities as i
        using new_rows as n
        where i.client_id = n.client_id and i.lead_id = n.id and i.kind = 'phone' and i.value is distinct from private.phone_key(n.phone);
    end if;
    insert into public.lead_identities (client_id, lead_id, kind, value)
    select n.client_id, n.id, 'phone', private.phone_key(n.phone)
    from new_rows as n
    where n.phone is not null
    order by n.client_id, private.phone_key(n.phone)
    on conflict on constraint an_identity_is_one_lead_of_a_client do nothing;
    if tg_op = 'INSERT' then
        insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
        select n.client_id, n.id, true, n.consent_basis,
            -- What public.import_leads was told, for the rows of its own statement.
            jsonb_build_object('source', 'import', 'recorded_by', private.current_profile_id())
            || coalesce(nullif(current_setting('renum.consent_evidence', true), '')::jsonb, '{}')
        from new_rows as n
        where n.consent_basis <> 'not_informed';
        perform private.add_interviews(p.id, array(select n.id from new_rows as n))
        from public.projects as p
        where p.client_id in (select n.client_id from new_rows as n) and p.status = 'active' and p.config #> '{audience,join_later}' = 'true';
    end if;
    return null;
end
$$;

ALTER FUNCTION private.record_lead() OWNER TO postgres;

-- Name: FUNCTION record_lead(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.record_lead() IS 'Trigger: a new lead''s identity by phone, its consent basis in the ledger, and its place in running projects that take later leads.';

-- Name: refuse_delivery(uuid, jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.refuse_delivery(delivery_id uuid, error jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

ALTER FUNCTION private.refuse_delivery(delivery_id uuid, error jsonb) OWNER TO postgres;

-- Name: FUNCTION refuse_delivery(delivery_id uuid, error jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.refuse_delivery(delivery_id uuid, error jsonb) IS 'A send was refused with {"code", "message", "retryable", "scope"}: tried again, or a dead letter; where it is the number or the account that may not send, the account stops and the delivery waits for it.';

-- Name: refuse_write(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.refuse_write() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    raise exception '% is computed and cannot be written', tg_table_name using errcode = '42501';
end
$$;

ALTER FUNCTION private.refuse_write() OWNER TO postgres;

-- Name: FUNCTION refuse_write(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.refuse_write() IS 'Trigger on views: without it a write is an error of the server (55000, HTTP 500) before anybody asks for rights; with it, one of the caller.';

-- Name: release_next(uuid, integer, uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.release_next(thread_id uuid, visibility_s integer, released_by uuid DEFAULT NULL::uuid) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    d public.deliveries;
    gate record;
begin
    loop
        -- Whoever admits it at this moment may wait for the account's pace, which our caller holds: it is theirs, or the sweep's.
        select * into d
        from public.deliveries as x
        where x.id = (
            select y.id from public.deliveries as y
            where y.thread_id = release_next.thread_id and y.status in ('queued', 'deferred', 'sending', 'unknown')
            order by y.seq
            limit 1
        )
        for no key update skip locked;
        exit when not found or d.task_id is not null or d.status not in ('queued', 'deferred') or d.due_at > private.now() or d.queue <> 'high_priority';
        d.initiated := private.is_initiated(d);
        select * into gate from private.gate(d);
        if gate.verdict = 'go' then
            return private.grant_delivery(d.id, visibility_s, release_next.released_by);
        end if;
        if gate.verdict = 'wait' then
            perform private.hold_delivery(d.id, gate.until, gate.reason);
            exit;
        end if;
        update public.deliveries as x set status = 'cancelled', reason = gate.reason where x.id = d.id;
    end loop;
    return null;
end
$$;

ALTER FUNCTION private.release_next(thread_id uuid, visibility_s integer, released_by uuid) OWNER TO postgres;

-- Name: FUNCTION release_next(thread_id uuid, visibility_s integer, released_by uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.release_next(thread_id uuid, visibility_s integer, released_by uuid) IS 'Claims the next reply that waits in a thread, if its turn has come and it may leave; returns its task or null. released_by: the claim whose completion asks. The caller holds the thread''s lock and its account''s pace. Invitations are left to admission.';

-- Name: released_by(uuid, uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.released_by(thread_id uuid, claim uuid) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select private.delivery_task(d)
    from public.deliveries as d
    where d.thread_id = released_by.thread_id and d.released_by = released_by.claim and d.status = 'sending' and d.attempts = 1 and d.due_at > private.now();
$$;

ALTER FUNCTION private.released_by(thread_id uuid, claim uuid) OWNER TO postgres;

-- Name: FUNCTION released_by(thread_id uuid, claim uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.released_by(thread_id uuid, claim uuid) IS 'The delivery that a completion with this claim handed out, for a caller whose answer got lost and who asks again; null if there is none to be sent any more. Read-only.';

-- Name: reminders; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.reminders (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid NOT NULL,
    interview_id uuid NOT NULL,
    step integer NOT NULL,
    channel public.channel,
    due_at timestamp with time zone NOT NULL,
    status public.reminder_status DEFAULT 'waiting'::public.reminder_status NOT NULL,
    reason text,
    delivery_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT every_step_but_the_end_has_a_channel CHECK (((step = 0) = (channel IS NULL))),
    CONSTRAINT skipped_and_cancelled_ones_have_a_reason CHECK (((status <> ALL (ARRAY['skipped'::public.reminder_status, 'cancelled'::public.reminder_status])) OR (reason IS NOT NULL))),
    CONSTRAINT step_is_0_to_5 CHECK (((step >= 0) AND (step <= 5)))
);

ALTER TABLE ONLY public.reminders FORCE ROW LEVEL SECURITY;

ALTER TABLE public.reminders OWNER TO postgres;

-- Name: TABLE reminders; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.reminders IS 'The ladder of each invitation that went out: when the lead is reminded, by which channel, and when the interview expires. Made when the provider took the invitation, or could not.';

-- Name: COLUMN reminders.step; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.reminders.step IS 'Which of projects.config.reminders, from 1. 0: the end of the ladder, when the interview expires.';

-- Name: COLUMN reminders.due_at; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.reminders.due_at IS 'By private.now().';

-- Name: COLUMN reminders.delivery_id; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.reminders.delivery_id IS 'What was sent, or is to be sent, for it.';

-- Name: remind(public.reminders, public.interviews, private.threads); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.remind(reminder public.reminders, interview public.interviews, thread private.threads) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    project public.projects;
    lead public.leads;
    account public.channel_accounts;
    template public.message_templates;
    needs_template boolean;
    company text;
    step jsonb;
    link text;
    body jsonb;
    problem text;
    state public.delivery_status;
    leaves timestamptz;
    new_message_id uuid := gen_random_uuid();
    new_delivery_id uuid := gen_random_uuid();
begin
    select * into strict project from public.projects as p where p.id = interview.project_id;
    select * into strict lead from public.leads as l where l.id = interview.lead_id;
    select c.company_name into company from public.clients as c where c.id = interview.client_id;
    step := case when jsonb_typeof(project.config -> 'reminders') = 'array' then project.config -> 'reminders' else '[{}]' end -> reminder.step - 1;
    select * into strict account from public.channel_accounts as a where a.id = thread.channel_account_id;
    if reminder.channel = 'whatsapp' then
        select v.templates into needs_template from private.providers as v where v.provider = account.provider and v.channel = 'whatsapp';
        if needs_template or not step ? 'text' then
            template := private.template_for(interview.client_id, account.id, 'reminder', step ->> 'template');
        end if;
        body := case
            when template.id is not null then private.template_content(template, lead.name, company, project.name, null)
            else jsonb_build_object('type', 'text', 'text', private.reminder_text(step ->> 'text', lead.name, company, project.name, null))
        end;
    else
        -- wa.me takes the number in international form, digits only: https://faq.whatsapp.com/5913398998672934
        link := 'https://wa.me/' || nullif(regexp_replace(coalesce(account.display_phone, case when account.external_id like '+%' then account.external_id end), '[^0-9]', '', 'g'), '');
        -- SECURITY: by the client's own accounts only. The house's write to a client's people, never to its leads.
        select a.* into account
        from public.channel_accounts as a
        where a.client_id = interview.client_id and a.channel = reminder.channel and a.status = 'active'
        order by a.created_at, a.id
        limit 1;
        body := jsonb_build_object('type', 'text', 'text', private.reminder_text(step ->> 'text', lead.name, company, project.name, link))
            || case when reminder.channel = 'email'
                then jsonb_build_object('subject', coalesce(step ->> 'subject', regexp_replace(format('%s gostaria de ouvir você', company), '\s+', ' ', 'g')))
                else '{}' end;
    end if;
    problem := case
        when step is null then 'the project has no such reminder any more'
        when account.id is null then 'there is no active account'
        when reminder.channel = 'whatsapp' and needs_template and template.id is null then 'there is no approved template for reminders'
        when reminder.channel <> 'whatsapp' and link is null then 'the project''s number has no display_phone to link to'
        when reminder.channel = 'sms' and lead.phone is null then 'the lead has no phone number'
        when reminder.channel = 'email' and lead.email is null then 'the lead has no e-mail address'
    end;
    if problem is null then
        insert into public.deliveries as d (id, client_id, lead_id, thread_id, interview_id, channel_account_id, channel, kind, content, message_id, queue, seq)
        values (
            new_delivery_id, interview.client_id, lead.id, case when reminder.channel = 'whatsapp' then thread.id end, interview.id, account.id,
            reminder.channel, 'reminder', body, new_message_id, 'default', case when reminder.channel = 'whatsapp' then thread.last_seq + 1 else 0 end
        )
        returning d.status, d.reason, d.due_at into state, problem, leaves;
        insert into public.interview_messages (id, interview_id, role, content, metadata, client_id, seq)
        values (
            new_message_id, interview.id, 'assistant', body ->> 'text',
            jsonb_build_object('type', body -> 'type', 'channel', reminder.channel, 'delivery_id', new_delivery_id), interview.client_id, thread.last_seq + 1
        );
        update private.threads as t set last_seq = t.last_seq + 1 where t.id = thread.id;
        update public.reminders as r
        set delivery_id = new_delivery_id, status = case when state = 'cancelled' then 'skipped' else r.status end, reason = case when state = 'cancelled' then problem end
        where r.id = reminder.id;
    else
        state := 'cancelled';
        update public.reminders as r set status = 'skipped', reason = problem where r.id = reminder.id;
    end if;
    if state = 'cancelled' and not exists (
        select from public.deliveries as d
        where d.client_id = interview.client_id and d.interview_id = interview.id and d.status in ('sent', 'delivered', 'read')
    ) then
        perform private.plan_reminders(interview.id, 'failed');
    elsif reminder.due_at < greatest(leaves, private.now()) - interval '1 hour' then
        -- It comes late, since the project was paused or the lead may not be written to on a Sunday: those after it keep their distance.
        update public.reminders as r
        set due_at = l.due_at
        from private.ladder(project.config, true, private.zone_of(lead), greatest(leaves, private.now()), reminder.step, false) as l
        where r.interview_id = interview.id and r.step = l.step and r.status = 'waiting' and r.delivery_id is null and r.due_at < l.due_at;
    end if;
end
$$;

ALTER FUNCTION private.remind(reminder public.reminders, interview public.interviews, thread private.threads) OWNER TO postgres;

-- Name: FUNCTION remind(reminder public.reminders, interview public.interviews, thread private.threads); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.remind(reminder public.reminders, interview public.interviews, thread private.threads) IS 'Makes one reminder''s message and delivery: by WhatsApp on the thread, in its order; by SMS or e-mail beside it, with a link to the number. What cannot be sent is skipped with the reason, and where nothing has reached the lead yet the next channel is tried at once. Called under the locks of the three.';

-- Name: reminder_text(text, text, text, text, text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.reminder_text(wording text, lead_name text, company_name text, project_name text, link text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
declare
    result text := coalesce(reminder_text.wording, case
        when private.first_name(reminder_text.lead_name) is null then 'Olá! ' else 'Olá, {{lead.first_name}}! ' end
        || 'Aqui é da {{client.company_name}}. Ainda gostaríamos muito de ouvir você.');
begin
    if reminder_text.link is not null and strpos(result, '{{whatsapp.link}}') = 0 then
        result := result || ' Responda pelo WhatsApp: {{whatsapp.link}}';
    end if;
    -- Names come last, and braces in them stay out: nothing in a name is a variable.
    return replace(replace(replace(replace(replace(
        result, '{{whatsapp.link}}', coalesce(reminder_text.link, '')), '{{client.company_name}}', translate(reminder_text.company_name, '{}', '')),
        '{{project.name}}', translate(reminder_text.project_name, '{}', '')),
        '{{lead.first_name}}', coalesce(translate(private.first_name(reminder_text.lead_name), '{}', ''), '')),
        '{{lead.name}}', coalesce(translate(reminder_text.lead_name, '{}', ''), ''));
end
$$;

ALTER FUNCTION private.reminder_text(wording text, lead_name text, company_name text, project_name text, link text) OWNER TO postgres;

-- Name: FUNCTION reminder_text(wording text, lead_name text, company_name text, project_name text, link text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.reminder_text(wording text, lead_name text, company_name text, project_name text, link text) IS 'A reminder''s text with its variables put in; without a wording, a default one. link, where there is one, stands at the end unless the wording has a place for it.';

-- Name: reminders_problem(jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.reminders_problem(config jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $_$
declare
    steps jsonb := config -> 'reminders';
    step jsonb;
    n integer := 0;
    after jsonb;
    word text;
begin
    after := config -> 'expire_after';
    if config ? 'expire_after' and (case jsonb_typeof(after)
        when 'object' then not coalesce(
            after @? 'strict $.days ? (@.type() == "number" && @ >= 1 && @ <= 365 && @.floor() == @)' and after - 'days' = '{}', false
        )
        else true
    end) then
        return 'expire_after must be {"days": 1 to 365}';
    end if;
    if not config ? 'reminders' then
        return null;
    end if;
    if jsonb_typeof(steps) <> 'array' or jsonb_array_length(steps) > 5 then
        return 'reminders must be a list of at most 5 steps';
    end if;
    for step in select s.v from jsonb_array_elements(steps) as s (v) loop
        n := n + 1;
        after := step -> 'after';
        if jsonb_typeof(step) <> 'object' then
            return format('reminder %s must be an object', n);
        end if;
        word := (select k from jsonb_object_keys(step) as k where k not in ('after', 'channel', 'template', 'subject', 'text') order by k limit 1);
        if word is not null then
            return format('reminder %s has %s, which is none of after, channel, template, subject, text', n, word);
        end if;
        if (case jsonb_typeof(after)
            when 'object' then not coalesce(
                (after @? 'strict $.hours ? (@.type() == "number" && @ >= 1 && @ <= 720 && @.floor() == @)' and after - 'hours' = '{}')
                or (after @? 'strict $.days ? (@.type() == "number" && @ >= 1 && @ <= 90 && @.floor() == @)' and after - 'days' = '{}'), false
            )
            else after is distinct from '"next_morning"'
        end) then
            return format('reminder %s: after must be "next_morning", {"hours": 1 to 720} or {"days": 1 to 90}', n);
        end if;
        if step ? 'channel' and coalesce(step ->> 'channel', '') not in ('whatsapp', 'sms', 'email') then
            return format('reminder %s: channel must be whatsapp, sms or email', n);
        end if;
        if step ? 'template' and (jsonb_typeof(step -> 'template') <> 'string' or coalesce(step ->> 'channel', 'whatsapp') <> 'whatsapp') then
            return format('reminder %s: template must be the name of one, by WhatsApp only', n);
        end if;
        if step ? 'subject' and (jsonb_typeof(step -> 'subject') <> 'string' or step ->> 'subject' !~ '^[^[:cntrl:]]{1,150}$') then
            return format('reminder %s: subject must be one line of at most 150 characters', n);
        end if;
        if step ? 'text' and (jsonb_typeof(step -> 'text') <> 'string' or btrim(step ->> 'text') = '' or char_length(step ->> 'text') > 1000) then
            return format('reminder %s: text must have 1 to 1000 characters', n);
        end if;
        word := (
            select m.found[1]
            from regexp_matches(coalesce(step ->> 'text', ''), '\{\{([^{}]*)\}\}', 'g') as m (found)
            where m.found[1] not in ('lead.name', 'lead.first_name', 'client.company_name', 'project.name', 'whatsapp.link')
            limit 1
        );
        if word is not null then
            return format('reminder %s: text has {{%s}}; known are lead.name, lead.first_name, client.company_name, project.name, whatsapp.link', n, word);
        end if;
    end loop;
    return null;
end
$_$;

ALTER FUNCTION private.reminders_problem(config jsonb) OWNER TO postgres;

-- Name: FUNCTION reminders_problem(config jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.reminders_problem(config jsonb) IS 'What is wrong with reminders and expire_after in projects.config, as a sentence; null if nothing.';

-- Name: render_template(text, text[]); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.render_template(body text, parameters text[]) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
declare
    result text := body;
begin
    for i in 1..coalesce(cardinality(parameters), 0) loop
        result := replace(result, '{{' || i || '}}', parameters[i]);
    end loop;
    return result;
end
$$;

ALTER FUNCTION private.render_template(body text, parameters text[]) OWNER TO postgres;

-- Name: FUNCTION render_template(body text, parameters text[]); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.render_template(body text, parameters text[]) IS 'A template''s body with its parameters put in.';

-- Name: reply_refusal(public.agent_type, text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.reply_refusal(agent_type public.agent_type, txt text) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select private.for_a_person()
    from private.policy_packs as k
    where k.agent_type = reply_refusal.agent_type
        and (
            exists (select from unnest(k.refused_replies) as r (pattern) where private.plain(reply_refusal.txt) ~ r.pattern)
            -- What no project may ask, no model asks of its own accord.
            or private.asking_refusal(k.agent_type, reply_refusal.txt) is not null
        );
$$;

ALTER FUNCTION private.reply_refusal(agent_type public.agent_type, txt text) OWNER TO postgres;

-- Name: FUNCTION reply_refusal(agent_type public.agent_type, txt text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.reply_refusal(agent_type public.agent_type, txt text) IS 'Why an agent of this type may not say this, as a sentence; null if it may.';

-- Name: retry_delivery(uuid, jsonb, boolean); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.retry_delivery(delivery_id uuid, error jsonb, retryable boolean) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

ALTER FUNCTION private.retry_delivery(delivery_id uuid, error jsonb, retryable boolean) OWNER TO postgres;

-- Name: FUNCTION retry_delivery(delivery_id uuid, error jsonb, retryable boolean); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.retry_delivery(delivery_id uuid, error jsonb, retryable boolean) IS 'After a failed attempt at a delivery: again after 1, 5, 25 seconds (throttled: when error.retry_after_ms says, uncounted), or, when that was the last one or the error is permanent, failed and a dead letter.';

-- Name: retry_media(uuid, jsonb, boolean); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.retry_media(media_id uuid, error jsonb, retryable boolean) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    m public.media;
    again record;
begin
    select * into strict m from public.media as x where x.id = retry_media.media_id;
    select * into again from private.retry_wait(retry_media.error, retry_media.retryable, m.attempts);
    if again.wait is not null then
        update public.media as x
        set claim = null, error = retry_media.error, due_at = clock_timestamp() + again.wait,
            attempts = case when again.counted then x.attempts else x.attempts - 1 end
        where x.id = m.id;
        perform pgmq.set_vt('default', m.task_id, ceil(extract(epoch from again.wait))::integer);
        return jsonb_build_object('outcome', 'retry', 'retry_in_ms', ceil(extract(epoch from again.wait) * 1000)::integer);
    end if;
    perform private.bury('default', 'media', m.id, m.client_id, null, retry_media.error, m.attempts);
    perform private.end_media(m.id, 'failed', retry_media.error);
    return jsonb_build_object('outcome', 'dead', 'retry_in_ms', null);
end
$$;

ALTER FUNCTION private.retry_media(media_id uuid, error jsonb, retryable boolean) OWNER TO postgres;

-- Name: FUNCTION retry_media(media_id uuid, error jsonb, retryable boolean); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.retry_media(media_id uuid, error jsonb, retryable boolean) IS 'After a failed attempt at a file: again after 1, 5, 25 seconds (throttled: when error.retry_after_ms says, uncounted; fetch_before ends it), or, when that was the last one or the error is permanent, failed and a dead letter.';

-- Name: retry_report(uuid, jsonb, boolean); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.retry_report(report_id uuid, error jsonb, retryable boolean) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    r public.reports;
    again record;
begin
    select * into strict r from public.reports as x where x.id = retry_report.report_id;
    select * into again from private.retry_wait(retry_report.error, retry_report.retryable, r.attempts);
    if again.wait is not null then
        update public.reports as x
        set status = 'queued', stale = true, claim = null, error = retry_report.error, due_at = clock_timestamp() + again.wait,
            attempts = case when again.counted then x.attempts else x.attempts - 1 end
        where x.id = r.id;
        perform pgmq.set_vt('low_priority', r.task_id, ceil(extract(epoch from again.wait))::integer);
        return jsonb_build_object('outcome', 'retry', 'retry_in_ms', ceil(extract(epoch from again.wait) * 1000)::integer);
    end if;
    perform private.bury('low_priority', 'report', r.id, r.client_id, r.task_id, retry_report.error, r.attempts);
    update public.reports as x
    set status = 'failed', stale = true, claim = null, error = retry_report.error, task_id = null
    where x.id = r.id;
    return jsonb_build_object('outcome', 'dead', 'retry_in_ms', null);
end
$$;

ALTER FUNCTION private.retry_report(report_id uuid, error jsonb, retryable boolean) OWNER TO postgres;

-- Name: FUNCTION retry_report(report_id uuid, error jsonb, retryable boolean); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.retry_report(report_id uuid, error jsonb, retryable boolean) IS 'After a failed attempt at a report: again after 1, 5, 25 seconds (throttled: when error.retry_after_ms says, uncounted), or failed and a dead letter.';

-- Name: retry_turn(uuid, jsonb, boolean, public.turn_status); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.retry_turn(thread_id uuid, error jsonb, retryable boolean, status public.turn_status) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    t private.threads;
    again record;
begin
    select * into strict t from private.threads as x where x.id = retry_turn.thread_id;
    select * into again from private.retry_wait(retry_turn.error, retry_turn.retryable, t.attempts);
    -- Who is throttled for a day is not answered any more: the time in which a reply may be sent is over.
    if not again.counted and t.waiting_since < now() - interval '24 hours' then
        again.wait := null;
    end if;
    if t.lease is not null and (again.counted or again.wait is null) then
        -- A crash is noticed late: what it held ended when its lease lapsed.
        insert into public.turns (id, client_id, thread_id, interview_id, conversation_id, status, from_seq, to_seq, attempt, reruns, error, started_at, finished_at)
        values (
            t.lease, t.client_id, t.id, t.interview_id, t.conversation_id, retry_turn.status, t.handled_seq, t.lease_seq, t.attempts, t.reruns, retry_turn.error,
            t.lease_began_at, case retry_turn.status when 'crashed' then t.lease_until else clock_timestamp() end
        )
        on conflict (id) do nothing;
    end if;
    if again.wait is not null then
        update private.threads as x
        set lease = null, lease_until = null, due_at = clock_timestamp() + again.wait, attempts = case when again.counted then x.attempts else x.attempts - 1 end
        where x.id = t.id;
        perform pgmq.set_vt('high_priority', t.task_id, ceil(extract(epoch from again.wait))::integer);
        return jsonb_build_object('outcome', 'retry', 'retry_in_ms', ceil(extract(epoch from again.wait) * 1000)::integer);
    end if;
    -- The input stays unhandled: the lead's next message, or a replay, has it answered after all.
    perform private.bury('high_priority', 'agent_turn', t.id, t.client_id, t.task_id, retry_turn.error, t.attempts);
    update private.threads as x
    set lease = null, lease_until = null, task_id = null, due_at = null, attempts = 0, waiting_since = null, not_before = null
    where x.id = t.id;
    return jsonb_build_object('outcome', 'dead', 'retry_in_ms', null);
end
$$;

ALTER FUNCTION private.retry_turn(thread_id uuid, error jsonb, retryable boolean, status public.turn_status) OWNER TO postgres;

-- Name: FUNCTION retry_turn(thread_id uuid, error jsonb, retryable boolean, status public.turn_status); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.retry_turn(thread_id uuid, error jsonb, retryable boolean, status public.turn_status) IS 'After a failed turn: again after 1, 5, 25 seconds (throttled: when error.retry_after_ms says, uncounted, for a day at most), or, when that was the last attempt or the error is permanent, a dead letter. The attempt is kept in turns.';

-- Name: retry_wait(jsonb, boolean, integer); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.retry_wait(error jsonb, retryable boolean, attempts integer, OUT wait interval, OUT counted boolean) RETURNS record
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    select
        case
            when not retryable then null
            -- Throttled: the other side says when to come back, and that was no attempt at the work.
            when e.after_ms is not null then make_interval(secs => least(greatest(e.after_ms, 1), 3600000) / 1000.0)
            when retry_wait.attempts < private.setting_int('max_attempts') then make_interval(secs => coalesce(
                (private.setting('retry_after_s') ->> (retry_wait.attempts - 1))::integer, (private.setting('retry_after_s') ->> -1)::integer
            ))
        end,
        e.after_ms is null
    from (
        select case jsonb_typeof(retry_wait.error -> 'retry_after_ms') when 'number' then (retry_wait.error ->> 'retry_after_ms')::numeric end as after_ms
    ) as e;
$$;

ALTER FUNCTION private.retry_wait(error jsonb, retryable boolean, attempts integer, OUT wait interval, OUT counted boolean) OWNER TO postgres;

-- Name: FUNCTION retry_wait(error jsonb, retryable boolean, attempts integer, OUT wait interval, OUT counted boolean); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.retry_wait(error jsonb, retryable boolean, attempts integer, OUT wait interval, OUT counted boolean) IS 'When work that failed so many times is tried again: wait (null: never) and whether the attempt counted. 1, 5, 25 seconds after a failure; after error.retry_after_ms, at most an hour, when the other side throttled.';

-- Name: ring(text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.ring(function_name text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    base text := private.setting('functions_url') #>> '{}';
begin
    -- SECURITY: a ring carries no content and no secret, since net's tables are readable by every role. A forged one finds nothing to do.
    if base is not null then
        perform net.http_post(
            url => base || '/' || function_name,
            body => '{}'::jsonb,
            timeout_milliseconds => private.setting_int('ring_timeout_ms')
        );
    end if;
end
$$;

ALTER FUNCTION private.ring(function_name text) OWNER TO postgres;

-- Name: FUNCTION ring(function_name text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.ring(function_name text) IS 'Wakes a function to look at its queue, after commit and at best effort. A lost ring costs latency, never work: the sweep rings again.';

-- Name: run_erasures(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.run_erasures() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    e public.erasures;
    wanted uuid[];
    held integer;
    done integer := 0;
begin
    for e in
        select * from public.erasures as x
        where x.done_at is null and x.due_at <= private.now()
        order by x.due_at
        limit 50
    loop
        begin
            -- The sweep holds other leads' threads by now: one that somebody works in is left for the next time, not waited for.
            wanted := array(select t.id from private.threads as t where t.client_id = e.client_id and t.lead_id = e.lead_id);
            perform from public.interviews as i
            where i.id in (select t.interview_id from private.threads as t where t.id = any (wanted))
            for no key update skip locked;
            get diagnostics held = row_count;
            continue when held < (select count(t.interview_id) from private.threads as t where t.id = any (wanted));
            perform from private.threads as t where t.id = any (wanted) for no key update skip locked;
            get diagnostics held = row_count;
            continue when held < cardinality(wanted);
            -- News of the lead that are on their way to somebody arrive whole, or fail, before they are blanked; for half a day at most.
            continue when e.due_at > private.now() - interval '12 hours' and exists (
                select from public.notifications as n
                join public.interviews as i on i.id = n.interview_id
                where i.client_id = e.client_id and i.lead_id = e.lead_id and n.status = 'queued' and n.delivery_id is not null
            );
            perform private.erase_lead(e.lead_id);
            update public.erasures as x set done_at = private.now() where x.id = e.id;
            done := done + 1;
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- The sweep comes by here: one that fails must not stop what comes after it.
                raise warning 'erasure % failed: %', e.id, sqlerrm;
        end;
    end loop;
    return done;
end
$$;

ALTER FUNCTION private.run_erasures() OWNER TO postgres;

-- Name: FUNCTION run_erasures(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.run_erasures() IS 'Carries out the erasures that are due, at most 50; run by the sweep. Returns how many. Idempotent.';

-- Name: same_client(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.same_client() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    raise exception '% cannot move to another client', tg_table_name using errcode = '42501';
end
$$;

ALTER FUNCTION private.same_client() OWNER TO postgres;

-- Name: FUNCTION same_client(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.same_client() IS 'Trigger: a row stays with its client for ever.';

-- Name: say_goodbye(uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.say_goodbye(thread_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    t private.threads;
    new_message_id uuid := gen_random_uuid();
    new_delivery_id uuid := gen_random_uuid();
begin
    select * into strict t from private.threads as x where x.id = say_goodbye.thread_id;
    insert into public.messages (id, conversation_id, role, content, channel, metadata, client_id, seq)
    select new_message_id, t.conversation_id, 'assistant', private.goodbye(), a.channel, jsonb_build_object('type', 'text', 'delivery_id', new_delivery_id), t.client_id, t.last_seq + 1
    from public.channel_accounts as a
    where a.id = t.channel_account_id;
    update private.threads as x set last_seq = x.last_seq + 1 where x.id = t.id;
    insert into public.deliveries (id, client_id, lead_id, thread_id, channel_account_id, channel, kind, content, message_id, queue, seq)
    select new_delivery_id, t.client_id, t.lead_id, t.id, t.channel_account_id, a.channel, 'goodbye',
        jsonb_build_object('type', 'text', 'text', private.goodbye()), new_message_id, 'high_priority', t.last_seq + 1
    from public.channel_accounts as a
    where a.id = t.channel_account_id;
    perform private.admit_deliveries(t.client_id, 'high_priority');
    perform private.ring('agent_turn');
end
$$;

ALTER FUNCTION private.say_goodbye(thread_id uuid) OWNER TO postgres;

-- Name: FUNCTION say_goodbye(thread_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.say_goodbye(thread_id uuid) IS 'Confirms an opt-out to a lead with no interview to end: the message in its conversation and the delivery. The caller holds the thread''s lock and has given it a conversation.';

-- Name: say_message(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.say_message() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    facts jsonb := jsonb_strip_nulls(jsonb_build_object(
        'type', new.content -> 'type', 'delivery_id', new.id, 'written_by', private.current_profile_id(),
        'turn_id', case when private.turn_lead_id() = new.lead_id then current_setting('renum.lease', true) end
    ));
begin
    -- After the insert, so that one that came twice is said once. The thread is locked since it was placed.
    if new.interview_id is not null then
        insert into public.interview_messages (id, interview_id, role, content, metadata, client_id, seq)
        values (new.message_id, new.interview_id, 'assistant', new.content ->> 'text', facts, new.client_id, new.seq);
    else
        insert into public.messages (id, conversation_id, role, content, channel, metadata, client_id, seq)
        select new.message_id, t.conversation_id, 'assistant', new.content ->> 'text', new.channel, facts, new.client_id, new.seq
        from private.threads as t
        where t.id = new.thread_id;
        update public.conversations as c set last_message_at = clock_timestamp()
        from private.threads as t
        where t.id = new.thread_id and c.id = t.conversation_id;
    end if;
    update private.threads as t set last_seq = greatest(t.last_seq, new.seq) where t.id = new.thread_id;
    if new.status = 'queued' and private.admit_deliveries(new.client_id, new.queue) > 0 then
        perform private.ring('agent_turn');
    end if;
    return null;
end
$$;

ALTER FUNCTION private.say_message() OWNER TO postgres;

-- Name: FUNCTION say_message(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.say_message() IS 'Trigger: what a person or a tool writes to a lead stands in the dialogue, and its delivery is let go in its turn.';

-- Name: say_reply(private.threads, uuid, uuid, public.delivery_kind, text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.say_reply(thread private.threads, interview_id uuid, conversation_id uuid, kind public.delivery_kind, reply text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    new_message_id uuid := gen_random_uuid();
    new_delivery_id uuid := gen_random_uuid();
    facts jsonb := jsonb_build_object('type', 'text', 'delivery_id', new_delivery_id, 'turn_id', thread.lease, 'from_seq', thread.handled_seq, 'to_seq', thread.lease_seq);
    medium public.channel := 'whatsapp';
begin
    if say_reply.interview_id is not null then
        insert into public.interview_messages (id, interview_id, role, content, metadata, client_id, seq)
        values (new_message_id, say_reply.interview_id, 'assistant', say_reply.reply, facts, thread.client_id, thread.last_seq + 1);
    else
        medium := (select a.channel from public.channel_accounts as a where a.id = thread.channel_account_id);
        insert into public.messages (id, conversation_id, role, content, channel, metadata, client_id, seq)
        values (new_message_id, say_reply.conversation_id, 'assistant', say_reply.reply, medium, facts, thread.client_id, thread.last_seq + 1);
        update public.conversations as c set last_message_at = clock_timestamp() where c.id = say_reply.conversation_id;
    end if;
    -- Against policy it is born cancelled or deferred (private.police_delivery), and the turn commits all the same.
    insert into public.deliveries (id, client_id, lead_id, thread_id, interview_id, channel_account_id, channel, kind, content, message_id, queue, seq)
    values (
        new_delivery_id, thread.client_id, thread.lead_id, thread.id, say_reply.interview_id, thread.channel_account_id, medium, say_reply.kind,
        jsonb_build_object('type', 'text', 'text', say_reply.reply), new_message_id, 'high_priority', thread.last_seq + 1
    );
end
$$;

ALTER FUNCTION private.say_reply(thread private.threads, interview_id uuid, conversation_id uuid, kind public.delivery_kind, reply text) OWNER TO postgres;

-- Name: FUNCTION say_reply(thread private.threads, interview_id uuid, conversation_id uuid, kind public.delivery_kind, reply text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.say_reply(thread private.threads, interview_id uuid, conversation_id uuid, kind public.delivery_kind, reply text) IS 'What a turn answers: the message in its interview or conversation, and its delivery, as the thread''s next number. The caller counts it on the thread.';

-- Name: schema_problem(jsonb, text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.schema_problem(schema jsonb, place text DEFAULT 'parameters_schema'::text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $_$
declare
    item record;
    problem text;
begin
    if jsonb_typeof(schema) is distinct from 'object' then
        return format('%s must be an object', place);
    end if;
    for item in select e.key, e.value from jsonb_each(schema) as e loop
        problem := case
            when item.key in ('title', 'description', 'default', 'examples', '$schema') then null
            when item.key = 'type' then case
                when jsonb_typeof(item.value) <> 'string' or item.value #>> '{}' not in ('object', 'array', 'string', 'number', 'integer', 'boolean')
                    then format('%s.type must be one of object, array, string, number, integer, boolean', place)
            end
            when item.key in ('minimum', 'maximum') then case when jsonb_typeof(item.value) <> 'number' then format('%s.%s must be a number', place, item.key) end
            when item.key in ('minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties') then case
                when item.value #>> '{}' !~ '^[0-9]{1,7}$' then format('%s.%s must be a whole number', place, item.key)
            end
            when item.key = 'enum' then case when jsonb_typeof(item.value) <> 'array' or jsonb_array_length(item.value) = 0 then format('%s.enum must be a list', place) end
            when item.key = 'format' then case
                when item.value #>> '{}' not in ('date-time', 'date', 'uuid', 'email') then format('%s.format must be date-time, date, uuid or email', place)
            end
            when item.key = 'required' then case
                when jsonb_typeof(item.value) <> 'array' or item.value @? '$[*] ? (@.type() != "string")' then format('%s.required must be a list of names', place)
            end
            when item.key = 'properties' then case
                when jsonb_typeof(item.value) <> 'object' then format('%s.properties must be an object', place)
                else (
                    select min(x.problem)
                    from jsonb_each(item.value) as p
                    cross join lateral private.schema_problem(p.value, place || '.' || p.key) as x (problem)
                )
            end
            when item.key = 'items' then private.schema_problem(item.value, place || '[]')
            when item.key = 'additionalProperties' then case
                when jsonb_typeof(item.value) = 'object' then private.schema_problem(item.value, place || '.*')
                when jsonb_typeof(item.value) <> 'boolean' then format('%s.additionalProperties must be true, false or a schema', place)
            end
            else format('%s.%s is not understood here', place, item.key)
        end;
        if problem is not null then
            return problem;
        end if;
    end loop;
    return null;
end
$_$;

ALTER FUNCTION private.schema_problem(schema jsonb, place text) OWNER TO postgres;

-- Name: FUNCTION schema_problem(schema jsonb, place text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.schema_problem(schema jsonb, place text) IS 'What is wrong with a JSON Schema, or not understood by private.arguments_problem, which knows a part of it only: a word it does not know would be a check that nobody makes. null if nothing.';

-- Name: score_problem(jsonb, jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.score_problem(rule jsonb, question jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
declare
    op text := rule ->> 'op';
    kind text := question ->> 'type';
    item jsonb;
begin
    if jsonb_typeof(rule) is distinct from 'object' then
        return 'it must be {"op", "value"}';
    end if;
    if jsonb_typeof(rule -> 'op') is distinct from 'string' or op not in ('eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in') then
        return 'op must be one of eq, ne, lt, lte, gt, gte, in';
    end if;
    if not rule ? 'value' or rule -> 'value' = 'null' then
        return 'value is missing';
    end if;
    if op in ('lt', 'lte', 'gt', 'gte') and kind not in ('number', 'scale') then
        return format('%s compares numbers, and the question is of type %s', op, kind);
    end if;
    if op = 'in' and (jsonb_typeof(rule -> 'value') <> 'array' or jsonb_array_length(rule -> 'value') not between 1 and 100) then
        return 'value must be a list of 1 to 100 for in';
    end if;
    for item in select v.value from jsonb_array_elements(case when op = 'in' then rule -> 'value' else jsonb_build_array(rule -> 'value') end) as v (value) loop
        if jsonb_typeof(item) <> (case kind when 'number' then 'number' when 'scale' then 'number' when 'yes_no' then 'boolean' else 'string' end) then
            return format('value %s is no answer to a question of type %s', left(item::text, 100), kind);
        end if;
        if kind = 'choice' and not question -> 'options' @> item then
            return format('value %s is none of the question''s options', left(item::text, 100));
        end if;
    end loop;
    return null;
end
$$;

ALTER FUNCTION private.score_problem(rule jsonb, question jsonb) OWNER TO postgres;

-- Name: FUNCTION score_problem(rule jsonb, question jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.score_problem(rule jsonb, question jsonb) IS 'What is wrong with a rule {"op", "value"} about a question''s answer, in its score or as its must; null if nothing.';

-- Name: send_notifications(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.send_notifications() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    item record;
    one uuid;
    told record;
    sent integer := 0;
    burst integer := private.setting_int('notification_burst');
    since timestamptz := private.now() - make_interval(secs => private.setting_int('notification_window_s'));
begin
    -- One at a time: messages of a person are numbered, and conversations met in any order.
    if not pg_try_advisory_xact_lock(hashtextextended('send_notifications', 0)) then
        return 0;
    end if;
    -- What waits for an account that is stopped goes another way, and does not come again when the account is back.
    for item in
        select d.id
        from public.deliveries as d
        join public.channel_accounts as a on a.id = d.channel_account_id
        where d.status in ('queued', 'deferred') and a.status <> 'active'
            and (d.client_id, d.id) in (select n.sender_client_id, n.delivery_id from public.notifications as n where n.status = 'queued' and n.delivery_id is not null)
        order by d.id
        for no key update of d skip locked
    loop
        update public.deliveries as d set status = 'cancelled', reason = 'the account is stopped' where d.id = item.id;
        perform private.end_delivery(item.id);
    end loop;

    for item in
        select n.client_id, n.profile_id, n.attempts, array_agg(n.id order by n.created_at, n.id) as ids, (private.notification_words(n.event)).urgent
        from public.notifications as n
        join public.profiles as p on p.id = n.profile_id
        where n.status = 'queued' and n.delivery_id is null and n.event <> all (p.muted_events)
        group by n.client_id, n.profile_id, n.attempts, 5
        -- What is urgent does not wait behind what is being gathered.
        order by 5 desc, min(n.created_at)
        limit 200
    loop
        begin
            select count(distinct n.told_at) as times, max(n.told_at) as latest into told
            from public.notifications as n
            where n.client_id = item.client_id and n.profile_id = item.profile_id and n.told_at > since;
            if item.attempts <> '[]' then
                -- Together they went, together they go on.
                perform private.tell(item.ids);
                sent := sent + 1;
            elsif item.urgent or told.times + cardinality(item.ids) <= burst then
                foreach one in array item.ids loop
                    perform private.tell(array[one]);
                    sent := sent + 1;
                end loop;
            elsif told.times = 0 then
                perform private.tell(item.ids);
                sent := sent + 1;
            end if;
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- One person who cannot be told must not stop the others.
                raise warning 'person % cannot be told: %', item.profile_id, sqlerrm;
        end;
    end loop;
    update public.notifications as n
    set status = 'skipped', reason = 'the person wants no notifications of this event'
    from public.profiles as p
    where n.status = 'queued' and n.delivery_id is null and p.id = n.profile_id and n.event = any (p.muted_events);
    return sent;
end
$$;

ALTER FUNCTION private.send_notifications() OWNER TO postgres;

-- Name: FUNCTION send_notifications(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.send_notifications() IS 'Tells people what is to be told, run by the sweep. One by one up to notification_burst in notification_window_s; where more wait, they are kept until the window since the last message is over, and become one message (an urgent event is told at once). What failed by one channel goes on by the next, and so does what waits for a stopped account. Returns how many messages were made.';

-- Name: sender_key(jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.sender_key(sender jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select coalesce(sender ->> 'wa_id', sender ->> 'phone', sender ->> 'bsuid', sender ->> 'lid');
$$;

ALTER FUNCTION private.sender_key(sender jsonb) OWNER TO postgres;

-- Name: FUNCTION sender_key(sender jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.sender_key(sender jsonb) IS 'One of the ids that a sender came with, the most telling first; null: it names nobody.';

-- Name: sending_rules_of(uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.sending_rules_of(client_id uuid) RETURNS public.sending_rules
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

ALTER FUNCTION private.sending_rules_of(client_id uuid) OWNER TO postgres;

-- Name: FUNCTION sending_rules_of(client_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.sending_rules_of(client_id uuid) IS 'When and how often a client may begin with its leads: its own rules, or what the settings say for all. Read-only.';

-- Name: setting(text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.setting(key text) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select s.value from private.settings as s where s.key = setting.key;
$$;

ALTER FUNCTION private.setting(key text) OWNER TO postgres;

-- Name: FUNCTION setting(key text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.setting(key text) IS 'A setting''s value; null if there is none of that name.';

-- Name: setting_int(text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.setting_int(key text) RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select (s.value #>> '{}')::integer from private.settings as s where s.key = setting_int.key;
$$;

ALTER FUNCTION private.setting_int(key text) OWNER TO postgres;

-- Name: FUNCTION setting_int(key text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.setting_int(key text) IS 'A setting that is a whole number.';

-- Name: settle_qualification(private.threads, public.conversations); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.settle_qualification(thread private.threads, conversation public.conversations) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
    q public.qualifications;
    lead public.leads;
    house public.clients;
    config jsonb;
    made record;
    problem text;
    said text;
begin
    if not exists (
        select from public.qualifications as x
        where x.client_id = thread.client_id and x.lead_id = thread.lead_id and x.status in ('qualified', 'not_qualified') and x.settled_at is null
    ) then
        return null;
    end if;
    -- One thread of a lead at a time: the second finds it settled.
    select * into strict lead from public.leads as l where l.id = thread.lead_id for no key update;
    select * into q
    from public.qualifications as x
    where x.client_id = thread.client_id and x.lead_id = thread.lead_id and x.status in ('qualified', 'not_qualified') and x.settled_at is null
    order by x.created_at desc
    limit 1
    for no key update;
    if not found then
        return null;
    end if;
    config := (select r.config from public.renus_config as r where r.id = q.renus_config_id);
    select * into strict house from public.clients as k where k.id = thread.client_id;
    if q.status = 'not_qualified' then
        update public.qualifications as x set settled_at = private.now() where x.id = q.id;
        return nullif(btrim(config #>> '{qualification,said_when_not}'), '');
    end if;

    update public.leads as l set qualified_at = private.now() where l.id = lead.id;
    said := nullif(btrim(config #>> '{qualification,said_when_qualified}'), '');
    if not house.is_house or not coalesce(config ? 'conversion', false) then
        update public.qualifications as x set settled_at = private.now() where x.id = q.id;
        perform private.audit(q.client_id, 'lead_qualified', 'lead', q.lead_id, jsonb_build_object('qualification_id', q.id, 'score', q.score, 'threshold', q.threshold, 'turn_id', thread.lease));
        perform private.notify(thread.client_id, 'lead_qualified', null, format(
            '%s se qualificou na conversa, com %s pontos.', coalesce(lead.name, lead.phone, 'Um contato'), trim_scale(q.score)
        ), 'qualification ' || q.id);
        return coalesce(said, 'Obrigado pelas respostas! Nossa equipe vai entrar em contato com você.');
    end if;

    begin
        select * into made from private.convert_lead(q, thread.lease, config);
        problem := made.problem;
    exception
        when deadlock_detected or lock_not_available or query_canceled then
            raise;
        when others then
            -- The lead is owed its reply whatever is wrong with the template of a project.
            problem := left(sqlerrm, 300);
    end;
    if problem is not null then
        update public.qualifications as x set settled_at = private.now(), reason = 'Não virou cliente: ' || problem where x.id = q.id;
        perform private.audit(q.client_id, 'conversion_failed', 'lead', q.lead_id, jsonb_build_object('qualification_id', q.id, 'turn_id', thread.lease));
        perform private.notify(thread.client_id, 'person_needed', null, format(
            '%s se qualificou, mas o cadastro não pôde ser feito: %s.', coalesce(lead.name, lead.phone, 'Um contato'), rtrim(problem, '.')
        ), 'qualification ' || q.id);
        return 'Obrigado pelas respostas! Nossa equipe vai conferir os dados e entrar em contato com você para concluir o cadastro.';
    end if;
    update public.qualifications as x set settled_at = private.now() where x.id = q.id;
    -- This is what makes the agent speak as to a customer.
    update public.conversations as c set customer_client_id = (made.conversion).made_client_id where c.id = conversation.id;
    perform private.notify(thread.client_id, 'lead_converted', null, format(
        '%s virou cliente: %s.', coalesce(lead.name, lead.phone, 'Um contato'), k.company_name
    ), 'qualification ' || q.id)
    from public.clients as k where k.id = (made.conversion).made_client_id;
    return (
        select concat_ws(' ', coalesce(said, format('Pronto! O cadastro da empresa %s está feito.', k.company_name)), format(
            'Para entrar, crie sua conta com o e-mail %s%s.', m.email, coalesce(' em ' || nullif(btrim(private.setting('sign_up_url') #>> '{}'), ''), '')
        ))
        from public.clients as k
        join public.client_members as m on m.id = (made.conversion).member_id
        where k.id = (made.conversion).made_client_id
    );
end
$$;

ALTER FUNCTION private.settle_qualification(thread private.threads, conversation public.conversations) OWNER TO postgres;

-- Name: FUNCTION settle_qualification(thread private.threads, conversation public.conversations); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.settle_qualification(thread private.threads, conversation public.conversations) IS 'Carries out, in the commit of a turn, what a decided qualification leads to: a qualified lead of the house client becomes a client (private.convert_lead) and the conversation one with a customer; one of any other tenant is marked qualified and its owners are told. Never fails for what is wrong with the answers or the configuration: then the house''s owners are told. What the lead is told of it, or null. Once per qualification. Called under the thread''s lock.';

-- Name: setup_housekeeping_cron(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.setup_housekeeping_cron() RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    perform cron.schedule('housekeeping', '17 3 * * *', 'select private.housekeeping()');
    return 'housekeeping runs daily at 3:17';
end
$$;

ALTER FUNCTION private.setup_housekeeping_cron() OWNER TO postgres;

-- Name: FUNCTION setup_housekeeping_cron(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.setup_housekeeping_cron() IS 'Schedules private.housekeeping() once a day. Idempotent.';

-- Name: setup_sweep_cron(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.setup_sweep_cron() RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    begin
        perform cron.schedule('sweep', '1 seconds', 'select private.sweep()');
        return 'sweep runs every second';
    exception
        when others then
            -- pg_cron before 1.5 knows minutes only.
            perform cron.schedule('sweep', '* * * * *', 'select private.sweep()');
            return 'sweep runs every minute';
    end;
end
$$;

ALTER FUNCTION private.setup_sweep_cron() OWNER TO postgres;

-- Name: FUNCTION setup_sweep_cron(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.setup_sweep_cron() IS 'Schedules private.sweep() every second, or every minute where pg_cron knows no seconds. Idempotent; says which.';

-- Name: skip_applies(jsonb, jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.skip_applies(rule jsonb, answers jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    -- answers: {question key: {"status", "value"}} of the questions dealt with so far.
    select coalesce(case rule ->> 'op'
        when 'not_answered' then a.status is distinct from 'answered'
        when 'eq' then a.value = rule -> 'value'
        when 'ne' then a.value <> rule -> 'value'
        when 'in' then rule -> 'value' @> a.value
        when 'lt' then jsonb_typeof(a.value) = 'number' and (a.value)::numeric < (rule ->> 'value')::numeric
        when 'lte' then jsonb_typeof(a.value) = 'number' and (a.value)::numeric <= (rule ->> 'value')::numeric
        when 'gt' then jsonb_typeof(a.value) = 'number' and (a.value)::numeric > (rule ->> 'value')::numeric
        when 'gte' then jsonb_typeof(a.value) = 'number' and (a.value)::numeric >= (rule ->> 'value')::numeric
    end, false)
    from (select answers #>> array[rule ->> 'key', 'status'] as status, nullif(answers #> array[rule ->> 'key', 'value'], 'null') as value) as a;
$$;

ALTER FUNCTION private.skip_applies(rule jsonb, answers jsonb) OWNER TO postgres;

-- Name: FUNCTION skip_applies(rule jsonb, answers jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.skip_applies(rule jsonb, answers jsonb) IS 'Whether a question''s skip_if holds, given what became of the earlier questions.';

-- Name: skip_rule_problem(jsonb, text[]); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.skip_rule_problem(rule jsonb, earlier_keys text[]) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select case
        when jsonb_typeof(rule) <> 'object' then 'skip_if must be an object'
        when not coalesce(rule ->> 'key' = any (earlier_keys), false) then 'skip_if.key must name an earlier question'
        when not coalesce(rule ->> 'op' in ('eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'not_answered'), false)
            then 'skip_if.op must be one of eq, ne, lt, lte, gt, gte, in, not_answered'
        when rule ->> 'op' = 'in' and jsonb_typeof(rule -> 'value') is distinct from 'array' then 'skip_if.value must be a list for in'
        when rule ->> 'op' in ('lt', 'lte', 'gt', 'gte') and jsonb_typeof(rule -> 'value') is distinct from 'number'
            then 'skip_if.value must be a number for ' || (rule ->> 'op')
        when rule ->> 'op' <> 'not_answered' and not rule ? 'value' then 'skip_if.value is missing'
    end;
$$;

ALTER FUNCTION private.skip_rule_problem(rule jsonb, earlier_keys text[]) OWNER TO postgres;

-- Name: FUNCTION skip_rule_problem(rule jsonb, earlier_keys text[]); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.skip_rule_problem(rule jsonb, earlier_keys text[]) IS 'What is wrong with a question''s skip_if, given the keys of the questions before it; null if nothing.';

-- Name: start_account(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.start_account() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    new.stopped_reason := null;
    -- What waited for it need not wait for the next look.
    -- Whoever holds one of them looks at its account anyway; nobody is waited for under the account's lock.
    update public.deliveries as d
    set due_at = private.now()
    where d.id in (
        select x.id from public.deliveries as x
        where x.client_id = new.client_id and x.channel_account_id = new.id and x.status = 'deferred' and x.reason like 'the channel account is %'
        for no key update skip locked
    );
    return new;
end
$$;

ALTER FUNCTION private.start_account() OWNER TO postgres;

-- Name: FUNCTION start_account(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.start_account() IS 'Trigger: an account that sends again forgets why it had stopped, and what waited for it goes on.';

-- Name: start_of_interview(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.start_of_interview() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    insert into private.project_changes (project_id) values (new.project_id);
    return null;
end
$$;

ALTER FUNCTION private.start_of_interview() OWNER TO postgres;

-- Name: FUNCTION start_of_interview(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.start_of_interview() IS 'Trigger: a lead''s first answer changes its project''s figures.';

-- Name: start_problem(public.projects); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.start_problem(project public.projects) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

ALTER FUNCTION private.start_problem(project public.projects) OWNER TO postgres;

-- Name: FUNCTION start_problem(project public.projects); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.start_problem(project public.projects) IS 'Why a project cannot start now although all is set up, as a sentence; null if it can: an audience larger than the daily limit''s room, unless config.stretch spreads it over days.';

-- Name: start_project(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.start_project() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    -- Here, not in _100_check_project: policies have let the row pass, so that no count tells of another client's leads.
    problem text := private.start_problem(new);
begin
    if problem is not null then
        raise exception '%', problem using errcode = '22023', hint = 'Set config.stretch to true to spread it over several days, or make the audience smaller.';
    end if;
    perform private.add_interviews(new.id);
    perform private.invite_next(new.client_id);
    perform private.ring('deliver');
    return null;
end
$$;

ALTER FUNCTION private.start_project() OWNER TO postgres;

-- Name: FUNCTION start_project(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.start_project() IS 'Trigger: a project that becomes active, and may, gets the interviews of its audience, set-based and each once, and its first invitations; the sweep goes on with the rest.';

-- Name: stop_account(uuid, public.channel_account_status, text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.stop_account(account_id uuid, status public.channel_account_status, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    a public.channel_accounts;
begin
    update public.channel_accounts as x
    set status = stop_account.status, stopped_reason = left(stop_account.reason, 1000)
    where x.id = stop_account.account_id and x.status = 'active'
    returning * into a;
    if found then
        perform private.notify(a.client_id, 'account_stopped', null, format(
            'A conta "%s" parou de enviar. Motivo: %s. As mensagens estão guardadas e seguem quando ela voltar.', a.name, rtrim(stop_account.reason, '. ')
        ), a.id || to_char(private.now() at time zone 'America/Sao_Paulo', ' YYYY-MM-DD HH24'));
    end if;
end
$$;

ALTER FUNCTION private.stop_account(account_id uuid, status public.channel_account_status, reason text) OWNER TO postgres;

-- Name: FUNCTION stop_account(account_id uuid, status public.channel_account_status, reason text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.stop_account(account_id uuid, status public.channel_account_status, reason text) IS 'Stops an account that its provider does not let send (token, payment, policy, disconnected) and tells the client''s owners, once an hour. Its deliveries wait; other accounts go on. A person who sets it active, or new credentials, or the provider''s word, starts it again.';

-- Name: stop_reason(jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.stop_reason(error jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select case
        when own.words is not null then own.words
        when own.code like 'credentials\_%' then 'as credenciais guardadas não podem ser abertas: informe-as de novo'
        else coalesce('o provedor respondeu “' || nullif(rtrim(stop_reason.error ->> 'message', '. '), '') || '”', 'o provedor recusou o envio')
    end
    from (
        select asked.code, w.words
        from (select stop_reason.error ->> 'code' as code) as asked
        left join (values
            ('credentials_missing', 'faltam credenciais'),
            ('bad_base_url', 'o endereço em config.base_url não pode ser usado'),
            ('bad_config', 'host, port ou security em config não estão corretos'),
            ('bad_sender', 'o remetente ou reply_to não é um endereço de e-mail'),
            ('bad_header', 'from_name ou outro campo de config não cabe no cabeçalho de um e-mail'),
            ('not_encrypted', 'a senha viajaria sem criptografia: security precisa ser starttls ou tls'),
            ('bad_certificate', 'o certificado do servidor não é válido'),
            ('not_offered', 'o servidor não oferece criptografia ou autenticação nesta porta'),
            ('address_not_allowed', 'o endereço do servidor não é público'),
            ('redirected', 'o endereço do provedor leva a outro')
        ) as w (code, words) on w.code = asked.code
    ) as own;
$$;

ALTER FUNCTION private.stop_reason(error jsonb) OWNER TO postgres;

-- Name: FUNCTION stop_reason(error jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.stop_reason(error jsonb) IS 'Why an account stopped, for its owners, in Portuguese: in our own words where the code is one of ours (functions/renum/channels), else what the provider answered, named as such.';

-- Name: stop_reminders(uuid, uuid, text, boolean); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.stop_reminders(client_id uuid, interview_id uuid, why text, ended boolean) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    waiting uuid[];
begin
    -- Lock order: deliveries, then reminders. Whoever claims a delivery may find that it must not be sent, and tells its reminder.
    if stop_reminders.ended then
        -- Whoever holds one may wait for an account's pace, which a commit that ends an interview holds: its claim will find that there is
        -- nothing to send any more.
        waiting := array(
            select d.id
            from public.deliveries as d
            where d.client_id = stop_reminders.client_id and d.interview_id = stop_reminders.interview_id
                and d.kind in ('invitation', 'reminder') and d.status in ('queued', 'deferred')
            order by d.id
            for no key update skip locked
        );
    else
        waiting := array(
            select d.id
            from public.deliveries as d
            where d.client_id = stop_reminders.client_id and d.interview_id = stop_reminders.interview_id
                and d.kind in ('invitation', 'reminder') and d.status in ('queued', 'deferred')
            order by d.id
            for no key update
        );
    end if;
    update public.reminders as r
    set status = 'cancelled', reason = stop_reminders.why
    where r.interview_id = stop_reminders.interview_id and r.status = 'waiting' and (r.step > 0 or stop_reminders.ended);
    update public.deliveries as d set status = 'cancelled', reason = stop_reminders.why where d.id = any (waiting);
    perform private.end_delivery(w.id) from unnest(waiting) as w (id);
end
$$;

ALTER FUNCTION private.stop_reminders(client_id uuid, interview_id uuid, why text, ended boolean) OWNER TO postgres;

-- Name: FUNCTION stop_reminders(client_id uuid, interview_id uuid, why text, ended boolean); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.stop_reminders(client_id uuid, interview_id uuid, why text, ended boolean) IS 'Cancels an interview''s reminders, and what of them and of its invitation still waits to be sent: it would hold a reply back, which goes out after it. ended: the ladder''s end, too, and no delivery that somebody holds is waited for. The caller holds the thread''s lock.';

-- Name: stop_reminding(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.stop_reminding() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    perform private.stop_reminders(n.client_id, n.interview_id, 'the lead answered', false)
    from (
        select distinct r.client_id, r.interview_id from new_rows as r
        where r.role = 'user' and private.needs_answer(r.metadata, r.content)
        order by r.interview_id
    ) as n;
    return null;
end
$$;

ALTER FUNCTION private.stop_reminding() OWNER TO postgres;

-- Name: FUNCTION stop_reminding(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.stop_reminding() IS 'Trigger: whoever has answered is reminded no more. After count_inbound, under whose thread locks it works.';

-- Name: store_answer(public.interviews, jsonb, jsonb, jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.store_answer(interview public.interviews, question jsonb, proposed jsonb, known jsonb) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    k text := question ->> 'key';
    earlier jsonb := known -> k;
    answer record;
begin
    select * into answer from private.read_answer(question, proposed -> 'value');
    -- What is settled stays settled unless something better comes.
    if answer.problem is not null and earlier ->> 'status' in ('answered', 'refused') then
        return null;
    end if;
    -- What a probe brings is added to what was said before it.
    if answer.value is not null and question ->> 'type' = 'text' and earlier ->> 'status' = 'answered' and interview.current_question = k then
        answer.value := to_jsonb((earlier ->> 'value') || E'\n' || (answer.value #>> '{}'));
    end if;
    insert into public.interview_answers as a (client_id, interview_id, question_key, status, value, quote, message_seq, tries)
    values (
        interview.client_id, interview.id, k,
        case when answer.value is not null then 'answered' else 'invalid' end::public.answer_status,
        answer.value, left(proposed ->> 'quote', 10000), (proposed ->> 'seq')::bigint, 1
    )
    on conflict on constraint a_question_is_answered_once_per_interview do update
    set status = case
            when excluded.status = 'invalid' and a.tries + 1 >= private.setting_int('max_tries') then 'refused'
            else excluded.status
        end,
        value = excluded.value,
        quote = case when a.status = 'answered' and excluded.quote is not null then concat_ws(E'\n', a.quote, excluded.quote) else excluded.quote end,
        message_seq = excluded.message_seq, tries = a.tries + 1;
    return answer.problem;
end
$$;

ALTER FUNCTION private.store_answer(interview public.interviews, question jsonb, proposed jsonb, known jsonb) OWNER TO postgres;

-- Name: FUNCTION store_answer(interview public.interviews, question jsonb, proposed jsonb, known jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.store_answer(interview public.interviews, question jsonb, proposed jsonb, known jsonb) IS 'Stores one proposed answer if it is one. Returns the sentence for the lead why it is none, or null. After max_tries that are none the question counts as refused. A later valid answer replaces an earlier one.';

-- Name: sub_agents; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.sub_agents (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    type public.sub_agent_type DEFAULT 'custom'::public.sub_agent_type NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    config jsonb DEFAULT '{}'::jsonb NOT NULL,
    tools jsonb DEFAULT '[]'::jsonb NOT NULL,
    active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT config_has_at_most_64_kilobytes_and_20_levels CHECK (((octet_length((config)::text) <= 65536) AND (NOT (config @? '$.**{20}'::jsonpath)))),
    CONSTRAINT config_is_an_object CHECK ((jsonb_typeof(config) = 'object'::text)),
    CONSTRAINT description_has_at_most_4000_characters CHECK ((char_length(description) <= 4000)),
    CONSTRAINT name_has_1_to_100_characters CHECK (((btrim(name) <> ''::text) AND (char_length(name) <= 100))),
    CONSTRAINT tools_are_at_most_100 CHECK (((jsonb_typeof(tools) <> 'array'::text) OR (jsonb_array_length(tools) <= 100))),
    CONSTRAINT tools_holds_ids CHECK (((jsonb_typeof(tools) <> 'array'::text) OR (NOT (tools @? '$[*]?(@.type() != "string" || !(@ like_regex "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" flag "i"))'::jsonpath)))),
    CONSTRAINT tools_is_an_array CHECK ((jsonb_typeof(tools) = 'array'::text))
);

ALTER TABLE ONLY public.sub_agents FORCE ROW LEVEL SECURITY;

ALTER TABLE public.sub_agents OWNER TO postgres;

-- Name: TABLE sub_agents; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.sub_agents IS 'Specialists that an agent can hand the dialogue to. tools holds ids of public.tools.';

-- Name: sub_agents_of(public.renus_config); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.sub_agents_of(agent public.renus_config) RETURNS SETOF public.sub_agents
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select s.*
    from jsonb_array_elements_text(
        case jsonb_typeof(agent.config #> '{conversation,sub_agents}') when 'array' then agent.config #> '{conversation,sub_agents}' else '[]' end
    ) with ordinality as n (name, ord)
    join public.sub_agents as s on s.name = n.name and s.active
    order by n.ord;
$$;

ALTER FUNCTION private.sub_agents_of(agent public.renus_config) OWNER TO postgres;

-- Name: FUNCTION sub_agents_of(agent public.renus_config); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.sub_agents_of(agent public.renus_config) IS 'The specialists that an agent may hand the dialogue to: those its config.conversation.sub_agents names, while they are active.';

-- Name: sweep(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.sweep() RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    item record;
    changed uuid[] := '{}';
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
        changed := changed || item.project_id;
    end loop;
    -- What waits for a time: reminders, and the end of what nobody answered. Then whatever the clients' people are to be told.
    perform private.fire_reminders();
    perform private.expire_interviews();
    perform private.tell_of_callbacks();
    perform private.note_news(changed);
    perform private.send_notifications();
    perform private.run_erasures();
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

ALTER FUNCTION private.sweep() OWNER TO postgres;

-- Name: FUNCTION sweep(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.sweep() IS 'The safety net under the doorbell, run by pg_cron: admits what waits, makes what only commits'' notes ask for (project reports, notifications), and rings for every queue with something due. Everything it does is idempotent.';

-- Name: take_isa_token(text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.take_isa_token(token text, OUT command_id uuid, OUT plan jsonb) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    t private.isa_tokens;
begin
    -- SECURITY: somebody else's token is answered as one that never was. Whoever comes second waits for the first and finds it used.
    select * into t
    from private.isa_tokens as x
    where x.token_hash = sha256(convert_to(take_isa_token.token, 'UTF8')) and x.admin_id = private.isa_admin()
    for update;
    if not found then
        raise exception 'there is no such token of yours' using errcode = 'PT403';
    elsif t.used_at is not null then
        raise exception 'this token was used already' using errcode = 'PT409', hint = 'What came of it is in isa_commands.';
    elsif t.expires_at <= clock_timestamp() then
        raise exception 'this token has expired' using errcode = 'PT410', hint = 'Give the command again.';
    end if;
    update private.isa_tokens as x set used_at = clock_timestamp() where x.command_id = t.command_id;
    command_id := t.command_id;
    plan := t.plan;
end
$$;

ALTER FUNCTION private.take_isa_token(token text, OUT command_id uuid, OUT plan jsonb) OWNER TO postgres;

-- Name: FUNCTION take_isa_token(token text, OUT command_id uuid, OUT plan jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.take_isa_token(token text, OUT command_id uuid, OUT plan jsonb) IS 'The plan that a token confirms, once: raises PT403 for a token that is not the caller''s, PT409 for a used one, PT410 for a late one. Locks the token until the transaction ends, which brings it back if the plan could not be run.';

-- Name: task_message(text, uuid, uuid, integer); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.task_message(task text, id uuid, client_id uuid, attempt integer) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select jsonb_build_object('task', task_message.task, 'id', task_message.id, 'client_id', task_message.client_id, 'attempt', task_message.attempt);
$$;

ALTER FUNCTION private.task_message(task text, id uuid, client_id uuid, attempt integer) OWNER TO postgres;

-- Name: FUNCTION task_message(task text, id uuid, client_id uuid, attempt integer); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.task_message(task text, id uuid, client_id uuid, attempt integer) IS 'A task as pgmq carries it: the name of the work, never its content.';

-- Name: tell(uuid[]); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.tell(notification_ids uuid[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
    held integer;
    notice public.notifications;
    person public.profiles;
    project public.projects;
    account public.channel_accounts;
    template public.message_templates;
    medium public.channel;
    company text;
    words record;
    txt text;
    body jsonb;
    problem text;
    state public.delivery_status;
    dialogue_id uuid;
    new_message_id uuid;
    new_delivery_id uuid;
    attempt jsonb;
    dispatched timestamptz := private.now();
begin
    -- One that got through after all in the meantime is not told again.
    perform from public.notifications as n
    where n.id = any (tell.notification_ids) and n.status = 'queued' and n.delivery_id is null
    order by n.id
    for update skip locked;
    get diagnostics held = row_count;
    if held < cardinality(tell.notification_ids) then
        return;
    end if;
    select * into strict notice from public.notifications as n where n.id = any (tell.notification_ids) order by n.created_at, n.id limit 1;
    select * into strict person from public.profiles as p where p.id = notice.profile_id;
    select c.company_name into company from public.clients as c where c.id = notice.client_id;
    select p.* into project from public.projects as p join public.interviews as i on i.project_id = p.id where i.id = notice.interview_id;
    select w.title into words from private.notification_words(notice.event) as w;
    txt := notice.text;
    if cardinality(tell.notification_ids) > 1 then
        select cardinality(tell.notification_ids) || ' avisos' as title into words;
        txt := private.digest_text(tell.notification_ids);
    end if;
    problem := case
        when not exists (
            select from public.client_members as m
            where m.client_id = notice.client_id and m.profile_id = notice.profile_id and m.role = 'owner' and m.status = 'active'
        ) then 'the person is no owner of the client any more'
        when cardinality(person.notification_channels) = 0 then 'the person wants no notifications'
    end;
    if problem is not null then
        update public.notifications as n set status = 'skipped', reason = problem where n.id = any (tell.notification_ids);
        return;
    end if;

    foreach medium in array person.notification_channels loop
        continue when notice.attempts @> jsonb_build_array(jsonb_build_object('channel', medium));
        account := private.notification_account(notice.client_id, medium, project.channel_account_id);
        template := null;
        if medium = 'whatsapp' then
            template := private.template_for(notice.client_id, account.id, 'notification', null);
        end if;
        problem := case
            when account.id is null then 'there is no active account'
            when medium = 'whatsapp' and template.id is null and exists (
                select from private.providers as v where v.provider = account.provider and v.channel = medium and v.templates
            ) then 'the client has no approved template for notifications'
            when medium in ('whatsapp', 'sms') and person.phone is null then 'the person has no phone number'
            when medium = 'email' and person.email is null then 'the person has no e-mail address'
        end;
        attempt := jsonb_build_object('channel', medium, 'reason', problem);
        if problem is null then
            new_message_id := gen_random_uuid();
            new_delivery_id := gen_random_uuid();
            body := private.notification_content(medium, template, person.full_name, company, project.name, words.title, txt);
            insert into public.conversations as c (client_id, profile_id, last_message_at)
            values (account.client_id, person.id, dispatched)
            on conflict (client_id, profile_id) where profile_id is not null do update set last_message_at = excluded.last_message_at
            returning c.id into dialogue_id;
            insert into public.deliveries as d (id, client_id, profile_id, channel_account_id, channel, kind, content, message_id, queue)
            values (new_delivery_id, account.client_id, person.id, account.id, medium, 'notification', body, new_message_id, 'default')
            returning d.status, d.reason into state, problem;
            insert into public.messages (id, conversation_id, role, content, channel, metadata, client_id, seq)
            values (
                new_message_id, dialogue_id, 'assistant', body ->> 'text', medium,
                jsonb_build_object('type', body -> 'type', 'delivery_id', new_delivery_id, 'notification_id', notice.id), account.client_id,
                coalesce((select max(m.seq) from public.messages as m where m.conversation_id = dialogue_id), 0) + 1
            );
            attempt := jsonb_strip_nulls(jsonb_build_object(
                'channel', medium, 'delivery_id', new_delivery_id, 'reason', case when state = 'cancelled' then problem end
            ));
        end if;
        notice.attempts := notice.attempts || attempt;
        if not attempt ? 'reason' then
            -- The dead letters of the channels before are taken care of by this one: replayed, they would tell it again.
            update public.failed_tasks as f
            set status = 'resolved', resolved_at = now()
            where f.task_row_id in (select (a.v ->> 'delivery_id')::uuid from jsonb_array_elements(notice.attempts) as a (v)) and f.status = 'dead';
            update public.notifications as n
            set delivery_id = new_delivery_id, sender_client_id = account.client_id, attempts = notice.attempts, reason = null,
                told_at = coalesce(n.told_at, dispatched)
            where n.id = any (tell.notification_ids);
            return;
        end if;
    end loop;

    update public.notifications as n
    set attempts = notice.attempts,
        status = case when notice.attempts @? '$[*].delivery_id' then 'failed' else 'skipped' end::public.notification_status,
        reason = (select string_agg((a.v ->> 'channel') || ': ' || (a.v ->> 'reason'), '; ' order by a.ord) from jsonb_array_elements(notice.attempts) with ordinality as a (v, ord))
    where n.id = any (tell.notification_ids);
end
$_$;

ALTER FUNCTION private.tell(notification_ids uuid[]) OWNER TO postgres;

-- Name: FUNCTION tell(notification_ids uuid[]); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.tell(notification_ids uuid[]) IS 'Makes the message and delivery that tell one person of these notifications by the first channel not tried yet, in the person''s own order; where none is left, they are skipped (nothing was ever sent) or failed, with each channel''s reason. Where somebody else holds one of them, or one needs no telling any more, nothing happens. No two run at a time for one person.';

-- Name: tell_of_callback(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.tell_of_callback() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    perform private.notify(new.client_id, 'callback_requested', null, (
        select format(
            '%s pediu um retorno em %s%s.', coalesce(l.name, l.phone, 'Um contato'),
            to_char(new.due_at at time zone 'America/Sao_Paulo', 'DD/MM/YYYY "às" HH24:MI'), coalesce(': ' || rtrim(new.note, '.'), '')
        )
        from public.leads as l
        where l.id = new.lead_id
    ), 'callback ' || new.id || ' ' || new.due_at);
    if new.told_at is not null then
        update public.callbacks as b set told_at = null where b.id = new.id;
    end if;
    return null;
end
$$;

ALTER FUNCTION private.tell_of_callback() OWNER TO postgres;

-- Name: FUNCTION tell_of_callback(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.tell_of_callback() IS 'Trigger: the owners are told when a lead asks to be called back, or for another time.';

-- Name: tell_of_callbacks(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.tell_of_callbacks() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    b public.callbacks;
    told integer := 0;
begin
    for b in
        select x.* from public.callbacks as x
        where x.status = 'open' and x.told_at is null and x.due_at <= private.now()
        order by x.id
        limit 100
        for update skip locked
    loop
        perform private.notify(b.client_id, 'callback_due', null, (
            select format('Está na hora de retornar para %s%s.', coalesce(l.name, l.phone, 'um contato'), coalesce(': ' || rtrim(b.note, '.'), ''))
            from public.leads as l where l.id = b.lead_id
        ), 'callback ' || b.id || ' ' || b.due_at);
        update public.callbacks as x set told_at = private.now() where x.id = b.id;
        told := told + 1;
    end loop;
    return told;
end
$$;

ALTER FUNCTION private.tell_of_callbacks() OWNER TO postgres;

-- Name: FUNCTION tell_of_callbacks(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.tell_of_callbacks() IS 'Has the owners told of callbacks that are due, each once for each time it was set to. Returns how many. Called by the sweep.';

-- Name: tell_of_template(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.tell_of_template() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    if new.purpose <> 'other' or exists (
        select from public.projects as p
        where p.client_id = new.client_id and p.status = 'active' and p.config #>> '{invitation,template}' = new.name
    ) then
        perform private.notify(new.client_id, 'template_stopped', null, format('Atenção: %s. Até que isso mude, ele não é enviado.', private.template_problem(new, true)));
    end if;
    return null;
end
$$;

ALTER FUNCTION private.tell_of_template() OWNER TO postgres;

-- Name: FUNCTION tell_of_template(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.tell_of_template() IS 'Trigger: a client''s owners are told, once a day, that a template in use was paused, rejected or disabled by its provider.';

-- Name: template_content(public.message_templates, text, text, text, text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.template_content(template public.message_templates, lead_name text, company_name text, project_name text, notification_text text) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
declare
    vals text[] := '{}';
    source text;
begin
    foreach source in array template.parameters loop
        -- A template parameter may be neither empty nor hold line breaks (WhatsApp Cloud API, error 132000/132018).
        vals := vals || coalesce(nullif(btrim(regexp_replace(case source
            when 'lead.name' then lead_name
            when 'lead.first_name' then private.first_name(lead_name)
            when 'client.company_name' then company_name
            when 'project.name' then project_name
            when 'notification.text' then notification_text
        end, '\s+', ' ', 'g')), ''), 'tudo bem');
    end loop;
    return jsonb_build_object(
        'type', 'template', 'name', template.name, 'language', template.language,
        'parameters', to_jsonb(vals), 'text', private.render_template(template.body, vals)
    );
end
$$;

ALTER FUNCTION private.template_content(template public.message_templates, lead_name text, company_name text, project_name text, notification_text text) OWNER TO postgres;

-- Name: FUNCTION template_content(template public.message_templates, lead_name text, company_name text, project_name text, notification_text text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.template_content(template public.message_templates, lead_name text, company_name text, project_name text, notification_text text) IS 'A delivery''s content made of a template: {"type", "name", "language", "parameters", "text"}.';

-- Name: template_findings(public.channel_accounts, boolean); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.template_findings(account public.channel_accounts, approved_by_provider boolean) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    use record;
    template public.message_templates;
    problems text;
    found jsonb := '[]';
begin
    for use in
        select *
        from (values ('invitation', 'convites', true), ('notification', 'avisos à equipe', approved_by_provider), ('reminder', 'lembretes', false)) as u (purpose, words, needed)
    loop
        template := private.template_for(account.client_id, account.id, use.purpose::public.template_purpose, null);
        select string_agg(private.template_problem(t, true), '; ' order by t.channel_account_id is null, t.created_at, t.id) into problems
        from public.message_templates as t
        where t.client_id = account.client_id and t.purpose = use.purpose::public.template_purpose
            and (t.channel_account_id is null or t.channel_account_id = account.id);
        found := found || case
            when template.id is not null
                then private.finding('template_' || use.purpose, true, format('Para %s há o modelo “%s” (%s, categoria %s).', use.words, template.name, template.language, template.category), null)
            when problems is not null
                then private.finding(
                    'template_' || use.purpose, false, format('Nenhum modelo para %s pode ser usado: %s.', use.words, problems),
                    case
                        when approved_by_provider then 'Corrija o modelo no provedor ou preencha parameters em message_templates; depois rode `renum channel sync`.'
                        else 'Corrija o modelo em message_templates.'
                    end
                )
            when use.needed
                then private.finding(
                    'template_' || use.purpose, false, format('Não há modelo para %s.', use.words),
                    case
                        when approved_by_provider
                            then format('Crie um modelo no provedor, rode `renum channel sync` depois da aprovação e marque-o com purpose %s em message_templates.', use.purpose)
                        else format('Escreva um em message_templates, com purpose %s e status approved.', use.purpose)
                    end
                )
            when use.purpose = 'notification'
                then private.finding('template_notification', true, 'Não há modelo para avisos à equipe; por este provedor eles vão com o texto pronto.', null)
            else private.finding('template_' || use.purpose, true, format('Não há modelo para %s; só é preciso onde um projeto os usa.', use.words), null)
        end;
    end loop;
    return found;
end
$$;

ALTER FUNCTION private.template_findings(account public.channel_accounts, approved_by_provider boolean) OWNER TO postgres;

-- Name: FUNCTION template_findings(account public.channel_accounts, approved_by_provider boolean); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.template_findings(account public.channel_accounts, approved_by_provider boolean) IS 'Whether a WhatsApp account has a usable template for each purpose, as findings in Portuguese (private.finding).';

-- Name: template_for(uuid, uuid, public.template_purpose, text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.template_for(client_id uuid, channel_account_id uuid, purpose public.template_purpose, name text) RETURNS public.message_templates
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    -- SECURITY: under the asker's rights, as private.account_for.
    select t
    from public.message_templates as t
    where t.client_id = template_for.client_id
        and (
            t.channel_account_id = template_for.channel_account_id
            -- Whose list was fetched has what is on it.
            or (t.channel_account_id is null and not exists (
                select from public.message_templates as o
                where o.client_id = template_for.client_id and o.channel_account_id = template_for.channel_account_id and o.synced_at is not null
            ))
        )
        and (t.name = template_for.name or (template_for.name is null and t.purpose = template_for.purpose))
        and private.template_problem(t) is null
    order by t.channel_account_id is null, t.language <> 'pt_BR', t.created_at, t.id
    limit 1;
$$;

ALTER FUNCTION private.template_for(client_id uuid, channel_account_id uuid, purpose public.template_purpose, name text) OWNER TO postgres;

-- Name: FUNCTION template_for(client_id uuid, channel_account_id uuid, purpose public.template_purpose, name text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.template_for(client_id uuid, channel_account_id uuid, purpose public.template_purpose, name text) IS 'The template to use on an account, approved and with something for each of its variables: the one of that name, or without a name the oldest of that purpose, in Brazilian Portuguese before other languages. A row of nulls if there is none: private.no_template says why.';

-- Name: template_gap(text, text, text[], boolean); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.template_gap(name text, body text, parameters text[], in_portuguese boolean DEFAULT false) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
declare
    given integer := cardinality(parameters);
    needed integer;
    names text;
begin
    -- The message as it is sent fills the body's numbered variables and nothing else.
    select string_agg(distinct '{{' || (m.n)[1] || '}}', ', ') into names
    from regexp_matches(template_gap.body, '\{\{\s*(\w*[[:alpha:]_]\w*)\s*\}\}', 'g') as m (n);
    if names is not null then
        return format(
            case
                when in_portuguese then 'o modelo %s tem variáveis com nome (%s); só as numeradas, como {{1}}, podem ser preenchidas'
                else 'template %s has named variables (%s): only numbered ones, such as {{1}}, can be filled'
            end,
            template_gap.name, names
        );
    end if;
    needed := private.template_variables(template_gap.body);
    if given < needed then
        select string_agg('{{' || n || '}}', ', ' order by n) into names from generate_series(given + 1, needed) as n;
        return format(
            case
                when in_portuguese then 'o modelo %s não diz o que entra em %s: a lista parameters precisa de %s, e tem %s'
                else 'template %s does not say what stands for %s: parameters must name %s, and names %s'
            end,
            template_gap.name, names, needed, given
        );
    end if;
    if given > needed then
        return format(
            case
                when in_portuguese then 'o modelo %s tem %s no texto, mas a lista parameters tem %s'
                else 'template %s has %s in its body, but parameters names %s'
            end,
            template_gap.name,
            case needed
                when 0 then case when in_portuguese then 'nenhuma variável' else 'no variable' end
                else case when in_portuguese then 'variáveis só até {{' else 'variables up to {{' end || needed || '}}'
            end,
            given
        );
    end if;
    return null;
end
$$;

ALTER FUNCTION private.template_gap(name text, body text, parameters text[], in_portuguese boolean) OWNER TO postgres;

-- Name: FUNCTION template_gap(name text, body text, parameters text[], in_portuguese boolean); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.template_gap(name text, body text, parameters text[], in_portuguese boolean) IS 'What is amiss between a template''s body and its parameters, as a sentence without a full stop; null when there is exactly one parameter for each numbered variable.';

-- Name: template_problem(public.message_templates, boolean); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.template_problem(template public.message_templates, in_portuguese boolean DEFAULT false) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $_$
declare
    gap text;
begin
    if template.status <> 'approved' then
        return format(
            case when in_portuguese then 'o modelo %s %s' else 'template %s %s' end,
            template.name,
            case template.status
                when 'pending' then case when in_portuguese then 'ainda não foi aprovado pelo provedor' else 'is not approved by the provider yet' end
                when 'paused' then case when in_portuguese then 'foi pausado pelo provedor' else 'is paused by the provider' end
                when 'rejected' then case when in_portuguese then 'foi recusado pelo provedor' else 'was rejected by the provider' end
                when 'disabled' then case when in_portuguese then 'foi desativado no provedor' else 'is disabled at the provider' end
            end
        ) || coalesce(' (' || template.reason || ')', '');
    end if;
    gap := private.template_gap(template.name, template.body, template.parameters, in_portuguese);
    if gap is not null then
        return gap;
    end if;
    if template.components @? '$[*] ? (@.type == "HEADER" && @.format != "TEXT")'
        or template.components @? '$[*] ? (@.type == "HEADER" && @.text like_regex "[{][{]")'
        or template.components @? '$[*].buttons[*] ? (@.url like_regex "[{][{]" || (@.type != "QUICK_REPLY" && @.type != "URL" && @.type != "PHONE_NUMBER"))'
        or template.components @? '$[*] ? (@.type != "HEADER" && @.type != "BODY" && @.type != "FOOTER" && @.type != "BUTTONS")' then
        return format(
            case
                when in_portuguese then 'o modelo %s tem um cabeçalho, botão ou outra parte que precisa de um valor a cada envio; só o texto pode ter variáveis'
                else 'template %s has a header, button or other part that wants a value with each message: only the body may have variables'
            end,
            template.name
        );
    end if;
    return null;
end
$_$;

ALTER FUNCTION private.template_problem(template public.message_templates, in_portuguese boolean) OWNER TO postgres;

-- Name: FUNCTION template_problem(template public.message_templates, in_portuguese boolean); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.template_problem(template public.message_templates, in_portuguese boolean) IS 'Why a template cannot be sent, as a sentence without a full stop (in Portuguese for who runs an account, else English as the API''s errors); null if it can.';

-- Name: template_variables(text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.template_variables(body text) RETURNS integer
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select coalesce(max((m.n)[1]::integer), 0) from regexp_matches(template_variables.body, '\{\{\s*(\d{1,3})\s*\}\}', 'g') as m (n);
$$;

ALTER FUNCTION private.template_variables(body text) OWNER TO postgres;

-- Name: FUNCTION template_variables(body text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.template_variables(body text) IS 'The highest n of a body''s variables {{n}}: how many parameters it takes.';

-- Name: template_verdict(public.deliveries); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.template_verdict(d public.deliveries, OUT verdict text, OUT until timestamp with time zone, OUT reason text) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    found_status public.template_status;
begin
    select t.status into found_status
    from public.message_templates as t
    where t.client_id = d.client_id and t.name = d.content ->> 'name' and t.language = d.content ->> 'language'
        and (t.channel_account_id is null or t.channel_account_id = d.channel_account_id)
    order by t.channel_account_id is null
    limit 1;
    verdict := case when found_status = 'approved' then 'go' when found_status in ('pending', 'paused') then 'wait' else 'cancel' end;
    if verdict <> 'go' then
        reason := format('the template %s is %s', d.content ->> 'name', coalesce(found_status::text, 'not there'));
    end if;
    if verdict = 'wait' then
        -- A provider pauses for hours, and its word arrives by webhook or synchronisation.
        until := private.now() + interval '15 minutes';
    end if;
end
$$;

ALTER FUNCTION private.template_verdict(d public.deliveries, OUT verdict text, OUT until timestamp with time zone, OUT reason text) OWNER TO postgres;

-- Name: FUNCTION template_verdict(d public.deliveries, OUT verdict text, OUT until timestamp with time zone, OUT reason text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.template_verdict(d public.deliveries, OUT verdict text, OUT until timestamp with time zone, OUT reason text) IS 'Whether the template of a delivery may be used now: go, wait while it is pending or paused, cancel when it is rejected, disabled or gone. Read-only.';

-- Name: throttle_delivery(uuid, jsonb, numeric); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.throttle_delivery(delivery_id uuid, error jsonb, retry_after_ms numeric) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    d public.deliveries;
    wait interval;
begin
    select * into strict d from public.deliveries as x where x.id = throttle_delivery.delivery_id;
    -- A day at most, whatever it says.
    wait := make_interval(secs => least(greatest(coalesce(throttle_delivery.retry_after_ms, 1000), 1), 86400000) / 1000.0);
    if coalesce(throttle_delivery.error ->> 'scope', 'message') in ('recipient', 'message') then
        if d.throttles >= 30 then
            perform private.retry_delivery(d.id, throttle_delivery.error, false);
            return;
        end if;
    end if;
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

ALTER FUNCTION private.throttle_delivery(delivery_id uuid, error jsonb, retry_after_ms numeric) OWNER TO postgres;

-- Name: FUNCTION throttle_delivery(delivery_id uuid, error jsonb, retry_after_ms numeric); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.throttle_delivery(delivery_id uuid, error jsonb, retry_after_ms numeric) IS 'A send came too fast: it waits for as long as the provider says, and no attempt is counted. Scope recipient holds up that person only, four times longer each time in a row; scope number and account hold up all their sends. What is about this message or person alone is given up after 30 times (a day, for a person): a dead letter.';

-- Name: tool_problem(text); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.tool_problem(function_name text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    -- SECURITY: one whose owner was forgotten would run as postgres, which row level security does not bind.
    select case when not exists (
        select from pg_catalog.pg_proc as p
        where p.pronamespace = 'agent_tools'::regnamespace and p.proname = tool_problem.function_name and p.pronargs = 1
            and p.proargtypes[0] = 'pg_catalog.jsonb'::regtype and p.prorettype = 'pg_catalog.jsonb'::regtype
            and p.prosecdef and p.proowner = 'renum_agent'::regrole
    ) then 'the tool cannot be called: its function is not as an agent''s must be' end;
$$;

ALTER FUNCTION private.tool_problem(function_name text) OWNER TO postgres;

-- Name: FUNCTION tool_problem(function_name text); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.tool_problem(function_name text) IS 'Why a function in agent_tools may not be called for an agent: it has to be (jsonb) returns jsonb, security definer, and owned by renum_agent. null if it may.';

-- Name: tools; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.tools (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    function_name text NOT NULL,
    parameters_schema jsonb DEFAULT '{"type": "object", "properties": {}}'::jsonb NOT NULL,
    active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT description_has_at_most_4000_characters CHECK ((char_length(description) <= 4000)),
    CONSTRAINT function_name_has_at_most_63_characters CHECK ((char_length(function_name) <= 63)),
    CONSTRAINT function_name_is_an_identifier CHECK ((function_name ~ '^[a-z_][a-z0-9_]*$'::text)),
    CONSTRAINT name_has_1_to_100_characters CHECK (((btrim(name) <> ''::text) AND (char_length(name) <= 100))),
    CONSTRAINT parameters_schema_describes_an_object CHECK (COALESCE(((parameters_schema ->> 'type'::text) = 'object'::text), false)),
    CONSTRAINT the_schema_has_at_most_64_kilobytes_and_20_levels CHECK (((octet_length((parameters_schema)::text) <= 65536) AND (NOT (parameters_schema @? '$.**{20}'::jsonpath))))
);

ALTER TABLE ONLY public.tools FORCE ROW LEVEL SECURITY;

ALTER TABLE public.tools OWNER TO postgres;

-- Name: TABLE tools; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.tools IS 'What agents can call: function_name is a function in agent_tools.';

-- Name: tools_of(public.renus_config, uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.tools_of(agent public.renus_config, sub_agent_id uuid) RETURNS SETOF public.tools
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select t.*
    from public.tools as t
    -- Who has no questions is not offered the tool that asks them.
    where t.active and (t.function_name <> 'qualify' or agent.config ? 'qualification') and case
        when tools_of.sub_agent_id is null then coalesce(agent.config #> '{conversation,tools}' ? t.name, true)
        else exists (
            select from private.sub_agents_of(agent) as s where s.id = tools_of.sub_agent_id and s.tools ? t.id::text
        )
    end
    order by t.name;
$$;

ALTER FUNCTION private.tools_of(agent public.renus_config, sub_agent_id uuid) OWNER TO postgres;

-- Name: FUNCTION tools_of(agent public.renus_config, sub_agent_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.tools_of(agent public.renus_config, sub_agent_id uuid) IS 'The tools that an agent may call: those its config.conversation.tools names, all active ones where it names none; for one of its specialists those whose ids its tools hold.';

-- Name: touch(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.touch() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    new.updated_at := now();
    return new;
end
$$;

ALTER FUNCTION private.touch() OWNER TO postgres;

-- Name: FUNCTION touch(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.touch() IS 'Trigger: keeps updated_at.';

-- Name: turn_client_id(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.turn_client_id() RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $_$
    select t.client_id
    from private.threads as t
    -- A setting of that name may hold anything.
    where t.lease = (case when current_setting('renum.lease', true) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then current_setting('renum.lease', true) end)::uuid
        and t.lease_until > clock_timestamp();
$_$;

ALTER FUNCTION private.turn_client_id() OWNER TO postgres;

-- Name: FUNCTION turn_client_id(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.turn_client_id() IS 'The client of the turn that an agent''s tool works in; null outside of a live turn. See private.turn_lead_id.';

-- Name: turn_lead_id(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.turn_lead_id() RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $_$
    select t.lead_id
    from private.threads as t
    -- A setting of that name may hold anything.
    where t.lease = (case when current_setting('renum.lease', true) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then current_setting('renum.lease', true) end)::uuid
        and t.lease_until > clock_timestamp();
$_$;

ALTER FUNCTION private.turn_lead_id() OWNER TO postgres;

-- Name: FUNCTION turn_lead_id(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.turn_lead_id() IS 'The lead of the turn that an agent''s tool works in, by the turn''s lease in the local setting renum.lease, which nobody can guess; null outside of a live turn.';

-- Name: turn_lease(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.turn_lease() RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $_$
    select t.lease
    from private.threads as t
    -- A setting of that name may hold anything.
    where t.lease = (case when current_setting('renum.lease', true) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then current_setting('renum.lease', true) end)::uuid
        and t.lease_until > clock_timestamp();
$_$;

ALTER FUNCTION private.turn_lease() OWNER TO postgres;

-- Name: FUNCTION turn_lease(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.turn_lease() IS 'The live turn that an agent''s tool works in, by its lease; null outside of one. See private.turn_lead_id.';

-- Name: turn_qualification(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.turn_qualification() RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select jsonb_strip_nulls(case q.status
        when 'open' then jsonb_build_object(
            'status', q.status, 'problems', q.problems,
            'question', private.asked_question(r.config, (select v.next_key from private.qualification_verdict(r.config -> 'qualification', q.answers) as v))
        )
        else jsonb_build_object('status', q.status, 'score', trim_scale(q.score), 'reason', case when q.status = 'not_qualified' then q.reason end)
    end)
    from private.qualification_of(private.turn_lead_id()) as q
    join public.renus_config as r on r.id = q.renus_config_id
    where q.id is not null;
$$;

ALTER FUNCTION private.turn_qualification() OWNER TO postgres;

-- Name: FUNCTION turn_qualification(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.turn_qualification() IS 'What the tool qualify answers about the lead whose turn it works in: {"status": "open", "question", "problems"} | {"status": "qualified", "score"} | {"status": "not_qualified", "score", "reason"}; null where nothing is under way.';

-- Name: turn_task(private.threads, integer); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.turn_task(thread private.threads, wait_ms integer) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select jsonb_build_object(
        'task', 'agent_turn', 'queue', 'high_priority', 'msg_id', thread.task_id, 'id', thread.id, 'client_id', thread.client_id,
        'attempt', thread.attempts, 'claim', thread.lease, 'wait_ms', turn_task.wait_ms,
        'work', case
            when turn_task.wait_ms > 0 then null
            when thread.interview_id is not null then private.turn_work(thread.id)
            else private.conversation_work(thread.id)
        end
    );
$$;

ALTER FUNCTION private.turn_task(thread private.threads, wait_ms integer) OWNER TO postgres;

-- Name: FUNCTION turn_task(thread private.threads, wait_ms integer); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.turn_task(thread private.threads, wait_ms integer) IS 'A thread''s turn as the functions get it; without work while its debounce still runs (wait_ms > 0).';

-- Name: turn_thread(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.turn_thread() RETURNS private.threads
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $_$
    select t
    from private.threads as t
    -- A setting of that name may hold anything.
    where t.lease = (case when current_setting('renum.lease', true) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then current_setting('renum.lease', true) end)::uuid
        and t.lease_until > clock_timestamp();
$_$;

ALTER FUNCTION private.turn_thread() OWNER TO postgres;

-- Name: FUNCTION turn_thread(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.turn_thread() IS 'The thread whose turn an agent''s tool works in, for triggers that judge what the tool writes; null outside of a live turn. Not for agents: see private.turn_lead_id.';

-- Name: turn_work(uuid); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.turn_work(thread_id uuid) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select jsonb_build_object(
        'kind', 'interview',
        'lead', jsonb_build_object('name', l.name, 'opted_out', l.opted_out_at is not null),
        'company_name', c.company_name,
        'project', jsonb_build_object('name', p.name, 'goal', p.config ->> 'goal'),
        'agent', jsonb_build_object(
            'agent_type', coalesce(r.agent_type, 'renus_base'), 'config', coalesce(r.config, '{}'), 'prompts', coalesce(r.prompts, '{}'),
            'version', r.version, 'model', r.config ->> 'model'
        ),
        'questions', q.items,
        'current_question', i.current_question,
        'history', h.items,
        'input', n.items,
        'reruns', t.reruns,
        'seen', case when n.message_id is not null then jsonb_build_object('channel_account_id', t.channel_account_id, 'message_id', n.message_id) end
    )
    from private.threads as t
    join public.leads as l on l.id = t.lead_id
    join public.clients as c on c.id = t.client_id
    join public.interviews as i on i.id = t.interview_id
    join public.projects as p on p.id = i.project_id
    left join public.renus_config as r on r.id = p.renus_config_id
    -- offset 0 keeps it one lookup: pulled up, it would be one for each question.
    cross join lateral (select private.answers_of(i.id) as known offset 0) as a
    cross join lateral (
        select jsonb_agg(jsonb_build_object(
            'key', s.key, 'text', s.question ->> 'text', 'type', s.question ->> 'type', 'options', s.question -> 'options',
            'validation', coalesce(s.question -> 'validation', '{}'), 'required', coalesce((s.question ->> 'required')::boolean, true),
            'status', s.status,
            'probes_left', coalesce((s.question ->> 'probes')::integer, 0) - coalesce((a.known #>> array[s.key, 'probes'])::integer, 0)
        ) order by s.ord) as items
        from private.interview_state(p.config #> '{questionnaire,questions}', a.known) as s
    ) as q
    cross join lateral (
        select coalesce(jsonb_agg(jsonb_build_object('role', m.role, 'content', m.content, 'seq', m.seq) order by m.seq), '[]') as items
        from (
            select m.role, m.content, m.seq
            from public.interview_messages as m
            where m.interview_id = i.id and m."timestamp" >= i.created_at and m.seq < t.lease_seq
                and not (m.role = 'user' and m.seq > t.handled_seq)
            order by m.seq desc
            limit private.setting_int('history_messages')
        ) as m
    ) as h
    cross join lateral (
        select coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'seq', m.seq, 'type', coalesce(m.metadata ->> 'type', 'text'), 'content', m.content) order by m.seq), '[]') as items,
            (array_agg(m.metadata ->> 'provider_id' order by m.seq desc) filter (where m.metadata ->> 'provider_id' is not null))[1] as message_id
        from public.interview_messages as m
        where m.interview_id = i.id and m.role = 'user' and m.seq > t.handled_seq and m.seq <= t.lease_seq and m."timestamp" >= i.created_at
    ) as n
    where t.id = turn_work.thread_id;
$$;

ALTER FUNCTION private.turn_work(thread_id uuid) OWNER TO postgres;

-- Name: FUNCTION turn_work(thread_id uuid); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.turn_work(thread_id uuid) IS 'Everything a turn of a thread needs: lead, project, agent, questions with their state, history and the unhandled input up to the lease''s sequence number, and as what its provider knows the last message of that. null when no interview is live.';

-- Name: version_config(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.version_config() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    new.version := old.version + 1;
    return new;
end
$$;

ALTER FUNCTION private.version_config() OWNER TO postgres;

-- Name: FUNCTION version_config(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.version_config() IS 'Trigger: every change of an agent''s configuration is a new version, which turns record.';

-- Name: visible_client_ids(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.visible_client_ids() RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    if private.is_admin() then
        return query select c.id from public.clients as c;
    else
        return query
        select m.client_id
        from public.client_members as m
        join public.clients as c on c.id = m.client_id
        where m.profile_id = private.current_profile_id() and m.status = 'active' and c.status = 'active';
    end if;
end
$$;

ALTER FUNCTION private.visible_client_ids() OWNER TO postgres;

-- Name: FUNCTION visible_client_ids(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.visible_client_ids() IS 'The clients whose rows the request may see: all for an admin, else the active ones it is an active member of. What every tenant policy asks.';

-- Name: visible_profile_ids(); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.visible_profile_ids() RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    if private.is_admin() then
        return query select p.id from public.profiles as p;
    else
        return query
        select private.current_profile_id()
        union
        select m.profile_id
        from public.client_members as m
        where m.client_id in (select private.visible_client_ids()) and m.profile_id is not null and m.status = 'active';
    end if;
end
$$;

ALTER FUNCTION private.visible_profile_ids() OWNER TO postgres;

-- Name: FUNCTION visible_profile_ids(); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.visible_profile_ids() IS 'The people the request may see: oneself and the members of one''s clients; all for an admin.';

-- Name: wish_of(jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.wish_of(event jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select case
        when 'out' = any (w.wishes) then false
        when 'in' = any (w.wishes) then true
    end
    from (
        select array_agg(case
            when private.is_opt_out(s.txt) then 'out'
            when private.is_opt_in(s.txt) then 'in'
        end) as wishes
        -- What was written, the title of the button, and what we named the button: {"payload"} or {"button_reply": {"id"}}, {"list_reply": {"id"}}.
        from (values
            (event #>> '{message,text}'), (event #>> '{message,payload,payload}'), (event #>> '{message,payload,id}'),
            (event #>> '{message,payload,button_reply,id}'), (event #>> '{message,payload,list_reply,id}')
        ) as s (txt)
        where s.txt <> ''
    ) as w;
$$;

ALTER FUNCTION private.wish_of(event jsonb) OWNER TO postgres;

-- Name: FUNCTION wish_of(event jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.wish_of(event jsonb) IS 'Whether an inbound event asks to be left alone (false) or for messages again (true), by a word or by a button; null if neither.';

-- Name: word_may_come(public.deliveries); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.word_may_come(delivery public.deliveries) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

ALTER FUNCTION private.word_may_come(delivery public.deliveries) OWNER TO postgres;

-- Name: FUNCTION word_may_come(delivery public.deliveries); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.word_may_come(delivery public.deliveries) IS 'Whether waiting longer than the grace period may still bring the provider''s word of a send: as long as no webhook of its account has come in at all, up to unknown_patience_s after the send. Read-only.';

-- Name: words_of(jsonb); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.words_of(content jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $_$
    select concat_ws(
        ' ', content ->> 'subject', content ->> 'text', content ->> 'button', content ->> 'file_name',
        (
            select string_agg(concat_ws(' ', c.v ->> 'title', c.v ->> 'description'), ' ')
            from (
                select b.v, 0 as part from jsonb_path_query(content, '$.buttons[*]') as b (v)
                union all
                select r.v, 1 from jsonb_path_query(content, '$.rows[*]') as r (v)
            ) as c
        )
    );
$_$;

ALTER FUNCTION private.words_of(content jsonb) OWNER TO postgres;

-- Name: FUNCTION words_of(content jsonb); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.words_of(content jsonb) IS 'Everything that the recipient of a delivery''s content reads: text, subject, choices, the name of a file.';

-- Name: zone_of(public.leads); Type: FUNCTION; Schema: private; Owner: postgres

CREATE FUNCTION private.zone_of(lead public.leads) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
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

ALTER FUNCTION private.zone_of(lead public.leads) OWNER TO postgres;

-- Name: FUNCTION zone_of(lead public.leads); Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON FUNCTION private.zone_of(lead public.leads) IS 'The time zone a lead lives by: its own, else that of its phone''s area code, else America/Sao_Paulo.';

-- Name: begin_isa_command(uuid, text); Type: FUNCTION; Schema: public; Owner: postgres

CREATE FUNCTION public.begin_isa_command(command_id uuid, command text) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    insert into public.isa_commands (id, admin_id, command)
    values (begin_isa_command.command_id, private.isa_admin(), begin_isa_command.command)
    on conflict (id) do nothing;
    return jsonb_build_object('id', begin_isa_command.command_id, 'today', (now() at time zone 'America/Sao_Paulo')::date);
end
$$;

ALTER FUNCTION public.begin_isa_command(command_id uuid, command text) OWNER TO postgres;

-- Name: FUNCTION begin_isa_command(command_id uuid, command text); Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON FUNCTION public.begin_isa_command(command_id uuid, command text) IS 'Admins, through the function isa: notes a command before anything is read for it. Returns {"id", "today": the date in São Paulo}. Idempotent by id.';

-- Name: channel_findings(uuid); Type: FUNCTION; Schema: public; Owner: postgres

CREATE FUNCTION public.channel_findings(channel_account_id uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    account public.channel_accounts;
    provider private.providers;
    base text := rtrim(coalesce(private.setting('public_url') #>> '{}', private.setting('functions_url') #>> '{}'), '/');
    stored boolean;
begin
    select a.* into account
    from public.channel_accounts as a
    where a.id = channel_findings.channel_account_id and a.client_id in (select private.owned_client_ids());
    if not found then
        raise exception 'there is no such channel account of a client you own' using errcode = 'PT404';
    end if;
    select p.* into strict provider from private.providers as p where p.provider = account.provider and p.channel = account.channel;
    stored := exists (select from private.channel_credentials as s where s.channel_account_id = account.id);
    return jsonb_build_object(
        'provider', account.provider, 'title', provider.title, 'credentials', provider.credentials,
        'webhook_url', base || format('/%s_webhook/%s', account.channel, account.id),
        'findings', jsonb_build_array(
            case
                when account.status = 'active' then private.finding('account', true, format('A conta “%s” (%s) está ativa.', account.name, provider.title), null)
                else private.finding(
                    'account', false,
                    format(
                        'A conta “%s” (%s) está %s%s.', account.name, provider.title,
                        case account.status when 'paused' then 'em pausa' else 'desconectada' end, coalesce(': ' || account.stopped_reason, '')
                    ),
                    'Resolva o motivo e volte a ativar a conta (status active em channel_accounts); se eram as credenciais, as novas já a ativam.'
                )
            end,
            case
                when stored then private.finding('credentials', true, 'As credenciais estão guardadas, criptografadas.', null)
                else private.finding(
                    'credentials', false, 'Nenhuma credencial está guardada.',
                    format('Informe %s com `renum channel credentials`.', array_to_string(provider.credentials, ', '))
                )
            end
        ) || case when account.channel = 'whatsapp' then private.template_findings(account, provider.templates) else '[]' end
    );
end
$$;

ALTER FUNCTION public.channel_findings(channel_account_id uuid) OWNER TO postgres;

-- Name: FUNCTION channel_findings(channel_account_id uuid); Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON FUNCTION public.channel_findings(channel_account_id uuid) IS 'Owners and admins: what the database knows about whether a channel account can work, for the function channel_check: {"provider", "title", "credentials": names the provider needs, "webhook_url": null where no address is set, "findings": [{"item", "ok", "text", "todo"}], in Portuguese}. Read-only; tells no secret.';

-- Name: clients; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.clients (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    profile_id uuid,
    company_name text NOT NULL,
    cnpj text,
    plan public.client_plan DEFAULT 'basic'::public.client_plan NOT NULL,
    status public.client_status DEFAULT 'active'::public.client_status NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    is_house boolean DEFAULT false NOT NULL,
    CONSTRAINT cnpj_has_14_letters_or_digits CHECK ((cnpj ~ '^[0-9A-Z]{12}[0-9]{2}$'::text)),
    CONSTRAINT company_name_has_at_most_200_characters CHECK ((char_length(company_name) <= 200)),
    CONSTRAINT company_name_is_not_blank CHECK ((btrim(company_name) <> ''::text))
);

ALTER TABLE ONLY public.clients FORCE ROW LEVEL SECURITY;

ALTER TABLE public.clients OWNER TO postgres;

-- Name: TABLE clients; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.clients IS 'The companies that buy agents: the tenants. The house client is RENUM itself.';

-- Name: COLUMN clients.profile_id; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.clients.profile_id IS 'The owner, kept by trigger from client_members.';

-- Name: COLUMN clients.cnpj; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.clients.cnpj IS 'Company number without punctuation: 12 letters or digits and 2 check digits.';

-- Name: create_client(text, text, text, public.client_plan); Type: FUNCTION; Schema: public; Owner: postgres

CREATE FUNCTION public.create_client(company_name text, owner_email text, cnpj text DEFAULT NULL::text, plan public.client_plan DEFAULT 'basic'::public.client_plan) RETURNS public.clients
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    made public.clients;
begin
    if not private.is_admin() then
        raise exception 'only an admin creates clients' using errcode = '42501';
    end if;
    select c.* into made
    from public.clients as c
    join public.client_members as m on m.client_id = c.id and m.role = 'owner' and m.email = lower(btrim(create_client.owner_email))
    where c.company_name = btrim(create_client.company_name);
    if found then
        return made;
    end if;
    insert into public.clients (company_name, cnpj, plan)
    values (btrim(create_client.company_name), upper(regexp_replace(create_client.cnpj, '[./\s-]', '', 'g')), create_client.plan)
    returning * into made;
    perform private.add_member(made.id, create_client.owner_email, 'owner');
    select c.* into made from public.clients as c where c.id = made.id;
    return made;
end
$$;

ALTER FUNCTION public.create_client(company_name text, owner_email text, cnpj text, plan public.client_plan) OWNER TO postgres;

-- Name: FUNCTION create_client(company_name text, owner_email text, cnpj text, plan public.client_plan); Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON FUNCTION public.create_client(company_name text, owner_email text, cnpj text, plan public.client_plan) IS 'Admins: makes a client and invites its owner by e-mail address. Idempotent for the same company name and owner. Returns the clients row.';

-- Name: end_isa_command(uuid, jsonb, public.isa_target_type, uuid); Type: FUNCTION; Schema: public; Owner: postgres

CREATE FUNCTION public.end_isa_command(command_id uuid, result jsonb, target_type public.isa_target_type DEFAULT NULL::public.isa_target_type, target_id uuid DEFAULT NULL::uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    perform private.isa_admin();
    -- What is planned is run, or not: its row is written by public.run_isa_plan.
    if exists (select from public.isa_commands as c where c.id = end_isa_command.command_id and c.result is null) then
        perform private.note_isa_result(end_isa_command.command_id, end_isa_command.result, end_isa_command.target_type, end_isa_command.target_id, true);
    end if;
end
$$;

ALTER FUNCTION public.end_isa_command(command_id uuid, result jsonb, target_type public.isa_target_type, target_id uuid) OWNER TO postgres;

-- Name: FUNCTION end_isa_command(command_id uuid, result jsonb, target_type public.isa_target_type, target_id uuid); Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON FUNCTION public.end_isa_command(command_id uuid, result jsonb, target_type public.isa_target_type, target_id uuid) IS 'Admins, through the function isa: what came of a command of the own that changes nothing, and what it was about. Once: a later call changes nothing. Idempotent.';

-- Name: find_isa_targets(text[], text, uuid[]); Type: FUNCTION; Schema: public; Owner: postgres

CREATE FUNCTION public.find_isa_targets(kinds text[], words text, client_ids uuid[] DEFAULT NULL::uuid[]) RETURNS TABLE(kind text, id uuid, name text, client_id uuid, client text, status text, phone text)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    SET plan_cache_mode TO 'force_custom_plan'
    AS $_$
#variable_conflict use_column
declare
    wanted text := private.plain(find_isa_targets.words);
    digits text := regexp_replace(find_isa_targets.words, '[^0-9]', '', 'g');
    -- A name with a number in it is no telephone number.
    number text := case when find_isa_targets.words !~ '[[:alpha:]@]' and length(digits) between 8 and 15 then private.normalize_phone(find_isa_targets.words) end;
    the_id uuid := case when btrim(find_isa_targets.words) ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' then btrim(find_isa_targets.words)::uuid end;
    address text := case when find_isa_targets.words like '%@%' then lower(btrim(find_isa_targets.words)) end;
    parts text[];
begin
    perform private.isa_admin();
    if btrim(coalesce(find_isa_targets.words, '')) = '' then
        return;
    end if;
    parts := array(select ' ' || p || ' ' from unnest(string_to_array(nullif(wanted, ''), ' ')) as p (p));
    return query
    with
    named as (
        select 'client' as kind, c.id, c.company_name as name, c.id as client_id, c.company_name as client, c.status::text as status, null::text as phone,
            coalesce(c.id = the_id or (length(digits) = 14 and c.cnpj = digits), false) as exact
        from public.clients as c
        where 'client' = any (find_isa_targets.kinds) and (find_isa_targets.client_ids is null or c.id = any (find_isa_targets.client_ids))
        union all
        select 'project', p.id, p.name, p.client_id, null, p.status::text, null, coalesce(p.id = the_id, false)
        from public.projects as p
        where 'project' = any (find_isa_targets.kinds) and (find_isa_targets.client_ids is null or p.client_id = any (find_isa_targets.client_ids))
        union all
        -- By number or id it is found by its index, by name among all.
        select 'lead', l.id, l.name, l.client_id, null, l.status::text, l.phone, true
        from public.leads as l
        where 'lead' = any (find_isa_targets.kinds) and (find_isa_targets.client_ids is null or l.client_id = any (find_isa_targets.client_ids))
            and (l.phone in (number, '+' || digits) or l.id = the_id or lower(l.email) = address)
        union all
        select 'lead', l.id, l.name, l.client_id, null, l.status::text, l.phone, false
        from public.leads as l
        where 'lead' = any (find_isa_targets.kinds) and (find_isa_targets.client_ids is null or l.client_id = any (find_isa_targets.client_ids))
            and number is null and the_id is null and address is null
    ),
    ranked as (
        select n.*, case
            when n.exact then 1
            when the_id is not null or address is not null or number is not null then null
            when s.said = wanted and wanted <> '' or (wanted = '' and lower(btrim(n.name)) = lower(btrim(find_isa_targets.words))) then 1
            when wanted <> '' and concat(' ', s.said, ' ') like '% ' || wanted || ' %' then 2
            when cardinality(parts) > 0 and concat(' ', s.said, ' ') like all (array(select '%' || p || '%' from unnest(parts) as p (p))) then 3
            when length(wanted) >= 3 and s.said like wanted || '%' then 4
            when kind = 'lead' and length(digits) >= 4 and wanted ~ '^[0-9 ]+$' and n.phone like '%' || digits then 4
        end as tier
        from named as n
        cross join lateral (select private.plain(n.name) as said) as s
    )
    select r.kind, r.id, r.name, r.client_id, coalesce(r.client, c.company_name), r.status, r.phone
    from (
        select x.*, dense_rank() over (order by x.tier, array_position(find_isa_targets.kinds, x.kind)) as place
        from ranked as x
        where x.tier is not null
    ) as r
    join public.clients as c on c.id = r.client_id
    where r.place = 1
    order by r.name, c.company_name, r.id
    limit 21;
end
$_$;

ALTER FUNCTION public.find_isa_targets(kinds text[], words text, client_ids uuid[]) OWNER TO postgres;

-- Name: FUNCTION find_isa_targets(kinds text[], words text, client_ids uuid[]); Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON FUNCTION public.find_isa_targets(kinds text[], words text, client_ids uuid[]) IS 'Admins, through the function isa: whom or what a command''s words name. kinds: client, project, lead, in the order in which they are meant; words: an id, a phone, an e-mail address, a CNPJ or a name, without regard to case and accents. Only the best matches come back, of one kind: exactly so named, else with these words in this order, else in any, else so beginning. At most 21. Read-only, under the caller''s rights.';

-- Name: hand_back(uuid); Type: FUNCTION; Schema: public; Owner: postgres

CREATE FUNCTION public.hand_back(conversation_id uuid) RETURNS public.conversations
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
    c public.conversations;
begin
    select * into c from public.conversations as x where x.id = hand_back.conversation_id and x.client_id in (select private.visible_client_ids());
    if not found then
        raise exception 'there is no such conversation' using errcode = 'PT404';
    end if;
    perform private.lock_threads(array[c.thread_id]);
    perform private.hand_back(c.id);
    select * into c from public.conversations as x where x.id = c.id;
    return c;
end
$$;

ALTER FUNCTION public.hand_back(conversation_id uuid) OWNER TO postgres;

-- Name: FUNCTION hand_back(conversation_id uuid); Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON FUNCTION public.hand_back(conversation_id uuid) IS 'A client''s people: the agent has the conversation again. It answers the lead''s next message, knows what was said meanwhile, and says that it is back. Idempotent.';

-- Name: import_leads(text, jsonb, uuid, public.legal_basis, text, boolean); Type: FUNCTION; Schema: public; Owner: postgres

CREATE FUNCTION public.import_leads(csv text DEFAULT NULL::text, rows jsonb DEFAULT NULL::jsonb, client_id uuid DEFAULT NULL::uuid, legal_basis public.legal_basis DEFAULT 'not_informed'::public.legal_basis, evidence text DEFAULT NULL::text, dry_run boolean DEFAULT false) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO ''
    SET statement_timeout TO '60s'
    AS $$
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

ALTER FUNCTION public.import_leads(csv text, rows jsonb, client_id uuid, legal_basis public.legal_basis, evidence text, dry_run boolean) OWNER TO postgres;

-- Name: FUNCTION import_leads(csv text, rows jsonb, client_id uuid, legal_basis public.legal_basis, evidence text, dry_run boolean); Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON FUNCTION public.import_leads(csv text, rows jsonb, client_id uuid, legal_basis public.legal_basis, evidence text, dry_run boolean) IS 'A client''s people and admins: imports a list of leads, as csv (a text: comma, semicolon or tab, columns named in Portuguese or English) or as rows (a list of objects). Good rows go in, each bad one is told. A lead who is there already (with or without the ninth digit) is kept: what it lacks is filled in, its consent is not changed, and who opted out is left alone. legal_basis and evidence (how it was obtained, in words) go into the consent ledger. dry_run: only says what would happen. Idempotent. Returns {"client_id", "dry_run", "rows", "added", "already_there", "completed" (how many of those were filled in), "refused", "refusals": [{"line", "column", "value", "reason"}], "opted_out": [{"line", "column", "value", "lead_id"}]}; line counts the header as the first of a CSV file, and begins at 1 in a list.';

-- Name: invite_member(uuid, text, public.member_role); Type: FUNCTION; Schema: public; Owner: postgres

CREATE FUNCTION public.invite_member(client_id uuid, email text, role public.member_role DEFAULT 'staff'::public.member_role) RETURNS public.client_members
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    -- SECURITY: null is in no set, and not "not in" it either.
    if (invite_member.client_id in (select private.owned_client_ids())) is not true then
        raise exception 'only an owner of the client, or an admin, invites people' using errcode = '42501';
    end if;
    return private.add_member(invite_member.client_id, invite_member.email, invite_member.role);
end
$$;

ALTER FUNCTION public.invite_member(client_id uuid, email text, role public.member_role) OWNER TO postgres;

-- Name: FUNCTION invite_member(client_id uuid, email text, role public.member_role); Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON FUNCTION public.invite_member(client_id uuid, email text, role public.member_role) IS 'Owners and admins: invites a person by e-mail address; the membership becomes active when the person confirms that address. Idempotent.';

-- Name: plan_isa_command(uuid, jsonb); Type: FUNCTION; Schema: public; Owner: postgres

CREATE FUNCTION public.plan_isa_command(command_id uuid, acts jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    planned jsonb;
    problems jsonb;
    plan jsonb;
    token record;
begin
    perform private.isa_admin();
    if jsonb_typeof(plan_isa_command.acts) is distinct from 'array' or jsonb_array_length(plan_isa_command.acts) not between 1 and 20 then
        raise exception 'acts must be a list of 1 to 20' using errcode = '22023';
    end if;
    -- The same act twice is one.
    select jsonb_agg(a.act order by a.ord) filter (where not a.act ? 'problem'), jsonb_agg(a.act -> 'problem' order by a.ord) filter (where a.act ? 'problem')
    into planned, problems
    from (
        select p.act, min(g.ord) as ord
        from jsonb_array_elements(plan_isa_command.acts) with ordinality as g (given, ord)
        cross join lateral private.plan_isa_act(g.given) as p (act)
        group by p.act
    ) as a;
    -- All of it or none: half of what was asked for might be the wrong half.
    if problems is not null then
        return jsonb_build_object('plan', null, 'problems', problems, 'token', null, 'expires_at', null);
    end if;
    plan := jsonb_build_object('acts', planned, 'text', 'Vou ' || (
        select string_agg(a.act ->> 'text', '; ' order by a.ord) from jsonb_array_elements(planned) with ordinality as a (act, ord)
    ) || '.');
    select t.token, t.expires_at into token from private.issue_isa_token(plan_isa_command.command_id, plan) as t;
    perform private.note_isa_result(
        plan_isa_command.command_id, jsonb_build_object('outcome', 'planned', 'plan', plan),
        (planned #>> '{0,target_type}')::public.isa_target_type, (planned #>> '{0,target_id}')::uuid, false
    );
    return jsonb_build_object('plan', plan, 'problems', '[]'::jsonb, 'token', token.token, 'expires_at', token.expires_at);
end
$$;

ALTER FUNCTION public.plan_isa_command(command_id uuid, acts jsonb) OWNER TO postgres;

-- Name: FUNCTION plan_isa_command(command_id uuid, acts jsonb); Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON FUNCTION public.plan_isa_command(command_id uuid, acts jsonb) IS 'Admins, through the function isa: what a command of the own would change, resolved to rows, and a token that confirms just that within five minutes. Changes nothing else. acts: a list of what private.plan_isa_act takes. Returns {"plan": {"acts", "text"}, "problems": [], "token", "expires_at"}; where one act cannot be done, nothing is planned: plan and token are null and problems says why. A second plan of a command voids the token of the first.';

-- Name: preview_audience(uuid); Type: FUNCTION; Schema: public; Owner: postgres

CREATE FUNCTION public.preview_audience(project_id uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    project public.projects;
    account public.channel_accounts;
    template public.message_templates;
    answer jsonb;
begin
    select p.* into project from public.projects as p where p.id = preview_audience.project_id and p.client_id in (select private.visible_client_ids());
    if not found then
        raise exception 'there is no such project' using errcode = 'PT404';
    end if;
    select jsonb_build_object(
        'count', coalesce(sum(a.leads) filter (where a.left_out is null), 0),
        'left_out', coalesce(jsonb_object_agg(a.left_out, a.leads) filter (where a.left_out is not null), '{}')
    ) into answer
    from (select b.left_out, count(*) as leads from private.audience(project.id) as b group by b.left_out) as a;
    select a.* into account from public.channel_accounts as a where a.id = coalesce(project.channel_account_id, private.account_for(project.client_id, null));
    template := private.template_for(project.client_id, account.id, 'invitation', project.config #>> '{invitation,template}');
    return answer || jsonb_build_object(
        'cost', private.message_cost(account.provider, template.category, (answer ->> 'count')::integer),
        'limit', private.daily_room(project) - 'audience'
    );
end
$$;

ALTER FUNCTION public.preview_audience(project_id uuid) OWNER TO postgres;

-- Name: FUNCTION preview_audience(project_id uuid); Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON FUNCTION public.preview_audience(project_id uuid) IS 'What starting a project now would do: {"count": leads it would interview, "left_out": {"opted_out": 2}, "cost": what their invitations cost by the price list {"currency", "amount", "per_message", "category"} or null where no price is known, "limit": whether they fit into the account''s daily limit {"daily_limit", "used_24h", "waiting", "free", "needed", "fits", "days"} or null where there is none}. Read-only.';

-- Name: queue_metrics(); Type: FUNCTION; Schema: public; Owner: postgres

CREATE FUNCTION public.queue_metrics() RETURNS TABLE(queue text, waiting bigint, queued bigint, oldest_seconds integer)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    -- Counted from the rows, not from pgmq: so a tenant sees its own work only.
    with
    mine as materialized (select private.visible_client_ids() as id),
    work as (
        select 'high_priority' as queue, t.task_id, t.due_at from private.threads as t
        where t.client_id in (select m.id from mine as m) and t.task_id is not null
        union all
        select 'high_priority', null, t.due_at from private.threads as t
        where t.client_id in (select m.id from mine as m) and t.task_id is null and t.due_at is not null
        union all
        select d.queue, d.task_id, d.due_at from public.deliveries as d
        where d.client_id in (select m.id from mine as m) and d.status in ('queued', 'deferred', 'sending', 'unknown')
        union all
        select 'default', m.task_id, m.due_at from public.media as m
        where m.client_id in (select v.id from mine as v) and m.status = 'waiting'
        union all
        select 'low_priority', r.task_id, r.due_at from public.reports as r
        where r.client_id in (select m.id from mine as m) and (r.task_id is not null or (r.stale and r.status <> 'failed'))
        union all
        select 'failed_tasks', 0, f.created_at from public.failed_tasks as f
        where f.client_id in (select m.id from mine as m) and f.status = 'dead'
    )
    select q.name, count(w.queue) filter (where w.task_id is null), count(w.task_id),
        greatest(0, extract(epoch from now() - min(w.due_at)))::integer
    from unnest(array['high_priority', 'default', 'low_priority', 'failed_tasks']) with ordinality as q (name, ord)
    left join work as w on w.queue = q.name
    group by q.name, q.ord
    order by q.ord;
$$;

ALTER FUNCTION public.queue_metrics() OWNER TO postgres;

-- Name: FUNCTION queue_metrics(); Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON FUNCTION public.queue_metrics() IS 'The caller''s work by queue: waiting in rows, queued in pgmq, and for how many seconds the oldest has been due. Admins see everybody''s. Read-only.';

-- Name: remove_member(uuid); Type: FUNCTION; Schema: public; Owner: postgres

CREATE FUNCTION public.remove_member(member_id uuid) RETURNS public.client_members
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    member public.client_members;
begin
    -- One change of a client's people at a time, as in private.add_member.
    perform from public.clients as c
    where c.id = (select m.client_id from public.client_members as m where m.id = remove_member.member_id)
    for no key update;
    select m.* into member
    from public.client_members as m
    where m.id = remove_member.member_id
        and (
            m.client_id in (select private.owned_client_ids())
            -- Nobody is held where somebody else's invitation put them.
            or (m.profile_id = private.current_profile_id() and m.client_id in (select private.visible_client_ids()))
        )
    for update;
    if not found then
        raise exception 'there is no such member of a client you own' using errcode = 'PT404';
    end if;
    if member.role = 'owner' and member.status = 'active' and not exists (
        select from public.client_members as m
        where m.client_id = member.client_id and m.id <> member.id and m.role = 'owner' and m.status = 'active'
    ) then
        raise exception 'a client keeps at least one owner' using errcode = '22023';
    end if;
    update public.client_members as m set status = 'removed' where m.id = member.id returning * into member;
    return member;
end
$$;

ALTER FUNCTION public.remove_member(member_id uuid) OWNER TO postgres;

-- Name: FUNCTION remove_member(member_id uuid); Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON FUNCTION public.remove_member(member_id uuid) IS 'Owners and admins: takes a person''s access to a client away, at once; a member may leave so, too. The last owner cannot be removed. Idempotent for owners and admins; who has left is answered as anybody who is no member.';

-- Name: failed_tasks; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.failed_tasks (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid NOT NULL,
    queue text NOT NULL,
    task text NOT NULL,
    task_row_id uuid NOT NULL,
    payload jsonb NOT NULL,
    error jsonb NOT NULL,
    attempts integer NOT NULL,
    status public.failed_task_status DEFAULT 'dead'::public.failed_task_status NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    replayed_at timestamp with time zone,
    resolved_at timestamp with time zone,
    msg_id bigint
);

ALTER TABLE ONLY public.failed_tasks FORCE ROW LEVEL SECURITY;

ALTER TABLE public.failed_tasks OWNER TO postgres;

-- Name: TABLE failed_tasks; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.failed_tasks IS 'The dead letters: work that failed for good, with its error. The queue of the same name carries their ids.';

-- Name: COLUMN failed_tasks.msg_id; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.failed_tasks.msg_id IS 'The message in the queue failed_tasks that carries this row''s id, while it is dead.';

-- Name: replay_failed_task(uuid); Type: FUNCTION; Schema: public; Owner: postgres

CREATE FUNCTION public.replay_failed_task(failed_task_id uuid) RETURNS public.failed_tasks
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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
        perform from private.threads as t where t.id = (select d.thread_id from public.deliveries as d where d.id = f.task_row_id) for no key update;
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
            -- It gets a message id of its own: where the provider tells no more than that, its statuses would find nothing by the old one.
            set status = 'queued', attempts = 0, repeats = 0, throttles = 0, due_at = private.now(), reason = null, provider_message_id = null
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

ALTER FUNCTION public.replay_failed_task(failed_task_id uuid) OWNER TO postgres;

-- Name: FUNCTION replay_failed_task(failed_task_id uuid); Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON FUNCTION public.replay_failed_task(failed_task_id uuid) IS 'Puts a dead letter''s work back in its place, with all its attempts. A lead''s later messages are not overtaken: a turn always takes everything unhandled. Idempotent.';

-- Name: report_markdown(uuid); Type: FUNCTION; Schema: public; Owner: postgres

CREATE FUNCTION public.report_markdown(report_id uuid) RETURNS public."text/markdown"
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    select r.markdown::public."text/markdown" from public.reports as r where r.id = report_markdown.report_id;
$$;

ALTER FUNCTION public.report_markdown(report_id uuid) OWNER TO postgres;

-- Name: FUNCTION report_markdown(report_id uuid); Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON FUNCTION public.report_markdown(report_id uuid) IS 'A report as a Markdown document (Accept: text/markdown), under the caller''s own rights.';

-- Name: reports; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.reports (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid NOT NULL,
    kind public.report_kind NOT NULL,
    project_id uuid NOT NULL,
    interview_id uuid,
    status public.report_status DEFAULT 'queued'::public.report_status NOT NULL,
    stale boolean DEFAULT true NOT NULL,
    statistics jsonb,
    summary text,
    markdown text,
    model text,
    usage jsonb,
    error jsonb,
    attempts integer DEFAULT 0 NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    task_id bigint,
    claim uuid,
    generated_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT an_interview_report_names_its_interview CHECK (((kind = 'interview'::public.report_kind) = (interview_id IS NOT NULL))),
    CONSTRAINT ready_reports_are_written CHECK (((status <> 'ready'::public.report_status) OR ((statistics IS NOT NULL) AND (markdown IS NOT NULL))))
);

ALTER TABLE ONLY public.reports FORCE ROW LEVEL SECURITY;

ALTER TABLE public.reports OWNER TO postgres;

-- Name: TABLE reports; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.reports IS 'Reports of interviews and of projects: figures by SQL, words by the model, kept as JSON (statistics) and Markdown.';

-- Name: COLUMN reports.stale; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.reports.stale IS 'Something happened since it was written: it will be written again.';

-- Name: request_report(uuid); Type: FUNCTION; Schema: public; Owner: postgres

CREATE FUNCTION public.request_report(project_id uuid) RETURNS public.reports
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    queued_id uuid;
    report public.reports;
begin
    if not exists (select from public.projects as p where p.id = request_report.project_id and p.client_id in (select private.visible_client_ids())) then
        raise exception 'there is no such project' using errcode = 'PT404';
    end if;
    queued_id := private.queue_report(request_report.project_id, null, true);
    select r.* into report from public.reports as r where r.id = queued_id;
    perform private.ring('report');
    return report;
end
$$;

ALTER FUNCTION public.request_report(project_id uuid) OWNER TO postgres;

-- Name: FUNCTION request_report(project_id uuid); Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON FUNCTION public.request_report(project_id uuid) IS 'Has a project''s report written now. Returns its row; read it again until status is ready and stale is false.';

-- Name: resend_invitation(uuid); Type: FUNCTION; Schema: public; Owner: postgres

CREATE FUNCTION public.resend_invitation(interview_id uuid) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    i public.interviews;
    t private.threads;
    project public.projects;
    lead public.leads;
    company text;
    template public.message_templates;
    waiting public.deliveries;
    d public.deliveries;
    verdict record;
begin
    select x.* into i from public.interviews as x
    where x.id = resend_invitation.interview_id and x.client_id in (select private.visible_client_ids());
    if not found then
        raise exception 'there is no such interview' using errcode = 'PT404';
    end if;
    -- Lock order: the interview, then its thread.
    perform from public.interviews as x where x.id = i.id for no key update;
    if i.thread_id is not null then
        perform private.lock_threads(array[i.thread_id]);
    end if;
    select x.* into i from public.interviews as x where x.id = i.id;
    select x.* into project from public.projects as x where x.id = i.project_id;
    select x.* into t from private.threads as x where x.id = i.thread_id;
    if i.status <> 'pending' or project.status <> 'active' then
        return jsonb_build_object(
            'outcome', 'none', 'delivery_id', null, 'due_at', null,
            'reason', case when i.status <> 'pending' then 'the interview has begun, or has ended' else 'the project is not running' end
        );
    end if;
    if i.invited_at is null or t.interview_id is distinct from i.id then
        return jsonb_build_object('outcome', 'waiting', 'delivery_id', null, 'due_at', null, 'reason', 'the first invitation waits for its turn');
    end if;
    select x.* into waiting from public.deliveries as x
    where x.client_id = i.client_id and x.interview_id = i.id and x.kind in ('invitation', 'reminder') and x.status in ('queued', 'deferred', 'sending', 'unknown')
    order by x.seq
    limit 1;
    if found then
        return jsonb_build_object('outcome', 'waiting', 'delivery_id', waiting.id, 'due_at', waiting.due_at, 'reason', waiting.reason);
    end if;
    template := private.template_for(project.client_id, t.channel_account_id, 'invitation', project.config #>> '{invitation,template}');
    if template.id is null then
        raise exception '%', private.no_template(project.client_id, t.channel_account_id, 'invitation', project.config #>> '{invitation,template}')
            using errcode = '22023';
    end if;
    select x.* into lead from public.leads as x where x.id = i.lead_id;
    select c.company_name into company from public.clients as c where c.id = i.client_id;
    d := jsonb_populate_record(null::public.deliveries, jsonb_build_object(
        'id', gen_random_uuid(), 'client_id', i.client_id, 'lead_id', i.lead_id, 'thread_id', t.id, 'interview_id', i.id,
        'channel_account_id', t.channel_account_id, 'kind', 'invitation', 'content', private.template_content(template, lead.name, company, project.name, null),
        'message_id', gen_random_uuid(), 'queue', 'default', 'seq', t.last_seq + 1
    ));
    -- Somebody asks for it and waits for the answer: what policy forbids is refused, not stored as cancelled.
    select * into verdict from private.policy_verdict(d);
    if verdict.verdict = 'cancel' then
        raise exception '%', verdict.reason using errcode = '42501';
    end if;
    insert into public.deliveries as x (id, client_id, lead_id, thread_id, interview_id, channel_account_id, kind, content, message_id, queue, seq)
    values (d.id, d.client_id, d.lead_id, d.thread_id, d.interview_id, d.channel_account_id, d.kind, d.content, d.message_id, d.queue, d.seq)
    returning x.* into d;
    insert into public.interview_messages (id, interview_id, role, content, metadata, client_id, seq)
    values (d.message_id, i.id, 'assistant', d.content ->> 'text', jsonb_build_object('type', 'template', 'delivery_id', d.id), i.client_id, d.seq);
    update private.threads as x set last_seq = d.seq where x.id = t.id;
    if d.status = 'queued' then
        perform private.admit_deliveries(i.client_id, 'default');
        perform private.ring('deliver');
    end if;
    return jsonb_build_object('outcome', d.status, 'delivery_id', d.id, 'due_at', d.due_at, 'reason', d.reason);
end
$$;

ALTER FUNCTION public.resend_invitation(interview_id uuid) OWNER TO postgres;

-- Name: FUNCTION resend_invitation(interview_id uuid); Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON FUNCTION public.resend_invitation(interview_id uuid) IS 'A client''s people and admins: sends a lead who has not answered its invitation once more, within policy. Returns {"outcome": queued | deferred (until due_at, for the reason) | waiting (one is still on its way: no other is made) | none (there is nothing to invite to any more), "delivery_id", "due_at", "reason"}. Raises PT404 for an interview that is not the caller''s, 22023 without an approved template, 42501 where policy speaks against it. While one waits, calling again sends nothing more.';

-- Name: reverse_conversion(uuid, text); Type: FUNCTION; Schema: public; Owner: postgres

CREATE FUNCTION public.reverse_conversion(conversion_id uuid, reason text) RETURNS public.conversions
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
    v public.conversions;
    why text := btrim(coalesce(reverse_conversion.reason, ''));
begin
    if not private.is_admin() then
        raise exception 'only an admin takes back a conversion' using errcode = '42501';
    end if;
    select * into v from public.conversions as x where x.id = reverse_conversion.conversion_id;
    if not found then
        raise exception 'there is no such conversion' using errcode = 'PT404';
    end if;
    if why = '' or char_length(why) > 1000 then
        raise exception 'reason must be a text of 1 to 1000 characters' using errcode = '22023';
    end if;
    -- Lock order: threads, the lead, what hangs on it.
    perform private.lock_threads(array(select t.id from private.threads as t where t.client_id = v.client_id and t.lead_id = v.lead_id));
    perform from public.leads as l where l.id = v.lead_id for no key update;
    select * into strict v from public.conversions as x where x.id = v.id for no key update;
    if v.reversed_at is not null then
        return v;
    end if;
    update public.conversations as c set customer_client_id = null where c.client_id = v.client_id and c.lead_id = v.lead_id and c.customer_client_id = v.made_client_id;
    update public.qualifications as q set status = 'reversed', reason = why where q.id = v.qualification_id;
    update public.leads as l set qualified_at = null where l.id = v.lead_id;
    -- Nothing that its people may have made meanwhile is deleted. Without people and active status nobody sees it, and nothing goes out.
    update public.projects as p set status = 'paused' where p.client_id = v.made_client_id and p.status = 'active';
    update public.client_members as m set status = 'removed' where m.client_id = v.made_client_id and m.status <> 'removed';
    update public.clients as k set status = 'inactive' where k.id = v.made_client_id;
    update public.conversions as x set reversed_at = private.now(), reversed_by = private.current_profile_id(), reason = why where x.id = v.id returning * into v;
    perform private.audit(v.client_id, 'conversion_reversed', 'lead', v.lead_id, jsonb_build_object(
        'conversion_id', v.id, 'qualification_id', v.qualification_id, 'client_id', v.made_client_id, 'project_id', v.made_project_id
    ));
    perform private.audit(v.made_client_id, 'client_deactivated', 'client', v.made_client_id, jsonb_build_object('by', 'conversion_reversed'));
    return v;
end
$$;

ALTER FUNCTION public.reverse_conversion(conversion_id uuid, reason text) OWNER TO postgres;

-- Name: FUNCTION reverse_conversion(conversion_id uuid, reason text); Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON FUNCTION public.reverse_conversion(conversion_id uuid, reason text) IS 'Admins: takes back that a lead became a client. The client becomes inactive and its people lose their access, its running projects pause, the conversation is one with a lead again, who may qualify anew. Nothing is deleted. Idempotent. Returns the conversions row.';

-- Name: run_isa_plan(text); Type: FUNCTION; Schema: public; Owner: postgres

CREATE FUNCTION public.run_isa_plan(token text) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    taken record;
    act jsonb;
    outcome jsonb;
    outcomes jsonb := '[]';
    result jsonb;
begin
    perform private.isa_admin();
    select t.command_id, t.plan into taken from private.take_isa_token(run_isa_plan.token) as t;
    for act in select a.act from jsonb_array_elements(taken.plan -> 'acts') with ordinality as a (act, ord) order by a.ord
    loop
        begin
            outcome := private.do_isa_act(act);
        exception when others then
            -- What is about the moment is for the caller to try again: the token comes back with the transaction. A rule that speaks against an
            -- act is its answer, and the other acts are done all the same.
            if sqlstate ~ '^(08|40|53|55|57|58|XX)' then
                raise;
            end if;
            outcome := jsonb_build_object('act', act -> 'act', 'done', false, 'text', format('Não foi possível %s: %s.', act ->> 'text', rtrim(sqlerrm, '.')));
        end;
        outcomes := outcomes || jsonb_build_array(outcome);
    end loop;
    result := jsonb_build_object(
        'outcome', case when outcomes @> '[{"done": true}]' then 'done' else 'unchanged' end, 'plan', taken.plan, 'acts', outcomes,
        'text', (select string_agg(o.outcome ->> 'text', ' ' order by o.ord) from jsonb_array_elements(outcomes) with ordinality as o (outcome, ord))
    );
    perform private.note_isa_result(
        taken.command_id, result, (taken.plan #>> '{acts,0,target_type}')::public.isa_target_type, (taken.plan #>> '{acts,0,target_id}')::uuid, true
    );
    return jsonb_build_object('id', taken.command_id) || (result - 'plan');
end
$$;

ALTER FUNCTION public.run_isa_plan(token text) OWNER TO postgres;

-- Name: FUNCTION run_isa_plan(token text); Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON FUNCTION public.run_isa_plan(token text) IS 'Admins: does what a confirmed token''s plan says, once, in one transaction and under the caller''s own rights, and writes what came of it into the command''s row. Returns {"id", "outcome": done | unchanged, "acts": [{"act", "done", "text"}], "text"}. Refuses a token that is not the caller''s (403), was used (409) or is late (410); repeated after a lost answer it says used, and isa_commands has the result.';

-- Name: set_channel_credentials(uuid, text, text); Type: FUNCTION; Schema: public; Owner: postgres

CREATE FUNCTION public.set_channel_credentials(channel_account_id uuid, ciphertext text, key_id text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
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
$_$;

ALTER FUNCTION public.set_channel_credentials(channel_account_id uuid, ciphertext text, key_id text) OWNER TO postgres;

-- Name: FUNCTION set_channel_credentials(channel_account_id uuid, ciphertext text, key_id text); Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON FUNCTION public.set_channel_credentials(channel_account_id uuid, ciphertext text, key_id text) IS 'Owners and admins, through the function channel_credentials: stores an account''s credentials, already encrypted, and starts the account again if the engine had stopped it. They cannot be read again through the API. Idempotent.';

-- Name: take_over(uuid); Type: FUNCTION; Schema: public; Owner: postgres

CREATE FUNCTION public.take_over(lead_id uuid) RETURNS SETOF public.conversations
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
    lead public.leads;
    ids uuid[];
begin
    select * into lead from public.leads as l where l.id = take_over.lead_id and l.client_id in (select private.visible_client_ids());
    if not found then
        raise exception 'there is no such lead' using errcode = 'PT404';
    end if;
    ids := array(select t.id from private.threads as t where t.client_id = lead.client_id and t.lead_id = lead.id order by t.id);
    perform private.lock_threads(ids);
    return query
    select c.*
    from unnest(ids) as u (id)
    cross join lateral private.hand_over(u.id, 'a person took over', private.current_profile_id()) as h (conversation_id)
    join public.conversations as c on c.id = h.conversation_id;
end
$$;

ALTER FUNCTION public.take_over(lead_id uuid) OWNER TO postgres;

-- Name: FUNCTION take_over(lead_id uuid); Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON FUNCTION public.take_over(lead_id uuid) IS 'A client''s people: from now on a person has the dialogue with a lead. A turn under way says nothing any more, what an agent has not sent yet is cancelled, a running interview ends as handed_over. Idempotent. Returns the conversations.';

-- Name: begin_turns(jsonb, integer); Type: FUNCTION; Schema: worker; Owner: postgres

CREATE FUNCTION worker.begin_turns(tasks jsonb, visibility_s integer) RETURNS jsonb
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select jsonb_build_object('tasks', private.begin_turns(begin_turns.tasks, begin_turns.visibility_s));
$$;

ALTER FUNCTION worker.begin_turns(tasks jsonb, visibility_s integer) OWNER TO postgres;

-- Name: FUNCTION begin_turns(tasks jsonb, visibility_s integer); Type: COMMENT; Schema: worker; Owner: postgres

COMMENT ON FUNCTION worker.begin_turns(tasks jsonb, visibility_s integer) IS 'Asks again for claimed turns that were still inside their debounce: [{"id", "msg_id"}] → {"tasks"}, as claim_tasks returns them.';

-- Name: call_tool(uuid, uuid, text, text, jsonb, uuid); Type: FUNCTION; Schema: worker; Owner: postgres

CREATE FUNCTION worker.call_tool(thread_id uuid, lease uuid, call_id text, tool text, arguments jsonb, sub_agent_id uuid DEFAULT NULL::uuid) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET statement_timeout TO '5s'
    AS $_$
#variable_conflict use_column
declare
    t private.threads;
    made public.tool_calls;
    agent public.renus_config;
    called public.tools;
    began timestamptz := clock_timestamp();
    outcome jsonb;
    problem text;
begin
    -- One and the same call, made again while it still runs, waits for its answer.
    perform pg_advisory_xact_lock(hashtextextended('call_tool ' || call_tool.lease || ' ' || call_tool.call_id, 0));
    select * into t from private.threads as x where x.id = call_tool.thread_id;
    if not found or t.lease is distinct from call_tool.lease or t.lease_until <= clock_timestamp() or t.conversation_id is null then
        return '{"verdict": "stale"}';
    end if;
    select * into made from public.tool_calls as c where c.turn_id = t.lease and c.call_id = call_tool.call_id;
    if found then
        return private.outcome_of(made);
    end if;
    select * into agent from public.renus_config as r where r.id = t.agent_id;
    -- SECURITY: the row says which function; only what is enabled for this agent is looked for.
    select o.* into called from private.tools_of(agent, call_tool.sub_agent_id) as o where o.name = call_tool.tool;
    problem := case
        when (select count(*) from public.tool_calls as c where c.turn_id = t.lease)
            >= coalesce((agent.config #>> '{conversation,limits,tool_calls}')::integer, private.setting_int('tool_calls_per_turn')) then 'no more tools can be called in this turn'
        when called.id is null then 'there is no such tool for this agent'
        when octet_length(call_tool.arguments::text) > 16384 then 'the arguments are too long'
        else coalesce(private.tool_problem(called.function_name), private.arguments_problem(coalesce(call_tool.arguments, '{}'), called.parameters_schema))
    end;
    if problem is null then
        -- SECURITY: the lease, which nobody can guess, says whose turn it is; the tool runs as renum_agent, whose policies ask it. A tenant's id in
        -- its place could be set by the tool to another one's.
        perform set_config('renum.lease', t.lease::text, true);
        begin
            execute format('select agent_tools.%I($1)', called.function_name) into outcome using coalesce(call_tool.arguments, '{}');
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- SECURITY: a rule's own sentence is for the model; anything else may quote what the row holds.
                problem := case when sqlstate in ('22023', '42501', 'P0001') then left(sqlerrm, 500) else format('the tool failed (%s)', sqlstate) end;
        end;
        perform set_config('renum.lease', '', true);
    end if;
    insert into public.tool_calls (client_id, lead_id, thread_id, turn_id, call_id, tool, sub_agent_id, arguments, result, error, duration_ms)
    values (
        t.client_id, t.lead_id, t.id, t.lease, left(call_tool.call_id, 200), left(call_tool.tool, 100), call_tool.sub_agent_id,
        case when octet_length(call_tool.arguments::text) <= 16384 then coalesce(call_tool.arguments, '{}') else '{}' end,
        case when problem is null then coalesce(outcome, 'null') end, problem, extract(epoch from clock_timestamp() - began) * 1000
    )
    returning * into made;
    return private.outcome_of(made);
end
$_$;

ALTER FUNCTION worker.call_tool(thread_id uuid, lease uuid, call_id text, tool text, arguments jsonb, sub_agent_id uuid) OWNER TO postgres;

-- Name: FUNCTION call_tool(thread_id uuid, lease uuid, call_id text, tool text, arguments jsonb, sub_agent_id uuid); Type: COMMENT; Schema: worker; Owner: postgres

COMMENT ON FUNCTION worker.call_tool(thread_id uuid, lease uuid, call_id text, tool text, arguments jsonb, sub_agent_id uuid) IS 'Runs a tool for the turn under this lease: {"verdict": "done", "result"} | {"verdict": "refused", "error": why, as a sentence for the model} | {"verdict": "stale"}: the lease is lost, stop. The tool must be active and enabled for the agent or the named specialist, its arguments follow its schema, its function belong to renum_agent, as whom it runs under row level security bound to the turn''s lead. Every call is kept in tool_calls. Idempotent by lease and call_id.';

-- Name: channel_account(uuid); Type: FUNCTION; Schema: worker; Owner: postgres

CREATE FUNCTION worker.channel_account(channel_account_id uuid) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select jsonb_build_object(
        'id', a.id, 'client_id', a.client_id, 'channel', a.channel, 'provider', a.provider, 'external_id', a.external_id, 'status', a.status, 'config', a.config,
        'credentials', case when s.ciphertext is not null then jsonb_build_object('ciphertext', s.ciphertext, 'key_id', s.key_id) end
    )
    from public.channel_accounts as a
    left join private.channel_credentials as s on s.channel_account_id = a.id
    where a.id = channel_account.channel_account_id;
$$;

ALTER FUNCTION worker.channel_account(channel_account_id uuid) OWNER TO postgres;

-- Name: FUNCTION channel_account(channel_account_id uuid); Type: COMMENT; Schema: worker; Owner: postgres

COMMENT ON FUNCTION worker.channel_account(channel_account_id uuid) IS 'A channel account with its encrypted credentials; null if there is none of that id. Read-only.';

-- Name: claim_tasks(text[], integer, integer); Type: FUNCTION; Schema: worker; Owner: postgres

CREATE FUNCTION worker.claim_tasks(queues text[], max integer, visibility_s integer) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    q text;
    room integer;
    messages jsonb := '[]';
    tasks jsonb;
    starving integer := case when cardinality(queues) > 1 and random() * 8 < max then greatest(max / 8, 1) else 0 end;
begin
    if not queues <@ array['high_priority', 'default', 'low_priority'] then
        raise exception 'queues are high_priority, default and low_priority' using errcode = 'PT400';
    end if;
    -- Invitations are made as far as there is room for them. Before anything is read: making them may wait for a thread that is just being
    -- made, and nobody is to wait for a task meanwhile.
    if 'default' = any (queues) and max > 0 then
        perform private.invite_next(c.client_id) from private.clients_to_invite() as c (client_id);
    end if;
    -- pgmq.read is a statement of its own, before any lock: it never waits, and what it hides is claimed within this transaction.
    -- Strict order, but for one slot in eight, which takes the lowest queue first: it must not starve.
    if starving > 0 then
        messages := messages || private.read_queue(queues[cardinality(queues)], starving, visibility_s);
    end if;
    foreach q in array queues loop
        room := max - jsonb_array_length(messages);
        if room > 0 then
            messages := messages || private.read_queue(q, room, visibility_s);
        end if;
    end loop;
    select private.begin_turns(coalesce(jsonb_agg(m.v) filter (where m.v ->> 'task' = 'agent_turn'), '[]'), visibility_s)
        || private.begin_deliveries(coalesce(jsonb_agg(m.v) filter (where m.v ->> 'task' = 'delivery'), '[]'), visibility_s)
        || private.begin_media(coalesce(jsonb_agg(m.v) filter (where m.v ->> 'task' = 'media'), '[]'), visibility_s)
        || private.begin_reports(coalesce(jsonb_agg(m.v) filter (where m.v ->> 'task' = 'report'), '[]'), visibility_s)
    into tasks
    from jsonb_array_elements(messages) as m (v);
    return jsonb_build_object('tasks', tasks, 'next_due_ms', private.next_due_ms(queues));
end
$$;

ALTER FUNCTION worker.claim_tasks(queues text[], max integer, visibility_s integer) OWNER TO postgres;

-- Name: FUNCTION claim_tasks(queues text[], max integer, visibility_s integer); Type: COMMENT; Schema: worker; Owner: postgres

COMMENT ON FUNCTION worker.claim_tasks(queues text[], max integer, visibility_s integer) IS 'Claims up to max tasks for visibility_s seconds, the first queue first. Returns {"tasks": [{"task", "queue", "msg_id", "id", "client_id", "attempt", "claim", "wait_ms", "work"}], "next_due_ms"}: when the next one will be due, null if nothing waits. A claim that is not finished in time lapses and counts as a failed attempt.';

-- Name: commit_turns(jsonb); Type: FUNCTION; Schema: worker; Owner: postgres

CREATE FUNCTION worker.commit_turns(results jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

ALTER FUNCTION worker.commit_turns(results jsonb) OWNER TO postgres;

-- Name: FUNCTION commit_turns(results jsonb); Type: COMMENT; Schema: worker; Owner: postgres

COMMENT ON FUNCTION worker.commit_turns(results jsonb) IS 'Commits turns, each whole or not at all: [{"thread_id", "lease", "proposal", "model", "graph", "steps", …}] → [{"thread_id", "lease", "verdict", "task", "delivery"}]. verdict: committed, partial (a further turn follows), superseded (task: the same lease with merged input, run it again), stale (the lease was lost, nothing written; a commit repeated because its answer got lost hears its answer again), failed (an error, retried later). delivery: the reply, claimed for the caller to send at once. Idempotent by the lease.';

-- Name: complete_deliveries(jsonb); Type: FUNCTION; Schema: worker; Owner: postgres

CREATE FUNCTION worker.complete_deliveries(results jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
    item jsonb;
    d public.deliveries;
    answer jsonb := '[]';
    next_task jsonb;
    visibility_s integer := private.setting_int('visibility_s');
begin
    -- Lock order: interviews (which a refusal that is an opt-out ends, whatever account it came by), threads, then deliveries.
    if results @? '$[*].error ? (@.scope == "recipient")' then
        perform private.lock_threads(array(
            select t.id
            from private.threads as t
            join public.deliveries as x on x.client_id = t.client_id and x.lead_id = t.lead_id
            where x.id in (select (r ->> 'id')::uuid from jsonb_array_elements(results) as r where r #>> '{error,scope}' = 'recipient')
            union
            select x.thread_id from public.deliveries as x where x.id in (select (r ->> 'id')::uuid from jsonb_array_elements(results) as r)
        ));
    else
        perform from private.threads as t
        where t.id in (select x.thread_id from public.deliveries as x where x.id in (select (r ->> 'id')::uuid from jsonb_array_elements(results) as r))
        order by t.id
        for no key update;
    end if;
    perform private.lock_paces(array(
        select x.channel_account_id from public.deliveries as x where x.id in (select (r ->> 'id')::uuid from jsonb_array_elements(results) as r)
    ));
    -- Accounts that may be stopped, by id as well: two batches that stop the same two do not wait crosswise.
    if results @? '$[*].error ? (@.scope == "number" || @.scope == "account")' then
        perform from public.channel_accounts as a
        where a.id in (
            select x.channel_account_id from public.deliveries as x
            where x.id in (select (r ->> 'id')::uuid from jsonb_array_elements(results) as r where r #>> '{error,scope}' in ('number', 'account'))
        )
        order by a.id
        for no key update;
    end if;
    for item in select r from jsonb_array_elements(results) as r order by (r ->> 'id')::uuid loop
        begin
            select * into d from public.deliveries as x where x.id = (item ->> 'id')::uuid for no key update;
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
                perform private.throttle_delivery(d.id, item -> 'error', (item ->> 'retry_after_ms')::numeric);
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
$_$;

ALTER FUNCTION worker.complete_deliveries(results jsonb) OWNER TO postgres;

-- Name: FUNCTION complete_deliveries(results jsonb); Type: COMMENT; Schema: worker; Owner: postgres

COMMENT ON FUNCTION worker.complete_deliveries(results jsonb) IS 'What became of sends: [{"id", "claim", "outcome": sent | unknown | failed | throttled, "provider_message_id", "error", "retry_after_ms"}] → [{"id", "status", "task"}]. task: the thread''s next reply, claimed for the caller. status stale: the claim was lost. unknown waits for the provider''s word, throttled does not count as an attempt, and where the number or the account is throttled all its sends wait; an error of the account''s (scope number or account, for good) stops the account, and the delivery waits for it. Idempotent by the claim: repeated because its answer got lost, it hands out the same task again.';

-- Name: extend_task(text, uuid, uuid, integer); Type: FUNCTION; Schema: worker; Owner: postgres

CREATE FUNCTION worker.extend_task(task text, id uuid, claim uuid, visibility_s integer) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

ALTER FUNCTION worker.extend_task(task text, id uuid, claim uuid, visibility_s integer) OWNER TO postgres;

-- Name: FUNCTION extend_task(task text, id uuid, claim uuid, visibility_s integer); Type: COMMENT; Schema: worker; Owner: postgres

COMMENT ON FUNCTION worker.extend_task(task text, id uuid, claim uuid, visibility_s integer) IS 'Keeps a claim for longer. false: it was lost, stop.';

-- Name: fail_task(text, uuid, uuid, jsonb, boolean); Type: FUNCTION; Schema: worker; Owner: postgres

CREATE FUNCTION worker.fail_task(task text, id uuid, claim uuid, error jsonb, retryable boolean) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    case fail_task.task
        when 'agent_turn' then
            perform private.lock_threads(array[fail_task.id]);
            if exists (select from private.threads as t where t.id = fail_task.id and t.lease = fail_task.claim) then
                return private.retry_turn(fail_task.id, fail_task.error, fail_task.retryable, 'failed');
            end if;
        when 'delivery' then
            perform from public.deliveries as d where d.id = fail_task.id and d.claim = fail_task.claim and d.status = 'sending' for no key update;
            if found then
                return private.retry_delivery(fail_task.id, fail_task.error, fail_task.retryable);
            end if;
        when 'report' then
            perform from public.reports as r where r.id = fail_task.id and r.claim = fail_task.claim for update;
            if found then
                return private.retry_report(fail_task.id, fail_task.error, fail_task.retryable);
            end if;
        when 'media' then
            perform from public.media as m where m.id = fail_task.id and m.claim = fail_task.claim for update;
            if found then
                return private.retry_media(fail_task.id, fail_task.error, fail_task.retryable);
            end if;
        else
            raise exception 'there is no task named %', fail_task.task using errcode = 'PT400';
    end case;
    return '{"outcome": "stale", "retry_in_ms": null}';
end
$$;

ALTER FUNCTION worker.fail_task(task text, id uuid, claim uuid, error jsonb, retryable boolean) OWNER TO postgres;

-- Name: FUNCTION fail_task(task text, id uuid, claim uuid, error jsonb, retryable boolean); Type: COMMENT; Schema: worker; Owner: postgres

COMMENT ON FUNCTION worker.fail_task(task text, id uuid, claim uuid, error jsonb, retryable boolean) IS 'A claimed task failed: {"outcome": "retry" | "dead" | "stale", "retry_in_ms"}. Retries after 1, 5, 25 seconds; then, or at once when not retryable, a row in failed_tasks. Idempotent by the claim.';

-- Name: ingest(uuid, jsonb); Type: FUNCTION; Schema: worker; Owner: postgres

CREATE FUNCTION worker.ingest(channel_account_id uuid, events jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
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
                when i.v ->> 'kind' = 'message' and private.sender_key(i.v -> 'sender') is null then 'unrouted'
                when i.v ->> 'kind' = 'message' then 'stored'
                when i.v ->> 'kind' = 'status' then 'status'
                when i.v ->> 'kind' in ('opt_out', 'opt_in') then 'preference'
                when i.v ->> 'kind' in ('account', 'template') then 'followed'
                else 'kept'
            end::public.event_outcome,
            coalesce(i.v -> 'raw', i.v),
            case
                when i.account_id is null then 'names the number ' || coalesce(i.v ->> 'number', '?')
                when i.v ->> 'kind' = 'message' and private.sender_key(i.v -> 'sender') is null then 'names no sender'
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
        group by 1 order by min(private.normalize_phone('+' || ltrim(coalesce(x.v #>> '{event,sender,wa_id}', x.v #>> '{event,sender,phone}'), '+'))), min(private.sender_key(x.v #> '{event,sender}')), 1
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
        select (x.v ->> 'thread_id')::uuid from jsonb_array_elements(coalesce(moved, '[]')) as x (v)
        union
        -- Of a lead all of them: a word to be left alone, and a refusal that means one, ends what is under way on any.
        select t.id
        from (
            select (x.v ->> 'client_id')::uuid as client_id, (x.v ->> 'lead_id')::uuid as lead_id from jsonb_array_elements(coalesce(spoken, '[]')) as x (v)
            union
            select d.client_id, d.lead_id
            from jsonb_array_elements(coalesce(moved, '[]')) as x (v)
            join public.deliveries as d on d.id = (x.v ->> 'delivery_id')::uuid
            where x.v #>> '{event,status,error,scope}' = 'recipient'
        ) as l
        join private.threads as t on t.client_id = l.client_id and t.lead_id = l.lead_id
        union
        select t.id
        from jsonb_array_elements(fresh) as x (v)
        cross join lateral (select private.lead_of_sender(account.client_id, x.v #> '{event,sender}') as lead_id) as l
        join private.threads as t on t.client_id = account.client_id and t.lead_id = l.lead_id
        where x.v ->> 'outcome' = 'preference'
        union
        select t.id
        from jsonb_array_elements(fresh) as x (v)
        cross join lateral (select private.lead_of_sender(account.client_id, x.v #> '{event,sender}') as lead_id) as l
        join private.threads as t on t.lead_id = l.lead_id and t.channel_account_id = (x.v ->> 'account_id')::uuid
        where x.v #> '{event,echo}' is not null
    ));

    -- Then the accounts that this may stop or start.
    if fresh @? '$[*] ? (@.outcome == "followed" || @.event.status.error.scope == "number" || @.event.status.error.scope == "account")' then
        perform from public.channel_accounts as a
        where a.id in (select (x.v ->> 'account_id')::uuid from jsonb_array_elements(fresh) as x (v) where x.v ->> 'outcome' in ('followed', 'status'))
        order by a.id
        for no key update;
    end if;

    if spoken is not null then
        stored := private.ingest_messages(spoken);
        if spoken @? '$[*].event.message.media.id' then
            fetching := private.keep_media(spoken);
        end if;
    end if;
    perform private.follow_echo((x.v ->> 'account_id')::uuid, x.v -> 'event')
    from (select y.v from jsonb_array_elements(fresh) as y (v) where y.v #> '{event,echo}' is not null order by (y.v ->> 'ord')::bigint) as x;
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
            when 'template' then perform private.follow_template(item.account_id, item.event);
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
$_$;

ALTER FUNCTION worker.ingest(channel_account_id uuid, events jsonb) OWNER TO postgres;

-- Name: FUNCTION ingest(channel_account_id uuid, events jsonb); Type: COMMENT; Schema: worker; Owner: postgres

COMMENT ON FUNCTION worker.ingest(channel_account_id uuid, events jsonb) IS 'Takes a webhook''s items (events as an adapter''s parse() makes them) in one transaction: each once, leads found or made, messages stored on their threads, deliveries moved by statuses, opt-outs recorded, everything else kept raw. Idempotent. Returns how many of each. 404 for an unknown account.';

-- Name: save_account_facts(uuid, jsonb); Type: FUNCTION; Schema: worker; Owner: postgres

CREATE FUNCTION worker.save_account_facts(channel_account_id uuid, facts jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    portfolio text;
begin
    update public.channel_accounts as a
    set daily_limit = case when facts ? 'daily_limit' then (facts ->> 'daily_limit')::integer else a.daily_limit end,
        display_phone = coalesce(left(nullif(btrim(facts ->> 'display_phone'), ''), 50), a.display_phone),
        portfolio_id = coalesce(left(nullif(btrim(facts ->> 'portfolio_id'), ''), 200), a.portfolio_id)
    where a.id = save_account_facts.channel_account_id
        and (a.daily_limit, a.display_phone, a.portfolio_id) is distinct from (
            case when facts ? 'daily_limit' then (facts ->> 'daily_limit')::integer else a.daily_limit end,
            coalesce(left(nullif(btrim(facts ->> 'display_phone'), ''), 50), a.display_phone),
            coalesce(left(nullif(btrim(facts ->> 'portfolio_id'), ''), 200), a.portfolio_id)
        );
    -- The limit is the portfolio's: what one of its numbers is told holds for all of the client's.
    select a.portfolio_id into portfolio from public.channel_accounts as a where a.id = save_account_facts.channel_account_id;
    if facts ? 'daily_limit' and portfolio is not null then
        update public.channel_accounts as b
        set daily_limit = a.daily_limit
        from public.channel_accounts as a
        where a.id = save_account_facts.channel_account_id and b.client_id = a.client_id and b.portfolio_id = portfolio
            and b.daily_limit is distinct from a.daily_limit;
    end if;
end
$$;

ALTER FUNCTION worker.save_account_facts(channel_account_id uuid, facts jsonb) OWNER TO postgres;

-- Name: FUNCTION save_account_facts(channel_account_id uuid, facts jsonb); Type: COMMENT; Schema: worker; Owner: postgres

COMMENT ON FUNCTION worker.save_account_facts(channel_account_id uuid, facts jsonb) IS 'Notes what a provider says of an account: {"daily_limit"?: people in 24 hours or null for no limit, "display_phone"?, "portfolio_id"?}. What is not told stays; the limit counts for every account of the client in the same portfolio. Idempotent; nothing happens for an unknown account.';

-- Name: save_media(uuid, uuid, bigint, text, text); Type: FUNCTION; Schema: worker; Owner: postgres

CREATE FUNCTION worker.save_media(media_id uuid, claim uuid, size bigint, mime_type text, sha256 text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    update public.media as m
    set size = save_media.size, mime_type = coalesce(save_media.mime_type, m.mime_type), sha256 = save_media.sha256
    where m.id = save_media.media_id and m.claim = save_media.claim and m.status = 'waiting';
    if not found then
        return '{"verdict": "stale"}';
    end if;
    perform private.end_media(save_media.media_id, 'stored', null);
    perform private.admit_media(m.client_id) from public.media as m where m.id = save_media.media_id;
    return '{"verdict": "saved"}';
end
$$;

ALTER FUNCTION worker.save_media(media_id uuid, claim uuid, size bigint, mime_type text, sha256 text) OWNER TO postgres;

-- Name: FUNCTION save_media(media_id uuid, claim uuid, size bigint, mime_type text, sha256 text); Type: COMMENT; Schema: worker; Owner: postgres

COMMENT ON FUNCTION worker.save_media(media_id uuid, claim uuid, size bigint, mime_type text, sha256 text) IS 'A claimed file lies in storage: {"verdict": "saved" | "stale"}. stale: the claim was lost. Lets the client''s next file into the queue. Idempotent by the claim.';

-- Name: save_report(uuid, uuid, text, text, text, jsonb); Type: FUNCTION; Schema: worker; Owner: postgres

CREATE FUNCTION worker.save_report(report_id uuid, claim uuid, summary text, markdown text, model text, usage jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    r public.reports;
begin
    select * into r from public.reports as x where x.id = save_report.report_id for update;
    if not found or r.claim is null or r.claim is distinct from save_report.claim then
        return '{"verdict": "stale"}';
    end if;
    update public.reports as x
    set status = 'ready', summary = save_report.summary, markdown = save_report.markdown, model = save_report.model, usage = save_report.usage,
        generated_at = clock_timestamp(), claim = null, task_id = null, attempts = 0, error = null,
        due_at = case
            when x.kind = 'project' then clock_timestamp() + make_interval(secs => private.setting_int('project_report_every_s'))
            else clock_timestamp()
        end
    where x.id = r.id;
    perform pgmq.delete('low_priority', r.task_id);
    update public.failed_tasks as f set status = 'resolved', resolved_at = now() where f.task_row_id = r.id and f.status <> 'resolved';
    return '{"verdict": "saved"}';
end
$$;

ALTER FUNCTION worker.save_report(report_id uuid, claim uuid, summary text, markdown text, model text, usage jsonb) OWNER TO postgres;

-- Name: FUNCTION save_report(report_id uuid, claim uuid, summary text, markdown text, model text, usage jsonb); Type: COMMENT; Schema: worker; Owner: postgres

COMMENT ON FUNCTION worker.save_report(report_id uuid, claim uuid, summary text, markdown text, model text, usage jsonb) IS 'Stores a written report under its claim: {"verdict": "saved" | "stale"}. What changed since it was claimed keeps it stale, and it is written again.';

-- Name: save_templates(uuid, jsonb); Type: FUNCTION; Schema: worker; Owner: postgres

CREATE FUNCTION worker.save_templates(channel_account_id uuid, templates jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
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
$_$;

ALTER FUNCTION worker.save_templates(channel_account_id uuid, templates jsonb) OWNER TO postgres;

-- Name: FUNCTION save_templates(channel_account_id uuid, templates jsonb); Type: COMMENT; Schema: worker; Owner: postgres

COMMENT ON FUNCTION worker.save_templates(channel_account_id uuid, templates jsonb) IS 'Makes an account''s templates what its provider''s whole list says: [{"provider_id", "name", "language", "category", "body", "status", "reason", "components"}]. parameters and purpose stay as people chose them; a template that is not listed becomes disabled. Idempotent. Returns {"saved", "left_out": not storable or listed twice, "gone": not listed}. 404 for an unknown account.';

-- Name: interview_messages; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.interview_messages (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    interview_id uuid NOT NULL,
    role public.message_role NOT NULL,
    content text NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    "timestamp" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    client_id uuid NOT NULL,
    seq bigint NOT NULL,
    provider_timestamp timestamp with time zone
)
PARTITION BY RANGE ("timestamp");

ALTER TABLE ONLY public.interview_messages FORCE ROW LEVEL SECURITY;

ALTER TABLE public.interview_messages OWNER TO postgres;

-- Name: TABLE interview_messages; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.interview_messages IS 'What was said in interviews. Partitioned by month of timestamp, our own receive time; seq orders a thread.';

-- Name: COLUMN interview_messages.metadata; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.interview_messages.metadata IS '{"type", "provider_id", "payload", "reply_to"} of what came in; {"delivery_id"} of what went out.';

-- Name: messages; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.messages (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    conversation_id uuid NOT NULL,
    role public.message_role NOT NULL,
    content text NOT NULL,
    channel public.channel DEFAULT 'whatsapp'::public.channel NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    "timestamp" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    client_id uuid NOT NULL,
    seq bigint NOT NULL,
    provider_timestamp timestamp with time zone
)
PARTITION BY RANGE ("timestamp");

ALTER TABLE ONLY public.messages FORCE ROW LEVEL SECURITY;

ALTER TABLE public.messages OWNER TO postgres;

-- Name: TABLE messages; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.messages IS 'What was said in conversations, notifications included. Partitioned like interview_messages.';

-- Name: account_paces; Type: TABLE; Schema: private; Owner: postgres

CREATE TABLE private.account_paces (
    channel_account_id uuid NOT NULL,
    client_id uuid NOT NULL,
    next_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    not_before timestamp with time zone,
    reason text
)
WITH (fillfactor='50');

ALTER TABLE ONLY private.account_paces FORCE ROW LEVEL SECURITY;

ALTER TABLE private.account_paces OWNER TO postgres;

-- Name: TABLE account_paces; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON TABLE private.account_paces IS 'How fast each account has sent lately. One row for each account that has a throughput, or whose provider asked for a pause.';

-- Name: COLUMN account_paces.next_at; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON COLUMN private.account_paces.next_at IS 'When the next send would be due if all were spread evenly (a virtual scheduling clock).';

-- Name: COLUMN account_paces.not_before; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON COLUMN private.account_paces.not_before IS 'Until when the provider wants nothing from this account.';

-- Name: channel_credentials; Type: TABLE; Schema: private; Owner: postgres

CREATE TABLE private.channel_credentials (
    channel_account_id uuid NOT NULL,
    client_id uuid NOT NULL,
    ciphertext text NOT NULL,
    key_id text NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY private.channel_credentials FORCE ROW LEVEL SECURITY;

ALTER TABLE private.channel_credentials OWNER TO postgres;

-- Name: TABLE channel_credentials; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON TABLE private.channel_credentials IS 'AES-256-GCM ciphertext, bound to its account. The key is in the functions'' environment only.';

-- Name: intents; Type: TABLE; Schema: private; Owner: postgres

CREATE TABLE private.intents (
    id bigint NOT NULL,
    client_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    turn_id uuid NOT NULL,
    kind text NOT NULL,
    details jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT details_is_an_object CHECK ((jsonb_typeof(details) = 'object'::text)),
    CONSTRAINT kind_is_a_word CHECK ((kind ~ '^[a-z][a-z_]{0,62}$'::text))
);

ALTER TABLE ONLY private.intents FORCE ROW LEVEL SECURITY;

ALTER TABLE private.intents OWNER TO postgres;

-- Name: TABLE intents; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON TABLE private.intents IS 'What tools asked for in a turn that goes beyond the lead''s own rows: performed by the turn''s commit, by rules, or never. Gone with the commit.';

-- Name: intents_id_seq; Type: SEQUENCE; Schema: private; Owner: postgres

ALTER TABLE private.intents ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME private.intents_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: isa_tokens; Type: TABLE; Schema: private; Owner: postgres

CREATE TABLE private.isa_tokens (
    command_id uuid NOT NULL,
    admin_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    plan jsonb NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT token_hash_is_a_sha256 CHECK ((octet_length(token_hash) = 32))
);

ALTER TABLE ONLY private.isa_tokens FORCE ROW LEVEL SECURITY;

ALTER TABLE private.isa_tokens OWNER TO postgres;

-- Name: TABLE isa_tokens; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON TABLE private.isa_tokens IS 'What ISA planned and an admin may confirm: once, within five minutes, and only the admin who asked. The token itself is not kept.';

-- Name: prices; Type: TABLE; Schema: private; Owner: postgres

CREATE TABLE private.prices (
    provider text NOT NULL,
    item text NOT NULL,
    currency text NOT NULL,
    amount numeric(12,6) NOT NULL,
    valid_from date NOT NULL,
    CONSTRAINT amount_is_not_negative CHECK ((amount >= (0)::numeric)),
    CONSTRAINT currency_is_a_code_of_three_letters CHECK ((currency ~ '^[A-Z]{3}$'::text))
);

ALTER TABLE ONLY private.prices FORCE ROW LEVEL SECURITY;

ALTER TABLE private.prices OWNER TO postgres;

-- Name: TABLE prices; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON TABLE private.prices IS 'What a provider takes for one message to Brazil, for previews: an operator keeps it up to date. The bill is the provider''s.';

-- Name: COLUMN prices.item; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON COLUMN private.prices.item IS 'A template''s category (marketing, utility, authentication), or service: free text in an open window.';

-- Name: project_changes; Type: TABLE; Schema: private; Owner: postgres

CREATE TABLE private.project_changes (
    id bigint NOT NULL,
    project_id uuid NOT NULL
);

ALTER TABLE ONLY private.project_changes FORCE ROW LEVEL SECURITY;

ALTER TABLE private.project_changes OWNER TO postgres;

-- Name: TABLE project_changes; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON TABLE private.project_changes IS 'Projects whose figures changed. Only inserted into by commits, so that two of them never wait for one report row; the sweep empties it.';

-- Name: project_changes_id_seq; Type: SEQUENCE; Schema: private; Owner: postgres

ALTER TABLE private.project_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME private.project_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: providers; Type: TABLE; Schema: private; Owner: postgres

CREATE TABLE private.providers (
    provider text NOT NULL,
    channel public.channel NOT NULL,
    title text NOT NULL,
    official boolean NOT NULL,
    window_hours integer,
    templates boolean NOT NULL,
    text_limit integer NOT NULL,
    pair_interval_ms integer,
    pair_burst integer DEFAULT 1 NOT NULL,
    reports_delivery boolean NOT NULL,
    idempotent boolean NOT NULL,
    credentials text[] NOT NULL
);

ALTER TABLE ONLY private.providers FORCE ROW LEVEL SECURITY;

ALTER TABLE private.providers OWNER TO postgres;

-- Name: TABLE providers; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON TABLE private.providers IS 'What RENUM knows of each provider: whose adapter is in functions/renum/channels.';

-- Name: COLUMN providers.official; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON COLUMN private.providers.official IS 'Whether sending in this way keeps to the channel''s own terms: a gateway over WhatsApp Web does not.';

-- Name: COLUMN providers.window_hours; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON COLUMN private.providers.window_hours IS 'Free text is taken for so long after the person''s last message; null: always.';

-- Name: COLUMN providers.templates; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON COLUMN private.providers.templates IS 'Whether whoever writes first needs a template that the provider approved. Elsewhere a template''s text is sent as it reads.';

-- Name: COLUMN providers.text_limit; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON COLUMN private.providers.text_limit IS 'Characters of one text; a longer one is sent in parts.';

-- Name: COLUMN providers.pair_interval_ms; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON COLUMN private.providers.pair_interval_ms IS 'Least time between two messages to one person, over time; pair_burst of them may come at once. null: no limit.';

-- Name: COLUMN providers.reports_delivery; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON COLUMN private.providers.reports_delivery IS 'Whether it says later what became of a message: what a send whose answer got lost can be known by.';

-- Name: COLUMN providers.idempotent; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON COLUMN private.providers.idempotent IS 'Whether the same send, repeated, goes out once.';

-- Name: COLUMN providers.credentials; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON COLUMN private.providers.credentials IS 'Names of the credentials that the adapter cannot work without.';

-- Name: settings; Type: TABLE; Schema: private; Owner: postgres

CREATE TABLE private.settings (
    key text NOT NULL,
    value jsonb NOT NULL,
    comment text NOT NULL
);

ALTER TABLE ONLY private.settings FORCE ROW LEVEL SECURITY;

ALTER TABLE private.settings OWNER TO postgres;

-- Name: TABLE settings; Type: COMMENT; Schema: private; Owner: postgres

COMMENT ON TABLE private.settings IS 'Numbers and addresses an operator may change while the system runs.';

-- Name: audit_log; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.audit_log (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid,
    actor_id uuid,
    action text NOT NULL,
    subject_type text NOT NULL,
    subject_id uuid NOT NULL,
    details jsonb DEFAULT '{}'::jsonb NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT action_is_a_word CHECK ((action ~ '^[a-z][a-z_]{0,62}$'::text)),
    CONSTRAINT details_is_an_object CHECK ((jsonb_typeof(details) = 'object'::text)),
    CONSTRAINT subject_type_is_a_word CHECK ((subject_type ~ '^[a-z][a-z_]{0,62}$'::text))
);

ALTER TABLE ONLY public.audit_log FORCE ROW LEVEL SECURITY;

ALTER TABLE public.audit_log OWNER TO postgres;

-- Name: TABLE audit_log; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.audit_log IS 'Who did what to what, for good: written by private.audit, never changed. Ids and figures only: what a person said or is called is not in it, so that an erasure has nothing to find here.';

-- Name: COLUMN audit_log.client_id; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.audit_log.client_id IS 'Whose matter it is; null: RENUM''s own.';

-- Name: COLUMN audit_log.actor_id; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.audit_log.actor_id IS 'The person (profiles.id; stays when the person has gone); null: the engine.';

-- Name: callbacks; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.callbacks (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid DEFAULT private.default_client_id() NOT NULL,
    lead_id uuid NOT NULL,
    due_at timestamp with time zone NOT NULL,
    note text,
    status public.callback_status DEFAULT 'open'::public.callback_status NOT NULL,
    told_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT due_at_is_in_this_century CHECK (((due_at >= '2000-01-01 00:00:00+00'::timestamp with time zone) AND (due_at < '2100-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT note_has_at_most_1000_characters CHECK ((char_length(note) <= 1000))
);

ALTER TABLE ONLY public.callbacks FORCE ROW LEVEL SECURITY;

ALTER TABLE public.callbacks OWNER TO postgres;

-- Name: TABLE callbacks; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.callbacks IS 'Leads who asked to be called back, and when. Made by agents'' tools, settled by people.';

-- Name: COLUMN callbacks.told_at; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.callbacks.told_at IS 'When the owners were told that it is due.';

-- Name: consents; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.consents (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid DEFAULT private.default_client_id() NOT NULL,
    lead_id uuid NOT NULL,
    granted boolean NOT NULL,
    legal_basis public.legal_basis NOT NULL,
    text_version text,
    evidence jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    purpose text DEFAULT 'mensagens'::text NOT NULL,
    CONSTRAINT evidence_has_at_most_1024_kilobytes_and_20_levels CHECK (((octet_length((evidence)::text) <= 1048576) AND (NOT (evidence @? '$.**{20}'::jsonpath)))),
    CONSTRAINT evidence_is_an_object CHECK ((jsonb_typeof(evidence) = 'object'::text)),
    CONSTRAINT purpose_has_1_to_200_characters CHECK (((btrim(purpose) <> ''::text) AND (char_length(purpose) <= 200))),
    CONSTRAINT text_version_has_at_most_200_characters CHECK ((char_length(text_version) <= 200))
);

ALTER TABLE ONLY public.consents FORCE ROW LEVEL SECURITY;

ALTER TABLE public.consents OWNER TO postgres;

-- Name: TABLE consents; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.consents IS 'On what ground each lead may be contacted, and when that was withdrawn. Append-only; the newest row counts.';

-- Name: COLUMN consents.text_version; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.consents.text_version IS 'Which wording of the consent was shown.';

-- Name: COLUMN consents.evidence; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.consents.evidence IS '{"source": import | message | agent | provider | erasure | person, "recorded_by", …}: how it can be proved. source is the engine''s to say.';

-- Name: COLUMN consents.purpose; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.consents.purpose IS 'What for the lead may be written to, in words.';

-- Name: erasures; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.erasures (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid DEFAULT private.default_client_id() NOT NULL,
    lead_id uuid NOT NULL,
    reason text,
    requested_by uuid DEFAULT private.current_profile_id(),
    due_at timestamp with time zone DEFAULT (private.now() + '01:00:00'::interval) NOT NULL,
    done_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT reason_has_at_most_1000_characters CHECK ((char_length(reason) <= 1000))
);

ALTER TABLE ONLY public.erasures FORCE ROW LEVEL SECURITY;

ALTER TABLE public.erasures OWNER TO postgres;

-- Name: TABLE erasures; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.erasures IS 'Leads whose personal data is to be erased (LGPD art. 18 VI; TSE Res. 23.610/2019 art. 33: within 48 hours), and when that was done. Asked for by people, or by an opt-out where the agent''s pack says so. Append-only.';

-- Name: COLUMN erasures.due_at; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.erasures.due_at IS 'When it is carried out: an hour after a person asked, so that a slip of the hand can still be told to an admin.';

-- Name: isa_commands; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.isa_commands (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    admin_id uuid NOT NULL,
    command text NOT NULL,
    target_type public.isa_target_type,
    target_id uuid,
    result jsonb,
    executed_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT command_has_1_to_10000_characters CHECK (((btrim(command) <> ''::text) AND (char_length(command) <= 10000))),
    CONSTRAINT executed_at_is_in_this_century CHECK (((executed_at >= '2000-01-01 00:00:00+00'::timestamp with time zone) AND (executed_at < '2100-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT result_has_at_most_1024_kilobytes_and_20_levels CHECK (((octet_length((result)::text) <= 1048576) AND (NOT (result @? '$.**{20}'::jsonpath)))),
    CONSTRAINT result_is_an_object CHECK ((jsonb_typeof(result) = 'object'::text))
);

ALTER TABLE ONLY public.isa_commands FORCE ROW LEVEL SECURITY;

ALTER TABLE public.isa_commands OWNER TO postgres;

-- Name: TABLE isa_commands; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.isa_commands IS 'What admins asked of ISA and what came of it.';

-- Name: lead_identities; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.lead_identities (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    kind public.identity_kind NOT NULL,
    value text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.lead_identities FORCE ROW LEVEL SECURITY;

ALTER TABLE public.lead_identities OWNER TO postgres;

-- Name: TABLE lead_identities; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.lead_identities IS 'Everything a lead is known by. A phone number alone is not an identity: webhooks may carry only a BSUID or a lid.';

-- Name: profiles; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.profiles (
    id uuid NOT NULL,
    email text,
    full_name text,
    role public.user_role DEFAULT 'client'::public.user_role NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    phone text,
    notification_channels public.channel[] DEFAULT '{whatsapp,sms,email}'::public.channel[] NOT NULL,
    muted_events text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT a_channel_is_named_once CHECK (((cardinality(array_positions(notification_channels, 'whatsapp'::public.channel)) <= 1) AND (cardinality(array_positions(notification_channels, 'sms'::public.channel)) <= 1) AND (cardinality(array_positions(notification_channels, 'email'::public.channel)) <= 1) AND (array_position(notification_channels, NULL::public.channel) IS NULL))),
    CONSTRAINT full_name_has_at_most_200_characters CHECK ((char_length(full_name) <= 200)),
    CONSTRAINT muted_events_are_at_most_50_words CHECK (((cardinality(muted_events) <= 50) AND (octet_length(array_to_string(muted_events, ''::text)) <= 3200) AND (array_position(muted_events, NULL::text) IS NULL))),
    CONSTRAINT phone_is_e164 CHECK ((phone ~ '^\+[1-9][0-9]{7,14}$'::text))
);

ALTER TABLE ONLY public.profiles FORCE ROW LEVEL SECURITY;

ALTER TABLE public.profiles OWNER TO postgres;

-- Name: TABLE profiles; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.profiles IS 'The people who use RENUM: its admins and the clients'' staff. One row for each auth.users row.';

-- Name: COLUMN profiles.notification_channels; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.profiles.notification_channels IS 'The channels this person is told by, in the order they are tried. {}: by none.';

-- Name: COLUMN profiles.muted_events; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.profiles.muted_events IS 'Events (notifications.event) this person is not told of.';

-- Name: project_progress; Type: VIEW; Schema: public; Owner: postgres

CREATE VIEW public.project_progress WITH (security_invoker='true') AS
 SELECT client_id,
    project_id,
    count(*) AS leads,
    count(*) FILTER (WHERE (invited_at IS NOT NULL)) AS invited,
    count(*) FILTER (WHERE (status = 'in_progress'::public.interview_status)) AS in_progress,
    count(*) FILTER (WHERE (status = 'completed'::public.interview_status)) AS completed,
    count(*) FILTER (WHERE (end_reason = 'opted_out'::public.end_reason)) AS opted_out,
    count(*) FILTER (WHERE ((status = 'cancelled'::public.interview_status) AND (end_reason <> ALL (ARRAY['opted_out'::public.end_reason, 'expired'::public.end_reason])))) AS cancelled,
    count(*) FILTER (WHERE (status = 'pending'::public.interview_status)) AS unanswered,
    count(*) FILTER (WHERE (end_reason = 'expired'::public.end_reason)) AS expired
   FROM public.interviews i
  GROUP BY client_id, project_id;

ALTER VIEW public.project_progress OWNER TO postgres;

-- Name: VIEW project_progress; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON VIEW public.project_progress IS 'How far each project''s interviews have come. Under the reader''s own rights.';

-- Name: renus_config_versions; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.renus_config_versions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    renus_config_id uuid NOT NULL,
    client_id uuid NOT NULL,
    version integer NOT NULL,
    agent_type public.agent_type NOT NULL,
    config jsonb NOT NULL,
    prompts jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by uuid
);

ALTER TABLE ONLY public.renus_config_versions FORCE ROW LEVEL SECURITY;

ALTER TABLE public.renus_config_versions OWNER TO postgres;

-- Name: TABLE renus_config_versions; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.renus_config_versions IS 'Every version of every agent''s configuration: turns name the one they were begun with. Written by trigger, never changed.';

-- Name: risk_acceptances; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.risk_acceptances (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid NOT NULL,
    agent_type public.agent_type NOT NULL,
    text text NOT NULL,
    accepted_by uuid DEFAULT private.current_profile_id() NOT NULL,
    accepted_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT text_has_20_to_4000_characters CHECK (((char_length(btrim(text)) >= 20) AND (char_length(text) <= 4000)))
);

ALTER TABLE ONLY public.risk_acceptances FORCE ROW LEVEL SECURITY;

ALTER TABLE public.risk_acceptances OWNER TO postgres;

-- Name: TABLE risk_acceptances; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.risk_acceptances IS 'What an admin accepted in writing for a client: that an agent of this type writes from an official account although the channel''s terms may have the account closed for it. Append-only.';

-- Name: turns; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.turns (
    id uuid NOT NULL,
    client_id uuid NOT NULL,
    thread_id uuid NOT NULL,
    interview_id uuid,
    conversation_id uuid,
    status public.turn_status NOT NULL,
    from_seq bigint NOT NULL,
    to_seq bigint NOT NULL,
    attempt integer NOT NULL,
    reruns integer DEFAULT 0 NOT NULL,
    graph text,
    model text,
    renus_config_id uuid,
    renus_config_version integer,
    steps jsonb DEFAULT '[]'::jsonb NOT NULL,
    proposal jsonb,
    input_tokens integer DEFAULT 0 NOT NULL,
    output_tokens integer DEFAULT 0 NOT NULL,
    error jsonb,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE ONLY public.turns FORCE ROW LEVEL SECURITY;

ALTER TABLE public.turns OWNER TO postgres;

-- Name: TABLE turns; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.turns IS 'Every run of an agent: which messages it answered (from_seq exclusive, to_seq inclusive), with what, in which steps, and how it ended. id is the lease.';

-- Name: webhook_events; Type: TABLE; Schema: public; Owner: postgres

CREATE TABLE public.webhook_events (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid NOT NULL,
    channel_account_id uuid NOT NULL,
    provider_id text NOT NULL,
    kind text NOT NULL,
    outcome public.event_outcome NOT NULL,
    payload jsonb NOT NULL,
    reason text,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    field text
);

ALTER TABLE ONLY public.webhook_events FORCE ROW LEVEL SECURITY;

ALTER TABLE public.webhook_events OWNER TO postgres;

-- Name: TABLE webhook_events; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON TABLE public.webhook_events IS 'Every item a provider sent, raw, once. What makes a repeated webhook harmless.';

-- Name: COLUMN webhook_events.field; Type: COMMENT; Schema: public; Owner: postgres

COMMENT ON COLUMN public.webhook_events.field IS 'What the provider calls an item that is neither message nor status: account_update, smb_message_echoes, …';

-- Name: threads a_lead_has_one_thread_per_account; Type: CONSTRAINT; Schema: private; Owner: postgres

ALTER TABLE ONLY private.threads
    ADD CONSTRAINT a_lead_has_one_thread_per_account UNIQUE (lead_id, channel_account_id);

-- Name: account_paces account_paces_pkey; Type: CONSTRAINT; Schema: private; Owner: postgres

ALTER TABLE ONLY private.account_paces
    ADD CONSTRAINT account_paces_pkey PRIMARY KEY (channel_account_id);

-- Name: channel_credentials channel_credentials_pkey; Type: CONSTRAINT; Schema: private; Owner: postgres

ALTER TABLE ONLY private.channel_credentials
    ADD CONSTRAINT channel_credentials_pkey PRIMARY KEY (channel_account_id);

-- Name: intents intents_pkey; Type: CONSTRAINT; Schema: private; Owner: postgres

ALTER TABLE ONLY private.intents
    ADD CONSTRAINT intents_pkey PRIMARY KEY (id);

-- Name: isa_tokens isa_tokens_pkey; Type: CONSTRAINT; Schema: private; Owner: postgres

ALTER TABLE ONLY private.isa_tokens
    ADD CONSTRAINT isa_tokens_pkey PRIMARY KEY (command_id);

-- Name: isa_tokens isa_tokens_token_hash_key; Type: CONSTRAINT; Schema: private; Owner: postgres

ALTER TABLE ONLY private.isa_tokens
    ADD CONSTRAINT isa_tokens_token_hash_key UNIQUE (token_hash);

-- Name: policy_packs policy_packs_pkey; Type: CONSTRAINT; Schema: private; Owner: postgres

ALTER TABLE ONLY private.policy_packs
    ADD CONSTRAINT policy_packs_pkey PRIMARY KEY (agent_type);

-- Name: prices prices_pkey; Type: CONSTRAINT; Schema: private; Owner: postgres

ALTER TABLE ONLY private.prices
    ADD CONSTRAINT prices_pkey PRIMARY KEY (provider, item, valid_from);

-- Name: project_changes project_changes_pkey; Type: CONSTRAINT; Schema: private; Owner: postgres

ALTER TABLE ONLY private.project_changes
    ADD CONSTRAINT project_changes_pkey PRIMARY KEY (id);

-- Name: providers providers_pkey; Type: CONSTRAINT; Schema: private; Owner: postgres

ALTER TABLE ONLY private.providers
    ADD CONSTRAINT providers_pkey PRIMARY KEY (provider, channel);

-- Name: settings settings_pkey; Type: CONSTRAINT; Schema: private; Owner: postgres

ALTER TABLE ONLY private.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (key);

-- Name: threads threads_client_id_id_key; Type: CONSTRAINT; Schema: private; Owner: postgres

ALTER TABLE ONLY private.threads
    ADD CONSTRAINT threads_client_id_id_key UNIQUE (client_id, id);

-- Name: threads threads_pkey; Type: CONSTRAINT; Schema: private; Owner: postgres

ALTER TABLE ONLY private.threads
    ADD CONSTRAINT threads_pkey PRIMARY KEY (id);

-- Name: tool_calls a_call_is_made_once; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.tool_calls
    ADD CONSTRAINT a_call_is_made_once UNIQUE (turn_id, call_id);

-- Name: sending_rules a_client_has_its_rules_once; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.sending_rules
    ADD CONSTRAINT a_client_has_its_rules_once UNIQUE (client_id);

-- Name: interviews a_lead_is_interviewed_once_per_project; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.interviews
    ADD CONSTRAINT a_lead_is_interviewed_once_per_project UNIQUE (project_id, lead_id);

-- Name: channel_accounts a_number_is_once_an_account_of_a_client; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.channel_accounts
    ADD CONSTRAINT a_number_is_once_an_account_of_a_client UNIQUE (client_id, provider, channel, external_id);

-- Name: notifications a_person_is_told_once; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT a_person_is_told_once UNIQUE (profile_id, client_id, event, subject);

-- Name: leads a_phone_is_once_a_lead_of_a_client; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.leads
    ADD CONSTRAINT a_phone_is_once_a_lead_of_a_client UNIQUE (client_id, phone);

-- Name: webhook_events a_providers_item_is_taken_once; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.webhook_events
    ADD CONSTRAINT a_providers_item_is_taken_once UNIQUE (channel_account_id, provider_id);

-- Name: interview_answers a_question_is_answered_once_per_interview; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.interview_answers
    ADD CONSTRAINT a_question_is_answered_once_per_interview UNIQUE (interview_id, question_key);

-- Name: renus_config_versions a_version_is_kept_once; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.renus_config_versions
    ADD CONSTRAINT a_version_is_kept_once UNIQUE (renus_config_id, version);

-- Name: lead_identities an_identity_is_one_lead_of_a_client; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.lead_identities
    ADD CONSTRAINT an_identity_is_one_lead_of_a_client UNIQUE (client_id, kind, value);

-- Name: reminders an_interview_has_each_step_once; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.reminders
    ADD CONSTRAINT an_interview_has_each_step_once UNIQUE (interview_id, step);

-- Name: audit_log audit_log_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (id);

-- Name: callbacks callbacks_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.callbacks
    ADD CONSTRAINT callbacks_pkey PRIMARY KEY (id);

-- Name: channel_accounts channel_accounts_client_id_id_key; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.channel_accounts
    ADD CONSTRAINT channel_accounts_client_id_id_key UNIQUE (client_id, id);

-- Name: channel_accounts channel_accounts_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.channel_accounts
    ADD CONSTRAINT channel_accounts_pkey PRIMARY KEY (id);

-- Name: client_members client_members_client_id_email_key; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.client_members
    ADD CONSTRAINT client_members_client_id_email_key UNIQUE (client_id, email);

-- Name: client_members client_members_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.client_members
    ADD CONSTRAINT client_members_pkey PRIMARY KEY (id);

-- Name: clients clients_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.clients
    ADD CONSTRAINT clients_pkey PRIMARY KEY (id);

-- Name: consents consents_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_pkey PRIMARY KEY (id);

-- Name: conversations conversations_client_id_id_key; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_client_id_id_key UNIQUE (client_id, id);

-- Name: conversations conversations_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_pkey PRIMARY KEY (id);

-- Name: conversions conversions_client_id_id_key; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.conversions
    ADD CONSTRAINT conversions_client_id_id_key UNIQUE (client_id, id);

-- Name: conversions conversions_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.conversions
    ADD CONSTRAINT conversions_pkey PRIMARY KEY (id);

-- Name: deliveries deliveries_client_id_id_key; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_client_id_id_key UNIQUE (client_id, id);

-- Name: deliveries deliveries_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_pkey PRIMARY KEY (id);

-- Name: erasures erasures_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_pkey PRIMARY KEY (id);

-- Name: failed_tasks failed_tasks_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.failed_tasks
    ADD CONSTRAINT failed_tasks_pkey PRIMARY KEY (id);

-- Name: interview_answers interview_answers_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.interview_answers
    ADD CONSTRAINT interview_answers_pkey PRIMARY KEY (id);

-- Name: interview_messages interview_messages_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.interview_messages
    ADD CONSTRAINT interview_messages_pkey PRIMARY KEY (id, "timestamp");

-- Name: interviews interviews_client_id_id_key; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.interviews
    ADD CONSTRAINT interviews_client_id_id_key UNIQUE (client_id, id);

-- Name: interviews interviews_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.interviews
    ADD CONSTRAINT interviews_pkey PRIMARY KEY (id);

-- Name: isa_commands isa_commands_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.isa_commands
    ADD CONSTRAINT isa_commands_pkey PRIMARY KEY (id);

-- Name: lead_identities lead_identities_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.lead_identities
    ADD CONSTRAINT lead_identities_pkey PRIMARY KEY (id);

-- Name: leads leads_client_id_id_key; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.leads
    ADD CONSTRAINT leads_client_id_id_key UNIQUE (client_id, id);

-- Name: leads leads_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.leads
    ADD CONSTRAINT leads_pkey PRIMARY KEY (id);

-- Name: media media_client_id_id_key; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_client_id_id_key UNIQUE (client_id, id);

-- Name: media media_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_pkey PRIMARY KEY (id);

-- Name: message_templates message_templates_client_id_channel_account_id_name_languag_key; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.message_templates
    ADD CONSTRAINT message_templates_client_id_channel_account_id_name_languag_key UNIQUE NULLS NOT DISTINCT (client_id, channel_account_id, name, language);

-- Name: message_templates message_templates_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.message_templates
    ADD CONSTRAINT message_templates_pkey PRIMARY KEY (id);

-- Name: messages messages_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (id, "timestamp");

-- Name: notifications notifications_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_pkey PRIMARY KEY (id);

-- Name: reports one_report_per_interview_and_one_per_project; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT one_report_per_interview_and_one_per_project UNIQUE NULLS NOT DISTINCT (project_id, interview_id);

-- Name: profiles profiles_email_key; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.profiles
    ADD CONSTRAINT profiles_email_key UNIQUE (email);

-- Name: profiles profiles_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.profiles
    ADD CONSTRAINT profiles_pkey PRIMARY KEY (id);

-- Name: projects projects_client_id_id_key; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_client_id_id_key UNIQUE (client_id, id);

-- Name: projects projects_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_pkey PRIMARY KEY (id);

-- Name: qualifications qualifications_client_id_id_key; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.qualifications
    ADD CONSTRAINT qualifications_client_id_id_key UNIQUE (client_id, id);

-- Name: qualifications qualifications_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.qualifications
    ADD CONSTRAINT qualifications_pkey PRIMARY KEY (id);

-- Name: reminders reminders_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.reminders
    ADD CONSTRAINT reminders_pkey PRIMARY KEY (id);

-- Name: renus_config renus_config_client_id_id_key; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.renus_config
    ADD CONSTRAINT renus_config_client_id_id_key UNIQUE (client_id, id);

-- Name: renus_config renus_config_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.renus_config
    ADD CONSTRAINT renus_config_pkey PRIMARY KEY (id);

-- Name: renus_config_versions renus_config_versions_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.renus_config_versions
    ADD CONSTRAINT renus_config_versions_pkey PRIMARY KEY (id);

-- Name: reports reports_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_pkey PRIMARY KEY (id);

-- Name: risk_acceptances risk_acceptances_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.risk_acceptances
    ADD CONSTRAINT risk_acceptances_pkey PRIMARY KEY (id);

-- Name: sending_rules sending_rules_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.sending_rules
    ADD CONSTRAINT sending_rules_pkey PRIMARY KEY (id);

-- Name: sub_agents sub_agents_name_key; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.sub_agents
    ADD CONSTRAINT sub_agents_name_key UNIQUE (name);

-- Name: sub_agents sub_agents_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.sub_agents
    ADD CONSTRAINT sub_agents_pkey PRIMARY KEY (id);

-- Name: tool_calls tool_calls_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.tool_calls
    ADD CONSTRAINT tool_calls_pkey PRIMARY KEY (id);

-- Name: tools tools_name_key; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.tools
    ADD CONSTRAINT tools_name_key UNIQUE (name);

-- Name: tools tools_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.tools
    ADD CONSTRAINT tools_pkey PRIMARY KEY (id);

-- Name: turns turns_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.turns
    ADD CONSTRAINT turns_pkey PRIMARY KEY (id);

-- Name: webhook_events webhook_events_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.webhook_events
    ADD CONSTRAINT webhook_events_pkey PRIMARY KEY (id);

-- Name: idx_account_paces_client_id; Type: INDEX; Schema: private; Owner: postgres

CREATE INDEX idx_account_paces_client_id ON private.account_paces USING btree (client_id, channel_account_id);

-- Name: idx_channel_credentials_client_id; Type: INDEX; Schema: private; Owner: postgres

CREATE INDEX idx_channel_credentials_client_id ON private.channel_credentials USING btree (client_id, channel_account_id);

-- Name: idx_intents_lead_id; Type: INDEX; Schema: private; Owner: postgres

CREATE INDEX idx_intents_lead_id ON private.intents USING btree (client_id, lead_id);

-- Name: idx_intents_turn_id; Type: INDEX; Schema: private; Owner: postgres

CREATE INDEX idx_intents_turn_id ON private.intents USING btree (turn_id, id);

-- Name: idx_isa_tokens_admin_id; Type: INDEX; Schema: private; Owner: postgres

CREATE INDEX idx_isa_tokens_admin_id ON private.isa_tokens USING btree (admin_id);

-- Name: idx_isa_tokens_expires_at; Type: INDEX; Schema: private; Owner: postgres

CREATE INDEX idx_isa_tokens_expires_at ON private.isa_tokens USING btree (expires_at);

-- Name: idx_project_changes_project_id; Type: INDEX; Schema: private; Owner: postgres

CREATE INDEX idx_project_changes_project_id ON private.project_changes USING btree (project_id);

-- Name: idx_threads_channel_account_id; Type: INDEX; Schema: private; Owner: postgres

CREATE INDEX idx_threads_channel_account_id ON private.threads USING btree (client_id, channel_account_id);

-- Name: idx_threads_conversation_id; Type: INDEX; Schema: private; Owner: postgres

CREATE INDEX idx_threads_conversation_id ON private.threads USING btree (client_id, conversation_id);

-- Name: idx_threads_due; Type: INDEX; Schema: private; Owner: postgres

CREATE INDEX idx_threads_due ON private.threads USING btree (due_at) WHERE (task_id IS NOT NULL);

-- Name: idx_threads_interview_id; Type: INDEX; Schema: private; Owner: postgres

CREATE INDEX idx_threads_interview_id ON private.threads USING btree (client_id, interview_id);

-- Name: idx_threads_lead_id; Type: INDEX; Schema: private; Owner: postgres

CREATE INDEX idx_threads_lead_id ON private.threads USING btree (client_id, lead_id);

-- Name: idx_threads_lease; Type: INDEX; Schema: private; Owner: postgres

CREATE INDEX idx_threads_lease ON private.threads USING btree (lease) WHERE (lease IS NOT NULL);

-- Name: idx_threads_queued; Type: INDEX; Schema: private; Owner: postgres

CREATE INDEX idx_threads_queued ON private.threads USING btree (client_id) WHERE (task_id IS NOT NULL);

-- Name: idx_threads_waiting; Type: INDEX; Schema: private; Owner: postgres

CREATE INDEX idx_threads_waiting ON private.threads USING btree (client_id, due_at) WHERE ((task_id IS NULL) AND (due_at IS NOT NULL));

-- Name: a_lead_becomes_one_client; Type: INDEX; Schema: public; Owner: postgres

CREATE UNIQUE INDEX a_lead_becomes_one_client ON public.conversions USING btree (lead_id) WHERE (reversed_at IS NULL);

-- Name: a_lead_has_one_erasure_to_come; Type: INDEX; Schema: public; Owner: postgres

CREATE UNIQUE INDEX a_lead_has_one_erasure_to_come ON public.erasures USING btree (lead_id) WHERE (done_at IS NULL);

-- Name: a_lead_has_one_open_callback; Type: INDEX; Schema: public; Owner: postgres

CREATE UNIQUE INDEX a_lead_has_one_open_callback ON public.callbacks USING btree (lead_id) WHERE (status = 'open'::public.callback_status);

-- Name: a_lead_has_one_qualification_at_a_time; Type: INDEX; Schema: public; Owner: postgres

CREATE UNIQUE INDEX a_lead_has_one_qualification_at_a_time ON public.qualifications USING btree (lead_id) WHERE (status = ANY (ARRAY['open'::public.qualification_status, 'qualified'::public.qualification_status]));

-- Name: a_profile_has_one_conversation_per_client; Type: INDEX; Schema: public; Owner: postgres

CREATE UNIQUE INDEX a_profile_has_one_conversation_per_client ON public.conversations USING btree (client_id, profile_id) WHERE (profile_id IS NOT NULL);

-- Name: a_profile_is_once_a_member; Type: INDEX; Schema: public; Owner: postgres

CREATE UNIQUE INDEX a_profile_is_once_a_member ON public.client_members USING btree (profile_id, client_id);

-- Name: a_provider_message_is_one_delivery; Type: INDEX; Schema: public; Owner: postgres

CREATE UNIQUE INDEX a_provider_message_is_one_delivery ON public.deliveries USING btree (channel_account_id, provider_message_id);

-- Name: idx_audit_log_client_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_audit_log_client_id ON public.audit_log USING btree (client_id, at);

-- Name: idx_audit_log_subject; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_audit_log_subject ON public.audit_log USING btree (subject_id, at);

-- Name: idx_callbacks_client_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_callbacks_client_id ON public.callbacks USING btree (client_id, due_at);

-- Name: idx_callbacks_lead_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_callbacks_lead_id ON public.callbacks USING btree (client_id, lead_id);

-- Name: idx_callbacks_untold; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_callbacks_untold ON public.callbacks USING btree (due_at) WHERE ((status = 'open'::public.callback_status) AND (told_at IS NULL));

-- Name: idx_client_members_email; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_client_members_email ON public.client_members USING btree (email);

-- Name: idx_client_members_invited_by; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_client_members_invited_by ON public.client_members USING btree (invited_by);

-- Name: idx_clients_profile_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_clients_profile_id ON public.clients USING btree (profile_id);

-- Name: idx_consents_lead_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_consents_lead_id ON public.consents USING btree (client_id, lead_id, created_at);

-- Name: idx_conversations_client_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_conversations_client_id ON public.conversations USING btree (client_id, last_message_at);

-- Name: idx_conversations_client_lead; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_conversations_client_lead ON public.conversations USING btree (client_id, lead_id);

-- Name: idx_conversations_lead_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_conversations_lead_id ON public.conversations USING btree (lead_id);

-- Name: idx_conversations_profile_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_conversations_profile_id ON public.conversations USING btree (profile_id);

-- Name: idx_conversations_project_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_conversations_project_id ON public.conversations USING btree (client_id, project_id);

-- Name: idx_conversations_renus_config_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_conversations_renus_config_id ON public.conversations USING btree (client_id, renus_config_id);

-- Name: idx_conversations_sub_agent_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_conversations_sub_agent_id ON public.conversations USING btree (sub_agent_id);

-- Name: idx_conversations_thread_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_conversations_thread_id ON public.conversations USING btree (client_id, thread_id);

-- Name: idx_conversions_client_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_conversions_client_id ON public.conversions USING btree (client_id, created_at);

-- Name: idx_conversions_lead_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_conversions_lead_id ON public.conversions USING btree (client_id, lead_id);

-- Name: idx_conversions_made_client_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_conversions_made_client_id ON public.conversions USING btree (made_client_id, made_renus_config_id);

-- Name: idx_conversions_made_project_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_conversions_made_project_id ON public.conversions USING btree (made_client_id, made_project_id);

-- Name: idx_conversions_member_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_conversions_member_id ON public.conversions USING btree (member_id);

-- Name: idx_conversions_qualification_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_conversions_qualification_id ON public.conversions USING btree (client_id, qualification_id);

-- Name: idx_conversions_reversed_by; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_conversions_reversed_by ON public.conversions USING btree (reversed_by);

-- Name: idx_deliveries_admitted; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_deliveries_admitted ON public.deliveries USING btree (queue, client_id, due_at) WHERE (task_id IS NOT NULL);

-- Name: idx_deliveries_channel_account_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_deliveries_channel_account_id ON public.deliveries USING btree (client_id, channel_account_id);

-- Name: idx_deliveries_client_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_deliveries_client_id ON public.deliveries USING btree (client_id, created_at);

-- Name: idx_deliveries_initiated; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_deliveries_initiated ON public.deliveries USING btree (client_id, begun_at) WHERE initiated;

-- Name: idx_deliveries_interview_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_deliveries_interview_id ON public.deliveries USING btree (client_id, interview_id);

-- Name: idx_deliveries_lead_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_deliveries_lead_id ON public.deliveries USING btree (client_id, lead_id);

-- Name: idx_deliveries_open; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_deliveries_open ON public.deliveries USING btree (thread_id, seq) WHERE (status = ANY (ARRAY['queued'::public.delivery_status, 'deferred'::public.delivery_status, 'sending'::public.delivery_status, 'unknown'::public.delivery_status]));

-- Name: idx_deliveries_profile_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_deliveries_profile_id ON public.deliveries USING btree (profile_id);

-- Name: idx_deliveries_thread_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_deliveries_thread_id ON public.deliveries USING btree (client_id, thread_id);

-- Name: idx_deliveries_unsent; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_deliveries_unsent ON public.deliveries USING btree (client_id, due_at) WHERE (status = ANY (ARRAY['queued'::public.delivery_status, 'deferred'::public.delivery_status, 'sending'::public.delivery_status]));

-- Name: idx_erasures_client_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_erasures_client_id ON public.erasures USING btree (client_id, created_at);

-- Name: idx_erasures_due; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_erasures_due ON public.erasures USING btree (due_at) WHERE (done_at IS NULL);

-- Name: idx_erasures_lead_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_erasures_lead_id ON public.erasures USING btree (client_id, lead_id);

-- Name: idx_erasures_requested_by; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_erasures_requested_by ON public.erasures USING btree (requested_by);

-- Name: idx_failed_tasks_client_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_failed_tasks_client_id ON public.failed_tasks USING btree (client_id, created_at);

-- Name: idx_failed_tasks_dead; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_failed_tasks_dead ON public.failed_tasks USING btree (created_at) WHERE (status = 'dead'::public.failed_task_status);

-- Name: idx_failed_tasks_task_row_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_failed_tasks_task_row_id ON public.failed_tasks USING btree (task_row_id) WHERE (status <> 'resolved'::public.failed_task_status);

-- Name: idx_interview_answers_interview_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_interview_answers_interview_id ON public.interview_answers USING btree (client_id, interview_id);

-- Name: idx_interview_messages_client_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_interview_messages_client_id ON ONLY public.interview_messages USING btree (client_id, "timestamp");

-- Name: idx_interview_messages_client_interview; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_interview_messages_client_interview ON ONLY public.interview_messages USING btree (client_id, interview_id);

-- Name: idx_interview_messages_interview_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_interview_messages_interview_id ON ONLY public.interview_messages USING btree (interview_id, "timestamp");

-- Name: idx_interview_messages_timestamp; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_interview_messages_timestamp ON ONLY public.interview_messages USING brin ("timestamp");

-- Name: idx_interviews_client_lead; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_interviews_client_lead ON public.interviews USING btree (client_id, lead_id);

-- Name: idx_interviews_client_project; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_interviews_client_project ON public.interviews USING btree (client_id, project_id);

-- Name: idx_interviews_lead_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_interviews_lead_id ON public.interviews USING btree (lead_id);

-- Name: idx_interviews_running; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_interviews_running ON public.interviews USING btree (project_id, lead_id) WHERE (status = ANY (ARRAY['pending'::public.interview_status, 'in_progress'::public.interview_status]));

-- Name: idx_interviews_status; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_interviews_status ON public.interviews USING btree (status);

-- Name: idx_interviews_thread_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_interviews_thread_id ON public.interviews USING btree (client_id, thread_id);

-- Name: idx_interviews_to_invite; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_interviews_to_invite ON public.interviews USING btree (project_id, created_at, id) WHERE ((status = 'pending'::public.interview_status) AND (invited_at IS NULL));

-- Name: idx_isa_commands_admin_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_isa_commands_admin_id ON public.isa_commands USING btree (admin_id, created_at);

-- Name: idx_lead_identities_lead_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_lead_identities_lead_id ON public.lead_identities USING btree (client_id, lead_id);

-- Name: idx_leads_client_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_leads_client_id ON public.leads USING btree (client_id, created_at);

-- Name: idx_leads_phone; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_leads_phone ON public.leads USING btree (phone);

-- Name: idx_media_channel_account_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_media_channel_account_id ON public.media USING btree (client_id, channel_account_id);

-- Name: idx_media_client_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_media_client_id ON public.media USING btree (client_id, created_at);

-- Name: idx_media_lead_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_media_lead_id ON public.media USING btree (client_id, lead_id);

-- Name: idx_media_message_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_media_message_id ON public.media USING btree (message_id);

-- Name: idx_media_waiting; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_media_waiting ON public.media USING btree (client_id, due_at) WHERE (status = 'waiting'::public.media_status);

-- Name: idx_message_templates_account; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_message_templates_account ON public.message_templates USING btree (client_id, channel_account_id);

-- Name: idx_messages_client_conversation; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_messages_client_conversation ON ONLY public.messages USING btree (client_id, conversation_id);

-- Name: idx_messages_client_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_messages_client_id ON ONLY public.messages USING btree (client_id, "timestamp");

-- Name: idx_messages_conversation_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_messages_conversation_id ON ONLY public.messages USING btree (conversation_id, "timestamp");

-- Name: idx_messages_timestamp; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_messages_timestamp ON ONLY public.messages USING brin ("timestamp");

-- Name: idx_notifications_client_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_notifications_client_id ON public.notifications USING btree (client_id, created_at);

-- Name: idx_notifications_delivery_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_notifications_delivery_id ON public.notifications USING btree (sender_client_id, delivery_id);

-- Name: idx_notifications_interview_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_notifications_interview_id ON public.notifications USING btree (client_id, interview_id);

-- Name: idx_notifications_to_send; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_notifications_to_send ON public.notifications USING btree (profile_id, client_id, created_at) WHERE (status = 'queued'::public.notification_status);

-- Name: idx_notifications_told; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_notifications_told ON public.notifications USING btree (profile_id, client_id, told_at) WHERE (told_at IS NOT NULL);

-- Name: idx_projects_active; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_projects_active ON public.projects USING btree (id) WHERE (status = 'active'::public.project_status);

-- Name: idx_projects_channel_account_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_projects_channel_account_id ON public.projects USING btree (client_id, channel_account_id);

-- Name: idx_projects_client_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_projects_client_id ON public.projects USING btree (client_id, created_at);

-- Name: idx_projects_renus_config_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_projects_renus_config_id ON public.projects USING btree (client_id, renus_config_id);

-- Name: idx_qualifications_client_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_qualifications_client_id ON public.qualifications USING btree (client_id, created_at);

-- Name: idx_qualifications_conversation_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_qualifications_conversation_id ON public.qualifications USING btree (client_id, conversation_id);

-- Name: idx_qualifications_lead_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_qualifications_lead_id ON public.qualifications USING btree (client_id, lead_id, created_at);

-- Name: idx_qualifications_renus_config_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_qualifications_renus_config_id ON public.qualifications USING btree (client_id, renus_config_id);

-- Name: idx_reminders_client_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_reminders_client_id ON public.reminders USING btree (client_id, due_at);

-- Name: idx_reminders_delivery_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_reminders_delivery_id ON public.reminders USING btree (client_id, delivery_id);

-- Name: idx_reminders_due; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_reminders_due ON public.reminders USING btree (due_at) WHERE ((status = 'waiting'::public.reminder_status) AND (delivery_id IS NULL));

-- Name: idx_reminders_interview_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_reminders_interview_id ON public.reminders USING btree (client_id, interview_id);

-- Name: idx_renus_config_versions_client_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_renus_config_versions_client_id ON public.renus_config_versions USING btree (client_id, renus_config_id);

-- Name: idx_renus_config_versions_created_by; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_renus_config_versions_created_by ON public.renus_config_versions USING btree (created_by);

-- Name: idx_reports_admitted; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_reports_admitted ON public.reports USING btree (client_id, due_at) WHERE (task_id IS NOT NULL);

-- Name: idx_reports_client_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_reports_client_id ON public.reports USING btree (client_id, created_at);

-- Name: idx_reports_interview_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_reports_interview_id ON public.reports USING btree (client_id, interview_id);

-- Name: idx_reports_project_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_reports_project_id ON public.reports USING btree (client_id, project_id);

-- Name: idx_reports_waiting; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_reports_waiting ON public.reports USING btree (client_id, due_at) WHERE (stale AND (task_id IS NULL));

-- Name: idx_risk_acceptances_accepted_by; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_risk_acceptances_accepted_by ON public.risk_acceptances USING btree (accepted_by);

-- Name: idx_risk_acceptances_client_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_risk_acceptances_client_id ON public.risk_acceptances USING btree (client_id, agent_type);

-- Name: idx_tool_calls_client_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_tool_calls_client_id ON public.tool_calls USING btree (client_id, created_at);

-- Name: idx_tool_calls_lead_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_tool_calls_lead_id ON public.tool_calls USING btree (client_id, lead_id);

-- Name: idx_tool_calls_sub_agent_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_tool_calls_sub_agent_id ON public.tool_calls USING btree (sub_agent_id);

-- Name: idx_tool_calls_thread_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_tool_calls_thread_id ON public.tool_calls USING btree (client_id, thread_id);

-- Name: idx_turns_client_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_turns_client_id ON public.turns USING btree (client_id, started_at);

-- Name: idx_turns_conversation_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_turns_conversation_id ON public.turns USING btree (client_id, conversation_id);

-- Name: idx_turns_interview_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_turns_interview_id ON public.turns USING btree (client_id, interview_id);

-- Name: idx_turns_renus_config_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_turns_renus_config_id ON public.turns USING btree (client_id, renus_config_id);

-- Name: idx_turns_thread_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_turns_thread_id ON public.turns USING btree (client_id, thread_id);

-- Name: idx_webhook_events_channel_account_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_webhook_events_channel_account_id ON public.webhook_events USING btree (client_id, channel_account_id);

-- Name: idx_webhook_events_client_id; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_webhook_events_client_id ON public.webhook_events USING btree (client_id, received_at);

-- Name: idx_webhook_events_received_at; Type: INDEX; Schema: public; Owner: postgres

CREATE INDEX idx_webhook_events_received_at ON public.webhook_events USING brin (received_at);

-- Name: there_is_one_house_client; Type: INDEX; Schema: public; Owner: postgres

CREATE UNIQUE INDEX there_is_one_house_client ON public.clients USING btree (is_house) WHERE is_house;

-- Name: deliveries _050_channel_of_delivery; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _050_channel_of_delivery BEFORE INSERT ON public.deliveries FOR EACH ROW EXECUTE FUNCTION private.channel_of_delivery();

-- Name: renus_config _100_check_agent; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_check_agent BEFORE INSERT OR UPDATE OF config ON public.renus_config FOR EACH ROW EXECUTE FUNCTION private.check_agent();

-- Name: channel_accounts _100_check_channel_account; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_check_channel_account BEFORE INSERT OR UPDATE OF config ON public.channel_accounts FOR EACH ROW EXECUTE FUNCTION private.check_channel_account();

-- Name: consents _100_check_consent; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_check_consent BEFORE INSERT ON public.consents FOR EACH ROW EXECUTE FUNCTION private.check_consent();

-- Name: projects _100_check_project; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_check_project BEFORE INSERT OR UPDATE OF config, status, type, channel_account_id, renus_config_id ON public.projects FOR EACH ROW EXECUTE FUNCTION private.check_project();

-- Name: sending_rules _100_check_sending_rules; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_check_sending_rules BEFORE INSERT OR UPDATE OF hours ON public.sending_rules FOR EACH ROW EXECUTE FUNCTION private.check_sending_rules();

-- Name: message_templates _100_check_template; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_check_template BEFORE INSERT OR UPDATE ON public.message_templates FOR EACH ROW EXECUTE FUNCTION private.check_template();

-- Name: tools _100_check_tool; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_check_tool BEFORE INSERT OR UPDATE OF parameters_schema ON public.tools FOR EACH ROW EXECUTE FUNCTION private.check_tool();

-- Name: clients _100_guard_client; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_guard_client BEFORE UPDATE ON public.clients FOR EACH ROW EXECUTE FUNCTION private.guard_client();

-- Name: interviews _100_guard_interview; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_guard_interview BEFORE UPDATE ON public.interviews FOR EACH ROW EXECUTE FUNCTION private.guard_interview();

-- Name: profiles _100_guard_profile; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_guard_profile BEFORE UPDATE ON public.profiles FOR EACH ROW EXECUTE FUNCTION private.guard_profile();

-- Name: qualifications _100_judge_qualification; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_judge_qualification BEFORE INSERT OR UPDATE ON public.qualifications FOR EACH ROW EXECUTE FUNCTION private.judge_qualification();

-- Name: audit_log _100_keep_audit_log; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_keep_audit_log BEFORE DELETE OR UPDATE ON public.audit_log FOR EACH ROW EXECUTE FUNCTION private.keep_audit_log();

-- Name: consents _100_keep_consents; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_keep_consents BEFORE UPDATE ON public.consents FOR EACH ROW EXECUTE FUNCTION private.keep_consents();

-- Name: leads _100_keep_opted_out; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_keep_opted_out BEFORE DELETE ON public.leads FOR EACH ROW WHEN ((old.opted_out_at IS NOT NULL)) EXECUTE FUNCTION private.keep_opted_out();

-- Name: profiles _100_leave_clients; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_leave_clients BEFORE DELETE ON public.profiles FOR EACH ROW EXECUTE FUNCTION private.leave_clients();

-- Name: leads _100_normalize_lead; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_normalize_lead BEFORE INSERT OR UPDATE OF phone, name, email, time_zone ON public.leads FOR EACH ROW EXECUTE FUNCTION private.normalize_lead();

-- Name: deliveries _100_police_delivery; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_police_delivery BEFORE INSERT ON public.deliveries FOR EACH ROW EXECUTE FUNCTION private.police_delivery();

-- Name: project_progress _100_refuse_write; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_refuse_write INSTEAD OF INSERT OR DELETE OR UPDATE ON public.project_progress FOR EACH ROW EXECUTE FUNCTION private.refuse_write();

-- Name: callbacks _100_same_client; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_same_client BEFORE UPDATE OF client_id ON public.callbacks FOR EACH ROW WHEN ((new.client_id IS DISTINCT FROM old.client_id)) EXECUTE FUNCTION private.same_client();

-- Name: channel_accounts _100_same_client; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_same_client BEFORE UPDATE OF client_id ON public.channel_accounts FOR EACH ROW WHEN ((new.client_id IS DISTINCT FROM old.client_id)) EXECUTE FUNCTION private.same_client();

-- Name: client_members _100_same_client; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_same_client BEFORE UPDATE OF client_id ON public.client_members FOR EACH ROW WHEN ((new.client_id IS DISTINCT FROM old.client_id)) EXECUTE FUNCTION private.same_client();

-- Name: conversations _100_same_client; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_same_client BEFORE UPDATE OF client_id ON public.conversations FOR EACH ROW WHEN ((new.client_id IS DISTINCT FROM old.client_id)) EXECUTE FUNCTION private.same_client();

-- Name: interviews _100_same_client; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_same_client BEFORE UPDATE OF client_id ON public.interviews FOR EACH ROW WHEN ((new.client_id IS DISTINCT FROM old.client_id)) EXECUTE FUNCTION private.same_client();

-- Name: leads _100_same_client; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_same_client BEFORE UPDATE OF client_id ON public.leads FOR EACH ROW WHEN ((new.client_id IS DISTINCT FROM old.client_id)) EXECUTE FUNCTION private.same_client();

-- Name: message_templates _100_same_client; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_same_client BEFORE UPDATE OF client_id ON public.message_templates FOR EACH ROW WHEN ((new.client_id IS DISTINCT FROM old.client_id)) EXECUTE FUNCTION private.same_client();

-- Name: projects _100_same_client; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_same_client BEFORE UPDATE OF client_id ON public.projects FOR EACH ROW WHEN ((new.client_id IS DISTINCT FROM old.client_id)) EXECUTE FUNCTION private.same_client();

-- Name: qualifications _100_same_client; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_same_client BEFORE UPDATE OF client_id ON public.qualifications FOR EACH ROW WHEN ((new.client_id IS DISTINCT FROM old.client_id)) EXECUTE FUNCTION private.same_client();

-- Name: renus_config _100_same_client; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_same_client BEFORE UPDATE OF client_id ON public.renus_config FOR EACH ROW WHEN ((new.client_id IS DISTINCT FROM old.client_id)) EXECUTE FUNCTION private.same_client();

-- Name: sending_rules _100_same_client; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_same_client BEFORE UPDATE OF client_id ON public.sending_rules FOR EACH ROW WHEN ((new.client_id IS DISTINCT FROM old.client_id)) EXECUTE FUNCTION private.same_client();

-- Name: callbacks _100_touch; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_touch BEFORE UPDATE ON public.callbacks FOR EACH ROW EXECUTE FUNCTION private.touch();

-- Name: channel_accounts _100_touch; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_touch BEFORE UPDATE ON public.channel_accounts FOR EACH ROW EXECUTE FUNCTION private.touch();

-- Name: client_members _100_touch; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_touch BEFORE UPDATE ON public.client_members FOR EACH ROW EXECUTE FUNCTION private.touch();

-- Name: clients _100_touch; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_touch BEFORE UPDATE ON public.clients FOR EACH ROW EXECUTE FUNCTION private.touch();

-- Name: conversations _100_touch; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_touch BEFORE UPDATE ON public.conversations FOR EACH ROW EXECUTE FUNCTION private.touch();

-- Name: deliveries _100_touch; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_touch BEFORE UPDATE ON public.deliveries FOR EACH ROW EXECUTE FUNCTION private.touch();

-- Name: interview_answers _100_touch; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_touch BEFORE UPDATE ON public.interview_answers FOR EACH ROW EXECUTE FUNCTION private.touch();

-- Name: interviews _100_touch; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_touch BEFORE UPDATE ON public.interviews FOR EACH ROW EXECUTE FUNCTION private.touch();

-- Name: leads _100_touch; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_touch BEFORE UPDATE ON public.leads FOR EACH ROW EXECUTE FUNCTION private.touch();

-- Name: media _100_touch; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_touch BEFORE UPDATE ON public.media FOR EACH ROW EXECUTE FUNCTION private.touch();

-- Name: message_templates _100_touch; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_touch BEFORE UPDATE ON public.message_templates FOR EACH ROW EXECUTE FUNCTION private.touch();

-- Name: notifications _100_touch; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_touch BEFORE UPDATE ON public.notifications FOR EACH ROW EXECUTE FUNCTION private.touch();

-- Name: profiles _100_touch; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_touch BEFORE UPDATE ON public.profiles FOR EACH ROW EXECUTE FUNCTION private.touch();

-- Name: projects _100_touch; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_touch BEFORE UPDATE ON public.projects FOR EACH ROW EXECUTE FUNCTION private.touch();

-- Name: qualifications _100_touch; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_touch BEFORE UPDATE ON public.qualifications FOR EACH ROW EXECUTE FUNCTION private.touch();

-- Name: reminders _100_touch; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_touch BEFORE UPDATE ON public.reminders FOR EACH ROW EXECUTE FUNCTION private.touch();

-- Name: renus_config _100_touch; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_touch BEFORE UPDATE ON public.renus_config FOR EACH ROW EXECUTE FUNCTION private.touch();

-- Name: reports _100_touch; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_touch BEFORE UPDATE ON public.reports FOR EACH ROW EXECUTE FUNCTION private.touch();

-- Name: sending_rules _100_touch; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_touch BEFORE UPDATE ON public.sending_rules FOR EACH ROW EXECUTE FUNCTION private.touch();

-- Name: sub_agents _100_touch; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_touch BEFORE UPDATE ON public.sub_agents FOR EACH ROW EXECUTE FUNCTION private.touch();

-- Name: tools _100_touch; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _100_touch BEFORE UPDATE ON public.tools FOR EACH ROW EXECUTE FUNCTION private.touch();

-- Name: consents _500_apply_consent; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _500_apply_consent AFTER INSERT ON public.consents FOR EACH ROW EXECUTE FUNCTION private.apply_consent();

-- Name: renus_config _500_keep_version; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _500_keep_version AFTER INSERT OR UPDATE ON public.renus_config FOR EACH ROW EXECUTE FUNCTION private.keep_version();

-- Name: failed_tasks _500_leave_failed_queue; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _500_leave_failed_queue BEFORE UPDATE OF status ON public.failed_tasks FOR EACH ROW WHEN (((old.status = 'dead'::public.failed_task_status) AND (new.status <> 'dead'::public.failed_task_status) AND (old.msg_id IS NOT NULL))) EXECUTE FUNCTION private.leave_failed_queue();

-- Name: client_members _500_owner_of_client; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _500_owner_of_client AFTER INSERT OR DELETE OR UPDATE OF status, role, profile_id ON public.client_members FOR EACH ROW EXECUTE FUNCTION private.owner_of_client();

-- Name: leads _500_record_changed_lead; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _500_record_changed_lead AFTER UPDATE ON public.leads REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.record_lead();

-- Name: leads _500_record_new_lead; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _500_record_new_lead AFTER INSERT ON public.leads REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.record_lead();

-- Name: channel_accounts _500_start_account; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _500_start_account BEFORE UPDATE OF status ON public.channel_accounts FOR EACH ROW WHEN (((new.status = 'active'::public.channel_account_status) AND (old.status <> 'active'::public.channel_account_status))) EXECUTE FUNCTION private.start_account();

-- Name: renus_config _500_version_config; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _500_version_config BEFORE UPDATE OF agent_type, config, prompts ON public.renus_config FOR EACH ROW WHEN ((((new.agent_type IS DISTINCT FROM old.agent_type) OR (new.config IS DISTINCT FROM old.config)) OR (new.prompts IS DISTINCT FROM old.prompts))) EXECUTE FUNCTION private.version_config();

-- Name: messages _900_count_dialogue; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _900_count_dialogue AFTER INSERT ON public.messages REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.count_dialogue();

-- Name: interview_messages _900_count_inbound; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _900_count_inbound AFTER INSERT ON public.interview_messages REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.count_inbound();

-- Name: interviews _900_end_of_interview; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _900_end_of_interview AFTER UPDATE OF status ON public.interviews FOR EACH ROW WHEN (((new.status = ANY (ARRAY['completed'::public.interview_status, 'cancelled'::public.interview_status])) AND (old.status = ANY (ARRAY['pending'::public.interview_status, 'in_progress'::public.interview_status])))) EXECUTE FUNCTION private.end_of_interview();

-- Name: deliveries _900_follow_delivery; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _900_follow_delivery AFTER UPDATE OF status ON public.deliveries FOR EACH ROW WHEN (((new.kind = 'notification'::public.delivery_kind) AND (new.status = ANY (ARRAY['sent'::public.delivery_status, 'delivered'::public.delivery_status, 'read'::public.delivery_status, 'failed'::public.delivery_status, 'cancelled'::public.delivery_status])) AND (old.status IS DISTINCT FROM new.status))) EXECUTE FUNCTION private.follow_delivery();

-- Name: deliveries _900_follow_invitation; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _900_follow_invitation AFTER UPDATE OF status ON public.deliveries FOR EACH ROW WHEN (((new.kind = ANY (ARRAY['invitation'::public.delivery_kind, 'reminder'::public.delivery_kind])) AND (new.status = ANY (ARRAY['sent'::public.delivery_status, 'delivered'::public.delivery_status, 'read'::public.delivery_status, 'failed'::public.delivery_status, 'cancelled'::public.delivery_status])) AND (old.status IS DISTINCT FROM new.status))) EXECUTE FUNCTION private.follow_invitation();

-- Name: deliveries _900_follow_invitation_refused; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _900_follow_invitation_refused AFTER INSERT ON public.deliveries FOR EACH ROW WHEN (((new.kind = 'invitation'::public.delivery_kind) AND (new.status = 'cancelled'::public.delivery_status))) EXECUTE FUNCTION private.follow_invitation();

-- Name: deliveries _900_say_message; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _900_say_message AFTER INSERT ON public.deliveries FOR EACH ROW WHEN ((new.kind = 'message'::public.delivery_kind)) EXECUTE FUNCTION private.say_message();

-- Name: interviews _900_start_of_interview; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _900_start_of_interview AFTER UPDATE OF status ON public.interviews FOR EACH ROW WHEN (((new.status = 'in_progress'::public.interview_status) AND (old.status = 'pending'::public.interview_status))) EXECUTE FUNCTION private.start_of_interview();

-- Name: projects _900_start_project; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _900_start_project AFTER UPDATE OF status ON public.projects FOR EACH ROW WHEN (((new.status = 'active'::public.project_status) AND (old.status <> 'active'::public.project_status))) EXECUTE FUNCTION private.start_project();

-- Name: projects _900_start_project_inserted; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _900_start_project_inserted AFTER INSERT ON public.projects FOR EACH ROW WHEN ((new.status = 'active'::public.project_status)) EXECUTE FUNCTION private.start_project();

-- Name: callbacks _900_tell_of_callback; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _900_tell_of_callback AFTER UPDATE OF due_at ON public.callbacks FOR EACH ROW WHEN (((new.status = 'open'::public.callback_status) AND (new.due_at IS DISTINCT FROM old.due_at))) EXECUTE FUNCTION private.tell_of_callback();

-- Name: callbacks _900_tell_of_callback_made; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _900_tell_of_callback_made AFTER INSERT ON public.callbacks FOR EACH ROW WHEN ((new.status = 'open'::public.callback_status)) EXECUTE FUNCTION private.tell_of_callback();

-- Name: message_templates _900_tell_of_template; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _900_tell_of_template AFTER UPDATE OF status ON public.message_templates FOR EACH ROW WHEN (((old.status = 'approved'::public.template_status) AND (new.status = ANY (ARRAY['paused'::public.template_status, 'rejected'::public.template_status, 'disabled'::public.template_status])) AND (new.synced_at IS NOT NULL))) EXECUTE FUNCTION private.tell_of_template();

-- Name: interview_messages _910_stop_reminding; Type: TRIGGER; Schema: public; Owner: postgres

CREATE TRIGGER _910_stop_reminding AFTER INSERT ON public.interview_messages REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.stop_reminding();

-- Name: account_paces account_paces_client_id_channel_account_id_fkey; Type: FK CONSTRAINT; Schema: private; Owner: postgres

ALTER TABLE ONLY private.account_paces
    ADD CONSTRAINT account_paces_client_id_channel_account_id_fkey FOREIGN KEY (client_id, channel_account_id) REFERENCES public.channel_accounts(client_id, id) ON DELETE CASCADE;

-- Name: channel_credentials channel_credentials_client_id_channel_account_id_fkey; Type: FK CONSTRAINT; Schema: private; Owner: postgres

ALTER TABLE ONLY private.channel_credentials
    ADD CONSTRAINT channel_credentials_client_id_channel_account_id_fkey FOREIGN KEY (client_id, channel_account_id) REFERENCES public.channel_accounts(client_id, id) ON DELETE CASCADE;

-- Name: intents intents_client_id_lead_id_fkey; Type: FK CONSTRAINT; Schema: private; Owner: postgres

ALTER TABLE ONLY private.intents
    ADD CONSTRAINT intents_client_id_lead_id_fkey FOREIGN KEY (client_id, lead_id) REFERENCES public.leads(client_id, id) ON DELETE CASCADE;

-- Name: isa_tokens isa_tokens_admin_id_fkey; Type: FK CONSTRAINT; Schema: private; Owner: postgres

ALTER TABLE ONLY private.isa_tokens
    ADD CONSTRAINT isa_tokens_admin_id_fkey FOREIGN KEY (admin_id) REFERENCES public.profiles(id) ON DELETE CASCADE;

-- Name: isa_tokens isa_tokens_command_id_fkey; Type: FK CONSTRAINT; Schema: private; Owner: postgres

ALTER TABLE ONLY private.isa_tokens
    ADD CONSTRAINT isa_tokens_command_id_fkey FOREIGN KEY (command_id) REFERENCES public.isa_commands(id) ON DELETE CASCADE;

-- Name: project_changes project_changes_project_id_fkey; Type: FK CONSTRAINT; Schema: private; Owner: postgres

ALTER TABLE ONLY private.project_changes
    ADD CONSTRAINT project_changes_project_id_fkey FOREIGN KEY (project_id) REFERENCES public.projects(id) ON DELETE CASCADE;

-- Name: threads the_live_conversation_is_of_the_same_client; Type: FK CONSTRAINT; Schema: private; Owner: postgres

ALTER TABLE ONLY private.threads
    ADD CONSTRAINT the_live_conversation_is_of_the_same_client FOREIGN KEY (client_id, conversation_id) REFERENCES public.conversations(client_id, id);

-- Name: threads the_live_interview_is_of_the_same_client; Type: FK CONSTRAINT; Schema: private; Owner: postgres

ALTER TABLE ONLY private.threads
    ADD CONSTRAINT the_live_interview_is_of_the_same_client FOREIGN KEY (client_id, interview_id) REFERENCES public.interviews(client_id, id);

-- Name: threads threads_client_id_channel_account_id_fkey; Type: FK CONSTRAINT; Schema: private; Owner: postgres

ALTER TABLE ONLY private.threads
    ADD CONSTRAINT threads_client_id_channel_account_id_fkey FOREIGN KEY (client_id, channel_account_id) REFERENCES public.channel_accounts(client_id, id);

-- Name: threads threads_client_id_lead_id_fkey; Type: FK CONSTRAINT; Schema: private; Owner: postgres

ALTER TABLE ONLY private.threads
    ADD CONSTRAINT threads_client_id_lead_id_fkey FOREIGN KEY (client_id, lead_id) REFERENCES public.leads(client_id, id) ON DELETE CASCADE;

-- Name: audit_log audit_log_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.clients(id);

-- Name: callbacks callbacks_client_id_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.callbacks
    ADD CONSTRAINT callbacks_client_id_lead_id_fkey FOREIGN KEY (client_id, lead_id) REFERENCES public.leads(client_id, id) ON DELETE CASCADE;

-- Name: channel_accounts channel_accounts_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.channel_accounts
    ADD CONSTRAINT channel_accounts_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.clients(id);

-- Name: client_members client_members_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.client_members
    ADD CONSTRAINT client_members_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.clients(id) ON DELETE CASCADE;

-- Name: client_members client_members_invited_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.client_members
    ADD CONSTRAINT client_members_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES public.profiles(id) ON DELETE SET NULL;

-- Name: client_members client_members_profile_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.client_members
    ADD CONSTRAINT client_members_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES public.profiles(id) ON DELETE SET NULL;

-- Name: clients clients_profile_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.clients
    ADD CONSTRAINT clients_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES public.profiles(id) ON DELETE SET NULL;

-- Name: consents consents_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.clients(id);

-- Name: consents consents_client_id_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_client_id_lead_id_fkey FOREIGN KEY (client_id, lead_id) REFERENCES public.leads(client_id, id) ON DELETE CASCADE;

-- Name: conversations conversations_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.clients(id);

-- Name: conversations conversations_client_id_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_client_id_lead_id_fkey FOREIGN KEY (client_id, lead_id) REFERENCES public.leads(client_id, id);

-- Name: conversations conversations_client_id_project_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_client_id_project_id_fkey FOREIGN KEY (client_id, project_id) REFERENCES public.projects(client_id, id);

-- Name: conversations conversations_client_id_renus_config_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_client_id_renus_config_id_fkey FOREIGN KEY (client_id, renus_config_id) REFERENCES public.renus_config(client_id, id);

-- Name: conversations conversations_client_id_thread_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_client_id_thread_id_fkey FOREIGN KEY (client_id, thread_id) REFERENCES private.threads(client_id, id);

-- Name: conversations conversations_profile_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES public.profiles(id) ON DELETE CASCADE;

-- Name: conversations conversations_sub_agent_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_sub_agent_id_fkey FOREIGN KEY (sub_agent_id) REFERENCES public.sub_agents(id) ON DELETE SET NULL;

-- Name: conversions conversions_client_id_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.conversions
    ADD CONSTRAINT conversions_client_id_lead_id_fkey FOREIGN KEY (client_id, lead_id) REFERENCES public.leads(client_id, id);

-- Name: conversions conversions_client_id_qualification_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.conversions
    ADD CONSTRAINT conversions_client_id_qualification_id_fkey FOREIGN KEY (client_id, qualification_id) REFERENCES public.qualifications(client_id, id);

-- Name: conversions conversions_made_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.conversions
    ADD CONSTRAINT conversions_made_client_id_fkey FOREIGN KEY (made_client_id) REFERENCES public.clients(id);

-- Name: conversions conversions_made_client_id_made_project_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.conversions
    ADD CONSTRAINT conversions_made_client_id_made_project_id_fkey FOREIGN KEY (made_client_id, made_project_id) REFERENCES public.projects(client_id, id) ON DELETE SET NULL (made_project_id);

-- Name: conversions conversions_made_client_id_made_renus_config_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.conversions
    ADD CONSTRAINT conversions_made_client_id_made_renus_config_id_fkey FOREIGN KEY (made_client_id, made_renus_config_id) REFERENCES public.renus_config(client_id, id);

-- Name: conversions conversions_member_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.conversions
    ADD CONSTRAINT conversions_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.client_members(id) ON DELETE SET NULL;

-- Name: conversions conversions_reversed_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.conversions
    ADD CONSTRAINT conversions_reversed_by_fkey FOREIGN KEY (reversed_by) REFERENCES public.profiles(id) ON DELETE SET NULL;

-- Name: deliveries deliveries_client_id_channel_account_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_client_id_channel_account_id_fkey FOREIGN KEY (client_id, channel_account_id) REFERENCES public.channel_accounts(client_id, id);

-- Name: deliveries deliveries_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.clients(id);

-- Name: deliveries deliveries_client_id_interview_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_client_id_interview_id_fkey FOREIGN KEY (client_id, interview_id) REFERENCES public.interviews(client_id, id);

-- Name: deliveries deliveries_client_id_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_client_id_lead_id_fkey FOREIGN KEY (client_id, lead_id) REFERENCES public.leads(client_id, id);

-- Name: deliveries deliveries_client_id_thread_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_client_id_thread_id_fkey FOREIGN KEY (client_id, thread_id) REFERENCES private.threads(client_id, id);

-- Name: deliveries deliveries_profile_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES public.profiles(id) ON DELETE CASCADE;

-- Name: erasures erasures_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.clients(id);

-- Name: erasures erasures_client_id_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_client_id_lead_id_fkey FOREIGN KEY (client_id, lead_id) REFERENCES public.leads(client_id, id) ON DELETE CASCADE;

-- Name: erasures erasures_requested_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_requested_by_fkey FOREIGN KEY (requested_by) REFERENCES public.profiles(id) ON DELETE SET NULL;

-- Name: failed_tasks failed_tasks_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.failed_tasks
    ADD CONSTRAINT failed_tasks_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.clients(id);

-- Name: interview_answers interview_answers_client_id_interview_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.interview_answers
    ADD CONSTRAINT interview_answers_client_id_interview_id_fkey FOREIGN KEY (client_id, interview_id) REFERENCES public.interviews(client_id, id) ON DELETE CASCADE;

-- Name: interview_messages interview_messages_client_id_interview_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE public.interview_messages
    ADD CONSTRAINT interview_messages_client_id_interview_id_fkey FOREIGN KEY (client_id, interview_id) REFERENCES public.interviews(client_id, id);

-- Name: interviews interviews_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.interviews
    ADD CONSTRAINT interviews_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.clients(id);

-- Name: interviews interviews_client_id_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.interviews
    ADD CONSTRAINT interviews_client_id_lead_id_fkey FOREIGN KEY (client_id, lead_id) REFERENCES public.leads(client_id, id);

-- Name: interviews interviews_client_id_project_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.interviews
    ADD CONSTRAINT interviews_client_id_project_id_fkey FOREIGN KEY (client_id, project_id) REFERENCES public.projects(client_id, id);

-- Name: interviews interviews_client_id_thread_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.interviews
    ADD CONSTRAINT interviews_client_id_thread_id_fkey FOREIGN KEY (client_id, thread_id) REFERENCES private.threads(client_id, id);

-- Name: isa_commands isa_commands_admin_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.isa_commands
    ADD CONSTRAINT isa_commands_admin_id_fkey FOREIGN KEY (admin_id) REFERENCES public.profiles(id);

-- Name: lead_identities lead_identities_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.lead_identities
    ADD CONSTRAINT lead_identities_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.clients(id);

-- Name: lead_identities lead_identities_client_id_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.lead_identities
    ADD CONSTRAINT lead_identities_client_id_lead_id_fkey FOREIGN KEY (client_id, lead_id) REFERENCES public.leads(client_id, id) ON DELETE CASCADE;

-- Name: leads leads_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.leads
    ADD CONSTRAINT leads_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.clients(id);

-- Name: media media_client_id_channel_account_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_client_id_channel_account_id_fkey FOREIGN KEY (client_id, channel_account_id) REFERENCES public.channel_accounts(client_id, id);

-- Name: media media_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.clients(id);

-- Name: media media_client_id_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_client_id_lead_id_fkey FOREIGN KEY (client_id, lead_id) REFERENCES public.leads(client_id, id);

-- Name: message_templates message_templates_client_id_channel_account_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.message_templates
    ADD CONSTRAINT message_templates_client_id_channel_account_id_fkey FOREIGN KEY (client_id, channel_account_id) REFERENCES public.channel_accounts(client_id, id);

-- Name: message_templates message_templates_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.message_templates
    ADD CONSTRAINT message_templates_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.clients(id);

-- Name: messages messages_client_id_conversation_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE public.messages
    ADD CONSTRAINT messages_client_id_conversation_id_fkey FOREIGN KEY (client_id, conversation_id) REFERENCES public.conversations(client_id, id) ON DELETE CASCADE;

-- Name: notifications notifications_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.clients(id);

-- Name: notifications notifications_client_id_interview_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_client_id_interview_id_fkey FOREIGN KEY (client_id, interview_id) REFERENCES public.interviews(client_id, id);

-- Name: notifications notifications_profile_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES public.profiles(id) ON DELETE CASCADE;

-- Name: profiles profiles_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.profiles
    ADD CONSTRAINT profiles_id_fkey FOREIGN KEY (id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- Name: projects projects_client_id_channel_account_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_client_id_channel_account_id_fkey FOREIGN KEY (client_id, channel_account_id) REFERENCES public.channel_accounts(client_id, id);

-- Name: projects projects_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.clients(id);

-- Name: projects projects_client_id_renus_config_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_client_id_renus_config_id_fkey FOREIGN KEY (client_id, renus_config_id) REFERENCES public.renus_config(client_id, id);

-- Name: qualifications qualifications_client_id_conversation_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.qualifications
    ADD CONSTRAINT qualifications_client_id_conversation_id_fkey FOREIGN KEY (client_id, conversation_id) REFERENCES public.conversations(client_id, id);

-- Name: qualifications qualifications_client_id_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.qualifications
    ADD CONSTRAINT qualifications_client_id_lead_id_fkey FOREIGN KEY (client_id, lead_id) REFERENCES public.leads(client_id, id) ON DELETE CASCADE;

-- Name: qualifications qualifications_client_id_renus_config_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.qualifications
    ADD CONSTRAINT qualifications_client_id_renus_config_id_fkey FOREIGN KEY (client_id, renus_config_id) REFERENCES public.renus_config(client_id, id);

-- Name: reminders reminders_client_id_delivery_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.reminders
    ADD CONSTRAINT reminders_client_id_delivery_id_fkey FOREIGN KEY (client_id, delivery_id) REFERENCES public.deliveries(client_id, id);

-- Name: reminders reminders_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.reminders
    ADD CONSTRAINT reminders_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.clients(id);

-- Name: reminders reminders_client_id_interview_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.reminders
    ADD CONSTRAINT reminders_client_id_interview_id_fkey FOREIGN KEY (client_id, interview_id) REFERENCES public.interviews(client_id, id);

-- Name: renus_config renus_config_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.renus_config
    ADD CONSTRAINT renus_config_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.clients(id);

-- Name: renus_config_versions renus_config_versions_client_id_renus_config_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.renus_config_versions
    ADD CONSTRAINT renus_config_versions_client_id_renus_config_id_fkey FOREIGN KEY (client_id, renus_config_id) REFERENCES public.renus_config(client_id, id) ON DELETE CASCADE;

-- Name: renus_config_versions renus_config_versions_created_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.renus_config_versions
    ADD CONSTRAINT renus_config_versions_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.profiles(id) ON DELETE SET NULL;

-- Name: reports reports_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.clients(id);

-- Name: reports reports_client_id_interview_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_client_id_interview_id_fkey FOREIGN KEY (client_id, interview_id) REFERENCES public.interviews(client_id, id);

-- Name: reports reports_client_id_project_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_client_id_project_id_fkey FOREIGN KEY (client_id, project_id) REFERENCES public.projects(client_id, id);

-- Name: risk_acceptances risk_acceptances_accepted_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.risk_acceptances
    ADD CONSTRAINT risk_acceptances_accepted_by_fkey FOREIGN KEY (accepted_by) REFERENCES public.profiles(id);

-- Name: risk_acceptances risk_acceptances_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.risk_acceptances
    ADD CONSTRAINT risk_acceptances_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.clients(id);

-- Name: sending_rules sending_rules_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.sending_rules
    ADD CONSTRAINT sending_rules_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.clients(id);

-- Name: notifications the_delivery_is_the_senders; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT the_delivery_is_the_senders FOREIGN KEY (sender_client_id, delivery_id) REFERENCES public.deliveries(client_id, id);

-- Name: tool_calls tool_calls_client_id_lead_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.tool_calls
    ADD CONSTRAINT tool_calls_client_id_lead_id_fkey FOREIGN KEY (client_id, lead_id) REFERENCES public.leads(client_id, id) ON DELETE CASCADE;

-- Name: tool_calls tool_calls_client_id_thread_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.tool_calls
    ADD CONSTRAINT tool_calls_client_id_thread_id_fkey FOREIGN KEY (client_id, thread_id) REFERENCES private.threads(client_id, id) ON DELETE CASCADE;

-- Name: tool_calls tool_calls_sub_agent_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.tool_calls
    ADD CONSTRAINT tool_calls_sub_agent_id_fkey FOREIGN KEY (sub_agent_id) REFERENCES public.sub_agents(id) ON DELETE SET NULL;

-- Name: turns turns_client_id_conversation_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.turns
    ADD CONSTRAINT turns_client_id_conversation_id_fkey FOREIGN KEY (client_id, conversation_id) REFERENCES public.conversations(client_id, id);

-- Name: turns turns_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.turns
    ADD CONSTRAINT turns_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.clients(id);

-- Name: turns turns_client_id_interview_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.turns
    ADD CONSTRAINT turns_client_id_interview_id_fkey FOREIGN KEY (client_id, interview_id) REFERENCES public.interviews(client_id, id);

-- Name: turns turns_client_id_renus_config_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.turns
    ADD CONSTRAINT turns_client_id_renus_config_id_fkey FOREIGN KEY (client_id, renus_config_id) REFERENCES public.renus_config(client_id, id);

-- Name: turns turns_client_id_thread_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.turns
    ADD CONSTRAINT turns_client_id_thread_id_fkey FOREIGN KEY (client_id, thread_id) REFERENCES private.threads(client_id, id) ON DELETE CASCADE;

-- Name: webhook_events webhook_events_client_id_channel_account_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.webhook_events
    ADD CONSTRAINT webhook_events_client_id_channel_account_id_fkey FOREIGN KEY (client_id, channel_account_id) REFERENCES public.channel_accounts(client_id, id);

-- Name: webhook_events webhook_events_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres

ALTER TABLE ONLY public.webhook_events
    ADD CONSTRAINT webhook_events_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.clients(id);

-- Name: account_paces; Type: ROW SECURITY; Schema: private; Owner: postgres

ALTER TABLE private.account_paces ENABLE ROW LEVEL SECURITY;

-- Name: channel_credentials; Type: ROW SECURITY; Schema: private; Owner: postgres

ALTER TABLE private.channel_credentials ENABLE ROW LEVEL SECURITY;

-- Name: intents; Type: ROW SECURITY; Schema: private; Owner: postgres

ALTER TABLE private.intents ENABLE ROW LEVEL SECURITY;

-- Name: intents intents_insert_by_agents; Type: POLICY; Schema: private; Owner: postgres

CREATE POLICY intents_insert_by_agents ON private.intents FOR INSERT TO renum_agent WITH CHECK (((client_id = ( SELECT private.turn_client_id() AS turn_client_id)) AND (lead_id = ( SELECT private.turn_lead_id() AS turn_lead_id)) AND (turn_id = ( SELECT private.turn_lease() AS turn_lease))));

-- Name: isa_tokens; Type: ROW SECURITY; Schema: private; Owner: postgres

ALTER TABLE private.isa_tokens ENABLE ROW LEVEL SECURITY;

-- Name: policy_packs; Type: ROW SECURITY; Schema: private; Owner: postgres

ALTER TABLE private.policy_packs ENABLE ROW LEVEL SECURITY;

-- Name: prices; Type: ROW SECURITY; Schema: private; Owner: postgres

ALTER TABLE private.prices ENABLE ROW LEVEL SECURITY;

-- Name: project_changes; Type: ROW SECURITY; Schema: private; Owner: postgres

ALTER TABLE private.project_changes ENABLE ROW LEVEL SECURITY;

-- Name: providers; Type: ROW SECURITY; Schema: private; Owner: postgres

ALTER TABLE private.providers ENABLE ROW LEVEL SECURITY;

-- Name: settings; Type: ROW SECURITY; Schema: private; Owner: postgres

ALTER TABLE private.settings ENABLE ROW LEVEL SECURITY;

-- Name: threads; Type: ROW SECURITY; Schema: private; Owner: postgres

ALTER TABLE private.threads ENABLE ROW LEVEL SECURITY;

-- Name: audit_log; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.audit_log ENABLE ROW LEVEL SECURITY;

-- Name: audit_log audit_log_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY audit_log_select ON public.audit_log FOR SELECT TO authenticated USING (((( SELECT private.is_admin() AS is_admin) OR (client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids)))) AND private.asks_for_rows()));

-- Name: callbacks; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.callbacks ENABLE ROW LEVEL SECURITY;

-- Name: callbacks callbacks_insert; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY callbacks_insert ON public.callbacks FOR INSERT TO authenticated WITH CHECK ((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))));

-- Name: callbacks callbacks_insert_by_agents; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY callbacks_insert_by_agents ON public.callbacks FOR INSERT TO renum_agent WITH CHECK (((client_id = ( SELECT private.turn_client_id() AS turn_client_id)) AND (lead_id = ( SELECT private.turn_lead_id() AS turn_lead_id)) AND (status = 'open'::public.callback_status)));

-- Name: callbacks callbacks_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY callbacks_select ON public.callbacks FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: callbacks callbacks_select_by_agents; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY callbacks_select_by_agents ON public.callbacks FOR SELECT TO renum_agent USING (((client_id = ( SELECT private.turn_client_id() AS turn_client_id)) AND (lead_id = ( SELECT private.turn_lead_id() AS turn_lead_id))));

-- Name: callbacks callbacks_update; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY callbacks_update ON public.callbacks FOR UPDATE TO authenticated USING ((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids)))) WITH CHECK ((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))));

-- Name: callbacks callbacks_update_by_agents; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY callbacks_update_by_agents ON public.callbacks FOR UPDATE TO renum_agent USING (((client_id = ( SELECT private.turn_client_id() AS turn_client_id)) AND (lead_id = ( SELECT private.turn_lead_id() AS turn_lead_id)))) WITH CHECK (((client_id = ( SELECT private.turn_client_id() AS turn_client_id)) AND (lead_id = ( SELECT private.turn_lead_id() AS turn_lead_id))));

-- Name: channel_accounts; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.channel_accounts ENABLE ROW LEVEL SECURITY;

-- Name: channel_accounts channel_accounts_insert; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY channel_accounts_insert ON public.channel_accounts FOR INSERT TO authenticated WITH CHECK ((client_id = ANY (ARRAY( SELECT private.owned_client_ids() AS owned_client_ids))));

-- Name: channel_accounts channel_accounts_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY channel_accounts_select ON public.channel_accounts FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: channel_accounts channel_accounts_update; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY channel_accounts_update ON public.channel_accounts FOR UPDATE TO authenticated USING ((client_id = ANY (ARRAY( SELECT private.owned_client_ids() AS owned_client_ids)))) WITH CHECK ((client_id = ANY (ARRAY( SELECT private.owned_client_ids() AS owned_client_ids))));

-- Name: client_members; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.client_members ENABLE ROW LEVEL SECURITY;

-- Name: client_members client_members_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY client_members_select ON public.client_members FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: clients; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.clients ENABLE ROW LEVEL SECURITY;

-- Name: clients clients_insert; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY clients_insert ON public.clients FOR INSERT TO authenticated WITH CHECK (( SELECT private.is_admin() AS is_admin));

-- Name: clients clients_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY clients_select ON public.clients FOR SELECT TO authenticated USING (((( SELECT private.is_admin() AS is_admin) OR (id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids)))) AND private.asks_for_rows()));

-- Name: clients clients_update; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY clients_update ON public.clients FOR UPDATE TO authenticated USING ((id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids)))) WITH CHECK ((id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))));

-- Name: consents; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.consents ENABLE ROW LEVEL SECURITY;

-- Name: consents consents_insert; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY consents_insert ON public.consents FOR INSERT TO authenticated WITH CHECK ((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))));

-- Name: consents consents_insert_by_agents; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY consents_insert_by_agents ON public.consents FOR INSERT TO renum_agent WITH CHECK (((client_id = ( SELECT private.turn_client_id() AS turn_client_id)) AND (lead_id = ( SELECT private.turn_lead_id() AS turn_lead_id)) AND (NOT granted)));

-- Name: consents consents_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY consents_select ON public.consents FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: conversations; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.conversations ENABLE ROW LEVEL SECURITY;

-- Name: conversations conversations_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY conversations_select ON public.conversations FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: conversations conversations_update; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY conversations_update ON public.conversations FOR UPDATE TO authenticated USING ((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids)))) WITH CHECK ((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))));

-- Name: conversions; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.conversions ENABLE ROW LEVEL SECURITY;

-- Name: conversions conversions_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY conversions_select ON public.conversions FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: deliveries; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.deliveries ENABLE ROW LEVEL SECURITY;

-- Name: deliveries deliveries_insert; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY deliveries_insert ON public.deliveries FOR INSERT TO authenticated WITH CHECK (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND (kind = 'message'::public.delivery_kind) AND (lead_id IS NOT NULL)));

-- Name: deliveries deliveries_insert_by_agents; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY deliveries_insert_by_agents ON public.deliveries FOR INSERT TO renum_agent WITH CHECK (((client_id = ( SELECT private.turn_client_id() AS turn_client_id)) AND (lead_id = ( SELECT private.turn_lead_id() AS turn_lead_id)) AND (kind = 'message'::public.delivery_kind)));

-- Name: deliveries deliveries_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY deliveries_select ON public.deliveries FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: erasures; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.erasures ENABLE ROW LEVEL SECURITY;

-- Name: erasures erasures_insert; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY erasures_insert ON public.erasures FOR INSERT TO authenticated WITH CHECK ((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))));

-- Name: erasures erasures_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY erasures_select ON public.erasures FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: failed_tasks; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.failed_tasks ENABLE ROW LEVEL SECURITY;

-- Name: failed_tasks failed_tasks_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY failed_tasks_select ON public.failed_tasks FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: interview_answers; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.interview_answers ENABLE ROW LEVEL SECURITY;

-- Name: interview_answers interview_answers_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY interview_answers_select ON public.interview_answers FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: interview_messages; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.interview_messages ENABLE ROW LEVEL SECURITY;

-- Name: interview_messages interview_messages_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY interview_messages_select ON public.interview_messages FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: interviews; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.interviews ENABLE ROW LEVEL SECURITY;

-- Name: interviews interviews_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY interviews_select ON public.interviews FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: interviews interviews_select_by_agents; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY interviews_select_by_agents ON public.interviews FOR SELECT TO renum_agent USING (((client_id = ( SELECT private.turn_client_id() AS turn_client_id)) AND (lead_id = ( SELECT private.turn_lead_id() AS turn_lead_id))));

-- Name: interviews interviews_update; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY interviews_update ON public.interviews FOR UPDATE TO authenticated USING ((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids)))) WITH CHECK ((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))));

-- Name: isa_commands; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.isa_commands ENABLE ROW LEVEL SECURITY;

-- Name: isa_commands isa_commands_insert; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY isa_commands_insert ON public.isa_commands FOR INSERT TO authenticated WITH CHECK ((( SELECT private.is_admin() AS is_admin) AND (admin_id = ( SELECT private.current_profile_id() AS current_profile_id))));

-- Name: isa_commands isa_commands_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY isa_commands_select ON public.isa_commands FOR SELECT TO authenticated USING ((( SELECT private.is_admin() AS is_admin) AND private.asks_for_rows()));

-- Name: lead_identities; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.lead_identities ENABLE ROW LEVEL SECURITY;

-- Name: lead_identities lead_identities_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY lead_identities_select ON public.lead_identities FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: leads; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.leads ENABLE ROW LEVEL SECURITY;

-- Name: leads leads_delete; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY leads_delete ON public.leads FOR DELETE TO authenticated USING ((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))));

-- Name: leads leads_insert; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY leads_insert ON public.leads FOR INSERT TO authenticated WITH CHECK ((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))));

-- Name: leads leads_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY leads_select ON public.leads FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: leads leads_select_by_agents; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY leads_select_by_agents ON public.leads FOR SELECT TO renum_agent USING (((client_id = ( SELECT private.turn_client_id() AS turn_client_id)) AND (id = ( SELECT private.turn_lead_id() AS turn_lead_id))));

-- Name: leads leads_update; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY leads_update ON public.leads FOR UPDATE TO authenticated USING ((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids)))) WITH CHECK ((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))));

-- Name: leads leads_update_by_agents; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY leads_update_by_agents ON public.leads FOR UPDATE TO renum_agent USING (((client_id = ( SELECT private.turn_client_id() AS turn_client_id)) AND (id = ( SELECT private.turn_lead_id() AS turn_lead_id)))) WITH CHECK (((client_id = ( SELECT private.turn_client_id() AS turn_client_id)) AND (id = ( SELECT private.turn_lead_id() AS turn_lead_id))));

-- Name: media; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.media ENABLE ROW LEVEL SECURITY;

-- Name: media media_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY media_select ON public.media FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: message_templates; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.message_templates ENABLE ROW LEVEL SECURITY;

-- Name: message_templates message_templates_insert; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY message_templates_insert ON public.message_templates FOR INSERT TO authenticated WITH CHECK ((client_id = ANY (ARRAY( SELECT private.owned_client_ids() AS owned_client_ids))));

-- Name: message_templates message_templates_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY message_templates_select ON public.message_templates FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: message_templates message_templates_update; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY message_templates_update ON public.message_templates FOR UPDATE TO authenticated USING ((client_id = ANY (ARRAY( SELECT private.owned_client_ids() AS owned_client_ids)))) WITH CHECK ((client_id = ANY (ARRAY( SELECT private.owned_client_ids() AS owned_client_ids))));

-- Name: messages; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.messages ENABLE ROW LEVEL SECURITY;

-- Name: messages messages_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY messages_select ON public.messages FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: notifications; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.notifications ENABLE ROW LEVEL SECURITY;

-- Name: notifications notifications_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY notifications_select ON public.notifications FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: profiles; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;

-- Name: profiles profiles_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY profiles_select ON public.profiles FOR SELECT TO authenticated USING (((id = ANY (ARRAY( SELECT private.visible_profile_ids() AS visible_profile_ids))) AND private.asks_for_rows()));

-- Name: profiles profiles_update; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY profiles_update ON public.profiles FOR UPDATE TO authenticated USING (((id = ( SELECT private.current_profile_id() AS current_profile_id)) OR ( SELECT private.is_admin() AS is_admin))) WITH CHECK (((id = ( SELECT private.current_profile_id() AS current_profile_id)) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: projects; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.projects ENABLE ROW LEVEL SECURITY;

-- Name: projects projects_delete; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY projects_delete ON public.projects FOR DELETE TO authenticated USING ((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))));

-- Name: projects projects_insert; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY projects_insert ON public.projects FOR INSERT TO authenticated WITH CHECK ((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))));

-- Name: projects projects_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY projects_select ON public.projects FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: projects projects_select_by_agents; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY projects_select_by_agents ON public.projects FOR SELECT TO renum_agent USING ((client_id = ( SELECT private.turn_client_id() AS turn_client_id)));

-- Name: projects projects_update; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY projects_update ON public.projects FOR UPDATE TO authenticated USING ((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids)))) WITH CHECK ((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))));

-- Name: qualifications; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.qualifications ENABLE ROW LEVEL SECURITY;

-- Name: qualifications qualifications_insert_by_agents; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY qualifications_insert_by_agents ON public.qualifications FOR INSERT TO renum_agent WITH CHECK (((client_id = ( SELECT private.turn_client_id() AS turn_client_id)) AND (lead_id = ( SELECT private.turn_lead_id() AS turn_lead_id))));

-- Name: qualifications qualifications_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY qualifications_select ON public.qualifications FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: qualifications qualifications_select_by_agents; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY qualifications_select_by_agents ON public.qualifications FOR SELECT TO renum_agent USING (((client_id = ( SELECT private.turn_client_id() AS turn_client_id)) AND (lead_id = ( SELECT private.turn_lead_id() AS turn_lead_id))));

-- Name: qualifications qualifications_update_by_agents; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY qualifications_update_by_agents ON public.qualifications FOR UPDATE TO renum_agent USING (((client_id = ( SELECT private.turn_client_id() AS turn_client_id)) AND (lead_id = ( SELECT private.turn_lead_id() AS turn_lead_id)))) WITH CHECK (((client_id = ( SELECT private.turn_client_id() AS turn_client_id)) AND (lead_id = ( SELECT private.turn_lead_id() AS turn_lead_id))));

-- Name: reminders; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.reminders ENABLE ROW LEVEL SECURITY;

-- Name: reminders reminders_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY reminders_select ON public.reminders FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: renus_config; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.renus_config ENABLE ROW LEVEL SECURITY;

-- Name: renus_config renus_config_insert; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY renus_config_insert ON public.renus_config FOR INSERT TO authenticated WITH CHECK ((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))));

-- Name: renus_config renus_config_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY renus_config_select ON public.renus_config FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: renus_config renus_config_update; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY renus_config_update ON public.renus_config FOR UPDATE TO authenticated USING ((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids)))) WITH CHECK ((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))));

-- Name: renus_config_versions; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.renus_config_versions ENABLE ROW LEVEL SECURITY;

-- Name: renus_config_versions renus_config_versions_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY renus_config_versions_select ON public.renus_config_versions FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: reports; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.reports ENABLE ROW LEVEL SECURITY;

-- Name: reports reports_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY reports_select ON public.reports FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: risk_acceptances; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.risk_acceptances ENABLE ROW LEVEL SECURITY;

-- Name: risk_acceptances risk_acceptances_insert; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY risk_acceptances_insert ON public.risk_acceptances FOR INSERT TO authenticated WITH CHECK ((( SELECT private.is_admin() AS is_admin) AND (accepted_by = ( SELECT private.current_profile_id() AS current_profile_id))));

-- Name: risk_acceptances risk_acceptances_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY risk_acceptances_select ON public.risk_acceptances FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: sending_rules; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.sending_rules ENABLE ROW LEVEL SECURITY;

-- Name: sending_rules sending_rules_insert; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY sending_rules_insert ON public.sending_rules FOR INSERT TO authenticated WITH CHECK ((client_id = ANY (ARRAY( SELECT private.owned_client_ids() AS owned_client_ids))));

-- Name: sending_rules sending_rules_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY sending_rules_select ON public.sending_rules FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: sending_rules sending_rules_update; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY sending_rules_update ON public.sending_rules FOR UPDATE TO authenticated USING ((client_id = ANY (ARRAY( SELECT private.owned_client_ids() AS owned_client_ids)))) WITH CHECK ((client_id = ANY (ARRAY( SELECT private.owned_client_ids() AS owned_client_ids))));

-- Name: sub_agents; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.sub_agents ENABLE ROW LEVEL SECURITY;

-- Name: sub_agents sub_agents_delete; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY sub_agents_delete ON public.sub_agents FOR DELETE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: sub_agents sub_agents_insert; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY sub_agents_insert ON public.sub_agents FOR INSERT TO authenticated WITH CHECK (( SELECT private.is_admin() AS is_admin));

-- Name: sub_agents sub_agents_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY sub_agents_select ON public.sub_agents FOR SELECT TO authenticated USING ((((active AND ( SELECT (EXISTS ( SELECT private.visible_client_ids() AS visible_client_ids)) AS "exists")) OR ( SELECT private.is_admin() AS is_admin)) AND private.asks_for_rows()));

-- Name: sub_agents sub_agents_update; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY sub_agents_update ON public.sub_agents FOR UPDATE TO authenticated USING (( SELECT private.is_admin() AS is_admin)) WITH CHECK (( SELECT private.is_admin() AS is_admin));

-- Name: tool_calls; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.tool_calls ENABLE ROW LEVEL SECURITY;

-- Name: tool_calls tool_calls_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY tool_calls_select ON public.tool_calls FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: tools; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.tools ENABLE ROW LEVEL SECURITY;

-- Name: tools tools_delete; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY tools_delete ON public.tools FOR DELETE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: tools tools_insert; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY tools_insert ON public.tools FOR INSERT TO authenticated WITH CHECK (( SELECT private.is_admin() AS is_admin));

-- Name: tools tools_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY tools_select ON public.tools FOR SELECT TO authenticated USING ((((active AND ( SELECT (EXISTS ( SELECT private.visible_client_ids() AS visible_client_ids)) AS "exists")) OR ( SELECT private.is_admin() AS is_admin)) AND private.asks_for_rows()));

-- Name: tools tools_update; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY tools_update ON public.tools FOR UPDATE TO authenticated USING (( SELECT private.is_admin() AS is_admin)) WITH CHECK (( SELECT private.is_admin() AS is_admin));

-- Name: turns; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.turns ENABLE ROW LEVEL SECURITY;

-- Name: turns turns_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY turns_select ON public.turns FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: webhook_events; Type: ROW SECURITY; Schema: public; Owner: postgres

ALTER TABLE public.webhook_events ENABLE ROW LEVEL SECURITY;

-- Name: webhook_events webhook_events_select; Type: POLICY; Schema: public; Owner: postgres

CREATE POLICY webhook_events_select ON public.webhook_events FOR SELECT TO authenticated USING (((client_id = ANY (ARRAY( SELECT private.visible_client_ids() AS visible_client_ids))) AND private.asks_for_rows()));

-- Name: SCHEMA cron; Type: ACL; Schema: -; Owner: supabase_admin

GRANT USAGE ON SCHEMA cron TO postgres WITH GRANT OPTION;

-- Name: SCHEMA private; Type: ACL; Schema: -; Owner: postgres

GRANT USAGE ON SCHEMA private TO authenticated;
GRANT USAGE ON SCHEMA private TO service_role;
GRANT USAGE ON SCHEMA private TO renum_files;
GRANT USAGE ON SCHEMA private TO renum_agent;

-- Name: SCHEMA public; Type: ACL; Schema: -; Owner: pg_database_owner

GRANT USAGE ON SCHEMA public TO postgres;
GRANT USAGE ON SCHEMA public TO anon;
GRANT USAGE ON SCHEMA public TO authenticated;
GRANT USAGE ON SCHEMA public TO service_role;

-- Name: SCHEMA worker; Type: ACL; Schema: -; Owner: postgres

GRANT USAGE ON SCHEMA worker TO renum_worker;

-- Name: FUNCTION hand_over(arguments jsonb); Type: ACL; Schema: agent_tools; Owner: renum_agent

REVOKE ALL ON FUNCTION agent_tools.hand_over(arguments jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION agent_tools.hand_over(arguments jsonb) TO postgres;

-- Name: FUNCTION look_up_lead(arguments jsonb); Type: ACL; Schema: agent_tools; Owner: renum_agent

REVOKE ALL ON FUNCTION agent_tools.look_up_lead(arguments jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION agent_tools.look_up_lead(arguments jsonb) TO postgres;

-- Name: FUNCTION open_interview(arguments jsonb); Type: ACL; Schema: agent_tools; Owner: renum_agent

REVOKE ALL ON FUNCTION agent_tools.open_interview(arguments jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION agent_tools.open_interview(arguments jsonb) TO postgres;

-- Name: FUNCTION qualify(arguments jsonb); Type: ACL; Schema: agent_tools; Owner: renum_agent

REVOKE ALL ON FUNCTION agent_tools.qualify(arguments jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION agent_tools.qualify(arguments jsonb) TO postgres;

-- Name: FUNCTION register_opt_out(arguments jsonb); Type: ACL; Schema: agent_tools; Owner: renum_agent

REVOKE ALL ON FUNCTION agent_tools.register_opt_out(arguments jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION agent_tools.register_opt_out(arguments jsonb) TO postgres;

-- Name: FUNCTION schedule_callback(arguments jsonb); Type: ACL; Schema: agent_tools; Owner: renum_agent

REVOKE ALL ON FUNCTION agent_tools.schedule_callback(arguments jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION agent_tools.schedule_callback(arguments jsonb) TO postgres;

-- Name: FUNCTION update_lead(arguments jsonb); Type: ACL; Schema: agent_tools; Owner: renum_agent

REVOKE ALL ON FUNCTION agent_tools.update_lead(arguments jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION agent_tools.update_lead(arguments jsonb) TO postgres;

-- Name: FUNCTION _change(job_id bigint, caller text, schedule text, command text, database text, username text, active boolean, remove boolean); Type: ACL; Schema: cron; Owner: supabase_admin

GRANT ALL ON FUNCTION cron._change(job_id bigint, caller text, schedule text, command text, database text, username text, active boolean, remove boolean) TO postgres WITH GRANT OPTION;

-- Name: FUNCTION _check_schedule(schedule text); Type: ACL; Schema: cron; Owner: supabase_admin

GRANT ALL ON FUNCTION cron._check_schedule(schedule text) TO postgres WITH GRANT OPTION;

-- Name: FUNCTION _save(job_name text, schedule text, command text, database text, username text, active boolean); Type: ACL; Schema: cron; Owner: supabase_admin

GRANT ALL ON FUNCTION cron._save(job_name text, schedule text, command text, database text, username text, active boolean) TO postgres WITH GRANT OPTION;

-- Name: FUNCTION alter_job(job_id bigint, schedule text, command text, database text, username text, active boolean); Type: ACL; Schema: cron; Owner: supabase_admin

GRANT ALL ON FUNCTION cron.alter_job(job_id bigint, schedule text, command text, database text, username text, active boolean) TO postgres WITH GRANT OPTION;

-- Name: FUNCTION schedule(schedule text, command text); Type: ACL; Schema: cron; Owner: supabase_admin

GRANT ALL ON FUNCTION cron.schedule(schedule text, command text) TO postgres WITH GRANT OPTION;

-- Name: FUNCTION schedule(job_name text, schedule text, command text); Type: ACL; Schema: cron; Owner: supabase_admin

GRANT ALL ON FUNCTION cron.schedule(job_name text, schedule text, command text) TO postgres WITH GRANT OPTION;

-- Name: FUNCTION schedule_in_database(job_name text, schedule text, command text, database text, username text, active boolean); Type: ACL; Schema: cron; Owner: supabase_admin

GRANT ALL ON FUNCTION cron.schedule_in_database(job_name text, schedule text, command text, database text, username text, active boolean) TO postgres WITH GRANT OPTION;

-- Name: FUNCTION unschedule(job_id bigint); Type: ACL; Schema: cron; Owner: supabase_admin

GRANT ALL ON FUNCTION cron.unschedule(job_id bigint) TO postgres WITH GRANT OPTION;

-- Name: FUNCTION unschedule(job_name text); Type: ACL; Schema: cron; Owner: supabase_admin

GRANT ALL ON FUNCTION cron.unschedule(job_name text) TO postgres WITH GRANT OPTION;

-- Name: FUNCTION account_for(client_id uuid, channel_account_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.account_for(client_id uuid, channel_account_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.account_for(client_id uuid, channel_account_id uuid) TO authenticated;
GRANT ALL ON FUNCTION private.account_for(client_id uuid, channel_account_id uuid) TO service_role;

-- Name: FUNCTION account_refusal(agent_type public.agent_type, channel_account_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.account_refusal(agent_type public.agent_type, channel_account_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.account_refusal(agent_type public.agent_type, channel_account_id uuid) TO authenticated;
GRANT ALL ON FUNCTION private.account_refusal(agent_type public.agent_type, channel_account_id uuid) TO service_role;

-- Name: FUNCTION accounts_of_portfolio(account_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.accounts_of_portfolio(account_id uuid) FROM PUBLIC;

-- Name: FUNCTION add_interviews(project_id uuid, lead_ids uuid[]); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.add_interviews(project_id uuid, lead_ids uuid[]) FROM PUBLIC;

-- Name: TABLE client_members; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.client_members TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.client_members TO service_role;

-- Name: FUNCTION add_member(client_id uuid, email text, role public.member_role); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.add_member(client_id uuid, email text, role public.member_role) FROM PUBLIC;

-- Name: FUNCTION admit_deliveries(client_id uuid, queue text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.admit_deliveries(client_id uuid, queue text) FROM PUBLIC;

-- Name: FUNCTION default_client_id(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.default_client_id() FROM PUBLIC;
GRANT ALL ON FUNCTION private.default_client_id() TO authenticated;
GRANT ALL ON FUNCTION private.default_client_id() TO service_role;

-- Name: FUNCTION now(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.now() FROM PUBLIC;
GRANT ALL ON FUNCTION private.now() TO authenticated;
GRANT ALL ON FUNCTION private.now() TO service_role;
GRANT ALL ON FUNCTION private.now() TO renum_agent;

-- Name: TABLE deliveries; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.deliveries TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.deliveries TO service_role;

-- Name: COLUMN deliveries.id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(id) ON TABLE public.deliveries TO authenticated;
GRANT INSERT(id) ON TABLE public.deliveries TO renum_agent;

-- Name: COLUMN deliveries.client_id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(client_id) ON TABLE public.deliveries TO authenticated;
GRANT INSERT(client_id) ON TABLE public.deliveries TO renum_agent;

-- Name: COLUMN deliveries.lead_id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(lead_id) ON TABLE public.deliveries TO authenticated;
GRANT INSERT(lead_id) ON TABLE public.deliveries TO renum_agent;

-- Name: COLUMN deliveries.channel_account_id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(channel_account_id) ON TABLE public.deliveries TO authenticated;
GRANT INSERT(channel_account_id) ON TABLE public.deliveries TO renum_agent;

-- Name: COLUMN deliveries.content; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(content) ON TABLE public.deliveries TO authenticated;
GRANT INSERT(content) ON TABLE public.deliveries TO renum_agent;

-- Name: FUNCTION admit_direct(d public.deliveries, writer text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.admit_direct(d public.deliveries, writer text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.admit_direct(d public.deliveries, writer text) TO authenticated;
GRANT ALL ON FUNCTION private.admit_direct(d public.deliveries, writer text) TO service_role;
GRANT ALL ON FUNCTION private.admit_direct(d public.deliveries, writer text) TO renum_agent;

-- Name: FUNCTION admit_media(client_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.admit_media(client_id uuid) FROM PUBLIC;

-- Name: FUNCTION admit_reports(client_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.admit_reports(client_id uuid) FROM PUBLIC;

-- Name: FUNCTION admit_turns(client_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.admit_turns(client_id uuid) FROM PUBLIC;

-- Name: FUNCTION agent_config_problem(config jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.agent_config_problem(config jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.agent_config_problem(config jsonb) TO authenticated;
GRANT ALL ON FUNCTION private.agent_config_problem(config jsonb) TO service_role;

-- Name: TABLE renus_config; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.renus_config TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.renus_config TO service_role;

-- Name: COLUMN renus_config.id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(id) ON TABLE public.renus_config TO authenticated;

-- Name: COLUMN renus_config.client_id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(client_id) ON TABLE public.renus_config TO authenticated;

-- Name: COLUMN renus_config.agent_type; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(agent_type),UPDATE(agent_type) ON TABLE public.renus_config TO authenticated;

-- Name: COLUMN renus_config.config; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(config),UPDATE(config) ON TABLE public.renus_config TO authenticated;

-- Name: COLUMN renus_config.prompts; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(prompts),UPDATE(prompts) ON TABLE public.renus_config TO authenticated;

-- Name: COLUMN renus_config.active; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(active),UPDATE(active) ON TABLE public.renus_config TO authenticated;

-- Name: FUNCTION agent_of(thread private.threads); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.agent_of(thread private.threads) FROM PUBLIC;

-- Name: FUNCTION amend_messages(items jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.amend_messages(items jsonb) FROM PUBLIC;

-- Name: TABLE interview_answers; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.interview_answers TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.interview_answers TO service_role;

-- Name: FUNCTION answered(project_id uuid, question_key text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.answered(project_id uuid, question_key text) FROM PUBLIC;

-- Name: FUNCTION answers_of(interview_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.answers_of(interview_id uuid) FROM PUBLIC;

-- Name: FUNCTION apply_consent(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.apply_consent() FROM PUBLIC;

-- Name: FUNCTION apply_conversation(thread private.threads, proposal jsonb, OUT reply text, OUT kind public.delivery_kind, OUT interview_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.apply_conversation(thread private.threads, proposal jsonb, OUT reply text, OUT kind public.delivery_kind, OUT interview_id uuid) FROM PUBLIC;

-- Name: TABLE interviews; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.interviews TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.interviews TO service_role;

-- Name: COLUMN interviews.id; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT(id) ON TABLE public.interviews TO renum_agent;

-- Name: COLUMN interviews.lead_id; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT(lead_id) ON TABLE public.interviews TO renum_agent;

-- Name: COLUMN interviews.project_id; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT(project_id) ON TABLE public.interviews TO renum_agent;

-- Name: COLUMN interviews.status; Type: ACL; Schema: public; Owner: postgres

GRANT UPDATE(status) ON TABLE public.interviews TO authenticated;
GRANT SELECT(status) ON TABLE public.interviews TO renum_agent;

-- Name: COLUMN interviews.completed_at; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT(completed_at) ON TABLE public.interviews TO renum_agent;

-- Name: COLUMN interviews.metadata; Type: ACL; Schema: public; Owner: postgres

GRANT UPDATE(metadata) ON TABLE public.interviews TO authenticated;

-- Name: COLUMN interviews.created_at; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT(created_at) ON TABLE public.interviews TO renum_agent;

-- Name: COLUMN interviews.client_id; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT(client_id) ON TABLE public.interviews TO renum_agent;

-- Name: FUNCTION apply_proposal(interview public.interviews, proposal jsonb, OUT reply text, OUT kind public.delivery_kind); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.apply_proposal(interview public.interviews, proposal jsonb, OUT reply text, OUT kind public.delivery_kind) FROM PUBLIC;

-- Name: FUNCTION apply_status(delivery_id uuid, status jsonb, occurred_at timestamp with time zone); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.apply_status(delivery_id uuid, status jsonb, occurred_at timestamp with time zone) FROM PUBLIC;

-- Name: FUNCTION are_choices(given jsonb, most integer); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.are_choices(given jsonb, most integer) FROM PUBLIC;

-- Name: FUNCTION arguments_problem(value jsonb, schema jsonb, place text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.arguments_problem(value jsonb, schema jsonb, place text) FROM PUBLIC;

-- Name: FUNCTION asked_question(config jsonb, question_key text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.asked_question(config jsonb, question_key text) FROM PUBLIC;

-- Name: FUNCTION asking_refusal(agent_type public.agent_type, txt text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.asking_refusal(agent_type public.agent_type, txt text) FROM PUBLIC;

-- Name: FUNCTION asks_for_rows(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.asks_for_rows() FROM PUBLIC;
GRANT ALL ON FUNCTION private.asks_for_rows() TO authenticated;

-- Name: FUNCTION audience(project_id uuid, among uuid[]); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.audience(project_id uuid, among uuid[]) FROM PUBLIC;

-- Name: FUNCTION audit(client_id uuid, action text, subject_type text, subject_id uuid, details jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.audit(client_id uuid, action text, subject_type text, subject_id uuid, details jsonb) FROM PUBLIC;

-- Name: FUNCTION await_word(delivery_id uuid, error jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.await_word(delivery_id uuid, error jsonb) FROM PUBLIC;

-- Name: FUNCTION awaits_file(path text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.awaits_file(path text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.awaits_file(path text) TO renum_files;

-- Name: FUNCTION begin_deliveries(tasks jsonb, visibility_s integer); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.begin_deliveries(tasks jsonb, visibility_s integer) FROM PUBLIC;

-- Name: FUNCTION begin_delivery(delivery_id uuid, queue text, msg_id bigint, visibility_s integer); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.begin_delivery(delivery_id uuid, queue text, msg_id bigint, visibility_s integer) FROM PUBLIC;

-- Name: FUNCTION begin_media(tasks jsonb, visibility_s integer); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.begin_media(tasks jsonb, visibility_s integer) FROM PUBLIC;

-- Name: FUNCTION begin_reports(tasks jsonb, visibility_s integer); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.begin_reports(tasks jsonb, visibility_s integer) FROM PUBLIC;

-- Name: FUNCTION begin_turns(tasks jsonb, visibility_s integer); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.begin_turns(tasks jsonb, visibility_s integer) FROM PUBLIC;

-- Name: FUNCTION bury(queue text, task text, task_row_id uuid, client_id uuid, msg_id bigint, error jsonb, attempts integer); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.bury(queue text, task text, task_row_id uuid, client_id uuid, msg_id bigint, error jsonb, attempts integer) FROM PUBLIC;

-- Name: FUNCTION channel_of_delivery(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.channel_of_delivery() FROM PUBLIC;

-- Name: FUNCTION check_agent(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.check_agent() FROM PUBLIC;

-- Name: FUNCTION check_channel_account(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.check_channel_account() FROM PUBLIC;

-- Name: FUNCTION check_consent(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.check_consent() FROM PUBLIC;

-- Name: FUNCTION check_project(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.check_project() FROM PUBLIC;

-- Name: FUNCTION check_sending_rules(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.check_sending_rules() FROM PUBLIC;

-- Name: FUNCTION check_template(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.check_template() FROM PUBLIC;

-- Name: FUNCTION check_tool(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.check_tool() FROM PUBLIC;

-- Name: FUNCTION checked_phone(written text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.checked_phone(written text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.checked_phone(written text) TO authenticated;
GRANT ALL ON FUNCTION private.checked_phone(written text) TO service_role;
GRANT ALL ON FUNCTION private.checked_phone(written text) TO renum_agent;

-- Name: FUNCTION clients_to_invite(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.clients_to_invite() FROM PUBLIC;

-- Name: FUNCTION commit_turn(result jsonb, visibility_s integer); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.commit_turn(result jsonb, visibility_s integer) FROM PUBLIC;

-- Name: FUNCTION committed_turn(lease uuid, thread_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.committed_turn(lease uuid, thread_id uuid) FROM PUBLIC;

-- Name: TABLE conversations; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.conversations TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.conversations TO service_role;

-- Name: COLUMN conversations.status; Type: ACL; Schema: public; Owner: postgres

GRANT UPDATE(status) ON TABLE public.conversations TO authenticated;

-- Name: FUNCTION conversation_agent(conversation public.conversations, channel_account_id uuid, OUT agent_id uuid, OUT project_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.conversation_agent(conversation public.conversations, channel_account_id uuid, OUT agent_id uuid, OUT project_id uuid) FROM PUBLIC;

-- Name: FUNCTION conversation_work(thread_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.conversation_work(thread_id uuid) FROM PUBLIC;

-- Name: FUNCTION conversion_problem(config jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.conversion_problem(config jsonb) FROM PUBLIC;

-- Name: TABLE conversions; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.conversions TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.conversions TO service_role;

-- Name: TABLE qualifications; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.qualifications TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.qualifications TO service_role;

-- Name: COLUMN qualifications.client_id; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT(client_id),INSERT(client_id) ON TABLE public.qualifications TO renum_agent;

-- Name: COLUMN qualifications.lead_id; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT(lead_id),INSERT(lead_id) ON TABLE public.qualifications TO renum_agent;

-- Name: COLUMN qualifications.status; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT(status) ON TABLE public.qualifications TO renum_agent;

-- Name: COLUMN qualifications.proposed; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT(proposed),INSERT(proposed),UPDATE(proposed) ON TABLE public.qualifications TO renum_agent;

-- Name: FUNCTION convert_lead(qualification public.qualifications, turn_id uuid, config jsonb, OUT conversion public.conversions, OUT problem text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.convert_lead(qualification public.qualifications, turn_id uuid, config jsonb, OUT conversion public.conversions, OUT problem text) FROM PUBLIC;

-- Name: FUNCTION count_dialogue(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.count_dialogue() FROM PUBLIC;

-- Name: FUNCTION count_inbound(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.count_inbound() FROM PUBLIC;

-- Name: FUNCTION count_said(said jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.count_said(said jsonb) FROM PUBLIC;

-- Name: FUNCTION csv_rows(csv text, max_rows integer); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.csv_rows(csv text, max_rows integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.csv_rows(csv text, max_rows integer) TO authenticated;

-- Name: FUNCTION current_profile_id(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.current_profile_id() FROM PUBLIC;
GRANT ALL ON FUNCTION private.current_profile_id() TO authenticated;
GRANT ALL ON FUNCTION private.current_profile_id() TO service_role;

-- Name: FUNCTION customer_work(conversation public.conversations); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.customer_work(conversation public.conversations) FROM PUBLIC;

-- Name: TABLE projects; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT,DELETE ON TABLE public.projects TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.projects TO service_role;

-- Name: COLUMN projects.id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(id) ON TABLE public.projects TO authenticated;
GRANT SELECT(id) ON TABLE public.projects TO renum_agent;

-- Name: COLUMN projects.client_id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(client_id) ON TABLE public.projects TO authenticated;
GRANT SELECT(client_id) ON TABLE public.projects TO renum_agent;

-- Name: COLUMN projects.name; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(name),UPDATE(name) ON TABLE public.projects TO authenticated;
GRANT SELECT(name) ON TABLE public.projects TO renum_agent;

-- Name: COLUMN projects.description; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(description),UPDATE(description) ON TABLE public.projects TO authenticated;

-- Name: COLUMN projects.type; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(type),UPDATE(type) ON TABLE public.projects TO authenticated;
GRANT SELECT(type) ON TABLE public.projects TO renum_agent;

-- Name: COLUMN projects.status; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(status),UPDATE(status) ON TABLE public.projects TO authenticated;
GRANT SELECT(status) ON TABLE public.projects TO renum_agent;

-- Name: COLUMN projects.config; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(config),UPDATE(config) ON TABLE public.projects TO authenticated;

-- Name: COLUMN projects.created_at; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT(created_at) ON TABLE public.projects TO renum_agent;

-- Name: COLUMN projects.renus_config_id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(renus_config_id),UPDATE(renus_config_id) ON TABLE public.projects TO authenticated;

-- Name: COLUMN projects.channel_account_id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(channel_account_id),UPDATE(channel_account_id) ON TABLE public.projects TO authenticated;

-- Name: FUNCTION daily_room(project public.projects); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.daily_room(project public.projects) FROM PUBLIC;

-- Name: FUNCTION debounce_ms(metadata jsonb, content text, question_type text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.debounce_ms(metadata jsonb, content text, question_type text) FROM PUBLIC;

-- Name: FUNCTION delivery_rank(status public.delivery_status); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.delivery_rank(status public.delivery_status) FROM PUBLIC;

-- Name: FUNCTION delivery_task(delivery public.deliveries); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.delivery_task(delivery public.deliveries) FROM PUBLIC;

-- Name: FUNCTION digest_text(notification_ids uuid[]); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.digest_text(notification_ids uuid[]) FROM PUBLIC;

-- Name: FUNCTION do_isa_act(act jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.do_isa_act(act jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.do_isa_act(act jsonb) TO authenticated;

-- Name: FUNCTION drop_turn(thread_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.drop_turn(thread_id uuid) FROM PUBLIC;

-- Name: FUNCTION easter_of(year integer); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.easter_of(year integer) FROM PUBLIC;

-- Name: FUNCTION end_delivery(delivery_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.end_delivery(delivery_id uuid) FROM PUBLIC;

-- Name: FUNCTION end_interview(interview_id uuid, reason public.end_reason); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.end_interview(interview_id uuid, reason public.end_reason) FROM PUBLIC;

-- Name: FUNCTION end_media(media_id uuid, status public.media_status, error jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.end_media(media_id uuid, status public.media_status, error jsonb) FROM PUBLIC;

-- Name: FUNCTION end_of_interview(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.end_of_interview() FROM PUBLIC;

-- Name: FUNCTION erase_lead(lead_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.erase_lead(lead_id uuid) FROM PUBLIC;

-- Name: FUNCTION expire_interviews(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.expire_interviews() FROM PUBLIC;

-- Name: FUNCTION finding(item text, ok boolean, txt text, todo text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.finding(item text, ok boolean, txt text, todo text) FROM PUBLIC;

-- Name: FUNCTION fire_reminders(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.fire_reminders() FROM PUBLIC;

-- Name: FUNCTION first_name(name text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.first_name(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.first_name(name text) TO authenticated;
GRANT ALL ON FUNCTION private.first_name(name text) TO service_role;

-- Name: FUNCTION fits_rule(rule jsonb, value jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.fits_rule(rule jsonb, value jsonb) FROM PUBLIC;

-- Name: FUNCTION follow_account(account_id uuid, news jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.follow_account(account_id uuid, news jsonb) FROM PUBLIC;

-- Name: FUNCTION follow_changes(items jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.follow_changes(items jsonb) FROM PUBLIC;

-- Name: FUNCTION follow_delivery(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.follow_delivery() FROM PUBLIC;

-- Name: FUNCTION follow_echo(account_id uuid, event jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.follow_echo(account_id uuid, event jsonb) FROM PUBLIC;

-- Name: FUNCTION follow_invitation(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.follow_invitation() FROM PUBLIC;

-- Name: FUNCTION follow_template(channel_account_id uuid, event jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.follow_template(channel_account_id uuid, event jsonb) FROM PUBLIC;

-- Name: FUNCTION for_a_person(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.for_a_person() FROM PUBLIC;

-- Name: TABLE sending_rules; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.sending_rules TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sending_rules TO service_role;

-- Name: COLUMN sending_rules.id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(id) ON TABLE public.sending_rules TO authenticated;

-- Name: COLUMN sending_rules.client_id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(client_id),UPDATE(client_id) ON TABLE public.sending_rules TO authenticated;

-- Name: COLUMN sending_rules.hours; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(hours),UPDATE(hours) ON TABLE public.sending_rules TO authenticated;

-- Name: COLUMN sending_rules.on_holidays; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(on_holidays),UPDATE(on_holidays) ON TABLE public.sending_rules TO authenticated;

-- Name: COLUMN sending_rules.closed_dates; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(closed_dates),UPDATE(closed_dates) ON TABLE public.sending_rules TO authenticated;

-- Name: COLUMN sending_rules.daily_cap; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(daily_cap),UPDATE(daily_cap) ON TABLE public.sending_rules TO authenticated;

-- Name: COLUMN sending_rules.weekly_cap; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(weekly_cap),UPDATE(weekly_cap) ON TABLE public.sending_rules TO authenticated;

-- Name: FUNCTION free_of_caps(delivery public.deliveries, rules public.sending_rules, OUT until timestamp with time zone, OUT reason text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.free_of_caps(delivery public.deliveries, rules public.sending_rules, OUT until timestamp with time zone, OUT reason text) FROM PUBLIC;

-- Name: FUNCTION function_of(queue text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.function_of(queue text) FROM PUBLIC;

-- Name: FUNCTION gate(delivery public.deliveries, OUT verdict text, OUT until timestamp with time zone, OUT reason text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.gate(delivery public.deliveries, OUT verdict text, OUT until timestamp with time zone, OUT reason text) FROM PUBLIC;

-- Name: FUNCTION goodbye(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.goodbye() FROM PUBLIC;

-- Name: TABLE leads; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT,DELETE ON TABLE public.leads TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.leads TO service_role;

-- Name: COLUMN leads.id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(id) ON TABLE public.leads TO authenticated;
GRANT SELECT(id) ON TABLE public.leads TO renum_agent;

-- Name: COLUMN leads.client_id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(client_id),UPDATE(client_id) ON TABLE public.leads TO authenticated;
GRANT SELECT(client_id) ON TABLE public.leads TO renum_agent;

-- Name: COLUMN leads.phone; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(phone),UPDATE(phone) ON TABLE public.leads TO authenticated;
GRANT SELECT(phone) ON TABLE public.leads TO renum_agent;

-- Name: COLUMN leads.name; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(name),UPDATE(name) ON TABLE public.leads TO authenticated;
GRANT SELECT(name),UPDATE(name) ON TABLE public.leads TO renum_agent;

-- Name: COLUMN leads.email; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(email),UPDATE(email) ON TABLE public.leads TO authenticated;
GRANT SELECT(email),UPDATE(email) ON TABLE public.leads TO renum_agent;

-- Name: COLUMN leads.metadata; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(metadata),UPDATE(metadata) ON TABLE public.leads TO authenticated;
GRANT SELECT(metadata),UPDATE(metadata) ON TABLE public.leads TO renum_agent;

-- Name: COLUMN leads.status; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(status),UPDATE(status) ON TABLE public.leads TO authenticated;

-- Name: COLUMN leads.created_at; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT(created_at) ON TABLE public.leads TO renum_agent;

-- Name: COLUMN leads.consent_basis; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(consent_basis),UPDATE(consent_basis) ON TABLE public.leads TO authenticated;

-- Name: COLUMN leads.opted_out_at; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT(opted_out_at) ON TABLE public.leads TO renum_agent;

-- Name: COLUMN leads.time_zone; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(time_zone),UPDATE(time_zone) ON TABLE public.leads TO authenticated;

-- Name: FUNCTION goodbye_refusal(d public.deliveries, lead public.leads); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.goodbye_refusal(d public.deliveries, lead public.leads) FROM PUBLIC;

-- Name: FUNCTION governor_verdict(delivery public.deliveries, OUT verdict text, OUT until timestamp with time zone, OUT reason text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.governor_verdict(delivery public.deliveries, OUT verdict text, OUT until timestamp with time zone, OUT reason text) FROM PUBLIC;

-- Name: FUNCTION grant_delivery(delivery_id uuid, visibility_s integer, released_by uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.grant_delivery(delivery_id uuid, visibility_s integer, released_by uuid) FROM PUBLIC;

-- Name: FUNCTION guard_client(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.guard_client() FROM PUBLIC;

-- Name: FUNCTION guard_interview(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.guard_interview() FROM PUBLIC;

-- Name: FUNCTION guard_profile(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.guard_profile() FROM PUBLIC;

-- Name: FUNCTION hand_back(conversation_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.hand_back(conversation_id uuid) FROM PUBLIC;

-- Name: FUNCTION hand_over(thread_id uuid, reason text, profile_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.hand_over(thread_id uuid, reason text, profile_id uuid) FROM PUBLIC;

-- Name: FUNCTION has_consent(lead public.leads); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.has_consent(lead public.leads) FROM PUBLIC;

-- Name: FUNCTION heed_refusal(delivery_id uuid, error jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.heed_refusal(delivery_id uuid, error jsonb) FROM PUBLIC;

-- Name: FUNCTION hold_delivery(delivery_id uuid, until timestamp with time zone, reason text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.hold_delivery(delivery_id uuid, until timestamp with time zone, reason text) FROM PUBLIC;

-- Name: FUNCTION hours_problem(hours jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.hours_problem(hours jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.hours_problem(hours jsonb) TO authenticated;
GRANT ALL ON FUNCTION private.hours_problem(hours jsonb) TO service_role;

-- Name: FUNCTION housekeeping(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.housekeeping() FROM PUBLIC;

-- Name: FUNCTION ingest_messages(items jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.ingest_messages(items jsonb) FROM PUBLIC;

-- Name: FUNCTION interview_state(questions jsonb, answers jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.interview_state(questions jsonb, answers jsonb) FROM PUBLIC;

-- Name: FUNCTION interview_statistics(interview_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.interview_statistics(interview_id uuid) FROM PUBLIC;

-- Name: FUNCTION invitation_refusal(agent_type public.agent_type, txt text, company_name text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.invitation_refusal(agent_type public.agent_type, txt text, company_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.invitation_refusal(agent_type public.agent_type, txt text, company_name text) TO authenticated;
GRANT ALL ON FUNCTION private.invitation_refusal(agent_type public.agent_type, txt text, company_name text) TO service_role;

-- Name: FUNCTION invite(project_id uuid, max integer); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.invite(project_id uuid, max integer) FROM PUBLIC;

-- Name: FUNCTION invite_next(client_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.invite_next(client_id uuid) FROM PUBLIC;

-- Name: FUNCTION is_admin(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.is_admin() FROM PUBLIC;
GRANT ALL ON FUNCTION private.is_admin() TO authenticated;
GRANT ALL ON FUNCTION private.is_admin() TO service_role;

-- Name: FUNCTION is_answered(thread private.threads); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.is_answered(thread private.threads) FROM PUBLIC;

-- Name: FUNCTION is_email(address text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.is_email(address text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.is_email(address text) TO authenticated;
GRANT ALL ON FUNCTION private.is_email(address text) TO service_role;
GRANT ALL ON FUNCTION private.is_email(address text) TO renum_agent;

-- Name: FUNCTION is_holiday(day date); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.is_holiday(day date) FROM PUBLIC;

-- Name: FUNCTION is_initiated(delivery public.deliveries); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.is_initiated(delivery public.deliveries) FROM PUBLIC;

-- Name: FUNCTION is_opt_in(txt text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.is_opt_in(txt text) FROM PUBLIC;

-- Name: FUNCTION is_opt_out(txt text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.is_opt_out(txt text) FROM PUBLIC;

-- Name: FUNCTION isa_admin(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.isa_admin() FROM PUBLIC;
GRANT ALL ON FUNCTION private.isa_admin() TO authenticated;

-- Name: FUNCTION isa_name_of(project public.projects); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.isa_name_of(project public.projects) FROM PUBLIC;
GRANT ALL ON FUNCTION private.isa_name_of(project public.projects) TO authenticated;

-- Name: FUNCTION isa_word(status text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.isa_word(status text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.isa_word(status text) TO authenticated;

-- Name: FUNCTION issue_isa_token(command_id uuid, plan jsonb, OUT token text, OUT expires_at timestamp with time zone); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.issue_isa_token(command_id uuid, plan jsonb, OUT token text, OUT expires_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION private.issue_isa_token(command_id uuid, plan jsonb, OUT token text, OUT expires_at timestamp with time zone) TO authenticated;

-- Name: FUNCTION judge_qualification(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.judge_qualification() FROM PUBLIC;

-- Name: FUNCTION keep_audit_log(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.keep_audit_log() FROM PUBLIC;

-- Name: FUNCTION keep_consents(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.keep_consents() FROM PUBLIC;

-- Name: FUNCTION keep_media(items jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.keep_media(items jsonb) FROM PUBLIC;

-- Name: FUNCTION keep_opted_out(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.keep_opted_out() FROM PUBLIC;

-- Name: FUNCTION keep_version(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.keep_version() FROM PUBLIC;

-- Name: FUNCTION ladder(config jsonb, has_template boolean, zone text, start timestamp with time zone, after_step integer, failed boolean); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.ladder(config jsonb, has_template boolean, zone text, start timestamp with time zone, after_step integer, failed boolean) FROM PUBLIC;

-- Name: FUNCTION lead_column(header text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.lead_column(header text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.lead_column(header text) TO authenticated;

-- Name: FUNCTION lead_of_sender(client_id uuid, sender jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.lead_of_sender(client_id uuid, sender jsonb) FROM PUBLIC;

-- Name: FUNCTION leaks_prompt(said text, prompts text[]); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.leaks_prompt(said text, prompts text[]) FROM PUBLIC;

-- Name: FUNCTION leave_clients(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.leave_clients() FROM PUBLIC;

-- Name: FUNCTION leave_failed_queue(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.leave_failed_queue() FROM PUBLIC;

-- Name: FUNCTION lock_paces(account_ids uuid[]); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.lock_paces(account_ids uuid[]) FROM PUBLIC;

-- Name: FUNCTION lock_threads(thread_ids uuid[]); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.lock_threads(thread_ids uuid[]) FROM PUBLIC;

-- Name: FUNCTION looks_unfinished(txt text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.looks_unfinished(txt text) FROM PUBLIC;

-- Name: FUNCTION make_partitions(parent regclass, months_ahead integer); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.make_partitions(parent regclass, months_ahead integer) FROM PUBLIC;

-- Name: FUNCTION may_repeat(delivery public.deliveries); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.may_repeat(delivery public.deliveries) FROM PUBLIC;

-- Name: FUNCTION media_bucket(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.media_bucket() FROM PUBLIC;
GRANT ALL ON FUNCTION private.media_bucket() TO renum_files;
GRANT ALL ON FUNCTION private.media_bucket() TO authenticated;

-- Name: TABLE media; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.media TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.media TO service_role;

-- Name: FUNCTION media_path(media public.media); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.media_path(media public.media) FROM PUBLIC;

-- Name: FUNCTION meet_sender(client_id uuid, sender jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.meet_sender(client_id uuid, sender jsonb) FROM PUBLIC;

-- Name: FUNCTION merged_memory(memory jsonb, news jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.merged_memory(memory jsonb, news jsonb) FROM PUBLIC;

-- Name: FUNCTION message_content(content jsonb, channel public.channel); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.message_content(content jsonb, channel public.channel) FROM PUBLIC;

-- Name: FUNCTION message_cost(provider text, item text, messages integer); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.message_cost(provider text, item text, messages integer) FROM PUBLIC;

-- Name: FUNCTION message_metadata(event jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.message_metadata(event jsonb) FROM PUBLIC;

-- Name: FUNCTION most_points(question jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.most_points(question jsonb) FROM PUBLIC;

-- Name: FUNCTION needs_answer(metadata jsonb, content text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.needs_answer(metadata jsonb, content text) FROM PUBLIC;

-- Name: FUNCTION next_due_ms(queues text[]); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.next_due_ms(queues text[]) FROM PUBLIC;

-- Name: FUNCTION next_open(rules public.sending_rules, zone text, since timestamp with time zone); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.next_open(rules public.sending_rules, zone text, since timestamp with time zone) FROM PUBLIC;

-- Name: FUNCTION no_template(client_id uuid, channel_account_id uuid, purpose public.template_purpose, name text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.no_template(client_id uuid, channel_account_id uuid, purpose public.template_purpose, name text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.no_template(client_id uuid, channel_account_id uuid, purpose public.template_purpose, name text) TO authenticated;
GRANT ALL ON FUNCTION private.no_template(client_id uuid, channel_account_id uuid, purpose public.template_purpose, name text) TO service_role;

-- Name: FUNCTION normalize_lead(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.normalize_lead() FROM PUBLIC;

-- Name: FUNCTION normalize_phone(phone text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.normalize_phone(phone text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.normalize_phone(phone text) TO authenticated;
GRANT ALL ON FUNCTION private.normalize_phone(phone text) TO service_role;
GRANT ALL ON FUNCTION private.normalize_phone(phone text) TO renum_agent;

-- Name: FUNCTION note_isa_result(command_id uuid, result jsonb, target_type public.isa_target_type, target_id uuid, executed boolean); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.note_isa_result(command_id uuid, result jsonb, target_type public.isa_target_type, target_id uuid, executed boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION private.note_isa_result(command_id uuid, result jsonb, target_type public.isa_target_type, target_id uuid, executed boolean) TO authenticated;

-- Name: FUNCTION note_news(project_ids uuid[]); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.note_news(project_ids uuid[]) FROM PUBLIC;

-- Name: FUNCTION note_refusal(delivery_id uuid, code text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.note_refusal(delivery_id uuid, code text) FROM PUBLIC;

-- Name: TABLE channel_accounts; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.channel_accounts TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.channel_accounts TO service_role;

-- Name: COLUMN channel_accounts.id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(id) ON TABLE public.channel_accounts TO authenticated;

-- Name: COLUMN channel_accounts.client_id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(client_id) ON TABLE public.channel_accounts TO authenticated;

-- Name: COLUMN channel_accounts.channel; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(channel) ON TABLE public.channel_accounts TO authenticated;

-- Name: COLUMN channel_accounts.provider; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(provider) ON TABLE public.channel_accounts TO authenticated;

-- Name: COLUMN channel_accounts.name; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(name),UPDATE(name) ON TABLE public.channel_accounts TO authenticated;

-- Name: COLUMN channel_accounts.external_id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(external_id) ON TABLE public.channel_accounts TO authenticated;

-- Name: COLUMN channel_accounts.display_phone; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(display_phone),UPDATE(display_phone) ON TABLE public.channel_accounts TO authenticated;

-- Name: COLUMN channel_accounts.app_id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(app_id),UPDATE(app_id) ON TABLE public.channel_accounts TO authenticated;

-- Name: COLUMN channel_accounts.config; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(config),UPDATE(config) ON TABLE public.channel_accounts TO authenticated;

-- Name: COLUMN channel_accounts.status; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(status),UPDATE(status) ON TABLE public.channel_accounts TO authenticated;

-- Name: COLUMN channel_accounts.throughput; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(throughput),UPDATE(throughput) ON TABLE public.channel_accounts TO authenticated;

-- Name: COLUMN channel_accounts.portfolio_id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(portfolio_id),UPDATE(portfolio_id) ON TABLE public.channel_accounts TO authenticated;

-- Name: COLUMN channel_accounts.daily_limit; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(daily_limit),UPDATE(daily_limit) ON TABLE public.channel_accounts TO authenticated;

-- Name: FUNCTION notification_account(client_id uuid, channel public.channel, preferred uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.notification_account(client_id uuid, channel public.channel, preferred uuid) FROM PUBLIC;

-- Name: TABLE message_templates; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.message_templates TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.message_templates TO service_role;

-- Name: COLUMN message_templates.id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(id) ON TABLE public.message_templates TO authenticated;

-- Name: COLUMN message_templates.client_id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(client_id) ON TABLE public.message_templates TO authenticated;

-- Name: COLUMN message_templates.channel_account_id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(channel_account_id) ON TABLE public.message_templates TO authenticated;

-- Name: COLUMN message_templates.name; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(name) ON TABLE public.message_templates TO authenticated;

-- Name: COLUMN message_templates.language; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(language) ON TABLE public.message_templates TO authenticated;

-- Name: COLUMN message_templates.category; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(category),UPDATE(category) ON TABLE public.message_templates TO authenticated;

-- Name: COLUMN message_templates.body; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(body),UPDATE(body) ON TABLE public.message_templates TO authenticated;

-- Name: COLUMN message_templates.parameters; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(parameters),UPDATE(parameters) ON TABLE public.message_templates TO authenticated;

-- Name: COLUMN message_templates.status; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(status),UPDATE(status) ON TABLE public.message_templates TO authenticated;

-- Name: COLUMN message_templates.purpose; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(purpose),UPDATE(purpose) ON TABLE public.message_templates TO authenticated;

-- Name: FUNCTION notification_content(channel public.channel, template public.message_templates, full_name text, company_name text, project_name text, title text, txt text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.notification_content(channel public.channel, template public.message_templates, full_name text, company_name text, project_name text, title text, txt text) FROM PUBLIC;

-- Name: FUNCTION notification_words(event text, OUT title text, OUT one text, OUT many text, OUT urgent boolean); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.notification_words(event text, OUT title text, OUT one text, OUT many text, OUT urgent boolean) FROM PUBLIC;

-- Name: TABLE notifications; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.notifications TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.notifications TO service_role;

-- Name: FUNCTION notifications_of_lead(lead_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.notifications_of_lead(lead_id uuid) FROM PUBLIC;

-- Name: FUNCTION notify(client_id uuid, event text, interview_id uuid, txt text, subject text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.notify(client_id uuid, event text, interview_id uuid, txt text, subject text) FROM PUBLIC;

-- Name: FUNCTION open_conversation(thread_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.open_conversation(thread_id uuid) FROM PUBLIC;

-- Name: FUNCTION open_interview(thread private.threads, project_id uuid, OUT interview_id uuid, OUT question text, OUT refusal text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.open_interview(thread private.threads, project_id uuid, OUT interview_id uuid, OUT question text, OUT refusal text) FROM PUBLIC;

-- Name: FUNCTION opted_out_as_another(lead public.leads); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.opted_out_as_another(lead public.leads) FROM PUBLIC;

-- Name: TABLE tool_calls; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.tool_calls TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tool_calls TO service_role;

-- Name: FUNCTION outcome_of(call public.tool_calls); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.outcome_of(call public.tool_calls) FROM PUBLIC;

-- Name: FUNCTION owned_client_ids(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.owned_client_ids() FROM PUBLIC;
GRANT ALL ON FUNCTION private.owned_client_ids() TO authenticated;

-- Name: FUNCTION owner_of_client(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.owner_of_client() FROM PUBLIC;

-- Name: FUNCTION pack_refusal(d public.deliveries, lead public.leads); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.pack_refusal(d public.deliveries, lead public.leads) FROM PUBLIC;

-- Name: FUNCTION packs_of(d public.deliveries); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.packs_of(d public.deliveries) FROM PUBLIC;

-- Name: FUNCTION pause_account(account_id uuid, pause interval, reason text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.pause_account(account_id uuid, pause interval, reason text) FROM PUBLIC;

-- Name: FUNCTION people_reached(account_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.people_reached(account_id uuid) FROM PUBLIC;

-- Name: FUNCTION phone_key(phone text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.phone_key(phone text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.phone_key(phone text) TO authenticated;

-- Name: FUNCTION place_message(d public.deliveries); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.place_message(d public.deliveries) FROM PUBLIC;

-- Name: FUNCTION plain(txt text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.plain(txt text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.plain(txt text) TO authenticated;
GRANT ALL ON FUNCTION private.plain(txt text) TO service_role;

-- Name: FUNCTION plan_isa_act(act jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.plan_isa_act(act jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.plan_isa_act(act jsonb) TO authenticated;

-- Name: FUNCTION plan_reminders(interview_id uuid, invitation public.delivery_status); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.plan_reminders(interview_id uuid, invitation public.delivery_status) FROM PUBLIC;

-- Name: FUNCTION points_of(question jsonb, value jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.points_of(question jsonb, value jsonb) FROM PUBLIC;

-- Name: FUNCTION police_delivery(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.police_delivery() FROM PUBLIC;

-- Name: FUNCTION policy_verdict(d public.deliveries, OUT verdict text, OUT until timestamp with time zone, OUT reason text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.policy_verdict(d public.deliveries, OUT verdict text, OUT until timestamp with time zone, OUT reason text) FROM PUBLIC;

-- Name: FUNCTION profile_of_user(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.profile_of_user() FROM PUBLIC;

-- Name: FUNCTION project_config_problem(config jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.project_config_problem(config jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.project_config_problem(config jsonb) TO authenticated;
GRANT ALL ON FUNCTION private.project_config_problem(config jsonb) TO service_role;

-- Name: FUNCTION project_statistics(project_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.project_statistics(project_id uuid) FROM PUBLIC;

-- Name: FUNCTION prompts_of(thread private.threads); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.prompts_of(thread private.threads) FROM PUBLIC;

-- Name: FUNCTION qualification_of(lead_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.qualification_of(lead_id uuid) FROM PUBLIC;

-- Name: FUNCTION qualification_problem(config jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.qualification_problem(config jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.qualification_problem(config jsonb) TO authenticated;
GRANT ALL ON FUNCTION private.qualification_problem(config jsonb) TO service_role;

-- Name: FUNCTION qualification_verdict(qualification jsonb, answers jsonb, OUT status public.qualification_status, OUT score numeric, OUT reason text, OUT next_key text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.qualification_verdict(qualification jsonb, answers jsonb, OUT status public.qualification_status, OUT score numeric, OUT reason text, OUT next_key text) FROM PUBLIC;

-- Name: FUNCTION qualification_work(conversation public.conversations); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.qualification_work(conversation public.conversations) FROM PUBLIC;

-- Name: FUNCTION question_problem(question jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.question_problem(question jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.question_problem(question jsonb) TO authenticated;
GRANT ALL ON FUNCTION private.question_problem(question jsonb) TO service_role;

-- Name: FUNCTION question_refusal(agent_type public.agent_type, config jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.question_refusal(agent_type public.agent_type, config jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.question_refusal(agent_type public.agent_type, config jsonb) TO authenticated;
GRANT ALL ON FUNCTION private.question_refusal(agent_type public.agent_type, config jsonb) TO service_role;

-- Name: FUNCTION question_statistics(project_id uuid, question jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.question_statistics(project_id uuid, question jsonb) FROM PUBLIC;

-- Name: FUNCTION question_text(question jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.question_text(question jsonb) FROM PUBLIC;

-- Name: FUNCTION question_type(interview_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.question_type(interview_id uuid) FROM PUBLIC;

-- Name: FUNCTION queue_report(project_id uuid, interview_id uuid, right_now boolean); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.queue_report(project_id uuid, interview_id uuid, right_now boolean) FROM PUBLIC;

-- Name: FUNCTION queue_turn(thread_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.queue_turn(thread_id uuid) FROM PUBLIC;

-- Name: FUNCTION reach_again_at(delivery public.deliveries, account public.channel_accounts); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.reach_again_at(delivery public.deliveries, account public.channel_accounts) FROM PUBLIC;

-- Name: FUNCTION read_answer(question jsonb, proposed jsonb, OUT value jsonb, OUT problem text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.read_answer(question jsonb, proposed jsonb, OUT value jsonb, OUT problem text) FROM PUBLIC;

-- Name: FUNCTION read_leads(csv text, list jsonb, max_rows integer); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.read_leads(csv text, list jsonb, max_rows integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.read_leads(csv text, list jsonb, max_rows integer) TO authenticated;

-- Name: FUNCTION read_qualification(config jsonb, known jsonb, proposed jsonb, turn uuid, max_tries integer, OUT answers jsonb, OUT problems jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.read_qualification(config jsonb, known jsonb, proposed jsonb, turn uuid, max_tries integer, OUT answers jsonb, OUT problems jsonb) FROM PUBLIC;

-- Name: FUNCTION read_queue(queue text, max integer, visibility_s integer); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.read_queue(queue text, max integer, visibility_s integer) FROM PUBLIC;

-- Name: FUNCTION record_lead(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.record_lead() FROM PUBLIC;

-- Name: FUNCTION refuse_delivery(delivery_id uuid, error jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.refuse_delivery(delivery_id uuid, error jsonb) FROM PUBLIC;

-- Name: FUNCTION refuse_write(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.refuse_write() FROM PUBLIC;

-- Name: FUNCTION release_next(thread_id uuid, visibility_s integer, released_by uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.release_next(thread_id uuid, visibility_s integer, released_by uuid) FROM PUBLIC;

-- Name: FUNCTION released_by(thread_id uuid, claim uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.released_by(thread_id uuid, claim uuid) FROM PUBLIC;

-- Name: TABLE reminders; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.reminders TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.reminders TO service_role;

-- Name: FUNCTION remind(reminder public.reminders, interview public.interviews, thread private.threads); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.remind(reminder public.reminders, interview public.interviews, thread private.threads) FROM PUBLIC;

-- Name: FUNCTION reminder_text(wording text, lead_name text, company_name text, project_name text, link text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.reminder_text(wording text, lead_name text, company_name text, project_name text, link text) FROM PUBLIC;

-- Name: FUNCTION reminders_problem(config jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.reminders_problem(config jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.reminders_problem(config jsonb) TO authenticated;
GRANT ALL ON FUNCTION private.reminders_problem(config jsonb) TO service_role;

-- Name: FUNCTION render_template(body text, parameters text[]); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.render_template(body text, parameters text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION private.render_template(body text, parameters text[]) TO authenticated;
GRANT ALL ON FUNCTION private.render_template(body text, parameters text[]) TO service_role;

-- Name: FUNCTION reply_refusal(agent_type public.agent_type, txt text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.reply_refusal(agent_type public.agent_type, txt text) FROM PUBLIC;

-- Name: FUNCTION retry_delivery(delivery_id uuid, error jsonb, retryable boolean); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.retry_delivery(delivery_id uuid, error jsonb, retryable boolean) FROM PUBLIC;

-- Name: FUNCTION retry_media(media_id uuid, error jsonb, retryable boolean); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.retry_media(media_id uuid, error jsonb, retryable boolean) FROM PUBLIC;

-- Name: FUNCTION retry_report(report_id uuid, error jsonb, retryable boolean); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.retry_report(report_id uuid, error jsonb, retryable boolean) FROM PUBLIC;

-- Name: FUNCTION retry_turn(thread_id uuid, error jsonb, retryable boolean, status public.turn_status); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.retry_turn(thread_id uuid, error jsonb, retryable boolean, status public.turn_status) FROM PUBLIC;

-- Name: FUNCTION retry_wait(error jsonb, retryable boolean, attempts integer, OUT wait interval, OUT counted boolean); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.retry_wait(error jsonb, retryable boolean, attempts integer, OUT wait interval, OUT counted boolean) FROM PUBLIC;

-- Name: FUNCTION ring(function_name text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.ring(function_name text) FROM PUBLIC;

-- Name: FUNCTION run_erasures(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.run_erasures() FROM PUBLIC;

-- Name: FUNCTION same_client(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.same_client() FROM PUBLIC;

-- Name: FUNCTION say_goodbye(thread_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.say_goodbye(thread_id uuid) FROM PUBLIC;

-- Name: FUNCTION say_message(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.say_message() FROM PUBLIC;

-- Name: FUNCTION say_reply(thread private.threads, interview_id uuid, conversation_id uuid, kind public.delivery_kind, reply text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.say_reply(thread private.threads, interview_id uuid, conversation_id uuid, kind public.delivery_kind, reply text) FROM PUBLIC;

-- Name: FUNCTION schema_problem(schema jsonb, place text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.schema_problem(schema jsonb, place text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.schema_problem(schema jsonb, place text) TO authenticated;
GRANT ALL ON FUNCTION private.schema_problem(schema jsonb, place text) TO service_role;

-- Name: FUNCTION score_problem(rule jsonb, question jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.score_problem(rule jsonb, question jsonb) FROM PUBLIC;

-- Name: FUNCTION send_notifications(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.send_notifications() FROM PUBLIC;

-- Name: FUNCTION sender_key(sender jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.sender_key(sender jsonb) FROM PUBLIC;

-- Name: FUNCTION sending_rules_of(client_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.sending_rules_of(client_id uuid) FROM PUBLIC;

-- Name: FUNCTION setting(key text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.setting(key text) FROM PUBLIC;

-- Name: FUNCTION setting_int(key text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.setting_int(key text) FROM PUBLIC;

-- Name: FUNCTION settle_qualification(thread private.threads, conversation public.conversations); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.settle_qualification(thread private.threads, conversation public.conversations) FROM PUBLIC;

-- Name: FUNCTION setup_housekeeping_cron(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.setup_housekeeping_cron() FROM PUBLIC;

-- Name: FUNCTION setup_sweep_cron(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.setup_sweep_cron() FROM PUBLIC;

-- Name: FUNCTION skip_applies(rule jsonb, answers jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.skip_applies(rule jsonb, answers jsonb) FROM PUBLIC;

-- Name: FUNCTION skip_rule_problem(rule jsonb, earlier_keys text[]); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.skip_rule_problem(rule jsonb, earlier_keys text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION private.skip_rule_problem(rule jsonb, earlier_keys text[]) TO authenticated;
GRANT ALL ON FUNCTION private.skip_rule_problem(rule jsonb, earlier_keys text[]) TO service_role;

-- Name: FUNCTION start_account(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.start_account() FROM PUBLIC;

-- Name: FUNCTION start_of_interview(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.start_of_interview() FROM PUBLIC;

-- Name: FUNCTION start_problem(project public.projects); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.start_problem(project public.projects) FROM PUBLIC;

-- Name: FUNCTION start_project(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.start_project() FROM PUBLIC;

-- Name: FUNCTION stop_account(account_id uuid, status public.channel_account_status, reason text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.stop_account(account_id uuid, status public.channel_account_status, reason text) FROM PUBLIC;

-- Name: FUNCTION stop_reason(error jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.stop_reason(error jsonb) FROM PUBLIC;

-- Name: FUNCTION stop_reminders(client_id uuid, interview_id uuid, why text, ended boolean); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.stop_reminders(client_id uuid, interview_id uuid, why text, ended boolean) FROM PUBLIC;

-- Name: FUNCTION stop_reminding(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.stop_reminding() FROM PUBLIC;

-- Name: FUNCTION store_answer(interview public.interviews, question jsonb, proposed jsonb, known jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.store_answer(interview public.interviews, question jsonb, proposed jsonb, known jsonb) FROM PUBLIC;

-- Name: TABLE sub_agents; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT,DELETE ON TABLE public.sub_agents TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sub_agents TO service_role;

-- Name: COLUMN sub_agents.id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(id) ON TABLE public.sub_agents TO authenticated;

-- Name: COLUMN sub_agents.name; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(name),UPDATE(name) ON TABLE public.sub_agents TO authenticated;

-- Name: COLUMN sub_agents.type; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(type),UPDATE(type) ON TABLE public.sub_agents TO authenticated;

-- Name: COLUMN sub_agents.description; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(description),UPDATE(description) ON TABLE public.sub_agents TO authenticated;

-- Name: COLUMN sub_agents.config; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(config),UPDATE(config) ON TABLE public.sub_agents TO authenticated;

-- Name: COLUMN sub_agents.tools; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(tools),UPDATE(tools) ON TABLE public.sub_agents TO authenticated;

-- Name: COLUMN sub_agents.active; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(active),UPDATE(active) ON TABLE public.sub_agents TO authenticated;

-- Name: FUNCTION sub_agents_of(agent public.renus_config); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.sub_agents_of(agent public.renus_config) FROM PUBLIC;

-- Name: FUNCTION sweep(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.sweep() FROM PUBLIC;

-- Name: FUNCTION take_isa_token(token text, OUT command_id uuid, OUT plan jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.take_isa_token(token text, OUT command_id uuid, OUT plan jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.take_isa_token(token text, OUT command_id uuid, OUT plan jsonb) TO authenticated;

-- Name: FUNCTION task_message(task text, id uuid, client_id uuid, attempt integer); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.task_message(task text, id uuid, client_id uuid, attempt integer) FROM PUBLIC;

-- Name: FUNCTION tell(notification_ids uuid[]); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.tell(notification_ids uuid[]) FROM PUBLIC;

-- Name: FUNCTION tell_of_callback(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.tell_of_callback() FROM PUBLIC;

-- Name: FUNCTION tell_of_callbacks(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.tell_of_callbacks() FROM PUBLIC;

-- Name: FUNCTION tell_of_template(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.tell_of_template() FROM PUBLIC;

-- Name: FUNCTION template_content(template public.message_templates, lead_name text, company_name text, project_name text, notification_text text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.template_content(template public.message_templates, lead_name text, company_name text, project_name text, notification_text text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.template_content(template public.message_templates, lead_name text, company_name text, project_name text, notification_text text) TO authenticated;
GRANT ALL ON FUNCTION private.template_content(template public.message_templates, lead_name text, company_name text, project_name text, notification_text text) TO service_role;

-- Name: FUNCTION template_findings(account public.channel_accounts, approved_by_provider boolean); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.template_findings(account public.channel_accounts, approved_by_provider boolean) FROM PUBLIC;

-- Name: FUNCTION template_for(client_id uuid, channel_account_id uuid, purpose public.template_purpose, name text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.template_for(client_id uuid, channel_account_id uuid, purpose public.template_purpose, name text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.template_for(client_id uuid, channel_account_id uuid, purpose public.template_purpose, name text) TO authenticated;
GRANT ALL ON FUNCTION private.template_for(client_id uuid, channel_account_id uuid, purpose public.template_purpose, name text) TO service_role;

-- Name: FUNCTION template_gap(name text, body text, parameters text[], in_portuguese boolean); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.template_gap(name text, body text, parameters text[], in_portuguese boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION private.template_gap(name text, body text, parameters text[], in_portuguese boolean) TO authenticated;
GRANT ALL ON FUNCTION private.template_gap(name text, body text, parameters text[], in_portuguese boolean) TO service_role;

-- Name: FUNCTION template_problem(template public.message_templates, in_portuguese boolean); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.template_problem(template public.message_templates, in_portuguese boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION private.template_problem(template public.message_templates, in_portuguese boolean) TO authenticated;
GRANT ALL ON FUNCTION private.template_problem(template public.message_templates, in_portuguese boolean) TO service_role;

-- Name: FUNCTION template_variables(body text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.template_variables(body text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.template_variables(body text) TO authenticated;
GRANT ALL ON FUNCTION private.template_variables(body text) TO service_role;

-- Name: FUNCTION template_verdict(d public.deliveries, OUT verdict text, OUT until timestamp with time zone, OUT reason text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.template_verdict(d public.deliveries, OUT verdict text, OUT until timestamp with time zone, OUT reason text) FROM PUBLIC;

-- Name: FUNCTION throttle_delivery(delivery_id uuid, error jsonb, retry_after_ms numeric); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.throttle_delivery(delivery_id uuid, error jsonb, retry_after_ms numeric) FROM PUBLIC;

-- Name: FUNCTION tool_problem(function_name text); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.tool_problem(function_name text) FROM PUBLIC;

-- Name: TABLE tools; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT,DELETE ON TABLE public.tools TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tools TO service_role;

-- Name: COLUMN tools.id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(id) ON TABLE public.tools TO authenticated;

-- Name: COLUMN tools.name; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(name),UPDATE(name) ON TABLE public.tools TO authenticated;

-- Name: COLUMN tools.description; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(description),UPDATE(description) ON TABLE public.tools TO authenticated;

-- Name: COLUMN tools.function_name; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(function_name),UPDATE(function_name) ON TABLE public.tools TO authenticated;

-- Name: COLUMN tools.parameters_schema; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(parameters_schema),UPDATE(parameters_schema) ON TABLE public.tools TO authenticated;

-- Name: COLUMN tools.active; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(active),UPDATE(active) ON TABLE public.tools TO authenticated;

-- Name: FUNCTION tools_of(agent public.renus_config, sub_agent_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.tools_of(agent public.renus_config, sub_agent_id uuid) FROM PUBLIC;

-- Name: FUNCTION touch(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.touch() FROM PUBLIC;

-- Name: FUNCTION turn_client_id(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.turn_client_id() FROM PUBLIC;
GRANT ALL ON FUNCTION private.turn_client_id() TO renum_agent;

-- Name: FUNCTION turn_lead_id(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.turn_lead_id() FROM PUBLIC;
GRANT ALL ON FUNCTION private.turn_lead_id() TO renum_agent;

-- Name: FUNCTION turn_lease(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.turn_lease() FROM PUBLIC;
GRANT ALL ON FUNCTION private.turn_lease() TO renum_agent;

-- Name: FUNCTION turn_qualification(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.turn_qualification() FROM PUBLIC;
GRANT ALL ON FUNCTION private.turn_qualification() TO renum_agent;

-- Name: FUNCTION turn_task(thread private.threads, wait_ms integer); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.turn_task(thread private.threads, wait_ms integer) FROM PUBLIC;

-- Name: FUNCTION turn_thread(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.turn_thread() FROM PUBLIC;

-- Name: FUNCTION turn_work(thread_id uuid); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.turn_work(thread_id uuid) FROM PUBLIC;

-- Name: FUNCTION version_config(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.version_config() FROM PUBLIC;

-- Name: FUNCTION visible_client_ids(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.visible_client_ids() FROM PUBLIC;
GRANT ALL ON FUNCTION private.visible_client_ids() TO authenticated;

-- Name: FUNCTION visible_profile_ids(); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.visible_profile_ids() FROM PUBLIC;
GRANT ALL ON FUNCTION private.visible_profile_ids() TO authenticated;

-- Name: FUNCTION wish_of(event jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.wish_of(event jsonb) FROM PUBLIC;

-- Name: FUNCTION word_may_come(delivery public.deliveries); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.word_may_come(delivery public.deliveries) FROM PUBLIC;

-- Name: FUNCTION words_of(content jsonb); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.words_of(content jsonb) FROM PUBLIC;

-- Name: FUNCTION zone_of(lead public.leads); Type: ACL; Schema: private; Owner: postgres

REVOKE ALL ON FUNCTION private.zone_of(lead public.leads) FROM PUBLIC;

-- Name: FUNCTION begin_isa_command(command_id uuid, command text); Type: ACL; Schema: public; Owner: postgres

REVOKE ALL ON FUNCTION public.begin_isa_command(command_id uuid, command text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.begin_isa_command(command_id uuid, command text) TO authenticated;

-- Name: FUNCTION channel_findings(channel_account_id uuid); Type: ACL; Schema: public; Owner: postgres

REVOKE ALL ON FUNCTION public.channel_findings(channel_account_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.channel_findings(channel_account_id uuid) TO authenticated;

-- Name: TABLE clients; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.clients TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.clients TO service_role;

-- Name: COLUMN clients.company_name; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(company_name),UPDATE(company_name) ON TABLE public.clients TO authenticated;

-- Name: COLUMN clients.cnpj; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(cnpj),UPDATE(cnpj) ON TABLE public.clients TO authenticated;

-- Name: COLUMN clients.plan; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(plan),UPDATE(plan) ON TABLE public.clients TO authenticated;

-- Name: COLUMN clients.status; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(status),UPDATE(status) ON TABLE public.clients TO authenticated;

-- Name: FUNCTION create_client(company_name text, owner_email text, cnpj text, plan public.client_plan); Type: ACL; Schema: public; Owner: postgres

REVOKE ALL ON FUNCTION public.create_client(company_name text, owner_email text, cnpj text, plan public.client_plan) FROM PUBLIC;
GRANT ALL ON FUNCTION public.create_client(company_name text, owner_email text, cnpj text, plan public.client_plan) TO authenticated;

-- Name: FUNCTION end_isa_command(command_id uuid, result jsonb, target_type public.isa_target_type, target_id uuid); Type: ACL; Schema: public; Owner: postgres

REVOKE ALL ON FUNCTION public.end_isa_command(command_id uuid, result jsonb, target_type public.isa_target_type, target_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.end_isa_command(command_id uuid, result jsonb, target_type public.isa_target_type, target_id uuid) TO authenticated;

-- Name: FUNCTION find_isa_targets(kinds text[], words text, client_ids uuid[]); Type: ACL; Schema: public; Owner: postgres

REVOKE ALL ON FUNCTION public.find_isa_targets(kinds text[], words text, client_ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_isa_targets(kinds text[], words text, client_ids uuid[]) TO authenticated;

-- Name: FUNCTION hand_back(conversation_id uuid); Type: ACL; Schema: public; Owner: postgres

REVOKE ALL ON FUNCTION public.hand_back(conversation_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.hand_back(conversation_id uuid) TO authenticated;

-- Name: FUNCTION import_leads(csv text, rows jsonb, client_id uuid, legal_basis public.legal_basis, evidence text, dry_run boolean); Type: ACL; Schema: public; Owner: postgres

REVOKE ALL ON FUNCTION public.import_leads(csv text, rows jsonb, client_id uuid, legal_basis public.legal_basis, evidence text, dry_run boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.import_leads(csv text, rows jsonb, client_id uuid, legal_basis public.legal_basis, evidence text, dry_run boolean) TO authenticated;

-- Name: FUNCTION invite_member(client_id uuid, email text, role public.member_role); Type: ACL; Schema: public; Owner: postgres

REVOKE ALL ON FUNCTION public.invite_member(client_id uuid, email text, role public.member_role) FROM PUBLIC;
GRANT ALL ON FUNCTION public.invite_member(client_id uuid, email text, role public.member_role) TO authenticated;

-- Name: FUNCTION plan_isa_command(command_id uuid, acts jsonb); Type: ACL; Schema: public; Owner: postgres

REVOKE ALL ON FUNCTION public.plan_isa_command(command_id uuid, acts jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.plan_isa_command(command_id uuid, acts jsonb) TO authenticated;

-- Name: FUNCTION preview_audience(project_id uuid); Type: ACL; Schema: public; Owner: postgres

REVOKE ALL ON FUNCTION public.preview_audience(project_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.preview_audience(project_id uuid) TO authenticated;

-- Name: FUNCTION queue_metrics(); Type: ACL; Schema: public; Owner: postgres

REVOKE ALL ON FUNCTION public.queue_metrics() FROM PUBLIC;
GRANT ALL ON FUNCTION public.queue_metrics() TO authenticated;

-- Name: FUNCTION remove_member(member_id uuid); Type: ACL; Schema: public; Owner: postgres

REVOKE ALL ON FUNCTION public.remove_member(member_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.remove_member(member_id uuid) TO authenticated;

-- Name: TABLE failed_tasks; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.failed_tasks TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.failed_tasks TO service_role;

-- Name: FUNCTION replay_failed_task(failed_task_id uuid); Type: ACL; Schema: public; Owner: postgres

REVOKE ALL ON FUNCTION public.replay_failed_task(failed_task_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.replay_failed_task(failed_task_id uuid) TO authenticated;

-- Name: FUNCTION report_markdown(report_id uuid); Type: ACL; Schema: public; Owner: postgres

REVOKE ALL ON FUNCTION public.report_markdown(report_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.report_markdown(report_id uuid) TO authenticated;

-- Name: TABLE reports; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.reports TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.reports TO service_role;

-- Name: FUNCTION request_report(project_id uuid); Type: ACL; Schema: public; Owner: postgres

REVOKE ALL ON FUNCTION public.request_report(project_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.request_report(project_id uuid) TO authenticated;

-- Name: FUNCTION resend_invitation(interview_id uuid); Type: ACL; Schema: public; Owner: postgres

REVOKE ALL ON FUNCTION public.resend_invitation(interview_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.resend_invitation(interview_id uuid) TO authenticated;

-- Name: FUNCTION reverse_conversion(conversion_id uuid, reason text); Type: ACL; Schema: public; Owner: postgres

REVOKE ALL ON FUNCTION public.reverse_conversion(conversion_id uuid, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.reverse_conversion(conversion_id uuid, reason text) TO authenticated;

-- Name: FUNCTION run_isa_plan(token text); Type: ACL; Schema: public; Owner: postgres

REVOKE ALL ON FUNCTION public.run_isa_plan(token text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.run_isa_plan(token text) TO authenticated;

-- Name: FUNCTION set_channel_credentials(channel_account_id uuid, ciphertext text, key_id text); Type: ACL; Schema: public; Owner: postgres

REVOKE ALL ON FUNCTION public.set_channel_credentials(channel_account_id uuid, ciphertext text, key_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.set_channel_credentials(channel_account_id uuid, ciphertext text, key_id text) TO authenticated;

-- Name: FUNCTION take_over(lead_id uuid); Type: ACL; Schema: public; Owner: postgres

REVOKE ALL ON FUNCTION public.take_over(lead_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.take_over(lead_id uuid) TO authenticated;

-- Name: FUNCTION begin_turns(tasks jsonb, visibility_s integer); Type: ACL; Schema: worker; Owner: postgres

REVOKE ALL ON FUNCTION worker.begin_turns(tasks jsonb, visibility_s integer) FROM PUBLIC;
GRANT ALL ON FUNCTION worker.begin_turns(tasks jsonb, visibility_s integer) TO renum_worker;

-- Name: FUNCTION call_tool(thread_id uuid, lease uuid, call_id text, tool text, arguments jsonb, sub_agent_id uuid); Type: ACL; Schema: worker; Owner: postgres

REVOKE ALL ON FUNCTION worker.call_tool(thread_id uuid, lease uuid, call_id text, tool text, arguments jsonb, sub_agent_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION worker.call_tool(thread_id uuid, lease uuid, call_id text, tool text, arguments jsonb, sub_agent_id uuid) TO renum_worker;

-- Name: FUNCTION channel_account(channel_account_id uuid); Type: ACL; Schema: worker; Owner: postgres

REVOKE ALL ON FUNCTION worker.channel_account(channel_account_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION worker.channel_account(channel_account_id uuid) TO renum_worker;

-- Name: FUNCTION claim_tasks(queues text[], max integer, visibility_s integer); Type: ACL; Schema: worker; Owner: postgres

REVOKE ALL ON FUNCTION worker.claim_tasks(queues text[], max integer, visibility_s integer) FROM PUBLIC;
GRANT ALL ON FUNCTION worker.claim_tasks(queues text[], max integer, visibility_s integer) TO renum_worker;

-- Name: FUNCTION commit_turns(results jsonb); Type: ACL; Schema: worker; Owner: postgres

REVOKE ALL ON FUNCTION worker.commit_turns(results jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION worker.commit_turns(results jsonb) TO renum_worker;

-- Name: FUNCTION complete_deliveries(results jsonb); Type: ACL; Schema: worker; Owner: postgres

REVOKE ALL ON FUNCTION worker.complete_deliveries(results jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION worker.complete_deliveries(results jsonb) TO renum_worker;

-- Name: FUNCTION extend_task(task text, id uuid, claim uuid, visibility_s integer); Type: ACL; Schema: worker; Owner: postgres

REVOKE ALL ON FUNCTION worker.extend_task(task text, id uuid, claim uuid, visibility_s integer) FROM PUBLIC;
GRANT ALL ON FUNCTION worker.extend_task(task text, id uuid, claim uuid, visibility_s integer) TO renum_worker;

-- Name: FUNCTION fail_task(task text, id uuid, claim uuid, error jsonb, retryable boolean); Type: ACL; Schema: worker; Owner: postgres

REVOKE ALL ON FUNCTION worker.fail_task(task text, id uuid, claim uuid, error jsonb, retryable boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION worker.fail_task(task text, id uuid, claim uuid, error jsonb, retryable boolean) TO renum_worker;

-- Name: FUNCTION ingest(channel_account_id uuid, events jsonb); Type: ACL; Schema: worker; Owner: postgres

REVOKE ALL ON FUNCTION worker.ingest(channel_account_id uuid, events jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION worker.ingest(channel_account_id uuid, events jsonb) TO renum_worker;

-- Name: FUNCTION save_account_facts(channel_account_id uuid, facts jsonb); Type: ACL; Schema: worker; Owner: postgres

REVOKE ALL ON FUNCTION worker.save_account_facts(channel_account_id uuid, facts jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION worker.save_account_facts(channel_account_id uuid, facts jsonb) TO renum_worker;

-- Name: FUNCTION save_media(media_id uuid, claim uuid, size bigint, mime_type text, sha256 text); Type: ACL; Schema: worker; Owner: postgres

REVOKE ALL ON FUNCTION worker.save_media(media_id uuid, claim uuid, size bigint, mime_type text, sha256 text) FROM PUBLIC;
GRANT ALL ON FUNCTION worker.save_media(media_id uuid, claim uuid, size bigint, mime_type text, sha256 text) TO renum_worker;

-- Name: FUNCTION save_report(report_id uuid, claim uuid, summary text, markdown text, model text, usage jsonb); Type: ACL; Schema: worker; Owner: postgres

REVOKE ALL ON FUNCTION worker.save_report(report_id uuid, claim uuid, summary text, markdown text, model text, usage jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION worker.save_report(report_id uuid, claim uuid, summary text, markdown text, model text, usage jsonb) TO renum_worker;

-- Name: FUNCTION save_templates(channel_account_id uuid, templates jsonb); Type: ACL; Schema: worker; Owner: postgres

REVOKE ALL ON FUNCTION worker.save_templates(channel_account_id uuid, templates jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION worker.save_templates(channel_account_id uuid, templates jsonb) TO renum_worker;

-- Name: TABLE job; Type: ACL; Schema: cron; Owner: supabase_admin

GRANT SELECT ON TABLE cron.job TO postgres WITH GRANT OPTION;

-- Name: TABLE job_run_details; Type: ACL; Schema: cron; Owner: supabase_admin

GRANT SELECT,INSERT,REFERENCES,DELETE,TRUNCATE,UPDATE ON TABLE cron.job_run_details TO postgres WITH GRANT OPTION;

-- Name: SEQUENCE jobid_seq; Type: ACL; Schema: cron; Owner: supabase_admin

GRANT ALL ON SEQUENCE cron.jobid_seq TO postgres WITH GRANT OPTION;

-- Name: SEQUENCE runid_seq; Type: ACL; Schema: cron; Owner: supabase_admin

GRANT ALL ON SEQUENCE cron.runid_seq TO postgres WITH GRANT OPTION;

-- Name: TABLE interview_messages; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.interview_messages TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.interview_messages TO service_role;

-- Name: TABLE messages; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.messages TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.messages TO service_role;

-- Name: TABLE notify_insert_throttle; Type: ACL; Schema: pgmq; Owner: postgres

GRANT SELECT ON TABLE pgmq.notify_insert_throttle TO pg_monitor;

-- Name: TABLE topic_bindings; Type: ACL; Schema: pgmq; Owner: postgres

GRANT SELECT ON TABLE pgmq.topic_bindings TO pg_monitor;

-- Name: COLUMN intents.client_id; Type: ACL; Schema: private; Owner: postgres

GRANT INSERT(client_id) ON TABLE private.intents TO renum_agent;

-- Name: COLUMN intents.lead_id; Type: ACL; Schema: private; Owner: postgres

GRANT INSERT(lead_id) ON TABLE private.intents TO renum_agent;

-- Name: COLUMN intents.turn_id; Type: ACL; Schema: private; Owner: postgres

GRANT INSERT(turn_id) ON TABLE private.intents TO renum_agent;

-- Name: COLUMN intents.kind; Type: ACL; Schema: private; Owner: postgres

GRANT INSERT(kind) ON TABLE private.intents TO renum_agent;

-- Name: COLUMN intents.details; Type: ACL; Schema: private; Owner: postgres

GRANT INSERT(details) ON TABLE private.intents TO renum_agent;

-- Name: TABLE audit_log; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.audit_log TO authenticated;
GRANT SELECT ON TABLE public.audit_log TO service_role;

-- Name: TABLE callbacks; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.callbacks TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.callbacks TO service_role;

-- Name: COLUMN callbacks.client_id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(client_id) ON TABLE public.callbacks TO authenticated;
GRANT SELECT(client_id),INSERT(client_id) ON TABLE public.callbacks TO renum_agent;

-- Name: COLUMN callbacks.lead_id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(lead_id) ON TABLE public.callbacks TO authenticated;
GRANT SELECT(lead_id),INSERT(lead_id) ON TABLE public.callbacks TO renum_agent;

-- Name: COLUMN callbacks.due_at; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(due_at),UPDATE(due_at) ON TABLE public.callbacks TO authenticated;
GRANT SELECT(due_at),INSERT(due_at),UPDATE(due_at) ON TABLE public.callbacks TO renum_agent;

-- Name: COLUMN callbacks.note; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(note),UPDATE(note) ON TABLE public.callbacks TO authenticated;
GRANT SELECT(note),INSERT(note),UPDATE(note) ON TABLE public.callbacks TO renum_agent;

-- Name: COLUMN callbacks.status; Type: ACL; Schema: public; Owner: postgres

GRANT UPDATE(status) ON TABLE public.callbacks TO authenticated;
GRANT SELECT(status) ON TABLE public.callbacks TO renum_agent;

-- Name: TABLE consents; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.consents TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.consents TO service_role;

-- Name: COLUMN consents.client_id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(client_id) ON TABLE public.consents TO authenticated;
GRANT INSERT(client_id) ON TABLE public.consents TO renum_agent;

-- Name: COLUMN consents.lead_id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(lead_id) ON TABLE public.consents TO authenticated;
GRANT INSERT(lead_id) ON TABLE public.consents TO renum_agent;

-- Name: COLUMN consents.granted; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(granted) ON TABLE public.consents TO authenticated;
GRANT INSERT(granted) ON TABLE public.consents TO renum_agent;

-- Name: COLUMN consents.legal_basis; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(legal_basis) ON TABLE public.consents TO authenticated;
GRANT INSERT(legal_basis) ON TABLE public.consents TO renum_agent;

-- Name: COLUMN consents.text_version; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(text_version) ON TABLE public.consents TO authenticated;

-- Name: COLUMN consents.evidence; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(evidence) ON TABLE public.consents TO authenticated;
GRANT INSERT(evidence) ON TABLE public.consents TO renum_agent;

-- Name: COLUMN consents.purpose; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(purpose) ON TABLE public.consents TO authenticated;

-- Name: TABLE erasures; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.erasures TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.erasures TO service_role;

-- Name: COLUMN erasures.id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(id) ON TABLE public.erasures TO authenticated;

-- Name: COLUMN erasures.client_id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(client_id) ON TABLE public.erasures TO authenticated;

-- Name: COLUMN erasures.lead_id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(lead_id) ON TABLE public.erasures TO authenticated;

-- Name: COLUMN erasures.reason; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(reason) ON TABLE public.erasures TO authenticated;

-- Name: TABLE isa_commands; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.isa_commands TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.isa_commands TO service_role;

-- Name: COLUMN isa_commands.id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(id) ON TABLE public.isa_commands TO authenticated;

-- Name: COLUMN isa_commands.admin_id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(admin_id) ON TABLE public.isa_commands TO authenticated;

-- Name: COLUMN isa_commands.command; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(command) ON TABLE public.isa_commands TO authenticated;

-- Name: COLUMN isa_commands.target_type; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(target_type) ON TABLE public.isa_commands TO authenticated;

-- Name: COLUMN isa_commands.target_id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(target_id) ON TABLE public.isa_commands TO authenticated;

-- Name: COLUMN isa_commands.result; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(result) ON TABLE public.isa_commands TO authenticated;

-- Name: COLUMN isa_commands.executed_at; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(executed_at) ON TABLE public.isa_commands TO authenticated;

-- Name: TABLE lead_identities; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.lead_identities TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lead_identities TO service_role;

-- Name: TABLE profiles; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.profiles TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.profiles TO service_role;

-- Name: COLUMN profiles.full_name; Type: ACL; Schema: public; Owner: postgres

GRANT UPDATE(full_name) ON TABLE public.profiles TO authenticated;

-- Name: COLUMN profiles.role; Type: ACL; Schema: public; Owner: postgres

GRANT UPDATE(role) ON TABLE public.profiles TO authenticated;

-- Name: COLUMN profiles.phone; Type: ACL; Schema: public; Owner: postgres

GRANT UPDATE(phone) ON TABLE public.profiles TO authenticated;

-- Name: COLUMN profiles.notification_channels; Type: ACL; Schema: public; Owner: postgres

GRANT UPDATE(notification_channels) ON TABLE public.profiles TO authenticated;

-- Name: COLUMN profiles.muted_events; Type: ACL; Schema: public; Owner: postgres

GRANT UPDATE(muted_events) ON TABLE public.profiles TO authenticated;

-- Name: TABLE project_progress; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.project_progress TO authenticated;
GRANT SELECT ON TABLE public.project_progress TO service_role;

-- Name: TABLE renus_config_versions; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.renus_config_versions TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.renus_config_versions TO service_role;

-- Name: TABLE risk_acceptances; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.risk_acceptances TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.risk_acceptances TO service_role;

-- Name: COLUMN risk_acceptances.id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(id) ON TABLE public.risk_acceptances TO authenticated;

-- Name: COLUMN risk_acceptances.client_id; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(client_id) ON TABLE public.risk_acceptances TO authenticated;

-- Name: COLUMN risk_acceptances.agent_type; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(agent_type) ON TABLE public.risk_acceptances TO authenticated;

-- Name: COLUMN risk_acceptances.text; Type: ACL; Schema: public; Owner: postgres

GRANT INSERT(text) ON TABLE public.risk_acceptances TO authenticated;

-- Name: TABLE turns; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.turns TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.turns TO service_role;

-- Name: TABLE webhook_events; Type: ACL; Schema: public; Owner: postgres

GRANT SELECT ON TABLE public.webhook_events TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.webhook_events TO service_role;

-- Name: DEFAULT PRIVILEGES FOR SEQUENCES; Type: DEFAULT ACL; Schema: public; Owner: postgres

ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT ALL ON SEQUENCES TO postgres;

-- Name: DEFAULT PRIVILEGES FOR SEQUENCES; Type: DEFAULT ACL; Schema: public; Owner: supabase_admin

ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA public GRANT ALL ON SEQUENCES TO postgres;
ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA public GRANT ALL ON SEQUENCES TO anon;
ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA public GRANT ALL ON SEQUENCES TO authenticated;
ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA public GRANT ALL ON SEQUENCES TO service_role;

-- Name: DEFAULT PRIVILEGES FOR FUNCTIONS; Type: DEFAULT ACL; Schema: public; Owner: postgres

ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT ALL ON FUNCTIONS TO postgres;

-- Name: DEFAULT PRIVILEGES FOR FUNCTIONS; Type: DEFAULT ACL; Schema: public; Owner: supabase_admin

ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA public GRANT ALL ON FUNCTIONS TO postgres;
ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA public GRANT ALL ON FUNCTIONS TO anon;
ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA public GRANT ALL ON FUNCTIONS TO authenticated;
ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA public GRANT ALL ON FUNCTIONS TO service_role;

-- Name: DEFAULT PRIVILEGES FOR TABLES; Type: DEFAULT ACL; Schema: public; Owner: postgres

ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT ALL ON TABLES TO postgres;

-- Name: DEFAULT PRIVILEGES FOR TABLES; Type: DEFAULT ACL; Schema: public; Owner: supabase_admin

ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA public GRANT ALL ON TABLES TO postgres;
ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA public GRANT ALL ON TABLES TO anon;
ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA public GRANT ALL ON TABLES TO authenticated;
ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA public GRANT ALL ON TABLES TO service_role;

-- Name: DEFAULT PRIVILEGES FOR FUNCTIONS; Type: DEFAULT ACL; Schema: -; Owner: postgres

ALTER DEFAULT PRIVILEGES FOR ROLE postgres REVOKE ALL ON FUNCTIONS FROM PUBLIC;

-- Name: issue_pg_cron_access; Type: EVENT TRIGGER; Schema: -; Owner: supabase_admin

CREATE EVENT TRIGGER issue_pg_cron_access ON ddl_command_end
         WHEN TAG IN ('CREATE EXTENSION')
   EXECUTE FUNCTION extensions.grant_pg_cron_access();

ALTER EVENT TRIGGER issue_pg_cron_access OWNER TO supabase_admin;

-- Name: pgrst_ddl_watch; Type: EVENT TRIGGER; Schema: -; Owner: supabase_admin

CREATE EVENT TRIGGER pgrst_ddl_watch ON ddl_command_end
   EXECUTE FUNCTION extensions.pgrst_ddl_watch();

ALTER EVENT TRIGGER pgrst_ddl_watch OWNER TO supabase_admin;

-- Name: pgrst_drop_watch; Type: EVENT TRIGGER; Schema: -; Owner: supabase_admin

CREATE EVENT TRIGGER pgrst_drop_watch ON sql_drop
   EXECUTE FUNCTION extensions.pgrst_drop_watch();

ALTER EVENT TRIGGER pgrst_drop_watch OWNER TO supabase_admin;
