"""A database as text that can be compared: its schema, and what `pg_dump --schema-only` does not show."""

from __future__ import annotations

import difflib
import os
import re
import subprocess

import psycopg

from devstack.errors import StackError
from devstack.initdb import program

# The platform's own schemas differ between platforms; partitions are made by the month: see `_BEYOND`.
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
)

_BEYOND = (
    ("cron job", "select jobname || ' | ' || schedule || ' | ' || command from cron.job order by jobname"),
    ("queue", "select queue_name from pgmq.meta order by queue_name"),
    (
        "partition",
        "select relname from pg_class where relnamespace = 'parts'::regnamespace and relkind in ('r', 'p') order by 1",
    ),
    (
        "trigger",
        """select pg_get_triggerdef(t.oid) from pg_trigger t
           join pg_class c on c.oid = t.tgrelid
           join pg_namespace n on n.oid = c.relnamespace
           where n.nspname in ('auth', 'storage', 'realtime') and not t.tgisinternal order by 1""",
    ),
    (
        "schema privilege",
        """select nspname || ' | ' || item::text from pg_namespace cross join unnest(nspacl) as item
           where nspname in ('parts', 'pgmq', 'cron', 'net') order by 1""",
    ),
    ("setting", "select key || ' | ' || value::text || ' | ' || comment from private.settings order by key"),
    (
        "tool",
        """select concat_ws(' | ', name, function_name, active::text, description, parameters_schema::text)
           from public.tools order by name""",
    ),
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


def beyond_the_dump(dsn: str) -> str:
    """Cron jobs, queues, partitions, triggers on the platform's tables, seeded settings and tools: one line each."""
    lines: list[str] = []
    with psycopg.connect(dsn) as connection:
        for what, query in _BEYOND:
            lines += [f"{what}: {' '.join(str(value).split())}" for (value,) in connection.execute(query.encode())]
    return "\n".join(lines) + "\n"


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
