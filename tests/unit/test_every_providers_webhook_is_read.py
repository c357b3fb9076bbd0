"""Every recorded webhook of Twilio, Evolution API, Z-API and Zenvia becomes what is written down here by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from renum.channels import channel
from renum.errors import RequestError
from renum.shapes import Event
from tests.gateways import FOLDER, account, files, post

WA, LID, SMS = "wa:551187654321", "lid:212345678901234", "tel:+5511987654321"
BOTH = f"{WA} {LID}"
HEARD: dict[str, list[tuple[str, ...]]] = {
    "twilio/whatsapp_text.form": [("message", "text", "Dou nota 8, tá ótimo 👍", f"{WA} bsuid:BR.1502")],
    "twilio/whatsapp_bsuid_only.form": [("message", "text", "oi", "bsuid:BR.1502")],
    "twilio/whatsapp_button.form": [("message", "button", "Sim", WA, f"re:SM{900:032x}")],
    "twilio/whatsapp_list.form": [("message", "list", "Loja", WA)],
    "twilio/whatsapp_location.form": [("message", "location", "", WA)],
    "twilio/whatsapp_two_images.form": [
        ("message", "image", "a fachada", WA, f"file:ME{1:032x}"),
        ("message", "document", "", WA, f"file:ME{2:032x}"),
    ],
    "twilio/whatsapp_voice.form": [("message", "audio", "", WA, f"file:ME{3:032x}")],
    "twilio/sms_text.form": [("message", "text", "8", SMS)],
    "twilio/sms_stop.form": [("opt_out", SMS)],
    "twilio/sms_start.form": [("opt_in", SMS)],
    "twilio/sms_help.form": [("other", "help")],
    "twilio/sms_short_code.form": [("other", "sender")],
    "twilio/sms_word_as_sender.form": [("other", "sender")],
    "twilio/own_number.form": [("other", "echo")],
    "twilio/other_number.form": [("message", "text", "oi", SMS, "at:+551130009999")],
    "twilio/status_queued.form": [("status", "queued")],
    "twilio/status_sent.form": [("status", "sent")],
    "twilio/status_delivered.form": [("status", "delivered")],
    "twilio/status_read.form": [("status", "read")],
    "twilio/status_undelivered_window.form": [("status", "failed", "63016/message")],
    "twilio/status_failed_opted_out.form": [("status", "failed", "21610/recipient")],
    "twilio/status_failed_without_code.form": [("status", "failed", "unknown/message")],
    "twilio/status_canceled.form": [("status", "failed", "unknown/message")],
    "twilio/no_sid.form": [("other", "unknown")],
    "twilio/debugger.json": [("other", "json")],
    "evolution/text.json": [("message", "text", "Dou nota 8", WA)],
    "evolution/text_extended_old.json": [("message", "text", "Dou nota 9", WA, "re:3EB0AA")],
    "evolution/text_lid_with_number.json": [("message", "text", "oi", BOTH)],
    "evolution/text_lid_only.json": [("message", "text", "oi", LID)],
    "evolution/text_lid_with_number_old.json": [("message", "text", "oi", BOTH)],
    "evolution/text_number_with_lid.json": [("message", "text", "oi", BOTH)],
    "evolution/image.json": [("message", "image", "a fachada", WA)],
    "evolution/voice.json": [("message", "audio", "", WA)],
    "evolution/document_with_caption_old.json": [("message", "document", "segue a nota", WA)],
    "evolution/ephemeral.json": [("message", "text", "some em 7 dias", WA)],
    "evolution/buttons_response.json": [("message", "button", "Sim", WA, "re:3EB0AB")],
    "evolution/list_response.json": [("message", "list", "Loja", WA)],
    "evolution/reaction.json": [("message", "reaction", "👍", WA)],
    "evolution/location.json": [("message", "location", "", WA)],
    "evolution/revoke.json": [("message", "revoke", "", WA, "amends:3EB001")],
    "evolution/edit.json": [("message", "edit", "Dou nota 7", WA, "amends:3EB001")],
    "evolution/unsupported.json": [("message", "unsupported", "", WA)],
    "evolution/not_decrypted.json": [("other", "messages.upsert")],
    "evolution/setting.json": [("other", "messages.upsert")],
    "evolution/keys_only.json": [("other", "messages.upsert")],
    "evolution/echo.json": [("other", "echo")],
    "evolution/send_message.json": [("other", "echo")],
    "evolution/group.json": [("other", "messages.upsert")],
    "evolution/broadcast.json": [("other", "messages.upsert")],
    "evolution/newsletter.json": [("other", "messages.upsert")],
    "evolution/other_instance.json": [("message", "text", "oi", WA, "at:outra")],
    "evolution/upsert_list_old.json": [("message", "text", "a", WA), ("message", "text", "b", WA)],
    "evolution/update_pending.json": [("status", "pending")],
    "evolution/update_server_ack.json": [("status", "sent")],
    "evolution/update_delivery_ack.json": [("status", "delivered")],
    "evolution/update_read.json": [("status", "read")],
    "evolution/update_played.json": [("status", "played")],
    "evolution/update_error.json": [("status", "failed", "error/message")],
    "evolution/update_nested.json": [("status", "delivered")],
    "evolution/update_of_theirs.json": [("other", "messages.update")],
    "evolution/update_wrong_shape.json": [("other", "messages.update")],
    "evolution/delete.json": [("message", "revoke", "", WA, "amends:3EB001")],
    "evolution/connection_open.json": [("account", "connected")],
    "evolution/connection_close.json": [("account", "disconnected", "401")],
    "evolution/connection_connecting.json": [("other", "connection.update")],
    "evolution/qrcode.json": [("other", "qrcode.updated")],
    "evolution/without_data.json": [("other", "application.startup")],
    "zapi/text.json": [("message", "text", "Dou nota 8", BOTH)],
    "zapi/text_lid_only.json": [("message", "text", "oi", LID)],
    "zapi/reply.json": [("message", "text", "sim", BOTH, "re:3EB0AA")],
    "zapi/image.json": [("message", "image", "a fachada", BOTH)],
    "zapi/audio.json": [("message", "audio", "", BOTH)],
    "zapi/document.json": [("message", "document", "nota.pdf", BOTH)],
    "zapi/button.json": [("message", "button", "Sim", BOTH)],
    "zapi/list.json": [("message", "list", "Loja", BOTH)],
    "zapi/reaction.json": [("message", "reaction", "👍", BOTH)],
    "zapi/edit.json": [("message", "edit", "Dou nota 7", BOTH, "amends:3EB110")],
    "zapi/poll.json": [("message", "unsupported", "", BOTH)],
    "zapi/waiting.json": [("other", "ReceivedCallback")],
    "zapi/missed_call.json": [("other", "ReceivedCallback")],
    "zapi/echo.json": [("other", "echo")],
    "zapi/group.json": [("other", "ReceivedCallback")],
    "zapi/newsletter.json": [("other", "ReceivedCallback")],
    "zapi/other_instance.json": [("message", "text", "oi", BOTH, "at:3C99")],
    "zapi/status_sent.json": [("status", "sent")],
    "zapi/status_received.json": [("status", "delivered")],
    "zapi/status_read.json": [("status", "read")],
    "zapi/status_played.json": [("status", "played")],
    "zapi/status_read_by_me.json": [("other", "MessageStatusCallback")],
    "zapi/status_two.json": [("status", "read"), ("status", "read")],
    "zapi/status_group.json": [("other", "MessageStatusCallback")],
    "zapi/delivery.json": [("status", "sent")],
    "zapi/delivery_error.json": [("status", "failed", "not_on_whatsapp/recipient")],
    "zapi/connected.json": [("account", "connected")],
    "zapi/disconnected.json": [("account", "disconnected", "Device has been disconnected")],
    "zapi/presence.json": [("other", "PresenceChatCallback")],
    "zenvia/text.json": [("message", "text", "Dou nota 8", SMS)],
    "zenvia/two_texts.json": [("message", "text", "Dou nota 8\ne volto", SMS)],
    "zenvia/file.json": [("message", "document", "", SMS)],
    "zenvia/other_number.json": [("message", "text", "oi", SMS, "at:551139999999")],
    "zenvia/own_number.json": [("other", "echo")],
    "zenvia/echo.json": [("other", "echo")],
    "zenvia/short_code.json": [("other", "MESSAGE")],
    "zenvia/status_sent.json": [("status", "sent")],
    "zenvia/status_delivered.json": [("status", "delivered")],
    "zenvia/status_read.json": [("status", "read")],
    "zenvia/status_verified.json": [("status", "delivered")],
    "zenvia/status_deleted.json": [("other", "MESSAGE_STATUS")],
    "zenvia/status_clicked.json": [("other", "MESSAGE_STATUS")],
    "zenvia/status_rejected.json": [("status", "failed", "4/message")],
    "zenvia/status_not_delivered.json": [("status", "failed", "NOT_DELIVERED/recipient")],
}


def _who(event: Event) -> str:
    names = {"wa_id": "wa", "lid": "lid", "phone": "tel", "bsuid": "bsuid"}
    given: Any = event.get("sender", {})
    return " ".join(f"{short}:{given[name]}" for name, short in names.items() if given.get(name))


def told(event: Event) -> tuple[str, ...]:
    """An event in short."""
    kind, number = event["kind"], (f"at:{event['number']}",) if event["number"] else ()
    if kind == "message":
        body = event["message"]
        more: tuple[str, ...] = (f"re:{body['reply_to']}",) if body["reply_to"] else ()
        more += (f"amends:{body['amends']}",) if "amends" in body else ()
        more += (f"file:{body['media']['id']}",) if "media" in body else ()
        return (kind, body["type"], body["text"], _who(event), *more, *number)
    if kind == "status":
        error = event["status"]["error"]
        return (kind, event["status"]["status"], *((f"{error['code']}/{error['scope']}",) if error else ()), *number)
    if kind == "account":
        reason = event["account"]["reason"]
        return (kind, event["account"]["state"], *((reason,) if reason and reason != "200" else ()))
    return (kind, event["field"] if kind == "other" else _who(event))


def read(path: Path) -> list[Event]:
    """The events of a recorded body."""
    provider = path.parent.name
    return channel(provider).parse(post(path.read_bytes()), account(provider))


def test_every_recorded_webhook_is_written_down() -> None:
    recorded = {
        f"{path.parent.name}/{path.name}" for name in FOLDER.iterdir() if name.is_dir() for path in files(name.name)
    }
    assert recorded == set(HEARD)


@pytest.mark.parametrize("name", HEARD)
def test_a_recorded_webhook_is_what_is_written_down(name: str) -> None:
    """Each item under its own key, storable as jsonb, and the same key when it is sent again."""
    events = read(FOLDER / name)
    assert [told(event) for event in events] == HEARD[name]
    keys = [event["provider_id"] for event in events]
    assert len(set(keys)) == len(keys)
    assert all(keys)
    assert [event["provider_id"] for event in read(FOLDER / name)] == keys
    json.dumps(events, allow_nan=False).encode()


@pytest.mark.parametrize("path", files("evolution"), ids=lambda path: path.name)
def test_evolutions_own_key_and_its_files_are_not_kept(path: Path) -> None:
    """Some versions put the instance's key, and the file itself, into every webhook."""
    kept = json.dumps(read(path))
    assert "INSTANCE-KEY" not in kept
    assert '"base64"' not in kept
    assert "jpegThumbnail" not in kept


