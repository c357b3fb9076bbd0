"""Days and hours as people agree on them: "amanhã às 15h", "segunda de manhã", "daqui a 2 horas", "dia 30 às 9h"."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from renum.agent.offline_conversation_text import expand
from renum.agent.offline_numbers import UNITS

WEEKDAYS = ("segunda", "terca", "quarta", "quinta", "sexta", "sabado", "domingo")
SPOKEN = ("segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo")
MONTHS = (
    "janeiro", "fevereiro", "marco", "abril", "maio", "junho", "julho", "agosto", "setembro",
    "outubro", "novembro", "dezembro",
)  # fmt: skip
DEFAULTS = (
    (re.compile(r"\b(?:depois do almoco|apos o almoco|comeco da tarde|inicio da tarde)\b"), time(14)),
    (re.compile(r"\b(?:fim|final) (?:do dia|da tarde|do expediente)\b|\bfim de tarde\b|\btardezinha\b"), time(17)),
    (re.compile(r"\b(?:primeira hora|bem cedo|cedinho|cedo)\b"), time(8)),
    (re.compile(r"\bmeio[ -]dia\b"), time(12)),
    (re.compile(r"\b(?:de|pela|na|a|parte da) manha\b|\bmanha\b"), time(9)),
    (re.compile(r"(?<!mais )(?<!boa )\btarde\b"), time(14)),
    (re.compile(r"(?<!boa )\bnoite\b|\bnoitinha\b"), time(19)),
    (re.compile(r"\bqualquer (?:hora|horario)\b|\b(?:tanto faz|quando (?:puder|quiser|der))\b"), time(10)),
)
_NUMBER = "|".join(sorted(UNITS, key=len, reverse=True))
_COUNT = rf"(?P<count>\d{{1,3}}|meia|{_NUMBER})"
IN_A_WHILE = re.compile(
    rf"\b(?:daqui (?:a |ha |uns |umas )*|dentro de |em |depois de |d?aki a )(?:uns |umas )?{_COUNT} ?"
    r"(?P<unit>minutos?|horas?|hs?|dias?|semanas?)\b(?P<half> e meia)?"
)
NOW = re.compile(
    r"\b(?:agora(?: mesmo)?|imediatamente|o quanto antes|(?:o )?mais rapido possivel|assim que (?:puder|possivel))\b"
)
LATER = re.compile(r"\b(?:mais tarde|daqui a pouco|depois)\b")
NOT_NOW = re.compile(
    r"\b(?:agora nao|nao (?:posso|da|consigo)(?: \w+){0,2} agora|estou (?:ocupad\w|em reuniao|dirigindo))\b"
)
CLOCK = re.compile(
    r"\b(?P<hour>[01]?\d|2[0-4]) ?(?:(?:h|hs|horas?|:) ?(?P<minute>[0-5]\d)?(?! ?(?:de|por) )"
    r"|(?P<half> e meia))(?:\b|(?=\W|$))"
)
AT = re.compile(
    rf"\b(?:as|aas|pelas|das|la pelas|por volta d[ae]s?|umas|entre|antes das|ate as)\s+(?P<hour>[01]?\d|2[0-4]"
    rf"|{_NUMBER})\b"
    r"(?:(?: e |:|h)(?P<minute>[0-5]\d|meia)\b)?(?![/.]\d)"
)
ALONE = re.compile(
    r"^\W*(?:(?:pode ser|sim|ok|as)\W+)*(?P<hour>[01]?\d|2[0-4])(?::(?P<minute>[0-5]\d))?\W*(?:da \w+|de \w+"
    r"|por favor)?\W*$"
)
OF_THE_DAY = re.compile(r"\bda (?P<part>manha|tarde|noite|madrugada)\b")
CALENDAR = re.compile(
    rf"\b(?P<day>[0-3]?\d)(?:/(?P<month>[01]?\d)(?:/(?P<year>20\d\d|\d\d))?| de (?P<name>{'|'.join(MONTHS)}))\b"
)
DAY_OF_MONTH = re.compile(r"\bdia (?P<day>[0-3]?\d)\b(?! ?/)")
WEEKDAY = re.compile(rf"\b(?P<name>{'|'.join(WEEKDAYS)})\b")


class When(NamedTuple):
    """What a text says of a moment. `assumed`: the hour is a usual one for what was said, nobody named it."""

    day: date | None = None
    hour: time | None = None
    assumed: bool = False

    @property
    def at(self) -> datetime | None:
        """The moment, once day and hour are known."""
        return datetime.combine(self.day, self.hour) if self.day is not None and self.hour is not None else None


def when(text: str, now: datetime, *, alone: bool = False) -> When:
    """The moment that `text` names, as far as it does. `alone`: it answers "when?", where a bare 15 is an hour."""
    simple = expand(text)
    while_ = IN_A_WHILE.search(simple)
    if while_ and (found := _in_a_while(while_, now)) is not None:
        if not while_["unit"].startswith(("d", "s")):
            return When(found.date(), found.time())
        hour, assumed = _hour(simple, alone=False)
        return When(found.date(), hour, assumed)
    day, (hour, assumed) = _day(simple, now), _hour(simple, alone=alone)
    if day is None and hour is None:
        return _soon(simple, now)
    if day is None and hour is not None:
        day = now.date() if datetime.combine(now.date(), hour) > now else now.date() + timedelta(days=1)
    elif day == now.date() and hour is None and LATER.search(simple):
        return _soon(simple, now)
    return When(day, hour, assumed)


def _soon(simple: str, now: datetime) -> When:
    if LATER.search(simple) or NOT_NOW.search(simple):
        at = (now + timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)
        if at.hour < now.hour or at.hour > 19 or at.hour < 8:
            at = datetime.combine(now.date() + timedelta(days=1 if now.hour >= 8 else 0), time(9))
        return When(at.date(), at.time(), assumed=True)
    if NOW.search(simple):
        at = (now + timedelta(minutes=15)).replace(second=0, microsecond=0)
        return When(at.date(), at.time(), assumed=True)
    return When()


def _in_a_while(match: re.Match[str], now: datetime) -> datetime | None:
    unit, said = match["unit"], match["count"]
    count = 0.5 if said == "meia" else float(said) if said.isdigit() else float(UNITS[said])
    count += 0.5 if match["half"] else 0
    if count <= 0 or (said == "meia" and not unit.startswith("h")):
        return None
    length = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "s": timedelta(weeks=1)}
    return (now + count * length[unit[0]]).replace(second=0, microsecond=0)


def _hour(simple: str, *, alone: bool) -> tuple[time | None, bool]:
    match = CLOCK.search(simple) or AT.search(simple) or (ALONE.match(simple) if alone else None)
    if match is None:
        default = next((hour for pattern, hour in DEFAULTS if pattern.search(simple)), None)
        return default, default is not None and "meio" not in simple
    groups = match.groupdict()
    hour = int(match["hour"]) if match["hour"].isdigit() else UNITS[match["hour"]]
    if hour == 24:
        hour = 0
    if hour > 23:
        return None, False
    minute = groups.get("minute")
    minutes = 30 if minute == "meia" or groups.get("half") else int(minute or 0)
    part = OF_THE_DAY.search(simple)
    said = (
        part["part"]
        if part
        else next((name for name in ("tarde", "noite") if re.search(rf"(?<!boa )\b(?:a|de) {name}\b", simple)), "")
    )
    if said in ("tarde", "noite") and 1 <= hour < 12:
        hour += 12
    elif (
        not said
        and "manha" not in re.findall(r"[a-z]+", simple)
        and 1 <= hour <= 6
        and not re.search(r"\b0\d", match[0])
    ):
        hour += 12  # nobody asks for a call at three in the night
    return time(hour, minutes), False


def _day(simple: str, now: datetime) -> date | None:
    today = now.date()
    if re.search(r"\bdepois de amanha\b", simple):
        return today + timedelta(days=2)
    if re.search(r"\bamanha\b", simple):
        return today + timedelta(days=1)
    calendar = CALENDAR.search(simple)
    if calendar:
        month = MONTHS.index(calendar["name"]) + 1 if calendar["name"] else int(calendar["month"])
        year = int(calendar["year"]) % 100 + 2000 if calendar["year"] else None
        return _date(today, int(calendar["day"]), month, year)
    numbered = DAY_OF_MONTH.search(simple)
    if numbered:
        return _date(today, int(numbered["day"]), None, None)
    named = WEEKDAY.search(simple)
    if named:
        ahead = (WEEKDAYS.index(named["name"]) - today.weekday()) % 7
        if re.search(r"\bsemana que vem\b|\bproxima semana\b|\boutra semana\b", simple):
            return today + timedelta(days=7 - today.weekday() + WEEKDAYS.index(named["name"]))
        return today + timedelta(days=ahead or (0 if re.search(r"\bhoje\b", simple) else 7))
    if re.search(r"\bsemana que vem\b|\bproxima semana\b", simple):
        return today + timedelta(days=7 - today.weekday())
    return today if re.search(r"\bhoje\b|\bagora a (?:tarde|noite)\b", simple) else None


def _date(today: date, day: int, month: int | None, year: int | None) -> date | None:
    """The next day that is called so; None when there is none."""
    for ahead in range(14):
        place = today.month - 1 + ahead
        try:
            found = date(today.year + place // 12, place % 12 + 1, day)
        except ValueError:
            continue
        if found >= today and month in (None, found.month) and year in (None, found.year):
            return found
    return None


def spoken_day(day: date, now: datetime) -> str:
    """`day` as it is said: amanhã (28/11)."""
    ahead = (day - now.date()).days
    name = {0: "hoje", 1: "amanhã"}.get(ahead, SPOKEN[day.weekday()])
    return f"{name} ({day:%d/%m})"


def spoken_hour(hour: time) -> str:
    """`hour` as it is said: 15h, 9h30."""
    return f"{hour.hour}h{hour.minute:02d}" if hour.minute else f"{hour.hour}h"


def spoken(at: datetime, now: datetime) -> str:
    """A moment as it is said: amanhã (28/11) às 15h."""
    return f"{spoken_day(at.date(), now)} {'à' if at.hour == 1 else 'às'} {spoken_hour(at.time())}"
