"""The migrated database that the server's real pg_cron watches."""

from __future__ import annotations

import time

import psycopg
import pytest

from devstack import database
from devstack.paths import MIGRATIONS
from devstack.server import Server

LIVE = "live"
# pg_cron's launcher looks for changes once a second.
_A_LOOK_S = 1.5


def tell_again(dsn: str) -> None:
    """Schedules the sweep once more, in a transaction of its own.

    pg_cron misses a job when the transaction that scheduled it changed so much that the server dropped its notes of
    what changed (https://github.com/citusdata/pg_cron/pull/406): the whole schema at once is as much.
    """
    time.sleep(_A_LOOK_S)
    with psycopg.connect(dsn) as connection:
        connection.execute("select private.setup_sweep_cron()")


@pytest.fixture(scope="session")
def live(cluster: Server) -> str:
    """Address (as the superuser) of a database built from the migrations by role postgres; its jobs run from now on."""
    database.migrate(cluster.dsn(LIVE, "postgres"), MIGRATIONS)
    tell_again(cluster.dsn(LIVE, "postgres"))
    return cluster.dsn(LIVE)
