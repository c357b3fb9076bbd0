"""Z-API: a Brazilian gateway over WhatsApp Web, sold as a service. Not WhatsApp's official way.

https://developer.z-api.io. The instance's token is part of every address that is called: addresses are never logged,
here or in an error.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote, urlsplit

import httpx

from renum.accounts import Account
from renum.channels import Finding, Post, Provider, calls, findings, zapi_errors, zapi_parse
from renum.channels.jids import recipient
from renum.channels.parts import send_parts
from renum.channels.proofs import is_secret
from renum.channels.wording import caption_and_texts, link_of, texts
from renum.clients import PerLoop, new_client
from renum.errors import SendError
from renum.settings import settings
from renum.shapes import JSON, Delivery, Event

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
SECRET = "x-webhook-secret"
TOKEN = "z-api-token"
EXTENSION = re.compile(r"[A-Za-z0-9]{1,8}")

clients: PerLoop[httpx.AsyncClient] = PerLoop(lambda: new_client(connect_s=5, read_s=25, connections=100))

READING = calls.Reading(
    error_in=zapi_errors.error_in,
    send_error=zapi_errors.send_error,
    message_id=lambda body: body.get("messageId") or body.get("id"),
)


def address(account: Account, path: str) -> tuple[str, dict[str, str]]:
    """(address, headers) of a call. The address holds a secret. Raises SendError when the credentials do not open."""
    token, client_token = account.credentials.get("instance_token"), account.credentials.get("client_token")
    if not token or not client_token:
        problem = account.problem or "credentials_missing"
        raise SendError(problem, "the channel account has no usable instance_token and client_token", scope="account")
    instance = quote(account.external_id, safe="")
    url = f"{settings().zapi_url}/instances/{instance}/token/{quote(token, safe='')}/{path}"
    return url, {"Client-Token": client_token}


def build(delivery: Delivery) -> list[tuple[str, JSON]]:
    """(path, body) of each message of a send, in order. Raises SendError for content that the gateway would refuse
    anyway."""
    content, phone = delivery["content"], recipient(delivery["to"])
    if content.get("type") != "media":
        return [_text(phone, text) for text in texts(content, limit=TEXT_LIMIT, title="WhatsApp")]
    link, kind = link_of(content), content.get("media")
    if kind not in ("image", "video", "audio", "document"):
        raise SendError("unknown_content", f"a file of type {kind} cannot be sent over WhatsApp")
    body: JSON = {"phone": phone, kind: link}
    caption, after = caption_and_texts(content, limit=CAPTION_LIMIT, captioned=kind != "audio")
    following = [_text(phone, text) for text in after]
    if caption:
        body["caption"] = caption
    if kind != "document":
        return [(f"send-{kind}", body), *following]
    name = str(content.get("file_name") or urlsplit(link).path.rsplit("/", 1)[-1] or "arquivo.pdf")
    ending = name.rpartition(".")[2]
    path = f"send-document/{ending if EXTENSION.fullmatch(ending) else 'pdf'}"
    return [(path, body | {"fileName": name}), *following]


def _text(phone: str, text: str) -> tuple[str, JSON]:
    return "send-text", {"phone": phone, "message": text}


class ZApi(Provider):
    """The adapter for `provider = 'zapi'`. Credentials: instance_token, client_token, webhook_secret. `external_id` is
    the instance's id."""

    def verify(self, post: Post, account: Account) -> bool:
        """The webhook's secret, in the header `x-webhook-secret` or the query parameter `token`.

        Z-API signs nothing and lets nobody choose a header: what is ours in its call can only be in the address. The
        parameter is read here and nowhere written. Its calls bring the instance's token as `z-api-token`, which no page
        promises: when it is there it has to be right.
        """
        secret, instance = account.credentials.get("webhook_secret"), post.headers.get(TOKEN)
        if instance is not None and not is_secret(instance, account.credentials.get("instance_token")):
            return False
        try:
            given = parse_qs(urlsplit(post.url).query, max_num_fields=50).get("token", [])
        except ValueError:
            given = []
        return is_secret(post.headers.get(SECRET), secret) or (len(given) == 1 and is_secret(given[0], secret))

    def parse(self, post: Post, account: Account) -> list[Event]:
        """See `zapi_parse`."""
        return zapi_parse.parse(post.body, account)

    async def send(self, delivery: Delivery, account: Account) -> str | None:
        """Sends one delivery; returns the (last) message's id at WhatsApp. Raises SendError."""

        async def one(message: tuple[str, JSON]) -> str:
            path, body = message
            url, headers = address(account, path)
            response = await calls.call(clients.get(), "POST", url, json=body, headers=headers)
            return calls.read_answer(response, READING)

        return await send_parts(build(delivery), one)

    async def check(self, account: Account, webhook_url: str) -> list[Finding]:
        """Whether the instance is connected, and where Z-API has to be told our address."""
        found = findings.credentials(account, ("instance_token", "client_token", "webhook_secret"))
        if found[0].ok:
            found.append(await self._connection(account))
        where = "no painel da Z-API, em todos os webhooks da instância, seguido de ?token= e do webhook_secret"
        found.append(findings.webhook(webhook_url, where))
        notice = "A Z-API não é um meio oficial do WhatsApp: o número pode ser bloqueado por ele."
        found.append(Finding("notice", True, notice))
        return found

    async def _connection(self, account: Account) -> Finding:
        try:
            url, headers = address(account, "status")
            response = await calls.call(clients.get(), "GET", url, headers=headers)
        except SendError as error:
            return findings.unreachable("Z-API", error)
        body = calls.object_in(response) or {}
        if response.status_code == 200 and body.get("connected") is True:
            return Finding("account", True, "A instância está conectada ao WhatsApp.")
        if response.status_code == 200 and "connected" in body:
            todo = "Leia o QR code da instância com o celular do número."
            return Finding("account", False, "A instância não está conectada ao WhatsApp.", todo)
        todo = "Confira o id da instância, o instance_token e o client_token."
        return findings.refused("Z-API", response.status_code, todo)


channel = ZApi()
