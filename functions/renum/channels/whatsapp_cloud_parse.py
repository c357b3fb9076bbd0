"""WhatsApp Cloud API webhooks → events. One POST is not one message: up to 1,000 items, each under its own key.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/payload-examples

    {"object": "whatsapp_business_account", "entry": [{"id": "<WABA>", "changes": [{"field": "messages", "value": {
      "metadata": {"phone_number_id": "1000"},
      "contacts": [{"profile": {"name": "Ana"}, "wa_id": "5511…", "user_id": "BR.1"}],
      "messages": [{"id": "wamid.1", "from": "5511…", "timestamp": "1763740800", "type": "text", "text": {"body": "8"}}]
    }}]}]}

Every field but an item's own id may be absent: a person with a username has no `from`, a `failed` status no `contacts`.
What is not understood, or is no object at all, becomes an event of kind `other` that holds it raw, and never costs
its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from renum.channels.payload import fingerprint, id_of, instant, list_of, load, object_of, raw_of, text_of
from renum.channels.whatsapp_cloud_errors import status_error
from renum.channels.whatsapp_cloud_news import account_news, template_news
from renum.errors import RequestError
from renum.shapes import JSON, Event, Identity, Media, MessageBody, Sender

PHONE = re.compile(r"\+?\d{5,20}")
PART = re.compile(r"(.+):\d+/\d+")
"""The reference of a part that is not its delivery's last: `whatsapp_cloud_build`."""

ITEM_LISTS = ("messages", "statuses", "errors", "message_echoes", "user_preferences", "calls", "groups")
"""Lists inside a change's value whose members are items of their own."""

MEDIA = ("image", "video", "audio", "document", "sticker", "voice")
MEDIA_KEPT_S = 7 * 86_400
"""Media ids of webhooks live 7 days: https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media"""
KINDS = (
    "text",
    *MEDIA,
    "location",
    "contacts",
    "interactive",
    "button",
    "reaction",
    "order",
    "system",
    "edit",
    "revoke",
)
"""Message types by the key their body is under, for messages that do not say their type."""

INTERACTIVE = {"button_reply": "button", "list_reply": "list", "nfm_reply": "flow"}
AMENDS = ("edit", "revoke")
CHANGES = ("user_changed_number", "user_changed_user_id")
"""System messages that say under which number or id a person is known from now on."""

PREFERENCES = {"stop": "opt_out", "resume": "opt_in"}


def parse(body: bytes, waba_id: str | None = None) -> list[Event]:
    """Every item of a webhook. News of another WhatsApp Business account than `waba_id` (an app may serve several) is
    kept raw. Raises RequestError (400) when the body is not JSON (`not_json`) or no envelope
    (`not_an_envelope`)."""
    envelope = load(body)
    if not isinstance(envelope, dict) or not envelope:
        raise RequestError(400, "not_an_envelope", "the body is not an object with entries")
    if "entry" not in envelope:
        return [_other(envelope, None, None)]
    if not isinstance(envelope["entry"], list):
        raise RequestError(400, "not_an_envelope", "entry is not a list")
    return [event for entry in envelope["entry"] for event in _entry(entry, waba_id)]


def _entry(entry: Any, waba_id: str | None) -> Iterator[Event]:
    changes = object_of(entry).get("changes")
    if not isinstance(changes, list):
        yield _other(entry, None, None)
        return
    ours = waba_id is None or id_of(entry.get("id")) in (None, waba_id)
    for change in changes:
        yield from _change(change, entry.get("time"), ours)


def _change(change: Any, time: Any, ours: bool) -> Iterator[Event]:
    value = object_of(change).get("value")
    if not isinstance(value, dict):
        yield _other(change, None, None, time)
        return
    # Some proxies leave the field out; a value with messages or statuses is the messages field.
    field = id_of(change.get("field"), most=64) or "messages"
    number = id_of(object_of(value.get("metadata")).get("phone_number_id"))
    found = False
    for name in ITEM_LISTS:
        if name not in value:
            continue
        items = value[name]
        if not isinstance(items, list):
            found = True
            yield _other({name: items}, field, number, time)
            continue
        for item in items:
            found = True
            yield _guarded(field, name, item, value, number, time)
    if not found:
        event = _other(value, field, number, time)
        yield _understood(event, field, value, time) if ours else event


def _guarded(field: str, name: str, item: Any, value: JSON, number: str | None, time: Any) -> Event:
    """One item as the event it is; an item that breaks its reader is kept raw."""
    label = field if name == field or name in ("messages", "statuses", "message_echoes") else f"{field}.{name}"
    if isinstance(item, dict):
        try:
            event: Event | None = None
            if field == "messages" and name == "messages":
                event = _message(item, value, number)
            elif field == "messages" and name == "statuses":
                event = _status(item, number)
            elif name == "user_preferences":
                event = _preference(item, value, number)
            elif name == "message_echoes":
                return _echoed(_other(item, label, number, time), item)
            if event is not None:
                return event
        except (TypeError, ValueError, KeyError, AttributeError):
            label = f"{label}.unreadable"
    return _other(item, label, number, time)


