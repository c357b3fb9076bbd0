"""Channel accounts with their credentials opened, kept in memory for a minute."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from renum.clients import PerLoop
from renum.crypto import unseal
from renum.errors import CredentialsError
from renum.log import REDACTED, SECRET_SHAPES, Log
from renum.rpc import Rpc, rpc
from renum.settings import Settings, settings
from renum.shapes import JSON

KEEP_S = 60.0
"""How long an account is used without asking again: a rotated secret works after at most this long."""

FORGET_UNKNOWN_S = 5.0
MOST_ACCOUNTS = 10_000
SHORTEST_SECRET = 6
"""A shorter credential is no secret, and taking it out of sentences would only garble them."""

SEAM = " — "
"""What stands between the parts of a provider's sentence."""

log = Log("accounts")


@dataclass(frozen=True)
class Account:
    """One channel account. `credentials` is empty when none are stored or they do not open; `problem` says which."""

    id: str
    client_id: str
    channel: str
    provider: str
    external_id: str
    status: str
    config: JSON
    credentials: dict[str, str] = field(repr=False)
    problem: str | None = None

    def without_secrets(self, text: str) -> str:
        """`text` as it may be stored: without the account's credentials, and without what looks like one. A provider's
        sentence was cut to a length: at the end of each of its parts the beginning of a credential is taken out, too.
        """
        for secret in self.credentials.values():
            # An SMTP server's user is mostly the sender's own address, which every letter shows.
            if len(secret) >= SHORTEST_SECRET and secret != self.external_id:
                text = SEAM.join(_without_end(part, secret) for part in text.replace(secret, REDACTED).split(SEAM))
        return SECRET_SHAPES.sub(REDACTED, text)


def _without_end(text: str, secret: str) -> str:
    """`text` without a beginning of `secret` that it ends with."""
    for length in range(min(len(secret) - 1, len(text)), SHORTEST_SECRET - 1, -1):
        if text.endswith(secret[:length]):
            return text[:-length] + REDACTED
    return text


@dataclass
class _Kept:
    account: Account | None
    loaded: float

    def age(self) -> float:
        return time.monotonic() - self.loaded


class Accounts:
    """A read-through cache over `worker.channel_account`; callers that ask for the same account at once share one
    call."""

    def __init__(self, calls: Rpc, config: Settings) -> None:
        self._rpc = calls
        self._settings = config
        self._kept: dict[str, _Kept] = {}
        self._loading: dict[str, asyncio.Task[_Kept]] = {}

    async def get(self, account_id: str, *, older_than_s: float = KEEP_S) -> Account | None:
        """The account, or None when there is none of that id. `older_than_s` reloads what was loaded longer ago than
        that."""
        kept = self._kept.get(account_id)
        if kept is not None:
            limit = older_than_s if kept.account is not None else min(older_than_s, FORGET_UNKNOWN_S)
            if kept.age() < limit:
                return kept.account
        loading = self._loading.get(account_id)
        if loading is None:
            loading = self._loading[account_id] = asyncio.create_task(self._load(account_id))
            loading.add_done_callback(lambda _: self._loading.pop(account_id, None))
        return (await asyncio.shield(loading)).account

    async def _load(self, account_id: str) -> _Kept:
        row = await self._rpc.channel_account(account_id)
        account: Account | None = None
        if row is not None:
            credentials: dict[str, str] = {}
            problem: str | None = "credentials_missing"
            if row["credentials"] is not None:
                problem = None
                try:
                    credentials = unseal(
                        row["credentials"],
                        channel_account_id=row["id"],
                        key=self._settings.credentials_key,
                        key_id=self._settings.credentials_key_id,
                    )
                except CredentialsError as error:
                    problem = f"credentials_{error.code}"
                    log.error(
                        "Stored credentials do not open.",
                        action="account.unreadable",
                        channel_account_id=account_id,
                        code=error.code,
                    )
            account = Account(
                id=row["id"],
                client_id=row["client_id"],
                channel=row["channel"],
                provider=row["provider"],
                external_id=row["external_id"],
                status=row["status"],
                config=row["config"] or {},
                credentials=credentials,
                problem=problem,
            )
        if len(self._kept) >= MOST_ACCOUNTS:
            self._kept.clear()
        kept = self._kept[account_id] = _Kept(account, time.monotonic())
        return kept


_accounts: PerLoop[Accounts] = PerLoop(lambda: Accounts(rpc(), settings()))


def accounts() -> Accounts:
    """The process's accounts in the running event loop."""
    return _accounts.get()
