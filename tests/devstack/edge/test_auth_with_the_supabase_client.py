"""The real `supabase` client, end to end, over the gateway: each call that RENUM's users and commands make."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from supabase import Client, ClientOptions, create_client
from supabase_auth.errors import AuthApiError, AuthWeakPasswordError

from tests.devstack.edge.conftest import Edge

PASSWORD = "segredo-1"


@pytest.fixture
def client(edge: Edge) -> Client:
    """A visitor: the publishable key and nothing else."""
    return create_client(edge.config.supabase_url, edge.config.publishable_key)


@pytest.fixture
def admin(edge: Edge) -> Client:
    """The back office: the secret key."""
    options = ClientOptions(auto_refresh_token=False, persist_session=False)
    return create_client(edge.config.supabase_url, edge.config.secret_key, options)


@pytest.fixture
def member(edge: Edge, admin: Client) -> str:
    """The address of somebody who can sign in."""
    email = edge.new_email()
    admin.auth.admin.create_user({"email": email, "password": PASSWORD, "email_confirm": True})
    return email


def _sign_in(client: Client, email: str, password: str = PASSWORD) -> Any:
    return client.auth.sign_in_with_password({"email": email, "password": password})


def test_sign_up_gives_no_session_until_the_address_is_confirmed(edge: Edge, client: Client) -> None:
    """sign_up → e-mail with link and code → no way in before → verify_otp with the code signs in."""
    email = edge.new_email()
    given: Any = {"email": email.upper(), "password": PASSWORD, "options": {"data": {"name": "Ana"}}}
    answer = client.auth.sign_up(given)
    assert answer.session is None
    assert answer.user is not None
    assert (answer.user.email, answer.user.user_metadata["name"]) == (email, "Ana")
    assert answer.user.email_confirmed_at is None

    with pytest.raises(AuthApiError) as refused:
        _sign_in(client, email)
    assert (refused.value.code, refused.value.message) == ("email_not_confirmed", "Email not confirmed")

    (mail,) = edge.simulator.mailbox(email)
    assert (mail["kind"], mail["subject"]) == ("signup", "Confirme seu e-mail")
    assert mail["link"] in mail["text"]
    session = client.auth.verify_otp({"email": email, "token": mail["code"], "type": "signup"})
    assert session.user is not None
    assert session.user.email_confirmed_at is not None
    assert session.user.user_metadata["email_verified"] is True
    assert _sign_in(client, email).session is not None


def test_a_confirmation_link_opened_with_pkce_is_exchanged_for_a_session(edge: Edge, client: Client) -> None:
    """The Python client signs up with PKCE: the link carries a code to the site, and only this client can exchange
    it, once.
    """
    email = edge.new_email()
    client.auth.sign_up({"email": email, "password": PASSWORD})
    (mail,) = edge.simulator.mailbox(email)
    location = edge.http.get(mail["link"]).headers["location"]
    assert location.startswith("http://painel.exemplo:3000?code=")
    code = parse_qs(urlsplit(location).query)["code"][0]
    stranger = create_client(edge.config.supabase_url, edge.config.publishable_key)
    with pytest.raises(AuthApiError) as refused:
        stranger.auth.exchange_code_for_session({"auth_code": code, "code_verifier": "x" * 43, "redirect_to": ""})
    assert refused.value.code == "bad_code_verifier"
    exchange: Any = {"auth_code": code}
    session = client.auth.exchange_code_for_session(exchange)
    assert session.user is not None
    assert session.user.email == email
    with pytest.raises(AuthApiError):
        stranger.auth.exchange_code_for_session({"auth_code": code, "code_verifier": "x" * 43, "redirect_to": ""})


def test_the_access_token_has_the_claims_that_hosted_puts(edge: Edge, client: Client, member: str) -> None:
    """aud, role, session, amr and the rest; signed with the stack's secret, for an hour."""
    session = _sign_in(client, member).session
    claims = jwt.decode(session.access_token, edge.config.jwt_secret, algorithms=["HS256"], audience="authenticated")
    assert claims["iss"] == f"{edge.config.supabase_url}/auth/v1"
    assert (claims["role"], claims["aal"], claims["email"]) == ("authenticated", "aal1", member)
    assert (claims["phone"], claims["is_anonymous"]) == ("", False)
    assert claims["app_metadata"] == {"provider": "email", "providers": ["email"]}
    assert claims["exp"] - claims["iat"] == session.expires_in == 3600
    assert [entry["method"] for entry in claims["amr"]] == ["password"]
    assert len(claims["session_id"]) == len(claims["sub"]) == 36
    assert "client_id" not in claims


