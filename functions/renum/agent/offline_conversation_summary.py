"""The summary of a dialogue's older part: who asked what and what was told, in a few plain sentences."""

from __future__ import annotations

from typing import Any

from renum.agent.offline_conversation_chatter import closing, only_greets
from renum.agent.offline_conversation_text import is_command, sentences, without_commands
from renum.agent.offline_conversation_view import items

LONGEST = 1200
LINE = 140
MARKS = {"user": "A pessoa disse", "assistant": "O assistente respondeu", "person": "A equipe respondeu"}


def summarise_conversation(data: dict[str, Any]) -> str:
    """A summary of at most 1200 characters. What speaks to a machine is left out; the rest is quoted, newest kept."""
    lines = [line for line in _old(data.get("summary")) if line]
    for message in items(data.get("messages")):
        who = "person" if message.get("by") == "person" else str(message.get("role"))
        said = _gist(message.get("content"), from_lead=who == "user")
        if who in MARKS and said:
            lines.append(f"{MARKS[who]}: “{said}”.")
    lines = list(dict.fromkeys(lines))
    while lines and len("\n".join(lines)) > LONGEST:
        # What people said counts longest; of the same kind the oldest goes first.
        spare = next((place for place, line in enumerate(lines[:-1]) if line.startswith(MARKS["assistant"])), 0)
        lines.pop(spare)
    return "\n".join(lines) or "Ainda não foi dito nada que precise ser lembrado."


def _old(summary: object) -> list[str]:
    if not isinstance(summary, str) or summary.startswith("Ainda não foi dito nada"):
        return []
    return [line.strip()[: 2 * LINE] for line in summary[:LONGEST].splitlines() if not is_command(line)]


def _gist(content: object, *, from_lead: bool) -> str:
    if not isinstance(content, str):
        return ""
    said = [part for part in sentences(without_commands(content)) if not only_greets(part) and not closing(part)]
    text = " ".join((" ".join(said if from_lead else said[:2])).replace("“", "'").replace("”", "'").split()).rstrip(".")
    return text if len(text) <= LINE else text[: LINE - 1].rsplit(" ", 1)[0] + "…"
