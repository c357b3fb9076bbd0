"""What the rows and the server's log say: whether all is quiet, and what the count is made from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

from devstack.chaos.tally import Accepted, DeadLetter, Evidence, Reply, Spoken, Stored, Turn

# `messages`, too: what was stored in a conversation by mistake is stored, but no interview's turn answers it.
_STORED = """
select m.metadata ->> 'provider_id' as wamid, i.thread_id::text, m.seq
from public.interview_messages as m
join public.interviews as i on i.client_id = m.client_id and i.id = m.interview_id
where m.client_id = %(client)s and m.role = 'user'
union all
select m.metadata ->> 'provider_id', c.thread_id::text, m.seq
from public.messages as m
join public.conversations as c on c.client_id = m.client_id and c.id = m.conversation_id
where m.client_id = %(client)s and m.role = 'user'
"""
_TURNS = """
select t.id::text, t.thread_id::text, t.status::text, t.from_seq, t.to_seq,
    extract(epoch from t.started_at)::float8 as started_at, extract(epoch from t.finished_at)::float8 as finished_at
from public.turns as t
where t.client_id = %(client)s
"""
_REPLIES = """
select d.id::text as delivery_id, coalesce(d.thread_id::text, '') as thread_id, m.metadata ->> 'turn_id' as turn_id,
    d.seq, d.status::text
from public.deliveries as d
left join public.interview_messages as m on m.client_id = d.client_id and m.id = d.message_id
where d.client_id = %(client)s
"""
_DEAD = """
select f.task, f.task_row_id::text as row_id
from public.failed_tasks as f
where f.client_id = %(client)s and f.status = 'dead'
"""
_WORK = """
select
    (select count(*) from private.threads as t
        where t.client_id = %(client)s and (t.task_id is not null or t.lease is not null)) as turns,
    (select count(*) from public.deliveries as d
        where d.client_id = %(client)s and d.status in ('queued', 'deferred', 'sending', 'unknown')) as deliveries,
    (select count(*) from pgmq.q_high_priority) as tasks
"""
_SUMMARY = """
select 'turns' as what, t.status::text as status, count(*) as number
from public.turns as t where t.client_id = %(client)s group by 2
union all
select 'deliveries', d.status::text || case when d.attempts > 1 then ' after ' || d.attempts || ' attempts' else '' end,
    count(*)
from public.deliveries as d where d.client_id = %(client)s and d.kind <> 'invitation' group by 2
order by 1, 2
"""


@dataclass(frozen=True, slots=True)
class Work:
    """What is still to be done: threads with a turn, deliveries that are not at their end, tasks in the queue."""

    turns: int
    deliveries: int
    tasks: int

    @property
    def none(self) -> bool:
        """Nothing at all."""
        return not (self.turns or self.deliveries or self.tasks)


def work(database_url: str, client_id: str) -> Work | None:
    """What is to be done for a client at this moment; None while the database is away."""
    try:
        with (
            psycopg.connect(database_url, connect_timeout=5) as connection,
            connection.cursor(row_factory=class_row(Work)) as cursor,
        ):
            return cursor.execute(_WORK, {"client": client_id}).fetchone()
    except psycopg.OperationalError:
        return None


def gather(
    database_url: str, client_id: str, log: Path, *, spoken: Iterable[Spoken], accepted: Iterable[Accepted]
) -> Evidence:
    """Reads a client's rows and the server's log, and puts them beside what was said and accepted."""
    client = {"client": client_id}
    with psycopg.connect(database_url) as connection:
        connection.execute("set transaction isolation level repeatable read read only")
        return Evidence(
            spoken=list(spoken),
            stored=connection.cursor(row_factory=class_row(Stored)).execute(_STORED, client).fetchall(),
            turns=connection.cursor(row_factory=class_row(Turn)).execute(_TURNS, client).fetchall(),
            replies=connection.cursor(row_factory=class_row(Reply)).execute(_REPLIES, client).fetchall(),
            accepted=list(accepted),
            dead=connection.cursor(row_factory=class_row(DeadLetter)).execute(_DEAD, client).fetchall(),
            deadlocks=deadlocks_in(log),
        )


def summary(database_url: str, client_id: str) -> dict[str, dict[str, int]]:
    """Turns and deliveries by how they ended: for the reader, no part of the count."""
    found: dict[str, dict[str, int]] = {}
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        rows: list[dict[str, Any]] = connection.execute(_SUMMARY, {"client": client_id}).fetchall()
    for row in rows:
        found.setdefault(row["what"], {})[row["status"]] = row["number"]
    return found


def deadlocks_in(log: Path) -> int:
    """How many deadlocks a server's log tells of; one log goes on over all restarts of its server."""
    with log.open(encoding="utf-8", errors="replace") as lines:
        return sum("deadlock detected" in line for line in lines)