def test_twilios_callback_carries_our_own_id() -> None:
    """It is in the address that Twilio was given, under its signature."""
    body = (FOLDER / "twilio" / "status_delivered.form").read_bytes()
    url = "https://renum.example/whatsapp_webhook/1?delivery=6f0c2d0e-0000-4000-8000-000000000009"
    (event,) = channel("twilio").parse(post(body, url), account("twilio"))
    assert event["status"]["reference"] == "6f0c2d0e-0000-4000-8000-000000000009"


def test_a_messaging_service_sends_from_any_of_its_numbers() -> None:
    """Then the number that a status names is not held against it."""
    body = (FOLDER / "twilio" / "other_number.form").read_bytes()
    pooled = account("twilio", config={"messaging_service_sid": "MG1"})
    (event,) = channel("twilio").parse(post(body), pooled)
    assert event["number"] is None


@pytest.mark.parametrize("provider", ["evolution", "zapi", "zenvia"])
@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b"7", b'"x"', b"<html>", b"\xff\xfe", b"[" * 5000])
def test_what_is_no_envelope_is_refused(provider: str, body: bytes) -> None:
    with pytest.raises(RequestError) as refused:
        channel(provider).parse(post(body), account(provider))
    assert refused.value.status == 400


@pytest.mark.parametrize("body", [b"", b"&&&", b"&".join(b"a=1" for _ in range(2000))])
def test_what_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(RequestError) as refused:
        channel("twilio").parse(post(body), account("twilio"))
    assert (refused.value.status, refused.value.code) == (400, "not_a_form")


def test_a_connection_that_opens_again_another_day_is_news() -> None:
    """The same state at another time has another key."""
    body = json.loads((FOLDER / "evolution" / "connection_open.json").read_bytes())
    keys = set()
    for day in (22, 23):
        body["date_time"] = f"2026-11-{day}T18:30:00.000Z"
        (event,) = channel("evolution").parse(post(json.dumps(body).encode()), account("evolution"))
        keys.add(event["provider_id"])
    assert len(keys) == 2


@pytest.mark.parametrize("given", ["212345678901234@lid", "212345678901234"])
def test_a_lid_is_nobodys_number_however_it_is_written(given: str) -> None:
    """With its domain and without."""
    body = json.loads((FOLDER / "evolution" / "text_number_with_lid.json").read_bytes())
    body["data"]["key"] |= {"remoteJid": "212345678901234@lid", "senderLid": given}
    (event,) = channel("evolution").parse(post(json.dumps(body).encode()), account("evolution"))
    assert _who(event) == LID
