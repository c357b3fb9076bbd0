"""Statistics and summary as Markdown in Portuguese. What leads wrote is escaped: it can be read, never rendered as
markup."""

from __future__ import annotations

import re
from typing import Any

from renum.report.words import STATUSES, TYPES, is_number, moment, number, percent, plural, rate, shown
from renum.shapes import JSON, ReportWork

BAR_WIDTH = 20
QUOTES_SHOWN = 20
SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!])")
LINE_START = re.compile(r"^(\s*)([-+]|\d+[.)])(?=\s)")


def escape(text: Any) -> str:
    """`text` on one line with Markdown's and HTML's signs taken as letters."""
    line = SPECIAL.sub(r"\\\1", " ".join(str(text).split()))
    return LINE_START.sub(lambda match: f"{match[1]}\\{match[2]}", line)


def bar(share: float) -> str:
    """A share from 0 to 1 as a row of blocks; anything above nothing shows at least one."""
    filled = min(BAR_WIDTH, max(round(share * BAR_WIDTH), 1 if share > 0 else 0))
    return "█" * filled + "░" * (BAR_WIDTH - filled)


def table(head: list[str], rows: list[list[str]], *, right: frozenset[int] = frozenset()) -> list[str]:
    """A Markdown table; the columns in `right` are aligned to the right."""
    marks = ["---:" if place in right else "---" for place in range(len(head))]
    return [f"| {' | '.join(line)} |" for line in [head, marks, *rows]] + [""]


def render(work: ReportWork, summary: str) -> str:
    """The whole report of an interview or a project, ending with a line break."""
    statistics = work["statistics"]
    paragraphs = [escape(part) for part in summary.split("\n\n") if part.strip()]
    body = _interview(statistics) if work["kind"] == "interview" else _project(statistics)
    title = f"# {escape(work['project'].get('name') or 'Pesquisa')}"
    who = f"**{escape(work['company_name'])}**"
    goal = work["project"].get("goal")
    head = [title, "", f"{who} · relatório {'da entrevista' if work['kind'] == 'interview' else 'do projeto'}", ""]
    if goal:
        head += [f"*{escape(goal)}*", ""]
    head += ["## Resumo", ""]
    for paragraph in paragraphs:
        head += [paragraph, ""]
    return "\n".join(head + body).rstrip() + "\n"


def _project(statistics: JSON) -> list[str]:
    invited, started = statistics.get("invited"), statistics.get("started")
    rows = [
        ["Convidadas", number(invited), ""],
        ["Começaram a responder", number(started), percent(rate(started, invited))],
        ["Concluíram", number(statistics.get("completed")), percent(rate(statistics.get("completed"), invited))],
        ["Em andamento", number(statistics.get("in_progress")), percent(rate(statistics.get("in_progress"), invited))],
        ["Não responderam", number(statistics.get("unanswered")), percent(rate(statistics.get("unanswered"), invited))],
        ["Expiraram", number(statistics.get("expired")), percent(rate(statistics.get("expired"), invited))],
        ["Pediram para sair", number(statistics.get("opted_out")), percent(rate(statistics.get("opted_out"), invited))],
        ["Canceladas", number(statistics.get("cancelled")), percent(rate(statistics.get("cancelled"), invited))],
    ]
    lines = [
        "## Participação",
        "",
        *table(["Pessoas", "Quantidade", "% das convidadas"], rows, right=frozenset({1, 2})),
    ]
    if is_number(statistics.get("median_minutes")):
        lines += [f"Tempo mediano para concluir: {number(statistics['median_minutes'])} min.", ""]
    lines += ["## Perguntas", ""]
    for place, question in enumerate(statistics.get("questions") or [], start=1):
        lines += _question(place, question)
    return lines


def _question(place: int, question: JSON) -> list[str]:
    counted = [plural(question.get("answered") or 0, "resposta", "respostas")]
    if question.get("refused"):
        counted.append(plural(question["refused"], "pessoa preferiu não responder", "pessoas preferiram não responder"))
    if question.get("skipped"):
        counted.append(plural(question["skipped"], "pulada", "puladas"))
    kind = TYPES.get(str(question.get("type")), str(question.get("type")))
    lines = [
        f"### {place}. {escape(question.get('text') or question.get('key'))}",
        "",
        f"*{kind}* · {' · '.join(counted)}",
        "",
    ]
    if is_number(question.get("mean")):
        named = (("Média", "mean"), ("Mediana", "median"), ("Mínimo", "min"), ("Máximo", "max"))
        lines += [" · ".join(f"{name} **{number(question.get(key), 2)}**" for name, key in named), ""]
    if isinstance(question.get("nps"), dict):
        lines += _nps(question["nps"])
    if question.get("distribution"):
        lines += _distribution(question["distribution"])
    quotes = [quote for quote in question.get("quotes") or [] if str(quote).strip()]
    for quote in quotes[:QUOTES_SHOWN]:
        lines += [f"> {escape(quote)}", ""]
    if len(quotes) > QUOTES_SHOWN:
        lines += [f"… e mais {plural(len(quotes) - QUOTES_SHOWN, 'resposta', 'respostas')}.", ""]
    return lines


def _nps(nps: JSON) -> list[str]:
    parts = (("promotores", "promoters"), ("neutros", "passives"), ("detratores", "detractors"))
    return [
        f"NPS **{number(nps.get('score'))}** ({', '.join(f'{number(nps.get(key))} {name}' for name, key in parts)})",
        "",
    ]


def _distribution(distribution: list[JSON]) -> list[str]:
    total = sum(item.get("count") or 0 for item in distribution)
    rows = []
    for item in distribution:
        count = item.get("count") or 0
        share = count / total if total else 0.0
        told = item["percent"] if is_number(item.get("percent")) else 100 * share
        rows.append([escape(shown(item.get("value"))), number(count), percent(told), bar(share)])
    return table(["Resposta", "Pessoas", "%", ""], rows, right=frozenset({1, 2}))


def _interview(statistics: JSON) -> list[str]:
    rows = [["Entrevistado", escape(statistics.get("lead_name") or "sem nome")]]
    rows.append(["Situação", STATUSES.get(str(statistics.get("status")), str(statistics.get("status")))])
    reason = statistics.get("end_reason")
    if reason and reason != statistics.get("status"):
        rows.append(["Encerramento", STATUSES.get(str(reason), escape(reason))])
    rows += [
        ["Início", moment(statistics.get("started_at"))],
        ["Conclusão", moment(statistics.get("completed_at"))],
        ["Duração", f"{number(statistics['minutes'])} min" if is_number(statistics.get("minutes")) else "–"],
        ["Mensagens", number(statistics.get("messages"))],
    ]
    lines = ["## Entrevista", "", *table(["", ""], rows), "## Respostas", ""]
    for place, answer in enumerate(statistics.get("answers") or [], start=1):
        lines += [f"### {place}. {escape(answer.get('text') or answer.get('key'))}", ""]
        status = answer.get("status")
        if status == "answered":
            value = escape(shown(answer.get("value")))
            lines += [f"**{value}**", ""]
            quote = answer.get("quote")
            if quote and escape(quote).casefold() != value.casefold():
                lines += [f"> {escape(quote)}", ""]
        else:
            lines += [f"*{STATUSES.get(str(status), str(status))}*", ""]
    return lines
