create type public.reminder_status as enum ('waiting', 'sent', 'skipped', 'cancelled', 'expired');
comment on type public.reminder_status is 'Life of a reminder. skipped: it could not be sent, cancelled: it need not be, see reason; expired: the end of the ladder was reached.';
