"""A stack whose agents have a model that tests speak for, over OpenAI's real client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from supabase import Client

from devstack.demo.company import sign_in_admin
from tests import stack as stacks
from tests.openai_server import OpenAIServer, openai_server
from tests.stack import Stack

MODEL = "openai:gpt-5-mini"


@dataclass
class Spoken:
    """The stack, its admin, and the model that everything is asked of."""

    stack: Stack
    admin: Client
    model: OpenAIServer


@contextmanager
def spoken(directory: Path, **environment: str) -> Iterator[Spoken]:
    """A stack of its own with RENUM_MODEL at the server; stopped at the end."""
    with openai_server() as model:
        stacks.start(
            directory,
            RENUM_MODEL=MODEL,
            OPENAI_API_KEY="sk-test",
            OPENAI_BASE_URL=model.url,
            RENUM_DEBOUNCE_MS="0",
            **environment,
        )
        stack = Stack(directory)
        try:
            admin, _ = sign_in_admin(stack.access)
            yield Spoken(stack, admin, model)
        finally:
            stack.close()
            stacks.end(directory)
