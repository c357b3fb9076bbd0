"""Two who want the same rows want them in the same order: pairs that once waited for each other, made to meet."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from tests.database.builders import JSON, Interview, Session, Tenant, World, call
from tests.database.test_instances_do_not_collide import Instance
from tests.support import as_role


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as made:
        yield made


def _begun(pool: ThreadPoolExecutor, work: Any, *arguments: Any, **more: Any) -> Future[Any]:
    """Work that has come as far as it can while somebody holds a row of it."""
    begun = pool.submit(work, *arguments, **more)
    time.sleep(0.4)
    return begun


@contextmanager
def _holding(world: World, statement: str, *values: Any) -> Iterator[None]:
    """A third one in the middle of the two: its row is locked for the block."""
    with psycopg.connect(world.connection.info.dsn) as third:
        third.execute(statement.encode(), values)
        yield
        third.rollback()


def _as_owner(tenant: Tenant, statement: str, *values: Any) -> Any:
    connection = Instance(tenant.world).connection
    with as_role(connection, "authenticated", {"sub": tenant.owner, "aud": "authenticated"}):
        return Session(connection).one(statement, *values)


def test_an_import_and_a_webhook_with_the_same_strangers(tenant: Tenant, pool: ThreadPoolExecutor) -> None:
    """By the number as it is stored, not as WhatsApp writes it."""
    world = tenant.world
    rows = "telefone\n+5511912345678\n+5511950000000\n+5511987654321\n"
    events = [tenant.message("551187654321", "oi"), tenant.message("5511912345678", "oi")]
    with _holding(world, "insert into public.leads (client_id, phone) values (%s, '+5511950000000')", tenant.id):
        imported = _begun(pool, _as_owner, tenant, "select public.import_leads(csv => %s)", rows)
        taken = _begun(pool, Instance(world).rpc, "ingest", channel_account_id=tenant.account, events=events)
    assert imported.result(10)["rows"] == 3
    assert taken.result(10)["messages"] == 2


def test_a_replay_and_the_report_it_is_about(interview: Interview, pool: ThreadPoolExecutor) -> None:
    """The report before its dead letter, for both."""
    world, tenant = interview.world, interview.tenant
    interview.turn(
        "tudo", answers=[{"key": k, "value": v} for k, v in (("nota", 9), ("motivo", "bom"), ("canal", "Loja"))]
    )

    def claimed() -> JSON:
        (task,) = (t for t in world.claim("low_priority") if t["work"]["kind"] == "interview")
        return task

    task = claimed()
    world.worker("fail_task", task="report", id=task["id"], claim=task["claim"], error={"code": "x"}, retryable=False)
    letter = tenant.one("select id from public.failed_tasks")
    world.all(
        "select private.queue_report(project_id, interview_id, true) from public.reports where id = %s", task["id"]
    )
    task = claimed()
    saving = {"summary": "", "markdown": "", "model": "x", "usage": {}}
    with _holding(world, "select from public.reports where id = %s for update", task["id"]):
        saved = _begun(pool, Instance(world).rpc, "save_report", report_id=task["id"], claim=task["claim"], **saving)
        replayed = _begun(pool, _as_owner, tenant, "select public.replay_failed_task(%s)", letter)
    assert saved.result(10)["verdict"] == "saved"
    assert replayed.result(10)


def test_a_stranger_without_a_number_who_writes_twice_is_one_lead(tenant: Tenant, pool: ThreadPoolExecutor) -> None:
    """Two webhooks at once from an id that nobody has met."""
    world = tenant.world

    def said(text: str) -> JSON:
        item = tenant.message(None, text)
        item["sender"]["bsuid"] = "BR.123"
        return item

    connection = Instance(world).connection
    with as_role(connection, "renum_worker"):
        call(Session(connection), "worker.ingest", channel_account_id=tenant.account, events=[said("um")])
        second = _begun(pool, Instance(world).rpc, "ingest", channel_account_id=tenant.account, events=[said("dois")])
    assert second.result(10)["messages"] == 1
    assert world.one("select count(*) from public.leads") == 1
    assert world.all("select content from public.messages order by seq") == [("um",), ("dois",)]


def test_a_claim_makes_its_invitations_before_it_takes_tasks(interview: Interview, pool: ThreadPoolExecutor) -> None:
    """A claim that waits for a webhook's new thread holds no task that the webhook wants to end."""
    world, tenant = interview.world, interview.tenant
    sent = world.one("select id from public.deliveries where kind = 'invitation'")
    world.all("update public.deliveries set status = 'unknown', due_at = now(), task_id = null where id = %s", sent)
    world.all(
        "update public.deliveries set task_id = (select s.id from pgmq.send('default',"
        " private.task_message('delivery', id, client_id, 1), 0) as s (id)) where id = %s",
        sent,
    )
    lead = tenant.lead("11 95555-4444")
    world.setting("admitted_tasks", 0)
    tenant.start(tenant.project(audience={"lead_ids": [lead]}))
    world.setting("admitted_tasks", 100)
    connection = Instance(world).connection
    with as_role(connection, "renum_worker"):
        session = Session(connection)
        call(
            session, "worker.ingest", channel_account_id=tenant.account, events=[tenant.message("5511955554444", "oi")]
        )
        claimed = _begun(pool, Instance(world).rpc, "claim_tasks", queues=["default"], max=8, visibility_s=30)
        status = tenant.status("delivered", message_id="x", reference=sent)
        call(session, "worker.ingest", channel_account_id=tenant.account, events=[status])
    assert "tasks" in claimed.result(10)
    assert world.one("select status::text from public.deliveries where id = %s", sent) == "delivered"


