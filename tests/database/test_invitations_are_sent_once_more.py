"""public.resend_invitation: one more invitation to a lead who has not answered, within policy, never two at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.database.builders import JSON, Interview, Tenant, World, call


@pytest.fixture(autouse=True)
def uncapped(world: World) -> None:
    """A lead may be written to often, at any hour."""
    world.setting("sending_caps", {})


def resend(interview: Interview, who: str | None = None) -> JSON:
    """As the owner, or somebody else."""
    with interview.world.person(who or interview.tenant.owner) as session:
        answer: JSON = call(session, "public.resend_invitation", interview_id=interview.id)
    return answer


def invitations(interview: Interview) -> list[tuple[str, int]]:
    """Status and number of each invitation."""
    return interview.world.all(
        "select status::text, seq from public.deliveries where interview_id = %s and kind = 'invitation' order by seq",
        interview.id,
    )


def test_it_goes_out_after_the_first_and_stands_in_the_dialogue(world: World, interview: Interview) -> None:
    """Claimed and sent as any invitation, in its order; the ladder of reminders begins anew."""
    answer = resend(interview)
    assert answer["outcome"] == "queued"
    (task,) = world.claim("default")
    assert task["id"] == answer["delivery_id"]
    world.complete(task)
    assert [status for status, _ in invitations(interview)] == ["sent", "sent"]
    (first, second) = world.all(
        "select content from public.interview_messages where interview_id = %s order by seq", interview.id
    )
    assert first == second
    interview.answer("nota", 9)
    assert interview.state()[0] == "in_progress"


def test_while_one_waits_no_other_is_made(world: World, interview: Interview) -> None:
    """Called again it answers with the one that waits; once that is out, another may follow."""
    first = resend(interview)
    again = resend(interview)
    assert (again["outcome"], again["delivery_id"]) == ("waiting", first["delivery_id"])
    assert len(invitations(interview)) == 2
    world.complete(*world.claim("default"))
    assert resend(interview)["outcome"] == "queued"


@contextmanager
def unchanged(interview: Interview) -> Iterator[None]:
    """No invitation is made in the block."""
    before = invitations(interview)
    yield
    assert invitations(interview) == before


def test_there_is_nothing_to_invite_to_any_more(world: World, interview: Interview) -> None:
    """Begun, cancelled, or its project paused: said, and nothing made."""
    with unchanged(interview):
        world.all("update public.projects set status = 'paused' where id = %s", interview.project)
        assert resend(interview)["outcome"] == "none"
        world.all("update public.projects set status = 'active' where id = %s", interview.project)
    interview.answer("nota", 9)
    with unchanged(interview):
        assert resend(interview)["outcome"] == "none"


def test_policy_speaks_against_it(world: World, tenant: Tenant, interview: Interview) -> None:
    """A blocked lead and one who opted out are refused in the rule's words; outside the hours it waits."""
    with unchanged(interview):
        tenant.all("update public.leads set status = 'blocked' where id = %s", interview.lead)
        with pytest.raises(psycopg.Error, match="the lead is blocked"):
            resend(interview)
        tenant.all("update public.leads set status = 'active' where id = %s", interview.lead)
    world.setting("sending_caps", {"day": 1})
    answer = resend(interview)
    assert answer["outcome"] == "deferred"
    assert "was written to once" in answer["reason"]


def test_another_clients_interview_is_not_there(world: World, interview: Interview, other: Tenant) -> None:
    """Refused as one that nobody has; an admin may."""
    with unchanged(interview), pytest.raises(psycopg.Error, match="there is no such interview"):
        resend(interview, other.owner)
    assert resend(interview, world.admin())["outcome"] == "queued"
