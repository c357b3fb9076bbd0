"""`as_role` and `as_user` do to a transaction what PostgREST does, and leave nothing behind."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest

from tests.support import as_role, as_user

WHO = "select current_user::text, auth.uid(), coalesce(current_setting('request.jwt.claims', true), '')"


def test_the_block_is_the_person_and_nothing_outlives_it(db: psycopg.Connection) -> None:
    person = uuid4()
    with as_user(db, person):
        row = db.execute(WHO).fetchone()
        assert row is not None
        assert row[:2] == ("authenticated", person)
    assert db.execute(WHO).fetchone() == ("postgres", None, "")


def test_a_block_that_raises_is_rolled_back(db: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), as_role(db, "anon"):
        db.execute("select from public.leads")
    assert db.execute(WHO).fetchone() == ("postgres", None, "")


def test_inside_of_a_transaction_it_is_refused(db: psycopg.Connection) -> None:
    with db.transaction(), pytest.raises(AssertionError, match="outside of a transaction"), as_role(db, "anon"):
        db.execute("select 1")


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_has_a_database_of_its_own(db: psycopg.Connection, turn: int) -> None:
    db.execute("create table public.left_behind (id int)")
    row = db.execute("select rolsuper from pg_roles where rolname = current_user").fetchone()
    assert row == (False,)
