"""The files of one stack directory (`.renum`), and what they say about the running stack."""

from __future__ import annotations

import contextlib
import fcntl
import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from devstack.keys import write_private
from devstack.paths import digest
from devstack.processes import ProcessIdentity

_GITIGNORE = "*\n"


class StackDirectory:
    """One `.renum`. `data/` is Postgres's, `logs/` has a file per part; files with secrets are their owner's only."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.logs = self.root / "logs"
        self.data = self.root / "data"
        self.env_file = self.root / "env"
        self.secrets_file = self.root / "secrets.json"
        self.ports_file = self.root / "ports.json"
        self.state_file = self.root / "state.json"
        self.daemon_lock = self.root / "daemon.lock"
        self.command_lock = self.root / "command.lock"

    def make(self) -> None:
        """Makes the folders. The stack directory keeps itself out of version control."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.logs.mkdir(mode=0o700, exist_ok=True)
        ignore = self.root / ".gitignore"
        if not ignore.exists():
            ignore.write_text(_GITIGNORE)

    @property
    def seed(self) -> str:
        """Hex digits that stand for this directory."""
        return digest(self.root)

    def rotate_logs(self) -> None:
        """`name.log` becomes `name.log.1`: a log tells of one run, the one before stays at hand."""
        for log in self.logs.glob("*.log"):
            log.replace(log.with_name(log.name + ".1"))

    def write_state(self, state: dict[str, Any]) -> None:
        """Replaces the state; stamped with this directory: a copy must not claim the original's processes."""
        write_private(self.state_file, json.dumps({"directory": str(self.root), **state}, indent=2) + "\n")

    def read_state(self) -> dict[str, Any]:
        """What the daemon wrote last; {} when there is nothing, or it is about another directory."""
        state = _read_json(self.state_file)
        return state if state.get("directory") == str(self.root) else {}

    def daemon(self) -> ProcessIdentity | None:
        """The daemon's identity when it runs now."""
        identity = ProcessIdentity.from_json(self.read_state().get("daemon"))
        return identity if identity is not None and identity.find() else None

    def children(self) -> dict[str, ProcessIdentity]:
        """The daemon's child processes by name, as last recorded; whether they still run is another question."""
        recorded = self.read_state().get("children") or {}
        found = {name: ProcessIdentity.from_json(value) for name, value in recorded.items()}
        return {name: identity for name, identity in found.items() if identity is not None}

    def read_ports(self) -> dict[str, int]:
        """The ports of the last run by name, {} when there was none."""
        return {name: port for name, port in _read_json(self.ports_file).items() if isinstance(port, int)}

    def write_ports(self, ports: dict[str, int]) -> None:
        """Remembers the ports for the next run."""
        write_private(self.ports_file, json.dumps(ports, indent=2) + "\n")

    def write_env(self, values: dict[str, str]) -> None:
        """Writes `env`: one shell-quoted KEY=value a line."""
        write_private(self.env_file, "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items()))

    def read_env(self) -> dict[str, str]:
        """Reads `env`; {} when there is none."""
        return read_env_file(self.env_file) if self.env_file.exists() else {}


def read_env_file(file: Path) -> dict[str, str]:
    """Reads KEY=value lines: quotes, comments and a leading `export` as in a shell, nothing is expanded."""
    values = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        words = shlex.split(line, comments=True)
        for word in words[1:] if words[:1] == ["export"] else words:
            name, equals, value = word.partition("=")
            if equals and name.isidentifier():
                values[name] = value
    return values


@contextlib.contextmanager
def held(lock: Path, *, wait: bool) -> Iterator[bool]:
    """Holds `lock` for the block and yields True; yields False when another process holds it and `wait` is false.

    The system lets go of it when the process ends, however it ends.
    """
    with lock.open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _read_json(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
