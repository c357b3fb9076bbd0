"""Credentials open for their own account with the right key, and for nothing else."""

from __future__ import annotations

import base64

import pytest

from renum.crypto import Sealed, seal, unseal
from renum.errors import ConfigurationError, CredentialsError
from tests.unit.doubles import KEY

ACCOUNT = "7d9f3a52-0000-4000-8000-000000000001"
SECRETS = {"access_token": "EAAG", "app_secret": "s3cr3t", "verify_token": "confiança"}


def sealed() -> Sealed:
    """The secrets, sealed for the account."""
    return seal(SECRETS, channel_account_id=ACCOUNT, key=KEY, key_id="1")


def test_what_was_sealed_opens() -> None:
    """Round trip, and case in the id does not matter."""
    assert unseal(sealed(), channel_account_id=ACCOUNT.upper(), key=KEY, key_id="1") == SECRETS


def test_the_same_secrets_never_look_the_same() -> None:
    """A fresh nonce each time; nothing of the secret stands in the ciphertext."""
    first, second = sealed()["ciphertext"], sealed()["ciphertext"]
    assert first != second
    assert b"s3cr3t" not in base64.b64decode(first)


@pytest.mark.parametrize("position", [0, 11, 12, 20, -1])
def test_a_changed_byte_is_noticed(position: int) -> None:
    """In the nonce, the text or the tag."""
    blob = bytearray(base64.b64decode(sealed()["ciphertext"]))
    blob[position] ^= 1
    with pytest.raises(CredentialsError) as refused:
        unseal(
            {"ciphertext": base64.b64encode(blob).decode(), "key_id": "1"},
            channel_account_id=ACCOUNT,
            key=KEY,
            key_id="1",
        )
    assert refused.value.code == "unreadable"


def test_credentials_moved_to_another_account_do_not_open() -> None:
    """The account's id is authenticated with them."""
    with pytest.raises(CredentialsError):
        unseal(sealed(), channel_account_id="7d9f3a52-0000-4000-8000-000000000002", key=KEY, key_id="1")


def test_another_key_does_not_open_them() -> None:
    """Neither under the same key id, nor under another, which says so."""
    other = base64.b64encode(bytes(32)).decode()
    with pytest.raises(CredentialsError) as wrong:
        unseal(sealed(), channel_account_id=ACCOUNT, key=other, key_id="1")
    assert wrong.value.code == "unreadable"
    with pytest.raises(CredentialsError) as renamed:
        unseal(sealed(), channel_account_id=ACCOUNT, key=KEY, key_id="2")
    assert renamed.value.code == "unknown_key"


@pytest.mark.parametrize("ciphertext", ["", "AAAA", "not base64!", base64.b64encode(bytes(28)).decode()])
def test_nonsense_does_not_open(ciphertext: str) -> None:
    """Cut, empty, or no base64 at all: one error, no traceback from a library."""
    with pytest.raises(CredentialsError):
        unseal({"ciphertext": ciphertext, "key_id": "1"}, channel_account_id=ACCOUNT, key=KEY, key_id="1")


@pytest.mark.parametrize("key", ["", "short", base64.b64encode(bytes(16)).decode(), "ç" * 44])
def test_a_key_that_is_none_is_named(key: str) -> None:
    """The variable is named, its value is not."""
    with pytest.raises(ConfigurationError, match="RENUM_CREDENTIALS_KEY is not base64 of 32 bytes"):
        seal(SECRETS, channel_account_id=ACCOUNT, key=key, key_id="1")
