"""Sending through the WhatsApp Cloud API.

POST {graph}/{version}/{phone_number_id}/messages
https://developers.facebook.com/docs/whatsapp/cloud-api/messages/send-messages

There is no idempotency key: a request that left without an answer is `unknown` until a status webhook carries
`biz_opaque_callback_data` (our delivery id) back.
"""

from __future__ import annotations

import json
from typing import Any

import httpx

from renum.accounts import Account
from renum.channels import calls
from renum.channels.whatsapp_cloud_errors import send_error
from renum.clients import PerLoop, new_client
from renum.errors import SendError
from renum.settings import settings
from renum.shapes import JSON, Delivery, Recipient

TEXT_LIMIT = 4096

_clients: PerLoop[httpx.AsyncClient] = PerLoop(lambda: new_client(connect_s=5, read_s=20, connections=200))


def address(to: Recipient) -> JSON:
    """`to` with a leading + (without it Meta may prepend the business number's country code), the provider's own id
    first because a Brazilian wa_id may lack the ninth digit; `recipient` for who is known only by a business-scoped
    id."""
    number = to.get("wa_id") or to.get("phone")
    if number:
        return {"to": "+" + number.lstrip("+")}
    if to.get("bsuid"):
        return {"recipient": to["bsuid"]}
    raise SendError("no_address", "the lead has no phone number and no WhatsApp id", scope="recipient")


def _text(content: JSON) -> JSON:
    text = str(content.get("text") or "")
    if not text.strip():
        raise SendError("empty_text", "there is no text to send")
    if len(text) > TEXT_LIMIT:
        raise SendError("text_too_long", f"{len(text)} characters; WhatsApp takes {TEXT_LIMIT}")
    return {"type": "text", "text": {"body": text, "preview_url": False}}


def _template(content: JSON) -> JSON:
    if not content.get("name"):
        raise SendError("no_template", "the delivery names no template")
    template: JSON = {"name": content["name"], "language": {"code": content.get("language") or "pt_BR"}}
    # Meta refuses line breaks, tabs and runs of spaces inside a parameter.
    parameters = [{"type": "text", "text": " ".join(str(value).split())} for value in content.get("parameters") or []]
    if parameters:
        template["components"] = [{"type": "body", "parameters": parameters}]
    return {"type": "template", "template": template}


def build(delivery: Delivery) -> JSON:
    """The request body. Raises SendError for content that the API would refuse anyway."""
    content = delivery["content"]
    kind = content.get("type")
    if kind not in ("text", "template"):
        raise SendError("unknown_content", f"content of type {kind} cannot be sent over WhatsApp")
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **address(delivery["to"]),
        **(_text(content) if kind == "text" else _template(content)),
        "biz_opaque_callback_data": delivery["id"],
    }


def _message_id(body: JSON) -> Any:
    messages = body.get("messages")
    first = messages[0] if isinstance(messages, list) and messages else None
    return first.get("id") if isinstance(first, dict) else None


READING = calls.Reading(
    error_in=lambda body: body.get("error"),
    send_error=lambda error, status, wait_ms: send_error(error, status=status, retry_after_ms=wait_ms),
    message_id=_message_id,
)


def read_answer(response: httpx.Response) -> str:
    """The wamid of an accepted send; see `calls.read_answer`."""
    return calls.read_answer(response, READING)


async def send(delivery: Delivery, account: Account) -> str:
    """Sends one delivery; returns the wamid. Raises SendError."""
    token = account.credentials.get("access_token")
    if not token:
        problem = account.problem or "credentials_missing"
        raise SendError(problem, "the channel account has no usable access token", scope="account")
    body = build(delivery)
    config = settings()
    version = str(account.config.get("graph_version") or config.graph_version)
    url = f"{config.graph_url}/{version}/{account.external_id}/messages"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    response = await calls.call(_clients.get(), "POST", url, content=json.dumps(body).encode(), headers=headers)
    return read_answer(response)
