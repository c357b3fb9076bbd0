"""Passes a request on and its answer back, both as streams and otherwise untouched, over pooled keep-alive
connections.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import aiohttp
from multidict import CIMultiDict
from starlette.types import Receive, Scope, Send
from yarl import URL

from devstack.gateway.asgi import ClientGone, RawHeaders, header, pieces, reply

log = logging.getLogger(__name__)

_SMALL = 64 * 1024
_LONGEST_HEADER = 256 * 1024
_HOP_BY_HOP = frozenset(
    [
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    ]
)
# uvicorn writes its own.
_NOT_BACK = _HOP_BY_HOP | {b"date", b"server"}
_NOT_FORWARD = _HOP_BY_HOP | {b"host", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"expect"}
_NO_DEFAULTS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


def new_client() -> aiohttp.ClientSession:
    """The connection pool for all backends: no cookies, no decompression, no limit (the backends have their own)."""
    return aiohttp.ClientSession(
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=20),
        # No total: a turn with a slow model may take minutes. A backend that is away is known at once.
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=5),
        skip_auto_headers=_NO_DEFAULTS,
        # PostgREST says the whole address again in Content-Location, and each of its characters may become three.
        max_field_size=_LONGEST_HEADER,
    )


async def forward(
    client: aiohttp.ClientSession, base: str, path: bytes, scope: Scope, receive: Receive, send: Send, *, name: str
) -> None:
    """Sends the request to `base` + `path` (raw, as it came) and streams the answer back.

    name: what the backend is called in the 503 that a caller gets while it is away.
    """
    query = scope["query_string"]
    url = URL(base + path.decode("latin-1") + ("?" + query.decode("latin-1") if query else ""), encoded=True)
    started = False
    try:
        async with client.request(
            scope["method"],
            url,
            headers=_headers(scope),
            data=await _body(receive),
            allow_redirects=False,
        ) as answer:
            headers = [pair for pair in _lowered(answer.raw_headers) if pair[0] not in _NOT_BACK]
            size = answer.content_length
            started = True
            if scope["method"] == "HEAD" or (size is not None and size <= _SMALL):
                body = await answer.read()
                await send({"type": "http.response.start", "status": answer.status, "headers": headers})
                await send({"type": "http.response.body", "body": body})
                return
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            async for chunk in answer.content.iter_any():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
    except ClientGone:
        return
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        if isinstance(error.__cause__, ClientGone):
            return
        if started:
            raise
        log.warning("%s is not reachable: %s", name, type(error).__name__, extra={"action": "backend_away"})
        away = {
            "code": "503",
            "message": f"{name} is not available",
            "hint": "Try again in a moment.",
            "details": None,
        }
        await reply(send, 503, away, [(b"retry-after", b"1")])


def _lowered(headers: tuple[tuple[bytes, bytes], ...]) -> RawHeaders:
    return [(key.lower(), value) for key, value in headers]


def _headers(scope: Scope) -> CIMultiDict[str]:
    headers = CIMultiDict[str]()
    for key, value in scope["headers"]:
        if key not in _NOT_FORWARD:
            headers.add(key.decode("latin-1"), value.decode("latin-1"))
    peer = scope["client"][0] if scope.get("client") else "unknown"
    before = header(scope, b"x-forwarded-for")
    headers["x-forwarded-for"] = f"{before}, {peer}" if before else peer
    headers["x-forwarded-host"] = header(scope, b"x-forwarded-host") or header(scope, b"host") or ""
    headers["x-forwarded-proto"] = header(scope, b"x-forwarded-proto") or scope["scheme"]
    return headers


async def _body(receive: Receive) -> bytes | AsyncIterator[bytes] | None:
    """The body at once when it came in one piece, which most do; else piece by piece as it comes."""
    first = await receive()
    if first["type"] != "http.request":
        raise ClientGone
    head: bytes = first.get("body", b"")
    if not first.get("more_body", False):
        return head or None

    async def rest() -> AsyncIterator[bytes]:
        yield head
        async for piece in pieces(receive):
            yield piece

    return rest()
