"""The demonstration from an empty stack to a report, every step through the doors its people would use."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devstack import stack
from devstack.demo import afterwards, ending, story
from devstack.demo import company as companies
from devstack.demo.access import Access, Row, row, rows
from devstack.demo.acting import Stage
from devstack.demo.company import Company, Number, count
from devstack.demo.printing import Printer
from devstack.errors import StackError
from devstack.simulator.client import SimulatorClient

_SETTLE_S = 45.0
# The sweep runs every second; what the last interview left for it to do is done by then.
_SWEEP_S = 1.2
_OPEN = ["queued", "deferred", "sending", "unknown"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a demonstration came to. Every figure was read back through PostgREST as the owner."""

    leads: int
    completed: int
    opted_out: int
    unanswered: int
    turns: int
    inbound: int
    outbound: int
    failed_tasks: int
    reminders: int
    fallbacks: int
    seconds: float
    report_id: str


@dataclass(slots=True)
class Scene:
    """Everything that exists once the project runs."""

    access: Access
    printer: Printer
    simulator: SimulatorClient
    company: Company
    number: Number
    sms_number: str
    project_id: str
    everybody: list[story.Person]
    sign_ins: dict[str, str]

    @property
    def owner(self) -> Any:
        """The owner's client."""
        return self.company.owner


def demo(directory: Path, *, leads: int, printer: Printer, patience_s: float, keep: bool = True) -> Outcome:
    """Plays the whole story with `leads` people and shows it. Raises StackError when it does not come out."""
    started = bring_up(directory, printer)
    try:
        access = Access.of_stack(directory)
        if access.graph_url != access.simulator_url:
            raise StackError(
                f"This stack sends to {access.graph_url}, where nobody plays the leads: "
                "unset WHATSAPP_GRAPH_URL, `renum down`, and again."
            )
        with SimulatorClient(access.simulator_url) as simulator:
            scene = prepare(access, printer, simulator, story.people(leads))
            afterwards.let_news_fail(scene)
            perform(scene, patience_s)
            outcome = conclude(scene)
            ending.show(scene, outcome.report_id, directory)
    finally:
        if started and not keep:
            stack.stop(directory)
    if started:
        printer.console.print(
            f"\nThe stack stays up; `renum down --dir {directory}` stops it." if keep else "\nThe stack is down again.",
            soft_wrap=True,
        )
    return outcome


def bring_up(directory: Path, printer: Printer) -> bool:
    """Starts the stack unless it runs; True when it was started."""
    with printer.steps("starting the stack") as step:
        started = stack.start(directory, progress=step)
    printer.done("the stack is up" if started else "the stack was running already")
    for warning in stack.status(directory)["warnings"]:
        printer.note(warning)
    return started


def prepare(access: Access, printer: Printer, simulator: SimulatorClient, everybody: list[story.Person]) -> Scene:
    """Company, number, leads and the started project."""
    tag = companies.new_tag()
    with printer.working("opening the client"):
        admin, admin_password = companies.sign_in_admin(access)
        company = companies.open_company(
            access,
            admin,
            simulator,
            name=story.COMPANY,
            owner_email=f"helena.{tag}@paodapraca.example",
            owner_name=story.OWNER_NAME,
            phone=story.OWNER_PHONE,
        )
    printer.done(f"an admin created the client {company.name} and invited its owner")
    printer.done(f"the owner followed the e-mail's link and signed in as {company.owner_email}")
    with printer.working("connecting WhatsApp"):
        number = connect(access, simulator, company, phone_number_id=companies.phone_number_id_of(tag))
        companies.add_templates(company, story.TEMPLATES)
        sms_number = afterwards.connect_other_channels(access, simulator, company, tag)
    printer.done(
        f"the owner connected WhatsApp number {number.phone_number_id}, SMS and e-mail; credentials are encrypted"
    )
    with printer.working("importing leads"):
        imported = companies.import_leads(company, everybody)
        project_id = companies.create_project(company, story.PROJECT, story.PROJECT_CONFIG)
        preview = row(company.owner.rpc("preview_audience", {"project_id": project_id}).execute())
    printer.done(f"the owner imported {imported} leads and wrote a questionnaire of {len(story.QUESTIONS)} questions")
    left_out = ", ".join(f"{number_} {reason}" for reason, number_ in preview["left_out"].items()) or "nobody"
    printer.done(f"audience preview: {preview['count']} leads to be interviewed, left out: {left_out}")
    companies.start_project(company, project_id)
    printer.done(f"the project “{story.PROJECT}” is active: invitations go out")
    sign_ins = {
        "owner": f"{company.owner_email} / {company.owner_password}",
        "admin": f"{companies.ADMIN_EMAIL} / {admin_password}",
    }
    return Scene(access, printer, simulator, company, number, sms_number, project_id, everybody, sign_ins)


