"""ISA: RENUM's admins command the system in Portuguese.

POST {"command": "quantas entrevistas ontem?"} with an admin's JWT → 200 {"id", "reply", "data", "plan", "token",
"expires_at"}: reading is answered at once; what changes or sends something comes back as a plan with a token, and
POST {"token": "…"} by the same admin within five minutes does it → 200 {"id", "reply", "data"}.
Deployed with `--target isa`.
"""

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from renum.errors import DatabaseUnavailable, ModelError, RequestError
from renum.isa import command
from renum.log import Log

log = Log("isa")


@functions_framework.aio.http
async def isa(request: Request) -> Response:
    """400 for a body that is neither a command nor a token, 401 without a JWT, 403 for whoever is no admin and for a
    token of somebody else's, 409 for a used and 410 for a late one, 502 and 503 where the model fails (503: again)."""
    try:
        return JSONResponse(await command.answer(request))
    except RequestError as error:
        return JSONResponse({"code": error.code, "message": error.message}, error.status)
    except DatabaseUnavailable as error:
        return JSONResponse({"code": error.code, "message": "try again later"}, 503)
    except ModelError as error:
        log.error("The model failed.", action="isa.model_failed", code=error.code, reason=error.message)
        return JSONResponse({"code": error.code, "message": error.message}, 503 if error.retryable else 502)
