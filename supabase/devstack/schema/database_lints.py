"""Rules about a database: queries in `lints/` that return a sentence per finding, and reasons in `allowed.toml`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import psycopg

from devstack.paths import CHECKOUT

_FOLDER = Path(__file__).with_name("lints")
ALLOWED = Path("supabase/allowed.toml")
_HEAD = re.compile(r"-- title: (?P<title>.+)\n-- why: (?P<why>.+)\n")
OURS = ("public", "worker", "private", "agent_tools")


@dataclass(frozen=True, slots=True)
class Lint:
    """One rule: `name` is the file's, number included; `query` returns one text column."""

    name: str
    title: str
    why: str
    query: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a rule does not hold."""

    rule: str
    text: str


def all_lints() -> list[Lint]:
    """The rules in the order of their numbers. ValueError for a file without its two head lines."""
    found: list[Lint] = []
    for path in sorted(_FOLDER.glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        head = _HEAD.match(text)
        if head is None:
            raise ValueError(f"{path.name} does not begin with `-- title:` and `-- why:`")
        found.append(Lint(path.stem, head["title"], head["why"], text[head.end() :].strip().rstrip(";")))
    return found


def run_lints(connection: psycopg.Connection, names: list[str] | None = None, root: Path = CHECKOUT) -> list[Finding]:
    """Runs the rules (all, or those named) and returns what they found, in their order. Leaves nothing behind.

    Findings that `supabase/allowed.toml` below `root` gives a reason for are left out; a reason without its finding is
    a finding.
    """
    reasons = allowances(root)
    found: list[Finding] = []
    with connection.transaction(force_rollback=True):
        # Names come out schema-qualified.
        connection.execute("set local search_path = ''")
        for lint in all_lints():
            if names is None or lint.name in names:
                texts = [str(text) for (text,) in connection.execute(lint.query.encode())]
                found += excused(lint.name, texts, reasons.get(lint.name, {}))
    return found


def allowances(root: Path = CHECKOUT) -> dict[str, dict[str, str]]:
    """Rule → finding, word for word → why it is meant to be. {} without the file; ValueError for an empty reason."""
    file = root / ALLOWED
    if not file.exists():
        return {}
    read: dict[str, dict[str, str]] = tomllib.loads(file.read_text(encoding="utf-8"))
    for rule, reasons in read.items():
        for text, why in reasons.items():
            if not why.strip():
                raise ValueError(f"{file.name}: {rule} allows `{text}` without a reason")
    return read


def excused(rule: str, texts: list[str], reasons: dict[str, str]) -> list[Finding]:
    """The findings that have no reason, then the reasons that have no finding (any more)."""
    left = [text for text in texts if text not in reasons]
    left += [f"{ALLOWED.name} allows what is not found: {text}" for text in reasons if text not in texts]
    return [Finding(rule, text) for text in left]
