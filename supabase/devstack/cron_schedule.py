"""When a cron job is due: pg_cron's two kinds of schedule.

Source: citusdata/pg_cron 1.6, src/entry.c, src/misc.c (Vixie cron's rules).
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import datetime

_SECONDS = re.compile(r"\s*([1-9]|[1-5][0-9])\s+seconds?\s*", re.IGNORECASE)
_NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_LAST_DAY = 0  # stands for `$`; no month has a day 0


@dataclass(frozen=True, slots=True)
class EverySeconds:
    """`'N seconds'`: due N seconds after its last start."""

    seconds: int


@dataclass(frozen=True, slots=True)
class CronFields:
    """Five fields, in GMT."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool

    def matches(self, minute: datetime) -> bool:
        """True when the job is due in this minute (an aware datetime in UTC)."""
        if minute.minute not in self.minutes or minute.hour not in self.hours or minute.month not in self.months:
            return False
        last = calendar.monthrange(minute.year, minute.month)[1]
        day = minute.day in self.days or (_LAST_DAY in self.days and minute.day == last)
        weekday = minute.isoweekday() % 7 in self.weekdays
        # Two restrictions on the day are alternatives, one is a restriction.
        return day and weekday if self.any_day or self.any_weekday else day or weekday


Schedule = EverySeconds | CronFields


def parse(text: str) -> Schedule:
    """Reads a schedule. Raises ValueError for anything that `cron.schedule` refuses."""
    seconds = _SECONDS.fullmatch(text)
    if seconds:
        return EverySeconds(int(seconds[1]))
    fields = _NICKNAMES.get(text.strip().lower(), text).lower().split()
    if len(fields) != len(_RANGES):
        raise ValueError(f"invalid schedule: {text}")
    minutes, hours, days, months, weekdays = (_field(field, index) for index, field in enumerate(fields))
    return CronFields(
        minutes,
        hours,
        days,
        months,
        frozenset(day % 7 for day in weekdays),
        any_day=fields[2].startswith("*"),
        any_weekday=fields[4].startswith("*"),
    )


def _field(text: str, index: int) -> frozenset[int]:
    lowest, highest = _RANGES[index]
    names = {3: _MONTHS, 4: _DAYS}.get(index, {})
    found: set[int] = set()
    for item in text.split(","):
        if index == 2 and item == "$":
            found.add(_LAST_DAY)
            continue
        span, _, step = item.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            start, end = lowest, highest
        else:
            start = _number(first, names)
            end = _number(last, names) if dash else start
        if not lowest <= start <= highest or not lowest <= end <= highest:
            raise ValueError(f"invalid schedule: {text}")
        found.update(range(start, end + 1, int(step) if step else 1))
    return frozenset(found)


def _number(text: str, names: dict[str, int]) -> int:
    return names[text] if text in names else int(text)
