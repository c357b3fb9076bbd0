"""The running stack, its admin, and two client companies that know nothing of each other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from supabase import Client

from devstack.demo.company import sign_in_admin
from tests.stack import Stack, stack, until
from tests.system.people import Everybody, everybody, fill, fill_globals
from tests.system.standing import Standing, stand_up
from tests.system.survey import Survey, open_survey

__all__ = ["stack"]


@pytest.fixture(scope="package", autouse=True)
def no_debounce(stack: Stack) -> Iterator[None]:
    """Leads are answered at once; what is about bursts sets the debounce itself."""
    with stack.setting("debounce_ms", 0):
        yield


@pytest.fixture(scope="package")
def admin(stack: Stack) -> Client:
    """One of RENUM's admins, signed in."""
    client, _ = sign_in_admin(stack.access)
    return client


@pytest.fixture(scope="package")
def bakery(stack: Stack, admin: Client) -> Survey:
    """A client with a running survey."""
    return open_survey(stack, admin, "Padaria do Sul", owner_phone="+5511965430001")


@pytest.fixture(scope="package")
def florist(stack: Stack, admin: Client) -> Survey:
    """Another client with a running survey: people, number, templates and leads of its own."""
    return open_survey(stack, admin, "Floricultura Ipê", owner_phone="+5511965430002")


@pytest.fixture(scope="package")
def school(stack: Stack, admin: Client) -> Survey:
    """A client whose every table has rows, and whose people come and go."""
    return fill(open_survey(stack, admin, "Escola Aurora", owner_phone="+5511965430003"))


@pytest.fixture(scope="package")
def garage(stack: Stack, admin: Client) -> Survey:
    """Another such client."""
    return fill(open_survey(stack, admin, "Oficina Ipiranga", owner_phone="+5511965430004"))


@pytest.fixture(scope="package")
def people(stack: Stack, admin: Client, school: Survey, garage: Survey) -> Everybody:
    """Everybody who may knock at the API, and rows in the tables that are the admins'."""
    found = everybody(stack, admin, school, garage)
    fill_globals(admin, found.admin.profile_id)
    return found


@pytest.fixture(scope="package")
def standing(stack: Stack, admin: Client) -> Iterator[Standing]:
    """Clients at which nothing happens by itself, and everybody whom access.md speaks of."""
    found = stand_up(stack, admin)
    yield found
    found.close()


@pytest.fixture
def fragile(stack: Stack) -> Iterator[Stack]:
    """The stack for a test that breaks a part of it: whole before, and whole again before the next test."""
    until(stack.answers, what="a whole stack")
    stack.keep_measure()
    yield stack
    until(stack.answers, 30, what="the stack's recovery")
