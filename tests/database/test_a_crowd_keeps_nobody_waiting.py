"""One client with 100,000 waiting invitations: its share of the queue, the others' speed, no scan of a big table."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from tests.database.builders import Tenant, World, result

CROWD = 100_000
REACHED = 5_000
BIG = ("leads", "lead_identities", "interviews", "threads", "deliveries", "interview_messages_%")

_names = itertools.count(1)


@dataclass(frozen=True)
class Crowd:
    """The client; who was invited long ago, as (number, thread); ids of those invitations, as (ours, provider's)."""

    tenant: Tenant
    people: Iterator[tuple[str, str]]
    sent: Iterator[tuple[str, str]]

    @property
    def world(self) -> World:
        return self.tenant.world


@pytest.fixture(scope="module")
def crowd(reader: World, cleaner: psycopg.Connection) -> Crowd:
    """100,000 leads in a running project, 5,000 of them invited long ago, the others waiting."""
    reader.setting("debounce_ms", 0)
    tenant = reader.tenant()
    project = tenant.project()
    fill = [
        "set session_replication_role = replica",
        "insert into public.leads (client_id, phone, name) select '{client}', '+5511' || (970000000 + n), 'Lead ' || n"
        f" from generate_series(1, {CROWD}) as n",
        "insert into public.lead_identities (client_id, lead_id, kind, value)"
        f" select client_id, id, 'phone', private.phone_key(phone) from public.leads limit {REACHED}",
        "insert into public.interviews (client_id, lead_id, project_id)"
        " select client_id, id, '{project}' from public.leads",
        "insert into private.threads (client_id, lead_id, channel_account_id, interview_id, last_seq)"
        " select i.client_id, i.lead_id, '{account}', i.id, 1 from public.interviews as i"
        f" join public.lead_identities as k on k.client_id = i.client_id and k.lead_id = i.lead_id limit {REACHED}",
        "update public.interviews as i set invited_at = now(), thread_id = t.id from private.threads as t"
        " where t.interview_id = i.id",
        "insert into public.interview_messages (interview_id, role, content, client_id, seq)"
        " select interview_id, 'assistant', 'oi', client_id, 1 from private.threads",
        "insert into public.deliveries (client_id, lead_id, thread_id, interview_id, channel_account_id, kind, content,"
        " status, queue, seq, provider_message_id, sent_at) select client_id, lead_id, id, interview_id,"
        " channel_account_id, 'invitation', '{{}}', 'sent', 'default', 1, 'old.' || id, now() from private.threads",
        "update public.projects set status = 'active', channel_account_id = '{account}' where id = '{project}'",
        "set session_replication_role = origin",
        "analyze",
    ]
    for statement in fill:
        cleaner.execute(statement.format(client=tenant.id, project=project, account=tenant.account).encode())
    people = reader.all(
        "select ltrim(l.phone, '+'), t.id from private.threads as t"
        " join public.leads as l on l.id = t.lead_id limit 100"
    )
    sent = reader.all("select id, provider_message_id from public.deliveries limit 100")
    return Crowd(tenant, iter(people), iter(sent))


def test_the_crowd_has_its_share_of_the_queue_and_no_more(crowd: Crowd) -> None:
    """However often it is swept and claimed, at most a hundred invitations are made ahead of their sending."""
    world = crowd.world
    for _ in range(5):
        world.one("select private.sweep()")
        world.complete(*world.claim("default", limit=32))
        waiting = world.one("select count(*) from public.deliveries where status in ('queued', 'deferred', 'sending')")
        assert waiting <= 100
        assert world.queued("default") <= 100
    assert (
        world.one("select count(*) from public.deliveries where kind = 'invitation' and status = 'sent'")
        == REACHED + 160
    )


def test_another_clients_reply_is_claimed_at_once(crowd: Crowd) -> None:
    """With the crowd's invitations before it in every queue, a lead's message is the first task of the next claim."""
    world = crowd.world
    world.one("select private.sweep()")
    other = world.tenant()
    lead = other.lead()
    other.start(other.project())
    tasks = world.claim("default", limit=200)
    assert other.id in {task["client_id"] for task in tasks}, "its invitation stands behind a hundred at most"
    world.complete(*tasks)
    phone = other.one("select phone from public.leads where id = %s", lead)
    began = time.monotonic()
    other.ingest(other.message(phone.removeprefix("+"), "oi"))
    tasks = world.claim("high_priority", "default", "low_priority", limit=7)
    assert time.monotonic() - began < 1
    assert other.id in {task["client_id"] for task in tasks if task["task"] == "agent_turn"}


def test_the_lowest_queue_does_not_starve(crowd: Crowd) -> None:
    """One slot in eight takes the lowest queue first, even while there is always work of a higher one."""
    world = crowd.world
    world.one("select private.sweep()")
    crowd.tenant.all("select public.request_report(id) from public.projects")
    tasks = world.claim("default", "low_priority", limit=8)
    assert "report" in {task["task"] for task in tasks}
    assert len(tasks) == 8


def _work() -> dict[str, Callable[[Crowd], Any]]:
    """Everything that happens per message, per second, or per click on one row."""

    def turn(crowd: Crowd) -> None:
        number, thread = next(crowd.people)
        crowd.tenant.ingest(crowd.tenant.message(number, "9"))
        (task,) = (task for task in crowd.world.claim("high_priority") if task["id"] == thread)
        proposal = {"answers": [{"key": "nota", "value": 9, "quote": "9", "seq": 2}]}
        (verdict,) = crowd.world.worker("commit_turns", results=[result(task, **proposal)])
        crowd.world.complete(verdict["delivery"])

    def status(crowd: Crowd) -> None:
        tenant = crowd.tenant
        (_, known), (ours, _) = next(crowd.sent), next(crowd.sent)
        tenant.ingest(
            tenant.status("delivered", message_id=known), tenant.status("read", message_id="x", reference=ours)
        )

    def heard(crowd: Crowd, number: str, text: str) -> None:
        crowd.tenant.ingest(crowd.tenant.message(number, text))

    return {
        "a turn from webhook to sent reply": turn,
        "a status": status,
        "a stranger's message": lambda crowd: heard(crowd, f"55219{80000000 + next(_names)}", "oi"),
        "an opt-out": lambda crowd: heard(crowd, next(crowd.people)[0], "SAIR"),
        "a claim and its results": lambda crowd: crowd.world.complete(*crowd.world.claim("default", limit=16)),
        "the sweep": lambda crowd: crowd.world.one("select private.sweep()"),
        "a lead's insert": lambda crowd: crowd.tenant.lead(f"219{70000000 + next(_names)}"),
        "a person's metrics": lambda crowd: crowd.tenant.all("select * from public.queue_metrics()"),
    }


@pytest.mark.parametrize("what", _work())
def test_no_big_table_is_scanned_for(crowd: Crowd, what: str) -> None:
    """Found by index: the tables' own counters of sequentially read rows stand still (twice: plans get cached)."""
    world = crowd.world
    for _ in range(2):
        before = _rows_scanned(world)
        _work()[what](crowd)
        scanned = {table: rows - before[table] for table, rows in _rows_scanned(world).items() if rows > before[table]}
        assert scanned == {}


def _rows_scanned(world: World) -> dict[str, int]:
    # What a connection counted is told to the others late, unless it is asked to.
    for connection in (world.api, world.connection):
        connection.execute("select pg_stat_force_next_flush()")
        connection.execute("select 1")
    world.all("select pg_stat_clear_snapshot()")
    return dict(
        world.all(
            "select relname, seq_tup_read from pg_stat_all_tables"
            " where schemaname in ('public', 'private', 'parts') and relname like any (%s)",
            list(BIG),
        )
    )
