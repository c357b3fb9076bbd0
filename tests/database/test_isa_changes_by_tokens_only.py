"""ISA's plans and tokens: nothing changes without one, and each is good once, for five minutes, for one admin."""

from __future__ import annotations

import threading
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.database.builders import JSON, Interview, Session, Tenant, World, call, refused
from tests.support import as_user

TABLES = ("projects", "leads", "clients", "interviews", "deliveries", "failed_tasks")


@pytest.fixture
def admin(world: World) -> str:
    """One of RENUM's admins."""
    return world.admin()


def everything(world: World) -> JSON:
    """Every row that an act could change, as a digest."""
    return {t: world.all(f"select id, md5(x::text) from public.{t} as x order by id") for t in TABLES}


def begin(session: Session, command: str = "pausa a pesquisa") -> str:
    """A command is noted; its id."""
    identifier = str(uuid4())
    begun = call(session, "public.begin_isa_command", command_id=identifier, command=command)
    assert begun["id"] == identifier
    return identifier


def plan(world: World, admin_id: str, *acts: JSON) -> JSON:
    """An admin's command, planned."""
    with world.person(admin_id) as session:
        command = begin(session)
        answer: JSON = call(session, "public.plan_isa_command", command_id=command, acts=list(acts))
    return {**answer, "id": command}


def run(world: World, admin_id: str, token: str) -> JSON:
    """The plan of a token, done."""
    with world.person(admin_id) as session:
        answer: JSON = call(session, "public.run_isa_plan", token=token)
    return answer


def acts_on(interview: Interview) -> list[JSON]:
    """One of each act that can be planned for a pending interview."""
    return [
        {"act": "pause_project", "project_id": interview.project},
        {"act": "block_lead", "lead_id": interview.lead},
        {"act": "cancel_interview", "interview_id": interview.id},
        {"act": "suspend_client", "client_id": interview.tenant.id},
        {"act": "resend_invitation", "interview_id": interview.id},
    ]


def test_a_plan_changes_nothing_and_its_token_does(world: World, admin: str, interview: Interview) -> None:
    """Planned act by act; then by one token all of them, and the command's row tells it."""
    before = everything(world)
    for act in acts_on(interview):
        made = plan(world, admin, act)
        assert made["token"], made
        assert made["plan"]["text"].startswith("Vou ")
    assert everything(world) == before
    made = plan(world, admin, *acts_on(interview)[:4])
    done = run(world, admin, made["token"])
    assert [act["done"] for act in done["acts"]] == [True] * 4
    assert interview.state() == ("cancelled", "cancelled")
    found = world.row(
        "select (select status::text from public.projects where id = %s),"
        " (select status::text from public.leads where id = %s),"
        " (select status::text from public.clients where id = %s)",
        interview.project,
        interview.lead,
        interview.tenant.id,
    )
    assert found == ("paused", "blocked", "suspended")
    result, executed, target = world.row(
        "select result, executed_at is not null, target_type::text from public.isa_commands where id = %s", made["id"]
    )
    assert (result["outcome"], executed, target) == ("done", True, "client")
    assert result["plan"] == made["plan"]
    back = plan(
        world,
        admin,
        {"act": "reactivate_client", "client_id": interview.tenant.id},
        {"act": "unblock_lead", "lead_id": interview.lead},
    )
    assert [act["done"] for act in run(world, admin, back["token"])["acts"]] == [True, True]


def test_a_token_is_good_once(world: World, admin: str, interview: Interview) -> None:
    """The second time it says so, and what was undone meanwhile stays undone."""
    made = plan(world, admin, acts_on(interview)[0])
    run(world, admin, made["token"])
    world.all("update public.projects set status = 'active' where id = %s", interview.project)
    before = everything(world)
    with pytest.raises(psycopg.Error, match="this token was used already") as error:
        run(world, admin, made["token"])
    assert error.value.sqlstate == "PT409"
    assert everything(world) == before


def test_a_token_runs_once_however_many_use_it_at_once(world: World, admin: str, interview: Interview) -> None:
    """Eight at the same moment: one does it, seven are told that it was used."""
    made = plan(world, admin, acts_on(interview)[0])
    told: list[str] = []
    gate = threading.Barrier(8)

    def use() -> None:
        with psycopg.connect(world.login, autocommit=True) as connection:
            gate.wait()
            try:
                with as_user(connection, admin):
                    connection.execute("select public.run_isa_plan(%s)", (made["token"],))
                told.append("done")
            except psycopg.Error as error:
                told.append(refused(error))

    users = [threading.Thread(target=use) for _ in range(8)]
    for user in users:
        user.start()
    for user in users:
        user.join()
    assert sorted(told) == ["done", *["this token was used already"] * 7]


