create or replace function private.is_opt_out(txt text) returns boolean
language sql immutable set search_path = ''
as $$
    -- The whole message, but for what is said out of politeness around it: "quero cancelar meu pedido" means something else.
    select coalesce(char_length(is_opt_out.txt) <= 200 and private.plain(is_opt_out.txt) ~ concat(
        '^((oi|ola|opa|bom dia|boa tarde|boa noite|por favor|por gentileza|pfv|pf|favor|gente|moca|moco|eu) )*(',
        -- The word alone.
        'sair|parar|pare|parem|stop|stop all|stopall|cancelar|cancela|cancele|cancelem|(me )?descadastr(ar|e|a|em|o|amento)|remover|remova|remove|removam|unsubscribe|optout|opt out',
        '|((quero|queria|gostaria de|desejo) )?(me )?desinscrev(er|a|am|o)',
        '|(quero|queria|gostaria de|desejo|preciso) (sair|parar|(me )?descadastrar)',
        '|(sair|parar) (nao|n|num) (quero|desejo) mais( receber)?( nada)?',
        '|(pode|podem) parar',
        -- Out of the list.
        '|(((quero|queria|gostaria de|desejo|preciso) )?(sair|ser (removid[oa]|descadastrad[oa]|retirad[oa]|excluid[oa]))',
        '|((vc |voce |voces |vcs )?(pode|podem|poderia|poderiam|da pra|tem como|como faz pra|como faco para|como faco pra) )?(me (tirar|remover|excluir|retirar|descadastrar|apagar)|me (tir[ae]|remov[ae]|exclu[ia]|retir[ae]|descadastr[ae]|apagu?[ae])m?',
        '|(tir[ae]|remov[ae]|exclu[ia]|retir[ae]|apagu?[ae]|descadastr[ae])m? (o )?meu (numero|nome|contato|telefone|cadastro)|(tirar|remover|excluir|retirar|apagar|descadastrar) (o )?meu (numero|nome|contato|telefone|cadastro))',
        '|(como faco|como faz|tem como) (para |pra )?sair)',
        '( (da|dessa|desta|de sua|da sua|da tua|dai|daqui|do|desse|deste|de seu|do seu)( (lista|listas|cadastro|grupo|sistema|base|envio|envios|lista de transmissao|lista de contatos))?)',
        '|(remover|excluir|tirar|retirar) (da|dessa|desta) lista',
        '|((pode|podem) )?(me (descadastrar|remover|excluir)|me (descadastr[ae]|remov[ae]|exclu[ia])m?|(apagu?[ae]|remov[ae]|exclu[ia]|descadastr[ae])m? (o )?meu (numero|contato|telefone|cadastro))',
        '|(quero |queria |gostaria de )?ser (removid[oa]|descadastrad[oa]|retirad[oa])',
        '|((quero|queria|gostaria de) )?(cancelar|cancela|cancele|cancelem) (a |o |as |os |minha |meu |essa |esse |esta |este |essas |estas |suas )?(inscricao|assinatura|cadastro|recebimento|envio|envios|mensagens|msgs|recebimento de mensagens|recebimento de msgs|envio de mensagens|envio de msgs)',
        -- No more messages.
        '|((quero|queria|gostaria de|pode|podem|tem como) )?(parar|pare|parem|para) (com )?(de )?((me )?(mandar|enviar|encher|escrever|receber|perturbar|incomodar|importunar) ?)?(as |essas |estas |suas |com )*(mensagem|mensagens|msg|msgs|isso|envios)',
        '|((quero|queria|gostaria de|pode|podem|tem como) )?(parar|pare|parem|para) de (me )?(mandar|enviar|encher|escrever|receber|perturbar|incomodar|importunar)',
        '|((como faco|como faz) (para |pra ))?((gostaria de|quero|prefiro|desejo) )?(nao|n|num) ((quero|queria|desejo|gostaria de|tenho interesse em|autorizo) )?(mais )?receber( mais)?( nada| nenhum| nenhuma| contato| contatos| isso| propaganda| propagandas| spam)?( as| essas| estas| suas)?( mensagem| mensagens| msg| msgs)?( de voces| de vcs| suas)?( mais)?',
        '|(nao|n|num) (quero|desejo) (mais )?(nenhuma )?(as |essas |estas |suas )?(mensagem|mensagens|msg|msgs|contato|contatos|propaganda|propagandas|spam)( de voces| de vcs)?( mais)?',
        '|(nao|n|num) (quero|desejo|gostaria de) (mais )?ser (mais )?(contatad[oa]|incomodad[oa]|perturbad[oa]|importunad[oa]|procurad[oa])( mais)?( por voces)?',
        '|(nao|n) autorizo (mais )?(o envio de |receber )?(mais )?(mensagem|mensagens|msg|msgs|contato|contatos)',
        '|(nao|n) (me )?(mand[ae]|envi[ae]|escrev[ae]|perturb[ae]|incomod[ae]|contat[ae]|procur[ae]|liga|ligue)(r|m)? mais( nada| mensagem| mensagens| msg| msgs| isso)?( pra mim| para mim)?',
        '|(nao|n) me (mand[ae]|envi[ae]|escrev[ae]|perturb[ae]|incomod[ae]|contat[ae]|procur[ae]|encha|enche|encham)(r|m)?( nada| mensagem| mensagens| msg| msgs| o saco)?',
        '|(nao|n) (entre|entra|entrem|entrar) mais em contato( comigo)?',
        '|chega (de|dessas|com essas|com as) (mensagem|mensagens|msg|msgs|spam)',
        '|(sem|nada de|nenhuma) (mais )?(mensagem|mensagens|msg|msgs)( mais)?',
        -- Rude, and clear.
        '|(sai|saiam|cai) fora|me (deixa|deixe|deixem) em paz|me (bloqueia|bloqueie|bloqueiem|esquece|esqueca|esquecam|erra)|vou (te|ti) bloquear|vou bloquear (voce|voces|vc|vcs)',
        ')( (por favor|por gentileza|pfv|pf|pfvr|favor|obrigad[oa]|obg|grat[oa]|ja|agora|imediatamente|urgente))*$'
    ), false);
$$;
comment on function private.is_opt_out(text) is
'Whether a whole message is one of the words that must always work to be left alone, whatever agent or model is running. Case, accents, punctuation, emoji and politeness make no difference.';
