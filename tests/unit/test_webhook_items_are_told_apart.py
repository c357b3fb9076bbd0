"""What one webhook item becomes: who wrote, what they said, when, and what is kept raw."""

from __future__ import annotations

import json
from typing import Any

import pytest

from renum.channels.whatsapp_cloud_parse import parse
from renum.errors import RequestError
from renum.shapes import Event


def envelope(value: Any, field: str = "messages") -> bytes:
    """A webhook with one change."""
    full = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "551130000000", "phone_number_id": "1000"},
    }
    body = {**full, **value} if isinstance(value, dict) else value
    return json.dumps(
        {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": field, "value": body}]}]}
    ).encode()


def message(**more: Any) -> dict[str, Any]:
    """A text message with `more` in it."""
    return {
        "from": "5511999990000",
        "id": "wamid.1",
        "timestamp": "1763740800",
        "type": "text",
        "text": {"body": "oi"},
        **more,
    }


def read(**more: Any) -> Event:
    """The event that one message becomes."""
    (event,) = parse(envelope({"messages": [message(**more)]}))
    return event


def typed(kind: str, body: Any) -> Event:
    """The event of a message of type `kind`."""
    item = {"from": "5511999990000", "id": "wamid.1", "timestamp": "1763740800", "type": kind, kind: body}
    (event,) = parse(envelope({"messages": [item]}))
    return event


@pytest.mark.parametrize(
    ("kind", "body", "read_as", "text"),
    [
        ("text", {"body": "8"}, "text", "8"),
        ("button", {"text": "Sim", "payload": "p"}, "button", "Sim"),
        ("interactive", {"type": "button_reply", "button_reply": {"id": "1", "title": "Não"}}, "button", "Não"),
        ("interactive", {"type": "list_reply", "list_reply": {"id": "1", "title": "Loja"}}, "list", "Loja"),
        ("interactive", {"type": "nfm_reply", "nfm_reply": {"body": "Sent", "response_json": "{"}}, "flow", ""),
        ("interactive", {"type": "call_permission_reply", "call_permission_reply": {}}, "call_permission_reply", ""),
        ("reaction", {"message_id": "wamid.0", "emoji": "👍"}, "reaction", "👍"),
        ("reaction", {"message_id": "wamid.0"}, "reaction", ""),
        ("image", {"id": "9", "caption": "a fila"}, "image", "a fila"),
        ("audio", {"id": "9", "voice": True}, "audio", ""),
        ("sticker", {"id": "9"}, "sticker", ""),
        ("location", {"latitude": 1.0, "longitude": 2.0}, "location", ""),
        ("contacts", [{"name": {"formatted_name": "Bia"}}], "contacts", ""),
        ("order", {"text": "dois pães", "product_items": []}, "order", "dois pães"),
        ("edit", {"original_message_id": "w", "message": {"type": "text", "text": {"body": "9"}}}, "edit", "9"),
        ("revoke", {"original_message_id": "w"}, "revoke", ""),
        ("system", {"type": "user_changed_number", "body": "A changed"}, "system", ""),
        ("text", {"body": 8}, "text", "8"),
        ("text", {"body": None}, "text", ""),
        ("text", None, "text", ""),
        ("text", "8", "text", ""),
        ("hologram", {"x": 1}, "hologram", ""),
    ],
)
def test_type_and_text_are_what_the_lead_said(kind: str, body: Any, read_as: str, text: str) -> None:
    """What can be read is text, everything else is payload; nothing raises."""
    event = typed(kind, body)
    assert (event["message"]["type"], event["message"]["text"]) == (read_as, text)
    assert event["raw"][kind] == body


def test_a_media_reference_is_kept() -> None:
    """Whoever fetches the file needs its id and type in time."""
    assert typed("audio", {"id": "9", "mime_type": "audio/ogg"})["message"]["payload"] == {
        "id": "9",
        "mime_type": "audio/ogg",
    }


def test_a_file_is_described_for_whoever_fetches_it() -> None:
    """Id, name, type, digest and for how long the provider keeps it; a message without a file has none."""
    body = {
        "id": "9",
        "mime_type": "application/pdf",
        "sha256": "ab",
        "filename": "Orçamento.pdf",
        "url": "https://x/y",
    }
    assert typed("document", body)["message"]["media"] == {
        "type": "document",
        "id": "9",
        "url": "https://x/y",
        "mime_type": "application/pdf",
        "file_name": "Orçamento.pdf",
        "sha256": "ab",
        "keeps_s": 7 * 86_400,
    }
    edited = {"original_message_id": "w", "message": {"type": "image", "image": {"id": "8", "caption": "a fila"}}}
    assert typed("edit", edited)["message"]["media"]["id"] == "8"
    for kind, without in (("text", {"body": "oi", "id": "9"}), ("image", {"caption": "x"}), ("image", None)):
        assert "media" not in typed(kind, without)["message"]


@pytest.mark.parametrize(
    ("body", "amends"), [({"original_message_id": "w"}, "w"), ({}, None), (None, None), ("w", None)]
)
@pytest.mark.parametrize("kind", ["edit", "revoke"])
def test_an_edit_or_revocation_names_what_it_amends(kind: str, body: Any, amends: str | None) -> None:
    """Where it does not, nothing is amended."""
    assert typed(kind, body)["message"].get("amends") == amends


@pytest.mark.parametrize(
    ("system", "becomes"),
    [
        ({"type": "user_changed_number", "wa_id": "5521"}, None),
        ({"type": "user_changed_number", "wa_id": "552188887777"}, {"wa_id": "552188887777", "bsuid": None}),
        ({"type": "user_changed_number", "new_wa_id": "552188887777"}, {"wa_id": "552188887777", "bsuid": None}),
        (
            {"type": "user_changed_number", "wa_id": "552188887777", "user_id": "BR.2"},
            {"wa_id": "552188887777", "bsuid": "BR.2"},
        ),
        ({"type": "user_changed_user_id", "user_id": "BR.2"}, {"wa_id": None, "bsuid": "BR.2"}),
        ({"type": "customer_identity_changed", "wa_id": "552188887777"}, None),
        ({"type": "user_changed_number", "wa_id": {}}, None),
        (None, None),
    ],
)
def test_a_changed_number_or_id_is_told(system: Any, becomes: Any) -> None:
    """Only what the system message names; a changed security code changes nobody's number."""
    assert typed("system", system).get("becomes") == becomes


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("1763740800", "2025-11-21T16:00:00+00:00"),
        ("1763740800000", "2025-11-21T16:00:00+00:00"),
        (1763740800, "2025-11-21T16:00:00+00:00"),
        ("soon", None),
        ("-5", None),
        ("9" * 400, None),
        (None, None),
        (True, None),
        ({}, None),
    ],
)
def test_a_timestamp_is_seconds_or_milliseconds_or_nothing(stamp: Any, expected: str | None) -> None:
    """Strings, integers, thousandths; what cannot be a moment is none."""
    assert read(timestamp=stamp)["occurred_at"] == expected


