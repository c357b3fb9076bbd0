"""Resend's error names → what to do about them.

https://resend.com/docs/api-reference/errors. One name means two things: `validation_error` with 403 is a sender's
domain that is not verified, with 400 or 422 a field of this one e-mail.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from renum.errors import Outcome, Scope, SendError

SECOND = 1_000
HOUR = 3_600_000


class Action(NamedTuple):
    """The decision for one name. Throttled sends come back after `retry_after_ms` without counting as an attempt."""

    outcome: Outcome
    retryable: bool
    scope: Scope
    retry_after_ms: int | None = None


RETRY = Action("failed", True, "message")
REFUSED_MESSAGE = Action("failed", False, "message")
STOPPED_ACCOUNT = Action("failed", False, "account")
SLOWER = Action("throttled", True, "account", SECOND)

ACTIONS: dict[str, Action] = {
    # Resend's own trouble. The idempotency key makes repeating harmless.
    **dict.fromkeys(("application_error", "internal_server_error", "service_unavailable"), RETRY),
    # Too fast, too many.
    "rate_limit_exceeded": SLOWER,
    "concurrent_idempotent_requests": Action("throttled", True, "message", 2 * SECOND),
    "daily_quota_exceeded": Action("throttled", True, "account", HOUR),
    # Not this message.
    **dict.fromkeys(("validation_error", "missing_required_field", "invalid_parameter", "not_found"), REFUSED_MESSAGE),
    **dict.fromkeys(("invalid_attachment", "invalid_idempotency_key", "method_not_allowed"), REFUSED_MESSAGE),
    **dict.fromkeys(("invalid_region", "security_error"), REFUSED_MESSAGE),
    # An earlier request with this delivery's key was taken, and looked otherwise: what became of that one is not told.
    "invalid_idempotent_request": Action("unknown", False, "message"),
    # Not with this account, until a person has mended it.
    **dict.fromkeys(("missing_api_key", "restricted_api_key", "invalid_api_key"), STOPPED_ACCOUNT),
    **dict.fromkeys(("invalid_from_address", "invalid_access", "monthly_quota_exceeded"), STOPPED_ACCOUNT),
}


def action(name: str, status: int) -> Action:
    """The decision for an error's `name`; for one that no table knows, by HTTP status."""
    if name == "validation_error" and status == 403:
        return STOPPED_ACCOUNT
    if name in ACTIONS:
        return ACTIONS[name]
    if status == 429:
        return SLOWER
    if status in (401, 403):
        return STOPPED_ACCOUNT
    return RETRY if status >= 500 else REFUSED_MESSAGE


def send_error(error: Any, *, status: int, retry_after_ms: int | None = None) -> SendError:
    """The SendError for an answer `{"statusCode", "name", "message"}`, or for one that is none."""
    told = error if isinstance(error, dict) else {}
    name = told.get("name")
    code = name if isinstance(name, str) and name else f"http_{status}"
    sentence = told.get("message")
    decided = action(code, status)
    wait_ms = max(decided.retry_after_ms or 0, retry_after_ms or 0) if decided.outcome == "throttled" else None
    return SendError(
        code[:100],
        " ".join(sentence.split())[:300] if isinstance(sentence, str) and sentence.strip() else "no message",
        retryable=decided.retryable,
        scope=decided.scope,
        outcome=decided.outcome,
        retry_after_ms=wait_ms,
    )
