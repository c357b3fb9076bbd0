"""Text as people type it on a phone, made comparable, and text that pretends to be something else told apart."""

from __future__ import annotations

import re
from functools import lru_cache

from renum.agent.offline_text import plain, word_set

LONGEST = 2000
"""Characters of a message that are read; nobody asks for something after that many."""

_SHORT = (
    "vc=voce vcs=voces ce=voce cs=voces pq=por_que qto=quanto qnto=quanto qnt=quanto qtos=quantos qts=quantos "
    "qdo=quando qnd=quando qndo=quando q=que oq=o_que n=nao nn=nao naum=nao tb=tambem tbm=tambem blz=beleza hj=hoje "
    "amnh=amanha amanh=amanha msg=mensagem msgs=mensagens mensage=mensagem obg=obrigado obgd=obrigado "
    "brigado=obrigado brigada=obrigada hr=hora hrs=horas pf=por_favor pfv=por_favor pfvr=por_favor pls=por_favor "
    "td=tudo mt=muito mto=muito mta=muita cmg=comigo tel=telefone fone=telefone zap=whatsapp wpp=whatsapp "
    "whats=whatsapp pra=para pro=para_o pros=para_os eh=e aki=aqui agr=agora dps=depois qro=quero kero=quero "
    "end=endereco info=informacao vlr=valor min=minutos mins=minutos kd=cade falr=falar atendent=atendente "
    "atentende=atendente atemdente=atendente presso=preco presos=precos contrata=contratar seg=segunda qua=quarta "
    "qui=quinta sex=sexta sab=sabado vlw=valeu flw=falou abs=abracos interece=interesse "
    "interese=interesse"
)
SHORT = {short: full.replace("_", " ") for short, full in (pair.split("=") for pair in _SHORT.split())}
WORD = re.compile(r"[a-z0-9]+")
EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{2,63}){1,3}(?![\w@])", re.ASCII
)

COMMAND = re.compile(
    r"\b(?:ignor[ae]r?|ignorem|esque[cç]a|esquecer|desconsider[ae]|disregard|forget|ignore)\b.{0,40}"
    r"\b(?:instru\w+|regras?|prompts?|comandos?|orienta\w+|tudo|anteriores|acima|previous|rules|everything|above)\b"
    r"|\b(?:system|assistant|developer|sistema|tool|function|assistente)\s*(?:\]|>|:|prompt\b|message\b)"
    r"|\[(?:system|inst|tool|sistema)|<\/?\w+>|```|\{\s*\"|\}\s*\]|<\|"
    r"|\b(?:tool|system|function)[_ ](?:call|calls|result|output|prompt|message)s?\b"
    r"|\b(?:you are|act as|pretend|jailbreak|override|modo (?:desenvolvedor|admin|deus)|developer mode|dan mode)\b"
    r"|\b(?:a partir de agora|de agora em diante),? (?:voce|vc) (?:e|sera|deve|vai)\b"
    r"|\b(?:finja|aja|comporte) (?:se )?(?:que|como)\b|\b(?:seu|teu|o) (?:system )?prompt\b|\bnovas? instru"
    r"|\b(?:hand_over|update_lead|register_opt_out|look_up_lead|schedule_callback|open_interview|drop table)\b",
)
NO_NAME = word_set(
    "ignore ignorar esqueca system sistema admin administrador root assistant assistente developer prompt instrucoes "
    "instrucao comando diga responda envie mande apague delete drop select null none undefined true false cliente lead "
    "teste test dono dona medico medica empresario professor professora advogado advogada eu voce ele ela quem que nao "
    "sim oi ola bom boa aqui ali hoje amanha casa empresa loja contato whatsapp usuario user nome sem desconhecido "
    "execute faca transfira desconto gratis qualificado aprovado chame pergunte repita esse este isso aquele "
    "interessado "
    "interessada o a um uma no na do da meu minha seu sua muito mais pessoa alguem robo agente para por com"
)
PARTICLES = word_set("da de do das dos e")
_NAME = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*\.?")
_SENTENCES = re.compile(r"(?<=[.!?;])\s+|\n+|(?<=\?)")


@lru_cache(maxsize=1024)
def expand(text: str) -> str:
    """`text` plain, with what people shorten written out. Punctuation stays."""
    simple = re.sub(r"\be-?mail\b", "email", plain(text[:LONGEST]))
    return WORD.sub(lambda found: SHORT.get(found[0], found[0]), simple)


@lru_cache(maxsize=1024)
def norm(text: str) -> str:
    """The words of `text`, plain and written out, joined by single spaces."""
    return " ".join(WORD.findall(expand(text)))


def is_command(text: str) -> bool:
    """Whether `text` speaks to a machine: instructions, tool output, JSON. It is what someone wrote, and no more."""
    return bool(COMMAND.search(plain(text)))


def without_commands(text: str) -> str:
    """What of a message comes before anything that speaks to a machine: the rest belongs to the pretence."""
    kept = []
    for sentence in sentences(text[:LONGEST]):
        if is_command(sentence):
            break
        kept.append(sentence)
    said = " ".join(kept)
    return "" if is_command(said) else said


def sentences(text: str) -> list[str]:
    """The sentences of `text`, in its own spelling."""
    return [part.strip() for part in _SENTENCES.split(text) if part and part.strip()]


def looks_like_name(name: str) -> bool:
    """Whether `name` reads like a person's: a few capital-worthy words, none of which gives an order."""
    parts = name.split()
    if not 1 <= len(parts) <= 6 or len(name) > 60 or is_command(name):
        return False
    telling = [part for part in parts if plain(part) not in PARTICLES]
    return (
        all(_NAME.fullmatch(part) for part in parts)
        and bool(telling)
        and len(telling[0]) >= 2
        and not any(plain(part).strip(".") in NO_NAME for part in telling)
    )


def first_name(name: object) -> str:
    """What to call somebody, '' when the name is missing or is none."""
    if not isinstance(name, str) or not looks_like_name(name.strip()):
        return ""
    first = name.split()[0]
    return first[:1].upper() + (first[1:].lower() if first.isupper() or first.islower() else first[1:])


def may_be_said(value: object, longest: int = 80) -> bool:
    """Whether something a lead once wrote may stand in a reply: a short line of ordinary words."""
    return (
        isinstance(value, str)
        and 0 < len(value.strip()) <= longest
        and "\n" not in value
        and not re.search(r"https?:|www\.|[<>{}\[\]|`\\*_]", value)
        and not is_command(value)
    )
