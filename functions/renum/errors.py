"""Every error the functions raise on purpose. Each one carries the decision with it: a stable code, whether to try
again, and how far it reaches.

RenumError
├── ConfigurationError        an environment variable is missing or unusable
├── DatabaseUnavailable       PostgREST or Postgres is away: try again later (HTTP 503)
├── RpcError                  PostgREST refused one call: carries SQLSTATE or PGRST code
├── CredentialsError          stored credentials are missing or do not decrypt
├── RequestError              the caller's request cannot be served: carries the HTTP status
├── ModelError                the chat model failed or answered nonsense
├── LeaseLost                 the turn is not ours any more: stop, and say nothing
├── TaskError                 a task that no runner of this function knows
├── MediaError                a lead's file could not be fetched or stored
└── SendError                 a provider refused, throttled or swallowed a message
"""

from __future__ import annotations

import traceback
from typing import Any, Literal

from renum.shapes import Use

Scope = Literal["message", "recipient", "number", "account"]
Outcome = Literal["failed", "throttled", "unknown"]

THROTTLED_MS = 5000
"""How long to stay away from whoever throttles and does not say for how long."""


class RenumError(Exception):
    """Base of the tree. `message` is a sentence without secrets and without anything a lead wrote."""

    def __init__(self, code: str, message: str, *, retryable: bool = False, scope: Scope = "message") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.retryable = retryable
        self.scope: Scope = scope


class ConfigurationError(RenumError):
    """The environment does not hold what a function needs; names the variable."""

    def __init__(self, message: str) -> None:
        super().__init__("configuration", message, scope="account")


class DatabaseUnavailable(RenumError):
    """Neither an answer nor a refusal: connection refused, 502, 503, 504, or a time-out."""

    def __init__(self, message: str) -> None:
        super().__init__("database_unavailable", message, retryable=True)


class RpcError(RenumError):
    """PostgREST answered with an error of its own or of the function's. `status` is the HTTP status it came with."""

    def __init__(self, code: str, message: str, status: int) -> None:
        super().__init__(code, message, retryable=status >= 500)
        self.status = status


class CredentialsError(RenumError):
    """Credentials that are absent, tampered with, or made with another key."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message, scope="account")


class RequestError(RenumError):
    """An HTTP request that is answered with `status` (4xx) and changes nothing."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code, message)
        self.status = status


class ModelError(RenumError):
    """The chat model could not be loaded, timed out, throttled (come back after `retry_after_ms`), or gave an answer
    that does not follow its schema. `uses`: what the calls that came to nothing used."""

    def __init__(self, code: str, message: str, *, retryable: bool, retry_after_ms: int | None = None) -> None:
        super().__init__(code, message, retryable=retryable)
        self.retry_after_ms = retry_after_ms
        self.uses: list[Use] = []


class LeaseLost(RenumError):
    """A person took over, or another instance has the turn: whatever it would come to is not wanted."""

    def __init__(self) -> None:
        super().__init__("lease_lost", "the turn's lease is lost")


class TaskError(RenumError):
    """A task that reached the wrong function, or that carries no work."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)


class MediaError(RenumError):
    """A file that a lead sent could not be fetched from its provider, is not what was announced, or was not taken by
    Storage. With `retry_after_ms` somebody throttled: it is tried again then, and that was no attempt."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        retryable: bool = False,
        scope: Scope = "message",
        retry_after_ms: int | None = None,
    ) -> None:
        super().__init__(code, message, retryable=retryable, scope=scope)
        self.retry_after_ms = retry_after_ms


class SendError(RenumError):
    """A message that was not (or not surely) accepted by its provider.

    `outcome` is `failed` (not accepted), `throttled` (come back after `retry_after_ms`) or `unknown`
    (it may have been accepted: only a status webhook can tell, so it is never blindly repeated).
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        retryable: bool = False,
        scope: Scope = "message",
        outcome: Outcome = "failed",
        retry_after_ms: int | None = None,
    ) -> None:
        super().__init__(code, message, retryable=retryable, scope=scope)
        self.outcome: Outcome = outcome
        self.retry_after_ms = retry_after_ms


def describe(error: BaseException) -> dict[str, Any]:
    """What may be stored about a failed task: `code`, `message`, a `trace` of places, `retry_after_ms` when it was
    throttled, and `usage` when calls to a model were paid for.

    Messages of foreign exceptions are left out: they may quote what a lead wrote or a header that holds a key.
    """
    frames = traceback.extract_tb(error.__traceback__)
    trace = "\n".join(f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno} in {frame.name}" for frame in frames[-12:])
    if isinstance(error, RenumError):
        told: dict[str, Any] = {"code": error.code, "message": error.message, "trace": trace}
        if (wait := getattr(error, "retry_after_ms", None)) is not None:
            told["retry_after_ms"] = wait
        if isinstance(error, ModelError) and error.uses:
            told["usage"] = error.uses
        return told
    name = type(error).__name__
    return {
        "code": "unexpected",
        "message": f"{name} in {frames[-1].name if frames else 'an unknown place'}",
        "trace": f"{trace}\n{name}",
    }
