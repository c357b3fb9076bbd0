"""Z-API's webhooks → events. One POST is one callback; a status names one or more messages.

    {"type": "ReceivedCallback", "instanceId": "3C…", "messageId": "3EB0…", "phone": "5511987654321",
     "chatLid": "1234…@lid", "fromMe": false, "momment": 1763740800000, "senderName": "Ana", "text": {"message": "8"}}
    {"type": "MessageStatusCallback", "status": "READ", "ids": ["3EB0…"], "momment": 1763740801000, "phone": "…"}

https://developer.z-api.io/en/webhooks/introduction. The spelling `momment` is theirs. `phone` may be a lid.
"""

from __future__ import annotations

from typing import Any

from renum.accounts import Account
from renum.channels import jids
from renum.channels.payload import fingerprint, id_of, instant, list_of, load, object_of, text_of
from renum.channels.zapi_errors import status_error
from renum.errors import RequestError
from renum.shapes import JSON, ErrorBody, Event, MessageBody

STATUSES = {
    "SENT": "sent",
    "RECEIVED": "delivered",
    "MESSAGE_RECEIVED": "delivered",
    "READ": "read",
    "PLAYED": "played",
}
CONTENT: dict[str, tuple[str, tuple[str, ...]]] = {
    "text": ("text", ("message",)),
    "image": ("image", ("caption",)),
    "video": ("video", ("caption",)),
    "audio": ("audio", ()),
    "document": ("document", ("caption", "title")),
    "sticker": ("sticker", ()),
    "location": ("location", ("name",)),
    "contact": ("contacts", ("displayName",)),
    "contacts": ("contacts", ()),
    "reaction": ("reaction", ("value",)),
    "buttonsResponseMessage": ("button", ("message", "buttonId")),
    "buttonReply": ("button", ("message", "buttonId")),
    "listResponseMessage": ("list", ("title", "message", "selectedRowId")),
    "hydratedTemplate": ("text", ("message",)),
    "carouselMessage": ("text", ("text",)),
}
"""Key of the content → our type, and where in it the text is (the first that is there)."""

GROUPS = ("isGroup", "isNewsletter", "broadcast", "isStatusReply")


def parse(body: bytes, account: Account) -> list[Event]:
    """Every item of a callback. Raises RequestError (400): `not_json`, `not_an_envelope`."""
    item = load(body)
    if not isinstance(item, dict) or not item:
        raise RequestError(400, "not_an_envelope", "the body is not an object with a type")
    field = id_of(item.get("type"), most=64) or "unknown"
    try:
        events = _read(field, item)
    except (TypeError, ValueError, KeyError, AttributeError):
        events, field = [], f"{field}.unreadable"
    if not events:
        events = [_other(item, field)]
    instance = id_of(item.get("instanceId"), most=200)
    for event in events:
        event["number"] = None if instance in (None, account.external_id) else instance
    return events


def _other(item: JSON, field: str) -> Event:
    return {"kind": "other", "provider_id": fingerprint("zapi", item), "number": None, "field": field, "raw": item}


def _read(kind: str, item: JSON) -> list[Event]:
    if kind == "ReceivedCallback":
        return _message(item)
    if kind == "MessageStatusCallback":
        status = STATUSES.get(str(item.get("status")).upper())
        named = [found for found in map(id_of, list_of(item.get("ids")) or [item.get("id")]) if found]
        if status is None or item.get("isGroup") is True:
            return []
        return [_status(item, message_id, status, None) for message_id in dict.fromkeys(named)]
    if kind == "DeliveryCallback":
        message_id = id_of(item.get("messageId"))
        if message_id is None:
            return []
        error = status_error(item["error"]) if item.get("error") else None
        return [_status(item, message_id, "failed" if error else "sent", error)]
    if kind in ("ConnectedCallback", "DisconnectedCallback"):
        return [_connection(kind, item)]
    return []


def _status(item: JSON, message_id: str, status: str, error: ErrorBody | None) -> Event:
    return {
        "kind": "status",
        "provider_id": f"{message_id}:{status}",
        "number": None,
        "occurred_at": instant(item.get("momment")),
        "status": {
            "message_id": message_id,
            "status": status,
            "reference": None,
            "error": error,
            "pricing": None,
        },
        "raw": item,
    }


def _connection(kind: str, item: JSON) -> Event:
    return {
        "kind": "account",
        "provider_id": fingerprint(kind, item),
        "number": None,
        "occurred_at": instant(item.get("momment")),
        "account": {
            "state": "connected" if kind == "ConnectedCallback" else "disconnected",
            "reason": text_of(item.get("error"))[:200] or None,
        },
        "raw": item,
    }


def _message(item: JSON) -> list[Event]:
    """A person's message; nothing for those of groups and for what nobody has said: a notification (of a call, a new
    picture), or a message that could not be decrypted yet, which comes again under the same id."""
    message_id = id_of(item.get("messageId"))
    if item.get("fromMe") is True:
        return [_by_hand(_other(item, "echo"), item, message_id)]
    chat = jids.as_person(item.get("phone"))
    if message_id is None or any(item.get(name) is True for name in GROUPS) or not jids.is_person(chat):
        return []
    body = _body(item)
    if body["type"] == "unsupported" and (item.get("waitingMessage") is True or item.get("notification")):
        return []
    name = text_of(item.get("senderName"))[:200] or text_of(item.get("chatName"))[:200]
    sender = jids.sender(name or None, chat, jids.as_lid(item.get("chatLid")), jids.as_lid(item.get("senderLid")))
    edited = item.get("isEdit") is True
    event: Event = {
        "kind": "message",
        "provider_id": f"{message_id}:edited:{item.get('momment')}"[:512] if edited else message_id,
        "number": None,
        "occurred_at": instant(item.get("momment")),
        "sender": sender,
        "message": body,
        "raw": item,
    }
    if edited:
        event["message"]["type"] = "edit"
        event["message"]["amends"] = id_of(item.get("referenceMessageId")) or message_id
    return [event]


def _by_hand(event: Event, item: JSON, message_id: str | None) -> Event:
    """`event` with what was written on the telephone, and to whom; as it is where our own sends come back so."""
    chat, body = jids.as_person(item.get("phone")), _body(item)
    mine = item.get("fromApi") is True or any(item.get(name) is True for name in GROUPS)
    if message_id is not None and not mine and jids.is_person(chat) and body["type"] != "unsupported":
        event["sender"] = jids.sender(None, chat, jids.as_lid(item.get("chatLid")))
        event["echo"] = {"message_id": message_id, "type": body["type"], "text": body["text"]}
    return event


def _body(item: JSON) -> MessageBody:
    quoted = id_of(item.get("referenceMessageId"))
    for key, (kind, places) in CONTENT.items():
        found: Any = item.get(key)
        if found is None:
            continue
        inner = object_of(found)
        text = next((text for text in (text_of(inner.get(place)) for place in places) if text), "")
        return {"type": kind, "text": text, "payload": inner or {key: found}, "reply_to": quoted}
    return {"type": "unsupported", "text": "", "payload": {}, "reply_to": quoted}
