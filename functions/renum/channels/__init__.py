"""Providers behind one small Protocol. One module per provider, imported when an account of that provider is first
met."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import IO, Protocol

from renum.accounts import Account
from renum.errors import RenumError
from renum.shapes import Delivery, Event, Fetched, MediaWork

PROVIDERS = {"whatsapp_cloud": "renum.channels.whatsapp_cloud"}


class Channel(Protocol):
    """What a provider's module offers, as an object named `channel` in it."""

    def challenge(self, query: Mapping[str, str], account: Account) -> str | None:
        """The body that proves to the provider that this address is ours, or None to refuse."""

    def verify(self, body: bytes, headers: Mapping[str, str], account: Account) -> bool:
        """Whether `body` (raw bytes) was signed by the provider with this account's secret. Never raises for bad
        input."""

    def parse(self, body: bytes) -> list[Event]:
        """Every item of a verified webhook, each under its own `provider_id`; what is not understood is kept raw.

        Raises RequestError (400) when the body is not JSON or not the provider's envelope.
        """

    async def send(self, delivery: Delivery, account: Account) -> str | None:
        """Sends one delivery and returns the provider's message id. Raises SendError with the decision."""

    async def fetch(self, work: MediaWork, account: Account, into: IO[bytes]) -> Fetched:
        """Writes a file that came with a message into `into`, checked against what was announced of it.

        Raises MediaError: retryable when another try may bring it.
        """


def channel(provider: str) -> Channel:
    """The adapter of `provider` (a value of `channel_accounts.provider`)."""
    module = PROVIDERS.get(provider)
    if module is None:
        raise RenumError("unknown_provider", f"no adapter for provider {provider}", scope="account")
    adapter: Channel = import_module(module).channel
    return adapter
