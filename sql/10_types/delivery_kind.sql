create type public.delivery_kind as enum ('invitation', 'reply', 'goodbye', 'notification');
comment on type public.delivery_kind is 'Why something is sent. goodbye is the one confirmation of an opt-out.';
