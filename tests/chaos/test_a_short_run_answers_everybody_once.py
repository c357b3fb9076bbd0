"""`renum chaos` in its short form: real kills on a real stack, and the one line that it ends with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

KEYS = [
    "inbound", "answered", "failed", "lost", "duplicated", "reordered", "overlapping_leases", "deadlocks", "kills",
    "seconds",
]  # fmt: skip
TURNS = 80


def chaos(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the command on a stack in `directory` that a power cut may damage."""
    command = [sys.executable, "-m", "devstack.cli", "chaos", "--json", "--dir", str(directory), *arguments]
    environment = {**os.environ, "RENUM_DURABLE": "0"}
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment)


def test_whatever_is_killed_everybody_is_answered_once_and_in_order(tmp_path: Path) -> None:
    """Instances, PostgREST and Postgres die in mid-run: nothing lost, doubled, out of order, overlapping."""
    directory = tmp_path / "run"
    run = chaos(directory, "--turns", str(TURNS), "--leads", "10", "--instances", "4", "--seed", "11")
    assert run.returncode == 0, run.stderr
    (line,) = run.stdout.splitlines()
    figures = json.loads(line)
    assert list(figures) == KEYS
    wrong = ("lost", "duplicated", "reordered", "overlapping_leases", "deadlocks")
    assert {name: figures[name] for name in wrong} == dict.fromkeys(wrong, 0), run.stderr
    # A turn answers at least one message.
    assert figures["inbound"] >= TURNS
    assert figures["answered"] + figures["failed"] == figures["inbound"]
    # Of the functions four at least, PostgREST once, Postgres twice.
    assert figures["kills"] >= 7
    assert not directory.exists(), "a good run leaves nothing behind"


def test_a_directory_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    """A run takes a directory of its own, and removes it: never one that was there with something in it."""
    (tmp_path / "letter.txt").write_text("keep me")
    run = chaos(tmp_path)
    assert (run.returncode, run.stdout) == (1, "")
    assert "is not empty" in run.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]
