"""Providers repeat, bundle and cross their webhooks: every message is one row and gets one reply."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.stack import Stack
from tests.system.survey import Lead, Survey, new_phone, new_wamid, text_message

AT_ONCE = 8


def at_once(calls: list[Callable[[], httpx.Response]]) -> list[dict[str, Any]]:
    """Makes all calls at the same time; what each answered, all of them 200."""
    with ThreadPoolExecutor(len(calls)) as threads:
        answers = [future.result() for future in [threads.submit(call) for call in calls]]
    assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]
    return [answer.json() for answer in answers]


def assert_once(lead: Lead, wamid: str, text: str) -> None:
    """One raw item, one message, one turn's reply, and no second one when all is quiet."""
    assert "que nota você dá?" in lead.hear()
    assert lead.replies() == []
    said = [message for message in lead.said() if message["metadata"]["provider_id"] == wamid]
    assert [message["content"] for message in said] == [text]
    assert [message["content"] for message in lead.said()] == [text]
    events = lead.stack.rows("select kind, outcome::text from public.webhook_events where provider_id = %s", wamid)
    assert events == [{"kind": "message", "outcome": "stored"}]
    turns = lead.stack.value(
        "select count(*) from public.turns as t join public.interviews as i on i.id = t.interview_id"
        " where i.lead_id = %s",
        lead.id,
    )
    assert turns == 1


@pytest.fixture
def lead(bakery: Survey) -> Lead:
    """A lead whose invitation has arrived."""
    return bakery.invited(1)[0]


def test_the_same_post_repeated_is_one_message_with_one_reply(bakery: Survey, lead: Lead) -> None:
    """Before and after the reply: the first time it is stored, every further time it is a duplicate."""
    wamid = new_wamid()
    body = bakery.envelope(text_message(lead.phone, "sim", wamid))
    counts = [bakery.post(body).json() for _ in range(3)]
    assert [count["messages"] for count in counts] == [1, 0, 0]
    assert [count["duplicates"] for count in counts] == [0, 1, 1]
    bakery.settled(lead)
    assert bakery.post(body).json()["duplicates"] == 1
    assert_once(lead, wamid, "sim")


def test_the_same_post_many_times_at_once_is_one_message_with_one_reply(bakery: Survey, lead: Lead) -> None:
    """Exactly one of the simultaneous requests stores it."""
    wamid = new_wamid()
    body = bakery.envelope(text_message(lead.phone, "sim", wamid))
    counts = at_once([lambda: bakery.post(body)] * AT_ONCE)
    assert sorted(count["messages"] for count in counts) == [0] * (AT_ONCE - 1) + [1]
    assert_once(lead, wamid, "sim")


def test_a_message_in_different_envelopes_is_one_message_with_one_reply(bakery: Survey, lead: Lead) -> None:
    """By its own id, whatever envelope, order, timestamp or company it comes in."""
    wamid = new_wamid()
    first = text_message(lead.phone, "sim", wamid)
    later = text_message(lead.phone, "sim", wamid)
    later["messages"][0]["timestamp"] = "1763800000"
    later["contacts"] = []
    stranger = text_message(new_phone(), "quem fala?")
    envelopes = [
        bakery.envelope(first),
        bakery.envelope(stranger, first),
        bakery.envelope(later),
        bakery.envelope(first, first, later),
    ]
    counts = [bakery.post(body).json() for body in envelopes]
    assert [(count["messages"], count["duplicates"]) for count in counts] == [(1, 0), (1, 1), (0, 1), (0, 3)]
    assert_once(lead, wamid, "sim")


def test_a_message_in_different_envelopes_at_once_is_one_message_with_one_reply(bakery: Survey, lead: Lead) -> None:
    """Crossing each other, and with other leads' messages in opposite order: no request fails, each is stored once."""
    wamids = [new_wamid() for _ in range(3)]
    others = bakery.invited(2)
    everybody = [lead, *others]
    items = [text_message(one.phone, "sim", wamid) for one, wamid in zip(everybody, wamids, strict=True)]
    bodies = [
        bakery.envelope(*items),
        bakery.envelope(*reversed(items)),
        bakery.envelope(items[1], items[0], items[2]),
        *(bakery.envelope(item) for item in items),
    ]
    counts = at_once([lambda body=body: bakery.post(body) for body in bodies * 2])  # type: ignore[misc] # bound now
    assert sum(count["messages"] for count in counts) == 3
    assert sum(count["duplicates"] for count in counts) == 2 * (3 * 3 + 3) - 3
    for one, wamid in zip(everybody, wamids, strict=True):
        assert_once(one, wamid, "sim")


def test_one_post_with_messages_of_many_leads_answers_each(bakery: Survey) -> None:
    """A batch is not one message: every lead in it gets the own row and the own reply."""
    leads = bakery.invited(5)
    wamids = [new_wamid() for _ in leads]
    items = [text_message(lead.phone, "sim", wamid) for lead, wamid in zip(leads, wamids, strict=True)]
    answer = bakery.post(bakery.envelope(*items))
    assert answer.json() == {"messages": 5, "statuses": 0, "other": 0, "duplicates": 0, "unrouted": 0}
    for lead, wamid in zip(leads, wamids, strict=True):
        assert_once(lead, wamid, "sim")


