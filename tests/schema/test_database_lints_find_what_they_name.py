"""Each rule about the database finds what breaks it, and leaves alone what only looks like it."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from devstack.schema.database_lints import ALLOWED, all_lints, allowances, excused, run_lints
from devstack.schema.function_bodies import body_findings

F = "create function {name} returns {returns} language {language} {more} as $body${body}$body$;"


def function(
    name: str,
    body: str,
    *,
    returns: str = "void",
    language: str = "plpgsql",
    more: str = "set search_path = ''",
    comment: bool = True,
) -> str:
    text = F.format(name=name, returns=returns, language=language, more=more, body=body)
    revoked = f"revoke all on function {name} from public, anon, authenticated, service_role;"
    return text + revoked + (f"comment on function {name} is 'x';" if comment else "")


def table(name: str, columns: str = "id int primary key", more: str = "") -> str:
    return (
        f"create table {name} ({columns}){more};"
        f"alter table {name} enable row level security; alter table {name} force row level security;"
        f"revoke all on {name} from anon, authenticated, service_role;"
    )


ONE = table("public.probe_one")
PAIR = ONE + table("public.probe_two", "id int primary key, one_id int references public.probe_one (id)")
TENANTS = function("private.probe_ids()", "select 1", returns="setof int", language="sql")

# rule → what breaks it, a word of the finding, what only looks like it
CASES: dict[str, tuple[str, str, str]] = {
    "0001_search_path_is_empty": (
        function("private.probe_bad()", "begin end", more="set search_path = public"),
        "private.probe_bad() has search_path",
        function("private.probe_fine()", "begin end"),
    ),
    "0002_function_says_its_contract": (
        function("worker.probe_bad()", "begin end", comment=False),
        "worker.probe_bad() has no comment",
        function("worker.probe_fine()", "begin end"),
    ),
    "0003_rls_is_enabled_and_forced": (
        "create table public.probe_bad (id int primary key); alter table public.probe_bad enable row level security;",
        "public.probe_bad: row level security is not forced",
        ONE,
    ),
    "0004_foreign_key_is_indexed": (
        PAIR + "create index on public.probe_two (id, one_id);",
        "public.probe_two: no index begins with the columns of probe_two_one_id_fkey (one_id)",
        PAIR + "create index on public.probe_two (one_id, id) where one_id is not null;",
    ),
    "0005_only_old_pgmq_functions": (
        function("private.probe_bad()", "begin perform pgmq.read_with_poll('q', 1, 1); end"),
        "private.probe_bad() calls pgmq.read_with_poll",
        function("private.probe_fine()", "begin -- not pgmq.pop('q')\nperform pgmq.send('q', '{}', 0); end"),
    ),  # more of it: test_calls_of_pgmq_are_read_argument_by_argument
    "0006_settings_are_local": (
        function("private.probe_bad()", "begin perform set_config('renum.x', coalesce(null, lower('A')), false); end"),
        "private.probe_bad(): set_config(",
        function("private.p()", "begin perform set_config('a.b', 'c', true), f('d', false); set local jit = on; end"),
    ),
    "0007_no_serialization_failure": (
        function("private.probe_bad()", "begin raise exception 'again' using errcode = '40001'; end"),
        "private.probe_bad() raises",
        function("private.probe_fine()", "begin perform 40001; exception when serialization_failure then null; end"),
    ),
    "0008_anon_has_nothing": (
        ONE + "grant select (id), insert on public.probe_one to anon;",
        "anon has select, insert on public.probe_one",
        ONE + "grant select on public.probe_one to authenticated;",
    ),
    "0009_worker_rpcs_are_the_workers": (
        function("worker.probe_bad()", "begin end")
        + "grant execute on function worker.probe_bad() to authenticated, renum_worker;",
        "authenticated may execute worker.probe_bad()",
        function("worker.probe_fine()", "begin end")
        + "grant execute on function worker.probe_fine() to service_role, renum_worker;",
    ),
    "0010_definers_have_the_right_owner": (
        function("agent_tools.probe_bad()", "begin end", more="security definer set search_path = ''"),
        "agent_tools.probe_bad() is a tool and belongs to postgres",
        function("private.probe_fine()", "begin end", more="security definer set search_path = ''"),
    ),
    "0011_one_policy_per_command_and_role": (
        ONE
        + "create policy probe_a on public.probe_one for select to authenticated using (true);"
        + "create policy probe_b on public.probe_one for all to authenticated using (true);",
        "public.probe_one: probe_a and probe_b both apply to select",
        ONE
        + "create policy probe_a on public.probe_one for select to authenticated using (true);"
        + "create policy probe_b on public.probe_one for select to service_role using (true);"
        + "create policy probe_c on public.probe_one for insert to authenticated with check (true);"
        + "create policy probe_d on public.probe_one as restrictive for select to authenticated using (true);",
    ),
    "0012_primary_key_exists": (
        table("public.probe_bad", "id int unique"),
        "public.probe_bad has no primary key",
        table("public.probe_fine", "id int primary key", " partition by range (id)"),
    ),
    "0013_policies_ask_once": (
        ONE + TENANTS + "create policy probe_a on public.probe_one to authenticated using (auth.uid() is not null);",
        "public.probe_one: policy probe_a calls auth.uid for every row",
        ONE
        + TENANTS
        + function(
            "private.probe_folded()",
            "begin return true; end",
            returns="boolean",
            more="immutable set search_path = ''",
        )
        + "create policy probe_a on public.probe_one to authenticated using (id = any (array(select "
        "private.probe_ids())) and (select auth.uid()) is not null and private.probe_folded());",
    ),
    "0014_policies_name_their_role": (
        ONE + "create policy probe_a on public.probe_one using (true);",
        "public.probe_one: policy probe_a is for public",
        ONE + "create policy probe_a on public.probe_one to authenticated using (true);",
    ),
    "0015_views_run_as_their_reader": (
        "create view public.probe_bad as select 1 as one;",
        "public.probe_bad is not security_invoker",
        "create view public.probe_fine with (security_invoker = true) as select 1 as one;",
    ),
    "0016_no_index_twice": (
        ONE + "create index probe_i on public.probe_one (id); create index probe_j on public.probe_one (id);",
        "public.probe_i and public.probe_j are the same",
        ONE
        + "create index probe_i on public.probe_one (id) where id > 0;"
        + "create index probe_j on public.probe_one (id desc);",
    ),
    "0017_api_shows_only_tables_and_views": (
        "create materialized view public.probe_bad as select 1 as one;",
        "public.probe_bad is a materialized view",
        "create materialized view private.probe_fine as select 1 as one;",
    ),
    "0018_no_view_shows_auth": (
        "create view private.probe_bad as select u.email from public.profiles as p join auth.users as u using (id);",
        "private.probe_bad reads auth.users",
        "create view private.probe_fine as select auth.uid() as me, p.id from public.profiles as p;",
    ),
    "0019_extensions_are_known_and_apart": (
        "drop extension pg_net; create extension pg_net with schema public;",
        "extension pg_net is in public",
        "create schema vector;",
    ),
    "0020_policies_trust_no_user_metadata": (
        ONE
        + function("private.probe_role()", "select auth.jwt() ->> 'user_metadata'", returns="text", language="sql")
        + "create policy probe_a on public.probe_one to authenticated using ((select private.probe_role()) = 'admin');",
        "private.probe_role(), called by public.probe_one's policy probe_a reads user metadata",
        ONE + "create policy probe_a on public.probe_one to authenticated"
        " using ((select auth.jwt() -> 'app_metadata' ->> 'role') = 'admin');",
    ),
    "0021_no_column_holds_an_object_id": (
        table("private.probe_bad", "id int primary key, f regprocedure"),
        "private.probe_bad.f is a regprocedure",
        table("private.probe_fine", "id int primary key, c regclass"),
    ),
    "0022_queues_are_out_of_reach": (
        "grant usage on schema pgmq to authenticated; grant delete on pgmq.q_default to authenticated;",
        "authenticated may use pgmq.q_default",
        "grant usage on schema pgmq to service_role;",
    ),
    "0023_foreign_keys_into_auth_use_the_primary_key": (
        table("public.probe_bad", "id int primary key, phone text references auth.users (phone)"),
        "public.probe_bad: probe_bad_phone_fkey refers to auth.users by something else",
        table("public.probe_fine", "id uuid primary key references auth.users (id)"),
    ),
    "0024_no_policy_is_always_true": (
        ONE
        + "create policy probe_a on public.probe_one for update to authenticated using (id > 0) with check (1 = 1);",
        "public.probe_one: policy probe_a has with check ((1 = 1))",
        ONE
        + "create policy probe_a on public.probe_one for update to authenticated using (id = 1 or id = 10);"
        + "create policy probe_b on public.probe_one as restrictive for select to authenticated using (true);",
    ),
    "0025_definers_open_to_people_are_named": (
        function("public.probe_bad()", "begin end", more="security definer set search_path = ''")
        + "grant execute on function public.probe_bad() to authenticated;",
        "public.probe_bad()",
        function("public.probe_fine()", "begin end") + "grant execute on function public.probe_fine() to authenticated;"
        + function("public.probe_closed()", "begin end", more="security definer set search_path = ''"),
    ),
    "0026_every_index_is_valid": (
        "create index probe_i on only public.messages (content);",
        "public.probe_i of public.messages is not valid",
        ONE + "create index probe_i on public.probe_one (id);",
    ),
    "0027_no_policy_opens_without_a_person": (
        ONE + "create policy probe_a on public.probe_one to authenticated"
        " using ((select auth.uid()) is null or id = 1);",
        "public.probe_one: policy probe_a asks whether auth.uid is null",
        ONE + "create policy probe_a on public.probe_one to authenticated"
        " using ((select auth.uid()) is not null and (id is null or id = 1));",
    ),
    "0028_stored_files_are_not_listed": (
        "create policy probe_a on storage.objects for select to authenticated using (bucket_id = 'media');",
        "policy probe_a on storage.objects lets authenticated read",
        "create policy probe_a on storage.objects for insert to authenticated with check (bucket_id = 'media');",
    ),
}  # fmt: skip


def test_every_rule_has_a_case() -> None:
    assert sorted(CASES) == [lint.name for lint in all_lints()]


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_rule_finds_what_breaks_it_and_nothing_else(name: str, db: psycopg.Connection) -> None:
    bad, said, fine = CASES[name]
    known = texts(db, name)
    with db.transaction(force_rollback=True):
        db.execute(fine.encode())
        assert texts(db, name) == known
    with db.transaction(force_rollback=True):
        db.execute(bad.encode())
        new = texts(db, name) - known
        assert [text for text in new if said in text], f"found only {new}"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("send('q', jsonb_build_object('a', f(1, 2), 'b', '('), 0)", None),
        ("send_batch('q', array[g('x,y', '{}'), '{}'], 0)", None),
        ("set_vt('q', 1, ceil(extract(epoch from now() - (select max(t) from u)))::integer)", None),
        ("delete('q', array[1, 2])", None),
        ("read('q', make_interval_s(secs => 3), 1)", None),
        ("send('q', '{}', '{}', 0)", "calls pgmq.send with 4 arguments"),
        ("read('q', 1, 1, '{}')", "calls pgmq.read with 4 arguments"),
        ("read('q', 1, qty => 1)", "calls pgmq.read with named arguments"),
        ("send_batch('q', array['{}'::jsonb], null, now())", "calls pgmq.send_batch with 4 arguments"),
        ("metrics_all()", "calls pgmq.metrics_all"),
        ("create('q', true)", "calls pgmq.create with 2 arguments"),
    ],
)
def test_calls_of_pgmq_are_read_argument_by_argument(call: str, said: str | None, db: psycopg.Connection) -> None:
    with db.transaction(force_rollback=True):
        db.execute(function("private.probe()", f"begin perform pgmq.{call}; end").encode())
        found = texts(db, "0005_only_old_pgmq_functions")
    assert found == set() if said is None else [text for text in found if said in text], found


@pytest.mark.parametrize(
    ("expression", "always"),
    [
        ("true", True),
        ("1 = 1", True),
        ("'a' = 'a'", True),
        ("id = 1 or true", True),
        ("id = 1", False),
        ("id = 1 or id = 1", False),
        ("(select true)", False),
    ],
)
def test_always_true_is_told_as_postgresql_prints_it(expression: str, always: bool, db: psycopg.Connection) -> None:
    with db.transaction(force_rollback=True):
        db.execute(f"{ONE} create policy a on public.probe_one for select to anon using ({expression})".encode())
        assert bool(texts(db, "0024_no_policy_is_always_true")) == always


def test_an_allowed_finding_is_silent_and_an_allowance_without_one_is_not(db: psycopg.Connection) -> None:
    assert [f.text for f in excused("rule", ["a", "b"], {"a": "meant", "c": "was meant"})] == [
        "b",
        "allowed.toml allows what is not found: c",
    ]
    with db.transaction(force_rollback=True):
        db.execute("revoke execute on function private.is_admin() from authenticated")
        found = texts(db, "0025_definers_open_to_people_are_named")
    assert found == {"allowed.toml allows what is not found: private.is_admin()"}


def test_every_allowance_is_of_a_rule(tmp_path: Path) -> None:
    assert set(allowances()) <= {lint.name for lint in all_lints()} | {"plpgsql_check"}
    assert allowances(tmp_path) == {}
    (tmp_path / "supabase").mkdir()
    (tmp_path / ALLOWED).write_text('[rule]\n"a" = " "\n')
    with pytest.raises(ValueError, match="rule allows `a` without a reason"):
        allowances(tmp_path)


def texts(connection: psycopg.Connection, name: str) -> set[str]:
    return {finding.text for finding in run_lints(connection, [name])}


def test_an_extension_that_nobody_asked_for_is_found(postgresql: psycopg.Connection) -> None:
    postgresql.execute("create extension vector with schema extensions")
    found = texts(postgresql, "0019_extensions_are_known_and_apart")
    assert found == {"extension vector is not one that sql/00_setup asks for"}


def test_a_body_that_names_nothing_is_found(db: psycopg.Connection) -> None:
    assert body_findings(db) == []
    with db.transaction():
        db.execute("set local check_function_bodies = off")
        db.execute(function("private.probe()", "select * from public.absent", language="sql").encode())
    (found,) = body_findings(db)
    assert found.text.startswith('private.probe(): relation "public.absent" does not exist')


def test_this_database_keeps_every_rule(db: psycopg.Connection) -> None:
    assert run_lints(db) == []
