"""The function isa beside the real database: admins read at once and change by a token; nobody else gets anything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from devstack.demo.access import Row
from tests.stack import Stack, until
from tests.system.people import Everybody, Person, new_person
from tests.system.survey import Survey
from tests.unit.test_isa_understands_portuguese import COUNTED, PLANNED, SHOWN

COMMANDS = [command for command, _ in [*SHOWN[::3], *COUNTED[::3], *PLANNED[::2]]]


def isa(person: Person, **body: Any) -> httpx.Response:
    """One call of the function."""
    headers = {"Authorization": f"Bearer {person.token}"} if person.token else {}
    return person.stack.http.post(f"{person.stack.access.functions_url}/isa", headers=headers, json=body)


def told(person: Person, command: str) -> Row:
    """The answer to a command that must be answered."""
    answer = isa(person, command=command)
    assert answer.status_code == 200, answer.text
    found: Row = answer.json()
    return found


def planned(person: Person, command: str) -> Row:
    """The answer to a command that must be planned."""
    answer = told(person, command)
    assert answer["token"], answer["reply"]
    assert answer["plan"]["text"] in answer["reply"]
    return answer


def done(person: Person, command: str) -> Row:
    """Commands, confirms, and returns what came of it."""
    answer = isa(person, token=planned(person, command)["token"])
    assert answer.status_code == 200, answer.text
    found: Row = answer.json()
    return found


def world(stack: Stack, *client_ids: str) -> list[Row]:
    """What acts could change, as digests."""
    return stack.rows(
        "select 'p' as t, id::text, md5(p::text) from public.projects as p where client_id = any(%s::uuid[])"
        " union all select 'l', id::text, md5(l::text) from public.leads as l where client_id = any(%s::uuid[])"
        " union all select 'c', id::text, md5(c::text) from public.clients as c where id = any(%s::uuid[])"
        " union all select 'i', id::text, md5(i::text) from public.interviews as i where client_id = any(%s::uuid[])"
        " union all select 'f', id::text, md5(f::text) from public.failed_tasks as f where client_id = any(%s::uuid[])"
        " union all select 'd', id::text, '' from public.deliveries as d where client_id = any(%s::uuid[])"
        " order by 1, 2",
        *[list(client_ids)] * 6,
    )


def command_row(stack: Stack, answer: Row) -> Row:
    """The command's row in isa_commands."""
    (row,) = stack.rows("select * from public.isa_commands where id = %s", answer["id"])
    return row


@pytest.fixture(scope="module")
def boss(people: Everybody) -> Person:
    """An admin."""
    return people.admin


@pytest.fixture(scope="module")
def second(stack: Stack) -> Person:
    """Another admin."""
    person = new_person(stack, "a second admin")
    stack.rows("update public.profiles set role = 'admin' where id = %s", person.profile_id)
    return person


def test_everything_is_found_and_shown(boss: Person, school: Survey) -> None:
    """Clients, projects, leads by name and number, interviews, conversations, messages, dead letters."""
    (lead,) = boss.rows(f"/leads?client_id=eq.{school.client_id}&name=eq.Márcio Sá&select=id,phone")
    for command, what in [
        ("mostra o cliente escola aurora", "clients"),
        ("projetos da Escola Aurora", "projects"),
        (f"busca o lead {lead['phone']}", "leads"),
        ("leads da Escola Aurora", "leads"),
        ("mostra as entrevistas do lead Márcio Sá", "interviews"),
        ("entrevistas concluídas da Escola Aurora", "interviews"),
        ("mostra as conversas abertas da Escola Aurora", "conversations"),
        ("mensagens da Escola Aurora", "messages"),
        ("mensagens do lead Márcio Sá", "messages"),
        ("convites da Escola Aurora", "invitations"),
        ("tarefas que falharam da Escola Aurora", "failed_tasks"),
        ("contas da Escola Aurora", "accounts"),
        ("relatórios da Escola Aurora", "reports"),
    ]:
        answer = told(boss, command)
        (part,) = answer["data"]
        assert (part["what"], answer["token"], answer["plan"]) == (what, None, None), command
        assert part["count"] >= 1, (command, answer["reply"])
        assert len(part["rows"]) == min(part["count"], 20)
    assert told(boss, "como está a fila?")["data"][0]["rows"]
    assert "contas da Escola Aurora" in told(boss, "histórico de comandos")["reply"]


