"""The virtual clock: what waits for a time of day, hours or days goes by it, leases and queues do not."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.database.builders import World

BRASILIA = ZoneInfo("America/Sao_Paulo")


def wednesday(hour: int, minute: int = 0, zone: ZoneInfo = BRASILIA) -> datetime:
    """A Wednesday some weeks ahead at this time of day."""
    day = datetime.now(zone).date() + timedelta(days=28)
    day += timedelta(days=(2 - day.weekday()) % 7)
    return datetime.combine(day, time(hour, minute), zone)


def set_clock(world: World, moment: datetime) -> None:
    """From now on it is `moment`, and time goes on."""
    world.setting("clock_offset_s", round((moment - datetime.now(UTC)).total_seconds()))


def now(world: World) -> datetime:
    """What private.now() says."""
    moment: datetime = world.one("select private.now()")
    return moment
