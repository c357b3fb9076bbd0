"""The source of truth as files: `sql/` then `policies/`, in path order."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from devstack.schema.statements import Statement, statements

FOLDERS = ("sql", "policies")

# Types and tables hold data or are depended on: what changes in them has to be written as an ALTER by a person.
BY_HAND = ("sql/10_types/", "sql/20_tables/")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file: `path` relative to the repository's root with forward slashes, `text` with a line break at its end."""

    path: str
    text: str

    @property
    def sha256(self) -> str:
        """Hex digest of the text, line breaks as in the file."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def statements(self) -> list[Statement]:
        """Its statements; ValueError (with the path) if they cannot be told apart."""
        try:
            return list(statements(self.text))
        except ValueError as error:
            raise ValueError(f"{self.path}: {error}") from error

    @property
    def rerunnable(self) -> bool:
        """Whether the whole file may be run again over a database that has an earlier version of it."""
        if self.path.startswith(BY_HAND):
            return False
        return all(s.rerunnable or s.drop_first for s in self.statements)


def source_files(root: Path) -> list[SourceFile]:
    """All files of the source below `root`, in the order in which they are run."""
    found: list[SourceFile] = []
    for folder in FOLDERS:
        paths = sorted((root / folder).rglob("*.sql"), key=lambda p: p.relative_to(root).parts)
        for path in paths:
            text = path.read_text(encoding="utf-8")
            found.append(SourceFile(path.relative_to(root).as_posix(), text if text.endswith("\n") else text + "\n"))
    return found
