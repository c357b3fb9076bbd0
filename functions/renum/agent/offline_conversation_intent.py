"""What a message outside of a survey wants. Patterns are matched against `norm`: plain words, written out."""

from __future__ import annotations

import re

from renum.agent.offline_conversation_text import norm
from renum.agent.offline_intent import one_of, wants_out
from renum.agent.offline_text import after_greeting

_PEOPLE = (
    r"atendentes?|humanos?|humana|pessoas?|alguem|gerente|responsavel|supervisor[a]?|vendedor[a]?|consultor[a]?"
    r"|representante|gente|dono|dona|diretor[a]?|funcionari[oa]|equipe|suporte|comercial|financeiro|secretaria"
    r"|recepcao|recepcionista|medic[oa]|doutor[a]?|especialista"
)
PERSON = one_of(
    rf"\b(?:falar?|falo|fale|conversar?|tratar|resolver|contato)(?: \w+){{0,2}} com (?:\w+ ){{0,3}}(?:{_PEOPLE})\b",
    r"\b(?:passa|passe|passar|transfer\w+|transfir\w+|encaminh\w+|chama|chame|chamar|coloca|coloque)(?: \w+){0,4} "
    r"(?:atendente|humano|humana|pessoa|alguem|gerente|responsavel|supervisor|equipe|suporte)\b",
    r"\b(?:quero|queria|preciso|gostaria|prefiro|exijo)(?: de| do| da)?(?: ter| ser)?(?: um| uma| o| a)? "
    r"(?:atendente|humano|atendimento (?:humano|pessoal)|pessoa (?:de verdade|real)|alguem (?:de verdade|real)"
    r"|gerente|supervisor|atendid[oa] por (?:\w+ )?(?:pessoa|humano|alguem|gente))\b",
    r"^(?:\w+ )?(?:um |uma |o |a )?(?:atendente|humano|atendimento humano|pessoa (?:de verdade|real)|atendimento"
    r"|suporte humano)(?: por favor| agora| ja)*$",
    r"\b(?:tem|existe|cade|ha) (?:\w+ )?(?:atendente|humano|pessoa de verdade|gente de verdade)\b",
    r"\bnao (?:quero|gosto de)(?: \w+)? (?:falar|conversar) com (?:\w+ )?(?:robo|maquina|bot|ia|robos)\b",
    r"\bfalar pessoalmente\b",
    r"\bnao quero (?:robo|bot)\b",
)
NO_PERSON = re.compile(
    r"\bnao (?:quero|preciso|precisa|gostaria)(?: de)?(?: mais)?(?: falar| conversar)?(?: com)?(?: um| uma)? "
    r"(?:atendente|humano|pessoa|alguem|gerente)\b"
)
ANGER = one_of(
    r"\b(?:absurdo|palhacada|ridiculo|vergonha|vergonhoso|falta de respeito|desrespeito|descaso|indignad[oa]"
    r"|revoltad[oa]"
    r"|insatisfeit[oa]|decepcionad[oa]|lixo|merda|porra|caralho|idiotas?|incompetentes?|estelionat\w+)\b",
    r"\b(?:procon|reclame aqui|advogad[oa] vai|meu advogado|minha advogada|vou processar|processar voces|vou denunciar"
    r"|na justica|entrar com processo)\b",
    r"\b(?:quero|vou|preciso|gostaria de|queria|tenho|fazer|abrir|registrar)(?: \w+){0,3} (?:reclamar|reclamacao"
    r"|queixa)\b",
    r"^reclamacao\b",
    r"\b(?:pessimo|horrivel|terrivel) (?:atendimento|servico)\b|\b(?:atendimento|servico) (?:e |foi "
    r"|esta )?(?:pessimo|horrivel|terrivel)\b",
    r"\bninguem (?:me )?(?:responde|atende|resolve|ajuda)\w*\b|\bja (?:e a|falei|reclamei"
    r"|pedi) (?:\w+ ){0,2}(?:vezes|vez)\b",
    r"\bvoces (?:sao|estao) (?:uns |umas )?(?:pessimos|horriveis|ladroes|enganando|roubando|golpistas)\b",
    r"\b(?:me (?:senti )?enganar\w*|fui enganad[oa]|fui roubad[oa]|cobranca indevida|me cobraram errado)\b",
)
NO_ANGER = re.compile(
    r"\b(?:nao|sem|nenhuma|nada)(?: \w+){0,3} (?:reclamar|reclamacao|queixa|urgente|urgencia|emergencia)\b"
)
LIFE = one_of(
    r"\b(?:me matar|suicid\w+|quero morrer|tirar (?:a )?minha (?:propria )?vida|nao quero mais viver"
    r"|acabar com a minha vida)\b"
)
HEALTH = one_of(
    r"\b(?:passando (?:muito )?mal|infart\w+|avc|dor(?:es)? (?:\w+ )?no peito|falta de ar|nao consigo respirar"
    r"|desmai\w+|convuls\w+|sangrando|sangramento|overdose|envenen\w+|inconsciente|socorro)\b"
)
URGENT = one_of(r"\b(?:urgente|urgencia|emergencia|emergencial)\b")
CALLBACK = one_of(
    r"\b(?:me|nos) (?:lig\w+|telefon\w+|retorn\w+|cham[ae]\w*|procur\w+|contat\w+)\b",
    r"\b(?:lig|telefon|retorn)\w+ (?:para (?:o )?(?:mim|meu|nos)|de volta|comigo|novamente|de novo)\b",
    r"\b(?:pode|podem|poderia|poderiam|consegue|conseguem|da para|gostaria que|quero que)(?: \w+){0,3} "
    r"(?:ligar|ligarem|telefonar|retornar|me chamar|entrar(?:em)? em contato)\b",
    r"\b(?:entr[ae]\w*|entrar) em contato(?: comigo)?\b",
    r"\b(?:fal[ae]|falar|falem|falamos|conversamos|conversar|chama)(?: comigo| me| nos)? (?:mais tarde|depois"
    r"|amanha|na? (?:segunda|terca"
    r"|quarta|quinta|sexta)|outro dia|semana que vem)\b",
    r"\b(?:agend|marc|remarc|reagend)\w+ (?:\w+ ){0,2}(?:ligacao|retorno|call|chamada|reuniao|conversa|contato)\b",
    r"\b(?:quero|queria|gostaria de|prefiro|preciso de|aguardo) (?:\w+ ){0,2}(?:ligacao|retorno|telefonema)\b",
    r"\b(?:mudar|trocar|adiar|passar|remarcar) (?:o |a )?(?:\w+ )?(?:retorno|ligacao|reuniao|horario da ligacao)\b",
)
NO_CALLBACK = one_of(
    r"\b(?:nao|nunca|sem|parem? de)(?: \w+){0,2} (?:lig\w+|telefon\w+|retorn\w+)\b",
    r"\b(?:por que|porque|quem|quando)(?: \w+){0,2} (?:me )?(?:lig(?:am|ou|aram|ando)|telefon(?:am|ou))\b",
    r"\b(?:eu|vou) (?:te |lhe |vos )?(?:ligo|ligar|retorno)\b|\bme cham(?:o|ar de|a de|e de|am de)\b"
    r"|\bja me lig\w+\b|\bme ligaram\b",
)
CANCEL_CALLBACK = re.compile(
    r"\b(?:cancel|desmarc)\w+ (?:\w+ ){0,2}(?:retorno|ligacao|reuniao|agendamento|horario|consulta|pedido|compra"
    r"|contrato|plano|assinatura)\b"
)
DATA = one_of(
    r"\b(?:que|quais|qual|quanto|o que)(?: \w+){0,3} (?:dados|informacoes|informacao)(?: \w+){0,5} (?:de mim"
    r"|sobre mim|meus?|minhas?|comigo)\b",
    r"\b(?:que|quais)(?: \w+){0,3} (?:meus dados|minhas informacoes|dados meus)\b",
    r"\bo que (?:\w+ ){0,2}(?:sabem?|tem|guardam?|possuem?) (?:de|sobre|a respeito de) mim\b",
    r"\blgpd\b|\bmeus dados pessoais\b|\b(?:ver|acessar|consultar|saber|mostra|mostrar|confirmar"
    r"|conferir) (?:os )?meus dados\b",
    r"\b(?:qual|que)(?: e)?(?: o)?(?: meu)? (?:nome|email|telefone|numero|cadastro) (?:\w+ ){0,3}(?:cadastrado"
    r"|registrado|cadastro)\b",
    r"\bminhas informacoes (?:\w+ ){0,3}(?:tem|cadastro|guardam)\b|\bmeu cadastro$",
)
ERASE = re.compile(
    r"\b(?:apag|exclu|delet|remov|elimin)\w+(?: todos)?(?: os)? meus dados\b|\bmeus dados (?:apagados|excluidos)\b"
)
SURVEY = one_of(
    r"\b(?:responder|participar|fazer|comecar|continuar|iniciar|preencher|retomar)(?: \w+){0,3} (?:pesquisas?"
    r"|entrevistas?|questionarios?|enquetes?)\b",
    r"\b(?:manda|mande|envia|envie|enviar|mandar)(?: \w+){0,3} (?:pesquisa|questionario|perguntas)\b",
    r"\b(?:vamos|bora|quero|topo|aceito|pode)(?: \w+){0,2} (?:a |na |da )?(?:pesquisa|entrevista)$",
)
NO_SURVEY = re.compile(
    r"\bnao (?:\w+ ){0,3}(?:responder|participar|fazer|pesquisa)\b|\b(?:ja|acabei de) (?:respondi|responder"
    r"|participei|fiz)\b|\b(?:fazem|faz|vendem)\b"
)
WANTS = one_of(
    r"\b(?:quero|queria|gostaria de|preciso|pretendo|penso em|estou pensando em|como (?:eu )?(?:faco|faz|fazer"
    r"|posso)(?: para)?|da para"
    r"|vamos|desejo|vou|posso)(?: \w+){0,2} (?:contratar|comprar|assinar|adquirir|fechar|orcamento|proposta"
    r"|demonstracao)\b",
    r"\b(?:tenho|temos|ha|tem|tive|com) (?:\w+ ){0,2}interesse\b|\binteressad[oa]s?\b|\bme interess\w+\b"
    r"|\binteressei\b",
    r"\b(?:quero|queria|preciso de|gostaria de)(?: ter)? (?:um|uma|o|a|esse|essa|este) (?:agente|robo|assistente"
    r"|bot|chatbot|ia|sistema"
    r"|atendente virtual|solucao|servico)\b",
    r"\b(?:ser|virar|me tornar) cliente\b|\b(?:para|na|pra) (?:a )?minha (?:empresa|loja|clinica)\b.{0,20}\bquero\b",
    r"^(?:contratar|contratacao|comprar|assinar|orcamento|proposta)(?: por favor)?$",
    r"\b(?:fazer|pedir|solicitar|receber|mandar?|manda) (?:um |uma )?(?:orcamento|proposta)\b",
    r"\bquero (?:saber|conhecer|entender) (?:mais|melhor)\b|\bquero (?:contratar|comprar|assinar|esse|este)\b",
)
PRICE = one_of(
    r"\bquanto (?:\w+ )?(?:custa|sai|fica|cobra\w*|seria|pago|paga|vale|e)\b|\bprecos?\b|\bvalor(?:es)?\b"
    r"|\bplanos?\b|\bmensalidade\b|\borcamento\b"
)
NO_INTEREST = re.compile(
    r"\b(?:nao|nem|nunca|sem|nenhum)(?: \w+){0,3} (?:interesse|interess\w+|contratar|comprar|assinar|quero"
    r"|preciso)\b|\bnao (?:quero|preciso)\b|\bdesisti\b"
)
BACK = re.compile(
    r"\b(?:outro assunto|mudando de assunto|voltar (?:ao|para o) (?:inicio|menu|comeco|principal)"
    r"|menu(?: principal)?|outra (?:coisa|duvida))\b"
)
LEAVES = one_of(
    r"\bnao (?:me )?(?:mand[ae]m?|envi[ae]m?|escrev[ae]m?|perturb[ae]m?|incomod[ae]m?|cham[ae]m?"
    r"|lig[ue]+m?)(?: \w+){0,2} (?:mais|mensage\w+|nada)\b",
    r"\b(?:nao autorizo|retiro (?:o )?meu consentimento|revogo|cansei de receber|parem? com (?:isso|essas? mensage\w+)"
    r"|para de (?:me )?(?:mandar|enviar|encher|chamar)|descadastr\w+|quero (?:sair|ser removid[oa]) (?:da|dessa"
    r"|desta|do|de|desse)"
    r"|me (?:exclu\w+|remov\w+|tir\w+) (?:d|dai|dessa|desse|dali)\w*|nao (?:quero|desejo) (?:mais )?(?:receber"
    r"|mensage\w+|contato))\b",
    r"^(?:nao )?me (?:bloqueia|bloqueie|descadastra)$",
)
NOT_LEAVING = re.compile(r"\b(?:nao quero|nunca quis) (?:sair|parar)\b|\bsem querer\b|\bnao (?:recebi|chegou)\b")
TROUBLE = re.compile(
    r"\b(?:problemas?|erro|errad[oa]s?|nao (?:funciona|chegou|recebi|consigo|veio)|quebrad[oa]s?|estragad[oa]s?"
    r"|atrasad[oa]s?|defeito|atraso)\b"
)
PRAISE = re.compile(
    r"\b(?:gostei|adorei|amei|parabens|excelente|maravilhos[oa]|muito bo[ma]|sensacional|delicios[oa])\b"
)
ASKS = re.compile(
    r"^(?:e |mas |entao |ai |me |eu )*(?:qual|quais|quant[oa]s?|quando|onde|aonde|como|que|quem|por que|o que"
    r"|cade|sera|voces? (?:tem|fazem|faz|aceitam?"
    r"|atendem?|vendem?|entregam?|trabalham?|abrem?|oferecem?|emitem?|parcelam?)|tem|teria|aceitam?|atendem?"
    r"|fazem|entregam?|abrem?|da para|posso|(?:queria|quero|gostaria de|preciso|gostaria|queria) saber"
    r"|(?:me )?(?:informa|informe|diz|diga|fala|explica|explique|passa|manda)|duvida|tenho (?:uma )?(?:duvida"
    r"|pergunta)|qro saber)\b"
)


