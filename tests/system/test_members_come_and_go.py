"""Invitations, roles and departures of a client's people, from the mail in their inbox to what they may do."""

from __future__ import annotations

import secrets

import pytest
from supabase import Client

from devstack.demo.access import Row, row
from tests.stack import Stack
from tests.system.people import Person, invited_person, new_person, refused, signed_in
from tests.system.survey import Survey, open_survey


@pytest.fixture
def tailor(stack: Stack, admin: Client) -> Survey:
    """A client whose only member is its owner."""
    return open_survey(stack, admin, f"Alfaiataria {secrets.token_hex(3)}", start=False)


@pytest.fixture
def owner(stack: Stack, tailor: Survey) -> Person:
    """The owner."""
    return signed_in(stack, "the owner", tailor.owner)


def member(owner: Person, email: str) -> Row:
    """A membership as the owner sees it."""
    (found,) = owner.rows(f"/client_members?select=id,role,status,profile_id&email=eq.{email}")
    return found


def invite(owner: Person, tailor: Survey, email: str, role: str = "staff") -> None:
    """An invitation, or a change of role."""
    answer = owner.rpc("invite_member", client_id=tailor.client_id, email=email, role=role)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("way", ["signs up", "is invited by mail"])
def test_an_unknown_address_becomes_a_member_once_it_is_confirmed(
    stack: Stack, tailor: Survey, owner: Person, way: str
) -> None:
    """Invited first, then an account, then the link in the mail: only the last opens the door."""
    email, password = f"nova.{secrets.token_hex(5)}@exemplo.com.br", secrets.token_urlsafe(12)
    invite(owner, tailor, f"  {email.upper()} ")
    assert member(owner, email) | {"id": None} == {"id": None, "role": "staff", "status": "invited", "profile_id": None}
    newcomer = stack.access.anybody()
    if way == "signs up":
        newcomer.auth.sign_up({"email": email, "password": password})
        kind = "signup"
    else:
        stack.access.operator().auth.admin.invite_user_by_email(email)
        kind = "invite"
    assert member(owner, email)["status"] == "invited"
    mail = stack.simulator.mailbox(email)[-1]
    assert mail["kind"] == kind
    newcomer.auth.verify_otp({"token_hash": mail["token_hash"], "type": "signup" if kind == "signup" else "invite"})
    person = signed_in(stack, "the newcomer", newcomer)
    assert member(owner, email) | {"id": None} == {
        "id": None, "role": "staff", "status": "active", "profile_id": person.profile_id,
    }  # fmt: skip
    assert [client["id"] for client in person.rows("/clients")] == [tailor.client_id]


def test_a_role_changes_what_one_may_do_at_once(stack: Stack, tailor: Survey, owner: Person) -> None:
    """Staff made owner invites and removes; owner made staff does not any more, with the token in hand."""
    other = invited_person(stack, "a colleague", tailor)
    third = f"{secrets.token_hex(5)}@exemplo.com.br"
    refused(other.rpc("invite_member", client_id=tailor.client_id, email=third), 403, saying="only an owner")
    # One's own role neither.
    refused(other.rpc("invite_member", client_id=tailor.client_id, email=other.email, role="owner"), 403)
    invite(owner, tailor, other.email, "owner")
    assert other.rpc("invite_member", client_id=tailor.client_id, email=third).status_code == 200
    invite(other, tailor, owner.email, "staff")
    refused(owner.rpc("remove_member", member_id=member(other, third)["id"]), 404, saying="no such member")
    assert other.rpc("remove_member", member_id=member(other, third)["id"]).json()["status"] == "removed"
    assert [client["profile_id"] for client in other.rows("/clients")] == [other.profile_id]


def test_an_invited_owner_is_nobody_to_leave_the_client_to(stack: Stack, tailor: Survey, owner: Person) -> None:
    """Until somebody took the invitation up, the last owner can neither go nor become staff."""
    second = f"{secrets.token_hex(5)}@exemplo.com.br"
    invite(owner, tailor, second, "owner")
    for attempt in (
        owner.rpc("invite_member", client_id=tailor.client_id, email=owner.email, role="staff"),
        owner.rpc("remove_member", member_id=member(owner, owner.email)["id"]),
    ):
        refused(attempt, 400, saying="a client keeps at least one owner")
    assert member(owner, owner.email)["role"] == "owner"
    taken_up = new_person(stack, "the second owner", second)
    assert owner.rpc("remove_member", member_id=member(owner, owner.email)["id"]).status_code == 200
    assert owner.rows("/clients") == []
    invite(taken_up, tailor, owner.email, "staff")
    assert [one["id"] for one in owner.rows("/clients")] == [tailor.client_id]


def test_a_client_outlives_its_last_owners_account(stack: Stack, admin: Client, tailor: Survey, owner: Person) -> None:
    """The account goes, the membership stays as removed, staff work on, and an admin invites the next owner."""
    staff = invited_person(stack, "the assistant", tailor)
    stack.access.operator().auth.admin.delete_user(owner.profile_id)
    assert owner.rows("/leads") == []
    assert member(staff, owner.email)["status"] == "removed"
    assert [client["profile_id"] for client in staff.rows("/clients")] == [None]
    refused(staff.rpc("invite_member", client_id=tailor.client_id, email=staff.email, role="owner"), 403)
    promoted = {"client_id": tailor.client_id, "email": staff.email, "role": "owner"}
    assert row(admin.rpc("invite_member", promoted).execute())["role"] == "owner"
    assert [client["profile_id"] for client in staff.rows("/clients")] == [staff.profile_id]
