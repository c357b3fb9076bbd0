"""The control API for the providers beside the Cloud API.

| call | does |
|---|---|
| POST /_control/accounts | registers (or changes) an account: provider, external_id, webhook_url, credentials, … |
| POST /_control/accounts/say | a person writes to it, or the provider tells something: answers the webhook's status |

What was sent is among `/_control/messages` (phone_number_id is the external_id), and `/_control/failures` orders
failures, with the provider's own codes or words.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from devstack.simulator import evolution, twilio, zapi, zenvia
from devstack.simulator.control import Refused, _state, _webhooks, body_of
from devstack.simulator.gateways import Account, Dialect
from devstack.simulator.media import MIME_TYPES

DIALECTS: dict[str, Dialect] = {
    "twilio": twilio.dialect,
    "evolution": evolution.dialect,
    "zapi": zapi.dialect,
    "zenvia": zenvia.dialect,
}
_LISTS = ("statuses", "unknown", "opted_out", "closed_windows")


def routes() -> list[Route | Mount]:
    """The providers' own routes, and those of the control API."""
    return [
        Mount("/twilio", routes=twilio.routes),
        Mount("/evolution", routes=evolution.routes),
        Mount("/zapi", routes=zapi.routes),
        Mount("/zenvia", routes=zenvia.routes),
        Route("/_control/accounts", register, methods=["POST"]),
        Route("/_control/accounts/say", say, methods=["POST"]),
    ]


def _key(body: dict[str, Any]) -> tuple[str, str]:
    key = (str(body.pop("provider", "")), str(body.pop("external_id", "")))
    if key[0] not in DIALECTS or not key[1]:
        raise Refused(f"provider (one of {', '.join(DIALECTS)}) and external_id are required")
    return key


async def register(request: Request) -> Response:
    """POST /_control/accounts {provider, external_id, webhook_url, credentials, …}: see `gateways.Account`. A second
    registration changes only what it names."""
    body, state = await body_of(request), _state(request)
    key = _key(body)
    changes: dict[str, Any] = {
        name: tuple(map(str, value)) if name in _LISTS else value for name, value in body.items()
    }
    try:
        if key in state.accounts:
            account = replace(state.accounts[key], **changes)
        elif changes.get("webhook_url") and changes.get("credentials"):
            account = Account(*key, **changes)
        else:
            raise Refused("a new account needs webhook_url and credentials")
    except TypeError as error:
        raise Refused(f"not a registration: {error}") from error
    state.accounts[key] = account
    return JSONResponse({"provider": key[0], "external_id": key[1]})


async def say(request: Request) -> Response:
    """POST /_control/accounts/say {provider, external_id, from, text?, name?, type?, id?, …} → {"id", "status",
    "body"}: the webhook's answer; status 0 means that nobody answered. Other keys: see each dialect's `inbound`."""
    order, state = await body_of(request), _state(request)
    key = _key(order)
    account = state.accounts.get(key)
    if account is None:
        raise Refused(f"no account {key[1]} of {key[0]} is registered")
    if not order.get("from") and not order.get("event"):
        raise Refused("from is required: the lead's phone number")
    if key[0] == "twilio" and order.get("type") in MIME_TYPES:
        order["media"] = twilio.keep(state, account, order, request.app.state.config.simulator_url)
    made = twilio.new_sid("SM") if key[0] == "twilio" else "3EB0" + secrets.token_hex(9).upper()
    message_id = str(order.get("id") or made)
    hook = DIALECTS[key[0]].inbound(account, order, message_id)
    status, answer = await _webhooks(request).post(hook.url, hook.body, hook.headers)
    return JSONResponse({"id": message_id, "status": status, "body": answer[:2_000]})