def test_a_claim_waits_for_nobodys_thread(interview: Interview) -> None:
    """Not even where it finds that a delivery must not be sent any more, and writes that down."""
    world, tenant = interview.world, interview.tenant
    tenant.all(
        "insert into public.message_templates (name, body, status, purpose) values ('oi', 'Oi!', 'approved', 'other')"
    )
    tenant.all(
        "insert into public.deliveries (lead_id, content) values (%s, %s)",
        interview.lead,
        {"type": "template", "name": "oi"},
    )
    world.all("update public.leads set status = 'blocked' where id = %s", interview.lead)
    with _holding(world, "select private.lock_threads(array[%s::uuid])", interview.thread):
        claimer = Instance(world).connection
        with as_role(claimer, "renum_worker"):
            claimer.execute("set local lock_timeout = '2s'")
            arguments = {"queues": ["high_priority"], "max": 10, "visibility_s": 30}
            assert call(Session(claimer), "worker.claim_tasks", **arguments)["tasks"] == []
    assert world.one("select status::text from public.deliveries where kind = 'message'") == "cancelled"


def test_news_noted_twice_wait_for_nobody_who_tells_them(tenant: Tenant) -> None:
    """The sweep is just telling the owner; the same is noted again."""
    world = tenant.world
    note = "select private.notify(%s, 'account_stopped', null, 'A conta parou.', 'x')"
    assert world.one(note, tenant.id) == 1
    with _holding(world, "update public.notifications set told_at = now()"), world.connection.transaction():
        world.all("set local lock_timeout = '2s'")
        assert world.one(note, tenant.id) == 0


def test_a_withdrawal_and_the_leads_own_word_on_two_accounts(tenant: Tenant, pool: ThreadPoolExecutor) -> None:
    """Whoever ends a lead's interviews takes them all before it changes one, whatever account they are on."""
    world = tenant.world
    second = tenant.one(
        "insert into public.channel_accounts (provider, name, external_id, throughput)"
        " values ('whatsapp_cloud', 'Segunda', '9990001', null) returning id"
    )
    phones = {tenant.lead(phone): "55" + phone for phone in (f"119888800{n}" for n in range(10, 22))}
    for account in (tenant.account, second):
        project = tenant.project()
        tenant.all("update public.projects set channel_account_id = %s where id = %s", account, project)
        tenant.start(project)
    world.complete(*world.claim("default"))
    # One of them whose interviews do not lie in the order of their ids.
    lead, high = next(
        (lead, ids[0])
        for lead in phones
        if (
            ids := [
                row[0]
                for row in world.all(
                    "select interview_id from private.threads where client_id = %s and lead_id = %s", tenant.id, lead
                )
            ]
        )
        != sorted(ids)
    )
    withdrawal = (
        "insert into public.consents (lead_id, granted, legal_basis, evidence)"
        " values (%s, false, 'consent', '{\"text\": \"at the counter\"}') returning id"
    )
    with _holding(world, "select from public.interviews where id = %s for update", high):
        withdrawn = _begun(pool, _as_owner, tenant, withdrawal, lead)
        event = tenant.message(phones[lead], "oi")
        taken = _begun(pool, Instance(world).rpc, "ingest", channel_account_id=tenant.account, events=[event])
    assert taken.result(10)["messages"] == 1
    assert withdrawn.result(10)
    reasons = world.all("select distinct end_reason::text from public.interviews where lead_id = %s", lead)
    assert reasons == [("opted_out",)]


def _impatient(world: World, role: str, claims: JSON, work: Any) -> Any:
    """Work of somebody who waits two seconds for a row, and no longer."""
    connection = Instance(world).connection
    with as_role(connection, role, claims):
        connection.execute("set local lock_timeout = '2s'")
        return work(Session(connection))


def test_a_completion_waits_for_nobody_who_admits_the_next(interview: Interview) -> None:
    """Who admits it may wait for the pace of the account, which the completion holds."""
    world, tenant = interview.world, interview.tenant
    interview.turn("oi")
    first, second = (
        tenant.one(
            "insert into public.deliveries (lead_id, content) values (%s, %s) returning id",
            interview.lead,
            {"type": "text", "text": text},
        )
        for text in ("um", "dois")
    )
    (task,) = world.claim("high_priority")
    assert task["id"] == str(first)
    results = [{"id": task["id"], "claim": task["claim"], "outcome": "sent", "provider_message_id": "w.1"}]
    with _holding(world, "select from public.deliveries where id = %s for no key update", second):
        answer = _impatient(
            world, "renum_worker", {}, lambda session: call(session, "worker.complete_deliveries", results=results)
        )
    assert [(a["status"], a["task"]) for a in answer] == [("sent", None)]
    world.all("select private.sweep()")
    assert [task["id"] for task in world.claim("high_priority")] == [str(second)]


def test_the_end_of_an_interview_waits_for_nobody_who_admits_its_invitation(tenant: Tenant) -> None:
    """Its claim finds that there is nothing to send any more."""
    world = tenant.world
    lead = tenant.lead()
    tenant.start(tenant.project(audience={"lead_ids": [lead]}))
    invitation = world.one("select id from public.deliveries where kind = 'invitation'")
    end = "update public.interviews set status = 'cancelled' returning status::text"
    owner = {"sub": tenant.owner, "aud": "authenticated"}
    with _holding(world, "select from public.deliveries where id = %s for no key update", invitation):
        assert _impatient(world, "authenticated", owner, lambda session: session.one(end)) == "cancelled"
    assert world.claim("default") == []
    assert world.row("select status::text, task_id from public.deliveries where id = %s", invitation) == (
        "cancelled",
        None,
    )
    assert world.queued("default") == 0
