"""The HTTP side of a drain: a ring comes in, counts go out."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from renum.drain import Drain
from renum.errors import DatabaseUnavailable
from renum.log import Log

log = Log("doorbell")


async def ring(drain: Drain) -> Response:
    """200 with counts when the queue is drained, 202 when a drain was already under way, 503 when the database is
    away."""
    try:
        rung = await drain.ring()
    except DatabaseUnavailable as error:
        log.warning(
            "A ring found the database away.", action="drain.unavailable", function=drain.name, reason=error.message
        )
        return JSONResponse({"code": error.code, "message": "try again later"}, 503, headers={"Retry-After": "5"})
    if not rung.drained:
        return JSONResponse({"draining": True}, 202)
    return JSONResponse({"done": rung.done, "failed": rung.failed})
