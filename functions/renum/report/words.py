"""Figures and labels as a Brazilian reader expects them."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

TYPES = {
    "text": "texto livre",
    "number": "número",
    "scale": "escala",
    "yes_no": "sim ou não",
    "choice": "escolha única",
}
STATUSES = {
    "pending": "pendente",
    "invited": "convidada",
    "in_progress": "em andamento",
    "completed": "concluída",
    "cancelled": "cancelada",
    "expired": "expirada",
    "opted_out": "saiu da lista",
    "handed_over": "transferida para uma pessoa",
    "open": "sem resposta",
    "answered": "respondida",
    "refused": "preferiu não responder",
    "skipped": "pulada",
    "invalid": "resposta não aproveitada",
}


def is_number(value: Any) -> bool:
    """Whether `value` is a number; a bool is not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def number(value: Any, digits: int = 1) -> str:
    """A number with decimal comma and thousands dots: 1234.5 → '1.234,5'; whole numbers without decimals; '–' for
    none."""
    if not is_number(value):
        return "–" if value is None else str(value)
    # Through its shortest decimal form, half up: 7.25 is 7,3 to a reader, whatever its binary neighbour is.
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    text = f"{rounded:,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.translate(str.maketrans(",.", ".,"))


def percent(value: Any) -> str:
    """A percentage (0 to 100): 33.333 → '33,3%'."""
    return f"{number(value)}%" if is_number(value) else "–"


def rate(part: Any, whole: Any) -> float | None:
    """`part` of `whole` in percent, None when there is no whole."""
    return 100 * part / whole if is_number(part) and is_number(whole) and whole else None


def shown(value: Any) -> str:
    """An answer's value: Sim and Não for booleans, decimal comma for numbers, '–' for none."""
    if isinstance(value, bool):
        return "Sim" if value else "Não"
    if isinstance(value, list):
        return ", ".join(shown(item) for item in value)
    return number(value, 2) if is_number(value) or value is None else str(value)


def plural(count: Any, one: str, many: str) -> str:
    """A count with its noun: '1 pessoa', '3 pessoas'."""
    return f"{number(count)} {one if count == 1 else many}"


def moment(value: Any) -> str:
    """An ISO instant as date and time in Brasília: '22/11/2026 14:30'; '–' when there is none."""
    if not isinstance(value, str):
        return "–"
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return value
    if instant.tzinfo is not None:
        instant = instant.astimezone(ZoneInfo("America/Sao_Paulo"))
    return instant.strftime("%d/%m/%Y %H:%M")
