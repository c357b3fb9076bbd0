"""The control API for e-mail, under `/_control/mail`.

| call | does |
|---|---|
| GET /_control/mail | where the mail server listens, and who may send; never a secret |
| POST /_control/mail/senders | registers (or changes) a sender |
| POST /_control/mail/recipients | takes an address's mailbox away, or gives it back |
| POST /_control/mail/failures | orders failures for the next letters |
| DELETE /_control/mail/failures | forgets those that have not happened |
| POST /_control/mail/events | posts an event of an e-mail that Resend took |
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devstack.simulator import mail_resend
from devstack.simulator.control import Refused, body_of
from devstack.simulator.mail import MailFailure, MailState, Sender

STEPS = ("sign_in", "sender", "recipient", "message")


def routes() -> list[Route]:
    """All of them."""
    return [
        Route("/_control/mail", overview, methods=["GET"]),
        Route("/_control/mail/senders", register, methods=["POST"]),
        Route("/_control/mail/recipients", recipient, methods=["POST"]),
        Route("/_control/mail/failures", fail, methods=["POST"]),
        Route("/_control/mail/failures", clear_failures, methods=["DELETE"]),
        Route("/_control/mail/events", post_event, methods=["POST"]),
    ]


def _mail(request: Request) -> MailState:
    mail: MailState = request.app.state.mail
    return mail


def _only_known(body: dict[str, Any], kind: type[Sender] | type[MailFailure]) -> dict[str, Any]:
    unknown = set(body) - {one.name for one in fields(kind)}
    if unknown:
        raise Refused(f"unknown: {', '.join(sorted(unknown))}")
    return body


async def overview(request: Request) -> Response:
    """GET /_control/mail → {"smtp": "127.0.0.1:2525", "senders": [address]}."""
    return JSONResponse({"smtp": request.app.state.smtp, "senders": sorted(_mail(request).senders)})


async def register(request: Request) -> Response:
    """POST /_control/mail/senders {address, username?, password?, api_key?, webhook_url?, webhook_secret?, statuses?,
    status_delay_ms?, send_only?}. A second registration changes only what it names."""
    mail, body = _mail(request), _only_known(await body_of(request), Sender)
    address = str(body.pop("address", "")).lower()
    if "@" not in address:
        raise Refused("address is required: the sender's")
    if "statuses" in body:
        body["statuses"] = tuple(str(status) for status in body["statuses"])
    mail.senders[address] = replace(mail.senders.get(address, Sender(address)), **body)
    return JSONResponse({"address": address})


async def recipient(request: Request) -> Response:
    """POST /_control/mail/recipients {address, exists}."""
    body = await body_of(request)
    address = str(body.get("address") or "").lower()
    if "@" not in address:
        raise Refused("address is required: the recipient's")
    if body.get("exists", True):
        _mail(request).gone.discard(address)
    else:
        _mail(request).gone.add(address)
    return Response(status_code=204)


async def fail(request: Request) -> Response:
    """POST /_control/mail/failures {mode?, step?, code?, name?, status?, text?, left? (null: until reset), to?}."""
    body = _only_known(await body_of(request), MailFailure)
    if body.get("mode", "answer") not in ("answer", "event", "lost"):
        raise Refused("mode is one of answer, event, lost")
    if body.get("step", "message") not in STEPS:
        raise Refused(f"step is one of {', '.join(STEPS)}")
    if body.get("to"):
        body["to"] = str(body["to"]).lower()
    _mail(request).failures.append(MailFailure(**body))
    return JSONResponse({"planned": len(_mail(request).failures)})


async def clear_failures(request: Request) -> Response:
    """DELETE /_control/mail/failures."""
    _mail(request).failures.clear()
    return Response(status_code=204)


async def post_event(request: Request) -> Response:
    """POST /_control/mail/events {id, type} → {"status", "body"}: the webhook's answer."""
    body = await body_of(request)
    sent = _mail(request).sent.get(str(body.get("id")))
    if sent is None:
        raise Refused("no e-mail of that id was sent through Resend")
    status, answer = await mail_resend.event(request.app.state.webhooks, sent.sender, sent.data, str(body.get("type")))
    return JSONResponse({"status": status, "body": answer[:2_000]})
