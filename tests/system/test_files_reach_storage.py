"""What leads send lies in Storage: fetched by a queued task, checked, and readable by the client's people only."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from devstack.demo.access import Row, rows, token_of
from tests.stack import Stack, until
from tests.system.survey import Lead, Survey, open_survey

FOUND = "select m.* from public.media as m where m.lead_id = %s order by m.created_at"


@pytest.fixture(scope="module")
def gallery(stack: Stack, admin: Any) -> Survey:
    """A client whose leads send files; what becomes of some of them is meant to go wrong."""
    return open_survey(stack, admin, "Galeria Norte", owner_phone="+5511965430021")


@pytest.fixture
def lead(gallery: Survey) -> Lead:
    """A lead whose invitation has arrived."""
    return gallery.invited(1)[0]


@pytest.fixture(autouse=True)
def quick_retries(stack: Stack) -> Iterator[None]:
    """Nobody waits half a minute for the third retry."""
    with stack.setting("retry_after_s", [1, 1, 1]):
        yield


def send(lead: Lead, content: bytes | None = None, kind: str = "image", **options: Any) -> None:
    """The lead sends a file."""
    number = lead.survey.number.phone_number_id
    lead.stack.simulator.say_file(lead.phone, kind, content, phone_number_id=number, **options)


def ended(lead: Lead) -> Row:
    """The row of the lead's only file, once nothing more will happen to it."""
    row: Row = until(
        lambda: next((row for row in lead.stack.rows(FOUND, lead.id) if row["status"] != "waiting"), None),
        30,
        "an end for the file",
    )
    assert row["task_id"] is None
    assert row["claim"] is None
    return row


def read(survey: Survey, path: str, *, token: str | None = None, key: str = "", way: str = "object") -> httpx.Response:
    """A file as whoever holds `token` gets it."""
    access = survey.stack.access
    headers = {"apikey": key or access.publishable_key}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return survey.stack.http.get(f"{access.url}/storage/v1/{way}/media/{path}", headers=headers)


def test_an_image_lies_in_storage_with_its_bytes(gallery: Survey, florist: Survey, lead: Lead) -> None:
    """The owner reads it, as supabase-js and as supabase-py do; another client, a stranger and the functions' own key
    do not."""
    content = secrets.token_bytes(300_000)
    send(lead, content, caption="a fachada", mime_type="image/png")
    row = ended(lead)
    assert (row["status"], row["size"], row["mime_type"]) == ("stored", len(content), "image/png")
    assert row["sha256"] == hashlib.sha256(content).hexdigest()
    assert row["storage_path"] == f"{gallery.client_id}/{lead.id}/{row['id']}"
    for way in ("object", "object/authenticated"):
        answer = read(gallery, row["storage_path"], token=gallery.token, way=way)
        assert (answer.status_code, answer.content) == (200, content)
        assert answer.headers["content-type"] == "image/png"
    assert gallery.owner.storage.from_("media").download(row["storage_path"]) == content
    strangers = [
        read(gallery, row["storage_path"], token=florist.token),
        read(gallery, row["storage_path"]),
        read(gallery, row["storage_path"], way="object/public"),
        read(gallery, row["storage_path"], token=gallery.stack.environment["RENUM_STORAGE_KEY"]),
        read(gallery, row["storage_path"], token=gallery.stack.environment["RENUM_WORKER_KEY"]),
    ]
    assert [(answer.status_code, content in answer.content) for answer in strangers] == [(400, False)] * 5
    seen = [
        client.table("media").select("id").eq("id", str(row["id"])).execute().data
        for client in (gallery.owner, florist.owner)
    ]
    assert [len(rows) for rows in seen] == [1, 0]


def test_an_audio_is_stored_and_answered(lead: Lead) -> None:
    """In the middle of an interview: the file is kept, the reply says that text is needed and asks again."""
    lead.ask("sim")
    lead.stack.simulator.say_audio(lead.phone, phone_number_id=lead.survey.number.phone_number_id)
    reply = lead.hear()
    assert "só consigo ler mensagens de texto" in reply
    assert "nota você dá" in reply
    row = ended(lead)
    assert (row["status"], row["type"], row["mime_type"]) == ("stored", "audio", "audio/ogg; codecs=opus")
    assert row["message_kind"] == "interview_messages"
    (message,) = [message for message in lead.said() if message["metadata"]["type"] == "audio"]
    assert message["metadata"]["payload"]["id"] == row["provider_media_id"]


