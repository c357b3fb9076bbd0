"""Whatever happens while a ladder is climbed, in any order: nothing twice, nothing after an answer, an end to all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.database.builders import JSON, World
from tests.database.clock import now, set_clock, wednesday

STEPS: list[JSON] = [
    {"after": "next_morning"},
    {"after": {"days": 1}, "channel": "sms"},
    {"after": {"days": 2}, "channel": "email"},
    {"after": {"hours": 30}},
]
FAILED = {"code": "131026", "message": "Undeliverable", "retryable": False, "scope": "recipient"}
# Hours that pass; what the provider says of everything claimed; what people do meanwhile.
EVENTS = st.lists(
    st.one_of(
        st.integers(1, 40),
        st.sampled_from(["sent", "failed", "unknown", "late failure", "pause", "resume", "stop account", "answer"]),
    ),
    min_size=4,
    max_size=16,
)


class Ladder:
    """One lead's invitation and what becomes of it, event by event."""

    def __init__(self, world: World) -> None:
        self.world = world
        set_clock(world, wednesday(14))
        self.tenant = tenant = world.tenant()
        tenant.all(
            "insert into public.message_templates (name, body, parameters, status, purpose) values"
            " ('lembrete', 'Oi {{1}}?', array['lead.first_name'], 'approved', 'reminder')"
        )
        tenant.all("update public.channel_accounts set display_phone = '+55 11 4000-1234'")
        for channel, provider, address in (("sms", "twilio", "+15005550006"), ("email", "smtp", "oi@padaria.com.br")):
            tenant.all(
                "insert into public.channel_accounts (channel, provider, name, external_id) values (%s, %s, 'x', %s)",
                channel,
                provider,
                address,
            )
        self.phone = world.one("select '5511' || (961000000 + count(*)) from public.leads")
        lead = tenant.lead("+" + self.phone, email="ana@exemplo.com.br")
        tenant.start(project := tenant.project(audience={"lead_ids": [lead]}, reminders=STEPS))
        self.project, self.answered = project, False
        self.interview = world.one("select id from public.interviews where project_id = %s", project)
        self.claimed: dict[str, JSON] = {}

    def happen(self, event: Any) -> None:
        """One event, then the sweep, then a claim of what is due."""
        if isinstance(event, int):
            set_clock(self.world, now(self.world) + timedelta(hours=event))
            # Queues go by the clock itself: what hides in them for seconds shows after hours.
            self.world.all("update pgmq.q_default set vt = clock_timestamp()")
        elif event in ("sent", "failed", "unknown"):
            error = {} if event == "sent" else {"error": FAILED}
            self.world.complete(*self.claimed.values(), outcome=event, **error)
            self.claimed = {}
        elif event == "late failure":
            self._fail_afterwards()
        elif event in ("pause", "resume"):
            status = "paused" if event == "pause" else "active"
            self.tenant.all("update public.projects set status = %s where id = %s", status, self.project)
        elif event == "stop account":
            self.tenant.all("update public.channel_accounts set status = 'paused' where channel = 'sms'")
        else:
            self.tenant.ingest(self.tenant.message(self.phone, "sim"))
            self.answered = self.world.one(
                "select status <> 'cancelled' from public.interviews where id = %s", self.interview
            )
        self.world.one("select private.sweep()")
        for task in self.world.claim("default"):
            assert task["id"] not in self.claimed or task["claim"] != self.claimed[task["id"]]["claim"]
            if task["work"]["kind"] != "notification":
                self._check_claim(task)
            self.claimed[task["id"]] = task

    def _fail_afterwards(self) -> None:
        for delivery, account in self.world.all(
            "select id, channel_account_id from public.deliveries where interview_id = %s and status = 'sent'",
            self.interview,
        ):
            number = self.world.one("select external_id from public.channel_accounts where id = %s", account)
            failed = {**self.tenant.status("failed", reference=delivery, error=FAILED), "number": number}
            self.tenant.ingest(failed, account=account)

    def _check_claim(self, task: JSON) -> None:
        repeated = self.world.one("select attempts > 1 from public.deliveries where id = %s", task["id"])
        assert repeated or not self.answered, "nothing is begun for whoever has answered"

    def check(self) -> None:
        """What holds after every event."""
        world, interview = self.world, self.interview
        assert (
            world.all(
                "select r.step from public.reminders as r join public.deliveries as d on d.id = r.delivery_id"
                " where r.interview_id = %s group by r.step having count(*) > 1",
                interview,
            )
            == []
        )
        made, told = world.row(
            "select (select count(*) from public.deliveries where interview_id = %(i)s and kind = 'reminder'),"
            " (select count(*) from public.reminders where interview_id = %(i)s and delivery_id is not null)".replace(
                "%(i)s", f"'{interview}'"
            )
        )
        assert made == told <= len(STEPS), "each delivery is one step's"
        if self.answered:
            assert (
                world.one(
                    "select count(*) from public.deliveries where interview_id = %s and kind <> 'reply'"
                    " and status in ('queued', 'deferred') and attempts = 0",
                    interview,
                )
                == 0
            ), "nothing waits before the reply"
            assert (
                world.one(
                    "select count(*) from public.reminders where interview_id = %s and step > 0 and status = 'waiting'"
                    " and delivery_id is null",
                    interview,
                )
                == 0
            )

    def end(self) -> None:
        """The project goes on and everything due is sent: then whoever never answered is not waited for any more."""
        self.happen("resume")
        for _ in range(12):
            self.happen("sent")
            self.happen(36)
            self.check()
        self.happen("sent")
        status, reason = self.world.row(
            "select status::text, end_reason::text from public.interviews where id = %s", self.interview
        )
        if self.answered:
            assert reason in (None, "expired")
        else:
            assert (status, reason) in (("cancelled", "expired"), ("cancelled", "cancelled"))
            assert self.world.one("select count(*) from private.threads where interview_id = %s", self.interview) == 0


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS)
def test_nothing_twice_nothing_after_an_answer_and_an_end(world: World, events: list[Any]) -> None:
    """Time, results, pauses, stopped accounts and an answer, in any order."""
    ladder = Ladder(world)
    ladder.check()
    for event in events:
        ladder.happen(event)
        ladder.check()
    ladder.end()