@pytest.mark.parametrize("age", ["0 seconds", "1 second", "1 day"])
def test_a_late_token_is_refused(world: World, admin: str, interview: Interview, age: str) -> None:
    """At five minutes it is over, by the database's clock."""
    made = plan(world, admin, acts_on(interview)[0])
    left = "select expires_at - created_at from private.isa_tokens where command_id = %s"
    assert world.one(
        f"select ({left}) between interval '4 minutes 59 seconds' and interval '5 minutes 1 second'", made["id"]
    )
    world.all(f"update private.isa_tokens set expires_at = now() - interval '{age}' where command_id = %s", made["id"])
    before = everything(world)
    with pytest.raises(psycopg.Error, match="this token has expired") as error:
        run(world, admin, made["token"])
    assert error.value.sqlstate == "PT410"
    assert everything(world) == before


def test_nobody_else_uses_a_token_nor_learns_of_it(world: World, admin: str, interview: Interview) -> None:
    """Another admin is answered as for a token that never was; staff as for any command; an admin no more, as staff."""
    made = plan(world, admin, acts_on(interview)[0])
    before = everything(world)
    said = []
    for token in (made["token"], "0" * 64):
        with pytest.raises(psycopg.Error) as error:
            run(world, world.admin(), token)
        said.append((error.value.sqlstate, str(error.value)))
    assert said[0] == said[1]
    assert said[0][0] == "PT403"
    with pytest.raises(psycopg.Error, match="only an admin commands ISA"):
        run(world, interview.tenant.owner, made["token"])
    world.all("update public.profiles set role = 'client' where id = %s", admin)
    with pytest.raises(psycopg.Error, match="only an admin commands ISA"):
        run(world, admin, made["token"])
    assert everything(world) == before


def test_a_token_is_not_kept(world: World, admin: str, interview: Interview) -> None:
    """Only its hash; two are never alike; a second plan of a command voids the first."""
    with world.person(admin) as session:
        command = begin(session)
        first, second = (
            call(session, "public.plan_isa_command", command_id=command, acts=[act]) for act in acts_on(interview)[:2]
        )
    assert len(first["token"]) == 64
    assert first["token"] != second["token"]
    kept = world.all(
        "select t::text from private.isa_tokens as t union all select c::text from public.isa_commands as c"
    )
    assert not [row for (row,) in kept if second["token"] in row or first["token"] in row]
    with pytest.raises(psycopg.Error, match="there is no such token of yours"):
        run(world, admin, first["token"])
    assert run(world, admin, second["token"])["acts"][0]["act"] == "block_lead"


def test_a_tenant_gets_nothing_from_any_of_them(world: World, interview: Interview) -> None:
    """Each of ISA's RPCs refuses the owner before it looks; nothing is noted."""
    before = everything(world)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("begin_isa_command", {"command_id": str(uuid4()), "command": "quantos leads?"}),
        ("find_isa_targets", {"kinds": ["client", "lead"], "words": "Ana"}),
        ("plan_isa_command", {"command_id": str(uuid4()), "acts": acts_on(interview)}),
        ("end_isa_command", {"command_id": str(uuid4()), "result": {}}),
        ("run_isa_plan", {"token": "0" * 64}),
    ]
    for name, arguments in calls:
        with pytest.raises(psycopg.Error, match="only an admin commands ISA"), interview.tenant.session() as session:
            call(session, f"public.{name}", **arguments)
    assert world.one("select count(*) from public.isa_commands") == 0
    assert everything(world) == before


def test_half_a_plan_is_none(world: World, admin: str, interview: Interview) -> None:
    """Where one act has nothing to do, no token is given and the problem is told; an unknown act is refused."""
    made = plan(world, admin, acts_on(interview)[1], {"act": "resume_project", "project_id": interview.project})
    assert (made["plan"], made["token"]) == (None, None)
    assert made["problems"] == [f"A pesquisa “Satisfação”, de {company(interview)}, já está em andamento."]
    with pytest.raises(psycopg.Error, match="ISA knows no act 'drop_client'"):
        plan(world, admin, {"act": "drop_client", "client_id": interview.tenant.id})
    gone = plan(world, admin, {"act": "block_lead", "lead_id": str(uuid4())})
    assert gone["problems"] == ["Não encontrei esse lead."]


