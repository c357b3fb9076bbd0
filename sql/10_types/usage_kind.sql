create type public.usage_kind as enum ('model', 'message');
comment on type public.usage_kind is 'What costs money: calls to a model, counted in tokens, and messages that a provider charges.';
