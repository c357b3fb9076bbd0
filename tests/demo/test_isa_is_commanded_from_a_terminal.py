"""`renum isa`: an admin asks and commands, and nothing is done without a yes."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest

from devstack.demo.access import Access, rows
from tests.demo.conftest import Renum

PASSWORD = "uma-senha-bem-longa"


@pytest.fixture(scope="module")
def admin(renum: Renum) -> list[str]:
    """How an admin signs in."""
    email = f"isa.{secrets.token_hex(4)}@renum.example"
    assert renum("admin", "create", email, "--password", PASSWORD).returncode == 0
    return ["--email", email, "--password", PASSWORD]


@pytest.fixture(scope="module")
def seeded(renum: Renum) -> dict[str, Any]:
    """A client with a project that runs."""
    ran = renum("seed", "--leads", "3", "--questions", "1", "--phone-number-id", "79", "--app-secret", "s", "--json")
    made: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return made


def status(access: Access, made: dict[str, Any]) -> str:
    """The project's."""
    query = access.operator().table("projects").select("status").eq("id", made["project_id"])
    return str(rows(query.execute())[0]["status"])


def test_figures_and_rows_are_printed(renum: Renum, admin: list[str], seeded: dict[str, Any]) -> None:
    """A sentence for a figure, a table for rows, one line of JSON for a program."""
    ran = renum("isa", "quantos", "leads", "tem", "o", "cliente", seeded["client_id"], *admin)
    assert ran.returncode == 0, ran.stderr
    assert "3 leads" in ran.stdout
    ran = renum("isa", f"mostra os leads do cliente {seeded['client_id']}", *admin)
    assert ran.returncode == 0, ran.stderr
    assert "+5511900000002" in ran.stdout
    ran = renum("isa", f"mostra os leads do cliente {seeded['client_id']}", "--json", *admin)
    assert json.loads(ran.stdout)["data"][0]["count"] == 3


def test_nothing_is_done_without_a_yes(renum: Renum, access: Access, admin: list[str], seeded: dict[str, Any]) -> None:
    """A plan is shown and ends with code 2; --yes does it; --json never asks and shows the token."""
    pause = f"pausa o projeto {seeded['project_id']}"
    ran = renum("isa", pause, *admin)
    assert ran.returncode == 2, ran.stderr
    assert "Vou pausar" in ran.stdout
    assert "Nada foi feito" in ran.stdout
    ran = renum("isa", pause, "--json", *admin)
    assert (ran.returncode, json.loads(ran.stdout)["done"]) == (0, None)
    assert json.loads(ran.stdout)["token"]
    assert status(access, seeded) == "active"
    ran = renum("isa", pause, "--yes", *admin)
    assert ran.returncode == 0, ran.stderr
    assert "está em pausa" in ran.stdout
    assert status(access, seeded) == "paused"
    ran = renum("isa", f"retoma o projeto {seeded['project_id']}", "--yes", "--json", *admin)
    assert json.loads(ran.stdout)["done"]["data"][0]["done"] is True
    assert status(access, seeded) == "active"


def test_a_clients_owner_is_refused(renum: Renum, seeded: dict[str, Any]) -> None:
    """In a sentence, with code 1."""
    who = ["--email", seeded["owner_email"], "--password", seeded["owner_password"]]
    ran = renum("isa", "quantos leads?", *who)
    assert ran.returncode == 1
    assert "only an admin commands ISA" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_its_help_has_examples(renum: Renum) -> None:
    """What one can say, and what the exit codes mean."""
    ran = renum("isa", "--help")
    assert ran.returncode == 0
    assert "quantas entrevistas ontem?" in ran.stdout
