"""Users as GoTrue's JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from devstack.auth import store
from devstack.auth.store import Connection, Row

_TIMES = (
    "email_confirmed_at",
    "invited_at",
    "confirmation_sent_at",
    "confirmed_at",
    "recovery_sent_at",
    "email_change_sent_at",
    "phone_confirmed_at",
    "last_sign_in_at",
    "banned_until",
    "deleted_at",
)


def _time(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _identity(row: Row) -> dict[str, Any]:
    view = {
        "identity_id": str(row["id"]),
        "id": row["provider_id"],
        "user_id": str(row["user_id"]),
        "identity_data": row["identity_data"],
        "provider": row["provider"],
        "last_sign_in_at": _time(row["last_sign_in_at"]) if row["last_sign_in_at"] else None,
        "created_at": _time(row["created_at"]),
        "updated_at": _time(row["updated_at"]),
    }
    if row["identity_data"].get("email"):
        view["email"] = row["identity_data"]["email"]
    return view


def user_body(user: Row, identities: list[Row]) -> dict[str, Any]:
    """One user; times that are not set are left out, as GoTrue does. Never the password hash, never a token."""
    body: dict[str, Any] = {
        "id": str(user["id"]),
        "aud": user["aud"],
        "role": user["role"],
        "email": user["email"] or "",
        "phone": user["phone"] or "",
        "app_metadata": user["raw_app_meta_data"] or {},
        "user_metadata": user["raw_user_meta_data"] or {},
        "identities": [_identity(row) for row in identities],
        "created_at": _time(user["created_at"]),
        "updated_at": _time(user["updated_at"]),
        "is_anonymous": user["is_anonymous"],
    }
    if user["email_change"]:
        body["new_email"] = user["email_change"]
    return body | {name: _time(user[name]) for name in _TIMES if user.get(name) is not None}


async def user_view(conn: Connection, user: Row) -> dict[str, Any]:
    """One user with the identities read now."""
    return user_body(user, (await store.identities(conn, [user["id"]]))[user["id"]])


async def user_views(conn: Connection, users: list[Row]) -> list[dict[str, Any]]:
    """Several users with one more statement for all identities."""
    found = await store.identities(conn, [user["id"] for user in users])
    return [user_body(user, found[user["id"]]) for user in users]
