"""What `renum chaos` counts, from real rows: an interview that went well, and the same after each kind of damage."""

from __future__ import annotations

from pathlib import Path

import pytest

from devstack.chaos import evidence
from devstack.chaos.leads import BEGIN, CHATTER, TELLING
from devstack.chaos.tally import Accepted, Spoken, Tally, count
from tests.database.builders import Interview, World, result


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A server's log without anything of note."""
    file = tmp_path / "postgres.log"
    file.write_text("2026-01-01 00:00:00.000 UTC [1] LOG:  database system is ready to accept connections\n")
    return file


class Run:
    """Two bursts, each answered: what a chaos run has at its end."""

    def __init__(self, interview: Interview, log: Path) -> None:
        self.interview = interview
        self.world = interview.world
        self.log = log
        self.url = self.world.connection.info.dsn
        self.wamids: list[str] = []
        for texts in (("Pode perguntar", "oi"), ("8",)):
            self.say(*texts)
            verdict = interview.commit(interview.claim())
            self.world.complete(verdict["delivery"])
        self.accepted = [
            Accepted(place, delivery)
            for place, (delivery,) in enumerate(
                self.world.all("select id from public.deliveries where kind = 'reply' order by seq"), start=1
            )
        ]

    def say(self, *texts: str) -> None:
        """The lead writes, and it is remembered."""
        tenant = self.interview.tenant
        messages = [tenant.message(self.interview.wa_id, text) for text in texts]
        self.wamids += [message["provider_id"] for message in messages]
        tenant.ingest(*messages)

    def tally(self) -> Tally:
        """The count."""
        times = ((float(place), place + 0.5) for place in range(len(self.wamids)))
        spoken = [Spoken(wamid, self.interview.wa_id, *time) for wamid, time in zip(self.wamids, times, strict=True)]
        client = self.interview.tenant.id
        return count(evidence.gather(self.url, client, self.log, spoken=spoken, accepted=self.accepted))


@pytest.fixture
def run(interview: Interview, log: Path) -> Run:
    """An interview of three messages, two turns and two replies."""
    return Run(interview, log)


def test_an_interview_that_went_well_is_all_answered(run: Run) -> None:
    """And nothing is left to do."""
    tally = run.tally()
    assert (tally.inbound, tally.answered, tally.findings) == (3, 3, [])
    work = evidence.work(run.url, run.interview.tenant.id)
    assert work is not None
    assert work.none


def test_what_is_still_to_be_done_is_seen(run: Run) -> None:
    """A turn and its task; then its reply that nobody has sent yet."""
    run.say("tudo bem")
    assert evidence.work(run.url, run.interview.tenant.id) == evidence.Work(turns=1, deliveries=0, tasks=1)
    run.interview.commit(run.interview.claim())
    assert evidence.work(run.url, run.interview.tenant.id) == evidence.Work(turns=0, deliveries=1, tasks=1)
    assert run.tally().lost == 1


def test_a_database_that_is_away_is_not_quiet() -> None:
    """Nobody can say that nothing is to be done."""
    assert evidence.work("postgresql://postgres@127.0.0.1:1/postgres", "00000000-0000-0000-0000-000000000000") is None


@pytest.mark.parametrize(
    ("damage", "figure", "number"),
    [
        ("delete from public.interview_messages where content = 'oi'", "lost", 1),
        ("delete from public.turns where from_seq = (select min(from_seq) from public.turns)", "lost", 2),
        ("update public.deliveries set message_id = null", "lost", 3),
        (
            "insert into public.turns"
            " (id, client_id, thread_id, status, from_seq, to_seq, attempt, started_at, finished_at)"
            " select gen_random_uuid(), client_id, thread_id, status, from_seq, to_seq, 1,"
            " started_at + interval '1 day', finished_at + interval '1 day' from public.turns",
            "duplicated",
            3,
        ),
        (
            "insert into public.interview_messages (interview_id, role, content, metadata, client_id, seq)"
            " select interview_id, role, content, metadata, client_id, 100 + seq"
            " from public.interview_messages where role = 'user'",
            "duplicated",
            3,
        ),
        ("update public.deliveries set seq = 100 - seq where kind = 'reply'", "reordered", 1),
        ("update public.interview_messages set seq = 1 where content = '8'", "reordered", 1),
        ("update public.turns set started_at = started_at - interval '1 day'", "overlapping_leases", 1),
    ],
)
def test_damage_to_the_rows_is_counted(run: Run, damage: str, figure: str, number: int) -> None:
    """One statement, one figure."""
    run.world.all(damage)
    assert getattr(run.tally(), figure) == number


def test_deadlocks_are_those_in_the_servers_log(run: Run) -> None:
    """The callers have repeated what they did; only the server still knows."""
    with run.log.open("a") as log:
        log.write("2026-01-01 00:00:01.000 UTC [2] authenticator@postgres ERROR:  deadlock detected\n" * 2)
    assert run.tally().deadlocks == 2


def test_what_is_in_the_dead_letters_is_failed_not_lost(run: Run) -> None:
    """A turn that failed for good, and, of another message, the reply."""
    run.say("oi de novo")
    verdict = run.interview.commit(run.interview.claim())
    error = {"code": "131047", "message": "Re-engagement message", "retryable": False}
    run.world.complete(verdict["delivery"], outcome="failed", error=error)
    run.say("ainda aí?")
    task = run.interview.claim()
    run.world.worker(
        "fail_task", task="agent_turn", id=task["id"], claim=task["claim"], error={"code": "x"}, retryable=False
    )
    tally = run.tally()
    assert (tally.inbound, tally.answered, tally.failed, tally.findings) == (5, 3, 2, [])


def test_a_lease_that_ran_out_ends_where_the_next_may_begin(run: Run) -> None:
    """The instance died; the next one's lease begins after the end of the first, and the late-comer writes nothing."""
    run.say("tudo bem?")
    first = run.interview.claim()
    run.interview.lapse()
    second = run.interview.claim()
    assert run.world.worker("commit_turns", results=[result(first)])[0]["verdict"] == "stale"
    verdict = run.interview.commit(second)
    run.accepted.append(Accepted(3, verdict["delivery"]["id"]))
    tally = run.tally()
    assert (tally.answered, tally.findings) == (4, [])
    assert run.world.one("select count(*) from public.turns where status = 'crashed'") == 1


def test_no_line_is_an_opt_out(reader: World) -> None:
    """A lead of a chaos run who says stop would write on to nobody."""
    for line in (BEGIN, *TELLING, *CHATTER):
        assert reader.one("select private.is_opt_out(%s)", line) is False, line
