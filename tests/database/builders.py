"""Small builders: a world of tenants, leads and functions, each acting through the role it has in production."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import uuid4

import psycopg
from psycopg.adapt import Loader
from psycopg.types.json import Jsonb

from devstack.server import Server
from tests.support import as_role

JSON = dict[str, Any]

QUESTIONS: list[JSON] = [
    {
        "key": "nota",
        "text": "De 0 a 10, que nota você dá?",
        "type": "scale",
        "validation": {"min": 0, "max": 10, "integer": True},
        "nps": True,
    },
    {"key": "motivo", "text": "Por quê?", "type": "text", "probes": 1},
    {"key": "canal", "text": "Onde você compra?", "type": "choice", "options": ["Loja", "Site"]},
]

_number = itertools.count(1)


class _Text(Loader):
    """Ids as text, as they are in JSON."""

    def load(self, data: bytes | bytearray | memoryview) -> str:
        return bytes(data).decode()


def _adapt(value: Any) -> Any:
    if isinstance(value, dict) or (isinstance(value, list) and all(isinstance(item, dict) for item in value)):
        return Jsonb(value)
    return value


class Session:
    """Statements on a connection, whoever it acts as."""

    def __init__(self, connection: psycopg.Connection) -> None:
        connection.adapters.register_loader("uuid", _Text)
        self.connection = connection

    def all(self, statement: str, *values: Any) -> list[Any]:
        """Every row, as tuples; [] from a statement without a result."""
        cursor = self.connection.execute(statement.encode(), [_adapt(value) for value in values])
        return cursor.fetchall() if cursor.description else []

    def one(self, statement: str, *values: Any) -> Any:
        """The first column of the first row; None without a row."""
        rows = self.all(statement, *values)
        return rows[0][0] if rows else None

    def row(self, statement: str, *values: Any) -> Any:
        """The only row, as a tuple."""
        (row,) = self.all(statement, *values)
        return row

    def touched(self, statement: str, *values: Any) -> int:
        """How many rows an INSERT, UPDATE or DELETE came to."""
        return self.connection.execute(statement.encode(), [_adapt(value) for value in values]).rowcount


class World(Session):
    """One database, seen by role `postgres`; `api` is the login that PostgREST uses."""

    def __init__(self, cluster: Server, name: str) -> None:
        super().__init__(psycopg.connect(cluster.dsn(name, "postgres"), autocommit=True))
        self.api = psycopg.connect(cluster.dsn(name, "authenticator"), autocommit=True)
        self.login = cluster.dsn(name, "authenticator")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.api.close()
        self.connection.close()

    @contextmanager
    def acting(self, role: str, **claims: Any) -> Iterator[Session]:
        """A request as PostgREST runs it: one transaction, the role, the token's claims."""
        with as_role(self.api, role, claims):
            yield Session(self.api)

    @contextmanager
    def person(self, profile_id: str) -> Iterator[Session]:
        """A request of a signed-in person."""
        with self.acting("authenticated", sub=profile_id, aud="authenticated") as session:
            yield session

    def worker(self, name: str, **arguments: Any) -> Any:
        """Calls an RPC of schema worker as the functions do."""
        with self.acting("renum_worker") as session:
            return call(session, f"worker.{name}", **arguments)

    def user(self, email: str | None = None, *, confirmed: bool = True, phone: str | None = "11 98888-0000") -> str:
        """Signs a person up; returns the id."""
        uid = str(uuid4())
        self.all(
            "insert into auth.users (id, email, email_confirmed_at, raw_user_meta_data, aud, role)"
            " values (%s, %s, case when %s then now() end, %s, 'authenticated', 'authenticated')",
            uid,
            email or f"{uid[:8]}@exemplo.com.br",
            confirmed,
            {"full_name": "Fulana de Tal", **({"phone": phone} if phone else {})},
        )
        return uid

    def admin(self) -> str:
        """One of RENUM's admins."""
        uid = self.user(f"admin{next(_number)}@renum.com.br")
        self.all("update public.profiles set role = 'admin' where id = %s", uid)
        return uid

    def tenant(self) -> Tenant:
        """A client with an owner, an account that knows no limits, and two approved templates."""
        n = next(_number)
        owner = self.user(f"dona{n}@padaria{n}.com.br")
        with self.person(self.admin()) as admin:
            client = admin.one(
                "select id from public.create_client(%s, %s)", f"Padaria {n}", f"dona{n}@padaria{n}.com.br"
            )
        with self.person(owner) as session:
            account = session.one(
                "insert into public.channel_accounts (provider, name, external_id, throughput)"
                " values ('whatsapp_cloud', 'Principal', %s, null) returning id",
                f"9{n:014}",
            )
            session.all(
                "insert into public.message_templates (name, body, parameters, status, purpose) values"
                " ('convite', 'Oi {{1}}, aqui é da {{2}}. Podemos conversar?',"
                "  array['lead.first_name', 'client.company_name'], 'approved', 'invitation'),"
                " ('aviso', '{{1}}', array['notification.text'], 'approved', 'notification')"
            )
        return Tenant(self, client, owner, account, f"9{n:014}")

    def setting(self, key: str, value: Any) -> None:
        """Changes a setting for this test."""
        self.all("update private.settings set value = %s where key = %s", Jsonb(value), key)

    def later(self, seconds: float) -> None:
        """Lets time pass: everything that waits has waited so much longer."""
        ago = f"interval '{seconds} seconds'"
        self.all(
            f"update private.threads set lease_began_at = lease_began_at - {ago},"
            f" lease_until = lease_until - {ago}, due_at = due_at - {ago},"
            f" not_before = not_before - {ago}, waiting_since = waiting_since - {ago},"
            f" last_inbound_at = last_inbound_at - {ago}"
        )
        self.all(
            f"update public.deliveries set due_at = case when task_id is not null or sent_at is null"
            f" then due_at - {ago} else due_at end, begun_at = begun_at - {ago}, pair_at = pair_at - {ago}"
        )
        self.all(f"update private.account_paces set next_at = next_at - {ago}, not_before = not_before - {ago}")
        self.all(f"update public.webhook_events set received_at = received_at - {ago}")
        self.all(f"update public.media set due_at = due_at - {ago} where status = 'waiting'")
        self.all(f"update public.reports set due_at = due_at - {ago}, generated_at = generated_at - {ago}")
        for queue in ("high_priority", "default", "low_priority"):
            self.all(f"update pgmq.q_{queue} set vt = vt - {ago}")

    def claim(self, *queues: str, limit: int = 50, visibility_s: int = 30) -> list[JSON]:
        """Claims what is due, by default from every queue."""
        wanted = list(queues) or ["high_priority", "default", "low_priority"]
        tasks: list[JSON] = self.worker("claim_tasks", queues=wanted, max=limit, visibility_s=visibility_s)["tasks"]
        return tasks

    def complete(self, *tasks: JSON, outcome: str = "sent", **more: Any) -> list[JSON]:
        """Reports what became of claimed deliveries; each gets a provider's id of its own when it was sent."""
        results = [
            {
                "id": task["id"],
                "claim": task["claim"],
                "outcome": outcome,
                "provider_message_id": f"wamid.out.{task['id']}" if outcome == "sent" else None,
                **more,
            }
            for task in tasks
        ]
        answer: list[JSON] = self.worker("complete_deliveries", results=results)
        return answer

    def queued(self, queue: str) -> int:
        """How many tasks are in a queue, hidden ones included."""
        return int(self.one(f"select count(*) from pgmq.q_{queue}"))


