"""Twilio, for WhatsApp and for SMS: signatures and checks here, reading, sending and fetching in the modules beside.

https://www.twilio.com/docs/usage/webhooks/webhooks-security
https://www.twilio.com/docs/messaging/guides/webhook-request
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from typing import IO
from urllib.parse import parse_qs, urlsplit

from renum.accounts import Account
from renum.channels import Finding, Post, Provider, findings, twilio_media, twilio_parse, twilio_send
from renum.channels.proofs import same
from renum.errors import SendError
from renum.shapes import Delivery, Event, Fetched, MediaWork

SIGNATURE = "x-twilio-signature"
PORTS = {"https": ":443", "http": ":80"}


def addresses(post: Post, account: Account) -> Iterator[str]:
    """The addresses under which Twilio may have called us: it signs the one that it was given, and proxies change it.

    The account's own `config.webhook_url` first, then what the request and its X-Forwarded headers say, with and
    without the port. Platforms take the function's name off the path: with it, too. Trying several proves no less: who
    does not have the token can sign none of them.
    """
    seen, query = urlsplit(post.url), urlsplit(post.url).query
    given = account.config.get("webhook_url")
    ending = f"?{query}" if query else ""
    if isinstance(given, str) and given:
        asked = urlsplit(given).query
        if not asked:
            yield given + ending
        elif query.startswith(asked):
            yield given + query[len(asked) :]
    proto = post.headers.get("x-forwarded-proto", "").split(",")[0].strip() or seen.scheme
    host = post.headers.get("x-forwarded-host", "").split(",")[0].strip() or post.headers.get("host", "") or seen.netloc
    name = f"/{account.channel}_webhook"
    for scheme in dict.fromkeys((proto, "https")):
        bare = host.rsplit(":", 1)[0] if host.rpartition(":")[2].isdecimal() else host
        for netloc in dict.fromkeys((host, bare, bare + PORTS.get(scheme, ""))):
            for prefix in ("", name, f"/functions/v1{name}"):
                yield f"{scheme}://{netloc}{prefix}{seen.path}{ending}"


def sign(token: str, url: str, pairs: list[tuple[str, str]]) -> str:
    """X-Twilio-Signature: HMAC-SHA1 over the address followed by every parameter's name and value, sorted; a value that
    is given twice under one name counts once."""
    text = url + "".join(key + value for key, value in sorted(set(pairs)))
    digest = hmac.new(token.encode(), text.encode("utf-8", "surrogateescape"), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


class Twilio(Provider):
    """The adapter for `provider = 'twilio'`. Credentials: account_sid, auth_token. `external_id` is the sender's number
    in E.164.

    `config`, all optional: `webhook_url` (the public address of the account's webhook, as Twilio is told it: without it
    no status comes back), `messaging_service_sid` (sends through that service instead of from the number).
    """

    def verify(self, post: Post, account: Account) -> bool:
        """`X-Twilio-Signature` over the address and the form; for JSON over the address, which holds the body's
        digest (`bodySHA256`)."""
        token, given = account.credentials.get("auth_token", ""), post.headers.get(SIGNATURE, "")
        if not token or not given:
            return False
        try:
            digests = parse_qs(urlsplit(post.url).query, max_num_fields=50).get("bodySHA256", [])
            pairs = [] if digests else twilio_parse.form(post.body)
            urls = list(dict.fromkeys(addresses(post, account)))
        except ValueError:
            return False
        if digests and not same(digests[0].lower(), hashlib.sha256(post.body).hexdigest()):
            return False
        return any(same(given, sign(token, url, pairs)) for url in urls)

    def parse(self, post: Post, account: Account) -> list[Event]:
        """See `twilio_parse`."""
        return twilio_parse.parse(post.body, post.url, account)

    async def send(self, delivery: Delivery, account: Account) -> str | None:
        """See `twilio_send`."""
        return await twilio_send.send(delivery, account)

    async def fetch(self, work: MediaWork, account: Account, into: IO[bytes]) -> Fetched:
        """See `twilio_media`."""
        return await twilio_media.fetch(work, account, into)

    async def check(self, account: Account, webhook_url: str) -> list[Finding]:
        """Whether the credentials open the account, and where Twilio has to send what comes in."""
        found = findings.credentials(account, ("account_sid", "auth_token"))
        if found[0].ok:
            found.append(await self._account(account))
        found.append(findings.webhook(webhook_url, "no console da Twilio, em “A message comes in” (HTTP POST)"))
        told = account.config.get("webhook_url") == webhook_url
        found.append(
            Finding(
                "status",
                told,
                "A Twilio avisa o que foi feito de cada mensagem."
                if told
                else "A Twilio não sabe onde avisar o que foi feito de cada mensagem.",
                None if told else f"Grave o endereço {webhook_url} em config.webhook_url da conta.",
            )
        )
        return found

    async def _account(self, account: Account) -> Finding:
        try:
            status, body = await twilio_send.account_state(account)
        except SendError as error:
            return findings.unreachable("Twilio", error)
        if status == 200 and body.get("status") == "active":
            return Finding("account", True, "A conta da Twilio está ativa.")
        if status == 200:
            return Finding(
                "account", False, "A conta da Twilio não está ativa.", "Veja no console da Twilio por que foi suspensa."
            )
        return findings.refused("Twilio", status, "Confira account_sid e auth_token no console da Twilio.")


channel = Twilio()
