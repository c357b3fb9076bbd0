"""Rules about source and documentation as text. Each takes the repository's root and returns `place: what is wrong`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from devstack.schema.source import source_files
from devstack.schema.statements import Created, without_comments

Rule = Callable[[Path], list[str]]

# What a file is named after. Indexes, triggers and comments belong to the object they are about.
_NAMED_KINDS = frozenset({"table", "type", "domain", "function", "procedure", "aggregate", "view", "sequence"})
# At the head of a statement; in a function body also right after a quote (execute 'grant …').
_ACCESS = r"(grant|revoke|create policy|alter policy|alter default privileges)(?=\s)"
_ACCESS_IN_BODY = re.compile(rf"(?:^|[;']|\b(?:begin|then|else|loop))\s*{_ACCESS}", re.IGNORECASE)
_MARKDOWN_LINK = re.compile(r"\]\((?!\w+:|#)([^)\s#]+)[^)]*\)")
_CODE_SPAN = re.compile(r"`([^`\n]+)`")
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"^(?!/)[\w.*<>{}@-]+(?:/[\w.*<>{}@-]+)*/?$")
# Source files; names of other types alone are often files that a program makes.
_FILE_TYPES = (".py", ".sql")
_MADE_LATER = (".venv", ".renum", ".renum-cache")
_SKIPPED_FOLDERS = {
    ".git",
    ".venv",
    ".renum",
    ".renum-cache",
    "node_modules",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
}


def access_only_in_policies(root: Path) -> list[str]:
    """Only policies/ grants, revokes and makes policies, so that one folder says who may what."""
    found: list[str] = []
    for file in source_files(root):
        if file.path.startswith("policies/"):
            continue
        for s in file.statements:
            heads = [m for m in [re.match(_ACCESS, s.code)] if m] + [
                m for body in s.bodies for m in _ACCESS_IN_BODY.finditer(without_comments(body))
            ]
            found += [
                f"{file.path}:{s.line}: {m.group().strip(chr(39) + '; ').lower()} belongs into policies/" for m in heads
            ]
    return found


def one_object_per_file(root: Path) -> list[str]:
    """A file makes one object and is named after it (`16_leads.sql` makes leads): the folder listing is the map."""
    found: list[str] = []
    for file in source_files(root):
        stem = re.sub(r"^\d+_", "", Path(file.path).stem)
        made = [c for s in file.statements if (c := s.created)]
        if file.path.startswith("policies/"):
            tables = sorted({c.table.rpartition(".")[2] for c in made if c.kind == "policy"})
            if tables and tables != [stem]:
                found.append(f"{file.path}: holds policies of {', '.join(tables)}; one table per file, named after it")
        elif not file.path.startswith("sql/00_setup/"):
            names = sorted({c.name.replace("/", "_") for c in made if _counts(c)})
            if file.path.startswith("sql/70_cron/"):
                # A cron file is named after its job: what the job calls, and the setup_<job>_cron() that schedules it.
                names = [n for n in names if n != f"setup_{stem}_cron"]
            if len(names) > 1:
                found.append(f"{file.path}: makes {', '.join(names)}; one object per file")
            elif names and names != [stem]:
                found.append(f"{file.path}: makes {names[0]}; name the file after it")
    return found


def documented_paths_exist(root: Path) -> list[str]:
    """Every path that a README.md names exists; `tests/x.py::test_y` also has that test.

    Paths are the targets of links and, in `code`, what begins with a name of the top level; below the
    root also names of source files alone, which may lie anywhere. They count from README, root or import root.
    `<…>`, `{…}` and `*` stand for anything. Fenced blocks are not read.
    """
    found: list[str] = []
    everything = list(_files(root))
    names = {p.name for p in everything}
    for readme in (p for p in everything if p.name == "README.md"):
        text = readme.read_text(encoding="utf-8")
        for position, name in _named_paths(text, root):
            if "/" not in name and "*" not in name and (name in names or readme.parent == root):
                continue
            if not _exists(name, root, readme.parent):
                found.append(f"{readme.relative_to(root).as_posix()}:{_line(text, position)}: {name} does not exist")
    return found


def extension_versions_are_the_platforms(root: Path) -> list[str]:
    """No statement names an extension's version: hosted Supabase ignores it, and will refuse it."""
    found: list[str] = []
    for file in source_files(root):
        found += [
            f"{file.path}:{s.line}: leave the extension's version to the platform"
            for s in file.statements
            if re.match(r"create extension\b.*\bversion\b|alter extension\b.*\bupdate\b", s.code)
        ]
    return found


RULES: tuple[Rule, ...] = (
    access_only_in_policies,
    one_object_per_file,
    documented_paths_exist,
    extension_versions_are_the_platforms,
)


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _counts(made: Created) -> bool:
    # A table's default partition comes with it: without one, no row could be stored before its month exists.
    return made.kind in _NAMED_KINDS and made.schema != "parts"


def _files(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.is_dir() and not entry.is_symlink() and entry.name not in _SKIPPED_FOLDERS:
            yield from _files(entry)
        elif entry.is_file():
            yield entry


def _named_paths(text: str, root: Path) -> Iterator[tuple[int, str]]:
    for link in _MARKDOWN_LINK.finditer(text):
        yield link.start(), link[1]
    top = {entry.name for entry in root.iterdir()}
    prose = _FENCE.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)
    for span in _CODE_SPAN.finditer(prose):
        for word in span[1].split():
            path = word.rstrip(".,;:")
            plain = path.partition("::")[0]
            first = plain.partition("/")[0]
            if not _PATH.match(plain) or first in _MADE_LATER:
                continue
            if ("/" in plain and (first in top or first in (".", ".."))) or plain.endswith(_FILE_TYPES):
                yield span.start(), path


def _exists(name: str, root: Path, folder: Path) -> bool:
    path, _, test = name.partition("::")
    pattern = re.sub(r"<[^>]*>|\{[^}]*\}", "*", path).rstrip("/")
    for base in (folder, root, root / "functions", root / "supabase"):
        matches = [base / pattern] if "*" not in pattern else list(base.glob(pattern))
        for match in matches:
            if match.exists() and (
                not test or re.search(rf"\b{re.escape(test.rpartition('::')[2])}\b", match.read_text(encoding="utf-8"))
            ):
                return True
    return False
