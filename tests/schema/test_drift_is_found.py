"""`renum check` passes when migrations, source and committed dump say the same, and names what differs if not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from devstack import paths
from devstack.commands import migrations as commands
from devstack.schema.check import SCHEMA_FILE, Section, check
from devstack.schema.migrations import PLACE, migration_files, write_migration


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the sample with one migration that carries it."""
    for folder in ("sql", "policies"):
        shutil.copytree(Path(__file__).parent / "sample" / folder, tmp_path / folder)
    (tmp_path / "README.md").write_text("# Here\n")
    write_migration(tmp_path, tmp_path / "supabase" / "migrations", "first")
    return tmp_path


def failures(root: Path, *, write: bool = False) -> dict[str, list[str]]:
    """Title → problems of the sections that do not hold."""
    sections: list[Section] = []
    holds = check(root, sections.append, write=write)
    failed = {s.title: s.problems for s in sections if s.problems}
    assert holds == (not failed)
    return failed


def test_a_dump_that_was_written_is_up_to_date(root: Path) -> None:
    assert list(failures(root)) == [f"{SCHEMA_FILE} is up to date"]
    assert failures(root, write=True) == {}
    assert failures(root) == {}
    dump = (root / SCHEMA_FILE).read_text()
    assert "CREATE TABLE public.pets" in dump
    assert "restrict" not in dump.replace("restrictive", "")


def test_what_a_migration_adds_by_itself_is_drift(root: Path) -> None:
    failures(root, write=True)
    (migration,) = migration_files(root / "supabase" / "migrations")
    with migration.open("a") as file:
        file.write("""
            alter table public.pets add column shoe_size int;
            select cron.schedule('extra', '* * * * *', 'select 1');
            select pgmq.create('extra');
            update private.settings set value = '1' where key = 'debounce_ms';
            create table parts.extra (id int);
            alter table parts.extra enable row level security;
            create trigger extra after insert on auth.users for each row execute function private.welcome();
            """)
    found = failures(root)
    schema = found.pop("migrations and source build the same schema")
    assert "-    shoe_size integer" in [line.rstrip(",") for line in schema]
    assert "@@ table pets" in schema
    (rest,) = found.values()
    removed = [line for line in rest if line.startswith("-") and not line.startswith("---")]
    assert [line.partition(":")[0] for line in removed] == ["-cron job", "-queue", "-partition", "-trigger", "-setting"]


def test_a_source_ahead_of_its_migrations_is_found_by_name(root: Path) -> None:
    failures(root, write=True)
    with (root / "sql/20_tables/30_pets.sql").open("a") as file:
        file.write("alter table public.pets add column shoe_size int;\n")
    found = failures(root)
    assert found["migrations carry the source"] == ["sql/20_tables/30_pets.sql is changed"]
    assert any("shoe_size" in line for line in found["migrations and source build the same schema"])
    assert any("shoe_size" in line for line in found[f"{SCHEMA_FILE} is up to date"])


def test_a_migration_that_does_not_run_is_named_with_its_line(root: Path) -> None:
    failures(root, write=True)
    with (root / "sql/30_rules/10_pet_names.sql").open("a") as file:
        file.write("select 1 from absent;\n")
    write_migration(root, root / "supabase" / "migrations", "broken")
    problems = failures(root)["both databases can be built"]
    assert len(problems) == 2
    assert "_broken.sql:" in problems[0]
    assert "10_pet_names.sql:" in problems[1]
    assert all('relation "absent" does not exist' in problem for problem in problems)


def test_the_commands_say_what_they_did_and_fail_when_they_should(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "CHECKOUT", root)
    monkeypatch.setattr(paths, "MIGRATIONS", root / "supabase" / "migrations")
    app = typer.Typer()
    commands.register(app)
    run = CliRunner().invoke
    assert "nothing to write" in run(app, ["migration", "more"]).output

    with (root / "sql/20_tables/30_pets.sql").open("a") as file:
        file.write("-- changed\n")
    done = run(app, ["migration", "more shoes"])
    assert done.exit_code == 0
    assert "changed  sql/20_tables/30_pets.sql" in done.output
    assert "to be written by hand" in done.output

    refused = run(app, ["migration", "again"])
    assert refused.exit_code == 1
    assert "finish the last migration first" in refused.output
    assert run(app, ["migration", "--freeze"]).exit_code == 1

    checked = run(app, ["check"])
    assert checked.exit_code == 1
    assert "FAIL migrations are finished" in checked.output

    last = migration_files(root / "supabase" / "migrations")[-1]
    last.write_text("".join(line for line in last.read_text().splitlines(keepends=True) if not line.startswith(PLACE)))
    assert run(app, ["check", "--write"]).exit_code == 0
    assert "frozen: " in run(app, ["migration", "--freeze"]).output
    assert run(app, ["check"]).exit_code == 0
