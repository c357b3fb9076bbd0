"""The Data API and functions through the gateway: untouched where hosted passes on, refused where hosted refuses."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest

from devstack import gateway, ports
from devstack.gateway import rest
from tests.devstack.edge.conftest import Edge, functions_app, serving, url_of


@pytest.fixture
def notes(edge: Edge) -> Iterator[Edge]:
    """Five public notes."""
    edge.sql("truncate public.notes")
    edge.sql("insert into public.notes (owner, title) select null, 'nota ' || n from generate_series(1, 5) n")
    yield edge
    edge.sql("truncate public.notes")


def test_paging_counts_and_preferences_pass_both_ways(notes: Edge) -> None:
    """Range in, Content-Range and 206 out; Prefer applied; HEAD without a body."""
    page = notes.rest(
        "GET", "/notes?select=title&order=id", headers={"Range-Unit": "items", "Range": "0-1", "Prefer": "count=exact"}
    )
    assert (page.status_code, page.headers["content-range"], len(page.json())) == (206, "0-1/5", 2)
    assert page.headers["content-type"].startswith("application/json")
    head = notes.rest("HEAD", "/notes", headers={"Prefer": "count=exact"})
    assert (head.status_code, head.content, head.headers["content-range"]) == (200, b"", "0-4/5")
    made = notes.rest(
        "POST", "/notes", key=notes.config.secret_key, json={"title": "nova"}, headers={"Prefer": "return=headers-only"}
    )
    assert (made.status_code, made.content) == (201, b"")
    assert made.headers["location"].startswith("/notes?id=eq.")
    csv = notes.rest("GET", "/notes?select=title&limit=1&order=id", headers={"Accept": "text/csv"})
    assert csv.text == 'title\n"nota 1"'
    assert csv.headers["content-type"].startswith("text/csv")
    assert len(page.headers.get_list("date")) == 1


def test_encoded_filters_and_headers_arrive_as_sent(notes: Edge) -> None:
    """Percent-encoded quotes, plus, slash, accents; two headers of one name; request headers reach SQL."""
    title = 'a/b + "c" ção 100%'
    notes.rest("POST", "/notes", key=notes.config.secret_key, json={"title": title})
    found = notes.rest("GET", "/notes", key=notes.config.secret_key, params={"title": f"eq.{title}", "select": "title"})
    assert found.json() == [{"title": title}]
    keyed = notes.rest(
        "GET", "/notes", params={"title": "eq.nota 1", "select": "title", "apikey": notes.config.publishable_key}
    )
    assert keyed.json() == [{"title": "nota 1"}]
    assert notes.rest("POST", "/rpc/echoed", headers={"X-Echo": "a, b;c=1"}).json() == "a, b;c=1"


def test_an_address_may_be_long_but_not_unreadable(notes: Edge) -> None:
    """Filters of 20,000 signs, each of which PostgREST's own headers triple; what is not UTF-8 is a 400."""
    answer = notes.rest("GET", "/notes?title=like." + "*" * 20_000 + "1&select=title")
    assert (answer.status_code, answer.json()) == (200, [{"title": "nota 1"}])
    refused = notes.rest("GET", "/notes?title=eq.%C3%A7%FF")
    assert (refused.status_code, refused.json()["message"]) == (400, "The address must be encoded in UTF-8")
    assert refused.json()["details"] == "Byte 0xFF is not UTF-8."


@pytest.mark.parametrize(
    ("method", "query", "verb"),
    [
        ("PATCH", "", "UPDATE"),
        ("DELETE", "", "DELETE"),
        ("DELETE", "?select=id&order=id", "DELETE"),
        ("PATCH", "?columns=title", "UPDATE"),
        ("DELETE", "?other.title=eq.x", "DELETE"),
    ],
)
def test_writes_that_would_hit_every_row_are_refused(notes: Edge, method: str, query: str, verb: str) -> None:
    """400 with SQLSTATE 21000, as safeupdate on hosted; every row is still there."""
    answer = notes.rest(method, f"/notes{query}", key=notes.config.secret_key, json={"title": "x"})
    assert answer.status_code == 400
    assert answer.json() == {
        "code": "21000",
        "details": None,
        "hint": None,
        "message": f"{verb} requires a WHERE clause",
    }
    assert notes.sql("select count(*) from public.notes where title like 'nota _'") == [(5,)]


