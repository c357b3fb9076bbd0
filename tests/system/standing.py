"""Clients with one row in every table, at which nothing ever happens: what changes there, a test has changed."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import jwt
from psycopg import sql
from psycopg.types.json import Jsonb
from supabase import Client

from devstack.demo.access import Row
from tests.access import ACCESS
from tests.stack import Stack
from tests.system.people import Person, new_person, signed_in

# What tells a table's rows apart, where it is not id; what says whose they are, where it is not client_id.
_KEYS = {"project_progress": "project_id", "usage_summary": "project_id", "project_costs": "project_id"}
_CONDITIONS = {
    "clients": {"own": "id = %(client)s", "other": "id <> %(client)s"},
    "profiles": {
        "own": "id = %(me)s",
        "colleague": "id <> %(me)s and id in (select profile_id from public.client_members"
        " where client_id = %(client)s and status = 'active')",
        "other": "id <> %(me)s and id not in (select profile_id from public.client_members"
        " where client_id = %(client)s and status = 'active' and profile_id is not null)",
    },
    "tools": {"own": "active", "other": "not active"},
    "sub_agents": {"own": "active", "other": "not active"},
    "isa_commands": {"own": "admin_id = %(me)s", "other": "admin_id <> %(me)s"},
}
_CONDITION = {"own": "client_id = %(client)s", "other": "client_id <> %(client)s"}

WHO = (
    "never worked anywhere",
    "a removed member",
    "of a suspended client",
    "of an inactive client",
    "staff",
    "owner",
    "admin",
    "service",
)

Snapshot = dict[str, str]


def key_of(table: str) -> str:
    """The column that tells a table's rows apart."""
    return _KEYS.get(table, "id")


def signed(stack: Stack, claims: Row, secret: str | None = None) -> str:
    """A token with these claims, by default signed with the stack's own secret and good for some minutes."""
    key = stack.environment["SUPABASE_JWT_SECRET"] if secret is None else secret
    return jwt.encode({"exp": int(time.time()) + 600, **claims}, key, algorithm="HS256")


