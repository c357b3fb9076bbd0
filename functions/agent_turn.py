"""Answers leads: drains `high_priority`, agent turns and the deliveries of their replies. Deployed with `--target
agent_turn`."""

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from renum import doorbell
from renum.clients import PerLoop
from renum.drain import Drain
from renum.rpc import rpc
from renum.sending import run_delivery
from renum.settings import settings
from renum.turns import run_turn

CONCURRENCY = 256
"""A turn waits for its model most of the time: with a model of one second, this many leads are answered per second."""

_drain = PerLoop(
    lambda: Drain(
        "agent_turn",
        ["high_priority"],
        {"agent_turn": run_turn, "delivery": run_delivery},
        rpc=rpc(),
        settings=settings(),
        concurrency=CONCURRENCY,
    )
)


@functions_framework.aio.http
async def agent_turn(_: Request) -> Response:
    """A ring: carries nothing, and may be repeated or forged without harm."""
    return await doorbell.ring(_drain.get())