def test_a_person_known_only_by_bsuid_is_a_sender() -> None:
    """Since usernames exist, a phone number may be absent."""
    item = {
        "from_user_id": "BR.1",
        "from_parent_user_id": "BR.ENT.2",
        "id": "w",
        "timestamp": "1",
        "type": "text",
        "text": {"body": "8"},
    }
    contact = {"profile": {"name": "Ana", "username": "ana"}, "user_id": "BR.1"}
    (event,) = parse(envelope({"contacts": [contact], "messages": [item]}))
    assert event["sender"] == {
        "wa_id": None,
        "bsuid": "BR.1",
        "parent_bsuid": "BR.ENT.2",
        "name": "Ana",
        "username": "ana",
    }


def test_each_message_gets_its_own_contact() -> None:
    """Several people in one webhook keep their names."""
    contacts = [
        {"profile": {"name": person}, "wa_id": number}
        for person, number in (("Ana", "5511999990001"), ("Bia", "5511999990002"))
    ]
    items = [message(id="a", **{"from": "5511999990002"}), message(id="b", **{"from": "5511999990001"})]
    events = parse(envelope({"contacts": contacts, "messages": items}))
    assert [event["sender"]["name"] for event in events] == ["Bia", "Ana"]


def test_somebody_elses_contact_lends_neither_name_nor_identity() -> None:
    """One contact that names another person must not merge two leads."""
    (event,) = parse(
        envelope(
            {
                "contacts": [{"profile": {"name": "Bia"}, "wa_id": "5521888887777", "user_id": "BR.9"}],
                "messages": [message()],
            }
        )
    )
    assert event["sender"] == {
        "wa_id": "5511999990000",
        "bsuid": None,
        "parent_bsuid": None,
        "name": None,
        "username": None,
    }


