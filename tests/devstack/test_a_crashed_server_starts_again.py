"""Nothing that a dead server leaves behind keeps the next one from starting."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from devstack.postgres import Cluster


@pytest.fixture
def server() -> Iterator[Cluster]:
    """A server of its own, started."""
    with tempfile.TemporaryDirectory(prefix="renum-crash-") as folder:
        found = Cluster(Path(folder) / "a folder with 'quotes' and ações" / ".renum", durable=False)
        found.start()
        yield found
        found.stop()


def test_after_a_kill_with_sessions_open(server: Cluster) -> None:
    """The killed server's backends and its pid file are in the way, and are cleared."""
    main = server.postmaster()
    assert main is not None
    session = psycopg.connect(server.dsn(), autocommit=True)
    os.kill(main.pid, signal.SIGKILL)
    server.start()
    session.close()
    with psycopg.connect(server.dsn()) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_with_a_pid_file_that_names_a_stranger(server: Cluster) -> None:
    """A pid is not a proof: the file of a dead server may name any program that runs now."""
    server.stop()
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n0\n5432\n/tmp\n\n0 0\nready\n")
    assert server.running is False
    server.start()
    assert server.running is True


def test_starting_and_stopping_twice_is_harmless(server: Cluster) -> None:
    """The same server goes on, then none is there."""
    before = server.postmaster()
    server.start()
    assert server.postmaster() == before
    server.stop()
    server.stop()
    assert server.running is False
