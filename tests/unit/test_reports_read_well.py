"""Reports: Portuguese figures, every statistic shown, and what leads wrote never becomes markup."""

from __future__ import annotations

from typing import Any

import pytest

from renum.agent.offline import OfflineChatModel
from renum.report.markdown import bar, escape, render
from renum.report.prompts import summary_messages
from renum.report.words import moment, number, percent, shown
from renum.shapes import ReportWork

QUESTIONS = [
    {
        "key": "nota",
        "text": "De 0 a 10, quanto recomendaria?",
        "type": "scale",
        "answered": 4,
        "refused": 1,
        "skipped": 0,
        "mean": 7.25,
        "median": 8,
        "min": 3,
        "max": 10,
        "distribution": [{"value": 3, "count": 1}, {"value": 8, "count": 2}, {"value": 10, "count": 1}],
        "nps": {"promoters": 1, "passives": 2, "detractors": 1, "score": 0},
    },
    {
        "key": "voltaria",
        "text": "Voltaria?",
        "type": "yes_no",
        "answered": 3,
        "refused": 0,
        "skipped": 1,
        "distribution": [
            {"value": True, "count": 2, "percent": 66.7},
            {"value": False, "count": 1, "percent": 33.3},
        ],
    },
    {
        "key": "livre",
        "text": "O que melhorar?",
        "type": "text",
        "answered": 2,
        "refused": 0,
        "skipped": 0,
        "quotes": ["# Preço | <b>caro</b>", "Mais pão"],
    },
    {"key": "vazia", "text": "Ninguém respondeu", "type": "number", "answered": 0, "distribution": []},
]
PROJECT: ReportWork = {
    "report_id": "r",
    "kind": "project",
    "company_name": "Padaria Sol",
    "project": {"name": "Satisfação", "type": "survey", "goal": "Ouvir os clientes"},
    "statistics": {
        "invited": 8,
        "started": 5,
        "completed": 4,
        "opted_out": 1,
        "cancelled": 0,
        "expired": 0,
        "unanswered": 3,
        "in_progress": 0,
        "median_minutes": 3.5,
        "questions": QUESTIONS,
    },
    "model": None,
}
INTERVIEW: ReportWork = {
    **PROJECT,
    "kind": "interview",
    "statistics": {
        "lead_name": "Ana <Maria>",
        "status": "completed",
        "end_reason": "completed",
        "started_at": "2026-11-22T17:30:00+00:00",
        "completed_at": "2026-11-22T17:34:00Z",
        "minutes": 4,
        "messages": 9,
        "answers": [
            {"text": "Nota?", "type": "scale", "value": 9.5, "quote": "acho que 9,5", "status": "answered"},
            {"text": "Voltaria?", "type": "yes_no", "value": True, "quote": "sim", "status": "answered"},
            {"text": "Mais?", "type": "text", "value": None, "quote": None, "status": "refused"},
        ],
    },
}


async def summary(work: ReportWork) -> str:
    """The offline model's summary, through the chat-model interface."""
    return (await OfflineChatModel().ainvoke(summary_messages(work))).text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7.25, "7,3"),
        (8, "8"),
        (8.0, "8"),
        (1234.5, "1.234,5"),
        (1000000, "1.000.000"),
        (100, "100"),
        (0, "0"),
        (-2.5, "-2,5"),
        (None, "–"),
    ],
)
def test_numbers_are_brazilian(value: Any, expected: str) -> None:
    """Decimal comma, thousands dot, no needless zeros."""
    assert number(value) == expected


def test_percentages_booleans_and_moments_are_brazilian() -> None:
    """And the clock is Brasília's."""
    assert percent(66.666) == "66,7%"
    assert (shown(True), shown(False), shown(9.5), shown("WhatsApp"), shown(None)) == (
        "Sim",
        "Não",
        "9,5",
        "WhatsApp",
        "–",
    )
    assert moment("2026-11-22T17:30:00+00:00") == "22/11/2026 14:30"
    assert (moment(None), moment("ontem")) == ("–", "ontem")