def _rows(client_id: str, profile_id: str) -> Iterator[tuple[str, Row]]:
    """One row of each table of a client, consistent with each other, and none of them waiting for anything."""
    ids = {
        name: str(uuid4())
        for name in (
            "lead",
            "account",
            "config",
            "project",
            "thread",
            "interview",
            "conversation",
            "delivery",
            "turn",
            "qualification",
        )
    }
    mine = {"client_id": client_id}
    lead, account, thread = ({**mine, f"{name}_id": ids[key]} for name, key in _REFERENCES)
    interview = {**mine, "interview_id": ids["interview"]}
    said = {"content": "sim", "role": "user", "seq": 1}
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    yield "leads", {**mine, "id": ids["lead"], "phone": "+5511987650000", "name": "Ana Lima"}
    yield "lead_identities", {**lead, "kind": "wa_id", "value": "5511987650000"}
    yield "consents", {**lead, "granted": True, "legal_basis": "consent"}
    number = {"provider": "whatsapp_cloud", "name": "Principal", "external_id": secrets.token_hex(6)}
    yield "channel_accounts", {**mine, "id": ids["account"], **number}
    yield "message_templates", {**account, "name": "convite", "body": "Oi"}
    yield "renus_config", {**mine, "id": ids["config"]}
    yield "renus_config_versions", {**mine, "renus_config_id": ids["config"], "version": 1, **_VERSION}
    yield "projects", {**mine, "id": ids["project"], "name": "Satisfação"}
    yield "private.threads", {**lead, **account, "id": ids["thread"]}
    ended = {"status": "completed", "end_reason": "completed", "started_at": now, "completed_at": now}
    yield "interviews", {**lead, **thread, "id": ids["interview"], "project_id": ids["project"], **ended}
    yield "conversations", {**lead, **thread, "id": ids["conversation"]}
    yield "interview_messages", {**interview, **said}
    yield "messages", {**mine, "conversation_id": ids["conversation"], **said}
    yield "interview_answers", {**interview, "question_key": "nota", "status": "refused"}
    sent = {"kind": "reply", "queue": "high_priority", "status": "read", "content": {"type": "text", "text": "Oi"}}
    yield "deliveries", {**lead, **account, **thread, "id": ids["delivery"], **sent}
    decided = {"status": "not_qualified", "reason": "falta", "decided_at": now, "settled_at": now}
    yield "qualifications", {**lead, "id": ids["qualification"], "conversation_id": ids["conversation"], **decided}
    # Taken back already: whoever does it again changes nothing.
    back = {"reversed_at": now, "reason": "engano"}
    made = {"made_client_id": client_id, "made_renus_config_id": ids["config"]}
    yield "conversions", {**lead, "qualification_id": ids["qualification"], **made, **back}
    yield "audit_log", {**mine, "action": "lead_qualified", "subject_type": "lead", "subject_id": ids["lead"]}
    turn = {"status": "committed", "from_seq": 0, "to_seq": 1, "attempt": 1, "started_at": now}
    yield "sending_rules", {**mine, "hours": {"monday": ["08:00", "20:00"]}}
    yield "erasures", {**lead, "reason": "pediu", "done_at": now}
    accepted = {"agent_type": "mmn", "text": "Aceito o risco de bloqueio.", "accepted_by": profile_id}
    yield "risk_acceptances", {**mine, **accepted}
    yield "turns", {**interview, **thread, "id": ids["turn"], **turn}
    yield "tool_calls", {**lead, **thread, "turn_id": ids["turn"], **_CALL}
    yield "callbacks", {**lead, "due_at": now, "status": "done"}
    of_project = {**mine, "project_id": ids["project"]}
    yield "usage", {**of_project, "kind": "model", "item": "offline", "turn_id": ids["turn"], **_PRICE}
    yield "budgets", {**of_project, "amount": 10}
    told = {"profile_id": profile_id, "event": "interview_completed", "text": "Concluída.", "status": "sent"}
    yield "notifications", {**interview, **told}
    rung = {"step": 1, "channel": "whatsapp", "due_at": now, "status": "cancelled", "reason": "the lead answered"}
    yield "reminders", {**interview, **rung}
    report = {"kind": "project", "project_id": ids["project"], "status": "ready", "stale": False}
    yield "reports", {**mine, **report, "statistics": {}, "markdown": "# Satisfação"}
    item = {"provider_id": "wamid.1", "kind": "message", "outcome": "stored", "payload": {}}
    yield "webhook_events", {**account, **item}
    file = {"message_id": str(uuid4()), "message_kind": "messages", "type": "image", "provider_media_id": "1"}
    yield "media", {**lead, **account, **file, "fetch_before": now, "status": "kept"}
    dead = {"queue": "default", "task": "delivery", "task_row_id": ids["delivery"], "status": "resolved"}
    yield "failed_tasks", {**mine, **dead, "payload": {}, "error": {}, "attempts": 4}


_PRICE = {"amount": 0, "currency": "USD"}
_VERSION = {"agent_type": "renus_base", "config": {}, "prompts": {}}
_CALL = {"call_id": "0.1", "tool": "look_up_lead", "arguments": {}, "result": {}, "duration_ms": 1}
_REFERENCES = (("lead", "lead"), ("channel_account", "account"), ("thread", "thread"))


@dataclass
class Someone:
    """A person (or key) in one of the document's roles. `client_id`: where they work, or did; '' for nowhere."""

    role: str
    person: Person
    client_id: str


