"""Bad input over HTTP: a 200 that keeps it, never a 5xx, and the messages before and after it are answered."""

from __future__ import annotations

import time
from typing import Any

import pytest
from supabase import Client

from tests.stack import Stack
from tests.system.survey import Lead, Survey, new_phone, new_wamid, open_survey, text_message

STRANGE = "a\x00b\x07\x1b[2J\u202e👩🏽‍🌾\ud83cç '); drop table leads; -- {{1}} <script>"
NOTHING: list[Any] = [None, 7, "x", [], {}, True, [None], {"id": None}]


def message(**more: Any) -> dict[str, Any]:
    """A message item of a stranger, with something wrong in it."""
    stamp = str(int(time.time()))
    return {"from": new_phone(), "id": new_wamid(), "timestamp": stamp, "type": "text", "text": {"body": "oi"}, **more}


BAD: dict[str, list[dict[str, Any]]] = {
    "unknown fields": [
        {"messages": [message(novidade={"a": [1, {"b": None}]})], "novo": {"x": 1}, "contacts": [{"z": 1}]}
    ],
    "items of no type": [{"messages": NOTHING, "statuses": NOTHING, "errors": NOTHING, "contacts": NOTHING}],
    "lists that are none": [{"messages": odd} for odd in NOTHING] + [{"statuses": odd} for odd in NOTHING],
    "null where an object should be": [
        {
            "messages": [
                message(type=kind, **{kind: None}) for kind in ("text", "image", "interactive", "button", "order")
            ]
        },
        {"messages": [message(type="edit", edit=None), message(type="revoke", revoke=None)]},
        {"messages": [message(type="system", system=None), message(context=None, referral=None)]},
        {"messages": [message(profile=None)], "contacts": [None, {"profile": None, "wa_id": None}]},
    ],
    "wrong types": [
        {"messages": [message(**{field: odd}) for odd in NOTHING]}
        for field in ("from", "type", "text", "context", "timestamp")
    ],
    "control characters and emoji everywhere": [
        {
            "contacts": [{"profile": {"name": STRANGE, "username": STRANGE}, "wa_id": STRANGE, "user_id": STRANGE}],
            "messages": [
                message(text={"body": STRANGE}),
                message(type=STRANGE, from_user_id=STRANGE),
                message(
                    type="image", image={"id": STRANGE, "caption": STRANGE, "mime_type": STRANGE, "sha256": STRANGE}
                ),
                message(type="document", document={"id": "1", "filename": STRANGE, "caption": STRANGE}),
                message(type="button", button={"text": STRANGE, "payload": STRANGE}),
                message(
                    type="interactive",
                    interactive={"type": "list_reply", "list_reply": {"id": STRANGE, "title": STRANGE}},
                ),
                message(type="reaction", reaction={"emoji": STRANGE, "message_id": STRANGE}),
                message(type="edit", edit={"original_message_id": STRANGE, "message": {"type": STRANGE}}),
                message(type="system", system={"type": "user_changed_number", "wa_id": STRANGE, "body": STRANGE}),
                message(id=STRANGE),
            ],
        }
    ],
    "timestamps in milliseconds and from nowhere": [
        {
            "messages": [
                message(timestamp=stamp) for stamp in ("1763740800000", 1763740800000, "-1", "9" * 30, "ontem", 1e300)
            ]
        }
    ],
    "numbers from no country": [
        {
            "messages": [
                message(**{"from": number})
                for number in ("0", "00000000000", "999999999999999", "1" * 20, "5500", "+55")
            ]
        }
    ],
    "statuses of messages never sent": [
        {
            "statuses": [
                {"id": new_wamid(), "status": status} for status in ("sent", "read", "failed", "deleted", STRANGE)
            ]
        },
        {
            "statuses": [
                {"id": new_wamid(), "status": "read", "biz_opaque_callback_data": odd}
                for odd in ("x", "0" * 36, 7, None)
            ]
        },
        {"statuses": [{"id": new_wamid(), "status": "failed", "errors": odd} for odd in NOTHING]},
    ],
    "ids without an end": [{"messages": [message(id="👍" * 3000, from_user_id="👍" * 3000)]}],
    "another account's number": [{"metadata": {"phone_number_id": "000"}, "messages": [message()]}],
}


@pytest.fixture(scope="module")
def shop(stack: Stack, admin: Client) -> Survey:
    """A client of its own: files with impossible ids leave dead letters."""
    return open_survey(stack, admin, "Loja dos Erros", owner_phone="+5511965430041")


@pytest.fixture(scope="module")
def lead(shop: Survey) -> Lead:
    """A lead who writes before and after what is wrong."""
    return shop.invited(1)[0]


@pytest.mark.parametrize("trouble", BAD)
def test_it_is_kept_and_its_neighbours_are_unharmed(shop: Survey, lead: Lead, trouble: str) -> None:
    """In one POST with it, one message before and one after: both are stored, in order, and each POST repeated adds
    nothing."""
    before, after = new_wamid(), new_wamid()
    values = [text_message(lead.phone, "antes", before), *BAD[trouble], text_message(lead.phone, "depois", after)]
    body = shop.envelope(*values)
    answer = shop.post(body)
    assert answer.status_code == 200, answer.text
    said = [m["metadata"]["provider_id"] for m in lead.said() if m["metadata"]["provider_id"] in (before, after)]
    assert said == [before, after]
    again = shop.post(body).json()
    assert {kind: count for kind, count in again.items() if count} == {"duplicates": sum(answer.json().values())}


def test_a_batch_of_a_thousand_is_taken_whole(shop: Survey, lead: Lead) -> None:
    """Messages, statuses, preferences and notices of many people, with every kind of nonsense between them."""
    phones = [new_phone() for _ in range(40)]
    values: list[dict[str, Any]] = []
    for n in range(500):
        values.append(text_message(phones[n % 40], f"mensagem {n}"))
    values += [{"statuses": [{"id": new_wamid(), "status": "delivered"} for _ in range(10)]} for _ in range(30)]
    values += [{"messages": [odd]} for odd in NOTHING for _ in range(25)]
    began = time.monotonic()
    answer = shop.post(shop.envelope(*values))
    assert time.monotonic() - began < 10
    assert answer.status_code == 200, answer.text
    counts = answer.json()
    # Equal nonsense is one item: what has no id of its own is known by its content.
    assert (counts["messages"], counts["statuses"], sum(counts.values())) == (500, 300, 1000)
    stored = shop.stack.value(
        "select count(*) from public.messages as m join public.conversations as c on c.id = m.conversation_id"
        " join public.leads as l on l.id = c.lead_id where l.phone = any(%s)",
        ["+" + phone for phone in phones],
    )
    assert stored == 500
