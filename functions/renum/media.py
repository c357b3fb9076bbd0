"""One media task: fetch what a lead sent from its provider, and put it where its client's people can read it."""

from __future__ import annotations

import tempfile

from renum import storage
from renum.accounts import accounts
from renum.channels import channel
from renum.errors import MediaError, RenumError
from renum.log import Log
from renum.rpc import rpc
from renum.shapes import MediaWork, Task

IN_MEMORY = 1024 * 1024
"""Bytes of a file that are held in memory; a larger one goes through the temporary folder."""

log = Log("media")


async def run_media(task: Task) -> None:
    """Fetches, checks and stores the task's file. Raises RenumError, whose `retryable` decides what happens next.

    The file is complete and proved to be the announced one before Storage sees a byte of it: so the functions need no
    right to delete there.
    """
    work: MediaWork = task["work"]
    account = await accounts().get(work["channel_account_id"])
    if account is None:
        raise MediaError("unknown_account", "the channel account is not there any more")
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        try:
            fetched = await channel(account.provider).fetch(work, account, file)
        except RenumError as error:
            # Providers quote: a token they cannot read comes back in their sentence about it.
            error.message = account.without_secrets(error.message)
            raise
        size, mime_type = fetched["size"], fetched["mime_type"]
        await storage.upload(work["bucket"], work["path"], file, size=size, mime_type=mime_type)
    verdict = await rpc().save_media(work["id"], task["claim"], fetched)
    log.info(
        "A file was stored.", action=f"media.{verdict}", media_id=work["id"], client_id=task["client_id"], bytes=size
    )
