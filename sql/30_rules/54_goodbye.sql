create or replace function private.goodbye() returns text
language sql immutable set search_path = ''
as $$
    select 'Tudo bem, você não vai mais receber mensagens nossas. Obrigado e até logo!';
$$;
comment on function private.goodbye() is 'What a lead who opted out is told, once.';
