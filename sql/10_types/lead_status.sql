create type public.lead_status as enum ('active', 'inactive', 'blocked');
comment on type public.lead_status is 'Only active leads are written to; a blocked lead is not answered either.';
