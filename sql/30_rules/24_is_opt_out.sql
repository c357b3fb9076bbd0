create or replace function private.is_opt_out(txt text) returns boolean
language sql immutable set search_path = ''
as $$
    select coalesce(private.plain(is_opt_out.txt) in (
        'sair', 'parar', 'pare', 'stop', 'cancelar', 'cancela', 'descadastrar', 'descadastre', 'remover', 'unsubscribe',
        'sair da lista', 'quero sair', 'quero parar', 'parar mensagens', 'cancelar inscricao', 'nao quero mais receber',
        'nao quero mais receber mensagens', 'nao quero receber mensagens', 'nao me mande mais mensagens', 'me tire da lista', 'me tira da lista'
    ), false);
$$;
comment on function private.is_opt_out(text) is
'Whether a whole message is one of the words that must always work to be left alone, whatever agent or model is running.';
