"""When a command is about: "ontem", "semana passada", "últimos 7 dias", "em novembro", "entre 1/11 e 10/11"."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import date, timedelta

from renum.isa.offline_tokens import BREAK, Token, cut

Period = tuple[date | None, date | None]

NUMBERS = {
    "um": 1, "uma": 1, "dois": 2, "duas": 2, "tres": 3, "quatro": 4, "cinco": 5, "seis": 6, "sete": 7, "oito": 8,
    "nove": 9, "dez": 10, "doze": 12, "quinze": 15, "vinte": 20, "trinta": 30, "cinquenta": 50, "cem": 100,
}  # fmt: skip
MONTHS = (
    "janeiro", "fevereiro", "marco", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro",
    "dezembro",
)  # fmt: skip
WEEKDAYS = ("segunda", "terca", "quarta", "quinta", "sexta", "sabado", "domingo")

NUMBER = rf"\d{{1,3}}|{'|'.join(NUMBERS)}"
_MONTH = "|".join(MONTHS)
_DATE = (
    rf"\d{{4}}-\d\d-\d\d|\d{{1,2}}/\d{{1,2}}(?:/\d{{2,4}})?|(?:\d{{1,2}}|primeiro|1o) de (?:{_MONTH})(?: de \d{{4}})?"
)
_DAY = rf"hoje|hj|ontem|anteontem|{_DATE}"
_AT = r"(?:(?:de|do|da|dos|das|no|na|nos|nas|em|durante|pra|para|desde|o|a|os|as) )*"
_THIS = r"(?:n?est[ae]|n?ess[ae]|dest[ae]|dess[ae]|d[ao]|n[ao])"


def number(text: str) -> int:
    """A number in digits or as a word."""
    return NUMBERS[text] if text in NUMBERS else int(text)


def period_of(tokens: list[Token], today: date) -> tuple[Period, list[Token]]:
    """(since, until), both included and None where open, and the tokens without the words that said so."""
    for pattern, make in _PATTERNS:
        found, left = cut(tokens, pattern, BREAK)
        if found is None:
            continue
        try:
            return make(found, today), left
        except ValueError:  # the 31st of February
            continue
    return (None, None), tokens


def limit_of(tokens: list[Token]) -> tuple[int | None, list[Token]]:
    """How many rows are wanted ("os últimos 10 leads"), and the tokens without it."""
    for pattern in (
        rf"(?:(?:os|as|o|a) )?(?:ultim[oa]s?|primeir[oa]s|top|so|apenas) ({NUMBER})",
        rf"(?:(?:os|as) )?({NUMBER}) (?:ultim[oa]s|primeir[oa]s|mais recentes|mais novos)",
        r"(?:(?:os|as) )?(?:ultim[oa]s|mais recentes)",
    ):
        found, left = cut(tokens, pattern)
        if found is not None:
            return (number(found[1]) if found.groups() else None), left
    return None, tokens


def read_date(text: str, today: date) -> date:
    """A date as people write it; without a year the latest one that is not to come. Raises ValueError."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return date.fromisoformat(text)
    if text in ("hoje", "hj"):
        return today
    if text in ("ontem", "anteontem"):
        return today - timedelta(days=1 if text == "ontem" else 2)
    if "/" in text:
        parts = [int(part) for part in text.split("/")]
    else:
        day, month, *year = text.replace("primeiro", "1").replace("1o ", "1 ").split(" de ")
        parts = [int(day), MONTHS.index(month) + 1, *map(int, year)]
    if len(parts) == 3:
        return date(parts[2] + (2000 if parts[2] < 100 else 0), parts[1], parts[0])
    found = date(today.year, parts[1], parts[0])
    return found if found <= today else found.replace(year=today.year - 1)


def _month(year: int, month: int) -> Period:
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def _ago(days: int) -> Callable[[re.Match[str], date], Period]:
    return lambda found, today: (today - timedelta(days=days), today - timedelta(days=days))


def _between(found: re.Match[str], today: date) -> Period:
    since, until = read_date(found[1], today), read_date(found[2], today)
    return (since, until) if since <= until else (until, since)


def _days_of_month(found: re.Match[str], today: date) -> Period:
    month = f" de {found[3]}"
    return read_date(found[1] + month, today), read_date(found[2] + month, today)


