"""What a message wants, apart from answering: to leave, to refuse, to wait, to ask, to chat.

Patterns are matched against the bare text: lower case, no accents, no punctuation, single spaces.
"""

from __future__ import annotations

import re

from renum.agent.offline_text import after_greeting, bare, plain


def one_of(*patterns: str) -> re.Pattern[str]:
    """A pattern that matches where any of `patterns` does."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


_LEAVE = (
    r"sair|parar|pare|para|stop|cancelar|cancela|cancele|descadastrar|descadastre|descadastra|descadastro"
    r"|desinscrever|unsubscribe|remover|me remova|me remove|bloquear"
)
_FROM_WHAT = (
    r"por favor|pfv|pf|ja|agora|tudo|disso|(?:essas |as )?mensagens|de receber(?: mensagens?)?|d[ae]s?t?s?a? lista"
    r"|de mandar mensagens?|(?:o )?(?:meu )?(?:cadastro|numero|contato)"
)
_MESSAGES = r"mensage\w*|contato\w*|msgs?|nada|isso|disso|voces|vcs|pesquisa\w*"
_ME = r"(?:meu|o meu) (?:numero|contato|nome|cadastro|telefone)|os meus dados|meus dados"
_LIST = r"(?:d[aeo]s?|d?ess[ae]s?|dest[ae]) (?:sua |suas |seu )?(?:lista\w*|contatos?|cadastros?|base|agenda|sistema)"

OPT_OUT = one_of(
    rf"^(?:(?:por favor|pfv|pf|oi|ola|eu) )?(?:quero |gostaria de |desejo |queria )?(?:{_LEAVE})(?: "
    rf"(?:{_FROM_WHAT}))*$",
    r"\b(?:nao|nunca)(?: quero| desejo| gostaria de)?(?: mais)? (?:receber|ser contatad[oa]|ser incomodad[oa])\b"
    rf"(?:.{{0,24}}(?:{_MESSAGES})|(?: mais)?$)",
    rf"\bnao (?:me )?(?:mande?m?|envie?m?|escrevam?|perturbe?m?|incomode?m?|procurem?|chamem?)\b.{{0,20}}(?:mais"
    rf"|{_MESSAGES}|$)",
    rf"\b(?:pare?m?|para|chega) (?:de|com) (?:me )?(?:mandar|enviar|escrever|incomodar|perturbar|encher"
    rf"|(?:essas? )?(?:{_MESSAGES}))",
    rf"\b(?:me )?(?:tir[ae]m?|retir[ae]m?|remov[ae]m?|exclu[ai]m?|apague?m?|delete?m?)(?: (?:{_ME}|eu))? {_LIST}\b",
    rf"\b(?:tir[ae]m?|retir[ae]m?|apague?m?|exclu[ai]m?|deletem?|remov[ae]m?) (?:{_ME})\b",
    r"\bme (?:deixe?m?|deixa) em paz\b",
    r"\bvou (?:te |voces )?(?:bloquear|denunciar)\b",
)

_TO_ANSWER = r"responder|dizer|falar|opinar|comentar|informar"
REFUSAL = one_of(
    rf"\b(?:prefiro|melhor|preferia|gostaria de|quero) (?:nao (?:{_TO_ANSWER})|pular|passar)\b",
    rf"\bnao (?:quero|vou|gostaria de|desejo|me sinto a vontade (?:para|pra)) (?:{_TO_ANSWER})"
    r"(?: (?:isso|ess[ae]|est[ae]|essa pergunta|sobre isso))?$",
    r"^(?:pul[ao]r?|pode pular|passo|passa|passar|proxima|skip|sem (?:resposta|opiniao|comentarios?)"
    r"|nada a declarar|prefiro nao|nao respondo)(?: (?:essa|esta|pergunta|por favor))*$",
    r"^(?:(?:eu|ai|olha|hum|poxa|sinceramente|realmente|ah) )*"
    r"(?:n(?:ao)? sei|nao (?:lembro|me lembro|recordo|faco ideia|tenho (?:ideia|opiniao|certeza))"
    r"|nao tenho como (?:saber|responder|avaliar)|sei la|nem ideia|nem sei|ns)"
    r"(?: (?:te |lhe )?(?:dizer|responder|informar|agora|mesmo|nao|ao certo|direito|bem|opinar|disso|avaliar))*$",
    r"\b(?:isso e|e) (?:pessoal|particular|confidencial)\b",
)

DECLINE_INVITATION = one_of(
    r"^(?:eu )?(?:nao|n|nn|no)(?:$| (?:nao|obg|obrigad[oa]|brigad[oa]|valeu|vlw|quero|posso|vou|tenho|da|to|tou|estou"
    r"|agora|hoje|precisa|me|gostaria|desejo|mesmo|por favor|gosto|participo|senhora?|sou|muito)\b)",
    r"^(?:nops?|negativo|hoje nao|dispenso|passo|deixa pra la|recuso)\b",
    r"\b(?:sem|nao tenho|to sem|tou sem|estou sem|nao to com|falta de) (?:tempo|interesse|paciencia)\b",
    r"\bnao (?:posso|quero|vou|me interessa|gostaria|desejo)\b",
    r"\bagora nao\b",
    r"\b(?:to|tou|estou|ando) (?:muito |bem |super )?(?:ocupad[oa]|trabalhando|dirigindo|em reuniao|na correria)\b",
    r"\b(?:outra hora|outro dia|mais tarde|depois)\b",
    r"\b(?:numero errado|engano|pessoa errada|ja respondi)\b",
)
NO_AND_MORE = re.compile(r"^(?:nao|n|nn)\s*[,;.!]")
AGREES_AFTER_ALL = re.compile(
    r"\bmas (?:pode|sim|vamos|ok|tudo bem|manda)\b|^nao (?:tem|ha|vejo) problema|^por que nao"
)

DECLINE_REST = one_of(
    r"\bnao (?:quero|vou|pretendo|tenho como|desejo) (?:mais )?(?:continuar|participar|seguir)\b",
    r"\bnao (?:quero|vou) (?:mais )?responder (?:mais|a pesquisa|nada|ess?t?a pesquisa|nenhuma)\b",
    r"\bnao quero mais(?: (?:responder|participar|continuar))?$",
    r"\bdesisto\b",
    r"\b(?:encerr[ae]r?|termin[ae]r?|parar|cancel[ae]r?|sair)(?: com)? (?:d?a|d?essa|d?esta) (?:pesquisa"
    r"|entrevista|conversa)\b",
    r"^(?:chega|cansei|ja chega|to fora|tchau)(?: .{0,12})?$",
)

POSTPONED = one_of(
    r"\b(?:um momento|so um minuto|ja volto)\b",
    r"\bposso responder (?:depois|mais tarde|amanha|a noite)\b",
    r"\brespondo (?:depois|mais tarde|amanha|ja ja)\b",
    r"\b(?:depois|mais tarde|amanha|ja) (?:eu )?(?:te )?respondo\b",
)

BUSY = one_of(
    r"\b(?:agora nao posso|nao posso agora|agora nao da|sem tempo agora)\b",
    r"\b(?:estou|to) (?:muito )?(?:ocupad[oa]|dirigindo|em reuniao|trabalhando)\b",
)

AGREEMENT = re.compile(
    r"^(?:eu )?(?:sim|s|ss|claro|pode|podemos|vamos|bora|ok|okay|certo|beleza|blz|com certeza|quero|aceito|topo"
    r"|tudo bem|ta|ta bom|manda|mande|diga|fala|fale|simbora|partiu|vai|aham|uhum|isso|positivo|combinado|fechado"
    r"|sem problemas?|por que nao|com prazer|estou a disposicao|a disposicao|yes|comeca|comecar|comecemos|show"
    r"|perfeito|otimo|legal|prossiga|prosseguir|segue|participo|gostaria|adoraria|respondo"
    r"|nao (?:tem|ha|vejo) problema)\b"
)
AGREEMENT_SIGNS = ("👍", "👌", "✅", "🙌", "🤝", "😊", "🆗")

ASKS = {
    "number": re.compile(r"\bmeu (?:numero|contato|telefone|zap|whatsapp)\b|\bmeus dados\b"),
    "robot": re.compile(
        r"\b(?:robo|bot|chatbot|maquina|inteligencia artificial|ia|humano|pessoa de verdade|gente de verdade"
        r"|pessoa real)\b"
    ),
    "who": re.compile(
        r"\b(?:quem (?:e|esta|ta|fala|sao)|com quem (?:eu )?(?:falo|estou|to)|de onde (?:e|voce|sao|fala)"
        r"|qual (?:e )?(?:o )?seu nome|que empresa|golpe|fraude|spam|confiavel)\b"
    ),
    "length": re.compile(
        r"\b(?:demora|demorar|quanto tempo|quantas perguntas|e rapido|e rapidinho|falta muito|quantas faltam"
        r"|muitas perguntas)\b"
    ),
}
ASKS_WITHOUT_A_MARK = {
    "number": re.compile(r"^(?:quem|como|onde) .*\bmeu (?:numero|contato|telefone|zap|whatsapp)$"),
    "who": re.compile(
        r"^(?:quem (?:e|esta falando|fala|sao)(?: (?:voce|vc|voces))?|com quem (?:eu )?(?:falo|estou falando))$"
    ),
    "length": re.compile(r"^(?:quanto tempo|quantas perguntas|vai demorar|demora)\b"),
    "why": re.compile(
        r"^(?:o que e isso|que isso|do que se trata|como assim|nao entendi(?: nada)?|nao conheco voces?)$"
    ),
}
ASKS_WHY = re.compile(
    r"\b(?:pra que|para que|por que|porque|qual (?:e )?(?:o )?(?:motivo|objetivo|assunto)|do que se trata|o que e isso"
    r"|sobre o que|finalidade)\b"
)
NOTHING_MORE = re.compile(
    r"^(?:nao|so|so isso|so isso mesmo|nada|nada mais|nada nao|e isso|e so|e so isso|isso|isso mesmo|foi isso"
    r"|mais nada|sem mais|nao tenho mais nada|nenhum|acho que nao|nao so isso|deixa"
    r"|prefiro nao|nao e so isso|nao obrigad[oa])$"
)


def wants_out(text: str) -> bool:
    """Whether the lead wants no more messages at all."""
    return bool(OPT_OUT.search(bare(text)))


def refuses(text: str) -> bool:
    """Whether the lead will not, or cannot, answer this question."""
    return bool(REFUSAL.search(bare(text)))


def declines_invitation(text: str) -> bool:
    """Whether the lead, just invited, does not want this interview."""
    simple = bare(text)
    declined = DECLINE_INVITATION.search(simple) or NO_AND_MORE.match(plain(text)) or "👎" in text
    return bool(declined) and not AGREES_AFTER_ALL.search(simple) and not postpones(text)


def declines_rest(text: str) -> bool:
    """Whether the lead, in the middle of the interview, does not want to go on."""
    return bool(DECLINE_REST.search(bare(text)))


def postpones(text: str) -> bool:
    """Whether the lead will answer later."""
    return bool(POSTPONED.search(bare(text)))


def is_busy(text: str) -> bool:
    """Whether the lead has no time right now: with a question on the table, that only postpones the answer."""
    return bool(BUSY.search(bare(text)))


def agrees(text: str) -> bool:
    """Whether the lead, just invited, agrees to start."""
    said = after_greeting(text)
    if not said:  # "oi, tudo bem?" only greets, "tudo bem" agrees
        return "?" not in text and bare(text) in ("tudo bem", "tudo certo", "td bem", "tudo ok", "td ok", "beleza")
    simple = bare(said)
    return bool(AGREEMENT.match(simple) or AGREES_AFTER_ALL.search(simple)) or any(
        sign in text for sign in AGREEMENT_SIGNS
    )


def nothing_more(text: str) -> bool:
    """Whether the lead has nothing to add to an answer that was asked about again."""
    return bool(NOTHING_MORE.match(bare(text)))


def asked(text: str) -> str | None:
    """What the lead asks: number, robot, who, length, why, or another `question`; None when the text asks nothing.

    A sentence before the question makes it an answer that ends in one: "A fila. Podem melhorar?".
    """
    simple = bare(text)
    if "?" not in text:
        return next((name for name, pattern in ASKS_WITHOUT_A_MARK.items() if pattern.match(simple)), None)
    for name, pattern in ASKS.items():
        if pattern.search(simple):
            return name
    if ASKS_WHY.search(simple) and len(simple.split()) <= 12:
        return "why"
    sentence = plain(text)
    return "question" if sentence.endswith("?") and not re.search(r"[.!\n]\s*\S", sentence.rstrip("?! .")) else None
