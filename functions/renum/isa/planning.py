"""From the acts that a command names to acts on rows: whom exactly. What they change is worded and checked in SQL."""

from __future__ import annotations

from renum import user_rpc
from renum.isa.sources import SOURCES, query_of
from renum.isa.state import Plan, Show
from renum.isa.targets import Target, Unclear, choice, each, find, nobody, only
from renum.shapes import JSON

TASKS = 200
"""How many failed tasks one plan replays at most."""

_OF = {
    "pause_project": ["project", "client"],
    "resume_project": ["project", "client"],
    "block_lead": ["lead", "client"],
    "unblock_lead": ["lead", "client"],
    "suspend_client": ["client", "project", "lead"],
    "reactivate_client": ["client"],
    "reactivate": ["client", "project", "lead"],
    "resend_invitation": ["lead", "project"],
    "cancel_interview": ["lead", "project"],
}
_ON = {
    "pause": {"client": "suspend_client", "project": "pause_project", "lead": "block_lead"},
    "resume": {"client": "reactivate_client", "project": "resume_project", "lead": "unblock_lead"},
}
_WAY = {
    "pause_project": "pause",
    "block_lead": "pause",
    "suspend_client": "pause",
    "resume_project": "resume",
    "unblock_lead": "resume",
    "reactivate_client": "resume",
    "reactivate": "resume",
}
_WHICH = {
    "project": "Qual pesquisa ou projeto?",
    "lead": "Qual lead? Diga o nome ou o telefone.",
    "client": "Qual cliente?",
}


async def acts_of(call: Plan, authorization: str) -> list[JSON]:
    """The acts of one call, as public.plan_isa_command takes them.

    Raises Unclear where it is not clear whom they are about: nothing is planned then.
    """
    clients = None
    if call.client and call.act not in ("suspend_client", "reactivate_client"):
        clients = await find(["client"], call.client, authorization)
        if not clients:
            raise nobody(["client"], call.client)
    if call.act == "replay_failed_tasks":
        return [await _tasks(call, clients, authorization)]
    if call.act in ("resend_invitation", "cancel_interview"):
        return await _interviews(call, clients, authorization)
    kind = "project" if call.act.endswith("project") else "lead" if call.act.endswith("lead") else "client"
    name = getattr(call, kind) or call.of or call.id
    if not name and kind != "client" and clients:
        # "pausa a Padaria": what there is of it.
        return await _whole_client(call, only(clients), authorization)
    if not name:
        raise Unclear(f"{_WHICH[kind]} Nada foi feito.")
    kinds = [kind] if getattr(call, kind) else _OF[call.act]
    if clients is not None:
        kinds = [one for one in kinds if one != "client"]
    acts: list[JSON] = []
    for found in await each(kinds, name, authorization, clients):
        target = only(found)
        if target.kind == "client" and kind == "project":
            acts += await _whole_client(call, target, authorization)
        else:
            acts.append({"act": _ON[_WAY[call.act]][target.kind], f"{target.kind}_id": target.id})
    return acts


async def _whole_client(call: Plan, client: Target, authorization: str) -> list[JSON]:
    if call.act not in ("pause_project", "resume_project"):
        raise Unclear(f"{_WHICH['lead']} Nada foi feito.")
    state = "active" if call.act == "pause_project" else "paused"
    query = [
        ("client_id", f"eq.{client.id}"),
        ("status", f"eq.{state}"),
        ("select", "id,name,status"),
        ("order", "name"),
    ]
    rows, _ = await user_rpc.rows("projects", query, authorization, limit=21)
    if not rows:
        told = "em andamento" if state == "active" else "em pausa"
        raise Unclear(f"{client.name} não tem projeto {told}. Nada foi feito.")
    found = [Target("project", row["id"], row["name"], client.id, client.client, row["status"], None) for row in rows]
    return [{"act": call.act, "project_id": only(found).id}]


async def _tasks(call: Plan, clients: list[Target] | None, authorization: str) -> JSON:
    if call.of and clients is None:
        clients = await find(["client"], call.of, authorization)
        if not clients:
            raise nobody(["client"], call.of)
    if clients is not None and len(clients) > 1:
        raise choice(clients)
    asked = Show(what="failed_tasks", status="dead", since=call.since, until=call.until, id=call.id)
    targets = {} if clients is None else {"client": clients}
    query = query_of(SOURCES["failed_tasks"], asked, targets, "id", order=False)
    rows, _ = await user_rpc.rows("failed_tasks", [*query, ("order", "created_at,id")], authorization, limit=TASKS)
    if not rows:
        raise Unclear("Não há tarefa que falhou para reprocessar. Nada foi feito.")
    return {"act": "replay_failed_tasks", "failed_task_ids": [row["id"] for row in rows]}


async def _interviews(call: Plan, clients: list[Target] | None, authorization: str) -> list[JSON]:
    if call.id:
        return [{"act": call.act, "interview_id": call.id}]
    projects = None
    if call.project:
        projects = await find(["project"], call.project, authorization, clients)
        if not projects:
            raise nobody(["project"], call.project)
    name = call.lead or call.of
    if not name:
        raise Unclear("De qual lead? Diga o nome ou o telefone. Nada foi feito.")
    acts = []
    for leads in await each(["lead"], name, authorization, clients):
        acts.append({"act": call.act, "interview_id": await _interview(call, leads, projects, authorization)})
    return acts


async def _interview(call: Plan, leads: list[Target], projects: list[Target] | None, authorization: str) -> str:
    """The one interview that is meant: one that still runs; of a lead without one, the last, which SQL refuses."""
    query = [
        ("lead_id", f"in.({','.join(lead.id for lead in leads)})"),
        ("select", "id,status,lead_id,project:projects(name)"),
        ("order", "created_at.desc"),
    ]
    if projects is not None:
        query.append(("project_id", f"in.({','.join(project.id for project in projects)})"))
    rows, _ = await user_rpc.rows("interviews", query, authorization, limit=100)
    wanted = ("pending",) if call.act == "resend_invitation" else ("pending", "in_progress")
    running = [row for row in rows if row["status"] in wanted]
    if len(running) == 1:
        return str(running[0]["id"])
    concerned = {row["lead_id"] for row in running or rows}
    if len(concerned) > 1 or (not rows and len(leads) > 1):
        raise choice([lead for lead in leads if not concerned or lead.id in concerned])
    if not rows:
        raise Unclear(f"{leads[0].name or leads[0].phone} não tem entrevista. Nada foi feito.")
    if not running:
        return str(rows[0]["id"])
    lines = "\n".join(f"• {row['project']['name']} (id {row['id']})" for row in running)
    raise Unclear(f"Há mais de uma entrevista dessa pessoa. Nada foi feito; diga de qual pesquisa:\n{lines}")
