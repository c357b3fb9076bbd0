"""Deliveries as bodies of WhatsApp Cloud API messages, refused here when the API would refuse them anyway.

https://developers.facebook.com/docs/whatsapp/cloud-api/messages/send-messages, and beside it the pages on
interactive-reply-buttons-messages, interactive-list-messages, image-messages (and the other media) and
template-messages, which also give the limits.
"""

from __future__ import annotations

import re
from typing import Any

from renum.channels.payload import list_of, object_of
from renum.channels.split import split
from renum.errors import SendError
from renum.shapes import JSON, Delivery, Recipient

TEXT_LIMIT = 4096
BUTTONS_TEXT_LIMIT = 1024
CAPTION_LIMIT = 1024
MOST_BUTTONS = 3
MOST_ROWS = 10
CAPTIONED = ("image", "video", "document")
MEDIA = ("image", "audio", "video", "document")
LINK = re.compile(r"https?://[^\s/?#]+\S*")
MEGABYTE = 1024 * 1024
MEDIA_LIMITS = {"image": 5 * MEGABYTE, "audio": 16 * MEGABYTE, "video": 16 * MEGABYTE, "document": 100 * MEGABYTE}
"""https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media#supported-media-types"""


def build(delivery: Delivery) -> list[JSON]:
    """The request bodies of a delivery, in order: one, or several for a text above the limit.

    Only the last one carries the delivery's id as `biz_opaque_callback_data`: what becomes of it is what becomes of
    the delivery. An earlier one carries "<id>:<place>/<of>", by which a later failure of it is known.
    Raises SendError.
    """
    content = delivery["content"]
    kind = content.get("type")
    if kind not in BUILDERS:
        raise SendError("unknown_content", f"content of type {kind} cannot be sent over WhatsApp")
    head = {"messaging_product": "whatsapp", "recipient_type": "individual", **address(delivery["to"])}
    parts = BUILDERS[kind](content)
    return [
        {
            **head,
            **part,
            "biz_opaque_callback_data": delivery["id"] + (f":{place}/{len(parts)}" if place < len(parts) else ""),
        }
        for place, part in enumerate(parts, start=1)
    ]


def address(to: Recipient) -> JSON:
    """`to` with a leading + (without it Meta may prepend the business number's country code), the provider's own id
    first because a Brazilian wa_id may lack the ninth digit; `recipient` for who is known only by a business-scoped
    id."""
    number = to.get("wa_id") or to.get("phone")
    if number:
        return {"to": "+" + number.lstrip("+")}
    if to.get("bsuid"):
        return {"recipient": to["bsuid"]}
    raise SendError("no_address", "the lead has no phone number and no WhatsApp id", scope="recipient")


def _within(value: Any, limit: int, code: str, what: str) -> str:
    """`value` as a text of 1 to `limit` characters."""
    text = str(value if value is not None else "").strip()
    if not text:
        raise SendError(code, f"{what} is empty")
    if len(text) > limit:
        raise SendError(code, f"{what} has {len(text)} characters; WhatsApp takes {limit}")
    return text


def _text(content: JSON) -> list[JSON]:
    parts = split(str(content.get("text") or ""), TEXT_LIMIT)
    if not parts:
        raise SendError("empty_text", "there is no text to send")
    return [{"type": "text", "text": {"body": part, "preview_url": False}} for part in parts]


def _head_and_tail(content: JSON, limit: int) -> tuple[list[JSON], str]:
    """What of a text above `limit` goes ahead as messages of its own, and what stays with the choices below it."""
    text = str(content.get("text") or "")
    if not text.strip():
        raise SendError("empty_text", "there is no text above the choices")
    parts = split(text, limit)
    return (_text({"text": "\n".join(parts[:-1])}) if len(parts) > 1 else []), parts[-1]


def _unique(values: list[str], code: str, what: str) -> None:
    if len(set(values)) < len(values):
        raise SendError(code, f"two {what} are the same")


def _buttons(content: JSON) -> list[JSON]:
    before, text = _head_and_tail(content, BUTTONS_TEXT_LIMIT)
    buttons = [object_of(button) for button in list_of(content.get("buttons"))]
    if not 1 <= len(buttons) <= MOST_BUTTONS:
        raise SendError("bad_buttons", f"{len(buttons)} buttons; WhatsApp takes 1 to {MOST_BUTTONS}")
    replies = [
        {
            "id": _within(button.get("id"), 256, "bad_buttons", "a button's id"),
            "title": _within(button.get("title"), 20, "bad_buttons", "a button's title"),
        }
        for button in buttons
    ]
    _unique([reply["id"] for reply in replies], "bad_buttons", "buttons' ids")
    _unique([reply["title"] for reply in replies], "bad_buttons", "buttons' titles")
    action = {"buttons": [{"type": "reply", "reply": reply} for reply in replies]}
    interactive = {"type": "button", "body": {"text": text}, "action": action}
    return [*before, {"type": "interactive", "interactive": interactive}]


