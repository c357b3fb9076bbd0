"""What ISA shows and counts: tables of the API, read with the admin's own token, so that its rights decide."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import cast

from renum import user_rpc
from renum.isa import words
from renum.isa.state import Count, Named, Show
from renum.isa.targets import Target, find, nobody
from renum.shapes import JSON

ROWS = 20
"""How many rows an answer shows at most; it says how many there are."""

Query = list[tuple[str, str]]


@dataclass(frozen=True)
class Source:
    """Where rows of a thing are: table, columns, order, what names its client, project and lead, and when it was."""

    table: str
    select: str
    order: str
    client: str = "client_id"
    project: str = ""
    lead: str = ""
    when: str = "created_at"
    always: tuple[tuple[str, str], ...] = ()
    statuses: dict[str, tuple[tuple[tuple[str, str], ...], str]] = field(default_factory=dict)
    inner: dict[str, str] = field(default_factory=dict)


def _is(status: str, when: str = "created_at") -> tuple[tuple[tuple[str, str], ...], str]:
    return ((("status", f"eq.{status}"),), when)


def _ended(reason: str) -> tuple[tuple[tuple[str, str], ...], str]:
    return ((("end_reason", f"eq.{reason}"),), "updated_at")


SOURCES = {
    "clients": Source("clients", "id,name:company_name,status,plan,created_at", "created_at.desc", client="id"),
    "projects": Source(
        "projects", "id,name,client:clients(company_name),type,status,created_at", "created_at.desc", project="id"
    ),
    "leads": Source(
        "leads",
        "id,name,phone,email,client:clients(company_name),status,opted_out_at,created_at",
        "created_at.desc",
        lead="id",
        project="interviews.project_id",
        inner={"project": "interviews!inner()"},
        statuses={"opted_out": ((("opted_out_at", "not.is.null"),), "opted_out_at")},
    ),
    "interviews": Source(
        "interviews",
        "id,lead:leads(name),phone:leads(phone),project:projects(name),client:clients(company_name),status,end_reason,"
        "invited_at,started_at,completed_at",
        "created_at.desc",
        project="project_id",
        lead="lead_id",
        statuses={
            "completed": _is("completed", "completed_at"),
            "in_progress": _is("in_progress", "started_at"),
            "pending": _is("pending"),
            "cancelled": (
                (("status", "eq.cancelled"), ("end_reason", "not.in.(opted_out,expired)")),
                "updated_at",
            ),
            "expired": _ended("expired"),
            "opted_out": _ended("opted_out"),
            "started": ((("started_at", "not.is.null"),), "started_at"),
            "invited": ((("invited_at", "not.is.null"),), "invited_at"),
        },
    ),
    "conversations": Source(
        "conversations",
        "id,lead:leads(name),phone:leads(phone),client:clients(company_name),status,last_message_at",
        "last_message_at.desc.nullslast",
        lead="lead_id",
        when="last_message_at",
        always=(("lead_id", "not.is.null"),),
    ),
    "invitations": Source(
        "deliveries",
        "id,lead:leads(name),phone:leads(phone),client:clients(company_name),status,reason,sent_at,created_at",
        "created_at.desc",
        lead="lead_id",
        project="interviews.project_id",
        always=(("kind", "eq.invitation"),),
        statuses={
            "sent": ((("sent_at", "not.is.null"),), "sent_at"),
            "delivered": ((("delivered_at", "not.is.null"),), "delivered_at"),
            "read": ((("read_at", "not.is.null"),), "read_at"),
            "waiting": ((("status", "in.(queued,deferred,sending,unknown)"),), "created_at"),
        },
        inner={"project": "interviews!inner()"},
    ),
    "failed_tasks": Source(
        "failed_tasks",
        "id,task,client:clients(company_name),status,error:error->>message,attempts,created_at",
        "created_at.desc",
    ),
    "accounts": Source(
        "channel_accounts",
        "id,name,channel,provider,client:clients(company_name),status,stopped_reason",
        "created_at.desc",
    ),
    "reports": Source(
        "reports", "id,kind,client:clients(company_name),status,created_at", "created_at.desc", project="project_id"
    ),
    "commands": Source("isa_commands", "id,command,created_at,executed_at", "created_at.desc", client=""),
    "interview_messages": Source(
        "interview_messages",
        "id,role,content,said_at:timestamp",
        "timestamp.desc",
        lead="interviews.lead_id",
        project="interviews.project_id",
        when="timestamp",
        statuses={
            "received": ((("role", "eq.user"),), "timestamp"),
            "sent": ((("role", "eq.assistant"),), "timestamp"),
        },
        inner={"lead": "interviews!inner()", "project": "interviews!inner()"},
    ),
    "messages": Source(
        "messages",
        "id,role,content,said_at:timestamp",
        "timestamp.desc",
        lead="conversations.lead_id",
        when="timestamp",
        statuses={
            "received": ((("role", "eq.user"),), "timestamp"),
            "sent": ((("role", "eq.assistant"),), "timestamp"),
        },
        inner={"lead": "conversations!inner()"},
    ),
}
_OF = {
    "clients": ["client"], "projects": ["client", "project"], "leads": ["client", "project", "lead"],
    "interviews": ["lead", "project", "client"], "conversations": ["lead", "client"], "messages": ["lead", "client"],
    "invitations": ["lead", "project", "client"], "failed_tasks": ["client"], "accounts": ["client"],
    "reports": ["project", "client"],
}  # fmt: skip


@dataclass(frozen=True)
class Found:
    """An answer's part: text, data, and what is kept of it in the command's row (no names: they can be erased)."""

    text: str
    data: JSON
    kept: JSON
    target: Target | None = None


async def show(call: Show, today: str, authorization: str) -> Found:
    """The rows that are asked for. Raises Unclear where somebody is named whom nobody knows."""
    if call.what == "queues":
        queues = cast("list[JSON]", await user_rpc.call("queue_metrics", {}, authorization))
        lines = [words.row_line("queues", queue) for queue in queues]
        return Found("Filas:\n" + _list(lines), {"what": "queues", "rows": queues}, {"what": "queues"})
    targets = await _targets(call, authorization)
    what = f"{next(iter(targets), 'lead')}s" if call.what == "anything" else str(call.what)
    limit = min(call.limit or ROWS, ROWS)
    rows: list[JSON] = []
    total = 0
    for source in _sources(what):
        found, counted = await user_rpc.rows(
            source.table, query_of(source, call, targets, source.select, order=True), authorization, limit=limit
        )
        rows += [_flat(row) for row in found]
        total += counted
    if what == "messages":
        rows = sorted(rows, key=lambda row: str(row["said_at"]), reverse=True)[:limit]
    if what == "projects":
        await _add_progress(rows, authorization)
    head = _head(what, total, call, targets, today)
    text = head + (":\n" + _list([words.row_line(what, row) for row in rows]) if rows else ".")
    if total > len(rows):
        text += f"\n(mostrados {len(rows)} de {total})"
    one = _one(targets)
    kept = {"what": what, "count": total, "ids": [row["id"] for row in rows]}
    return Found(text, {"what": what, "rows": rows, "count": total}, kept, one)


async def count(call: Count, today: str, authorization: str) -> Found:
    """The figures that are asked for. Raises as `show`."""
    targets = await _targets(call, authorization)
    what = call.what if call.what != "anything" else "leads"

    async def one(thing: str, status: str | None) -> int:
        asked = call.model_copy(update={"status": status})
        counts = (_count(source, asked, targets, authorization) for source in _sources(thing))
        return sum(await asyncio.gather(*counts))

    if what == "queues":
        return await show(Show(what="queues"), today, authorization)
    figures: JSON = {}
    if what == "overview":
        asked: list[tuple[str, str, str | None]] = [
            ("leads", "leads", None), ("invited", "interviews", "invited"), ("started", "interviews", "started"),
            ("completed", "interviews", "completed"), ("opted_out", "leads", "opted_out"),
            ("received", "messages", "received"), ("sent", "messages", "sent"), ("failed_tasks", "failed_tasks", None),
        ]  # fmt: skip
        counts = await asyncio.gather(*(one(thing, status) for _, thing, status in asked))
        figures = {name: value for (name, _, _), value in zip(asked, counts, strict=True)}
        text = f"Resumo{_whose(targets)}{_period(call, today)}: {words.figures_line(figures)}."
        return Found(text, {"what": what, "figures": figures}, {"what": what, "figures": figures}, _one(targets))
    total = await one(what, call.status)
    text = _head(what, total, call, targets, today)
    if what == "interviews" and call.status is None:
        names = ("invited", "started", "completed")
        counts = await asyncio.gather(*(one(what, name) for name in names))
        figures = dict(zip(names, counts, strict=True))
        made = " criada" if total == 1 else " criadas"
        text += f"{made if call.since or call.until else ''} ({words.figures_line(figures)})"
    data = {"what": what, "count": total, "figures": figures}
    return Found(text + ".", data, data, _one(targets))


async def _count(source: Source, call: Named, targets: dict[str, list[Target]], authorization: str) -> int:
    query = query_of(source, call, targets, "client_id" if source.client == "client_id" else "id", order=False)
    return (await user_rpc.rows(source.table, query, authorization, limit=1))[1]


def _sources(what: str) -> list[Source]:
    return [SOURCES["interview_messages"], SOURCES["messages"]] if what == "messages" else [SOURCES[what]]


async def _targets(call: Show | Count, authorization: str) -> dict[str, list[Target]]:
    """Those that the call names, by kind. Several of one name are all meant: reading changes nothing."""
    found: dict[str, list[Target]] = {}
    for kind in ("client", "project", "lead"):
        name = getattr(call, kind)
        if name:
            found[kind] = await find([kind], name, authorization, found.get("client"))
            if not found[kind]:
                raise nobody([kind], name)
    if call.of:
        kinds = _OF.get(call.what, ["lead", "client", "project"])
        kinds = [kind for kind in kinds if kind not in found] or ["client"]
        several = await find(kinds, call.of, authorization, found.get("client") if "client" not in kinds else None)
        if not several:
            raise nobody(kinds, call.of)
        found[several[0].kind] = several
    return found


def query_of(source: Source, call: Named, targets: dict[str, list[Target]], select: str, *, order: bool) -> Query:
    """What to ask PostgREST for: the rows of `source` that the call means."""
    query: Query = list(source.always)
    when = source.when
    status = getattr(call, "status", None)
    if source.table == "failed_tasks" and status is None and isinstance(call, Show):
        status = "dead"
    if status:
        conditions, when = source.statuses.get(status, ((("status", f"eq.{status}"),), when))
        query += conditions
    inner: list[str] = []
    for kind, column in (("client", source.client), ("project", source.project), ("lead", source.lead)):
        some = targets.get(kind)
        if some is None:
            continue
        if not column:
            # What no lead or project is named of is its client's.
            if kind != "client":
                query.append((source.client, f"in.({','.join(one.client_id for one in some)})"))
            continue
        query.append((column, f"in.({','.join(one.id for one in some)})"))
        if kind in source.inner:
            inner.append(source.inner[kind])
    if call.id:
        query.append(("id", f"eq.{call.id}"))
    if call.since:
        query.append((when, f"gte.{_begin(call.since).isoformat()}"))
    if call.until:
        query.append((when, f"lt.{_begin(call.until, 1).isoformat()}"))
    query.append(("select", ",".join([select, *dict.fromkeys(inner)])))
    if order:
        query.append(("order", source.order))
    return query


def _begin(day: str, later: int = 0) -> datetime:
    """When a day of São Paulo begins."""
    return datetime.combine(date.fromisoformat(day) + timedelta(days=later), time(), words.ZONE)


async def _add_progress(rows: list[JSON], authorization: str) -> None:
    if not rows:
        return
    ids = ",".join(row["id"] for row in rows)
    query = [("project_id", f"in.({ids})")]
    found, _ = await user_rpc.rows("project_progress", query, authorization, limit=ROWS)
    known = {row["project_id"]: row for row in found}
    for row in rows:
        seen = known.get(row["id"])
        if seen:
            row["progress"] = {
                "leads": seen["leads"],
                "invited": seen["invited"],
                "started": seen["in_progress"] + seen["completed"],
                "completed": seen["completed"],
            }


def _flat(row: JSON) -> JSON:
    """An embedded row of one column is that column."""
    return {
        name: next(iter(value.values())) if isinstance(value, dict) and len(value) == 1 else value
        for name, value in row.items()
        if value != {}
    }


def _head(what: str, total: int, call: Show | Count, targets: dict[str, list[Target]], today: str) -> str:
    state = f" ({words.status_word(what, call.status)})" if call.status else ""
    number = words.number_of(what, total) if total else f"0 {words.NAMES[what][1]}"
    return f"{number}{state}{_whose(targets)}{_period(call, today)}"


def _whose(targets: dict[str, list[Target]]) -> str:
    names = dict.fromkeys(one.name or one.phone or one.id for found in targets.values() for one in found[:5])
    return f" de {', '.join(names)}" if names else ""


def _period(call: Named, today: str) -> str:
    return words.period_words(call.since, call.until, today)


def _one(targets: dict[str, list[Target]]) -> Target | None:
    for kind in ("lead", "client", "project"):
        found = targets.get(kind, [])
        if len(found) == 1:
            return found[0]
    return None


def _list(lines: list[str]) -> str:
    return "\n".join(f"• {line}" for line in lines)
