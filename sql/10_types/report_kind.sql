create type public.report_kind as enum ('interview', 'project');
comment on type public.report_kind is 'What a report is about.';
