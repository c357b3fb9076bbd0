"""What the endpoints share: the database pool, who is calling, where links may lead, and one-time tokens with their
e-mails.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from psycopg_pool import AsyncConnectionPool
from starlette.requests import Request

from devstack.auth import mail, sessions, store, tokens
from devstack.auth.errors import AuthError, invalid
from devstack.auth.store import Connection, Row
from devstack.config import StackConfig

_EMAIL = re.compile(r"[^@\s<>\"',;:\\]+@[^@\s<>\"',;:\\.]+(\.[^@\s<>\"',;:\\.]+)+")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}

TOKEN_KINDS = {
    "signup": "confirmation_token",
    "invite": "confirmation_token",
    "recovery": "recovery_token",
    "magiclink": "recovery_token",
    "email_change": "email_change_token_new",
}
"""Which of a user's one-time tokens each verification type uses."""

EMAIL_APP_METADATA = {"provider": "email", "providers": ["email"]}
"""`app_metadata` of every user here: e-mail is the only provider."""

_SENT_AT = {
    "confirmation_token": "confirmation_sent_at",
    "recovery_token": "recovery_sent_at",
    "email_change_token_new": "email_change_sent_at",
}


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time token that was just made: the code for people and the hash for the link."""

    code: str
    token_hash: str


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in user, as the access token says and the database confirms."""

    user: Row
    session_id: str | None


@dataclass(slots=True)
class Auth:
    """One per application, in `request.app.state.auth`."""

    config: StackConfig
    pool: AsyncConnectionPool[Connection]
    http: httpx.AsyncClient

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection with an open transaction: committed at the end, rolled back by an exception."""
        async with self.pool.connection() as conn:
            yield conn

    async def caller(self, conn: Connection, request: Request) -> Caller:
        """Who calls. Raises AuthError 401/403 in GoTrue's words."""
        claims = tokens.claims_of(request.headers.get("authorization", ""), self.config.jwt_secret)
        subject, session_id = claims.get("sub"), claims.get("session_id")
        if not isinstance(subject, str) or not re.fullmatch(r"[0-9a-fA-F-]{36}", subject):
            raise AuthError(403, "bad_jwt", "invalid claim: missing sub claim")
        user = await store.user_by_id(conn, subject)
        if user is None:
            raise AuthError(403, "user_not_found", "User from sub claim in JWT does not exist")
        if session_id is not None and not await sessions.exists(conn, str(session_id)):
            raise AuthError(403, "session_not_found", "Session from session_id claim in JWT does not exist")
        return Caller(user, str(session_id) if session_id is not None else None)

    def require_admin(self, request: Request) -> None:
        """Only the secret key's role may. Raises AuthError 401/403."""
        claims = tokens.claims_of(request.headers.get("authorization", ""), self.config.jwt_secret)
        if claims.get("role") not in ("service_role", "supabase_admin"):
            raise AuthError(403, "not_admin", "User not allowed")

    def redirect_to(self, request: Request) -> str:
        """Where a link leads: what the caller asked for if it is the site itself or this machine, else the site.

        Anything else would hand the tokens in the address to a stranger.
        """
        wanted = request.query_params.get("redirect_to") or request.headers.get("redirect_to") or ""
        target, site = urlsplit(wanted), urlsplit(self.config.site_url)
        here = (target.scheme, target.netloc) == (site.scheme, site.netloc)
        if here or (target.scheme in ("http", "https") and target.hostname in _LOOPBACK):
            return wanted
        return self.config.site_url

    async def new_link(
        self, conn: Connection, user: Row, kind: str, *, email: str | None = None, pkce: bool = False
    ) -> Link:
        """Makes and stores the one-time token for a verification type; an earlier one of its kind stops working."""
        address, column = email or user["email"], TOKEN_KINDS[kind]
        code = tokens.one_time_code()
        token_hash = (tokens.PKCE_PREFIX if pkce else "") + tokens.code_hash(address, code)
        await store.put_token(conn, user["id"], column, token_hash, address)
        await store.update_user(conn, str(user["id"]), **{_SENT_AT[column]: store.NOW})
        return Link(code, token_hash)

    async def send_link(
        self,
        conn: Connection,
        request: Request,
        user: Row,
        kind: str,
        *,
        email: str | None = None,
        body: Row | None = None,
    ) -> None:
        """Makes the token and mails it. `body` may hold a PKCE challenge: then the link answers with a code instead
        of tokens.
        """
        challenge = (body or {}).get("code_challenge")
        if challenge:
            method = str((body or {}).get("code_challenge_method") or "plain").lower()
            if method not in ("s256", "plain") or not isinstance(challenge, str) or not 43 <= len(challenge) <= 128:
                raise invalid("code challenge or its method is not valid")
            await store.put_flow(conn, user["id"], challenge, method, flow_method(kind))
        link = await self.new_link(conn, user, kind, email=email, pkce=bool(challenge))
        await mail.send(
            self.http,
            self.config,
            to=email or user["email"],
            kind=kind,
            code=link.code,
            token_hash=link.token_hash,
            redirect_to=self.redirect_to(request),
        )

    async def sign_in(self, conn: Connection, request: Request, user: Row, method: str) -> Row:
        """Opens a session; the token answer's body."""
        ip = request.client.host if request.client else ""
        return await sessions.start(
            conn, self.config, user, method=method, user_agent=request.headers.get("user-agent", ""), ip=ip
        )


def flow_method(kind: str) -> str:
    """The authentication method that a PKCE flow is remembered under."""
    return {"signup": "email/signup", "email_change": "email_change"}.get(kind, kind)


def service(request: Request) -> Auth:
    """The application's Auth."""
    auth: Auth = request.app.state.auth
    return auth


async def json_body(request: Request) -> Row:
    """The request's JSON object ({} for an empty body). Raises AuthError 400 bad_json."""
    raw = await request.body()
    if not raw:
        return {}
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise AuthError(400, "bad_json", "Could not parse request body as JSON") from error
    if not isinstance(body, dict):
        raise AuthError(400, "bad_json", "Could not parse request body as JSON: not an object")
    if "\\u0000" in raw.decode(errors="replace"):
        raise AuthError(400, "bad_json", "Could not parse request body as JSON: \\u0000 is not text")
    return body


def email_of(value: object) -> str:
    """The address in lower case. Raises AuthError 400 validation_failed."""
    if not isinstance(value, str) or not value.strip():
        raise invalid("An email address is required")
    address = value.strip().lower()
    if len(address) > 255 or not _EMAIL.fullmatch(address):
        raise invalid("Unable to validate email address: invalid format")
    return address


def metadata_of(value: object) -> dict[str, Any]:
    """User or app metadata; null is {}. Raises AuthError 400."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise invalid("Metadata must be a JSON object")
    return value


def merged(old: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    """Metadata after an update: keys of `new` win, and a null removes its key."""
    return {key: value for key, value in ((old or {}) | new).items() if value is not None}
