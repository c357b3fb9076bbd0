"""Sending through the WhatsApp Cloud API.

POST {graph}/{version}/{phone_number_id}/messages
https://developers.facebook.com/docs/whatsapp/cloud-api/messages/send-messages

There is no idempotency key: a request that left without an answer is `unknown` until a status webhook carries
`biz_opaque_callback_data` (our delivery id) back.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

import httpx

from renum.accounts import Account
from renum.channels import calls
from renum.channels.parts import send_parts
from renum.channels.whatsapp_cloud_build import build
from renum.channels.whatsapp_cloud_errors import send_error
from renum.clients import PerLoop, new_client
from renum.errors import SendError
from renum.settings import settings
from renum.shapes import JSON, Delivery

TYPING_WITHIN_S = 5

_clients: PerLoop[httpx.AsyncClient] = PerLoop(lambda: new_client(connect_s=5, read_s=20, connections=200))


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
    """The message id of an accepted send. Raises SendError for everything else, by the answer's error code first."""
    return calls.read_answer(response, READING)


async def send(delivery: Delivery, account: Account) -> str:
    """Sends one delivery, in several messages when its text is longer than one may be; returns the last one's wamid.
    Raises SendError."""
    token = account.credentials.get("access_token")
    if not token:
        problem = account.problem or "credentials_missing"
        raise SendError(problem, "the channel account has no usable access token", scope="account")

    async def one(body: JSON) -> str:
        return read_answer(await _post(body, account, token))

    return await send_parts(build(delivery), one)


async def _post(body: JSON, account: Account, token: str) -> httpx.Response:
    config = settings()
    version = str(account.config.get("graph_version") or config.graph_version)
    url = f"{config.graph_url}/{version}/{account.external_id}/messages"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return await calls.call(_clients.get(), "POST", url, content=json.dumps(body).encode(), headers=headers)


async def typing(message_id: str, account: Account) -> None:
    """Marks a message as read and shows for up to 25 seconds that an answer is being written. Raises nothing.

    https://developers.facebook.com/docs/whatsapp/cloud-api/typing-indicators
    """
    token = account.credentials.get("access_token")
    if not token:
        return
    body = {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": message_id,
        "typing_indicator": {"type": "text"},
    }
    with contextlib.suppress(SendError, TimeoutError):
        async with asyncio.timeout(TYPING_WITHIN_S):
            await _post(body, account, token)