def connect(access: Access, simulator: SimulatorClient, company: Company, *, phone_number_id: str) -> Number:
    """Gives the company a WhatsApp number, known on both sides."""
    token = secrets.token_urlsafe(24)
    number = companies.open_number(
        access,
        company,
        phone_number_id=phone_number_id,
        app_secret=secrets.token_hex(16),
        access_token=token,
        display_phone="+55 11 3000-0000",
    )
    simulator.register_number(
        phone_number_id,
        number.webhook_url,
        number.app_secret,
        access_token=token,
        statuses=["sent", "delivered"],
        templates=[{"name": template["name"], "body": template["body"]} for template in story.TEMPLATES],
    )
    return number


def perform(scene: Scene, patience_s: float) -> None:
    """Lets the people act. Raises StackError when not all of them come to their end; shows who and why."""
    stage = Stage(scene.simulator, scene.number.phone_number_id, scene.everybody)
    with scene.printer.crowd(len(stage.actors)) as news:
        complete = stage.play(patience_s, news)
    if not complete:
        stuck = [actor for actor in stage.actors if not actor.at_the_end]
        ending.show_stuck(scene, stuck)
        raise StackError(
            f"{len(stuck)} of {len(stage.actors)} people did not come to the end of their story: "
            f"nothing happened for {patience_s:.0f} s."
        )
    ends = story.expected_ends(scene.everybody)
    scene.printer.done(
        f"{ends['completed']} people answered everything, {ends['opted_out']} opted out, "
        f"{ends['unanswered']} never answered"
    )


def conclude(scene: Scene) -> Outcome:
    """Waits for the report and for everything that is still under way, then reads all figures back as the owner."""
    with scene.printer.working("writing the report"):
        scene.owner.rpc("request_report", {"project_id": scene.project_id}).execute()
        report = wrap_up(scene)
    scene.printer.done("the project's report is written, nothing is left in the queues")
    with scene.printer.working("waiting for the next day"):
        afterwards.next_day(scene)
        wrap_up(scene)
    owner, project = scene.owner, scene.project_id
    outcome = Outcome(
        leads=count(owner, "interviews", project_id=project),
        completed=count(owner, "interviews", project_id=project, status="completed"),
        opted_out=count(owner, "interviews", project_id=project, end_reason="opted_out"),
        unanswered=count(owner, "interviews", project_id=project, status="pending"),
        turns=count(owner, "turns"),
        inbound=count(owner, "interview_messages", role="user") + count(owner, "messages", role="user"),
        outbound=count(owner, "deliveries", status=["sent", "delivered", "read"]),
        failed_tasks=count(owner, "failed_tasks", status="dead"),
        reminders=count(owner, "reminders", status="sent"),
        fallbacks=len(afterwards.fallbacks(scene)),
        seconds=round(scene.printer.seconds, 1),
        report_id=str(report["id"]),
    )
    expected = story.expected_ends(scene.everybody)
    got = {"completed": outcome.completed, "opted_out": outcome.opted_out, "unanswered": outcome.unanswered}
    if got != expected or outcome.leads != len(scene.everybody):
        raise StackError(f"The rows tell another story: {got} of {outcome.leads} leads instead of {expected}.")
    return outcome


def wrap_up(scene: Scene) -> Row:
    """Waits until the project's report says what must be in it and nothing of the company is under way any more.

    Returns the report. Raises StackError after a while, and shows the queues.
    """
    expected = story.expected_ends(scene.everybody)
    begun = time.monotonic()
    patience_s = _SETTLE_S + len(scene.everybody) / 20
    report: Row = {}
    while time.monotonic() - begun < patience_s:
        report = _report(scene)
        figures = report.get("statistics") or {}
        complete = all(figures.get(name) == number for name, number in expected.items())
        if report.get("status") == "failed":
            break
        if report.get("status") == "ready" and (report["stale"] or not complete):
            # Its figures have changed since. By itself it is written again at most once a minute.
            scene.owner.rpc("request_report", {"project_id": scene.project_id}).execute()
        elif report.get("status") == "ready" and time.monotonic() - begun > _SWEEP_S and not _under_way(scene):
            return report
        time.sleep(0.1)
    ending.show_queues(scene)
    raise StackError(
        f"The end of the story was not in order within {patience_s:.0f} s: "
        f"the report is {report.get('status')}, its error is {report.get('error')}."
    )


def _report(scene: Scene) -> Row:
    query = scene.owner.table("reports").select("id,status,stale,statistics,markdown,error")
    found = rows(query.eq("project_id", scene.project_id).eq("kind", "project").execute())
    return found[0] if found else {}


def _under_way(scene: Scene) -> bool:
    queues = rows(scene.owner.rpc("queue_metrics").execute())
    return (
        any(queue["waiting"] + queue["queued"] for queue in queues if queue["queue"] != "failed_tasks")
        or count(scene.owner, "deliveries", status=_OPEN) > 0
        or _news_under_way(scene)
    )


def _news_under_way(scene: Scene) -> bool:
    # What waits to be told together waits for minutes.
    query = scene.owner.table("notifications").select("id").eq("status", "queued").not_.is_("delivery_id", "null")
    return bool(query.limit(1).execute().data)
