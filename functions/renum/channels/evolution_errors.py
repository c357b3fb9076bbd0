"""Evolution API's errors → what to do about them.

{"status": 400, "error": "Bad Request", "response": {"message": [...]}}: the status says little (a closed connection is
a 400), so the message decides. https://github.com/evolution-foundation/evolution-api (src/validate, src/api/services)
"""

from __future__ import annotations

import json
from typing import Any

from renum.channels import decisions
from renum.channels.decisions import (
    MINUTE,
    REFUSED_MESSAGE,
    REFUSED_RECIPIENT,
    RETRY_NUMBER,
    STOPPED_ACCOUNT,
    UNKNOWN,
    throttled,
)
from renum.channels.worded_errors import Worded, decide
from renum.errors import SendError
from renum.shapes import JSON, ErrorBody

TABLE = (
    Worded("not_on_whatsapp", ('"exists": false',), REFUSED_RECIPIENT),
    # Its own database failed: the message may have gone out before that.
    # https://github.com/evolution-foundation/evolution-api/issues/978
    Worded("not_recorded", ("prisma",), UNKNOWN),
    Worded("timed_out", ("timed out", "timeout"), UNKNOWN),
    Worded("rate_overlimit", ("rate-overlimit", "rate limit", "too many requests"), throttled("number", MINUTE)),
    Worded("not_connected", ("connection closed", "not connected", "no sessions", "connection lost"), RETRY_NUMBER),
    Worded("no_instance", ("instance does not exist", "instance not found"), STOPPED_ACCOUNT),
    Worded("unauthorized", ("unauthorized", "invalid api key", "forbidden"), STOPPED_ACCOUNT),
    Worded("bad_media", ("owned media must be", "media upload failed", "invalid media"), REFUSED_MESSAGE),
    Worded("bad_request", ("requires property", "is not of a type", "invalid type"), REFUSED_MESSAGE),
)


def error_in(body: JSON) -> Any:
    """The error that an answer is; None for an accepted message."""
    if isinstance(body.get("key"), dict):
        return None
    return body if "error" in body or "response" in body or body.get("status") in (400, 401, 403, 404, 500) else None


def sentence(body: JSON) -> str:
    """What an error says, in one line."""
    response = body.get("response")
    said = response.get("message") if isinstance(response, dict) else None
    parts = [said if said is not None else body.get("message"), body.get("error")]
    texts = [part if isinstance(part, str) else json.dumps(part, ensure_ascii=False) for part in parts if part]
    return " — ".join(texts) or "no message"


def send_error(error: Any, status: int, retry_after_ms: int | None = None) -> SendError:
    """The SendError for an answer's error."""
    said = sentence(error) if isinstance(error, dict) else "no message"
    code, decided = decide(TABLE, said, status)
    # The number that is not on WhatsApp is in the sentence. It is a lead's: the sentence is ours instead.
    told = "the number is not on WhatsApp" if code == "not_on_whatsapp" else said
    return decisions.refusal(code, told, decided, retry_after_ms)


def status_error() -> ErrorBody:
    """The decision for a message whose status became ERROR: the gateway says no more than that."""
    return decisions.late("error", "WhatsApp did not take the message", REFUSED_MESSAGE)
