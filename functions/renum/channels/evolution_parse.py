"""Evolution API's webhooks → events.

    {"event": "messages.upsert", "instance": "loja", "date_time": "…", "data": {"key": {"remoteJid": "…@lid",
     "remoteJidAlt": "5511…@s.whatsapp.net", "fromMe": false, "id": "3EB0…"}, "pushName": "Ana",
     "message": {"conversation": "8"}, "messageType": "conversation", "messageTimestamp": 1763740800}}
    {"event": "messages.update", "instance": "loja", "data": {"keyId": "3EB0…", "fromMe": true, "status": "READ"}}

https://doc.evolution-api.com/v2/en/configuration/webhooks; shapes as versions 2.1 to 2.3 send them. Events of one
instance come out of order. What is not understood is kept raw, without the instance's key that some carry.
"""

from __future__ import annotations

import time
from typing import Any

from renum.accounts import Account
from renum.channels import jids
from renum.channels.evolution_content import body_of, says_something
from renum.channels.evolution_errors import status_error
from renum.channels.payload import fingerprint, id_of, instant, load, object_of, raw_of, text_of
from renum.errors import RequestError
from renum.shapes import JSON, AccountNews, Event

STATUSES = {
    "ERROR": "failed",
    "PENDING": "pending",
    "SERVER_ACK": "sent",
    "DELIVERY_ACK": "delivered",
    "READ": "read",
    "PLAYED": "played",
}
NUMBERED = ("ERROR", "PENDING", "SERVER_ACK", "DELIVERY_ACK", "READ", "PLAYED")
"""Baileys' own numbers for them, which some versions pass on."""

STATES = {"open": "connected", "close": "disconnected", "refused": "disconnected"}
ENDS = ("logout.instance", "remove.instance")
HIDDEN = ("apikey", "base64", "jpegthumbnail")
"""Keys that are not kept: a secret, and files inside of the webhook."""


def parse(body: bytes, account: Account) -> list[Event]:
    """Every item of a webhook. Raises RequestError (400): `not_json`, `not_an_envelope`."""
    envelope = load(body)
    if not isinstance(envelope, dict) or not envelope:
        raise RequestError(400, "not_an_envelope", "the body is not an object with an event")
    try:
        envelope = clean(envelope)
    except RecursionError:
        raise RequestError(400, "not_json", "the body is nested too deeply") from None
    event = (id_of(envelope.get("event"), most=64) or "").lower().replace("_", ".").replace("-", ".")
    data = envelope.get("data")
    inner = object_of(data).get("messages") if event == "messages.upsert" else None
    items = data if isinstance(data, list) else inner if isinstance(inner, list) else [data]
    instance = id_of(envelope.get("instance"), most=200)
    number = None if instance in (None, account.external_id) else instance
    return [_guarded(event, item, envelope, number) for item in items or [None]]


def clean(value: Any) -> Any:
    """`value` without what is not kept."""
    if isinstance(value, dict):
        return {key: clean(inner) for key, inner in value.items() if key.lower() not in HIDDEN}
    return [clean(inner) for inner in value] if isinstance(value, list) else value


def _guarded(event: str, item: Any, envelope: JSON, number: str | None) -> Event:
    field = event or "unknown"
    try:
        found = _item(event, item, envelope) if isinstance(item, dict) else None
    except (TypeError, ValueError, KeyError, AttributeError):
        found, field = None, f"{field}.unreadable"
    if found is None:
        raw = raw_of(item) if item is not None else envelope
        found = {"kind": "other", "provider_id": fingerprint(event, raw), "number": None, "field": field, "raw": raw}
    found["number"] = number
    return found


def _item(event: str, item: JSON, envelope: JSON) -> Event | None:
    if event == "messages.upsert":
        return _message(item)
    if event == "send.message":
        return _echo(item)
    if event == "messages.update":
        return _status(item)
    if event == "messages.delete":
        return _deleted(item)
    if event == "connection.update" or event in ENDS:
        return _connection(event, item, envelope)
    return None


