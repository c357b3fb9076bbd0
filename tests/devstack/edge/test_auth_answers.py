"""What Auth answers, byte for byte where it matters: error shapes, redirects, refresh-token reuse, and that nothing
leaks.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.devstack.edge.conftest import Edge

PASSWORD = "segredo-1"


def _member(edge: Edge) -> tuple[str, str]:
    """(address, id) of somebody who can sign in."""
    email = edge.new_email()
    body = {"email": email, "password": PASSWORD, "email_confirm": True}
    answer = edge.auth("POST", "/admin/users", key=edge.config.secret_key, json=body)
    assert answer.status_code == 200, answer.text
    return email, answer.json()["id"]


def _token(edge: Edge, grant: str, **body: str) -> httpx.Response:
    return edge.auth("POST", f"/token?grant_type={grant}", json=body)


def test_errors_have_the_old_shape_without_an_api_version_and_the_new_one_with_it(edge: Edge) -> None:
    """{"code": 400, "error_code", "msg"} or {"code", "message"} plus the version header."""
    body = {"email": edge.new_email(), "password": "qualquer"}
    old = edge.auth("POST", "/token?grant_type=password", json=body)
    assert old.status_code == 400
    assert old.json() == {"code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials"}
    new = edge.auth("POST", "/token?grant_type=password", json=body, headers={"X-Supabase-Api-Version": "2024-01-01"})
    assert new.json() == {"code": "invalid_credentials", "message": "Invalid login credentials"}
    assert new.headers["x-supabase-api-version"] == "2024-01-01"


@pytest.mark.parametrize(
    ("path", "content", "status", "code"),
    [
        ("/signup", b"{", 400, "bad_json"),
        ("/signup", b"[]", 400, "bad_json"),
        ("/signup", b"\xff\xfe", 400, "bad_json"),
        ("/signup", b'{"email": "a@b.br", "password": "segredo-1", "data": {"x": "\\u0000"}}', 400, "bad_json"),
        ("/signup", b'{"email": "sem-arroba", "password": "segredo-1"}', 400, "validation_failed"),
        ("/signup", b'{"email": {"a": 1}, "password": "segredo-1"}', 400, "validation_failed"),
        ("/signup", b'{"email": "a@b.br"}', 400, "validation_failed"),
        ("/signup", b'{"email": "a@b.br", "password": 7}', 400, "validation_failed"),
        ("/signup", b'{"email": "a@b.br", "password": "segredo-1", "data": []}', 400, "validation_failed"),
        ("/signup", b"", 422, "anonymous_provider_disabled"),
        ("/token?grant_type=magic", b"{}", 400, "validation_failed"),
        ("/token?grant_type=refresh_token", b"{}", 400, "validation_failed"),
        ("/verify", b'{"type": "nada", "token_hash": "x"}', 400, "validation_failed"),
        ("/verify", b'{"type": "signup"}', 400, "validation_failed"),
        ("/verify", b'{"type": "signup", "token_hash": "x"}', 403, "otp_expired"),
        ("/verify", b'{"type": "signup", "email": "a@b.br", "token": "000000"}', 403, "otp_expired"),
        ("/recover", b'{"email": null}', 400, "validation_failed"),
        ("/resend", b'{"type": "sms", "email": "a@b.br"}', 400, "validation_failed"),
        ("/nothing", b"{}", 404, "validation_failed"),
    ],
)
def test_bad_requests_are_named_and_never_a_5xx(edge: Edge, path: str, content: bytes, status: int, code: str) -> None:
    """Each wrong body has its status and code."""
    answer = edge.auth("POST", path, content=content)
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)


def test_a_link_redirects_with_the_tokens_in_the_fragment_once(edge: Edge) -> None:
    """GET /verify needs no key; the second click says that the link is used up."""
    email = edge.new_email()
    edge.auth("POST", "/signup", json={"email": email, "password": PASSWORD})
    (mail,) = edge.simulator.mailbox(email)
    first = edge.http.get(mail["link"])
    assert first.status_code == 303
    address = urlsplit(first.headers["location"])
    assert (address.scheme, address.netloc, address.query) == ("http", "painel.exemplo:3000", "")
    fragment = {name: values[0] for name, values in parse_qs(address.fragment).items()}
    assert (fragment["type"], fragment["token_type"], fragment["expires_in"]) == ("signup", "bearer", "3600")
    user = edge.auth("GET", "/user", headers={"Authorization": f"Bearer {fragment['access_token']}"})
    assert user.json()["email"] == email
    assert _token(edge, "refresh_token", refresh_token=fragment["refresh_token"]).status_code == 200
    again = parse_qs(urlsplit(edge.http.get(mail["link"]).headers["location"]).fragment)
    assert (again["error"], again["error_code"]) == (["access_denied"], ["otp_expired"])


def test_a_link_works_for_an_hour(edge: Edge) -> None:
    """Older ones are refused."""
    email = edge.new_email()
    edge.auth("POST", "/signup", json={"email": email, "password": PASSWORD})
    (mail,) = edge.simulator.mailbox(email)
    edge.sql(
        "update auth.one_time_tokens set created_at = created_at - interval '61 minutes' where relates_to = %s", email
    )
    answer = edge.auth("POST", "/verify", json={"type": "signup", "email": email, "token": mail["code"]})
    assert (answer.status_code, answer.json()["error_code"]) == (403, "otp_expired")


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("http://painel.exemplo:3000/convite?x=1", "http://painel.exemplo:3000/convite?x=1"),
        ("http://localhost:5173/", "http://localhost:5173/"),
        ("https://malvado.example/", "http://painel.exemplo:3000"),
        ("http://painel.exemplo:3000.malvado.example/", "http://painel.exemplo:3000"),
        ("javascript:alert(1)", "http://painel.exemplo:3000"),
        ("//malvado.example/", "http://painel.exemplo:3000"),
    ],
)
def test_links_never_lead_the_tokens_to_a_stranger(edge: Edge, wanted: str, leads_to: str) -> None:
    """redirect_to is honoured for the site and this machine only, when the mail is written and when the link is
    opened.
    """
    email = edge.new_email()
    edge.auth("POST", "/signup", params={"redirect_to": wanted}, json={"email": email, "password": PASSWORD})
    (mail,) = edge.simulator.mailbox(email)
    assert parse_qs(urlsplit(mail["link"]).query)["redirect_to"] == [leads_to]
    hash_ = mail["token_hash"]
    opened = edge.auth("GET", "/verify", params={"token": hash_, "type": "signup", "redirect_to": wanted})
    assert opened.headers["location"].split("#")[0] == leads_to


def test_signing_up_again_does_not_tell_who_has_an_account(edge: Edge) -> None:
    """For a confirmed address: the same form of answer, an invented id, no mail, no changed password."""
    email, user_id = _member(edge)
    answer = edge.auth("POST", "/signup", json={"email": email, "password": "invasor-1"})
    stranger = edge.auth("POST", "/signup", json={"email": edge.new_email(), "password": "invasor-1"})
    assert answer.status_code == 200
    assert answer.json()["id"] != user_id
    assert answer.json()["identities"] == []
    assert set(answer.json()) == set(stranger.json())
    assert edge.simulator.mailbox(email) == []
    assert _token(edge, "password", email=email, password=PASSWORD).status_code == 200


def test_a_refresh_token_used_twice_long_after_ends_the_session(edge: Edge) -> None:
    """Rotation with reuse detection: the thief's and the owner's tokens both stop."""
    email, _ = _member(edge)
    first = _token(edge, "password", email=email, password=PASSWORD).json()["refresh_token"]
    second = _token(edge, "refresh_token", refresh_token=first).json()["refresh_token"]
    third = _token(edge, "refresh_token", refresh_token=second).json()["refresh_token"]
    edge.sql("update auth.refresh_tokens set updated_at = now() - interval '1 minute' where token = %s", first)
    reused = _token(edge, "refresh_token", refresh_token=first)
    assert (reused.status_code, reused.json()["error_code"]) == (400, "refresh_token_already_used")
    assert _token(edge, "refresh_token", refresh_token=third).json()["error_code"] == "refresh_token_already_used"


def test_a_refresh_whose_answer_was_lost_may_be_repeated(edge: Edge) -> None:
    """The parent of the active token gets the active one again, however late; so do ten refreshes at once."""
    email, _ = _member(edge)
    first = _token(edge, "password", email=email, password=PASSWORD).json()["refresh_token"]
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: _token(edge, "refresh_token", refresh_token=first), range(10)))
    assert {answer.status_code for answer in answers} == {200}
    (active,) = {answer.json()["refresh_token"] for answer in answers}
    edge.sql("update auth.refresh_tokens set updated_at = now() - interval '1 hour' where token = %s", first)
    assert _token(edge, "refresh_token", refresh_token=first).json()["refresh_token"] == active


def test_one_code_opens_one_session_even_when_sent_ten_times_at_once(edge: Edge) -> None:
    """A one-time token is used up by exactly one request."""
    email, _ = _member(edge)
    edge.auth("POST", "/recover", json={"email": email})
    (mail,) = edge.simulator.mailbox(email)
    body = {"type": "recovery", "token_hash": mail["token_hash"]}
    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(lambda _: edge.auth("POST", "/verify", json=body).status_code, range(10)))
    assert sorted(statuses) == [200] + [403] * 9


def test_ten_sign_ups_of_one_address_at_once_make_one_user(edge: Edge) -> None:
    """Whoever comes second is told so or gets the mail again; nothing breaks."""
    email = edge.new_email()
    body = {"email": email, "password": PASSWORD}
    with ThreadPoolExecutor(10) as pool:
        statuses = set(pool.map(lambda _: edge.auth("POST", "/signup", json=body).status_code, range(10)))
    assert statuses <= {200, 422}
    assert edge.sql("select count(*) from auth.users where email = %s", email) == [(1,)]


@pytest.mark.parametrize(
    ("claims", "status", "code"),
    [
        ({"role": "authenticated"}, 403, "bad_jwt"),
        ({"role": "authenticated", "sub": "not-a-uuid"}, 403, "bad_jwt"),
        ({"role": "authenticated", "sub": "00000000-0000-4000-8000-000000000000"}, 403, "user_not_found"),
        ({"role": "authenticated", "sub": "00000000-0000-4000-8000-000000000000", "exp": 1}, 403, "bad_jwt"),
    ],
)
def test_tokens_that_name_nobody_are_refused(edge: Edge, claims: dict[str, str | int], status: int, code: str) -> None:
    """GET /user with a well-signed but useless token."""
    answer = edge.auth("GET", "/user", headers={"Authorization": f"Bearer {edge.jwt(**claims)}"})
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)


def test_tokens_signed_with_another_secret_or_none_are_refused(edge: Edge) -> None:
    """alg none and a foreign signature."""
    unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJyb2xlIjoic2VydmljZV9yb2xlIiwiZXhwIjo5OTk5OTk5OTk5fQ."
    foreign = edge.jwt(role="service_role")[:-4] + "AAAA"
    for token in (unsigned, foreign):
        answer = edge.auth("GET", "/admin/users", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["error_code"]) == (403, "bad_jwt")


def test_answers_and_rows_hold_no_password_and_no_token_hash(edge: Edge) -> None:
    """The hash is scrypt in the row and nowhere in any answer."""
    email, user_id = _member(edge)
    edge.auth("POST", "/recover", json={"email": email})
    view = edge.auth("GET", f"/admin/users/{user_id}", key=edge.config.secret_key).text
    ((stored,),) = edge.sql("select encrypted_password from auth.users where id = %s", user_id)
    assert re.fullmatch(r"\$scrypt\$ln=14,r=8,p=1\$[^$]+\$[^$]+", stored)
    ((token_hash,),) = edge.sql("select token_hash from auth.one_time_tokens where user_id = %s", user_id)
    assert stored not in view
    assert token_hash not in view
    assert "encrypted_password" not in view


def test_users_are_listed_in_pages(edge: Edge) -> None:
    """x-total-count and link lead through them."""
    for _ in range(3):
        _member(edge)
    first = edge.auth("GET", "/admin/users?page=1&per_page=2", key=edge.config.secret_key)
    assert len(first.json()["users"]) == 2
    total = int(first.headers["x-total-count"])
    assert total >= 3
    assert '</auth/v1/admin/users?page=2&per_page=2>; rel="next"' in first.headers["link"]
    last = -(-total // 2)
    assert f'page={last}&per_page=2>; rel="last"' in first.headers["link"]
    end = edge.auth("GET", f"/admin/users?page={last}&per_page=2", key=edge.config.secret_key)
    assert 'rel="next"' not in end.headers["link"]
    assert edge.auth("GET", "/admin/users?page=zero", key=edge.config.secret_key).status_code == 400


def test_a_soft_deleted_user_frees_its_address(edge: Edge) -> None:
    """The row stays without anything personal; the address can be used again."""
    email, user_id = _member(edge)
    body = {"should_soft_delete": True}
    assert edge.auth("DELETE", f"/admin/users/{user_id}", key=edge.config.secret_key, json=body).json() == {}
    assert _token(edge, "password", email=email, password=PASSWORD).status_code == 400
    ((left,),) = edge.sql("select row_to_json(u)::text from auth.users u where id = %s", user_id)
    assert email not in left
    again = edge.auth("POST", "/admin/users", key=edge.config.secret_key, json={"email": email, "password": PASSWORD})
    assert again.status_code == 200


def test_a_trigger_that_refuses_a_user_is_a_500_without_its_words(edge: Edge) -> None:
    """As hosted: the client learns that the database refused, the log learns why; nothing is left behind."""
    email = edge.new_email()
    edge.sql("create function public.no() returns trigger language plpgsql as $$ begin raise 'segredo interno'; end $$")
    edge.sql("create trigger no before insert on auth.users for each row execute function public.no()")
    try:
        answer = edge.auth("POST", "/signup", json={"email": email, "password": PASSWORD})
    finally:
        edge.sql("drop trigger no on auth.users")
    assert (answer.status_code, answer.json()["error_code"]) == (500, "unexpected_failure")
    assert "segredo interno" not in answer.text
    assert edge.sql("select count(*) from auth.users where email = %s", email) == [(0,)]


def test_settings_health_and_keys(edge: Edge) -> None:
    """What sign-in forms and monitors ask; the key set is empty because tokens are HS256."""
    assert edge.auth("GET", "/settings").json()["mailer_autoconfirm"] is False
    assert edge.auth("GET", "/health").json()["name"] == "GoTrue"
    keyless = edge.http.get(f"{edge.config.supabase_url}/auth/v1/.well-known/jwks.json")
    assert (keyless.status_code, keyless.json()) == (200, {"keys": []})


def test_the_database_away_is_a_503(lonely_gateway: Edge) -> None:
    """In Auth's shape, so that client libraries retry."""
    answer = lonely_gateway.auth(
        "POST", "/token?grant_type=password", json={"email": "a@b.br", "password": "x"}, timeout=20
    )
    assert (answer.status_code, answer.json()["error_code"]) == (503, "unexpected_failure")
