"""A command as tokens: words with their plain form, and what is surely no word: quotes, phones, addresses, ids."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from renum.agent.offline_text import plain

Kind = Literal["word", "mark", "quoted", "phone", "email", "uuid", "cnpj"]

BREAK = "|"
"""The plain form of what stands where something was cut out: no name goes across it."""

_PIECES = re.compile(
    r"""(?P<quoted>“[^”]+”|"[^"]+"|«[^»]+»|‘[^’]+’|(?<!\w)'[^']+'(?!\w))
    |(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)
    |(?P<uuid>\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b)
    |(?P<cnpj>\b\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}\b)
    |(?P<date>\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}/\d{1,2}(?:/\d{2,4})?\b)
    |(?P<phone>\+?\(?\d[\d\s().-]{6,}\d)
    |(?P<word>[^\W_]+(?:[-'’.&_][^\W_]+)*)
    |(?P<mark>[,;:.!?…]+)""",
    re.VERBOSE,
)
_LOUD = 0.7


@dataclass(frozen=True)
class Token:
    """One piece of the command. `plain` is what lexicons are asked with: '^…' for a word that is written as a name."""

    text: str
    plain: str
    kind: Kind = "word"

    @property
    def is_name(self) -> bool:
        """Whether it is written as names are: in the middle of a sentence with a capital letter."""
        return self.plain.startswith("^")

    @property
    def bare(self) -> str:
        """The plain form, names included."""
        return self.plain.removeprefix("^")


def tokenize(command: str) -> list[Token]:
    """The tokens of a command, in order."""
    letters = [sign for sign in command if sign.isalpha()]
    loud = bool(letters) and sum(sign.isupper() for sign in letters) > _LOUD * len(letters)
    tokens: list[Token] = []
    starts = True
    for found in _PIECES.finditer(command):
        kind, text = str(found.lastgroup), found.group()
        if kind == "quoted":
            tokens.append(Token(text[1:-1].strip(), "“", "quoted"))
        elif kind == "phone":
            tokens += _phone(text)
        elif kind in ("email", "uuid", "cnpj"):
            tokens.append(Token(text, kind, _SURE[kind]))
        elif kind == "mark":
            tokens.append(Token(text, text[0], "mark"))
        else:
            simple = plain(text).replace("’", "'")
            name = kind == "word" and not starts and not loud and text[0].isupper()
            tokens.append(Token(text, f"^{simple}" if name else simple))
        starts = kind == "mark" and text[0] in ".!?…;:"
    return tokens


_SURE: dict[str, Kind] = {"email": "email", "uuid": "uuid", "cnpj": "cnpj"}


def _phone(text: str) -> list[Token]:
    digits = re.sub(r"\D", "", text)
    if 8 <= len(digits) <= 15:
        return [Token(text.strip(), "phone", "phone")]
    if len(digits) == 14:
        return [Token(text.strip(), "cnpj", "cnpj")]
    return [Token(word, word) for word in re.findall(r"\d+", text)]


def cut(tokens: list[Token], pattern: str, instead: str | None = None) -> tuple[re.Match[str] | None, list[Token]]:
    """The first match of `pattern` in the plain words, and the tokens without it (or with a mark `instead`).

    The pattern is matched against whole words with one blank between them.
    """
    line, places = _line(tokens)
    found = _compiled(pattern).search(line)
    if found is None:
        return None, tokens
    first = next(i for i, (begin, _) in enumerate(places) if begin >= found.start())
    last = max(i for i, (_, end) in enumerate(places) if end <= found.end())
    middle = [] if instead is None else [Token(instead, instead, "mark")]
    return found, tokens[:first] + middle + tokens[last + 1 :]


def cut_all(tokens: list[Token], pattern: str, instead: str | None = None) -> list[Token]:
    """The tokens without any match."""
    while True:
        found, left = cut(tokens, pattern, instead)
        if found is None:
            return tokens
        tokens = left


def has(tokens: list[Token], pattern: str) -> bool:
    """Whether the plain words hold the pattern."""
    return _compiled(pattern).search(_line(tokens)[0]) is not None


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^ ])(?:{pattern})(?![^ ])")


def _line(tokens: list[Token]) -> tuple[str, list[tuple[int, int]]]:
    places, line = [], ""
    for token in tokens:
        line += " " if line else ""
        places.append((len(line), len(line) + len(token.plain)))
        line += token.plain
    return line, places


def corrected(tokens: list[Token], known: Callable[[str], bool], words: frozenset[str]) -> list[Token]:
    """The tokens with slips of the finger put right in their plain form: one letter wrong in five, two in nine."""
    return [
        replace(token, plain=right)
        if token.kind == "word"
        and not token.is_name
        and len(token.plain) >= 5
        and not known(token.plain)
        and (right := _nearest(token.plain, words))
        else token
        for token in tokens
    ]


@lru_cache(maxsize=2048)
def _nearest(word: str, words: frozenset[str]) -> str | None:
    allowed = 2 if len(word) >= 9 else 1
    near = sorted(
        (distance, other)
        for other in words
        if abs(len(other) - len(word)) <= allowed and other[0] == word[0]
        if (distance := _distance(word, other)) <= allowed
    )
    return near[0][1] if near else None


def _distance(a: str, b: str) -> int:
    """Insertions, deletions, replacements and swaps of neighbours."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, last, row = row, before, [i]
        for j, y in enumerate(b, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (x != y)))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                row[j] = min(row[j], last[j - 2] + 1)
    return row[-1]
