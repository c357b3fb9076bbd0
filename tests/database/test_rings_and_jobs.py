"""The doorbell and the clock: rings carry nothing and leave only after commit; the jobs and queues are there."""

from __future__ import annotations

import psycopg
import pytest

from tests.database.builders import Interview, Tenant, World, result

RINGS = (
    "select method::text, url, headers, convert_from(body, 'UTF8'), timeout_milliseconds"
    " from net.http_request_queue order by id"
)


def _functions(world: World) -> list[str]:
    rung = [url.rsplit("/", 1)[1] for (_, url, *_) in world.all(RINGS)]
    world.all("delete from net.http_request_queue")
    return rung


@pytest.fixture
def bell(world: World) -> World:
    """A world whose functions have an address."""
    world.setting("functions_url", "http://127.0.0.1:9/functions/v1")
    return world


def test_a_message_rings_once_and_says_nothing(bell: World, interview: Interview) -> None:
    """One ring for a burst's first message; an empty body, no secret, a short patience."""
    bell.all("delete from net.http_request_queue")
    interview.say("meu CPF é 123", "e mais")
    interview.say("isto")
    assert bell.all(RINGS) == [
        (
            "POST",
            "http://127.0.0.1:9/functions/v1/agent_turn",
            {"Content-Type": "application/json"},
            "{}",
            1500,
        )
    ]


def test_what_is_rolled_back_does_not_ring(bell: World, interview: Interview) -> None:
    """The request is part of the transaction."""
    bell.all("delete from net.http_request_queue")
    events = [interview.tenant.message(interview.wa_id, "oi")]
    with pytest.raises(psycopg.errors.DivisionByZero), bell.acting("renum_worker") as session:
        session.all("select worker.ingest(%s, %s), 1 / (%s - 1)", interview.tenant.account, events, 1)
    assert bell.all(RINGS) == []
    assert bell.queued("high_priority") == 0


def test_each_kind_of_work_rings_its_function(bell: World, tenant: Tenant) -> None:
    """Starting rings deliver, a completed interview and a requested report ring report, a replay rings its own."""
    interview = tenant.interview([{"key": "nota", "text": "Nota?", "type": "number"}])
    assert _functions(bell) == ["deliver"]
    interview.answer("nota", 9)
    assert _functions(bell) == ["agent_turn", "report"]
    tenant.all("select public.request_report(%s)", interview.project)
    assert _functions(bell) == ["report"]


def test_without_an_address_nothing_rings(world: World, interview: Interview) -> None:
    """A database that does not know its functions works without a doorbell."""
    interview.say("oi")
    assert world.all(RINGS) == []
    assert world.queued("high_priority") == 1


def test_the_sweep_rings_again_for_what_is_due(bell: World, tenant: Tenant) -> None:
    """A lost ring costs latency only: each queue with something due is rung for, none without."""
    interview = tenant.interview()
    _functions(bell)
    assert bell.one("select private.sweep()") == {"rung": []}
    interview.say("9")
    _functions(bell)
    assert bell.one("select private.sweep()") == {"rung": ["agent_turn"]}
    assert _functions(bell) == ["agent_turn"]
    task = interview.claim()
    assert bell.one("select private.sweep()") == {"rung": []}, "somebody is at it"
    bell.later(31)
    assert bell.one("select private.sweep()") == {"rung": ["agent_turn"]}, "who had it died"
    (verdict,) = bell.worker("commit_turns", results=[result(task)])
    bell.later(61)
    assert "agent_turn" in bell.one("select private.sweep()")["rung"], "the reply's sender died"
    bell.complete(verdict["delivery"])
    tenant.lead()
    tenant.start(tenant.project())
    tenant.all("select public.request_report(%s)", interview.project)
    assert bell.one("select private.sweep()") == {"rung": ["deliver", "report"]}


def test_two_sweeps_do_not_meet(world: World, tenant: Tenant) -> None:
    """The second one that comes while one runs leaves at once."""
    with psycopg.connect(world.login.replace("authenticator", "postgres")) as running:
        running.execute("select private.sweep()")
        assert world.one("select private.sweep()") == {"busy": True}
    assert world.one("select private.sweep()") == {"rung": []}


def test_the_queues_are_there(reader: World) -> None:
    """The three of work and the one of dead letters, and no other."""
    names = {name for (name,) in reader.all("select queue_name from pgmq.meta")}
    assert names == {"high_priority", "default", "low_priority", "failed_tasks"}


def test_the_jobs_are_there(reader: World) -> None:
    """By the name of what they run, in this database, and setting them up again makes no second one.

    The sweep's pace is the best that pg_cron can do: the real one that Debian has knows minutes only.
    """
    (version,) = reader.row("select string_to_array(extversion, '.') from pg_extension where extname = 'pg_cron'")
    every_second = int(version[1].partition("-")[0]) >= 5
    pace = ("1 seconds", "second") if every_second else ("* * * * *", "minute")
    # The real one notes the database it works in, also in a copy of that.
    jobs = (
        "select jobname, schedule, command, active from cron.job"
        " where database in (current_database(), current_setting('cron.database_name', true)) order by jobname"
    )
    expected = [
        ("housekeeping", "17 3 * * *", "select private.housekeeping()", True),
        ("sweep", pace[0], "select private.sweep()", True),
    ]
    assert reader.all(jobs) == expected
    assert reader.one("select private.setup_sweep_cron()") == f"sweep runs every {pace[1]}"
    reader.one("select private.setup_housekeeping_cron()")
    assert reader.all(jobs) == expected


def test_housekeeping_says_what_it_did_and_keeps_what_is_young(world: World, tenant: Tenant) -> None:
    """Old raw items go; partitions that are there are not made again; what was said stays."""
    tenant.ingest(tenant.message("5521987650000", "velha"), tenant.message("5521987650000", "nova"))
    world.all(
        "update public.webhook_events set received_at = now() - interval '31 days' where payload ->> 'text' = 'velha'"
    )
    done = world.one("select private.housekeeping()")
    assert (done["webhook_events"], done["messages_partitions"], done["interview_messages_partitions"]) == (1, 0, 0)
    assert tenant.one("select count(*) from public.messages") == 2


def test_messages_lie_in_this_months_partition(world: World, tenant: Tenant) -> None:
    """By our own receive time, whatever the provider says; the default partition stays empty."""
    tenant.ingest(tenant.message("5521987650000", "oi", occurred_at="2019-01-01T00:00:00Z"))
    month = world.one("select to_char(now() at time zone 'UTC', 'YYYYMM')")
    assert world.all("select tableoid::regclass::text from public.messages") == [(f"parts.messages_{month}",)]
    assert world.one("select count(*) from parts.messages_default") == 0
