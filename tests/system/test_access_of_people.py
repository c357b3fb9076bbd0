"""People are what the tables say they are: nobody rises, nobody takes another's place, and who is removed is out."""

from __future__ import annotations

import secrets
import uuid

from supabase import Client

from devstack.demo.access import Row
from tests.stack import Stack
from tests.system.people import RETURNED, Everybody, invited_person, new_person, refused
from tests.system.survey import Survey, new_phone


def test_what_a_newcomer_says_about_himself_makes_nobody_an_admin(stack: Stack) -> None:
    """Sign-up data, whatever it claims, gives a name and a phone at most, and a bad phone costs nobody the sign-up."""
    email = f"{secrets.token_hex(6)}@exemplo.com.br"
    claims = {"role": "admin", "full_name": "Eva", "client_id": str(uuid.uuid4()), "is_admin": True, "phone": "nenhum"}
    signed_up = stack.http.post(
        f"{stack.access.url}/auth/v1/signup",
        headers={"apikey": stack.access.publishable_key},
        json={"email": email, "password": secrets.token_urlsafe(12), "data": claims},
    )
    assert signed_up.status_code == 200, signed_up.text
    (profile,) = stack.rows("select role::text, full_name, phone from public.profiles where email = %s", email)
    assert profile == {"role": "client", "full_name": "Eva", "phone": None}


def test_an_invitation_is_taken_up_by_nobody_but_its_address(stack: Stack, people: Everybody, school: Survey) -> None:
    """Signing up with, or changing to, an invited address that one has not confirmed opens no door."""
    email = f"{secrets.token_hex(6)}@exemplo.com.br"
    school.owner.rpc("invite_member", {"client_id": school.client_id, "email": email, "role": "owner"}).execute()
    password = secrets.token_urlsafe(12)
    key = {"apikey": stack.access.publishable_key}
    unconfirmed = stack.http.post(
        f"{stack.access.url}/auth/v1/signup", headers=key, json={"email": email, "password": password}
    )
    assert unconfirmed.json().get("access_token") is None
    attempt = {"email": email, "password": password}
    signed_in = stack.http.post(f"{stack.access.url}/auth/v1/token?grant_type=password", headers=key, json=attempt)
    assert signed_in.status_code == 400, signed_in.text

    second = f"{secrets.token_hex(6)}@exemplo.com.br"
    school.owner.rpc("invite_member", {"client_id": school.client_id, "email": second, "role": "owner"}).execute()
    intruder = new_person(stack, "an intruder")
    bearer = key | {"Authorization": f"Bearer {intruder.token}"}
    stack.http.put(f"{stack.access.url}/auth/v1/user", headers=bearer, json={"email": second})
    assert intruder.rows("/leads") == []
    members = stack.rows(
        "select status::text, profile_id from public.client_members where email in (%s, %s)", email, second
    )
    assert members == [{"status": "invited", "profile_id": None}] * 2


def test_credentials_are_set_by_the_accounts_owner_only(stack: Stack, people: Everybody, school: Survey) -> None:
    """The function refuses everybody else, with or without a token, and the account goes on with what it has."""
    account = school.number.channel_account_id
    body = {"channel_account_id": account, "credentials": {"access_token": "EAAx", "app_secret": "roubado"}}
    url = f"{stack.access.functions_url}/channel_credentials"
    before = stack.rows("select * from private.channel_credentials where channel_account_id = %s", account)
    tokens = {
        person.name: person.token for person in (people.staff, people.other_owner, people.stranger, people.removed)
    }
    tokens |= {"the publishable key": stack.access.publishable_key, "nonsense": "x.y.z"}
    for name, token in tokens.items():
        answer = stack.http.post(url, json=body, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in (401, 403, 404), (name, answer.text)
        assert "roubado" not in answer.text
    assert stack.http.post(url, json=body).status_code == 401
    assert stack.rows("select * from private.channel_credentials where channel_account_id = %s", account) == before


def test_a_removed_member_loses_access_with_the_token_in_hand(stack: Stack, school: Survey, admin: Client) -> None:
    """At once, and cannot come back by any of the own means; invited anew, the access is back."""
    person = invited_person(stack, "a member", school)
    assert person.rows("/leads?select=id")
    (member,) = person.rows(f"/client_members?select=id&profile_id=eq.{person.profile_id}")
    school.owner.rpc("remove_member", {"member_id": member["id"]}).execute()
    assert person.rows("/leads?select=id") == []
    assert person.rows("/clients") == []
    refused(person.rpc("invite_member", client_id=school.client_id, email=person.email), 403)
    phone = {"phone": new_phone(), "client_id": school.client_id}
    refused(person.rest("POST", "/leads", json=phone), 403)
    # Their only client is gone: without a client_id, too, there is nothing to write to.
    assert person.rest("POST", "/leads", json={"phone": new_phone()}).status_code in (400, 403)
    school.owner.rpc("invite_member", {"client_id": school.client_id, "email": person.email}).execute()
    assert person.rows("/leads?select=id")


def test_who_works_at_two_clients_says_whose_row_it_is(
    stack: Stack, people: Everybody, school: Survey, garage: Survey
) -> None:
    """Without client_id the row would be nobody's: a 4xx, and with it each row goes where it says."""
    both = invited_person(stack, "a member of both", school)
    garage.owner.rpc("invite_member", {"client_id": garage.client_id, "email": both.email}).execute()
    assert {row["id"] for row in both.rows("/clients?select=id")} == {school.client_id, garage.client_id}
    unclear = both.rest("POST", "/leads", json={"phone": new_phone()})
    assert 400 <= unclear.status_code < 500, unclear.text
    for survey in (school, garage):
        content: Row = {"phone": new_phone(), "client_id": survey.client_id}
        made = both.rest("POST", "/leads", json=content, headers=RETURNED)
        assert [row["client_id"] for row in made.json()] == [survey.client_id]
    (member,) = both.rows(f"/client_members?select=id&client_id=eq.{garage.client_id}&profile_id=eq.{both.profile_id}")
    assert both.rpc("remove_member", member_id=member["id"]).status_code == 200
    assert {row["id"] for row in both.rows("/clients?select=id")} == {school.client_id}
