"""Everybody who may knock at the API, each with the own token, and companies in which every table has rows."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import httpx
from supabase import Client

from devstack.demo.access import Row, rows, token_of
from tests.stack import Stack, until
from tests.system.survey import Survey, new_phone

RETURNED = {"Prefer": "return=representation"}

TOOLS: list[Row] = [
    {"name": name, "description": "Agenda um retorno.", "function_name": "schedule_callback", "active": active}
    for name, active in (("agendar_retorno", True), ("ferramenta_antiga", False))
]
SUB_AGENTS: list[Row] = [
    {"name": name, "description": "Marca horários.", "active": active}
    for name, active in (("agendamento", True), ("agente_antigo", False))
]


@dataclass
class Everybody:
    """All who may knock."""

    owner: Person
    staff: Person
    other_owner: Person
    admin: Person
    stranger: Person
    removed: Person
    nobody: Person

    def named(self, name: str) -> Person:
        """One of them by the name of the field."""
        found: Person = getattr(self, name)
        return found


@dataclass
class Person:
    """Somebody who calls the API with an apikey and perhaps a token.

    `profile_id` is '' for whoever has no profile, `key` '' for the publishable one.
    """

    stack: Stack
    name: str
    token: str = ""
    profile_id: str = ""
    email: str = ""
    key: str = ""

    def rest(self, method: str, path: str, *, profile: str = "", **options: Any) -> httpx.Response:
        """One request to the Data API through the gateway. `profile`: another schema than public."""
        headers = {"apikey": self.key or self.stack.access.publishable_key, **options.pop("headers", {})}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if profile:
            headers |= {"Accept-Profile": profile, "Content-Profile": profile}
        return self.stack.http.request(method, f"{self.stack.access.url}/rest/v1{path}", headers=headers, **options)

    def rows(self, path: str) -> list[Row]:
        """The rows of a GET that must succeed."""
        answer = self.rest("GET", path)
        assert answer.status_code == 200, answer.text
        found: list[Row] = answer.json()
        return found

    def rpc(self, function: str, **arguments: Any) -> httpx.Response:
        """Calls a function of schema public."""
        return self.rest("POST", f"/rpc/{function}", json=arguments)


def signed_in(stack: Stack, name: str, client: Client) -> Person:
    """The person who is signed in with this client."""
    user = client.auth.get_user()
    assert user is not None
    return Person(stack, name, token_of(client), user.user.id, user.user.email or "")


def new_person(stack: Stack, name: str, email: str | None = None) -> Person:
    """Somebody with an account of a confirmed address, who works nowhere unless invited."""
    address, password = email or f"{secrets.token_hex(6)}@exemplo.com.br", secrets.token_urlsafe(12)
    stack.access.operator().auth.admin.create_user({"email": address, "password": password, "email_confirm": True})
    return signed_in(stack, name, stack.access.person(address, password))


def invited_person(stack: Stack, name: str, survey: Survey, role: str = "staff") -> Person:
    """Somebody whom the survey's owner invited, and who took the invitation up."""
    email = f"{secrets.token_hex(6)}@exemplo.com.br"
    survey.owner.rpc("invite_member", {"client_id": survey.client_id, "email": email, "role": role}).execute()
    return new_person(stack, name, email)


def fill(survey: Survey) -> Survey:
    """Lets happen what leaves rows in every table that belongs to a client."""
    survey.owner.table("renus_config").insert({"config": {"tom": "cordial"}}).execute()
    # Somebody who is not on WhatsApp: a dead letter.
    lost = new_phone()
    survey.stack.simulator.fail_next(131026, to=lost, phone_number_id=survey.number.phone_number_id)
    survey.owner.table("leads").insert({"name": "Lúcia", "phone": lost, "consent_basis": "consent"}).execute()
    lead = survey.lead("Márcio Sá", consent_basis="contract")
    lead.hear()
    for line in ("sim", "9", "O pão é ótimo", "sim"):
        lead.ask(line)
    # A word after the end belongs to a conversation; a picture is a file.
    lead.say("Obrigado!")
    survey.stack.simulator.say_image(lead.phone, phone_number_id=survey.number.phone_number_id)
    waiting = (
        "select (select count(*) from public.failed_tasks where client_id = %s) > 0"
        " and (select count(*) from public.reports where client_id = %s and status = 'ready') >= 2"
        " and (select count(*) from public.notifications where client_id = %s and status = 'sent') > 0"
    )
    until(lambda: survey.stack.value(waiting, *[survey.client_id] * 3), what="dead letter, reports and notification")
    survey.settled()
    return survey


def fill_globals(admin: Client, admin_id: str) -> None:
    """Tools, sub-agents and commands: an admin's rows."""
    admin.table("tools").insert(TOOLS).execute()
    admin.table("sub_agents").insert(SUB_AGENTS).execute()
    admin.table("isa_commands").insert({"admin_id": admin_id, "command": "quantas entrevistas ontem?"}).execute()


def everybody(stack: Stack, admin: Client, company: Survey, other: Survey) -> Everybody:
    """The people of two companies, one of them somebody who worked there and does not any more, and everybody else."""
    removed = invited_person(stack, "a removed member", company)
    members = company.owner.table("client_members").select("id").eq("email", removed.email).execute()
    (member,) = rows(members)
    company.owner.rpc("remove_member", {"member_id": member["id"]}).execute()
    return Everybody(
        owner=signed_in(stack, "an owner", company.owner),
        staff=invited_person(stack, "a staff member", company),
        other_owner=signed_in(stack, "another client's owner", other.owner),
        admin=signed_in(stack, "an admin", admin),
        stranger=new_person(stack, "somebody who works nowhere"),
        removed=removed,
        nobody=Person(stack, "nobody"),
    )


def refused(answer: httpx.Response, *statuses: int, saying: str = "") -> None:
    """The answer is a clear refusal that shows no row."""
    assert answer.status_code in statuses, (answer.status_code, answer.text)
    body = answer.json()
    assert isinstance(body, dict), body
    assert saying in body["message"], body
