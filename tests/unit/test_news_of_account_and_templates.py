"""What Meta says of an account and its templates: what stops or starts sending is understood, the rest is kept raw."""

from __future__ import annotations

import json
from typing import Any

import pytest

from renum.channels.whatsapp_cloud_parse import parse
from renum.shapes import Event

TEMPLATE = {"message_template_id": 7, "message_template_name": "convite", "message_template_language": "pt_BR"}


def read(field: str, value: Any, waba: str = "100", own: str | None = None) -> Event:
    """The one event of a change."""
    change = {"field": field, "value": value}
    body = {"object": "whatsapp_business_account", "entry": [{"id": waba, "time": 1751247548, "changes": [change]}]}
    (event,) = parse(json.dumps(body).encode(), own)
    return event


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (
            {"event": "APPROVED", "reason": "NONE", "message_template_category": "UTILITY"},
            {"status": "approved", "reason": None, "category": "utility"},
        ),
        ({"event": "REINSTATED"}, {"status": "approved", "reason": None}),
        ({"event": "FLAGGED", "reason": None}, {"status": "approved", "reason": None}),
        (
            {"event": "PAUSED", "other_info": {"title": "FIRST_PAUSE", "description": "Paused for 3 hours."}},
            {"status": "paused", "reason": "Paused for 3 hours."},
        ),
        (
            {"event": "REJECTED", "reason": "INVALID_FORMAT", "rejection_info": {"reason": "Side by side."}},
            {"status": "rejected", "reason": "INVALID_FORMAT: Side by side."},
        ),
        ({"event": "DISABLED", "reason": "ABUSIVE_CONTENT"}, {"status": "disabled", "reason": "ABUSIVE_CONTENT"}),
        ({"event": "PENDING_DELETION"}, {"status": "disabled", "reason": None}),
        ({"event": "IN_APPEAL"}, {"status": "pending", "reason": None}),
    ],
)
def test_a_verdict_is_a_status_with_its_reason(value: Any, verdict: dict[str, Any]) -> None:
    """Under the template's name and language, with the time at which it was given."""
    event = read("message_template_status_update", {**TEMPLATE, **value})
    assert (event["kind"], event["template"]) == ("template", {"name": "convite", "language": "pt_BR", **verdict})
    assert event["occurred_at"] == "2025-06-30T01:39:08+00:00"


def test_a_new_category_is_taken_when_it_holds() -> None:
    """One that is only announced is not; a language in the other spelling is the same."""
    spelled = {**TEMPLATE, "message_template_language": "pt-BR"}
    value = {**spelled, "previous_category": "UTILITY", "new_category": "MARKETING"}
    event = read("template_category_update", value)
    assert event["template"] == {"name": "convite", "language": "pt_BR", "category": "marketing"}
    announced = {**TEMPLATE, "new_category": "UTILITY", "correct_category": "MARKETING"}
    assert read("template_category_update", announced)["kind"] == "other"


@pytest.mark.parametrize(
    ("field", "value", "state"),
    [
        ("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}, "disconnected"),
        ("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": ["DISABLE"]}}, "disconnected"),
        ("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}}, "connected"),
        ("account_update", {"event": "ACCOUNT_DELETED"}, "disconnected"),
        ("account_update", {"event": "ACCOUNT_OFFBOARDED"}, "disconnected"),
        ("account_update", {"event": "ACCOUNT_RECONNECTED"}, "connected"),
        (
            "account_update",
            {
                "event": "ACCOUNT_RESTRICTION",
                "restriction_info": [{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING"}],
            },
            "paused",
        ),
        ("account_review_update", {"decision": "REJECTED"}, "disconnected"),
    ],
)
def test_what_stops_or_starts_the_account_is_understood(field: str, value: Any, state: str) -> None:
    """With a reason in Portuguese for whoever is told of it."""
    event = read(field, value)
    assert (event["kind"], event["account"]["state"]) == ("account", state)
    assert bool(event["account"]["reason"]) == (state != "connected")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "SCHEDULE_FOR_DISABLE"}}),
        ("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": [{"x": 1}]}}),
        ("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": {"x": 1}}}),
        ("account_update", {"event": "DISABLED_UPDATE"}),
        ("account_update", {"event": ["ACCOUNT_DELETED"]}),
        ("account_update", {"event": "ACCOUNT_RESTRICTION", "restriction_info": {"restriction_type": 1}}),
        (
            "account_update",
            {
                "event": "ACCOUNT_RESTRICTION",
                "restriction_info": [{"restriction_type": "RESTRICTED_ADD_PHONE_NUMBER_ACTION"}],
            },
        ),
        ("account_update", {"event": "PARTNER_REMOVED"}),
        ("account_update", {"event": "VERIFIED_ACCOUNT"}),
        ("account_review_update", {"decision": "APPROVED"}),
        ("phone_number_quality_update", {"event": "FLAGGED", "current_limit": "TIER_1K"}),
        ("message_template_status_update", {**TEMPLATE, "event": "SUBLIME"}),
        ("message_template_status_update", {**TEMPLATE, "event": {"x": 1}}),
        ("message_template_status_update", {"event": "PAUSED"}),
        ("template_category_update", {**TEMPLATE, "new_category": 7}),
    ],
)
def test_everything_else_is_kept_raw(field: str, value: Any) -> None:
    """Warnings, news of partners, and what is misshapen."""
    event = read(field, value)
    assert (event["kind"], event["field"], event["raw"]) == ("other", field, value)


def test_news_of_another_business_account_is_not_ours() -> None:
    """An app may serve several: only what names the account's own counts."""
    value = {"event": "ACCOUNT_DELETED"}
    assert read("account_update", value, waba="100", own="100")["kind"] == "account"
    assert read("account_update", value, waba="200", own="100")["kind"] == "other"