def test_a_wrong_password_and_an_unknown_address_are_told_apart_by_nobody(
    edge: Edge, client: Client, member: str
) -> None:
    """Both are invalid_credentials."""
    for email, password in ((member, "outra-senha"), (edge.new_email(), PASSWORD)):
        with pytest.raises(AuthApiError) as refused:
            _sign_in(client, email, password)
        assert (refused.value.status, refused.value.code) == (400, "invalid_credentials")


def test_refresh_session_rotates_the_refresh_token(client: Client, member: str) -> None:
    """A new pair of tokens, same session."""
    first = _sign_in(client, member).session
    second = client.auth.refresh_session().session
    assert second is not None
    assert second.refresh_token != first.refresh_token
    third = client.auth.refresh_session(second.refresh_token).session
    assert third is not None
    sessions = {
        jwt.decode(s.access_token, options={"verify_signature": False})["session_id"] for s in (first, second, third)
    }
    assert len(sessions) == 1


def test_get_user_and_update_user(edge: Edge, client: Client, member: str) -> None:
    """Own data; metadata merges, a null removes its key; a new password works and the old one does not."""
    _sign_in(client, member)
    client.auth.update_user({"data": {"name": "Bia", "cor": "azul"}})
    updated = client.auth.update_user({"data": {"cor": None, "cidade": "Belém"}, "password": "segredo-2"})
    assert (updated.user.user_metadata["name"], updated.user.user_metadata["cidade"]) == ("Bia", "Belém")
    assert "cor" not in updated.user.user_metadata
    seen = client.auth.get_user()
    assert seen is not None
    assert seen.user.email == member
    assert seen.user.identities is not None
    assert seen.user.identities[0].identity_data["email"] == member
    with pytest.raises(AuthApiError):
        _sign_in(create_client(edge.config.supabase_url, edge.config.publishable_key), member)
    assert _sign_in(client, member, "segredo-2").session is not None


def test_passwords_that_are_weak_or_the_same_are_refused(client: Client, member: str) -> None:
    """weak_password with its reasons, same_password."""
    with pytest.raises(AuthWeakPasswordError) as weak:
        client.auth.sign_up({"email": "x@exemplo.com.br", "password": "curta"})
    assert weak.value.reasons == ["length"]
    _sign_in(client, member)
    with pytest.raises(AuthApiError) as same:
        client.auth.update_user({"password": PASSWORD})
    assert same.value.code == "same_password"


def test_a_new_email_is_confirmed_at_the_new_address(edge: Edge, client: Client, member: str) -> None:
    """update_user(email) → new_email stays pending → verify_otp moves it."""
    _sign_in(client, member)
    wanted = edge.new_email()
    pending = client.auth.update_user({"email": wanted}).user
    assert (pending.email, pending.new_email) == (member, wanted)
    (mail,) = edge.simulator.mailbox(wanted)
    client.auth.verify_otp({"email": wanted, "token": mail["code"], "type": "email_change"})
    assert _sign_in(client, wanted).user.email == wanted


def test_sign_out_ends_the_session_at_once(edge: Edge, client: Client, member: str) -> None:
    """The refresh token is gone, and Auth no longer knows the access token's session."""
    session = _sign_in(client, member).session
    client.auth.sign_out()
    assert client.auth.get_session() is None
    with pytest.raises(AuthApiError) as gone:
        client.auth.refresh_session(session.refresh_token)
    assert str(gone.value.code) == "refresh_token_not_found"
    with pytest.raises(AuthApiError) as unknown:
        client.auth.get_user(session.access_token)
    assert (unknown.value.status, unknown.value.code) == (403, "session_not_found")


