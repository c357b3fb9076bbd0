"""A gateway is whoever a client says it is: what it answers fills no memory, and an answer that cannot be read never
makes a message go out again."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from renum.channels import calls
from renum.clients import new_client
from renum.errors import SendError

ACCEPTED = json.dumps({"key": {"id": "3EB0"}}).encode()


@asynccontextmanager
async def answering(head: str, body: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[str]:
    """A server that answers every request with `head` and whatever `body` writes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(f"HTTP/1.1 200 OK\r\nConnection: close\r\n{head}\r\n".encode())
            await body(writer)
            await writer.drain()
        except OSError:
            pass  # whoever asked has heard enough
        finally:
            writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listener:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/"


async def asked(head: str, body: bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]) -> httpx.Response:
    async def plain(writer: asyncio.StreamWriter) -> None:
        assert isinstance(body, bytes)
        writer.write(body)

    async with (
        answering(head, plain if isinstance(body, bytes) else body) as url,
        new_client(connect_s=2, read_s=5, connections=2) as client,
    ):
        return await calls.call(client, "POST", url, json={})


async def test_an_answer_without_end_is_left() -> None:
    """It was said that the message arrived, or not: who cannot tell, does not send it again."""
    sent = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        while sent < 200 * calls.MOST_BYTES:
            writer.write(b"x" * 65_536)
            sent += 65_536
            await writer.drain()

    with pytest.raises(SendError) as refused:
        await asked("", endless)
    assert (refused.value.code, refused.value.outcome) == ("answer_too_large", "unknown")
    assert sent < 100 * calls.MOST_BYTES


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "nonsense"])
async def test_an_answer_that_is_not_packed_as_it_says_is_no_answer(encoding: str) -> None:
    response = await asked(f"Content-Encoding: {encoding}\r\n", b"\x00not packed")
    assert calls.object_in(response) is None
    assert response.content, "unknown, and not as if nothing had been said"


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_a_packed_answer_is_read_all_the_same(encoding: str, pack: Callable[[bytes], bytes]) -> None:
    """And a small one that unpacks to a large one stays small."""
    response = await asked(f"Content-Encoding: {encoding}\r\n", pack(ACCEPTED))
    assert calls.object_in(response) == json.loads(ACCEPTED)
    bomb = await asked(f"Content-Encoding: {encoding}\r\n", pack(b" " * (40 * calls.MOST_BYTES) + ACCEPTED))
    assert len(bomb.content) <= calls.MOST_BYTES
