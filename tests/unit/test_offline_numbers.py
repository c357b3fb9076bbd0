"""The offline interviewer reads numbers and scales however people write them."""

from __future__ import annotations

import pytest

from tests.unit.turns import NUMBER, SCALE, question, read, value

SCALES = [
    ("8", 8),
    ("10", 10),
    ("0", 0),
    (" 7 ", 7),
    ("9,5", 9.5),
    ("9.5", 9.5),
    ("acho que 9,5", 9.5),
    ("nota oito", 8),
    ("Nota 8!", 8),
    ("oito", 8),
    ("OITO", 8),
    ("dez", 10),
    ("deeeez", 10),
    ("zero", 0),
    ("três", 3),
    ("um", 1),
    ("nota um", 1),
    ("oito e meio", 8.5),
    ("nove e meia", 9.5),
    ("sete vírgula cinco", 7.5),
    ("8/10", 8),
    ("8 de 10", 8),
    ("9 em 10", 9),
    ("dez de dez", 10),
    ("numa escala de 0 a 10, 7", 7),
    ("de 0 a 10 eu dou 6", 6),
    ("Olha, eu daria um 9 porque o atendimento foi ótimo", 9),
    ("daria nota 7, demorou 40 minutos para chegar", 7),
    ("fui lá 3 vezes e dou 8", 8),
    ("Oi, tudo bem? Dou 9", 9),
    ("bom dia! 10", 10),
    ("8, na verdade 9", 9),
    ("7... quer dizer, 8", 8),
    ("10 com certeza", 10),
    ("não sei, acho que 8", 8),
    ("nota máxima", 10),
    ("nota mínima", 0),
    ("8️⃣", 8),
    ("🔟", 10),
    ("⭐⭐⭐⭐", 4),
    ("15", 15),
    ("-3", -3),
    ("cinco estrelas", 5),
    ("10!!! amei", 10),
    ("dou um 10 para vocês", 10),
    ("minha nota é 6", 6),
    ("nove", 9),
    ("eu acho que um 7 tá bom", 7),
]

NUMBERS = [
    ("35", 35),
    ("tenho 35 anos", 35),
    ("tenho 35 anos e 2 filhos", 35),
    ("trinta e cinco", 35),
    ("Trinta e cinco anos", 35),
    ("vinte e um", 21),
    ("cento e dois", 102),
    ("1.200", 1200),
    ("R$ 1.500,00", 1500),
    ("1.234,56", 1234.56),
    ("dois mil e quinhentos", 2500),
    ("mil", 1000),
    ("2 mil", 2000),
    ("2k", 2000),
    ("80%", 80),
    ("dezesseis", 16),
    ("quatorze", 14),
    ("duas", 2),
]


@pytest.mark.parametrize(("text", "expected"), SCALES)
def test_a_grade_is_read_from_what_people_write(text: str, expected: float) -> None:
    """Digits, words, denominators, corrections, greetings in front, reasons behind; limits are SQL's to check."""
    assert value(text, about=SCALE) == expected


@pytest.mark.parametrize(("text", "expected"), NUMBERS)
def test_a_number_is_read_from_what_people_write(text: str, expected: float) -> None:
    """Thousands, cents, spelled numbers, and the number that belongs to the question's own word."""
    assert value(text, about=NUMBER) == expected


@pytest.mark.parametrize("text", ["muito bom", "gostei bastante", "entre 7 e 8", "uns 7 ou 8", "depende do dia"])
def test_what_names_no_single_number_is_proposed_as_it_stands(text: str) -> None:
    """SQL refuses it with a reason; the model neither guesses nor averages."""
    assert value(text, about=SCALE) == text


def test_whole_numbers_stay_integers() -> None:
    """8 is 8, not 8.0: a scale's distribution counts by value."""
    assert isinstance(value("8,0", about=SCALE), int)


def test_the_quote_and_the_place_are_the_messages_own() -> None:
    """An answer can be traced to the words it was taken from."""
    answer = read("oi", "dou um 9, amei!", about=SCALE)["answers"][0]
    assert (answer["quote"], answer["seq"]) == ("dou um 9, amei!", 6)


def test_of_a_burst_the_last_number_counts() -> None:
    """People correct themselves in the next message."""
    assert value("8", "melhor 9", about=SCALE) == 9


def test_a_remark_after_the_grade_does_not_replace_it() -> None:
    """The message that fits the question is the answer, wherever it stands in the burst."""
    assert value("8", "o atendimento foi ótimo", about=SCALE) == 8


def test_an_article_is_no_number() -> None:
    """'um atendimento ruim' does not mean one."""
    assert value("foi um atendimento ruim", about=SCALE) == "foi um atendimento ruim"


def test_a_grade_beyond_the_scale_is_proposed_for_sql_to_refuse() -> None:
    """Limits are rules, and rules live in SQL."""
    assert value("11", about=question("scale", validation={"min": 1, "max": 5})) == 11
