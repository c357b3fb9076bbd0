"""A client with a running survey, and leads who talk with it over real webhooks."""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass, field
from typing import Any

import httpx
from supabase import Client

from devstack.demo import company as companies
from devstack.demo.access import Row, row, token_of
from devstack.demo.company import Company, Number
from devstack.simulator import envelope
from devstack.simulator.client import SentMessage
from devstack.simulator.state import Number as SimulatedNumber
from tests.stack import Stack, until

INVITATION = "Olá, {{1}}! Aqui é o assistente virtual da {{2}}. Podemos conversar?"
QUESTIONS: list[Row] = [
    {
        "key": "nota",
        "text": "De 0 a 10, que nota você dá?",
        "type": "scale",
        "validation": {"min": 0, "max": 10, "integer": True},
    },
    {"key": "motivo", "text": "Qual foi o motivo da nota?", "type": "text"},
    {"key": "volta", "text": "Você compraria de novo?", "type": "yes_no"},
]
CLOSING = "Muito obrigado, era só isso!"
TEMPLATES: list[Row] = [
    {
        "name": "convite",
        "category": "marketing",
        "purpose": "invitation",
        "parameters": ["lead.first_name", "client.company_name"],
        "body": INVITATION,
    },
    {
        "name": "aviso",
        "category": "utility",
        "purpose": "notification",
        "parameters": ["notification.text"],
        "body": "RENUM: {{1}}",
    },
]
CONFIG: Row = {
    "audience": {"all": True, "join_later": True},
    "invitation": {"template": "convite"},
    "questionnaire": {"questions": QUESTIONS, "closing": CLOSING},
}
PATIENCE_S = 15.0

_numbers = itertools.count(1)


def new_phone() -> str:
    """Digits of a Brazilian mobile that no other lead of the session has."""
    return f"55119{70_000_000 + next(_numbers)}"


def new_wamid() -> str:
    """A message id as the provider gives it."""
    return f"wamid.{secrets.token_hex(16)}"


def text_message(phone: str, text: str, wamid: str | None = None) -> Row:
    """What a lead writes, as one `value` of an envelope."""
    return envelope.inbound_value({"from": phone, "text": text, "id": wamid or new_wamid()})


@dataclass
class Survey:
    """A client company, its owner signed in, its WhatsApp number, and a survey that every new lead joins."""

    stack: Stack
    company: Company
    number: Number
    secrets: dict[str, str]
    project_id: str = ""
    owner_phone: str = ""
    _simulated: SimulatedNumber = field(init=False)

    def __post_init__(self) -> None:
        number = self.number
        self._simulated = SimulatedNumber(number.phone_number_id, number.webhook_url, number.app_secret)

    @property
    def client_id(self) -> str:
        return self.company.client_id

    @property
    def owner(self) -> Client:
        return self.company.owner

    @property
    def token(self) -> str:
        """The owner's access token."""
        return token_of(self.company.owner)

    def envelope(self, *values: Row) -> bytes:
        """The bytes of one webhook with these items."""
        return envelope.encode(envelope.envelope(self._simulated, list(values)))

    def sign(self, body: bytes) -> str:
        """The signature the provider puts on `body`."""
        return envelope.signature(body, self.number.app_secret)

    def post(self, body: bytes, *, url: str | None = None, **options: Any) -> httpx.Response:
        """One webhook, properly signed unless `headers` say otherwise."""
        headers = options.pop("headers", None)
        if headers is None:
            headers = {"X-Hub-Signature-256": self.sign(body), "Content-Type": "application/json"}
        return self.stack.http.post(url or self.number.webhook_url, content=body, headers=headers, **options)

    def lead(self, name: str = "Ana Lima", **columns: Any) -> Lead:
        """The owner adds a lead, who joins the survey; its invitation is on the way."""
        phone = new_phone()
        added = self.owner.table("leads").insert({"name": name, "phone": phone, **columns}).execute()
        return Lead(self, phone, str(row(added)["id"]))

    def invited(self, count: int) -> list[Lead]:
        """So many leads whose invitations have arrived."""
        leads = [self.lead(f"Lead {n}") for n in range(count)]
        for lead in leads:
            lead.hear()
        return leads

    def is_settled(self, *leads: Lead) -> bool:
        """Whether nothing of these leads (of everybody, when none is named) is under way any more."""
        ids = [lead.id for lead in leads]
        settled: bool = self.stack.value(
            "select not exists (select from private.threads as t where t.client_id = %s"
            "   and (t.lead_id = any(%s::uuid[]) or cardinality(%s::uuid[]) = 0)"
            "   and (t.task_id is not null or t.lease is not null))"
            " and not exists (select from public.deliveries as d where d.client_id = %s"
            "   and (d.lead_id = any(%s::uuid[]) or cardinality(%s::uuid[]) = 0)"
            "   and d.status in ('queued', 'deferred', 'sending', 'unknown'))",
            *(self.client_id, ids, ids) * 2,
        )
        return settled

    def settled(self, *leads: Lead) -> None:
        """Waits until nothing of these leads is under way any more."""
        until(lambda: self.is_settled(*leads), 30, "the end of all work")

    def quiet(self) -> None:
        """Waits until no row of the client will change by itself: invitations and notifications are out,
        statuses in, reports written.

        A project's report is written at most once a minute; that minute is not waited for.
        """
        client = (self.client_id,)

        def still() -> bool:
            self.stack.rows(
                "update public.reports set due_at = now() where stale and due_at > now() and client_id = %s", *client
            )
            unmoved: bool = self.stack.value(
                "select not exists (select from public.deliveries where status = 'sent' and client_id = %s)"
                " and not exists (select from public.notifications where status = 'queued' and client_id = %s)"
                " and not exists (select from public.reports where (stale or task_id is not null) and client_id = %s)"
                " and not exists (select from public.media where status = 'waiting' and client_id = %s)"
                " and not exists (select from public.interviews"
                "   where status = 'pending' and invited_at is null and client_id = %s)"
                " and not exists (select from private.project_changes as c join public.projects as p"
                "   on p.id = c.project_id where p.client_id = %s)",
                *client * 6,
            )
            return unmoved and self.is_settled()

        until(still, 30, "quiet")


