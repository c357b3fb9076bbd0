create type public.identity_kind as enum ('phone', 'wa_id', 'bsuid', 'lid', 'email');
comment on type public.identity_kind is 'Ways to recognise a lead. phone holds the matching key, not the number (private.phone_key).';
