"""Whatever happens to a webhook's JSON on its way, reading it ends in events or in a RequestError, never otherwise."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from renum.channels.whatsapp_cloud_parse import parse
from renum.errors import RequestError
from renum.shapes import Event
from tests.mutations import JSON_VALUES, mutated


def read(body: bytes) -> list[Event] | int:
    """The events, or the status of the refusal."""
    try:
        return parse(body)
    except RequestError as refused:
        return refused.status


def least(payload: Any) -> int:
    """How many items an envelope holds at least: one for each change, or for an entry that has none to look into."""
    if "entry" not in payload:
        return 1
    changes = [entry.get("changes") if isinstance(entry, dict) else None for entry in payload["entry"]]
    return sum(len(listed) if isinstance(listed, list) else 1 for listed in changes)


@settings(max_examples=400, deadline=None)
@given(mutated())
def test_a_recorded_payload_changed_anywhere_is_read(payload: Any) -> None:
    """Events, each with a kind, a key and something raw, storable as jsonb; or 400 for what is no envelope."""
    events = read(json.dumps(payload).encode())
    if isinstance(events, int):
        assert events == 400
        return
    assert len(events) >= least(payload)
    for event in events:
        assert event["kind"] in ("message", "status", "opt_out", "opt_in", "account", "template", "other")
        assert event["provider_id"]
        assert isinstance(event["raw"], dict)
    text = json.dumps(events, allow_nan=False)
    assert "\\u0000" not in text
    assert json.dumps(events, ensure_ascii=False).encode("utf-8")


@settings(max_examples=200, deadline=None)
@given(JSON_VALUES)
def test_any_json_at_all_is_read_or_refused(value: Any) -> None:
    """As the whole body."""
    events = read(json.dumps(value).encode())
    assert events == 400 or isinstance(events, list)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_at_all_are_read_or_refused(body: bytes) -> None:
    """Also those that are no text."""
    events = read(body)
    assert events == 400 or isinstance(events, list)
