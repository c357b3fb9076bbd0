"""A database's schema as text, and the difference of two texts. What the dump leaves out: `beyond.py`."""

from __future__ import annotations

import difflib
import os
import re
import subprocess

from devstack.errors import StackError
from devstack.initdb import program

# The platform's own schemas differ between platforms; partitions are made by the month: `beyond.py` says more of them.
_EXCLUDED = (
    "parts",
    "auth",
    "storage",
    "realtime",
    "vault",
    "extensions",
    "pgmq",
    "cron",
    "net",
    "supabase_migrations",
)
# Lines that depend on the dumping program or the moment, not on the schema.
_NOISE = re.compile(
    r"^(\\(un)?restrict\b|SET |SELECT pg_catalog\.set_config|-- (Dumped|Started|Completed)\b|--$|-- PostgreSQL data)"
    # The server's own bookkeeping since 15.20, another number in every database.
    r"|^ALTER TABLE ONLY \S+ ALTER COLUMN \S+ SET \(pg_attver=\d+\);$"
)


def schema_dump(dsn: str) -> str:
    """`pg_dump --schema-only` of our own schemas, without what differs from one run to the next.

    Raises StackError if pg_dump fails.
    """
    command = [
        str(program("pg_dump")),
        "--schema-only",
        "--no-security-labels",
        *(f"--exclude-schema={s}" for s in _EXCLUDED),
        f"--dbname={dsn}",
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PGTZ": "UTC", "LC_ALL": "C"}
    )
    if done.returncode != 0:
        raise StackError(f"pg_dump failed: {done.stderr.strip()}")
    return normalised(done.stdout)


def normalised(dump: str) -> str:
    """The dump without noise lines and with at most one blank line in a row."""
    lines: list[str] = []
    for line in dump.splitlines():
        if not _NOISE.match(line) and (line or (lines and lines[-1])):
            lines.append(line)
    return "\n".join(lines).strip() + "\n"


def difference(before: str, after: str, before_name: str, after_name: str, *, at_most: int = 120) -> list[str]:
    """Unified diff lines, each part headed by its object; empty when both are the same, cut after `at_most`."""
    left, right = before.splitlines(), after.splitlines()
    lines: list[str] = []
    for line in difflib.unified_diff(left, right, before_name, after_name, lineterm="", n=2):
        place = re.match(r"@@ -(\d+)", line)
        lines.append(f"@@ {_object_at(left, int(place[1]))}" if place else line)
    return lines if len(lines) <= at_most else [*lines[:at_most], f"… and {len(lines) - at_most} lines more"]


def _object_at(lines: list[str], number: int) -> str:
    for line in reversed(lines[: number + 2]):
        if name := re.match(r"-- Name: ([^;]+); Type: ([^;]+)", line):
            return f"{name[2].lower()} {name[1]}"
    return f"line {number}"