def _other(item: Any, field: str | None, number: str | None, time: Any = None) -> Event:
    raw = raw_of(item)
    return {
        "kind": "other",
        "provider_id": fingerprint(field, time, raw),
        "field": field or "unknown",
        "number": number,
        "raw": raw,
    }


def _echoed(event: Event, item: JSON) -> Event:
    """`event` as what was written on the telephone: whoever did it has the dialogue."""
    message_id, body = id_of(item.get("id")), _body(item)
    wa_id, bsuid = _phone(item.get("to")), id_of(item.get("to_user_id"), most=160)
    if message_id is not None and (wa_id or bsuid):
        event["sender"] = {"wa_id": wa_id, "bsuid": bsuid, "parent_bsuid": None, "name": None, "username": None}
        event["echo"] = {"message_id": message_id, "type": body["type"], "text": body["text"]}
    return event


def _understood(event: Event, field: str, value: JSON, time: Any) -> Event:
    """`event` as news of the account or of a template, where its value is that."""
    if (verdict := template_news(field, value)) is not None:
        event["kind"], event["template"] = "template", verdict
    elif (state := account_news(field, value)) is not None:
        event["kind"], event["account"] = "account", state
    if event["kind"] != "other":
        event["occurred_at"] = instant(time)
    return event


def _message(item: JSON, value: JSON, number: str | None) -> Event | None:
    """A message of one person; None for a group's, whose members have not agreed to be interviewed."""
    if item.get("group_id"):
        return None
    event: Event = {
        "kind": "message",
        "provider_id": id_of(item.get("id")) or fingerprint("message", item),
        "number": number,
        "occurred_at": instant(item.get("timestamp")),
        "sender": _sender(item, value),
        "message": _body(item),
        "raw": item,
    }
    becomes = _becomes(object_of(item.get("system")))
    if becomes is not None:
        event["becomes"] = becomes
    return event


def _becomes(system: JSON) -> Identity | None:
    """What a person's number or id was changed to, if that is what a system message says. Older ones call it
    `new_wa_id`."""
    if system.get("type") not in CHANGES:
        return None
    wa_id = _phone(system.get("wa_id")) or _phone(system.get("new_wa_id"))
    bsuid = id_of(system.get("user_id"), most=160)
    return {"wa_id": wa_id, "bsuid": bsuid} if wa_id or bsuid else None


def _phone(value: Any) -> str | None:
    text = id_of(value)
    return text.lstrip("+") if text is not None and PHONE.fullmatch(text) else None


def _sender(item: JSON, value: JSON) -> Sender:
    """Whoever wrote, by the item and the contact that belongs to it (by id; the only one, where ids do not say)."""
    metadata = object_of(value.get("metadata"))
    ours = {re.sub(r"\D", "", str(metadata.get(name, ""))) for name in ("phone_number_id", "display_phone_number")}
    wa_id, bsuid = _phone(item.get("from")), id_of(item.get("from_user_id"), most=160)
    if wa_id is not None and wa_id in ours:
        wa_id = None  # an item that names the business as its own sender
    contacts = [contact for contact in list_of(value.get("contacts")) if isinstance(contact, dict)]
    contact = next((known for known in contacts if _belongs(known, wa_id, bsuid)), {})
    if not contact and len(contacts) == 1 and not _contradicts(contacts[0], wa_id, bsuid):
        contact = contacts[0]
    profile = object_of(contact.get("profile"))
    return {
        "wa_id": wa_id or _phone(contact.get("wa_id")),
        "bsuid": bsuid or id_of(contact.get("user_id"), most=160),
        "parent_bsuid": id_of(item.get("from_parent_user_id"), most=160)
        or id_of(contact.get("parent_user_id"), most=160),
        "name": text_of(profile.get("name"))[:200] or None,
        "username": text_of(profile.get("username"))[:200] or None,
    }


def _belongs(contact: JSON, wa_id: str | None, bsuid: str | None) -> bool:
    """Whether the contact carries one of the sender's ids."""
    return (wa_id is not None and _phone(contact.get("wa_id")) == wa_id) or (
        bsuid is not None and id_of(contact.get("user_id")) == bsuid
    )


def _contradicts(contact: JSON, wa_id: str | None, bsuid: str | None) -> bool:
    """Whether the contact is somebody else. The last eight digits decide: a Brazilian number comes with and without
    its ninth."""
    known, known_bsuid = id_of(contact.get("wa_id")), id_of(contact.get("user_id"))
    return bool((wa_id and known and wa_id[-8:] != known[-8:]) or (bsuid and known_bsuid and bsuid != known_bsuid))


