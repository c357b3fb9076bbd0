"""A stand-in for the part of Supabase Auth (GoTrue) that API clients use: the same paths, bodies, tokens and errors,
over `auth.*`.

Differences that a client can see: passwords are hashed with scrypt instead of bcrypt, only e-mail identities exist,
an e-mail change is confirmed at the new address only, and no mail is rate limited.
"""

from devstack.auth.app import create_app

__all__ = ["create_app"]
