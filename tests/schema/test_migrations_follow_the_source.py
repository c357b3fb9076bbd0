"""`renum migration` writes what changed in sql/ and policies/, and asks a person for what only a person can know."""

from __future__ import annotations

from pathlib import Path

import pytest

from devstack.schema import migrations
from devstack.schema.migrations import PLACE, MigrationError

TABLE = "create table public.pets (id int primary key);\n"
RULE = "create or replace function private.one() returns int language sql as $$ select 1 $$;\n"
POLICY = "create policy pets_read on public.pets for select to authenticated using (true);\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path, text in {
        "sql/20_tables/10_pets.sql": TABLE,
        "sql/30_rules/10_one.sql": RULE,
        "policies/pets.sql": POLICY,
    }.items():
        write(tmp_path, path, text)
    return tmp_path


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def folder(root: Path) -> Path:
    return root / "supabase" / "migrations"


def migrate(root: Path, name: str = "change", *, again: bool = False) -> str:
    path, _ = migrations.write_migration(root, folder(root), name, again=again)
    return path.read_text() if path else ""


def test_the_first_migration_is_the_whole_source_in_path_order(root: Path) -> None:
    path, changes = migrations.write_migration(root, folder(root), "First version")
    assert path is not None
    assert path.name.endswith("_first_version.sql")
    assert [c.path for c in changes] == ["sql/20_tables/10_pets.sql", "sql/30_rules/10_one.sql", "policies/pets.sql"]
    text = path.read_text()
    assert text.index(TABLE) < text.index(RULE) < text.index(POLICY)
    assert text.count("-- source: ") == 3
    assert "-- source: sql/20_tables/10_pets.sql sha256:" in text


def test_without_a_change_nothing_is_written(root: Path) -> None:
    migrate(root)
    assert migrations.write_migration(root, folder(root), "again") == (None, [])
    assert len(migrations.migration_files(folder(root))) == 1


def test_a_changed_function_is_carried_verbatim_and_alone(root: Path) -> None:
    migrate(root)
    write(root, "sql/30_rules/10_one.sql", RULE.replace("select 1", "select 2"))
    text = migrate(root)
    assert "select 2" in text
    assert "create table" not in text
    assert migrations.changes(root, folder(root)) == []


def test_a_changed_policy_file_drops_its_old_policies_first(root: Path) -> None:
    migrate(root)
    write(root, "policies/pets.sql", POLICY.replace("pets_read", "pets_select"))
    text = migrate(root)
    assert text.index('drop policy if exists "pets_read" on public.pets;') < text.index("create policy pets_select")
    assert 'drop policy if exists "pets_select" on public.pets;' in text
    assert migrations.changes(root, folder(root)) == []


def test_a_changed_table_leaves_a_place_with_the_difference(root: Path) -> None:
    migrate(root)
    write(root, "sql/20_tables/10_pets.sql", TABLE.replace(")", ", name text)"))
    text = migrate(root)
    assert f"{PLACE}bring sql/20_tables/10_pets.sql to this version" in text
    assert "--   +create table public.pets (id int primary key, name text);" in text
    assert "\ncreate table" not in text
    place = migrations.places(folder(root))
    assert len(place) == 1
    assert "sql/20_tables/10_pets.sql" in place[0]


def test_an_unfinished_migration_blocks_the_next_and_the_freeze(root: Path) -> None:
    migrate(root)
    write(root, "sql/20_tables/10_pets.sql", TABLE + "create index pets_id on public.pets (id);\n")
    migrate(root)
    write(root, "sql/30_rules/10_one.sql", RULE + "-- changed\n")
    with pytest.raises(MigrationError, match="finish the last migration"):
        migrate(root)
    with pytest.raises(MigrationError, match=r"bring sql/20_tables/10_pets\.sql"):
        migrations.freeze(folder(root))


def test_a_removed_file_leaves_a_place_at_the_end(root: Path) -> None:
    migrate(root)
    (root / "sql/20_tables/10_pets.sql").unlink()
    write(root, "sql/30_rules/10_one.sql", RULE + "-- changed\n")
    text = migrate(root)
    assert text.index("-- changed") < text.index(f"{PLACE}drop what sql/20_tables/10_pets.sql made")
    assert migrations.changes(root, folder(root)) == []


def test_a_renamed_file_needs_no_statement(root: Path) -> None:
    migrate(root)
    (root / "sql/20_tables/10_pets.sql").rename(root / "sql/20_tables/20_pets.sql")
    text = migrate(root)
    assert PLACE not in text
    assert "create table" not in text
    assert migrations.changes(root, folder(root)) == []
    # Its text is still known, so a later change shows the difference.
    write(root, "sql/20_tables/20_pets.sql", TABLE.replace("int", "bigint"))
    assert "--   -create table public.pets (id int primary key);" in migrate(root)


def test_names_stay_in_order_within_one_second(root: Path) -> None:
    for number in range(3):
        write(root, "sql/30_rules/10_one.sql", RULE + f"-- {number}\n")
        migrate(root, f"step_{number}")
    assert [p.name.split("_", 1)[1] for p in migrations.migration_files(folder(root))] == [
        "step_0.sql",
        "step_1.sql",
        "step_2.sql",
    ]


@pytest.mark.parametrize("name", ["", "1st", "ação", "a/b", "x.sql"])
def test_a_name_that_is_none_is_refused(root: Path, name: str) -> None:
    with pytest.raises(MigrationError, match="no name for a migration"):
        migrate(root, name)
    assert not folder(root).exists() or migrations.migration_files(folder(root)) == []


def test_again_rewrites_the_last_one_but_never_what_a_person_wrote(root: Path) -> None:
    migrate(root)
    write(root, "sql/30_rules/10_one.sql", RULE.replace("select 1", "select 2"))
    text = migrate(root, again=True)
    assert "select 2" in text
    assert TABLE in text
    assert len(migrations.migration_files(folder(root))) == 1
    write(root, "sql/20_tables/10_pets.sql", TABLE + "-- more\n")
    migrate(root)
    before = migrations.migration_files(folder(root))
    with pytest.raises(MigrationError, match="written by hand"):
        migrate(root, again=True)
    assert migrations.migration_files(folder(root)) == before


def test_a_frozen_migration_must_stay_as_it_is(root: Path) -> None:
    migrate(root)
    first = migrations.migration_files(folder(root))[0]
    assert migrations.freeze(folder(root)) == [first.name]
    assert migrations.frozen_problems(folder(root)) == []
    with pytest.raises(MigrationError, match="frozen"):
        migrate(root, again=True)

    kept = first.read_text()
    first.write_text(kept + "select 1;\n")
    assert [p for p in migrations.frozen_problems(folder(root)) if "was changed" in p]
    with pytest.raises(MigrationError, match="was changed"):
        migrations.freeze(folder(root))
    first.unlink()
    assert [p for p in migrations.frozen_problems(folder(root)) if "gone" in p]
    first.write_text(kept)
    (folder(root) / "20000101000000_early.sql").write_text("select 1;\n")
    assert [p for p in migrations.frozen_problems(folder(root)) if "20000101000000_early.sql would run before" in p]
    (folder(root) / "nonsense.sql").write_text("select 1;\n")
    assert [p for p in migrations.frozen_problems(folder(root)) if "nonsense.sql is not named" in p]