def test_a_contact_without_the_ninth_digit_is_the_same_person() -> None:
    """Brazilian ids come with and without it."""
    (event,) = parse(
        envelope(
            {
                "contacts": [{"profile": {"name": "Ana"}, "wa_id": "551199990000", "user_id": "BR.1"}],
                "messages": [message()],
            }
        )
    )
    assert (event["sender"]["wa_id"], event["sender"]["bsuid"], event["sender"]["name"]) == (
        "5511999990000",
        "BR.1",
        "Ana",
    )


def test_a_placeholder_is_no_phone_number() -> None:
    """A sender that cannot be a number has none, and its message is still a message."""
    event = read(**{"from": "<WHATSAPP_USER_PHONE_NUMBER>"})
    assert event["kind"] == "message"
    assert event["sender"]["wa_id"] is None


def test_a_reply_names_what_it_replies_to() -> None:
    """`context.id` is the message replied to."""
    assert read(context={"id": "wamid.0", "from": "1"})["message"]["reply_to"] == "wamid.0"


def test_the_number_the_item_names_is_reported() -> None:
    """SQL decides whether it is the account's."""
    assert read()["number"] == "1000"


def test_a_message_without_an_id_gets_a_stable_one() -> None:
    """The same item, sent again, is the same event; another one is not."""
    body = envelope({"messages": [{key: inner for key, inner in message().items() if key != "id"}]})
    other = envelope({"messages": [{"from": "5511999990000", "type": "text", "text": {"body": "9"}}]})
    assert parse(body)[0]["provider_id"] == parse(body)[0]["provider_id"] != parse(other)[0]["provider_id"]


def test_a_groups_message_is_kept_raw() -> None:
    """A group's members have not been invited to anything."""
    assert read(group_id="g")["kind"] == "other"


def test_statuses_of_one_message_have_different_keys() -> None:
    """sent, delivered and a group member's read are three events."""
    items = [
        {"id": "w", "status": "sent"},
        {"id": "w", "status": "delivered"},
        {"id": "w", "status": "read", "recipient_participant_id": "55"},
    ]
    assert [event["provider_id"] for event in parse(envelope({"statuses": items}))] == [
        "w:sent",
        "w:delivered",
        "w:read:55",
    ]


def test_a_failed_status_carries_its_decision_and_our_reference() -> None:
    """Without `contacts`, as Meta sends it."""
    item = {
        "id": "w",
        "status": "failed",
        "timestamp": "1763740800",
        "biz_opaque_callback_data": "delivery-1",
        "errors": [{"code": 131026, "title": "Message undeliverable", "error_data": {"details": "not on WhatsApp"}}],
    }
    status = parse(envelope({"statuses": [item]}))[0]["status"]
    assert status["reference"] == "delivery-1"
    assert status["error"] == {
        "code": "131026",
        "message": "Message undeliverable — not on WhatsApp",
        "retryable": False,
        "scope": "recipient",
    }


