"""Several instances at once, on real connections: no thread in two hands, no message lost, no deadlock."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.database.builders import JSON, Interview, Session, Tenant, World, call, result
from tests.support import as_role


class Instance:
    """A function instance: a connection of its own."""

    def __init__(self, world: World) -> None:
        self.connection = psycopg.connect(world.login, autocommit=True)
        Session(self.connection)

    def rpc(self, name: str, **arguments: Any) -> Any:
        """Calls an RPC of schema worker."""
        with as_role(self.connection, "renum_worker"):
            return call(Session(self.connection), f"worker.{name}", **arguments)

    def claim(self, *queues: str, limit: int = 8) -> list[JSON]:
        """Claims up to `limit` tasks."""
        tasks: list[JSON] = self.rpc("claim_tasks", queues=list(queues), max=limit, visibility_s=30)["tasks"]
        return tasks


def _at_once(world: World, count: int, work: Any) -> list[Any]:
    """Runs `work(instance, n)` in `count` instances that begin together; raises what any of them raised."""
    instances = [Instance(world) for _ in range(count)]
    gate = threading.Barrier(count)

    def run(n: int) -> Any:
        gate.wait()
        return work(instances[n], n)

    try:
        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(run, range(count)))
    finally:
        for instance in instances:
            instance.connection.close()


def _interviews(tenant: Tenant, count: int) -> list[Interview]:
    """Started interviews of one project."""
    tenant.world.setting("admitted_tasks", count)
    phones = [f"119{72000000 + n}" for n in range(count)]
    leads = [tenant.lead(phone) for phone in phones]
    tenant.start(project := tenant.project())
    tenant.world.complete(*tenant.world.claim("default", limit=count))
    rows = dict(tenant.all("select lead_id, id from public.interviews"))
    threads = dict(tenant.world.all("select lead_id, id from private.threads"))
    return [
        Interview(tenant, rows[lead], lead, project, threads[lead], "55" + phone)
        for lead, phone in zip(leads, phones, strict=True)
    ]


def test_two_claims_never_get_the_same_thread(tenant: Tenant) -> None:
    """Eight instances that claim together share forty turns out; each has exactly one lease."""
    interviews = _interviews(tenant, 40)
    for interview in interviews:
        interview.say("9")

    def work(instance: Instance, _: int) -> list[JSON]:
        taken: list[JSON] = []
        while tasks := instance.claim("high_priority", limit=3):
            taken += tasks
        return taken

    taken = [task for tasks in _at_once(tenant.world, 8, work) for task in tasks if task["work"]]
    # What a claim met locked it was told to ask for again; here nobody did, so the tasks show again after their time.
    tenant.world.later(31)
    taken += [task for task in tenant.world.claim("high_priority", limit=40) if task["attempt"] == 1]
    assert Counter(task["id"] for task in taken) == Counter(interview.thread for interview in interviews)
    assert len({task["claim"] for task in taken}) == 40


def test_two_claims_never_get_the_same_delivery(tenant: Tenant) -> None:
    """The same for what is to be sent."""
    tenant.world.setting("admitted_tasks", 40)
    for _ in range(40):
        tenant.lead()
    tenant.start(tenant.project())

    def work(instance: Instance, _: int) -> list[str]:
        taken: list[str] = []
        while tasks := instance.claim("default", limit=3):
            taken += [task["id"] for task in tasks]
        return taken

    taken = [task for tasks in _at_once(tenant.world, 8, work) for task in tasks]
    assert len(taken) == len(set(taken))
    tenant.world.later(2)
    taken += [task["id"] for task in tenant.world.claim("default", limit=40) if task["attempt"] == 1]
    assert sorted(taken) == sorted(row[0] for row in tenant.all("select id from public.deliveries"))


@pytest.mark.parametrize("queue", ["high_priority", "default"])
def test_a_claim_waits_for_nobody(tenant: Tenant, queue: str) -> None:
    """A thread or delivery that somebody has locked is put off for a moment: claims are short, whoever is slow."""
    world = tenant.world
    interview = tenant.interview()
    interview.say("9")
    tenant.lead()
    tenant.start(tenant.project(audience={"metadata": {}}))
    table = "private.threads" if queue == "high_priority" else "public.deliveries"
    with psycopg.connect(world.login.replace("authenticator", "postgres")) as slow:
        slow.execute(f"select from {table} for update".encode())
        began = time.monotonic()
        held = world.claim(queue)
        assert time.monotonic() - began < 1
    assert [task["work"] for task in held] == ([None] if queue == "high_priority" else [])
    assert world.claim(queue) == []
    if held:
        assert 0 < held[0]["wait_ms"] < 100
        (task,) = world.worker("begin_turns", tasks=held, visibility_s=30)["tasks"]
    else:
        world.later(1)
        (task,) = world.claim(queue)
    assert task["work"]


def test_the_same_strangers_in_several_webhooks_at_once(tenant: Tenant) -> None:
    """Eight webhooks with the same items in different orders: each message once, each person one lead, no deadlock."""
    events = []
    for n in range(30):
        event = tenant.message(f"552198{7600000 + n % 10:07}", f"m{n}")
        event["sender"]["name"] = f"Nome {random.random()}"
        events.append(event)

    def work(instance: Instance, n: int) -> JSON:
        mine = events[:]
        random.Random(n).shuffle(mine)
        counts: JSON = instance.rpc("ingest", channel_account_id=tenant.account, events=mine)
        return counts

    counts = _at_once(tenant.world, 8, work)
    assert sum(each["messages"] for each in counts) == 30
    assert sum(each["duplicates"] for each in counts) == 7 * 30
    assert tenant.one("select count(*) from public.messages") == 30
    assert tenant.one("select count(*) from public.leads") == 10


def test_everything_at_once_answers_each_message_once(tenant: Tenant) -> None:
    """Webhooks, turns, sends, statuses, tenant's edits and the sweep against each other for two seconds: each message
    in exactly one turn, replies in order, no deadlock, no error."""
    world = tenant.world
    interviews = _interviews(tenant, 12)
    stop = time.monotonic() + 2
    said: Counter[str] = Counter()

    def lead(instance: Instance, n: int) -> None:
        dice = random.Random(n)
        while time.monotonic() < stop:
            who = dice.choice(interviews)
            events = [tenant.message(who.wa_id, f"t{dice.random()}") for _ in range(dice.randint(1, 3))]
            said[who.thread] += len(events)
            for _ in range(dice.randint(1, 2)):
                instance.rpc("ingest", channel_account_id=tenant.account, events=events)

    def agent(instance: Instance, n: int) -> None:
        dice = random.Random(n)
        held: list[JSON] = []
        while time.monotonic() < stop:
            tasks = instance.claim("high_priority", "default", "low_priority", limit=6)
            if held:
                tasks += instance.rpc("begin_turns", tasks=held, visibility_s=30)["tasks"]
            held = [task for task in tasks if task["wait_ms"]]
            deliveries = [task for task in tasks if task["task"] == "delivery"]
            turns = [task for task in tasks if task["task"] == "agent_turn" and not task["wait_ms"]]
            while turns:
                results = [result(task, acknowledgement="Certo.") for task in turns]
                verdicts = instance.rpc("commit_turns", results=results)
                assert {row["verdict"] for row in verdicts} <= {"committed", "partial", "superseded"}, verdicts
                turns = [row["task"] for row in verdicts if row["task"]]
                deliveries += [row["delivery"] for row in verdicts if row["delivery"]]
            while deliveries:
                if dice.random() < 0.3:
                    instance.rpc(
                        "ingest", channel_account_id=tenant.account, events=[delivered(task) for task in deliveries]
                    )
                answer = instance.rpc("complete_deliveries", results=[sent(task) for task in deliveries])
                deliveries = [row["task"] for row in answer if row["task"]]

    def delivered(task: JSON) -> JSON:
        return tenant.status("delivered", message_id=f"w.{task['id']}", reference=task["id"])

    def sent(task: JSON) -> JSON:
        return {"id": task["id"], "claim": task["claim"], "outcome": "sent", "provider_message_id": f"w.{task['id']}"}

    def client(instance: Instance, n: int) -> None:
        dice = random.Random(n)
        while time.monotonic() < stop:
            who = dice.choice(interviews)
            with as_role(instance.connection, "authenticated", {"sub": tenant.owner}):
                session = Session(instance.connection)
                session.all("update public.interviews set metadata = '{\"visto\": true}' where id = %s", who.id)
                session.all("update public.leads set name = %s where id = %s", f"Ana {dice.random()}", who.lead)
                session.all("select public.request_report(%s)", who.project)
            with psycopg.connect(world.login.replace("authenticator", "postgres"), autocommit=True) as cron:
                cron.execute("select private.sweep()")

    def work(instance: Instance, n: int) -> None:
        (lead if n < 3 else agent if n < 6 else client)(instance, n)

    _at_once(world, 7, work)
    for _ in range(50):
        world.later(40)
        for task in world.claim("high_priority"):
            delivery: JSON | None = task
            if task["task"] == "agent_turn":
                (verdict,) = world.worker("commit_turns", results=[result(task)])
                delivery = verdict["delivery"]
            while delivery:
                delivery = world.complete(delivery)[0]["task"]
    assert world.queued("high_priority") == 0
    for interview in interviews:
        _answered_once_and_in_order(interview, said[interview.thread])
    assert world.one("select count(*) from public.failed_tasks") == 0


def _answered_once_and_in_order(interview: Interview, said: int) -> None:
    world, thread = interview.world, interview.thread
    heard = world.all(
        "select seq from public.interview_messages where interview_id = %s and role = 'user' order by seq", interview.id
    )
    turns = world.all(
        "select from_seq, to_seq from public.turns where thread_id = %s and status in ('committed', 'partial')"
        " order by from_seq",
        thread,
    )
    assert len(heard) == said
    for (seq,) in heard:
        assert sum(first < seq <= last for first, last in turns) == 1
    assert all(one[1] <= two[0] for one, two in itertools.pairwise(turns))
    sent = world.all(
        "select seq, status::text from public.deliveries where thread_id = %s and kind = 'reply' order by sent_at, seq",
        thread,
    )
    assert [seq for seq, _ in sent] == sorted(seq for seq, _ in sent)
    assert {status for _, status in sent} <= {"sent", "delivered"}
    assert len(sent) == len(turns)