@dataclass
class Standing:
    """The clients, everybody who knocks, and what is really there."""

    stack: Stack
    own: str
    other: str
    client_ids: list[str] = field(default_factory=list)
    profile_ids: list[str] = field(default_factory=list)
    everybody: dict[str, Someone] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._superuser = self.stack.superuser()

    def close(self) -> None:
        """Closes its connection."""
        self._superuser.close()

    @contextmanager
    def quietly(self) -> Iterator[None]:
        """For the block, no trigger fires on what the superuser writes."""
        self._superuser.execute("set session_replication_role = replica")
        try:
            yield
        finally:
            self._superuser.execute("set session_replication_role = origin")

    def put(self, table: str, row: Row) -> None:
        """Writes a row as the superuser; a column that is not named gets its default."""
        schema, _, name = table.rpartition(".")
        values = [Jsonb(value) if isinstance(value, dict | list) else value for value in row.values()]
        self._superuser.execute(
            sql.SQL("insert into {} ({}) values ({})").format(
                sql.Identifier(schema or "public", name),
                sql.SQL(", ").join(map(sql.Identifier, row)),
                sql.SQL(", ").join([sql.Placeholder()] * len(row)),
            ),
            values,
        )

    def put_whole(self, table: str, row: Row) -> None:
        """Writes a row that was read whole as JSON."""
        target = sql.Identifier("public", table)
        with self.quietly():
            self._superuser.execute(
                sql.SQL("insert into {0} select * from jsonb_populate_record(null::{0}, %s)").format(target),
                (Jsonb(row),),
            )

    def remove(self, table: str, key: str) -> None:
        """Deletes a row by its key, with what hangs on it."""
        self._superuser.execute(
            sql.SQL("delete from {} where {}::text = %s").format(
                sql.Identifier("public", table), sql.Identifier(key_of(table))
            ),
            (key,),
        )

    def restore(self, table: str, key: str, row: Row) -> None:
        """Makes a row what it was."""
        with self.quietly():
            self.remove(table, key)
        self.put_whole(table, row)

    def rows(self, table: str, whose: str, someone: Someone) -> dict[str, Row]:
        """Standing rows by key: of this kind for this person, whole, from the database itself."""
        condition = _CONDITIONS.get(table, _CONDITION)[whose]
        values = {"client": someone.client_id or self.own, "me": someone.person.profile_id or str(uuid4())}
        found = self._superuser.execute(
            sql.SQL("select {}::text, to_jsonb(t) from {} as t where {} and {}").format(
                sql.Identifier(key_of(table)),
                sql.Identifier("public", table),
                sql.SQL(condition),
                sql.SQL(self._scope(table)),
            ),
            {**values, "clients": self.client_ids, "profiles": self.profile_ids},
        )
        return dict(found.fetchall())

    def snapshot(self, table: str) -> Snapshot:
        """Every standing row of a table by its key, as a digest."""
        found = self._superuser.execute(
            sql.SQL("select {}::text, md5(t::text) from {} as t where {}").format(
                sql.Identifier(key_of(table)), sql.Identifier("public", table), sql.SQL(self._scope(table))
            ),
            {"clients": self.client_ids, "profiles": self.profile_ids},
        )
        return dict(found.fetchall())

    def analyze(self) -> None:
        """Lets the planner learn what is in every table."""
        self._superuser.execute("analyze")

    def _scope(self, table: str) -> str:
        if table == "profiles":
            return "id = any(%(profiles)s::uuid[])"
        if table == "clients":
            return "(id = any(%(clients)s::uuid[]) or company_name = 'Nova')"
        if table in _CONDITIONS:
            return "true"
        return "client_id = any(%(clients)s::uuid[])"


