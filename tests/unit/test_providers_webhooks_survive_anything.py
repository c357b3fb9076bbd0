"""Whatever happens to a provider's webhook on its way, reading it ends in events or in a RequestError, never otherwise;
and no lid ever becomes a telephone number."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renum.channels import channel
from renum.errors import RequestError
from renum.shapes import Event
from tests.gateways import account, files, post
from tests.mutations import JSON_VALUES, ODD, mutate

JSONS = ("evolution", "zapi", "zenvia")
BODIES = {provider: [json.loads(path.read_bytes()) for path in files(provider)] for provider in JSONS}
FORMS = [parse_qsl(path.read_text(), keep_blank_values=True) for path in files("twilio") if path.suffix == ".form"]


def read(provider: str, body: bytes) -> list[Event]:
    """The events; none for what is refused with a 400."""
    try:
        events = channel(provider).parse(post(body), account(provider))
    except RequestError as refused:
        if refused.status != 400:
            raise
        return []
    assert events
    for event in events:
        assert event["kind"] in ("message", "status", "opt_out", "opt_in", "account", "other")
        assert event["provider_id"]
        assert isinstance(event["raw"], dict)
    text = json.dumps(events, allow_nan=False, ensure_ascii=False)
    assert "\x00" not in text
    text.encode()
    return events


@pytest.mark.parametrize("provider", JSONS)
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_recorded_webhook_changed_anywhere_is_read(provider: str, data: st.DataObject) -> None:
    payload = mutate(data.draw, data.draw(st.sampled_from(BODIES[provider])))
    read(provider, json.dumps(payload).encode())


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(FORMS),
    st.lists(st.tuples(st.text(max_size=12), st.text(max_size=30)), max_size=4),
    st.dictionaries(st.integers(0, 12), ODD, max_size=3),
)
def test_a_recorded_form_changed_anywhere_is_read(
    fields: list[tuple[str, str]], more: list[tuple[str, str]], changes: dict[int, Any]
) -> None:
    """Values replaced, parameters added before and after."""
    changed = [(key, str(changes.get(n, value))) for n, (key, value) in enumerate(fields)]
    body = urlencode([*more, *changed, *more], errors="surrogatepass")
    read("twilio", body.encode())


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([*JSONS, "twilio"]), JSON_VALUES)
def test_any_json_at_all_is_read_or_refused(provider: str, value: Any) -> None:
    read(provider, json.dumps(value).encode())


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([*JSONS, "twilio"]), st.binary(max_size=300))
def test_any_bytes_at_all_are_read_or_refused(provider: str, body: bytes) -> None:
    read(provider, body)


@pytest.mark.parametrize("provider", ["evolution", "zapi"])
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_digits_of_a_lid_are_never_a_number(provider: str, data: st.DataObject) -> None:
    """In no webhook, however it is changed: what stands before `@lid` is under `lid` or nowhere."""
    payload = mutate(data.draw, data.draw(st.sampled_from(BODIES[provider])))
    for event in read(provider, json.dumps(payload).encode()):
        sender: Any = event.get("sender") or {}
        assert "212345678901234" not in str(sender.get("wa_id"))
        assert not sender.get("phone")
