create type public.callback_status as enum ('open', 'done', 'cancelled');
comment on type public.callback_status is 'Whether somebody still has to call the lead back.';
