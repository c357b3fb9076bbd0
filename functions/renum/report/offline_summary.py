"""The offline model's summary of a report: plain sentences built from the statistics, the same ones every time."""

from __future__ import annotations

from typing import Any

from renum.report.words import STATUSES, is_number, number, percent, plural, rate, shown

FEW = 5
"""Below this many answers the summary says that the figures are to be read with care."""


def summarise(data: dict[str, Any]) -> str:
    """Paragraphs for the data block of `report.prompts.summary_messages`."""
    statistics = data.get("statistics") or {}
    parts = _interview(statistics) if data.get("kind") == "interview" else _project(data, statistics)
    return "\n\n".join(part for part in parts if part)


def _project(data: dict[str, Any], statistics: dict[str, Any]) -> list[str]:
    name = str((data.get("project") or {}).get("name") or "A pesquisa")
    questions = statistics.get("questions") or []
    closed = [sentence for question in questions if (sentence := _sentence(question))]
    return [_participation(name, statistics), " ".join(closed), _voices(questions)]


def _participation(name: str, statistics: dict[str, Any]) -> str:
    invited, started = statistics.get("invited") or 0, statistics.get("started") or 0
    completed = statistics.get("completed") or 0
    if not invited:
        return f"{name}: ninguém foi convidado ainda."
    verb = "foi convidada" if invited == 1 else "foram convidadas"
    text = f"{name}: {plural(invited, 'pessoa', 'pessoas')} {verb}, "
    text += f"{number(started)} começaram a responder ({percent(rate(started, invited))}) "
    text += f"e {number(completed)} concluíram ({percent(rate(completed, invited))})."
    if statistics.get("unanswered"):
        text += f" {plural(statistics['unanswered'], 'pessoa não respondeu', 'pessoas não responderam')} ao convite."
    if statistics.get("opted_out"):
        text += (
            f" {plural(statistics['opted_out'], 'pessoa pediu', 'pessoas pediram')} para não receber mais mensagens."
        )
    if is_number(statistics.get("median_minutes")):
        text += f" Metade das entrevistas concluídas levou até {number(statistics['median_minutes'])} min."
    if 0 < completed < FEW:
        text += " Com tão poucas respostas, os números abaixo são só um indício."
    return text


def _sentence(question: dict[str, Any]) -> str:
    text, kind = str(question.get("text") or question.get("key")), question.get("type")
    answered = question.get("answered") or 0
    if kind == "text" or not answered:
        return ""
    told = f"Em “{text}”, com {plural(answered, 'resposta', 'respostas')}, "
    if kind in ("number", "scale") and is_number(question.get("mean")):
        told += f"a média foi {number(question['mean'], 2)} e a mediana {number(question.get('median'), 2)}"
        told += f" (de {number(question.get('min'), 2)} a {number(question.get('max'), 2)})"
        nps = question.get("nps")
        return told + (f", e o NPS ficou em {number(nps.get('score'))}." if isinstance(nps, dict) else ".")
    ranked = sorted(question.get("distribution") or [], key=lambda item: -(item.get("count") or 0))
    if not ranked or not ranked[0].get("count"):
        return ""
    top = [item for item in ranked if item["count"] == ranked[0]["count"]]
    names = " e ".join(f"“{shown(item.get('value'))}”" for item in top)
    lead = "houve empate entre" if len(top) > 1 else "a resposta mais comum foi"
    each = ", cada uma" if len(top) > 1 else ""
    count = top[0]["count"]
    return told + f"{lead} {names} ({plural(count, 'pessoa', 'pessoas')}{each}, {percent(rate(count, answered))})."


def _voices(questions: list[dict[str, Any]]) -> str:
    told = []
    for question in questions:
        quotes = [" ".join(str(quote).split()) for quote in question.get("quotes") or [] if str(quote).strip()]
        if question.get("type") == "text" and quotes:
            # The longest answers say most; the order they came in is kept.
            longest = sorted(quotes, key=lambda quote: -len(quote))[:3]
            said = "; ".join(f"“{quote[:180]}”" for quote in quotes if quote in longest)
            wrote = plural(len(quotes), "pessoa escreveu", "pessoas escreveram")
            told.append(f"Sobre “{question.get('text')}”, {wrote}, por exemplo: {said}.")
    return " ".join(told)


def _interview(statistics: dict[str, Any]) -> list[str]:
    answers = statistics.get("answers") or []
    answered = [answer for answer in answers if answer.get("status") == "answered"]
    refused = sum(answer.get("status") == "refused" for answer in answers)
    status = STATUSES.get(str(statistics.get("end_reason") or statistics.get("status")), "em andamento")
    count = plural(len(answered), "pergunta respondida", "perguntas respondidas")
    text = f"Entrevista {status}, com {count} de {number(len(answers))}"
    text += f" em {number(statistics['minutes'])} min." if is_number(statistics.get("minutes")) else "."
    if refused:
        text += f" Em {plural(refused, 'pergunta', 'perguntas')}, a pessoa preferiu não responder."
    told = "; ".join(
        f"“{answer.get('text') or answer.get('key')}”: {shown(answer.get('value'))}" for answer in answered
    )
    return [text, f"Respostas: {told}." if told else ""]