@pytest.mark.parametrize(
    ("trouble", "code", "attempts"),
    [
        ({"missing": True}, "gone", 1),
        ({"url": "https://example.com/file"}, "foreign_url", 1),
        ({"url": "https://lookaside.fbsbx.com@127.0.0.1/file"}, "foreign_url", 1),
        ({"sha256": "0" * 64}, "sha256_mismatch", 4),
        ({"stale": True}, "url_expired", 4),
    ],
    ids=lambda trouble: next(iter(trouble)) if isinstance(trouble, dict) else None,
)
def test_a_file_that_cannot_be_had_says_why(lead: Lead, trouble: Row, code: str, attempts: int) -> None:
    """Permanent trouble at once, what may pass after 1 + 3 attempts: failed, with a dead letter, and the interview
    goes on."""
    send(lead, b"x" * 1000, **trouble)
    row = ended(lead)
    assert (row["status"], row["error"]["code"], row["attempts"]) == ("failed", code, attempts)
    assert row["storage_path"] is None
    letters = lead.stack.rows(
        "select task, queue, status::text, error ->> 'code' as code from public.failed_tasks where task_row_id = %s",
        row["id"],
    )
    assert letters == [{"task": "media", "queue": "default", "status": "dead", "code": code}]
    lead.hear()
    assert "nota" in lead.ask("sim")


def test_an_address_that_expired_is_asked_for_anew(lead: Lead) -> None:
    """The second attempt gets a fresh one."""
    send(lead, b"abc", stale=1)
    row = ended(lead)
    assert (row["status"], row["attempts"], row["size"]) == ("stored", 2, 3)
    assert row["error"] is None


def test_a_file_that_is_too_large_is_not_fetched(stack: Stack, lead: Lead) -> None:
    """The setting bounds it; nothing of it reaches Storage."""
    with stack.setting("media_max_bytes", 1000):
        send(lead, b"x" * 1001)
        row = ended(lead)
    assert (row["status"], row["error"]["code"]) == ("failed", "too_large")
    assert stack.value("select count(*) from storage.objects where name like %s", f"%{row['id']}") == 0


def test_a_file_the_provider_has_deleted_is_expired(stack: Stack, lead: Lead) -> None:
    """Said late, by a webhook that was repeated for days: no attempt, no dead letter, but a reason."""
    send(lead, b"x", timestamp="1600000000")
    row = ended(lead)
    assert (row["status"], row["attempts"], row["error"]["code"]) == ("expired", 0, "expired")
    assert stack.value("select count(*) from public.failed_tasks where task_row_id = %s", row["id"]) == 0


def _status(survey: Survey) -> str:
    found = survey.owner.table("channel_accounts").select("status").eq("id", survey.number.channel_account_id)
    return str(rows(found.execute())[0]["status"])


def test_a_wrong_token_is_mended_and_the_file_comes_after_all(gallery: Survey, stack: Stack, lead: Lead) -> None:
    """Refused once and for all; replayed when the token is right again, it is stored and the letter resolved."""
    number = gallery.number.phone_number_id
    stack.simulator.change_number(number, access_token="another")
    try:
        send(lead, b"abc")
        row = ended(lead)
        until(lambda: _status(gallery) == "paused", what="the account stopped: its reply was refused, too")
    finally:
        stack.simulator.change_number(number, access_token=gallery.secrets["access_token"])
        account = gallery.owner.table("channel_accounts").update({"status": "active"})
        account.eq("id", gallery.number.channel_account_id).execute()
    assert (row["status"], row["error"]["code"], row["attempts"]) == ("failed", "190", 1)
    assert gallery.secrets["access_token"] not in str(row)
    letter = str(stack.value("select id from public.failed_tasks where task_row_id = %s", row["id"]))
    gallery.owner.rpc("replay_failed_task", {"failed_task_id": letter}).execute()
    again = until(lambda: [r for r in stack.rows(FOUND, lead.id) if r["status"] == "stored"], what="the file")[0]
    assert read(gallery, again["storage_path"], token=token_of(gallery.owner)).content == b"abc"
    assert stack.value("select status::text from public.failed_tasks where id = %s", letter) == "resolved"


def test_nobody_puts_a_file_where_none_is_awaited(gallery: Survey, stack: Stack, lead: Lead) -> None:
    """Not with the functions' key, which adds only what is being fetched just now, and not as a person."""
    send(lead, b"abc")
    path = ended(lead)["storage_path"]
    access = stack.access
    for token in (stack.environment["RENUM_STORAGE_KEY"], gallery.token, stack.environment["RENUM_WORKER_KEY"]):
        for where in (f"media/{path}x", f"media/{gallery.client_id}/x/y", f"media/{path}"):
            answer = stack.http.post(
                f"{access.url}/storage/v1/object/{where}",
                headers={"apikey": access.publishable_key, "Authorization": f"Bearer {token}"},
                content=b"forged",
            )
            assert answer.status_code == 400, where
            assert answer.json()["statusCode"] in ("403", "409"), where
    assert read(gallery, path, token=gallery.token).content == b"abc"


def test_without_a_bucket_the_reference_is_kept(stack: Stack, lead: Lead) -> None:
    """Nothing is fetched where Storage is not configured, and nothing waits for it."""
    with stack.setting("media_bucket", None):
        send(lead, b"abc")
        row = ended(lead)
    assert (row["status"], row["error"], row["attempts"]) == ("kept", None, 0)
    assert row["provider_media_id"]
    assert row["fetch_before"] > row["created_at"]
