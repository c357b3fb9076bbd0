"""read_answer: what a proposed value is as an answer, or the Portuguese sentence that says why it is none."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.database.builders import JSON, World

SCALE: JSON = {"key": "q", "type": "scale", "validation": {"min": 0, "max": 10, "integer": True}}
AGE: JSON = {"key": "q", "type": "number", "validation": {"min": 18}}
SPENT: JSON = {"key": "q", "type": "number", "validation": {"max": 5000}}
NUMBER: JSON = {"key": "q", "type": "number"}
YES_NO: JSON = {"key": "q", "type": "yes_no"}
CHOICE: JSON = {"key": "q", "type": "choice", "options": ["Loja física", "Site", "Não sei", "10 reais"]}
TEXT: JSON = {"key": "q", "type": "text"}
SHORT: JSON = {"key": "q", "type": "text", "validation": {"min_length": 3, "max_length": 10}}

UNREADABLE = "Não consegui entender a resposta."
OPTIONS = "Pode escolher uma destas opções? Loja física, Site, Não sei, 10 reais."
TEN = "Preciso de um número inteiro de 0 a 10."

ACCEPTED: list[tuple[JSON, Any, Any]] = [
    (SCALE, 9, 9),
    (SCALE, "9", 9),
    (SCALE, " 9\n", 9),
    (SCALE, 0, 0),
    (SCALE, "10", 10),
    (SCALE, 9.0, 9),
    (SCALE, "9,0", 9),
    (SCALE, "+7", 7),
    (AGE, "18", 18),
    (AGE, 130, 130),
    (SPENT, "1.500", 1500),
    (SPENT, "1.500,50", 1500.5),
    (SPENT, "1500,50", 1500.5),
    (SPENT, 1.5, 1.5),
    (SPENT, "1.5", 1.5),
    (SPENT, "0.500", 0.5),
    (NUMBER, "-3,25", -3.25),
    (NUMBER, "1.000.000", 1000000),
    (NUMBER, 1.234, 1.234),
    (YES_NO, True, True),
    (YES_NO, False, False),
    (YES_NO, "Sim", True),
    (YES_NO, "SIM!", True),
    (YES_NO, "s", True),
    (YES_NO, "não", False),
    (YES_NO, "Nao.", False),
    (YES_NO, "na\u0303o", False),
    (YES_NO, "N", False),
    (CHOICE, "Site", "Site"),
    (CHOICE, "site", "Site"),
    (CHOICE, " LOJA FISICA ", "Loja física"),
    (CHOICE, "nao sei", "Não sei"),
    (CHOICE, "10 REAIS!", "10 reais"),
    (TEXT, "preço e atendimento", "preço e atendimento"),
    (TEXT, "  com espaços  ", "com espaços"),
    (TEXT, "👍", "👍"),
    (TEXT, 9, "9"),
    (TEXT, "x" * 10000, "x" * 10000),
    (SHORT, "bom", "bom"),
    (SHORT, "ótimo dia!", "ótimo dia!"),
]

REFUSED: list[tuple[JSON, Any, str]] = [
    (SCALE, "15", TEN),
    (SCALE, -1, TEN),
    (SCALE, "9,5", TEN),
    (SCALE, "nove", TEN),
    (SCALE, "9 10", TEN),
    (SCALE, True, TEN),
    (SCALE, [9], TEN),
    (SCALE, {"value": 9}, TEN),
    (SCALE, "1e1", TEN),
    (SCALE, "NaN", TEN),
    (SCALE, "Infinity", TEN),
    (SCALE, "9" * 30, TEN),
    (SCALE, None, UNREADABLE),
    (SCALE, "", UNREADABLE),
    (SCALE, " \n\t ", UNREADABLE),
    (AGE, "17", "Preciso de um número a partir de 18."),
    (SPENT, "5.001", "Preciso de um número até 5000."),
    (NUMBER, "R$ 10", "Preciso de um número."),
    (NUMBER, "1,2,3", "Preciso de um número."),
    (YES_NO, "talvez", "Pode me responder com sim ou não?"),
    (YES_NO, "sim e não", "Pode me responder com sim ou não?"),
    (YES_NO, 1, "Pode me responder com sim ou não?"),
    (YES_NO, "👍", "Pode me responder com sim ou não?"),
    (YES_NO, None, UNREADABLE),
    (CHOICE, "mercado", OPTIONS),
    (CHOICE, "loja", OPTIONS),
    (CHOICE, "!!!", OPTIONS),
    (CHOICE, ["Site", "Loja física"], OPTIONS),
    (TEXT, "", UNREADABLE),
    (TEXT, "\n", UNREADABLE),
    (TEXT, None, UNREADABLE),
    (TEXT, "x" * 10001, "A resposta ficou longa demais. Pode resumir?"),
    (SHORT, "ok", "Pode escrever um pouco mais?"),
    (SHORT, "ótimo dia!!", "A resposta ficou longa demais. Pode resumir?"),
]


def _read(reader: World, question: JSON, proposed: Any) -> tuple[Any, str | None]:
    value, problem = reader.row("select value, problem from private.read_answer(%s, %s)", question, Jsonb(proposed))
    return value, problem


@pytest.mark.parametrize(("question", "proposed", "value"), ACCEPTED)
def test_an_answer_has_one_stored_form(reader: World, question: JSON, proposed: Any, value: Any) -> None:
    """Whatever way it was written in."""
    stored, problem = _read(reader, question, proposed)
    assert (stored, problem) == (value, None)
    assert type(stored) is type(value) or question["type"] in ("number", "scale")


@pytest.mark.parametrize(("question", "proposed", "sentence"), REFUSED)
def test_what_is_no_answer_is_refused_with_a_reason(
    reader: World, question: JSON, proposed: Any, sentence: str
) -> None:
    """In the words the lead will read."""
    assert _read(reader, question, proposed) == (None, sentence)


RULES: list[tuple[JSON, Any, bool]] = [
    ({"op": "eq", "value": 9}, 9, True),
    ({"op": "eq", "value": 9}, 9.0, True),
    ({"op": "eq", "value": 9}, 8, False),
    ({"op": "eq", "value": True}, True, True),
    ({"op": "eq", "value": "Site"}, "Site", True),
    ({"op": "eq", "value": "9"}, 9, False),
    ({"op": "ne", "value": "Site"}, "Loja", True),
    ({"op": "ne", "value": "Site"}, "Site", False),
    ({"op": "ne", "value": "Site"}, None, False),
    ({"op": "in", "value": ["Site", "App"]}, "App", True),
    ({"op": "in", "value": ["Site", "App"]}, "Loja", False),
    ({"op": "in", "value": []}, "Loja", False),
    ({"op": "in", "value": ["Site"]}, None, False),
    ({"op": "lt", "value": 7}, 6, True),
    ({"op": "lt", "value": 7}, 7, False),
    ({"op": "lte", "value": 7}, 7, True),
    ({"op": "gt", "value": 7}, 7.5, True),
    ({"op": "gte", "value": 7}, 7, True),
    ({"op": "gte", "value": 7}, 6, False),
    ({"op": "gt", "value": 7}, "nove", False),
    ({"op": "gt", "value": 7}, None, False),
    ({"op": "not_answered"}, None, True),
    ({"op": "not_answered"}, 1, False),
]


@pytest.mark.parametrize(("rule", "value", "skipped"), RULES)
def test_a_skip_rule_holds_or_not(reader: World, rule: JSON, value: Any, skipped: bool) -> None:
    """By what the earlier question's answer was; an answer that is not there satisfies only not_answered."""
    answers = (
        {"a": {"status": "answered", "value": value}}
        if value is not None
        else {"a": {"status": "refused", "value": None}}
    )
    asked = "select private.skip_applies(%s, %s)"
    assert reader.one(asked, {"key": "a", **rule}, answers) is skipped
    if value is None:
        assert reader.one(asked, {"key": "a", **rule}, {}) is skipped


def test_a_skipped_question_counts_as_not_answered_for_the_next(reader: World) -> None:
    """Rules chain in the order of the questions."""
    questions = [
        {"key": "a", "type": "yes_no"},
        {"key": "b", "type": "text", "skip_if": {"key": "a", "op": "eq", "value": False}},
        {"key": "c", "type": "text", "skip_if": {"key": "b", "op": "not_answered"}},
        {"key": "d", "type": "text"},
    ]
    state = "select key, status, is_open from private.interview_state(%s, %s) order by ord"
    assert reader.all(state, questions, {"a": {"status": "answered", "value": False}}) == [
        ("a", "answered", False),
        ("b", "skipped", False),
        ("c", "skipped", False),
        ("d", "open", True),
    ]
    assert reader.all(state, questions, {})[2] == ("c", "skipped", False)
    known = {"a": {"status": "answered", "value": True}, "b": {"status": "answered", "value": "x"}}
    assert [is_open for *_, is_open in reader.all(state, questions, known)] == [False, False, True, True]
