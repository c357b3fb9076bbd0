"""News of the account and of its templates in WhatsApp Cloud API webhooks.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/account_update
https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/message_template_status_update
https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/template_category_update

Only what decides whether messages can be sent is understood; warnings, partners, prices and quality are kept raw.
"""

from __future__ import annotations

from typing import Literal

from renum.channels.payload import id_of, list_of, object_of, text_of
from renum.shapes import JSON, AccountNews, TemplateNews, TemplateStatus

State = Literal["connected", "disconnected", "paused"]

STATUSES: dict[str, TemplateStatus] = {
    "APPROVED": "approved",
    "REINSTATED": "approved",
    # It will be disabled on some day and is sent until then.
    "FLAGGED": "approved",
    "PENDING": "pending",
    "IN_APPEAL": "pending",
    "PAUSED": "paused",
    "LOCKED": "paused",
    "REJECTED": "rejected",
    "LIMIT_EXCEEDED": "rejected",
    "DISABLED": "disabled",
    "ARCHIVED": "disabled",
    "DELETED": "disabled",
    "PENDING_DELETION": "disabled",
}
"""Meta's statuses of templates, in lists as in webhooks."""

CATEGORIES = ("marketing", "utility", "authentication")

ACCOUNT_EVENTS: dict[str, tuple[State, str | None]] = {
    "ACCOUNT_DELETED": ("disconnected", "a conta do WhatsApp Business foi excluída na Meta"),
    "ACCOUNT_OFFBOARDED": (
        "disconnected",
        "o número foi desligado da API da Meta (troca de aparelho ou novo registro)",
    ),
    "ACCOUNT_RECONNECTED": ("connected", None),
}

BANS: dict[str, tuple[State, str | None]] = {
    "DISABLE": ("disconnected", "a Meta desativou a conta do WhatsApp Business por violação de políticas"),
    "REINSTATE": ("connected", None),
}
"""States of a ban. SCHEDULE_FOR_DISABLE is a warning: the account works until the date comes."""

RESTRICTIONS = {
    "RESTRICTED_BIZ_INITIATED_MESSAGING": "a Meta proibiu a conta de iniciar conversas",
    "RESTRICTED_CUSTOMER_INITIATED_MESSAGING": "a Meta proibiu a conta de responder a conversas",
}
"""Restrictions that stop messages; others, such as on adding numbers, do not."""


def language_of(value: object) -> str:
    """A template's language as Meta lists it: webhooks also write en-US for en_US."""
    return text_of(value).replace("-", "_")


def reason_of(value: object) -> str | None:
    """Meta's reason; None for NONE."""
    text = text_of(value).strip()
    return None if text in ("", "NONE") else text[:500]


def template_news(field: str, value: JSON) -> TemplateNews | None:
    """What a change of `field` says of a template; None when it says nothing of one that matters."""
    if field == "message_template_status_update":
        return _verdict(value)
    return _category(value) if field == "template_category_update" else None


def account_news(field: str, value: JSON) -> AccountNews | None:
    """Whether the account can send, by a change of `field`; None when it says nothing of that.

    A partner's events are left alone: they come to the partner's own account, about those of its customers.
    """
    if field == "account_update":
        return _account(value)
    if field == "account_review_update" and value.get("decision") == "REJECTED":
        return {"state": "disconnected", "reason": "a Meta recusou a conta do WhatsApp Business na revisão"}
    return None


def _named(value: JSON) -> TemplateNews | None:
    name, language = id_of(value.get("message_template_name")), language_of(value.get("message_template_language"))
    return {"name": name, "language": language} if name and language else None


def _verdict(value: JSON) -> TemplateNews | None:
    found, status = _named(value), STATUSES.get(text_of(value.get("event")).upper())
    if found is None or status is None:
        return None
    found["status"] = status
    found["reason"] = None if status == "approved" else _why(value)
    category = text_of(value.get("message_template_category")).lower()
    if category in CATEGORIES:
        found["category"] = category
    return found


def _why(value: JSON) -> str | None:
    """The code and, where Meta gives one, the sentence."""
    sentences = (
        text_of(object_of(value.get("rejection_info")).get("reason")),
        text_of(object_of(value.get("other_info")).get("description")),
    )
    parts = [reason_of(value.get("reason")), *sentences]
    return ": ".join(part for part in parts if part)[:500] or None


def _category(value: JSON) -> TemplateNews | None:
    """The new category. An announced one, `correct_category`, is not in force yet."""
    found, category = _named(value), text_of(value.get("new_category")).lower()
    if found is None or category not in CATEGORIES or "correct_category" in value:
        return None
    found["category"] = category
    return found


def _account(value: JSON) -> AccountNews | None:
    event = text_of(value.get("event"))
    known = ACCOUNT_EVENTS.get(event)
    if event == "DISABLED_UPDATE":
        states = object_of(value.get("ban_info")).get("waba_ban_state")
        # A text; older webhooks have a list of one.
        named = [text_of(state) for state in [states, *list_of(states)]]
        known = next((BANS[state] for state in named if state in BANS), None)
    if event == "ACCOUNT_RESTRICTION":
        kinds = [text_of(object_of(one).get("restriction_type")) for one in list_of(value.get("restriction_info"))]
        reasons = [RESTRICTIONS[kind] for kind in kinds if kind in RESTRICTIONS]
        return {"state": "paused", "reason": "; ".join(dict.fromkeys(reasons))} if reasons else None
    return None if known is None else {"state": known[0], "reason": known[1]}
