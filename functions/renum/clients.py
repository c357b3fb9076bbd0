"""Long-lived HTTP clients, one per purpose and event loop: httpx's interface over aiohttp's transport.

Plain httpx costs three to four times the CPU per call; HTTP/2 is off because idle HTTP/2 connections are
dropped by the other side without notice.
"""

from __future__ import annotations

import asyncio
import ssl
import weakref
from collections.abc import Callable
from functools import lru_cache
from typing import Generic, TypeVar

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver
from httpx_aiohttp import AiohttpTransport

T = TypeVar("T")


class PerLoop(Generic[T]):
    """A value made once per event loop. Connections, events and locks belong to the loop they were made in."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._values: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, T] = weakref.WeakKeyDictionary()

    def get(self) -> T:
        loop = asyncio.get_running_loop()
        value = self._values.get(loop)
        if value is None:
            value = self._values[loop] = self._make()
        return value


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def new_client(
    *,
    connect_s: float,
    read_s: float,
    connections: int,
    keep_alive_s: float = 4,
    resolver: AbstractResolver | None = None,
) -> httpx.AsyncClient:
    """A client that follows no redirect and reads no proxy from the environment. Times in seconds. Hosts' names are
    looked up by `resolver`, where one is given.

    Idle connections are dropped before common servers drop them (uvicorn after 5 s, https://www.uvicorn.org/settings/):
    a message sent into a connection that is being closed may or may not have arrived, and would have to wait for proof.
    """
    limits = httpx.Limits(
        max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=keep_alive_s
    )

    def session() -> aiohttp.ClientSession:
        # As the transport makes its own, which takes no resolver.
        connector = aiohttp.TCPConnector(
            limit=connections, keepalive_timeout=keep_alive_s, ssl=_tls(), resolver=resolver
        )
        return aiohttp.ClientSession(connector=connector)

    return httpx.AsyncClient(
        transport=AiohttpTransport(verify=_tls(), limits=limits, client=session if resolver is not None else None),
        timeout=httpx.Timeout(read_s, connect=connect_s),
        follow_redirects=False,
        trust_env=False,
    )


BROKEN = (httpx.TransportError, aiohttp.ClientError, OSError)
"""What a call over a broken, refused or slow connection raises; the transport lets some of aiohttp's own errors
through."""


def never_left(error: Exception) -> bool:
    """Whether the request surely did not reach the other side.

    httpx-aiohttp maps every broken connection to ConnectTimeout, also one that broke after the request was sent;
    the aiohttp exception underneath tells them apart.
    """
    cause = error.__cause__ or error
    if isinstance(cause, aiohttp.ClientError):
        return isinstance(cause, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError))
    return isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol))
