"""Twilio as the adapter sees it: Messages.json, the account itself, media behind a redirect; forms signed with
X-Twilio-Signature back.

https://www.twilio.com/docs/messaging/api/message-resource, https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from devstack.simulator.gateways import Account, Hook, Refused, take
from devstack.simulator.media import MIME_TYPES, File
from devstack.simulator.state import FailurePlan, SentMessage, State, bsuid_of, recipient_key

BASE = "/2010-04-01/Accounts/{sid}"
TEXT_LIMIT = 1600
_ADDRESS = re.compile(r"(whatsapp:)?(\+[1-9]\d{7,14}|[A-Z]{2}\.[A-Za-z0-9.]{1,140})")
TITLES = {
    20003: "Authenticate",
    21211: "Invalid 'To' Phone Number",
    21212: "Invalid 'From' Phone Number",
    21602: "Message body is required",
    21610: "Attempt to send to unsubscribed recipient",
    21614: "'To' number is not a valid mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit",
    63003: "Channel could not find To address",
    63007: "Twilio could not find a Channel with the specified From address",
    63016: "Failed to send freeform message because you are outside the allowed window",
}


def new_sid(kind: str) -> str:
    """An id in Twilio's form: two letters and 32 hex digits."""
    return kind + secrets.token_hex(16)


def sign(url: str, body: bytes, token: str) -> str:
    """X-Twilio-Signature of a form."""
    pairs = parse_qsl(body.decode(), keep_blank_values=True)
    text = url + "".join(key + value for key, value in sorted(set(pairs)))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def error(code: int, status: int = 400, details: str = "") -> Refused:
    """Twilio's refusal."""
    sentence = details or TITLES.get(code, "Bad request")
    more = f"https://www.twilio.com/docs/errors/{code}"
    return Refused(status, {"code": code, "message": sentence, "more_info": more, "status": status})


def _hook(url: str, fields: dict[str, str], account: Account) -> Hook:
    body = urlencode(fields).encode()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "User-Agent": "TwilioProxy/1.1",
        "X-Twilio-Signature": sign(url, body, account.credentials["auth_token"]),
    }
    return Hook(url, body, headers)


class Twilio:
    """See `gateways.Dialect`."""

    def refusal(self, plan: FailurePlan) -> Refused:
        """By the planned code."""
        code = int(plan.code)
        status = plan.http_status or {20003: 401, 20429: 429, 20500: 500}.get(code, 400)
        return error(code, status, plan.details)

    def inbound(self, account: Account, order: dict[str, Any], message_id: str) -> Hook:
        """A form. Keys beside the general ones: `channel` (whatsapp or sms), `hide_phone`, `media` (a list of
        {"id", "mime_type"} kept before), `fields` (more of Twilio's parameters)."""
        phone, whatsapp = recipient_key(str(order["from"])), order.get("channel", "whatsapp") == "whatsapp"
        prefix = "whatsapp:" if whatsapp else ""
        sender = f"{prefix}+{phone}"
        fields = {
            "SmsMessageSid": message_id,
            "MessageSid": message_id,
            "SmsSid": message_id,
            "AccountSid": account.credentials["account_sid"],
            "SmsStatus": "received",
            "To": prefix + account.external_id,
            "Body": str(order.get("text") or ""),
            "NumSegments": "1",
            "NumMedia": str(len(order.get("media") or [])),
            "ApiVersion": "2010-04-01",
        }
        if whatsapp:
            fields |= {"ProfileName": str(order.get("name") or "Contato"), "ExternalUserId": bsuid_of(phone)}
            if order.get("hide_phone"):
                sender = prefix + bsuid_of(phone)
            else:
                fields["WaId"] = phone
        fields["From"] = sender
        for index, item in enumerate(order.get("media") or []):
            fields |= {f"MediaUrl{index}": item["url"], f"MediaContentType{index}": item["mime_type"]}
        return _hook(account.webhook_url, fields | (order.get("fields") or {}), account)

    def status(
        self, account: Account, message: SentMessage, status: str, failure: tuple[str, str] | None
    ) -> Hook | None:
        """A callback to the address that the message itself named."""
        url = message.body.get("StatusCallback")
        if not url:
            return None
        fields = {
            "MessageSid": message.id,
            "SmsSid": message.id,
            "AccountSid": account.credentials["account_sid"],
            "MessageStatus": "undelivered" if failure else status,
            "SmsStatus": "undelivered" if failure else status,
            "To": str(message.body["To"]),
            "From": str(message.body.get("From", "")),
            "ApiVersion": "2010-04-01",
        }
        if failure is not None:
            fields |= {"ErrorCode": failure[0], "ErrorMessage": failure[1]}
        return _hook(str(url), fields, account)


