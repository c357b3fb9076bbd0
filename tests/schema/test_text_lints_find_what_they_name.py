"""Each rule about files has a case that breaks it and one that only looks like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from devstack.paths import CHECKOUT
from devstack.schema.text_lints import (
    RULES,
    Rule,
    access_only_in_policies,
    documented_paths_exist,
    extension_versions_are_the_platforms,
    one_object_per_file,
)


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "grant select on public.t to authenticated;",
        "select 1;\nREVOKE all on public.t from anon;",
        "create policy p on public.t for select using (true);",
        "alter default privileges revoke execute on functions from public;",
        "do $$ begin grant select on public.t to anon; end $$;",
        "do $$ begin execute 'grant select on public.t to anon'; end $$;",
    ],
)
def test_access_outside_of_policies_is_found(tmp_path: Path, text: str) -> None:
    write(tmp_path, "policies/t.sql", text)
    assert access_only_in_policies(tmp_path) == []
    write(tmp_path, "sql/20_tables/10_t.sql", text)
    assert [f.partition(":")[0] for f in access_only_in_policies(tmp_path)] == ["sql/20_tables/10_t.sql"]


@pytest.mark.parametrize(
    "text",
    [
        "comment on table public.t is 'grant select on t to everybody; revoke it later';",
        "-- grant select on public.t to anon;\nselect 1;",
        "create or replace function private.grant_delivery() returns void language sql as $$ select 1 $$;",
        "create function private.f() returns void language plpgsql as $$ begin\n-- grant\nperform grant_it(); end $$;",
    ],
)
def test_the_word_alone_is_no_access(tmp_path: Path, text: str) -> None:
    write(tmp_path, "sql/30_rules/10_f.sql", text)
    assert access_only_in_policies(tmp_path) == []


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("sql/20_tables/10_a.sql", "create table public.a (id int); create table public.b (id int);", "makes a, b"),
        (
            "sql/30_rules/10_a.sql",
            "create function private.b() returns int language sql as $$ select 1 $$;",
            "makes b",
        ),
        (
            "policies/a.sql",
            "create policy x on public.a using (true); create policy y on public.b using (true);",
            "policies of a, b",
        ),
        ("policies/a.sql", "create policy y on public.b using (true);", "policies of b"),
    ],
)
def test_a_second_object_or_another_name_is_found(tmp_path: Path, path: str, text: str, said: str) -> None:
    write(tmp_path, path, text)
    (found,) = one_object_per_file(tmp_path)
    assert found.startswith(path)
    assert said in found


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("sql/00_setup/10_schemas.sql", "create schema worker; create table public.x (id int);"),
        ("sql/20_tables/10_a.sql", "create table public.a (); create table parts.a_b partition of public.a default;"),
        ("sql/20_tables/10_a.sql", "create table public.a (id int); create index i on public.a (id);"),
        ("sql/10_types/text_markdown.sql", 'create domain public."text/markdown" as text;'),
        ("sql/70_cron/10_a.sql", "select 1; create function private.a() returns int language sql as $$ select 1 $$; "
            "create function private.setup_a_cron() returns int language sql as $$ select 1 $$;"),
        ("policies/00_defaults.sql", "grant usage on schema public to authenticated;"),
        ("sql/60_rpc/a.sql", "create or replace function public.a(x int) returns int language sql as $$ select 1 $$; "
            "create or replace function public.a(x text) returns int language sql as $$ select 1 $$;"),
    ],
)  # fmt: skip
def test_what_belongs_to_an_object_may_stand_with_it(tmp_path: Path, path: str, text: str) -> None:
    write(tmp_path, path, text)
    assert one_object_per_file(tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [
        "See `sql/10_types/absent.sql`.",
        "See [the rules](sql/absent.sql).",
        "Run `cat sql/absent.sql` first.",
        "The file `absent.py` does it.",
        "Proved by `tests/test_x.py::test_absent`.",
        "All of `sql/40_*/`.",
        "Named `supabase/migrations/<timestamp>_x.sql`.",
    ],
)
def test_a_path_that_is_not_there_is_found(tmp_path: Path, text: str) -> None:
    write(tmp_path, "sql/20_tables/10_a.sql", "select 1;")
    write(tmp_path, "tests/test_x.py", "def test_y() -> None: ...\n")
    write(tmp_path, "supabase/README.md", "line\n\n" + text)
    (found,) = documented_paths_exist(tmp_path)
    assert found.startswith("supabase/README.md:3: ")


def test_paths_that_are_there_and_words_that_are_no_paths_pass(tmp_path: Path) -> None:
    write(tmp_path, "sql/20_tables/10_a.sql", "select 1;")
    write(tmp_path, "tests/test_x.py", "def test_y() -> None: ...\n")
    names = [
        "sql/",
        "sql/*/",
        "10_a.sql",
        "tests/test_x.py::test_y",
        ".renum/env",
        "/rest/v1",
        "and/or",
        "public.leads",
    ]
    text = " ".join(f"`{name}`" for name in [*names, "sql/20_tables/<number>_a.sql", "x/y.py"])
    write(tmp_path, "supabase/x/y.py", "")
    links = "[a](sql/20_tables/) [b](https://x.org/absent.md) [c](#absent)"
    write(tmp_path, "README.md", f"{text} {links}\n\n```\ncat sql/absent.sql\n```\n")
    assert documented_paths_exist(tmp_path) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_this_repository_keeps_the_rule(rule: Rule) -> None:
    assert rule(CHECKOUT) == []


def test_a_pinned_extension_is_found(tmp_path: Path) -> None:
    path = "sql/00_setup/20_extensions.sql"
    write(
        tmp_path, path, "create extension if not exists pgmq;\n-- version 2\ncreate extension pg_net with schema e;\n"
    )
    assert extension_versions_are_the_platforms(tmp_path) == []
    write(tmp_path, path, "create extension pgmq with schema pgmq version '1.4.4';\nalter extension pgmq update;\n")
    assert [f.rpartition(": ")[0] for f in extension_versions_are_the_platforms(tmp_path)] == [f"{path}:1", f"{path}:2"]
