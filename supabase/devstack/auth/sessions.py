"""Sessions and their rotating refresh tokens, in hosted's tables `auth.sessions`, `auth.mfa_amr_claims`,
`auth.refresh_tokens`.
"""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID, uuid4

from devstack.auth import store, tokens
from devstack.auth.errors import AuthError
from devstack.auth.store import Connection, Row
from devstack.auth.views import user_view
from devstack.config import StackConfig

REUSE_S = 10
"""For how long a refresh token that was just rotated may be shown again (two tabs at once), as hosted's default."""

Scope = Literal["global", "local", "others"]


async def _first(conn: Connection, statement: str, params: Row) -> Row | None:
    cursor = await conn.execute(statement.encode(), params)
    return await cursor.fetchone()


async def _new_token(conn: Connection, user_id: Any, session_id: UUID, parent: str | None) -> str:
    token = tokens.refresh_token()
    await conn.execute(
        """
        insert into auth.refresh_tokens
          (instance_id, token, user_id, revoked, parent, session_id, created_at, updated_at)
        values (%(instance)s, %(token)s, %(user)s, false, %(parent)s, %(session)s, now(), now())
        """,
        {"instance": UUID(int=0), "token": token, "user": str(user_id), "parent": parent, "session": session_id},
    )
    return token


async def _refuse_banned(conn: Connection, user: Row) -> None:
    if user["banned_until"] is not None:
        banned = await _first(conn, "select %(until)s > now() as banned", {"until": user["banned_until"]})
        if banned is not None and banned["banned"]:
            raise AuthError(400, "user_banned", "User is banned")


async def start(conn: Connection, config: StackConfig, user: Row, *, method: str, user_agent: str, ip: str) -> Row:
    """Signs a user in. method: `password`, `otp`, `invite`, … (goes into `amr`). Returns the token answer's body."""
    await _refuse_banned(conn, user)
    session_id = uuid4()
    await conn.execute(
        """
        insert into auth.sessions (id, user_id, aal, user_agent, ip, created_at, updated_at)
        values (%(id)s, %(user)s, 'aal1', %(agent)s, %(ip)s, now(), now())
        """,
        {"id": session_id, "user": user["id"], "agent": user_agent, "ip": ip or None},
    )
    await conn.execute(
        """
        insert into auth.mfa_amr_claims (id, session_id, authentication_method, created_at, updated_at)
        values (gen_random_uuid(), %(session)s, %(method)s, now(), now())
        """,
        {"session": session_id, "method": method},
    )
    user = await store.update_user(conn, str(user["id"]), last_sign_in_at=store.NOW)
    await conn.execute(
        "update auth.identities set last_sign_in_at = now() where user_id = %(id)s and provider = 'email'",
        {"id": user["id"]},
    )
    return await _answer(conn, config, user, session_id, await _new_token(conn, user["id"], session_id, None))


async def _answer(conn: Connection, config: StackConfig, user: Row, session_id: UUID, refresh_token: str) -> Row:
    cursor = await conn.execute(
        """
        select authentication_method as method, extract(epoch from created_at)::bigint as timestamp
        from auth.mfa_amr_claims where session_id = %(session)s order by created_at
        """,
        {"session": session_id},
    )
    access, expires_at = tokens.access_token(
        user,
        session_id=str(session_id),
        amr=await cursor.fetchall(),
        aal="aal1",
        secret=config.jwt_secret,
        iss=tokens.issuer(config.supabase_url),
    )
    return {
        "access_token": access,
        "token_type": "bearer",
        "expires_in": tokens.ACCESS_TOKEN_S,
        "expires_at": expires_at,
        "refresh_token": refresh_token,
        "user": await user_view(conn, user),
    }


async def refresh(conn: Connection, config: StackConfig, token: str) -> Row | None:
    """Rotates a refresh token; the token answer's body, or None when an old token was reused: then the whole session
    is revoked.

    None instead of an exception, because the caller's transaction must commit the revocation. Raises AuthError 400
    refresh_token_not_found.
    """
    held = await _first(conn, "select * from auth.refresh_tokens where token = %(token)s for update", {"token": token})
    if held is None:
        raise AuthError(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")
    user = await store.user_by_id(conn, str(held["user_id"]))
    session = held["session_id"]
    if user is None or session is None:
        raise AuthError(400, "session_not_found", "Invalid Refresh Token: Session Not Found")
    await _refuse_banned(conn, user)
    if held["revoked"]:
        active = await _first(
            conn,
            """
            select token, parent, %(rotated)s > now() - make_interval(secs => %(reuse)s) as just_rotated
            from auth.refresh_tokens where session_id = %(session)s and not revoked order by id desc limit 1
            """,
            {"session": session, "rotated": held["updated_at"], "reuse": REUSE_S},
        )
        # The parent of the active token is one whose answer the client never got: it is given the active one again.
        if active is None or not (active["parent"] == token or active["just_rotated"]):
            await conn.execute(
                "update auth.refresh_tokens set revoked = true, updated_at = now() where session_id = %(session)s",
                {"session": session},
            )
            return None
        return await _answer(conn, config, user, session, active["token"])
    await conn.execute(
        "update auth.refresh_tokens set revoked = true, updated_at = now() where id = %(id)s", {"id": held["id"]}
    )
    await conn.execute(
        "update auth.sessions set refreshed_at = localtimestamp, updated_at = now() where id = %(id)s", {"id": session}
    )
    return await _answer(conn, config, user, session, await _new_token(conn, user["id"], session, token))


async def exists(conn: Connection, session_id: str) -> bool:
    """Whether the session of an access token is still there (sign-out removes it before the token expires)."""
    row = await _first(conn, "select 1 as found from auth.sessions where id::text = %(id)s", {"id": session_id})
    return row is not None


async def end(conn: Connection, user_id: Any, session_id: str | None, scope: Scope) -> None:
    """Signs out: `global` every session of the user, `local` this one, `others` all but this one. Their refresh
    tokens go, too.
    """
    if scope == "local":
        condition = "and id::text = %(session)s"
    elif scope == "others":
        condition = "and id::text is distinct from %(session)s"
    else:
        condition = ""
    await conn.execute(
        f"delete from auth.sessions where user_id = %(user)s {condition}".encode(),
        {"user": user_id, "session": session_id},
    )
