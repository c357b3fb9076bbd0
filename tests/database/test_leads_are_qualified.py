"""Leads are qualified by rules in SQL: whose answers count, what they are worth, and what an agent cannot say."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.database.builders import JSON, Tenant, World
from tests.database.dialogues import Candidate, agent, under_lease

QUESTIONS: list[JSON] = [
    {"key": "empresa", "text": "Qual é o nome da sua empresa?", "type": "text"},
    {
        "key": "ramo",
        "text": "Qual é o ramo?",
        "type": "choice",
        "options": ["Clínica", "Vendas diretas", "Outro"],
        "score": [{"if": {"op": "in", "value": ["Clínica", "Vendas diretas"]}, "points": 20}],
    },
    {
        "key": "contatos",
        "text": "Quantas pessoas vocês atendem por mês?",
        "type": "number",
        "validation": {"min": 0, "integer": True},
        "score": [
            {"if": {"op": "gte", "value": 100}, "points": 10},
            {"if": {"op": "gte", "value": 1000}, "points": 20},
            {"if": {"op": "lt", "value": 10}, "points": -5},
        ],
    },
    {
        "key": "decide",
        "text": "É você quem decide?",
        "type": "yes_no",
        "must": {"op": "eq", "value": True},
        "score": [{"if": {"op": "eq", "value": True}, "points": 10}],
    },
    {"key": "email", "text": "Qual é o seu e-mail?", "type": "text"},
]
QUALIFICATION: JSON = {"questions": QUESTIONS, "threshold": 35, "interest": ["contratar", "preço"]}
CONVERSION: JSON = {"company": "empresa", "email": "email", "agent_type": {"default": "renus_base"}}
GOOD: JSON = {"empresa": "Clínica Sol", "ramo": "Clínica", "contatos": 150, "decide": "sim", "email": "ana@sol.com.br"}


def _verdict(world: World, **answers: Any) -> tuple[str, int, str | None]:
    known = {
        key: {"status": "refused"} if value is None else {"status": "answered", "value": value}
        for key, value in answers.items()
    }
    status, score, following = world.row(
        "select status::text, score, next_key from private.qualification_verdict(%s, %s)", QUALIFICATION, known
    )
    return status, int(score), following


ALL = {"empresa": "X", "ramo": "Clínica", "contatos": 150, "decide": True, "email": "a@b.com.br"}


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, ("open", 0, "empresa")),
        ({"empresa": "X"}, ("open", 0, "ramo")),
        ({"ramo": "Clínica"}, ("open", 20, "empresa")),
        ({"empresa": "X", "ramo": "Clínica"}, ("open", 20, "contatos")),
        (ALL, ("qualified", 40, None)),
        ({**ALL, "contatos": 1000}, ("qualified", 60, None)),
        ({**ALL, "contatos": 99}, ("not_qualified", 30, None)),
        ({**ALL, "contatos": 9}, ("not_qualified", 25, None)),
        ({**ALL, "contatos": 100}, ("qualified", 40, None)),
        ({**ALL, "ramo": "Outro"}, ("not_qualified", 20, None)),
        ({**ALL, "ramo": "Outro", "contatos": 5000}, ("qualified", 40, None)),
        ({**ALL, "ramo": "Vendas diretas"}, ("qualified", 40, None)),
        # A must that fails decides at once, whatever is still open; so does one that was refused.
        ({"decide": False}, ("not_qualified", 0, None)),
        ({"decide": None}, ("not_qualified", 0, None)),
        ({**ALL, "contatos": 5000, "decide": False}, ("not_qualified", 50, None)),
        # 20 + 10 of what is open at most: 35 cannot be reached any more.
        ({"contatos": 50}, ("not_qualified", 0, None)),
        ({"contatos": None}, ("not_qualified", 0, None)),
        # 30 + 10 can.
        ({"ramo": "Outro", "contatos": 1000}, ("open", 30, "empresa")),
        ({"ramo": None, "contatos": 1000, "decide": True}, ("open", 40, "empresa")),
        ({"ramo": "Outro", "contatos": 100}, ("not_qualified", 10, None)),
        # A refused question is settled and brings nothing.
        ({**ALL, "empresa": None, "email": None}, ("qualified", 40, None)),
    ],
)
def test_answers_come_to_a_verdict(reader: World, answers: JSON, expected: tuple[str, int, str | None]) -> None:
    """The table of the rules above: points add up, a must decides, what is out of reach is not asked for."""
    assert _verdict(reader, **answers) == expected


@pytest.mark.parametrize(
    ("question", "most"),
    [
        ({"type": "text"}, 0),
        ({"type": "number", "score": [{"if": {"op": "lt", "value": 0}, "points": -5}]}, 0),
        (QUESTIONS[1], 20),
        (QUESTIONS[2], 30),
        ({**QUESTIONS[2], "validation": {"max": 999}}, 10),
        ({**QUESTIONS[2], "validation": {"min": 1000}}, 30),
        (
            {
                "type": "number",
                "score": [
                    {"if": {"op": "lt", "value": 5}, "points": 7},
                    {"if": {"op": "gt", "value": 5}, "points": 8},
                    {"if": {"op": "eq", "value": 5}, "points": 9},
                ],
            },
            9,
        ),
        (
            {
                "type": "number",
                "score": [
                    {"if": {"op": "gt", "value": 4}, "points": 3},
                    {"if": {"op": "lt", "value": 5}, "points": 4},
                ],
            },
            7,
        ),
        ({"type": "yes_no", "score": [{"if": {"op": "ne", "value": True}, "points": 4}]}, 4),
        (
            {
                "type": "choice",
                "options": ["a", "b"],
                "score": [
                    {"if": {"op": "eq", "value": "a"}, "points": 3},
                    {"if": {"op": "ne", "value": "a"}, "points": 2},
                ],
            },
            3,
        ),
        ({"type": "text", "score": [{"if": {"op": "ne", "value": "x"}, "points": 2}]}, 2),
    ],
)
def test_the_most_a_question_can_bring_is_known(reader: World, question: JSON, most: int) -> None:
    """Rules that exclude each other are not added up; fractions between two values count."""
    assert reader.one("select private.most_points(%s)", question) == most


def test_a_question_passed_over_is_not_missed(reader: World) -> None:
    """skip_if is honoured: neither its must nor its points count, and it is not the next one."""
    questions = [
        QUESTIONS[1],
        {**QUESTIONS[3], "skip_if": {"key": "ramo", "op": "eq", "value": "Clínica"}},
    ]
    row = reader.row(
        "select status::text, score, next_key from private.qualification_verdict(%s, %s)",
        {"questions": questions, "threshold": 20},
        {"ramo": {"status": "answered", "value": "Clínica"}},
    )
    assert row == ("qualified", 20, None)


def test_the_tool_asks_what_is_next_and_says_what_is_wrong(tenant: Tenant) -> None:
    """{} begins; several answers may come at once; a wrong one is told in the lead's language; no points are told."""
    agent(tenant, qualification=QUALIFICATION, conversion=CONVERSION)
    dialogue = Candidate.begun(tenant)
    task = dialogue.begin("quero contratar")
    assert task["work"]["qualification"] == {"status": "none", "question": None, "interest": ["contratar", "preço"]}
    assert "qualification" not in task["work"]["agent"]["config"]
    first = dialogue.qualify(task)
    assert first == {
        "status": "open",
        "problems": {},
        "question": {"key": "empresa", "text": "Qual é o nome da sua empresa?", "type": "text", "validation": {}},
    }
    said = dialogue.qualify(task, empresa="Clínica Sol", contatos="muitas", ramo="Clinica", nada=1)
    assert said["problems"] == {
        "contatos": "Preciso de um número inteiro a partir de 0.",
        "nada": "Esta pergunta não existe.",
    }
    assert said["question"]["key"] == "contatos"
    dialogue.decide(task)
    task = dialogue.begin("são 150")
    assert task["work"]["qualification"]["status"] == "open"
    assert task["work"]["qualification"]["question"]["key"] == "contatos"
    assert "score" not in str(task["work"]["qualification"])
    assert dialogue.qualify(task, contatos={"value": "150", "quote": "são 150"})["question"]["key"] == "decide"
    said = dialogue.qualify(task, decide="sim", email="é ana arroba sol")
    assert said["problems"] == {"email": "Pode me passar um e-mail completo, como nome@empresa.com.br?"}
    assert said["question"]["validation"] == {"format": "email"}
    assert dialogue.qualify(task, email="pode anotar: Ana@Sol.com.br.") == {"status": "qualified", "score": 40}
    row = tenant.world.row(
        "select status::text, score, threshold, reason, answers, renus_config_version, decided_at is not null"
        " from public.qualifications"
    )
    assert row[:4] == ("qualified", 40, 35, None)
    assert row[4]["email"] == {"status": "answered", "value": "ana@sol.com.br"}
    assert row[4]["contatos"] == {"status": "answered", "value": 150, "quote": "são 150"}
    assert row[5:] == (1, True)


