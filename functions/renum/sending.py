"""One delivery task: have the channel's adapter send it, and record what became of it."""

from __future__ import annotations

from renum.accounts import Account, accounts
from renum.batch import Batcher
from renum.channels import channel
from renum.clients import PerLoop
from renum.errors import DatabaseUnavailable, RenumError, SendError, describe
from renum.log import Log
from renum.rpc import rpc
from renum.shapes import Completion, Delivery, DeliveryResult, Task

PATIENCE_S = 30.0
"""How long to insist on recording a send. Unrecorded, an accepted message could go out twice."""

log = Log("sending")


async def _complete(results: list[DeliveryResult]) -> list[Completion]:
    return await rpc().complete_deliveries(results, patience_s=PATIENCE_S)


_completions: PerLoop[Batcher[DeliveryResult, Completion]] = PerLoop(
    lambda: Batcher(
        _complete,
        key_of_item=lambda result: result["id"],
        key_of_result=lambda completion: completion["id"],
        missing=lambda result: {"id": result["id"], "status": "stale", "task": None},
    )
)


async def run_delivery(task: Task) -> Task | None:
    """Sends the task's delivery; returns the thread's next delivery when completing this one released it.

    What the provider (or policy of the adapter) said becomes the result; the decision to try again is SQL's. Raises
    only what came before anything was sent.
    """
    delivery: Delivery = task["work"]
    result: DeliveryResult = {
        "id": delivery["id"],
        "claim": task["claim"],
        "outcome": "sent",
        "provider_message_id": None,
        "error": None,
        "retry_after_ms": None,
    }
    try:
        result["provider_message_id"] = await _send(delivery)
    except DatabaseUnavailable:
        raise
    except RenumError as error:
        result["outcome"] = error.outcome if isinstance(error, SendError) else "failed"
        result["retry_after_ms"] = error.retry_after_ms if isinstance(error, SendError) else None
        result["error"] = {
            "code": error.code,
            "message": error.message,
            "retryable": error.retryable,
            "scope": error.scope,
        }
        log.info(
            "A message was not accepted.",
            action=f"delivery.{result['outcome']}",
            delivery_id=delivery["id"],
            client_id=task["client_id"],
            code=error.code,
            scope=error.scope,
        )
    try:
        completion = await _completions.get().submit(result)
    except Exception as error:
        # Never a failed attempt, which would send it again in a second: it may have left. The claim runs out by itself,
        # and then the provider's word decides.
        log.error(
            "What became of a send could not be recorded.",
            action="delivery.unrecorded",
            delivery_id=delivery["id"],
            client_id=task["client_id"],
            outcome=result["outcome"],
            code=describe(error)["code"],
        )
        return None
    return completion.get("task")


async def _send(delivery: Delivery) -> str | None:
    account = await accounts().get(delivery["channel_account_id"])
    if account is None:
        raise SendError("unknown_account", "the channel account is not there any more", scope="account")
    try:
        return await _send_through(account, delivery)
    except RenumError as error:
        # An account that was put right goes on at once, and what is kept of it may be the very thing that was wrong: it
        # would stop again, for a reason that holds no more. Only what was refused as a whole goes through it again.
        refused = not (isinstance(error, SendError) and (error.outcome != "failed" or error.code == "partly_sent"))
        if not refused or error.retryable or error.scope not in ("number", "account"):
            raise
        fresh = await accounts().get(account.id, older_than_s=0)
        if fresh is None or (fresh.credentials, fresh.config) == (account.credentials, account.config):
            raise
        return await _send_through(fresh, delivery)


async def _send_through(account: Account, delivery: Delivery) -> str | None:
    try:
        return await channel(account.provider).send(delivery, account)
    except RenumError as error:
        # Providers quote: a token they cannot read comes back in their sentence about it.
        error.message = account.without_secrets(error.message)
        raise
