"""What an account may do is kept before the provider has to say so: per second, per person, per day, and while it is
stopped."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from tests.database.builders import JSON, Tenant

STATES = "select status::text, count(*) from public.deliveries group by 1"


def _limited(tenant: Tenant, **limits: Any) -> None:
    for name, value in limits.items():
        tenant.world.all(f"update public.channel_accounts set {name} = %s where id = %s", value, tenant.account)


def _campaign(tenant: Tenant, leads: int, **config: Any) -> None:
    """Starts a project with so many leads."""
    tenant.world.all(
        "insert into public.leads (client_id, phone, name)"
        " select %s, '+55119' || (62000000 + n), 'Ana' from generate_series(1, %s) as n",
        tenant.id,
        leads,
    )
    tenant.start(tenant.project(**config))


def _send_all(tenant: Tenant) -> list[JSON]:
    """Claims and sends until nothing more is let go."""
    sent: list[JSON] = []
    while tasks := tenant.world.claim("default"):
        tenant.world.complete(*tasks)
        sent += tasks
    return sent


def _tomorrow(tenant: Tenant, hours: float = 24) -> None:
    """Moves the clock that days go by."""
    tenant.world.all(
        "update private.settings set value = to_jsonb((value #>> '{}')::float + %s) where key = 'clock_offset_s'",
        timedelta(hours=hours).total_seconds(),
    )
    tenant.world.one("select private.sweep()")


def test_no_second_sees_more_than_the_throughput(tenant: Tenant) -> None:
    """A fifth at once, the rest spread; what does not fit waits in its queue without counting as an attempt."""
    _limited(tenant, throughput=20)
    _campaign(tenant, 30)
    first = tenant.world.claim("default")
    assert 1 <= len(first) <= 5
    assert Counter(dict(tenant.all(STATES))) == {"sending": len(first), "queued": 30 - len(first)}
    assert tenant.one("select max(attempts) from public.deliveries where status = 'queued'") == 0
    assert tenant.one("select min(reason) from public.deliveries where status = 'queued' and reason is not null") == (
        "the account's throughput is reached"
    )
    tenant.world.complete(*first)
    tenant.world.later(1)
    second = tenant.world.claim("default")
    assert 1 <= len(second) <= 20


def test_one_person_gets_a_burst_and_then_one_in_six_seconds(tenant: Tenant) -> None:
    """The forty-sixth reply waits; another person's does not."""
    world = tenant.world
    _limited(tenant, throughput=1000)
    busy, calm = tenant.interview(), tenant.interview()
    for n in range(44):
        busy.turn(f"mensagem {n}")
    busy.say("mais uma")
    assert busy.commit(busy.claim())["delivery"] is None
    status, reason = world.row(
        "select status::text, reason from public.deliveries where status in ('queued', 'deferred')"
    )
    assert (status, reason) == ("queued", "too many messages to one person in a short time")
    assert calm.turn("oi")
    world.later(7)
    (late,) = world.claim("high_priority")
    assert late["work"]["content"]["type"] == "text"


def test_a_throttled_person_holds_up_nobody_else(tenant: Tenant) -> None:
    """131056: four times longer each time in a row, and only for that person."""
    world = tenant.world
    _limited(tenant, throughput=1000)
    _campaign(tenant, 2)
    one, other = world.claim("default")
    error = {"code": "131056", "message": "pair rate limit", "retryable": True, "scope": "recipient"}
    waits = []
    assert world.complete(other)[0]["status"] == "sent"
    for _ in range(3):
        world.complete(one, outcome="throttled", error=error, retry_after_ms=6000)
        waits.append(
            world.one(
                "select extract(epoch from due_at - private.now()) from public.deliveries where id = %s", one["id"]
            )
        )
        world.later(float(waits[-1]) + 1)
        world.one("select private.sweep()")
        (one,) = (task for task in world.claim("default") if task["id"] == one["id"])
    assert [round(float(wait) / 6) for wait in waits] == [1, 4, 16]
    assert one["attempt"] == 1, "no attempt was counted"