@dataclass
class Lead:
    """One person: says things, hears replies, and knows its rows."""

    survey: Survey
    phone: str
    id: str
    seen: int = 0
    heard: list[SentMessage] = field(default_factory=list)

    @property
    def stack(self) -> Stack:
        return self.survey.stack

    def hear(self, seconds: float = PATIENCE_S) -> str:
        """The next message that arrives, waiting for it."""
        number = self.survey.number.phone_number_id
        message = self.stack.simulator.wait_for_message(self.phone, self.seen, seconds, phone_number_id=number)
        assert message is not None, f"nothing arrived at {self.phone} within {seconds:g} s"
        self.seen = message["seq"]
        self.heard.append(message)
        return message["text"]

    def say(self, text: str, **options: Any) -> str:
        """Writes one message; returns its id. Patient with a webhook that is away, as the provider is."""
        number = self.survey.number.phone_number_id
        return self.stack.simulator.say(self.phone, text, phone_number_id=number, **options)

    def ask(self, text: str, **options: Any) -> str:
        """Writes one message and waits for the reply."""
        self.say(text, **options)
        return self.hear()

    def replies(self) -> list[str]:
        """What arrived since it last listened, once nothing of this lead is under way."""
        self.survey.settled(self)
        number = self.survey.number.phone_number_id
        return [m["text"] for m in self.stack.simulator.messages(self.phone, after=self.seen, phone_number_id=number)]

    def said(self, role: str = "user") -> list[Row]:
        """Its stored messages of one role, interview and conversation alike, in order."""
        return self.stack.rows(
            "select m.content, m.metadata, m.seq from public.interview_messages as m"
            " join public.interviews as i on i.id = m.interview_id where i.lead_id = %s and m.role = %s"
            " union all select m.content, m.metadata, m.seq from public.messages as m"
            " join public.conversations as c on c.id = m.conversation_id where c.lead_id = %s and m.role = %s"
            " order by 3",
            *(self.id, role) * 2,
        )

    def interview(self) -> Row:
        """Its interview's row."""
        (found,) = self.stack.rows("select * from public.interviews where lead_id = %s", self.id)
        return found

    def answers(self) -> Row:
        """What became of the questions: key → value, None for one without."""
        found = self.stack.rows(
            "select a.question_key, a.value from public.interview_answers as a"
            " join public.interviews as i on i.id = a.interview_id where i.lead_id = %s",
            self.id,
        )
        return {answer["question_key"]: answer["value"] for answer in found}


def open_survey(
    stack: Stack, admin: Client, company_name: str, *, owner_phone: str | None = None, start: bool = True
) -> Survey:
    """An admin makes the client, its owner signs in, connects a number and starts a survey without leads."""
    tag = companies.new_tag()
    company = companies.open_company(
        stack.access,
        admin,
        stack.simulator,
        name=company_name,
        owner_email=f"dona.{tag}@exemplo.com.br",
        owner_name=f"Dona da {company_name}",
        phone=owner_phone,
    )
    keys = {"access_token": f"EAA{secrets.token_hex(20)}", "app_secret": secrets.token_hex(16)}
    number = companies.open_number(stack.access, company, phone_number_id=companies.phone_number_id_of(tag), **keys)
    stack.simulator.register_number(
        number.phone_number_id,
        number.webhook_url,
        number.app_secret,
        access_token=keys["access_token"],
        templates=[{"name": template["name"], "body": template["body"]} for template in TEMPLATES],
    )
    companies.add_templates(company, TEMPLATES)
    survey = Survey(stack, company, number, keys, owner_phone=owner_phone or "")
    if start:
        survey.project_id = companies.create_project(company, "Satisfação", CONFIG)
        companies.start_project(company, survey.project_id)
    return survey
