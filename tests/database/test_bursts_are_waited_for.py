"""How long a turn waits for the rest of a burst: by what was said, and what had been asked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.database.builders import Interview, World

SHORT, LONG = 800, 2500

# What the lead says after a question of that type (None: after the invitation), and how long is waited for more.
TEXTS: list[tuple[str | None, str, int]] = [
    ("text", "Gosto do atendimento", SHORT),
    ("text", "Gosto do atendimento.", SHORT),
    ("text", "eu também", SHORT),
    (None, "oi", SHORT),
    (None, "sim", SHORT),
    ("text", "Gosto do atendimento,", LONG),
    ("text", "Gosto do atendimento...", LONG),
    ("text", "Gosto do atendimento…", LONG),
    ("text", "então: ", LONG),
    ("text", "é que eu queria (", LONG),
    ("text", "gosto, mas", LONG),
    ("text", "eu compro lá PORQUE", LONG),
    ("text", "porque", LONG),
    ("text", "O problema é que", LONG),
    ("text", "vou com uma", LONG),
    ("text", "peraí", LONG),
    ("text", "só um momento!", LONG),
    ("text", "Acho que é", SHORT),
    ("text", "loja do bairro", SHORT),
    ("text", "pague-menos", SHORT),
    ("text", "uma delícia", SHORT),
    ("scale", "9", 0),
    ("number", "250,50", 0),
    ("yes_no", "Sim!", 0),
    ("yes_no", "👍", 0),
    ("choice", "A", 0),
    ("choice", "Loja", 0),
    ("choice", "loja,", LONG),
    ("yes_no", "não...", LONG),
    ("yes_no", "sim mas", LONG),
    ("scale", "acho que 9", SHORT),
    ("choice", "na loja", SHORT),
    ("text", "SAIR", 0),
    (None, "parar", 0),
]


@pytest.mark.parametrize(("question", "text", "wait"), TEXTS)
def test_what_was_said_decides_how_long_is_waited(reader: World, question: str | None, text: str, wait: int) -> None:
    """Short as a rule, longer after what breaks off, not at all after an opt-out or one word to a closed question."""
    reader.setting("debounce_ms", SHORT)
    assert reader.one("select private.debounce_ms('{}', %s, %s)", text, question) == wait


@pytest.mark.parametrize("kind", ["button", "list", "flow"])
def test_a_tap_is_a_whole_answer(reader: World, kind: str) -> None:
    """Nobody taps half a button."""
    reader.setting("debounce_ms", SHORT)
    assert reader.one("select private.debounce_ms(%s, 'Quero sim, mas', 'text')", {"type": kind}) == 0
    assert reader.one("select private.debounce_ms(%s, 'Quero sim, mas', 'text')", {"type": "audio"}) == LONG


def test_without_a_debounce_nothing_is_waited_for(reader: World) -> None:
    """0 switches all of it off."""
    reader.setting("debounce_ms", 0)
    assert reader.one("select private.debounce_ms('{}', 'gosto, mas', 'text')") == 0


def _asked(interview: Interview, key: str | None) -> None:
    interview.world.all("update public.interviews set current_question = %s where id = %s", key, interview.id)


@pytest.mark.parametrize(
    ("question", "texts", "least", "most"),
    [
        ("motivo", ["É bom, mas"], 2300, 2500),
        ("motivo", ["É bom, mas", "é caro"], 600, 800),
        ("motivo", ["É bom"], 600, 800),
        ("nota", ["9"], 0, 0),
        ("nota", ["nota", "9"], 0, 0),
        ("nota", ["9", "porque"], 2300, 2500),
        ("canal", ["Site"], 0, 0),
        ("motivo", ["9"], 600, 800),
        (None, ["9"], 600, 800),
    ],
)
def test_the_last_message_of_a_burst_decides(
    interview: Interview, question: str | None, texts: list[str], least: int, most: int
) -> None:
    """From the webhook to the claim: what the thread's turn waits after a webhook with these messages."""
    interview.world.setting("debounce_ms", SHORT)
    _asked(interview, question)
    interview.say(*texts)
    assert least <= interview.claim()["wait_ms"] <= most


def test_a_message_that_ends_the_wait_ends_it_for_whoever_holds_the_turn(interview: Interview) -> None:
    """An opt-out, a button or a word to a closed question in the middle of a long wait: the turn is to be had at
    once, and who held it for longer gets nothing any more."""
    world = interview.world
    world.setting("debounce_ms", SHORT)
    _asked(interview, "motivo")
    interview.say("É bom, mas")
    held = interview.claim()
    assert held["wait_ms"] > 2000
    assert world.claim("high_priority") == [], "held"
    interview.say("SAIR")
    task = interview.claim()
    assert [item["content"] for item in task["work"]["input"]] == ["É bom, mas", "SAIR"]
    assert world.worker("begin_turns", tasks=[held], visibility_s=30)["tasks"] == []
    assert interview.commit(task)["verdict"] == "committed"
    assert world.worker("begin_turns", tasks=[held], visibility_s=30)["tasks"] == []
    assert world.queued("high_priority") == 1, "the goodbye's delivery alone"


def test_a_sentence_finished_in_a_long_wait_makes_it_a_short_one(interview: Interview) -> None:
    """The turn is held for what is left of the wait now; who held it for longer comes too late, without harm."""
    world = interview.world
    world.setting("debounce_ms", SHORT)
    _asked(interview, "motivo")
    interview.say("É bom, mas")
    held = interview.claim()
    interview.say("também caro")
    again = interview.claim()
    assert (again["work"], 600 < again["wait_ms"] <= 800) == (None, True)
    world.later(0.81)
    (task,) = world.worker("begin_turns", tasks=[again], visibility_s=30)["tasks"]
    assert len(task["work"]["input"]) == 2
    assert world.worker("begin_turns", tasks=[held], visibility_s=30)["tasks"] == []
    assert interview.commit(task)["verdict"] == "committed"


def test_an_ordinary_message_begins_the_wait_anew(interview: Interview) -> None:
    """Nobody else gets the turn before it is over."""
    world = interview.world
    world.setting("debounce_ms", SHORT)
    _asked(interview, "motivo")
    interview.say("É bom")
    held = interview.claim()
    world.later(0.5)
    interview.say("e barato também")
    assert world.claim("high_priority") == []
    (still,) = world.worker("begin_turns", tasks=[held], visibility_s=30)["tasks"]
    assert 600 < still["wait_ms"] <= 800


def test_the_longest_wait_is_bounded(interview: Interview) -> None:
    """Whoever only ever begins sentences is answered after debounce_max_ms all the same."""
    world = interview.world
    world.setting("debounce_ms", SHORT)
    world.setting("debounce_max_ms", 3000)
    _asked(interview, "motivo")
    interview.say("É bom, mas")
    world.later(2)
    interview.say("é que")
    held: dict[str, Any] = interview.claim()
    assert 0 < held["wait_ms"] <= 1000
