"""A tenant's account may name a host. It is never one that only we can reach, however it is written."""

from __future__ import annotations

import asyncio
import socket

import pytest
from aiohttp import web

from renum.channels.addresses import PublicResolver, checked_address, public, resolved
from renum.clients import BROKEN, never_left, new_client
from renum.errors import SendError
from renum.settings import settings

pytestmark = pytest.mark.usefixtures("environment")

INSIDE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a00:1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001:db8::1",
]
WRITTEN = ["127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "localhost", "LOCALHOST.", "[::1]", "127.0.0.1."]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_none_of_the_public_internet(address: str) -> None:
    assert not public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "177.12.0.1", "2606:4700::1111", "64:ff9b::808:808"])
def test_an_address_outside_is(address: str) -> None:
    assert public(address)


@pytest.mark.parametrize("text", ["", "example.com", "1.2.3", "::g", "127.0.0.1/8"])
def test_what_is_no_address_is_no_public_one(text: str) -> None:
    assert not public(text)


@pytest.mark.parametrize("host", [*INSIDE, *WRITTEN])
def test_a_host_inside_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises(SendError) as refused:
        asyncio.run(checked_address(host, 443))
    # Some writings are no address at all to this machine's resolver: then there is nothing to connect to either.
    assert refused.value.code in ("address_not_allowed", "unknown_host")
    assert refused.value.scope == "account"
    assert "127" not in refused.value.message


def test_one_address_inside_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("1.1.1.1", "10.0.0.7")]

    async def both(*_: object, **__: object) -> object:
        return found

    async def ask() -> list[str]:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", both)
        return await resolved("mixed.example", 443)

    with pytest.raises(SendError) as refused:
        asyncio.run(ask())
    assert (refused.value.code, refused.value.retryable) == ("address_not_allowed", False)
    del found[1]
    assert asyncio.run(ask()) == ["1.1.1.1"]


@pytest.mark.parametrize("host", ["no-such-host.invalid", "", "a" * 300, "ex ample", "\ud800.example"])
def test_a_host_without_an_address_is_a_named_error(host: str) -> None:
    with pytest.raises(SendError) as refused:
        asyncio.run(checked_address(host, 443))
    assert refused.value.scope == "account"


def test_the_environment_permits_hosts_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENUM_PRIVATE_HOSTS", " 127.0.0.1 , Gateway.Internal. ,[::1]")
    settings.cache_clear()
    assert settings().private_hosts == {"127.0.0.1", "gateway.internal", "::1"}
    asyncio.run(checked_address("127.0.0.1", 80))
    with pytest.raises(SendError):
        asyncio.run(checked_address("127.0.0.2", 80))


def test_a_name_that_is_given_another_address_after_the_check_is_not_connected_to() -> None:
    """The client looks a name up anew for every connection: what it finds then is checked, too."""
    reached: list[str] = []

    async def take(request: web.Request) -> web.Response:
        reached.append(request.path)
        return web.Response()

    async def call() -> Exception | None:
        app = web.Application()
        app.router.add_get("/secret", take)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        client = new_client(connect_s=2, read_s=2, connections=2, resolver=PublicResolver())
        try:
            await client.get(f"http://localhost:{port}/secret")
        except BROKEN as error:
            return error
        finally:
            await client.aclose()
            await runner.cleanup()
        return None

    error = asyncio.run(call())
    assert error is not None
    assert never_left(error)
    assert reached == []
