"""worker.ingest: each item once, to its lead, in order, on its thread; everything else kept."""

from __future__ import annotations

import time

import psycopg
import pytest

from tests.database.builders import JSON, Interview, Tenant

SAID = (
    "select l.id, m.content, m.seq from public.messages as m join public.conversations as c on c.id = m.conversation_id"
    " join public.leads as l on l.id = c.lead_id order by m.seq, m.content"
)


def _outcomes(tenant: Tenant) -> list[tuple[str, str]]:
    return sorted(tenant.all("select kind, outcome::text from public.webhook_events"))


def test_the_same_message_twice_is_one_row_and_one_turn(interview: Interview) -> None:
    """Repeated in another webhook or in the same one, it is a duplicate."""
    tenant = interview.tenant
    item = tenant.message(interview.wa_id, "oi")
    assert tenant.ingest(item) == {"messages": 1, "statuses": 0, "other": 0, "duplicates": 0, "unrouted": 0}
    assert tenant.ingest(item, item) == {"messages": 0, "statuses": 0, "other": 0, "duplicates": 2, "unrouted": 0}
    both = {**tenant.message(interview.wa_id, "de novo")}
    assert tenant.ingest(both, both)["messages"] == 1
    assert tenant.all("select content from public.interview_messages where role = 'user' order by seq") == [
        ("oi",),
        ("de novo",),
    ]
    assert tenant.world.queued("high_priority") == 1


def test_a_batch_keeps_its_order_per_lead(tenant: Tenant) -> None:
    """The order of arrival, not the provider's seconds, gives the sequence; leads do not mix."""
    one, two = tenant.interview(), tenant.interview()
    texts = [(one, f"a{n}") if n % 3 else (two, f"b{n}") for n in range(30)]
    tenant.ingest(
        *(
            tenant.message(who.wa_id, text, occurred_at=f"2026-11-22T10:00:{59 - n:02}Z")
            for n, (who, text) in enumerate(texts)
        )
    )
    for interview in (one, two):
        rows = tenant.all(
            "select content, seq from public.interview_messages where interview_id = %s and role = 'user' order by seq",
            interview.id,
        )
        assert [content for content, _ in rows] == [text for who, text in texts if who is interview]
        assert [seq for _, seq in rows] == list(range(2, 2 + len(rows))), "the invitation was 1"
    assert (
        tenant.one("select count(*) from public.interview_messages where provider_timestamp is null and role = 'user'")
        == 0
    )


def test_a_message_keeps_what_it_was(interview: Interview) -> None:
    """Type, payload, the provider's id and what it replies to are kept with the message, the raw item beside it."""
    tenant = interview.tenant
    media = {"type": "audio", "text": "", "payload": {"id": "media.1", "voice": True}, "reply_to": "wamid.0"}
    tenant.ingest(
        {**tenant.message(interview.wa_id, ""), "provider_id": "wamid.voz", "message": media, "raw": {"a": 1}}
    )
    content, metadata = tenant.all("select content, metadata from public.interview_messages where role = 'user'")[0]
    assert content == ""
    assert metadata == {
        "type": "audio",
        "provider_id": "wamid.voz",
        "payload": {"id": "media.1", "voice": True},
        "reply_to": "wamid.0",
    }
    assert tenant.one("select payload from public.webhook_events where provider_id = 'wamid.voz'") == {"a": 1}
    assert interview.claim()["work"]["input"][0]["type"] == "audio"