def _echo(item: JSON) -> Event:
    """A message of our own side: sent by us, or by hand from the phone."""
    message_id = id_of(object_of(item.get("key")).get("id"))
    return {
        "kind": "other",
        "provider_id": f"echo:{message_id}" if message_id else fingerprint("echo", item),
        "field": "echo",
        "number": None,
        "raw": item,
    }


def _by_hand(event: Event, item: JSON, key: JSON) -> Event:
    """`event` with what was written, and to whom. What we sent ourselves comes back like that, too: the database
    knows its own."""
    message_id = id_of(key.get("id"))
    if message_id is not None and jids.is_person(key.get("remoteJid")) and says_something(item):
        body = body_of(item)
        event["sender"] = jids.sender(None, *(key.get(name) for name in ("remoteJid", "remoteJidAlt")))
        event["echo"] = {"message_id": message_id, "type": body["type"], "text": body["text"]}
    return event


def _message(item: JSON) -> Event | None:
    """A person's message; None for those of groups, broadcasts and newsletters, and for what nobody has said."""
    key = object_of(item.get("key"))
    if key.get("fromMe") is True:
        return _by_hand(_echo(item), item, key)
    message_id = id_of(key.get("id"))
    if message_id is None or not jids.is_person(key.get("remoteJid")) or not says_something(item):
        return None
    ids = [key.get(name) for name in ("remoteJid", "remoteJidAlt", "senderPn")]
    ids.append(jids.as_lid(key.get("senderLid")))
    return {
        "kind": "message",
        "provider_id": message_id,
        "number": None,
        "occurred_at": instant(item.get("messageTimestamp")),
        "sender": jids.sender(text_of(item.get("pushName"))[:200] or None, *ids),
        "message": body_of(item),
        "raw": item,
    }


def _status(item: JSON) -> Event | None:
    """The status of a message of ours, flat or under `key` and `update`; None for one of theirs."""
    key, update = object_of(item.get("key")), object_of(item.get("update"))
    message_id = id_of(item.get("keyId")) or id_of(key.get("id"))
    given = item.get("status", update.get("status"))
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < len(NUMBERED):
        given = NUMBERED[given]
    status = STATUSES.get(str(given).upper())
    if message_id is None or status is None or item.get("fromMe", key.get("fromMe")) is False:
        return None
    return {
        "kind": "status",
        "provider_id": f"{message_id}:{status}",
        "number": None,
        "occurred_at": instant(item.get("messageTimestamp")),
        "status": {
            "message_id": message_id,
            "status": status,
            "reference": None,
            "error": status_error() if status == "failed" else None,
            "pricing": None,
        },
        "raw": item,
    }


def _deleted(item: JSON) -> Event | None:
    """A person took a message back. The data is the message's key."""
    key = object_of(item.get("key")) or item
    message_id = id_of(key.get("id"))
    if message_id is None or key.get("fromMe") is not False or not jids.is_person(key.get("remoteJid")):
        return None
    return {
        "kind": "message",
        "provider_id": f"{message_id}:deleted",
        "number": None,
        "occurred_at": None,
        "sender": jids.sender(None, key.get("remoteJid"), key.get("remoteJidAlt")),
        "message": {"type": "revoke", "text": "", "payload": key, "reply_to": None, "amends": message_id},
        "raw": item,
    }


def _connection(event: str, item: JSON, envelope: JSON) -> Event | None:
    """Whether the instance's phone is connected. `connecting` says neither."""
    state = "disconnected" if event in ENDS else STATES.get(str(item.get("state", "")).lower())
    if state is None:
        return None
    reason = id_of(item.get("statusReason"), most=200)
    news: AccountNews = {"state": "connected" if state == "connected" else "disconnected", "reason": reason}
    # The same state comes again another day, and is news then: told apart by when it was said.
    said = id_of(envelope.get("date_time")) or str(int(time.time()) // 60)
    return {
        "kind": "account",
        "provider_id": fingerprint(event, item, said),
        "number": None,
        "account": news,
        "raw": item,
    }
