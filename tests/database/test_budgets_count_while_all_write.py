"""Commits, sweeps and owners write at the same time: what a budget has counted is what the ledger has."""

from __future__ import annotations

import threading

import psycopg
from psycopg.types.json import Jsonb

from devstack.server import Server
from tests.database.builders import Tenant


def test_what_is_counted_is_what_is_in_the_ledger(tenant: Tenant, cluster: Server, database_of_the_file: str) -> None:
    """Budgets come, go and change their period in the midst of it; nobody waits for anybody in a circle."""
    failures: list[Exception] = []
    done = threading.Event()

    def run(work: str, *values: object, times: int | None = None) -> None:
        try:
            with psycopg.connect(cluster.dsn(database_of_the_file, "postgres"), autocommit=True) as connection:
                made = 0
                while made < times if times else not done.is_set():
                    connection.execute(work.encode(), values)
                    made += 1
        except Exception as error:
            failures.append(error)

    use = Jsonb([{"model": "openai:gpt-5-mini", "input_tokens": 1, "output_tokens": 500}])
    note = "select private.note_usage(%s, null, gen_random_uuid(), 0, %s)"
    writers = [threading.Thread(target=run, args=(note, tenant.id, use), kwargs={"times": 400}) for _ in range(2)]
    sweeper = threading.Thread(target=run, args=("select private.sweep()",))
    for thread in (*writers, sweeper):
        thread.start()
    while any(thread.is_alive() for thread in writers):
        tenant.all("insert into public.budgets (amount) values (1), (2) on conflict do nothing")
        tenant.all("update public.budgets set period = 'total'")
        tenant.all("insert into public.budgets (amount) values (3)")
        tenant.all("delete from public.budgets where period = 'total'")
    done.set()
    sweeper.join()
    assert failures == []
    tenant.all("insert into public.budgets (amount, period) values (3, 'total') on conflict do nothing")
    tenant.world.one("select private.sweep()")
    counted = tenant.all("select period::text, spent = (select sum(amount) from public.usage) from public.budgets")
    assert sorted(counted) == [("month", True), ("total", True)]
    assert tenant.one("select count(*) from public.usage") == 800


def test_what_comes_while_a_budget_is_first_counted_counts_once(
    tenant: Tenant, cluster: Server, database_of_the_file: str
) -> None:
    """The sweep has taken the notes, and waits for an owner; a turn is committed; then it counts a new budget."""
    world = tenant.world
    note = "select private.note_usage(%s, null, gen_random_uuid(), 0, %s)"
    use = [{"model": "openai:gpt-5-mini", "input_tokens": 0, "output_tokens": 5000}]
    known = tenant.one("insert into public.budgets (amount, period) values (1, 'total') returning id")
    world.one("select private.sweep()")
    tenant.all("insert into public.budgets (amount) values (1)")
    world.all(note, tenant.id, use)

    def sweep() -> None:
        with psycopg.connect(cluster.dsn(database_of_the_file, "postgres"), autocommit=True) as connection:
            connection.execute("select private.sweep()")

    waiting = "select exists (select from pg_stat_activity where wait_event_type = 'Lock' and query ~ 'private.sweep')"
    with psycopg.connect(cluster.dsn(database_of_the_file, "postgres")) as owner:
        owner.execute("select from public.budgets where id = %s for update", (known,))
        sweeper = threading.Thread(target=sweep)
        sweeper.start()
        while not world.one(waiting):
            assert sweeper.is_alive()
        world.all(note, tenant.id, use)
        owner.rollback()
    sweeper.join()
    world.one("select private.sweep()")
    assert [str(round(spent, 2)) for (spent,) in tenant.all("select spent from public.budgets")] == ["0.02", "0.02"]
