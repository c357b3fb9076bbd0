"""A way to run the command line against the session's stack."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from devstack.demo.access import Access
from tests.stack import Stack, stack

__all__ = ["stack"]

Renum = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def access(stack: Stack) -> Access:
    """The running stack's addresses and keys."""
    return stack.access


@pytest.fixture(scope="session")
def renum(stack: Stack) -> Renum:
    """Runs `renum …` against the running stack; `stdin` is piped in."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SUPABASE_")}

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "devstack.cli", *arguments, "--dir", str(stack.directory)]
        return subprocess.run(
            command, input=stdin, capture_output=True, text=True, timeout=120, check=False, env=environment
        )

    return run
