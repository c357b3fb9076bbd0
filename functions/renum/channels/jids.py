"""WhatsApp's own addresses, as gateways over WhatsApp Web give them: `5511987654321@s.whatsapp.net`, `123456@lid`."""

from __future__ import annotations

import re
from typing import Any

from renum.errors import SendError
from renum.shapes import Recipient, Sender

PHONE = re.compile(r"\d{7,15}")
LID = re.compile(r"\d{5,30}")
PEOPLE = ("s.whatsapp.net", "c.us")


def _parts(value: Any) -> tuple[str, str]:
    """(user, server) of a jid, without the number of the person's device."""
    if not isinstance(value, str):
        return "", ""
    user, _, server = value.strip().lower().partition("@")
    return user.partition(":")[0], server


def as_person(value: Any) -> str:
    """A jid from what some gateways give as bare digits where a telephone number belongs."""
    text = value.strip() if isinstance(value, str) else ""
    return text if "@" in text else f"{text.lstrip('+')}@s.whatsapp.net"


def as_lid(value: Any) -> str:
    """A jid from what some gateways give as bare digits where a lid belongs."""
    text = value.strip() if isinstance(value, str) else ""
    return text if "@" in text else f"{text}@lid"


def phone_of(value: Any) -> str | None:
    """The digits of a jid that holds a person's number. Never a lid's, nor digits that do not say what they are."""
    user, server = _parts(value)
    return user if server in PEOPLE and PHONE.fullmatch(user) else None


def lid_of(value: Any) -> str | None:
    """The digits of a lid. They are nobody's telephone number."""
    user, server = _parts(value)
    return user if server == "lid" and LID.fullmatch(user) else None


def is_person(value: Any) -> bool:
    """Whether a jid is one person's chat: no group, no broadcast, no newsletter."""
    return phone_of(value) is not None or lid_of(value) is not None


def sender(name: str | None, *ids: Any) -> Sender:
    """Whoever `ids` (jids, the most telling first) are together."""
    phones = [phone for phone in map(phone_of, ids) if phone]
    lids = [lid for lid in map(lid_of, ids) if lid]
    return {
        "wa_id": phones[0] if phones else None,
        "bsuid": None,
        "parent_bsuid": None,
        "name": name,
        "username": None,
        "lid": lids[0] if lids else None,
    }


def recipient(to: Recipient) -> str:
    """What such a gateway takes as a recipient: digits, or a lid's jid. The provider's own id first: a Brazilian wa_id
    may lack the ninth digit. Raises SendError."""
    number = to.get("wa_id") or to.get("phone")
    if number:
        return number.lstrip("+")
    if to.get("lid"):
        return f"{to['lid']}@lid"
    raise SendError("no_address", "the lead has no phone number and no WhatsApp id", scope="recipient")
