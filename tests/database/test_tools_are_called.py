"""Agents act through tools: rows that name a function, arguments that follow a schema, every call written down."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.database.builders import JSON, Tenant, World, refused
from tests.database.dialogues import Dialogue, agent, sub_agent

NEW_TOOL = """
create function agent_tools.favourite(arguments jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
    update public.leads as l
    set metadata = jsonb_set(l.metadata, '{profile}', coalesce(l.metadata -> 'profile', '{}') || arguments)
    where l.id = private.turn_lead_id();
    return '{"saved": true}';
end
$$;
comment on function agent_tools.favourite(jsonb) is 'Keeps what the lead likes best.';

grant create on schema agent_tools to renum_agent;
alter function agent_tools.favourite(jsonb) owner to renum_agent;
revoke all on function agent_tools.favourite(jsonb) from public;
grant execute on function agent_tools.favourite(jsonb) to postgres;
revoke create on schema agent_tools from renum_agent;

insert into public.tools (name, description, function_name, parameters_schema) values (
    'favourite', 'Guarda o produto preferido.', 'favourite',
    '{"type": "object", "required": ["favourite"], "properties": {"favourite": {"type": "string", "maxLength": 100}}}'
);
"""


@pytest.fixture
def dialogue(tenant: Tenant) -> Dialogue:
    """A lead of a tenant whose agent may call every tool."""
    agent(tenant)
    return Dialogue.of(tenant, email="ana@exemplo.com.br")


def test_a_migration_is_all_that_a_new_tool_needs(dialogue: Dialogue) -> None:
    """Function, owner, row: it is offered to the model and can be called, with no change anywhere else."""
    dialogue.world.all(NEW_TOOL)
    try:
        task = dialogue.begin("adoro brigadeiro")
        (offered,) = [tool for tool in task["work"]["tools"] if tool["name"] == "favourite"]
        assert offered["description"] == "Guarda o produto preferido."
        assert offered["parameters"]["required"] == ["favourite"]
        assert dialogue.call(task, "favourite", {"favourite": "brigadeiro"}) == {
            "verdict": "done",
            "result": {"saved": True},
        }
        assert dialogue.tenant.one("select metadata from public.leads where id = %s", dialogue.lead) == {
            "profile": {"favourite": "brigadeiro"}
        }
    finally:
        dialogue.world.all("drop function agent_tools.favourite(jsonb)")


def test_each_tool_does_what_it_says(dialogue: Dialogue) -> None:
    """Looked up, described, to be called back."""
    task = dialogue.begin("oi")
    found = dialogue.call(task, "look_up_lead")["result"]
    assert (found["name"], found["email"], found["callback"]) == ("Ana Lima", "ana@exemplo.com.br", None)
    changed = {"name": "Ana Souza", "email": "Ana@Souza.com.br", "profile": {"ramo": "padaria"}}
    assert dialogue.call(task, "update_lead", changed)["verdict"] == "done"
    assert dialogue.tenant.all("select name, email, metadata from public.leads where id = %s", dialogue.lead) == [
        ("Ana Souza", "ana@souza.com.br", {"profile": {"ramo": "padaria"}})
    ]
    when = dialogue.world.one(
        "select to_char((now() + interval '2 days') at time zone 'America/Sao_Paulo', 'YYYY-MM-DD') || 'T15:00'"
    )
    for note in ("preços", "preços e prazos"):
        outcome = dialogue.call(task, "schedule_callback", {"due_at": when, "note": note})
        assert outcome["result"]["scheduled_for"].endswith("15:00")
    assert dialogue.tenant.all("select note, status::text from public.callbacks") == [("preços e prazos", "open")]
    assert "pediu um retorno em" in dialogue.tenant.one(
        "select text from public.notifications where event = 'callback_requested'"
    )
    dialogue.world.setting("clock_offset_s", 3 * 86400)
    dialogue.world.all("select private.sweep()")
    dialogue.world.all("select private.sweep()")
    assert dialogue.tenant.all("select text from public.notifications where event = 'callback_due'") == [
        ("Está na hora de retornar para Ana Souza: preços e prazos.",)
    ]


def test_an_opt_out_by_tool_stands_whatever_becomes_of_the_turn(dialogue: Dialogue) -> None:
    """Recorded at once and once; the turn answers with the goodbye."""
    task = dialogue.begin("chega")
    for _ in range(2):
        assert dialogue.call(task, "register_opt_out")["result"] == {"opted_out": True}
    assert dialogue.tenant.one("select opted_out_at is not null from public.leads where id = %s", dialogue.lead)
    assert dialogue.tenant.one("select count(*) from public.consents where not granted") == 1
    assert dialogue.answer(task, "Até mais").startswith("Tudo bem, você não vai mais")


def test_a_call_that_is_repeated_is_made_once(dialogue: Dialogue) -> None:
    """Its answer got lost: the same call hears the same again, even a refusal."""
    task = dialogue.begin("oi")
    calls = [dialogue.call(task, "hand_over", {"reason": "x"}, call_id="0.1") for _ in range(3)]
    assert calls == [{"verdict": "done", "result": {"handed_over": True}}] * 3
    assert dialogue.world.one("select count(*) from private.intents") == 1
    refusals = [dialogue.call(task, "hand_over", {}, call_id="0.2") for _ in range(2)]
    assert refusals == [{"verdict": "refused", "error": "arguments.reason is missing"}] * 2
    assert dialogue.tenant.one("select count(*) from public.tool_calls") == 2


@pytest.mark.parametrize(
    ("tool", "arguments", "why"),
    [
        ("voar", {}, "there is no such tool for this agent"),
        ("update_lead", {}, "arguments must have 1 to 1000 names"),
        ("update_lead", {"nome": "Ana"}, "arguments.nome is not known"),
        ("update_lead", {"name": 3}, "arguments.name must be of type string"),
        ("update_lead", {"name": ""}, "arguments.name must have 1 to 200 characters"),
        ("update_lead", {"email": "ana"}, "arguments.email must be an e-mail address"),
        ("update_lead", {"profile": {"a": {"b": 1}}}, "arguments.profile.a must be of type string"),
        ("update_lead", {"name": "x" * 20000}, "the arguments are too long"),
        ("schedule_callback", {"due_at": "amanhã"}, "arguments.due_at must be a time such as"),
        ("schedule_callback", {"due_at": "2020-01-01T10:00"}, "due_at must lie within the next 90 days"),
        ("schedule_callback", {"due_at": "2027-13-45T99:99"}, "the tool failed"),
        ("open_interview", {"project": "Nenhum"}, "there is no running survey"),
    ],
)
def test_what_a_tool_refuses_is_told_to_the_model(dialogue: Dialogue, tool: str, arguments: JSON, why: str) -> None:
    """As a sentence, written down, and the turn goes on."""
    task = dialogue.begin("oi")
    outcome = dialogue.call(task, tool, arguments)
    assert outcome["verdict"] == "refused"
    assert outcome["error"].startswith(why)
    assert dialogue.tenant.all("select tool, result, error from public.tool_calls") == [(tool, None, outcome["error"])]
    assert dialogue.answer(task) == "Certo!"


def test_a_tool_that_breaks_does_not_take_the_turn_with_it(dialogue: Dialogue) -> None:
    """Nor does it tell the model what the row held."""
    dialogue.world.all(NEW_TOOL.replace("return '{\"saved\": true}'", "return (1 / 0)::text::jsonb"))
    try:
        task = dialogue.begin("oi")
        outcome = dialogue.call(task, "favourite", {"favourite": "bolo"})
        assert outcome == {"verdict": "refused", "error": "the tool failed (22012)"}
        assert dialogue.tenant.one("select metadata from public.leads where id = %s", dialogue.lead) == {}
        assert dialogue.answer(task) == "Certo!"
    finally:
        dialogue.world.all("drop function agent_tools.favourite(jsonb)")


def test_a_turn_has_so_many_calls_and_no_more(tenant: Tenant) -> None:
    """By the agent's limits."""
    agent(tenant, conversation={"limits": {"tool_calls": 2}})
    dialogue = Dialogue.of(tenant)
    task = dialogue.begin("oi")
    verdicts = [dialogue.call(task, "look_up_lead")["verdict"] for _ in range(3)]
    assert verdicts == ["done", "done", "refused"]


def test_an_agent_calls_the_tools_it_was_given(tenant: Tenant) -> None:
    """The agent those it names; a specialist those of its own list; none that is switched off."""
    specialist = sub_agent(tenant.world, "agenda", ["schedule_callback"])
    stranger = sub_agent(tenant.world, "outro", ["update_lead"])
    agent(tenant, conversation={"tools": ["look_up_lead", "hand_over"], "sub_agents": ["agenda"]})
    dialogue = Dialogue.of(tenant)
    task = dialogue.begin("oi")
    assert task["work"]["own_tools"] == ["hand_over", "look_up_lead"]
    assert task["work"]["sub_agents"][0]["tools"] == ["schedule_callback"]
    assert {tool["name"] for tool in task["work"]["tools"]} == {"hand_over", "look_up_lead", "schedule_callback"}
    tried: list[tuple[str, str | None]] = [
        ("look_up_lead", None),
        ("update_lead", None),
        ("look_up_lead", specialist),
        ("update_lead", stranger),
    ]
    outcomes = [dialogue.call(task, tool, sub_agent_id=who)["verdict"] for tool, who in tried]
    assert outcomes == ["done", "refused", "refused", "refused"]
    tenant.world.all("update public.tools set active = false where name = 'look_up_lead'")
    assert dialogue.call(task, "look_up_lead")["verdict"] == "refused"


@pytest.mark.parametrize(
    "flaw",
    [
        "alter function agent_tools.favourite(jsonb) owner to postgres",
        "alter function agent_tools.favourite(jsonb) security invoker",
        "alter function agent_tools.favourite(jsonb) rename to other",
    ],
)
def test_a_function_that_is_not_the_agents_is_not_called(dialogue: Dialogue, flaw: str) -> None:
    """One whose owner was forgotten would run as postgres, whom no policy binds."""
    dialogue.world.all(NEW_TOOL)
    dialogue.world.all(flaw)
    try:
        task = dialogue.begin("oi")
        outcome = dialogue.call(task, "favourite", {"favourite": "x"})
        assert outcome["error"] == "the tool cannot be called: its function is not as an agent's must be"
    finally:
        dialogue.world.all("drop function if exists agent_tools.favourite(jsonb), agent_tools.other(jsonb)")


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"type": "object", "patternProperties": {}}, "patternProperties is not understood here"),
        ({"type": "object", "properties": {"a": {"type": "any"}}}, "parameters_schema.a.type must be one of"),
        ({"type": "object", "properties": {"a": {"pattern": "x"}}}, "parameters_schema.a.pattern is not understood"),
        ({"type": "object", "required": "a"}, "parameters_schema.required must be a list of names"),
        ({"type": "object", "properties": []}, "parameters_schema.properties must be an object"),
        ({"type": "object", "properties": {"a": {"enum": []}}}, "parameters_schema.a.enum must be a list"),
        ({"type": "object", "properties": {"a": {"items": {"format": "uri"}}}}, "parameters_schema.a[].format must be"),
    ],
)
def test_a_schema_that_nobody_would_check_is_not_written(world: World, schema: JSON, problem: str) -> None:
    """A word that is not understood would be a check that nobody makes."""
    with pytest.raises(psycopg.Error) as error:
        world.all(
            "insert into public.tools (name, description, function_name, parameters_schema) values ('t', '', 't', %s)",
            schema,
        )
    assert problem in refused(error.value)


