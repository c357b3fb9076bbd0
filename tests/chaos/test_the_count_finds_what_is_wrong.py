"""The count behind `renum chaos`: all in order is nought, and each thing that goes wrong is counted as itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from devstack.chaos.tally import Accepted, DeadLetter, Evidence, Reply, Spoken, Stored, Tally, Turn, count

THREAD = "thread-1"


def message(name: str, sent: float, acknowledged: float | None) -> Spoken:
    """A message of the one lead."""
    return Spoken(name, "5511900000000", sent, acknowledged)


def turn(name: str, from_seq: int, to_seq: int, times: tuple[float, float], status: str = "committed") -> Turn:
    """A turn of the one thread."""
    return Turn(name, THREAD, status, from_seq, to_seq, *times)


# A burst of two, its reply, one more message, its reply.
GOOD = Evidence(
    spoken=[message("a", 1.0, 1.1), message("b", 1.05, 1.2), message("c", 5.0, 5.1)],
    stored=[Stored("a", THREAD, 1), Stored("b", THREAD, 2), Stored("c", THREAD, 4)],
    turns=[turn("t1", 0, 2, (1.0, 2.0)), turn("t2", 2, 4, (5.0, 6.0))],
    replies=[Reply("d1", THREAD, "t1", 3, "sent"), Reply("d2", THREAD, "t2", 5, "sent")],
    accepted=[Accepted(1, "d1"), Accepted(2, "d2")],
    dead=[],
)


def figures(tally: Tally) -> dict[str, int]:
    """The figures that are not nought."""
    names = ("inbound", "answered", "failed", "lost", "duplicated", "reordered", "overlapping_leases", "deadlocks")
    return {name: getattr(tally, name) for name in names if getattr(tally, name)}


def test_everything_in_order_is_nought() -> None:
    """Three messages, two turns, two replies."""
    tally = count(GOOD)
    assert figures(tally) == {"inbound": 3, "answered": 3}
    assert tally.clean
    assert tally.findings == []


def test_a_partial_turn_answers_too() -> None:
    """It answered what it had, and a further turn the rest."""
    assert figures(count(replace(GOOD, turns=[replace(GOOD.turns[0], status="partial"), GOOD.turns[1]]))) == {
        "inbound": 3,
        "answered": 3,
    }


def test_what_the_network_turned_round_is_nobodys_fault() -> None:
    """b left before a was acknowledged: either may be first."""
    assert count(replace(GOOD, stored=[Stored("b", THREAD, 1), Stored("a", THREAD, 2), GOOD.stored[2]])).reordered == 0


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"stored": GOOD.stored[1:]}, {"answered": 2, "lost": 1}, id="never stored"),
        pytest.param({"turns": GOOD.turns[:1]}, {"answered": 2, "lost": 1}, id="in no turn"),
        pytest.param(
            {"turns": [GOOD.turns[0], replace(GOOD.turns[1], status="crashed")]},
            {"answered": 2, "lost": 1},
            id="in a turn that crashed",
        ),
        pytest.param({"replies": GOOD.replies[1:]}, {"answered": 1, "lost": 3}, id="a turn without a reply"),
        pytest.param({"accepted": GOOD.accepted[:1]}, {"answered": 2, "lost": 1}, id="a reply that never arrived"),
        pytest.param(
            {"accepted": [*GOOD.accepted, Accepted(3, "d9")]}, {"answered": 3, "lost": 1}, id="a reply without a row"
        ),
        pytest.param(
            {
                "turns": [GOOD.turns[0], replace(GOOD.turns[1], status="failed")],
                "dead": [DeadLetter("agent_turn", THREAD)],
            },
            {"answered": 2, "failed": 1},
            id="a turn in the dead letters",
        ),
        pytest.param(
            {"turns": GOOD.turns[:1], "dead": [DeadLetter("agent_turn", THREAD)]},
            {"answered": 2, "lost": 1},
            id="a dead letter of another message",
        ),
        pytest.param(
            {"accepted": GOOD.accepted[:1], "dead": [DeadLetter("delivery", "d2")]},
            {"answered": 2, "failed": 1},
            id="a reply in the dead letters",
        ),
        pytest.param(
            {"stored": [*GOOD.stored, Stored("c", THREAD, 9)]}, {"answered": 3, "duplicated": 1}, id="stored twice"
        ),
        pytest.param(
            {"turns": [*GOOD.turns, turn("t3", 2, 4, (7.0, 8.0))]},
            {"answered": 2, "duplicated": 1},
            id="answered by two turns",
        ),
        pytest.param(
            {"accepted": [*GOOD.accepted, Accepted(3, "d1")]}, {"answered": 3, "duplicated": 1}, id="accepted twice"
        ),
        pytest.param(
            {"accepted": [Accepted(1, "d2"), Accepted(2, "d1")]},
            {"answered": 3, "reordered": 1},
            id="replies in the wrong order",
        ),
        pytest.param(
            {"stored": [Stored("c", THREAD, 1), Stored("a", THREAD, 2), Stored("b", THREAD, 4)]},
            {"answered": 3, "reordered": 1},
            id="stored before one that was acknowledged long ago",
        ),
        pytest.param(
            {"turns": [GOOD.turns[0], replace(GOOD.turns[1], started_at=1.9)]},
            {"answered": 3, "overlapping_leases": 1},
            id="a lease within another",
        ),
        pytest.param(
            {"turns": [*GOOD.turns, *(turn(f"x{n}", 2, 4, (4.0, 5.5), "crashed") for n in range(2))]},
            {"answered": 3, "overlapping_leases": 3},
            id="three leases at a time are three pairs",
        ),
        pytest.param({"deadlocks": 2}, {"answered": 3, "deadlocks": 2}, id="deadlocks"),
    ],
)
def test_each_thing_that_is_wrong_is_counted_and_named(change: dict[str, Any], expected: dict[str, int]) -> None:
    """Nothing else is counted with it; a figure that has to be nought and is not comes with a sentence."""
    tally = count(replace(GOOD, **change))
    assert figures(tally) == {"inbound": 3, **expected}
    assert tally.clean == (set(expected) <= {"answered", "failed"})
    assert bool(tally.findings) == (not tally.clean)


def test_leases_that_only_touch_do_not_overlap() -> None:
    """One ends in the very moment in which the next begins; other threads' leases have nothing to do with it."""
    turns = [
        turn("t1", 0, 2, (1.0, 2.0)),
        turn("t2", 2, 4, (2.0, 3.0)),
        replace(turn("t3", 0, 1, (1, 3)), thread_id="x"),
    ]
    assert count(replace(GOOD, turns=turns)).overlapping_leases == 0
