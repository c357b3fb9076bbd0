create or replace function private.is_opt_out(txt text) returns boolean
language sql immutable set search_path = ''
as $$
    -- The whole message, but for what is said out of politeness around it: "quero cancelar meu pedido" means something else.
    -- Letters in bold or full width are letters (NFKC); what has no width is nothing.
    select coalesce(char_length(is_opt_out.txt) <= 200 and private.plain(translate(normalize(is_opt_out.txt, nfkc), U&'\200B\200C\200D\2060\FEFF\00AD', '')) ~ (
        '^((oi|ola|opa|bom dia|boa tarde|boa noite|por favor|por gentileza|pfv|pf|favor|gente|moca|moco) )*('
        -- The word alone.
        || 'sair|parar|pare|parem|stop|stop all|stopall|cancelar|cancela|cancele|cancelem|descadastr(ar|e|a|em|o|amento)|remover|remova|remove|removam|unsubscribe|optout|opt out'
        || '|(quero|queria|gostaria de|desejo|preciso) (sair|parar|(me )?descadastrar|ser (removid[oa]|descadastrad[oa]|retirad[oa]))'
        -- Out of the list.
        || '|((eu )?(quero|queria|gostaria de|desejo) )?(sair|me (tir[ae]|remov[ae]|exclu[ia]|retir[ae]|descadastr[ae])m?|me (tirar|remover|excluir|retirar|descadastrar)|(tir[ae]|remov[ae]|exclu[ia]|retir[ae])m? (o )?meu (numero|nome|contato|telefone|cadastro)'
        || '|(tirar|remover|excluir|retirar) (o )?meu (numero|nome|contato|telefone|cadastro))( (da|dessa|desta|de sua|da sua|dai|daqui|do|desse|deste|de seu|do seu)( (lista|listas|cadastro|grupo|sistema|base|envio|envios|lista de transmissao|lista de contatos))?)'
        || '|me (descadastr[ae]|remov[ae]|exclu[ia])m?|(quero )?(cancelar|cancela|cancele|cancelem) (a |o |minha |meu |essa |esse |esta |este )?(inscricao|assinatura|cadastro|recebimento|envio|envios|mensagens)'
        -- No more messages.
        || '|((eu )?(quero|queria|gostaria de) )?(parar|pare|parem|para) (com )?(de )?((me )?(mandar|enviar|encher|escrever|receber|perturbar|incomodar|importunar) ?)?(as |essas |estas |suas |com )*(mensagem|mensagens|msg|msgs|isso|envios)'
        || '|(quero parar|pare|parem|para) de (me )?(mandar|enviar|encher|escrever|receber|perturbar|incomodar|importunar)'
        || '|(eu )?(nao|n|num) (quero|desejo|gostaria de) (mais )?receber( mais)?( nada| contato| contatos| isso)?( as| essas| estas| suas)?( mensagem| mensagens| msg| msgs)?( de voces| suas)?( mais)?'
        || '|nao (me )?(mand[ae]|envi[ae]|escrev[ae]|perturb[ae]|incomod[ae]|contat[ae]|procur[ae])(r|m)? mais( nada| mensagem| mensagens| msg| msgs| isso)?( pra mim| para mim)?'
        || '|nao me (mand[ae]|envi[ae]|escrev[ae]|perturb[ae]|incomod[ae]|contat[ae]|procur[ae])(r|m)?( nada| mensagem| mensagens| msg| msgs)?'
        || ')( (por favor|por gentileza|pfv|pf|favor|obrigad[oa]|obg|grat[oa]|ja|agora|imediatamente|urgente))*$'
    ), false);
$$;
comment on function private.is_opt_out(text) is
'Whether a whole message is one of the words that must always work to be left alone, whatever agent or model is running. Case, accents, punctuation, emoji and politeness make no difference.';
