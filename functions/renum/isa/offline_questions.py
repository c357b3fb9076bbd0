"""What a question asks to show or to count, and what acts and questions are read with alike."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from renum.isa import offline_things as things
from renum.isa import offline_words as words
from renum.isa.offline_names import Named, read_names
from renum.isa.offline_periods import limit_of, period_of
from renum.isa.offline_tokens import BREAK, Token, cut, cut_all, has

Call = tuple[str, dict[str, Any]]

JOINTS = frozenset({"e", "depois", "entao", "tambem", "dai", "mas", ",", ";", ".", "!", "?", BREAK})
"""What stands between the parts of a command."""


def read_question(verb: str | None, tokens: list[Token], today: date) -> list[Call] | None:
    """What to show or to count."""
    searched, tokens = cut(
        tokens,
        r"^(?:pesquisa)(?= (?:(?:o|a|os|as|por|pelo|pela) )?(?:leads?|contatos?|clientes?|empresas?"
        r"|conversas?|entrevistas?|phone|email|uuid)(?: |$))",
    )
    (since, until), tokens = period_of(tokens, today)
    limit, tokens = limit_of(tokens)
    counted, tokens = cut(tokens, words.COUNTING, BREAK)
    tool = "Count" if counted or verb == "count" else "Show"
    if has(tokens, rf".*(?:{words.ASKED})"):
        return [("Show", {"what": "commands", **dates_of(since, until)})]
    state, tokens = _state(tokens)
    overview, tokens = cut(tokens, words.OVERVIEW, BREAK)
    progress, tokens = (None, tokens) if overview else cut(tokens, words.PROGRESS, BREAK)
    tokens = cut_all(tokens, r"(?:de |do |por |no |pelo )?(?:whatsapp|zap|sms)", BREAK)
    named = read_names(without_verbs(tokens))
    what = _what(named)
    if what is None and named.words and not named.slots and verb == "show":
        named.slots["of"] = named.words[0]
    if what is None and state in things.OF_INTERVIEWS and state is not None:
        what = "interviews"
    if what is None and state == "failed":
        what = "failed_tasks"
    if overview and what in (None, "clients", "leads"):
        return [("Count", {"what": "overview", **named.slots, **dates_of(since, until)})]
    if what is None and not named.slots and state is not None:
        what = {"paused": "projects", "suspended": "clients", "blocked": "leads", "opted_out": "leads"}.get(state)
    if what is None and not named.slots:
        return None
    if what is None:
        asked = verb is not None or progress is not None or searched is not None
        sure = "lead" in named.slots
        if not asked and not sure and not _is_short(tokens):
            return None
        what = "leads" if sure else "projects" if progress else "anything"
    if what == "projects" and state in things.OF_INTERVIEWS and state not in ("completed", "in_progress", "started"):
        what = "interviews"
    if (
        what == "projects"
        and state in ("started", "completed")
        and "project" in named.slots
        and verb in ("count", "show")
    ):
        what = "interviews"
    if (
        what in ("leads", "invitations")
        and state in things.OF_INTERVIEWS
        and not (what == "invitations" and state == "cancelled")
    ):
        what = "interviews"
    if what == "projects" and (overview or progress):
        tool = "Show"
    arguments: dict[str, Any] = {"what": what, **named.slots}
    if state is not None and (status := things.STATES_OF.get(what, {}).get(state)):
        arguments["status"] = status
    arguments |= dates_of(since, until)
    if limit is not None:
        arguments["limit"] = limit
    return [(tool, arguments)]


def _is_short(tokens: list[Token]) -> bool:
    return any(token.is_name or token.kind not in ("word", "mark") for token in tokens)


def _what(named: Named) -> str | None:
    """The thing asked for. "as entrevistas do lead Ana" are interviews; "o lead Ana" is a lead."""
    nouns = [noun for noun in named.nouns if noun not in things.NAMED]
    if "account" in nouns and len(named.nouns) > 1:
        nouns = [noun for noun in nouns if noun != "account"] or (["account"] if named.nouns[0] == "account" else [])
    if nouns:
        return things.THINGS["message" if "message" in nouns else nouns[0]]
    unnamed = [noun for noun in named.nouns if noun not in named.slots]
    if unnamed:
        return things.THINGS[unnamed[0]]
    return things.THINGS[named.nouns[0]] if named.nouns else None


def _state(tokens: list[Token]) -> tuple[str | None, list[Token]]:
    for name, pattern in things.STATES:
        found, left = cut(tokens, pattern, BREAK)
        if found is not None:
            for _, other in things.STATES:
                left = cut_all(left, other, BREAK)
            return name, left
    return None, tokens


def dates_of(since: date | None, until: date | None) -> dict[str, str]:
    """A period as arguments."""
    return ({"since": since.isoformat()} if since else {}) | ({"until": until.isoformat()} if until else {})


def without_verbs(tokens: list[Token], take: bool = False) -> list[Token]:
    """The tokens with a mark for each verb; `take`: for "tira o bloqueio" as well."""
    if take:
        tokens = cut_all(tokens, rf"{words.TAKE}(?:bloqueios?|suspens(?:ao|oes)|pausa)", BREAK)
    return [
        Token(BREAK, BREAK, "mark")
        if token.kind == "word"
        and not token.is_name
        and (
            words.verb_of(token.plain)
            or re.fullmatch(rf"{words.PUT}|{words.OUT}", token.plain)
            or (token.plain == "para" and is_pause(tokens, i))
        )
        else token
        for i, token in enumerate(tokens)
    ]


def is_pause(tokens: list[Token], i: int) -> bool:
    """ "para a campanha X" at the beginning is a verb."""
    head = i == 0 or tokens[i - 1].plain in JOINTS
    rest = [token.bare for token in tokens[i + 1 : i + 3]]
    return head and bool(rest) and things.noun_of(rest[-1] if rest[0] in words.ARTICLES else rest[0]) == "project"
