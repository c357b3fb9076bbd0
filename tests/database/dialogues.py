"""Conversations seen from every side: the lead who writes, the function that answers, the people who take over."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.database.builders import JSON, Tenant, World, result

_number = itertools.count(1)


def agent(tenant: Tenant, *, agent_type: str = "renus_base", prompts: JSON | None = None, **config: Any) -> str:
    """The owner configures an agent that talks outside of surveys; returns its id."""
    made: str = tenant.one(
        "insert into public.renus_config (agent_type, config, prompts) values (%s, %s, %s) returning id",
        agent_type,
        {"conversation": {}, **config},
        prompts or {},
    )
    return made


def sub_agent(world: World, name: str, tools: list[str] | None = None, **config: Any) -> str:
    """An admin adds a specialist; returns its id."""
    ids = [world.one("select id from public.tools where name = %s", tool) for tool in tools or []]
    made: str = world.one(
        "insert into public.sub_agents (name, description, config, tools) values (%s, %s, %s, %s::jsonb) returning id",
        name,
        f"Entende de {name}",
        config,
        json.dumps(ids),
    )
    return made


@dataclass
class Dialogue:
    """One lead of a tenant who writes outside of surveys."""

    tenant: Tenant
    lead: str
    wa_id: str
    replies: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, tenant: Tenant, name: str | None = "Ana Lima", **columns: Any) -> Dialogue:
        """A lead that the tenant knows."""
        phone = f"119{81000000 + next(_number)}"
        return cls(tenant, tenant.lead(phone, name, **columns), "55" + phone)

    @property
    def world(self) -> World:
        return self.tenant.world

    @property
    def thread(self) -> str:
        """The lead's thread on the tenant's account."""
        found: str = self.world.one(
            "select id from private.threads where lead_id = %s and channel_account_id = %s",
            self.lead,
            self.tenant.account,
        )
        return found

    def conversation(self, columns: str = "id") -> Any:
        """The open conversation: one column, or several as a tuple."""
        row = self.world.row(
            f"select {columns} from public.conversations where lead_id = %s and status = 'open'", self.lead
        )
        return row[0] if "," not in columns else row

    def say(self, *texts: str, account: str | None = None) -> None:
        """The lead writes; all of it in one webhook."""
        self.tenant.ingest(*(self.tenant.message(self.wa_id, text) for text in texts), account=account)

    def claim(self) -> JSON:
        """The turn's task, leased."""
        (task,) = self.claims()
        return task

    def claims(self) -> list[JSON]:
        """The thread's turns that are due: one, or none."""
        return [task for task in self.world.claim("high_priority") if task["id"] == self.thread]

    def begin(self, *texts: str) -> JSON:
        """The lead writes and the turn begins."""
        self.say(*texts)
        return self.claim()

    def call(self, task: JSON, tool: str, arguments: JSON | None = None, **more: Any) -> JSON:
        """The function calls a tool for the turn."""
        more.setdefault("call_id", f"0.{next(_number)}")
        outcome: JSON = self.world.worker(
            "call_tool", thread_id=task["id"], lease=task["claim"], tool=tool, arguments=arguments or {}, **more
        )
        return outcome

    def commit(self, task: JSON, reply: str = "Certo!", **proposal: Any) -> JSON:
        """Commits the turn with what the model proposed."""
        handed_in = result(task, reply=reply, **proposal) | {"graph": "conversation", "reruns": task["work"]["reruns"]}
        (verdict,) = self.world.worker("commit_turns", results=[handed_in])
        return dict(verdict)

    def answer(self, task: JSON, reply: str = "Certo!", **proposal: Any) -> str:
        """Commits the turn, sends its reply, returns it ('' for none)."""
        verdict = self.commit(task, reply, **proposal)
        assert verdict["verdict"] == "committed", verdict
        if verdict["delivery"] is None:
            assert reply == "", "a reply is handed to the caller to send"
            return ""
        self.world.complete(verdict["delivery"])
        said: str = verdict["delivery"]["work"]["content"]["text"]
        return said

    def turn(self, *texts: str, reply: str = "Certo!", **proposal: Any) -> str:
        """The lead writes, the function answers and sends. Returns the reply."""
        return self.answer(self.begin(*texts), reply, **proposal)

    def messages(self) -> list[tuple[str, str]]:
        """Role and content of everything said in conversations, in order."""
        return self.world.all(
            "select m.role::text, m.content from public.messages as m join public.conversations as c"
            " on c.id = m.conversation_id where c.lead_id = %s order by m.seq",
            self.lead,
        )

    def sent(self) -> list[tuple[str, str]]:
        """Status and text of every delivery to the lead, in order."""
        return self.world.all(
            "select status::text, content ->> 'text' from public.deliveries where lead_id = %s order by seq", self.lead
        )


class Candidate(Dialogue):
    """A lead who is asked whether it may become a customer: its turns hand in answers to qualification questions."""

    @classmethod
    def begun(cls, tenant: Tenant) -> Candidate:
        """A lead of its own who has written nothing yet."""
        known = cls.of(tenant, "Ana")
        return cls(tenant, known.lead, known.wa_id)

    def begin(self, *texts: str) -> JSON:
        """The lead writes and the turn begins."""
        return super().begin(*texts or ("oi",))

    def qualify(self, task: JSON, **answers: Any) -> JSON:
        """Hands in answers; returns what the tool says."""
        verdict = self.call(task, "qualify", {"answers": answers})
        assert verdict["verdict"] == "done", verdict
        told: JSON = verdict["result"]
        return told

    def decide(self, task: JSON, **proposal: Any) -> JSON:
        """Commits the turn and sends its reply."""
        verdict = self.commit(task, **{"reply": "Certo.", **proposal})
        if verdict["delivery"]:
            self.world.complete(verdict["delivery"])
        return verdict

    def asked(self, *texts: str, **answers: Any) -> str:
        """A whole turn with one call of `qualify`. Returns the reply."""
        task = self.begin(*texts)
        self.qualify(task, **answers)
        return said(self.decide(task))


def said(verdict: JSON) -> str:
    """The reply that a commit handed to its caller."""
    assert verdict["verdict"] == "committed", verdict
    text: str = verdict["delivery"]["work"]["content"]["text"]
    return text


def under_lease(connection: psycopg.Connection, lease: str) -> None:
    """Makes the transaction's statements those of a tool that works in this turn."""
    connection.execute("select set_config('renum.lease', %s, true)", (lease,))
    connection.execute("set local role renum_agent")