def test_figures_are_those_of_the_rows(boss: Person, stack: Stack, school: Survey) -> None:
    """Of one client, of a day, of everything."""
    total = stack.value("select count(*) from public.leads where client_id = %s", school.client_id)
    assert told(boss, "quantos leads tem a Escola Aurora?")["data"][0]["count"] == total
    stack.rows(
        "update public.interviews set started_at = now() - interval '1 day', completed_at = now() - interval '1 day'"
        " where client_id = %s and status = 'completed'",
        school.client_id,
    )
    yesterday = told(boss, "quantas entrevistas foram concluídas ontem na Escola Aurora?")
    assert yesterday["data"][0]["count"] == 1
    assert told(boss, "quantas entrevistas concluídas hoje na Escola Aurora?")["data"][0]["count"] == 0
    assert told(boss, "quantas entrevistas ontem?")["data"][0]["figures"]["completed"] >= 1
    overview = told(boss, "resumo de hoje")["data"][0]["figures"]
    assert overview["received"] >= 4
    row = command_row(stack, yesterday)
    assert (row["target_type"], str(row["target_id"])) == ("client", school.client_id)
    assert row["executed_at"] is not None
    assert row["result"]["outcome"] == "answered"


def test_a_project_is_paused_and_resumed_by_a_token(boss: Person, stack: Stack, school: Survey) -> None:
    """A plan changes nothing; its token does, once; the row of the command says what came of it."""
    before = world(stack, school.client_id)
    name = stack.value("select name from public.projects where id = %s", school.project_id)
    plan = planned(boss, f'pausa a pesquisa "{name}" do cliente Escola Aurora')
    assert world(stack, school.client_id) == before
    assert name in plan["plan"]["text"]
    assert "Escola Aurora" in plan["plan"]["text"]
    assert timedelta(minutes=4) < datetime.fromisoformat(plan["expires_at"]) - datetime.now(UTC) <= timedelta(minutes=5)
    answer = isa(boss, token=plan["token"])
    assert answer.status_code == 200, answer.text
    assert "em pausa" in answer.json()["reply"]
    assert stack.value("select status::text from public.projects where id = %s", school.project_id) == "paused"
    row = command_row(stack, plan)
    assert (row["result"]["outcome"], row["target_type"]) == ("done", "client")
    again = isa(boss, token=plan["token"])
    assert (again.status_code, again.json()["message"]) == (409, "this token was used already")
    assert "já" not in done(boss, f'retoma a pesquisa "{name}" do cliente Escola Aurora')["reply"]
    assert stack.value("select status::text from public.projects where id = %s", school.project_id) == "active"


def test_a_lead_is_blocked_and_unblocked(boss: Person, stack: Stack, school: Survey) -> None:
    """By telephone number, by name, in capitals."""
    lead = school.lead("Rosa Bloqueável")
    lead.hear()
    done(boss, f"bloqueia o lead +{lead.phone}")
    assert stack.value("select status::text from public.leads where id = %s", lead.id) == "blocked"
    assert "já está bloqueado" in told(boss, "bloquear Rosa Bloqueável")["reply"]
    done(boss, "DESBLOQUEIA O LEAD ROSA BLOQUEÁVEL")
    assert stack.value("select status::text from public.leads where id = %s", lead.id) == "active"


