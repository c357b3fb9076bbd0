"""What a lead may rely on, with everything real: one answer per burst, an answer in the end, never two."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.stack import Stack, until
from tests.system.instances import instances
from tests.system.survey import QUESTIONS, Lead, Survey, text_message

TURNS = (
    "select t.status::text, t.attempt, t.from_seq, t.to_seq, extract(epoch from t.started_at)::float as began,"
    " extract(epoch from t.finished_at)::float as ended from public.turns as t"
    " join private.threads as x on x.id = t.thread_id where x.lead_id = %s order by t.started_at"
)


def _thread(lead: Lead) -> str:
    return str(lead.stack.value("select id from private.threads where lead_id = %s", lead.id))


def test_ten_messages_at_once_get_one_merged_reply(stack: Stack, bakery: Survey) -> None:
    """Ten webhooks at the same moment, each delivered twice: ten rows, one turn over all of them, one reply."""
    (lead,) = bakery.invited(1)
    lead.ask("oi, pode sim")
    texts = ["minha nota é 8"] + [
        f"detalhe {word}" for word in ["um", "outro", "mais", "esse", "aquele", "tal", "qual", "certo", "algum"]
    ]
    bodies = [bakery.envelope(text_message(lead.phone, text)) for text in texts]
    with stack.setting("debounce_ms", 800), ThreadPoolExecutor(20) as pool:
        statuses = [answer.status_code for answer in pool.map(bakery.post, bodies + bodies)]
        assert statuses == [200] * 20
        assert lead.hear().endswith(QUESTIONS[1]["text"])
    assert lead.replies() == []
    said = lead.said()[1:]
    assert sorted(message["content"] for message in said) == sorted(texts)
    first, last = said[0]["seq"], said[-1]["seq"]
    assert [message["seq"] for message in said] == list(range(first, last + 1))
    turns = stack.rows(TURNS, lead.id)
    assert [(turn["status"], turn["to_seq"]) for turn in turns[1:]] == [("committed", last)]
    assert lead.answers()["nota"] == 8


@contextmanager
def broken_for(stack: Stack, lead: Lead) -> Iterator[None]:
    """For the block, the database cannot store a reply in this lead's interview, whoever tries."""
    interview = lead.interview()["id"]
    stack.rows(
        "create or replace function private.break_one() returns trigger language plpgsql set search_path = '' as $$"
        f" begin if new.interview_id = '{interview}' and new.role = 'assistant'"
        " then raise exception 'poisoned'; end if; return new; end $$"
    )
    stack.rows(
        "create trigger _000_break_one before insert on public.interview_messages"
        " for each row execute function private.break_one()"
    )
    try:
        yield
    finally:
        stack.rows("drop trigger _000_break_one on public.interview_messages")
        stack.rows("drop function private.break_one()")


def test_a_poisoned_turn_is_tried_after_1_5_and_25_seconds_and_answered_when_replayed(
    stack: Stack, bakery: Survey
) -> None:
    """Four attempts, by their rows; then a dead letter and rest, the others' leads untouched; a replay answers it."""
    lead, neighbour = bakery.invited(2)
    lead.ask("oi, pode sim")
    with broken_for(stack, lead):
        lead.say("9")
        assert QUESTIONS[0]["text"] in neighbour.ask("oi, pode sim")
        letter = until(
            lambda: stack.rows("select * from public.failed_tasks where task_row_id = %s", _thread(lead)), 60, "the end"
        )[0]
        time.sleep(1.5)
        assert lead.replies() == [], "nothing tries any more"
    first, *failed = stack.rows(TURNS, lead.id)
    assert first["status"] == "committed"
    assert [(turn["status"], turn["attempt"]) for turn in failed] == [("failed", n) for n in (1, 2, 3, 4)]
    gaps = [later["began"] - sooner["ended"] for sooner, later in itertools.pairwise(failed)]
    for gap, wait in zip(gaps, (1, 5, 25), strict=True):
        assert wait - 0.05 <= gap < wait + 2, f"attempts came after {gaps} s"
    assert (letter["attempts"], letter["status"], letter["error"]["message"]) == (4, "dead", "poisoned")

    bakery.owner.rpc("replay_failed_task", {"failed_task_id": letter["id"]}).execute()
    assert lead.hear().endswith(QUESTIONS[1]["text"])
    assert lead.replies() == []
    assert stack.value("select status::text from public.failed_tasks where id = %s", letter["id"]) == "resolved"
    assert lead.answers()["nota"] == 9


def test_a_slow_model_keeps_its_lease(stack: Stack, bakery: Survey, tmp_path: Path) -> None:
    """A model that takes longer than a claim lasts: the claim is extended, another instance finds nothing to do."""
    (lead,) = bakery.invited(1)
    bakery.settled(lead)
    with instances(stack, tmp_path, 2, RENUM_VISIBILITY_S="5", RENUM_MODEL_DELAY_MS="8000") as (one, two):
        lead.say("oi, pode sim")
        one.ring()
        for _ in range(14):
            time.sleep(0.5)
            two.ring()
        assert QUESTIONS[0]["text"] in lead.hear()
        assert lead.replies() == []
    (turn,) = stack.rows(TURNS, lead.id)
    assert (turn["status"], turn["attempt"]) == ("committed", 1)
    assert turn["ended"] - turn["began"] > 7


def test_an_instance_that_comes_back_too_late_writes_nothing(stack: Stack, bakery: Survey, tmp_path: Path) -> None:
    """It stood still in the middle of its turn; another one took over and answered; its own answer is dropped."""
    (lead,) = bakery.invited(1)
    bakery.settled(lead)
    with instances(stack, tmp_path, 2, RENUM_VISIBILITY_S="5", RENUM_MODEL_DELAY_MS="1500") as (one, two):
        lead.say("oi, pode sim")
        one.ring()
        until(lambda: stack.rows("select 1 from private.threads where lead_id = %s and lease is not null", lead.id))
        one.pause()

        def answered() -> bool:
            two.ring()
            return bool(stack.rows("select 1 from public.turns where thread_id = %s and status = 'committed'", thread))

        thread = _thread(lead)
        until(answered, 30, "the other instance's answer")
        assert QUESTIONS[0]["text"] in lead.hear()
        one.resume()
        log = tmp_path / "instance0.log"
        until(lambda: "drain.ended" in log.read_text(), 20, "the end of the late one's drain")
        assert lead.replies() == []
    turns = stack.rows(TURNS, lead.id)
    assert [(turn["status"], turn["attempt"]) for turn in turns] == [("crashed", 1), ("committed", 2)]
    assert turns[0]["ended"] <= turns[1]["began"], "never two live leases"
