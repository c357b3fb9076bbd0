"""API keys as hosted: `sb_publishable_…` and `sb_secret_…` are no JWTs; the gateway turns them into short-lived ones.

| apikey | Authorization | PostgREST and Auth see |
|---|---|---|
| publishable | missing, or the same key | role anon |
| secret | missing, or the same key | role service_role |
| either | any other token (a user's, a worker's) | that token |
| missing or unknown | anything | nothing: 401 |

Source: supabase.com/docs/guides/api/api-keys; the sentences are hosted's.
"""

from __future__ import annotations

import hmac
import re
import time
from typing import Any
from urllib.parse import parse_qsl, urlencode

import jwt
from starlette.types import ASGIApp, Receive, Scope, Send

from devstack.config import StackConfig
from devstack.gateway.asgi import bearer, close_websocket, header, reply

MINTED_S = 600
"""Life of the JWT that stands for a key. One is used for half of it, so that it never expires on the way."""

_BROWSER = re.compile(r"(Mozilla|Opera)/", re.IGNORECASE)

MISSING = {"message": "No API key found in request", "hint": "No `apikey` request header or url param was found."}
UNKNOWN = {
    "message": "Invalid API key",
    "hint": "Double check your Supabase `publishable` or `secret` API key.",
}
IN_BROWSER = {
    "message": "Forbidden use of secret API key in browser",
    "hint": "Secret API keys can only be used in a protected environment and should never be used in a browser.",
}


class Keys:
    """The two keys of one stack, and the JWTs that stand for them."""

    def __init__(self, config: StackConfig) -> None:
        self._roles = {config.publishable_key.encode(): "anon", config.secret_key.encode(): "service_role"}
        self._secret = config.jwt_secret
        self._minted: dict[str, tuple[str, float]] = {}

    def role_of(self, key: str) -> str | None:
        """`anon`, `service_role`, or None for a key that is not one of this stack's."""
        given, found = key.encode(), None
        for known, role in self._roles.items():
            if hmac.compare_digest(known, given):
                found = role
        return found

    def token(self, role: str) -> str:
        """A JWT for the role, made anew when half its life is over."""
        now = time.time()
        token, made = self._minted.get(role, ("", 0.0))
        if now - made > MINTED_S / 2:
            claims: dict[str, Any] = {"iss": "supabase", "role": role, "iat": int(now), "exp": int(now) + MINTED_S}
            token, made = jwt.encode(claims, self._secret, algorithm="HS256"), now
            self._minted[role] = token, made
        return token


class RequireKey:
    """Lets nothing pass without one of the two keys, and puts the right Authorization in front of the rest.

    open_paths, open_prefix: what below the mount works without a key (links in e-mails and public files are opened by
    a browser that has none).
    """

    def __init__(
        self, app: ASGIApp, keys: Keys, *, open_paths: frozenset[str] = frozenset(), open_prefix: str = "\0"
    ) -> None:
        self._app = app
        self._keys = keys
        self._open = open_paths
        self._open_prefix = open_prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await close_websocket(receive, send)
            return
        query = scope["query_string"]
        key = header(scope, b"apikey")
        if b"apikey=" in query:
            pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
            key = key or dict(pairs).get("apikey")
            # PostgREST would take it for a filter on a column of that name.
            query = urlencode([pair for pair in pairs if pair[0] != "apikey"]).encode()
        if key is None:
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            if path in self._open or path.startswith(self._open_prefix):
                await self._app(scope, receive, send)
            else:
                await reply(send, 401, MISSING)
            return
        role = self._keys.role_of(key)
        if role is None:
            await reply(send, 401, UNKNOWN)
        elif role == "service_role" and _BROWSER.match(header(scope, b"user-agent") or ""):
            await reply(send, 401, IN_BROWSER)
        else:
            await self._app(self._signed(scope, query, key, role), receive, send)

    def _signed(self, scope: Scope, query: bytes, key: str, role: str) -> Scope:
        given = bearer(scope)
        headers = scope["headers"]
        if given is None or given == key:
            headers = [pair for pair in headers if pair[0] != b"authorization"]
            headers.append((b"authorization", f"Bearer {self._keys.token(role)}".encode()))
        return {**scope, "headers": headers, "query_string": query}
