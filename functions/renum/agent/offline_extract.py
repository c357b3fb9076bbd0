"""From the lead's new messages to an answer of the current question, by its type."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from renum.agent.offline_choice import options_of, read_choice
from renum.agent.offline_intent import refuses
from renum.agent.offline_numbers import read_number
from renum.agent.offline_text import after_greeting, bare, is_chatter, words
from renum.agent.offline_yes_no import read_yes_no
from renum.shapes import Question

REFUSED_FIRMLY = re.compile(r"\b(?:prefiro|nao quero|nao vou|pula|pular|passo|proxima|nao desejo)\b")


class Said(NamedTuple):
    """A readable message: its place in the thread and its words."""

    seq: int
    text: str


class Found(NamedTuple):
    """An answer with the words it was taken from. `fits` is False for a text that SQL will refuse, with its reason."""

    value: Any
    quote: str
    seq: int
    fits: bool = True


def names_option(text: str, question: Question | None) -> bool:
    """Whether the text is exactly one of the question's options: then it is an answer, whatever else it might mean."""
    return (
        question is not None
        and question["type"] == "choice"
        and bare(text) in {option.label for option in options_of(question["options"])}
    )


def read_value(text: str, question: Question) -> Any:
    """The value that `text` gives to a closed question, or None."""
    kind = question["type"]
    if kind in ("number", "scale"):
        return read_number(text, question["validation"] or {}, question["text"])
    if kind == "yes_no":
        return read_yes_no(text, question["text"])
    option = read_choice(text, question["options"])
    return option.value if option is not None else None


def refusal(text: str, question: Question) -> bool:
    """Whether the text refuses the question. A number beside an "acho que não sei" still counts as an answer."""
    if not refuses(text):
        return False
    if question["type"] in ("number", "scale") and not REFUSED_FIRMLY.search(bare(text)):
        return read_value(text, question) is None
    return True


def find(said: list[Said], question: Question) -> Found | None:
    """The answer to `question` in a burst of messages, None when there is only chatter.

    A free text is everything said; a closed question takes the last message that fits it (people correct themselves),
    and when none does, what was said last, for SQL to refuse with its reason.
    """
    telling = [item for item in said if not is_chatter(item.text)]
    if question["type"] == "text":
        telling = telling or []
        texts = [after_greeting(item.text) or item.text.strip() for item in telling]
        return Found(" ".join(texts), "\n".join(item.text for item in telling), telling[-1].seq) if telling else None
    for item in reversed(said):
        value = read_value(after_greeting(item.text) or item.text, question)
        if value is not None:
            return Found(value, item.text, item.seq)
    if not telling:
        return None
    last = telling[-1]
    return Found(after_greeting(last.text) or last.text.strip(), last.text, last.seq, fits=False)


def is_short(text: str) -> bool:
    """Whether a free-text answer has fewer than three words."""
    return len(words(text)) < 3
