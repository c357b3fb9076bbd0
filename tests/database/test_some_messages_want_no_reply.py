"""What arrives without asking for anything is stored and not answered."""

from __future__ import annotations

import pytest

from tests.database.builders import Interview


@pytest.mark.parametrize("kind", ["system", "revoke", "reaction"])
def test_a_message_that_says_nothing_queues_no_turn(interview: Interview, kind: str) -> None:
    """A change of number, a message taken back, a reaction removed: kept, and the next reply comes after it."""
    interview.turn("oi")
    said = interview.tenant.message(interview.wa_id, "")
    said["message"] = {"type": kind, "text": "", "payload": {}, "reply_to": None}
    assert interview.tenant.ingest(said)["messages"] == 1
    assert interview.world.claim("high_priority") == []
    interview.say("9")
    task = interview.claim()
    assert [item["content"] for item in task["work"]["input"]] == ["", "9"]
    assert interview.commit(task)["verdict"] == "committed"
    seqs = [
        seq
        for (seq,) in interview.world.all(
            "select seq from public.interview_messages where interview_id = %s order by seq", interview.id
        )
    ]
    assert len(seqs) == len(set(seqs)) == 6


def test_a_reaction_with_an_emoji_is_an_answer(interview: Interview) -> None:
    """A thumbs-up is a word to reply to."""
    said = interview.tenant.message(interview.wa_id, "👍")
    said["message"]["type"] = "reaction"
    interview.tenant.ingest(said)
    assert interview.claim()["work"]["input"][0]["content"] == "👍"
