"""Migrations made from the source, and what they have recorded of it.

Each part names the file it came from, so the migrations themselves say which version of which file they carry:

    -- source: sql/60_rpc/claim_tasks.sql sha256:9f…     the file as it then was, verbatim or by hand
    -- removed: sql/60_rpc/old.sql                       the file is gone since this migration
    -- first: policies/leads.sql                         what makes the file after it fit to be run again

A migration listed in `migrations.lock` (lines as `sha256sum` writes them) has been run somewhere and never changes.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from devstack.errors import StackError
from devstack.schema.source import SourceFile, source_files
from devstack.schema.statements import statements

PLACE = "-- WRITE THE ALTER HERE: "
LOCK = "migrations.lock"
_MARK = re.compile(
    r"^-- (?:source: (?P<path>\S+) sha256:(?P<sha>[0-9a-f]{64})(?P<hand> by hand)?|removed: (?P<gone>\S+)|first: \S+)$",
    re.MULTILINE,
)
_FILE_NAME = re.compile(r"(?P<version>\d{14})_(?P<name>[a-z][a-z0-9_]*)\.sql")


class MigrationError(StackError):
    """A migration cannot be written or frozen; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the migrations say of one source file: its digest, and its text where it stands in a migration verbatim."""

    sha256: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between source and record. `kind` is new, changed, moved or removed; removed has no `file`."""

    kind: str
    path: str
    file: SourceFile | None
    before: Recorded | None
    moved_from: str = ""


def migration_files(directory: Path) -> list[Path]:
    """The migrations in the order in which they run."""
    return sorted(directory.glob("*.sql"))


def recorded(directory: Path) -> dict[str, Recorded]:
    """For each source file that the migrations carry: the version that the last of them recorded."""
    state: dict[str, Recorded] = {}
    texts: dict[str, str] = {}
    for path in migration_files(directory):
        text = path.read_text(encoding="utf-8")
        marks = list(_MARK.finditer(text))
        for mark, following in zip(marks, [*marks[1:], None], strict=True):
            if mark["gone"]:
                state.pop(mark["gone"], None)
            if not mark["path"]:
                continue
            body = text[mark.end() + 1 : following.start() if following else len(text)]
            # Verbatim text may be followed by the blank line that sets the next part off.
            for candidate in (body, body.removesuffix("\n")):
                texts[hashlib.sha256(candidate.encode()).hexdigest()] = candidate
            state[mark["path"]] = Recorded(mark["sha"], texts.get(mark["sha"]))
    return state


def changes(root: Path, directory: Path) -> list[Change]:
    """What the source has that the migrations have not, in path order.

    Removed files come last, so that what used them is replaced before.
    """
    state = recorded(directory)
    files = source_files(root)
    present = {f.path for f in files}
    gone = {path: state[path] for path in state if path not in present}
    by_digest = {before.sha256: path for path, before in gone.items()}
    found: list[Change] = []
    for file in files:
        before = state.get(file.path)
        if before is None and (old := by_digest.pop(file.sha256, None)):
            found.append(Change("moved", file.path, file, gone.pop(old), moved_from=old))
        elif before is None:
            found.append(Change("new", file.path, file, None))
        elif before.sha256 != file.sha256:
            found.append(Change("changed", file.path, file, before))
    return found + [Change("removed", path, None, before) for path, before in gone.items()]


def _render(change: Change) -> str:
    if change.file is None:
        return f"-- removed: {change.path}\n{PLACE}drop what {change.path} made, as the file is gone\n"
    mark = f"-- source: {change.path} sha256:{change.file.sha256}"
    if change.kind == "moved":
        return (
            f"-- removed: {change.moved_from}\n{mark}\n-- The same text as before, under a new name: nothing to run.\n"
        )
    if change.kind == "new":
        return f"{mark}\n{change.file.text}"
    if change.file.rerunnable:
        return f"{_drops(change, change.file)}{mark}\n{change.file.text}"
    return f"{mark} by hand\n{_difference(change, change.file)}{PLACE}bring {change.path} to this version\n"


def _drops(change: Change, file: SourceFile) -> str:
    """DROPs for the policies and triggers of both versions of the file: what it no longer names has to go, too."""
    before = list(statements(change.before.text)) if change.before and change.before.text else []
    drops = dict.fromkeys(drop for s in [*before, *file.statements] if (drop := s.drop_first))
    return "".join(f"{line}\n" for line in [f"-- first: {file.path}", *drops]) if drops else ""