def test_a_throttled_number_holds_up_its_own_sends_only(tenant: Tenant) -> None:
    """Nobody is alarmed, and another account goes on."""
    world = tenant.world
    _campaign(tenant, 3)
    tasks = world.claim("default")
    error = {"code": "130429", "message": "rate limit hit", "retryable": True, "scope": "number"}
    world.complete(tasks[0], outcome="throttled", error=error, retry_after_ms=20_000)
    world.complete(*tasks[1:])
    neighbour = world.tenant()
    _campaign(neighbour, 1)
    assert [task["client_id"] for task in world.claim("default")] == [neighbour.id]
    tenant.lead()
    tenant.start(tenant.project())
    assert world.claim("default") == []
    assert tenant.one("select count(*) from public.deliveries where reason = 'rate limit hit'") >= 1
    assert tenant.one("select status::text from public.channel_accounts") == "active"
    world.later(21)
    assert len(world.claim("default")) == 2


@pytest.mark.parametrize("portfolio", [False, True], ids=["one account", "two accounts of a portfolio"])
def test_a_day_reaches_so_many_people_and_no_more(tenant: Tenant, portfolio: bool) -> None:
    """The rest waits for the first of them to be a day old; a person reached already costs nothing more."""
    world = tenant.world
    _limited(tenant, daily_limit=5, **({"portfolio_id": "p1"} if portfolio else {}))
    _campaign(tenant, 12, stretch=True)
    if portfolio:
        second = world.one(
            "insert into public.channel_accounts (client_id, provider, name, external_id, throughput, daily_limit,"
            " portfolio_id) values (%s, 'whatsapp_cloud', 'Outra', '777', null, 5, 'p1') returning id",
            tenant.id,
        )
        world.all(
            "update public.deliveries set channel_account_id = %s where id in"
            " (select id from public.deliveries order by id limit 6)",
            second,
        )
    assert len(_send_all(tenant)) == 5
    assert dict(tenant.all(STATES)) == {"sent": 5, "deferred": 7}
    assert tenant.one("select count(distinct reason) from public.deliveries where status = 'deferred'") == 1
    _tomorrow(tenant, 23)
    assert _send_all(tenant) == []
    _tomorrow(tenant, 1.1)
    assert len(_send_all(tenant)) == 5
    _tomorrow(tenant, 24.1)
    assert len(_send_all(tenant)) == 2
    assert dict(tenant.all(STATES)) == {"sent": 12}


def test_five_hundred_people_take_two_days(tenant: Tenant) -> None:
    """At no time were more than 250 people written to within 24 hours."""
    world = tenant.world
    _limited(tenant, daily_limit=250)
    _campaign(tenant, 500, stretch=True)
    days = []
    while world.one(
        "select count(*) from public.interviews as i where not exists"
        " (select from public.deliveries as d where d.interview_id = i.id and d.status = 'sent')"
    ):
        days.append(len(_send_all(tenant)))
        assert len(days) < 10
        _tomorrow(tenant, 24.01)
    assert days == [250, 250]
    most = world.one(
        "select max((select count(distinct e.lead_id) from public.deliveries as e where e.initiated"
        " and e.begun_at > d.begun_at - interval '24 hours' and e.begun_at <= d.begun_at)) from public.deliveries as d"
    )
    assert most == 250


def test_who_wrote_within_a_day_costs_nothing(tenant: Tenant) -> None:
    """A reply goes out though the day's people are used up."""
    _limited(tenant, daily_limit=1)
    interview = tenant.interview()
    tenant.lead()
    tenant.start(tenant.project(audience={"all": True}, stretch=True))
    assert _send_all(tenant) == []
    assert interview.turn("oi")


