"""Reading JSON from strangers: what every adapter's parser needs to be tolerant without being careless."""

from __future__ import annotations

import hashlib
import json
import math
from datetime import UTC, datetime
from typing import Any

from renum.errors import RequestError

TEXT_LIMIT = 16_384
"""Characters of one message's text that are kept as text; the raw item keeps the rest."""


def _finite(literal: str) -> float | str:
    number = float(literal)
    return number if math.isfinite(number) else literal


def _not_json(literal: str) -> Any:
    raise ValueError(f"{literal} is not JSON")


def storable(value: Any) -> Any:
    """`value` without what jsonb cannot hold: NUL characters are dropped, lone surrogates replaced, in keys too."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {storable(key): storable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [storable(inner) for inner in value]
    return value


def load(body: bytes) -> Any:
    """The JSON value in `body`, storable as jsonb. Raises RequestError (400, `not_json`)."""
    try:
        text = body.decode("utf-8-sig")
        value = json.loads(text, parse_float=_finite, parse_constant=_not_json)
        # Escapes are the only way a NUL or half an emoji gets in, and most payloads have none: walk only then.
        return storable(value) if "\\u0000" in text or "\\ud" in text or "\\uD" in text else value
    except (ValueError, RecursionError):
        raise RequestError(400, "not_json", "the body is not JSON") from None


def text_of(value: Any) -> str:
    """`value` as a person's text: strings as they are, numbers written out, everything else ''."""
    if isinstance(value, str):
        return value[:TEXT_LIMIT]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return ""


def id_of(value: Any, *, most: int = 512) -> str | None:
    """`value` as an identifier: a non-empty string or a whole number; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    return str(value).strip()[:most] or None


def object_of(value: Any) -> dict[str, Any]:
    """`value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """`value` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def raw_of(item: Any) -> dict[str, Any]:
    """The item as it is kept: an object as received, anything else under `value`."""
    return item if isinstance(item, dict) else {"value": item}


def fingerprint(*parts: Any) -> str:
    """A stable id for an item that has none: the same item, sent again, gets the same one."""
    canonical = json.dumps(parts, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def instant(value: Any) -> str | None:
    """A provider's timestamp (seconds or milliseconds, as string or number) as ISO 8601 in UTC; None when it cannot
    be one."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    if seconds >= 1e12:
        seconds /= 1000
    if not 0 < seconds < 4_102_444_800:  # 1 January 2100
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat()