def test_a_stranger_becomes_a_lead_with_a_conversation(tenant: Tenant) -> None:
    """With number, name and every identity; its second message is the same lead's, in the same conversation."""
    tenant.ingest(tenant.message("5521987650000", "oi"))
    tenant.ingest(tenant.message("5521987650000", "alguém aí?"))
    ((lead, phone, name, basis),) = tenant.all("select id, phone, name, consent_basis::text from public.leads")
    assert (phone, name, basis) == ("+5521987650000", "Ana", "not_informed")
    assert tenant.all(SAID) == [(lead, "oi", 1), (lead, "alguém aí?", 2)]
    assert sorted(tenant.all("select kind::text, value from public.lead_identities")) == [
        ("phone", "552187650000"),
        ("wa_id", "5521987650000"),
    ]
    assert (
        tenant.one("select count(*) from public.conversations where status = 'open' and last_message_at is not null")
        == 1
    )
    assert tenant.world.claim() == [], "there is no interview to answer for"


def test_one_stranger_under_two_names_in_one_batch_is_one_lead(tenant: Tenant) -> None:
    """A name changed on the telephone between two messages makes no second lead."""
    first, second = tenant.message("5521987650000", "a"), tenant.message("5521987650000", "b")
    second["sender"] = {**second["sender"], "name": "Aninha"}
    assert tenant.ingest(first, second)["messages"] == 2
    assert tenant.one("select count(*) from public.leads") == 1
    assert [content for _, content, _ in tenant.all(SAID)] == ["a", "b"]


def test_a_lead_known_by_its_business_scoped_id_only(tenant: Tenant) -> None:
    """No number at all: the lead is made without a phone, found again by the id, and written to there."""
    sender = {"wa_id": None, "bsuid": "BR.1234", "parent_bsuid": None, "name": None, "username": "ana.l"}
    assert tenant.ingest(tenant.message(None, "oi", sender=sender))["messages"] == 1
    assert tenant.ingest(tenant.message(None, "oi 2", sender=sender))["messages"] == 1
    ((lead, phone, name),) = tenant.all("select id, phone, name from public.leads")
    assert (phone, name) == (None, "ana.l")
    assert [row[0] for row in tenant.all(SAID)] == [lead, lead]
    tenant.start(tenant.project())
    (task,) = tenant.world.claim("default")
    assert task["work"]["to"] == {"phone": None, "wa_id": None, "bsuid": "BR.1234", "email": None}


def test_a_number_that_comes_with_an_id_is_known_by_both(tenant: Tenant) -> None:
    """Once both were seen together, either finds the lead."""
    lead = tenant.lead("(11) 98765-4321")
    both = {"wa_id": "5511987654321", "bsuid": "BR.77", "name": "Ana"}
    only = {"wa_id": None, "bsuid": "BR.77", "name": "Ana"}
    tenant.ingest(tenant.message(None, "a", sender=both), tenant.message(None, "b", sender=only))
    assert [(row[0], row[1]) for row in tenant.all(SAID)] == [(lead, "a"), (lead, "b")]


def test_a_number_and_an_id_of_two_leads_merge_nobody(tenant: Tenant) -> None:
    """A person met by its id alone answers an invitation to its number: the number's interview hears it."""
    tenant.ingest(tenant.message(None, "oi", sender={"wa_id": None, "bsuid": "BR.77", "name": "Ana"}))
    interview = tenant.interview()
    tenant.ingest(tenant.message(None, "sim", sender={"wa_id": interview.wa_id, "bsuid": "BR.77", "name": "Ana"}))
    assert interview.claim()["work"]["input"][0]["content"] == "sim"
    assert tenant.one("select count(*) from public.leads") == 2
    only = {"wa_id": None, "bsuid": "BR.77", "name": "Ana"}
    tenant.ingest(tenant.message(None, "de novo", sender=only))
    assert [content for _, content, _ in tenant.all(SAID)] == ["oi", "de novo"]


def test_a_wa_id_without_the_ninth_digit_finds_its_lead(tenant: Tenant) -> None:
    """And the reply goes to the id as it was written, not to our form of it."""
    lead = tenant.lead("(11) 98765-4321")
    tenant.start(tenant.project())
    tenant.world.complete(*tenant.world.claim("default"))
    tenant.ingest(tenant.message("551187654321", "oi"))
    assert tenant.one("select count(*) from public.leads") == 1
    (turn,) = tenant.world.claim("high_priority")
    (verdict,) = tenant.world.worker(
        "commit_turns", results=[{"thread_id": turn["id"], "lease": turn["claim"], "proposal": {}}]
    )
    assert verdict["delivery"]["work"]["to"]["wa_id"] == "551187654321"
    assert tenant.one("select lead_id from public.interviews") == lead