def test_a_stopped_account_keeps_its_messages(tenant: Tenant) -> None:
    """A token that is not good any more: nothing is lost, the owner is told once, and the account goes on where it
    stopped."""
    world = tenant.world
    _campaign(tenant, 3)
    first, *rest = world.claim("default")
    error = {"code": "190", "message": "Access token has expired", "retryable": False, "scope": "account"}
    world.complete(first, outcome="failed", error=error)
    world.complete(*rest, outcome="failed", error=error)
    assert tenant.all("select status::text, stopped_reason from public.channel_accounts") == [
        ("paused", "o provedor respondeu “Access token has expired”")
    ]
    assert dict(tenant.all(STATES)) == {"deferred": 3}
    assert tenant.one("select count(*) from public.failed_tasks") == 0
    assert tenant.one("select count(*) from public.notifications where event = 'account_stopped'") == 1
    assert tenant.one("select text from public.notifications") == (
        'A conta "Principal" parou de enviar. Motivo: o provedor respondeu “Access token has expired”.'
        " As mensagens estão guardadas e seguem quando ela voltar."
    )
    neighbour = world.tenant()
    _campaign(neighbour, 1)
    assert [task["client_id"] for task in world.claim("default")] == [neighbour.id]
    tenant.all("update public.channel_accounts set status = 'active'")
    assert tenant.one("select stopped_reason from public.channel_accounts") is None
    world.one("select private.sweep()")
    tasks = world.claim("default")
    assert [task["attempt"] for task in tasks if task["work"]["kind"] == "invitation"] == [1, 1, 1]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("credentials_missing", "faltam credenciais"),
        ("credentials_unreadable", "as credenciais guardadas não podem ser abertas: informe-as de novo"),
        ("bad_config", "host, port ou security em config não estão corretos"),
    ],
)
def test_what_is_not_the_providers_fault_is_not_said_to_be(tenant: Tenant, code: str, reason: str) -> None:
    """An account that lacks something of its own says so to its owners, in their language."""
    _campaign(tenant, 1)
    error = {"code": code, "message": "in English", "retryable": False, "scope": "account"}
    tenant.world.complete(*tenant.world.claim("default"), outcome="failed", error=error)
    assert tenant.one("select stopped_reason from public.channel_accounts") == reason
    told = tenant.one("select text from public.notifications where event = 'account_stopped'")
    assert f"Motivo: {reason}. As" in told


def test_new_credentials_start_a_stopped_account(tenant: Tenant) -> None:
    """One that a person paused stays paused."""
    world = tenant.world
    world.all("select private.stop_account(%s, 'paused', 'token')", tenant.account)
    with tenant.session() as owner:
        owner.all("select public.set_channel_credentials(%s, %s, '1')", tenant.account, "A" * 40)
    assert tenant.one("select status::text from public.channel_accounts") == "active"
    tenant.all("update public.channel_accounts set status = 'paused'")
    with tenant.session() as owner:
        owner.all("select public.set_channel_credentials(%s, %s, '1')", tenant.account, "A" * 40)
    assert tenant.one("select status::text from public.channel_accounts") == "paused"


def test_a_provider_tells_that_an_account_is_away_and_back(tenant: Tenant) -> None:
    """By webhook, any number of times; what a person paused is not started by it."""

    def news(state: str, n: int) -> None:
        body = {"state": state, "reason": "telefone sem internet"}
        tenant.ingest({"kind": "account", "provider_id": f"n{n}", "number": None, "account": body, "raw": {}})

    news("disconnected", 1)
    news("disconnected", 2)
    assert tenant.all("select status::text, stopped_reason from public.channel_accounts") == [
        ("disconnected", "telefone sem internet")
    ]
    assert tenant.one("select count(*) from public.notifications where event = 'account_stopped'") == 1
    news("connected", 3)
    assert tenant.all("select status::text, stopped_reason from public.channel_accounts") == [("active", None)]
    tenant.all("update public.channel_accounts set status = 'paused'")
    news("connected", 4)
    assert tenant.one("select status::text from public.channel_accounts") == "paused"
    assert tenant.one("select count(*) from public.webhook_events where outcome = 'followed'") == 4


def test_a_suspended_client_sends_nothing_until_it_is_back(tenant: Tenant) -> None:
    """Replies under way included."""
    world = tenant.world
    interview = tenant.interview()
    interview.say("oi")
    task = interview.claim()
    world.all("update public.clients set status = 'suspended' where id = %s", tenant.id)
    assert interview.commit(task)["delivery"] is None
    assert world.row("select status::text, reason from public.deliveries where kind = 'reply'") == (
        "deferred",
        "the client is suspended",
    )
    world.all("update public.clients set status = 'active' where id = %s", tenant.id)
    world.later(61)
    world.one("select private.sweep()")
    assert len(world.claim("high_priority")) == 1