@dataclass
class Tenant:
    """A client company and what its owner does."""

    world: World
    id: str
    owner: str
    account: str
    number: str

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A request of the owner."""
        with self.world.person(self.owner) as session:
            yield session

    def all(self, statement: str, *values: Any) -> list[Any]:
        """A statement as the owner: every row."""
        with self.session() as session:
            return session.all(statement, *values)

    def one(self, statement: str, *values: Any) -> Any:
        """A statement as the owner: the first value."""
        with self.session() as session:
            return session.one(statement, *values)

    def lead(self, phone: str | None = None, name: str | None = "Ana Lima", **columns: Any) -> str:
        """Imports a lead; returns its id."""
        values = {"phone": phone or f"119{61000000 + next(_number)}", "name": name, **columns}
        names = ", ".join(values)
        marks = ", ".join(["%s"] * len(values))
        made: str = self.one(f"insert into public.leads ({names}) values ({marks}) returning id", *values.values())
        return made

    def project(self, questions: list[JSON] | None = None, *, status: str = "draft", **config: Any) -> str:
        """Writes a project; returns its id."""
        whole = {"questionnaire": {"questions": questions or QUESTIONS}, **config}
        made: str = self.one(
            "insert into public.projects (name, config, status) values ('Satisfação', %s, %s) returning id",
            whole,
            status,
        )
        return made

    def start(self, project_id: str) -> None:
        """Starts a project."""
        self.all("update public.projects set status = 'active' where id = %s", project_id)

    def ingest(self, *events: JSON, account: str | None = None) -> JSON:
        """Hands a webhook's events to the database."""
        counts: JSON = self.world.worker("ingest", channel_account_id=account or self.account, events=list(events))
        return counts

    def message(self, wa_id: str | None, text: str, **more: Any) -> JSON:
        """A text message as the adapter gives it."""
        return {
            "kind": "message",
            "provider_id": f"wamid.in.{next(_number)}",
            "number": self.number,
            "occurred_at": None,
            "sender": {"wa_id": wa_id, "bsuid": None, "parent_bsuid": None, "name": "Ana", "username": None},
            "message": {"type": "text", "text": text, "payload": {"body": text}, "reply_to": None},
            "raw": {"text": text},
            **more,
        }

    def picture(self, wa_id: str, **media: Any) -> JSON:
        """A message with a file, as the adapter gives it."""
        item = self.message(wa_id, "")
        file = {"type": "image", "id": item["provider_id"][-4:], "keeps_s": 604_800, "sha256": None, "url": None}
        item["message"] = {"type": "image", "text": "", "payload": {}, "reply_to": None, "media": {**file, **media}}
        return item

    def status(self, status: str, *, message_id: str | None = None, reference: str | None = None, **more: Any) -> JSON:
        """A status item as the adapter gives it."""
        return {
            "kind": "status",
            "provider_id": f"{message_id}:{status}:{next(_number)}",
            "number": self.number,
            "status": {"message_id": message_id, "status": status, "reference": reference, "error": None, **more},
            "raw": {"status": status},
        }

    def noise(self) -> None:
        """A webhook of the account comes in that is about nothing we wait for."""
        self.ingest({"kind": "other", "provider_id": f"noise.{next(_number)}", "number": self.number, "raw": {}})

    def interview(self, questions: list[JSON] | None = None, **config: Any) -> Interview:
        """A lead, a started project for it alone, and its invitation sent."""
        phone = f"119{71000000 + next(_number)}"
        lead = self.lead(phone)
        self.start(project := self.project(questions, audience={"lead_ids": [lead]}, **config))
        tasks = [task for task in self.world.claim("default") if task["client_id"] == self.id]
        self.world.complete(*tasks)
        interview, thread = self.world.row(
            "select id, thread_id from public.interviews where project_id = %s and lead_id = %s", project, lead
        )
        return Interview(self, interview, lead, project, thread, "55" + phone)


