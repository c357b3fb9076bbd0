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
    assert {"-cron job", "-queue", "-partition", "-trigger", "-setting"} <= {line.partition(":")[0] for line in removed}


# What a migration does by itself → what the report shows of it.
DIFFERENCES: list[tuple[str, str]] = [
    ("select cron.alter_job((select jobid from cron.job), schedule => '0 4 * * *')", "cron job: tidy | 0 4 * * *"),
    (
        "select cron.schedule('idle', '0 3 * * *', 'x'); select cron.alter_job(2, active => false)",
        "idle | 0 3 * * * | x | p",
    ),
    ("select pgmq.create_unlogged('fast')", "queue: fast | unlogged"),
    ("update private.settings set comment = 'Other.'", "setting: debounce_ms | 800 | Other."),
    ("create role renum_probe nologin", "role: renum_probe"),
    ("grant renum_worker to renum_agent", "membership: renum_worker | renum_agent"),
    ("alter role renum_worker set statement_timeout to '1s'", "renum_worker | statement_timeout=1s"),
    (
        "do $$ begin execute format('alter database %I set jit to on', current_database()); end $$",
        "this database | jit=on",
    ),
    (
        "do $$ begin execute format('grant temp on database %I to anon', current_database()); end $$",
        "database privilege: anon=T",
    ),
    ("grant select on pgmq.q_default to service_role", "privilege: pgmq.q_default | service_role=r"),
    ("grant usage on schema pgmq to service_role", "schema privilege: pgmq | service_role=U"),
    ("create table parts.p (like public.pets); alter table parts.p disable row level security", "partition: p"),
    ("create index on parts.p (born)", "partition's index: CREATE INDEX p_born_idx"),
    (
        "create trigger t after insert on auth.users for each row execute function private.welcome()",
        "trigger: CREATE TRIGGER t ",
    ),
    ("create policy p on parts.p for select to anon using (name = '')", "policy: parts.p | p"),
    ("alter table public.pets alter column name set default 'Bello'", "name text DEFAULT 'Bello'"),
    ("alter table public.pets alter column name set statistics 500", "ALTER COLUMN name SET STATISTICS 500"),
    (
        "alter table public.tools drop column description, add column description text not null",
        "+    description text NOT NULL,",
    ),
    ("create statistics public.pet_stats on name, id from public.pets", "CREATE STATISTICS public.pet_stats"),
    ("alter table public.pets add constraint c check (name <> 'x') not valid", "CHECK ((name <> 'x'::text)) NOT VALID"),
    (
        "create trigger off after insert on public.pets for each row execute function private.welcome();"
        " alter table public.pets disable trigger off",
        "DISABLE TRIGGER off",
    ),
    ("grant update (name) on public.pets to anon", "GRANT UPDATE(name) ON TABLE public.pets TO anon"),
    ("revoke select on public.pets from authenticated", "+GRANT SELECT ON TABLE public.pets TO authenticated"),
    ("grant execute on function private.pet_names() to anon", "FUNCTION private.pet_names() TO anon"),
    ("alter function private.pet_names() set work_mem to '8MB' volatile", "SET work_mem TO '8MB'"),
    ("alter policy pets_select on public.pets to anon", "TO anon USING"),
    ("comment on policy pets_select on public.pets is 'Seen.'", "COMMENT ON POLICY pets_select"),
    ("comment on column public.pets.born is 'Day.'", "COMMENT ON COLUMN public.pets.born"),
    ("alter default privileges in schema worker grant execute on functions to anon", "ALTER DEFAULT PRIVILEGES"),
    ("create view public.pet_view as select 1 as one", "CREATE VIEW public.pet_view"),
    (
        "grant create, usage on schema private to service_role; alter function private.welcome() owner to service_role",
        "FUNCTION private.welcome() OWNER TO service_role",
    ),
    ("insert into public.pets (name, born) values ('Rex', now())", "rows: public.pets | 1"),
]


@pytest.mark.parametrize(
    "some", [DIFFERENCES[:16], DIFFERENCES[16:24], DIFFERENCES[24:]], ids=["beyond", "tables", "access"]
)
def test_whatever_a_migration_does_by_itself_is_shown(some: list[tuple[str, str]], root: Path) -> None:
    """One of each kind: jobs, queues, roles, grants, policies, comments, triggers' states, rows, column details, …"""
    failures(root, write=True)
    (migration,) = migration_files(root / "supabase" / "migrations")
    with migration.open("a") as file:
        file.write("\n".join(f"{statement};" for statement, _ in some))
    shown = "\n".join(line for problems in failures(root).values() for line in problems)
    assert [said for _, said in some if said not in shown] == [], shown


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
