"""Fetching a lead's file from Twilio.

GET the message's MediaUrl with the account's sid and token; it answers the file or, mostly, a redirect to an address
that needs no credentials and lives for a short time.
https://www.twilio.com/docs/messaging/api/media-resource
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from typing import IO
from urllib.parse import urljoin

import httpx

from renum.accounts import Account
from renum.channels import twilio_send
from renum.channels.twilio_errors import send_error
from renum.clients import BROKEN
from renum.errors import THROTTLED_MS, MediaError, SendError
from renum.settings import settings
from renum.shapes import Fetched, MediaWork

FETCH_WITHIN_S = 120
MOST_REDIRECTS = 3
OURS = ("twilio.com",)
"""Hosts that the account's token may be sent to, with whatever stands before."""

STORES = ("twilio.com", "twiliocdn.com", "amazonaws.com")
"""Hosts that Twilio keeps files at."""

MIME_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; ?[\w.+-]+=[\w.+-]+)*", re.ASCII)


async def fetch(work: MediaWork, account: Account, into: IO[bytes]) -> Fetched:
    """Writes the file into `into`. Raises MediaError."""
    try:
        auth = twilio_send.credentials(account)
    except SendError as error:
        raise MediaError(error.code, error.message, scope=error.scope) from None
    url = work["provider_url"] or ""
    try:
        async with asyncio.timeout(FETCH_WITHIN_S):
            for hop in range(MOST_REDIRECTS + 1):
                to_twilio = _is_at(url, OURS)
                if not to_twilio and (hop == 0 or not _is_at(url, STORES)):
                    raise MediaError("foreign_url", "the file is said to lie where the account's token must not go")
                request = twilio_send.clients.get().stream(
                    "GET", url, auth=auth if to_twilio else None, headers={"Accept-Encoding": "identity"}
                )
                async with request as response:
                    if response.status_code in (301, 302, 303, 307, 308):
                        url = urljoin(url, response.headers.get("location", ""))
                        continue
                    return await _take(response, work, into)
    except BROKEN as error:
        name = type(error.__cause__ or error).__name__
        raise MediaError("unreachable", f"the file could not be fetched ({name})", retryable=True) from error
    raise MediaError("redirected", "the file's address leads from one place to the next")


def _is_at(url: str, hosts: tuple[str, ...]) -> bool:
    try:
        given, api = httpx.URL(url), httpx.URL(settings().twilio_url)
    except httpx.InvalidURL:
        return False
    if given.userinfo:
        return False
    if (given.scheme, given.host, given.port) == (api.scheme, api.host, api.port):
        return True
    return (
        given.scheme == "https"
        and given.port is None
        and any(given.host == host or given.host.endswith("." + host) for host in hosts)
    )


async def _take(response: httpx.Response, work: MediaWork, into: IO[bytes]) -> Fetched:
    status = response.status_code
    if status in (404, 410):
        raise MediaError("gone", "the provider has no such file")
    if status != 200:
        told = send_error(None, status)
        wait_ms = THROTTLED_MS if status == 429 else None
        raise MediaError(
            f"http_{status}",
            f"the file's host answered HTTP {status}",
            retryable=told.retryable,
            scope=told.scope,
            retry_after_ms=wait_ms,
        )
    digest, size, most = hashlib.sha256(), 0, work["max_bytes"]
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > most:
            raise MediaError("too_large", f"at least {size} bytes; the setting media_max_bytes allows {most}")
        digest.update(chunk)
        into.write(chunk)
    named = response.headers.get("content-type", "")
    mime_type = work["mime_type"] or named
    known = MIME_TYPE.fullmatch(mime_type)
    return {
        "size": size,
        "sha256": digest.hexdigest(),
        "mime_type": mime_type if known else "application/octet-stream",
    }
