"""Conversations as the builders' world has them: a lead who writes, and the function that answers with tools."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import psycopg

from tests.database.builders import JSON, Tenant, World, call, result

_number = itertools.count(1)


def give_tool(world: World) -> None:
    """The tool `qualify`, whose row a test before this one may have emptied away."""
    world.all(
        "insert into public.tools (name, description, function_name, parameters_schema)"
        " values ('qualify', 'Qualifica.', 'qualify', %s) on conflict (name) do nothing",
        {
            "type": "object",
            "properties": {"answers": {"type": "object", "maxProperties": 30, "additionalProperties": True}},
        },
    )


def agent(tenant: Tenant, **config: Any) -> str:
    """An agent that talks outside of projects; returns its id."""
    give_tool(tenant.world)
    made: str = tenant.one(
        "insert into public.renus_config (config) values (%s) returning id", {"conversation": {}, **config}
    )
    return made


@dataclass
class Dialogue:
    """A lead's conversation, seen from both sides."""

    tenant: Tenant
    wa_id: str

    @classmethod
    def begun(cls, tenant: Tenant) -> Dialogue:
        """A lead of its own who has written nothing yet."""
        return cls(tenant, f"55119{51000000 + next(_number)}")

    @property
    def world(self) -> World:
        return self.tenant.world

    @property
    def lead(self) -> str:
        """The lead that the messages made."""
        found: str = self.world.one(
            "select l.id from public.leads as l where l.client_id = %s and l.phone = '+' || %s",
            self.tenant.id,
            self.wa_id,
        )
        return found

    @property
    def thread(self) -> str:
        """The lead's thread on the tenant's first account."""
        found: str = self.world.one(
            "select id from private.threads where lead_id = %s and channel_account_id = %s",
            self.lead,
            self.tenant.account,
        )
        return found

    def say(self, *texts: str, account: str | None = None) -> None:
        """The lead writes."""
        self.tenant.ingest(*(self.tenant.message(self.wa_id, text) for text in texts), account=account)

    def begin(self, *texts: str) -> JSON:
        """The lead writes and a function begins the turn."""
        self.say(*texts or ("oi",))
        thread = self.thread
        (task,) = (task for task in self.world.claim("high_priority") if task["id"] == thread)
        return task

    def call(self, task: JSON, tool: str, arguments: JSON | None = None, **more: Any) -> JSON:
        """Calls a tool as the function does, under the turn's lease."""
        verdict: JSON = self.world.worker(
            "call_tool",
            thread_id=task["id"],
            lease=task["claim"],
            call_id=more.pop("call_id", f"call-{next(_number)}"),
            tool=tool,
            arguments=arguments or {},
            **more,
        )
        return verdict

    def qualify(self, task: JSON, **answers: Any) -> JSON:
        """Hands in answers; returns what the tool says."""
        verdict = self.call(task, "qualify", {"answers": answers})
        assert verdict["verdict"] == "done", verdict
        said: JSON = verdict["result"]
        return said

    def commit(self, task: JSON, **proposal: Any) -> JSON:
        """Commits the turn with what the model proposed, and sends the reply."""
        (verdict,) = self.world.worker("commit_turns", results=[result(task, **{"reply": "Certo.", **proposal})])
        if verdict["delivery"]:
            self.world.complete(verdict["delivery"])
        return dict(verdict)

    def turn(self, *texts: str, **answers: Any) -> str:
        """A whole turn with one call of `qualify`. Returns the reply."""
        task = self.begin(*texts)
        self.qualify(task, **answers)
        return said(self.commit(task))


def said(verdict: JSON) -> str:
    """The reply that a commit handed to its caller."""
    assert verdict["verdict"] == "committed", verdict
    text: str = verdict["delivery"]["work"]["content"]["text"]
    return text


def under_lease(connection: psycopg.Connection, lease: str) -> None:
    """Makes the transaction's statements those of a tool that works in this turn."""
    connection.execute("select set_config('renum.lease', %s, true)", (lease,))
    connection.execute("set local role renum_agent")


__all__ = ["Dialogue", "agent", "call", "give_tool", "said", "under_lease"]