def _difference(change: Change, file: SourceFile) -> str:
    if change.before is None or change.before.text is None:
        return ""
    lines = difflib.unified_diff(
        change.before.text.splitlines(), file.text.splitlines(), "before", "now", lineterm="", n=1
    )
    return "".join(f"--   {line}".rstrip() + "\n" for line in lines)


def write_migration(root: Path, directory: Path, name: str, *, again: bool = False) -> tuple[Path | None, list[Change]]:
    """Writes the migration that carries every change of the source; returns its path (None: no change) and the changes.

    `again` first removes the last migration, if it is not frozen and nobody has written into it, and writes it anew.
    Raises MigrationError for a name that is none, an unfinished migration, or an `again` that would lose something.
    """
    name = re.sub(r"[\s-]+", "_", name.strip().lower())
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise MigrationError(f"{name!r} is no name for a migration: a letter, then letters, digits and underscores")
    directory.mkdir(parents=True, exist_ok=True)
    files = migration_files(directory)
    if again and files:
        _require_disposable(files[-1], directory)
        files[-1].unlink()
        files.pop()
    if unfinished := places(directory):
        raise MigrationError(f"finish the last migration first: {unfinished[0]}")
    found = changes(root, directory)
    if not found:
        return None, []
    stamp = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
    if files and files[-1].name[:14] >= stamp:
        stamp = str(int(files[-1].name[:14]) + 1)
    path = directory / f"{stamp}_{name}.sql"
    header = "-- Made by `renum migration` from sql/ and policies/. Frozen once it is listed in migrations.lock.\n"
    path.write_text("\n".join([header, *map(_render, found)]), encoding="utf-8")
    return path, found


def _require_disposable(path: Path, directory: Path) -> None:
    if path.name in frozen(directory):
        raise MigrationError(f"{path.name} is frozen: write a new migration")
    text = path.read_text(encoding="utf-8")
    by_hand = [m["path"] for m in _MARK.finditer(text) if m["hand"]] + [
        m["gone"] for m in _MARK.finditer(text) if m["gone"]
    ]
    if by_hand:
        raise MigrationError(
            f"{path.name} has parts written by hand ({', '.join(by_hand)}): edit it, or remove it yourself"
        )


def places(directory: Path) -> list[str]:
    """Where a person still has to write: `file:line: what`, for every migration."""
    found: list[str] = []
    for path in migration_files(directory):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if line.startswith(PLACE):
                found.append(f"{path.name}:{number}: {line.removeprefix(PLACE)}")
    return found


def frozen(directory: Path) -> dict[str, str]:
    """File name → SHA-256 of the migrations that must not change any more."""
    path = directory / LOCK
    if not path.exists():
        return {}
    pairs = (line.split(maxsplit=1) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return {name: digest for digest, name in pairs}


def freeze(directory: Path) -> list[str]:
    """Lists every migration in the lock file; returns the names that were not in it.

    MigrationError while one is unfinished or a frozen one was changed.
    """
    if problems := places(directory) + frozen_problems(directory):
        raise MigrationError(problems[0])
    known = frozen(directory)
    files = migration_files(directory)
    (directory / LOCK).write_text("".join(f"{_digest(p)}  {p.name}\n" for p in files), encoding="utf-8")
    return [p.name for p in files if p.name not in known]


def frozen_problems(directory: Path) -> list[str]:
    """A sentence for each frozen migration gone or changed, for each that would run before it, each wrong name."""
    known = frozen(directory)
    files = migration_files(directory)
    found = [f"{p.name} is not named <14 digits>_<name>.sql" for p in files if not _FILE_NAME.fullmatch(p.name)]
    for name, digest in known.items():
        path = directory / name
        if not path.exists():
            found.append(f"{name} is frozen and gone: bring it back")
        elif _digest(path) != digest:
            found.append(f"{name} is frozen and was changed: bring it back and write a new migration")
    newest = max(known, default="")
    found += [
        f"{p.name} would run before {newest}, which is frozen: name it later"
        for p in files
        if p.name not in known and p.name < newest
    ]
    return found


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
