"""A stand-in for the part of Supabase Storage that RENUM uses: adding files and reading them, under row level security.

Whoever calls becomes the role of their token in the database, as with the real one, so that the policies on
storage.objects decide here as they do there.
"""

from devstack.storage.app import create_app

__all__ = ["create_app"]
