"""The Graph API about numbers and WhatsApp Business accounts: a number's state, its account's templates in pages, and
the apps subscribed to it.

Source: Meta's references of the WhatsApp Business phone number and WhatsApp Business account nodes, their
message_templates and subscribed_apps edges, and of paging by cursors. Every read wants a token of the number, or of one
of the account's numbers.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devstack.simulator import media
from devstack.simulator.errors import GraphError
from devstack.simulator.state import Number, State, Template

PAGE = 25
LARGEST_PAGE = 1_000


async def node(request: Request) -> Response:
    """GET /v{n}.0/{id}?fields=: a number, a WhatsApp Business account, or else a file (`media.describe`)."""
    from devstack.simulator.app import authorise

    state: State = request.app.state.simulator
    wanted = str(request.path_params["media_id"])
    number = state.numbers.get(wanted)
    if number is not None:
        authorise(request.headers.get("authorization", ""), number)
        return JSONResponse(_fields(request, _number(number)))
    if _of_account(state, wanted):
        numbers = _authorised(request, wanted)
        account: dict[str, Any] = {"id": wanted, "name": "Conta de demonstração"}
        if numbers[0].portfolio_id is not None:
            account["owner_business_info"] = {"name": "Portfólio", "id": numbers[0].portfolio_id}
        return JSONResponse(_fields(request, account))
    return await media.describe(request)


async def templates(request: Request) -> Response:
    """GET /v{n}.0/{waba_id}/message_templates?limit=&after= → {"data": […], "paging": {"cursors", "next"?}}."""
    numbers = _authorised(request, str(request.path_params["waba_id"]))
    whole = {key: one for number in numbers for key, one in (number.templates or {}).items()}
    listed = [_template(whole[key]) for key in sorted(whole)]
    start, limit = _after(request), _limit(request)
    page = listed[start : start + limit]
    paging: dict[str, Any] = {"cursors": {"before": _cursor(start), "after": _cursor(start + len(page))}}
    if start + limit < len(listed):
        paging["next"] = str(request.url.include_query_params(after=paging["cursors"]["after"]))
    return JSONResponse({"data": page, "paging": paging} if page else {"data": []})


async def subscribed_apps(request: Request) -> Response:
    """GET /v{n}.0/{waba_id}/subscribed_apps → {"data": [{"whatsapp_business_api_data": {"id", "name", "link"}}]}."""
    numbers = _authorised(request, str(request.path_params["waba_id"]))
    app = {"id": "300000000000000", "name": "RENUM", "link": "https://www.facebook.com/games/?app_id=300000000000000"}
    return JSONResponse(
        {"data": [{"whatsapp_business_api_data": app}] if any(one.subscribed for one in numbers) else []}
    )


def _of_account(state: State, waba_id: str) -> list[Number]:
    return [number for number in state.numbers.values() if number.waba_id == waba_id]


def _authorised(request: Request, waba_id: str) -> list[Number]:
    """The account's numbers that the request's token reaches. Raises GraphError: 190 for a wrong token, 100 for an
    account nobody has."""
    from devstack.simulator.app import authorise

    header = request.headers.get("authorization", "")
    numbers, reached = _of_account(request.app.state.simulator, waba_id), list[Number]()
    refused: GraphError | None = None
    if not numbers:
        authorise(header, None)
    for number in numbers:
        try:
            authorise(header, number)
        except GraphError as error:
            refused = error
        else:
            reached.append(number)
    if reached:
        return reached
    if refused is not None:
        raise refused
    sentence = f"Unsupported get request. Object with ID '{waba_id}' does not exist"
    raise GraphError(100, sentence, message=sentence)


def _fields(request: Request, whole: dict[str, Any]) -> dict[str, Any]:
    """What `fields` names, and always the id; all of it without `fields`."""
    wanted = request.query_params.get("fields")
    if not wanted:
        return whole
    return {name: value for name, value in whole.items() if name == "id" or name in wanted.split(",")}


def _number(number: Number) -> dict[str, Any]:
    return {
        "id": number.phone_number_id,
        "display_phone_number": number.display_phone_number,
        "verified_name": number.verified_name,
        "name_status": number.name_status,
        "quality_rating": number.quality_rating,
        "status": number.status,
        "whatsapp_business_manager_messaging_limit": number.messaging_limit,
        "webhook_configuration": {"application": number.webhook_url},
    }


def _template(template: Template) -> dict[str, Any]:
    body = template.body or " ".join(f"{{{{{n}}}}}" for n in range(1, template.parameters + 1)) or template.name
    # Stable, and in Meta's form: fifteen digits or so.
    digest = hashlib.sha256(f"{template.name}/{template.language}".encode()).digest()
    item = {
        "id": str(int.from_bytes(digest[:6])),
        "name": template.name,
        "language": template.language,
        "status": template.status,
        "category": template.category,
        "components": template.components or [{"type": "BODY", "text": body}],
    }
    return item | ({"rejected_reason": template.rejected_reason} if template.rejected_reason else {})


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(f"at:{place}".encode()).decode()


def _after(request: Request) -> int:
    cursor = request.query_params.get("after")
    if not cursor:
        return 0
    try:
        return int(base64.urlsafe_b64decode(cursor).decode().removeprefix("at:"))
    except (ValueError, binascii.Error):
        raise GraphError(100, "Invalid cursor", message="(#100) Invalid parameter") from None


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(PAGE))
    return min(max(int(text), 1), LARGEST_PAGE) if text.isdecimal() else PAGE
