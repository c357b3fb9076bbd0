"""Says what a channel account lacks to work, and fetches its templates.

POST {"channel_account_id": "<uuid>", "sync": false} with an owner's or admin's JWT → 200 {"provider", "webhook_url",
"findings": [{"item", "ok", "text", "todo"}], "templates"}. Deployed with `--target channel_check`.
"""

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from renum import checking
from renum.errors import DatabaseUnavailable, RequestError, RpcError
from renum.log import Log

log = Log("channel_check")


@functions_framework.aio.http
async def channel_check(request: Request) -> Response:
    """200 with the findings; 400 for a body that asks for no account, 401 without a JWT, PostgREST's own status when
    it refuses (404 for whoever does not own the account)."""
    try:
        return JSONResponse(await checking.check(request))
    except RequestError as error:
        return JSONResponse({"code": error.code, "message": error.message}, error.status)
    except DatabaseUnavailable as error:
        return JSONResponse({"code": error.code, "message": "try again later"}, 503)
    except RpcError as error:
        log.error("A check could not be stored.", action="channel.check_failed", code=error.code, reason=error.message)
        return JSONResponse({"code": "internal", "message": "what was found could not be stored"}, 500)
