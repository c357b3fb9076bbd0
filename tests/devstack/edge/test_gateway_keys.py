"""API keys at the gateway: who becomes which database role, and who is turned away."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest

from devstack.gateway import keys
from tests.devstack.edge.conftest import Edge

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0 Safari/537.36"


def _whoami(edge: Edge, **options: Any) -> str:
    answer = edge.rest("POST", "/rpc/whoami", **options)
    assert answer.status_code == 200, answer.text
    return str(answer.json())


def test_each_key_becomes_its_role(edge: Edge) -> None:
    """Alone, repeated as Authorization, or as a query parameter."""
    public, secret = edge.config.publishable_key, edge.config.secret_key
    assert _whoami(edge) == "anon"
    assert _whoami(edge, key=secret) == "service_role"
    assert _whoami(edge, headers={"Authorization": f"Bearer {public}"}) == "anon"
    assert _whoami(edge, key=secret, headers={"Authorization": f"Bearer {secret}"}) == "service_role"
    in_query = edge.http.get(f"{edge.config.supabase_url}/rest/v1/rpc/whoami", params={"apikey": public})
    assert in_query.json() == "anon"


def test_a_token_beside_the_key_decides_the_role(edge: Edge) -> None:
    """A user's JWT, a custom role's JWT with the publishable key, and a user's JWT beside the secret key: that user."""
    user, worker = edge.jwt(role="authenticated"), edge.jwt(role="edge_worker")
    assert _whoami(edge, headers={"Authorization": f"Bearer {user}"}) == "authenticated"
    assert _whoami(edge, headers={"Authorization": f"Bearer {worker}"}) == "edge_worker"
    assert _whoami(edge, key=edge.config.secret_key, headers={"Authorization": f"Bearer {user}"}) == "authenticated"


def test_no_key_and_a_wrong_key_are_401_in_hosted_words(edge: Edge) -> None:
    """On the Data API and on Auth, whatever the Authorization says."""
    token = edge.jwt(role="service_role")
    for path in ("/rest/v1/notes", "/rest/v1/", "/auth/v1/user", "/auth/v1/health"):
        url = edge.config.supabase_url + path
        missing = edge.http.get(url, headers={"Authorization": f"Bearer {token}"})
        assert (missing.status_code, missing.json()) == (401, keys.MISSING)
        for wrong in ("sb_publishable_x", "", "ação", edge.config.secret_key[:-1]):
            answer = edge.http.get(url, headers=[(b"apikey", wrong.encode())])
            assert (answer.status_code, answer.json()["message"]) == (401, "Invalid API key")


def test_a_key_of_another_kind_in_authorization_is_no_token(edge: Edge) -> None:
    """Only the same key may be repeated there; the secret key does not work through the back door."""
    answer = edge.rest("POST", "/rpc/whoami", headers={"Authorization": f"Bearer {edge.config.secret_key}"})
    assert answer.status_code == 401


def test_the_secret_key_does_not_work_in_a_browser(edge: Edge) -> None:
    """401, while the publishable one does."""
    refused = edge.rest("GET", "/notes", key=edge.config.secret_key, headers={"User-Agent": BROWSER})
    assert (refused.status_code, refused.json()) == (401, keys.IN_BROWSER)
    assert edge.rest("GET", "/notes", headers={"User-Agent": BROWSER}).status_code == 200


def test_an_expired_or_forged_token_is_postgrests_401(edge: Edge) -> None:
    """The gateway passes it on and PostgREST refuses."""
    expired = edge.jwt(role="authenticated", exp=1)
    forged = jwt.encode({"role": "service_role", "exp": 9_999_999_999}, "x" * 32, algorithm="HS256")
    for token in (expired, forged):
        answer = edge.rest("GET", "/notes", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401
        assert answer.json()["code"].startswith("PGRST30")


def test_the_tokens_behind_the_keys_are_short_lived_and_renewed(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same one within half its life, then another, each with life left."""
    now = [1_900_000_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    ring = keys.Keys(edge.config)
    first = ring.token("anon")
    now[0] += keys.MINTED_S / 2 - 1
    assert ring.token("anon") == first
    now[0] += 2
    second = ring.token("anon")
    assert second != first
    claims = jwt.decode(
        second, edge.config.jwt_secret, algorithms=["HS256"], options={"verify_exp": False, "verify_iat": False}
    )
    assert (claims["role"], claims["exp"]) == ("anon", int(now[0]) + keys.MINTED_S)
