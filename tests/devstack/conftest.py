"""Fixtures of the local stack's own tests: a bare database as hosted hands it out, and a running stack."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from devstack import database, stack
from devstack.postgres import Cluster

_NUMBERS = itertools.count(1)


@pytest.fixture
def bare(cluster: Cluster) -> Iterator[str]:
    """The name of a database that no migration has touched."""
    name = f"bare_{os.getpid()}_{next(_NUMBERS)}"
    database.create_database(cluster, name)
    yield name
    with psycopg.connect(cluster.dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def postgres(cluster: Cluster, bare: str) -> Iterator[psycopg.Connection]:
    """A connection as role postgres to the bare database, every statement committed at once."""
    with psycopg.connect(cluster.dsn(bare, "postgres"), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The directory of a running stack, below a folder that is closed to other users (pytest's own is)."""
    directory = tmp_path_factory.mktemp("stack") / ".renum"
    before = os.environ.get("RENUM_DURABLE")
    os.environ["RENUM_DURABLE"] = "0"
    try:
        stack.start(directory)
        yield directory
    finally:
        stack.stop(directory)
        os.environ.pop("RENUM_DURABLE")
        if before is not None:
            os.environ["RENUM_DURABLE"] = before
