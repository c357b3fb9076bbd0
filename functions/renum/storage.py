"""Supabase Storage, as far as the functions use it: adding a file, never reading, replacing or deleting one.

POST {storage}/object/{bucket}/{path}; https://supabase.com/docs/guides/storage/uploads/standard-uploads
The key's role, `renum_files`, may insert just the paths that are being fetched at that moment (policies/).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import IO, Any

import httpx

from renum.clients import BROKEN, PerLoop, new_client
from renum.errors import THROTTLED_MS, MediaError
from renum.settings import settings

PIECE = 256 * 1024
UPLOAD_WITHIN_S = 120

_clients: PerLoop[httpx.AsyncClient] = PerLoop(lambda: new_client(connect_s=5, read_s=60, connections=32))


async def upload(bucket: str, path: str, file: IO[bytes], *, size: int, mime_type: str) -> None:
    """Stores `size` bytes of `file`, from its beginning. A file that is there already was stored by an earlier attempt
    whose answer was lost. Raises MediaError."""
    config = settings()
    if not config.storage_url or not config.storage_key:
        raise MediaError("storage_not_configured", "media_bucket is set, but RENUM_STORAGE_KEY is not")
    headers = {
        "Authorization": f"Bearer {config.storage_key}",
        "Content-Type": mime_type,
        "Content-Length": str(size),
        # Replacing would need the right to read.
        "x-upsert": "false",
    }
    if config.publishable_key:
        headers["apikey"] = config.publishable_key
    file.seek(0)
    try:
        async with asyncio.timeout(UPLOAD_WITHIN_S):
            url = f"{config.storage_url}/object/{bucket}/{path}"
            response = await _clients.get().post(url, content=_pieces(file), headers=headers)
    except BROKEN as error:
        name = type(error.__cause__ or error).__name__
        raise MediaError("storage_unreachable", f"Storage did not answer ({name})", retryable=True) from error
    if response.status_code != 200:
        _read_refusal(response)


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


def _read_refusal(response: httpx.Response) -> None:
    """Raises MediaError, unless the refusal says that the file is there.

    Storage puts the true status into the body, older versions all under HTTP 400:
    {"statusCode": "409", "error": "Duplicate", "message": "The resource already exists"}.
    """
    try:
        body: Any = json.loads(response.content)
    except ValueError:
        body = None
    told = body if isinstance(body, dict) else {}
    status = str(told.get("statusCode") or response.status_code)
    if status == "409":
        return
    sentence = str(told.get("message") or "no reason given")[:300]
    if status == "413":
        raise MediaError("too_large", f"Storage refused the file: {sentence}")
    throttled = status == "429"
    raise MediaError(
        f"storage_{status}",
        f"Storage refused the file: {sentence}",
        retryable=throttled or response.status_code >= 500,
        retry_after_ms=THROTTLED_MS if throttled else None,
    )
