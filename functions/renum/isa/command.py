"""One call of the function isa: a command is noted, understood and answered; a token's plan is done."""

from __future__ import annotations

import uuid
from typing import Annotated, cast

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from starlette.requests import Request

from renum import user_request, user_rpc
from renum.errors import DatabaseUnavailable, ModelError, RequestError
from renum.isa import graph
from renum.isa.context import IsaContext
from renum.log import Log
from renum.settings import settings
from renum.shapes import JSON

log = Log("isa")

Command = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]
Token = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[0-9A-Za-z_-]+$")]


class Wanted(BaseModel):
    """The request's body: a command, or the token of a plan."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    command: Command | None = None
    token: Token | None = None

    @model_validator(mode="after")
    def one_of_both(self) -> Wanted:
        """A command or a token, not both and not neither."""
        if (self.command is None) == (self.token is None):
            raise ValueError("either a command or a token is needed")
        return self


async def answer(request: Request) -> JSON:
    """{"id", "reply", "data", "plan", "token", "expires_at"} for a command, {"id", "reply", "data"} for a token.

    Raises RequestError (4xx), ModelError or DatabaseUnavailable. Nothing changes but by a token.
    """
    wanted, authorization = await user_request.read(request, Wanted)
    if wanted.token is not None:
        return await _confirmed(wanted.token, authorization)
    return await _commanded(wanted.command or "", authorization)


async def _confirmed(token: str, authorization: str) -> JSON:
    done = cast(JSON, await user_rpc.call("run_isa_plan", {"token": token}, authorization))
    log.info("A plan was carried out.", action=f"isa.{done['outcome']}", command_id=done["id"])
    return {"id": done["id"], "reply": done["text"], "data": done["acts"]}


async def _commanded(command: str, authorization: str) -> JSON:
    command_id = str(uuid.uuid4())
    # SECURITY: asked first. Who is no admin is refused here, before a model is asked or a row is read.
    begun = cast(
        JSON,
        await user_rpc.call("begin_isa_command", {"command_id": command_id, "command": command}, authorization),
    )
    config = settings()
    try:
        context = IsaContext(graph.bound(config.model), config.model, config.model_timeout_s, authorization)
        state = await graph.run(command_id, command, begun["today"], context)
    except (ModelError, RequestError, DatabaseUnavailable) as error:
        await _end(command_id, {"outcome": "failed", "code": error.code}, (None, None), authorization)
        raise
    if state.get("plan") is None:
        await _end(command_id, state["result"], state.get("target", (None, None)), authorization)
    outcome = "planned" if state.get("plan") else state["result"]["outcome"]
    log.info("A command was answered.", action=f"isa.{outcome}", command_id=command_id)
    return {
        "id": command_id,
        "reply": state["reply"],
        "data": state["data"],
        "plan": state.get("plan"),
        "token": state.get("token"),
        "expires_at": state.get("expires_at"),
    }


async def _end(command_id: str, result: JSON, target: tuple[str | None, str | None], authorization: str) -> None:
    """Writes into the command's row what came of it. A database that is away now spoils no answer."""
    arguments = {"command_id": command_id, "result": result, "target_type": target[0], "target_id": target[1]}
    try:
        await user_rpc.call("end_isa_command", arguments, authorization)
    except (DatabaseUnavailable, RequestError) as error:
        log.warning("A command's result was not noted.", action="isa.not_noted", command_id=command_id, code=error.code)
