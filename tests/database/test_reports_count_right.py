"""Reports: figures that were computed by hand, made again when something changed, saved only under their claim."""

from __future__ import annotations

import pytest

from tests.database.builders import JSON, Interview, Tenant, World

QUESTIONS: list[JSON] = [
    {
        "key": "nps",
        "text": "De 0 a 10?",
        "type": "scale",
        "validation": {"min": 0, "max": 10, "integer": True},
        "nps": True,
    },
    {"key": "volta", "text": "Você volta?", "type": "yes_no"},
    {
        "key": "motivo",
        "text": "Por quê?",
        "type": "text",
        "required": False,
        "skip_if": {"key": "volta", "op": "eq", "value": True},
    },
    {"key": "canal", "text": "Onde?", "type": "choice", "options": ["Loja", "Site", "Feira"]},
    {"key": "gasto", "text": "Quanto gasta?", "type": "number"},
]


def _people(tenant: Tenant) -> list[Interview]:
    """Seven invited leads of one project."""
    phones = [f"119610000{n:02}" for n in range(7)]
    leads = [tenant.lead(phone, f"Pessoa {n}") for n, phone in enumerate(phones)]
    tenant.start(project := tenant.project(QUESTIONS))
    tenant.world.complete(*tenant.world.claim("default"))
    rows = {
        lead: (interview, thread)
        for lead, interview, thread in tenant.all("select lead_id, id, thread_id from public.interviews")
    }
    return [
        Interview(tenant, rows[lead][0], lead, project, rows[lead][1], "55" + phone)
        for lead, phone in zip(leads, phones, strict=True)
    ]


def _everything(interview: Interview, **values: object) -> None:
    answers = [{"key": key, "value": value, "quote": str(value), "seq": 2} for key, value in values.items()]
    interview.turn("tudo de uma vez", answers=answers)


def _report(world: World, kind: str) -> JSON:
    tasks = world.claim("low_priority")
    (task,) = (task for task in tasks if task["work"]["kind"] == kind)
    return task


def _save(world: World, task: JSON) -> str:
    saved = world.worker(
        "save_report",
        report_id=task["id"],
        claim=task["claim"],
        summary="Resumo",
        markdown="# Relatório",
        model="offline",
        usage={"tokens": 1},
    )
    return str(saved["verdict"])


def test_the_figures_of_a_small_project(tenant: Tenant) -> None:
    """Seven leads: three complete, one in the middle, one opts out, one is cancelled, one never answers."""
    world = tenant.world
    one, two, three, middle, out, cancelled, _silent = _people(tenant)
    _everything(one, nps=10, volta=True, canal="Loja", gasto=100)
    _everything(two, nps=7, volta=False, motivo="Caro", canal="Site", gasto="250,50")
    three.turn("sem motivo", refused=["motivo"], answers=[
        {"key": key, "value": value, "quote": "", "seq": 2}
        for key, value in {"nps": 3, "volta": False, "canal": "Loja", "gasto": 40}.items()
    ])  # fmt: skip
    three.turn("não quero dizer", refused=["motivo"]) if three.state()[0] != "completed" else None
    _everything(middle, nps=9)
    out.turn("SAIR")
    tenant.all("update public.interviews set status = 'cancelled' where id = %s", cancelled.id)
    world.all(
        "update public.interviews set started_at = completed_at - interval '2 minutes' where status = 'completed'"
    )

    tenant.all("select public.request_report(%s)", one.project)
    figures = _report(world, "project")["work"]["statistics"]
    questions = {question["key"]: question for question in figures.pop("questions")}
    assert figures == {
        "invited": 7,
        "started": 4,
        "completed": 3,
        "opted_out": 1,
        "cancelled": 1,
        "expired": 0,
        "in_progress": 1,
        "unanswered": 1,
        "response_rate": 85.7,
        "completion_rate": 42.9,
        "median_minutes": 2.0,
    }
    assert questions["nps"] == {
        "key": "nps",
        "text": "De 0 a 10?",
        "type": "scale",
        "answered": 4,
        "refused": 0,
        "skipped": 0,
        "mean": 7.25,
        "median": 8,
        "min": 3,
        "max": 10,
        "distribution": [{"value": value, "count": 1} for value in (3, 7, 9, 10)],
        "nps": {"promoters": 2, "passives": 1, "detractors": 1, "score": 25},
    }
    assert questions["volta"]["distribution"] == [
        {"value": True, "count": 1, "percent": 33.3},
        {"value": False, "count": 2, "percent": 66.7},
    ]
    assert (questions["motivo"]["answered"], questions["motivo"]["refused"], questions["motivo"]["skipped"]) == (
        1,
        1,
        1,
    )
    assert questions["motivo"]["quotes"] == ["Caro"]
    assert questions["canal"]["distribution"] == [
        {"value": "Loja", "count": 2, "percent": 66.7},
        {"value": "Site", "count": 1, "percent": 33.3},
        {"value": "Feira", "count": 0, "percent": 0.0},
    ]
    gasto = questions["gasto"]
    assert (gasto["mean"], gasto["median"], gasto["min"], gasto["max"]) == (130.17, 100, 40, 250.5)
    assert "nps" not in gasto
    progress = tenant.all(
        "select leads, invited, in_progress, completed, opted_out, cancelled, unanswered, expired"
        " from public.project_progress"
    )
    assert progress == [(7, 7, 1, 3, 1, 1, 1, 0)]


