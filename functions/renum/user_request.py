"""What a signed-in person's POST has to be before anything is done with it."""

from __future__ import annotations

import json
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from renum.errors import RequestError

BODY_LIMIT = 16 * 1024

Body = TypeVar("Body", bound=BaseModel)


async def read(request: Request, model: type[Body]) -> tuple[Body, str]:
    """The body, checked, and the Authorization header to ask the database with.

    Raises RequestError (400, 401, 405, 413), which quotes nothing that was sent but names of fields.
    """
    if request.method != "POST":
        raise RequestError(405, "method_not_allowed", "this is asked with a POST")
    authorization = request.headers.get("authorization", "")
    if not authorization.lower().startswith("bearer "):
        raise RequestError(401, "no_token", "an Authorization header with the user's token is needed")
    body = await request.body()
    if len(body) > BODY_LIMIT:
        raise RequestError(413, "too_large", f"more than {BODY_LIMIT} bytes")
    try:
        return model.model_validate(json.loads(body)), authorization
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        # No deeper: below the second level a key may be what somebody pasted.
        place = ".".join(str(part) for part in first["loc"][:2])
        raise RequestError(400, "invalid", f"{place or 'body'}: {first['msg']}") from None
    except (ValueError, RecursionError):
        raise RequestError(400, "not_json", "the body is not JSON") from None