def test_an_item_that_cannot_be_read_costs_its_neighbours_nothing(bakery: Survey, lead: Lead) -> None:
    """Nonsense beside a message is kept raw; the message is answered."""
    wamid = new_wamid()
    good = text_message(lead.phone, "sim", wamid)
    nonsense: list[dict[str, Any]] = [
        {"messages": [None, 17, "oi", [], {}]},
        {"messages": [{"id": 17, "from": {"de": "mim"}, "type": ["text"], "text": "não é objeto"}]},
        {"statuses": "delivered"},
        {"statuses": [{"id": "wamid.nobody", "status": "delivered", "timestamp": "1763800000000"}]},
        {"messages": [{"id": new_wamid(), "from": "0", "type": "text", "text": {"body": "número de país nenhum"}}]},
        {"errors": [{"code": 1}]},
    ]
    answer = bakery.post(bakery.envelope(*nonsense[:3], good, *nonsense[3:]))
    assert answer.status_code == 200, answer.text
    assert answer.json()["messages"] >= 1
    assert_once(lead, wamid, "sim")


def test_control_characters_and_emoji_are_stored_as_they_can_be(bakery: Survey, lead: Lead) -> None:
    """A NUL, which Postgres cannot hold, costs itself and not the message."""
    said = "sim\u0000 \u0007 👩🏽‍🌾 \ud83c ação \u202e"
    answer = bakery.post(bakery.envelope(text_message(lead.phone, said)))
    assert (answer.status_code, answer.json()["messages"]) == (200, 1), answer.text
    lead.hear()
    (message,) = lead.said()
    assert message["content"].startswith("sim")
    assert "👩🏽‍🌾" in message["content"]
    assert "ação" in message["content"]


def test_a_client_cannot_put_messages_into_another_clients_number(bakery: Survey, florist: Survey) -> None:
    """Who holds an account's secret can sign anything, but only for that account: the rest is kept as unrouted."""
    victim = florist.invited(1)[0]
    wamid = new_wamid()
    forged = florist.envelope(text_message(victim.phone, "SAIR", wamid))
    answer = bakery.post(forged)
    assert answer.json() == {"messages": 0, "statuses": 0, "other": 0, "duplicates": 0, "unrouted": 1}
    assert victim.replies() == []
    assert victim.said() == []
    assert victim.interview()["status"] == "pending"
    rows = bakery.stack.rows(
        "select client_id::text, outcome::text from public.webhook_events where provider_id = %s", wamid
    )
    assert rows == [{"client_id": bakery.client_id, "outcome": "unrouted"}]
    # The real message of that id is still taken where it belongs.
    assert florist.post(florist.envelope(text_message(victim.phone, "sim", wamid))).json()["messages"] == 1
    victim.hear()


def test_a_client_cannot_move_another_clients_deliveries(bakery: Survey, florist: Survey, stack: Stack) -> None:
    """A status with another client's message id or delivery id, signed by the own account, moves nothing."""
    victim = florist.invited(1)[0]
    florist.settled(victim)
    find = "select id::text, status::text, provider_message_id from public.deliveries where lead_id = %s"
    (before,) = stack.rows(find, victim.id)
    statuses = [
        {"id": before["provider_message_id"], "status": "failed", "errors": [{"code": 131026, "title": "x"}]},
        {"id": new_wamid(), "status": "failed", "biz_opaque_callback_data": before["id"], "errors": [{"code": 131026}]},
    ]
    assert bakery.post(bakery.envelope({"statuses": statuses})).json()["statuses"] == 2
    (after,) = stack.rows(find, victim.id)
    assert after["provider_message_id"] == before["provider_message_id"]
    assert after["status"] in ("sent", "delivered")
    assert stack.value("select count(*) from public.failed_tasks where task_row_id = %s", before["id"]) == 0


def test_statuses_repeated_and_out_of_order_move_a_delivery_forward_only(bakery: Survey, lead: Lead) -> None:
    """read, then delivered and sent again: the delivery stays read, and a repeated one is a duplicate."""
    (message,) = lead.heard
    bakery.settled(lead)

    def posted(*statuses: str) -> dict[str, Any]:
        items = [{"id": message["id"], "status": status, "timestamp": "1763800000"} for status in statuses]
        counts: dict[str, Any] = bakery.post(bakery.envelope({"statuses": items})).json()
        return counts

    def status() -> str:
        found: str = bakery.stack.value(
            "select status::text from public.deliveries where provider_message_id = %s", message["id"]
        )
        return found

    assert posted("read")["statuses"] == 1
    assert status() == "read"
    posted("delivered", "sent")
    assert status() == "read"
    assert posted("read")["duplicates"] == 1
    assert status() == "read"
