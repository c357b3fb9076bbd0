"""The endpoints of the secret key: invitations, users, links without an e-mail."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devstack.auth import mail, passwords, store
from devstack.auth.errors import AuthError, invalid
from devstack.auth.service import EMAIL_APP_METADATA, email_of, json_body, merged, metadata_of, service
from devstack.auth.store import Connection, Row
from devstack.auth.views import user_view, user_views

_UNITS = {"h": 3600, "m": 60, "s": 1, "ms": 0.001}
_TAKEN = AuthError(422, "email_exists", "A user with this email address has already been registered")


def banned_until(duration: object) -> datetime | None:
    """The end of a ban of `duration` ("24h", "1h30m"; "none" lifts it). Raises AuthError 400."""
    if duration == "none":
        return None
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|h|m|s)", str(duration))
    if not parts or "".join(number + unit for number, unit in parts) != duration:
        raise invalid(f"invalid format for ban duration: {duration!r}")
    try:
        return datetime.now(UTC) + timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in parts))
    except OverflowError as error:
        raise invalid("invalid ban duration: too long") from error


async def invite(request: Request) -> Response:
    """POST /invite {email, data?} → the user; mails the invitation. An invitation that was not accepted may be sent
    again.
    """
    auth = service(request)
    auth.require_admin(request)
    body = await json_body(request)
    email, data = email_of(body.get("email")), metadata_of(body.get("data"))
    async with auth.transaction() as conn:
        user = await _invited(conn, email, data)
        await auth.send_link(conn, request, user, "invite")
        return JSONResponse(await user_view(conn, await _again(conn, user)))


async def _invited(conn: Connection, email: str, data: dict[str, Any]) -> Row:
    user = await store.user_by_email(conn, email, lock=True)
    if user is None:
        try:
            return await store.insert_user(
                conn,
                user_id=uuid4(),
                email=email,
                password_hash=None,
                user_metadata=data,
                app_metadata=EMAIL_APP_METADATA,
                invited=True,
            )
        except psycopg.errors.UniqueViolation as error:
            raise _TAKEN from error
    if user["email_confirmed_at"] is not None:
        raise _TAKEN
    return await store.update_user(conn, str(user["id"]), invited_at=store.NOW)


async def _again(conn: Connection, user: Row) -> Row:
    return await store.user_by_id(conn, str(user["id"])) or user


async def create_user(request: Request) -> Response:
    """POST /admin/users {email, password?, email_confirm?, user_metadata?, app_metadata?, role?, ban_duration?, id?}
    → the user; no e-mail.
    """
    auth = service(request)
    auth.require_admin(request)
    body = await json_body(request)
    email = email_of(body.get("email"))
    if body.get("password_hash"):
        raise invalid("password_hash is not supported here: give the password itself")
    password_hash = await passwords.hashed(passwords.checked(body["password"])) if body.get("password") else None
    until = banned_until(body["ban_duration"]) if body.get("ban_duration") else None
    async with auth.transaction() as conn:
        if await store.user_by_email(conn, email) is not None:
            raise _TAKEN
        try:
            user = await store.insert_user(
                conn,
                user_id=_uuid(body["id"]) if body.get("id") else uuid4(),
                email=email,
                password_hash=password_hash,
                user_metadata=metadata_of(body.get("user_metadata")),
                app_metadata=EMAIL_APP_METADATA | metadata_of(body.get("app_metadata")),
                role=str(body.get("role") or "authenticated"),
                confirmed=bool(body.get("email_confirm")),
            )
        except psycopg.errors.UniqueViolation as error:
            raise _TAKEN from error
        if until is not None:
            user = await store.update_user(conn, str(user["id"]), banned_until=until)
        return JSONResponse(await user_view(conn, user))


def _uuid(value: object) -> UUID:
    try:
        return UUID(str(value))
    except ValueError as error:
        raise AuthError(404, "validation_failed", "user_id must be an UUID") from error


async def list_users(request: Request) -> Response:
    """GET /admin/users?page=&per_page= → {"users", "aud"}, newest first, 50 a page; `x-total-count` and `link` say
    how many more.
    """
    auth = service(request)
    auth.require_admin(request)
    page, per_page = _page(request, "page", 1), min(_page(request, "per_page", 50), 1_000)
    async with auth.transaction() as conn:
        users, total = await store.users_page(conn, limit=per_page, offset=(page - 1) * per_page)
        body = {"users": await user_views(conn, users), "aud": "authenticated"}
    last = max(1, -(-total // per_page))
    links = [f'<{request.url.path}?page={page + 1}&per_page={per_page}>; rel="next"'] if page < last else []
    links.append(f'<{request.url.path}?page={last}&per_page={per_page}>; rel="last"')
    return JSONResponse(body, headers={"x-total-count": str(total), "link": ", ".join(links)})


def _page(request: Request, name: str, default: int) -> int:
    raw = request.query_params.get(name) or ""
    if not raw:
        return default
    if not raw.isdigit() or not 0 < int(raw) < 2**31:
        raise invalid(f"Bad Pagination Parameters: {name} must be a number from 1")
    return int(raw)


async def _named(conn: Connection, request: Request, *, lock: bool = False) -> Row:
    user = await store.user_by_id(conn, str(_uuid(request.path_params["user_id"])), lock=lock)
    if user is None:
        raise AuthError(404, "user_not_found", "User not found")
    return user


async def get_user(request: Request) -> Response:
    """GET /admin/users/{id}."""
    auth = service(request)
    auth.require_admin(request)
    async with auth.transaction() as conn:
        return JSONResponse(await user_view(conn, await _named(conn, request)))


async def put_user(request: Request) -> Response:
    """PUT /admin/users/{id} {email?, password?, email_confirm?, user_metadata?, app_metadata?, role?, phone?,
    ban_duration?} → the user.
    """
    auth = service(request)
    auth.require_admin(request)
    body = await json_body(request)
    changes: dict[str, Any] = {}
    if body.get("password"):
        changes["encrypted_password"] = await passwords.hashed(passwords.checked(body["password"]))
    if body.get("ban_duration"):
        changes["banned_until"] = banned_until(body["ban_duration"])
    changes |= {column: str(body[column]) for column in ("role", "phone") if body.get(column)}
    async with auth.transaction() as conn:
        user = await _named(conn, request, lock=True)
        proved: dict[str, Any] = {}
        if body.get("email"):
            changes["email"] = proved["email"] = email_of(body["email"])
        if body.get("email_confirm") and user["email_confirmed_at"] is None:
            changes["email_confirmed_at"], proved["email_verified"] = store.NOW, True
        changes["raw_user_meta_data"] = (
            merged(user["raw_user_meta_data"], metadata_of(body.get("user_metadata"))) | proved
        )
        changes["raw_app_meta_data"] = merged(user["raw_app_meta_data"], metadata_of(body.get("app_metadata")))
        try:
            user = await store.update_user(conn, str(user["id"]), **changes)
        except psycopg.errors.UniqueViolation as error:
            raise _TAKEN from error
        if proved:
            await store.update_identity(conn, str(user["id"]), proved)
        return JSONResponse(await user_view(conn, user))


async def delete_user(request: Request) -> Response:
    """DELETE /admin/users/{id} {should_soft_delete?} → {}."""
    auth = service(request)
    auth.require_admin(request)
    soft = bool((await json_body(request)).get("should_soft_delete"))
    async with auth.transaction() as conn:
        user = await _named(conn, request, lock=True)
        if soft:
            # The address is freed and nothing personal stays but the id, which other rows may point to.
            gone = f"deleted-{user['id']}@deleted.invalid"
            await conn.execute("delete from auth.sessions where user_id = %(id)s", {"id": user["id"]})
            await conn.execute("delete from auth.identities where user_id = %(id)s", {"id": user["id"]})
            await store.update_user(
                conn,
                str(user["id"]),
                deleted_at=store.NOW,
                email=gone,
                encrypted_password="",
                raw_user_meta_data={},
                raw_app_meta_data={},
            )
        else:
            await store.delete_user(conn, str(user["id"]))
    return JSONResponse({})


async def generate_link(request: Request) -> Response:
    """POST /admin/generate_link {type: signup|invite|magiclink|recovery, email, password?, data?} → the user and its
    link; no e-mail.
    """
    auth = service(request)
    auth.require_admin(request)
    body = await json_body(request)
    kind, email, data = body.get("type"), email_of(body.get("email")), metadata_of(body.get("data"))
    if kind not in ("signup", "invite", "magiclink", "recovery"):
        raise invalid("Invalid email action link type requested: " + str(kind))
    password_hash = await passwords.hashed(passwords.checked(body.get("password"))) if kind == "signup" else None
    redirect_to = auth.redirect_to(request)
    async with auth.transaction() as conn:
        user = await store.user_by_email(conn, email, lock=True)
        if kind == "invite":
            user = await _invited(conn, email, data)
        elif user is None and kind == "recovery":
            raise AuthError(404, "user_not_found", "User with this email not found")
        elif user is not None and kind == "signup" and user["email_confirmed_at"] is not None:
            raise _TAKEN
        elif user is None:
            user = await store.insert_user(
                conn,
                user_id=uuid4(),
                email=email,
                password_hash=password_hash,
                user_metadata=data,
                app_metadata=EMAIL_APP_METADATA,
            )
        link = await auth.new_link(conn, user, kind)
        view = await user_view(conn, await _again(conn, user))
    return JSONResponse(
        view
        | {
            "action_link": mail.action_link(
                auth.config, kind=kind, token_hash=link.token_hash, redirect_to=redirect_to
            ),
            "email_otp": link.code,
            "hashed_token": link.token_hash,
            "redirect_to": redirect_to,
            "verification_type": kind,
        }
    )