def test_nothing_valid_in_three_turns_counts_as_refused(tenant: Tenant) -> None:
    """However often the tool is called within a turn; after that a must decides."""
    agent(tenant, qualification=QUALIFICATION)
    dialogue = Candidate.begun(tenant)
    for expected in ("open", "open", "not_qualified"):
        task = dialogue.begin("talvez")
        dialogue.qualify(task, decide="talvez")
        assert dialogue.qualify(task, decide="hmm")["status"] == expected
        dialogue.decide(task)
    reason = tenant.one("select reason from public.qualifications")
    assert reason == "Ficou sem resposta uma pergunta decisiva: “É você quem decide?”"


def test_what_is_decided_stays(tenant: Tenant) -> None:
    """Neither the lead nor the model talks it over again until the days have passed; then it is a new one."""
    agent(tenant, qualification=QUALIFICATION)
    dialogue, world = Candidate.begun(tenant), tenant.world
    task = dialogue.begin("oi")
    refusal = dialogue.qualify(task, decide=False)
    assert refusal["status"] == "not_qualified"
    assert dialogue.qualify(task, **GOOD) == refusal
    dialogue.decide(task)
    world.all("update private.settings set value = '2592000' where key = 'clock_offset_s'")
    task = dialogue.begin("e agora?")
    assert task["work"]["qualification"]["status"] == "none"
    assert dialogue.qualify(task, **GOOD) == {"status": "qualified", "score": 40}
    assert world.all("select status::text from public.qualifications order by created_at") == [
        ("not_qualified",),
        ("qualified",),
    ]


