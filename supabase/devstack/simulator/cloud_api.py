"""Checks one `POST /v{n}.0/{phone_number_id}/messages` body as the Cloud API does, and says what the lead reads.

Source: Meta's Cloud API messages reference. Limits: text 4096, button body 1024, title 20, list rows 10, row title
24, captions 1024.
"""

from __future__ import annotations

import re
import secrets
from base64 import b64encode
from typing import Any

from devstack.simulator.errors import GraphError
from devstack.simulator.state import Number, Template, recipient_key

MEDIA = ("image", "audio", "video", "document", "sticker")
_BSUID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
_PHONE = re.compile(r"\+?[\d\s().-]+")


def new_wamid(to: str) -> str:
    """A message id in Meta's form: `wamid.` and base64 of a header, the recipient and 20 random hex digits."""
    raw = b"\x1d\x07" + to.encode() + b"\x15\x02\x00\x11\x18\x14" + secrets.token_hex(10).upper().encode() + b"\x00"
    return "wamid." + b64encode(raw).decode()


def recipient_of(body: dict[str, Any]) -> str:
    """The recipient's key. `to` wins over `recipient` when both are given. Raises GraphError."""
    to, recipient = body.get("to"), body.get("recipient")
    if to:
        if not isinstance(to, str) or not _PHONE.fullmatch(to) or not 8 <= len(recipient_key(to)) <= 15:
            raise GraphError(131009, "Parameter 'to' is not a phone number")
        return recipient_key(to)
    if recipient:
        if not isinstance(recipient, str) or not _BSUID.fullmatch(recipient):
            raise GraphError(131009, "Parameter 'recipient' is not a business-scoped user id")
        return recipient
    raise GraphError(100, "The parameter to is required.", message="(#100) The parameter to is required.")


def _part(body: dict[str, Any], key: str) -> dict[str, Any]:
    value = body.get(key)
    if value is None:
        raise GraphError(131008, f"Required parameter '{key}' is missing")
    if not isinstance(value, dict):
        raise GraphError(
            100, f"Param {key} must be a JSON object.", message=f"(#100) Param {key} must be a JSON object."
        )
    return value


def _string(part: dict[str, Any], key: str, path: str, limit: int, *, required: bool = True) -> str:
    value = part.get(key)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (required and not value.strip()):
        raise GraphError(131008 if value in (None, "") else 131009, f"Parameter '{path}' must be a non-empty string")
    if len(value) > limit:
        sentence = f"Param {path} must be at most {limit} characters long."
        raise GraphError(100, sentence, message=f"(#100) {sentence}")
    return value


def _list(part: dict[str, Any], key: str, path: str) -> list[dict[str, Any]]:
    value = part.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise GraphError(131009, f"Parameter '{path}' must be a list of objects")
    return value


def _text(part: dict[str, Any]) -> str:
    return _string(part, "body", "text['body']", 4096)


def _media(kind: str, part: dict[str, Any]) -> str:
    if not part.get("id") and not part.get("link"):
        raise GraphError(131008, f"Parameter '{kind}' needs an 'id' or a 'link'")
    caption = _string(part, "caption", f"{kind}['caption']", 1024, required=False)
    return f"[{kind}] {caption}".strip()


def _interactive(part: dict[str, Any]) -> str:
    kind = part.get("type")
    if kind not in ("button", "list"):
        if kind in (
            "flow",
            "cta_url",
            "location_request_message",
            "call_permission_request",
            "product",
            "product_list",
        ):
            return str((part.get("body") or {}).get("text", f"[{kind}]"))
        raise GraphError(131009, "Parameter 'interactive.type' is not one of button, list, flow, cta_url")
    text = _string(_part(part, "body"), "text", "interactive['body']['text']", 1024 if kind == "button" else 4096)
    action = _part(part, "action")
    return text + (_buttons(action) if kind == "button" else _rows(action))


def _buttons(action: dict[str, Any]) -> str:
    buttons = [_part(button, "reply") for button in _list(action, "buttons", "interactive['action']['buttons']")]
    if not 1 <= len(buttons) <= 3:
        raise GraphError(131009, "Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3")
    titles = [
        _string(button, "title", "interactive['action']['buttons'][]['reply']['title']", 20) for button in buttons
    ]
    ids = [_string(button, "id", "interactive['action']['buttons'][]['reply']['id']", 256) for button in buttons]
    if len(set(ids)) < len(ids) or len(set(titles)) < len(titles):
        raise GraphError(131009, "Duplicated button ids or titles are not allowed")
    return "".join(f"\n[{title}]" for title in titles)


