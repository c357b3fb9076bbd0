"""A qualification that cannot work is refused when it is written, with a sentence that says where."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import psycopg
import pytest

from tests.database.builders import JSON, Tenant, refused
from tests.database.test_leads_are_qualified import CONVERSION, QUALIFICATION, QUESTIONS

RAMO = QUESTIONS[1]


def _with(part: str, **changes: Any) -> JSON:
    """The whole config with one part changed; None takes a key away."""
    whole: JSON = deepcopy({"qualification": QUALIFICATION, "conversion": CONVERSION})
    for key, value in changes.items():
        if value is None:
            del whole[part][key]
        else:
            whole[part][key] = value
    return whole


def _asking(**changes: Any) -> JSON:
    return _with("qualification", questions=[{**QUESTIONS[2], **changes}, QUESTIONS[0], QUESTIONS[4]], threshold=0)


def _rule(op: Any, value: Any, points: Any = 1) -> JSON:
    return {"if": {"op": op, "value": value}, "points": points}


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"qualification": []}, "qualification must be an object"),
        (_with("qualification", limit=3), "qualification.limit is not known"),
        (_with("qualification", questions=[]), "qualification.questions must be a list of 1 to 30 questions"),
        (_with("qualification", questions=None), "qualification.questions must be a list of 1 to 30 questions"),
        (
            _with("qualification", questions=[{"key": "x"}]),
            "qualification: question x has no text",
        ),
        (
            _with("qualification", questions=[*QUESTIONS, RAMO]),
            "qualification: question key ramo is used twice",
        ),
        (
            _with("qualification", questions=[{**QUESTIONS[0], "skip_if": {"key": "ramo", "op": "eq", "value": 1}}]),
            "qualification: question empresa: skip_if.key must name an earlier question",
        ),
        (_asking(score={}), "qualification: question contatos: score must be a list of at most 50 rules"),
        (
            _asking(score=[{"points": "3"}]),
            'qualification: question contatos: score: each rule must be {"if": {"op", "value"}, "points": number}',
        ),
        (
            _asking(score=[{"points": 3}]),
            'qualification: question contatos: score: it must be {"op", "value"}',
        ),
        (
            _asking(score=[_rule("gte", 1, 1001)]),
            "qualification: question contatos: score: points must be between -1000 and 1000",
        ),
        (
            _asking(score=[_rule("not_answered", 1)]),
            "qualification: question contatos: score: op must be one of eq, ne, lt, lte, gt, gte, in",
        ),
        (_asking(score=[_rule("eq", None)]), "qualification: question contatos: score: value is missing"),
        (
            _asking(score=[_rule("gte", "100")]),
            'qualification: question contatos: score: value "100" is no answer to a question of type number',
        ),
        (
            _asking(score=[_rule("in", 3)]),
            "qualification: question contatos: score: value must be a list of 1 to 100 for in",
        ),
        (
            _asking(must=_rule("in", [1, "2"])["if"]),
            'qualification: question contatos: must: value "2" is no answer to a question of type number',
        ),
        (
            _with("qualification", questions=[{**RAMO, "score": [_rule("eq", "Padaria")]}]),
            'qualification: question ramo: score: value "Padaria" is none of the question\'s options',
        ),
        (
            _with("qualification", questions=[{**RAMO, "must": {"op": "gt", "value": 1}}]),
            "qualification: question ramo: must: gt compares numbers, and the question is of type choice",
        ),
        (_with("qualification", threshold="35"), "qualification.threshold must be a number"),
        (_with("qualification", threshold=None), "qualification.threshold must be a number"),
        (
            _with("qualification", threshold=61),
            "qualification.threshold is 61, and the questions bring at most 60 points",
        ),
        (
            _with("qualification", interest=["x"]),
            "qualification.interest must be a list of at most 50 words of 2 to 60 characters",
        ),
        (
            _with("qualification", said_when_not=3),
            "qualification.said_when_not must be a text of at most 1000 characters",
        ),
        (
            {"conversion": CONVERSION},
            "conversion needs qualification: its questions bring the company and the address",
        ),
        ({**_with("conversion"), "conversion": "x"}, "conversion must be an object"),
        (_with("conversion", owner="email"), "conversion.owner is not known"),
        (_with("conversion", company=None), "conversion.company must be the key of a question in qualification"),
        (_with("conversion", email="mail"), "conversion.email must be the key of a question in qualification"),
        (
            _with("conversion", email="ramo"),
            "conversion.email must name a question of type text, and ramo is of type choice",
        ),
        (_with("conversion", email="empresa"), "conversion.company and conversion.email must be two questions"),
        (_with("conversion", plan="gold"), "conversion.plan must be one of basic, pro, enterprise"),
        (
            _with("conversion", agent_type="clinica"),
            'conversion.agent_type must be {"question": key, "map": {answer: agent type}, "default"?: agent type}',
        ),
        (_with("conversion", agent_type={}), "conversion.agent_type needs a question or a default"),
        (
            _with("conversion", agent_type={"default": "padaria"}),
            "conversion.agent_type: padaria is no agent type; there are renus_base, mmn, vereador, clinica",
        ),
        (
            _with("conversion", agent_type={"question": "decide", "default": "mmn"}),
            "conversion.agent_type.question must be the key of a question of type choice",
        ),
        (
            _with("conversion", agent_type={"question": "ramo", "map": {"Loja": "mmn"}, "default": "mmn"}),
            "conversion.agent_type.map: 'Loja' is none of the options of ramo",
        ),
        (
            _with("conversion", agent_type={"question": "ramo", "map": {"Clínica": "clinica", "Outro": "mmn"}}),
            "conversion.agent_type.map says nothing of the option 'Vendas diretas', and there is no default",
        ),
        (_with("conversion", project={"status": "active"}), "conversion.project may have name, type and config"),
        (
            _with("conversion", project={"name": " "}),
            "conversion.project.name must be a text of 1 to 200 characters",
        ),
        (
            _with("conversion", project={"type": "poll"}),
            "conversion.project.type must be one of survey, campaign, support",
        ),
        (
            _with("conversion", project={"config": {"questionnaire": {"questions": []}}}),
            "conversion.project.config: questionnaire.questions must be a list of 1 to 100 questions",
        ),
        (
            _with(
                "conversion",
                agent_type={"default": "vereador"},
                project={
                    "config": {
                        "questionnaire": {
                            "questions": [{"key": "voto", "text": "Em quem você vai votar?", "type": "text"}]
                        }
                    }
                },
            ),
            "conversion.project.config: question voto asks what an agent of type vereador may not ask",
        ),
    ],
)
def test_a_config_that_cannot_work_is_refused(tenant: Tenant, config: JSON, sentence: str) -> None:
    """As the owner who writes it reads it."""
    with pytest.raises(psycopg.Error) as error:
        tenant.one("insert into public.renus_config (config) values (%s) returning id", config)
    assert refused(error.value) == f"renus_config.config: {sentence}"
    assert error.value.sqlstate == "22023"


@pytest.mark.parametrize(
    "config",
    [
        _with("qualification"),
        _with("qualification", threshold=60),
        _with("qualification", threshold=-5),
        _with("qualification", said_when_qualified="Oba!", said_when_not="Que pena."),
        _with("conversion", agent_type={"question": "ramo", "map": {"Clínica": "clinica"}, "default": "renus_base"}),
        _with("conversion", project={"name": "Pesquisa da {{company}}", "type": "campaign", "config": {}}, plan="pro"),
        _asking(must={"op": "in", "value": [1, 2]}),
    ],
)
def test_a_config_in_order_is_taken(tenant: Tenant, config: JSON) -> None:
    """And can be written again as it is."""
    made = tenant.one("insert into public.renus_config (config) values (%s) returning id", config)
    assert (
        tenant.one("update public.renus_config set config = %s where id = %s returning config", config, made) == config
    )
