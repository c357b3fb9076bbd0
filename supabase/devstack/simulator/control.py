"""The control API under `/_control` and the mailbox: how the demo, the chat, the seed and tests steer the simulator
and read it.

| call | does |
|---|---|
| POST /_control/numbers | registers (or changes) a business number |
| GET /_control/numbers | numbers with their pending status webhooks; never a secret |
| POST /_control/failures | orders failures for the next sends |
| POST /_control/windows | opens or closes a person's 24-hour window |
| GET /_control/messages | what was sent: ?to= &phone_number_id= &after= &limit= |
| GET /_control/messages/next | waits for the next one to a person: ?to= &after= &timeout= (s); 204 when none came |
| POST /_control/inbound | a person writes: builds, signs and posts a real envelope, answers the webhook's status |
| POST /_control/webhook | posts any envelope, signed or not |
| POST /_control/reset | forgets messages, mails, failures (and numbers: {"numbers": true}) |
| GET, POST /mailbox | e-mails: ?to= &kind= &after= |
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devstack.simulator import envelope, media
from devstack.simulator.state import FailurePlan, Number, State, Template, recipient_key
from devstack.simulator.webhooks import Webhooks

T = TypeVar("T")
LONGEST_WAIT_S = 60.0


class Refused(Exception):
    """A control call that makes no sense; the message says what to change."""


async def refused(request: Request, error: Exception) -> Response:
    """400 `{"error": sentence}`."""
    return JSONResponse({"error": str(error)}, 400)


def routes() -> list[Route]:
    """All control routes."""
    return [
        Route("/_control/numbers", register, methods=["POST"]),
        Route("/_control/numbers", numbers, methods=["GET"]),
        Route("/_control/failures", fail, methods=["POST"]),
        Route("/_control/windows", window, methods=["POST"]),
        Route("/_control/messages", messages, methods=["GET"]),
        Route("/_control/messages/next", next_message, methods=["GET"]),
        Route("/_control/inbound", inbound, methods=["POST"]),
        Route("/_control/webhook", webhook, methods=["POST"]),
        Route("/_control/reset", reset, methods=["POST"]),
        Route("/mailbox", mailbox, methods=["GET"]),
        Route("/mailbox", post_mail, methods=["POST"]),
    ]


def _state(request: Request) -> State:
    state: State = request.app.state.simulator
    return state


def _webhooks(request: Request) -> Webhooks:
    webhooks: Webhooks = request.app.state.webhooks
    return webhooks


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object that a control call brings. Raises Refused."""
    raw = await request.body()
    try:
        body = json.loads(raw) if raw else {}
    except ValueError as error:
        raise Refused(f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise Refused("the body must be a JSON object")
    return body


def _number(request: Request, body: dict[str, Any]) -> Number:
    named = body.get("phone_number_id")
    try:
        return _state(request).number(None if named is None else str(named))
    except KeyError as error:
        raise Refused(error.args[0]) from error


def _query(request: Request, name: str, kind: Callable[[str], T], default: T) -> T:
    raw = request.query_params.get(name)
    if raw is None:
        return default
    try:
        return kind(raw)
    except ValueError as error:
        raise Refused(f"{name} is not {kind.__name__}: {raw!r}") from error


def _templates(given: Any) -> dict[tuple[str, str], Template] | None:
    """Templates of a registration: [{"name", "language", "body" | "parameters", "status"?, "category"?, "components"?,
    "rejected_reason"?}]; None accepts any template.
    """
    if given is None:
        return None
    found: dict[tuple[str, str], Template] = {}
    for item in given:
        body, language = item.get("body"), item.get("language", "pt_BR")
        count = item.get("parameters")
        if isinstance(count, list):
            count = len(count)
        if count is None:
            count = len(set(re.findall(r"{{\s*(\w+)\s*}}", body or "")))
        found[item["name"], language] = Template(
            item["name"],
            language,
            int(count),
            body,
            str(item.get("status", "APPROVED")).upper(),
            str(item.get("category", "UTILITY")).upper(),
            item.get("components"),
            item.get("rejected_reason"),
        )
    return found


async def register(request: Request) -> Response:
    """POST /_control/numbers {phone_number_id, webhook_url, app_secret, access_token?, statuses?, status_delay_ms?,
    status_batch?, answer_delay_ms?, display_phone_number?, waba_id?, templates?, verify_token?}, and of what the API
    says of the number {verified_name?, name_status?, quality_rating?, status?, messaging_limit?, portfolio_id?,
    subscribed?}.

    A second registration changes only what it names. With `verify_token` the webhook is checked by GET, as Meta does;
    the answer's `verified` says how it went (null: not asked).
    """
    body = await body_of(request)
    verify_token = body.pop("verify_token", None)
    state, key = _state(request), str(body.get("phone_number_id") or "")
    changes: dict[str, Any] = {k: v for k, v in body.items() if k != "phone_number_id"}
    try:
        if "templates" in changes:
            changes["templates"] = _templates(changes["templates"])
        if "statuses" in changes:
            changes["statuses"] = tuple(str(status) for status in changes["statuses"])
        if key in state.numbers:
            number = replace(state.numbers[key], **changes)
        elif key and changes.get("webhook_url") and changes.get("app_secret"):
            number = Number(phone_number_id=key, **changes)
        else:
            raise Refused("a new number needs phone_number_id, webhook_url and app_secret")
    except (TypeError, KeyError, AttributeError) as error:
        raise Refused(f"not a registration: {error}") from error
    verified = await _webhooks(request).verify(number.webhook_url, str(verify_token)) if verify_token else None
    state.numbers[key] = number
    _webhooks(request).changed(number)
    return JSONResponse({"phone_number_id": key, "verified": verified})


async def numbers(request: Request) -> Response:
    """GET /_control/numbers."""
    webhooks = _webhooks(request)
    return JSONResponse(
        {
            "numbers": [
                {
                    "phone_number_id": number.phone_number_id,
                    "webhook_url": number.webhook_url,
                    "display_phone_number": number.display_phone_number,
                    "statuses": list(number.statuses),
                    "status_webhooks": webhooks.counts(number),
                }
                for number in _state(request).numbers.values()
            ]
        }
    )


async def fail(request: Request) -> Response:
    """POST /_control/failures {code, mode?: answer|status|lost, http_status?, details?, count? (null: until reset),
    to?, phone_number_id?}.
    """
    body = await body_of(request)
    if not isinstance(body.get("code"), (int, str)):
        raise Refused("code is required: the provider's error code")
    if body.get("mode", "answer") not in ("answer", "status", "lost"):
        raise Refused("mode is one of answer, status, lost")
    count = body.get("count", 1)
    if count is not None and (not isinstance(count, int) or count < 1):
        raise Refused("count is a number from 1, or null for every send until reset")
    plan = FailurePlan(
        code=body["code"],
        mode=body.get("mode", "answer"),
        http_status=body.get("http_status"),
        details=str(body.get("details") or ""),
        left=count,
        to=recipient_key(str(body["to"])) if body.get("to") else None,
        phone_number_id=body.get("phone_number_id"),
    )
    _state(request).failures.append(plan)
    return JSONResponse({"planned": len(_state(request).failures)})


async def window(request: Request) -> Response:
    """POST /_control/windows {phone, open, phone_number_id?}: outside an open window only templates are accepted
    (131047).
    """
    body = await body_of(request)
    number, phone = _number(request, body), recipient_key(str(body.get("phone") or ""))
    if not phone:
        raise Refused("phone is required")
    if body.get("open", True):
        number.closed_windows.discard(phone)
    else:
        number.closed_windows.add(phone)
    return JSONResponse({"phone": phone, "open": phone not in number.closed_windows})


async def messages(request: Request) -> Response:
    """GET /_control/messages?to=&phone_number_id=&after=&limit= → {"messages": [SentMessage…]}, oldest first."""
    to = request.query_params.get("to")
    found = _state(request).messages(
        to=recipient_key(to) if to else None,
        phone_number_id=request.query_params.get("phone_number_id"),
        after=_query(request, "after", int, 0),
        limit=_query(request, "limit", int, 1_000),
    )
    return JSONResponse({"messages": [message.json() for message in found]})


async def next_message(request: Request) -> Response:
    """GET /_control/messages/next?to=&after=&timeout=&phone_number_id= → a SentMessage, or 204."""
    to = request.query_params.get("to")
    if not to:
        raise Refused("to is required: whose message to wait for")
    found = await _state(request).wait_for(
        recipient_key(to),
        phone_number_id=request.query_params.get("phone_number_id"),
        after=_query(request, "after", int, 0),
        patience_s=min(_query(request, "timeout", float, 25.0), LONGEST_WAIT_S),
    )
    return JSONResponse(found.json()) if found else Response(status_code=204)


async def inbound(request: Request) -> Response:
    """POST /_control/inbound {from, type?, text?, name?, phone_number_id?, …} → {"id", "status", "body"}: the
    webhook's answer.

    Writing opens the person's 24-hour window. `status` 0 means that nobody answered. Other keys:
    envelope.inbound_value; of a file, media.send.
    """
    body = await body_of(request)
    number = _number(request, body)
    try:
        if body.get("type") in media.MIME_TYPES and body.get("payload") is None:
            body["payload"] = media.send(_state(request), number, body)
        value = envelope.inbound_value(body)
    except ValueError as error:
        raise Refused(str(error)) from error
    number.closed_windows.discard(recipient_key(str(body["from"])))
    status, answer = await _webhooks(request).deliver(number, envelope.encode(envelope.envelope(number, [value])))
    return JSONResponse({"id": value["messages"][0]["id"], "status": status, "body": answer[:2_000]})


async def webhook(request: Request) -> Response:
    """POST /_control/webhook {envelope, phone_number_id?, signature?: text|null} → {"status", "body"}.

    `envelope` may be any JSON value, or a string that is sent as it is. Without `signature` it is signed properly;
    null sends none.
    """
    body = await body_of(request)
    if "envelope" not in body:
        raise Refused("envelope is required")
    number = _number(request, body)
    given = body["envelope"]
    raw = given.encode() if isinstance(given, str) else envelope.encode(given)
    if body.get("signature"):
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": str(body["signature"])}
        status, answer = await _webhooks(request).post(number.webhook_url, raw, headers)
    else:
        status, answer = await _webhooks(request).deliver(number, raw, signed="signature" not in body)
    return JSONResponse({"status": status, "body": answer[:2_000]})


async def reset(request: Request) -> Response:
    """POST /_control/reset {numbers?: bool}."""
    body = await body_of(request)
    await _webhooks(request).reset()
    _state(request).reset(numbers=bool(body.get("numbers")))
    request.app.state.mail.reset(senders=bool(body.get("numbers")))
    return Response(status_code=204)


async def mailbox(request: Request) -> Response:
    """GET /mailbox?to=&kind=&after= → {"messages": [{"seq", "to", "subject", "text", "kind", "link", "code", …}]},
    oldest first.
    """
    query = request.query_params
    found = _state(request).mails_to(query.get("to"), kind=query.get("kind"), after=_query(request, "after", int, 0))
    return JSONResponse({"messages": found})


async def post_mail(request: Request) -> Response:
    """POST /mailbox {to, subject, text, …}: how the auth stand-in sends its e-mails."""
    body = await body_of(request)
    if not isinstance(body.get("to"), str) or "@" not in body["to"]:
        raise Refused("to is required: an e-mail address")
    return JSONResponse(_state(request).keep_mail(body), 201)
