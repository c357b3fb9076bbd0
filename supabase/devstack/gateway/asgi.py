"""The little ASGI that the gateway's layers share: they work below requests and responses, because bodies stream
through.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

from starlette.types import Message, Receive, Scope, Send

RawHeaders = list[tuple[bytes, bytes]]


def header(scope: Scope, name: bytes) -> str | None:
    """The first header of this (lower-case) name."""
    for key, value in scope["headers"]:
        if key == name:
            text: str = value.decode("latin-1")
            return text
    return None


def bearer(scope: Scope) -> str | None:
    """The token of `Authorization: Bearer …`."""
    scheme, _, token = (header(scope, b"authorization") or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


async def reply(send: Send, status: int, body: Any, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
    """Answers JSON."""
    raw = json.dumps(body, ensure_ascii=False).encode()
    fixed = [(b"content-type", b"application/json; charset=utf-8"), (b"content-length", str(len(raw)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*fixed, *headers]})
    await send({"type": "http.response.body", "body": raw})


async def close_websocket(receive: Receive, send: Send) -> None:
    """Nothing here speaks WebSocket: refuse the handshake."""
    await receive()
    await send({"type": "websocket.close", "code": 1008})


class ClientGone(Exception):
    """The caller hung up in the middle of its body: the request must not reach the backend as a whole one."""


async def pieces(receive: Receive) -> AsyncIterator[bytes]:
    """The request's body as it comes. Raises ClientGone."""
    while True:
        message: Message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        yield message.get("body", b"")
        if not message.get("more_body", False):
            return


def replay(body: bytes) -> Receive:
    """A `receive` that hands out a body that was read already."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
