"""WhatsApp Cloud API error codes → what to do about them.

Meta asks to decide by `code`, not by HTTP status or title:
https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes (12 December 2025).
The same codes arrive in answers to a send and, later, in `failed` statuses.
"""

from __future__ import annotations

from typing import Any

from renum.channels.decisions import (
    HOUR,
    MINUTE,
    REFUSED_MESSAGE,
    REFUSED_RECIPIENT,
    RETRY,
    RETRY_NUMBER,
    SECOND,
    STOPPED_ACCOUNT,
    STOPPED_NUMBER,
    Action,
    by_status,
)
from renum.errors import SendError
from renum.shapes import ErrorBody

ACTIONS: dict[int, Action] = {
    # Meta's own trouble: the same number, again, with backoff.
    1: RETRY,
    2: RETRY,
    131000: RETRY,
    131016: RETRY,
    131057: RETRY_NUMBER,  # the account is in maintenance or being upgraded, a minute at most
    133004: RETRY,
    131053: RETRY,  # media could not be fetched; a second try often can
    # Too fast, from nearest to farthest.
    131056: Action(
        "throttled", True, "recipient", SECOND
    ),  # pair rate: again after 4^X seconds, X counting refusals in a row
    130429: Action("throttled", True, "number", 2 * SECOND),  # throughput of the sender number
    131048: Action("throttled", True, "number", HOUR),  # spam limit
    131064: Action("throttled", True, "number", HOUR),  # template classification limit
    4: Action("throttled", True, "account", 5 * MINUTE),  # calls per app
    80007: Action("throttled", True, "account", 5 * MINUTE),  # calls per WhatsApp Business account
    134101: Action("throttled", True, "message", 10 * MINUTE),  # the template is still being synchronised
    # Not to this person.
    131026: REFUSED_RECIPIENT,  # undeliverable
    131021: REFUSED_RECIPIENT,  # sender and recipient are the same
    131030: REFUSED_RECIPIENT,  # not in the test number's allow-list
    130472: REFUSED_RECIPIENT,  # part of an experiment
    137000: REFUSED_RECIPIENT,  # identity key does not match
    131050: REFUSED_RECIPIENT,  # stopped marketing messages: an opt-out
    131049: REFUSED_RECIPIENT,  # healthy ecosystem engagement: not again within 24 h
    131062: REFUSED_RECIPIENT,  # a business-scoped user id is not supported for this message
    # Not this message.
    131047: REFUSED_MESSAGE,  # more than 24 hours since the customer's last message: a template is needed
    **dict.fromkeys((33, 100, 131008, 131009, 131051, 131055), REFUSED_MESSAGE),
    **dict.fromkeys((132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132068, 132069), REFUSED_MESSAGE),
    **dict.fromkeys((134100, 134102, 135000), REFUSED_MESSAGE),
    # Not from this number, or not with this account, until a person has mended it.
    **dict.fromkeys((131037, 131045, 133006, 133008, 133009, 133010, 133015, 133016), STOPPED_NUMBER),
    **dict.fromkeys((0, 3, 10, 190, 368, 130497, 131005, 131031, 131042), STOPPED_ACCOUNT),
}


def action(code: int | None, *, status: int = 400, transient: bool = False) -> Action:
    """The decision for `code`; for one that no table knows, by HTTP status and Meta's own `is_transient`."""
    if code is not None:
        if code in ACTIONS:
            return ACTIONS[code]
        if 200 <= code <= 299:  # permissions
            return STOPPED_ACCOUNT
    return RETRY if transient and status not in (401, 403, 429) else by_status(status)


def _code(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    return value if isinstance(value, int) else None


def _sentence(error: dict[str, Any]) -> str:
    data = error.get("error_data")
    parts = [
        error.get("message") or error.get("title"),
        data.get("details") if isinstance(data, dict) else error.get("details"),
    ]
    return " — ".join(part[:300] for part in parts if isinstance(part, str) and part) or "no message"


def send_error(error: Any, *, status: int, retry_after_ms: int | None = None) -> SendError:
    """The SendError for an answer's `error` object (https://developers.facebook.com/docs/graph-api/guides/error-handling)."""
    body = error if isinstance(error, dict) else {}
    code = _code(body.get("code"))
    decided = action(code, status=status, transient=body.get("is_transient") is True)
    return SendError(
        str(code) if code is not None else f"http_{status}",
        _sentence(body),
        retryable=decided.retryable,
        scope=decided.scope,
        outcome=decided.outcome,
        retry_after_ms=max(decided.retry_after_ms or 0, retry_after_ms or 0) or None,
    )


def status_error(errors: Any) -> ErrorBody | None:
    """The decision for a status webhook's `errors`; None when it has none. A late failure has no HTTP status to go
    by."""
    first = next((item for item in errors if isinstance(item, dict)), None) if isinstance(errors, list) else None
    if first is None:
        return None
    code = _code(first.get("code"))
    decided = action(code)
    return {
        "code": str(code) if code is not None else "unknown",
        "message": _sentence(first),
        "retryable": decided.retryable,
        "scope": decided.scope,
    }
