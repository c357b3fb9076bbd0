"""Links and codes from e-mails: `GET /verify` (a click, answers with a redirect) and `POST /verify` (a program,
answers with the session).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from devstack.auth import store, tokens
from devstack.auth.errors import AuthError, invalid
from devstack.auth.service import TOKEN_KINDS, Auth, email_of, flow_method, json_body, service
from devstack.auth.store import Connection, Row

_KINDS = {kind: [column] for kind, column in TOKEN_KINDS.items()} | {"email": ["confirmation_token", "recovery_token"]}
_OAUTH_ERRORS = {
    400: "invalid_request",
    401: "unauthorized_client",
    403: "access_denied",
    500: "server_error",
    503: "temporarily_unavailable",
}


async def post_verify(request: Request) -> Response:
    """POST /verify {type, token_hash} or {type, email, token} → the session. Each works once, for one hour."""
    auth, body = service(request), await json_body(request)
    kind, given = body.get("type"), body.get("token_hash")
    if kind not in _KINDS:
        raise invalid("Verify requires a verification type")
    if given:
        if not isinstance(given, str) or body.get("email") or body.get("phone"):
            raise invalid("Only the token_hash and type should be provided")
        hashes, wrong = [given], "Email link is invalid or has expired"
    else:
        code = body.get("token")
        if not isinstance(code, str) or not code:
            raise invalid("Verify requires a token or a token hash")
        token_hash = tokens.code_hash(email_of(body.get("email")), code)
        hashes, wrong = [token_hash, tokens.PKCE_PREFIX + token_hash], "Token has expired or is invalid"
    async with auth.transaction() as conn:
        user, _ = await _redeem(conn, kind, hashes, wrong)
        return JSONResponse(await auth.sign_in(conn, request, user, "otp"))


async def get_verify(request: Request) -> Response:
    """GET /verify?token=&type=&redirect_to= → 303 with `#access_token=…`, with `?code=…` (PKCE), or with `#error=…`."""
    auth, query = service(request), request.query_params
    target = auth.redirect_to(request)
    token_hash, kind = query.get("token") or query.get("token_hash") or "", query.get("type") or ""
    try:
        location = await _follow(auth, request, token_hash, kind, target)
    except AuthError as error:
        location = _with_error(target, error, in_query=token_hash.startswith(tokens.PKCE_PREFIX))
    return RedirectResponse(location, 303)


async def _follow(auth: Auth, request: Request, token_hash: str, kind: str, target: str) -> str:
    if not token_hash:
        raise invalid("Verify requires a token or a token hash")
    if kind not in _KINDS:
        raise invalid("Verify requires a verification type")
    async with auth.transaction() as conn:
        user, taken = await _redeem(conn, kind, [token_hash], "Email link is invalid or has expired")
        if taken["token_hash"].startswith(tokens.PKCE_PREFIX):
            code = await store.issue_flow_code(conn, user["id"], flow_method(kind))
            if code is None:
                raise AuthError(400, "flow_state_not_found", "No associated flow state found")
            return _with_query(target, {"code": code})
        session = await auth.sign_in(conn, request, user, "otp")
    fragment = {
        "access_token": session["access_token"],
        "expires_at": session["expires_at"],
        "expires_in": session["expires_in"],
        "refresh_token": session["refresh_token"],
        "token_type": "bearer",
        "type": kind,
    }
    return urlunsplit(urlsplit(target)._replace(fragment=urlencode(fragment)))


async def _redeem(conn: Connection, kind: str, hashes: list[str], wrong: str) -> tuple[Row, Row]:
    """Uses a one-time token up and does what it stands for: (user afterwards, token)."""
    taken = await store.take_token(conn, _KINDS[kind], hashes, valid_s=tokens.ONE_TIME_TOKEN_S)
    user = await store.user_by_id(conn, str(taken["user_id"]), lock=True) if taken else None
    if taken is None or user is None:
        raise AuthError(403, "otp_expired", wrong)
    changes: dict[str, Any] = {}
    email = user["email"]
    if taken["token_type"] == "email_change_token_new":
        email = user["email_change"]
        if not email or await store.user_by_email(conn, email) is not None:
            raise AuthError(422, "email_exists", "A user with this email address has already been registered")
        changes |= {"email": email, "email_change": ""}
    # Whoever can read the mailbox has confirmed the address, whichever link it was.
    if user["email_confirmed_at"] is None:
        changes["email_confirmed_at"] = store.NOW
    metadata = user["raw_user_meta_data"] or {}
    if metadata.get("email_verified") is not True or metadata.get("email") != email:
        proved = {"email": email, "email_verified": True}
        changes["raw_user_meta_data"] = metadata | proved
        await store.update_identity(conn, str(user["id"]), proved)
    if changes:
        user = await store.update_user(conn, str(user["id"]), **changes)
    return user, taken


def _with_query(target: str, more: dict[str, str]) -> str:
    parts = urlsplit(target)
    return urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, urlencode(more)]))))


def _with_error(target: str, error: AuthError, *, in_query: bool) -> str:
    text = urlencode(
        {
            "error": _OAUTH_ERRORS.get(error.status, "server_error"),
            "error_code": error.code,
            "error_description": error.message,
        }
    )
    return urlunsplit(urlsplit(target)._replace(query=text if in_query else "", fragment=text))
