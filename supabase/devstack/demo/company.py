"""A client company from nothing to a started project, by the hands of those who would do it: an admin and the owner."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpx
from supabase import Client

from devstack.demo.access import Access, Row, row, token_of
from devstack.demo.admin import create_admin
from devstack.demo.story import Person
from devstack.errors import StackError
from devstack.simulator.client import SimulatorClient

ADMIN_EMAIL = "admin@demo.renum.example"
_MAIL_PATIENCE_S = 10.0
_LEADS_AT_ONCE = 1_000
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ALL_HOURS = {day: ["00:00", "24:00"] for day in DAYS}
_BASES = ("consent", "contract", "legitimate_interest")


@dataclass(frozen=True, slots=True, repr=False)
class Company:
    """A client company and its owner, signed in."""

    client_id: str
    name: str
    owner: Client
    owner_email: str
    owner_password: str


@dataclass(frozen=True, slots=True, repr=False)
class Number:
    """The company's WhatsApp number: its account here and its registration with the provider."""

    channel_account_id: str
    phone_number_id: str
    app_secret: str
    webhook_url: str


def new_tag() -> str:
    """Hex digits that no other run has."""
    return f"{int(time.time() * 1000):x}{secrets.token_hex(2)}"


def phone_number_id_of(tag: str) -> str:
    """Fifteen digits, as the provider's ids are, that no other run has."""
    return str(10**14 + int(tag, 16) % (9 * 10**14))


def sign_in_admin(access: Access) -> tuple[Client, str]:
    """The demonstration's admin, made if missing and signed in, and its password.

    The password follows from the stack's secret key, so that runs at the same time do not change it under each other.
    """
    derived = hmac.digest(access.secret_key.encode(), ADMIN_EMAIL.encode(), hashlib.sha256)
    password = base64.urlsafe_b64encode(derived).decode()[:24]
    create_admin(access, ADMIN_EMAIL, name="Administração RENUM", password=password)
    return access.person(ADMIN_EMAIL, password), password


def open_company(
    access: Access,
    admin: Client,
    simulator: SimulatorClient,
    *,
    name: str,
    owner_email: str,
    owner_name: str,
    phone: str | None,
) -> Company:
    """The admin makes the client and invites its owner, who follows the e-mail's link, chooses a password, signs in."""
    client = row(admin.rpc("create_client", {"company_name": name, "owner_email": owner_email}).execute())
    access.operator().auth.admin.invite_user_by_email(owner_email, {"data": {"full_name": owner_name}})
    password = secrets.token_urlsafe(12)
    newcomer = access.anybody()
    newcomer.auth.verify_otp({"type": "invite", "token_hash": _invitation(simulator, owner_email)})
    newcomer.auth.update_user({"password": password})
    owner = access.person(owner_email, password)
    if phone is not None:
        user = owner.auth.get_user()
        assert user is not None, "somebody who just signed in is somebody"
        owner.table("profiles").update({"phone": phone}).eq("id", user.user.id).execute()
    company = Company(str(client["id"]), name, owner, owner_email, password)
    open_at_all_hours(company)
    return company


def open_at_all_hours(company: Company) -> None:
    """The owner lets the company write first at any hour of any day: a demonstration cannot wait for morning."""
    rules = {"client_id": company.client_id, "hours": ALL_HOURS, "on_holidays": True}
    company.owner.table("sending_rules").upsert(rules, on_conflict="client_id").execute()


def _invitation(simulator: SimulatorClient, email: str) -> str:
    deadline = time.monotonic() + _MAIL_PATIENCE_S
    while time.monotonic() < deadline:
        mails = simulator.mailbox(email, kind="invite")
        if mails:
            return mails[-1]["token_hash"]
        time.sleep(0.05)
    raise StackError(f"No invitation for {email} reached the mailbox within {_MAIL_PATIENCE_S:.0f} s.")


def open_number(
    access: Access,
    company: Company,
    *,
    phone_number_id: str,
    app_secret: str,
    access_token: str | None = None,
    **columns: Any,
) -> Number:
    """The owner adds a WhatsApp account and hands its credentials to the function that encrypts them."""
    credentials = {
        "access_token": access_token or secrets.token_urlsafe(24),
        "app_secret": app_secret,
        "verify_token": secrets.token_urlsafe(12),
    }
    named = {"provider": "whatsapp_cloud", "name": "WhatsApp principal", "external_id": phone_number_id, **columns}
    account_id = open_account(access, company, credentials, **named)
    webhook_url = f"{access.functions_url}/whatsapp_webhook/{account_id}"
    return Number(account_id, phone_number_id, app_secret, webhook_url)


def open_account(access: Access, company: Company, credentials: dict[str, str], **columns: Any) -> str:
    """The owner adds a channel account and hands its credentials to the function that encrypts them. Returns its id."""
    account = row(company.owner.table("channel_accounts").insert(columns).execute())
    with httpx.Client(timeout=30.0, trust_env=False) as http:
        answer = http.post(
            f"{access.functions_url}/channel_credentials",
            headers={"Authorization": f"Bearer {token_of(company.owner)}"},
            json={"channel_account_id": account["id"], "credentials": credentials},
        )
    if answer.status_code != 204:
        raise StackError(f"The function channel_credentials answered {answer.status_code}: {answer.text[:300]}")
    return str(account["id"])


def add_templates(company: Company, templates: Iterable[Row]) -> None:
    """Stores message templates as approved: the simulator is a provider that approves everything."""
    company.owner.table("message_templates").insert([{**one, "status": "approved"} for one in templates]).execute()


def import_leads(company: Company, everybody: list[Person]) -> int:
    """The owner imports the leads as JSON, with the ground for contacting each. Returns how many there are."""
    for start in range(0, len(everybody), _LEADS_AT_ONCE):
        company.owner.table("leads").insert(
            [
                {
                    "name": person.name,
                    "phone": person.phone,
                    "consent_basis": _BASES[person.index % len(_BASES)],
                    "metadata": {"origem": "clube de clientes"},
                }
                for person in everybody[start : start + _LEADS_AT_ONCE]
            ]
        ).execute()
    return count(company.owner, "leads")


def create_project(company: Company, name: str, config: Row) -> str:
    """Stores the project as a draft; returns its id."""
    project = row(company.owner.table("projects").insert({"name": name, "config": config}).execute())
    return str(project["id"])


def start_project(company: Company, project_id: str) -> None:
    """PATCH status=active: interviews and invitations follow in the database."""
    company.owner.table("projects").update({"status": "active"}).eq("id", project_id).execute()


def count(client: Client, table: str, **equal: Any) -> int:
    """How many rows of `table` the client sees, counted by the database (a page of rows ends at 1000)."""
    from postgrest import CountMethod

    query = client.table(table).select("*", count=CountMethod.exact, head=True)
    for column, value in equal.items():
        query = query.in_(column, value) if isinstance(value, list) else query.eq(column, value)
    return query.execute().count or 0