def test_what_fails_after_it_was_accepted_is_a_dead_letter(tenant: Tenant) -> None:
    """The provider's late word is heeded like a refusal; should it arrive after all, the dead letter is resolved."""
    world = tenant.world
    _campaign(tenant, 1)
    (task,) = world.claim("default")
    world.complete(task)
    error = {"code": "131026", "message": "undeliverable", "retryable": False, "scope": "recipient"}
    tenant.ingest(tenant.status("failed", message_id=f"wamid.out.{task['id']}", error=error))
    assert tenant.all("select status::text, error ->> 'code' from public.failed_tasks") == [("dead", "131026")]
    assert world.queued("failed_tasks") == 1
    tenant.ingest(tenant.status("delivered", message_id=f"wamid.out.{task['id']}"))
    assert tenant.one("select status::text from public.failed_tasks") == "resolved"
    assert world.queued("failed_tasks") == 0


def test_a_late_word_about_the_account_stops_it(tenant: Tenant) -> None:
    """Payment missing, told by a status: the rest of the campaign waits."""
    world = tenant.world
    _campaign(tenant, 2)
    one, other = world.claim("default")
    world.complete(one, other)
    error = {"code": "131042", "message": "payment method missing", "retryable": False, "scope": "account"}
    tenant.ingest(tenant.status("failed", message_id=f"wamid.out.{one['id']}", error=error))
    reason = tenant.one("select stopped_reason from public.channel_accounts")
    assert reason == "o provedor respondeu “payment method missing”"


def test_a_person_throttled_for_ever_is_given_up(tenant: Tenant) -> None:
    """A mailbox that says "later" every time: after a day it is a dead letter."""
    world = tenant.world
    _campaign(tenant, 1)
    (task,) = world.claim("default")
    error = {"code": "450", "message": "greylisted", "retryable": True, "scope": "recipient"}
    world.all("update public.deliveries set throttles = 29")
    world.complete(task, outcome="throttled", error=error, retry_after_ms=1000)
    assert dict(tenant.all(STATES)) == {"deferred": 1}
    world.later(3601)
    world.one("select private.sweep()")
    (task,) = world.claim("default")
    world.complete(task, outcome="throttled", error=error, retry_after_ms=1000)
    assert dict(tenant.all(STATES)) == {"failed": 1}
    assert tenant.one("select error ->> 'code' from public.failed_tasks") == "450"


def test_a_provider_that_says_come_back_in_a_thousand_years_is_believed_for_a_day(tenant: Tenant) -> None:
    """And what it says about never is a number all the same."""
    world = tenant.world
    _campaign(tenant, 1)
    (task,) = world.claim("default")
    error = {"code": "429", "message": "later", "retryable": True, "scope": "number"}
    world.complete(task, outcome="throttled", error=error, retry_after_ms=31_556_952_000_000)
    assert world.one("select due_at < private.now() + interval '25 hours' from public.deliveries")


def test_a_send_does_not_look_at_all_that_its_account_ever_sent(tenant: Tenant) -> None:
    """The rate for one person is read from that person's messages."""
    world = tenant.world
    world.all("update public.channel_accounts set throughput = 80 where id = %s", tenant.account)
    lead, other = tenant.lead(), tenant.lead()
    tenant.start(tenant.project(audience={"lead_ids": [lead]}))
    world.all(
        "insert into public.deliveries"
        " (client_id, lead_id, channel_account_id, kind, content, queue, status, begun_at, pair_at)"
        " select %s, %s, %s, 'reply', '{}', 'default', 'sent', now() - interval '9 days', now() - interval '9 days'"
        " from generate_series(1, 3000)",
        tenant.id,
        other,
        tenant.account,
    )
    world.all("analyze public.deliveries")
    invitation = world.one("select id from public.deliveries where kind = 'invitation'")
    read = (
        "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables where relid = 'public.deliveries'::regclass"
    )
    with world.connection.transaction():
        before = world.one(read)
        assert world.one("select private.grant_delivery(%s, 30)", invitation)
        assert world.one(read) - before < 100
