"""What a message of Evolution API says: the body that Baileys gives it, by the key it is under.

https://github.com/WhiskeySockets/Baileys (WAProto): conversation, extendedTextMessage {text}, imageMessage {caption}, …
"""

from __future__ import annotations

from typing import Any

from renum.channels.payload import id_of, object_of, text_of
from renum.shapes import JSON, MessageBody

WRAPPERS = (
    "ephemeralMessage",
    "viewOnceMessage",
    "viewOnceMessageV2",
    "viewOnceMessageV2Extension",
    "documentWithCaptionMessage",
)
"""Keys that hold another message under `message`."""

KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "extendedTextMessage": ("text", ("text",)),
    "imageMessage": ("image", ("caption",)),
    "videoMessage": ("video", ("caption",)),
    "ptvMessage": ("video", ()),
    "audioMessage": ("audio", ()),
    "documentMessage": ("document", ("caption",)),
    "stickerMessage": ("sticker", ()),
    "locationMessage": ("location", ()),
    "liveLocationMessage": ("location", ("caption",)),
    "contactMessage": ("contacts", ()),
    "contactsArrayMessage": ("contacts", ()),
    "reactionMessage": ("reaction", ("text",)),
    "buttonsResponseMessage": ("button", ("selectedDisplayText", "selectedButtonId")),
    "templateButtonReplyMessage": ("button", ("selectedDisplayText", "selectedId")),
    "listResponseMessage": ("list", ("title", "description")),
    "interactiveResponseMessage": ("button", ()),
}
"""Key → our type, and where in it the text is (the first that is there)."""

REVOKE = ("REVOKE", 0)
EDIT = ("MESSAGE_EDIT", 14)


BESIDE = ("messageContextInfo", "senderKeyDistributionMessage")
"""Keys that stand beside what a person says, and say nothing themselves."""


def says_something(item: JSON) -> bool:
    """Whether a message is a person's word at all. One that could not be decrypted yet comes without content, and again
    with it, under the same id; and telephones tell each other of keys, histories and settings."""
    content = _unwrapped(object_of(item.get("message")))
    protocol = content.get("protocolMessage")
    if protocol is not None:
        return object_of(protocol).get("type") in (*REVOKE, *EDIT)
    return any(value is not None for key, value in content.items() if key not in BESIDE)


def body_of(item: JSON) -> MessageBody:
    """The message's body. What has no known key is `unsupported`, kept as its payload."""
    content = _unwrapped(object_of(item.get("message")))
    if "conversation" in content:
        return _body(item, content, "text", text_of(content["conversation"]), {"body": content["conversation"]})
    protocol = object_of(content.get("protocolMessage"))
    if protocol:
        return _amendment(item, content, protocol)
    for key, (kind, places) in KINDS.items():
        found = content.get(key)
        if found is None:
            continue
        inner = object_of(found)
        text = next((text for text in (text_of(inner.get(place)) for place in places) if text), "")
        if key == "interactiveResponseMessage":
            text = text_of(object_of(inner.get("body")).get("text"))
        return _body(item, content, kind, text, inner or {key: found})
    return _body(item, content, "unsupported", "", content)


def _unwrapped(content: JSON) -> JSON:
    for _ in range(5):
        inner = next(
            (object_of(object_of(content.get(key)).get("message")) for key in WRAPPERS if key in content), None
        )
        if not inner:
            return content
        content = inner
    return content


def _body(item: JSON, content: JSON, kind: str, text: str, payload: JSON) -> MessageBody:
    contexts = [object_of(item.get("contextInfo"))]
    contexts += [object_of(object_of(value).get("contextInfo")) for value in content.values()]
    quoted = next((found for found in (id_of(context.get("stanzaId")) for context in contexts) if found), None)
    return {"type": kind, "text": text, "payload": payload, "reply_to": quoted}


def _amendment(item: JSON, content: JSON, protocol: JSON) -> MessageBody:
    """A message that edits or takes back an earlier one; any other protocol message says nothing of a person's."""
    kind: Any = protocol.get("type")
    original = id_of(object_of(protocol.get("key")).get("id"))
    if original is None or kind not in (*REVOKE, *EDIT) or isinstance(kind, bool):
        return _body(item, content, "unsupported", "", protocol)
    if kind in REVOKE:
        return {"type": "revoke", "text": "", "payload": protocol, "reply_to": None, "amends": original}
    text = body_of({"message": protocol.get("editedMessage")})["text"] if protocol.get("editedMessage") else ""
    return {"type": "edit", "text": text, "payload": protocol, "reply_to": None, "amends": original}