def _last(found: re.Match[str], today: date) -> Period:
    count, unit = number(found["n"]), found["unit"]
    if unit.startswith("hora"):
        return today - timedelta(days=-(-count // 24)), today
    if unit.startswith("mes"):
        months = today.year * 12 + today.month - 1 - count
        year, month = divmod(months, 12)
        return date(year, month + 1, min(today.day, calendar.monthrange(year, month + 1)[1])) + timedelta(1), today
    days = count * (7 if unit.startswith("semana") else 1)
    return today - timedelta(days=days - 1), today


def _past(found: re.Match[str], today: date) -> Period:
    count = number(found[1])
    day = today - timedelta(days=count * (7 if found[2].startswith("semana") else 1))
    return day, day


def _week(back: int) -> Callable[[re.Match[str], date], Period]:
    def week(_: re.Match[str], today: date) -> Period:
        monday = today - timedelta(days=today.weekday() + 7 * back)
        return monday, (monday + timedelta(days=6) if back else today)

    return week


def _named_month(found: re.Match[str], today: date) -> Period:
    month = MONTHS.index(found[1]) + 1
    year = int(found[2]) if found[2] else today.year - (month > today.month)
    since, until = _month(year, month)
    return since, (None if found[0].startswith("desde") else until)


def _last_month(_: re.Match[str], today: date) -> Period:
    before = today.replace(day=1) - timedelta(days=1)
    return _month(before.year, before.month)


def _weekday(found: re.Match[str], today: date) -> Period:
    back = (today.weekday() - WEEKDAYS.index(found["day"])) % 7 or 7
    day = today - timedelta(days=back)
    return day, (None if found[0].startswith("desde") else day)


def _weekend(_: re.Match[str], today: date) -> Period:
    sunday = today - timedelta(days=(today.weekday() + 1) % 7 or 7)
    return sunday - timedelta(days=1), sunday


def _day_of_month(found: re.Match[str], today: date) -> Period:
    day = int(found[1])
    month = today if day <= today.day else today.replace(day=1) - timedelta(days=1)
    return (exact := month.replace(day=day)), exact


# The first that is found counts: longer ones stand before those that they hold.
_PATTERNS: list[tuple[str, Callable[[re.Match[str], date], Period]]] = [
    (r"entre (?:os dias )?(\d{1,2}) e (\d{1,2}) de (" + _MONTH + ")", _days_of_month),
    (r"(?:de|do dia) (\d{1,2}) (?:a|ate) (\d{1,2}) de (" + _MONTH + ")", _days_of_month),
    (rf"entre (?:os dias )?(?:o dia )?({_DAY}) e (?:o dia )?({_DAY})", _between),
    (rf"(?:de|do|desde) (?:dia )?({_DAY}) (?:a|ao|ate) (?:o )?(?:dia )?({_DAY})", _between),
    (rf"(?:desde|a partir d[eo]|depois d[eo]) (?:o )?(?:dia )?({_DAY})", lambda f, t: (read_date(f[1], t), None)),
    (rf"(?:ate|antes d[eo]) (?:o )?(?:dia )?({_DATE})", lambda f, t: (None, read_date(f[1], t))),
    (rf"{_AT}(?:ultim[oa]s? (?P<n>{NUMBER})|(?P<m>{NUMBER}) ultim[oa]s) (?P<unit>dias?|semanas?|mes|meses|horas?)",
     lambda f, t: _last(f if f["n"] else _swapped(f), t)),
    (rf"{_AT}(?:ultimas? )(?P<n>\d{{1,3}})h(?:s|rs)?", lambda f, t: (t - timedelta(-(-int(f["n"]) // 24)), t)),
    (rf"(?:ha|faz) ({NUMBER}) (dias?|semanas?)", _past),
    (rf"({NUMBER}) (dias?|semanas?) atras", _past),
    (rf"{_AT}(?:anteontem|antes de ontem)", _ago(2)),
    (rf"{_AT}(?:dia de )?ontem", _ago(1)),
    (rf"{_AT}(?:dia de )?(?:hoje|hj)", _ago(0)),
    (rf"{_AT}(?:semana (?:passada|anterior)|ultima semana)", _week(1)),
    (rf"(?:{_THIS} )?semana(?: atual)?", _week(0)),
    (rf"{_AT}(?:mes (?:passado|anterior)|ultimo mes)", _last_month),
    (rf"(?:(?:em|no mes de|do mes de|o mes de|durante|desde|de) )({_MONTH})(?: (?:de )?(\d{{4}}))?", _named_month),
    (rf"(?:{_THIS} )mes(?: atual)?|mes atual", lambda f, t: (t.replace(day=1), t)),
    (rf"{_AT}ano passado", lambda f, t: (date(t.year - 1, 1, 1), date(t.year - 1, 12, 31))),
    (rf"{_THIS} ano", lambda f, t: (date(t.year, 1, 1), t)),
    (rf"{_AT}(?:ultimo )?(?:fim de semana|final de semana|fds)(?: passado)?", _weekend),
    (rf"(?:na|no|da|do|de|desde|[nd]es[ts]a) (?:ultim[ao] )?(?P<day>{'|'.join(WEEKDAYS)})"
     r"(?:[- ]feira)?(?: passad[ao])?",
     _weekday),
    (rf"(?P<day>{'|'.join(WEEKDAYS[:5])})(?:-feira| feira)", _weekday),
    (rf"{_AT}(?:dia )?({_DATE})", lambda f, t: (read_date(f[1], t),) * 2),
    (r"(?:(?:no|do|de) )?dia (\d{1,2})", _day_of_month),
]  # fmt: skip


def _swapped(found: re.Match[str]) -> re.Match[str]:
    """ "7 últimos dias" as "últimos 7 dias"."""
    again = re.fullmatch(rf"(?P<n>{NUMBER}) (?P<unit>\w+)", f"{found['m']} {found['unit']}")
    return again if again is not None else found
