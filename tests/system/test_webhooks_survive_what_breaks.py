"""Parts of the stack go away in the middle of the work: nothing is lost, nothing is answered twice."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psutil
import pytest

from devstack.processes import ProcessIdentity
from tests.stack import Stack, until
from tests.system.survey import Lead, Survey, new_wamid, text_message


@contextmanager
def away(stack: Stack, part: str, number: signal.Signals) -> Iterator[None]:
    """Ends a part and keeps it from coming back for the block: whoever would start it again is stopped meanwhile.

    The functions go on by themselves; gateway and simulator stand still with the daemon.
    """
    daemon, gone = stack.pid("daemon"), stack.pid(part)
    assert daemon is not None
    assert gone is not None
    keeper, process = psutil.Process(daemon), ProcessIdentity.of(gone)
    assert process is not None
    keeper.suspend()
    try:
        # Only once it really stands still is nobody there who would start the part again.
        until(lambda: keeper.status() == psutil.STATUS_STOPPED, what="the daemon's standstill")
        os.kill(gone, number)
        until(lambda: process.find() is None, what=f"the end of {part}")
        yield
    finally:
        keeper.resume()
    until(lambda: stack.pid(part) not in (None, gone), 20, what=f"another {part}")


def repeat_until_taken(survey: Survey, body: bytes, seconds: float = 30) -> httpx.Response:
    """The provider: it sends the same webhook again until it is taken. Any answer but 200 and 503 is a failure."""

    def taken() -> httpx.Response | None:
        try:
            answer = survey.post(body)
        except httpx.TransportError:
            return None  # the connection broke with its process
        assert answer.status_code in (200, 503), (answer.status_code, answer.text)
        return answer if answer.status_code == 200 else None

    return until(taken, seconds, "the webhook's acceptance")


def finish(survey: Survey) -> None:
    """Waits until all work is done, without the minute that a lost claim holds and the grace of an unknown send.

    Work takes milliseconds here: a claim that is two seconds old belongs to an instance that died, or to one that
    never got the answer to its claim.
    """

    def done() -> bool:
        pending = any(number["status_webhooks"]["pending"] for number in survey.stack.simulator.numbers())
        survey.stack.rows(
            "with turns as ("
            "  update private.threads set lease_until = now(), due_at = now()"
            "  where lease_began_at < now() - interval '2 seconds' and lease is not null returning task_id"
            "), sends as ("
            "  update public.deliveries set due_at = now()"
            "  where updated_at < now() - interval '2 seconds' and status::text = any(%s) returning task_id"
            ") update pgmq.q_high_priority set vt = now()"
            " where msg_id in (select task_id from turns union all select task_id from sends)",
            # What the provider has not told yet is not to be guessed.
            ["sending"] if pending else ["sending", "unknown"],
        )
        return survey.is_settled()

    until(done, 30, "the end of all work")


def assert_answered_once(lead: Lead, wamid: str) -> None:
    """One row of the message and one reply to it."""
    assert "que nota você dá?" in lead.hear(30)
    assert lead.replies() == []
    assert [message["metadata"]["provider_id"] for message in lead.said()] == [wamid]


@pytest.mark.parametrize(
    ("part", "number"),
    [("postgrest", signal.SIGKILL), ("postgres", signal.SIGINT), ("postgres", signal.SIGKILL)],
    ids=["PostgREST killed", "Postgres stopped", "Postgres killed"],
)
def test_while_the_database_is_away_webhooks_get_503_and_their_repeat_is_answered_once(
    fragile: Stack, bakery: Survey, part: str, number: signal.Signals
) -> None:
    """503 with Retry-After and nothing stored; when it is back, the same webhook again is stored and answered once."""
    (lead,) = bakery.invited(1)
    wamid = new_wamid()
    body = bakery.envelope(text_message(lead.phone, "sim", wamid))
    bakery.settled()
    with away(fragile, part, number):
        for _ in range(2):
            begun = time.monotonic()
            answer = bakery.post(body)
            assert answer.status_code == 503, (answer.status_code, answer.text)
            assert int(answer.headers["retry-after"]) > 0
            assert answer.json() == {"code": "database_unavailable", "message": "try again later"}
            # The provider counts on an answer within seconds.
            assert time.monotonic() - begun < 5
        # Whether it is signed at all is known without the database once the account is; it is never a 5xx then.
        unsigned = bakery.post(body, headers={})
        assert unsigned.status_code in (401, 503)
    until(fragile.answers, 30, what="the stack's recovery")
    assert fragile.value("select count(*) from public.webhook_events where provider_id = %s", wamid) == 0
    counts = repeat_until_taken(bakery, body).json()
    assert (counts["messages"], counts["duplicates"]) == (1, 0)
    assert bakery.post(body).json()["duplicates"] == 1
    assert_answered_once(lead, wamid)


def test_a_killed_postgrest_comes_back_by_itself_and_nobody_is_answered_twice(fragile: Stack, bakery: Survey) -> None:
    """In the middle of a dozen dialogues: what got no 200 is sent again, and each is stored and answered once."""
    leads = bakery.invited(12)
    wamids = [new_wamid() for _ in leads]
    before = fragile.pid("postgrest")
    assert before is not None
    for place, (lead, wamid) in enumerate(zip(leads, wamids, strict=True)):
        if place == 4:
            os.kill(before, signal.SIGKILL)
        repeat_until_taken(bakery, bakery.envelope(text_message(lead.phone, "sim", wamid)))
    until(lambda: fragile.pid("postgrest") not in (None, before), what="another PostgREST")
    until(fragile.answers, 30, what="the stack's recovery")
    finish(bakery)
    for lead, wamid in zip(leads, wamids, strict=True):
        assert_answered_once(lead, wamid)


def test_a_restarted_postgres_loses_nothing_that_was_acknowledged(fragile: Stack, bakery: Survey) -> None:
    """In the middle of a dozen dialogues: every 200 was a promise, everything is answered once after the restart."""
    leads = bakery.invited(12)
    wamids = [new_wamid() for _ in leads]
    before = fragile.pid("postgres")
    assert before is not None
    for place, (lead, wamid) in enumerate(zip(leads, wamids, strict=True)):
        if place == 8:
            os.kill(before, signal.SIGINT)
        repeat_until_taken(bakery, bakery.envelope(text_message(lead.phone, "sim", wamid)))
    until(lambda: fragile.pid("postgres") not in (None, before), what="another Postgres")
    until(fragile.answers, 30, what="the stack's recovery")
    finish(bakery)
    for lead, wamid in zip(leads, wamids, strict=True):
        assert_answered_once(lead, wamid)


def test_functions_killed_in_the_middle_of_their_work_answer_everybody_once(fragile: Stack, bakery: Survey) -> None:
    """Turns under way, sends under way, work not begun: the next instance does all of it, and none of it twice."""
    number = bakery.number.phone_number_id
    leads = bakery.invited(16)
    wamids = [new_wamid() for _ in leads]
    items = [text_message(lead.phone, "sim", wamid) for lead, wamid in zip(leads, wamids, strict=True)]
    bakery.settled()
    before = fragile.pid("functions")
    assert before is not None
    # The provider takes its time, so that sends are under way when the instance dies; what it took, it says by status.
    fragile.simulator.change_number(number, answer_delay_ms=150)
    try:
        assert bakery.post(bakery.envelope(*items[:8])).status_code == 200
        sending = "select id from public.deliveries where client_id = %s and status = 'sending'"
        until(lambda: fragile.rows(sending, bakery.client_id), what="a send under way")
        # Eight more leads write in the moment of death: their turns have begun, or not yet.
        assert bakery.post(bakery.envelope(*items[8:])).status_code == 200
        os.kill(before, signal.SIGKILL)
        assert not bakery.is_settled(), "the kill came after everything was done"
        until(lambda: fragile.pid("functions") not in (None, before), what="another instance")
        until(fragile.answers, 30, what="a loaded instance")
    finally:
        fragile.simulator.change_number(number, answer_delay_ms=0)

    finish(bakery)
    for lead, wamid in zip(leads, wamids, strict=True):
        assert_answered_once(lead, wamid)
    assert (
        fragile.rows(
            "select task, error from public.failed_tasks where client_id = %s and status = 'dead'", bakery.client_id
        )
        == []
    )


def test_what_was_unsigned_stays_out_in_any_weather(fragile: Stack, bakery: Survey) -> None:
    """A fresh instance that has never seen the account, and cannot ask for it, does not let an unsigned webhook in."""
    (lead,) = bakery.invited(1)
    wamid = new_wamid()
    body = bakery.envelope(text_message(lead.phone, "sim", wamid))
    # The last status webhook is through, so that nothing makes the fresh instance look the account up.
    delivered = "select count(*) = 0 from public.deliveries where client_id = %s and status in ('sending', 'sent')"
    until(lambda: fragile.value(delivered, bakery.client_id), what="the last status webhook")
    before = fragile.pid("functions")
    assert before is not None
    os.kill(before, signal.SIGKILL)
    until(lambda: fragile.pid("functions") not in (None, before), what="another instance")
    until(fragile.answers, 30, what="a loaded instance")
    with away(fragile, "postgrest", signal.SIGKILL):
        assert bakery.post(body, headers={}).status_code == 503
        assert bakery.post(body).status_code == 503
    until(fragile.answers, 30, what="the stack's recovery")
    assert bakery.post(body, headers={}).status_code == 401
    assert fragile.tables_with(wamid) == []
    assert json.loads(bakery.post(body).text)["messages"] == 1
    assert_answered_once(lead, wamid)
