"""The data of one turn, read so that nothing in it can break the rules: whatever is missing or odd is left out."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from renum.agent.offline_conversation_text import LONGEST, first_name, may_be_said, without_commands
from renum.agent.offline_extract import Said
from renum.agent.phrases import SILENT
from renum.shapes import Question

PRINCIPAL = "principal"
"""What the agent itself is called among its specialists."""
MOST_MESSAGES = 20


class Entry(NamedTuple):
    """One piece of what the company lets its agent say."""

    about: str
    say: str


class Specialist(NamedTuple):
    """Somebody the dialogue can be handed to, and the words that tell of it."""

    name: str
    topics: tuple[str, ...]
    description: str


def mapping(value: object) -> dict[str, Any]:
    """`value` if it is an object, else an empty one."""
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}


def items(value: object) -> list[dict[str, Any]]:
    """The objects of a list."""
    return [mapping(item) for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts(value: object) -> list[str]:
    """The texts of a list that are not empty."""
    return [item for item in value if isinstance(item, str) and item.strip()] if isinstance(value, list) else []


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


class View:
    """What a turn's data block says (see the `conversation` task)."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.company = _text(data.get("company")) or "empresa"
        self.agent = _text(data.get("agent")) or PRINCIPAL
        self.name = first_name(mapping(data.get("lead")).get("name"))
        self.resuming = data.get("resuming") is True
        self.customer = mapping(data.get("customer"))
        self.knowledge = [
            Entry(_text(item.get("about"))[:LONGEST], _text(item.get("say")))
            for item in items(data.get("knowledge"))
            if _text(item.get("about")) and _text(item.get("say"))
        ]
        self.specialists = [
            Specialist(_text(item.get("name")), tuple(texts(item.get("topics"))[:50]), _text(item.get("description")))
            for item in items(data.get("specialists"))
            if _text(item.get("name"))
        ]
        self.been = {*texts(data.get("handoffs")), self.agent}
        self.came_back = bool(texts(data.get("handoffs")))
        self.now = _moment(data.get("now"))
        self._read_history(data)
        self._read_input(data)
        self._read_memory(data.get("memory"))
        self._read_qualification(data.get("qualification"))

    def _read_history(self, data: dict[str, Any]) -> None:
        history = items(data.get("history"))
        self.assistant = [_text(item.get("content")) for item in history if item.get("role") == "assistant"]
        self.last = self.assistant[-1] if self.assistant else ""
        self.by_person = bool(history) and history[-1].get("by") == "person"
        self.user = [_text(item.get("content")) for item in history if item.get("role") == "user"]
        self.first = not self.assistant and not _text(data.get("summary")) and not self.resuming

    def _read_input(self, data: dict[str, Any]) -> None:
        given = items(data.get("input"))[-MOST_MESSAGES:]
        self.salt = f"{data.get('salt', '')}:{given[-1].get('seq') if given else 0}"[:200]
        self.unread = [str(item.get("type")) for item in given if not _text(item.get("content"))]
        self.written: list[Said] = []
        for place, item in enumerate(given):
            seq = item.get("seq")
            if _text(item.get("content")) and (item.get("type") == "edit" or item.get("type") not in SILENT):
                self.written.append(Said(seq if isinstance(seq, int) else place, _text(item["content"])[:LONGEST]))
        kept = [Said(item.seq, without_commands(item.text)) for item in self.written]
        self.said = [item for item in kept if item.text]

    def _read_memory(self, value: object) -> None:
        memory = mapping(value)
        own = memory.get(self.agent if self.agent != PRINCIPAL else "shared")
        self.memory = {
            key: item for key, item in mapping(own if isinstance(own, dict) else memory).items() if may_be_said(item)
        }

    def _read_qualification(self, value: object) -> None:
        qualification = mapping(value)
        self.qualifies = bool(qualification)
        self.status = _text(qualification.get("status")) or "none"
        self.interest = texts(qualification.get("interest"))[:50]
        self.question = question_of(qualification.get("question")) if self.status == "open" else None


def question_of(value: object) -> Question | None:
    """A question as the rules read one, or None when `value` is none."""
    given = mapping(value)
    key, text, kind = _text(given.get("key")), _text(given.get("text")), given.get("type")
    if not key or not text:
        return None
    limits = {
        name: limit
        for name, limit in mapping(given.get("validation")).items()
        if isinstance(limit, int | float) and not isinstance(limit, bool)
    }
    return {
        "key": key,
        "text": text,
        "type": kind if kind in ("number", "scale", "yes_no", "choice") else "text",
        "options": texts(given.get("options")) or None,
        "validation": limits,
        "required": True,
        "status": "open",
        "probes_left": 0,
    }


def _moment(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value)).replace(tzinfo=None) if isinstance(value, str) else None
    except ValueError:
        return None
