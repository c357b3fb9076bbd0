"""Takes a channel account's credentials from its owner, encrypts them, and hands them to the database as that owner.

POST {"channel_account_id": "<uuid>", "credentials": {"access_token", "app_secret", "verify_token"}} with the
user's JWT → 204. They can be replaced, never read again. Deployed with `--target channel_credentials`.
"""

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from renum import credentials
from renum.errors import DatabaseUnavailable, RequestError


@functions_framework.aio.http
async def channel_credentials(request: Request) -> Response:
    """204 when stored; 400 for a body that cannot be credentials, 401 without a JWT, PostgREST's own status when it
    refuses."""
    try:
        await credentials.store(request)
    except RequestError as error:
        return JSONResponse({"code": error.code, "message": error.message}, error.status)
    except DatabaseUnavailable as error:
        return JSONResponse({"code": error.code, "message": "try again later"}, 503)
    return Response(status_code=204)
