"""projects.config: what is wrong is refused with a sentence that names it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.database.builders import JSON, QUESTIONS, Tenant, World, refused

TEXT: JSON = {"key": "a", "text": "A?", "type": "text"}
SCALE: JSON = {"key": "a", "text": "A?", "type": "scale", "validation": {"min": 0, "max": 10}}
CHOICE: JSON = {"key": "a", "text": "A?", "type": "choice", "options": ["Um", "Dois"]}


def asking(*questions: Any) -> JSON:
    return {"questionnaire": {"questions": list(questions)}}


def skipping(**rule: Any) -> JSON:
    return asking(TEXT, {**TEXT, "key": "b", "skip_if": rule})


REFUSED: list[tuple[Any, str]] = [
    ({"goal": 3}, "goal must be a text"),
    ({"audience": "all"}, "audience must be one of"),
    ({"audience": None}, "audience must be one of"),
    ({"audience": []}, "audience must be one of"),
    ({"audience": {}}, "audience must be one of"),
    ({"audience": {"all": False}}, "audience must be one of"),
    ({"audience": {"all": True, "lead_ids": []}}, "audience must be one of"),
    ({"audience": {"tag": "vip"}}, "audience must be one of"),
    ({"audience": {"all": True, "join_later": "yes"}}, "audience.join_later must be true or false"),
    ({"audience": {"lead_ids": ["Ana"]}}, "audience.lead_ids must be ids of leads"),
    ({"audience": {"lead_ids": [None]}}, "audience.lead_ids must be ids of leads"),
    ({"invitation": "convite"}, "invitation must be"),
    ({"invitation": {"template": 3}}, "invitation must be"),
    ({"questionnaire": None}, "questionnaire.questions must be a list of 1 to 100 questions"),
    ({"questionnaire": {"questions": {}}}, "questionnaire.questions must be a list of 1 to 100 questions"),
    (asking(), "questionnaire.questions must be a list of 1 to 100 questions"),
    (asking(*({**TEXT, "key": f"k{n}"} for n in range(101))), "questionnaire.questions must be a list of 1 to 100"),
    ({"questionnaire": {"questions": [TEXT], "closing": 1}}, "questionnaire.closing must be a text"),
    (asking("Qual?"), "each question must be an object"),
    (asking(None), "each question must be an object"),
    (asking({**TEXT, "key": "Nota"}), "question key 'Nota' must be lower-case letters"),
    (asking({**TEXT, "key": True}), "question key 'true' must be lower-case letters"),
    (asking({"text": "A?", "type": "text"}), "question key null must be lower-case letters"),
    (asking({**TEXT, "text": " "}), "question a has no text"),
    (asking({**TEXT, "text": {"pt": "A?"}}), "question a has no text"),
    (asking({**TEXT, "text": "x" * 1001}), "question a has a text of more than 1000 characters"),
    (asking({**TEXT, "type": "date"}), "question a has type 'date'; known types are"),
    (asking({"key": "a", "text": "A?"}), "question a has type null; known types are"),
    (asking({**TEXT, "type": "choice"}), "question a needs options: 2 to 20 texts"),
    (asking({**CHOICE, "options": ["Um"]}), "question a needs options: 2 to 20 texts"),
    (asking({**CHOICE, "options": ["Um", 2]}), "question a needs options: 2 to 20 texts"),
    (asking({**CHOICE, "options": "Um, dois"}), "question a needs options: 2 to 20 texts"),
    (asking({**CHOICE, "options": ["Não", "nao"]}), "question a has the same option twice"),
    (asking({**TEXT, "options": ["Um", "Dois"]}), "question a has options but is not of type choice"),
    (asking({**TEXT, "validation": []}), "question a has a validation that is not an object"),
    (asking({**TEXT, "validation": {"min": 1}}), "question a has validation min, which does not fit its type"),
    (asking({**SCALE, "validation": {"min": "0", "max": 10}}), "question a has validation min, which does not fit"),
    (asking({**TEXT, "validation": {"max_length": 1.5}}), "question a has validation max_length, which does not fit"),
    (asking({**TEXT, "validation": {"min_length": -1}}), "question a has validation min_length, which does not fit"),
    (asking({**TEXT, "validation": {"max_length": 1e20}}), "question a has validation max_length, which does not fit"),
    (asking({"key": "a", "text": "A?", "type": "scale"}), "question a is a scale and needs validation.min"),
    (asking({**SCALE, "validation": {"min": 5, "max": 1}}), "question a has a smallest value above its largest"),
    (asking({**TEXT, "required": "no"}), "question a: required must be true or false"),
    (asking({**TEXT, "nps": True}), "question a: nps is true or false, on a scale only"),
    (asking({**TEXT, "probes": 4}), "question a: probes must be 0 to 3"),
    (asking({**TEXT, "probes": None}), "question a: probes must be 0 to 3"),
    (asking(TEXT, TEXT), "question key a is used twice"),
    (asking(TEXT, {**TEXT, "key": "b", "skip_if": 1}), "question b: skip_if must be an object"),
    (skipping(key="c", op="eq", value=1), "question b: skip_if.key must name an earlier question"),
    (skipping(key="b", op="eq", value=1), "question b: skip_if.key must name an earlier question"),
    (skipping(key="a", op="like", value=1), "question b: skip_if.op must be one of"),
    (skipping(key="a", op="in", value=1), "question b: skip_if.value must be a list for in"),
    (skipping(key="a", op="lt", value="6"), "question b: skip_if.value must be a number for lt"),
    (skipping(key="a", op="eq"), "question b: skip_if.value is missing"),
]


@pytest.mark.parametrize(("config", "sentence"), REFUSED, ids=[f"{n}: {text}" for n, (_, text) in enumerate(REFUSED)])
def test_a_wrong_config_is_told_by_name(reader: World, config: JSON, sentence: str) -> None:
    """Each mistake is told as a sentence."""
    assert reader.one("select private.project_config_problem(%s)", config).startswith(sentence)


def test_a_wrong_config_is_refused(tenant: Tenant) -> None:
    """The sentence reaches who wrote it, and nothing is stored."""
    with pytest.raises(psycopg.errors.InvalidParameterValue) as told:
        tenant.one("insert into public.projects (name, config) values ('P', %s)", asking({**TEXT, "type": "date"}))
    assert refused(told.value).startswith("projects.config: question a has type 'date'; known types are")
    assert tenant.one("select count(*) from public.projects") == 0


def test_a_right_config_of_every_kind_is_taken(tenant: Tenant) -> None:
    """Everything that may be written is taken as it is, keys of other parts of the system included."""
    config = {
        "goal": "Saber",
        "audience": {"metadata": {"cidade": "Recife"}, "join_later": True},
        "invitation": {"template": "convite"},
        "future": {"anything": 1},
        "questionnaire": {
            "closing": "Valeu!",
            "questions": [
                *QUESTIONS,
                {"key": "idade", "text": "Idade?", "type": "number", "validation": {"min": 18}, "required": False},
                {
                    "key": "volta",
                    "text": "Volta?",
                    "type": "yes_no",
                    "skip_if": {"key": "canal", "op": "in", "value": ["Site"]},
                },
                {"key": "porque", "text": "E?", "type": "text", "skip_if": {"key": "volta", "op": "not_answered"}},
            ],
        },
    }
    project = tenant.one("insert into public.projects (name, config) values ('P', %s) returning id", config)
    assert tenant.one("select config from public.projects where id = %s", project) == config


def test_a_change_is_checked_as_well(tenant: Tenant) -> None:
    """A project cannot be made wrong later."""
    project = tenant.project()
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="goal must be a text"):
        tenant.all("update public.projects set config = config || '{\"goal\": []}' where id = %s", project)


@pytest.mark.parametrize("config", ["[]", '"x"', "null", '["questionnaire"]'])
def test_a_config_that_is_no_object_is_refused(tenant: Tenant, config: str) -> None:
    """A list or a text instead of the object is refused, never a failure further on."""
    with pytest.raises((psycopg.errors.CheckViolation, psycopg.errors.InvalidParameterValue)):
        tenant.one("insert into public.projects (name, config) values ('P', %s::jsonb)", config)


def test_a_project_starts_only_with_what_it_needs(tenant: Tenant) -> None:
    """The refusal names what is missing: the questionnaire, the account, the template."""
    empty = tenant.one("insert into public.projects (name) values ('P') returning id")
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=r"a survey needs projects\.config\.questionnaire"):
        tenant.start(empty)

    named = tenant.project(invitation={"template": "outro"})
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="there is no approved template named outro"):
        tenant.start(named)

    project = tenant.project()
    tenant.all("update public.message_templates set status = 'paused' where name = 'convite'")
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="is paused by the provider"):
        tenant.start(project)

    tenant.all("update public.channel_accounts set status = 'disconnected'")
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="the client has no active WhatsApp account"):
        tenant.start(project)
    tenant.all("update public.projects set channel_account_id = %s where id = %s", tenant.account, project)
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="the client has no active WhatsApp account"):
        tenant.start(project)


def test_a_running_project_keeps_what_it_needs(tenant: Tenant, other: Tenant) -> None:
    """Its questionnaire cannot be taken away, its number only exchanged; nobody else's work stops meanwhile."""
    world = tenant.world
    tenant.lead()
    tenant.start(project := tenant.project(audience={"all": True, "join_later": True}))
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=r"a survey needs projects\.config\.questionnaire"):
        tenant.all("update public.projects set config = '{}' where id = %s", project)
    tenant.all("update public.projects set channel_account_id = null where id = %s", project)
    tenant.lead()
    world.one("select private.sweep()")
    assert len(world.claim("default")) == 2
    other.lead()
    other.start(other.project())
    assert [task["client_id"] for task in world.claim("default")] == [other.id]
