create type public.channel as enum ('whatsapp', 'sms', 'email');
comment on type public.channel is 'The medium a message travels by.';
