"""Twilio's webhooks → events. One form is one message or one status; a message with three files is three events.

https://www.twilio.com/docs/messaging/guides/webhook-request
https://www.twilio.com/docs/messaging/guides/track-outbound-message-status

    MessageSid=SM1…&From=whatsapp%3A%2B5511987654321&To=whatsapp%3A%2B551130000000&Body=8&NumMedia=0&ProfileName=Ana
    MessageSid=SM2…&MessageStatus=delivered&To=…&From=…        to …/{account}?delivery={our delivery's id}

Twilio adds and renames parameters without notice: every one of them may be absent, and all are kept raw.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from renum.accounts import Account
from renum.channels.payload import TEXT_LIMIT, fingerprint, load, storable
from renum.channels.twilio_errors import status_error
from renum.errors import RequestError
from renum.shapes import Event, Media, MessageBody, Sender

MOST_FIELDS = 1_000
MEDIA_KEPT_S = 30 * 86_400
"""Twilio keeps files until they are deleted. After a month nobody waits for one any more."""

WHATSAPP = "whatsapp:"
PHONE = re.compile(r"\+[1-9]\d{6,14}")
BSUID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,150}")
SID = re.compile(r"[A-Za-z0-9_-]{2,64}")
PREFERENCES = {"STOP": "opt_out", "START": "opt_in"}
ARRIVED = ("received", "receiving")
STATUSES = {"undelivered": "failed", "canceled": "failed"}
"""Statuses that are called otherwise here; sent, delivered, read and failed are what they say."""

KINDS = ("image", "video", "audio")


def form(body: bytes) -> list[tuple[str, str]]:
    """The fields of a form as they came, repeated ones too. Raises ValueError for too many."""
    text = body.decode("utf-8", "surrogateescape")
    return parse_qsl(text, keep_blank_values=True, errors="surrogateescape", max_num_fields=MOST_FIELDS)


def parse(body: bytes, url: str, account: Account) -> list[Event]:
    """The events of a webhook. Raises RequestError (400) when the body is no form (`not_a_form`)."""
    if body.lstrip()[:1] in (b"{", b"["):
        # Debugger events are JSON. They are no messages; what they say is kept.
        return [_other({"value": load(body)}, "json")]
    try:
        pairs = form(body)
    except ValueError:
        raise RequestError(400, "not_a_form", "the body is not a form") from None
    fields: dict[str, str] = {}
    for key, value in pairs:
        fields.setdefault(storable(_text(key)), storable(_text(value)))
    if not fields:
        raise RequestError(400, "not_a_form", "the body is not a form")
    return _read(fields, url, account)


def _text(value: str) -> str:
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _read(fields: dict[str, str], url: str, account: Account) -> list[Event]:
    sid = fields.get("MessageSid") or fields.get("SmsMessageSid") or fields.get("SmsSid") or ""
    status = (fields.get("MessageStatus") or fields.get("SmsStatus") or "").strip().lower()
    if not SID.fullmatch(sid):
        return [_other(fields, None)]
    if status and status not in ARRIVED:
        return _status(fields, sid, status, url, account)
    return _message(fields, sid, account)


def _other(raw: dict[str, Any], field: str | None) -> Event:
    return {
        "kind": "other",
        "provider_id": fingerprint("twilio", raw),
        "field": field or "unknown",
        "number": None,
        "raw": raw,
    }


def _digits(address: str) -> str:
    return re.sub(r"\D", "", address)


def _number(address: str, account: Account) -> str | None:
    """The sender's number that the item names, where it is not the account's. A messaging service sends from any number
    of its pool."""
    ours = not address or _digits(address) == _digits(account.external_id)
    return None if ours or account.config.get("messaging_service_sid") else address.removeprefix(WHATSAPP)


def _sender(address: str, fields: dict[str, str]) -> Sender | None:
    """Who is behind an address `+55…`, `whatsapp:+55…` or `whatsapp:BR.…`; None for a short code or a word."""
    sender: Sender = {"wa_id": None, "bsuid": None, "parent_bsuid": None, "name": None, "username": None}
    name = fields.get("ProfileName", "").strip()[:200]
    sender["name"] = name or None
    if address.startswith(WHATSAPP):
        inner = address.removeprefix(WHATSAPP).strip()
        wa_id = fields.get("WaId", "").strip().lstrip("+")
        if PHONE.fullmatch(inner):
            sender["wa_id"] = wa_id if PHONE.fullmatch("+" + wa_id) else inner.lstrip("+")
        elif BSUID.fullmatch(inner):
            sender["bsuid"] = inner
        external = fields.get("ExternalUserId", "").strip()
        if BSUID.fullmatch(external):
            sender["bsuid"] = external
        return sender if sender["wa_id"] or sender["bsuid"] else None
    if PHONE.fullmatch(address.strip()):
        sender["phone"] = address.strip()
        return sender
    return None


def _message(fields: dict[str, str], sid: str, account: Account) -> list[Event]:
    if _digits(fields.get("From", "")) == _digits(account.external_id):
        # Answered, our own words would be answered again, and so on.
        return [_other(fields, "echo")]
    sender = _sender(fields.get("From", ""), fields)
    number = _number(fields.get("To", ""), account)
    notice = fields.get("OptOutType", "").strip().upper()
    if sender is None or notice not in ("", *PREFERENCES):
        return [_other(fields, "help" if notice == "HELP" else "sender" if sender is None else "opt_out_type")]
    if notice:
        # Twilio has answered already, and by itself refuses what is sent to them from now on (21610).
        kind = PREFERENCES[notice]
        return [
            {
                "kind": "opt_out" if kind == "opt_out" else "opt_in",
                "provider_id": sid,
                "number": number,
                "sender": sender,
                "raw": fields,
            }
        ]
    files = _files(fields)
    first: Event = {
        "kind": "message",
        "provider_id": sid,
        "number": number,
        "occurred_at": None,
        "sender": sender,
        "message": _body(fields, files[0] if files else None),
        "raw": fields,
    }
    return [first, *(_more(first, sid, media) for media in files[1:])]


def _more(first: Event, sid: str, media: Media) -> Event:
    body: MessageBody = {"type": media["type"], "text": "", "payload": {"url": media["url"]}, "reply_to": None}
    body["media"] = media
    return {**first, "provider_id": f"{sid}:{media['id']}", "message": body, "raw": {"MessageSid": sid, **media}}


def _files(fields: dict[str, str]) -> list[Media]:
    count = fields.get("NumMedia", "")
    found: list[Media] = []
    for index in range(min(int(count), 20) if count.isascii() and count.isdecimal() and len(count) < 4 else 0):
        url, mime_type = fields.get(f"MediaUrl{index}", ""), fields.get(f"MediaContentType{index}", "")
        media_id = urlsplit(url).path.rstrip("/").rsplit("/", 1)[-1] if _is_address(url) else ""
        if not media_id:
            continue
        family = mime_type.partition("/")[0].lower()
        found.append(
            {
                "type": family if family in KINDS else "document",
                "id": media_id[:512],
                "url": url[:2048],
                "mime_type": mime_type[:200] or None,
                "file_name": None,
                "sha256": None,
                "keeps_s": MEDIA_KEPT_S,
            }
        )
    return found


def _is_address(url: str) -> bool:
    try:
        return urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return False


def _body(fields: dict[str, str], media: Media | None) -> MessageBody:
    text, kind = fields.get("Body", ""), "text"
    payload: dict[str, Any] = {}
    if media is not None:
        kind, payload = media["type"], {"url": media["url"], "mime_type": media["mime_type"]}
    elif fields.get("ButtonText") or fields.get("ButtonPayload"):
        kind, text = "button", fields.get("ButtonText") or text
        payload = {"text": text, "payload": fields.get("ButtonPayload")}
    elif fields.get("ListId") or fields.get("ListTitle"):
        kind, text = "list", fields.get("ListTitle") or text
        payload = {"id": fields.get("ListId"), "title": text}
    elif fields.get("Latitude") and fields.get("Longitude"):
        kind = "location"
        payload = {
            name.lower(): fields[name] for name in ("Latitude", "Longitude", "Address", "Label") if name in fields
        }
    body: MessageBody = {
        "type": kind,
        "text": text[:TEXT_LIMIT],
        "payload": payload,
        "reply_to": fields.get("OriginalRepliedMessageSid") or None,
    }
    if media is not None:
        body["media"] = media
    return body


def _status(fields: dict[str, str], sid: str, status: str, url: str, account: Account) -> list[Event]:
    known = STATUSES.get(status, status)[:32]
    number = _number(fields.get("From", ""), account)
    code = fields.get("ErrorCode", "").strip()
    error = None
    if known == "failed":
        error = status_error(code, fields.get("ErrorMessage") or fields.get("ChannelStatusMessage") or status)
    event: Event = {
        "kind": "status",
        "provider_id": f"{sid}:{status[:32]}",
        "number": number,
        "occurred_at": None,
        "status": {
            "message_id": sid,
            "status": known,
            "reference": _reference(url),
            "error": error,
            "pricing": None,
        },
        "raw": fields,
    }
    return [event]


def _reference(url: str) -> str | None:
    """Our delivery's id, which the callback's address carries under Twilio's signature."""
    try:
        query = parse_qsl(urlsplit(url).query, max_num_fields=50)
    except ValueError:
        return None
    return next((storable(value)[:64] for key, value in query if key == "delivery" and value), None)