def company(interview: Interview) -> str:
    """The client's name."""
    return str(interview.world.one("select company_name from public.clients where id = %s", interview.tenant.id))


def test_what_has_changed_meanwhile_is_not_done(world: World, admin: str, interview: Interview) -> None:
    """The act says so; a rule that speaks against it does, too; the token is used all the same."""
    made = plan(world, admin, acts_on(interview)[0])
    world.all("update public.projects set status = 'completed' where id = %s", interview.project)
    answer = run(world, admin, made["token"])
    assert (answer["outcome"], answer["acts"][0]["done"]) == ("unchanged", False)
    assert "nada mudou" in answer["text"]
    world.all("update public.projects set status = 'paused' where id = %s", interview.project)
    again = plan(world, admin, {"act": "resume_project", "project_id": interview.project})
    world.all("update public.message_templates set status = 'rejected' where client_id = %s", interview.tenant.id)
    answer = run(world, admin, again["token"])
    assert answer["acts"][0]["done"] is False
    assert "Não foi possível retomar" in answer["text"]
    assert world.one("select status::text from public.projects where id = %s", interview.project) == "paused"


def test_results_are_written_once(world: World, admin: str, interview: Interview) -> None:
    """Of the own command; what is planned is not overwritten, what is done stays."""
    with world.person(admin) as session:
        command = begin(session, "quantos leads?")
        call(session, "public.end_isa_command", command_id=command, result={"outcome": "answered"})
        call(session, "public.end_isa_command", command_id=command, result={"outcome": "other"})
    assert world.one("select result from public.isa_commands where id = %s", command) == {"outcome": "answered"}
    made = plan(world, admin, acts_on(interview)[0])
    with world.person(admin) as session:
        call(session, "public.end_isa_command", command_id=made["id"], result={"outcome": "forged"})
    with world.person(world.admin()) as session:
        foreign = begin(session)
    with world.person(admin) as session:
        call(session, "public.end_isa_command", command_id=foreign, result={"outcome": "forged"})
    assert world.all("select id from public.isa_commands where result ->> 'outcome' = 'forged'") == []


def test_names_are_found_as_people_write_them(world: World, admin: str, tenant: Tenant, other: Tenant) -> None:
    """Without accents, in part, by number with or without the ninth digit; the best alone; a client narrows it."""
    ana, anabela, joao = (
        tenant.lead("11987650001", "Ana Lima"),
        tenant.lead("11987650002", "Ana Lima Souza"),
        tenant.lead("11987650003", "João d'Ávila"),
    )
    twin = other.lead("11987650001", "Ana Lima")

    def found(words: str, kinds: list[str] | None = None, clients: list[str] | None = None) -> set[str]:
        with world.person(admin) as session:
            rows = session.all(
                "select id from public.find_isa_targets(%s, %s, %s::uuid[])", kinds or ["lead"], words, clients
            )
        return {row[0] for row in rows}

    assert found("ANA LIMA") == {ana, twin}
    assert found("ana lima", clients=[tenant.id]) == {ana}
    assert found("lima souza") == {anabela}
    assert found("souza ana") == {anabela}
    assert found("joao d avila") == {joao}
    assert found("(11) 8765-0003") == {joao}
    assert found("+55 11 98765-0003") == {joao}
    assert found(joao) == {joao}
    assert found("%") == found("") == found("   ") == found("Zulmira") == set()
    assert found(company_of(world, tenant).upper(), ["client", "lead"]) == {tenant.id}


def company_of(world: World, tenant: Tenant) -> str:
    """A client's name."""
    return str(world.one("select company_name from public.clients where id = %s", tenant.id))


def test_failed_tasks_are_replayed_by_their_ids(world: World, admin: str, interview: Interview) -> None:
    """Those that were shown, and not one more."""
    values = (
        "(client_id, queue, task, task_row_id, payload, error, attempts)"
        " values (%s, 'high_priority', 'agent_turn', %s, '{}', '{}', 4)"
    )
    ids = [
        world.one(f"insert into public.failed_tasks {values} returning id", interview.tenant.id, interview.thread)
        for _ in range(3)
    ]
    made = plan(world, admin, {"act": "replay_failed_tasks", "failed_task_ids": ids[:2]})
    assert "reprocessar 2 tarefas que falharam" in made["plan"]["text"]
    assert run(world, admin, made["token"])["acts"][0]["done"] is True
    left = world.all("select id from public.failed_tasks where status = 'dead'")
    assert left == [(ids[2],)]