@pytest.mark.parametrize(
    ("word", "kind"), [("stop", "opt_out"), ("resume", "opt_in"), ("signup", "other"), (None, "other")]
)
def test_marketing_preferences_reach_the_lead(word: Any, kind: str) -> None:
    """Stop is an opt-out, resume an opt-in, the rest is kept."""
    item = {"wa_id": "5511999990000", "category": "marketing_messages", "value": word, "timestamp": 1763740800}
    (event,) = parse(envelope({"user_preferences": [item]}, "user_preferences"))
    assert event["kind"] == kind
    if kind != "other":
        assert event["sender"]["wa_id"] == "5511999990000"


@pytest.mark.parametrize("bad", [None, 7, "x", [], {"id": {}}, {"id": "w", "from": [], "type": {}, "text": 3}, {}])
def test_one_bad_item_never_costs_its_neighbours(bad: Any) -> None:
    """The item in the middle is kept raw, those around it are read."""
    events = parse(envelope({"messages": [message(id="a"), bad, message(id="b")]}))
    assert [event["provider_id"] for event in (events[0], events[2])] == ["a", "b"]
    assert len(events) == 3


@pytest.mark.parametrize(
    "value", [None, 7, "x", [], {"messages": None}, {"messages": {"id": 1}}, {"statuses": "x"}, {"contacts": 5}]
)
def test_a_value_of_the_wrong_type_is_kept_raw(value: Any) -> None:
    """Null where an object should be is a 200, not a 5xx."""
    assert [event["kind"] for event in parse(envelope(value))] == ["other"]


def test_the_same_notice_at_another_time_is_another_event() -> None:
    """Two bans are two events; one ban sent twice is one."""

    def notice(time: int) -> str:
        body = {
            "entry": [
                {"id": "1", "time": time, "changes": [{"field": "account_update", "value": {"event": "DISABLED"}}]}
            ]
        }
        return parse(json.dumps(body).encode())[0]["provider_id"]

    assert notice(1) == notice(1) != notice(2)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("a\x00b", "ab"), ("caf\ud83d", "caf\ufffd"), ("👍 ok", "👍 ok"), ("\udc4d", "\ufffd"), ("\x07bell", "\x07bell")],
)
def test_text_is_storable_as_jsonb(sent: str, kept: str) -> None:
    """NUL is dropped, half an emoji replaced, a whole one and other control characters kept."""
    event = read(text={"body": sent})
    assert event["message"]["text"] == kept
    assert event["raw"]["text"]["body"] == kept


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b'{"a": NaN}', b"[" * 100_000, b'{"entry":[]} x', b'{"n": ' + b"9" * 5000 + b"}"]
)
def test_what_is_not_json_is_refused(body: bytes) -> None:
    """400, whatever way it fails to be JSON."""
    with pytest.raises(RequestError) as refused:
        parse(body)
    assert (refused.value.status, refused.value.code) == (400, "not_json")


@pytest.mark.parametrize("body", [b"[]", b"7", b'"x"', b"null", b"{}", b'{"entry": {}}', b'{"entry": null}'])
def test_what_is_no_envelope_is_refused(body: bytes) -> None:
    """400 for JSON that Meta cannot have meant."""
    with pytest.raises(RequestError) as refused:
        parse(body)
    assert (refused.value.status, refused.value.code) == (400, "not_an_envelope")


def test_an_infinite_number_does_not_break_the_batch() -> None:
    """1e999 is JSON, but no number that jsonb or Python's own JSON could hold."""
    body = envelope({"messages": [message()]})[:-1] + b', "x": 1e999}'
    assert json.dumps(parse(body), allow_nan=False)


def test_a_thousand_items_are_read_quickly() -> None:
    """The largest batch Meta sends must leave most of its 400 ms to the database."""
    import time

    body = envelope({"messages": [message(id=f"w{place}", text={"body": "👍" * 40}) for place in range(1000)]})
    started = time.process_time()
    assert len({event["provider_id"] for event in parse(body)}) == 1000
    assert time.process_time() - started < 0.2
