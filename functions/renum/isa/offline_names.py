"""Whom and what a command names: "o lead Ana da Padaria do Sul", "da pesquisa Satisfação", a phone, an id."""

from __future__ import annotations

from dataclasses import dataclass, field

from renum.isa.offline_things import NAMED, noun_of
from renum.isa.offline_tokens import Token
from renum.isa.offline_words import (
    ARTICLES,
    BUSINESS,
    FILLERS,
    PARTICLES,
    PREPOSITIONS,
    STOPS,
    verb_of,
)

LONGEST = 14
_SURE = frozenset({"quoted", "phone", "email", "uuid", "cnpj"})


@dataclass
class Named:
    """What was found: `nouns` in order, names by slot (client, project, lead, of, id), and `words` that may be a name
    written in small letters."""

    nouns: list[str] = field(default_factory=list)
    slots: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)

    def put(self, slot: str, name: str) -> None:
        """Keeps a name; the first of its kind counts, a second one goes where there is room."""
        for place in (slot, "of", "client") if slot in ("of", "lead") else (slot,):
            if place not in self.slots:
                self.slots[place] = name
                return


def read_names(tokens: list[Token]) -> Named:
    """The nouns and names of one clause, without its verbs and states."""
    found, i = Named(), 0
    while i < len(tokens):
        token = tokens[i]
        if token.kind in _SURE:
            found.put(_slot(token, found.nouns[-1] if found.nouns else None), token.text)
            i += 1
            continue
        noun = noun_of(token.bare) if token.kind == "word" else None
        if noun:
            found.nouns.append(noun)
            i = _after_noun(tokens, i, noun, found)
        elif token.plain in PREPOSITIONS or token.plain in ARTICLES:
            i = _after_particle(tokens, i, found)
        elif token.kind == "word" and (token.is_name or token.plain not in STOPS) and not _is_verb(token):
            name, after = _name(tokens, i, "of")
            if token.is_name:
                found.put("of", name)
            else:
                found.words.append(name)
            i = max(after, i + 1)
        else:
            i += 1
    return found


def _after_noun(tokens: list[Token], i: int, noun: str, found: Named) -> int:
    # "o lead chamado Ana", "o contato com o telefone …", "cliente: Padaria".
    start = i + 1
    while (
        start < len(tokens)
        and (tokens[start].plain in FILLERS or tokens[start].plain == ":")
        and _leads_to_sure(tokens, start)
    ):
        start += 1
    if start < len(tokens) and tokens[start].kind in _SURE:
        token = tokens[start]
        found.put(_slot(token, noun), token.text)
        return start + 1
    if noun not in NAMED or tokens[i].bare.endswith("s"):
        return i + 1
    while start < len(tokens) and (tokens[start].plain in ("chamado", "chamada", ":") or _says_name(tokens, start)):
        start += 1
    if start >= len(tokens) or not _begins_name(tokens[start]):
        return i + 1
    name, after = _name(tokens, start, noun)
    if name:
        found.put(noun, name)
    return max(after, i + 1)


def _says_name(tokens: list[Token], i: int) -> bool:
    around = " ".join(token.plain for token in tokens[max(0, i - 1) : i + 2])
    return "de nome" in around or "com nome" in around or "com o nome" in around


def _leads_to_sure(tokens: list[Token], i: int) -> bool:
    for token in tokens[i : i + 5]:
        if token.kind in _SURE:
            return True
        if token.plain not in FILLERS and token.plain != ":":
            return False
    return False


def _begins_name(token: Token) -> bool:
    if token.kind != "word":
        return False
    return token.is_name or (
        token.plain not in STOPS | PREPOSITIONS | ARTICLES and not _is_verb(token) and noun_of(token.plain) is None
    )


def _after_particle(tokens: list[Token], i: int, found: Named) -> int:
    # "da Clínica X", "com a Ana", "pro João", "a Oficina": whoever it is.
    start = i
    while start < len(tokens) and tokens[start].plain in PREPOSITIONS | ARTICLES:
        start += 1
    if (
        start >= len(tokens)
        or tokens[start].kind in _SURE
        or noun_of(tokens[start].bare)
        or not _begins_name(tokens[start])
    ):
        return max(start, i + 1) if start < len(tokens) else len(tokens)
    said = {token.plain for token in tokens[i:start]}
    main = found.nouns[0] if found.nouns else None
    # "a Ana da Padaria": the second is where the first belongs.
    belongs = bool(found.slots.keys() & {"of", "lead", "project"}) and bool(
        said & {"de", "da", "do", "das", "dos", "na", "no"}
    )
    slot = "client" if belongs else "lead" if "com" in said and main == "conversation" else "of"
    name, after = _name(tokens, start, slot)
    if name:
        found.put(slot, name)
    return max(after, i + 1)


def _name(tokens: list[Token], start: int, kind: str) -> tuple[str, int]:
    """The name that begins at `start`, in its own spelling, and where it is over."""
    end = start
    while end < len(tokens) and end - start < LONGEST:
        token = tokens[end]
        if token.kind != "word" or (end > start and _ends(tokens, end, kind)):
            break
        end += 1
    # A name does not end in "da".
    while end > start + 1 and tokens[end - 1].plain in PREPOSITIONS | ARTICLES | {"e"}:
        end -= 1
    return " ".join(token.text for token in tokens[start:end]), end


def _ends(tokens: list[Token], i: int, kind: str) -> bool:
    token = tokens[i]
    if token.is_name:
        return False
    if token.plain in PREPOSITIONS:
        following = i + 1
        while following < len(tokens) and tokens[following].plain in ARTICLES:
            following += 1
        if following >= len(tokens) or tokens[following].kind != "word":
            return True
        noun = noun_of(tokens[following].bare)
        if noun and not (tokens[following].is_name and kind == "client"):
            # "pesquisa Reativação de clientes": a plural at the end, with nothing after it, is in the name.
            return following + 1 < len(tokens) or not tokens[following].bare.endswith("s") or kind == "client"
        if token.plain in PARTICLES:
            return kind != "client" and tokens[following].bare in BUSINESS and i > 0
        return kind != "client" or token.plain not in ("na", "no", "nas", "nos", "em", "a")
    if token.plain in ARTICLES:
        return i + 1 < len(tokens) and noun_of(tokens[i + 1].bare) is not None
    if token.plain in PARTICLES:
        return False
    return token.plain in STOPS or _is_verb(token)


def _is_verb(token: Token) -> bool:
    return not token.is_name and verb_of(token.plain) is not None


def _slot(token: Token, noun: str | None) -> str:
    if token.kind in ("phone", "email"):
        return "lead"
    if token.kind == "cnpj":
        return "client"
    if noun in NAMED:
        return noun
    if token.kind == "uuid" and noun is not None:
        return "id"
    return "of"
