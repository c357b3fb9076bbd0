"""`renum up --instances N`: N processes behind one address, each on its own; while one is away the others answer."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from devstack import stack
from devstack.errors import StackError
from devstack.processes import ProcessIdentity
from devstack.state import StackDirectory

NAMES = ["functions", "functions-2", "functions-3"]


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The directory of a running stack with three instances."""
    directory = tmp_path_factory.mktemp("stack") / ".renum"
    try:
        stack.start(directory, variables={"RENUM_INSTANCES": "3", "RENUM_VISIBILITY_S": "7", "RENUM_DURABLE": "0"})
        yield directory
    finally:
        stack.stop(directory)


def instances(directory: Path) -> dict[str, ProcessIdentity]:
    """The instances that run now."""
    children = StackDirectory(directory).children().items()
    return {name: identity for name, identity in children if name.startswith("functions") and identity.find()}


def test_each_is_a_process_of_its_own(three: Path) -> None:
    """The first keeps the name that a single one has."""
    found = stack.status(three)["processes"]
    assert [name for name in found if name.startswith("functions")] == NAMES
    assert len({found[name] for name in NAMES}) == 3
    assert None not in {found[name] for name in NAMES}


def test_while_two_are_away_the_third_answers(three: Path) -> None:
    """At once, by the same address; the two come back as other processes."""
    health = stack.environment(three)["FUNCTIONS_URL"].removesuffix("/functions/v1") + "/health"
    deadline = time.monotonic() + 60
    # All are loaded when there is nothing left to wait for: each takes requests only then.
    while time.monotonic() < deadline and not (three / "logs" / "functions-3.log").read_text().count(
        "startup complete"
    ):
        time.sleep(0.05)
    before = instances(three)
    for name in NAMES[:2]:
        os.kill(before[name].pid, signal.SIGKILL)
    while time.monotonic() < deadline and any(before[name].find() for name in NAMES[:2]):
        time.sleep(0.01)
    for _ in range(5):
        answer = httpx.get(health, timeout=30, trust_env=False)
        assert (answer.status_code, answer.json()["loading"]) == (200, [])
    while time.monotonic() < deadline and set(instances(three)) != set(NAMES):
        time.sleep(0.05)
    after = instances(three)
    assert {name: after[name] == before[name] for name in NAMES} == {NAMES[0]: False, NAMES[1]: False, NAMES[2]: True}


def test_claims_last_as_long_in_commits_as_in_the_instances(three: Path) -> None:
    """RENUM_VISIBILITY_S is what the functions read; the database has the same figure."""
    import psycopg

    with psycopg.connect(stack.environment(three)["SUPABASE_DB_URL"]) as connection:
        row = connection.execute("select value from private.settings where key = 'visibility_s'").fetchone()
    assert row == (7,)


def test_down_ends_all_of_them(three: Path) -> None:
    """None is left."""
    before = instances(three)
    assert set(before) == set(NAMES)
    assert stack.stop(three) is True
    assert [name for name, identity in before.items() if identity.find()] == []


def test_a_number_that_is_none_is_refused_with_a_sentence(tmp_path: Path) -> None:
    """Not with a traceback in a log."""
    with pytest.raises(StackError, match="RENUM_INSTANCES is a whole number, not 'many'"):
        stack.start(tmp_path / ".renum", variables={"RENUM_INSTANCES": "many"})
