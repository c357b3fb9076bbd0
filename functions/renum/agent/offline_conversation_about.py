"""What a lead tells of itself: its name, its e-mail address, what it does."""

from __future__ import annotations

import re
from typing import NamedTuple

from renum.agent.offline_conversation_text import EMAIL, PARTICLES, first_name, looks_like_name, may_be_said, norm
from renum.agent.offline_text import plain

_NAME = re.compile(
    r"\b(?:meu nome (?:completo )?(?:e|eh|é|agora é|correto é)|(?:eu )?me chamo|(?:pode|podem) me chamar de|me chama de"
    r"|aqui (?:é|e|quem fala é) (?:o|a)|quem fala (?:é|e) (?:o|a)?|nome:|(?:eu )?sou (?:o"
    r"|a)(?= (?-i:[A-ZÀ-Ý])))\s*:?\s*"
    r"(?P<name>[^\W\d_][^\d,.;:!?\n()]{0,80})",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"\s+(?:e (?!silva|souza|sousa|costa|lima|melo|castro)(?=\w+)|mas|que|do|da|de|tenho|sou|moro|quero|queria"
    r"|gostaria|trabalho|meu|minha|obrigad[oa]|tudo|por)\b.*$",
    re.IGNORECASE,
)
_JOINED = re.compile(r"^(?:da|de|do|dos|das)\s+[A-ZÀ-Ý]")
_PROFILE = (
    ("ocupação", r"\b(?:eu )?sou (?:o |a |um |uma )?((?:don[oa](?= d[aeo]s? )|proprietári[oa]|proprietari[oa]|sóci[oa]"
     r"|soci[oa]|gerente|médic[oa]|medic[oa]|dentista"
     r"|advogad[oa]|professora?|engenheir[oa]|empresári[oa]|empresari[oa]|vendedora?|autônom[oa]|autonom[oa]"
     r"|estudante|psicólog[oa]|nutricionista"
     r"|fisioterapeuta|corretora?|contadora?|designer|aposentad[oa]|diretora?|veterinári[oa]|arquitet[oa]"
     r"|cabeleireir[oa])(?: (?:d[aeo]s?|em|n[ao]|com) (?:uma? )?\w+(?: \w+)?)?)"),
    ("ocupação", r"\btrabalho (?:como|de) (\w+(?: (?:de|da|do|em) \w+)?)"),
    ("ramo", r"\btrabalh(?:o|amos) com (\w+(?: (?:e|de|da|do) \w+)?)"),
    ("negócio", r"\b(?:eu )?(?:tenho|temos|possuo) (?:uma|um) ((?:pequena |pequeno )?(?:padaria|loja|clínica"
     r"|clinica|restaurante|empresa|salão|salao"
     r"|escritório|escritorio|consultório|consultorio|academia|oficina|farmácia|farmacia|mercado|mercadinho"
     r"|lanchonete|pizzaria|pousada|escola"
     r"|imobiliária|imobiliaria|agência|agencia|pet shop|petshop|barbearia|negócio|negocio|comércio"
     r"|comercio)(?: d[aeo] \w+)?)"),
    ("cidade", r"\b(?:eu )?(?:moro|resido|vivo|somos|estamos|fico) (?:em|no|na"
     r"|de) ([A-ZÀ-Ý][\wÀ-ÿ]+(?: (?:d[aeo]s? )?[A-ZÀ-Ý][\wÀ-ÿ]+){0,3})"),
    ("funcionários", r"\b(?:tenho|temos|somos) (\d{1,6}) (?:funcionários|funcionarios|colaboradores|empregados"
     r"|pessoas na equipe)"),
    ("empresa", r"\b(?:minha empresa|minha loja|minha clínica|minha clinica|meu negócio|meu negocio) (?:é a|é o|é"
     r"|se chama|chama-se|chama) ([\wÀ-ÿ&]+(?: [\wÀ-ÿ&]+){0,3})"),
)  # fmt: skip
PROFILE = tuple((key, re.compile(pattern, re.IGNORECASE if key != "cidade" else 0)) for key, pattern in _PROFILE)
MINE = re.compile(
    r"\b(?:meu|novo|mudei|troquei|muda|mudar|atualiz\w+|corrig\w+|corret\w+|anota\w*|segue|agora|para|no"
    r"|pelo)\b.{0,30}\bemail\b|\bemail\b.{0,20}\b(?:e|novo|mudou|correto|agora|para)\b"
)
NOT_MINE = re.compile(r"\bemail (?:de voces|da empresa|do suporte|dele|dela)\b|\bseu email\b|\bmandei\b|\benviei\b")


class Told(NamedTuple):
    """What somebody said of itself, by the argument of update_lead."""

    name: str = ""
    email: str = ""
    profile: dict[str, str] | None = None


def told(text: str) -> Told:
    """What a message tells of who wrote it; empty where it tells nothing."""
    return Told(_name(text), _email(text), None if "?" in text else _profile(text) or None)


def _name(text: str) -> str:
    match = _NAME.search(text)
    if not match or re.search(r"\bn[ãa]o\W+$", text[: match.start()], re.IGNORECASE):
        return ""
    said = " ".join(match["name"].split())
    kept: list[str] = []
    words = said.split()
    for place, word in enumerate(words):
        joins = plain(word) in PARTICLES and place + 1 < len(words) and looks_like_name(words[place + 1])
        if kept and not joins and _ENDS.match(f" {word} x"):
            break
        kept.append(word)
    while kept and plain(kept[-1]) in PARTICLES:
        kept.pop()
    name = " ".join(kept[:6]).strip(" .-")
    if not looks_like_name(name):
        return ""
    return " ".join(word if plain(word) in PARTICLES else first_name(word) or word for word in name.split())


def _email(text: str) -> str:
    found = EMAIL.findall(text)
    rest = norm(EMAIL.sub(" ", text))
    if not found or NOT_MINE.search(rest):
        return ""
    alone = len(rest.split()) <= 2
    return str(found[-1]).lower() if alone or MINE.search(rest) else ""


def _profile(text: str) -> dict[str, str]:
    kept: dict[str, str] = {}
    for key, pattern in PROFILE:
        match = pattern.search(text)
        if match and key not in kept and may_be_said(match[1]):
            kept[key] = match[1].strip()
    return kept
