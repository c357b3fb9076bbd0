"""SMTP reply codes → what to do about them, by the step at which the server said so.

https://www.rfc-editor.org/rfc/rfc5321#section-4.2.3, and for signing in
https://www.rfc-editor.org/rfc/rfc4954#section-6. The same number means another thing at another step: 550 after RCPT
is a mailbox that is not there, after MAIL a sender the account may not use, after the message a text it does not want.
"""

from __future__ import annotations

from typing import Literal

from renum.channels.decisions import (
    MINUTE,
    REFUSED_MESSAGE,
    REFUSED_RECIPIENT,
    RETRY,
    STOPPED_ACCOUNT,
    Action,
    refusal,
    throttled,
)
from renum.errors import SendError

Step = Literal["greeting", "sign_in", "sender", "recipient", "message"]

RETRY_ACCOUNT = Action("failed", True, "account")
RETRY_RECIPIENT = Action("failed", True, "recipient")
SLOWER = throttled("account", 5 * MINUTE)
GREYLISTED = throttled("recipient", 5 * MINUTE)

EVERYWHERE: dict[int, Action] = {
    421: throttled("account", MINUTE),  # shutting down, or too many connections at once
    **dict.fromkeys((432, 530, 534, 535, 538), STOPPED_ACCOUNT),  # who signs in wrongly, or would have to
    454: RETRY_ACCOUNT,  # signing in or encryption does not work at the moment
}

ACTIONS: dict[Step, dict[int, Action]] = {
    "greeting": dict.fromkeys((521, 550, 554), STOPPED_ACCOUNT),  # it takes no mail, or none from here
    "sign_in": dict.fromkeys((500, 501, 502, 503, 504, 550, 553, 554), STOPPED_ACCOUNT),
    "sender": {
        **dict.fromkeys((450, 451, 452), SLOWER),  # the account's sending limit, or no room at the moment
        **dict.fromkeys((501, 550, 551, 553), STOPPED_ACCOUNT),  # the account may not write as this sender
        **dict.fromkeys((552, 554, 555), REFUSED_MESSAGE),
    },
    "recipient": {
        **dict.fromkeys((450, 451), GREYLISTED),  # busy, or strangers have to come back later
        452: RETRY_RECIPIENT,  # the mailbox is full
        **dict.fromkeys((501, 521, 550, 551, 553, 556), REFUSED_RECIPIENT),
        **dict.fromkeys((552, 554), REFUSED_MESSAGE),
    },
    "message": {
        **dict.fromkeys((450, 451), RETRY),
        452: SLOWER,
        **dict.fromkeys((550, 551, 552, 553, 554), REFUSED_MESSAGE),  # too large, or its content is not wanted
    },
}

LAST_RESORT: dict[Step, Action] = {
    "greeting": STOPPED_ACCOUNT,
    "sign_in": STOPPED_ACCOUNT,
    "sender": REFUSED_MESSAGE,
    "recipient": REFUSED_MESSAGE,
    "message": REFUSED_MESSAGE,
}
"""For a 5xx that no table knows."""


def action(step: Step, code: int) -> Action:
    """The decision for a reply at `step`; 4xx that no table knows is tried again, 5xx is not."""
    known = ACTIONS[step].get(code) or EVERYWHERE.get(code)
    if known is not None:
        return known
    if 500 <= code <= 599:
        return LAST_RESORT[step]
    return RETRY if step in ("recipient", "message") else RETRY_ACCOUNT


def send_error(step: Step, code: int, text: str) -> SendError:
    """The SendError for a server's reply. What is no refusal at all, once the message was given over, is unknown."""
    if 400 <= code <= 599:
        return refusal(str(code), " ".join(text.split()), action(step, code))
    if step == "message":
        return SendError("not_smtp", "the server answered the message with no SMTP reply", outcome="unknown")
    return SendError("not_smtp", "the server does not answer as SMTP does", retryable=True, scope="account")
