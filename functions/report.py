"""Writes reports: drains `low_priority`. Deployed with `--target report`."""

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from renum import doorbell
from renum.clients import PerLoop
from renum.drain import Drain
from renum.report import run_report
from renum.rpc import rpc
from renum.settings import settings

_drain = PerLoop(
    lambda: Drain("report", ["low_priority"], {"report": run_report}, rpc=rpc(), settings=settings(), concurrency=8)
)


@functions_framework.aio.http
async def report(_: Request) -> Response:
    """A ring: carries nothing, and may be repeated or forged without harm."""
    return await doorbell.ring(_drain.get())
