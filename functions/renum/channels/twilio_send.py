"""Sending through Twilio, WhatsApp and SMS, and asking it about an account.

POST {twilio}/2010-04-01/Accounts/{AccountSid}/Messages.json
https://www.twilio.com/docs/messaging/api/message-resource

There is no idempotency key. Where the account says its public webhook address (`config.webhook_url`), each message asks
for callbacks to `…?delivery=<our id>`: a request that left without an answer is known by them.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from renum.accounts import Account
from renum.channels import calls
from renum.channels.parts import send_parts
from renum.channels.twilio_errors import send_error
from renum.channels.wording import caption_and_texts, link_of, texts
from renum.clients import PerLoop, new_client
from renum.errors import SendError
from renum.settings import settings
from renum.shapes import JSON, Delivery, Recipient

TEXT_LIMIT = 1600
CONTENT_SID = re.compile(r"HX[0-9a-fA-F]{32}")

clients: PerLoop[httpx.AsyncClient] = PerLoop(lambda: new_client(connect_s=5, read_s=20, connections=100))


def _error_in(body: JSON) -> Any:
    if body.get("sid"):
        # Accepted and given up in one go: the message says why.
        return {"code": body["error_code"], "message": body.get("error_message")} if body.get("error_code") else None
    return body if body.get("code") is not None else None


READING = calls.Reading(error_in=_error_in, send_error=send_error, message_id=lambda body: body.get("sid"))


def address(to: Recipient, medium: str) -> str:
    """Twilio's address of a recipient: the provider's own id first, as it was received. Raises SendError."""
    if medium == "sms":
        if to.get("phone"):
            return "+" + str(to["phone"]).lstrip("+")
        raise SendError("no_address", "the lead has no phone number", scope="recipient")
    number = to.get("wa_id") or to.get("phone")
    if number:
        return "whatsapp:+" + number.lstrip("+")
    if to.get("bsuid"):
        return f"whatsapp:{to['bsuid']}"
    raise SendError("no_address", "the lead has no phone number and no WhatsApp id", scope="recipient")


def callback(account: Account, reference: str) -> str | None:
    """Where Twilio tells what became of a message; None when the account does not say under which address it is."""
    url = account.config.get("webhook_url")
    if not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https"):
        return None
    return f"{url}{'&' if '?' in url else '?'}delivery={reference}"


def build(delivery: Delivery, account: Account) -> list[dict[str, str]]:
    """The form of each message of a send, in order. Raises SendError for content that Twilio would refuse anyway.

    Only the last one is called back about under the delivery's id: what becomes of it is what becomes of the delivery.
    An earlier one's reference is "<id>.<place>.<of>": nothing that anybody on its way would
    escape, and so change what is signed.
    """
    content, ends = delivery["content"], {"To": address(delivery["to"], account.channel)}
    service = account.config.get("messaging_service_sid")
    if service:
        ends["MessagingServiceSid"] = str(service)
    else:
        prefix = "whatsapp:" if account.channel == "whatsapp" else ""
        ends["From"] = prefix + "+" + account.external_id.removeprefix("whatsapp:").lstrip("+")
    forms = [{**ends, **fields} for fields in _contents(content, account.channel)]
    for place, form in enumerate(forms, start=1):
        told = callback(account, delivery["id"] + (f".{place}.{len(forms)}" if place < len(forms) else ""))
        if told is not None:
            form["StatusCallback"] = told
    return forms


def _contents(content: JSON, medium: str) -> list[dict[str, str]]:
    """What each message says."""
    content_sid = _content_sid(content)
    if content_sid is not None and medium == "whatsapp":
        values = content.get("parameters") or []
        numbered = {str(n): " ".join(str(value).split()) for n, value in enumerate(values, start=1)}
        variables = {"ContentVariables": json.dumps(numbered, ensure_ascii=False)} if numbered else {}
        return [{"ContentSid": content_sid, **variables}]
    if content.get("type") == "media" and medium == "whatsapp":
        caption, after = caption_and_texts(content, limit=TEXT_LIMIT, captioned=content.get("media") != "audio")
        return [
            {"MediaUrl": link_of(content), **({"Body": caption} if caption else {})},
            *({"Body": text} for text in after),
        ]
    return [{"Body": text} for text in texts(content, limit=TEXT_LIMIT, title="Twilio")]


def _content_sid(content: JSON) -> str | None:
    """The approved template's ContentSid: `content_sid` of the content, or its name where that is one."""
    if content.get("type") != "template":
        return None
    given = [value for value in (content.get("content_sid"), content.get("name")) if isinstance(value, str)]
    return next((value for value in given if CONTENT_SID.fullmatch(value)), None)


def credentials(account: Account) -> tuple[str, str]:
    """(account_sid, auth_token). Raises SendError when the account has none that open."""
    sid, token = account.credentials.get("account_sid"), account.credentials.get("auth_token")
    if not sid or not token:
        problem = account.problem or "credentials_missing"
        raise SendError(problem, "the channel account has no usable account_sid and auth_token", scope="account")
    return sid, token


def resource(sid: str, name: str = "") -> str:
    """The address of one of the account's resources."""
    return f"{settings().twilio_url}/2010-04-01/Accounts/{quote(sid, safe='')}{name}.json"


async def send(delivery: Delivery, account: Account) -> str:
    """Sends one delivery; returns the (last) message's sid. Raises SendError."""
    auth = credentials(account)

    async def one(fields: dict[str, str]) -> str:
        response = await calls.call(clients.get(), "POST", resource(auth[0], "/Messages"), data=fields, auth=auth)
        return calls.read_answer(response, READING)

    return await send_parts(build(delivery, account), one)


async def account_state(account: Account) -> tuple[int, JSON]:
    """(HTTP status, body) of the account as Twilio has it. Raises SendError."""
    auth = credentials(account)
    response = await calls.call(clients.get(), "GET", resource(auth[0]), auth=auth)
    return response.status_code, calls.object_in(response) or {}
