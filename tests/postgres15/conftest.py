"""The migrated database that the server's real pg_cron watches."""

from __future__ import annotations

import pytest

from devstack import database
from devstack.paths import MIGRATIONS
from devstack.server import Server

LIVE = "live"


@pytest.fixture(scope="session")
def live(cluster: Server) -> str:
    """Address (as the superuser) of a database built from the migrations by role postgres; its jobs run from now on."""
    database.migrate(cluster.dsn(LIVE, "postgres"), MIGRATIONS)
    return cluster.dsn(LIVE)
