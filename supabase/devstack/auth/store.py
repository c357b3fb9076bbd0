"""Every statement the auth stand-in runs, by name. Rows are dicts with the column names of hosted's `auth` schema.

Connections are role supabase_auth_admin's; callers hold the transaction.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg import AsyncConnection, sql
from psycopg.types.json import Jsonb

Row = dict[str, Any]
Connection = AsyncConnection[Row]

_NO_INSTANCE = UUID(int=0)


async def _one(conn: Connection, statement: str, params: dict[str, Any]) -> Row | None:
    cursor = await conn.execute(statement.encode(), params)
    return await cursor.fetchone()


async def user_by_id(conn: Connection, user_id: str, *, lock: bool = False) -> Row | None:
    """A user that is not soft-deleted."""
    return await _one(
        conn,
        "select * from auth.users where id = %(id)s and deleted_at is null" + (" for update" if lock else ""),
        {"id": user_id},
    )


async def user_by_email(conn: Connection, email: str, *, lock: bool = False) -> Row | None:
    """The user with this address (lower case)."""
    return await _one(
        conn,
        "select * from auth.users where email = %(email)s and not is_sso_user and deleted_at is null"
        + (" for update" if lock else ""),
        {"email": email},
    )


async def users_page(conn: Connection, *, limit: int, offset: int) -> tuple[list[Row], int]:
    """(one page, newest first; how many there are in all)."""
    cursor = await conn.execute(
        """
        select * from auth.users where deleted_at is null
        order by created_at desc, id limit %(limit)s offset %(offset)s
        """,
        {"limit": limit, "offset": offset},
    )
    page = await cursor.fetchall()
    total = await _one(conn, "select count(*) as total from auth.users where deleted_at is null", {})
    return page, total["total"] if total else 0


async def insert_user(
    conn: Connection,
    *,
    user_id: UUID,
    email: str,
    password_hash: str | None,
    user_metadata: Row,
    app_metadata: Row,
    role: str = "authenticated",
    confirmed: bool = False,
    invited: bool = False,
) -> Row:
    """Adds the user and its e-mail identity. Raises psycopg.errors.UniqueViolation when id or address is taken."""
    identity = {"sub": str(user_id), "email": email, "email_verified": confirmed, "phone_verified": False}
    await conn.execute(
        """
        insert into auth.users
          (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, invited_at,
           raw_app_meta_data, raw_user_meta_data, is_sso_user, is_anonymous, created_at, updated_at)
        values (%(instance)s, %(id)s, 'authenticated', %(role)s, %(email)s, %(password)s,
                case when %(confirmed)s then now() end, case when %(invited)s then now() end,
                %(app)s, %(data)s, false, false, now(), now())
        """,
        {
            "instance": _NO_INSTANCE,
            "id": user_id,
            "role": role,
            "email": email,
            "password": password_hash or "",
            "confirmed": confirmed,
            "invited": invited,
            "app": Jsonb(app_metadata),
            "data": Jsonb(user_metadata | identity),
        },
    )
    await conn.execute(
        """
        insert into auth.identities (id, provider_id, user_id, identity_data, provider, created_at, updated_at)
        values (gen_random_uuid(), %(sub)s, %(id)s, %(data)s, 'email', now(), now())
        """,
        {"sub": str(user_id), "id": user_id, "data": Jsonb(identity)},
    )
    row = await user_by_id(conn, str(user_id))
    assert row is not None
    return row


_SETTABLE = frozenset(
    {
        "email",
        "encrypted_password",
        "email_confirmed_at",
        "invited_at",
        "confirmation_sent_at",
        "recovery_sent_at",
        "email_change",
        "email_change_sent_at",
        "last_sign_in_at",
        "raw_app_meta_data",
        "raw_user_meta_data",
        "phone",
        "role",
        "banned_until",
        "deleted_at",
    }
)
NOW = sql.SQL("now()")


async def update_user(conn: Connection, user_id: str, **changes: Any) -> Row:
    """Sets columns (values, or NOW) and `updated_at`; the row afterwards."""
    unknown = changes.keys() - _SETTABLE
    if unknown:
        raise ValueError(f"not a settable column: {unknown}")
    settings: list[sql.Composable] = [sql.SQL("updated_at = now()")]
    params: Row = {"_id": user_id}
    for column, value in changes.items():
        if value is NOW:
            settings.append(sql.SQL("{} = now()").format(sql.Identifier(column)))
        else:
            settings.append(sql.SQL("{} = {}").format(sql.Identifier(column), sql.Placeholder(column)))
            params[column] = Jsonb(value) if isinstance(value, dict) else value
    statement = sql.SQL("update auth.users set {} where id = {} returning *").format(
        sql.SQL(", ").join(settings), sql.Placeholder("_id")
    )
    cursor = await conn.execute(statement, params)
    row = await cursor.fetchone()
    assert row is not None
    return row


async def update_identity(conn: Connection, user_id: str, data: Row) -> None:
    """Merges `data` into the e-mail identity."""
    await conn.execute(
        """
        update auth.identities set identity_data = identity_data || %(data)s, updated_at = now()
        where user_id = %(id)s and provider = 'email'
        """,
        {"id": user_id, "data": Jsonb(data)},
    )


async def identities(conn: Connection, user_ids: list[Any]) -> dict[Any, list[Row]]:
    """Identities by user id."""
    cursor = await conn.execute(
        "select * from auth.identities where user_id = any(%(ids)s) order by created_at", {"ids": user_ids}
    )
    found: dict[Any, list[Row]] = {user_id: [] for user_id in user_ids}
    for row in await cursor.fetchall():
        found[row["user_id"]].append(row)
    return found


async def delete_user(conn: Connection, user_id: str) -> None:
    """Removes the row; identities, sessions and tokens go with it."""
    await conn.execute("delete from auth.users where id = %(id)s", {"id": user_id})


async def put_token(conn: Connection, user_id: Any, kind: str, token_hash: str, relates_to: str) -> None:
    """Stores a one-time token; an earlier one of the same kind stops working."""
    await conn.execute(
        """
        insert into auth.one_time_tokens (id, user_id, token_type, token_hash, relates_to, created_at, updated_at)
        values (gen_random_uuid(), %(user)s, %(kind)s, %(hash)s, %(relates)s, localtimestamp, localtimestamp)
        on conflict (user_id, token_type)
        do update set token_hash = excluded.token_hash, relates_to = excluded.relates_to,
                      created_at = localtimestamp, updated_at = localtimestamp
        """,
        {"user": user_id, "kind": kind, "hash": token_hash, "relates": relates_to},
    )


async def take_token(conn: Connection, kinds: list[str], hashes: list[str], *, valid_s: int) -> Row | None:
    """Removes and returns the token, so that it works once; None when there is none or it is too old."""
    return await _one(
        conn,
        """
        delete from auth.one_time_tokens
        where token_hash = any(%(hashes)s) and token_type::text = any(%(kinds)s)
          and created_at > localtimestamp - make_interval(secs => %(valid)s)
        returning user_id, token_type::text, token_hash
        """,
        {"hashes": hashes, "kinds": kinds, "valid": valid_s},
    )


async def put_flow(conn: Connection, user_id: Any, challenge: str, challenge_method: str, method: str) -> None:
    """Remembers a PKCE challenge until its link is opened."""
    await conn.execute(
        """
        insert into auth.flow_state (id, user_id, auth_code, code_challenge_method, code_challenge, provider_type,
                                     authentication_method, created_at, updated_at)
        values (gen_random_uuid(), %(user)s, gen_random_uuid()::text, %(how)s, %(challenge)s, 'email',
                %(method)s, now(), now())
        """,
        {"user": user_id, "how": challenge_method, "challenge": challenge, "method": method},
    )


async def issue_flow_code(conn: Connection, user_id: Any, method: str) -> str | None:
    """The authorization code of the user's latest challenge of this kind, now exchangeable."""
    row = await _one(
        conn,
        """
        update auth.flow_state set auth_code_issued_at = now(), updated_at = now()
        where id = (select id from auth.flow_state where user_id = %(user)s and authentication_method = %(method)s
                    order by created_at desc limit 1)
        returning auth_code
        """,
        {"user": user_id, "method": method},
    )
    return row["auth_code"] if row else None


async def take_flow(conn: Connection, code: str, *, valid_s: int) -> Row | None:
    """Removes and returns the flow whose code was issued at most `valid_s` seconds ago."""
    return await _one(
        conn,
        """
        delete from auth.flow_state
        where auth_code = %(code)s and auth_code_issued_at > now() - make_interval(secs => %(valid)s)
        returning user_id, code_challenge, code_challenge_method::text, authentication_method
        """,
        {"code": code, "valid": valid_s},
    )
