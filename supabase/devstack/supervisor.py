"""A child process that is started again when it ends, and ended when we say so."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from devstack.processes import ProcessIdentity

_LOG = logging.getLogger("devstack.supervisor")
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0
_LONG_LIFE_S = 10.0
_END_PATIENCE_S = 5.0


class Child:
    """One supervised process. Its output goes to `log`; `started` is told each new process's identity.

    `descriptors` are inherited, e.g. a listening socket: then callers wait in its queue while the child is started
    again.
    """

    def __init__(
        self,
        name: str,
        command: list[str],
        *,
        log: Path,
        environment: dict[str, str],
        started: Callable[[str, ProcessIdentity], None],
        descriptors: tuple[int, ...] = (),
    ) -> None:
        self.name = name
        self._command = command
        self._log = log
        self._environment = environment
        self._started = started
        self._descriptors = descriptors
        self._task: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None

    def start(self) -> None:
        """Starts it and keeps it running until `stop`."""
        self._task = asyncio.create_task(self._keep_running())

    async def stop(self) -> None:
        """Ends it, in order if it obeys."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _END_PATIENCE_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def wait_until(self, healthy: Callable[[], Awaitable[bool]], patience_s: float) -> bool:
        """Asks `healthy` until it says True; False when it does not within `patience_s` seconds."""
        deadline = asyncio.get_running_loop().time() + patience_s
        while asyncio.get_running_loop().time() < deadline:
            if await healthy():
                return True
            await asyncio.sleep(0.02)
        return False

    async def _keep_running(self) -> None:
        pause = _FIRST_PAUSE_S
        while True:
            begun = asyncio.get_running_loop().time()
            try:
                code = await self._run_once()
                _LOG.warning("%s ended with code %s, starting it again", self.name, code)
            except OSError as error:
                _LOG.error("%s cannot be started: %s", self.name, error)
            lived = asyncio.get_running_loop().time() - begun
            pause = _FIRST_PAUSE_S if lived > _LONG_LIFE_S else min(pause * 2, _LONGEST_PAUSE_S)
            await asyncio.sleep(pause)

    async def _run_once(self) -> int:
        # Private from the first byte: what a program writes about its work may name people.
        handle = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=handle,
                stderr=handle,
                env=self._environment,
                pass_fds=self._descriptors,
            )
        finally:
            os.close(handle)
        identity = ProcessIdentity.of(self._process.pid)
        if identity is not None:
            self._started(self.name, identity)
        return await self._process.wait()
