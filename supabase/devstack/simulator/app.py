"""The simulator's server: the Graph API for messages and files, Resend's for e-mail, a mail server on a socket of its
own, a control API for whoever plays the leads, the mailbox.

It is meant for loopback only: the control API and the mailbox (which holds sign-in links) ask for no key.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from devstack import ports
from devstack.config import StackConfig
from devstack.simulator import (
    accounts,
    cloud_api,
    control,
    gateways,
    mail_control,
    mail_resend,
    mail_smtp,
    management,
    media,
)
from devstack.simulator.errors import GraphError
from devstack.simulator.mail import MailState
from devstack.simulator.state import Number, SentMessage, State, bsuid_of
from devstack.simulator.webhooks import Webhooks


def create_app(config: StackConfig, smtp: socket.socket | None = None) -> Starlette:
    """The ASGI application. Its state lives in the process and is gone with it.

    config: reserved for addresses of other parts; the simulator itself learns webhook addresses by registration. smtp:
    the listening socket for mail; a free port's where none is given.
    """
    state, webhooks, mail = State(), Webhooks(), MailState()

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        listening = smtp or ports.bind(0)
        host, port = listening.getsockname()
        app.state.smtp = f"{host}:{port}"
        server = await mail_smtp.serve(state, mail, listening)
        yield
        server.close()
        await webhooks.close()

    app = Starlette(
        routes=[
            Route("/", _health),
            Route("/v{version}/{phone_number_id}/messages", send, methods=["POST"]),
            Route("/v{version}/{waba_id}/message_templates", management.templates, methods=["GET"]),
            Route("/v{version}/{waba_id}/subscribed_apps", management.subscribed_apps, methods=["GET"]),
            Route("/v{version}/{media_id}", management.node, methods=["GET"]),
            Route("/whatsapp_business/attachments/", media.download, methods=["GET"]),
            *mail_resend.routes(),
            *control.routes(),
            *accounts.routes(),
            *mail_control.routes(),
        ],
        exception_handlers={
            GraphError: _refused,
            mail_resend.ResendError: mail_resend.refused,
            control.Refused: control.refused,
            gateways.Refused: gateways.refused,
        },
        lifespan=lifespan,
    )
    app.state.simulator = state
    app.state.webhooks = webhooks
    app.state.mail = mail
    app.state.config = config
    return app


async def _health(request: Request) -> Response:
    state: State = request.app.state.simulator
    return JSONResponse({"name": "simulator", "numbers": len(state.numbers)})


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, GraphError)
    return JSONResponse(error.answer(), error.status, headers={"x-fb-trace-id": error.fbtrace_id})


async def send(request: Request) -> Response:
    """POST /v{n}.0/{phone_number_id}/messages. Answers as Meta: 200 is acceptance only; statuses come later by
    webhook.
    """
    state: State = request.app.state.simulator
    webhooks: Webhooks = request.app.state.webhooks
    phone_number_id = request.path_params["phone_number_id"]
    number = state.numbers.get(phone_number_id)
    authorise(request.headers.get("authorization", ""), number)
    body = _json(await request.body())
    if body.get("status") == "read":
        return JSONResponse(_mark_read(body))
    to = cloud_api.recipient_of(body)
    kind, text = cloud_api.check(number, body, to)
    plan = state.next_failure(phone_number_id, to)
    if number is not None and number.answer_delay_ms:
        await asyncio.sleep(number.answer_delay_ms / 1000)
    if plan is not None and plan.mode == "answer":
        raise plan.error()
    message = state.keep(
        id=cloud_api.new_wamid(to), number_id=phone_number_id, to=to, type=kind, text=text, at=time.time(), body=body
    )
    failure = plan.error() if plan is not None and plan.mode == "status" else None
    after = None if number is None else BackgroundTask(_statuses, webhooks, number, message, failure)
    if plan is not None and plan.mode == "lost":
        return HTMLResponse("<html><body><h1>504 Gateway Time-out</h1></body></html>", 504, background=after)
    return JSONResponse(_accepted(message, body), background=after)


async def _statuses(webhooks: Webhooks, number: Number, message: SentMessage, failure: GraphError | None) -> None:
    # Runs once the answer is out, so that no status can beat it.
    webhooks.schedule(number, message, failure)


def authorise(header: str, number: Number | None) -> None:
    """Asks for a token, and for the number's own where it was registered with one. Raises GraphError (190)."""
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise GraphError(190, message="An access token is required to request this resource.", http_status=401)
    if number is not None and number.access_token is not None and token != number.access_token:
        raise GraphError(190, message="Invalid OAuth access token - Cannot parse access token", http_status=401)


def _json(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise GraphError(100, "The body is not a JSON object.", message="(#100) Invalid parameter")
    return body


def _mark_read(body: dict[str, Any]) -> dict[str, Any]:
    wamid = body.get("message_id")
    if not isinstance(wamid, str) or not wamid.startswith("wamid."):
        raise GraphError(131009, "Parameter 'message_id' is not the id of a received message")
    typing = body.get("typing_indicator")
    if typing is not None and (not isinstance(typing, dict) or typing.get("type") != "text"):
        raise GraphError(131009, "Parameter 'typing_indicator.type' must be text")
    return {"success": True}


def _accepted(message: SentMessage, body: dict[str, Any]) -> dict[str, Any]:
    contact: dict[str, str] = {"input": str(body.get("to") or body.get("recipient"))}
    if message.to.isdigit():
        contact |= {"wa_id": message.to, "user_id": bsuid_of(message.to)}
    else:
        contact["user_id"] = message.to
    sent = {"id": message.id} | ({"message_status": "accepted"} if message.type == "template" else {})
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [sent]}
