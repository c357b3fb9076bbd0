"""The offline interviewer reads yes and no, and one option out of several, in many wordings."""

from __future__ import annotations

import pytest

from tests.unit.turns import CHOICE, YES_NO, question, value

YES = [
    "sim", "Sim!", "SIM", "siiiim", "s", "ss", "claro", "Claro que sim", "com certeza", "Com toda certeza!",
    "aham", "uhum", "isso", "positivo", "lógico", "óbvio", "pode ser", "acho que sim", "creio que sim",
    "sem dúvida", "não tenho dúvidas", "sim, com certeza", "👍", "👍🏽", "✅", "bora", "ok", "beleza", "quero sim",
    "Sim, mas não gostei da espera", "indicaria", "indicaria sim", "Oi, bom dia! Sim", "sim sim", "yes",
    "exatamente", "Não gostei da fila mas indicaria sim", "sempre", "por que não?", "Olha, sim, já até indiquei",
]  # fmt: skip
NO = [
    "não", "nao", "Não!", "NÃO", "naaaao", "n", "nn", "nunca", "jamais", "negativo", "de jeito nenhum",
    "de forma alguma", "nem pensar", "nem a pau", "👎", "❌", "claro que não", "acho que não", "com certeza não",
    "não, foi tranquilo", "Não indicaria", "voltaria não", "infelizmente não", "ainda não", "Boa tarde, não",
    "nem um pouco", "não mesmo", "nope", "não, obrigado",
]  # fmt: skip
NEITHER = [
    "sim e não",
    "Não sei se indicaria",
    "quem sabe",
    "talvez",
    "depende",
    "mais ou menos",
    "o atendimento demorou",
    "às vezes",
]


@pytest.mark.parametrize("text", YES)
def test_yes_is_heard(text: str) -> None:
    """Every wording of yes proposes True."""
    assert value(text, about=YES_NO) is True


@pytest.mark.parametrize("text", NO)
def test_no_is_heard(text: str) -> None:
    """Every wording of no proposes False."""
    assert value(text, about=YES_NO) is False


@pytest.mark.parametrize("text", NEITHER)
def test_what_is_neither_is_proposed_as_it_stands(text: str) -> None:
    """SQL asks again; nobody's maybe becomes a yes."""
    assert value(text, about=YES_NO) == text


CHOICES = [
    ("WhatsApp", "WhatsApp"),
    ("whatsapp", "WhatsApp"),
    ("pelo whatsapp mesmo", "WhatsApp"),
    ("whatsap", "WhatsApp"),
    ("zap não, telefone", "Telefone"),
    ("TELEFONE", "Telefone"),
    ("telefone, por favor", "Telefone"),
    ("2", "Telefone"),
    ("opção 2", "Telefone"),
    ("a segunda", "Telefone"),
    ("segunda opção", "Telefone"),
    ("a primeira", "WhatsApp"),
    ("a última", "Loja física"),
    ("3)", "E-mail"),
    ("número 3", "E-mail"),
    ("letra b", "Telefone"),
    ("B", "Telefone"),
    ("e-mail", "E-mail"),
    ("e mail", "E-mail"),
    ("loja fisica", "Loja física"),
    ("loja", "Loja física"),
    ("prefiro ir na loja", "Loja física"),
    ("Olha, eu gosto mais do WhatsApp porque é rápido", "WhatsApp"),
    ("eu escolho a terceira", "E-mail"),
    ("dois", "Telefone"),
    ("não pelo telefone, pelo whatsapp", "WhatsApp"),
    ("Oi! E-mail", "E-mail"),
    ("prefiro whats", "WhatsApp"),
    ("zap", "WhatsApp"),
    ("wpp", "WhatsApp"),
    ("2ª opção", "Telefone"),
    ("1ª", "WhatsApp"),
    ("whatsapp é melhor que telefone", "WhatsApp"),
]


@pytest.mark.parametrize(("text", "expected"), CHOICES)
def test_an_option_is_found_by_name_number_letter_or_place(text: str, expected: str) -> None:
    """Accents, case, spelling and politeness around it do not matter."""
    assert value(text, about=CHOICE) == expected


@pytest.mark.parametrize(
    "text", ["whatsapp ou telefone", "7", "carta", "qualquer um", "telefone não", "tudo menos telefone"]
)
def test_what_names_no_single_option_is_proposed_as_it_stands(text: str) -> None:
    """SQL asks again and shows the options."""
    assert value(text, about=CHOICE) == text


@pytest.mark.parametrize(
    ("options", "text", "expected"),
    [
        (["1", "2", "3 ou mais"], "2", "2"),
        (["1", "2", "3 ou mais"], "3 ou mais", "3 ou mais"),
        (["Sim", "Não", "Não sei"], "não sei", "Não sei"),
        (["Preço", "Qualidade", "Preço e qualidade"], "preço e qualidade", "Preço e qualidade"),
        (["Manhã", "Tarde"], "de manhã", "Manhã"),
        (["Continuar", "Cancelar"], "cancelar", "Cancelar"),
        (["Muito satisfeito", "Satisfeito", "Insatisfeito"], "muito satisfeito", "Muito satisfeito"),
        (["Muito satisfeito", "Satisfeito", "Insatisfeito"], "satisfeito", "Satisfeito"),
    ],
)
def test_an_options_own_name_comes_before_its_place_and_before_any_other_meaning(
    options: list[str], text: str, expected: str
) -> None:
    """Numbers, refusals and even leaving are answers where the questionnaire offers them."""
    assert value(text, about=question("choice", options=options)) == expected
