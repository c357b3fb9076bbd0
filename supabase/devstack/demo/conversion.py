"""The other story of the demonstration: people write to RENUM, are asked, become clients or do not."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from supabase import Client

from devstack import stack
from devstack.demo import company as companies
from devstack.demo.access import Access, Row, row, rows
from devstack.demo.acting import Stage
from devstack.demo.company import Company, Number, count
from devstack.demo.printing import Printer
from devstack.demo.prospects import CONFIG, Prospect, prospects
from devstack.demo.run import bring_up
from devstack.demo.story import Person
from devstack.errors import StackError
from devstack.simulator.client import SimulatorClient

_SETTLE_S = 30.0


@dataclass(frozen=True, slots=True)
class Converted:
    """What it came to. Every figure was read back through PostgREST. The ids are those of the first new client."""

    qualified: int
    not_qualified: int
    converted: int
    client_id: str
    project_id: str
    agent_type: str
    turns: int
    failed_tasks: int
    seconds: float


@dataclass(slots=True)
class House:
    """RENUM's own company, an admin of which is signed in, and the number that people write to."""

    access: Access
    printer: Printer
    simulator: SimulatorClient
    company: Company
    number: Number
    everybody: list[Person]


def demo(directory: Path, *, leads: int, printer: Printer, patience_s: float, keep: bool = True) -> Converted:
    """Plays it with `leads` people who will be customers and one who will not. Raises StackError when it fails."""
    started = bring_up(directory, printer)
    try:
        access = Access.of_stack(directory)
        with SimulatorClient(access.simulator_url) as simulator:
            house = _open(access, printer, simulator, leads)
            _perform(house, patience_s)
            outcome = _conclude(house)
    finally:
        if started and not keep:
            stack.stop(directory)
    return outcome


def _open(access: Access, printer: Printer, simulator: SimulatorClient, leads: int) -> House:
    """The house's number, and an agent of this run that answers there."""
    tag = companies.new_tag()
    with printer.working("opening the house"):
        admin, password = companies.sign_in_admin(access)
        client = row(admin.table("clients").select("id,company_name").eq("is_house", "true").execute())
        mine = {"client_id": client["id"]}
        company = Company(str(client["id"]), str(client["company_name"]), admin, companies.ADMIN_EMAIL, password)
        token = secrets.token_urlsafe(24)
        number = companies.open_number(
            access,
            company,
            phone_number_id=companies.phone_number_id_of(tag),
            app_secret=secrets.token_hex(16),
            access_token=token,
            display_phone="+55 11 3000-0001",
            **mine,
        )
        simulator.register_number(
            number.phone_number_id,
            number.webhook_url,
            number.app_secret,
            access_token=token,
            statuses=["sent", "delivered"],
        )
        agent = row(admin.table("renus_config").insert({**mine, "config": CONFIG}).execute())
        # A support line of its own: who writes to this number talks with this agent, whatever else the house has.
        line = {"name": "Atendimento comercial", "type": "support", "status": "active"}
        where = {"renus_config_id": agent["id"], "channel_account_id": number.channel_account_id}
        admin.table("projects").insert({**mine, **line, **where}).execute()
    printer.done(f"an agent that qualifies answers {company.name}'s own WhatsApp number {number.phone_number_id}")
    return House(access, printer, simulator, company, number, prospects(leads, tag))


def _perform(house: House, patience_s: float) -> None:
    stage = Stage(house.simulator, house.number.phone_number_id, house.everybody, Prospect)
    for actor in stage.actors:
        if isinstance(actor, Prospect):
            stage.speak(actor, actor.open())
    with house.printer.crowd(len(stage.actors)) as news:
        complete = stage.play(patience_s, news)
    if not complete:
        for actor in (actor for actor in stage.actors if not actor.at_the_end):
            house.printer.note(f"{actor.person.name} ({actor.person.kind}) is stuck; heard last: {actor.heard[-1:]}")
        raise StackError(f"Not everybody came to the end of the story: nothing happened for {patience_s:.0f} s.")
    for actor in stage.actors:
        if actor.ended != actor.person.end:
            raise StackError(f"{actor.person.name} was to end as {actor.person.kind}, and heard: {actor.heard[-1]}")
    house.printer.done(f"{len(stage.actors)} people wrote because they want to use RENUM, and answered its questions")


