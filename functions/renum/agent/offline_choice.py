"""One option out of several: by its words, its number, its letter or its place."""

from __future__ import annotations

import difflib
import re
from typing import NamedTuple

from renum.agent.offline_text import bare, word_set, words

_ORDINALS = "primeir segund terceir quart quint sext setim oitav non decim"
ORDINALS = {stem + ending: place for place, stem in enumerate(_ORDINALS.split()) for ending in ("o", "a")}
LAST = {"ultimo": -1, "ultima": -1, "penultimo": -2, "penultima": -2}
ALIASES = re.compile(r"\b(?:zap|zapzap|wpp|whats|wats|watsapp|whatsap|zipzap)\b")
_LINK = "foi|e|quero|gosto|de|do|da|o|a|por|pelo|pela|no|na|pra|para"
_COUNTED = "um dois tres quatro cinco seis sete oito nove dez"
COUNTED = {name: place for place, name in enumerate(_COUNTED.split())} | {"uma": 0, "duas": 1}
LETTER = re.compile(r"^(?:(?:a )?(?:letra|opcao|alternativa|resposta|item) )?([a-j])$")
PLACE = re.compile(
    r"^(?:(?:eu )?(?:escolho|fico com|prefiro|marco|vou de|quero|acho que) )?(?:[oa] )?"
    r"(?:(?:numero|opcao|alternativa|item|resposta) )?(?:numero )?(\d{1,2}|[a-z]+)(?:(?<=\d)[ao])?(?: opcao| "
    r"alternativa)?$"
)
EMPTY = word_set("a o as os um uma de da do das dos e em no na nos nas por pelo pela para pra com que eu foi ou mais")


class Option(NamedTuple):
    """What is proposed (`value`) and what the lead may call it (`label`, plain)."""

    value: str
    label: str


def options_of(options: list[str] | None) -> list[Option]:
    """The options with what they may be called."""
    return [Option(str(option), bare(str(option))) for option in options or []]


def read_choice(text: str, options: list[str] | None) -> Option | None:
    """The one option that `text` names, or None when it names none or several."""
    choices, simple = options_of(options), bare(text)
    if not choices or not simple:
        return None
    simple = ALIASES.sub("whatsapp", simple)
    found = _exact(simple, choices) or _place(simple, choices)
    if found is not None:
        return found
    named = _named(simple, choices)
    if named:
        # Whoever names options names them on purpose: none or several left is no answer, not a reason to guess.
        clauses = [ALIASES.sub("whatsapp", bare(clause)) for clause in re.split(r"[,.;:!?\n]", text)]
        kept = _kept(clauses, named)
        return kept[0] if len(kept) == 1 else None
    return _part(simple, choices) or _telling(simple, choices) or _misspelled(simple, choices)


def _exact(simple: str, choices: list[Option]) -> Option | None:
    return next((choice for choice in choices if choice.label == simple), None)


def _place(simple: str, choices: list[Option]) -> Option | None:
    letter = LETTER.match(simple)
    if letter and not (simple == "e" or simple == "o"):
        place = ord(letter[1]) - ord("a")
        return choices[place] if place < len(choices) else None
    match = PLACE.match(simple)
    if not match:
        return None
    name = match[1]
    place = int(name) - 1 if name.isdigit() else ORDINALS.get(name, LAST.get(name, COUNTED.get(name, 99)))
    return choices[place] if -len(choices) <= place < len(choices) and not (name.isdigit() and place < 0) else None


def _named(simple: str, choices: list[Option]) -> list[Option]:
    """The options whose labels stand in the text; a longer label hides those it contains."""
    found = [choice for choice in choices if choice.label and f" {choice.label} " in f" {simple} "]
    return [
        choice
        for choice in found
        if not any(choice is not other and f" {choice.label} " in f" {other.label} " for other in found)
    ]


def _kept(clauses: list[str], named: list[Option]) -> list[Option]:
    """Those of the named options that are meant: not the denied ones ("não foi o preço"), rather the preferred one."""

    def said(pattern: str, label: str) -> bool:
        return any(re.search(pattern.replace("LABEL", re.escape(label)), clause) for clause in clauses)

    kept = [
        choice
        for choice in named
        if not said(rf"\b(?:nao|nem|menos|exceto|que)(?: (?:{_LINK}))* LABEL\b|\bLABEL nao\b", choice.label)
    ]
    preferred = [
        choice
        for choice in kept
        if said(rf"\b(?:prefiro|escolho|fico com|vou de|na verdade)(?: (?:{_LINK}))* LABEL\b", choice.label)
    ]
    return preferred if len(kept) > 1 and preferred else kept


def _part(simple: str, choices: list[Option]) -> Option | None:
    if len(simple) < 3:
        return None
    found = [choice for choice in choices if f" {simple} " in f" {choice.label} " or choice.label.startswith(simple)]
    return found[0] if len(found) == 1 else None


def _telling(simple: str, choices: list[Option]) -> Option | None:
    """The only option that shares a word with the text that no other option has."""
    said = {word for word in words(simple) if word not in EMPTY and len(word) >= 3}
    own = [{word for word in choice.label.split() if word not in EMPTY and len(word) >= 3} for choice in choices]
    found = []
    for place, choice in enumerate(choices):
        others = set().union(*(label for other, label in enumerate(own) if other != place)) if len(own) > 1 else set()
        telling = own[place] - others
        if said & telling or any(word.startswith(part) for part in said if len(part) >= 4 for word in telling):
            found.append(choice)
    return found[0] if len(found) == 1 else None


def _misspelled(simple: str, choices: list[Option]) -> Option | None:
    if len(simple) < 4:
        return None
    close = difflib.get_close_matches(simple, [choice.label for choice in choices], n=2, cutoff=0.78)
    return next((choice for choice in choices if choice.label == close[0]), None) if len(close) == 1 else None
