"""What one running stack looks like to its parts: the only thing that the gateway and the simulator are given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StackConfig:
    """The addresses and secrets of one stack.

    URLs carry no trailing slash. Secrets are generated once per stack directory and live in `directory/secrets.json`
    (mode 600); they are left out of `repr()` so that they cannot reach a log by accident.
    """

    directory: Path
    """The stack directory (`.renum`): state, logs and data live below it."""

    supabase_url: str
    """The gateway, one origin for `/rest/v1`, `/auth/v1`, `/storage/v1` and `/functions/v1`."""
    rest_url: str
    """PostgREST itself, without the gateway hop (and without `/rest/v1`)."""
    functions_url: str
    """The functions child itself, including `/functions/v1`."""
    simulator_url: str
    """The providers' simulator."""
    whatsapp_graph_url: str
    """Where the Cloud API adapter sends: the simulator unless WHATSAPP_GRAPH_URL was given."""
    site_url: str
    """Where links in e-mails lead (GoTrue's SITE_URL)."""

    model: str
    """RENUM_MODEL, a LangChain `init_chat_model` string or `offline`."""
    model_delay_ms: int
    """RENUM_MODEL_DELAY_MS: how much slower than instant the offline model answers."""

    db_dsn_auth: str
    """libpq URL of database `postgres` for role supabase_auth_admin."""
    db_dsn_storage: str
    """libpq URL of database `postgres` for role supabase_storage_admin."""
    publishable_key: str
    """`sb_publishable_…`, not a JWT: the gateway turns it into role anon."""
    secret_key: str
    """`sb_secret_…`, not a JWT: the gateway turns it into role service_role."""
    jwt_secret: str
    """HS256 secret that PostgREST checks tokens with and that the auth stand-in signs with."""
    worker_key: str
    """JWT with role renum_worker: what the functions call PostgREST with."""
    storage_key: str
    """JWT with role renum_files: what the functions add files to Storage with."""
    credentials_key: str
    """Base64 of the 32 bytes that encrypt channel credentials."""

    def __repr__(self) -> str:
        return f"StackConfig(directory={str(self.directory)!r}, supabase_url={self.supabase_url!r})"
