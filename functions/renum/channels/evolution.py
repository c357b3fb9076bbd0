"""Evolution API v2: a gateway of the client's own over WhatsApp Web, at the address that the account names.

https://doc.evolution-api.com/v2. It is not WhatsApp's official way, and its licence asks that administrators are told
that it is used (https://github.com/evolution-foundation/evolution-api/blob/main/LICENSE): `check` says so.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx

from renum.accounts import Account
from renum.channels import Finding, Post, Provider, calls, evolution_errors, evolution_parse, findings
from renum.channels.addresses import PublicResolver, checked_address, permitted
from renum.channels.jids import recipient
from renum.channels.parts import send_parts
from renum.channels.proofs import bearer, is_secret, is_signed_token
from renum.channels.wording import caption_and_texts, link_of, texts
from renum.clients import PerLoop, new_client
from renum.errors import SendError
from renum.shapes import JSON, Delivery, Event

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
SECRET = "x-webhook-secret"

clients: PerLoop[httpx.AsyncClient] = PerLoop(
    lambda: new_client(connect_s=5, read_s=25, connections=100, resolver=PublicResolver())
)


def _message_id(body: JSON) -> Any:
    key = body.get("key")
    return key.get("id") if isinstance(key, dict) else None


READING = calls.Reading(
    error_in=evolution_errors.error_in, send_error=evolution_errors.send_error, message_id=_message_id
)


async def address(account: Account, path: str) -> str:
    """The address of `path` at the account's gateway, checked. Raises SendError: `bad_base_url`, `address_not_allowed`,
    `unknown_host`."""
    given = account.config.get("base_url")
    try:
        url = httpx.URL(given.strip().rstrip("/") if isinstance(given, str) else "")
        wrong = not url.host or bool(url.userinfo or url.query or url.fragment)
    except (httpx.InvalidURL, ValueError):
        wrong = True
    if wrong:
        raise SendError("bad_base_url", "the account names no usable address of its gateway", scope="account")
    if url.scheme != "https" and not (url.scheme == "http" and permitted(url.host)):
        raise SendError("bad_base_url", "the gateway's address is not https", scope="account")
    await checked_address(url.host, url.port or (443 if url.scheme == "https" else 80))
    return f"{url}{path}/{quote(account.external_id, safe='')}"


def api_key(account: Account) -> str:
    """The key. Raises SendError when the account has none that opens."""
    key = account.credentials.get("api_key")
    if not key:
        problem = account.problem or "credentials_missing"
        raise SendError(problem, "the channel account has no usable api_key", scope="account")
    return key


def build(delivery: Delivery) -> list[tuple[str, JSON]]:
    """(path, body) of each message of a send, in order. Raises SendError for content that the gateway would refuse
    anyway."""
    content, number = delivery["content"], recipient(delivery["to"])
    if content.get("type") != "media":
        return [_text(number, text) for text in texts(content, limit=TEXT_LIMIT, title="WhatsApp")]
    link, kind = link_of(content), content.get("media")
    if kind not in ("image", "video", "audio", "document"):
        raise SendError("unknown_content", f"a file of type {kind} cannot be sent over WhatsApp")
    caption, after = caption_and_texts(content, limit=CAPTION_LIMIT, captioned=kind != "audio")
    following = [_text(number, text) for text in after]
    if kind == "audio":
        return [("/message/sendWhatsAppAudio", {"number": number, "audio": link}), *following]
    body = {"number": number, "mediatype": kind, "media": link, "caption": caption}
    optional = {"mimetype": content.get("mime_type"), "fileName": content.get("file_name")}
    return [("/message/sendMedia", body | {name: value for name, value in optional.items() if value}), *following]


def _text(number: str, text: str) -> tuple[str, JSON]:
    return "/message/sendText", {"number": number, "text": text, "linkPreview": False}


class Evolution(Provider):
    """The adapter for `provider = 'evolution'`. Credentials: api_key, webhook_secret. `external_id` is the instance.

    `config.base_url`: where the gateway is, https. Its webhook carries the secret as a header, `x-webhook-secret`, or
    as the key of the tokens it signs (header `jwt_key` in Evolution's own webhook settings).
    """

    def verify(self, post: Post, account: Account) -> bool:
        """`Authorization: Bearer <JWT, HS256, with exp>` signed with the secret, or the secret itself in
        `x-webhook-secret`."""
        secret = account.credentials.get("webhook_secret")
        return is_secret(post.headers.get(SECRET), secret) or is_signed_token(bearer(post), secret)

    def parse(self, post: Post, account: Account) -> list[Event]:
        """See `evolution_parse`."""
        return evolution_parse.parse(post.body, account)

    async def send(self, delivery: Delivery, account: Account) -> str | None:
        """Sends one delivery; returns the (last) message's id at WhatsApp. Raises SendError."""
        headers = {"apikey": api_key(account)}

        async def one(message: tuple[str, JSON]) -> str:
            path, body = message
            url = await address(account, path)
            response = await calls.call(clients.get(), "POST", url, json=body, headers=headers)
            return calls.read_answer(response, READING)

        return await send_parts(build(delivery), one)

    async def check(self, account: Account, webhook_url: str) -> list[Finding]:
        """Whether the instance is connected, and how it has to be told our address; and that it is Evolution API."""
        found = findings.credentials(account, ("api_key", "webhook_secret"))
        if found[0].ok:
            found.append(await self._connection(account))
        where = "na Evolution API (POST /webhook/set), com o cabeçalho x-webhook-secret e os eventos MESSAGES_UPSERT, "
        where += "MESSAGES_UPDATE, MESSAGES_DELETE e CONNECTION_UPDATE"
        found.append(findings.webhook(webhook_url, where))
        notice = (
            "Esta conta usa a Evolution API (https://evolution-api.com), que não é um meio oficial do WhatsApp: "
            "o número pode ser bloqueado por ele."
        )
        found.append(Finding("notice", True, notice))
        return found

    async def _connection(self, account: Account) -> Finding:
        try:
            url = await address(account, "/instance/connectionState")
            response = await calls.call(clients.get(), "GET", url, headers={"apikey": api_key(account)})
        except SendError as error:
            if error.code == "bad_base_url":
                text = "A conta não diz onde está a Evolution API, ou o endereço não é https."
                return Finding("account", False, text, "Informe em config.base_url o endereço dela, com https.")
            return findings.unreachable("Evolution API", error)
        body = calls.object_in(response) or {}
        instance = body.get("instance")
        state = instance.get("state") if isinstance(instance, dict) else None
        if response.status_code == 200 and state == "open":
            return Finding("account", True, "A instância está conectada ao WhatsApp.")
        if response.status_code == 200:
            todo = "Leia o QR code da instância com o celular do número."
            return Finding("account", False, "A instância não está conectada ao WhatsApp.", todo)
        return findings.refused("Evolution API", response.status_code, "Confira o nome da instância e a api_key.")


channel = Evolution()
