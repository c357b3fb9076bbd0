"""`python -m devstack.functions_host FD [--shared]`: every function of `functions/` in one process, at
/functions/v1/<name>.

Each is the ASGI app that functions-framework makes for it when it is deployed alone, and sees the paths it would see
there: below its own name. They are loaded one after the other while the server already listens; a request waits for its
function, not for the others. With `--shared` other instances accept from the same socket: this one takes no request
away from them before everything is loaded, as a platform sends none to an instance that still starts.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn

from devstack.paths import FUNCTIONS

PREFIX = "/functions/v1/"
HEALTH = "/health"
_LOG = logging.getLogger("devstack.functions")
# The webhook first: it is what a provider waits for.
_FIRST = "whatsapp_webhook"

Scope = dict[str, Any]


def entries(folder: Path) -> dict[str, Path]:
    """Function name → entry module: every `functions/<name>.py` that does not begin with an underscore."""
    found = {file.stem: file for file in sorted(folder.glob("*.py")) if not file.name.startswith("_")}
    return {name: found[name] for name in sorted(found, key=lambda name: name != _FIRST)}


class FunctionsHost:
    """The ASGI app. A function that cannot be loaded answers 500 and is named by `/health`; the others work."""

    def __init__(self, folder: Path) -> None:
        self._sources = entries(folder)
        self._apps: dict[str, asyncio.Future[Any]] = {}

    async def load(self) -> None:
        """Loads every function, one after the other, off the event loop. Harmless a second time."""
        if self._apps:
            return
        loop = asyncio.get_running_loop()
        self._apps = {name: loop.create_future() for name in self._sources}
        for name, source in self._sources.items():
            try:
                self._apps[name].set_result(await asyncio.to_thread(_create_app, name, source))
            except Exception as error:
                _LOG.exception("function %s cannot be loaded", name)
                self._apps[name].set_exception(error)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        path: str = scope["path"]
        if path == HEALTH:
            await _answer(send, 200, self._health())
            return
        name, _, rest = path.removeprefix(PREFIX).partition("/")
        app = self._apps.get(name) if path.startswith(PREFIX) else None
        if app is None:
            await _answer(send, 404, {"code": "NOT_FOUND", "message": "Requested function was not found"})
            return
        try:
            loaded = await asyncio.shield(app)
        except Exception:
            await _answer(send, 500, {"code": "BOOT_ERROR", "message": "Function failed to start (please check logs)"})
            return
        own = "/" + rest
        await loaded({**scope, "path": own, "raw_path": own.encode(), "root_path": ""}, receive, send)

    def _health(self) -> dict[str, list[str]]:
        done = {name: app for name, app in self._apps.items() if app.done()}
        broken = [name for name, app in done.items() if app.exception() is not None]
        return {
            "loaded": [name for name in done if name not in broken],
            "broken": broken,
            "loading": [name for name in self._apps if name not in done],
        }

    async def _lifespan(self, receive: Any, send: Any) -> None:
        loading: asyncio.Task[None] | None = None
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                loading = asyncio.create_task(self.load())
                # One turn of the loop, so that every function is known (as loading) before the first request.
                await asyncio.sleep(0)
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                if loading is not None:
                    loading.cancel()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _create_app(name: str, source: Path) -> Any:
    from functions_framework.aio import create_asgi_app

    app: Callable[..., Any] = create_asgi_app  # untyped
    return app(name, str(source))


async def _answer(send: Any, status: int, body: object) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


def main() -> None:
    """Serves on the listening socket whose descriptor is the first argument, until it is told to end (SIGTERM)."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # one line per call, with URLs
    listening = socket.socket(fileno=int(sys.argv[1]))
    asyncio.run(_serve(listening, shared="--shared" in sys.argv[2:]))


async def _serve(listening: socket.socket, *, shared: bool) -> None:
    host = FunctionsHost(FUNCTIONS)
    if shared:
        await host.load()
    config = uvicorn.Config(host, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=3)
    await uvicorn.Server(config).serve(sockets=[listening])


if __name__ == "__main__":
    main()
