create type public.report_status as enum ('queued', 'writing', 'ready', 'failed');
comment on type public.report_status is 'Life of a report.';
