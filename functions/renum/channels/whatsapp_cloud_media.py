"""Fetching a lead's file from the WhatsApp Cloud API, in two steps.

GET {graph}/{version}/{media_id}?phone_number_id=… → {"url", "mime_type", "sha256" (hex), "file_size", "id"}
GET {url}, which lives for 5 minutes and wants the same token
https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media/
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import json
import re
from typing import IO, Any

import httpx

from renum.accounts import Account
from renum.channels.whatsapp_cloud_errors import send_error
from renum.clients import BROKEN, PerLoop, new_client
from renum.errors import THROTTLED_MS, MediaError
from renum.settings import settings
from renum.shapes import JSON, Fetched, MediaWork

FETCH_WITHIN_S = 120
HOSTS = (".fbsbx.com", ".fbcdn.net", ".whatsapp.net")
"""Meta's domains for files: the token goes nowhere else. Beside them only the Graph API's own address."""

MEDIA_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
MIME_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; ?[\w.+-]+=[\w.+-]+)*", re.ASCII)
HEADERS = {"Accept-Encoding": "identity", "User-Agent": "renum"}
"""Meta's file hosts refuse requests that do not say what they are."""

_clients: PerLoop[httpx.AsyncClient] = PerLoop(lambda: new_client(connect_s=5, read_s=20, connections=32))


async def fetch(work: MediaWork, account: Account, into: IO[bytes]) -> Fetched:
    """Writes the file into `into`. Raises MediaError: gone, too large, not what was announced, or the API's code."""
    token = account.credentials.get("access_token")
    if not token:
        raise MediaError(account.problem or "credentials_missing", "the channel account has no usable access token")
    try:
        async with asyncio.timeout(FETCH_WITHIN_S):
            details = await _details(work, account, token)
            size, digest = await _download(details, token, into, work["max_bytes"])
    except BROKEN as error:
        name = type(error.__cause__ or error).__name__
        raise MediaError("unreachable", f"the file could not be fetched ({name})", retryable=True) from error
    for announced in (work["sha256"], details.get("sha256")):
        if not _agrees(announced, digest):
            raise MediaError("sha256_mismatch", "the file is not the one that was announced", retryable=True)
    mime_type = details.get("mime_type") or work["mime_type"]
    known = isinstance(mime_type, str) and MIME_TYPE.fullmatch(mime_type)
    return {
        "size": size,
        "sha256": digest.hex(),
        "mime_type": str(mime_type) if known else "application/octet-stream",
    }


async def _details(work: MediaWork, account: Account, token: str) -> JSON:
    if not MEDIA_ID.fullmatch(work["provider_media_id"]):
        raise MediaError("bad_media_id", "the message names no media id that could be asked for")
    config = settings()
    version = str(account.config.get("graph_version") or config.graph_version)
    response = await _clients.get().get(
        f"{config.graph_url}/{version}/{work['provider_media_id']}",
        params={"phone_number_id": account.external_id},
        headers={**HEADERS, "Authorization": f"Bearer {token}"},
    )
    try:
        body: Any = json.loads(response.content)
    except ValueError:
        body = None
    refusal = body.get("error") if isinstance(body, dict) else None
    if response.status_code == 200 and isinstance(body, dict) and not refusal:
        return body
    told = send_error(refusal, status=response.status_code)
    if told.code in ("100", "http_404"):
        raise MediaError("gone", f"the provider has no such file: {told.message}")
    retryable = told.retryable or response.status_code == 200
    wait_ms = told.retry_after_ms if told.outcome == "throttled" else None
    raise MediaError(told.code, told.message, retryable=retryable, scope=told.scope, retry_after_ms=wait_ms)


async def _download(details: JSON, token: str, into: IO[bytes], max_bytes: int) -> tuple[int, bytes]:
    announced = details.get("file_size")
    if isinstance(announced, int) and announced > max_bytes:
        raise _too_large(announced, max_bytes)
    url = _address(details.get("url"))
    digest = hashlib.sha256()
    size = 0
    headers = {**HEADERS, "Authorization": f"Bearer {token}"}
    async with _clients.get().stream("GET", url, headers=headers) as response:
        if response.status_code != 200:
            raise _no_file(response.status_code)
        async for chunk in response.aiter_raw():
            size += len(chunk)
            if size > max_bytes:
                raise _too_large(size, max_bytes)
            digest.update(chunk)
            into.write(chunk)
    return size, digest.digest()


def _address(url: Any) -> httpx.URL:
    """The file's address, if the account's token may be sent there."""
    try:
        given = httpx.URL(url) if isinstance(url, str) else httpx.URL("")
    except httpx.InvalidURL:
        given = httpx.URL("")
    graph = httpx.URL(settings().graph_url)
    ours = (given.scheme, given.host, given.port) == (graph.scheme, graph.host, graph.port)
    metas = given.scheme == "https" and given.port is None and given.host.endswith(HOSTS)
    if given.userinfo or not (ours or metas):
        raise MediaError("foreign_url", "the file is said to lie where the account's token must not go")
    return given


def _no_file(status: int) -> MediaError:
    if status in (404, 410):
        # Addresses live for 5 minutes; the next attempt asks for a new one.
        return MediaError("url_expired", f"the file's address is not valid any more (HTTP {status})", retryable=True)
    wait_ms = THROTTLED_MS if status == 429 else None
    retryable = status == 429 or status >= 500
    return MediaError(
        f"http_{status}", f"the file's host answered HTTP {status}", retryable=retryable, retry_after_ms=wait_ms
    )


def _too_large(size: int, max_bytes: int) -> MediaError:
    return MediaError("too_large", f"at least {size} bytes; the setting media_max_bytes allows {max_bytes}")


def _agrees(announced: Any, digest: bytes) -> bool:
    """Whether `announced` is this SHA-256, in hex or base64. What is no SHA-256 at all says nothing."""
    if not isinstance(announced, str):
        return True
    if re.fullmatch(r"[0-9A-Fa-f]{64}", announced):
        return announced.lower() == digest.hex()
    try:
        decoded = base64.b64decode(announced, validate=True)
    except (binascii.Error, ValueError):
        return True
    return len(decoded) != len(digest) or decoded == digest
