"""Resend's error names → what to do about them.

https://resend.com/docs/api-reference/errors. One name means two things: `validation_error` with 403 is a sender's
domain that is not verified, with 400 or 422 a field of this one e-mail.
"""

from __future__ import annotations

from typing import Any

from renum.channels.decisions import (
    HOUR,
    REFUSED_MESSAGE,
    RETRY,
    SECOND,
    STOPPED_ACCOUNT,
    UNKNOWN,
    Action,
    by_status,
    refusal,
    throttled,
)
from renum.errors import SendError

ACTIONS: dict[str, Action] = {
    # Resend's own trouble. The idempotency key makes repeating harmless.
    **dict.fromkeys(("application_error", "internal_server_error", "service_unavailable"), RETRY),
    # Too fast, too many.
    "rate_limit_exceeded": throttled("account", SECOND),
    "concurrent_idempotent_requests": throttled("message", 2 * SECOND),
    "daily_quota_exceeded": throttled("account", HOUR),
    # Not this message.
    **dict.fromkeys(("validation_error", "missing_required_field", "invalid_parameter", "not_found"), REFUSED_MESSAGE),
    **dict.fromkeys(("invalid_attachment", "invalid_idempotency_key", "method_not_allowed"), REFUSED_MESSAGE),
    **dict.fromkeys(("invalid_region", "security_error"), REFUSED_MESSAGE),
    # An earlier request with this delivery's key was taken, and looked otherwise: what became of that one is not told.
    "invalid_idempotent_request": UNKNOWN,
    # Not with this account, until a person has mended it.
    **dict.fromkeys(("missing_api_key", "restricted_api_key", "invalid_api_key"), STOPPED_ACCOUNT),
    **dict.fromkeys(("invalid_from_address", "invalid_access", "monthly_quota_exceeded"), STOPPED_ACCOUNT),
}


def action(name: str, status: int) -> Action:
    """The decision for an error's `name`; for one that no table knows, by HTTP status."""
    if name == "validation_error" and status == 403:
        return STOPPED_ACCOUNT
    return ACTIONS.get(name) or by_status(status)


def send_error(error: Any, status: int, retry_after_ms: int | None) -> SendError:
    """The SendError for an answer `{"statusCode", "name", "message"}`; None stands for an answer that is none."""
    told = error if isinstance(error, dict) else {}
    name, sentence = told.get("name"), told.get("message")
    code = name if isinstance(name, str) and name else f"http_{status}"
    decided = action(code, status)
    words = " ".join(sentence.split()) if isinstance(sentence, str) else ""
    return refusal(code, words, decided, retry_after_ms if decided.outcome == "throttled" else None)