def _rows(action: dict[str, Any]) -> str:
    _string(action, "button", "interactive['action']['button']", 20)
    rows = [
        row
        for section in _list(action, "sections", "interactive['action']['sections']")
        for row in _list(section, "rows", "rows")
    ]
    if not 1 <= len(rows) <= 10:
        raise GraphError(131009, "Total row count exceed max allowed count: 10")
    lines = []
    for row in rows:
        _string(row, "id", "row['id']", 200)
        _string(row, "description", "row['description']", 72, required=False)
        lines.append("\n• " + _string(row, "title", "row['title']", 24))
    return "".join(lines)


def _template(part: dict[str, Any], templates: dict[tuple[str, str], Template] | None) -> str:
    name = _string(part, "name", "template['name']", 512)
    language = _string(_part(part, "language"), "code", "template['language']['code']", 20)
    values: list[str] = []
    for component in _list(part, "components", "template['components']"):
        if str(component.get("type", "")).lower() == "body":
            for parameter in _list(component, "parameters", "template['components'][]['parameters']"):
                kind = parameter.get("type")
                if kind not in ("text", "currency", "date_time"):
                    raise GraphError(132012, f"body: format mismatch, expected TEXT, received {str(kind).upper()}")
                values.append(_string(parameter, "text", "text", 1024) if kind == "text" else f"[{kind}]")
    if templates is None:
        return " | ".join([f"[{name}]", *values])
    template = templates.get((name, language))
    if template is None:
        raise GraphError(132001, f"template name ({name}) does not exist in {language}")
    if template.status == "PAUSED":
        raise GraphError(132015, f"template {name} is paused due to low quality")
    if template.status == "DISABLED":
        raise GraphError(132016, f"template {name} has been paused too many times and is now disabled")
    if template.status != "APPROVED":
        raise GraphError(132001, f"template {name} is not approved ({template.status.lower()})")
    if template.parameters != len(values):
        raise GraphError(
            132000,
            f"body: number of localizable_params ({len(values)}) does not match the expected number of params"
            f" ({template.parameters})",
        )
    return render(template.body, values) if template.body else " | ".join([f"[{name}]", *values])


def render(body: str, values: list[str]) -> str:
    """A template's body with its parameters, positional (`{{1}}`) or named (`{{nome}}`, in order of appearance)."""
    names = list(dict.fromkeys(re.findall(r"{{\s*(\w+)\s*}}", body)))
    order = {name: int(name) - 1 if name.isdigit() else position for position, name in enumerate(names)}
    return re.sub(
        r"{{\s*(\w+)\s*}}", lambda found: values[order[found[1]]] if order[found[1]] < len(values) else found[0], body
    )


def check(number: Number | None, body: dict[str, Any], to: str) -> tuple[str, str]:
    """Says (type, what the lead reads) of an acceptable message to `to`; raises GraphError otherwise.

    `number` None (not registered) is checked for form only.
    """
    if body.get("messaging_product") != "whatsapp":
        raise GraphError(
            100,
            "Param messaging_product must be whatsapp",
            message="(#100) The parameter messaging_product is required.",
        )
    kind = body.get("type", "text")
    if not isinstance(kind, str):
        raise GraphError(131009, "Parameter 'type' must be a string")
    if kind != "template" and number is not None and to in number.closed_windows:
        raise GraphError(
            131047,
            "Message failed to send because more than 24 hours have passed since the customer last replied"
            " to this number.",
        )
    if kind == "text":
        return kind, _text(_part(body, "text"))
    if kind == "template":
        return kind, _template(_part(body, "template"), number.templates if number else None)
    if kind == "interactive":
        return kind, _interactive(_part(body, "interactive"))
    if kind in MEDIA:
        return kind, _media(kind, _part(body, kind))
    if kind == "reaction":
        return kind, f"[reaction] {_part(body, kind).get('emoji', '')}".strip()
    if kind == "location":
        place = _part(body, kind)
        return kind, f"[location] {place.get('name') or (place.get('latitude'), place.get('longitude'))}"
    if kind == "contacts":
        return kind, f"[contacts] {len(_list(body, 'contacts', 'contacts'))}"
    raise GraphError(131051, f"Message type {kind!r} is not supported")
