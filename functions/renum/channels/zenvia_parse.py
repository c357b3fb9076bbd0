"""Zenvia's webhooks (SMS) → events. One POST is one event.

    {"id": "e-1", "type": "MESSAGE", "message": {"id": "m-1", "from": "5511987654321", "to": "5511…",
     "direction": "IN", "channel": "sms", "contents": [{"type": "text", "text": "8"}], "visitor": {"name": "Ana"}}}
    {"id": "e-2", "type": "MESSAGE_STATUS", "messageId": "m-2", "messageStatus": {"code": "DELIVERED"}}

https://zenvia.github.io/zenvia-openapi-spec/v2/
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from renum.accounts import Account
from renum.channels.payload import TEXT_LIMIT, fingerprint, id_of, list_of, load, object_of, text_of
from renum.channels.zenvia_errors import status_error
from renum.errors import RequestError
from renum.shapes import JSON, Event, MessageBody, Sender

PHONE = re.compile(r"\+?[1-9]\d{6,14}")
STATUSES = {
    "SENT": "sent",
    "DELIVERED": "delivered",
    "VERIFIED": "delivered",
    "READ": "read",
    "REJECTED": "failed",
    "NOT_DELIVERED": "failed",
}


def parse(body: bytes, account: Account) -> list[Event]:
    """The event of a webhook. Raises RequestError (400): `not_json`, `not_an_envelope`."""
    item = load(body)
    if not isinstance(item, dict) or not item:
        raise RequestError(400, "not_an_envelope", "the body is not an object with a type")
    kind = id_of(item.get("type"), most=64) or "unknown"
    try:
        event = _message(item, account) if kind == "MESSAGE" else _status(item) if kind == "MESSAGE_STATUS" else None
    except (TypeError, ValueError, KeyError, AttributeError):
        event, kind = None, f"{kind}.unreadable"
    if event is None:
        echo = kind == "MESSAGE" and _is_ours(object_of(item.get("message")), account)
        field = "echo" if echo else kind
        event = {
            "kind": "other",
            "provider_id": fingerprint("zenvia", item),
            "number": None,
            "field": field,
            "raw": item,
        }
    return [event]


def _when(value: Any) -> str | None:
    """An ISO 8601 time in UTC; None when it cannot be one."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        found = datetime.fromisoformat(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return None


def _number(to: Any, account: Account) -> str | None:
    """Our number that the item names, where it is not the account's; an alias is compared as a word."""
    named = id_of(to, most=200)
    if named is None or named.lstrip("+").lower() == account.external_id.lstrip("+").lower():
        return None
    return named


def _is_ours(message: JSON, account: Account) -> bool:
    """Whether a message is one of our own side. Answered, it would be answered again, and so on."""
    sender = id_of(message.get("from"), most=200) or ""
    return message.get("direction") == "OUT" or sender.lstrip("+") == account.external_id.lstrip("+")


def _message(item: JSON, account: Account) -> Event | None:
    message = object_of(item.get("message"))
    message_id, phone = id_of(message.get("id")) or id_of(item.get("id")), id_of(message.get("from"), most=32)
    if message_id is None or phone is None or not PHONE.fullmatch(phone) or _is_ours(message, account):
        return None
    visitor = object_of(message.get("visitor"))
    name = text_of(visitor.get("name")) or text_of(visitor.get("firstName"))
    sender: Sender = {
        "wa_id": None,
        "bsuid": None,
        "parent_bsuid": None,
        "name": name[:200] or None,
        "username": None,
        "phone": "+" + phone.lstrip("+"),
    }
    return {
        "kind": "message",
        "provider_id": message_id,
        "number": _number(message.get("to"), account),
        "occurred_at": _when(message.get("timestamp")) or _when(item.get("timestamp")),
        "sender": sender,
        "message": _body(message),
        "raw": item,
    }


def _body(message: JSON) -> MessageBody:
    contents = [found for found in list_of(message.get("contents")) if isinstance(found, dict)]
    texts = [text for text in (text_of(found.get("text")) for found in contents) if text]
    kinds = [id_of(found.get("type"), most=64) or "unsupported" for found in contents]
    kind = "text" if texts or not kinds else {"file": "document", "location": "location"}.get(kinds[0], "unsupported")
    return {
        "type": kind,
        "text": "\n".join(texts)[:TEXT_LIMIT],
        "payload": {"contents": contents},
        "reply_to": None,
    }


def _status(item: JSON) -> Event | None:
    told = object_of(item.get("messageStatus"))
    message_id, code = id_of(item.get("messageId")), (id_of(told.get("code"), most=32) or "").upper()
    status = STATUSES.get(code)
    if message_id is None or status is None:
        return None
    return {
        "kind": "status",
        "provider_id": f"{message_id}:{code}",
        "number": None,
        "occurred_at": _when(told.get("timestamp")) or _when(item.get("timestamp")),
        "status": {
            "message_id": message_id,
            "status": status,
            "reference": None,
            "error": status_error(code, told.get("causes")) if status == "failed" else None,
            "pricing": None,
        },
        "raw": item,
    }
