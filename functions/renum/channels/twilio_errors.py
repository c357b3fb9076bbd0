"""Twilio's error codes → what to do about them.

https://www.twilio.com/docs/api/errors; 20xxx concern the account, 21xxx a request, 30xxx an SMS on its way, 63xxx
WhatsApp. The same codes come in answers to a send (`code`) and, later, in status callbacks (`ErrorCode`).
"""

from __future__ import annotations

from typing import Any

from renum.channels import decisions
from renum.channels.decisions import (
    HOUR,
    MINUTE,
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
from renum.shapes import ErrorBody

ACTIONS: dict[int, Action] = {
    # Twilio's own trouble, or the channel's: again, with backoff.
    **dict.fromkeys((20500, 20503, 20504), RETRY),
    30001: RETRY,  # queue overflow
    30008: RETRY,  # unknown error
    30009: RETRY,  # a segment got lost
    30410: RETRY,  # the carrier did not answer in time
    **dict.fromkeys((63009, 63010, 63011, 63012, 63023), RETRY),  # the channel's errors
    63019: RETRY,  # media could not be fetched; a second try often can
    63029: RETRY,  # the person's device has not fetched the template yet
    # Too fast, from nearest to farthest.
    21611: throttled("number", MINUTE),  # too many messages queued for this sender
    14107: throttled("number", MINUTE),  # SMS rate limit
    63018: throttled("number", 2 * SECOND),  # the channel's rate limit
    30022: throttled("number", MINUTE),
    20429: throttled("account", 2 * SECOND),  # too many requests
    30023: throttled("account", HOUR),  # daily cap
    63038: throttled("account", HOUR),  # daily limit of the account
    # Not to this person.
    21610: REFUSED_RECIPIENT,  # has sent STOP to this sender: an opt-out
    **dict.fromkeys((21211, 21214, 21217, 21265, 21604, 21612, 21614, 21635), REFUSED_RECIPIENT),  # no such mobile
    21408: REFUSED_RECIPIENT,  # this region is not enabled for the account
    21608: REFUSED_RECIPIENT,  # a trial account writes to verified numbers only
    **dict.fromkeys((30003, 30004, 30005, 30006), REFUSED_RECIPIENT),  # unreachable, blocked, unknown, a landline
    63003: REFUSED_RECIPIENT,  # the channel does not know the recipient
    63014: REFUSED_RECIPIENT,  # blocked by the person
    63015: REFUSED_RECIPIENT,  # has not joined the sandbox
    63024: REFUSED_RECIPIENT,  # invalid recipient
    63031: REFUSED_RECIPIENT,  # sender and recipient are the same
    63032: REFUSED_RECIPIENT,  # WhatsApp's own limits for this person
    63033: REFUSED_RECIPIENT,  # may not receive
    63036: REFUSED_RECIPIENT,  # cannot be reached now
    63049: REFUSED_RECIPIENT,  # Meta chose not to deliver: not again within 24 h
    # Not this message.
    63016: REFUSED_MESSAGE,  # more than 24 hours since the person's last message: a template is needed
    **dict.fromkeys((21602, 21605, 21617, 21619, 21620, 21623, 21627), REFUSED_MESSAGE),
    **dict.fromkeys((21654, 21655, 21656, 21910, 92005), REFUSED_MESSAGE),
    30007: REFUSED_MESSAGE,  # filtered as spam
    30010: REFUSED_MESSAGE,  # dearer than allowed
    **dict.fromkeys((30011, 30019), REFUSED_MESSAGE),
    **dict.fromkeys((63005, 63006, 63013, 63021, 63025, 63027, 63028, 63030), REFUSED_MESSAGE),
    **dict.fromkeys((63040, 63041, 63042), REFUSED_MESSAGE),  # the template was rejected, paused, disabled
    # Not from this sender, or not with this account, until a person has mended it.
    **dict.fromkeys((21212, 21407, 21601, 21603, 21606, 21607, 21616, 21660), STOPPED_NUMBER),
    **dict.fromkeys((21701, 21702, 21703, 21704, 21705), STOPPED_NUMBER),  # the messaging service
    **dict.fromkeys((30024, 30032, 30034), STOPPED_NUMBER),  # the sender is not registered
    **dict.fromkeys((63002, 63007, 63022), STOPPED_NUMBER),  # the channel does not know the sender
    **dict.fromkeys((20003, 20004, 20005, 20006, 20008, 20010, 20101, 20403, 20404), STOPPED_ACCOUNT),
    21609: STOPPED_ACCOUNT,  # the account's webhook_url is no address that Twilio would call
    30002: STOPPED_ACCOUNT,  # suspended
    **dict.fromkeys((63001, 63008, 63020, 63051), STOPPED_ACCOUNT),
}


def _code(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.strip().isdecimal() and len(value) < 12:
        value = int(value)
    return value if isinstance(value, int) else None


def action(code: int | None, *, status: int = 400) -> Action:
    """The decision for `code`; for one that is not in the table, by HTTP status."""
    return ACTIONS[code] if code in ACTIONS else by_status(status)


def _sentence(value: Any) -> str:
    return value if isinstance(value, str) and value.strip() else "no message"


def send_error(error: Any, status: int, retry_after_ms: int | None = None) -> SendError:
    """The SendError for an answer {"code", "message", "more_info", "status"}, or one without a code."""
    body = error if isinstance(error, dict) else {}
    code = _code(body.get("code"))
    return decisions.refusal(
        str(code) if code is not None else f"http_{status}",
        _sentence(body.get("message")),
        action(code, status=status),
        retry_after_ms,
    )


def status_error(code: Any, sentence: Any) -> ErrorBody:
    """The decision for a status callback's ErrorCode."""
    known = _code(code)
    return decisions.late(str(known) if known is not None else "unknown", _sentence(sentence), action(known))
