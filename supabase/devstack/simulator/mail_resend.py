"""Resend's HTTP: sends are checked as Resend checks them, land in the mailbox, and come back as signed webhooks.

https://resend.com/docs/api-reference/emails/send-email, https://resend.com/docs/api-reference/errors,
https://docs.svix.com/receiving/verifying-payloads/how-manual
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
import time
import uuid
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from devstack.simulator.mail import MailState, Sender, SentMail
from devstack.simulator.state import State
from devstack.simulator.webhooks import Webhooks

ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+")
TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
OFFERS = 20
"""How often an event is offered to a webhook that does not take it (Resend: for a day)."""


class ResendError(Exception):
    """A refusal: HTTP status, name, sentence."""

    def __init__(self, status: int, name: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.name = name
        self.message = message


async def refused(_request: Request, error: Exception) -> Response:
    """The refusal as Resend words it."""
    assert isinstance(error, ResendError)
    body = {"statusCode": error.status, "name": error.name, "message": error.message}
    return JSONResponse(body, error.status, headers={"retry-after": "1"} if error.status == 429 else None)


def routes() -> list[Route]:
    """What is served under /resend."""
    return [
        Route("/resend/emails", send, methods=["POST"]),
        Route("/resend/domains", domains, methods=["GET"]),
    ]


def _mail(request: Request) -> MailState:
    mail: MailState = request.app.state.mail
    return mail


def _sender(request: Request) -> Sender:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise ResendError(401, "missing_api_key", "Missing API Key")
    sender = _mail(request).by_key(key.strip())
    if sender is None:
        raise ResendError(403, "invalid_api_key", "API key is invalid")
    return sender


async def domains(request: Request) -> Response:
    """GET /domains: the sender's own, verified."""
    sender = _sender(request)
    if sender.send_only:
        raise ResendError(401, "restricted_api_key", "This API key is restricted to only send emails")
    return JSONResponse({"data": [{"id": "d1", "name": sender.address.rsplit("@", 1)[1], "status": "verified"}]})


async def send(request: Request) -> Response:
    """POST /emails. The same Idempotency-Key with the same body gets the same id and sends nothing."""
    mail, sender, raw = _mail(request), _sender(request), await request.body()
    body = _checked(raw, sender)
    to = body["to"][0]
    plan = mail.failure(to, modes=("answer", "event", "lost"))
    if plan is not None and plan.mode == "answer":
        raise ResendError(plan.status, plan.name, plan.text)
    key = (sender.api_key, request.headers.get("idempotency-key", ""))
    if key[1] and key in mail.keys:
        before, email_id = mail.keys[key]
        if before != raw:
            raise ResendError(409, "invalid_idempotent_request", "The key was used with a different request payload")
        return JSONResponse({"id": email_id})
    email_id = str(uuid.uuid4())
    if key[1]:
        mail.remember(key, raw, email_id)
    state: State = request.app.state.simulator
    for recipient in body["to"]:
        state.keep_mail(
            {
                "to": recipient,
                "from": body["from"],
                "subject": body["subject"],
                "text": body.get("text") or body.get("html") or "",
                "headers": body.get("headers") or {},
                "id": email_id,
                "kind": "message",
                "via": "resend",
            }
        )
    data = {
        "email_id": email_id,
        "from": body["from"],
        "to": body["to"],
        "subject": body["subject"],
        "created_at": now(),
        "tags": {tag["name"]: tag["value"] for tag in body.get("tags") or []},
    }
    mail.sent[email_id] = SentMail(sender, data)
    kinds = (plan.name,) if plan is not None and plan.mode == "event" else sender.statuses
    after = BackgroundTask(tell, request.app.state.webhooks, sender, data, kinds)
    if plan is not None and plan.mode == "lost":
        return HTMLResponse("<html><body><h1>504 Gateway Time-out</h1></body></html>", 504, background=after)
    return JSONResponse({"id": email_id}, background=after)


def _checked(raw: bytes, sender: Sender) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ResendError(400, "validation_error", "The body is not a JSON object")
    for name in ("from", "to", "subject"):
        if not body.get(name):
            raise ResendError(422, "missing_required_field", f"Missing `{name}` field.")
    if not (body.get("text") or body.get("html")):
        raise ResendError(422, "missing_required_field", "Missing `html` or `text` field.")
    address = parseaddr(str(body["from"]))[1]
    if not ADDRESS.fullmatch(address):
        raise ResendError(422, "invalid_from_address", "Invalid `from` field.")
    domain = address.rsplit("@", 1)[1]
    if domain.lower() != sender.address.rsplit("@", 1)[1]:
        raise ResendError(403, "validation_error", f"The {domain} domain is not verified.")
    body["to"] = body["to"] if isinstance(body["to"], list) else [body["to"]]
    if len(body["to"]) > 50 or not all(isinstance(one, str) and ADDRESS.fullmatch(one) for one in body["to"]):
        raise ResendError(422, "validation_error", "Invalid `to` field.")
    for tag in body.get("tags") or []:
        if not all(TAG.fullmatch(str(tag.get(part, ""))) for part in ("name", "value")):
            raise ResendError(422, "validation_error", "Tags should only contain ASCII letters, numbers, _ or -.")
    return body


def now() -> str:
    """The moment as Resend writes it."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def signed(secret: str, body: bytes) -> dict[str, str]:
    """The headers that prove where a webhook comes from."""
    identifier, timestamp = f"msg_{uuid.uuid4().hex}", str(int(time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{identifier}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "svix-id": identifier,
        "svix-timestamp": timestamp,
        "svix-signature": "v1," + base64.b64encode(digest).decode(),
    }


async def event(webhooks: Webhooks, sender: Sender, data: dict[str, Any], kind: str) -> tuple[int, str]:
    """Posts one event; (the webhook's HTTP status, its body)."""
    more: dict[str, Any] = {}
    if kind == "email.bounced":
        more["bounce"] = {"type": "Permanent", "subType": "General", "message": "The mailbox does not exist."}
    elif kind == "email.failed":
        more["failed"] = {"reason": "reached_daily_quota"}
    body = json.dumps({"type": kind, "created_at": now(), "data": {**data, **more}}).encode()
    return await webhooks.post(sender.webhook_url, body, signed(sender.webhook_secret, body))


async def tell(webhooks: Webhooks, sender: Sender, data: dict[str, Any], kinds: tuple[str, ...]) -> None:
    """Posts events in order, each until the webhook takes it or enough is enough."""
    for kind in kinds if sender.webhook_url and sender.webhook_secret else ():
        for offer in range(OFFERS):
            await asyncio.sleep(sender.status_delay_ms / 1000 if offer == 0 else 0.5)
            if 200 <= (await event(webhooks, sender, data, kind))[0] < 300:
                break
