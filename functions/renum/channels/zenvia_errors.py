"""Zenvia's errors → what to do about them: {"code", "message", "details": [{"code", "path", "message"}]}.

https://zenvia.github.io/zenvia-openapi-spec/v2/ (Errors). A message that was rejected or not delivered says why in the
status' `causes`: [{"channelErrorCode", "reason", "details"}].
"""

from __future__ import annotations

from typing import Any

from renum.channels import decisions
from renum.channels.decisions import (
    REFUSED_MESSAGE,
    REFUSED_RECIPIENT,
    RETRY,
    SECOND,
    STOPPED_ACCOUNT,
    STOPPED_NUMBER,
    Action,
    by_status,
    throttled,
)
from renum.errors import SendError
from renum.shapes import JSON, ErrorBody

ACTIONS: dict[str, Action] = {
    "AUTHENTICATION_ERROR": STOPPED_ACCOUNT,
    "AUTHORIZATION_ERROR": STOPPED_ACCOUNT,
    "UNAUTHORIZED": STOPPED_ACCOUNT,
    "FORBIDDEN": STOPPED_ACCOUNT,
    "INSUFFICIENT_CREDITS": STOPPED_ACCOUNT,
    "NOT_FOUND": STOPPED_NUMBER,
    "VALIDATION_ERROR": REFUSED_MESSAGE,
    "INVALID_REQUEST": REFUSED_MESSAGE,
    "DUPLICATED": REFUSED_MESSAGE,
    "CONTENT_TOO_LONG": REFUSED_MESSAGE,
    "RATE_LIMIT_EXCEEDED": throttled("account", 2 * SECOND),
    "TOO_MANY_REQUESTS": throttled("account", 2 * SECOND),
    "INTERNAL_ERROR": RETRY,
    "SERVICE_UNAVAILABLE": RETRY,
}
PATHS = {"to": REFUSED_RECIPIENT, "from": STOPPED_NUMBER}
"""Whose fault a validation error is, by the field that is wrong."""


def error_in(body: JSON) -> Any:
    """The error that an answer is; None for an accepted message."""
    return body if body.get("code") and not body.get("id") else None


def _details(body: JSON) -> list[JSON]:
    found = body.get("details")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _sentence(body: JSON) -> str:
    parts = [body.get("message"), *(f"{one.get('path')}: {one.get('message')}" for one in _details(body))]
    return " — ".join(part for part in parts if isinstance(part, str) and part.strip()) or "no message"


def send_error(error: Any, status: int, retry_after_ms: int | None = None) -> SendError:
    """The SendError for an answer's error, by its code; for an unknown one by HTTP status."""
    body = error if isinstance(error, dict) else {}
    given = body.get("code")
    code = given.upper() if isinstance(given, str) else f"http_{status}"
    decided = ACTIONS.get(code) or by_status(status)
    if decided is REFUSED_MESSAGE:
        paths = [str(one.get("path")) for one in _details(body)]
        decided = next((PATHS[path] for path in paths if path in PATHS), decided)
    return decisions.refusal(code, _sentence(body), decided, retry_after_ms)


def status_error(code: str, causes: Any) -> ErrorBody:
    """The decision for a message that Zenvia rejected or could not deliver."""
    first = next((one for one in causes if isinstance(one, dict)), {}) if isinstance(causes, list) else {}
    said = " — ".join(part for part in (first.get("reason"), first.get("details")) if isinstance(part, str) and part)
    named = first.get("channelErrorCode")
    decided = REFUSED_RECIPIENT if code == "NOT_DELIVERED" else REFUSED_MESSAGE
    return decisions.late(str(named) if isinstance(named, (str, int)) else code, said or code, decided)
