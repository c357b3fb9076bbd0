create type public.client_status as enum ('active', 'inactive', 'suspended');
comment on type public.client_status is 'Only the people of an active client have access.';
