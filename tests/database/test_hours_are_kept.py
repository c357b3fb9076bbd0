"""When a business may begin: hours and holidays by the lead's own clock, own closed dates, how often."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devstack.demo.company import ALL_HOURS, DAYS
from devstack.paths import CHECKOUT
from tests.database.builders import JSON, Interview, Tenant, World

BUSINESS: JSON = {day: ["08:00", "20:00"] for day in DAYS[:5]} | {"saturday": ["09:00", "14:00"]}
OUTSIDE = "it is outside the hours at which the lead may be written to"
STATE = "select status::text, reason, due_at from public.deliveries where kind = 'invitation'"
NEXT = "select private.next_open(jsonb_populate_record(null::public.sending_rules, %s), %s, %s)"
# A Monday to a Friday without a holiday, and the holidays of a year as a calendar has them.
MONDAY = date(2027, 3, 1)
HOLIDAYS_2027 = {
    date(2027, 1, 1),
    date(2027, 2, 8),
    date(2027, 2, 9),
    date(2027, 3, 26),
    date(2027, 4, 21),
    date(2027, 5, 1),
    date(2027, 5, 27),
    date(2027, 9, 7),
    date(2027, 10, 12),
    date(2027, 11, 2),
    date(2027, 11, 15),
    date(2027, 11, 20),
    date(2027, 12, 25),
}


def at(world: World, day: date, clock: str, zone: str = "America/Sao_Paulo") -> datetime:
    """Moves the clock to this time of this day, somewhere."""
    moment = datetime.combine(day, datetime.strptime(clock, "%H:%M").time(), ZoneInfo(zone))  # noqa: DTZ007
    offset = world.one("select extract(epoch from %s - clock_timestamp())::integer", moment)
    world.setting("clock_offset_s", offset)
    return moment


def keep_hours(tenant: Tenant, hours: JSON = BUSINESS, **more: Any) -> None:
    """The owner writes the client's rules."""
    columns = {"hours": hours, **more}
    tenant.all(
        f"insert into public.sending_rules ({', '.join(columns)}) values ({', '.join(['%s'] * len(columns))})",
        *columns.values(),
    )


def to_leads(world: World) -> list[JSON]:
    """Everything under way to leads, claimed; what staff are told is none of it."""
    tasks = world.claim("high_priority", "default")
    return [task for task in tasks if (task["work"] or {}).get("kind") != "notification"]


def invite(tenant: Tenant, **lead: Any) -> tuple[str, str | None, datetime]:
    """A lead and a project for it alone, started now; what became of the invitation."""
    tenant.start(tenant.project(audience={"lead_ids": [tenant.lead(**lead)]}))
    (row,) = tenant.all(STATE)
    return row[0], row[1], row[2]


def test_the_hours_without_rules_of_its_own_are_those_of_business(reader: World) -> None:
    """As the source sets them, before the tests' template opens every hour."""
    source = (CHECKOUT / "sql/20_tables/05_settings.sql").read_text(encoding="utf-8")
    assert json.loads(source.split("('sending_hours', '")[1].split("', '")[0]) == BUSINESS
    assert reader.one("select private.hours_problem(%s)", BUSINESS) is None


@pytest.mark.parametrize("own", [True, False])
def test_an_invitation_at_night_waits_for_morning(tenant: Tenant, own: bool) -> None:
    """By the client's own rules, and by the setting of a client that has none. At eight it goes."""
    world = tenant.world
    if own:
        keep_hours(tenant)
    else:
        world.setting("sending_hours", BUSINESS)
    at(world, MONDAY, "23:00")
    status, reason, due = invite(tenant)
    morning = datetime(2027, 3, 2, 8, tzinfo=ZoneInfo("America/Sao_Paulo"))
    assert (status, reason, due) == ("deferred", OUTSIDE, morning)
    world.one("select private.sweep()")
    assert world.claim("default") == []
    at(world, MONDAY + timedelta(days=1), "07:58")
    world.one("select private.sweep()")
    assert world.claim("default") == []
    at(world, MONDAY + timedelta(days=1), "08:01")
    world.one("select private.sweep()")
    (task,) = world.claim("default")
    assert world.complete(task)[0]["status"] == "sent"


