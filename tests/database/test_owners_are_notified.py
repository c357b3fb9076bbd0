"""A completed interview: each owner is told once, by template, or the row says why not."""

from __future__ import annotations

import pytest

from tests.database.builders import JSON, Interview, Tenant

ROWS = "select profile_id, status::text, reason from public.notifications order by created_at, id"
ONE: list[JSON] = [{"key": "nota", "text": "Nota?", "type": "number"}]


def _complete(tenant: Tenant) -> Interview:
    interview = tenant.interview(ONE)
    interview.answer("nota", 9)
    assert interview.state() == ("completed", "completed")
    return interview


def test_the_owner_is_told_once(tenant: Tenant) -> None:
    """By the template for notifications, in a conversation of its own, logged in messages; the row follows the send."""
    world = tenant.world
    interview = _complete(tenant)
    assert tenant.all(ROWS) == [(tenant.owner, "queued", None)]
    world.one("select private.sweep()")
    world.one("select private.sweep()")
    (task,) = world.claim("default")
    text = 'Ana Lima concluiu a pesquisa "Satisfação".'
    assert task["work"]["kind"] == "notification"
    assert task["work"]["content"]["parameters"] == [text]
    assert task["work"]["to"] == {
        "phone": "+5511988880000",
        "wa_id": None,
        "bsuid": None,
        "email": task["work"]["to"]["email"],
    }
    assert tenant.all(
        "select c.profile_id, m.content, m.role::text from public.messages as m join public.conversations as c "
        "on c.id = m.conversation_id"
    ) == [(tenant.owner, text, "assistant")]
    assert tenant.all(ROWS) == [(tenant.owner, "queued", None)]
    world.complete(task)
    assert tenant.all(ROWS) == [(tenant.owner, "sent", None)]
    assert tenant.one("select interview_id from public.notifications") == interview.id
    _complete(tenant)
    world.one("select private.sweep()")
    assert tenant.one("select count(*) from public.conversations where profile_id is not null") == 1


def test_owners_are_told_and_staff_are_not(tenant: Tenant) -> None:
    """Every active owner; not who was only invited, not who was removed."""
    world = tenant.world
    second = world.user("socio@exemplo.com.br")
    world.user("equipe@exemplo.com.br")
    gone = world.user("saiu@exemplo.com.br")
    for email, role in (("socio", "owner"), ("equipe", "staff"), ("saiu", "owner"), ("ninguem", "owner")):
        tenant.all("select public.invite_member(%s, %s, %s)", tenant.id, f"{email}@exemplo.com.br", role)
    tenant.all("select public.remove_member(id) from public.client_members where profile_id = %s", gone)
    _complete(tenant)
    assert {row[0] for row in tenant.all(ROWS)} == {tenant.owner, second}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("update public.profiles set phone = null", "the person has no phone number"),
        (
            "update public.message_templates set status = 'rejected' where purpose = 'notification'",
            "the client has no approved template for notifications",
        ),
        ("update public.channel_accounts set status = 'paused'", "the client has no active WhatsApp account"),
    ],
)
def test_who_cannot_be_reached_is_skipped_with_the_reason(tenant: Tenant, change: str, reason: str) -> None:
    """The row says why, and nothing is tried for ever."""
    _complete(tenant)
    tenant.world.all(change)
    tenant.world.one("select private.sweep()")
    assert tenant.all(ROWS) == [(tenant.owner, "skipped", reason)]
    assert tenant.world.claim("default") == []


def test_a_notification_that_could_not_be_sent_says_why(tenant: Tenant) -> None:
    """The provider's reason is the row's."""
    world = tenant.world
    _complete(tenant)
    world.one("select private.sweep()")
    (task,) = world.claim("default")
    world.complete(task, outcome="failed", error={"code": "131026", "message": "Undeliverable", "retryable": False})
    assert tenant.all(ROWS) == [(tenant.owner, "failed", "Undeliverable")]


def test_many_notifications_are_queued_as_far_as_the_share_goes(tenant: Tenant) -> None:
    """What the engine makes at once waits in its rows like everything else, and all of it is sent in the end."""
    world = tenant.world
    for _ in range(5):
        _complete(tenant)
    world.setting("admitted_tasks", 2)
    sent = 0
    for _ in range(3):
        world.one("select private.sweep()")
        assert world.queued("default") <= 2
        tasks = world.claim("default")
        world.complete(*tasks)
        sent += len(tasks)
    assert sent == 5


def test_only_a_completed_interview_is_told_of(tenant: Tenant) -> None:
    """Not a cancelled one, not an opt-out."""
    one, two = tenant.interview(ONE), tenant.interview(ONE)
    one.turn("SAIR")
    tenant.all("update public.interviews set status = 'cancelled' where id = %s", two.id)
    assert tenant.all(ROWS) == []


def test_who_was_told_can_still_leave(tenant: Tenant) -> None:
    """Deleting a person's account takes along what was sent to that person; the interview it was about stays."""
    interview = _complete(tenant)
    tenant.world.one("select private.sweep()")
    tenant.world.complete(*tenant.world.claim("default"))
    tenant.world.touched("delete from auth.users where id = %s", tenant.owner)
    assert tenant.all(ROWS) == []
    assert tenant.world.one("select count(*) from public.messages") == 0
    assert interview.state() == ("completed", "completed")
