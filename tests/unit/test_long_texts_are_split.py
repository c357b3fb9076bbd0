"""A text longer than a provider takes goes out in parts that read well and lose nothing."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from renum.channels.split import split

PROSE = st.lists(
    st.one_of(
        st.text(max_size=40), st.sampled_from([". ", "! ", "?\n", "…", "\n\n", " ", "Olá", "Sr. ", "👩🏽‍🌾", "é"])
    ),
    max_size=60,
).map("".join)


def letters(text: str) -> str:
    """The text without its blanks."""
    return "".join(text.split())


@given(PROSE, st.integers(1, 60))
@example("\u0301" * 50, 7)
@example("a" * 21, 20)
@example("👩‍🌾" * 30, 4)
def test_nothing_is_lost_and_nothing_too_long(text: str, limit: int) -> None:
    """Whatever the text and the limit: joined, the parts are the text again but for blanks."""
    parts = split(text, limit)
    assert letters("".join(parts)) == letters(text)
    assert all(0 < len(part) <= limit and part == part.strip() for part in parts)


@given(st.text(max_size=50))
def test_a_text_that_fits_is_one_part(text: str) -> None:
    """It goes out as it was written."""
    assert split(text, 50) == ([text.strip()] if text.strip() else [])


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("Bom dia. Tudo bem? Sim.", 12, ["Bom dia.", "Tudo bem?", "Sim."]),
        ("Ele disse: “Não!” Depois saiu.", 20, ["Ele disse: “Não!”", "Depois saiu."]),
        ("Um item\noutro item\nmais um item", 20, ["Um item\noutro item", "mais um item"]),
        ("uma frase sem fim nem linha", 12, ["uma frase", "sem fim nem", "linha"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("R$ 1.500,00 e mais nada de novo", 20, ["R$ 1.500,00 e mais", "nada de novo"]),
        ("1. " + "palavra " * 5, 20, ["1. palavra palavra", "palavra palavra", "palavra"]),
        ("cafe\u0301cafe\u0301", 4, ["caf", "e\u0301ca", "fe\u0301"]),
        (" \n\t", 5, []),
        ("", 5, []),
    ],
)
def test_cuts_are_where_a_reader_would_pause(text: str, limit: int, parts: list[str]) -> None:
    """After a sentence, else a line, else a word, else between two signs; never inside one."""
    assert split(text, limit) == parts


def test_ten_thousand_characters_are_three_messages() -> None:
    """A long reply, in the provider's size, each part ending where a sentence does."""
    text = "Esta é uma frase de tamanho comum, com vírgula e tudo. " * 182
    parts = split(text, 4096)
    assert len(text) > 10_000
    assert len(parts) == 3
    assert all(part.endswith(".") for part in parts)
