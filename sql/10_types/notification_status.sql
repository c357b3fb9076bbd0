create type public.notification_status as enum ('queued', 'sent', 'failed', 'skipped');
comment on type public.notification_status is 'Life of a notification. skipped: there was no way to reach the person, see reason.';