def _list(content: JSON) -> list[JSON]:
    before, text = _head_and_tail(content, TEXT_LIMIT)
    rows = [object_of(row) for row in list_of(content.get("rows"))]
    if not 1 <= len(rows) <= MOST_ROWS:
        raise SendError("bad_list", f"{len(rows)} rows; WhatsApp takes 1 to {MOST_ROWS}")
    items: list[dict[str, str]] = []
    for row in rows:
        item = {
            "id": _within(row.get("id"), 200, "bad_list", "a row's id"),
            "title": _within(row.get("title"), 24, "bad_list", "a row's title"),
        }
        if row.get("description"):
            item["description"] = _within(row["description"], 72, "bad_list", "a row's description")
        items.append(item)
    _unique([item["id"] for item in items], "bad_list", "rows' ids")
    button = _within(content.get("button"), 20, "bad_list", "the button that opens the list")
    action = {"button": button, "sections": [{"rows": items}]}
    return [
        *before,
        {"type": "interactive", "interactive": {"type": "list", "body": {"text": text}, "action": action}},
    ]


def _media(content: JSON) -> list[JSON]:
    """A file by its link, which Meta fetches. A caption that is too long, or an audio's, goes as a text after it."""
    kind = content.get("media")
    if kind not in MEDIA:
        raise SendError("bad_media", f"media of kind {kind} cannot be sent")
    size, limit = content.get("size"), MEDIA_LIMITS[kind]
    if isinstance(size, int) and size > limit:
        raise SendError("media_too_large", f"{size} bytes; WhatsApp takes {limit} of {kind}")
    link = content.get("link")
    if not isinstance(link, str) or len(link) > 2048 or not LINK.fullmatch(link):
        raise SendError("bad_link", "the file's link is not an address on the web")
    part: JSON = {"link": link}
    if kind == "document" and content.get("file_name"):
        part["filename"] = str(content["file_name"])[:240]
    caption = str(content.get("text") or "").strip()
    beside = bool(caption) and kind in CAPTIONED and len(caption) <= CAPTION_LIMIT
    if beside:
        part["caption"] = caption
    after = _text({"text": caption}) if caption and not beside else []
    return [{"type": kind, kind: part}, *after]


def _line(value: Any) -> str:
    """Meta refuses line breaks, tabs and runs of spaces inside a parameter."""
    return " ".join(str(value).split())


def _template(content: JSON) -> list[JSON]:
    """A template with its parameters: a list for {{1}}, {{2}}, …, an object for named ones. Its `header` is
    {"type": "text", "text"} or {"type": image | video | document, "link", "file_name"?}; its `buttons` are
    {"index", "type": quick_reply | url, "value"}, the payload that comes back or the end of the address."""
    if not content.get("name"):
        raise SendError("no_template", "the delivery names no template")
    components: list[JSON] = []
    header = object_of(content.get("header"))
    if header:
        components.append({"type": "header", "parameters": [_header(header)]})
    given = content.get("parameters") or []
    if isinstance(given, dict):
        body = [{"type": "text", "parameter_name": name, "text": _line(value)} for name, value in given.items()]
    else:
        body = [{"type": "text", "text": _line(value)} for value in list_of(given)]
    if any(not parameter["text"] for parameter in body):
        raise SendError("missing_variable", "a variable of the template is empty")
    if body:
        components.append({"type": "body", "parameters": body})
    components += [_template_button(object_of(button)) for button in list_of(content.get("buttons"))]
    template: JSON = {"name": content["name"], "language": {"code": content.get("language") or "pt_BR"}}
    return [{"type": "template", "template": {**template, "components": components} if components else template}]


def _header(header: JSON) -> JSON:
    kind = header.get("type")
    if kind == "text":
        text = _line(header.get("text") or "")
        if not text:
            raise SendError("missing_variable", "the variable of the template's header is empty")
        name = header.get("parameter_name")
        return {"type": "text", "text": text} | ({"parameter_name": name} if name else {})
    if kind not in CAPTIONED:
        raise SendError("bad_media", f"a template's header cannot be {kind}")
    link = header.get("link")
    if not isinstance(link, str) or not LINK.fullmatch(link):
        raise SendError("bad_link", "the link of the template's header is not an address on the web")
    part: JSON = {"link": link}
    if kind == "document" and header.get("file_name"):
        part["filename"] = str(header["file_name"])[:240]
    return {"type": kind, kind: part}


def _template_button(button: JSON) -> JSON:
    index, kind = button.get("index"), button.get("type")
    value = str(button.get("value") or "")
    if kind not in ("quick_reply", "url") or not isinstance(index, int) or not 0 <= index <= 9 or not value:
        raise SendError(
            "bad_buttons", "a template's button has an index from 0, a type quick_reply or url, and a value"
        )
    parameter = {"type": "payload", "payload": value} if kind == "quick_reply" else {"type": "text", "text": value}
    return {"type": "button", "sub_type": kind, "index": str(index), "parameters": [parameter]}


BUILDERS = {"text": _text, "template": _template, "buttons": _buttons, "list": _list, "media": _media}
