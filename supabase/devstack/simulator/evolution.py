"""Evolution API v2 as the adapter sees it: message/send…, instance/connectionState; its events back, with the secret as
a header or a token signed with it.

https://doc.evolution-api.com/v2
"""

from __future__ import annotations

import json
import secrets
import time
from datetime import datetime, timedelta, timezone
from typing import Any

import jwt
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devstack.simulator.gateways import Account, Hook, Refused, account_of, take
from devstack.simulator.state import FailurePlan, SentMessage, recipient_key

BRASILIA = timezone(timedelta(hours=-3))
STATUSES = {"sent": "SERVER_ACK", "delivered": "DELIVERY_ACK", "read": "READ", "played": "PLAYED", "failed": "ERROR"}
REASONS = {400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 500: "Internal Server Error"}


def error(status: int, *said: Any) -> Refused:
    """Evolution's refusal: what went wrong is in a list."""
    body = {"status": status, "error": REASONS.get(status, "Error"), "response": {"message": list(said)}}
    return Refused(status, body)


def _hook(account: Account, event: str, data: Any) -> Hook:
    envelope = {
        "event": event,
        "instance": account.external_id,
        "data": data,
        "destination": account.webhook_url,
        # Local time, marked as if it were UTC: that is what it does.
        "date_time": datetime.now(BRASILIA).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z",
        "sender": "551130000000@s.whatsapp.net",
        "server_url": "http://localhost:8080",
        "apikey": account.credentials["api_key"],
    }
    headers = {"Content-Type": "application/json"}
    secret = account.credentials["webhook_secret"]
    if account.signs:
        now = int(time.time())
        claims = {"iat": now, "exp": now + 600, "app": "evolution", "action": "webhook"}
        headers["Authorization"] = f"Bearer {jwt.encode(claims, secret, algorithm='HS256')}"
    else:
        headers["x-webhook-secret"] = secret
    return Hook(account.webhook_url, json.dumps(envelope).encode(), headers)


class Evolution:
    """See `gateways.Dialect`."""

    def refusal(self, plan: FailurePlan) -> Refused:
        """The planned words, with the planned status."""
        return error(plan.http_status or 400, plan.details or f"Error: {plan.code}")

    def inbound(self, account: Account, order: dict[str, Any], message_id: str) -> Hook:
        """messages.upsert, or the `event` that is ordered with its `data`. Keys beside the general ones: `lid`,
        `hide_phone` (the lid alone), `message` (the content as Baileys has it), `key` (more of its key)."""
        if order.get("event"):
            return _hook(account, str(order["event"]), order.get("data"))
        phone, lid = recipient_key(str(order["from"])), order.get("lid")
        jid = f"{phone}@s.whatsapp.net"
        key: dict[str, Any] = {"remoteJid": f"{lid}@lid" if lid else jid, "fromMe": False, "id": message_id}
        if lid and not order.get("hide_phone"):
            key["remoteJidAlt"] = jid
        data = {
            "key": key | (order.get("key") or {}),
            "pushName": order.get("name") or "Contato",
            "status": "DELIVERY_ACK",
            "message": order.get("message") or {"conversation": str(order.get("text") or "")},
            "messageType": "conversation",
            "messageTimestamp": int(time.time()),
            "instanceId": "0f7f8b7e-0000-4000-8000-000000000000",
            "source": "android",
        }
        return _hook(account, "messages.upsert", data)

    def status(
        self, account: Account, message: SentMessage, status: str, failure: tuple[str, str] | None
    ) -> Hook | None:
        """messages.update, flat as version 2 has it."""
        data = {
            "keyId": message.id,
            "remoteJid": f"{message.to}@s.whatsapp.net",
            "fromMe": True,
            "status": STATUSES[status],
            "instanceId": "0f7f8b7e-0000-4000-8000-000000000000",
        }
        return _hook(account, "messages.update", data)


dialect = Evolution()


def _account(request: Request) -> Account:
    instance = request.path_params["instance"]
    account = account_of(request, "evolution", instance)
    if account is None:
        raise error(404, f'The "{instance}" instance does not exist')
    if request.headers.get("apikey") != account.credentials.get("api_key"):
        raise Refused(401, {"status": 401, "error": "Unauthorized", "response": {"message": "Unauthorized"}})
    return account


async def send(request: Request) -> Response:
    """POST /message/{sendText|sendMedia|sendWhatsAppAudio}/{instance}: 201, status PENDING."""
    account = _account(request)
    try:
        body: Any = json.loads(await request.body())
    except ValueError:
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("number"), str):
        raise error(400, ['instance requires property "number"'])
    action, to = request.path_params["action"], body["number"]
    wanted = {"sendText": "text", "sendMedia": "media", "sendWhatsAppAudio": "audio"}.get(action)
    if wanted is None:
        raise error(404, f"Cannot POST /message/{action}/{account.external_id}")
    if not isinstance(body.get(wanted), str) or not body[wanted]:
        raise error(400, [f'instance requires property "{wanted}"'])
    person = to.removesuffix("@lid")
    if not account.connected:
        raise error(400, "Error: Connection Closed")
    if person in account.unknown or not person.isdecimal():
        raise error(400, {"jid": f"{person}@s.whatsapp.net", "exists": False, "number": person})
    message_id = "3EB0" + secrets.token_hex(9).upper()
    jid = to if to.endswith("@lid") else f"{to}@s.whatsapp.net"
    accepted = {
        "key": {"remoteJid": jid, "fromMe": True, "id": message_id},
        "pushName": "",
        "status": "PENDING",
        "message": {"conversation": body.get("text", "")},
        "messageType": "conversation",
        "messageTimestamp": int(time.time()),
        "instanceId": "0f7f8b7e-0000-4000-8000-000000000000",
        "source": "web",
    }
    kind = "text" if action == "sendText" else "media"
    text = body["text"] if kind == "text" else f"[{body.get('mediatype', 'audio')}] {body.get('caption', '')}".strip()
    return await take(
        request, account, dialect, accepted, id=message_id, to=person, text=text, body=body, type=kind, status=201
    )


async def state(request: Request) -> Response:
    """GET /instance/connectionState/{instance}."""
    account = _account(request)
    found = {"instanceName": account.external_id, "state": "open" if account.connected else "close"}
    return JSONResponse({"instance": found})


routes = [
    Route("/message/{action:str}/{instance}", send, methods=["POST"]),
    Route("/instance/connectionState/{instance}", state, methods=["GET"]),
]
