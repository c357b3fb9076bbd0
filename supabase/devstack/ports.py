"""Free TCP ports on 127.0.0.1 that stay the same from one start to the next."""

from __future__ import annotations

import socket

from devstack.errors import StackError

HOST = "127.0.0.1"
NAMES = ("gateway", "simulator", "rest", "rest_admin", "functions", "postgres", "smtp")
# Below the range from which systems take ports for outgoing connections, so that nobody takes one of ours by chance
# while we are down.
_FIRST, _COUNT = 20000, 10000


def bind(port: int) -> socket.socket:
    """A listening socket on `port`. Raises OSError when it is taken."""
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((HOST, port))
        found.listen(2048)
    except OSError:
        found.close()
        raise
    return found


def is_free(port: int) -> bool:
    """True when nobody listens on `port`."""
    try:
        bind(port).close()
    except OSError:
        return False
    return True


def choose(seed: str, before: dict[str, int], gateway: int | None) -> dict[str, int]:
    """A free port for each of NAMES: the one it had before if still free, else one near where `seed` (hex) points.

    Different seeds point to different places, so two checkouts that start at the same moment do not reach for the same
    ports. Raises StackError when `gateway`, a port that was asked for, is taken.
    """
    if gateway is not None and not is_free(gateway):
        raise StackError(
            f"Port {gateway} is taken by another program: choose another one, or none and a free one is picked."
        )
    chosen = {"gateway": gateway} if gateway is not None else {}
    candidate = int(seed, 16) % _COUNT
    for name in NAMES:
        if name in chosen:
            continue
        port = before.get(name, 0)
        tries = 0
        while port in chosen.values() or not port or not is_free(port):
            port = _FIRST + candidate % _COUNT
            candidate, tries = candidate + 1, tries + 1
            if tries > _COUNT:
                raise StackError("No free TCP port was found on 127.0.0.1.")
        chosen[name] = port
    return chosen