def _body(item: JSON) -> MessageBody:
    kind = id_of(item.get("type"), most=64) or next((name for name in KINDS if name in item), "unsupported")
    found = item.get(kind)
    body = object_of(found)
    payload: JSON = body if isinstance(found, dict) else {} if found is None else {kind: found}
    text = ""
    if kind == "text":
        text = text_of(body.get("body"))
    elif kind == "button":
        text = text_of(body.get("text"))
    elif kind == "interactive":
        kind, text = _interactive(body)
    elif kind == "reaction":
        text = text_of(body.get("emoji"))
    elif kind == "order":
        text = text_of(body.get("text"))
    elif kind == "edit":
        text = _body(object_of(body.get("message")))["text"] if body.get("message") else ""
    elif kind in MEDIA:
        text = text_of(body.get("caption"))
    if "errors" in item:
        payload = {**payload, "errors": item["errors"]}
    message: MessageBody = {
        "type": kind,
        "text": text,
        "payload": payload,
        "reply_to": id_of(object_of(item.get("context")).get("id")),
    }
    if kind in AMENDS and (original := id_of(body.get("original_message_id"))) is not None:
        message["amends"] = original
    media = _media(object_of(body.get("message")) if kind == "edit" else item)
    if media is not None:
        message["media"] = media
    return message


def _media(item: JSON) -> Media | None:
    """The file that came with a message: what is needed to fetch it, and for how long it can be."""
    kind = id_of(item.get("type"), most=64) or next((name for name in MEDIA if name in item), "")
    body = object_of(item.get(kind)) if kind in MEDIA else {}
    media_id = id_of(body.get("id"))
    if media_id is None:
        return None
    return {
        "type": kind,
        "id": media_id,
        "url": id_of(body.get("url"), most=2048),
        "mime_type": id_of(body.get("mime_type"), most=200),
        "file_name": text_of(body.get("filename"))[:255] or None,
        "sha256": id_of(body.get("sha256"), most=100),
        "keeps_s": MEDIA_KEPT_S,
    }


def _interactive(body: JSON) -> tuple[str, str]:
    """Type and text of a reply made by tapping. A flow's answers are in its payload; its `body` is only the word
    "Sent"."""
    reply = id_of(body.get("type"), most=64) or next((name for name in INTERACTIVE if name in body), "interactive")
    return INTERACTIVE.get(reply, reply), text_of(object_of(body.get(reply)).get("title"))


def _status(item: JSON, number: str | None) -> Event | None:
    """A status of a message of ours; None when it does not say of which or what."""
    message_id, status = id_of(item.get("id")), id_of(item.get("status"), most=32)
    if message_id is None or status is None:
        return None
    status = status.lower()
    reference, error = _reference(item, status), status_error(item.get("errors"))
    if error is not None and reference != item.get("biz_opaque_callback_data"):
        # The other parts of the message have arrived, or will.
        error = {**error, "retryable": False}
    participant = id_of(item.get("recipient_participant_id")) or id_of(item.get("recipient_participant_user_id"))
    pricing = item.get("pricing")
    return {
        "kind": "status",
        "provider_id": ":".join(part for part in (message_id, status, participant) if part),
        "number": number,
        "occurred_at": instant(item.get("timestamp")),
        "status": {
            "message_id": message_id,
            "status": status,
            "reference": reference,
            "error": error,
            "pricing": pricing if isinstance(pricing, dict) else None,
        },
        "raw": item,
    }


def _reference(item: JSON, status: str) -> str | None:
    """Our delivery's id, as it travelled with the message. A part that is not its delivery's last ("<id>:1/3") speaks
    for the delivery only when it failed."""
    reference = id_of(item.get("biz_opaque_callback_data"))
    part = PART.fullmatch(reference) if reference is not None else None
    if part is None:
        return reference
    return part[1] if status == "failed" else None


def _preference(item: JSON, value: JSON, number: str | None) -> Event | None:
    """A person's choice about marketing messages: stop is an opt-out, resume an opt-in, anything else is kept raw."""
    kind = PREFERENCES.get(str(item.get("value", "")).lower())
    if kind is None:
        return None
    named = {
        "from": item.get("wa_id"),
        "from_user_id": item.get("user_id"),
        "from_parent_user_id": item.get("parent_user_id"),
    }
    return {
        "kind": "opt_out" if kind == "opt_out" else "opt_in",
        "provider_id": fingerprint("user_preferences", item),
        "number": number,
        "occurred_at": instant(item.get("timestamp")),
        "sender": _sender(named, value),
        "raw": item,
    }
