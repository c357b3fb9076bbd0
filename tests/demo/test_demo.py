"""The demonstration runs, and what the report says is what its people said: computed here apart from the system."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from devstack.demo.access import Access, rows
from devstack.demo.story import QUESTIONS, Person, people
from devstack.simulator.client import SimulatorClient
from tests.demo.conftest import Renum

LEADS = 12
KEYS = {
    "leads",
    "completed",
    "opted_out",
    "unanswered",
    "turns",
    "inbound",
    "outbound",
    "failed_tasks",
    "reminders",
    "fallbacks",
    "seconds",
    "report_id",
}


def rounded(value: float | Decimal, places: str) -> float:
    """Rounded as the database rounds: halves away from zero."""
    return float(Decimal(str(value)).quantize(Decimal(places), ROUND_HALF_UP))


def percent(part: int, whole: int) -> float:
    """With one decimal place."""
    return rounded(Decimal(100 * part) / Decimal(whole), "0.1")


def expected_question(question: dict[str, Any], everybody: list[Person]) -> dict[str, Any]:
    """A question's figures from what the people said."""
    key, kind = question["key"], question["type"]
    values = [person.answers[key] for person in everybody if key in person.answers]
    counted = Counter(values)
    rule = question.get("skip_if")
    figures: dict[str, Any] = {
        "answered": len(values),
        "refused": sum(key in person.refused for person in everybody),
        "skipped": sum(
            rule is not None and person.end == "completed" and person.answers.get(rule["key"]) == rule["value"]
            for person in everybody
        ),
    }
    if kind in ("scale", "number"):
        numbers = [int(value) for value in values]
        figures |= {
            "mean": rounded(Decimal(sum(numbers)) / len(numbers), "0.01"),
            "median": statistics.median(numbers),
            "min": min(numbers),
            "max": max(numbers),
            "distribution": [{"value": n, "count": times} for n, times in sorted(Counter(numbers).items())],
        }
        if question.get("nps"):
            promoters, detractors = sum(n >= 9 for n in numbers), sum(n <= 6 for n in numbers)
            figures["nps"] = {
                "promoters": promoters,
                "passives": len(numbers) - promoters - detractors,
                "detractors": detractors,
                "score": rounded(Decimal(100 * (promoters - detractors)) / len(numbers), "1"),
            }
    elif kind in ("choice", "yes_no"):
        options = question["options"] if kind == "choice" else [True, False]
        figures["distribution"] = [
            {"value": option, "count": counted[option], "percent": percent(counted[option], len(values))}
            for option in options
        ]
    else:
        figures["quotes"] = sorted(str(value) for value in values)
    return figures


@pytest.fixture(scope="module")
def everybody() -> list[Person]:
    """The people of the run."""
    return people(LEADS)


@pytest.fixture(scope="module")
def outcome(renum: Renum) -> dict[str, Any]:
    """What a run with LEADS people prints as its last line."""
    ran = renum("demo", "--leads", str(LEADS), "--json")
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


@pytest.fixture
def report(outcome: dict[str, Any], access: Access) -> dict[str, Any]:
    """The run's project report."""
    found = rows(access.operator().table("reports").select("*").eq("id", outcome["report_id"]).execute())
    return found[0]


@pytest.fixture
def news(outcome: dict[str, Any], access: Access) -> list[dict[str, Any]]:
    """What the run's owner was told."""
    (report,) = rows(access.operator().table("reports").select("client_id").eq("id", outcome["report_id"]).execute())
    found = access.operator().table("notifications").select("*").eq("client_id", report["client_id"])
    return rows(found.order("created_at").execute())


def test_the_last_line_adds_up(outcome: dict[str, Any], everybody: list[Person], news: list[dict[str, Any]]) -> None:
    """Every lead is accounted for, and nothing failed."""
    assert set(outcome) == KEYS
    ends = Counter(person.end for person in everybody)
    assert outcome["leads"] == LEADS == outcome["completed"] + outcome["opted_out"] + outcome["unanswered"]
    assert {end: outcome[end] for end in ends} == ends
    assert outcome["failed_tasks"] == 0
    # Nobody is left without an answer, and a burst has one.
    said = sum(len(burst) for person in everybody for bursts in person.lines.values() for burst in bursts)
    assert outcome["inbound"] == said
    assert outcome["turns"] <= said
    assert outcome["reminders"] == ends["unanswered"]
    assert outcome["fallbacks"] == 1
    # Invitations, one reply for each turn, reminders, and what the owner was told: several at once in one message.
    told = {one["delivery_id"] for one in news}
    assert outcome["outbound"] == LEADS + outcome["turns"] + outcome["reminders"] + len(told)


