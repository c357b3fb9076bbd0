"""What every webhook does, whichever provider: find the account, check, read, store, and only then say 200."""

from __future__ import annotations

import uuid

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from renum.accounts import Account, accounts
from renum.channels import Channel, Post, channel
from renum.errors import DatabaseUnavailable, RenumError, RequestError
from renum.log import Log
from renum.rpc import rpc
from renum.shapes import IngestResult

BODY_LIMIT = 3 * 1024 * 1024
"""Meta's payloads are at most 3 MB: https://developers.facebook.com/docs/whatsapp/cloud-api/guides/set-up-webhooks"""

FRESH_S = 3.0
"""A failed signature reloads the account once if it was loaded longer ago than this: the secret may have been
rotated."""

NOTHING: IngestResult = {"messages": 0, "statuses": 0, "other": 0, "duplicates": 0, "unrouted": 0}

log = Log("webhook")


async def answer(request: Request, medium: str) -> Response:
    """Serves one webhook request of an account of `medium` (a value of `public.channel`).

    GET proves the address; POST stores. 401 for a signature that is missing or wrong, 404 for an account that is not
    there, 400 for what is not the provider's envelope, 413 for too much, 503 when the database is away (the provider
    sends again). Every answer but 200 has stored nothing.
    """
    try:
        if request.method == "GET":
            return await _prove(request, medium)
        if request.method == "POST":
            return await _store(request, medium)
        raise RequestError(405, "method_not_allowed", "a webhook is a GET or a POST")
    except RequestError as error:
        log.info("A webhook was refused.", action="webhook.refused", status=error.status, code=error.code)
        return JSONResponse({"code": error.code, "message": error.message}, status_code=error.status)
    except DatabaseUnavailable as error:
        log.warning(
            "A webhook was turned away: the database is away.", action="webhook.unavailable", reason=error.message
        )
        return JSONResponse({"code": error.code, "message": "try again later"}, 503, headers={"Retry-After": "5"})
    except RenumError as error:
        # A 5xx on our own fault: the provider keeps the webhook and sends it again.
        log.error("A webhook could not be stored.", action="webhook.failed", code=error.code, reason=error.message)
        return JSONResponse({"code": "internal", "message": "the webhook was not stored"}, 500)


async def _prove(request: Request, medium: str) -> Response:
    account, adapter = await _account(request, medium)
    challenge = adapter.challenge(request.query_params, account)
    if challenge is None:
        # The verify token may just have been set, and the account cached without it.
        fresh = await accounts().get(account.id, older_than_s=FRESH_S)
        challenge = adapter.challenge(request.query_params, fresh) if fresh is not None else None
    if challenge is None:
        raise RequestError(403, "not_verified", "the verify token is not this account's")
    return PlainTextResponse(challenge)


async def _store(request: Request, medium: str) -> Response:
    body = await _body(request)
    account, adapter = await _account(request, medium)
    post = Post(body, request.headers, str(request.url))
    if not adapter.verify(post, account):
        fresh = await accounts().get(account.id, older_than_s=FRESH_S)
        if fresh is None or fresh is account or not adapter.verify(post, fresh):
            raise RequestError(401, "bad_signature", "the signature is missing or wrong")
        account = fresh
    events = adapter.parse(post, account)
    counts = await rpc().ingest(account.id, events) if events else NOTHING
    log.debug("A webhook was stored.", action="webhook.stored", channel_account_id=account.id, **counts)
    return JSONResponse(counts)


async def _account(request: Request, medium: str) -> tuple[Account, Channel]:
    """The account that the path's last segment names. Whatever a gateway puts before it does not matter."""
    segment = request.url.path.rstrip("/").rsplit("/", 1)[-1]
    try:
        account_id = str(uuid.UUID(segment)) if len(segment) == 36 else ""
    except ValueError:
        account_id = ""
    account = await accounts().get(account_id) if account_id else None
    if account is None or account.channel != medium:
        raise RequestError(404, "unknown_account", "no such channel account")
    return account, channel(account.provider)


async def _body(request: Request) -> bytes:
    length = request.headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 12 or int(length) > BODY_LIMIT):
        raise RequestError(413, "too_large", f"more than {BODY_LIMIT} bytes")
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > BODY_LIMIT:
                raise RequestError(413, "too_large", f"more than {BODY_LIMIT} bytes")
            chunks.append(chunk)
    except ClientDisconnect:
        raise RequestError(400, "incomplete", "the body ended early") from None
    return b"".join(chunks)
