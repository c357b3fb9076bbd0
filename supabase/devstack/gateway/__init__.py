"""One origin like hosted Supabase: `/rest/v1`, `/auth/v1` and `/functions/v1` behind API keys that are not JWTs."""

from devstack.gateway.app import create_app

__all__ = ["create_app"]
