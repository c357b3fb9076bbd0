"""Processes by identity: a pid alone may by now belong to somebody else, a pid with its start time cannot."""

from __future__ import annotations

import contextlib
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from devstack.paths import digest

# psutil derives start times from the boot time, which moves a little when the clock is adjusted.
_START_TIME_TOLERANCE_S = 2.0


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """One process of this machine: `pid` and when it started (seconds since the epoch)."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> ProcessIdentity | None:
        """The identity of the process that has `pid` now; None when there is none."""
        try:
            return cls(pid, psutil.Process(pid).create_time())
        except psutil.Error:
            return None

    @classmethod
    def from_json(cls, value: Any) -> ProcessIdentity | None:
        """Reads what `to_json` wrote; None for anything else."""
        try:
            return cls(int(value["pid"]), float(value["started"]))
        except (KeyError, TypeError, ValueError):
            return None

    def to_json(self) -> dict[str, float]:
        """`{"pid", "started"}`."""
        return asdict(self)

    def find(self) -> psutil.Process | None:
        """The process if it still runs; None when it ended, is a zombie, or its pid is another's by now."""
        try:
            process = psutil.Process(self.pid)
            if abs(process.create_time() - self.started) > _START_TIME_TOLERANCE_S:
                return None
            return None if process.status() == psutil.STATUS_ZOMBIE else process
        except psutil.Error:
            return None

    def end(self, patience_s: float = 5.0) -> bool:
        """Asks the process to end (SIGTERM), then makes it (SIGKILL). True when there was something to end."""
        process = self.find()
        if process is None:
            return False
        with contextlib.suppress(psutil.Error):
            process.terminate()
            if not wait_until_gone([process], patience_s):
                process.kill()
                wait_until_gone([process], patience_s)
        return True


def wait_until_gone(processes: list[psutil.Process], patience_s: float) -> bool:
    """Waits until every one of `processes` ended; False when one has not within `patience_s` seconds.

    A zombie has ended: whose child it was reads its exit code when it likes (in a container, process 1 may take
    seconds).
    """
    deadline = time.monotonic() + patience_s
    while any(_lives(process) for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running()) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def postgres_processes(data: Path) -> list[psutil.Process]:
    """Every Postgres process that works in the data directory `data`: the main one, or a backend that a crash left.

    Told by the command line, which any user may read: the main process has the directory in it, the others carry the
    name that `server_name` gives the server. (Their working directory would tell, too, but not to root in a container.)
    """
    return [process for process in psutil.process_iter() if is_postgres(process, data)]


def is_postgres(process: psutil.Process, data: Path) -> bool:
    """True when `process` is a living part of the server whose data directory is `data`."""
    try:
        line = process.cmdline()
        if process.status() == psutil.STATUS_ZOMBIE or not process.name().startswith("postgres"):
            return False
    except (psutil.Error, OSError):
        return False
    return line[1:3] == ["-D", str(data)] or " ".join(line).startswith(f"postgres: {server_name(data)}: ")


def server_name(data: Path) -> str:
    """The `cluster_name` of the server in `data`: Postgres shows it in the titles of its processes."""
    return f"renum-{digest(data)}"
