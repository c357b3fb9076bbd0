create type public.template_status as enum ('pending', 'approved', 'paused', 'rejected', 'disabled');
comment on type public.template_status is 'The provider''s verdict on a message template.';
