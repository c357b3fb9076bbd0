"""Words that only open or end a dialogue: greetings, thanks, goodbyes, laughter."""

from __future__ import annotations

import re

from renum.agent.offline_conversation_text import norm
from renum.agent.offline_text import LAUGHTER, is_chatter, plain

FAREWELL = re.compile(
    r"^(?:(?:ok|obrigad[oa]|valeu|entao|certo|beleza|muito|por enquanto|nao|e|so|isso|era|so isso) )*(?:tchau\w*"
    r"|ate (?:mais|logo|breve|amanha|depois|la|a proxima)|falou|fui|abracos?|abs"
    r"|bom (?:dia|fim de semana|descanso) (?:para )?(?:voce|voces|ai)|boa noite (?:para )?(?:voce|voces)"
    r"|um abraco|fica com deus|so isso|era so isso|e so isso|por enquanto (?:e )?so(?: isso)?|nada mais|mais nada)"
    r"(?: (?:obrigad[oa]|valeu|ate mais|tchau|por enquanto|mesmo|viu))*$"
)
THANKS = re.compile(
    r"^(?:(?:ok|certo|beleza|nossa|show|perfeito|otimo|sim|entendi|ah|ta|esta|bom|entao|nao|tudo|bem|legal"
    r"|maravilha) )*(?:muit[oa]s? )?(?:obrigad\w+|valeu|agradeco|grat[oa]|agradecid[oa]|thanks)(?: (?:viu|mesmo"
    r"|voce|voces|a|pela?|atencao|ajuda|informacao"
    r"|informacoes|por|tudo|demais|de|coracao|resposta|retorno|muito|ate|mais|tchau|deus|e|abencoe))*$"
)
OK = re.compile(
    r"^(?:ok|okay|okey|certo|beleza|blz|ta|ta bom|esta bom|ta ok|entendi|entendido|combinado|perfeito|show|otimo"
    r"|legal|joia|massa|top|maravilha|bom|tudo bem|tudo certo|sim|aham|uhum|isso|fechado|tranquilo|de boa|ciente"
    r"|ah ok|ah ta|ok entendi|ok combinado|certo entendi|bacana)(?: (?:entao|ok|obrigad[oa]|certo|combinado|bom))*$"
)
PLEASANT = re.compile(
    r"^(?:(?:oi|ola|opa) )?(?:estou |eu )?(?:tudo (?:bem|bom|certo|otimo|joia)|bem|otim[oa]|oi)(?: (?:sim"
    r"|obrigad[oa]|gracas a deus))*"
    r"(?: (?:e|com|por ai)(?: (?:voce|voces|ai|contigo))?)*(?: (?:de novo|novamente))?$"
)


def closing(text: str) -> str:
    """What ends a dialogue: farewell, thanks, ok, or '' when the text says more."""
    simple = norm(text)
    if FAREWELL.match(simple):
        return "farewell"
    if "?" not in text and THANKS.match(simple):
        return "thanks"
    signs = not simple and any(sign in text for sign in "👍👌✅🙌🤝😊🙏❤😉😀😃👏💚💙🆗")
    return "thanks" if signs and "🙏" in text else "ok" if signs or ("?" not in text and OK.match(simple)) else ""


def only_greets(text: str) -> bool:
    """Whether `text` is nothing but a greeting, laughter, or a mark that asks for attention."""
    chatter = is_chatter(text) or PLEASANT.match(norm(text)) or not norm(text)
    return bool(chatter) and not closing(text)


def laughs(text: str) -> bool:
    """Whether `text` is nothing but laughter."""
    return bool(LAUGHTER.match(plain(text)))
