"""Credentials on their way in: checked, encrypted, stored with the rights of whoever brought them."""

from __future__ import annotations

import uuid
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.requests import Request

from renum import user_request, user_rpc
from renum.crypto import seal
from renum.log import Log
from renum.settings import settings

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
    incoming, authorization = await user_request.read(request, Incoming)
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
