"""Files that people send: kept under a media id, and served as the Cloud API serves them, in two steps.

GET /v{n}.0/{media_id} answers an address and what is known of the file; the address wants the number's token, too.
Source: Meta's Cloud API media reference.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devstack.simulator.errors import GraphError
from devstack.simulator.state import Number, State

MIME_TYPES = {
    "audio": "audio/ogg; codecs=opus",
    "image": "image/jpeg",
    "video": "video/mp4",
    "document": "application/pdf",
    "sticker": "image/webp",
}
NEVER = 10**9


@dataclass(slots=True)
class File:
    """One file. `missing`: the id is known to nobody; `url`: where it is said to lie, instead of here; `stale`: so
    many downloads find their address expired."""

    content: bytes
    mime_type: str
    phone_number_id: str
    missing: bool = False
    url: str | None = None
    stale: int = 0


def send(state: State, number: Number, order: Mapping[str, Any]) -> dict[str, Any]:
    """Keeps the file of an inbound `order` and returns the message's body for it.

    Keys: `content` (base64; a few bytes when absent), `mime_type`, `file_name`, `text` (the caption), `sha256`
    (announced instead of the true one), `missing`, `url`, `stale` (see File). Raises ValueError with a sentence.
    """
    kind = str(order["type"])
    try:
        content = base64.b64decode(order.get("content") or b"UkVOVU0K", validate=True)
    except (TypeError, ValueError):
        raise ValueError("content is the file in base64") from None
    mime_type = str(order.get("mime_type") or MIME_TYPES[kind])
    media_id = str(10**15 + secrets.randbelow(9 * 10**15))
    stale = order.get("stale") or 0
    state.keep_file(
        media_id,
        File(
            content,
            mime_type,
            number.phone_number_id,
            missing=bool(order.get("missing")),
            url=order.get("url"),
            stale=NEVER if stale is True else int(stale),
        ),
    )
    # Webhooks carry the digest in base64, the media call in hex.
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    body: dict[str, Any] = {"mime_type": mime_type, "sha256": str(order.get("sha256") or digest), "id": media_id}
    if kind == "audio":
        body["voice"] = True
    elif order.get("text") and kind != "sticker":
        body["caption"] = str(order["text"])
    if kind == "document":
        body["filename"] = str(order.get("file_name") or "arquivo.pdf")
    return body


async def describe(request: Request) -> Response:
    """GET /v{n}.0/{media_id}?phone_number_id= → {"url", "mime_type", "sha256", "file_size", "id",
    "messaging_product"}."""
    file, media_id = _file(request)
    asked = request.query_params.get("phone_number_id", file.phone_number_id)
    if file.missing or asked != file.phone_number_id:
        raise _unknown(media_id)
    base = request.app.state.config.simulator_url
    return JSONResponse(
        {
            "messaging_product": "whatsapp",
            "url": file.url or f"{base}/whatsapp_business/attachments/?mid={media_id}&hash={secrets.token_urlsafe(12)}",
            "mime_type": file.mime_type,
            "sha256": hashlib.sha256(file.content).hexdigest(),
            "file_size": len(file.content),
            "id": media_id,
        }
    )


async def download(request: Request) -> Response:
    """GET /whatsapp_business/attachments/?mid= → the bytes."""
    file, _ = _file(request)
    if file.stale > 0:
        file.stale -= 1
        return Response("Not Found", 404)
    return Response(file.content, media_type=file.mime_type)


def _file(request: Request) -> tuple[File, str]:
    from devstack.simulator.app import authorise

    state: State = request.app.state.simulator
    media_id = str(request.path_params.get("media_id") or request.query_params.get("mid", ""))
    file = state.files.get(media_id)
    authorise(request.headers.get("authorization", ""), state.numbers.get(file.phone_number_id) if file else None)
    if file is None:
        raise _unknown(media_id)
    return file, media_id


def _unknown(media_id: str) -> GraphError:
    sentence = f"Unsupported get request. Object with ID '{media_id}' does not exist"
    return GraphError(100, sentence, message=sentence)
