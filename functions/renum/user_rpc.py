"""Calls on behalf of a person, with that person's own JWT: row level security and grants decide, not this code."""

from __future__ import annotations

import json
from typing import Any

import httpx

from renum.clients import BROKEN, PerLoop, new_client
from renum.errors import DatabaseUnavailable, RequestError
from renum.settings import settings
from renum.shapes import JSON

Query = list[tuple[str, str]]

_clients: PerLoop[httpx.AsyncClient] = PerLoop(lambda: new_client(connect_s=2, read_s=15, connections=16))


async def call(function: str, arguments: dict[str, Any], authorization: str) -> Any:
    """POST rpc/<function> in schema public with the caller's `Authorization` header.

    Raises RequestError with PostgREST's own status and code for a refusal, DatabaseUnavailable when it is away.
    """
    headers = {"Content-Type": "application/json", "Content-Profile": "public"}
    body, _ = await _ask("POST", f"rpc/{function}", authorization, headers, content=json.dumps(arguments).encode())
    return body


async def rows(table: str, query: Query, authorization: str, *, limit: int) -> tuple[list[JSON], int]:
    """GET of a table or view of schema public: at most `limit` rows, and how many there are in all.

    `query` is PostgREST's, as pairs, since a column may be asked twice. Raises as `call`.
    """
    headers = {"Accept-Profile": "public", "Prefer": "count=exact"}
    body, response = await _ask("GET", table, authorization, headers, params=[*query, ("limit", str(limit))])
    counted = response.headers.get("content-range", "").rpartition("/")[2]
    found: list[JSON] = body if isinstance(body, list) else []
    return found, int(counted) if counted.isdecimal() else len(found)


async def _ask(
    method: str,
    place: str,
    authorization: str,
    headers: dict[str, str],
    *,
    content: bytes | None = None,
    params: Query | None = None,
) -> tuple[Any, httpx.Response]:
    config = settings()
    headers = {"Authorization": authorization, **headers}
    if config.publishable_key:
        headers["apikey"] = config.publishable_key
    try:
        response = await _clients.get().request(
            method,
            f"{config.rest_url}/{place}",
            content=content,
            params=None if params is None else tuple(params),
            headers=headers,
        )
    except BROKEN as error:
        raise DatabaseUnavailable(f"{place}: {type(error.__cause__ or error).__name__}") from error
    if response.status_code >= 500:
        raise DatabaseUnavailable(f"{place}: HTTP {response.status_code}")
    try:
        body = json.loads(response.content) if response.content else None
    except ValueError:
        body = None
    if response.status_code >= 300:
        told = body if isinstance(body, dict) else {}
        raise RequestError(
            response.status_code, str(told.get("code") or "refused"), str(told.get("message") or "the call was refused")
        )
    return body, response
