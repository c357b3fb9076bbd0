"""`python -m devstack.daemon DIRECTORY [PORT]`: the one background process of a stack; it owns every other.

It holds the stack directory's lock as long as it lives, writes what it does to `state.json` (the command line reads it
from there), and ends everything it started when it is told to end (SIGTERM). Killed without notice, it leaves what
`state.json` names to the next start.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, TypeVar

from devstack.errors import StackError
from devstack.processes import ProcessIdentity
from devstack.state import StackDirectory, held

_LOG = logging.getLogger("devstack.daemon")
_Result = TypeVar("_Result")


class Daemon:
    """Starts the parts in order, tells how far it is, waits, and stops them."""

    def __init__(self, directory: StackDirectory, port: int | None) -> None:
        self._directory = directory
        self._port = port
        me = ProcessIdentity.of(os.getpid())
        self._state: dict[str, Any] = {
            "phase": "starting",
            "daemon": me.to_json() if me else None,
            "children": {},
            "steps": [],
            "warnings": [],
            "error": None,
        }

    async def run(self) -> int:
        """The whole life; returns the exit code."""
        from devstack.services import Services

        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        services: Services | None = None
        try:
            services = Services(self._directory, self._port, self._record)
            starting = asyncio.create_task(self._start(services))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                await starting
                await stopping
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            self._write(phase="stopping")
            return 0
        except StackError as error:
            self._write(phase="failed", error=str(error))
            return 1
        except Exception as error:
            _LOG.exception("the stack failed")
            self._write(phase="failed", error=f"{type(error).__name__}: {error}")
            return 1
        finally:
            if services is not None:
                await services.stop()
            self._write(children={}, **({"phase": "stopped"} if self._state["phase"] == "stopping" else {}))

    async def _start(self, services: Any) -> None:
        await services.start_functions()
        await self._step("postgres", services.start_postgres())
        applied = await self._step("database", services.prepare_database())
        await self._step("postgrest", services.start_postgrest())
        await self._step("workers", services.start_workers())
        await self._step("gateway and simulator", services.start_servers())
        broken = await self._step("functions", services.functions_ready())
        self._state["warnings"] = [f"function {name} cannot be loaded, see logs/functions.log" for name in broken]
        self._directory.write_env(services.environment())
        self._write(
            phase="ready", migrations=applied, environment_file=str(self._directory.env_file), urls=_urls(services)
        )

    async def _step(self, name: str, work: Awaitable[_Result]) -> _Result:
        begun = time.monotonic()
        self._state["steps"].append({"name": name, "seconds": None})
        self._write()
        result = await work
        self._state["steps"][-1]["seconds"] = round(time.monotonic() - begun, 2)
        self._write()
        return result

    def _record(self, name: str, identity: ProcessIdentity) -> None:
        self._state["children"][name] = identity.to_json()
        self._write()

    def _write(self, **changes: Any) -> None:
        self._state.update(changes)
        self._directory.write_state(self._state)


def _urls(services: Any) -> dict[str, str]:
    config = services.config
    return {
        "supabase": config.supabase_url,
        "rest": config.rest_url,
        "functions": config.functions_url,
        "simulator": config.simulator_url,
    }


def main() -> None:
    """Runs the stack of the directory given as first argument; the second, if given, is the gateway's port."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    for noisy in ("httpx", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    directory = StackDirectory(Path(sys.argv[1]))
    port = int(sys.argv[2]) if len(sys.argv) > 2 else None
    with held(directory.daemon_lock, wait=False) as ours:
        if not ours:
            _LOG.error("another daemon works in %s", directory.root)
            sys.exit(1)
        sys.exit(asyncio.run(Daemon(directory, port).run()))


if __name__ == "__main__":
    main()
