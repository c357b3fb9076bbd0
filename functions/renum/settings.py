"""What the functions read from their environment, checked once and kept."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from renum.errors import ConfigurationError

REQUIRED = ("RENUM_WORKER_KEY", "RENUM_CREDENTIALS_KEY")


class Settings(BaseModel):
    """One function's environment. Secrets are left out of `repr`.

    - `rest_url`: PostgREST itself (RENUM_REST_URL), or the gateway's `/rest/v1` when only SUPABASE_URL is given.
    - `worker_key`: a JWT with `role: renum_worker`; it may execute `worker.*` and read no table.
    - `storage_key`: a JWT with `role: renum_files`; only where leads' files are fetched into Storage, at `storage_url`.
    - `credentials_key`: base64 of 32 bytes; channel credentials are encrypted with it.
    - `private_hosts`: host names and addresses that a client's account may name although they are not public ones.
    - `typing_after_ms`: how long a turn may take before the lead is shown that an answer is being written.
    - `model`: a LangChain `init_chat_model` string, or `offline`.
    - `fallback_model`: asked once when an agent's own model fails; '' for none.
    - `model_retries`: how often a model's client repeats one call by itself, within `model_timeout_s`.
    - `concurrency`: tasks at a time in one instance; None leaves each function its own default.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    rest_url: str
    worker_key: str = Field(repr=False)
    credentials_key: str = Field(repr=False)
    credentials_key_id: str = "1"
    publishable_key: str = Field(default="", repr=False)
    storage_url: str = ""
    storage_key: str = Field(default="", repr=False)
    graph_url: str = "https://graph.facebook.com"
    graph_version: str = Field(default="v23.0", pattern=r"^v\d+\.\d+$")
    twilio_url: str = "https://api.twilio.com"
    zapi_url: str = "https://api.z-api.io"
    zenvia_url: str = "https://api.zenvia.com"
    resend_url: str = "https://api.resend.com"
    private_hosts: frozenset[str] = frozenset()
    typing_after_ms: int = Field(default=1000, ge=0)
    model: str = "offline"
    model_delay_ms: int = Field(default=0, ge=0)
    model_timeout_s: float = Field(default=60, gt=0)
    model_retries: int = Field(default=0, ge=0, le=5)
    fallback_model: str = ""
    concurrency: int | None = Field(default=None, ge=1, le=2000)
    drain_max_s: float = Field(default=240, gt=0)
    drain_idle_s: float = Field(default=30, ge=0)
    drain_linger_s: float = Field(default=2, ge=0)
    visibility_s: int = Field(default=60, ge=5)

    @field_validator("private_hosts", mode="before")
    @classmethod
    def names(cls, value: object) -> object:
        """A list with commas between, as environments have it."""
        if not isinstance(value, str):
            return value
        return frozenset(name.strip().strip("[]").rstrip(".").lower() for name in value.split(",") if name.strip())


VARIABLES = {
    "RENUM_REST_URL": "rest_url",
    "RENUM_WORKER_KEY": "worker_key",
    "RENUM_CREDENTIALS_KEY": "credentials_key",
    "RENUM_CREDENTIALS_KEY_ID": "credentials_key_id",
    "SUPABASE_PUBLISHABLE_KEY": "publishable_key",
    "RENUM_STORAGE_URL": "storage_url",
    "RENUM_STORAGE_KEY": "storage_key",
    "WHATSAPP_GRAPH_URL": "graph_url",
    "WHATSAPP_GRAPH_VERSION": "graph_version",
    "TWILIO_URL": "twilio_url",
    "ZAPI_URL": "zapi_url",
    "ZENVIA_URL": "zenvia_url",
    "RESEND_URL": "resend_url",
    "RENUM_PRIVATE_HOSTS": "private_hosts",
    "RENUM_TYPING_AFTER_MS": "typing_after_ms",
    "RENUM_MODEL": "model",
    "RENUM_MODEL_DELAY_MS": "model_delay_ms",
    "RENUM_MODEL_TIMEOUT_S": "model_timeout_s",
    "RENUM_MODEL_RETRIES": "model_retries",
    "RENUM_FALLBACK_MODEL": "fallback_model",
    "RENUM_CONCURRENCY": "concurrency",
    "RENUM_DRAIN_MAX_S": "drain_max_s",
    "RENUM_DRAIN_IDLE_S": "drain_idle_s",
    "RENUM_DRAIN_LINGER_S": "drain_linger_s",
    "RENUM_VISIBILITY_S": "visibility_s",
}


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Reads settings from `environment`. An empty variable counts as absent.

    Raises ConfigurationError naming every variable that is missing, or the first one that is unusable (never its
    value).
    """
    given = {field: environment[name] for name, field in VARIABLES.items() if environment.get(name)}
    missing = [name for name in REQUIRED if not environment.get(name)]
    if "rest_url" not in given:
        if environment.get("SUPABASE_URL"):
            given["rest_url"] = environment["SUPABASE_URL"].rstrip("/") + "/rest/v1"
        else:
            missing.insert(0, "RENUM_REST_URL (or SUPABASE_URL)")
    if missing:
        raise ConfigurationError(
            f"not set in the environment: {', '.join(missing)}; `renum up` writes them to .renum/env"
        )
    if environment.get("SUPABASE_URL"):
        given.setdefault("storage_url", environment["SUPABASE_URL"].rstrip("/") + "/storage/v1")
    for field in ("rest_url", "graph_url", "twilio_url", "zapi_url", "zenvia_url", "resend_url", "storage_url"):
        if field in given:
            given[field] = given[field].rstrip("/")
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        names = {field: name for name, field in VARIABLES.items()}
        raise ConfigurationError(
            f"{names.get(str(first['loc'][0]), first['loc'][0])} is unusable: {first['msg']}"
        ) from None


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The process's settings. Tests that change the environment call `settings.cache_clear()`."""
    return from_environment(os.environ)
