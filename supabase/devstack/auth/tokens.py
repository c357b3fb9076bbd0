"""Access tokens (HS256, the claims that hosted Auth puts) and one-time tokens (6 digits for people, a hash for
links).
"""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import Any

import jwt

from devstack.auth.errors import AuthError

ACCESS_TOKEN_S = 3600
"""Life of an access token, as hosted's default."""
ONE_TIME_TOKEN_S = 3600
"""Life of a link or code in an e-mail."""
PKCE_PREFIX = "pkce_"


def issuer(supabase_url: str) -> str:
    """The `iss` claim: the auth server's address."""
    return f"{supabase_url}/auth/v1"


def access_token(
    user: dict[str, Any], *, session_id: str, amr: list[dict[str, Any]], aal: str, secret: str, iss: str
) -> tuple[str, int]:
    """(token, exp) for a row of auth.users."""
    now = int(time.time())
    claims = {
        "aal": aal,
        "amr": amr,
        "app_metadata": user["raw_app_meta_data"] or {},
        "aud": user["aud"],
        "email": user["email"] or "",
        "exp": now + ACCESS_TOKEN_S,
        "iat": now,
        "is_anonymous": user["is_anonymous"],
        "iss": iss,
        "phone": user["phone"] or "",
        "role": user["role"],
        "session_id": session_id,
        "sub": str(user["id"]),
        "user_metadata": user["raw_user_meta_data"] or {},
    }
    return jwt.encode(claims, secret, algorithm="HS256"), now + ACCESS_TOKEN_S


def claims_of(authorization: str, secret: str) -> dict[str, Any]:
    """The verified claims of `Bearer <jwt>`. Raises AuthError 401 no_authorization or 403 bad_jwt."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise AuthError(401, "no_authorization", "This endpoint requires a valid Bearer token")
    try:
        # The audience is checked by the database role that the token names; hosted Auth does not check it here either.
        claims: dict[str, Any] = jwt.decode(
            token.strip(), secret, algorithms=["HS256"], options={"verify_aud": False, "require": ["exp"]}
        )
    except jwt.PyJWTError as error:
        raise AuthError(403, "bad_jwt", f"invalid JWT: unable to parse or verify signature, {error}") from error
    return claims


def one_time_code() -> str:
    """Six digits."""
    return f"{secrets.randbelow(10**6):06d}"


def code_hash(email: str, code: str) -> str:
    """The hash that is stored and travels in links: sha224 of address and code, in hex."""
    return hashlib.sha224((email + code).encode()).hexdigest()


def refresh_token() -> str:
    """An opaque refresh token, 22 URL-safe characters."""
    return secrets.token_urlsafe(16)
