"""Where what ISA reads is: tables of the API, and how each is asked for a client's, a lead's or a day's."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from renum.isa import words
from renum.isa.state import Named, Show
from renum.isa.targets import Target

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
OF = {
    "clients": ["client"], "projects": ["client", "project"], "leads": ["client", "project", "lead"],
    "interviews": ["lead", "project", "client"], "conversations": ["lead", "client"], "messages": ["lead", "client"],
    "invitations": ["lead", "project", "client"], "failed_tasks": ["client"], "accounts": ["client"],
    "reports": ["project", "client"],
}  # fmt: skip


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