def stand_up(stack: Stack, admin: Client) -> Standing:
    """Four clients (one works, another works, one is suspended, one inactive), their people, and everybody else."""
    boss = signed_in(stack, "an admin", admin)
    made, owners = [], []
    for name in ("Livraria Cais", "Farmácia Vila", "Loja Suspensa", "Loja Inativa"):
        email = f"{secrets.token_hex(6)}@exemplo.com.br"
        client = boss.rpc("create_client", company_name=name, owner_email=email)
        made.append(str(client.json()["id"]))
        owners.append(new_person(stack, f"the owner of {name}", email))
    own, other, suspended, inactive = made
    standing = Standing(stack, own, other, made)
    people = {"staff": new_person(stack, "staff"), "removed": new_person(stack, "a removed member")}
    for person in people.values():
        member = owners[0].rpc("invite_member", client_id=own, email=person.email).json()["id"]
    assert owners[0].rpc("remove_member", member_id=member).json()["status"] == "removed"
    with standing.quietly():
        for client_id, owner in zip(made, owners, strict=True):
            for table, row in _rows(client_id, owner.profile_id):
                standing.put(table, row)
        second_admin = new_person(stack, "a second admin")
        stack.rows("update public.profiles set role = 'admin' where id = %s", second_admin.profile_id)
        for admins_id in (boss.profile_id, second_admin.profile_id):
            standing.put("isa_commands", {"admin_id": admins_id, "command": "quantas entrevistas ontem?"})
        tool, agent = {"description": "x", "function_name": "x"}, {"description": "x"}
        for active in (True, False):
            standing.put("tools", {"name": secrets.token_hex(4), "active": active, **tool})
            standing.put("sub_agents", {"name": secrets.token_hex(4), "active": active, **agent})
    for client_id, status in ((suspended, "suspended"), (inactive, "inactive")):
        boss.rest("PATCH", f"/clients?id=eq.{client_id}", json={"status": status})
    stranger = new_person(stack, "a stranger")
    keys = stack.environment
    standing.everybody = {
        "never worked anywhere": Someone("outsider", stranger, ""),
        "a removed member": Someone("outsider", people["removed"], own),
        "of a suspended client": Someone("outsider", owners[2], suspended),
        "of an inactive client": Someone("outsider", owners[3], inactive),
        "staff": Someone("staff", people["staff"], own),
        "owner": Someone("owner", owners[0], own),
        "admin": Someone("admin", boss, own),
        "service": Someone(
            "service", Person(stack, "service", "", owners[0].profile_id, key=stack.access.secret_key), own
        ),
        "anon": Someone("anon", Person(stack, "anon"), own),
        "renum_worker": Someone("renum_worker", Person(stack, "worker", keys["RENUM_WORKER_KEY"]), own),
        "renum_agent": Someone("renum_agent", Person(stack, "agent", signed(stack, {"role": "renum_agent"})), own),
    }
    standing.profile_ids = [s.person.profile_id for s in standing.everybody.values() if s.person.profile_id]
    standing.profile_ids += [owners[1].profile_id, second_admin.profile_id]
    missing = [t for t in ACCESS.tables if not standing.snapshot(t)]
    assert not missing, f"a table without a row proves nothing: {missing}"
    return standing


def content_for(table: str, client_id: str, lead_id: str, profile_id: str) -> Row | None:
    """A row that people may insert, in order but for whose name it is in; None for a table they do not insert into."""
    mine: Row = {"client_id": client_id}
    found: dict[str, Row] = {
        "clients": {"company_name": "Nova"},
        "leads": {**mine, "phone": f"+55119{secrets.randbelow(10**7) + 6 * 10**7}"},
        "projects": {**mine, "name": "Novo"},
        "renus_config": mine,
        "channel_accounts": {
            **mine,
            "provider": "whatsapp_cloud",
            "name": "Nova",
            "external_id": secrets.token_hex(6),
        },
        "message_templates": {**mine, "name": f"t_{secrets.token_hex(4)}", "body": "Oi"},
        "consents": {**mine, "lead_id": lead_id, "granted": True, "legal_basis": "contract"},
        # Its thread has heard nothing: whatever is in order is refused for that, and nothing is sent.
        "deliveries": {**mine, "lead_id": lead_id, "content": {"type": "text", "text": "Oi"}},
        "sending_rules": {**mine, "hours": {"friday": ["09:00", "12:00"]}},
        "erasures": {**mine, "lead_id": lead_id},
        "callbacks": {**mine, "lead_id": lead_id, "due_at": "2027-01-31T14:00:00Z"},
        "budgets": {**mine, "amount": 25, "period": "total"},
        "risk_acceptances": {**mine, "agent_type": "mmn", "text": "Aceito o risco de bloqueio da conta."},
        "tools": {"name": secrets.token_hex(4), "description": "x", "function_name": "x"},
        "sub_agents": {"name": secrets.token_hex(4), "description": "x"},
        "isa_commands": {"admin_id": profile_id, "command": "relatório"},
    }
    return found.get(table)


def kinds_of(table: str) -> tuple[str, ...]:
    """The kinds of rows that a table has."""
    return tuple(_CONDITIONS.get(table, _CONDITION))
