"""Zenvia's SMS as the adapter sees it: channels/sms/messages; its events back, with the secret as a header.

https://zenvia.github.io/zenvia-openapi-spec/v2/
"""

from __future__ import annotations

import json
import re
import secrets
import uuid
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from devstack.simulator.gateways import Account, Hook, Refused, take
from devstack.simulator.state import FailurePlan, SentMessage, State, recipient_key

STATUSES = {"sent": "SENT", "delivered": "DELIVERED", "read": "READ", "failed": "NOT_DELIVERED"}
TEXT_LIMIT = 1600
_DIGITS = re.compile(r"[1-9]\d{7,14}")


def error(status: int, code: str, sentence: str, path: str | None = None) -> Refused:
    """Zenvia's refusal; a validation error names the field."""
    details = [{"code": "INVALID", "path": path, "message": sentence}] if path else []
    return Refused(status, {"code": code, "message": sentence, "details": details})


def _hook(account: Account, payload: dict[str, Any]) -> Hook:
    event = {
        "id": str(uuid.uuid4()),
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "subscriptionId": "0f7f8b7e-0000-4000-8000-000000000000",
        "channel": "sms",
        **payload,
    }
    headers = {"Content-Type": "application/json", "x-webhook-secret": account.credentials["webhook_secret"]}
    return Hook(account.webhook_url, json.dumps(event).encode(), headers)


class Zenvia:
    """See `gateways.Dialect`."""

    def refusal(self, plan: FailurePlan) -> Refused:
        """By the planned code."""
        return error(plan.http_status or 400, str(plan.code), plan.details or "ordered to fail")

    def inbound(self, account: Account, order: dict[str, Any], message_id: str) -> Hook:
        """MESSAGE. Key beside the general ones: `contents`."""
        message = {
            "id": message_id,
            "from": recipient_key(str(order["from"])),
            "to": account.external_id.lstrip("+"),
            "direction": "IN",
            "channel": "sms",
            "contents": order.get("contents") or [{"type": "text", "text": str(order.get("text") or "")}],
            "visitor": {"name": order.get("name") or "", "firstName": "", "lastName": ""},
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
        return _hook(account, {"type": "MESSAGE", "direction": "IN", "message": message})

    def status(
        self, account: Account, message: SentMessage, status: str, failure: tuple[str, str] | None
    ) -> Hook | None:
        """MESSAGE_STATUS; a failed one says why in `causes`."""
        told: dict[str, Any] = {"timestamp": datetime.now(UTC).isoformat(), "code": STATUSES[status]}
        if failure is not None:
            told["causes"] = [{"channelErrorCode": failure[0], "reason": failure[1], "details": ""}]
        return _hook(account, {"type": "MESSAGE_STATUS", "messageId": message.id, "messageStatus": told})


dialect = Zenvia()


async def send(request: Request) -> Response:
    """POST /v2/channels/sms/messages."""
    state: State = request.app.state.simulator
    token = request.headers.get("x-api-token")
    ours = [one for (provider, _), one in state.accounts.items() if provider == "zenvia"]
    ours = [one for one in ours if token and one.credentials.get("api_token") == token]
    if not ours:
        raise error(401, "AUTHENTICATION_ERROR", "The credentials are missing or invalid")
    try:
        body: Any = json.loads(await request.body())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise error(400, "VALIDATION_ERROR", "Validation error")
    account = next((one for one in ours if one.external_id.lstrip("+") == body.get("from")), None)
    if account is None:
        raise error(400, "VALIDATION_ERROR", "The sender is not one of this account", "from")
    to, contents = body.get("to"), body.get("contents")
    if not isinstance(to, str) or not _DIGITS.fullmatch(to) or to in account.unknown:
        raise error(400, "VALIDATION_ERROR", "The recipient is not a phone number", "to")
    first = contents[0] if isinstance(contents, list) and contents and isinstance(contents[0], dict) else {}
    text = first.get("text")
    if not isinstance(text, str) or not text.strip() or first.get("type") != "text":
        raise error(400, "VALIDATION_ERROR", "The content is not a text", "contents[0].text")
    if len(text) > TEXT_LIMIT:
        raise error(400, "CONTENT_TOO_LONG", f"The text has more than {TEXT_LIMIT} characters", "contents[0].text")
    message_id = secrets.token_urlsafe(16)
    accepted = {"id": message_id, **body, "direction": "OUT", "channel": "sms"}
    return await take(request, account, dialect, accepted, id=message_id, to=to, text=text, body=body)


routes = [Route("/v2/channels/sms/messages", send, methods=["POST"])]
