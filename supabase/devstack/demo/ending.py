"""What a demonstration shows when it is over, or when somebody got stuck."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from devstack.demo import afterwards
from devstack.demo.access import rows
from devstack.demo.acting import Actor

if TYPE_CHECKING:
    from devstack.demo.run import Scene

_STUCK_SHOWN = 5
_LAST_MESSAGES = 6
# The one whose dialogue is told at length: bursts make the best story.
_TOLD = ("chatty", "answers invalidly first", "laconic")


def show(scene: Scene, report_id: str, directory: Path) -> None:
    """One dialogue, the report, the queues, the dead letters, and where to look next."""
    _show_dialogue(scene)
    scene.printer.heading("The project's report, as the owner reads it")
    report = rows(scene.owner.table("reports").select("markdown").eq("id", report_id).execute())
    scene.printer.markdown(str(report[0]["markdown"]))
    afterwards.show(scene)
    show_queues(scene)
    _show_next(scene, report_id, directory)


def _show_dialogue(scene: Scene) -> None:
    person = next((p for kind in _TOLD for p in scene.everybody if p.kind == kind), scene.everybody[0])
    found = rows(
        scene.owner.table("interviews")
        .select("id,status,leads!inner(name)")
        .eq("project_id", scene.project_id)
        .eq("leads.name", person.name)
        .limit(1)
        .execute()
    )
    scene.printer.heading(f"One dialogue of {len(scene.everybody)}: {person.name}, {person.kind}")
    messages = rows(
        scene.owner.table("interview_messages")
        .select("role,content,metadata,timestamp")
        .eq("interview_id", found[0]["id"])
        .order("seq")
        .execute()
    )
    scene.printer.transcript(messages, scene.company.name, person.name)


def show_queues(scene: Scene) -> None:
    """The queues and the dead letters, as the owner sees them."""
    scene.printer.heading("Queues")
    scene.printer.table(rows(scene.owner.rpc("queue_metrics").execute()), "no queue")
    scene.printer.heading("Failed tasks")
    failed = rows(
        scene.owner.table("failed_tasks")
        .select("created_at,queue,task,task_row_id,attempts,status,error")
        .order("created_at", desc=True)
        .limit(10)
        .execute()
    )
    for one in failed:
        one["error"] = f"{one['error'].get('code')}: {one['error'].get('message')}"
    scene.printer.table(failed, "None.")


def show_stuck(scene: Scene, stuck: list[Actor]) -> None:
    """Who is not where the story ends, with the last messages of each."""
    scene.printer.heading("Stuck")
    for actor in stuck[:_STUCK_SHOWN]:
        person = actor.person
        scene.printer.console.print(
            f"{person.name} ({person.phone}, {person.kind}) should have ended {person.end}; "
            f"heard {len(actor.heard)} and said {len(actor.said)} messages. The last ones:"
        )
        found = rows(
            scene.owner.table("interview_messages")
            .select("role,content,seq,interviews!inner(leads!inner(name))")
            .eq("interviews.leads.name", person.name)
            .order("seq", desc=True)
            .limit(_LAST_MESSAGES)
            .execute()
        )
        for message in reversed(found):
            line = f"   {message['seq']:>3} {message['role']:<9} {message['content']!r}"
            scene.printer.console.print(line, markup=False)
    if len(stuck) > _STUCK_SHOWN:
        scene.printer.console.print(f"… and {len(stuck) - _STUCK_SHOWN} more")
    show_queues(scene)


def _show_next(scene: Scene, report_id: str, directory: Path) -> None:
    access = scene.access
    place = "" if directory == Path(".renum") else f" --dir {directory}"
    silent = next((p for p in scene.everybody if p.end == "unanswered"), None)
    scene.printer.heading("Where to look next")
    scene.printer.pairs(
        {
            "API (PostgREST)": f"{access.url}/rest/v1",
            "sign in": f"{access.url}/auth/v1",
            "functions": access.functions_url,
            "simulator": f"{access.simulator_url}/_control/messages  ·  {access.simulator_url}/mailbox",
            **{f"the {who}": sign_in for who, sign_in in scene.sign_ins.items()},
            "keys": directory / "env",
        }
    )
    scene.printer.console.print("\nThe report again, with the owner's own rights:")
    scene.printer.console.print(_report_by_curl(scene, report_id, directory), soft_wrap=True, markup=False)
    commands = {f"renum status{place}": "what runs, and how long the queues are"}
    if silent is not None:
        commands[f"renum chat{place} --phone {silent.digits}"] = f"be {silent.name}, who has not answered yet"
    commands[f"renum chat{place}"] = "be a lead of a new survey"
    commands[f"renum down{place}"] = "stop the stack; its data stays"
    scene.printer.console.print("\nCommands (in .venv/bin):")
    scene.printer.pairs({f"  {command}": meaning for command, meaning in commands.items()})


def _report_by_curl(scene: Scene, report_id: str, directory: Path) -> str:
    company = scene.company
    sign_in = json.dumps({"email": company.owner_email, "password": company.owner_password})
    token_url = '"$SUPABASE_URL/auth/v1/token?grant_type=password"'
    report_url = f'"$SUPABASE_URL/rest/v1/rpc/report_markdown?report_id={report_id}"'
    key = '-H "apikey: $SUPABASE_PUBLISHABLE_KEY"'
    read_token = "python3 -c 'import json, sys; print(json.load(sys.stdin)[\"access_token\"])'"
    return "\n".join(
        (
            f"  . {directory / 'env'}",
            f"  token=$(curl -s {token_url} {key} -d '{sign_in}' | {read_token})",
            f"  curl -s {report_url} {key} -H \"Authorization: Bearer $token\" -H 'Accept: text/markdown'",
        )
    )
