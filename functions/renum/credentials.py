"""Credentials on their way in: checked, encrypted, stored with the rights of whoever brought them."""

from __future__ import annotations

import json
import uuid
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from starlette.requests import Request

from renum import user_rpc
from renum.crypto import seal
from renum.errors import RequestError
from renum.log import Log
from renum.settings import settings

BODY_LIMIT = 16 * 1024

Secret = Annotated[str, Field(min_length=1, max_length=4096, pattern=r"^[\x21-\x7e]+$")]
"""Printable ASCII without spaces: what fits an HTTP header and survives being pasted."""

log = Log("credentials")


class Incoming(BaseModel):
    """The request's body. Unknown credential names are kept: each provider has its own."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    channel_account_id: uuid.UUID
    credentials: Annotated[
        dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")], Secret], Field(min_length=1, max_length=20)
    ]

    @field_validator("credentials", mode="before")
    @classmethod
    def without_blanks(cls, value: object) -> object:
        """Pasted secrets come with blanks and line ends around them."""
        if not isinstance(value, dict):
            return value
        return {name: secret.strip() if isinstance(secret, str) else secret for name, secret in value.items()}


async def store(request: Request) -> None:
    """Reads, encrypts and stores. Raises RequestError (4xx) or DatabaseUnavailable; neither quotes a secret."""
    if request.method != "POST":
        raise RequestError(405, "method_not_allowed", "credentials are set with a POST")
    authorization = request.headers.get("authorization", "")
    if not authorization.lower().startswith("bearer "):
        raise RequestError(401, "no_token", "an Authorization header with the user's token is needed")
    body = await request.body()
    if len(body) > BODY_LIMIT:
        raise RequestError(413, "too_large", f"more than {BODY_LIMIT} bytes")
    try:
        incoming = Incoming.model_validate(json.loads(body))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"][:2])
        raise RequestError(400, "invalid", f"{place or 'body'}: {first['msg']}") from None
    except (ValueError, RecursionError):
        raise RequestError(400, "not_json", "the body is not JSON") from None
    config = settings()
    account_id = str(incoming.channel_account_id)
    sealed = seal(
        incoming.credentials,
        channel_account_id=account_id,
        key=config.credentials_key,
        key_id=config.credentials_key_id,
    )
    await user_rpc.call("set_channel_credentials", {"channel_account_id": account_id, **sealed}, authorization)
    log.info("Channel credentials were stored.", action="credentials.stored", channel_account_id=account_id)
