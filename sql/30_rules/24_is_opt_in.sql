create or replace function private.is_opt_in(txt text) returns boolean
language sql immutable set search_path = ''
as $$
    select coalesce(char_length(is_opt_in.txt) <= 200 and private.plain(is_opt_in.txt) ~ (
        '^((oi|ola|bom dia|boa tarde|boa noite|por favor|eu) )*('
        || 'voltar|aceito|aceitar|reativar|recadastrar|start|unstop|optin|opt in'
        || '|(quero|queria|aceito|gostaria de|pode) (voltar a )?(receber|voltar)( (as|suas|essas|de novo|novamente|mensagem|mensagens|de voces))*'
        || '|(quero )?(me )?(recadastr(ar|e)|reativ(ar|e))( (as|o|meu))?( (mensagens|cadastro|recebimento))?'
        || ')( (por favor|obrigad[oa]|de novo|novamente|sim))*$'
    ), false);
$$;
comment on function private.is_opt_in(text) is
'Whether a whole message asks for messages again. It means something only from a lead who opted out.';
