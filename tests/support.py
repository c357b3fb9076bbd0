"""Helpers that tests call by name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus


@contextmanager
def as_role(connection: psycopg.Connection, role: str, claims: dict[str, Any] | None = None) -> Iterator[None]:
    """Runs the block as PostgREST would run a request: one transaction as `role` with the token's claims in place.

    Commits at the end, rolls back when the block raises. The connection must be in no transaction
    (autocommit): inside of one the role would outlive the block.
    """
    assert connection.info.transaction_status == TransactionStatus.IDLE, (
        "as_role needs a connection outside of a transaction"
    )
    with connection.transaction():
        connection.execute(
            "select set_config('request.jwt.claims', %s, true)", (json.dumps({"role": role, **(claims or {})}),)
        )
        connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
        yield


@contextmanager
def as_user(connection: psycopg.Connection, profile_id: UUID | str, **claims: Any) -> Iterator[None]:
    """Runs the block as the signed-in person with this profile: role `authenticated`, `sub` in the claims."""
    with as_role(connection, "authenticated", {"sub": str(profile_id), "aud": "authenticated", **claims}):
        yield
