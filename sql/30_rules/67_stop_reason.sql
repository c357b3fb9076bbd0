create or replace function private.stop_reason(error jsonb) returns text
language sql immutable set search_path = ''
as $$
    select case
        when own.words is not null then own.words
        when own.code like 'credentials\_%' then 'as credenciais guardadas não podem ser abertas: informe-as de novo'
        else coalesce('o provedor respondeu “' || nullif(rtrim(stop_reason.error ->> 'message', '. '), '') || '”', 'o provedor recusou o envio')
    end
    from (
        select asked.code, w.words
        from (select stop_reason.error ->> 'code' as code) as asked
        left join (values
            ('credentials_missing', 'faltam credenciais'),
            ('bad_base_url', 'o endereço em config.base_url não pode ser usado'),
            ('bad_config', 'host, port ou security em config não estão corretos'),
            ('bad_sender', 'o remetente ou reply_to não é um endereço de e-mail'),
            ('bad_header', 'from_name ou outro campo de config não cabe no cabeçalho de um e-mail'),
            ('not_encrypted', 'a senha viajaria sem criptografia: security precisa ser starttls ou tls'),
            ('bad_certificate', 'o certificado do servidor não é válido'),
            ('not_offered', 'o servidor não oferece criptografia ou autenticação nesta porta'),
            ('address_not_allowed', 'o endereço do servidor não é público'),
            ('redirected', 'o endereço do provedor leva a outro')
        ) as w (code, words) on w.code = asked.code
    ) as own;
$$;
comment on function private.stop_reason(jsonb) is
'Why an account stopped, for its owners, in Portuguese: in our own words where the code is one of ours (functions/renum/channels), else what the provider answered, named as such.';
