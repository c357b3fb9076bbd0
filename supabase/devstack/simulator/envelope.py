"""Webhook envelopes as the Cloud API sends them since BSUIDs (April 2026): contacts with `wa_id` and `user_id`.

Source: Meta's Cloud API webhooks reference, "messages" field. Bytes are ASCII with JSON escapes for the rest, as Meta's
are, and signed as they are.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

from devstack.simulator.cloud_api import new_wamid
from devstack.simulator.errors import GraphError
from devstack.simulator.state import Number, SentMessage, bsuid_of, recipient_key


def encode(envelope: Any) -> bytes:
    """The bytes that go over the wire and under the signature."""
    return json.dumps(envelope, separators=(",", ":")).encode()


def signature(body: bytes, app_secret: str) -> str:
    """The value of X-Hub-Signature-256 for these bytes."""
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def envelope(number: Number, values: list[dict[str, Any]]) -> dict[str, Any]:
    """One POST body: each of `values` (contacts + messages, or contacts + statuses) becomes a change of one entry."""
    metadata = {"display_phone_number": number.display_phone_number, "phone_number_id": number.phone_number_id}
    return {
        "object": "whatsapp_business_account",
        "entry": [
            {
                "id": number.waba_id,
                "changes": [
                    {"value": {"messaging_product": "whatsapp", "metadata": metadata, **value}, "field": "messages"}
                    for value in values
                ],
            }
        ],
    }


def _contact(to: str, name: str | None, *, hide_phone: bool = False) -> dict[str, Any]:
    contact: dict[str, Any] = {"profile": {"name": name or "Contato"}}
    if to.isdigit():
        if not hide_phone:
            contact["wa_id"] = to
        contact["user_id"] = bsuid_of(to)
    else:
        contact["user_id"] = to
    return contact


def status_value(message: SentMessage, status: str, error: GraphError | None = None) -> dict[str, Any]:
    """One `statuses` item with its contacts; a `failed` one has no contacts and carries its error."""
    item: dict[str, Any] = {"id": message.id, "status": status, "timestamp": str(int(time.time()))}
    if message.to.isdigit():
        item["recipient_id"] = message.to
        item["recipient_user_id"] = bsuid_of(message.to)
    else:
        item["recipient_user_id"] = message.to
    if message.reference is not None:
        item["biz_opaque_callback_data"] = message.reference
    if status == "sent":
        category = "utility" if message.type == "template" else "service"
        item["pricing"] = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": category}
    if error is not None:
        item["errors"] = [error.in_status()]
        return {"statuses": [item]}
    return {"contacts": [_contact(message.to, None)], "statuses": [item]}


def inbound_value(order: Mapping[str, Any]) -> dict[str, Any]:
    """One `messages` item with its contacts, from a `/_control/inbound` order.

    Keys: `from` (phone in any spelling), `type` (default text), `text`, `name`, `id` (wamid; made when absent),
    `timestamp` (seconds; now when absent), `reply_to` (a wamid, becomes `context`), `button_id`, `hide_phone` (the
    person has a username: no number anywhere), and `payload` (the type's body as it is, instead of the one built
    here). Raises ValueError with a sentence.
    """
    phone = recipient_key(str(order.get("from", "")))
    if not phone:
        raise ValueError("from is required: the lead's phone number")
    hide_phone = bool(order.get("hide_phone"))
    kind = str(order.get("type", "text"))
    message: dict[str, Any] = {} if hide_phone else {"from": phone}
    message |= {
        "from_user_id": bsuid_of(phone),
        "id": str(order.get("id") or new_wamid(phone)),
        "timestamp": str(order.get("timestamp") or int(time.time())),
        "type": kind,
    }
    if order.get("reply_to"):
        message["context"] = {"from": str(order.get("reply_from", "")), "id": str(order["reply_to"])}
    body = order["payload"] if order.get("payload") is not None else _body(kind, order)
    if body is not None:
        message[kind] = body
    return {"contacts": [_contact(phone, order.get("name"), hide_phone=hide_phone)], "messages": [message]}


def _body(kind: str, order: Mapping[str, Any]) -> dict[str, Any] | None:
    text = str(order.get("text") or "")
    if kind == "text":
        return {"body": text}
    if kind == "button":
        return {"text": text, "payload": str(order.get("button_id") or text)}
    if kind == "interactive":
        return {"type": "button_reply", "button_reply": {"id": str(order.get("button_id") or text), "title": text}}
    if kind == "reaction":
        return {"message_id": str(order.get("reply_to") or ""), "emoji": text}
    raise ValueError(f"type {kind!r} needs a payload: the body as the provider would send it")