def test_a_project_nobody_answered_has_figures_too(tenant: Tenant) -> None:
    """Zeros and nothing, no division by zero."""
    project = tenant.project(QUESTIONS)
    tenant.all("select public.request_report(%s)", project)
    figures = _report(tenant.world, "project")["work"]["statistics"]
    assert (figures["invited"], figures["response_rate"], figures["median_minutes"]) == (0, 0, None)
    assert figures["questions"][0]["mean"] is None
    assert figures["questions"][1]["distribution"][0] == {"value": True, "count": 0, "percent": 0}
    assert figures["questions"][2]["quotes"] == []


def test_a_question_that_changed_its_type_stops_no_report(tenant: Tenant, other: Tenant) -> None:
    """Words given to what is a number now are left out of its figures; other clients' reports are written."""
    interview = tenant.interview([{"key": "nota", "text": "Nota?", "type": "text"}])
    interview.answer("nota", "boa")
    changed = {"questionnaire": {"questions": [{"key": "nota", "text": "Nota?", "type": "number"}]}}
    tenant.all("update public.projects set config = %s", changed)
    tenant.all("select public.request_report(%s)", interview.project)
    other.all("select public.request_report(%s)", other.project())
    tasks = {(task["client_id"], task["work"]["kind"]): task["work"] for task in tenant.world.claim("low_priority")}
    assert (other.id, "project") in tasks
    (question,) = tasks[tenant.id, "project"]["statistics"]["questions"]
    assert (question["answered"], question["mean"], question["distribution"]) == (1, None, [])


def test_a_completed_interviews_report_is_written_and_read(tenant: Tenant, other: Tenant) -> None:
    """Queued by the completion; its answers in the questionnaire's order; JSON and Markdown for the client alone."""
    interview = tenant.interview()
    interview.turn("tudo", answers=[
        {"key": "nota", "value": 9, "quote": "um nove", "seq": 2},
        {"key": "motivo", "value": "preço", "quote": "preço", "seq": 2},
        {"key": "canal", "value": "site", "quote": "site", "seq": 2},
    ])  # fmt: skip
    task = _report(tenant.world, "interview")
    figures = task["work"]["statistics"]
    assert (figures["lead_name"], figures["status"], figures["end_reason"], figures["messages"]) == (
        "Ana Lima",
        "completed",
        "completed",
        3,
    )
    assert [(item["key"], item["value"], item["quote"]) for item in figures["answers"]] == [
        ("nota", 9, "um nove"),
        ("motivo", "preço", "preço"),
        ("canal", "Site", "site"),
    ]
    assert _save(tenant.world, task) == "saved"
    assert tenant.all("select status::text, stale, summary, statistics = %s from public.reports", figures) == [
        ("ready", False, "Resumo", True)
    ]
    assert tenant.one("select public.report_markdown(%s)", task["id"]) == "# Relatório"
    assert other.one("select public.report_markdown(%s)", task["id"]) is None


