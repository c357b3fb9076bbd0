"""Instances of the functions beside the stack's own: with settings of their own, to be rung, stopped and killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.stack import Stack, until


class Instance:
    """One process with every function. It works only when it is rung."""

    def __init__(self, process: subprocess.Popen[bytes], url: str) -> None:
        self.process = process
        self._url = url

    def ring(self) -> None:
        """Has it look for work, like pg_net: nobody waits for the answer."""
        try:
            httpx.post(f"{self._url}/functions/v1/agent_turn", json={}, timeout=0.5, trust_env=False)
        except httpx.TimeoutException:
            return

    def loaded(self) -> bool:
        """Whether every function is ready."""
        try:
            health = httpx.get(f"{self._url}/health", timeout=1, trust_env=False).json()
        except httpx.TransportError:
            return False
        return not health["loading"]

    def pause(self) -> None:
        """Stands still, as on a machine that is starved or suspended."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Goes on, not knowing how long it stood."""
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Dies without a word."""
        self.process.kill()
        self.process.wait()


@contextmanager
def instances(stack: Stack, folder: Path, count: int, **environment: str) -> Iterator[list[Instance]]:
    """So many instances with `environment` over the stack's own, and for the block nobody but the test rings."""
    running = []
    with stack.setting("functions_url", None):
        try:
            for n in range(count):
                with (
                    socket.create_server(("127.0.0.1", 0)) as listening,
                    (folder / f"instance{n}.log").open("wb") as log,
                ):
                    process = subprocess.Popen(
                        [sys.executable, "-m", "devstack.functions_host", str(listening.fileno())],
                        env={**os.environ, **stack.environment, **environment},
                        pass_fds=(listening.fileno(),),
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                    )
                    running.append(Instance(process, f"http://127.0.0.1:{listening.getsockname()[1]}"))
            for instance in running:
                until(instance.loaded, 60, "an instance's start")
            yield running
        finally:
            for instance in running:
                instance.resume()
                instance.kill()
