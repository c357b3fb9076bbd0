create type public.delivery_status as enum ('queued', 'deferred', 'sending', 'unknown', 'sent', 'delivered', 'read', 'failed', 'cancelled');
comment on type public.delivery_status is 'Life of a delivery. unknown: it may have left; a status or the grace period decides.';
