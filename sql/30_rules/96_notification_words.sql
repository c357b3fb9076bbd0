create or replace function private.notification_words(event text, out title text, out one text, out many text, out urgent boolean)
language sql immutable set search_path = ''
as $$
    select coalesce(w.title, 'Aviso'), coalesce(w.one, 'outro aviso'), coalesce(w.many, 'outros avisos'), coalesce(w.urgent, false)
    from (select notification_words.event as event) as asked
    left join (values
        ('interview_completed', 'Entrevista concluída', 'entrevista concluída', 'entrevistas concluídas', false),
        ('project_completed', 'Pesquisa encerrada', 'pesquisa encerrada', 'pesquisas encerradas', false),
        ('person_needed', 'Um contato precisa de atendimento', 'contato precisa de atendimento', 'contatos precisam de atendimento', true),
        ('lead_qualified', 'Um contato se qualificou', 'contato qualificado', 'contatos qualificados', false),
        ('lead_converted', 'Um contato virou cliente', 'contato virou cliente', 'contatos viraram clientes', false),
        ('callback_requested', 'Retorno agendado', 'retorno agendado', 'retornos agendados', false),
        ('callback_due', 'Está na hora de um retorno', 'retorno para agora', 'retornos para agora', true),
        ('account_stopped', 'Um canal de envio parou', 'canal de envio parado', 'canais de envio parados', true),
        ('template_stopped', 'Um modelo de mensagem parou', 'modelo de mensagem parado', 'modelos de mensagem parados', false),
        ('budget_warning', 'Um orçamento está perto do fim', 'orçamento perto do fim', 'orçamentos perto do fim', false),
        ('budget_reached', 'Um orçamento se esgotou', 'orçamento esgotado', 'orçamentos esgotados', true),
        ('task_failed', 'Há envios ou tarefas que falharam', 'aviso de falha', 'avisos de falha', false)
    ) as w (event, title, one, many, urgent) on w.event = asked.event;
$$;
comment on function private.notification_words(text) is
'How an event is spoken of: the title of an e-mail, one of it and many of it after a number, and whether it is told at once, never gathered with others.';