def test_news_that_whatsapp_and_sms_refuse_come_by_mail_once(
    news: list[dict[str, Any]], outcome: dict[str, Any]
) -> None:
    """Each interview's news reached the owner by exactly one channel; the first, after two refusals, by e-mail."""
    completed = [one for one in news if one["event"] == "interview_completed"]
    assert len(completed) == outcome["completed"]
    assert {one["status"] for one in news} == {"sent"}
    (fallen,) = (one for one in news if len(one["attempts"]) > 1)
    assert [attempt["channel"] for attempt in fallen["attempts"]] == ["whatsapp", "sms", "email"]
    assert [bool(attempt.get("reason")) for attempt in fallen["attempts"]] == [True, True, False]


def test_the_report_counts_the_people(report: dict[str, Any], everybody: list[Person]) -> None:
    """How many were invited, began, completed, left, stayed silent, and the rates."""
    figures = report["statistics"]
    ends = Counter(person.end for person in everybody)
    began = sum("nota" in person.lines for person in everybody)
    expected = {
        "invited": LEADS,
        "started": began,
        "completed": ends["completed"],
        "opted_out": ends["opted_out"],
        "unanswered": ends["unanswered"],
        "cancelled": 0,
        "in_progress": 0,
        "response_rate": percent(LEADS - ends["unanswered"], LEADS),
        "completion_rate": percent(ends["completed"], LEADS),
    }
    assert {name: figures[name] for name in expected} == expected


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: str(question["key"]))
def test_the_report_says_what_the_people_said(
    report: dict[str, Any], everybody: list[Person], question: dict[str, Any]
) -> None:
    """Counts, mean, median, distribution, NPS and the words, question by question."""
    found = next(q for q in report["statistics"]["questions"] if q["key"] == question["key"])
    expected = expected_question(question, everybody)
    if "quotes" in found:
        found["quotes"] = sorted(found["quotes"])
    assert {name: found[name] for name in expected} == expected
    assert (found["text"], found["type"]) == (question["text"], question["type"])


def test_the_report_can_be_read(report: dict[str, Any]) -> None:
    """It is written, not stale, and its Markdown carries every question."""
    assert (report["status"], report["stale"]) == ("ready", False)
    assert report["summary"].strip()
    for question in QUESTIONS:
        assert question["text"] in report["markdown"]


def test_every_turn_ran_the_graph(outcome: dict[str, Any], report: dict[str, Any], access: Access) -> None:
    """Each turn row names the graph and its steps."""
    found = rows(access.operator().table("turns").select("*").eq("client_id", report["client_id"]).execute())
    assert len(found) == outcome["turns"]
    for turn in found:
        assert turn["graph"] == "interview"
        assert [step["node"] for step in turn["steps"]] in (["understand", "word"], ["unreadable"], ["farewell"])
        assert all(step["ms"] >= 0 for step in turn["steps"])
        assert turn["model"] == "offline"
        assert turn["status"] == "committed"


def test_a_second_run_is_another_company(outcome: dict[str, Any], renum: Renum, access: Access) -> None:
    """The same people, a new client, a report of its own; fewer people than kinds do as well."""
    ran = renum("demo", "--leads", "3")
    assert ran.returncode == 0, ran.stderr
    clients = rows(access.operator().table("clients").select("id").eq("is_house", "false").execute())
    assert len(clients) >= 2
    for section in ("One dialogue of 3", "Queues", "Failed tasks", "Where to look next", "Resumo"):
        assert section in ran.stdout
    assert "helena." in ran.stdout


def test_somebody_who_gets_stuck_is_named(renum: Renum, access: Access) -> None:
    """A lead the provider cannot reach: exit code 1, the name, the dead letter, a sentence."""
    lost = people(3)[1]
    with SimulatorClient(access.simulator_url) as simulator:
        simulator.fail_next(131026, count=None, to=lost.digits)
        try:
            ran = renum("demo", "--leads", "3", "--patience", "6", "--json")
        finally:
            simulator.reset()
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert "1 of 3 people did not come to the end of their story" in ran.stderr
    assert lost.name in ran.stderr
    assert "131026" in ran.stderr
