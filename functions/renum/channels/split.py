"""A long text in parts that a provider takes, cut where it hurts a reader least."""

from __future__ import annotations

import re
import unicodedata

SENTENCE_END = re.compile(r"[.!?…]+[\"'”’»)\]*_~]*(?=\s)")
LINE_END = re.compile(r"(?=\n)")
WORD_END = re.compile(r"(?=\s)")

SHORTEST_SHARE = 4
"""A sentence or line that ends in the first quarter of what fits is not worth a message of its own: after "1." or
"Sr." the text goes on."""

JOINER = "\u200d"


def split(text: str, limit: int) -> list[str]:
    """`text` in parts of at most `limit` characters (>= 1), cut after the last sentence that fits, else after the last
    line, else after the last word, else between two characters that stand for themselves.

    Blanks where it is cut are dropped, everything else is kept in its order. No part is empty: a text of blanks has no
    parts.
    """
    rest = text.strip()
    parts: list[str] = []
    while len(rest) > limit:
        cut = _cut(rest, limit)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*parts, rest] if rest else parts


def _cut(text: str, limit: int) -> int:
    """Where the first part of `text`, which is longer than `limit` and begins with no blank, ends."""
    least = limit // SHORTEST_SHARE
    # One character more than fits: what ends a sentence, line or word is seen by the blank after it.
    window = text[: limit + 1]
    for end, earliest in ((SENTENCE_END, least), (LINE_END, least), (WORD_END, 0)):
        found = max((match.end() for match in end.finditer(window) if earliest < match.end() <= limit), default=0)
        if found:
            return found
    cut = limit
    while cut > 1 and _clings(text[cut - 1], text[cut]):
        cut -= 1
    # A pile of marks as long as a whole part is nobody's word.
    return cut if cut > 1 else limit


def _clings(before: str, after: str) -> bool:
    """Whether two characters are one sign to a reader: an accent after its letter, the pieces of an emoji."""
    return (
        before == JOINER
        or after == JOINER
        or "\ufe00" <= after <= "\ufe0f"
        or unicodedata.combining(after) != 0
        or "\U0001f3fb" <= after <= "\U0001f3ff"
    )
