"""Works off the `default` queue: sends invitations and notifications, fetches leads' files. Deployed with `--target
deliver`."""

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from renum import doorbell
from renum.clients import PerLoop
from renum.drain import Drain
from renum.media import run_media
from renum.rpc import rpc
from renum.sending import run_delivery
from renum.settings import settings

_drain = PerLoop(
    lambda: Drain(
        "deliver",
        ["default"],
        {"delivery": run_delivery, "media": run_media},
        rpc=rpc(),
        settings=settings(),
        concurrency=32,
    )
)


@functions_framework.aio.http
async def deliver(_: Request) -> Response:
    """A ring: carries nothing, and may be repeated or forged without harm."""
    return await doorbell.ring(_drain.get())