def test_sign_out_of_the_others_keeps_this_session(edge: Edge, client: Client, member: str) -> None:
    """Scope others."""
    elsewhere = create_client(edge.config.supabase_url, edge.config.publishable_key)
    theirs = _sign_in(elsewhere, member).session
    mine = _sign_in(client, member).session
    client.auth.sign_out({"scope": "others"})
    assert client.auth.get_user(mine.access_token) is not None
    assert client.auth.refresh_session().session is not None
    with pytest.raises(AuthApiError):
        elsewhere.auth.refresh_session(theirs.refresh_token)


def test_an_invitation_is_mailed_and_accepted(edge: Edge, admin: Client, client: Client) -> None:
    """invite_user_by_email → verify_otp(token_hash) → the member chooses a password; a second invitation is refused
    then.
    """
    email = edge.new_email()
    invited = admin.auth.admin.invite_user_by_email(email, {"data": {"company": "Café & Cia"}}).user
    assert invited.invited_at is not None
    assert invited.user_metadata["company"] == "Café & Cia"
    again = admin.auth.admin.invite_user_by_email(email).user
    assert again.id == invited.id
    mails = edge.simulator.mailbox(email, kind="invite")
    assert len(mails) == 2
    with pytest.raises(AuthApiError) as old:
        client.auth.verify_otp({"token_hash": mails[0]["token_hash"], "type": "invite"})
    assert (old.value.status, old.value.code) == (403, "otp_expired")
    session = client.auth.verify_otp({"token_hash": mails[1]["token_hash"], "type": "invite"})
    assert session.session is not None
    client.auth.update_user({"password": PASSWORD})
    assert _sign_in(client, email).user.id == invited.id
    with pytest.raises(AuthApiError) as twice:
        admin.auth.admin.invite_user_by_email(email)
    assert (twice.value.status, twice.value.code) == (422, "email_exists")


def test_a_password_is_recovered(edge: Edge, client: Client, member: str) -> None:
    """reset_password_for_email → link's hash → signed in. Unknown addresses are answered alike, without a mail."""
    client.auth.reset_password_for_email(member)
    (mail,) = edge.simulator.mailbox(member, kind="recovery")
    session = client.auth.verify_otp({"token_hash": mail["token_hash"], "type": "recovery"})
    assert session.user is not None
    assert session.user.email == member
    stranger = edge.new_email()
    client.auth.reset_password_for_email(stranger)
    assert edge.simulator.mailbox(stranger) == []


def test_a_sign_in_link_and_a_second_confirmation_mail(edge: Edge, client: Client, member: str) -> None:
    """sign_in_with_otp and resend; type `email` fits whichever link it is."""
    client.auth.sign_in_with_otp({"email": member})
    (mail,) = edge.simulator.mailbox(member, kind="magiclink")
    assert client.auth.verify_otp({"email": member, "token": mail["code"], "type": "email"}).session is not None
    fresh = edge.new_email()
    client.auth.sign_up({"email": fresh, "password": PASSWORD})
    client.auth.resend({"type": "signup", "email": fresh})
    assert len(edge.simulator.mailbox(fresh, kind="signup")) == 2
    with pytest.raises(AuthApiError) as closed:
        client.auth.sign_in_with_otp({"email": edge.new_email(), "options": {"should_create_user": False}})
    assert closed.value.code == "otp_disabled"


