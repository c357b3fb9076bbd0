"""Reading Portuguese as people type it: without accents, with stretched letters, emoji and greetings in front."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

STRETCHED = re.compile(r"([a-z])\1{2,}")
SPACES = re.compile(r"\s+")
WORD = re.compile(r"[a-z0-9]+")

GREETING = re.compile(
    r"^(?:(?:oi+e?|ola|opa|ei|hey|hi|hello|alo|e ai|eai|salve|bom dia|boa tarde|boa noite|prezad[oa]s?|gente"
    r"|moc[oa]|amig[oa]|k+|(?:ha){2,}|(?:rs)+"
    r"|(?:tudo|td|tdo) (?:bem|bom|certo|joia|ok|blz)(?: com (?:voce|vc|vcs|voces))?"
    r"|como vai(?: voce)?|como (?:voce )?esta|beleza\?)(?![a-z])[\s,.!?:;)\-]*)+"
)
# Each laugh ends where its letters do: one that could end anywhere is tried in every way, without end.
LAUGHTER = re.compile(r"^(?:(?:k+|(?:ha|he|hi|rs)+|rsrs\w*|haha\w*)(?!\w)[\s.!,]*)+$")
THANKS = re.compile(
    r"^(?:muito )?(?:obrigad[oa]|obg|brigad[oa]|vlw|valeu|agradeco|grat[oa])"
    r"(?: (?:viu|mesmo|voce|vc|pela atencao))?[\s.!]*$"
)


def word_set(text: str) -> frozenset[str]:
    """The words of a list written as one text."""
    return frozenset(text.split())


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Lower case, no accents, stretched letters shortened, one space between words. Emoji and punctuation stay."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(sign))
    return SPACES.sub(" ", STRETCHED.sub(r"\1", bare)).strip()


def words(text: str) -> list[str]:
    """The words of `text`, plain, without punctuation and emoji."""
    return WORD.findall(plain(text))


def bare(text: str) -> str:
    """The words of `text` joined by single spaces: what phrases are compared with."""
    return " ".join(words(text))


def after_greeting(text: str) -> str:
    """`text` without the greeting in front, in its own spelling; '' when it is nothing but a greeting."""
    match = GREETING.match(plain(text))
    if not match:
        return text.strip()
    greeted = len(WORD.findall(match.group()))
    # Count words in the original: spelling differs from the plain form, the number of words does not.
    position = 0
    for found in list(re.finditer(r"[^\W_]+", text))[:greeted]:
        position = found.end()
    return text[position:].lstrip(" ,.!?:;)-–—\n\t").strip()


def is_chatter(text: str) -> bool:
    """Whether `text` says nothing beyond a greeting, laughter or thanks."""
    simple = plain(text)
    return not after_greeting(text) or bool(LAUGHTER.match(simple)) or bool(THANKS.match(simple))


def is_thanks(text: str) -> bool:
    """Whether `text` only says thank you."""
    return bool(THANKS.match(plain(text)))