def test_what_was_let_go_by_day_is_looked_at_again_when_it_is_claimed(tenant: Tenant) -> None:
    """Queued in the evening, claimed at night: it goes back and waits for morning."""
    world = tenant.world
    keep_hours(tenant)
    at(world, MONDAY, "19:59")
    assert invite(tenant)[0] == "queued"
    at(world, MONDAY, "20:01")
    assert world.claim("default") == []
    (row,) = tenant.all(STATE)
    assert row[:2] == ("deferred", OUTSIDE)
    at(world, MONDAY + timedelta(days=1), "10:00")
    world.one("select private.sweep()")
    assert len(world.claim("default")) == 1


def test_a_reply_at_night_is_sent(interview: Interview) -> None:
    """Who just wrote is answered, at 23:00, on a Sunday, on Christmas."""
    world = interview.world
    keep_hours(interview.tenant)
    for day, clock in ((MONDAY, "23:00"), (date(2027, 3, 7), "12:00"), (date(2027, 12, 25), "03:00")):
        at(world, day, clock)
        assert interview.turn("oi") != ""
    assert world.one("select count(*) from public.deliveries where kind = 'reply' and status = 'sent'") == 3


def test_a_goodbye_at_night_is_sent_and_nothing_after_it(interview: Interview) -> None:
    """PARAR at 23:00: the one confirmation, whatever is said or made later."""
    world, tenant = interview.world, interview.tenant
    keep_hours(tenant)
    at(world, MONDAY, "23:00")
    assert "não vai mais receber" in interview.turn("PARAR")
    interview.say("PARAR", "oi?", "vocês estão aí?")
    assert to_leads(world) == []
    for kind in ("goodbye", "reply", "invitation", "reminder"):
        world.all(
            "insert into public.deliveries (client_id, lead_id, thread_id, interview_id, channel_account_id, kind,"
            " content, queue) values (%s, %s, %s, %s, %s, %s::public.delivery_kind, %s, 'high_priority')",
            tenant.id,
            interview.lead,
            interview.thread,
            interview.id,
            tenant.account,
            kind,
            {"type": "text", "text": "Oi de novo"},
        )
    at(world, MONDAY + timedelta(days=2), "10:00")
    world.one("select private.sweep()")
    assert to_leads(world) == []
    assert world.all(
        "select kind::text, status::text, reason from public.deliveries where content ->> 'text' = 'Oi de novo'"
        " order by 1"
    ) == [
        ("goodbye", "cancelled", "the lead was told goodbye already"),
        ("invitation", "cancelled", "the lead opted out"),
        ("reminder", "cancelled", "the lead opted out"),
        ("reply", "cancelled", "the lead opted out"),
    ]


def test_a_notification_to_staff_waits_for_no_hour(interview: Interview) -> None:
    """The owner who is told of a completed interview asked for it."""
    world = interview.world
    keep_hours(interview.tenant)
    at(world, MONDAY, "23:30")
    world.one("select private.notify(%s, 'interview_completed', %s, 'Concluída.')", interview.tenant.id, interview.id)
    world.one("select private.sweep()")
    assert [task["work"]["kind"] for task in world.claim("default")] == ["notification"]


@pytest.mark.parametrize(
    ("phone", "zone", "local"),
    [
        ("11 97777-1001", None, "America/Sao_Paulo"),
        ("92 97777-1001", None, "America/Manaus"),
        ("68 97777-1001", None, "America/Rio_Branco"),
        ("65 97777-1001", None, "America/Cuiaba"),
        ("67 97777-1001", None, "America/Campo_Grande"),
        ("69 97777-1001", None, "America/Porto_Velho"),
        ("95 97777-1001", None, "America/Boa_Vista"),
        ("81 97777-1001", "America/Noronha", "America/Noronha"),
        ("+351 912 345 678", None, "America/Sao_Paulo"),
    ],
)
def test_it_is_the_leads_clock_that_counts(tenant: Tenant, phone: str, zone: str | None, local: str) -> None:
    """Two minutes before eight, where the lead is, is too early; the time to wait for is eight there."""
    keep_hours(tenant)
    at(tenant.world, MONDAY, "07:58", local)
    status, _, due = invite(tenant, phone=phone, time_zone=zone)
    assert (status, due) == ("deferred", datetime(2027, 3, 1, 8, tzinfo=ZoneInfo(local)))