def test_links_for_mails_that_somebody_else_sends(edge: Edge, admin: Client, client: Client, member: str) -> None:
    """generate_link makes the link and sends nothing; the link signs in."""
    made = admin.auth.admin.generate_link({"type": "magiclink", "email": member})
    assert made.user.email == member
    assert made.properties.verification_type == "magiclink"
    assert edge.simulator.mailbox(member) == []
    fragment = parse_qs(urlsplit(edge.http.get(made.properties.action_link).headers["location"]).fragment)
    seen = client.auth.get_user(fragment["access_token"][0])
    assert seen is not None
    assert seen.user.email == member
    invited = edge.new_email()
    link = admin.auth.admin.generate_link({"type": "invite", "email": invited})
    code = client.auth.verify_otp({"email": invited, "token": link.properties.email_otp, "type": "invite"})
    assert code.session is not None


def test_admin_reads_changes_bans_and_deletes_users(edge: Edge, admin: Client, client: Client) -> None:
    """create_user, get_user_by_id, update_user_by_id, list_users, delete_user."""
    email = edge.new_email()
    attributes: Any = {"email": email, "password": PASSWORD, "email_confirm": True, "app_metadata": {"plano": "pro"}}
    attributes["user_metadata"] = {"name": "Caio"}
    made = admin.auth.admin.create_user(attributes).user
    assert made.app_metadata == {"provider": "email", "providers": ["email"], "plano": "pro"}
    assert admin.auth.admin.get_user_by_id(made.id).user.user_metadata["name"] == "Caio"
    assert made.id in [user.id for user in admin.auth.admin.list_users(page=1, per_page=1000)]
    with pytest.raises(AuthApiError) as twice:
        admin.auth.admin.create_user({"email": email})
    assert twice.value.code == "email_exists"

    admin.auth.admin.update_user_by_id(made.id, {"ban_duration": "24h"})
    with pytest.raises(AuthApiError) as banned:
        _sign_in(client, email)
    assert banned.value.code == "user_banned"
    changed = admin.auth.admin.update_user_by_id(
        made.id, {"ban_duration": "none", "user_metadata": {"name": "Caio L."}}
    )
    assert changed.user.user_metadata["name"] == "Caio L."
    assert _sign_in(client, email).session is not None

    admin.auth.admin.delete_user(made.id)
    with pytest.raises(AuthApiError) as gone:
        admin.auth.admin.get_user_by_id(made.id)
    assert (gone.value.status, gone.value.code) == (404, "user_not_found")
    with pytest.raises(AuthApiError):
        _sign_in(client, email)


def test_only_the_secret_key_may_administer(client: Client, member: str) -> None:
    """A visitor and a signed-in member are refused by each admin call."""
    with pytest.raises(AuthApiError) as visitor:
        client.auth.admin.list_users()
    assert (visitor.value.status, visitor.value.code) == (403, "not_admin")
    token = _sign_in(client, member).session.access_token
    client.auth.admin._headers["Authorization"] = f"Bearer {token}"
    for call in (
        lambda: client.auth.admin.invite_user_by_email("y@exemplo.com.br"),
        lambda: client.auth.admin.create_user({"email": "y@exemplo.com.br"}),
        lambda: client.auth.admin.generate_link({"type": "magiclink", "email": member}),
        lambda: client.auth.admin.delete_user("00000000-0000-4000-8000-000000000000"),
    ):
        with pytest.raises(AuthApiError) as refused:
            call()
        assert refused.value.code == "not_admin"


def test_a_signed_in_member_works_under_row_level_security(
    edge: Edge, client: Client, admin: Client, member: str
) -> None:
    """Own rows through PostgREST; the next member sees none of them; the secret key sees all."""
    me = _sign_in(client, member).user.id
    client.table("notes").insert({"title": "minha"}).execute()
    mine = client.table("notes").select("owner,title").execute().data
    assert mine == [{"owner": me, "title": "minha"}]
    other = edge.new_email()
    admin.auth.admin.create_user({"email": other, "password": PASSWORD, "email_confirm": True})
    neighbour = create_client(edge.config.supabase_url, edge.config.publishable_key)
    _sign_in(neighbour, other)
    assert neighbour.table("notes").select("*").execute().data == []
    assert {"owner": me, "title": "minha"} in admin.table("notes").select("owner,title").execute().data
