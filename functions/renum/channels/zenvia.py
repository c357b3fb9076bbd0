"""Zenvia, for SMS.

POST {zenvia}/v2/channels/sms/messages, header X-API-TOKEN
https://zenvia.github.io/zenvia-openapi-spec/v2/. Webhooks are not signed: the subscription is given a header or a
password (https://zenvia.github.io/zenvia-openapi-spec/v2/#tag/Webhooks).
"""

from __future__ import annotations

import httpx

from renum.accounts import Account
from renum.channels import Finding, Post, Provider, calls, findings, zenvia_errors, zenvia_parse
from renum.channels.parts import send_parts
from renum.channels.proofs import basic_password, is_secret
from renum.channels.wording import texts
from renum.clients import PerLoop, new_client
from renum.errors import SendError
from renum.settings import settings
from renum.shapes import JSON, Delivery, Event

TEXT_LIMIT = 1600
SECRET = "x-webhook-secret"

clients: PerLoop[httpx.AsyncClient] = PerLoop(lambda: new_client(connect_s=5, read_s=20, connections=100))

READING = calls.Reading(
    error_in=zenvia_errors.error_in, send_error=zenvia_errors.send_error, message_id=lambda body: body.get("id")
)


def build(delivery: Delivery, account: Account) -> list[JSON]:
    """The body of each message of a send, in order: numbers as digits, without +. Raises SendError."""
    phone = delivery["to"].get("phone")
    if not phone:
        raise SendError("no_address", "the lead has no phone number", scope="recipient")
    ends = {"from": account.external_id.lstrip("+"), "to": phone.lstrip("+")}
    parts = texts(delivery["content"], limit=TEXT_LIMIT, title="Zenvia")
    return [{**ends, "contents": [{"type": "text", "text": part}]} for part in parts]


class Zenvia(Provider):
    """The adapter for `provider = 'zenvia'`. Credentials: api_token, webhook_secret. `external_id` is the sender."""

    def verify(self, post: Post, account: Account) -> bool:
        """The webhook's secret, in the header `x-webhook-secret` or as the password of Basic authentication."""
        secret = account.credentials.get("webhook_secret")
        return is_secret(post.headers.get(SECRET), secret) or is_secret(basic_password(post), secret)

    def parse(self, post: Post, account: Account) -> list[Event]:
        """See `zenvia_parse`."""
        return zenvia_parse.parse(post.body, account)

    async def send(self, delivery: Delivery, account: Account) -> str | None:
        """Sends one delivery; returns the (last) message's id. Raises SendError."""
        token = account.credentials.get("api_token")
        if not token:
            problem = account.problem or "credentials_missing"
            raise SendError(problem, "the channel account has no usable api_token", scope="account")
        url, headers = f"{settings().zenvia_url}/v2/channels/sms/messages", {"X-API-TOKEN": token}

        async def one(body: JSON) -> str:
            response = await calls.call(clients.get(), "POST", url, json=body, headers=headers)
            return calls.read_answer(response, READING)

        return await send_parts(build(delivery, account), one)

    async def check(self, account: Account, webhook_url: str) -> list[Finding]:
        """Whether the credentials are there, and how Zenvia has to be told our address. It has no call that tells of
        an account without sending anything."""
        where = "na Zenvia, em assinaturas (MESSAGE e MESSAGE_STATUS, canal SMS), com o cabeçalho x-webhook-secret"
        return [
            *findings.credentials(account, ("api_token", "webhook_secret")),
            findings.webhook(webhook_url, where),
        ]


channel = Zenvia()
