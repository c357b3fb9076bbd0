"""Demonstration data for measurements: a started project whose leads were all invited and are ready to answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import psycopg

from devstack.demo import company as companies
from devstack.demo.access import Access
from devstack.demo.company import Company, Number, count
from devstack.demo.printing import Printer
from devstack.errors import StackError
from devstack.simulator.client import SimulatorClient

FIRST_PHONE = 5_511_900_000_000
COMPANY = "Loja de Demonstração"
INVITATION = {
    "name": "convite",
    "purpose": "invitation",
    "body": "Olá, {{1}}! Aqui é da {{2}}. Podemos fazer algumas perguntas? Se não quiser, responda SAIR.",
    "parameters": ["lead.first_name", "client.company_name"],
}
# What the load's leads say in turn ("Oi, tudo bem?", "8", "sim", "Gostei do atendimento", "não") answers one of each.
_CYCLE: tuple[dict[str, Any], ...] = (
    {
        "text": "De 0 a 10, que nota você dá para o atendimento?",
        "type": "scale",
        "validation": {"min": 0, "max": 10, "integer": True},
    },
    {"text": "O seu pedido chegou no prazo?", "type": "yes_no"},
    {"text": "O que mais chamou a sua atenção?", "type": "text"},
    {"text": "Você teve algum problema na compra?", "type": "yes_no"},
)


@dataclass(frozen=True, slots=True)
class Seeded:
    """What was made, and what a load generator needs to know."""

    webhook_url: str
    client_id: str
    project_id: str
    channel_account_id: str
    phone_number_id: str
    owner_email: str
    owner_password: str
    leads: int
    first_phone: str
    seconds: float


def seed(
    directory: Path, *, leads: int, questions: int, phone_number_id: str, app_secret: str, printer: Printer
) -> Seeded:
    """Makes a client with `leads` leads (5511900000000, …) in a started project; every call makes another one.

    The account has no throughput limit. The invitations count as sent: nothing goes out for them. An interview takes
    one message to begin and one for each of the `questions`; after that a lead's messages are stored, not answered.
    """
    access = Access.of_stack(directory)
    tag = companies.new_tag()
    with SimulatorClient(access.simulator_url) as simulator:
        admin, _ = companies.sign_in_admin(access)
        company = companies.open_company(
            access,
            admin,
            simulator,
            name=COMPANY,
            owner_email=f"dona.{tag}@loja.example",
            owner_name="Dona da Loja",
            # Without a phone nobody is notified: the load's own messages are the only ones.
            phone=None,
        )
        printer.done(f"the client {COMPANY} and its owner {company.owner_email}")
        number = companies.open_number(
            access, company, phone_number_id=phone_number_id, app_secret=app_secret, throughput=None
        )
    companies.add_templates(company, [INVITATION])
    project_id = companies.create_project(company, f"Pesquisa de {questions} perguntas", _config(questions))
    printer.done(f"a project with {questions} questions, answering at {number.webhook_url}")
    with printer.working(f"making {leads} leads"), psycopg.connect(access.database_url) as connection:
        _fill(connection, company, project_id, leads)
    printer.done(f"{leads} leads, invited")
    return _checked(company, number, project_id, leads, printer)


def _config(questions: int) -> dict[str, Any]:
    kinds = islice(cycle(_CYCLE), questions)
    numbered = [{"key": f"pergunta_{place}", **question} for place, question in enumerate(kinds, start=1)]
    return {"questionnaire": {"questions": numbered}, "invitation": {"template": INVITATION["name"]}}


def _fill(connection: psycopg.Connection, company: Company, project_id: str, leads: int) -> None:
    """Imports, starts and invites in one transaction, so that no function ever sees an invitation that waits."""
    with connection.transaction():
        # As the owner, under row level security: only for its volume does the import not go through the API.
        claims = {"sub": _profile_id(company), "role": "authenticated"}
        connection.execute("select set_config('request.jwt.claims', %s, true)", (json.dumps(claims),))
        connection.execute("set local role authenticated")
        connection.execute(
            """
            insert into public.leads (client_id, phone, name, consent_basis)
            select %s, '+' || (%s::bigint + i), 'Lead ' || i, 'consent'
            from generate_series(0, %s - 1) as i
            """,
            (company.client_id, FIRST_PHONE, leads),
        )
        connection.execute("update public.projects set status = 'active' where id = %s", (project_id,))
        connection.execute("reset role")
        connection.execute("select private.invite(%s, %s)", (project_id, leads))
        connection.execute(
            "select private.end_delivery(d.id) from public.deliveries as d "
            "where d.client_id = %s and d.task_id is not null",
            (company.client_id,),
        )
        connection.execute(
            "update public.deliveries set status = 'sent', sent_at = now(), attempts = 1, "
            "provider_message_id = 'wamid.seed.' || id where client_id = %s",
            (company.client_id,),
        )
    connection.autocommit = True
    # A bulk load leaves the planner without statistics; autovacuum would bring them in the middle of the measurement.
    connection.execute(
        "analyze public.leads, public.lead_identities, public.interviews, public.deliveries, private.threads"
    )


def _profile_id(company: Company) -> str:
    user = company.owner.auth.get_user()
    assert user is not None, "the owner has just signed in"
    return str(user.user.id)


def _checked(company: Company, number: Number, project_id: str, leads: int, printer: Printer) -> Seeded:
    ready = count(company.owner, "interviews", project_id=project_id, status="pending")
    sent = count(company.owner, "deliveries", status="sent")
    if (ready, sent) != (leads, leads):
        raise StackError(f"Of {leads} leads {ready} have an interview and {sent} an invitation.")
    return Seeded(
        webhook_url=number.webhook_url,
        client_id=company.client_id,
        project_id=project_id,
        channel_account_id=number.channel_account_id,
        phone_number_id=number.phone_number_id,
        owner_email=company.owner_email,
        owner_password=company.owner_password,
        leads=leads,
        first_phone=str(FIRST_PHONE),
        seconds=round(printer.seconds, 1),
    )
