"""The storage stand-in: a caller is the role of the token, and policies on storage.objects decide, as on hosted."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.devstack.edge.conftest import Edge

PNG = b"\x89PNG\r\n" + bytes(range(256))
POLICIES = (
    "insert into storage.buckets (id, name, public) values ('private', 'private', false), ('open', 'open', true)"
    " on conflict do nothing",
    "drop policy if exists put on storage.objects",
    "create policy put on storage.objects for insert to authenticated with check (starts_with(name, 'mine/'))",
    "drop policy if exists see on storage.objects",
    "create policy see on storage.objects for select to authenticated using ((storage.foldername(name))[1] = 'mine')",
    "delete from storage.objects",
)


@pytest.fixture(autouse=True)
def buckets(edge: Edge) -> None:
    """A private and a public bucket, and people who may add and see what lies in `mine`."""
    for statement in POLICIES:
        edge.sql(statement)


def call(edge: Edge, method: str, path: str, role: str | None = "authenticated", **options: Any) -> httpx.Response:
    """A request with the publishable key, as somebody with this role."""
    headers = {"apikey": edge.config.publishable_key, **options.pop("headers", {})}
    if role is not None:
        headers["Authorization"] = f"Bearer {edge.jwt(role=role)}"
    return edge.http.request(method, f"{edge.config.supabase_url}/storage/v1{path}", headers=headers, **options)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """The HTTP status and the true one."""
    return answer.status_code, answer.json()["statusCode"]


def test_a_file_is_added_and_read_by_who_may(edge: Edge) -> None:
    """With its type, by either address; its row says who and how large."""
    added = call(edge, "POST", "/object/private/mine/a.png", content=PNG, headers={"Content-Type": "image/png"})
    assert (added.status_code, added.json()["Key"]) == (200, "private/mine/a.png")
    for way in ("/object/private", "/object/authenticated/private"):
        answer = call(edge, "GET", f"{way}/mine/a.png")
        assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, PNG, "image/png")
    assert edge.sql("select metadata ->> 'size' from storage.objects") == [(str(len(PNG)),)]


@pytest.mark.parametrize("upsert", ["true", "false"])
def test_a_file_that_is_there_stays(edge: Edge, upsert: str) -> None:
    """409 in the body, and the first one's bytes."""
    call(edge, "POST", "/object/private/mine/a", content=PNG)
    again = call(edge, "POST", "/object/private/mine/a", content=b"other", headers={"x-upsert": upsert})
    assert refusal(again) == (400, "409")
    assert call(edge, "GET", "/object/private/mine/a").content == PNG


def test_who_may_not_gets_nothing(edge: Edge) -> None:
    """Another folder, another role, no token, a public address of a private bucket, no bucket, no key."""
    call(edge, "POST", "/object/private/mine/a", content=PNG)
    assert refusal(call(edge, "POST", "/object/private/yours/a", content=PNG)) == (400, "403")
    assert refusal(call(edge, "POST", "/object/private/mine/b", role="anon", content=PNG)) == (400, "403")
    assert refusal(call(edge, "POST", "/object/private/mine/b", role="nobody", content=PNG)) == (400, "403")
    assert refusal(call(edge, "POST", "/object/none/mine/b", content=PNG)) == (400, "404")
    assert refusal(call(edge, "GET", "/object/private/mine/a", role="anon")) == (400, "404")
    assert refusal(call(edge, "GET", "/object/private/mine/a", role=None)) == (400, "404")
    assert refusal(call(edge, "GET", "/object/public/private/mine/a", role=None)) == (400, "404")
    assert refusal(call(edge, "GET", "/object/private/mine/none")) == (400, "404")
    assert edge.http.get(f"{edge.config.supabase_url}/storage/v1/object/private/mine/a").status_code == 401
    assert edge.sql("select count(*) from storage.objects") == [(1,)]


def test_a_public_bucket_is_read_without_a_key(edge: Edge) -> None:
    """As a browser reads it."""
    call(edge, "POST", "/object/open/mine/a", content=PNG)
    answer = edge.http.get(f"{edge.config.supabase_url}/storage/v1/object/public/open/mine/a")
    assert (answer.status_code, answer.content) == (200, PNG)


def test_a_path_is_no_path_on_the_disk(edge: Edge) -> None:
    """Whatever a name looks like, its bytes lie in the stack's own folder."""
    before = sorted(edge.config.directory.iterdir())
    call(edge, "POST", "/object/private/mine/..%2F..%2F..%2Fescaped", content=PNG)
    assert sorted(edge.config.directory.iterdir()) in (before, sorted([*before, edge.config.directory / "storage"]))
    assert all(len(file.name) == 64 for file in (edge.config.directory / "storage").iterdir())


def test_the_database_away_is_503(lonely_gateway: Edge) -> None:
    """Not a refusal."""
    assert call(lonely_gateway, "GET", "/object/private/mine/a").status_code == 503
