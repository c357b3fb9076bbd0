"""The environment is checked with names, and nothing secret reaches a log line or a stored error."""

from __future__ import annotations

import json
import logging

import pytest

from renum.errors import ConfigurationError, SendError, describe
from renum.log import JsonLines, redact
from renum.settings import from_environment
from tests.unit.doubles import KEY

COMPLETE = {"RENUM_REST_URL": "http://rest/", "RENUM_WORKER_KEY": "jwt", "RENUM_CREDENTIALS_KEY": KEY}


def test_defaults_are_those_of_production() -> None:
    """The real Graph API and the offline model, until told otherwise."""
    made = from_environment(COMPLETE)
    assert (made.rest_url, made.graph_url, made.model) == ("http://rest", "https://graph.facebook.com", "offline")


def test_the_gateways_rest_path_is_the_fallback() -> None:
    """On hosted Supabase there is only the one origin."""
    environment = {name: value for name, value in COMPLETE.items() if name != "RENUM_REST_URL"}
    assert (
        from_environment({**environment, "SUPABASE_URL": "https://x.supabase.co/"}).rest_url
        == "https://x.supabase.co/rest/v1"
    )


@pytest.mark.parametrize("name", COMPLETE)
def test_a_missing_variable_is_named(name: str) -> None:
    """Also when it is there and empty."""
    with pytest.raises(ConfigurationError, match=name):
        from_environment({**COMPLETE, name: ""})


@pytest.mark.parametrize(
    ("name", "value"), [("RENUM_CONCURRENCY", "many"), ("WHATSAPP_GRAPH_VERSION", "23"), ("RENUM_DRAIN_MAX_S", "-1")]
)
def test_an_unusable_variable_is_named_and_not_quoted(name: str, value: str) -> None:
    """The sentence says which; the value might be a secret in the wrong place."""
    with pytest.raises(ConfigurationError, match=name) as refused:
        from_environment({**COMPLETE, name: value})
    assert f"'{value}'" not in str(refused.value)


def test_settings_do_not_print_their_secrets() -> None:
    """A `repr` in a traceback gives nothing away."""
    assert "jwt" not in repr(from_environment(COMPLETE))
    assert KEY not in repr(from_environment(COMPLETE))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("access_token", "x"),
        ("app_secret", "x"),
        ("Authorization", "x"),
        ("x_hub_signature_256", "x"),
        ("apiKey", "x"),
        ("password", "x"),
        ("ciphertext", "x"),
    ],
)
def test_a_secret_is_redacted_by_its_name(name: str, value: str) -> None:
    """Whatever it looks like."""
    assert redact(name, value) == "[redacted]"


@pytest.mark.parametrize(
    "value",
    [
        "Bearer abc.def",
        "sha256=00ff",
        "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoi.c2ln",
        "EAAGm0PX4ZCpsBAKZCz0123456789",
        "sb_secret_1234",
    ],
)
def test_a_secret_is_redacted_by_its_shape(value: str) -> None:
    """Also inside a sentence, a list or a mapping."""
    shown = json.dumps([redact("reason", f"it said {value} here"), redact("all", [{"inner": value}])])
    assert value not in shown
    assert shown.count("[redacted]") == 2


def test_a_line_is_one_json_object_with_sentence_action_and_ids() -> None:
    """What Cloud Logging and grep both read."""
    record = logging.makeLogRecord(
        {
            "levelname": "INFO",
            "msg": "A turn ended.",
            "fields": {"action": "turn.committed", "thread_id": "t", "token": "x"},
        }
    )
    line = json.loads(JsonLines().format(record))
    assert (line["severity"], line["message"], line["action"], line["thread_id"]) == (
        "INFO",
        "A turn ended.",
        "turn.committed",
        "t",
    )
    assert line["token"] == "[redacted]"


def test_a_foreign_exceptions_message_is_not_stored() -> None:
    """It may quote what a lead wrote; the places tell enough."""

    def breaks() -> None:
        raise ValueError("Ana disse: 8")

    with pytest.raises(ValueError, match="Ana") as caught:
        breaks()
    told = describe(caught.value)
    assert "Ana" not in json.dumps(told)
    assert (told["code"], told["message"]) == ("unexpected", "ValueError in breaks")
    assert "in breaks" in told["trace"]


def test_our_own_errors_keep_code_and_sentence() -> None:
    """They are written to be read."""
    told = describe(SendError("131026", "Message undeliverable"))
    assert (told["code"], told["message"]) == ("131026", "Message undeliverable")