def test_a_report_is_saved_only_under_its_claim(tenant: Tenant) -> None:
    """A lost claim, a claim that was used, no claim at all: stale, and nothing is changed."""
    world = tenant.world
    project = tenant.project()
    tenant.all("select public.request_report(%s)", project)
    late = _report(world, "project")
    world.later(31)
    assert world.claim("low_priority") == [], "a crash is a failed attempt, and waits like one"
    world.later(1)
    task = _report(world, "project")
    assert task["attempt"] == 2
    assert _save(world, late) == "stale"
    assert tenant.one("select status::text from public.reports") == "writing"
    assert _save(world, task) == "saved"
    assert world.queued("low_priority") == 0
    for claim in (task["claim"], late["claim"], None):
        assert _save(world, {**task, "claim": claim}) == "stale"


def test_what_changes_while_it_is_written_makes_it_stale_again(tenant: Tenant) -> None:
    """It is written again, a project's no sooner than a minute after."""
    world = tenant.world
    interview = tenant.interview()
    tenant.all("select public.request_report(%s)", interview.project)
    task = _report(world, "project")
    interview.answer("nota", 9)
    world.one("select private.sweep()")
    assert _save(world, task) == "saved"
    assert tenant.all("select status::text, stale from public.reports") == [("ready", True)]
    world.one("select private.sweep()")
    assert world.claim("low_priority") == []
    world.later(61)
    world.one("select private.sweep()")
    again = _report(world, "project")
    assert again["work"]["statistics"]["in_progress"] == 1
    _save(world, again)
    assert tenant.one("select stale from public.reports") is False


def test_a_report_that_is_asked_for_is_written_now(tenant: Tenant) -> None:
    """Without the minute's wait; asked twice it is one task."""
    world = tenant.world
    project = tenant.project()
    for _ in range(2):
        tenant.all("select public.request_report(%s)", project)
        tenant.all("select public.request_report(%s)", project)
        assert world.queued("low_priority") == 1
        _save(world, _report(world, "project"))
    assert tenant.one("select count(*) from public.reports") == 1


def test_a_failed_report_is_tried_again_and_replayed(tenant: Tenant) -> None:
    """1, 5, 25 seconds, a dead letter; a replay or a new request has it written after all."""
    world = tenant.world
    project = tenant.project()
    tenant.all("select public.request_report(%s)", project)
    outcomes = []
    for wait in (1, 5, 25, 0):
        task = _report(world, "project")
        arguments = {"task": "report", "id": task["id"], "claim": task["claim"]}
        outcomes.append(world.worker("fail_task", **arguments, error={"code": "x", "message": "y"}, retryable=True))
        world.later(wait)
    assert [outcome["retry_in_ms"] for outcome in outcomes] == [1000, 5000, 25000, None]
    assert tenant.one("select status::text from public.reports") == "failed"
    world.one("select private.sweep()")
    assert world.claim("low_priority") == []
    tenant.all("select public.replay_failed_task(id) from public.failed_tasks")
    task = _report(world, "project")
    assert task["attempt"] == 1
    _save(world, task)
    assert tenant.all("select r.status::text, f.status::text from public.reports as r, public.failed_tasks as f") == [
        ("ready", "resolved")
    ]


def test_another_tenants_project_has_no_report(tenant: Tenant, other: Tenant) -> None:
    """Asked for by a stranger there is no such project."""
    project = tenant.project()
    with pytest.raises(Exception, match="there is no such project"):
        other.all("select public.request_report(%s)", project)
    assert tenant.one("select count(*) from public.reports") == 0
