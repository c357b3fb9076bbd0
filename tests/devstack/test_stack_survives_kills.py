"""Started twice it is started once, a killed part comes back, a killed daemon blocks nothing, down is down."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from devstack import stack
from devstack.paths import socket_path
from devstack.processes import ProcessIdentity
from devstack.state import StackDirectory


def until(true: Callable[[], bool], seconds: float = 15.0) -> None:
    """Waits for something to become true, fails when it does not."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def processes_of(directory: Path) -> dict[str, ProcessIdentity]:
    """Every process that the stack says it has."""
    found = StackDirectory(directory)
    daemon = found.daemon()
    return found.children() | ({"daemon": daemon} if daemon is not None else {})


def answers(url: str) -> bool:
    """True when something answers there, whatever it says."""
    try:
        httpx.get(url, timeout=10, trust_env=False)
    except httpx.TransportError:
        return False
    return True


def test_up_twice_is_harmless(running: Path) -> None:
    """The second start leaves everything as it is."""
    before = processes_of(running)
    assert set(before) == {"daemon", "postgres", "postgrest", "functions"}
    assert stack.start(running) is False
    assert processes_of(running) == before


def test_secrets_are_for_their_owner_only(running: Path) -> None:
    """No file with a secret can be read by others."""
    for name in ("env", "secrets.json", "postgrest.conf", "state.json"):
        assert (running / name).stat().st_mode & 0o077 == 0, name
    assert (running / "logs").stat().st_mode & 0o077 == 0


def test_the_address_in_env_logs_in_as_postgres(running: Path) -> None:
    """With the password over TCP; without it nobody gets in."""
    address = stack.environment(running)["SUPABASE_DB_URL"]
    with psycopg.connect(address) as connection:
        assert connection.execute("select current_user::text").fetchone() == ("postgres",)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(address, password="wrong")


@pytest.mark.parametrize(("part", "variable"), [("postgrest", "RENUM_REST_URL"), ("functions", "FUNCTIONS_URL")])
def test_a_killed_child_comes_back(running: Path, part: str, variable: str) -> None:
    """As another process, at the same address."""
    before = processes_of(running)[part]
    os.kill(before.pid, signal.SIGKILL)
    until(lambda: processes_of(running)[part] != before)
    until(lambda: answers(stack.environment(running)[variable]))


def test_a_killed_postgres_comes_back_with_its_data(running: Path) -> None:
    """What was committed is there again."""
    address = stack.environment(running)["SUPABASE_DB_URL"]
    with psycopg.connect(address) as connection:
        connection.execute("create table kept_over_a_crash as select 1 as one")
    before = processes_of(running)["postgres"]
    os.kill(before.pid, signal.SIGKILL)
    until(lambda: processes_of(running)["postgres"] != before)
    with psycopg.connect(address) as connection:
        assert connection.execute("select one from kept_over_a_crash").fetchone() == (1,)
        connection.execute("drop table kept_over_a_crash")


def test_a_lost_socket_comes_back(running: Path) -> None:
    """Somebody cleaned the temporary folder while the stack ran."""
    folder = socket_path(StackDirectory(running).data)
    before = processes_of(running)["postgres"]
    shutil.rmtree(folder)
    until(lambda: processes_of(running)["postgres"] != before)
    with psycopg.connect(
        host=str(folder), port=StackDirectory(running).read_ports()["postgres"], user="postgres"
    ) as again:
        assert again.execute("select 1").fetchone() == (1,)


def test_a_killed_daemon_blocks_nothing(running: Path) -> None:
    """The next start ends what was left, and comes up at the same addresses with the same keys."""
    before, environment = processes_of(running), stack.environment(running)
    os.kill(before["daemon"].pid, signal.SIGKILL)
    until(lambda: before["daemon"].find() is None)
    assert stack.status(running)["running"] is False
    assert stack.start(running) is True
    assert [name for name, identity in before.items() if identity.find()] == []
    after = stack.environment(running)
    changed = {name for name in environment if environment[name] != after[name]}
    assert changed <= {"RENUM_WORKER_KEY", "RENUM_STORAGE_KEY"}  # minted at every start
    assert answers(after["SUPABASE_URL"])


def test_a_copied_directory_does_not_claim_the_originals_processes(running: Path, tmp_path: Path) -> None:
    """Stopping the copy stops nothing."""
    copy = tmp_path / ".renum"
    shutil.copytree(running, copy, ignore=shutil.ignore_patterns("data"))
    assert stack.is_running(copy) is False
    assert stack.stop(copy) is False
    assert stack.is_running(running) is True


def test_down_leaves_nothing(running: Path) -> None:
    """No process of the stack, and no process that knows of its folder; a second time there is nothing to do."""
    before, environment = processes_of(running), stack.environment(running)
    assert stack.stop(running) is True
    assert [name for name, identity in before.items() if identity.find()] == []
    known = []
    for process in psutil.process_iter(["pid", "cmdline", "cwd"]):
        words = [*(process.info["cmdline"] or []), process.info["cwd"] or ""]
        if any(str(running) in word for word in words):
            known.append(process.info)
    assert known == []
    assert not answers(environment["SUPABASE_URL"])
    assert stack.stop(running) is False
