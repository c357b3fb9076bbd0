"""The offline model agrees on when somebody is called back, as people name days and hours."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from renum.agent import offline_conversation_words as say
from renum.agent.offline_conversation_time import when
from tests.unit.conversations import NOW, Chat, Database, block, turn

BEFORE = ("Oi, Ana! Sou o assistente virtual da Padaria Sol.",)
# Now is Friday, 27 November 2026, 10:15.
TIMES = [
    ("me liga amanhã às 15h", "2026-11-28T15:00"),
    ("me liga amanha as 15:30", "2026-11-28T15:30"),
    ("pode ligar segunda de manhã?", "2026-11-30T09:00"),
    ("me liga daqui a 2 horas", "2026-11-27T12:15"),
    ("me liga daqui 2 horas", "2026-11-27T12:15"),
    ("me ligue daqui a meia hora", "2026-11-27T10:45"),
    ("me liga em 20 min", "2026-11-27T10:35"),
    ("me liga dia 30 às 9h", "2026-11-30T09:00"),
    ("me liga dia 5 às 9h", "2026-12-05T09:00"),
    ("liga pra mim mais tarde hoje", "2026-11-27T13:00"),
    ("me chama mais tarde", "2026-11-27T13:00"),
    ("podem me ligar terça às 3 da tarde", "2026-12-01T15:00"),
    ("me liga as 3", "2026-11-27T15:00"),
    ("me liga às 9h", "2026-11-28T09:00"),
    ("me liga sexta que vem às 8h", "2026-12-04T08:00"),
    ("quero um retorno na quarta-feira à tarde", "2026-12-02T14:00"),
    ("me retorna quinta depois do almoço", "2026-12-03T14:00"),
    ("me liga depois de amanhã às 10", "2026-11-29T10:00"),
    ("me liga 02/12 às 14h15", "2026-12-02T14:15"),
    ("me liga dia 2 de dezembro às 14h", "2026-12-02T14:00"),
    ("me liga amanhã ao meio-dia", "2026-11-28T12:00"),
    ("me liga amanhã à noite", "2026-11-28T19:00"),
    ("me liga semana que vem", None),
    ("pode me ligar hoje às 18h?", "2026-11-27T18:00"),
    ("quero que alguém me ligue amanhã às 11h", "2026-11-28T11:00"),
    ("quero falar com um atendente amanhã às 10h", None),
    ("entra em contato comigo na segunda às 16h", "2026-11-30T16:00"),
    ("quero agendar uma ligação amanhã às dez da manhã", "2026-11-28T10:00"),
    ("me liga hoje no fim do dia", "2026-11-27T17:00"),
    ("vc pode me ligar hj as 16 hrs", "2026-11-27T16:00"),
    ("me liga agora", "2026-11-27T10:30"),
    ("me liga segunda da semana que vem às 9h30", "2026-11-30T09:30"),
]


@pytest.mark.parametrize(("text", "due_at"), [pair for pair in TIMES if pair[1]])
def test_a_call_back_is_arranged_for_the_moment_that_was_named(text: str, due_at: str) -> None:
    """In the lead's own time, and the reply says when."""
    database = Database()
    reply = turn(block(text, said=BEFORE), database)["reply"]
    assert database.calls == [{"name": "schedule_callback", "args": {"due_at": due_at}}]
    at = datetime.fromisoformat(due_at)
    assert f"({at:%d/%m})" in reply
    assert f"{at.hour}h" in reply


@pytest.mark.parametrize(
    "text", ["não me liga", "por que vocês me ligaram?", "eu ligo amanhã", "podem me chamar de Zé"]
)
def test_who_speaks_of_calls_does_not_ask_for_one(text: str) -> None:
    """Neither a refusal nor a question is a wish."""
    database = Database()
    turn(block(text, said=BEFORE), database)
    assert not [call for call in database.calls if call["name"] == "schedule_callback"]


def test_an_hour_that_nobody_named_is_said_to_be_open() -> None:
    """Morning is nine o'clock, unless the lead says otherwise."""
    reply = turn(block("me liga segunda de manhã", said=BEFORE))["reply"]
    assert "9h" in reply
    assert say.ASSUMED in reply


def test_what_is_missing_is_asked_for() -> None:
    """First the day, then the hour of that day."""
    chat = Chat()
    assert chat.say("oi, podem me ligar?").endswith("?")
    assert "Segunda-feira (30/11), a que horas fica melhor?" in chat.say("segunda")
    assert not chat.database.calls
    assert "segunda-feira (30/11) às 10h" in chat.say("10")
    assert chat.database.calls == [{"name": "schedule_callback", "args": {"due_at": "2026-11-30T10:00"}}]


def test_a_call_is_moved_by_asking_again() -> None:
    """The database keeps one call to come."""
    chat = Chat()
    chat.say("me liga amanhã às 15h")
    chat.say("melhor me ligar amanhã às 17h")
    assert [call["args"]["due_at"][-5:] for call in chat.database.calls] == ["15:00", "17:00"]


def test_another_hour_for_the_same_day_moves_the_call() -> None:
    """The day that was agreed on stands, whoever says only an hour means that day."""
    chat = Chat()
    chat.say("me liga segunda às 14h")
    chat.say("na verdade melhor às 16h")
    assert chat.database.calls[-1]["args"] == {"due_at": "2026-11-30T16:00"}


def test_what_cannot_be_arranged_is_said() -> None:
    """The past, the far future, and what the database refuses."""
    assert turn(block("me liga hoje às 9h", said=BEFORE))["reply"] == say.PASSED
    assert turn(block("me liga dia 10/06 às 9h", said=BEFORE))["reply"] == say.TOO_FAR
    refused = turn(block("me liga amanhã às 9h", said=BEFORE), Database(refuses=["schedule_callback"]))
    assert refused["reply"] == say.NOT_SCHEDULED


def test_without_the_tool_the_team_is_told() -> None:
    """Nothing is promised that nobody heard of."""
    answer = turn(block("me liga amanhã às 15h", said=BEFORE), tools=())
    assert "28/11/2026 15:00" in answer["hand_over"]
    assert "amanhã (28/11) às 15h" in answer["reply"]
    assert turn(block("me liga amanhã às 15h", said=BEFORE, now=None), tools=())["hand_over"]


@pytest.mark.parametrize("text", ["dia 99", "31/02", "às 88h", "", "0/0", "dia 0 às 24h", "99:99", "daqui a 0 horas"])
def test_impossible_days_and_hours_are_none(text: str) -> None:
    """There is no such day, and no error either."""
    said: Any = when(text, datetime.fromisoformat(NOW), alone=True)
    assert said.day is None or said.hour is not None