@pytest.mark.parametrize(
    ("value", "schema", "problem"),
    [
        (3, {"type": "integer", "minimum": 1, "maximum": 3}, None),
        (3.5, {"type": "integer"}, "arguments must be of type integer"),
        (4, {"type": "number", "maximum": 3}, "arguments must be between any and 3"),
        ("b", {"enum": ["a", "b"]}, None),
        ("c", {"enum": ["a", "b"]}, 'arguments must be one of ["a", "b"]'),
        ([1, "x"], {"type": "array", "items": {"type": "number"}}, "arguments[2] must be of type number"),
        ([], {"type": "array", "minItems": 1}, "arguments must have 1 to any number of items"),
        (
            {"a": {"b": "x"}},
            {"type": "object", "properties": {"a": {"type": "object", "properties": {}}}},
            "arguments.a.b",
        ),
        ({"x": 1}, {"type": "object", "additionalProperties": True}, None),
        ("2027-01-31T10:00:00-03:00", {"type": "string", "format": "date-time"}, None),
        ("31/01/2027", {"type": "string", "format": "date"}, "arguments must be a date such as 2027-01-31"),
        ("não", {"type": "string", "format": "uuid"}, "arguments must be a UUID"),
        (None, {"type": "string"}, "arguments must be of type string"),
        (True, {"type": "boolean"}, None),
    ],
)
def test_arguments_follow_their_schema(world: World, value: Any, schema: JSON, problem: str | None) -> None:
    """Or the sentence says where they do not."""
    from psycopg.types.json import Jsonb

    said = world.one("select private.arguments_problem(%s, %s)", Jsonb(value), schema)
    assert (said is None) if problem is None else said.startswith(problem)


def test_calls_are_seen_by_their_own_client(dialogue: Dialogue, other: Tenant) -> None:
    """With arguments, result and duration."""
    task = dialogue.begin("oi")
    dialogue.call(task, "look_up_lead")
    (row,) = dialogue.tenant.all("select tool, arguments, error, duration_ms >= 0, turn_id from public.tool_calls")
    assert row == ("look_up_lead", {}, None, True, task["claim"])
    assert other.all("select * from public.tool_calls") == []
