"""What hosted refuses before or around PostgREST: UPDATE and DELETE without a filter, and CSV or an address that is
not UTF-8.

On hosted the first is the extension safeupdate, loaded for role authenticator; the embedded PostgreSQL has no such
library.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from starlette.types import Scope

_NO_FILTERS = frozenset(["select", "columns", "order", "offset", "on_conflict"])
_VERBS = {"PATCH": "UPDATE", "DELETE": "DELETE"}


def is_filter(key: str) -> bool:
    """Whether a query parameter narrows the rows of the table itself.

    `leads.name=eq.x` narrows an embedded table only. `limit` does count: PostgREST turns it into a condition on the
    primary key.
    """
    if key in _NO_FILTERS:
        return False
    path = key.split("->", 1)[0]
    return "." not in path or path in ("not.and", "not.or")


def unfiltered_write(scope: Scope, path: str) -> dict[str, Any] | None:
    """The 400 of a PATCH or DELETE on a table that would hit every row; None when the request may pass.

    path: below `/rest/v1`, decoded.
    """
    verb = _VERBS.get(scope["method"])
    if verb is None or path.strip("/") in ("", "rpc") or path.startswith("/rpc/"):
        return None
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    if any(is_filter(key) for key, _ in query):
        return None
    return {"code": "21000", "details": None, "hint": None, "message": f"{verb} requires a WHERE clause"}


def unreadable_address(scope: Scope) -> dict[str, Any] | None:
    """The 400 of an address that is not UTF-8, to which PostgREST has no better answer than a 500; None if it is."""
    address = scope["raw_path"] + b"?" + scope["query_string"]
    try:
        unquote_to_bytes(address).decode("utf-8")
    except UnicodeDecodeError as error:
        return {
            "code": "22021",
            "details": f"Byte 0x{error.object[error.start]:02X} is not UTF-8.",
            "hint": "Percent-encode the characters' UTF-8 bytes.",
            "message": "The address must be encoded in UTF-8",
        }
    return None


def not_utf8(body: bytes) -> dict[str, Any] | None:
    """The 400 of a CSV body in another encoding, naming the first line that shows it; None when it is UTF-8."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        return {
            "code": "22021",
            "details": f"Byte 0x{body[error.start]:02X} in line {line} is not UTF-8.",
            "hint": "Salve a planilha como “CSV UTF-8” e envie de novo.",
            "message": "The CSV body must be encoded in UTF-8",
        }
    return None
