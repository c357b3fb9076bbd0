"""Errors as the Graph API words them.

Source: Meta's Cloud API error-code page (12 Dec 2025). Meta says to decide on `code` and `details`; the HTTP statuses
are those of its table.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

# code -> (HTTP status, title). A code that is not here answers 400 with a general title.
KNOWN: dict[int, tuple[int, str]] = {
    0: (401, "AuthException"),
    1: (400, "API Unknown"),
    2: (503, "API Service"),
    3: (500, "API Method"),
    4: (400, "API Too Many Calls"),
    10: (403, "Permission Denied"),
    33: (400, "Parameter value is not valid"),
    100: (400, "Invalid parameter"),
    190: (401, "Access token has expired"),
    200: (403, "API Permission"),
    368: (403, "Temporarily blocked for policies violations"),
    80007: (400, "Rate limit issues"),
    130429: (429, "Rate limit hit"),
    130472: (400, "User's number is part of an experiment"),
    130497: (403, "Business account is restricted from messaging users in this country"),
    131000: (500, "Something went wrong"),
    131005: (403, "Access denied"),
    131008: (400, "Required parameter is missing"),
    131009: (400, "Parameter value is not valid"),
    131016: (500, "Service unavailable"),
    131021: (400, "Recipient cannot be sender"),
    131026: (400, "Message undeliverable"),
    131030: (400, "Recipient phone number not in allowed list"),
    131031: (403, "Account has been locked"),
    131037: (400, "WhatsApp provided number needs display name approval before message can be sent"),
    131042: (400, "Business eligibility payment issue"),
    131045: (500, "Incorrect certificate"),
    131047: (400, "Re-engagement message"),
    131048: (400, "Spam rate limit hit"),
    131049: (400, "This message was not delivered to maintain healthy ecosystem engagement"),
    131050: (400, "User has stopped marketing messages"),
    131051: (400, "Unsupported message type"),
    131052: (400, "Media download error"),
    131053: (400, "Media upload error"),
    131056: (400, "(Business Account, Consumer Account) pair rate limit hit"),
    131057: (500, "Account in maintenance mode"),
    132000: (400, "Template Param Count Mismatch"),
    132001: (404, "Template does not exist"),
    132005: (400, "Template Hydrated Text Too Long"),
    132007: (400, "Template Format Character Policy Violated"),
    132012: (400, "Template Parameter Format Mismatch"),
    132015: (400, "Template is Paused"),
    132016: (400, "Template is Disabled"),
    133004: (503, "Server Temporarily Unavailable"),
    133010: (400, "Phone number not registered"),
    135000: (400, "Generic user error"),
}


@dataclass(slots=True)
class GraphError(Exception):
    """One refusal. `details` is the sentence a person acts on; `http_status` None means the one of Meta's table."""

    code: int
    details: str = ""
    http_status: int | None = None
    message: str | None = None
    subcode: int | None = None
    type: str = "OAuthException"
    fbtrace_id: str = field(default_factory=lambda: "A" + secrets.token_urlsafe(12))

    @property
    def status(self) -> int:
        """The HTTP status that goes with the answer."""
        return self.http_status or KNOWN.get(self.code, (400, ""))[0]

    @property
    def title(self) -> str:
        """The code's title, as status webhooks carry it."""
        return KNOWN.get(self.code, (400, "Generic user error"))[1]

    def answer(self) -> dict[str, Any]:
        """The body of a refused call: `{"error": {"message", "type", "code", "error_data", "fbtrace_id"}}`."""
        error: dict[str, Any] = {
            "message": self.message or f"(#{self.code}) {self.title}",
            "type": self.type,
            "code": self.code,
        }
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        error["fbtrace_id"] = self.fbtrace_id
        return {"error": error}

    def in_status(self) -> dict[str, Any]:
        """The same error as an item of `statuses[].errors`."""
        return {
            "code": self.code,
            "title": self.title,
            "message": self.message or self.title,
            "error_data": {"details": self.details or self.title},
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        }
