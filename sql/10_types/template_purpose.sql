create type public.template_purpose as enum ('invitation', 'notification', 'other', 'reminder');
comment on type public.template_purpose is 'What a template is used for.';
