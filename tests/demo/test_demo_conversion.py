"""The demonstration's other story: who writes to RENUM becomes a client, or hears why not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from devstack.demo.access import Access, rows
from devstack.demo.prospects import prospects
from tests.demo.conftest import Renum

STATES = {"qualified": 2, "not_qualified": 1, "converted": 2, "failed_tasks": 0}
KEYS = {*STATES, "client_id", "project_id", "agent_type", "turns", "seconds"}


@pytest.fixture(scope="module")
def outcome(renum: Renum) -> dict[str, Any]:
    """What a run with two customers to be prints as its last line."""
    ran = renum("demo", "--flow", "conversion", "--leads", "2", "--json")
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


def test_the_last_line_adds_up(outcome: dict[str, Any]) -> None:
    """Two became clients, the third did not, and nothing failed; one turn at least for each thing that was said."""
    assert set(outcome) == KEYS
    assert {name: outcome[name] for name in STATES} == STATES
    assert outcome["agent_type"] == "clinica"
    # Seven messages of each who becomes a customer, four of who is too small; one written into another's turn has none.
    assert 12 <= outcome["turns"] <= 7 * 2 + 4


def test_the_rows_are_what_the_story_says(outcome: dict[str, Any], access: Access) -> None:
    """The client, its owner who signed up, its agent, its draft, and the record of it."""
    operator = access.operator()
    (client,) = rows(operator.table("clients").select("*").eq("id", outcome["client_id"]).execute())
    assert (client["company_name"], client["status"], client["is_house"]) == ("Clínica Boa Vista", "active", False)
    (member,) = rows(operator.table("client_members").select("role,status").eq("client_id", client["id"]).execute())
    assert member == {"role": "owner", "status": "active"}
    (project,) = rows(operator.table("projects").select("id,status,type").eq("client_id", client["id"]).execute())
    assert project == {"id": outcome["project_id"], "status": "draft", "type": "survey"}
    (line,) = rows(operator.table("audit_log").select("action,actor_id").eq("client_id", client["id"]).execute())
    assert line == {"action": "client_created", "actor_id": None}
    (talk,) = rows(operator.table("conversations").select("id").eq("customer_client_id", client["id"]).execute())
    turns = rows(operator.table("turns").select("graph,status").eq("conversation_id", talk["id"]).execute())
    assert {(turn["graph"], turn["status"]) for turn in turns} == {("conversation", "committed")}
    last = operator.table("messages").select("content").eq("conversation_id", talk["id"]).order("seq", desc=True)
    assert "Pesquisa de boas-vindas" in rows(last.limit(1).execute())[0]["content"]


def test_a_second_run_makes_others(outcome: dict[str, Any], renum: Renum) -> None:
    """With an agent and a number of its own; it shows the dialogue and what the answers came to."""
    ran = renum("demo", "--flow", "conversion")
    assert ran.returncode == 0, ran.stderr
    assert "1 of them are clients now" in ran.stdout
    for part in ("Quero contratar a RENUM", "not_qualified", "signed up as clinica.", "Qualification, by the rules"):
        assert part in ran.stdout


def test_no_two_runs_have_the_same_people() -> None:
    """Their numbers and addresses follow from the run's tag; the last is the one below the threshold."""
    first, second = prospects(3, "18f3a2b"), prospects(3, "18f3a2f")
    assert not {p.wa_id for p in first} & {p.wa_id for p in second}
    assert not {p.answers["email"] for p in first} & {p.answers["email"] for p in second}
    assert [p.end for p in first] == ["completed"] * 3 + ["unanswered"]
