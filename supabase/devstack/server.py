"""What making and filling databases needs to know of a PostgreSQL server, whoever started it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from psycopg.conninfo import make_conninfo

from devstack.initdb import SUPERUSER


class Server(Protocol):
    """A running server with the superuser role `supabase_admin`, where every role may log in without a password."""

    @property
    def pristine(self) -> str | None:
        """A database as hosted Supabase hands it out, to be copied; None: fresh ones are made from nothing."""

    def dsn(self, database: str = ..., user: str = ...) -> str:
        """The libpq address of a database for a role."""


@dataclass(frozen=True, slots=True)
class GivenServer:
    """A server that somebody else started and will end, at `address` (libpq, as the superuser)."""

    address: str
    pristine: str | None = None

    def dsn(self, database: str = "postgres", user: str = SUPERUSER) -> str:
        """The address with another database and role."""
        return make_conninfo(self.address, dbname=database, user=user)
