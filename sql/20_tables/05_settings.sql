create table private.settings (
    key text primary key,
    value jsonb not null,
    comment text not null
);
comment on table private.settings is 'Numbers and addresses an operator may change while the system runs.';

insert into private.settings (key, value, comment) values
('functions_url', 'null', 'Where the functions are, without a slash at the end. null: no ring is sent.'),
('public_url', 'null', 'Where providers reach the functions, without a slash at the end. null: at functions_url.'),
('ring_timeout_ms', '1500', 'How long a ring waits for its answer, which nobody reads.'),
('debounce_ms', '800', 'How long a lead''s burst of messages is waited for after its last message. 0: not at all.'),
('debounce_unfinished_ms', '2500', 'The same where the last message looks unfinished: it breaks off, or only announces the next.'),
('debounce_max_ms', '8000', 'After this long since the first unanswered message a turn starts, whatever still comes.'),
('visibility_s', '60', 'How long a turn''s or a delivery''s claim lasts that a commit hands on to its caller.'),
('max_attempts', '4', 'Attempts at a task: the first and three retries.'),
('retry_after_s', '[1, 5, 25]', 'Seconds to wait before each retry.'),
('max_reruns', '2', 'How often a turn is run again because the lead wrote meanwhile.'),
('max_tries', '3', 'How often a question is put again after an answer that is not valid; then it counts as refused.'),
('admitted_tasks', '100', 'Tasks of one client that may be in one queue at once (turns: before they are begun); the others wait in their rows.'),
('unknown_grace_s', '20', 'How long a delivery that may have left waits for the provider''s word before it is tried again.'),
('unknown_patience_s', '120', 'How long it waits at most, where no webhook of its account comes in at all: an outage holds the provider''s word up, too.'),
('unknown_repeats', '1', 'How often a delivery is sent again of which nobody knows whether it left.'),
('history_messages', '30', 'Messages before the new input that a turn is given.'),
('handover_hours', '24', 'Hours after which an agent goes on with a conversation that a person took over and did not write in again; null: never by itself.'),
('turns_per_hour', '60', 'Turns of one conversation within an hour, after which a person gets it: two programs talking with each other would not stop.'),
('tool_calls_per_turn', '8', 'Calls of tools in one turn, where the agent''s config.conversation.limits does not say.'),
('requalify_days', '30', 'Days after which a lead that did not qualify may be asked again.'),
('sign_up_url', 'null', 'Where people who were invited sign up; said to who becomes a client by conversation. null: no address is said.'),
('project_report_every_s', '60', 'Least time between two reports of a project, unless somebody asks for one.'),
('partitions_ahead', '3', 'Months for which partitions are made ahead.'),
('keep_webhook_events_days', '30', 'Days that raw webhook items are kept. Providers repeat for up to 7 days.'),
('keep_job_runs_days', '3', 'Days that pg_cron''s run log is kept.'),
('media_bucket', 'null', 'The bucket of Supabase Storage that leads'' files are fetched into. null: references are kept, nothing is fetched.'),
('media_max_bytes', '20971520', 'A larger file is not fetched.'),
('admitted_media', '20', 'Files of one client that may be in the queue at once, beside its deliveries.'),
('notification_burst', '5', 'Notifications that one person gets one by one within notification_window_s; where more wait, they become one message.'),
('notification_window_s', '600', 'Seconds since the last notification after which one person is told again what has gathered meanwhile.'),
('failed_invitation_hours', '24', 'How long an interview whose invitation could not be sent by any channel waits for a replay; then it is cancelled.'),
('sending_hours', '{
    "monday": ["08:00", "20:00"], "tuesday": ["08:00", "20:00"], "wednesday": ["08:00", "20:00"], "thursday": ["08:00", "20:00"],
    "friday": ["08:00", "20:00"], "saturday": ["09:00", "14:00"]
}', 'When a client without sending_rules of its own may begin with a lead, by the lead''s clock.'),
('sending_holidays', 'false', 'Whether such a client may do so on Brazil''s national holidays.'),
('sending_caps', '{"day": 3, "week": 10}', 'How often such a client may write first to one lead within 24 hours and within 7 days; null: no limit.'),
('clock_offset_s', '0', 'Seconds that private.now() is ahead of the clock: for tests and demonstrations of what waits for days. 0 in production.');