def test_an_invitation_is_sent_once_more(boss: Person, stack: Stack, school: Survey) -> None:
    """A second one arrives at the same person; while one waits, no other is made; then the interview is cancelled."""
    lead = school.lead("Vera Segunda")
    first = lead.hear()
    stack.rows("update public.sending_rules set daily_cap = 9, weekly_cap = 9 where client_id = %s", school.client_id)
    with stack.setting("sending_caps", {"day": 9, "week": 9}):
        answer = done(boss, "reenvia o convite da Vera Segunda")
        assert "vai sair de novo" in answer["reply"], answer
        assert lead.hear() == first
        school.settled(lead)
    done(boss, "cancela a entrevista da Vera Segunda")
    assert stack.value("select status::text from public.interviews where lead_id = %s", lead.id) == "cancelled"
    assert "já terminou" in told(boss, "cancela a entrevista da Vera Segunda")["reply"]


def test_failed_tasks_are_replayed(boss: Person, stack: Stack, garage: Survey) -> None:
    """Those of one client; what failed is out of the dead letters."""
    answer = planned(boss, "reprocessa as tarefas que falharam do cliente Oficina Ipiranga")
    ids = answer["plan"]["acts"][0]["failed_task_ids"]
    assert isa(boss, token=answer["token"]).status_code == 200
    left = "select count(*) from public.failed_tasks where id = any(%s::uuid[]) and status = 'dead'"
    assert stack.value(left, ids) == 0
    garage.settled()


def test_a_client_is_suspended_and_comes_back(boss: Person, stack: Stack, garage: Survey, people: Everybody) -> None:
    """Its people are shut out at once, and back again."""
    done(boss, "suspende o cliente Oficina Ipiranga")
    try:
        assert people.other_owner.rows("/leads") == []
        assert any(
            row["name"] == "Oficina Ipiranga"
            for row in told(boss, "quais clientes estão suspensos?")["data"][0]["rows"]
        )
    finally:
        done(boss, "reativa a Oficina Ipiranga")
    assert people.other_owner.rows("/leads")


def test_a_token_is_the_admins_alone_and_for_five_minutes(
    boss: Person, second: Person, people: Everybody, stack: Stack, school: Survey
) -> None:
    """Another admin, a tenant's owner and a guess are refused alike; a late one is refused; nothing changed."""
    before = world(stack, school.client_id)
    plan = planned(boss, "suspende o cliente Escola Aurora")
    foreign, guessed = isa(second, token=plan["token"]), isa(second, token="0" * 64)
    assert (foreign.status_code, foreign.text) == (guessed.status_code, guessed.text)
    assert (foreign.status_code, foreign.json()["message"]) == (403, "there is no such token of yours")
    assert isa(people.owner, token=plan["token"]).json()["message"] == "only an admin commands ISA"
    stack.rows(
        "update private.isa_tokens set expires_at = now() - interval '1 second' where command_id = %s", plan["id"]
    )
    late = isa(boss, token=plan["token"])
    assert (late.status_code, late.json()["message"]) == (410, "this token has expired")
    assert world(stack, school.client_id) == before


@pytest.mark.parametrize("who", ["owner", "staff", "other_owner", "stranger", "removed"])
def test_a_tenants_token_gets_nothing(
    people: Everybody, stack: Stack, school: Survey, garage: Survey, who: str
) -> None:
    """More than thirty commands: 403 each, nothing told, nothing noted, nothing changed."""
    assert len(COMMANDS) >= 30
    person = people.named(who)
    before, commands = (
        world(stack, school.client_id, garage.client_id),
        stack.value("select count(*) from public.isa_commands"),
    )
    for command in COMMANDS:
        answer = isa(person, command=command)
        assert answer.status_code == 403, (command, answer.text)
        assert answer.json() == {"code": "42501", "message": "only an admin commands ISA"}
    assert stack.value("select count(*) from public.isa_commands") == commands
    assert world(stack, school.client_id, garage.client_id) == before