@pytest.mark.parametrize("zone", ["America/Nowhere", "BRT", "-03:00", "Mars/Phobos", "", "a/b" * 100])
def test_a_time_zone_that_is_none_is_refused(tenant: Tenant, zone: str) -> None:
    """Names only, and only known ones."""
    with pytest.raises(Exception, match=r"time_zone"):
        tenant.lead(time_zone=zone)


def test_holidays_are_those_of_the_calendar(reader: World) -> None:
    """Every day of a year, and Easter where it comes earliest and latest in a century."""
    days = [date(2027, 1, 1) + timedelta(days=n) for n in range(365)]
    assert {d for d in days if reader.one("select private.is_holiday(%s)", d)} == HOLIDAYS_2027
    for year, easter in ((2008, date(2008, 3, 23)), (2038, date(2038, 4, 25)), (2024, date(2024, 3, 31))):
        assert reader.one("select private.easter_of(%s)", year) == easter
        assert reader.one("select private.is_holiday(%s)", easter - timedelta(days=2))


@pytest.mark.parametrize(
    ("day", "clock", "rules", "opens"),
    [
        (date(2027, 3, 5), "21:00", {}, "2027-03-06 09:00"),
        (date(2027, 3, 6), "15:00", {}, "2027-03-08 08:00"),
        (date(2027, 3, 25), "20:30", {}, "2027-03-27 09:00"),
        (date(2027, 3, 25), "20:30", {"on_holidays": True}, "2027-03-26 08:00"),
        (MONDAY, "21:00", {"closed_dates": [date(2027, 3, 2), date(2027, 3, 3)]}, "2027-03-04 08:00"),
    ],
)
def test_weekends_holidays_and_own_dates_are_waited_out(
    tenant: Tenant, day: date, clock: str, rules: dict[str, Any], opens: str
) -> None:
    """Friday night to Saturday, Saturday to Monday, past Good Friday, past dates of its own."""
    keep_hours(tenant, **rules)
    at(tenant.world, day, clock)
    status, reason, due = invite(tenant)
    assert (status, reason) == ("deferred", OUTSIDE)
    assert due.astimezone(ZoneInfo("America/Sao_Paulo")).strftime("%Y-%m-%d %H:%M") == opens


@pytest.mark.parametrize(
    ("hours", "problem"),
    [
        ({}, "at least one day"),
        ({"segunda": ["08:00", "20:00"]}, "'segunda' is no day of the week"),
        ({"monday": ["20:00", "08:00"]}, "hours of monday must be two times"),
        ({"monday": ["08:00", "08:00"]}, "hours of monday must be two times"),
        ({"monday": ["8", "20"]}, "hours of monday must be two times"),
        ({"monday": ["08:00", "25:00"]}, "hours of monday must be two times"),
        ({"monday": "always"}, "hours of monday must be two times"),
        ({"monday": None}, "hours of monday must be two times"),
        ({"monday": ["08:00"]}, "hours of monday must be two times"),
    ],
)
def test_hours_that_are_none_are_refused(tenant: Tenant, hours: JSON, problem: str) -> None:
    """In a sentence that says which day."""
    with pytest.raises(Exception, match=problem):
        keep_hours(tenant, hours)


