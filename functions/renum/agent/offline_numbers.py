"""Numbers as people write them: 9,5 · 9.5 · 1.200 · R$ 1.500,00 · oito e meio · nota oito · 8/10 · 10️⃣."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from renum.agent.offline_text import plain

_UNITS = (
    "zero um dois tres quatro cinco seis sete oito nove dez onze doze treze quatorze quinze dezesseis dezessete "
    "dezoito "
    "dezenove"
)
_TENS = "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa"
UNITS = {name: value for value, name in enumerate(_UNITS.split())} | {"uma": 1, "duas": 2, "catorze": 14}
TENS = {name: 10 * value for value, name in enumerate(_TENS.split(), start=2)}
HUNDREDS = {"cem": 100, "cento": 100, "duzentos": 200, "trezentos": 300, "quatrocentos": 400, "quinhentos": 500}
NAMED = UNITS | TENS | HUNDREDS | {"mil": 1000}

FIGURE = r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+(?:[.,]\d+)?"
NAME = "|".join(sorted(NAMED, key=len, reverse=True))
SPELLED = rf"(?:{NAME})(?:(?: e | )(?:{NAME}))*(?: e mei[oa])?(?: (?:virgula|ponto) (?:{NAME}))?"
TOKEN = re.compile(
    rf"(?<![\w.,])(?P<sign>-)?(?P<number>{FIGURE})(?P<half> e mei[oa])?(?P<thousand> mil\b|k\b)?(?![\d])"
    rf"|\b(?P<spelled>{SPELLED})\b"
)

_FROM_TO = r"de (?:0|zero|1|um) (?:a|ate) (?:\d+|dez|cinco)"
SCALES = re.compile(rf"(?:numa |na |em uma |de uma )?escala (?:que vai )?{_FROM_TO}|\b{_FROM_TO}\b")
OUT_OF = re.compile(r"(?<=\d)\s*/\s*\d+|(?<=\w)\s+(?:de|em|sobre)\s+(?:10|dez|5|cinco|100|cem)\b(?! reais| anos)")
MARKED = re.compile(
    r"\b(?:nota|dou|daria|diria|digo|fico com|vou de|marc[ao]|coloc[ao]|ponho|merece|minha resposta e)\b"
    r"(?: (?:um|uma|nota|uns|com|a|de|em|pra|para|voces|isso|o))* ?$"
)
CORRECTED = re.compile(
    r"\b(?:na verdade|quer dizer|ou melhor|melhor|digo|alias|corrigindo|muda pra|pensando bem)\b"
    r"[ ,:]*(?:nota |um |e |dou |daria )*$"
)
LEADING = re.compile(r"^(?:nota|dou|daria|dou nota|daria nota|e|acho que|numero|uns|umas)? ?")


@dataclass(frozen=True)
class Number:
    """A number found in a text: what it is worth, where it stood, and whether it was only an article (um, uma)."""

    value: float
    start: int
    end: int
    article: bool = False


def _spelled(text: str) -> float:
    whole, _, fraction = re.sub(r" (?:virgula|ponto) ", "|", text).partition("|")
    half = 0.5 if re.search(r" e mei[oa]$", whole) else 0.0
    total = group = 0
    for name in re.sub(r" e mei[oa]$", "", whole).replace(" e ", " ").split():
        if name == "mil":
            total, group = total + (group or 1) * 1000, 0
        else:
            group += NAMED[name]
    tail = sum(NAMED[name] for name in fraction.replace(" e ", " ").split()) if fraction else 0
    return total + group + half + (float(f"0.{tail}") if fraction else 0.0)


def _figure(text: str) -> float:
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?", text):
        text = text.replace(".", "")
    return float(text.replace(",", "."))


def numbers(text: str) -> list[Number]:
    """Every number in `text` (already plain), in order."""
    found = []
    for match in TOKEN.finditer(text):
        if match["spelled"]:
            # Two names side by side that do not add up ("sete oito") are two numbers; only the reader of one sentence
            # knows.
            parts = match["spelled"].split(" ")
            if len(parts) == 2 and all(part in UNITS for part in parts):
                offset = match.start()
                for part in parts:
                    found.append(Number(float(UNITS[part]), offset, offset + len(part), part in ("um", "uma")))
                    offset += len(part) + 1
                continue
            found.append(
                Number(_spelled(match["spelled"]), match.start(), match.end(), match["spelled"] in ("um", "uma"))
            )
            continue
        value = _figure(match["number"]) + (0.5 if match["half"] else 0.0)
        value *= 1000 if match["thousand"] else 1
        found.append(Number(-value if match["sign"] else value, match.start(), match.end()))
    return found


def _whole(value: float) -> int | float:
    return int(value) if value == int(value) else value


def read_number(text: str, validation: dict[str, Any], question: str = "") -> int | float | None:
    """The number that `text` answers with, or None when it holds none or leaves open which.

    Scales ("de 0 a 10"), denominators ("8/10") and articles ("um atendimento") are no answers. Of several numbers, the
    corrected one wins, then the one called a note, then the one followed by a word of the question (35 anos), then
    the only
    one within the question's limits.
    """
    simple = plain(text.replace("\U0001f51f", " 10 ").replace("\ufe0f", "").replace("\u20e3", ""))
    if "\u2b50" in simple and not re.search(r"\d", simple):
        return simple.count("\u2b50")
    simple = OUT_OF.sub("", SCALES.sub(" ", simple.replace("r$", " ").replace("%", " ")))
    simple = re.sub(r"\s+", " ", simple).strip()
    if re.search(r"\b(?:nota )?(?:maxima|maximo)\b", simple) and "max" in validation:
        return _whole(float(validation["max"]))
    if re.search(r"\bnota minima\b", simple) and "min" in validation:
        return _whole(float(validation["min"]))
    found = numbers(simple)
    real = [number for number in found if not number.article]
    if not real:
        said = LEADING.sub("", simple, count=1)
        return _whole(found[0].value) if found and re.fullmatch(r"(?:um|uma)(?: so)?[.! ]*", said) else None
    return _choose(simple, real, validation, question)


def _choose(simple: str, real: list[Number], validation: dict[str, Any], question: str) -> int | float | None:
    if len({number.value for number in real}) == 1:
        return _whole(real[0].value)
    for marker in (CORRECTED, MARKED):
        marked = [number for number in real if marker.search(simple[: number.start])]
        if len({number.value for number in marked}) == 1:
            return _whole(marked[0].value)
        if marker is CORRECTED and marked:
            return _whole(marked[-1].value)
    asked = set(re.findall(r"[a-z]{3,}", plain(question)))
    named = [
        number
        for number in real
        if (next_word := re.match(r" ([a-z]{3,})", simple[number.end :])) and next_word[1] in asked
    ]
    if len(named) == 1:
        return _whole(named[0].value)
    low, high = validation.get("min"), validation.get("max")
    if low is not None and high is not None:
        within = {number.value for number in real if float(low) <= number.value <= float(high)}
        if len(within) == 1:
            return _whole(within.pop())
    return None
