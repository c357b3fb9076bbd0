"""Z-API's errors → what to do about them: sentences without codes, in answers to a send and in `DeliveryCallback`.

https://developer.z-api.io/en/webhooks/on-message-send-examples
"""

from __future__ import annotations

from typing import Any

from renum.channels import decisions
from renum.channels.decisions import (
    MINUTE,
    REFUSED_MESSAGE,
    REFUSED_RECIPIENT,
    RETRY,
    RETRY_NUMBER,
    STOPPED_ACCOUNT,
    UNKNOWN,
    throttled,
)
from renum.channels.worded_errors import Worded, decide
from renum.errors import SendError
from renum.shapes import JSON, ErrorBody

TABLE = (
    Worded("client_token", ("null not allowed", "client-token", "client token"), STOPPED_ACCOUNT),
    Worded("no_instance", ("instance not found", "instance_not_found"), STOPPED_ACCOUNT),
    Worded("unauthorized", ("unauthorized", "forbidden", "not authorized"), STOPPED_ACCOUNT),
    Worded("subscription", ("must subscribe", "payment", "trial"), STOPPED_ACCOUNT),
    Worded(
        "not_on_whatsapp",
        ("phone number does not exist", "phone not exists", "invalid phone", "phone is invalid"),
        REFUSED_RECIPIENT,
    ),
    Worded(
        "not_permitted",
        ("permission", "rejected sending", "did not allow", "only be sent in groups"),
        REFUSED_RECIPIENT,
    ),
    Worded("not_connected", ("not connected", "restore the session", "been disconnected"), RETRY_NUMBER),
    Worded("too_fast", ("too many requests", "rate limit"), throttled("number", MINUTE)),
    # Before "404 error while": that one is about the file's address.
    Worded("bad_media", ("media url", "valid url", "404 error", "unsupported", "media format"), REFUSED_MESSAGE),
    Worded("terms", ("accept buttons",), REFUSED_MESSAGE),
    Worded("timed_out", ("timeout on send", "timed out"), UNKNOWN),
    Worded("not_sent", ("error on send",), RETRY),
)


def error_in(body: JSON) -> Any:
    """The error that an answer is; None for an accepted message."""
    return body if body.get("error") else None


def sentence(body: JSON) -> str:
    """What an error says: `error` is a sentence or a name, `message` tells more."""
    parts = [part for part in (body.get("error"), body.get("message")) if isinstance(part, str) and part.strip()]
    return " — ".join(parts) or "no message"


def send_error(error: Any, status: int, retry_after_ms: int | None = None) -> SendError:
    """The SendError for an answer's error."""
    said = sentence(error) if isinstance(error, dict) else "no message"
    # A refusal in a 200 is one nevertheless.
    code, decided = decide(TABLE, said, status if status >= 400 else 400)
    return decisions.refusal(code, said, decided, retry_after_ms)


def status_error(given: Any) -> ErrorBody:
    """The decision for a DeliveryCallback's `error`: by then it is certain that the message did not go out."""
    said = given if isinstance(given, str) else "no message"
    code, decided = decide(TABLE, said, 400)
    return decisions.late(code, said, RETRY if decided is UNKNOWN else decided)
