"""What a provider without buttons or lists sends instead: the same, as text that a person can answer."""

from __future__ import annotations

from typing import Any

from renum.channels.split import split
from renum.errors import SendError
from renum.shapes import JSON


def texts(content: JSON, *, limit: int, title: str) -> list[str]:
    """The text of a delivery's content, in parts of at most `limit` characters that end where sentences do; choices
    follow it with a number each. Raises SendError: `empty_text`, `unknown_content` for what has no text."""
    return split(plain_text(content, title=title), limit)


def caption_and_texts(content: JSON, *, limit: int, captioned: bool) -> tuple[str, list[str]]:
    """What stands below a file, and what follows it in messages of its own: the text of a file that shows none
    (`captioned`), or that is longer than the `limit` of both."""
    text = str(content.get("text") or "").strip()
    return (text, []) if captioned and len(text) <= limit else ("", split(text, limit))


def plain_text(content: JSON, *, title: str) -> str:
    """The text of a delivery's content; choices follow it with a number each.

    Raises SendError: `empty_text`, `unknown_content` for what has no text (`title` is the provider's).
    """
    kind = content.get("type")
    if kind not in ("text", "template", "buttons", "list"):
        raise SendError("unknown_content", f"content of type {kind} cannot be sent over {title}")
    text = str(content.get("text") or "")
    if not text.strip():
        raise SendError("empty_text", "there is no text to send")
    if kind in ("buttons", "list"):
        text = "\n".join([text, "", *_choices(content.get("buttons" if kind == "buttons" else "rows"))])
    return text


def within(text: str, *, limit: int, title: str) -> str:
    """`text`, if it is not longer than the provider takes. Raises SendError (`text_too_long`)."""
    if len(text) > limit:
        raise SendError("text_too_long", f"{len(text)} characters; {title} takes {limit}")
    return text


def _choices(given: Any) -> list[str]:
    choices = [choice for choice in given if isinstance(choice, dict)] if isinstance(given, list) else []
    if not choices:
        raise SendError("no_choices", "the delivery has nothing to choose from")
    return [
        f"{number}. {choice.get('title', '')}" + (f": {choice['description']}" if choice.get("description") else "")
        for number, choice in enumerate(choices, start=1)
    ]


def link_of(content: JSON) -> str:
    """Where a media content's file lies. Raises SendError (`no_link`) unless it is an https address."""
    link = content.get("link")
    if not isinstance(link, str) or not link.startswith(("https://", "http://")):
        raise SendError("no_link", "the delivery names no address of a file")
    return link