def _conclude(house: House) -> Converted:
    """Waits for what is under way, then reads back what became of everybody."""
    admin, account = house.company.owner, house.number.channel_account_id
    deadline = time.monotonic() + _SETTLE_S
    open_ones = ["queued", "deferred", "sending", "unknown"]
    while count(admin, "deliveries", channel_account_id=account, status=open_ones):
        if time.monotonic() > deadline:
            raise StackError(f"Not everything was sent within {_SETTLE_S:.0f} s.")
        time.sleep(0.1)
    people = {f"+{person.digits}": person for person in house.everybody}
    leads = {
        str(lead["id"]): people[lead["phone"]]
        for lead in rows(admin.table("leads").select("id,phone").in_("phone", list(people)).execute())
    }
    states = [
        one["status"]
        for one in rows(admin.table("qualifications").select("status").in_("lead_id", list(leads)).execute())
    ]
    made = rows(
        admin.table("conversions")
        .select("lead_id,made_client_id,made_project_id,made_renus_config_id")
        .in_("lead_id", list(leads))
        .is_("reversed_at", "null")
        .execute()
    )
    made.sort(key=lambda one: leads[one["lead_id"]].index)
    kinds = {str(one["made_client_id"]): _trade(admin, one) for one in made}
    wanted = [person.kind for person in house.everybody if person.end == "completed"]
    if list(kinds.values()) != wanted or states.count("not_qualified") != 1:
        raise StackError(f"The rows tell another story: {list(kinds.values())}, {states} instead of {wanted}.")
    house.printer.done(f"{len(made)} of them are clients now, with an agent of their trade and a project")
    threads = {
        str(one["thread_id"])
        for one in rows(admin.table("conversations").select("thread_id").in_("lead_id", list(leads)).execute())
    }
    _show(house, leads, str(made[0]["lead_id"]))
    _sign_up(house, leads[made[0]["lead_id"]])
    return Converted(
        qualified=states.count("qualified"),
        not_qualified=states.count("not_qualified"),
        converted=len(made),
        client_id=str(made[0]["made_client_id"]),
        project_id=str(made[0]["made_project_id"]),
        agent_type=next(iter(kinds.values())),
        turns=count(admin, "turns", thread_id=list(threads)),
        failed_tasks=count(admin, "failed_tasks", client_id=house.company.client_id, status="dead"),
        seconds=round(house.printer.seconds, 1),
    )


def _trade(admin: Client, conversion: Row) -> str:
    found = admin.table("renus_config").select("agent_type").eq("id", conversion["made_renus_config_id"]).execute()
    return str(row(found)["agent_type"])


def _show(house: House, leads: dict[str, Person], lead_id: str) -> None:
    """One dialogue, and what everybody's answers came to."""
    admin, person = house.company.owner, leads[lead_id]
    house.printer.heading(f"One dialogue of {len(leads)}: {person.name}, {person.answers['empresa']}")
    messages = (
        admin.table("messages")
        .select("role,content,metadata,timestamp,conversations!inner(lead_id)")
        .eq("conversations.lead_id", lead_id)
        .order("seq")
        .execute()
    )
    house.printer.transcript(rows(messages), house.company.name, person.name)
    house.printer.heading("Qualification, by the rules in the configuration")
    found = rows(
        admin.table("qualifications")
        .select("lead_id,status,score,threshold,reason")
        .in_("lead_id", list(leads))
        .order("created_at")
        .execute()
    )
    house.printer.table([{"who": leads[one.pop("lead_id")].name, **one} for one in found], "Nobody.")


def _sign_up(house: House, person: Person) -> None:
    """The first new client's person accepts the invitation and sees what was made for it, with its own rights."""
    email = str(person.answers["email"])
    owner, _ = companies.join(house.access, house.simulator, email, person.name)
    (project,) = rows(owner.table("projects").select("name,status").execute())
    (client,) = rows(owner.table("clients").select("company_name").execute())
    house.printer.done(
        f"{person.name} signed up as {email}: owner of {client['company_name']}, "
        f"whose project “{project['name']}” is a {project['status']}"
    )
