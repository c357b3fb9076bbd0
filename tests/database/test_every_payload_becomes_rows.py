"""Messages, files, statuses, preferences and other items in = rows out, for every recorded webhook and each folder.

Each file comes in at an account of its own, since the recordings repeat ids: what is a duplicate in one account is new
in another. Every item names the account's number, and statuses find a delivery that waits for them.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from renum.channels.whatsapp_cloud_parse import parse
from tests.database.builders import JSON, Tenant
from tests.payloads import COUNTS, FOLDERS, expected, load, name, readable, statuses

MOVED = {"sent": "sent", "delivered": "delivered", "read": "read", "played": "read", "failed": "failed"}
"""What a status makes of a delivery that was on its way."""

ROWS = """
select 'message', count(*) from (
    select m.id from public.messages as m
    join public.conversations as c on c.id = m.conversation_id
    join private.threads as t on t.id = c.thread_id
    where t.channel_account_id = %s and m.role = 'user'
) as said
union all select 'media', count(*) from public.media where channel_account_id = %s
union all select kind, count(*) from public.webhook_events where channel_account_id = %s and kind <> 'message'
    group by kind
"""


def account(tenant: Tenant, path: Path) -> str:
    """A new account whose number is the file's name."""
    made: str = tenant.one(
        "insert into public.channel_accounts (provider, name, external_id) values ('whatsapp_cloud', 'x', %s)"
        " returning id",
        name(path),
    )
    return made


def awaited(tenant: Tenant, account: str, message_id: str) -> str:
    """A delivery on its way, which the provider knows by this id."""
    made: str = tenant.world.one(
        "insert into public.deliveries (client_id, lead_id, channel_account_id, kind, content, queue, status, "
        "provider_message_id) values (%s, %s, %s, 'reply', %s, 'high_priority', 'sending', %s) returning id",
        tenant.id,
        tenant.lead(),
        account,
        {"type": "text", "text": "oi"},
        message_id,
    )
    return made


def take(tenant: Tenant, path: Path) -> tuple[str, JSON]:
    """The file's items, taken by a new account of the number they name."""
    made = account(tenant, path)
    for message_id in {status["id"] for status in statuses(load(path))}:
        awaited(tenant, made, message_id)
    events = parse(json.dumps(load(path, name(path))).encode())
    counts: JSON = tenant.ingest(*[dict(event) for event in events], account=made)
    return made, counts


@pytest.mark.parametrize("folder", FOLDERS)
def test_items_in_are_rows_out(tenant: Tenant, folder: str) -> None:
    """File by file against a count of the JSON, and the folder's sums against those written down by hand."""
    sums = Counter[str]()
    for path in readable(folder):
        made, counts = take(tenant, path)
        rows = +Counter(dict(tenant.world.all(f"{ROWS}", made, made, made)))
        assert rows == expected(load(path)), name(path)
        items = sum(rows.values()) - rows["media"]
        assert counts == {
            "messages": rows["message"],
            "statuses": rows["status"],
            "other": items - rows["message"] - rows["status"],
            "duplicates": 0,
            "unrouted": 0,
        }, name(path)
        assert tenant.one("select count(*) from public.webhook_events where channel_account_id = %s", made) == items
        sums += rows
    assert sums == COUNTS[folder]
    outcomes = Counter(dict(tenant.all("select outcome::text, count(*) from public.webhook_events group by 1")))
    assert outcomes == +Counter(
        stored=sums["message"],
        status=sums["status"],
        preference=sums["opt_out"] + sums["opt_in"],
        kept=sums["other"],
        followed=sums["template"] + sums["account"],
    )


@pytest.mark.parametrize("path", [path for path in readable() if statuses(load(path))], ids=name)
def test_statuses_in_are_deliveries_moved(tenant: Tenant, path: Path) -> None:
    """Each to where the status says, a failed one with the reason."""
    made, _ = take(tenant, path)
    moved = dict(
        tenant.all(
            "select provider_message_id, status::text from public.deliveries where channel_account_id = %s", made
        )
    )
    assert moved == {status["id"]: MOVED[status["status"]] for status in statuses(load(path))}
    failed = tenant.all("select error ->> 'code', reason from public.deliveries where status = 'failed'")
    assert all(code and reason for code, reason in failed)


def test_preferences_in_reach_their_leads(tenant: Tenant) -> None:
    """Stop opts the person out under whatever number the account has, resume opts it in again."""
    for path in readable():
        if expected(load(path))["opt_out"]:
            take(tenant, path)
    out = tenant.all("select phone from public.leads where opted_out_at is not null order by 1")
    assert out == [("+1234567890",), ("+16505551234",)]
    for path in readable():
        if expected(load(path))["opt_in"]:
            take(tenant, path)
    assert tenant.all("select phone from public.leads where opted_out_at is not null") == [("+1234567890",)]
    assert tenant.one("select count(*) from public.consents where evidence ->> 'source' = 'provider'") == 4


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_sent_again_changes_nothing(tenant: Tenant, folder: str) -> None:
    """All duplicates, in the same order or backwards: not one row more in any table."""
    count = (
        "select (select count(*) from public.messages), (select count(*) from public.webhook_events),"
        " (select count(*) from public.media), (select count(*) from public.consents),"
        " (select count(*) from public.leads)"
    )
    taken = [(path, take(tenant, path)[0]) for path in readable(folder)]
    before = tenant.all(count)
    for path, made in reversed(taken):
        events = parse(json.dumps(load(path, name(path))).encode())
        counts = tenant.ingest(*[dict(event) for event in events], account=made)
        assert counts["duplicates"] == len(events), name(path)
    assert tenant.all(count) == before


@pytest.mark.parametrize("folder", FOLDERS)
def test_as_recorded_everything_is_somebody_elses(tenant: Tenant, folder: str) -> None:
    """The recordings name numbers that are not this account's: kept raw, routed nowhere, and not one lost.

    What names no number is taken as meant for the account it came to.
    """
    for path in readable(folder):
        made = account(tenant, path)
        events = parse(path.read_bytes())
        named = sum(event["number"] is not None for event in events)
        counts = tenant.ingest(*[dict(event) for event in events], account=made)
        assert (counts["unrouted"], sum(counts.values())) == (named, len(events)), name(path)
        rows = tenant.all(
            "select count(*), count(*) filter (where outcome = 'unrouted') from public.webhook_events"
            " where channel_account_id = %s",
            made,
        )
        assert rows == [(len(events), named)], name(path)