def test_a_lead_is_not_written_to_too_often(tenant: Tenant) -> None:
    """Twice a day and three times a week: the third waits for a day after the first, the fourth for a week."""
    world = tenant.world
    keep_hours(tenant, ALL_HOURS, on_holidays=True, daily_cap=2, weekly_cap=3)
    lead = tenant.lead()
    account = tenant.account
    start = at(world, MONDAY, "10:00")

    def remind() -> tuple[str, str | None, datetime]:
        row = world.row(
            "insert into public.deliveries (client_id, lead_id, channel_account_id, kind, content, queue) values"
            " (%s, %s, %s, 'reminder', %s, 'default') returning status::text, reason, due_at",
            tenant.id,
            lead,
            account,
            {"type": "template", "name": "convite", "language": "pt_BR", "parameters": [], "text": "Oi"},
        )
        world.one("select private.sweep()")
        world.complete(*world.claim("default"))
        return row[0], row[1], row[2]

    assert remind()[0] == "queued"
    assert remind()[0] == "queued"
    status, reason, due = remind()
    assert (status, reason) == ("deferred", "the lead was written to 2 times within 24 hours")
    assert abs((due - start - timedelta(days=1)).total_seconds()) < 60
    at(world, MONDAY + timedelta(days=1), "10:01")
    world.one("select private.sweep()")
    world.complete(*world.claim("default"))
    assert world.one("select count(*) from public.deliveries where status = 'sent'") == 3
    at(world, MONDAY + timedelta(days=3), "10:00")
    status, reason, due = remind()
    assert (status, reason) == ("deferred", "the lead was written to 3 times within 7 days")
    assert abs((due - start - timedelta(days=7)).total_seconds()) < 60


times = st.integers(0, 23 * 60 + 58).flatmap(lambda a: st.tuples(st.just(a), st.integers(a + 1, 24 * 60)))
rules = st.fixed_dictionaries(
    {
        "hours": st.dictionaries(st.sampled_from(DAYS), times, min_size=1),
        "on_holidays": st.booleans(),
        "closed": st.lists(st.dates(date(2026, 12, 1), date(2028, 1, 31)), max_size=40),
    }
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rules=rules,
    since=st.datetimes(datetime(2026, 12, 1), datetime(2027, 12, 31)),  # noqa: DTZ001
    zone=st.sampled_from(["America/Sao_Paulo", "America/Manaus", "America/Rio_Branco", "America/Noronha"]),
)
def test_the_next_moment_is_allowed_and_none_before_it_is(
    reader: World, rules: dict[str, Any], since: datetime, zone: str
) -> None:
    """Never earlier than now; open by a reading of the rules that is not the product's; every hour before it closed."""
    place = ZoneInfo(zone)
    hours = {d: [f"{m // 60:02}:{m % 60:02}" for m in span] for d, span in rules["hours"].items()}
    whole = {
        "hours": hours,
        "on_holidays": rules["on_holidays"],
        "closed_dates": [d.isoformat() for d in rules["closed"]],
    }
    asked = since.replace(tzinfo=place)
    found = reader.one(NEXT, whole, zone, asked)

    def is_open(moment: datetime) -> bool:
        local = moment.astimezone(place)
        span = rules["hours"].get(DAYS[local.weekday()])
        closed = local.date() in rules["closed"] or (
            not rules["on_holidays"] and reader.one("select private.is_holiday(%s)", local.date())
        )
        minute = local.hour * 60 + local.minute + local.second / 60 + local.microsecond / 6e7
        return bool(span and not closed and span[0] <= minute < span[1])

    assert found is not None
    assert found >= asked
    assert is_open(found)
    if is_open(asked):
        assert found == asked
    for ahead in range(1, 30):
        earlier = found - timedelta(hours=ahead)
        if earlier < asked:
            break
        assert not is_open(earlier)
    assert reader.one(NEXT, whole, zone, found) == found


def test_who_writes_before_the_invitation_is_not_invited_any_more(tenant: Tenant) -> None:
    """It waits for morning, the lead writes at night and is answered: in the morning nothing more is sent."""
    world = tenant.world
    keep_hours(tenant)
    at(world, MONDAY, "23:00")
    assert invite(tenant, phone="11 97766-1234")[0] == "deferred"
    found = "select id, lead_id, project_id, thread_id from public.interviews"
    interview_id, lead, project, thread = world.row(found)
    interview = Interview(tenant, interview_id, lead, project, thread, "5511977661234")
    interview.say("oi, vi que vocês iam me chamar")
    verdict = interview.commit(interview.claim())
    assert verdict["delivery"]["work"]["kind"] == "reply", "what waits for morning does not hold up an answer"
    at(world, MONDAY + timedelta(days=1), "08:01")
    world.one("select private.sweep()")
    world.claim("default")
    assert tenant.all("select status::text, reason from public.deliveries where kind = 'invitation'") == [
        ("cancelled", "the lead answered")
    ]
