"""What a person sends a lead in words of its own: text, choices, a file; kept without what nobody knows."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.database.builders import Interview, World

CHOICES = [{"id": "s", "title": "Sim"}, {"id": "n", "title": "Não"}]
LINK = "https://p.br/a.pdf"
TEXT = {"type": "text", "text": "Olá"}
BUTTONS = {"type": "buttons", "text": "Volta?", "buttons": CHOICES}
LIST = {"type": "list", "text": "Qual?", "button": "Lojas", "rows": CHOICES}
MEDIA = {"type": "media", "media": "document", "link": LINK, "text": "A conta", "file_name": "conta.pdf", "size": 9}


@pytest.mark.parametrize("content", [TEXT, BUTTONS, LIST, MEDIA])
def test_what_is_known_is_kept_and_nothing_else(reader: World, content: dict[str, Any]) -> None:
    """Neither an adapter's own switches nor somebody else's fields get through."""
    asked = "select private.message_content(%s, 'whatsapp')"
    assert reader.one(asked, content) == content
    assert reader.one(asked, content | {"name": "convite", "subject": "Oi"}) == content


def test_a_file_may_come_without_words(reader: World) -> None:
    """Its text is empty then, as a message's must not be missing."""
    asked = {"type": "media", "media": "image", "link": LINK}
    assert reader.one("select private.message_content(%s, 'whatsapp')", asked) == asked | {"text": ""}


@pytest.mark.parametrize(
    "content",
    [
        {"type": "text"},
        {"type": "text", "text": " "},
        {"type": "text", "text": "a" * 10_001},
        {"type": "carousel", "text": "a"},
        {"text": "a"},
        BUTTONS | {"text": ""},
        BUTTONS | {"buttons": []},
        BUTTONS | {"buttons": CHOICES * 2},
        BUTTONS | {"buttons": "x"},
        BUTTONS | {"buttons": [{"id": "s"}]},
        BUTTONS | {"buttons": [{"id": 1, "title": "Sim"}]},
        BUTTONS | {"buttons": [{"id": "s", "title": " "}]},
        BUTTONS | {"buttons": ["Sim"]},
        LIST | {"rows": CHOICES * 6},
        LIST | {"button": ""},
        {"type": "list", "text": "Qual?", "rows": CHOICES},
        MEDIA | {"media": "hologram"},
        MEDIA | {"link": "file:///etc/passwd"},
        MEDIA | {"link": "https://p.br/a b"},
        MEDIA | {"link": "https://p.br/" + "a" * 2048},
        {"type": "media", "media": "image"},
        MEDIA | {"text": "a" * 10_001},
    ],
)
def test_what_cannot_be_sent_is_nothing(reader: World, content: dict[str, Any]) -> None:
    """The insert says so (`content must be …`)."""
    assert reader.one("select private.message_content(%s, 'whatsapp')", content) is None


@pytest.mark.parametrize(
    ("subject", "kept"),
    [
        ("Sua conta", True),
        ("", True),
        ("Oi\r\nBcc: x@y.br", False),
        ("Oi\tvocê", False),
        (7, False),
        ("a" * 201, False),
    ],
)
def test_an_email_has_a_subject_of_one_line(reader: World, subject: Any, kept: bool) -> None:
    """One with a line break would bring headers of its own."""
    found = reader.one("select private.message_content(%s, 'email')", TEXT | {"subject": subject})
    assert found == (TEXT | {"subject": subject} if kept else None)


def test_a_person_sends_buttons(interview: Interview) -> None:
    """They are in the outbox as written, and the dialogue has their text."""
    interview.say("oi")
    insert = "insert into public.deliveries (lead_id, content) values (%s, %s) returning content"
    assert interview.tenant.one(insert, interview.lead, BUTTONS) == BUTTONS
    said = "select content from public.interview_messages where role = 'assistant' order by seq desc limit 1"
    assert interview.world.one(said) == "Volta?"
    with pytest.raises(psycopg.Error, match="content must be"):
        interview.tenant.one(insert, interview.lead, BUTTONS | {"buttons": []})
