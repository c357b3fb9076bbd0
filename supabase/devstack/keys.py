"""The secrets of a stack, and the token that the functions hold."""

from __future__ import annotations

import base64
import json
import os
import secrets
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import jwt

WORKER_ROLE = "renum_worker"
FILES_ROLE = "renum_files"


@dataclass(frozen=True, slots=True, repr=False)
class StackSecrets:
    """Made once per stack directory. `repr()` shows none of them."""

    publishable_key: str
    secret_key: str
    jwt_secret: str
    credentials_key: str
    database_password: str

    @classmethod
    def load(cls, file: Path) -> StackSecrets:
        """Reads `file`, or makes new secrets and writes them there (mode 600)."""
        try:
            return cls(**json.loads(file.read_text()))
        except FileNotFoundError:
            made = cls(
                # The shape of hosted keys: https://supabase.com/docs/guides/api/api-keys
                publishable_key=f"sb_publishable_{secrets.token_urlsafe(24)}",
                secret_key=f"sb_secret_{secrets.token_urlsafe(24)}",
                jwt_secret=secrets.token_urlsafe(48),
                credentials_key=base64.b64encode(secrets.token_bytes(32)).decode(),
                database_password=secrets.token_urlsafe(24),
            )
            write_private(file, json.dumps(asdict(made), indent=2) + "\n")
            return made


def mint_worker_key(jwt_secret: str, days: int) -> str:
    """A JWT (HS256) with role renum_worker that is valid for `days` days: what the functions call PostgREST with."""
    return _mint(jwt_secret, WORKER_ROLE, days)


def mint_files_key(jwt_secret: str, days: int) -> str:
    """A JWT with role renum_files that is valid for `days` days: what the functions add files to Storage with."""
    return _mint(jwt_secret, FILES_ROLE, days)


def _mint(jwt_secret: str, role: str, days: int) -> str:
    now = int(time.time())
    return jwt.encode({"iss": "renum", "role": role, "iat": now, "exp": now + days * 86400}, jwt_secret, "HS256")


def write_private(file: Path, text: str) -> None:
    """Writes `file` so that only its owner can read it, never half: readers see the old text or the new one."""
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    partial.replace(file)
