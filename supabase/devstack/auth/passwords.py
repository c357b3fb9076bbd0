"""Password hashes with the standard library's scrypt (hosted Auth: bcrypt, which would be one more dependency).

Stored as `$scrypt$ln=14,r=8,p=1$<salt>$<hash>` (base64 without padding) in `auth.users.encrypted_password`. One hash
takes about 40 ms of CPU, outside the interpreter lock.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets

from devstack.auth.errors import AuthError

MINIMUM = 6
_COST = 14


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")


def _raw(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))


def _derive(password: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**cost, r=8, p=1, dklen=32, maxmem=2**26)


async def hashed(password: str) -> str:
    """The string to store."""
    salt = secrets.token_bytes(16)
    return f"$scrypt$ln={_COST},r=8,p=1${_b64(salt)}${_b64(await asyncio.to_thread(_derive, password, salt, _COST))}"


async def matches(password: str, stored: str | None) -> bool:
    """Whether the password is the stored one. As slow for an account without one, so that timing tells nothing."""
    parts = (stored or "").split("$")
    if len(parts) != 5 or parts[1] != "scrypt":
        await asyncio.to_thread(_derive, password, b"\0" * 16, _COST)
        return False
    cost = int(parts[2].split(",")[0].removeprefix("ln="))
    derived = await asyncio.to_thread(_derive, password, _raw(parts[3]), cost)
    return hmac.compare_digest(derived, _raw(parts[4]))


def checked(password: object) -> str:
    """The password if it is acceptable. Raises AuthError 422 weak_password (or 400 when it is no string)."""
    if not isinstance(password, str) or not password:
        raise AuthError(400, "validation_failed", "Signup requires a valid password")
    if len(password) < MINIMUM:
        raise AuthError(
            422,
            "weak_password",
            f"Password should be at least {MINIMUM} characters.",
            {"weak_password": {"reasons": ["length"]}},
        )
    if len(password.encode()) > 72:
        raise AuthError(400, "validation_failed", "Password cannot be longer than 72 characters")
    return password
