"""Starting, stopping and looking at a stack from outside: what the commands use."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil

from devstack.errors import StackError
from devstack.paths import CHECKOUT, remove_socket_dir
from devstack.processes import ProcessIdentity, postgres_processes, wait_until_gone
from devstack.state import StackDirectory, held, read_env_file

DEFAULT_DIRECTORY = Path(".renum")
# Long enough for PostgREST to be downloaded over a slow line; every step has a limit of its own.
_START_PATIENCE_S = 600.0
_STOP_PATIENCE_S = 40.0

Progress = Callable[[str, float | None], None]
"""Told each step's name when it begins (None) and again when it is done (its seconds)."""


def is_running(directory: Path = DEFAULT_DIRECTORY) -> bool:
    """True when the stack in `directory` is up and ready."""
    stack = StackDirectory(directory)
    return stack.daemon() is not None and stack.read_state().get("phase") == "ready"


def environment(directory: Path = DEFAULT_DIRECTORY) -> dict[str, str]:
    """What `.renum/env` of a running stack says. Raises StackError when none runs there."""
    if not is_running(directory):
        raise StackError(f"No stack is running in {directory}: run `renum up` first.")
    return StackDirectory(directory).read_env()


def start(
    directory: Path = DEFAULT_DIRECTORY,
    *,
    port: int | None = None,
    fresh: bool = False,
    env_file: Path | None = None,
    variables: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> bool:
    """Brings the stack up and returns when it is ready; False when it was running already (and was left alone).

    `port` fixes the gateway's port; `fresh` throws the data away first (a running stack is stopped for it); `env_file`
    has variables for the stack and its functions (RENUM_MODEL, a provider's API key, …), the shell's own win, and
    `variables` win over both. Raises StackError when it cannot.
    """
    stack = StackDirectory(directory)
    stack.make()
    given = read_env_file(env_file) if env_file is not None else {}
    with held(stack.command_lock, wait=True):
        if is_running(directory) and not fresh:
            return False
        _end_everything(stack)
        if fresh:
            _throw_data_away(stack)
        stack.rotate_logs()
        stack.state_file.unlink(missing_ok=True)
        daemon = _spawn(stack, port, {**given, **os.environ, **(variables or {})})
        _follow(stack, daemon, progress or (lambda name, seconds: None))
    return True


def stop(directory: Path = DEFAULT_DIRECTORY) -> bool:
    """Stops the stack, and whatever an earlier crash left of it. False when nothing was running."""
    stack = StackDirectory(directory)
    if not stack.root.is_dir():
        return False
    with held(stack.command_lock, wait=True):
        return _end_everything(stack)


def status(directory: Path = DEFAULT_DIRECTORY) -> dict[str, Any]:
    """What runs, as JSON values.

    `{"running", "phase", "directory", "urls": {name: url}, "processes": {name: pid or None}, "warnings": [sentence],
    "queues": [{"queue", "length", "oldest_seconds"}]}`
    """
    stack = StackDirectory(directory)
    state, daemon = stack.read_state(), stack.daemon()
    processes = {name: identity.pid if identity.find() else None for name, identity in stack.children().items()}
    running = daemon is not None and state.get("phase") == "ready"
    return {
        "running": running,
        "phase": state.get("phase", "stopped") if daemon is not None else "stopped",
        "directory": str(stack.root),
        "urls": state.get("urls", {}) if running else {},
        "processes": {"daemon": daemon.pid if daemon else None, **processes},
        "queues": _queues(stack.read_env().get("SUPABASE_DB_URL")) if running else [],
        "warnings": state.get("warnings", []) if running else [],
    }


def _spawn(stack: StackDirectory, port: int | None, variables: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "devstack.daemon", str(stack.root), *([str(port)] if port is not None else [])]
    handle = os.open(stack.logs / "daemon.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        # A session of its own: it outlives this command and its terminal.
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=handle,
            start_new_session=True,
            cwd=CHECKOUT,
            env=variables,
        )
    finally:
        os.close(handle)


def _follow(stack: StackDirectory, daemon: subprocess.Popen[bytes], progress: Progress) -> None:
    """Reports the daemon's steps until it is ready. Raises StackError and leaves nothing running if it fails."""
    told: dict[str, float | None] = {}
    deadline = time.monotonic() + _START_PATIENCE_S
    try:
        while time.monotonic() < deadline:
            ended = daemon.poll() is not None
            state = stack.read_state()
            for step in state.get("steps", []):
                name, seconds = step["name"], step["seconds"]
                if name not in told or told[name] != seconds:
                    told[name] = seconds
                    progress(name, seconds)
            if state.get("phase") == "ready":
                return
            if ended:
                raise StackError(
                    state.get("error") or f"The stack did not start; its log is {stack.logs / 'daemon.log'}."
                )
            time.sleep(0.02)
        raise StackError(
            f"The stack was not ready within {_START_PATIENCE_S:.0f} s; its log is {stack.logs / 'daemon.log'}."
        )
    except BaseException:
        # Ctrl-C, too: half a stack helps nobody.
        _end_everything(stack)
        with contextlib.suppress(ProcessLookupError):
            daemon.kill()
        daemon.wait()
        raise


def _end_everything(stack: StackDirectory) -> bool:
    """Ends the daemon, then the recorded children (of one that was killed), then their Postgres."""
    daemon, children = stack.daemon(), stack.children()
    ended = daemon.end(_STOP_PATIENCE_S) if daemon is not None else False
    leftovers = [identity for name, identity in children.items() if name != "postgres"]
    for identity in leftovers:
        ended = identity.end() or ended
    return _end_postgres(stack, children.get("postgres")) or ended


def _end_postgres(stack: StackDirectory, main: ProcessIdentity | None) -> bool:
    # SIGINT is Postgres's fast and orderly shutdown; SIGTERM would wait for its clients.
    process = main.find() if main is not None else None
    if process is not None:
        with contextlib.suppress(psutil.Error):
            process.send_signal(signal.SIGINT)
            wait_until_gone([process], 20)
    left = postgres_processes(stack.data)
    for remaining in left:
        with contextlib.suppress(psutil.Error):
            remaining.kill()
    wait_until_gone(left, 5)
    remove_socket_dir(stack.data)
    return process is not None or bool(left)


def _throw_data_away(stack: StackDirectory) -> None:
    # Only what initdb made: a --dir that points at something else by mistake loses nothing.
    if (stack.data / "PG_VERSION").exists():
        shutil.rmtree(stack.data)
        shutil.rmtree(stack.root / "storage", ignore_errors=True)


def _queues(url: str | None) -> list[dict[str, Any]]:
    if not url:
        return []
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            if connection.execute("select to_regclass('pgmq.meta') is not null").fetchone() != (True,):
                return []
            rows = connection.execute(
                "select queue_name, queue_length, oldest_msg_age_sec from pgmq.metrics_all() order by 1"
            )
            return [{"queue": name, "length": length, "oldest_seconds": age} for name, length, age in rows]
    except psycopg.Error:
        return []
