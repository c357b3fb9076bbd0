"""Every reply of a mail server, at every step of the conversation, and what it leads to."""

from __future__ import annotations

import pytest

from renum.channels.smtp_errors import ACTIONS, EVERYWHERE, Step, action, send_error

STEPS: tuple[Step, ...] = ("greeting", "sign_in", "sender", "recipient", "message")

BY_STEP: dict[Step, dict[tuple[str, bool, str], list[int]]] = {
    "greeting": {
        ("throttled", True, "account"): [421],
        ("failed", False, "account"): [521, 550, 554, 599],
        ("failed", True, "account"): [450, 499],
    },
    "sign_in": {
        ("failed", False, "account"): [432, 500, 501, 502, 503, 504, 530, 534, 535, 538, 550, 553, 554, 599],
        ("failed", True, "account"): [450, 454],
        ("throttled", True, "account"): [421],
    },
    "sender": {
        ("throttled", True, "account"): [421, 450, 451, 452],
        ("failed", False, "account"): [432, 501, 530, 534, 535, 538, 550, 551, 553],
        ("failed", False, "message"): [552, 554, 555, 599],
        ("failed", True, "account"): [454, 499],
    },
    "recipient": {
        ("throttled", True, "recipient"): [450, 451],
        ("throttled", True, "account"): [421],
        ("failed", True, "recipient"): [452],
        ("failed", True, "account"): [454],
        ("failed", True, "message"): [499],
        ("failed", False, "recipient"): [501, 521, 550, 551, 553, 556],
        ("failed", False, "message"): [552, 554, 599],
        ("failed", False, "account"): [432, 530, 534, 535, 538],
    },
    "message": {
        ("failed", True, "message"): [450, 451, 499],
        ("throttled", True, "account"): [421, 452],
        ("failed", True, "account"): [454],
        ("failed", False, "message"): [550, 551, 552, 553, 554, 599],
        ("failed", False, "account"): [432, 530, 534, 535, 538],
    },
}
CASES = [(step, code, *key) for step, table in BY_STEP.items() for key, codes in table.items() for code in codes]


@pytest.mark.parametrize(("step", "code", "outcome", "retryable", "scope"), CASES)
def test_a_reply_leads_to_its_action(step: Step, code: int, outcome: str, retryable: bool, scope: str) -> None:
    """The code and the step decide; the text is kept for people, on one line."""
    error = send_error(step, code, "5.1.1\nNo such user")
    assert (error.code, error.outcome, error.retryable, error.scope) == (str(code), outcome, retryable, scope)
    assert error.message == "5.1.1 No such user"
    assert (error.retry_after_ms is not None) == (outcome == "throttled")


def test_no_code_is_in_a_table_without_a_case() -> None:
    """A code added to a table needs its line here."""
    tried = {(step, code) for step, code, *_ in CASES}
    assert {(step, code) for step, table in ACTIONS.items() for code in table} <= tried
    assert set(EVERYWHERE) <= {code for _, code in tried}
    assert all(action(step, 421).outcome == "throttled" for step in STEPS)


def test_what_is_no_reply_at_all_is_told_apart() -> None:
    """Before the message: another try. After it: it may have been taken."""
    assert (send_error("greeting", -1, "HTTP/1.1 400").outcome, send_error("greeting", -1, "x").retryable) == (
        "failed",
        True,
    )
    assert send_error("message", -1, "?").outcome == "unknown"
