"""The gateway as an ASGI application."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import aiohttp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from devstack import auth, storage
from devstack.config import StackConfig
from devstack.gateway import proxy, rest
from devstack.gateway.asgi import ClientGone, close_websocket, header, pieces, replay, reply
from devstack.gateway.cors import Cors
from devstack.gateway.keys import Keys, RequireKey

_PATHS = ["/rest/v1", "/auth/v1", "/storage/v1", "/functions/v1"]
_OPEN_AUTH_PATHS = frozenset(["/verify", "/.well-known/jwks.json"])


class _Backend:
    """One backend below one prefix. The client is opened with the application."""

    def __init__(self, base: str, prefix: bytes, name: str) -> None:
        self._base = base
        self._prefix = prefix
        self._name = name
        self.client: aiohttp.ClientSession | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await close_websocket(receive, send)
            return
        assert self.client is not None, "the application's lifespan did not run"
        # raw_path, not path: an encoded slash or plus in a filter must arrive as it was sent.
        path = scope["raw_path"].partition(b"?")[0].removeprefix(self._prefix)
        await proxy.forward(self.client, self._base, path or b"/", scope, receive, send, name=self._name)


class _DataApi(_Backend):
    """PostgREST behind what hosted puts around it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            refused = rest.unreadable_address(scope) or rest.unfiltered_write(
                scope, scope["path"].removeprefix(self._prefix.decode())
            )
            if refused is not None:
                await reply(send, 400, refused)
                return
            csv = (header(scope, b"content-type") or "").lower().startswith("text/csv")
            # PostgREST takes a chunked body that breaks off for a whole one (one with a length it refuses).
            # Hosted's gateway waits for the end of either.
            if csv or header(scope, b"transfer-encoding") is not None:
                try:
                    body = b"".join([piece async for piece in pieces(receive)])
                except ClientGone:
                    return
                refused = rest.not_utf8(body) if csv else None
                if refused is not None:
                    await reply(send, 400, refused)
                    return
                receive = replay(body)
        await super().__call__(scope, receive, send)


def create_app(config: StackConfig) -> Starlette:
    """`/rest/v1` → PostgREST, `/auth/v1` and `/storage/v1` → the stand-ins (in this process), `/functions/v1` → the
    functions child.
    """
    keys = Keys(config)
    data = _DataApi(config.rest_url, b"/rest/v1", "The Data API")
    functions = _Backend(config.functions_url, b"/functions/v1", "The functions host")
    auth_app = auth.create_app(config)
    storage_app = storage.create_app(config)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with (
            proxy.new_client() as client,
            auth_app.router.lifespan_context(auth_app),
            storage_app.router.lifespan_context(storage_app),
        ):
            data.client = functions.client = client
            yield

    return Starlette(
        routes=[
            Route("/", _health),
            Mount("/rest/v1", Cors(RequireKey(data, keys))),
            Mount("/auth/v1", Cors(RequireKey(auth_app, keys, open_paths=_OPEN_AUTH_PATHS))),
            Mount("/storage/v1", Cors(RequireKey(storage_app, keys, open_prefix="/object/public/"))),
            # Open, as functions deployed without a JWT check: providers' webhooks and pg_net's rings carry no key.
            Mount("/functions/v1", functions),
        ],
        exception_handlers={404: _not_found},
        lifespan=lifespan,
    )


async def _health(request: Request) -> Response:
    return JSONResponse({"name": "gateway", "status": "ok", "paths": _PATHS})


async def _not_found(request: Request, error: Exception) -> Response:
    return JSONResponse({"message": "no Route matched with those values"}, 404)
