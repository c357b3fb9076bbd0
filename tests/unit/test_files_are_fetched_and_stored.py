"""Fetching a lead's file from the Cloud API and handing it to Storage: every way it can go, on loopback."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from renum import media, storage
from renum.accounts import Account
from renum.channels import whatsapp_cloud_media
from renum.channels.whatsapp_cloud import channel
from renum.errors import MediaError, describe
from renum.settings import Settings
from renum.shapes import Fetched, MediaWork, Task
from tests.unit.doubles import Received, Server, config, free_port_url, server

BYTES = b"\x89PNG" + bytes(range(256)) * 40
DIGEST = hashlib.sha256(BYTES)
TOKEN = "EAAtoken0123456789"


@pytest.fixture
async def graph() -> AsyncIterator[Server]:
    """The Graph API, Meta's host for files, and Storage, in one server."""
    async with server() as double:
        double.answer("123", {"url": f"{double.url}/file", "mime_type": "image/png", "sha256": DIGEST.hexdigest()})
        double.answer("file", web.Response(body=BYTES, content_type="image/png"))
        yield double
    for module in (whatsapp_cloud_media, storage):
        await module._clients.get().aclose()


@pytest.fixture(autouse=True)
def addresses(graph: Server, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Every address is the double's."""
    made = config(graph.url, storage_url=f"{graph.url}/storage", storage_key="files-jwt", publishable_key="public")
    for module in (whatsapp_cloud_media, storage):
        monkeypatch.setattr(module, "settings", lambda: made)
    return made


def work(**more: Any) -> MediaWork:
    """A file to fetch."""
    made: MediaWork = {
        "id": "m1",
        "channel_account_id": "a1",
        "provider_media_id": "123",
        "provider_url": None,
        "mime_type": "image/jpeg",
        "sha256": base64.b64encode(DIGEST.digest()).decode(),
        "bucket": "media",
        "path": "c/l/m1",
        "max_bytes": 20_000,
    }
    made.update(more)  # type: ignore[typeddict-item] # tests name what they change
    return made


def account(**more: Any) -> Account:
    """An account with a token."""
    given = {"credentials": {"access_token": TOKEN}, "problem": None, **more}
    return Account("a1", "c1", "whatsapp", "whatsapp_cloud", "9000", "active", {}, **given)


async def fetch(**more: Any) -> tuple[Fetched, bytes]:
    """The file, fetched."""
    into = io.BytesIO()
    return await channel.fetch(work(**more), account(), into), into.getvalue()


async def refused(**more: Any) -> MediaError:
    """The error that fetching ends in."""
    with pytest.raises(MediaError) as error:
        await fetch(**more)
    return error.value


def header(request: Received, name: str) -> str | None:
    """A header of a request."""
    return request.headers.get(name)


async def test_a_file_is_fetched_in_two_steps_with_the_token(graph: Server) -> None:
    """Its bytes, size, digest and type; both requests say who asks."""
    fetched, content = await fetch()
    assert content == BYTES
    assert fetched == {"size": len(BYTES), "sha256": DIGEST.hexdigest(), "mime_type": "image/png"}
    assert [request.path for request in graph.received] == ["/v23.0/123", "/file"]
    assert {header(request, "Authorization") for request in graph.received} == {f"Bearer {TOKEN}"}
    assert {header(request, "User-Agent") for request in graph.received} == {"renum"}


@pytest.mark.parametrize(
    ("answer", "code", "retryable"),
    [
        (
            web.json_response({"error": {"code": 100, "error_subcode": 33, "message": "no object"}}, status=400),
            "gone",
            False,
        ),
        (web.json_response({}, status=404), "gone", False),
        (web.json_response({"error": {"code": 190, "message": "Invalid token"}}, status=401), "190", False),
        (web.json_response({"error": {"code": 130429, "message": "slow"}}, status=429), "130429", True),
        (web.json_response({"error": {"code": 2, "message": "later"}}, status=503), "2", True),
        (web.Response(text="<html>", status=502), "http_502", True),
        (web.json_response({"mime_type": "image/png"}), "foreign_url", False),
        (web.json_response({"url": "https://example.com/x"}), "foreign_url", False),
        (web.json_response({"url": "http://lookaside.fbsbx.com/x"}), "foreign_url", False),
        (web.json_response({"url": "https://lookaside.fbsbx.com.example.com/x"}), "foreign_url", False),
        (web.json_response({"url": "https://lookaside.fbsbx.com:8443/x"}), "foreign_url", False),
        (web.json_response({"url": "https://a@lookaside.fbsbx.com/x"}), "foreign_url", False),
        (web.json_response({"url": "https://["}), "foreign_url", False),
        (web.json_response({"url": 7}), "foreign_url", False),
        (web.json_response({"url": "http://127.0.0.1/x", "file_size": 20_001}), "too_large", False),
        (web.json_response([1]), "http_200", True),
    ],
)
async def test_an_answer_without_a_usable_address(
    graph: Server, answer: web.Response, code: str, retryable: bool
) -> None:
    """Named, with the decision; and the token went nowhere else."""
    graph.answer("123", answer)
    error = await refused()
    assert (error.code, error.retryable) == (code, retryable)
    assert len(graph.received) == 1


@pytest.mark.parametrize(
    ("answer", "code", "retryable"),
    [
        (web.Response(status=404), "url_expired", True),
        (web.Response(status=403), "http_403", False),
        (web.Response(status=302, headers={"Location": "https://example.com"}), "http_302", False),
        (web.Response(status=500), "http_500", True),
        (web.Response(body=BYTES + b"x"), "sha256_mismatch", True),
        (web.Response(body=b"x" * 20_001), "too_large", False),
    ],
)
async def test_a_download_that_is_no_file(graph: Server, answer: web.Response, code: str, retryable: bool) -> None:
    """Expired, refused, sent elsewhere, another file, too much of it."""
    graph.answer("file", answer)
    error = await refused()
    assert (error.code, error.retryable) == (code, retryable)


async def test_throttling_is_no_attempt(graph: Server) -> None:
    """The error says when to come back, and is stored with that."""
    graph.answer("123", web.json_response({"error": {"code": 130429, "message": "slow down"}}, status=429))
    error = await refused()
    assert (error.retry_after_ms, describe(error)["retry_after_ms"]) == (2000, 2000)
    graph.answer("123", web.json_response({"error": {"code": 2, "message": "later"}}, status=503))
    assert "retry_after_ms" not in describe(await refused())


@pytest.mark.parametrize("announced", [None, "4654+8g=", "a1b2c3d4e5f6...", DIGEST.hexdigest().upper()])
async def test_what_is_no_digest_says_nothing(announced: Any) -> None:
    """And a true one may be in hex."""
    assert (await fetch(sha256=announced))[1] == BYTES


@pytest.mark.parametrize(
    ("said", "kept"), [("audio/ogg; codecs=opus", "audio/ogg; codecs=opus"), ("x\r\ny", None), (7, None)]
)
async def test_only_a_type_that_is_one_is_kept(graph: Server, said: Any, kept: str | None) -> None:
    """It becomes a header."""
    graph.answer("123", {"url": f"{graph.url}/file", "mime_type": said})
    assert (await fetch())[0]["mime_type"] == (kept or "application/octet-stream")


@pytest.mark.parametrize("media_id", ["../me", "1/2", "", "1?x=", "é"])
async def test_an_id_that_is_none_is_not_asked_for(graph: Server, media_id: str) -> None:
    """It would become a path."""
    assert (await refused(provider_media_id=media_id)).code == "bad_media_id"
    assert graph.received == []


async def test_without_a_token_or_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The account's own trouble is permanent, the network's passes."""
    with pytest.raises(MediaError, match="credentials_unreadable"):
        await channel.fetch(work(), account(credentials={}, problem="credentials_unreadable"), io.BytesIO())
    away = config(free_port_url())
    monkeypatch.setattr(whatsapp_cloud_media, "settings", lambda: away)
    error = await refused()
    assert (error.code, error.retryable) == ("unreachable", True)


async def put(content: bytes = BYTES) -> None:
    """The file, handed to Storage."""
    file = io.BytesIO(content)
    file.seek(0, io.SEEK_END)
    await storage.upload("media", "c/l/m1", file, size=len(content), mime_type="image/png")


async def test_storage_gets_the_bytes_and_the_files_key(graph: Server) -> None:
    """From the beginning, of the right length, never to replace anything."""
    graph.answer("m1", {"Key": "media/c/l/m1"})
    await put()
    (request,) = graph.received
    assert (request.path, request.raw) == ("/storage/object/media/c/l/m1", BYTES)
    wanted = {"Authorization": "Bearer files-jwt", "apikey": "public", "Content-Type": "image/png", "x-upsert": "false"}
    assert {name: header(request, name) for name in wanted} == wanted
    assert header(request, "Content-Length") == str(len(BYTES))


@pytest.mark.parametrize(
    ("status", "told", "code", "retryable"),
    [
        (400, {"statusCode": "403", "message": "new row violates row-level security policy"}, "storage_403", False),
        (403, {"message": "no"}, "storage_403", False),
        (400, {"statusCode": "404", "error": "Bucket not found"}, "storage_404", False),
        (400, {"statusCode": "413", "message": "The object exceeded the maximum allowed size"}, "too_large", False),
        (413, None, "too_large", False),
        (429, {}, "storage_429", True),
        (503, {"statusCode": "503"}, "storage_503", True),
        (502, None, "storage_502", True),
    ],
)
async def test_storage_refuses(graph: Server, status: int, told: Any, code: str, retryable: bool) -> None:
    """By the status in the body, where there is one."""
    graph.answer("m1", web.Response(text="<html>" if told is None else json.dumps(told), status=status))
    with pytest.raises(MediaError) as error:
        await put()
    assert (error.value.code, error.value.retryable) == (code, retryable)
    assert error.value.retry_after_ms == (5000 if code == "storage_429" else None)


@pytest.mark.parametrize("status", [400, 409])
async def test_a_file_that_is_there_already_is_stored(graph: Server, status: int) -> None:
    """An earlier attempt put it there, and its answer was lost."""
    graph.answer("m1", web.json_response({"statusCode": "409", "error": "Duplicate"}, status=status))
    await put()


async def test_storage_that_is_away_or_not_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first passes, the second has to be mended."""
    for made, code, retryable in (
        (config("http://x", storage_url=free_port_url(), storage_key="k"), "storage_unreachable", True),
        (config("http://x", storage_url="http://x"), "storage_not_configured", False),
    ):
        monkeypatch.setattr(storage, "settings", lambda made=made: made)
        with pytest.raises(MediaError) as error:
            await put()
        assert (error.value.code, error.value.retryable) == (code, retryable)


class Calls:
    """The accounts and RPCs that a task uses."""

    def __init__(self, found: Account | None) -> None:
        self.found = found
        self.saved: list[tuple[str, str, Fetched]] = []

    async def get(self, account_id: str) -> Account | None:
        return self.found

    async def save_media(self, media_id: str, claim: str, fetched: Fetched) -> str:
        self.saved.append((media_id, claim, fetched))
        return "saved"


def run(monkeypatch: pytest.MonkeyPatch, found: Account | None) -> tuple[Task, Calls]:
    """A task and what it will have called."""
    calls = Calls(found)
    monkeypatch.setattr(media, "accounts", lambda: calls)
    monkeypatch.setattr(media, "rpc", lambda: calls)
    task: Any = {"task": "media", "id": "m1", "client_id": "c1", "claim": "k1", "attempt": 1, "work": work()}
    return task, calls


async def test_a_task_fetches_stores_and_says_so(graph: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Storage sees the file after it was proved whole; the row is told last."""
    graph.answer("m1", {"Key": "x"})
    task, calls = run(monkeypatch, account())
    await media.run_media(task)
    assert [request.path.rsplit("/", 1)[-1] for request in graph.received] == ["123", "file", "m1"]
    expected: Fetched = {"size": len(BYTES), "sha256": DIGEST.hexdigest(), "mime_type": "image/png"}
    assert calls.saved == [("m1", "k1", expected)]


async def test_a_task_that_fails_stores_nothing_and_quotes_no_token(
    graph: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the provider says of the token is said without it."""
    graph.answer("123", web.json_response({"error": {"code": 190, "message": f"bad {TOKEN}"}}, status=401))
    task, calls = run(monkeypatch, account())
    with pytest.raises(MediaError) as error:
        await media.run_media(task)
    assert TOKEN not in error.value.message
    assert (len(graph.received), calls.saved) == (1, [])
    gone, _ = run(monkeypatch, None)
    with pytest.raises(MediaError, match="unknown_account"):
        await media.run_media(gone)
