create or replace function private.is_email(address text) returns boolean
language sql immutable set search_path = ''
as $$
    select is_email.address ~ '^[^@\s[:cntrl:],;<>]+@[^@\s[:cntrl:],;<>]+\.[^@\s[:cntrl:],;<>.]+$' and char_length(is_email.address) <= 254;
$$;
comment on function private.is_email(text) is 'Whether a text can be one e-mail address.';
