"""Z-API as the adapter sees it: send-…, status; its callbacks back. It signs nothing: the secret is in the webhook's
address, and the instance's token in a header.

https://developer.z-api.io
"""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devstack.simulator.gateways import Account, Hook, Refused, account_of, take
from devstack.simulator.state import FailurePlan, SentMessage, recipient_key

STATUSES = {"sent": "SENT", "delivered": "RECEIVED", "read": "READ", "played": "PLAYED"}
UNKNOWN = "Phone number does not exist"


def error(status: int, sentence: str) -> Refused:
    """Z-API's refusal."""
    return Refused(status, {"error": sentence})


def _hook(account: Account, payload: dict[str, Any]) -> Hook:
    body = {"instanceId": account.external_id, "momment": int(time.time() * 1000), **payload}
    headers = {"Content-Type": "application/json", "z-api-token": account.credentials["instance_token"]}
    return Hook(account.webhook_url, json.dumps(body).encode(), headers)


class ZApi:
    """See `gateways.Dialect`."""

    def refusal(self, plan: FailurePlan) -> Refused:
        """The planned words, with the planned status."""
        return error(plan.http_status or 400, plan.details or str(plan.code))

    def inbound(self, account: Account, order: dict[str, Any], message_id: str) -> Hook:
        """ReceivedCallback, or the `event` that is ordered with its `data`. Keys beside the general ones: `lid`,
        `hide_phone` (the lid stands for the phone), `message` (the content as Z-API has it)."""
        if order.get("event"):
            return _hook(account, {"type": str(order["event"]), **(order.get("data") or {})})
        phone, lid = recipient_key(str(order["from"])), order.get("lid")
        payload: dict[str, Any] = {
            "type": "ReceivedCallback",
            "messageId": message_id,
            "phone": f"{lid}@lid" if lid and order.get("hide_phone") else phone,
            "connectedPhone": "551130000000",
            "fromMe": False,
            "isGroup": False,
            "isNewsletter": False,
            "broadcast": False,
            "status": "RECEIVED",
            "senderName": order.get("name") or "Contato",
            "chatName": order.get("name") or "Contato",
            "chatLid": f"{lid}@lid" if lid else None,
        }
        return _hook(account, payload | (order.get("message") or {"text": {"message": str(order.get("text") or "")}}))

    def status(
        self, account: Account, message: SentMessage, status: str, failure: tuple[str, str] | None
    ) -> Hook | None:
        """MessageStatusCallback; a failed one is a DeliveryCallback with an error."""
        if failure is not None:
            failed = {"messageId": message.id, "zaapId": message.id, "phone": message.to, "error": failure[1]}
            return _hook(account, {"type": "DeliveryCallback", **failed})
        told = {"status": STATUSES[status], "ids": [message.id], "phone": message.to, "isGroup": False}
        return _hook(account, {"type": "MessageStatusCallback", **told})


dialect = ZApi()


def _account(request: Request) -> Account:
    account = account_of(request, "zapi", request.path_params["instance"])
    if account is None or request.path_params["token"] != account.credentials.get("instance_token"):
        raise error(400, "Instance not found")
    given = request.headers.get("client-token")
    if given is None:
        raise error(403, "null not allowed")
    if given != account.credentials.get("client_token"):
        raise error(403, f"Client-Token {given[:4]}… not allowed")
    return account


async def send(request: Request) -> Response:
    """POST /instances/{id}/token/{token}/send-…: accepted at once, whether the number exists or not."""
    account = _account(request)
    try:
        body: Any = json.loads(await request.body())
    except ValueError:
        body = None
    kind = request.path_params["action"].removeprefix("send-").partition("/")[0]
    wanted = "message" if kind == "text" else kind
    if not isinstance(body, dict) or not isinstance(body.get("phone"), str) or not body["phone"]:
        raise error(400, "Phone is required")
    if kind not in ("text", "image", "video", "audio", "document"):
        raise error(404, "NOT_FOUND")
    if not isinstance(body.get(wanted), str) or not body[wanted]:
        raise error(400, f"{wanted} is required")
    if not account.connected:
        raise error(400, "You are not connected.")
    person = body["phone"].removesuffix("@lid")
    message_id = "3EB0" + secrets.token_hex(9).upper()
    text = body["message"] if kind == "text" else f"[{kind}] {body.get('caption', '')}".strip()
    return await take(
        request,
        account,
        dialect,
        {"zaapId": secrets.token_hex(16).upper(), "messageId": message_id, "id": message_id},
        id=message_id,
        to=person,
        text=text,
        body=body,
        type="text" if kind == "text" else "media",
        failure=("400", UNKNOWN) if person in account.unknown else None,
    )


async def status(request: Request) -> Response:
    """GET /instances/{id}/token/{token}/status."""
    account = _account(request)
    found = {"connected": account.connected, "smartphoneConnected": account.connected}
    return JSONResponse(found | ({} if account.connected else {"error": "You are not connected."}))


_BASE = "/instances/{instance}/token/{token}"
routes = [
    Route(f"{_BASE}/status", status, methods=["GET"]),
    Route(f"{_BASE}/{{action:path}}", send, methods=["POST"]),
]
