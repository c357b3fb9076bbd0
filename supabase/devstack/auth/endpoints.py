"""The endpoints that anybody may call: sign up, sign in, refresh, links, the own user, sign out."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devstack.auth import passwords, sessions, store
from devstack.auth.errors import AuthError, invalid
from devstack.auth.service import EMAIL_APP_METADATA, email_of, json_body, merged, metadata_of, service
from devstack.auth.store import Row
from devstack.auth.views import user_body, user_view

_FLOW_S = 300


async def signup(request: Request) -> Response:
    """POST /signup {email, password, data?} → the user, without a session: the address must be confirmed first.

    For an address that is confirmed already the answer is an invented user, so that nobody can find out who has an
    account.
    """
    auth, body = service(request), await json_body(request)
    if not body.get("email"):
        raise AuthError(422, "anonymous_provider_disabled", "Anonymous sign-ins are disabled")
    email, password = email_of(body["email"]), passwords.checked(body.get("password"))
    data, password_hash = metadata_of(body.get("data")), await passwords.hashed(password)
    try:
        async with auth.transaction() as conn:
            user = await store.user_by_email(conn, email, lock=True)
            if user is not None and user["email_confirmed_at"] is not None:
                return JSONResponse(_invented(user, email, data))
            if user is None:
                user = await store.insert_user(
                    conn,
                    user_id=uuid4(),
                    email=email,
                    password_hash=password_hash,
                    user_metadata=data,
                    app_metadata=EMAIL_APP_METADATA,
                )
            await auth.send_link(conn, request, user, "signup", body=body)
            user = await store.user_by_id(conn, str(user["id"])) or user
            return JSONResponse(await user_view(conn, user))
    except psycopg.errors.UniqueViolation as error:
        raise AuthError(422, "user_already_exists", "User already registered") from error


def _invented(user: Row, email: str, data: dict[str, Any]) -> dict[str, Any]:
    now = datetime.now(UTC)
    stranger = dict.fromkeys(user) | {
        "id": uuid4(),
        "aud": "authenticated",
        "role": "",
        "email": email,
        "raw_app_meta_data": EMAIL_APP_METADATA,
        "raw_user_meta_data": data,
        "is_anonymous": False,
        "created_at": now,
        "updated_at": now,
        "confirmation_sent_at": now,
    }
    return user_body(stranger, [])


async def token(request: Request) -> Response:
    """POST /token?grant_type=password|refresh_token|pkce → the session."""
    grant = request.query_params.get("grant_type")
    if grant == "password":
        return JSONResponse(await _password_grant(request))
    if grant == "refresh_token":
        return JSONResponse(await _refresh_grant(request))
    if grant == "pkce":
        return JSONResponse(await _pkce_grant(request))
    raise invalid("unsupported_grant_type")


async def _password_grant(request: Request) -> Row:
    auth, body = service(request), await json_body(request)
    email, password = email_of(body.get("email")), body.get("password")
    async with auth.transaction() as conn:
        user = await store.user_by_email(conn, email)
    stored = user["encrypted_password"] if user is not None else None
    known = await passwords.matches(password if isinstance(password, str) else "", stored)
    if user is None or not known:
        raise AuthError(400, "invalid_credentials", "Invalid login credentials")
    if user["email_confirmed_at"] is None:
        raise AuthError(400, "email_not_confirmed", "Email not confirmed")
    async with auth.transaction() as conn:
        return await auth.sign_in(conn, request, user, "password")


async def _refresh_grant(request: Request) -> Row:
    auth, body = service(request), await json_body(request)
    given = body.get("refresh_token")
    if not isinstance(given, str) or not given:
        raise invalid("refresh_token required")
    async with auth.transaction() as conn:
        session = await sessions.refresh(conn, auth.config, given)
    if session is None:
        raise AuthError(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used")
    return session


async def _pkce_grant(request: Request) -> Row:
    auth, body = service(request), await json_body(request)
    code, verifier = body.get("auth_code"), body.get("code_verifier")
    if not isinstance(code, str) or not isinstance(verifier, str) or not code or not verifier:
        raise invalid("invalid request: both auth code and code verifier should be non-empty")
    async with auth.transaction() as conn:
        flow = await store.take_flow(conn, code, valid_s=_FLOW_S)
        if flow is None:
            raise AuthError(404, "flow_state_not_found", "invalid flow state, no valid flow state found")
        proof = verifier
        if flow["code_challenge_method"] == "s256":
            proof = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        if not hmac.compare_digest(proof.encode(), flow["code_challenge"].encode()):
            raise AuthError(400, "bad_code_verifier", "code challenge does not match previously saved code verifier")
        user = await store.user_by_id(conn, str(flow["user_id"]))
        if user is None:
            raise AuthError(404, "user_not_found", "User not found")
        return await auth.sign_in(conn, request, user, flow["authentication_method"])


async def recover(request: Request) -> Response:
    """POST /recover {email} → {} whether or not there is such an account."""
    auth, body = service(request), await json_body(request)
    email = email_of(body.get("email"))
    async with auth.transaction() as conn:
        user = await store.user_by_email(conn, email, lock=True)
        if user is not None:
            await auth.send_link(conn, request, user, "recovery", body=body)
    return JSONResponse({})


async def otp(request: Request) -> Response:
    """POST /otp {email, create_user?} → {}: mails a sign-in link (a confirmation link to an address that is not
    confirmed).
    """
    auth, body = service(request), await json_body(request)
    email = email_of(body.get("email"))
    async with auth.transaction() as conn:
        user = await store.user_by_email(conn, email, lock=True)
        if user is None:
            if body.get("create_user") is False:
                raise AuthError(422, "otp_disabled", "Signups not allowed for otp")
            user = await store.insert_user(
                conn,
                user_id=uuid4(),
                email=email,
                password_hash=None,
                user_metadata=metadata_of(body.get("data")),
                app_metadata=EMAIL_APP_METADATA,
            )
        kind = "magiclink" if user["email_confirmed_at"] else "signup"
        await auth.send_link(conn, request, user, kind, body=body)
    return JSONResponse({})


async def resend(request: Request) -> Response:
    """POST /resend {type: signup|email_change, email} → {}: the e-mail again, when one is due."""
    auth, body = service(request), await json_body(request)
    kind = body.get("type")
    if kind not in ("signup", "email_change"):
        raise invalid("Missing one of these types: signup, email_change")
    email = email_of(body.get("email"))
    async with auth.transaction() as conn:
        user = await store.user_by_email(conn, email, lock=True)
        if user is not None and kind == "signup" and user["email_confirmed_at"] is None:
            await auth.send_link(conn, request, user, "signup", body=body)
        elif user is not None and kind == "email_change" and user["email_change"]:
            await auth.send_link(conn, request, user, "email_change", email=user["email_change"], body=body)
    return JSONResponse({})


async def get_user(request: Request) -> Response:
    """GET /user → the caller."""
    auth = service(request)
    async with auth.transaction() as conn:
        caller = await auth.caller(conn, request)
        return JSONResponse(await user_view(conn, caller.user))


async def put_user(request: Request) -> Response:
    """PUT /user {password?, data?, email?} → the caller. A new password ends the other sessions; a new e-mail must be
    confirmed.
    """
    auth, body = service(request), await json_body(request)
    async with auth.transaction() as conn:
        caller = await auth.caller(conn, request)
        user, changes = caller.user, dict[str, Any]()
        if body.get("password"):
            password = passwords.checked(body["password"])
            if await passwords.matches(password, user["encrypted_password"]):
                raise AuthError(422, "same_password", "New password should be different from the old password.")
            changes["encrypted_password"] = await passwords.hashed(password)
            await sessions.end(conn, user["id"], caller.session_id, "others" if caller.session_id else "global")
        if body.get("data") is not None:
            changes["raw_user_meta_data"] = merged(user["raw_user_meta_data"], metadata_of(body["data"]))
        email = email_of(body["email"]) if body.get("email") else user["email"]
        if email != user["email"]:
            if await store.user_by_email(conn, email) is not None:
                raise AuthError(422, "email_exists", "A user with this email address has already been registered")
            changes["email_change"] = email
        if changes:
            user = await store.update_user(conn, str(user["id"]), **changes)
        if "email_change" in changes:
            await auth.send_link(conn, request, user, "email_change", email=email, body=body)
            user = await store.user_by_id(conn, str(user["id"])) or user
        return JSONResponse(await user_view(conn, user))


async def logout(request: Request) -> Response:
    """POST /logout?scope=global|local|others → 204. Refresh tokens stop at once; access tokens live until they
    expire.
    """
    auth, scope = service(request), request.query_params.get("scope", "global")
    if scope not in ("global", "local", "others"):
        raise invalid(f"Unsupported logout scope {scope!r}")
    async with auth.transaction() as conn:
        caller = await auth.caller(conn, request)
        await sessions.end(conn, caller.user["id"], caller.session_id, scope)  # type: ignore[arg-type]
    return Response(status_code=204)
