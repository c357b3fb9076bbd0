"""Proving that a webhook comes from the provider: comparing secrets without telling by time how much of one was
right."""

from __future__ import annotations

import base64
import binascii
import hmac

from renum.channels import Post


def same(one: str, other: str) -> bool:
    """Whether two texts are equal, in constant time."""
    # On bytes: compare_digest raises TypeError for a str that is not ASCII, and headers come from strangers.
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


def is_secret(given: str | None, secret: str | None) -> bool:
    """Whether `given` is the account's secret. An account without one accepts nothing."""
    return bool(given) and bool(secret) and same(given or "", secret or "")


def bearer(post: Post) -> str:
    """The token of `Authorization: Bearer …`; '' without one."""
    scheme, _, token = post.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def basic_password(post: Post) -> str:
    """The password of `Authorization: Basic …`, whoever's; '' without one."""
    scheme, _, token = post.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(token.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def is_signed_token(token: str, secret: str | None) -> bool:
    """Whether `token` is a JWT that was signed with `secret` (HS256), carries an expiry and has not expired."""
    if not token or not secret:
        return False
    import jwt  # only where an account's gateway signs: others' cold starts do without it

    try:
        jwt.decode(token, secret, algorithms=["HS256"], options={"require": ["exp"], "verify_aud": False}, leeway=30)
    except (jwt.PyJWTError, ValueError, TypeError):
        return False
    return True
