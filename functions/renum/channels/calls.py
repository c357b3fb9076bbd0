"""One call to a provider and what its answer says of the message: accepted, refused, or not known.

A request that left and got no clear answer (time-out, broken connection, empty body, a page of HTML, a gateway's
status) may have been accepted: it is `unknown`, and never blindly repeated.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from renum.clients import BROKEN, never_left
from renum.errors import SendError
from renum.shapes import JSON

ANSWER_WITHIN_S = 30
"""A send is well under a second; one that takes longer is not worth a worker's claim (60 s)."""

MOST_BYTES = 1024 * 1024
"""What is read of an answer. Those to a send are a few hundred bytes, a page of templates some hundred thousand; a
gateway that never stops answering must not fill the memory that every client's messages need."""

UNSETTLED = frozenset({408, 502, 504, 520, 524})
"""Statuses of a proxy that handed the request on and got no answer, or none that it could read. Cloudflare's own are at
https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/."""

UNPACKING = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


@dataclass(frozen=True)
class Reading:
    """How one provider's answers are read.

    - `error_in`: the error that an answer holds, in whatever shape `send_error` takes; None when it holds none.
    - `send_error`: the SendError for it (None: the answer is an error by its HTTP status alone), the HTTP status, and
      the milliseconds that the provider asks to wait.
    - `message_id`: the accepted message's id in an answer.
    """

    error_in: Callable[[JSON], Any]
    send_error: Callable[[Any, int, int | None], SendError]
    message_id: Callable[[JSON], Any]


async def call(client: httpx.AsyncClient, method: str, url: str, **options: Any) -> httpx.Response:
    """One request, its answer read up to MOST_BYTES. Raises SendError: `unreachable` (nothing left, retryable),
    `timeout`, `disconnected` or `answer_too_large` (unknown)."""
    options["headers"] = {**options.get("headers", {}), "Accept-Encoding": "identity"}
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S), client.stream(method, url, **options) as response:
            return await _whole(response)
    except BROKEN as error:
        if never_left(error):
            raise SendError("unreachable", "no connection to the API", retryable=True, scope="account") from error
        late = isinstance(error, (TimeoutError, httpx.ReadTimeout))
        code, sentence = (
            ("timeout", "the API did not answer in time") if late else ("disconnected", "the connection broke")
        )
        raise SendError(code, f"{sentence} after the request had left", outcome="unknown") from error


async def _whole(response: httpx.Response) -> httpx.Response:
    """The answer with its body, unpacked here where it is packed although nobody asked: what cannot be unpacked is the
    body as it came, which is no JSON. Raises SendError (`answer_too_large`)."""
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MOST_BYTES:
            raise SendError("answer_too_large", f"the API answers more than {MOST_BYTES} bytes", outcome="unknown")
    window = UNPACKING.get(response.headers.get("content-encoding", "").strip().lower())
    if window is not None:
        unpacking = zlib.decompressobj(window)
        try:
            body = bytearray(unpacking.decompress(bytes(body), MOST_BYTES))
        except zlib.error:
            body = bytearray(b"?")
    headers = [(name, value) for name, value in response.headers.multi_items() if name.lower() != "content-encoding"]
    return httpx.Response(response.status_code, headers=headers, content=bytes(body), request=response.request)


def object_in(response: httpx.Response) -> JSON | None:
    """The JSON object that an answer is; None when it is anything else."""
    try:
        body: Any = json.loads(response.content) if response.content else None
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def retry_after_ms(response: httpx.Response) -> int | None:
    """What the header Retry-After asks for, when it counts seconds."""
    value = response.headers.get("retry-after", "")
    return int(value) * 1000 if value.isascii() and value.isdecimal() and len(value) < 7 else None


def read_answer(response: httpx.Response, reading: Reading) -> str:
    """The message id of an accepted send. Raises SendError for everything else, by the answer's own error first.

    An answer that is not the API's says nothing about the message: with a success or gateway status it may have been
    accepted (`unknown`), with another one it was not.
    """
    status = response.status_code
    if 300 <= status < 400:
        raise SendError("redirected", f"the API's address answers with a redirect (HTTP {status})", scope="account")
    body = object_in(response)
    error = reading.error_in(body) if body is not None else None
    if error:
        raise reading.send_error(error, status, retry_after_ms(response))
    if status >= 400 and status not in UNSETTLED:
        raise reading.send_error(None, status, retry_after_ms(response))
    if not response.content:
        raise SendError("empty_answer", f"HTTP {status} without a body", outcome="unknown")
    if body is None:
        raise SendError("not_json", f"HTTP {status} with a body that is not the API's", outcome="unknown")
    message_id = reading.message_id(body)
    if not isinstance(message_id, str) or not message_id:
        raise SendError("no_message_id", f"HTTP {status} without a message id", outcome="unknown")
    return message_id
