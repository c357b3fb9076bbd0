create type public.delivery_kind as enum ('invitation', 'reply', 'goodbye', 'notification', 'reminder', 'message');
comment on type public.delivery_kind is 'Why something is sent. goodbye is the one confirmation of an opt-out, message what a person or a tool writes by itself.';
