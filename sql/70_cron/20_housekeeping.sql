create or replace function private.housekeeping() returns jsonb
language plpgsql security definer set search_path = ''
as $$
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
    -- What they planned is in isa_commands.
    delete from private.isa_tokens as t where t.expires_at < now() - interval '1 day';
    get diagnostics gone = row_count;
    done := done || jsonb_build_object('isa_tokens', gone);
    delete from cron.job_run_details as d where d.end_time < now() - make_interval(days => private.setting_int('keep_job_runs_days'));
    get diagnostics gone = row_count;
    return done || jsonb_build_object('job_runs', gone);
end
$$;
comment on function private.housekeeping() is 'Daily: partitions ahead, and the purge of raw webhook items, of ISA''s old tokens and of pg_cron''s run log. Idempotent; says what it did.';

create or replace function private.setup_housekeeping_cron() returns text
language plpgsql set search_path = ''
as $$
begin
    perform cron.schedule('housekeeping', '17 3 * * *', 'select private.housekeeping()');
    return 'housekeeping runs daily at 3:17';
end
$$;
comment on function private.setup_housekeeping_cron() is 'Schedules private.housekeeping() once a day. Idempotent.';

select private.setup_housekeeping_cron();
