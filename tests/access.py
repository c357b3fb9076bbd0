"""Reads access.md: who may do what, written by hand, as the tests take it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).with_name("access.md")
ROLES = ("outsider", "staff", "owner", "admin", "service")
VERBS = ("see", "insert", "change", "delete")
WHOSE = ("own", "colleague", "other")


@dataclass(frozen=True)
class Cell:
    """What one role meets that does one thing to one kind of row. `whose`: own, colleague, other, or '' for any."""

    role: str
    verb: str
    whose: str
    word: str


@dataclass(frozen=True)
class Table:
    """One table or view: its cells, the columns that people may write, the commands that have a policy."""

    name: str
    cells: tuple[Cell, ...]
    insert: frozenset[str]
    change: frozenset[str]
    policies: frozenset[str]

    def of(self, role: str, verb: str) -> Iterator[Cell]:
        """The cells of a role and verb, in order."""
        return (cell for cell in self.cells if (cell.role, cell.verb) == (role, verb))


@dataclass(frozen=True)
class Function:
    """One function that people call. `words`: (role, own or other or '') → word."""

    name: str
    signature: str
    words: dict[tuple[str, str], str]


@dataclass(frozen=True)
class Sentence:
    """What is refused for what it would do. `content` may say "other" for the id of another client's row."""

    roles: tuple[str, ...]
    verb: str
    table: str
    whose: str
    content: dict[str, Any]
    status: int
    saying: str


@dataclass(frozen=True)
class Closed:
    """A role for which every table is closed."""

    role: str
    status: int
    saying: str


@dataclass(frozen=True)
class Access:
    """The document."""

    tables: dict[str, Table]
    functions: dict[str, Function]
    workers: dict[str, str]
    helpers: frozenset[str]
    sentences: tuple[Sentence, ...]
    closed: tuple[Closed, ...]
    answers: dict[str, tuple[int, str]]
    lists: dict[str, frozenset[str]]


@dataclass
class _Section:
    title: str
    grid: list[dict[str, str]] = field(default_factory=list)
    items: list[str] = field(default_factory=list)


def _sections(text: str) -> Iterator[_Section]:
    """Each heading with its table (rows as column → cell) and its list items, continued lines joined."""
    current, columns = _Section(""), list[str]()
    for line in text.splitlines():
        if line.startswith("#"):
            yield current
            current, columns = _Section(line.lstrip("# ")), []
        elif line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if not columns:
                columns = cells
            elif not set(line) <= set("|-"):
                assert len(cells) == len(columns), f"access.md: a cell too many or too few: {line}"
                current.grid.append(dict(zip(columns, cells, strict=True)))
        elif line.startswith("- "):
            current.items.append(line[2:])
        elif line.startswith("  ") and current.items:
            current.items[-1] += f" {line.strip()}"
    yield current


def _answer(text: str) -> tuple[int, str]:
    """`403 \\`words\\`` → (403, words)."""
    found = re.match(r"(\d{3})(?: `([^`]+)`)?", text)
    assert found, f"access.md: no answer: {text}"
    return int(found[1]), found[2] or ""


def _listed(items: list[str]) -> dict[str, frozenset[str]]:
    pairs = (item.split(":", 1) for item in items if ":" in item)
    return {name: frozenset(rest.split()) - {"none", "nothing"} for name, rest in pairs}


def _tables(section: _Section) -> Iterator[Table]:
    names, lists = section.title.split(", "), _listed(section.items)
    for name in names:
        cells = []
        for row in section.grid:
            *verbs, whose = re.split(r",? ", next(iter(row.values())))
            if whose not in WHOSE:
                verbs, whose = [*verbs, whose], ""
            assert set(verbs) <= set(VERBS), f"access.md, {name}: no such verb in {verbs}"
            cells += [Cell(role, verb, whose, row[role]) for role in ROLES for verb in verbs]
        for role in ROLES:
            missing = set(VERBS) - {cell.verb for cell in cells if cell.role == role}
            assert not missing, f"access.md, {name}: nothing is said of {missing}"
        yield Table(name, tuple(cells), lists["insert"], lists["change"], lists["policies"])


def _functions(section: _Section) -> dict[str, Function]:
    found: dict[str, Function] = {}
    for row in section.grid:
        signature, whose = re.fullmatch(r"`(.+)`(?: (own|other))?", row["function"]).groups()  # type: ignore[union-attr] # a line that is none fails here
        name = signature.split("(")[0]
        function = found.setdefault(name, Function(name, signature, {}))
        function.words.update({(role, whose or ""): row[role] for role in ROLES if role in row})
    return found


def _sentences(section: _Section) -> Iterator[Sentence]:
    for row in section.grid:
        verb, table, whose = row["does"].split()
        content = json.loads(row["with"].strip("`"))
        yield Sentence(tuple(row["who"].split(", ")), verb, table, whose, content, *_answer(row["answer"]))


def read(document: Path = DOCUMENT) -> Access:
    """The whole document. AssertionError or KeyError where it is not as it should be."""
    sections = {section.title: section for section in _sections(document.read_text())}
    tables = {
        table.name: table
        for section in sections.values()
        if "policies" in _listed(section.items)
        for table in _tables(section)
    }
    words = [*sections["Words"].grid, *sections["What they answer"].grid]
    answers = {row["word"]: _answer(row["the API's answer"]) for row in words if row["the API's answer"][:3].isdigit()}
    worker = [item.strip("`") for item in sections["worker"].items]
    return Access(
        tables=tables,
        functions=_functions(sections["public"]),
        workers={signature.split("(")[0]: signature for signature in worker},
        helpers=frozenset(" ".join(sections["private"].items).split()),
        sentences=tuple(_sentences(sections["Sentences"])),
        closed=tuple(
            Closed(row["role"], *_answer(row["every verb"])) for row in sections["For whom every table is closed"].grid
        ),
        answers=answers,
        lists=_listed(sections["Whatever else is in the database"].items),
    )


ACCESS = read()