async def test_a_project_shows_every_figure() -> None:
    """Participation, grades with NPS, distributions with bars, what people wrote."""
    text = render(PROJECT, await summary(PROJECT))
    for part in (
        "# Satisfação\n",
        "**Padaria Sol** · relatório do projeto",
        "| Convidadas | 8 |  |",
        "| Começaram a responder | 5 | 62,5% |",
        "| Concluíram | 4 | 50% |",
        "| Expiraram | 0 | 0% |",
        "| Pediram para sair | 1 | 12,5% |",
        "Tempo mediano para concluir: 3,5 min.",
        "### 1. De 0 a 10, quanto recomendaria?",
        "*escala* · 4 respostas · 1 pessoa preferiu não responder",
        "Média **7,25** · Mediana **8** · Mínimo **3** · Máximo **10**",
        "NPS **0** (1 promotores, 2 neutros, 1 detratores)",
        "| 8 | 2 | 50% | ██████████░░░░░░░░░░ |",
        "| Sim | 2 | 66,7% |",
        "> Mais pão",
        "### 4. Ninguém respondeu",
    ):
        assert part in text, part
    assert text.endswith("\n")


async def test_an_interview_shows_its_answers() -> None:
    """Value, the words it came from where they differ, and what was refused."""
    text = render(INTERVIEW, await summary(INTERVIEW))
    for part in (
        "relatório da entrevista",
        "| Entrevistado | Ana \\<Maria\\> |",
        "| Situação | concluída |",
        "| Início | 22/11/2026 14:30 |",
        "| Duração | 4 min |",
        "**9,5**\n\n> acho que 9,5",
        "**Sim**\n\n### 3.",
        "*preferiu não responder*",
    ):
        assert part in text, part


@pytest.mark.parametrize(
    ("written", "shown_as"),
    [
        ("# título", "\\# título"),
        ("a | b", "a \\| b"),
        ("<script>alert(1)</script>", "\\<script\\>alert(1)\\</script\\>"),
        ("[clique](http://x)", "\\[clique\\](http://x)"),
        ("- item", "\\- item"),
        ("1. primeiro", "\\1. primeiro"),
        ("linha\n\n# outra", "linha \\# outra"),
        ("**negrito** _e_ `código`", "\\*\\*negrito\\*\\* \\_e\\_ \\`código\\`"),
        ("R$ 10,00 é caro!", "R$ 10,00 é caro\\!"),
    ],
)
def test_what_leads_wrote_is_never_markup(written: str, shown_as: str) -> None:
    """It stays on one line and every sign is a letter."""
    assert escape(written) == shown_as


def test_a_bar_shows_something_for_anything() -> None:
    """One answer in a thousand is not nothing."""
    assert (bar(0)[0], bar(0.001)[:2], bar(1)) == ("░", "█░", "█" * 20)


async def test_the_summary_says_what_the_figures_say() -> None:
    """Participation, grades, the commonest answer, voices, and that few answers are few."""
    text = await summary(PROJECT)
    for part in (
        "8 pessoas foram convidadas, 5 começaram a responder (62,5%) e 4 concluíram (50%).",
        "3 pessoas não responderam ao convite.",
        "1 pessoa pediu para não receber mais mensagens.",
        "números abaixo são só um indício",
        "a média foi 7,25 e a mediana 8 (de 3 a 10), e o NPS ficou em 0.",
        "a resposta mais comum foi “Sim” (2 pessoas, 66,7%).",
        "2 pessoas escreveram, por exemplo: “# Preço | <b>caro</b>”; “Mais pão”.",
    ):
        assert part in text, part
    assert "Ninguém respondeu" not in text


async def test_an_interviews_summary_names_no_one() -> None:
    """The answers, not the person."""
    text = await summary(INTERVIEW)
    assert "Entrevista concluída, com 2 perguntas respondidas de 3 em 4 min." in text
    assert "Em 1 pergunta, a pessoa preferiu não responder." in text
    assert "Ana" not in text


async def test_nobody_invited_is_said_plainly() -> None:
    """No division by nothing."""
    empty: ReportWork = {**PROJECT, "statistics": {"invited": 0, "questions": []}}
    text = render(empty, await summary(empty))
    assert "ninguém foi convidado ainda" in text
    assert "| Concluíram | – | – |" in text
