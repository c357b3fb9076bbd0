create or replace function private.lead_column(header text) returns text
language sql immutable set search_path = ''
as $$
    select case
        when h.words in ('whatsapp', 'numero do whatsapp', 'numero whatsapp', 'zap') then 'phone 1'
        when h.words in ('celular', 'numero do celular', 'telefone celular', 'mobile', 'mobile phone', 'cell', 'cell phone', 'cellphone') then 'phone 2'
        when h.words in ('telefone', 'numero de telefone', 'numero do telefone', 'fone', 'tel', 'phone', 'phone number', 'telephone') then 'phone 3'
        when h.words in ('nome', 'nome completo', 'name', 'full name') then 'name 1'
        when h.words in ('email', 'e mail', 'endereco de email', 'endereco de e mail', 'email address', 'e mail address') then 'email 1'
        when h.words = 'metadata' then 'metadata 1'
    end
    -- The column full_name, too: an underscore is no letter.
    from (select private.plain(lead_column.header) as words) as h;
$$;
comment on function private.lead_column(text) is
'What a column of a list of leads holds by its header, Portuguese or English: phone, name, email or metadata, and its rank among several of one kind. null: something else.';
