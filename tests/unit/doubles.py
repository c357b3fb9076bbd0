"""The other ends of the wire, on loopback: a server that answers RPCs and provider calls as each test tells it to."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from aiohttp import web
from functions_framework.aio import create_asgi_app

from renum.settings import Settings

KEY = base64.b64encode(bytes(range(32))).decode()

Handler = Callable[[dict[str, Any]], Awaitable["web.StreamResponse | Any"]]


@dataclass
class Received:
    """One request as it arrived; `body` is its JSON, None where it has none."""

    path: str
    headers: Mapping[str, str]
    body: Any
    raw: bytes = b""


@dataclass
class Server:
    """A loopback server: `on[last path segment]` answers, `received` remembers."""

    url: str = ""
    on: dict[str, Handler] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)

    def calls(self, name: str) -> list[Any]:
        """The bodies of the calls to `name`, in order."""
        return [request.body for request in self.received if request.path.rsplit("/", 1)[-1] == name]

    def answer(self, name: str, *answers: Any) -> None:
        """Lets `name` give `answers` one after the other, the last one for ever."""
        left = list(answers)

        async def handle(_: dict[str, Any]) -> Any:
            return left.pop(0) if len(left) > 1 else left[0]

        self.on[name] = handle


def refusal(status: int, code: str, message: str = "refused") -> web.Response:
    """An error as PostgREST answers it."""
    return web.json_response({"code": code, "message": message, "details": None, "hint": None}, status=status)


@asynccontextmanager
async def server() -> AsyncIterator[Server]:
    """A running Server on a free port."""
    double = Server()

    async def handle(request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body: Any = json.loads(raw) if raw and request.content_type == "application/json" else None
        double.received.append(Received(request.path, request.headers.copy(), body, raw))
        answer = await double.on[request.path.rsplit("/", 1)[-1]](body)
        return answer if isinstance(answer, web.StreamResponse) else web.json_response(answer)

    app = web.Application()
    app.router.add_post("/{path:.*}", handle)
    app.router.add_get("/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    double.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield double
    finally:
        await runner.cleanup()


def deployed(source: Path) -> httpx.AsyncClient:
    """A client of the function in `source`, served as functions-framework would serve it."""
    create: Any = create_asgi_app
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(create(source.stem, str(source), "http")), base_url="http://function"
    )


def free_port_url() -> str:
    """An address where nobody listens."""
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def config(url: str, **more: Any) -> Settings:
    """Settings that point every call at `url`."""
    return Settings.model_validate(
        {
            "rest_url": url,
            "worker_key": "worker-jwt",
            "credentials_key": KEY,
            "graph_url": url,
            "drain_idle_s": 1,
            "drain_linger_s": 0,
            **more,
        }
    )


async def until(condition: Callable[[], bool], *, within_s: float = 3) -> None:
    """Waits for `condition`; fails when it does not come true in time."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.005)
