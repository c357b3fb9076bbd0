"""CORS as hosted's gateway does it for the Data API and Auth: any origin, no cookies, the answer's paging headers
readable.

Functions are not covered, here as there: they answer their own preflights.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from devstack.gateway.asgi import header

_METHODS = b"GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS,TRACE,CONNECT"
_EXPOSED = (
    b"Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Link, Location, Preference-Applied,"
    b" Range-Unit, Server, Transfer-Encoding, X-Total-Count, X-Supabase-Api-Version"
)
_ALLOW = [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", _EXPOSED)]


class Cors:
    """Answers preflights itself and marks every other answer to a request that names an Origin."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or header(scope, b"origin") is None:
            await self._app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS" and header(scope, b"access-control-request-method") is not None:
            await self._preflight(scope, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Two answers to the same question would void both in a browser.
                kept = [pair for pair in message.get("headers", []) if not pair[0].startswith(b"access-control-")]
                message = {**message, "headers": [*kept, *_ALLOW]}
            await send(message)

        await self._app(scope, receive, marked)

    async def _preflight(self, scope: Scope, send: Send) -> None:
        asked = header(scope, b"access-control-request-headers")
        headers = [
            (b"access-control-allow-origin", b"*"),
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-max-age", b"3600"),
            (b"content-length", b"0"),
        ]
        if asked is not None:
            headers.append((b"access-control-allow-headers", asked.encode("latin-1")))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
