"""From a first word to a new client: leads of RENUM itself talk with its agent, are qualified, and become tenants.

Everything goes through the doors its people would use: signed webhooks, the API as an admin, and nothing else.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from supabase import Client

from devstack import stack
from devstack.demo import company as companies
from devstack.demo.access import Access, Row, row, rows
from devstack.demo.company import Company, Number
from devstack.demo.printing import Printer
from devstack.demo.run import bring_up
from devstack.errors import StackError
from devstack.simulator.client import SimulatorClient

QUESTIONS: list[Row] = [
    {"key": "empresa", "text": "Qual é o nome da sua empresa?", "type": "text"},
    {
        "key": "ramo",
        "text": "Qual é o ramo da empresa?",
        "type": "choice",
        "options": ["Clínica", "Vendas diretas", "Comércio"],
    },
    {
        "key": "contatos",
        "text": "Com quantos contatos vocês falam por mês?",
        "type": "number",
        "validation": {"min": 0, "integer": True},
        "score": [{"if": {"op": "gte", "value": 300}, "points": 70}, {"if": {"op": "lt", "value": 300}, "points": 10}],
    },
    {
        "key": "prazo",
        "text": "Vocês querem começar neste mês?",
        "type": "yes_no",
        "score": [{"if": {"op": "eq", "value": True}, "points": 30}],
    },
    {"key": "email", "text": "Qual é o seu e-mail?", "type": "text"},
]
CONFIG: Row = {
    "conversation": {
        "knowledge": [
            {
                "about": "o que é a RENUM, o que vocês fazem, como funciona",
                "say": "A RENUM faz agentes de inteligência artificial que conversam com os contatos da sua empresa "
                "pelo WhatsApp.",
            },
        ],
    },
    "qualification": {"questions": QUESTIONS, "threshold": 80, "interest": ["contratar", "agente", "interesse"]},
    "conversion": {
        "company": "empresa",
        "email": "email",
        "agent_type": {
            "question": "ramo",
            "map": {"Clínica": "clinica", "Vendas diretas": "mmn"},
            "default": "renus_base",
        },
        "project": {"name": "Primeira pesquisa"},
    },
}
PROMPTS: Row = {
    "conversation": "Apresente a RENUM com clareza e sem exagero.",
    "personal": "Fale com a empresa como quem já é cliente da RENUM: pelo nome, sobre o projeto dela.",
}
PATIENCE_S = 20.0
_QUIET_S = 0.3


@dataclass(frozen=True, slots=True)
class Converted:
    """What the story came to, read back through the API. `qualified` and `converted`: whether the first lead was."""

    qualified: bool
    converted: bool
    client_id: str
    project_id: str
    agent_type: str
    turns: int
    leads: int
    not_qualified: int
    seconds: float


@dataclass(slots=True)
class Talker:
    """One lead at play: what it answers to each question, and all that was said."""

    phone: str
    name: str
    answers: dict[str, str]
    seen: int = 0
    said: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def new(cls, place: int) -> Talker:
        """The first of them has a clinic with many patients, every other one a small shop."""
        tag = secrets.token_hex(3)
        phone = f"55119{secrets.randbelow(10**7) + 6 * 10**7}"
        if place % 2 == 0:
            name, company = "Clara Nogueira", f"Clínica Nogueira {tag}"
            answers = {"ramo": "é uma clínica", "contatos": "uns 800 por mês", "prazo": "sim, o quanto antes"}
        else:
            name, company = "Beto Reis", f"Mercadinho do Beto {tag}"
            answers = {"ramo": "comércio", "contatos": "20", "prazo": "não, só ano que vem"}
        return cls(phone, name, {"empresa": company, "email": f"contato.{tag}@exemplo.com.br", **answers})

    @property
    def company(self) -> str:
        """What its company is called."""
        return self.answers["empresa"]


def convert(directory: Path, *, leads: int, printer: Printer, keep: bool = True) -> Converted:
    """Plays the story with `leads` people. Raises StackError when it does not come out."""
    started = bring_up(directory, printer)
    try:
        access = Access.of_stack(directory)
        with SimulatorClient(access.simulator_url) as simulator:
            outcome = _play(access, simulator, printer, [Talker.new(place) for place in range(leads)])
    finally:
        if started and not keep:
            stack.stop(directory)
    if started and keep:
        printer.console.print(f"\nThe stack stays up; `renum down --dir {directory}` stops it.", soft_wrap=True)
    return outcome


def _play(access: Access, simulator: SimulatorClient, printer: Printer, talkers: list[Talker]) -> Converted:
    admin, password = companies.sign_in_admin(access)
    house = _house(admin, password)
    number = _open_number(access, simulator, house)
    _answered_by_an_agent(house, number)
    printer.done(f"RENUM's own number {number.phone_number_id} is connected, its agent qualifies leads")
    for talker in talkers:
        _talk(simulator, number, talker)
        printer.heading(f"{talker.name}, {talker.company}")
        for who, text in talker.said:
            printer.says(who, text)
    outcome = _conclude(house, talkers, printer)
    printer.heading("What came of it")
    printer.pairs({name: getattr(outcome, name) for name in ("qualified", "converted", "client_id", "project_id")})
    printer.pairs({"agent_type": outcome.agent_type, "turns": outcome.turns})
    return outcome


def _house(admin: Client, password: str) -> Company:
    client = row(admin.table("clients").select("id,company_name").eq("is_house", True).execute())
    return Company(str(client["id"]), str(client["company_name"]), admin, companies.ADMIN_EMAIL, password)


def _open_number(access: Access, simulator: SimulatorClient, house: Company) -> Number:
    phone_number_id = companies.phone_number_id_of(companies.new_tag())
    token = secrets.token_urlsafe(24)
    number = companies.open_number(
        access,
        house,
        phone_number_id=phone_number_id,
        app_secret=secrets.token_hex(16),
        access_token=token,
        client_id=house.client_id,
    )
    simulator.register_number(
        phone_number_id, number.webhook_url, number.app_secret, access_token=token, statuses=["sent", "delivered"]
    )
    return number


def _answered_by_an_agent(house: Company, number: Number) -> None:
    """A support line on this number, with an agent of its own: whatever else answers for the house goes on as before,
    and who became a customer is still known here when the story is over."""
    mine = {"client_id": house.client_id}
    made = {**mine, "config": CONFIG, "prompts": PROMPTS}
    agent = row(house.owner.table("renus_config").insert(made).execute())
    line = {"name": "Atendimento comercial", "type": "support", "status": "active", "renus_config_id": agent["id"]}
    house.owner.table("projects").insert({**mine, **line, "channel_account_id": number.channel_account_id}).execute()


def _talk(simulator: SimulatorClient, number: Number, talker: Talker) -> None:
    """The lead's side of the dialogue, from its first word to one after the decision."""
    said = _say(simulator, number, talker, "Oi! Como funciona a RENUM?")
    said = _say(simulator, number, talker, "Gostei. Quero contratar um agente para a minha empresa")
    for _ in range(3 * len(QUESTIONS)):
        key = next((str(question["key"]) for question in QUESTIONS if str(question["text"]) in said), None)
        if key is None:
            break
        said = _say(simulator, number, talker, talker.answers[key])
    else:
        raise StackError(f"The agent asked {talker.name} the same again and again; the last was: {said[:200]}")
    _say(simulator, number, talker, "E agora, como está o meu projeto?")