def test_an_item_of_somebody_elses_number_is_kept_and_not_routed(tenant: Tenant, other: Tenant) -> None:
    """Neither as a message of this client nor, above all, of the one whose number it names."""
    lead = other.lead("(11) 98765-4321")
    for number in (other.number, "000"):
        counts = tenant.ingest(tenant.message("5511987654321", "oi", number=number))
        assert counts == {"messages": 0, "statuses": 0, "other": 0, "duplicates": 0, "unrouted": 1}
    assert tenant.one("select count(*) from public.leads") == 0
    assert _outcomes(tenant) == [("message", "unrouted")] * 2
    assert sorted(tenant.all("select reason from public.webhook_events"))[0] == ("names the number 000",)
    assert other.all("select id from public.leads") == [(lead,)]
    assert other.one("select count(*) from public.messages") == 0


def _second_account(tenant: Tenant, app: str | None) -> str:
    account: str = tenant.one(
        "insert into public.channel_accounts (provider, name, external_id, app_id)"
        " values ('whatsapp_cloud', 'Filial', '777', %s) returning id",
        app,
    )
    return account


def test_an_item_of_the_same_app_and_client_reaches_its_own_account(tenant: Tenant) -> None:
    """One app, one webhook address, several numbers: the item goes to the number it names, wherever it came in."""
    tenant.all("update public.channel_accounts set app_id = 'app1'")
    branch = _second_account(tenant, "app1")
    item = tenant.message("5511987654321", "oi", number="777")
    assert tenant.ingest(item)["messages"] == 1
    assert tenant.world.one("select channel_account_id from private.threads") == branch
    assert tenant.ingest(item, account=branch)["duplicates"] == 1, "the same item by the other address"
    assert tenant.one("select count(*) from public.messages") == 1


@pytest.mark.parametrize("app", [None, "app2"])
def test_an_item_of_another_app_is_not_routed(tenant: Tenant, app: str | None) -> None:
    """Without an app in common the webhook's signature says nothing about the other number."""
    tenant.all("update public.channel_accounts set app_id = %s", "app1" if app else None)
    _second_account(tenant, app)
    assert tenant.ingest(tenant.message("5511987654321", "oi", number="777"))["unrouted"] == 1


def test_an_item_without_an_id_is_known_by_its_content(tenant: Tenant) -> None:
    """It is neither lost nor taken twice."""
    one, two = tenant.message("5511987654321", "um"), tenant.message("5511987654321", "dois")
    del one["provider_id"]
    two["provider_id"] = None
    assert tenant.ingest(one, two)["messages"] == 2
    assert tenant.ingest(two, one)["duplicates"] == 2


def test_an_item_with_an_endless_id_is_known_by_a_digest_of_it(tenant: Tenant) -> None:
    """Longer than an index can hold: neither a failure nor taken twice."""
    endless = "".join(chr(0x1F300 + n * n % 767) for n in range(900))
    one = {**tenant.message("5511987654321", "um"), "provider_id": endless}
    assert tenant.ingest(tenant.message("5511987654321", "oi"), one)["messages"] == 2
    assert tenant.ingest(one)["duplicates"] == 1