def test_who_is_meant_is_asked_where_several_are(boss: Person, stack: Stack, school: Survey, garage: Survey) -> None:
    """Two leads and two projects of one name: nothing is planned, each is listed; the client tells them apart."""
    for survey in (school, garage):
        survey.lead("Igual Demais").hear()
    answer = told(boss, "bloqueia o lead Igual Demais")
    assert (answer["token"], len(answer["data"][0]["rows"])) == (None, 2)
    assert "Escola Aurora" in answer["reply"]
    assert "Oficina Ipiranga" in answer["reply"]
    assert command_row(stack, answer)["result"]["outcome"] == "unclear"
    one = planned(boss, "bloqueia o lead Igual Demais da Escola Aurora")
    assert one["plan"]["acts"][0]["client_id"] == school.client_id
    assert (
        planned(boss, "bloqueia Igual Demais da Oficina Ipiranga")["plan"]["acts"][0]["client_id"] == garage.client_id
    )


@pytest.mark.parametrize(
    "command",
    [
        "não suspenda o cliente Escola Aurora",
        "xpto blablabla",
        "exclui o cliente Escola Aurora",
        "bloqueia o lead Ninguém Assim",
        "pausa",
    ],
)
def test_what_is_not_done_is_answered_and_noted(boss: Person, stack: Stack, school: Survey, command: str) -> None:
    """No plan, a sentence that says so, a row."""
    before = world(stack, school.client_id)
    answer = told(boss, command)
    assert (answer["plan"], answer["token"]) == (None, None)
    assert "nada foi feito" in answer["reply"].lower()
    assert command_row(stack, answer)["command"] == command
    assert world(stack, school.client_id) == before


def test_a_lead_named_like_a_command_commands_nothing(boss: Person, stack: Stack, school: Survey) -> None:
    """It is shown as what it is."""
    before = stack.value("select status::text from public.clients where id = %s", school.client_id)
    lead = school.lead("suspenda o cliente Escola Aurora")
    answer = told(boss, f"mostra o lead {lead.phone}")
    assert answer["data"][0]["rows"][0]["name"] == "suspenda o cliente Escola Aurora"
    assert answer["token"] is None
    assert stack.value("select status::text from public.clients where id = %s", school.client_id) == before
    plan = planned(boss, f"bloqueia o lead {lead.phone}")
    assert [act["act"] for act in plan["plan"]["acts"]] == ["block_lead"]


def test_several_acts_are_one_plan(boss: Person, stack: Stack, school: Survey) -> None:
    """Both are done by one token; and where the world changed meanwhile, that act says so and changes nothing."""
    lead, other = school.lead("Um Primeiro"), school.lead("Outro Segundo")
    until(lambda: school.is_settled(lead, other), 30, "the invitations")
    plan = planned(boss, "bloqueia o lead Um Primeiro e bloqueia o lead Outro Segundo")
    assert len(plan["plan"]["acts"]) == 2
    stack.rows("update public.leads set status = 'blocked' where id = %s", lead.id)
    answer = isa(boss, token=plan["token"]).json()
    assert [act["done"] for act in answer["data"]] == [False, True]
    assert "nada mudou" in answer["reply"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"command": ""}, 400),
        ({"command": "   "}, 400),
        ({"command": "x" * 2001}, 400),
        ({"command": "oi", "token": "a"}, 400),
        ({"token": "não é"}, 400),
        ({"command": 5}, 400),
        ({"command": "a\x00b"}, 400),
        ({"command": "oi", "more": 1}, 400),
    ],
)
def test_a_bad_body_is_told(boss: Person, body: Row, status: int) -> None:
    """A code and a sentence, and no row."""
    answer = isa(boss, **body)
    assert (answer.status_code, set(answer.json())) == (status, {"code", "message"})


def test_without_a_token_nobody_is_answered(people: Everybody) -> None:
    """401, for none and for one that is none."""
    assert isa(people.nobody, command="oi").status_code == 401
    assert isa(Person(people.nobody.stack, "forger", "not-a-token"), command="oi").status_code == 401