def test_an_agent_without_questions_has_no_such_tool(tenant: Tenant) -> None:
    """It is neither offered nor run."""
    agent(tenant)
    dialogue = Candidate.begun(tenant)
    task = dialogue.begin("quero contratar")
    assert task["work"]["qualification"] is None
    assert "qualify" not in task["work"]["own_tools"]
    assert dialogue.call(task, "qualify")["verdict"] == "refused"


FORGERIES = [
    "update public.qualifications set score = 100",
    "update public.qualifications set status = 'qualified'",
    "update public.qualifications set answers = '{}'",
    "update public.qualifications set threshold = 0, proposed = '{}'",
    "insert into public.qualifications (client_id, lead_id, score)"
    " values (private.turn_client_id(), private.turn_lead_id(), 100)",
    "delete from public.qualifications",
    "select score from public.qualifications",
    "insert into public.conversions (client_id, lead_id) values (private.turn_client_id(), private.turn_lead_id())",
    "insert into public.audit_log (action, subject_type, subject_id) values ('x', 'x', gen_random_uuid())",
    "update public.leads set qualified_at = now()",
    "select * from public.conversions",
]


@pytest.mark.parametrize("statement", FORGERIES)
def test_a_tool_cannot_forge_it(tenant: Tenant, statement: str) -> None:
    """What a lead might talk a tool into, had it been written carelessly: renum_agent may only propose answers."""
    agent(tenant, qualification=QUALIFICATION)
    dialogue = Candidate.begun(tenant)
    task = dialogue.begin("oi")
    dialogue.qualify(task)
    with tenant.world.connection.transaction(force_rollback=True):
        under_lease(tenant.world.connection, task["claim"])
        with pytest.raises(psycopg.Error, match="permission denied"):
            tenant.world.all(statement)


def test_the_rules_hold_even_where_everything_were_granted(tenant: Tenant) -> None:
    """Were the columns granted by mistake: the trigger takes the proposed answers and nothing else."""
    agent(tenant, qualification=QUALIFICATION)
    dialogue, world = Candidate.begun(tenant), tenant.world
    task = dialogue.begin("oi")
    dialogue.qualify(task)
    with world.connection.transaction(force_rollback=True):
        world.all("grant all on public.qualifications to renum_agent")
        under_lease(world.connection, task["claim"])
        world.all(
            "update public.qualifications set status = 'qualified', score = 99, threshold = 0, reason = 'x',"
            ' answers = %s, settled_at = now(), proposed = \'{"empresa": "Sol"}\'',
            {"decide": {"status": "answered", "value": True}},
        )
        row = world.row("select status::text, score, threshold, reason, answers, settled_at from public.qualifications")
    assert row == ("open", 0, 35, None, {"empresa": {"status": "answered", "value": "Sol"}}, None)


def test_a_tool_reaches_no_other_leads_row(tenant: Tenant, other: Tenant) -> None:
    """Nor one of another client: they are not there for it; without a live lease nothing is."""
    world = tenant.world
    agent(tenant, qualification=QUALIFICATION)
    agent(other, qualification=QUALIFICATION)
    first, second, third = Candidate.begun(tenant), Candidate.begun(tenant), Candidate.begun(other)
    for dialogue in (second, third):
        dialogue.qualify(dialogue.begin("oi"))
    task = first.begin("oi")
    stranger = third.lead
    touch = 'update public.qualifications set proposed = \'{"empresa": "Sol"}\''
    put = "insert into public.qualifications (client_id, lead_id, proposed) values (%s, %s, '{}')"
    with world.connection.transaction():
        under_lease(world.connection, task["claim"])
        assert world.touched(touch) == 0
        # Whose it says it is does not matter: it becomes the turn's lead's.
        world.all(put, other.id, stranger)
        assert world.touched(touch) == 1
        with pytest.raises(psycopg.errors.UniqueViolation), world.connection.transaction():
            world.all(put, other.id, stranger)
    with world.connection.transaction():
        under_lease(world.connection, "00000000-0000-4000-8000-000000000000")
        assert world.touched(touch) == 0
        with pytest.raises(psycopg.Error, match="row-level security"), world.connection.transaction():
            world.all(put, other.id, stranger)
    assert world.all("select lead_id from public.qualifications where answers <> '{}'") == [(first.lead,)]