def test_everything_else_is_kept_raw(tenant: Tenant) -> None:
    """Notices, unknown fields, messages without a sender: a row, never a failure, and the batch goes on."""
    odd: list[JSON] = [
        {"kind": "other", "provider_id": "o1", "field": "account_update", "number": None, "raw": {"event": "BAN"}},
        {"kind": "novo", "provider_id": "o2", "number": tenant.number, "raw": [1]},
        tenant.message(None, "sem remetente"),
        {**tenant.message(None, "remetente nulo"), "sender": None},
        tenant.message("5511987654321", "normal"),
    ]
    assert tenant.ingest(*odd) == {"messages": 1, "statuses": 0, "other": 2, "duplicates": 0, "unrouted": 2}
    assert tenant.one("select count(*) from public.webhook_events") == 5
    kept = tenant.all("select payload, field from public.webhook_events where provider_id = 'o1'")
    assert kept == [({"event": "BAN"}, "account_update")]
    assert tenant.one("select count(*) from public.webhook_events where reason = 'names no sender'") == 2


def test_whatever_a_lead_writes_is_text(interview: Interview) -> None:
    """SQL, templates, JSON, control characters, emoji and 60,000 characters come back as they were."""
    texts = [
        "'; drop table leads; --",
        "{{1}} %s $1",
        '{"opt_out": true}',
        "a\tb\nc\x01\x7f",
        "👍🏽‍♀️ \u202etxet",
        "x" * 60000,
    ]
    interview.say(*texts)
    assert [item["content"] for item in interview.claim()["work"]["input"]] == texts


def test_a_thousand_items_in_one_call(tenant: Tenant) -> None:
    """400 messages of 100 strangers, 400 statuses, 200 notices: counted right, in well under a second."""
    tenant.lead()
    tenant.start(tenant.project())
    (task,) = tenant.world.claim("default")
    tenant.world.complete(task)
    events = [tenant.message(f"55119{70000000 + n % 100}", f"m{n}") for n in range(400)]
    events += [
        tenant.status("delivered", message_id=f"wamid.out.{task['id']}" if n % 2 else f"x{n}") for n in range(400)
    ]
    events += [{"kind": "other", "provider_id": f"o{n}", "number": None, "raw": {}} for n in range(200)]
    began = time.monotonic()
    assert tenant.ingest(*events) == {"messages": 400, "statuses": 400, "other": 200, "duplicates": 0, "unrouted": 0}
    assert time.monotonic() - began < 2
    assert tenant.ingest(*events)["duplicates"] == 1000
    assert tenant.one("select count(*) from public.leads") == 101
    assert tenant.one("select count(*) from public.messages") == 400
    assert tenant.all("select status::text from public.deliveries") == [("delivered",)]


def test_an_unknown_account_is_not_found(tenant: Tenant) -> None:
    """A webhook address that names no account answers 404."""
    with pytest.raises(psycopg.Error, match="there is no channel account") as told:
        tenant.ingest(account="00000000-0000-0000-0000-000000000000")
    assert told.value.sqlstate == "PT404"


def test_the_account_comes_with_its_sealed_credentials(tenant: Tenant) -> None:
    """What the functions read of an account; null for one that is not there."""
    world = tenant.world
    assert world.worker("channel_account", channel_account_id=tenant.account) == {
        "id": tenant.account,
        "client_id": tenant.id,
        "channel": "whatsapp",
        "provider": "whatsapp_cloud",
        "external_id": tenant.number,
        "status": "active",
        "config": {},
        "credentials": None,
    }
    sealed = "QUJD" * 20
    tenant.all("select public.set_channel_credentials(%s, %s, 'k1')", tenant.account, sealed)
    found = world.worker("channel_account", channel_account_id=tenant.account)
    assert found["credentials"] == {"ciphertext": sealed, "key_id": "k1"}
    assert world.worker("channel_account", channel_account_id=tenant.id) is None


def test_a_blocked_lead_is_heard_and_not_answered(interview: Interview) -> None:
    """The message is stored; no turn is queued."""
    tenant = interview.tenant
    tenant.all("update public.leads set status = 'blocked' where id = %s", interview.lead)
    interview.say("oi")
    assert tenant.one("select count(*) from public.interview_messages where role = 'user'") == 1
    assert tenant.world.claim("high_priority") == []
