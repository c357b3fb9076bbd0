"""Providers behind one small Protocol. One module per provider, imported when an account of that provider is first
met."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import IO, Protocol

from renum.accounts import Account
from renum.errors import MediaError, RenumError
from renum.shapes import AccountFacts, Delivery, Event, Fetched, MediaWork, Template

PROVIDERS = {
    "whatsapp_cloud": "renum.channels.whatsapp_cloud",
    "twilio": "renum.channels.twilio",
    "evolution": "renum.channels.evolution",
    "zapi": "renum.channels.zapi",
    "zenvia": "renum.channels.zenvia",
    "smtp": "renum.channels.smtp",
    "resend": "renum.channels.resend",
}


@dataclass(frozen=True)
class Post:
    """A webhook's request as it came. `url` is the whole address that the provider called, query included, as far as
    proxies pass it on; `headers` know no upper and lower case."""

    body: bytes
    headers: Mapping[str, str]
    url: str


@dataclass(frozen=True)
class Finding:
    """One thing that a check found out about an account. `todo` is what its owner can do about it, in Portuguese;
    None when all is well."""

    item: str
    ok: bool
    text: str
    todo: str | None = None


class Channel(Protocol):
    """What a provider's module offers, as an object named `channel` in it. `Provider` has what most of them lack."""

    def challenge(self, query: Mapping[str, str], account: Account) -> str | None:
        """The body that proves to the provider that this address is ours, or None to refuse."""

    def verify(self, post: Post, account: Account) -> bool:
        """Whether the request was made by the provider, by its signature over the raw bytes or the secret it carries.
        Never raises for bad input."""

    def parse(self, post: Post, account: Account) -> list[Event]:
        """Every item of a verified webhook, each under its own `provider_id`; what is not understood is kept raw.

        Raises RequestError (400) when the body is not the provider's envelope.
        """

    async def send(self, delivery: Delivery, account: Account) -> str | None:
        """Sends one delivery and returns the provider's message id. Raises SendError with the decision."""

    async def fetch(self, work: MediaWork, account: Account, into: IO[bytes]) -> Fetched:
        """Writes a file that came with a message into `into`, checked against what was announced of it.

        Raises MediaError: retryable when another try may bring it.
        """

    async def typing(self, message_id: str, account: Account) -> None:
        """Marks a message as read and shows that an answer is being written. Raises nothing: it is a courtesy."""

    async def check(self, account: Account, webhook_url: str) -> list[Finding]:
        """What is missing for the account to send and receive at `webhook_url`, asked of the provider itself. Raises
        nothing that the provider may answer with."""

    async def facts(self, account: Account) -> AccountFacts:
        """What the provider says of the account that is kept with it. Raises SendError."""

    async def templates(self, account: Account) -> list[Template] | None:
        """Every template that the provider keeps for the account, None where it keeps none. Raises SendError."""


class Provider:
    """What a provider that does less answers. Adapters inherit it."""

    def challenge(self, query: Mapping[str, str], account: Account) -> str | None:
        """No provider but Meta's asks."""
        return None

    async def fetch(self, work: MediaWork, account: Account, into: IO[bytes]) -> Fetched:
        """There are no files to fetch."""
        raise MediaError("not_supported", f"{account.provider} has no files to fetch", retryable=False)

    async def typing(self, message_id: str, account: Account) -> None:
        """Nobody sees it."""

    async def facts(self, account: Account) -> AccountFacts:
        """Nothing is known."""
        return {}

    async def templates(self, account: Account) -> list[Template] | None:
        """There is no list of templates to fetch."""
        return None


def channel(provider: str) -> Channel:
    """The adapter of `provider` (a value of `channel_accounts.provider`)."""
    module = PROVIDERS.get(provider)
    if module is None:
        raise RenumError("unknown_provider", f"no adapter for provider {provider}", scope="account")
    adapter: Channel = import_module(module).channel
    return adapter
