"""What a model provider's exception means: try again, come back later, or never."""

from __future__ import annotations

import math

from pydantic import ValidationError

from renum.errors import THROTTLED_MS, ModelError

AGAIN = frozenset({408, 409, 425})
"""Client errors that are about the moment, not the request."""

NO_CREDIT = "insufficient_quota"
"""OpenAI's 429 for an account that has to be paid first (https://platform.openai.com/docs/guides/error-codes): waiting
helps nobody."""


def model_error(name: str, error: Exception) -> ModelError:
    """`error`, raised by the model called `name`, as a ModelError that quotes nothing of it.

    Throttling (429) comes back when the provider says and counts as no attempt; other 4xx are permanent: a key that is
    refused or a model that does not exist is refused again. Everything else may be tried again. The SDKs of OpenAI,
    Anthropic and Google all raise with the status as `status_code` or `code`, the first two with the `response`.
    """
    if isinstance(error, ValidationError):
        # LangChain's own reading of the answer: arguments that are JSON and no object, say.
        return ModelError("model_malformed", f"{name} sent what cannot be read", retryable=True)
    status = _status(error)
    what = type(error).__name__ + (f", HTTP {status}" if status else "")
    if status == 429 and getattr(error, "code", None) != NO_CREDIT:
        return ModelError(
            "model_throttled", f"{name} is throttled ({what})", retryable=True, retry_after_ms=_retry_after_ms(error)
        )
    permanent = status is not None and 400 <= status < 500 and status not in AGAIN
    return ModelError(
        "model_refused" if permanent else "model_failed", f"{name} failed ({what})", retryable=not permanent
    )


def _status(error: Exception) -> int | None:
    for attribute in ("status_code", "code"):
        status = getattr(error, attribute, None)
        if isinstance(status, int) and 100 <= status < 600:
            return status
    return None


def _retry_after_ms(error: Exception) -> int:
    """From `retry-after-ms` (OpenAI) or `retry-after` in seconds (RFC 9110, 10.2.3); its date form is not used by
    model providers."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    for header, unit in (("retry-after-ms", 1), ("retry-after", 1000)):
        try:
            wait = float(headers.get(header, ""))
        except (TypeError, ValueError):
            continue
        if math.isfinite(wait) and wait >= 0:
            return max(1, round(wait * unit))
    return THROTTLED_MS
