create or replace function private.sender_key(sender jsonb) returns text
language sql immutable set search_path = ''
as $$
    select coalesce(sender ->> 'wa_id', sender ->> 'phone', sender ->> 'bsuid', sender ->> 'lid');
$$;
comment on function private.sender_key(jsonb) is 'One of the ids that a sender came with, the most telling first; null: it names nobody.';