def _say(simulator: SimulatorClient, number: Number, talker: Talker, text: str) -> str:
    simulator.say(talker.phone, text, name=talker.name, phone_number_id=number.phone_number_id)
    talker.said.append((talker.name, text))
    heard = simulator.wait_for_message(talker.phone, talker.seen, PATIENCE_S, phone_number_id=number.phone_number_id)
    if heard is None:
        raise StackError(f"{talker.name} got no answer to “{text}” within {PATIENCE_S:.0f} s; see `renum status`.")
    talker.seen = heard["seq"]
    talker.said.append(("RENUM", heard["text"]))
    return str(heard["text"])


def _conclude(house: Company, talkers: list[Talker], printer: Printer) -> Converted:
    """Reads back as an admin what became of everybody. Raises StackError where the rows tell another story."""
    found = [_became(house, talker) for talker in talkers]
    qualified = [one for one in found if one["status"] == "qualified"]
    first = found[0]
    made: dict[str, Any] = first["conversion"] or {}
    agent = _one(house, "renus_config", "agent_type", {"id": made["made_renus_config_id"]}) if made else {}
    outcome = Converted(
        qualified=first["status"] == "qualified",
        converted=bool(made),
        client_id=str(made.get("made_client_id", "")),
        project_id=str(made.get("made_project_id", "")),
        agent_type=str(agent.get("agent_type", "")),
        turns=sum(one["turns"] for one in found),
        leads=len(talkers),
        not_qualified=sum(one["status"] == "not_qualified" for one in found),
        seconds=round(printer.seconds, 1),
    )
    expected = (len(talkers) + 1) // 2
    if len(qualified) != expected or outcome.not_qualified != len(talkers) - expected or not outcome.converted:
        raise StackError(f"The rows tell another story: {[one['status'] for one in found]}, {outcome}.")
    return outcome


def _became(house: Company, talker: Talker) -> Row:
    lead = row(house.owner.table("leads").select("id").eq("phone", f"+{talker.phone}").execute())
    of_lead = {"client_id": house.client_id, "lead_id": lead["id"]}
    qualification = _one(house, "qualifications", "status,score,reason", of_lead)
    conversion = _one(house, "conversions", "made_client_id,made_project_id,made_renus_config_id", of_lead)
    conversation = _one(house, "conversations", "id", of_lead)
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        turns = companies.count(house.owner, "turns", conversation_id=conversation["id"])
        if turns >= sum(who == "RENUM" for who, _ in talker.said):
            break
        time.sleep(_QUIET_S)
    return {"status": qualification.get("status"), "conversion": conversion, "turns": turns}


def _one(house: Company, table: str, columns: str, equal: Row) -> Row:
    query = house.owner.table(table).select(columns)
    for column, value in equal.items():
        query = query.eq(column, value)
    found = rows(query.limit(1).execute())
    return found[0] if found else {}
