"""Edits and revocations: what no turn has handled is changed in place, what was handled is only marked."""

from __future__ import annotations

from tests.database.builders import JSON, Interview, Tenant


def amend(interview: Interview, kind: str, original: JSON, text: str = "") -> JSON:
    """The item by which the lead edits a message or takes it back."""
    item = interview.tenant.message(interview.wa_id, text)
    item["message"] = {
        "type": kind,
        "text": text,
        "payload": {"original_message_id": original["provider_id"]},
        "reply_to": None,
        "amends": original["provider_id"],
    }
    return item


def say(interview: Interview, text: str) -> JSON:
    """The lead writes; the item, to be amended later."""
    item = interview.tenant.message(interview.wa_id, text)
    interview.tenant.ingest(item)
    return item


def read(task: JSON) -> list[tuple[str, str]]:
    """What a turn reads: type and text of each message."""
    return [(item["type"], item["content"]) for item in task["work"]["input"]]


def test_an_edit_changes_what_the_turn_reads(interview: Interview) -> None:
    """The message says what it says now, once; what it said before is kept with it."""
    said = say(interview, "8")
    interview.tenant.ingest(amend(interview, "edit", said, "9"))
    assert read(interview.claim()) == [("text", "9"), ("edit", "")]
    rows = interview.tenant.all(
        "select content, metadata from public.interview_messages where role = 'user' order by seq"
    )
    assert rows[0][1]["original"] == {"type": "text", "content": "8"}
    assert rows[0][1]["amended_by"] == rows[1][1]["provider_id"]


def test_a_message_edited_twice_keeps_what_it_said_first(interview: Interview) -> None:
    """And a message edited in the very webhook it came with is one message."""
    said = interview.tenant.message(interview.wa_id, "8")
    interview.tenant.ingest(said, amend(interview, "edit", said, "9"), amend(interview, "edit", said, "10"))
    assert read(interview.claim()) == [("text", "10"), ("edit", ""), ("edit", "")]
    original = interview.tenant.one(
        "select metadata -> 'original' ->> 'content' from public.interview_messages where content = '10'"
    )
    assert original == "8"


def test_a_turn_that_has_read_the_message_already_is_run_again(interview: Interview) -> None:
    """The commit notices the edit as it notices any newer input."""
    said = say(interview, "8")
    task = interview.claim()
    interview.tenant.ingest(amend(interview, "edit", said, "9"))
    verdict = interview.commit(task, answers=[{"key": "nota", "value": 8, "quote": "8", "seq": 2}])
    assert verdict["verdict"] == "superseded"
    assert read(verdict["task"]) == [("text", "9"), ("edit", "")]
    assert interview.commit(verdict["task"])["verdict"] == "committed"


def test_a_message_taken_back_is_not_answered(interview: Interview) -> None:
    """Nothing is left to answer: the turn is dropped, and an instance that had begun it writes nothing."""
    said = say(interview, "mandei no grupo errado")
    task = interview.claim()
    interview.tenant.ingest(amend(interview, "revoke", said))
    assert interview.commit(task)["verdict"] == "stale"
    assert interview.world.queued("high_priority") == 0
    content, metadata = interview.tenant.all(
        "select content, metadata from public.interview_messages where role = 'user' order by seq"
    )[0]
    assert (content, metadata["type"]) == ("", "revoke")
    assert metadata["original"] == {"type": "text", "content": "mandei no grupo errado"}
    assert "nota" in interview.turn("oi"), "the next message is answered as ever"


def test_what_was_said_beside_it_is_still_answered(interview: Interview) -> None:
    """Only the one message is blank."""
    first, _ = say(interview, "8"), say(interview, "gostei")
    interview.tenant.ingest(amend(interview, "revoke", first))
    assert read(interview.claim()) == [("revoke", ""), ("text", "gostei"), ("revoke", "")]


def test_what_was_answered_already_stays(interview: Interview) -> None:
    """Neither an edit nor a revocation changes it or asks for a reply; it is marked, and the next turn sees the
    edit."""
    said = interview.tenant.message(interview.wa_id, "8")
    interview.tenant.ingest(said)
    verdict = interview.commit(interview.claim())
    interview.world.complete(verdict["delivery"])
    interview.tenant.ingest(amend(interview, "edit", said, "9"))
    assert interview.world.claim("high_priority") == []
    interview.tenant.ingest(revoked := amend(interview, "revoke", said))
    assert interview.world.claim("high_priority") == []
    content, metadata = interview.tenant.all(
        "select content, metadata from public.interview_messages where role = 'user' order by seq"
    )[0]
    assert (content, metadata["type"], metadata["amended_by"]) == ("8", "text", revoked["provider_id"])
    say(interview, "porque sim")
    assert read(interview.claim()) == [("edit", "9"), ("revoke", ""), ("text", "porque sim")]


def test_an_edit_of_a_message_that_never_came_is_that_message(interview: Interview) -> None:
    """Providers lose and reorder: what it says now is all there is, and it is answered."""
    never = interview.tenant.message(interview.wa_id, "8")
    interview.tenant.ingest(amend(interview, "edit", never, "9"))
    assert read(interview.claim()) == [("text", "9")]


def test_an_edit_into_an_opt_out_is_an_opt_out(interview: Interview) -> None:
    """However it was said, and whenever: it is confirmed once."""
    said = interview.tenant.message(interview.wa_id, "8")
    interview.tenant.ingest(said)
    interview.world.complete(interview.commit(interview.claim())["delivery"])
    interview.tenant.ingest(amend(interview, "edit", said, "SAIR"))
    assert interview.tenant.one("select opted_out_at is not null from public.leads")
    assert interview.claim()["work"]["lead"]["opted_out"] is True


def test_nobody_amends_what_somebody_else_said(tenant: Tenant) -> None:
    """The id of another lead's message names nothing of one's own."""
    one, two = tenant.interview(), tenant.interview()
    said = say(one, "8")
    tenant.ingest(amend(two, "revoke", said), amend(two, "edit", said, "0"))
    tasks = {task["id"]: read(task) for task in tenant.world.claim("high_priority")}
    assert tasks == {one.thread: [("text", "8")], two.thread: [("revoke", ""), ("text", "0")]}


def test_a_conversations_message_is_marked(tenant: Tenant) -> None:
    """Where people read along, both versions stay."""
    said = tenant.message("5521987650000", "oi")
    edit = tenant.message("5521987650000", "olá")
    edit["message"] = {**edit["message"], "type": "edit", "amends": said["provider_id"]}
    tenant.ingest(said)
    tenant.ingest(edit)
    rows = tenant.all("select content, metadata ->> 'amended_by' from public.messages order by seq")
    assert rows == [("oi", edit["provider_id"]), ("olá", None)]
