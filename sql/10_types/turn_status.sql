create type public.turn_status as enum ('committed', 'partial', 'failed', 'crashed');
comment on type public.turn_status is 'How a turn ended. partial: newer input had arrived and a further turn follows.';