def test_writes_with_a_filter_pass(notes: Edge) -> None:
    """Plain, logical and negated ones."""
    for query, left in (
        ("?title=eq.nota 1", 4),
        ("?or=(title.eq.nota 2,title.eq.nota 3)", 2),
        ("?not.or=(title.eq.nota 4)", 1),
    ):
        answer = notes.rest("DELETE", f"/notes{query}", key=notes.config.secret_key)
        assert answer.status_code == 204, answer.text
        assert notes.sql("select count(*) from public.notes") == [(left,)]


def test_a_json_path_with_a_dot_is_a_filter_and_an_embedded_one_is_not() -> None:
    """How parameter names are read."""
    assert rest.is_filter("config->>a.b")
    assert rest.is_filter("not.and")
    assert not rest.is_filter("leads.name")
    assert not rest.is_filter("leads.order")


def test_csv_is_taken_as_utf8_and_nothing_else(notes: Edge) -> None:
    """Accents survive; Latin-1 is refused with the line that shows it, and no row of it is stored."""
    csv = {"Content-Type": "text/csv; charset=utf-8"}
    good = notes.rest("POST", "/notes", key=notes.config.secret_key, content="title\nJoão\n".encode(), headers=csv)
    assert good.status_code == 201, good.text
    assert notes.sql("select count(*) from public.notes where title = 'João'") == [(1,)]
    bad = notes.rest(
        "POST", "/notes", key=notes.config.secret_key, content="title\nok\nJoão\n".encode("latin-1"), headers=csv
    )
    assert (bad.status_code, bad.json()["code"]) == (400, "22021")
    assert "line 3" in bad.json()["details"]
    assert notes.sql("select count(*) from public.notes where title = 'ok'") == [(0,)]


def test_large_bodies_stream_in_and_out(notes: Edge) -> None:
    """8 MB up in pieces without a length, and down again, whole."""
    rows = [{"title": f"{n:06d}" + "x" * 1000} for n in range(8000)]
    raw = json.dumps(rows).encode()

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(raw), 100_000):
            yield raw[start : start + 100_000]

    secret = notes.config.secret_key
    sent = notes.rest(
        "POST", "/notes", key=secret, content=pieces(), headers={"Content-Type": "application/json"}, timeout=60
    )
    assert sent.status_code == 201, sent.text
    counted = notes.rest("HEAD", "/notes", key=secret, headers={"Prefer": "count=exact"})
    assert counted.headers["content-range"].endswith("/8005")
    got = notes.rest("GET", "/notes?select=title&order=id&limit=1000&offset=5", key=secret, timeout=60)
    assert [row["title"][:6] for row in got.json()] == [f"{n:06d}" for n in range(1000)]


def test_a_caller_who_hangs_up_in_its_body_changes_nothing(notes: Edge) -> None:
    """Half a CSV and half a JSON body are not taken for whole ones, with a length and without."""
    address = urlsplit(notes.config.supabase_url)
    key = notes.config.secret_key
    for kind, half in (("text/csv", b"title\nmeia\n"), ("application/json", b'[{"title": "meia"}]')):
        chunk = b"%x\r\n%s\r\n" % (len(half), half)
        for framing in (b"Content-Length: 5000\r\n\r\n" + half, b"Transfer-Encoding: chunked\r\n\r\n" + chunk):
            head = f"POST /rest/v1/notes HTTP/1.1\r\nHost: x\r\napikey: {key}\r\nContent-Type: {kind}\r\n"
            with socket.create_connection((str(address.hostname), address.port or 80)) as caller:
                caller.sendall(head.encode() + framing)
                time.sleep(0.1)
    time.sleep(0.3)
    assert notes.sql("select count(*) from public.notes where title = 'meia'") == [(0,)]
    assert notes.rest("GET", "/notes").status_code == 200


