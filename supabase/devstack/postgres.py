"""One embedded PostgreSQL 18 server: a plain child process, reachable over a private socket, gone when stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from devstack import privileges
from devstack.errors import StackError
from devstack.extensions import write_extensions
from devstack.initdb import SUPERUSER, initialise, program
from devstack.paths import make_socket_dir, remove_socket_dir, socket_path
from devstack.processes import ProcessIdentity, is_postgres, postgres_processes, server_name, wait_until_gone

_SOCKET_PORT = 5432
_START_PATIENCE_S = 30.0

# For a small machine with a hundred connections that are mostly idle. What is not here is PostgreSQL's default.
_SETTINGS = {
    "max_connections": "100",
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "1GB",
    "max_wal_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "io_method": "sync",  # three helper processes fewer; the data fits in memory
    "max_parallel_workers_per_gather": "1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    # Statements and details carry people's data and secrets; the caller gets them in the error, the log does not.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    # Who waits for a lock for longer than a deadlock takes to be found; deadlocks themselves are errors, always logged.
    "log_lock_waits": "on",
}
# Committed work still survives the death of the server, only not that of the machine.
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}


class Cluster:
    """One server with its data below `directory` (`directory/data`), superuser role `supabase_admin`.

    `port` is the TCP port on 127.0.0.1, where roles that have a password may log in with it; None listens on the
    private Unix socket only, where everybody who can reach it (this user) may be any role. `durable=False` is for
    tests: a power cut loses the data.
    """

    pristine: str | None = None  # databases are made from nothing

    def __init__(self, directory: Path, port: int | None = None, *, durable: bool = True) -> None:
        self.directory = directory.resolve()
        self.data = self.directory / "data"
        self.extensions = self.directory / "extensions"
        self.log = self.directory / "logs" / "postgres.log"
        self.port = port
        self._durable = durable
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """True while a server works in this data directory, whoever started it."""
        return self.postmaster() is not None

    def postmaster(self) -> ProcessIdentity | None:
        """The running server's main process; None when there is none."""
        if self._child is not None and self._child.poll() is not None:
            self._child = None
        lines = self._pid_file()
        if not lines or not lines[0].isdigit():
            return None
        # The file may be left over from a crash and its pid taken by another program: look at what that process is.
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(int(lines[0]))
            if is_postgres(process, self.data):
                return ProcessIdentity(process.pid, process.create_time())
        return None

    @property
    def reachable(self) -> bool:
        """True while the socket is there: cleaners of temporary folders take it away, and it does not come back."""
        return (socket_path(self.data) / f".s.PGSQL.{self.port or _SOCKET_PORT}").exists()

    def dsn(self, database: str = "postgres", user: str = SUPERUSER) -> str:
        """A libpq URL over the private socket, for any role, without a password."""
        host = quote(str(socket_path(self.data)), safe="")
        return f"postgresql://{quote(user)}@/{quote(database)}?host={host}&port={self.port or _SOCKET_PORT}"

    def start(self) -> None:
        """Starts the server (initialising its data when needed) and returns when it answers. Harmless when it runs.

        Raises StackError with the end of the server's log when it does not come up.
        """
        if self.running and self._wait_until_ready(None):
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(mode=0o700, exist_ok=True)
        self._clear_leftovers()
        write_extensions(self.extensions)
        if not (self.data / "PG_VERSION").exists():
            initialise(self.data)
        elif self.data.stat().st_uid != privileges.server_uid():
            # A copied checkout: the files belong to whoever copied them.
            privileges.give(self.data, privileges.server_uid())
        line, identity = privileges.command_as(
            privileges.server_uid(), self._command(), program("postgres"), program("postgres").parent, self.directory
        )
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C in a terminal is for us, and we stop the server in order.
            self._child = subprocess.Popen(
                line,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                env=_environment(),
                **identity,
            )
        self._wait_until_ready(self._child)

    def stop(self) -> None:
        """Stops the server: sessions are cut off, committed work is kept. Harmless when it does not run."""
        running = self.postmaster()
        process = running.find() if running else None
        for number, patience in ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            if process is None:
                break
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)
            if self._gone(process, patience):
                break
        self._child = None
        remove_socket_dir(self.data)

    def _gone(self, process: psutil.Process, patience: float) -> bool:
        gone = wait_until_gone([process], patience)
        if gone and self._child is not None and self._child.pid == process.pid:
            self._child.wait()  # ours to reap
        return gone

    def _command(self) -> list[str]:
        settings = _SETTINGS | ({} if self._durable else _NOT_DURABLE)
        settings |= {
            "cluster_name": server_name(self.data),
            "unix_socket_directories": str(make_socket_dir(self.data, privileges.server_uid())),
            "listen_addresses": "127.0.0.1" if self.port else "",
            "port": str(self.port or _SOCKET_PORT),
            "extension_control_path": f"$system:{self.extensions}",
        }
        command = [str(program("postgres")), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        return command

    def _pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _clear_leftovers(self) -> None:
        """What a crash left must not block this start: backends hold shared memory, the pid file names a stranger."""
        left = postgres_processes(self.data)
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        wait_until_gone(left, 5)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _wait_until_ready(self, child: subprocess.Popen[bytes] | None) -> bool:
        """True when the server answers; False when somebody else's (no `child`) ended meanwhile. Ours must not end."""
        deadline = time.monotonic() + _START_PATIENCE_S
        while time.monotonic() < deadline:
            if child is None and not self.running:
                return False
            if child is not None and child.poll() is not None:
                self._child = None
                raise StackError(f"PostgreSQL did not start ({self.log}): {_last_lines(self.log)}")
            lines = self._pid_file()
            if len(lines) >= 8 and lines[7].strip() == "ready":
                with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.dsn(), connect_timeout=2):
                    return True
            time.sleep(0.01)
        self.stop()
        raise StackError(
            f"PostgreSQL was not ready within {_START_PATIENCE_S:.0f} s ({self.log}): {_last_lines(self.log)}"
        )


def _environment() -> dict[str, str]:
    # PG* variables of the caller's shell would change the server; its messages have to be readable to this program.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def _last_lines(log: Path, count: int = 3) -> str:
    try:
        return " / ".join(line.strip() for line in log.read_text(errors="replace").splitlines()[-count:])
    except OSError:
        return "no log"