def leaves(text: str) -> bool:
    """Whether the lead wants no more messages at all."""
    simple = norm(text)
    return bool(wants_out(text) or wants_out(simple) or LEAVES.search(simple)) and not NOT_LEAVING.search(simple)


def person_reason(text: str) -> tuple[str, str] | None:
    """Why a person should go on: a word for choosing the reply, and the reason in the team's words."""
    simple = norm(text)
    if LIFE.search(simple):
        return "life", "Urgente: a pessoa falou em tirar a própria vida."
    if HEALTH.search(simple):
        return "health", "Urgente: a pessoa relatou uma emergência de saúde."
    if NO_ANGER.search(simple):
        return None
    if ANGER.search(simple):
        return "anger", "A pessoa está insatisfeita ou quer fazer uma reclamação."
    if URGENT.search(simple):
        return "urgent", "A pessoa disse que é urgente."
    if PERSON.search(simple) and not NO_PERSON.search(simple):
        return "person", "A pessoa pediu para falar com alguém da equipe."
    if CANCEL_CALLBACK.search(simple):
        return "person", "A pessoa quer cancelar ou desmarcar algo."
    return None


def wants_callback(text: str) -> bool:
    """Whether the lead wants to be called or written to at another time."""
    simple = norm(text)
    return bool(CALLBACK.search(simple)) and not NO_CALLBACK.search(simple)


def wants_data(text: str) -> bool:
    """Whether the lead asks what is kept about it."""
    return bool(DATA.search(norm(text)))


def wants_survey(text: str) -> bool:
    """Whether the lead wants to answer a survey now."""
    simple = norm(text)
    return bool(SURVEY.search(simple)) and not NO_SURVEY.search(simple)


def interest(text: str, words: list[str]) -> str:
    """How much a message tells of buying: strong, weak (asks for a price) or ''. `words`: what tells of it here."""
    simple = norm(text)
    if NO_INTEREST.search(simple):
        return ""
    if WANTS.search(simple) or any(word and f" {word} " in f" {simple} " for word in map(norm, words)):
        return "strong"
    return "weak" if PRICE.search(simple) else ""


def is_question(text: str) -> bool:
    """Whether a sentence asks something, with or without its mark."""
    return "?" in text or bool(ASKS.match(norm(after_greeting(text) or text)))
