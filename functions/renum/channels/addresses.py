"""Where the functions may connect to when a tenant says where: public addresses, and nothing inside our own network.

A client gives the address of its gateway or mail server. Unchecked, that would be a way to have the functions speak to
whatever only they can reach: a cloud's metadata service, a database, a neighbour.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from renum.errors import SendError
from renum.settings import settings

NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""Addresses whose last 32 bits are an IPv4 address that a translator connects to (RFC 6052)."""


def _plain(host: str) -> str:
    """A host name or address as it is compared: no brackets, no zone, no final dot, lower case."""
    return host.strip("[]").partition("%")[0].rstrip(".").lower()


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a packet to `address` ends at; None when it is no way to one."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.sixtofour


def public(address: str) -> bool:
    """Whether an IP address is one of the public internet's: not private, loopback, link-local, carrier-grade NAT,
    multicast, reserved, or an IPv6 writing of one of those. False for what is no address."""
    try:
        given = ipaddress.ip_address(_plain(address))
    except ValueError:
        return False
    if isinstance(given, ipaddress.IPv6Address):
        inner = _inner(given)
        if inner is not None:
            return public(str(inner))
        if given.is_site_local:
            return False
    return given.is_global and not given.is_multicast and not given.is_reserved and not given.is_unspecified


def permitted(host: str) -> bool:
    """Whether the environment (RENUM_PRIVATE_HOSTS) lets the functions connect to `host`, wherever it is."""
    return _plain(host) in settings().private_hosts


def _refusal() -> SendError:
    # Which address it is stays here: the answer must not be a way to map our network.
    return SendError(
        "address_not_allowed", "the account's host is not an address of the public internet", scope="account"
    )


async def resolved(host: str, port: int) -> list[str]:
    """The IP addresses of `host`, every one of them fit to connect to. Whoever connects to one of these needs not fear
    that the name has meanwhile been given another address.

    Raises SendError: `address_not_allowed` (account), or `unknown_host` (retryable) when the name has no address.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(_plain(host), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, ValueError, OverflowError):
        raise SendError("unknown_host", "the account's host has no address", retryable=True, scope="account") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not addresses:
        raise SendError("unknown_host", "the account's host has no address", retryable=True, scope="account")
    if not permitted(host) and not all(public(address) or permitted(address) for address in addresses):
        raise _refusal()
    return addresses


async def checked_address(host: str, port: int) -> None:
    """Raises SendError (`address_not_allowed`, scope account) unless every address of `host` is public or permitted,
    and `unknown_host` when it has none. For a client that resolves the name again use `PublicResolver`, too."""
    await resolved(host, port)


class PublicResolver(AbstractResolver):
    """Resolves for an HTTP client, and refuses at that moment what `checked_address` refuses: a name may have been
    given another address since it was checked. Addresses written as such never come by here: check them before."""

    def __init__(self) -> None:
        self._inner = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """As aiohttp asks for it. Raises OSError, which it reports as a connection that could not be made."""
        found = await self._inner.resolve(host, port, family)
        if not permitted(host) and not all(public(one["host"]) or permitted(one["host"]) for one in found):
            raise OSError(None, "the host is not an address of the public internet")
        return found

    async def close(self) -> None:
        """Nothing is held."""
        await self._inner.close()
