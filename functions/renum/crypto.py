"""Channel credentials at rest: AES-256-GCM, made and opened only here, so the database never sees them in clear."""

from __future__ import annotations

import base64
import binascii
import json
import os
from typing import TypedDict

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from renum.errors import ConfigurationError, CredentialsError

NONCE_BYTES = 12
"""96 bits, the nonce length NIST SP 800-38D recommends for GCM."""


class Sealed(TypedDict):
    """What is stored: base64 of nonce + ciphertext + tag, and which key made it."""

    ciphertext: str
    key_id: str


def _key(encoded: str) -> AESGCM:
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise ConfigurationError("RENUM_CREDENTIALS_KEY is not base64 of 32 bytes")
    return AESGCM(key)


def seal(credentials: dict[str, str], *, channel_account_id: str, key: str, key_id: str) -> Sealed:
    """Encrypts `credentials` for one channel account. The account's id is authenticated with them (AAD):
    a ciphertext copied to another account does not open."""
    nonce = os.urandom(NONCE_BYTES)
    plain = json.dumps(credentials, ensure_ascii=False, sort_keys=True).encode()
    sealed = nonce + _key(key).encrypt(nonce, plain, channel_account_id.lower().encode())
    return {"ciphertext": base64.b64encode(sealed).decode(), "key_id": key_id}


def unseal(sealed: Sealed, *, channel_account_id: str, key: str, key_id: str) -> dict[str, str]:
    """Opens what `seal` made. Raises CredentialsError: `unknown_key` (made with another key) or `unreadable`
    (tampered, moved or cut)."""
    if sealed["key_id"] != key_id:
        raise CredentialsError(
            "unknown_key", f"the credentials of channel account {channel_account_id} were encrypted with another key"
        )
    aead = _key(key)
    try:
        blob = base64.b64decode(sealed["ciphertext"], validate=True)
        plain = aead.decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], channel_account_id.lower().encode())
        credentials = json.loads(plain)
    except (InvalidTag, ValueError, binascii.Error):
        raise CredentialsError(
            "unreadable", f"the credentials of channel account {channel_account_id} do not decrypt"
        ) from None
    if not isinstance(credentials, dict):
        raise CredentialsError(
            "unreadable", f"the credentials of channel account {channel_account_id} are not an object"
        )
    return {str(name): str(value) for name, value in credentials.items()}
