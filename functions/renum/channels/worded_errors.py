"""Gateways whose errors have no codes, only words: tables of words → a code of ours and its decision."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from renum.channels.decisions import UNKNOWN, Action, by_status


class Worded(NamedTuple):
    """An error that is known by any of `words` (lower case) in its sentence."""

    code: str
    words: tuple[str, ...]
    action: Action


def decide(table: Iterable[Worded], sentence: str, status: int) -> tuple[str, Action]:
    """Our code and the decision for a gateway's sentence: the table's first line that fits, else by HTTP status.

    Such a gateway hands a message to WhatsApp first and keeps, counts and tells of it afterwards: a 500 without a word
    that is known may be any of that. Only a 503 comes from before it.
    """
    said = sentence.lower()
    for line in table:
        if any(word in said for word in line.words):
            return line.code, line.action
    return f"http_{status}", UNKNOWN if status >= 500 and status != 503 else by_status(status)
