"""What to do about a provider's error: the same few decisions for all of them. Each provider has a table of its own
from codes to these."""

from __future__ import annotations

from typing import NamedTuple

from renum.errors import Outcome, Scope, SendError
from renum.shapes import ErrorBody

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
SENTENCE = 300
"""Characters of a provider's own words that are kept."""


class Action(NamedTuple):
    """The decision for one code. Throttled sends come back after `retry_after_ms` without counting as an attempt."""

    outcome: Outcome
    retryable: bool
    scope: Scope
    retry_after_ms: int | None = None


RETRY = Action("failed", True, "message")
RETRY_NUMBER = Action("failed", True, "number")
REFUSED_MESSAGE = Action("failed", False, "message")
REFUSED_RECIPIENT = Action("failed", False, "recipient")
STOPPED_NUMBER = Action("failed", False, "number")
STOPPED_ACCOUNT = Action("failed", False, "account")
UNKNOWN = Action("unknown", False, "message")
"""An error from behind the send: the message may be on its way."""


def throttled(scope: Scope, retry_after_ms: int) -> Action:
    """Too fast: again after so long."""
    return Action("throttled", True, scope, retry_after_ms)


def by_status(status: int) -> Action:
    """The decision where no code tells: by the answer's HTTP status."""
    if status == 429:
        return throttled("number", 2 * SECOND)
    if status in (401, 403):
        return STOPPED_ACCOUNT
    if status >= 500:
        return RETRY
    return REFUSED_MESSAGE


def refusal(code: str, sentence: str, decided: Action, retry_after_ms: int | None = None) -> SendError:
    """The SendError for a decision. A wait that the provider asks for counts when it is longer than the table's."""
    return SendError(
        code[:100],
        sentence[:SENTENCE] or "no message",
        retryable=decided.retryable,
        scope=decided.scope,
        outcome=decided.outcome,
        retry_after_ms=max(decided.retry_after_ms or 0, retry_after_ms or 0) or None,
    )


def late(code: str, sentence: str, decided: Action) -> ErrorBody:
    """The same for an error that came with a status, after the message had been accepted."""
    return {
        "code": code[:100],
        "message": sentence[:SENTENCE] or "no message",
        "retryable": decided.retryable,
        "scope": decided.scope,
    }
