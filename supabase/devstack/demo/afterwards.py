"""What the demonstration shows beside the survey itself: news that takes another way when WhatsApp does not get
through, and the reminder of the next day, for which the clock is moved."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

import psycopg

from devstack.demo import story
from devstack.demo.access import Access, Row, rows
from devstack.demo.company import Company, count, open_account
from devstack.errors import StackError
from devstack.simulator.client import SimulatorClient

if TYPE_CHECKING:
    from devstack.demo.run import Scene

SMS_NUMBER = "+551140040000"
_NEXT_DAY_S = 23 * 3600 + 60
_PATIENCE_S = 45.0
_UNDELIVERABLE = 131026
_CHANNELS = {"whatsapp": "WhatsApp", "sms": "SMS", "email": "e-mail"}


def connect_other_channels(access: Access, simulator: SimulatorClient, company: Company, tag: str) -> str:
    """The owner connects a number for text messages and a mailbox, each known on both sides. Returns the number."""
    token, secret, password = (secrets.token_urlsafe(24) for _ in range(3))
    keys = {"api_token": token, "webhook_secret": secret}
    number = f"{SMS_NUMBER}{int(tag, 16) % 100:02}"
    account = open_account(
        access, company, keys, provider="zenvia", channel="sms", name="SMS da padaria", external_id=number
    )
    simulator.register_account(
        "zenvia", number, webhook_url=f"{access.functions_url}/sms_webhook/{account}", credentials=keys
    )
    sender = f"pesquisa.{tag}@paodapraca.example"
    host, port = simulator.smtp()
    open_account(
        access,
        company,
        {"username": sender, "password": password},
        provider="smtp",
        channel="email",
        name="E-mail da padaria",
        external_id=sender,
        config={"host": host, "port": port, "security": "none", "from_name": company.name},
    )
    simulator.register_sender(sender, username=sender, password=password)
    return number


def let_news_fail(scene: Scene) -> None:
    """The first notification reaches the owner neither by WhatsApp nor by SMS."""
    phone = "55" + "".join(filter(str.isdigit, story.OWNER_PHONE))
    scene.simulator.fail_next(
        _UNDELIVERABLE, to=phone, phone_number_id=scene.number.phone_number_id, details="ordered by the demonstration"
    )
    scene.simulator.fail_next(
        "VALIDATION_ERROR", to=phone, phone_number_id=scene.sms_number, details="ordered by the demonstration"
    )


def next_day(scene: Scene) -> None:
    """Moves the clock to the next day and waits until everybody who never answered was reminded, and the owner's news
    that had been gathered went out. Then the clock is right again. Raises StackError when that does not come."""
    silent = story.expected_ends(scene.everybody)["unanswered"]
    _move_clock(scene.access, _NEXT_DAY_S)
    try:
        give_up = time.monotonic() + _PATIENCE_S
        while count(scene.owner, "reminders", status="sent") < silent or count(
            scene.owner, "notifications", status="queued"
        ):
            if time.monotonic() > give_up:
                raise StackError(f"The next day did not remind the {silent} people who never answered.")
            time.sleep(0.1)
    finally:
        _move_clock(scene.access, 0)
    scene.printer.done(f"the next day (the clock was moved): {silent} people who never answered were reminded")


def _move_clock(access: Access, seconds: int) -> None:
    with psycopg.connect(access.database_url) as database:
        database.execute(
            "update private.settings set value = to_jsonb(%s::integer) where key = 'clock_offset_s'", [seconds]
        )


def fallbacks(scene: Scene) -> list[Row]:
    """The owner's notifications that took more than one channel, with what became of each attempt."""
    found = rows(
        scene.owner.table("notifications").select("text,status,attempts,delivery_id").eq("status", "sent").execute()
    )
    return [one for one in found if len(one["attempts"]) > 1]


def show(scene: Scene) -> None:
    """The ways of one notification, a reminder, and how somebody opted out."""
    _show_fallback(scene)
    _show_reminder(scene)
    _show_opt_out(scene)


def _show_fallback(scene: Scene) -> None:
    for one in fallbacks(scene)[:1]:
        scene.printer.heading("News that WhatsApp did not get through, as it reached the owner")
        scene.printer.console.print(f"“{one['text']}”", markup=False)
        scene.printer.table(
            [
                {
                    "channel": _CHANNELS[attempt["channel"]],
                    "what became of it": attempt.get("reason") or "sent",
                }
                for attempt in one["attempts"]
            ],
            "none",
        )


def _show_reminder(scene: Scene) -> None:
    found = rows(
        scene.owner.table("reminders")
        .select("due_at,interviews!inner(leads!inner(name)),deliveries!inner(content,status)")
        .eq("status", "sent")
        .limit(1)
        .execute()
    )
    for one in found:
        scene.printer.heading(f"The next day's reminder, to {one['interviews']['leads']['name']}")
        scene.printer.console.print(one["deliveries"]["content"]["text"], markup=False)


def _show_opt_out(scene: Scene) -> None:
    found = rows(
        scene.owner.table("consents")
        .select("evidence,created_at,leads!inner(name,opted_out_at)")
        .eq("granted", False)
        .order("created_at")
        .limit(1)
        .execute()
    )
    for one in found:
        scene.printer.heading(f"{one['leads']['name']} opted out")
        goodbye = rows(
            scene.owner.table("deliveries")
            .select("content,status")
            .eq("kind", "goodbye")
            .order("created_at")
            .limit(1)
            .execute()
        )
        scene.printer.pairs(
            {
                "said": one["evidence"].get("text", ""),
                "answer, the last one ever": goodbye[0]["content"]["text"] if goodbye else "",
                "ledger": f"consent withdrawn at {one['leads']['opted_out_at']}",
            }
        )
