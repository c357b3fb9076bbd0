"""WhatsApp Cloud API: signatures and verification here, reading, sending and fetching in the modules beside.

https://developers.facebook.com/docs/whatsapp/cloud-api/
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import IO

from renum.accounts import Account
from renum.channels import (
    Finding,
    Post,
    Provider,
    whatsapp_cloud_check,
    whatsapp_cloud_media,
    whatsapp_cloud_parse,
    whatsapp_cloud_send,
)
from renum.channels.proofs import same
from renum.shapes import AccountFacts, Delivery, Event, Fetched, MediaWork, Template

SIGNATURE = "x-hub-signature-256"


class WhatsAppCloud(Provider):
    """The adapter for `provider = 'whatsapp_cloud'`. Credentials: access_token, app_secret, verify_token."""

    def challenge(self, query: Mapping[str, str], account: Account) -> str | None:
        """Meta's verification request: `hub.mode=subscribe`, `hub.verify_token`, `hub.challenge` → the bare
        challenge."""
        expected = account.credentials.get("verify_token", "")
        if (
            not expected
            or query.get("hub.mode") != "subscribe"
            or not same(query.get("hub.verify_token", ""), expected)
        ):
            return None
        return query.get("hub.challenge")

    def verify(self, post: Post, account: Account) -> bool:
        """`X-Hub-Signature-256: sha256=<hex>` is HMAC-SHA256 over the raw body with the app's secret."""
        secret = account.credentials.get("app_secret", "")
        if not secret:
            return False
        expected = "sha256=" + hmac.new(secret.encode(), post.body, hashlib.sha256).hexdigest()
        return same(post.headers.get(SIGNATURE, ""), expected)

    def parse(self, post: Post, account: Account) -> list[Event]:
        """See `whatsapp_cloud_parse`."""
        return whatsapp_cloud_parse.parse(post.body, whatsapp_cloud_check.waba_of(account))

    async def send(self, delivery: Delivery, account: Account) -> str | None:
        """See `whatsapp_cloud_send`."""
        return await whatsapp_cloud_send.send(delivery, account)

    async def typing(self, message_id: str, account: Account) -> None:
        """See `whatsapp_cloud_send`."""
        await whatsapp_cloud_send.typing(message_id, account)

    async def fetch(self, work: MediaWork, account: Account, into: IO[bytes]) -> Fetched:
        """See `whatsapp_cloud_media`."""
        return await whatsapp_cloud_media.fetch(work, account, into)

    async def check(self, account: Account, webhook_url: str) -> list[Finding]:
        """See `whatsapp_cloud_check`."""
        return await whatsapp_cloud_check.check(account, webhook_url)

    async def facts(self, account: Account) -> AccountFacts:
        """See `whatsapp_cloud_check`."""
        return await whatsapp_cloud_check.facts(account)

    async def templates(self, account: Account) -> list[Template] | None:
        """See `whatsapp_cloud_check`."""
        return await whatsapp_cloud_check.templates(account)


channel = WhatsAppCloud()
