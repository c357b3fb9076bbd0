"""SQL text is taken apart where PostgreSQL would take it apart, and each statement is known by what it makes."""

from __future__ import annotations

import pytest

from devstack.schema.statements import Created, statements, without_comments


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select 1; select 2", ["select 1", "select 2"]),
        ("select ';'; select 2;", ["select ';'", "select 2"]),
        ("select 'it''s; fine'; select 2;", ["select 'it''s; fine'", "select 2"]),
        (r"select E'\';'; select 2;", [r"select E'\';'", "select 2"]),
        ('select ";" from t; select 2;', ['select ";" from t', "select 2"]),
        ("select 1 -- not; here\n; select 2", ["select 1 -- not; here", "select 2"]),
        ("select 1 /* not; /* nor; */ here; */; select 2", ["select 1 /* not; /* nor; */ here; */", "select 2"]),
        ("do $$ begin; end $$; select 2", ["do $$ begin; end $$", "select 2"]),
        ("do $a$ select $$;$$; $a$; select 2", ["do $a$ select $$;$$; $a$", "select 2"]),
        ("-- only a comment\n;\n", []),
    ],
)
def test_semicolons_end_statements_only_outside_of_quotes(text: str, expected: list[str]) -> None:
    assert [s.text for s in statements(text)] == expected


@pytest.mark.parametrize(
    "text", ["select /* no end", "do $$ no end", "create function f() begin atomic select 1; end;"]
)
def test_what_cannot_be_told_apart_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no end|begin atomic"):
        list(statements(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("create table public.leads (id uuid)", Created("table", "public", "leads")),
        ("CREATE OR REPLACE FUNCTION private.f() returns int", Created("function", "private", "f")),
        ("-- why\ncreate unique index if not exists i on public.leads (id)", Created("index", "", "i")),
        ('create policy p on public."leads" for select', Created("policy", "public", "p", "public.leads")),
        (
            "create constraint trigger t after insert on public.leads",
            Created("trigger", "public", "t", "public.leads"),
        ),
        (
            "create trigger on_insert after insert or update on auth.users",
            Created("trigger", "auth", "on_insert", "auth.users"),
        ),
        ('create domain public."text/markdown" as text', Created("domain", "public", "text/markdown")),
        ("alter table public.leads add column x int", None),
    ],
)
def test_a_statement_is_known_by_what_it_makes(text: str, expected: Created | None) -> None:
    assert next(statements(text)).created == expected


@pytest.mark.parametrize(
    "text",
    [
        "create or replace function f() returns int language sql as $$ select 1 $$",
        "create schema if not exists worker",
        "comment on table t is 'x'",
        "grant select on t to authenticated",
        "do $$ begin perform 1; end $$",
        "drop policy if exists p on t",
        "alter table t force row level security",
        "alter function f() owner to renum_agent",
        "insert into t values (1) on conflict do nothing",
        "select private.setup_sweep_cron()",
    ],
)
def test_what_may_run_twice_is_known(text: str) -> None:
    assert next(statements(text)).rerunnable


@pytest.mark.parametrize(
    "text",
    [
        "create table t (id int)",
        "create type t as enum ('a')",
        "create index i on t (id)",
        "create policy p on t",
        "alter table t add column x int",
        "alter table t enable row level security, add column x int",
        "insert into t values (1)",
        "insert into t values ('on conflict do nothing')",
        "drop table t",
        "selection",
    ],
)
def test_what_may_not_run_twice_is_known(text: str) -> None:
    assert not next(statements(text)).rerunnable


def test_comments_go_and_line_numbers_stay() -> None:
    assert without_comments("a -- x\nb /* y\n */ c '--z'") == "a \nb \n c '--z'"
    assert [s.line for s in statements("-- one\n\nselect 1;\n\nselect 2;")] == [1, 5]
