"""One option out of several: by its words, its number, its letter or its place."""

from __future__ import annotations

import difflib
import re
from typing import Any, NamedTuple

from renum.agent.offline_text import bare, word_set, words

_ORDINALS = "primeir segund terceir quart quint sext setim oitav non decim"
ORDINALS = {stem + ending: place for place, stem in enumerate(_ORDINALS.split()) for ending in ("o", "a")}
LAST = {"ultimo": -1, "ultima": -1, "penultimo": -2, "penultima": -2}
_LINK = "foi|e|quero|gosto|de|do|da|o|a|por|pelo|pela|no|na|pra|para"
_COUNTED = "um dois tres quatro cinco seis sete oito nove dez"
COUNTED = {name: place for place, name in enumerate(_COUNTED.split())} | {"uma": 0, "duas": 1}
LETTER = re.compile(r"^(?:(?:a )?(?:letra|opcao|alternativa|resposta|item) )?([a-j])$")
PLACE = re.compile(
    r"^(?:(?:eu )?(?:escolho|fico com|prefiro|marco|vou de|quero|acho que) )?(?:[oa] )?"
    r"(?:(?:numero|opcao|alternativa|item|resposta) )?(?:numero )?(\d{1,2}|[a-z]+)(?: opcao| alternativa)?$"
)
EMPTY = word_set("a o as os um uma de da do das dos e em no na nos nas por pelo pela para pra com que eu foi ou mais")


class Option(NamedTuple):
    """What is proposed (`value`) and what the lead may call it (`label`, plain)."""

    value: Any
    label: str


def options_of(options: list[Any] | None) -> list[Option]:
    """Options given as texts, or as objects with a label and a value."""
    read = []
    for option in options or []:
        if isinstance(option, dict):
            label = option.get("label") or option.get("text") or option.get("title") or option.get("value") or ""
            read.append(Option(option.get("value", label), bare(str(label))))
        else:
            read.append(Option(option, bare(str(option))))
    return read


def read_choice(text: str, options: list[Any] | None) -> Option | None:
    """The one option that `text` names, or None when it names none or several."""
    choices, simple = options_of(options), bare(text)
    if not choices or not simple:
        return None
    for reader in (_exact, _place, _inside, _part, _telling, _misspelled):
        found = reader(simple, choices)
        if found is not None:
            return found
    return None


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


def _inside(simple: str, choices: list[Option]) -> Option | None:
    """Labels that stand in the text; a longer one hides those it contains, a denied one ("não foi o preço") does not
    count."""
    padded = f" {simple} "
    found = [choice for choice in choices if choice.label and f" {choice.label} " in padded]
    found = [
        choice
        for choice in found
        if not any(choice is not other and f" {choice.label} " in f" {other.label} " for other in found)
    ]
    kept = [
        choice
        for choice in found
        if not re.search(rf"\b(?:nao|nem|menos|exceto)(?: (?:{_LINK}))* {re.escape(choice.label)}\b", simple)
    ]
    if len(kept) > 1:
        preferred = [
            choice
            for choice in kept
            if re.search(
                rf"\b(?:prefiro|escolho|fico com|melhor|vou de|na verdade)(?: \w+){{0,2}} {re.escape(choice.label)}\b",
                simple,
            )
        ]
        kept = preferred or kept
    return kept[0] if len(kept) == 1 else None


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
        if said & (own[place] - others):
            found.append(choice)
    return found[0] if len(found) == 1 else None


def _misspelled(simple: str, choices: list[Option]) -> Option | None:
    if len(simple) < 4:
        return None
    close = difflib.get_close_matches(simple, [choice.label for choice in choices], n=2, cutoff=0.78)
    return next((choice for choice in choices if choice.label == close[0]), None) if len(close) == 1 else None
