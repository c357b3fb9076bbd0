"""Files that people send, as the Cloud API serves them: an address for the id, the bytes for the address, each for the
number's token."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest

from tests.devstack.edge.conftest import Edge

NUMBER, TOKEN = "106540352249999", "EAAtoken"


@pytest.fixture
def received(edge: Edge) -> Iterator[list[dict[str, Any]]]:
    """A number whose webhook keeps the messages it gets."""
    messages: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            messages.extend(body["entry"][0]["changes"][0]["value"]["messages"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    webhook = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=webhook.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{webhook.server_address[1]}"
    edge.simulator.register_number(NUMBER, url, "segredo", access_token=TOKEN)
    yield messages
    webhook.shutdown()
    webhook.server_close()


def get(edge: Edge, url: str, token: str | None = TOKEN, **options: Any) -> httpx.Response:
    """A request with the number's token, or another."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return edge.http.get(url, headers=headers, **options)


def test_a_file_is_served_in_two_steps(edge: Edge, received: list[dict[str, Any]]) -> None:
    """The webhook's digest is in base64, the API's in hex, and both are the bytes' own."""
    content = bytes(range(256)) * 10
    edge.simulator.say_image("5511987654321", "a fila", content=content, mime_type="image/png", phone_number_id=NUMBER)
    (image,) = [message["image"] for message in received]
    assert (image["caption"], image["mime_type"]) == ("a fila", "image/png")
    assert base64.b64decode(image["sha256"]) == hashlib.sha256(content).digest()
    base = f"{edge.config.simulator_url}/v23.0/{image['id']}"
    details = get(edge, base, params={"phone_number_id": NUMBER}).json()
    assert (details["file_size"], details["mime_type"], details["id"]) == (len(content), "image/png", image["id"])
    assert details["sha256"] == hashlib.sha256(content).hexdigest()
    answer = get(edge, details["url"])
    assert (answer.content, answer.headers["content-type"]) == (content, "image/png")
    for url in (base, details["url"]):
        for token in (None, "another"):
            refused = get(edge, url, token)
            assert (refused.status_code, refused.json()["error"]["code"]) == (401, 190)
    assert get(edge, base, params={"phone_number_id": "1"}).json()["error"]["code"] == 100


def test_a_file_can_be_told_to_make_trouble(edge: Edge, received: list[dict[str, Any]]) -> None:
    """Gone, elsewhere, announced wrongly, or at an address that has expired once."""
    lead = "5511987654321"
    for trouble in ({"missing": True}, {"url": "https://example.com"}, {"sha256": "x"}, {"stale": 1}):
        edge.simulator.say_file(lead, "document", b"abc", phone_number_id=NUMBER, **trouble)
    missing, elsewhere, lying, stale = [message["document"] for message in received]
    assert missing["filename"] == "arquivo.pdf"

    def details(document: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = get(edge, f"{edge.config.simulator_url}/v23.0/{document['id']}").json()
        return found

    assert details(missing)["error"]["code"] == 100
    assert details(elsewhere)["url"] == "https://example.com"
    assert (lying["sha256"], details(lying)["sha256"]) == ("x", hashlib.sha256(b"abc").hexdigest())
    url = details(stale)["url"]
    assert [get(edge, url).status_code for _ in range(2)] == [404, 200]


def test_what_is_no_file_is_refused(edge: Edge, received: list[dict[str, Any]]) -> None:
    """Content that is not base64, and an id that nobody knows."""
    with pytest.raises(ValueError, match="base64"):
        edge.simulator.say("5511987654321", "", type="image", content="§", phone_number_id=NUMBER)
    assert received == []
    assert get(edge, f"{edge.config.simulator_url}/v23.0/17").json()["error"]["code"] == 100
