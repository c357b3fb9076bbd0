"""The recorded webhooks of Twilio, Evolution API, Z-API and Zenvia, and accounts to read them for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from renum.accounts import Account
from renum.channels import Post

FOLDER = Path(__file__).parent / "fixtures" / "providers"
CREDENTIALS = {
    "twilio": {"account_sid": "AC" + "0" * 31 + "1", "auth_token": "12345678901234567890123456789012"},
    "evolution": {"api_key": "evolution-api-key", "webhook_secret": "evolution-webhook-secret"},
    "zapi": {
        "instance_token": "zapi-instance-token",
        "client_token": "zapi-client-token",
        "webhook_secret": "zapi-webhook-secret",
    },
    "zenvia": {"api_token": "zenvia-api-token", "webhook_secret": "zenvia-webhook-secret"},
}
IDS = {"twilio": "+551130000000", "evolution": "loja", "zapi": "3C01", "zenvia": "+551130000000"}
ID = "0b9dbf5e-0000-4000-8000-000000000001"


def account(provider: str, **changes: Any) -> Account:
    """An account of the provider, as the fixtures name it."""
    channel = "sms" if provider == "zenvia" else "whatsapp"
    given: dict[str, Any] = {
        "id": ID,
        "client_id": "0b9dbf5e-0000-4000-8000-000000000002",
        "channel": channel,
        "provider": provider,
        "external_id": IDS[provider],
        "status": "active",
        "config": {},
        "credentials": CREDENTIALS[provider],
    }
    return Account(**{**given, **changes})


def files(provider: str) -> list[Path]:
    """Every recorded body of the provider."""
    return sorted(path for path in (FOLDER / provider).iterdir() if path.suffix in (".form", ".json"))


def post(body: bytes, url: str = f"https://renum.example/whatsapp_webhook/{ID}", **headers: str) -> Post:
    """A request with this body; header names are given with underscores."""
    return Post(body, {name.replace("_", "-"): value for name, value in headers.items()}, url)