@dataclass
class Interview:
    """An interview seen from both sides: the lead who writes and the function that answers."""

    tenant: Tenant
    id: str
    lead: str
    project: str
    thread: str
    wa_id: str
    replies: list[str] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.tenant.world

    def say(self, *texts: str) -> None:
        """The lead writes; all of it in one webhook."""
        self.tenant.ingest(*(self.tenant.message(self.wa_id, text) for text in texts))

    def claim(self) -> JSON:
        """The turn's task, leased."""
        (task,) = (task for task in self.world.claim("high_priority") if task["id"] == self.thread)
        return task

    def lapse(self, visibility_s: int = 30) -> None:
        """The instance that holds the turn dies; its claim runs out, is noticed, and the wait for the next attempt
        passes."""
        self.world.later(visibility_s + 1)
        assert self.world.claim("high_priority") == []
        self.world.later(26)

    def commit(self, task: JSON, **proposal: Any) -> JSON:
        """Commits a turn with what the model proposed."""
        (verdict,) = self.world.worker("commit_turns", results=[result(task, **proposal)])
        return dict(verdict)

    def turn(self, *texts: str, **proposal: Any) -> str:
        """The lead writes, the function answers and sends. Returns the reply."""
        self.say(*texts)
        verdict = self.commit(self.claim(), **proposal)
        assert verdict["verdict"] == "committed", verdict
        assert verdict["delivery"], "a committed turn's reply is handed to the caller to send"
        self.world.complete(verdict["delivery"])
        reply: str = verdict["delivery"]["work"]["content"]["text"]
        return reply

    def answer(self, key: str, value: Any, **proposal: Any) -> str:
        """The lead answers one question."""
        return self.turn(str(value), answers=[{"key": key, "value": value, "quote": str(value), "seq": 1}], **proposal)

    def answers(self) -> dict[str, tuple[str, Any]]:
        """What became of the questions so far: key → (status, value)."""
        rows = self.world.all(
            "select question_key, status::text, value from public.interview_answers where interview_id = %s", self.id
        )
        return {key: (status, value) for key, status, value in rows}

    def state(self) -> tuple[str, str | None]:
        """Status and end reason."""
        status, reason = self.world.row(
            "select status::text, end_reason::text from public.interviews where id = %s", self.id
        )
        return status, reason


def call(session: Session, function: str, **arguments: Any) -> Any:
    """Calls a function as PostgREST does: arguments by name."""
    marks = ", ".join(f"{name} => %s" for name in arguments)
    return session.one(f"select {function}({marks})", *arguments.values())


def result(task: JSON, **proposal: Any) -> JSON:
    """What the function hands in for a turn."""
    return {
        "thread_id": task["id"],
        "lease": task["claim"],
        "proposal": proposal,
        "model": "offline",
        "graph": "interview",
        "steps": [{"node": "understand", "ms": 0.8}],
        "input_tokens": 0,
        "output_tokens": 0,
    }


def refused(error: psycopg.Error) -> str:
    """The sentence a person reads."""
    return str(error.diag.message_primary)


def dumps(value: Any) -> str:
    """JSON in one writing."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