dialect = Twilio()


def _authorised(request: Request) -> list[Account]:
    """The accounts that this sid and token open."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    try:
        sid, _, secret = base64.b64decode(token, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        sid = secret = ""
    state: State = request.app.state.simulator
    found = [
        account
        for (provider, _), account in state.accounts.items()
        if provider == "twilio" and account.credentials.get("account_sid") == sid == request.path_params["sid"]
    ]
    if scheme.lower() != "basic" or not any(account.credentials.get("auth_token") == secret for account in found):
        raise error(20003, 401)
    return found


async def send(request: Request) -> Response:
    """POST …/Messages.json. Answers 201 with the message; what WhatsApp says of it comes later."""
    accounts = _authorised(request)
    fields = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
    sender, to, text = fields.get("From", ""), fields.get("To", ""), fields.get("Body", "")
    account = next((one for one in accounts if one.external_id == sender.removeprefix("whatsapp:")), None)
    if account is None:
        raise error(63007 if sender.startswith("whatsapp:") else 21212)
    whatsapp = sender.startswith("whatsapp:")
    if not _ADDRESS.fullmatch(to) or to.startswith("whatsapp:") != whatsapp:
        raise error(21211, details=f"The 'To' number {to} is not a valid phone number.")
    person = recipient_key(to.removeprefix("whatsapp:"))
    if not text and not fields.get("ContentSid") and not fields.get("MediaUrl"):
        raise error(21602)
    if len(text) > TEXT_LIMIT:
        raise error(21617)
    if person in account.opted_out:
        raise error(21610)
    if person in account.unknown and not whatsapp:
        raise error(21614)
    failure = ("63003", TITLES[63003]) if person in account.unknown else None
    if whatsapp and person in account.closed_windows and not fields.get("ContentSid"):
        failure = ("63016", TITLES[63016])
    sid = new_sid("SM")
    accepted = {
        "sid": sid,
        "account_sid": request.path_params["sid"],
        "status": "queued",
        "to": to,
        "from": sender,
        "body": text,
        "error_code": None,
        "error_message": None,
    }
    told = parse_qs(urlsplit(fields.get("StatusCallback", "")).query).get("delivery", [None])[0]
    kind = "template" if fields.get("ContentSid") else "media" if fields.get("MediaUrl") else "text"
    shown = text or fields.get("ContentVariables") or fields.get("MediaUrl", "")
    return await take(
        request,
        account,
        dialect,
        accepted,
        id=sid,
        to=person,
        text=shown,
        body=fields,
        type=kind,
        status=201,
        reference=told,
        failure=failure,
    )


async def describe(request: Request) -> Response:
    """GET /2010-04-01/Accounts/{sid}.json."""
    _authorised(request)
    sid = request.path_params["sid"]
    return JSONResponse({"sid": sid, "friendly_name": "RENUM", "status": "active", "type": "Full"})


def keep(state: State, account: Account, order: dict[str, Any], base: str) -> list[dict[str, str]]:
    """Keeps the file of an inbound order of a kind (image, …), and returns it as `media` of the order."""
    kind = str(order["type"])
    mime_type, media_id = str(order.get("mime_type") or MIME_TYPES[kind]), new_sid("ME")
    content = base64.b64decode(order.get("content") or b"UkVOVU0K", validate=True)
    state.keep_file(media_id, File(content, mime_type, account.external_id))
    sid = account.credentials["account_sid"]
    url = f"{base}/twilio/2010-04-01/Accounts/{sid}/Messages/{new_sid('MM')}/Media/{media_id}"
    return [{"id": media_id, "mime_type": mime_type, "url": url}]


async def media(request: Request) -> Response:
    """GET …/Media/{id}: where the file lies, for whoever has the token."""
    _authorised(request)
    return RedirectResponse(f"{request.app.state.config.simulator_url}/twilio/files/{request.path_params['id']}", 307)


async def download(request: Request) -> Response:
    """GET /files/{id}: the bytes; the address is the only secret."""
    state: State = request.app.state.simulator
    file = state.files.get(request.path_params["id"])
    if file is None:
        return Response("Not Found", 404)
    return Response(file.content, media_type=file.mime_type)


routes = [
    Route(f"{BASE}/Messages.json", send, methods=["POST"]),
    Route(f"{BASE}/Messages/{{message}}/Media/{{id}}", media, methods=["GET"]),
    Route("/2010-04-01/Accounts/{sid}.json", describe, methods=["GET"]),
    Route("/files/{id}", download, methods=["GET"]),
]
