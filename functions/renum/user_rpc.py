"""Calls on behalf of a person, with that person's own JWT: row level security and grants decide, not this code."""

from __future__ import annotations

import json
from typing import Any

import httpx

from renum.clients import BROKEN, PerLoop, new_client
from renum.errors import DatabaseUnavailable, RequestError
from renum.settings import settings

_clients: PerLoop[httpx.AsyncClient] = PerLoop(lambda: new_client(connect_s=2, read_s=15, connections=16))


async def call(function: str, arguments: dict[str, Any], authorization: str) -> Any:
    """POST rpc/<function> in schema public with the caller's `Authorization` header.

    Raises RequestError with PostgREST's own status and code for a refusal, DatabaseUnavailable when it is away.
    """
    config = settings()
    headers = {"Authorization": authorization, "Content-Type": "application/json", "Content-Profile": "public"}
    if config.publishable_key:
        headers["apikey"] = config.publishable_key
    try:
        response = await _clients.get().post(
            f"{config.rest_url}/rpc/{function}", content=json.dumps(arguments).encode(), headers=headers
        )
    except BROKEN as error:
        raise DatabaseUnavailable(f"{function}: {type(error.__cause__ or error).__name__}") from error
    if response.status_code >= 500:
        raise DatabaseUnavailable(f"{function}: HTTP {response.status_code}")
    try:
        body = json.loads(response.content) if response.content else None
    except ValueError:
        body = None
    if response.status_code >= 300:
        told = body if isinstance(body, dict) else {}
        raise RequestError(
            response.status_code, str(told.get("code") or "refused"), str(told.get("message") or "the call was refused")
        )
    return body