def test_browsers_may_call_from_any_origin(edge: Edge) -> None:
    """Preflight answered without a key; answers, refusals included, are marked once."""
    asked = {
        "Origin": "https://painel.exemplo",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "apikey, authorization, content-profile, prefer, x-client-info",
    }
    for path in ("/rest/v1/notes", "/auth/v1/token"):
        preflight = edge.http.options(edge.config.supabase_url + path, headers=asked)
        assert preflight.status_code == 200
        assert preflight.headers["access-control-allow-origin"] == "*"
        assert "PATCH" in preflight.headers["access-control-allow-methods"]
        assert preflight.headers["access-control-allow-headers"] == asked["Access-Control-Request-Headers"]
    origin = {"Origin": "https://painel.exemplo"}
    for answer in (edge.rest("GET", "/notes", headers=origin), edge.rest("GET", "/notes", key="x", headers=origin)):
        assert answer.headers.get_list("access-control-allow-origin") == ["*"]
        assert "Content-Range" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in edge.rest("GET", "/notes").headers


def test_functions_need_no_key_and_get_the_request_as_it_is(edge: Edge) -> None:
    """Providers' webhooks carry no key; path, query, headers, body and status pass untouched."""
    url = f"{edge.config.supabase_url}/functions/v1/whatsapp_webhook/abc%20d?hub.mode=subscribe&status=418"
    answer = edge.http.post(
        url, content=b"\x00\xff" * 1000, headers={"X-Hub-Signature-256": "sha256=ab", "Authorization": "Bearer x"}
    )
    echo = answer.json()
    assert (answer.status_code, answer.headers["x-from"]) == (418, "function")
    assert (echo["path"], echo["size"]) == ("/functions/v1/whatsapp_webhook/abc d", 2000)
    assert echo["query"] == "hub.mode=subscribe&status=418"
    assert echo["headers"]["x-hub-signature-256"] == ["sha256=ab"]
    assert echo["headers"]["authorization"] == ["Bearer x"]
    assert echo["headers"]["x-forwarded-host"] == [edge.config.supabase_url.removeprefix("http://")]


def test_answers_stream_as_they_come(edge: Edge) -> None:
    """The first piece arrives before the backend has written the second."""
    started = time.monotonic()
    with edge.http.stream("GET", f"{edge.config.supabase_url}/functions/v1/drip") as answer:
        pieces = [(piece, time.monotonic() - started) for piece in answer.iter_raw()]
    assert b"".join(piece for piece, _ in pieces) == b"first\nsecond\n"
    assert pieces[0][1] < 1.0 < pieces[-1][1]


def test_backends_that_are_away_are_a_503_in_json(lonely_gateway: Edge) -> None:
    """Data API and functions; the gateway itself answers."""
    for answer in (
        lonely_gateway.rest("GET", "/notes"),
        lonely_gateway.rest("POST", "/rpc/whoami", json={}),
        lonely_gateway.http.post(f"{lonely_gateway.config.supabase_url}/functions/v1/agent_turn", json={}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (503, "503")
        assert answer.headers["retry-after"] == "1"
    assert lonely_gateway.http.get(lonely_gateway.config.supabase_url).json()["status"] == "ok"


def test_what_does_not_exist_is_a_404(edge: Edge) -> None:
    """Parts of Supabase that are not here, as the hosted gateway words it."""
    answer = edge.http.get(f"{edge.config.supabase_url}/realtime/v1/channels")
    assert (answer.status_code, answer.json()) == (404, {"message": "no Route matched with those values"})


def test_many_requests_at_once_share_the_connections(edge: Edge) -> None:
    """300 requests from 20 threads, all answered."""
    headers = {"apikey": edge.config.publishable_key}
    with httpx.Client(base_url=edge.config.supabase_url, headers=headers) as client, ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: client.post("/rest/v1/rpc/whoami", json={}), range(300)))
    assert {answer.text for answer in answers} == {'"anon"'}


def test_a_backend_that_was_restarted_costs_nobody_an_error(edge: Edge) -> None:
    """Connections kept from before the restart are not used for the next request, which may not be sent twice."""
    back, front = ports.bind(0), ports.bind(0)
    port = back.getsockname()[1]
    config = replace(edge.config, functions_url=url_of(back) + "/functions/v1", supabase_url=url_of(front))
    call = f"{config.supabase_url}/functions/v1/agent_turn"
    with serving(gateway.create_app(config), front):
        for sock in (back, None, None):
            with serving(functions_app(), sock or ports.bind(port)):
                assert [edge.http.post(call, json={}).status_code for _ in range(3)] == [200] * 3
        assert edge.http.post(call, json={}).status_code == 503
