"""A qualified lead of the house client becomes a client with the turn's commit: once, on the record, and reversibly."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from threading import Barrier
from typing import Any

import psycopg
import pytest

from tests.database.builders import JSON, Session, Tenant, World, call, refused, result
from tests.database.dialogues import Candidate, agent, said
from tests.database.test_leads_are_qualified import CONVERSION, GOOD, QUALIFICATION
from tests.support import as_role

TEMPLATE: JSON = {
    "goal": "Conhecer os pacientes",
    "audience": {"all": True},
    "questionnaire": {
        "questions": [{"key": "nota", "text": "Que nota?", "type": "scale", "validation": {"min": 0, "max": 10}}]
    },
}
HOUSE: JSON = {
    "qualification": QUALIFICATION,
    "conversion": {
        **CONVERSION,
        "agent_type": {
            "question": "ramo",
            "map": {"Clínica": "clinica", "Vendas diretas": "mmn"},
            "default": "renus_base",
        },
        "project": {"config": TEMPLATE},
    },
}


@pytest.fixture
def house(tenant: Tenant) -> Tenant:
    """RENUM's own client, whose agent makes clients of leads."""
    tenant.world.all("update public.clients set is_house = true where id = %s", tenant.id)
    agent(tenant, **HOUSE)
    return tenant


def _made(world: World) -> list[Any]:
    """The clients that conversions made."""
    return world.all(
        "select k.company_name, k.status::text, k.plan::text from public.clients as k"
        " join public.conversions as v on v.made_client_id = k.id order by k.created_at"
    )


def _told(tenant: Tenant) -> list[Any]:
    return tenant.all("select event, text from public.notifications order by created_at")


def test_a_qualified_lead_of_the_house_becomes_a_client(house: Tenant) -> None:
    """With its first user invited, its agent, its project; and the agent knows it as a customer from then on."""
    world, dialogue = house.world, Candidate.begun(house)
    world.setting("sign_up_url", "https://app.renum.com.br/entrar")
    dialogue.asked("quero contratar", empresa="  Clínica   Sol ", ramo="Clínica", contatos=150)
    assert _made(world) == []
    reply = dialogue.asked("sou eu, ana@sol.com.br", decide=True, email="ana@sol.com.br")
    assert reply == (
        "Certo.\n\nPronto! O cadastro da empresa Clínica Sol está feito. Para entrar, crie sua conta com o e-mail"
        " ana@sol.com.br em https://app.renum.com.br/entrar."
    )
    assert _made(world) == [("Clínica Sol", "active", "basic")]
    row = world.row(
        "select m.email, m.role::text, m.status::text, r.agent_type::text, p.name, p.type::text,"
        " p.status::text, p.config, p.renus_config_id = r.id, v.turn_id = q.id, x.settled_at is not null,"
        " l.qualified_at is not null"
        " from public.conversions as v join public.client_members as m on m.id = v.member_id"
        " join public.renus_config as r on r.id = v.made_renus_config_id"
        " join public.projects as p on p.id = v.made_project_id"
        " join public.qualifications as x on x.id = v.qualification_id join public.leads as l on l.id = v.lead_id"
        " join lateral (select t.id from public.turns as t order by t.started_at desc limit 1) as q on true"
    )
    assert row[:7] == (
        "ana@sol.com.br", "owner", "invited", "clinica", "Primeira pesquisa de Clínica Sol", "survey", "draft",
    )  # fmt: skip
    assert row[7:] == (TEMPLATE, True, True, True, True)
    assert _told(house)[-1] == ("lead_converted", "Ana virou cliente: Clínica Sol.")
    task = dialogue.begin("e agora?")
    assert task["work"]["customer"] == {
        "company_name": "Clínica Sol",
        "plan": "basic",
        "agent_type": "clinica",
        "project": {"name": "Primeira pesquisa de Clínica Sol", "status": "draft"},
    }
    assert task["work"]["qualification"]["status"] == "qualified"
    assert said(dialogue.decide(task)) == "Certo.", "it is said once"


def test_the_invited_person_signs_up_and_is_the_owner(house: Tenant) -> None:
    """By confirming the address that the lead gave."""
    world, dialogue = house.world, Candidate.begun(house)
    dialogue.asked("oi", **GOOD)
    person = world.user("ana@sol.com.br")
    with world.person(person) as session:
        assert session.all("select company_name from public.clients") == [("Clínica Sol",)]
        project = session.one("select id from public.projects")
        assert session.touched("update public.projects set name = 'Minha' where id = %s", project) == 1


def test_another_tenants_lead_is_marked_and_its_owners_are_told(tenant: Tenant) -> None:
    """Whatever its configuration says of conversion: only the house makes clients."""
    agent(tenant, **HOUSE)
    dialogue = Candidate.begun(tenant)
    reply = dialogue.asked("oi", **GOOD)
    assert reply == "Certo."
    assert _made(tenant.world) == []
    assert tenant.one("select qualified_at is not null from public.leads")
    assert _told(tenant) == [("lead_qualified", "Ana se qualificou na conversa, com 40 pontos.")]
    assert tenant.all("select action from public.audit_log") == [("lead_qualified",)]
    assert dialogue.asked("obrigada") == "Certo."
    assert len(_told(tenant)) == 1


def test_a_lead_below_the_threshold_stays_one_with_the_reason(house: Tenant) -> None:
    """Nothing is made, nobody is told, the row says why; the lead hears what the configuration says, once."""
    config = deepcopy(HOUSE)
    config["qualification"]["said_when_not"] = "Quando crescerem, voltamos a conversar!"
    house.all("update public.renus_config set config = %s", {"conversation": {}, **config})
    dialogue = Candidate.begun(house)
    assert dialogue.asked("oi", **{**GOOD, "contatos": 20}) == "Certo.\n\nQuando crescerem, voltamos a conversar!"
    row = house.all("select status::text, score, reason, settled_at is not null from public.qualifications")
    assert row == [("not_qualified", 30, "As respostas não alcançam a pontuação que se precisa.", True)]
    assert (_made(house.world), _told(house)) == ([], [])
    assert house.one("select qualified_at from public.leads") is None
    assert dialogue.asked("tá bom") == "Certo."


def test_a_turn_that_comes_to_nothing_converts_nobody_and_the_next_one_does(house: Tenant) -> None:
    """The answers count when they are given, what follows from them when a turn commits."""
    world, dialogue = house.world, Candidate.begun(house)
    task = dialogue.begin("oi")
    assert dialogue.qualify(task, **GOOD)["status"] == "qualified"
    world.worker(
        "fail_task", task="agent_turn", id=task["id"], claim=task["claim"], error={"code": "x"}, retryable=False
    )
    assert _made(world) == []
    assert "Pronto!" in said(dialogue.decide(dialogue.begin("alô?")))
    assert len(_made(world)) == 1


def test_a_commit_repeated_converts_once(house: Tenant) -> None:
    """Its answer got lost: the same again, and nothing more is made."""
    world, dialogue = house.world, Candidate.begun(house)
    task = dialogue.begin("oi")
    dialogue.qualify(task, **GOOD)
    first = dialogue.decide(task)
    again = dialogue.decide(task)
    assert (first["verdict"], again["verdict"]) == ("committed", "committed")
    assert len(_made(world)) == 1
    assert world.one("select count(*) from public.client_members where email = 'ana@sol.com.br'") == 1


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({"email": {"refused": True}}, "Não virou cliente: falta um e-mail que sirva"),
        ({"empresa": {"refused": True}}, "Não virou cliente: falta o nome da empresa"),
    ],
)
def test_what_cannot_be_done_never_costs_the_lead_its_reply(house: Tenant, answers: JSON, reason: str) -> None:
    """Qualified all the same; a person is called to finish it."""
    dialogue = Candidate.begun(house)
    reply = dialogue.asked("oi", **{**GOOD, **answers})
    assert reply.startswith("Certo.\n\nObrigado pelas respostas! Nossa equipe vai conferir os dados")
    assert house.all("select status::text, reason from public.qualifications") == [("qualified", reason)]
    assert [event for event, _ in _told(house)] == ["person_needed"]
    assert _made(house.world) == []
    assert house.all("select action from public.audit_log") == [("conversion_failed",)]


def test_a_template_gone_bad_never_costs_the_lead_its_reply(house: Tenant) -> None:
    """A rule that came after the configuration was written refuses the project: nothing half made is left."""
    world, dialogue = house.world, Candidate.begun(house)
    world.all(
        "create function pg_temp.no() returns trigger language plpgsql as $$ begin raise 'not this one'; end $$;"
        " create trigger no before insert on public.projects for each row execute function pg_temp.no()"
    )
    try:
        reply = dialogue.asked("oi", **GOOD)
    finally:
        world.all("drop trigger no on public.projects")
    assert "vai conferir os dados" in reply
    assert house.one("select reason from public.qualifications") == "Não virou cliente: not this one"
    assert world.one("select count(*) from public.clients") == 1
    assert world.one("select count(*) from public.client_members where email = 'ana@sol.com.br'") == 0


@pytest.mark.parametrize("confirmed", [True, False])
def test_an_address_that_is_somebodys_is_left_to_a_person(house: Tenant, other: Tenant, confirmed: bool) -> None:
    """A stranger's word puts nobody into a client, and shows nobody's client: of an invited person neither."""
    world = house.world
    if confirmed:
        world.user("ana@sol.com.br")
    else:
        with other.session() as session:
            call(session, "public.invite_member", client_id=other.id, email="ana@sol.com.br")
    dialogue = Candidate.begun(house)
    reply = dialogue.asked("oi", **GOOD)
    assert "vai conferir os dados" in reply
    assert "ana@sol.com.br" not in reply
    assert _made(world) == []
    assert dialogue.begin("e aí?")["work"]["customer"] is None


def _second_account(house: Tenant) -> str:
    return str(
        house.one(
            "insert into public.channel_accounts (provider, name, external_id, throughput)"
            " values ('whatsapp_cloud', 'Outra', '988887777666655', null) returning id"
        )
    )


def test_a_lead_on_two_threads_becomes_one_client(house: Tenant) -> None:
    """Two turns of the same lead commit at the same moment, on connections of their own, again and again."""
    world = house.world
    second = _second_account(house)
    for _ in range(8):
        dialogue = Candidate.begun(house)
        dialogue.say("oi")
        message = dialogue.tenant.message(dialogue.wa_id, "oi de novo", number="988887777666655")
        house.ingest(message, account=second)
        tasks = [task for task in world.claim("high_priority") if task["client_id"] == house.id]
        assert len({task["id"] for task in tasks}) == 2
        email = f"{dialogue.wa_id}@sol.com.br"
        company = f"Clínica {dialogue.wa_id}"
        dialogue.qualify(tasks[0], **{**GOOD, "email": email, "empresa": company})
        start = Barrier(4)

        def committed(task: JSON, start: Barrier = start) -> JSON:
            with psycopg.connect(world.login, autocommit=True) as connection:
                start.wait()
                with as_role(connection, "renum_worker"):
                    (verdict,) = call(
                        Session(connection), "worker.commit_turns", results=[result(task, reply="Certo.")]
                    )
            return dict(verdict)

        # Each of them twice, as a caller does whose answer got lost.
        with ThreadPoolExecutor(4) as pool:
            verdicts = [verdict["verdict"] for verdict in pool.map(committed, tasks * 2)]
        assert verdicts == ["committed"] * 4
        assert world.one("select count(*) from public.conversions where lead_id = %s", dialogue.lead) == 1
        assert world.one("select count(*) from public.clients where company_name = %s", company) == 1
        assert world.one("select count(*) from public.client_members where email = %s", email) == 1
    assert world.one("select count(*) from public.audit_log where action = 'lead_converted'") == 8


def test_the_second_commit_of_a_lead_waits_for_the_first(house: Tenant, cleaner: psycopg.Connection) -> None:
    """Both threads' commits stand at the same door at once: one makes the client and says so, the other finds it."""
    world = house.world
    second = _second_account(house)
    dialogue = Candidate.begun(house)
    dialogue.say("oi")
    house.ingest(house.message(dialogue.wa_id, "oi", number="988887777666655"), account=second)
    tasks = [task for task in world.claim("high_priority") if task["client_id"] == house.id]
    dialogue.qualify(tasks[0], **GOOD)

    def committed(task: JSON) -> JSON:
        with psycopg.connect(world.login, autocommit=True) as connection, as_role(connection, "renum_worker"):
            (verdict,) = call(Session(connection), "worker.commit_turns", results=[result(task, reply="Certo.")])
        return dict(verdict)

    with ThreadPoolExecutor(2) as pool:
        with world.connection.transaction():
            world.all("select from public.leads where id = %s for no key update", dialogue.lead)
            commits = [pool.submit(committed, task) for task in tasks]
            deadline = time.monotonic() + 10
            waiting = (
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            )
            while (there := cleaner.execute(waiting).fetchone()) != (2,):
                assert time.monotonic() < deadline, there
        replies = sorted(said(commit.result()) for commit in commits)
    assert replies[0] == "Certo."
    assert replies[1].startswith("Certo.\n\nPronto!")
    assert world.all("select status::text, reason from public.qualifications") == [("qualified", None)]
    assert world.one("select count(*) from public.conversions") == 1


def test_both_threads_of_a_lead_qualify_one_thing(house: Tenant) -> None:
    """The tool called in two turns of the same lead at once: one qualification, no answer lost, nobody is hindered."""
    world = house.world
    second = _second_account(house)
    for _ in range(8):
        dialogue = Candidate.begun(house)
        dialogue.say("oi")
        house.ingest(house.message(dialogue.wa_id, "oi", number="988887777666655"), account=second)
        tasks = [task for task in world.claim("high_priority") if task["client_id"] == house.id]
        start = Barrier(2)

        def called(given: tuple[JSON, JSON], start: Barrier = start) -> str:
            task, answers = given
            with psycopg.connect(world.login, autocommit=True) as connection:
                start.wait()
                with as_role(connection, "renum_worker"):
                    verdict: JSON = call(
                        Session(connection), "worker.call_tool", thread_id=task["id"], lease=task["claim"],
                        call_id="1", tool="qualify", arguments={"answers": answers},
                    )  # fmt: skip
            return str(verdict["verdict"])

        with ThreadPoolExecutor(2) as pool:
            given = zip(tasks, ({"empresa": "Sol"}, {"ramo": "Outro"}), strict=True)
            assert list(pool.map(called, given)) == ["done", "done"]
        row = world.all(
            "select answers #>> '{empresa,value}', answers #>> '{ramo,value}' from public.qualifications"
            " where lead_id = %s",
            dialogue.lead,
        )
        assert row == [("Sol", "Outro")]
        for task in tasks:
            dialogue.decide(task)


def test_the_other_thread_knows_the_customer_too(house: Tenant) -> None:
    """Also a conversation that begins after the first was closed."""
    dialogue = Candidate.begun(house)
    dialogue.asked("oi", **GOOD)
    second = _second_account(house)
    house.ingest(house.message(dialogue.wa_id, "oi", number="988887777666655"), account=second)
    (task,) = house.world.claim("high_priority")
    assert task["work"]["customer"]["company_name"] == "Clínica Sol"


def _reverse(world: World, conversion: str, reason: str = "engano", person: str | None = None) -> Any:
    with world.person(person or world.admin()) as session:
        return session.row(
            "select id, reversed_at, reversed_by, reason from public.reverse_conversion(%s, %s)", conversion, reason
        )


def test_an_admin_takes_it_back(house: Tenant) -> None:
    """The client goes inactive, nobody has access, nothing is deleted, and the lead is one again."""
    world, dialogue = house.world, Candidate.begun(house)
    dialogue.asked("oi", **GOOD)
    person = world.user("ana@sol.com.br")
    conversion = world.one("select id from public.conversions")
    admin = world.admin()
    first = _reverse(world, conversion, person=admin)
    assert first[2:] == (admin, "engano")
    assert _reverse(world, conversion, "de novo") == first, "idempotent"
    with world.person(person) as session:
        assert session.all("select id from public.clients") == []
    assert _made(world) == [("Clínica Sol", "inactive", "basic")]
    assert world.one("select status::text from public.projects") == "draft"
    assert world.row("select status::text, reason from public.qualifications") == ("reversed", "engano")
    assert world.one("select qualified_at from public.leads") is None
    task = dialogue.begin("oi?")
    assert task["work"]["customer"] is None
    assert task["work"]["qualification"]["status"] == "none"
    dialogue.decide(task)
    actions = world.all(
        "select action, actor_id::text, client_id = %s, details::text ~ '(?i)sol|ana'"
        " from public.audit_log order by at",
        house.id,
    )
    assert actions == [
        ("lead_converted", None, True, False),
        ("client_created", None, False, False),
        ("conversion_reversed", admin, True, False),
        ("client_deactivated", admin, False, False),
    ]


def test_who_qualifies_again_gets_the_same_client(house: Tenant) -> None:
    """After a reversal, with the same company and address: it is active again, its person has access again."""
    world, dialogue = house.world, Candidate.begun(house)
    dialogue.asked("oi", **GOOD)
    person = world.user("ana@sol.com.br")
    _reverse(world, world.one("select id from public.conversions"))
    assert "Pronto!" in dialogue.asked("foi engano", **GOOD)
    assert world.one("select count(*) from public.clients where company_name = 'Clínica Sol'") == 1
    assert world.one("select count(*) from public.projects") == 1
    with world.person(person) as session:
        assert session.all("select company_name from public.clients") == [("Clínica Sol",)]
    assert world.all("select reversed_at is null from public.conversions order by created_at") == [(False,), (True,)]


def test_only_an_admin_takes_it_back_and_says_why(house: Tenant) -> None:
    """An owner of the house is no admin; an unknown one is not found; a reason is needed."""
    world = house.world
    Candidate.begun(house).asked("oi", **GOOD)
    conversion = world.one("select id from public.conversions")
    for person, given, reason, sentence in (
        (house.owner, conversion, "x", "only an admin takes back a conversion"),
        (world.admin(), house.id, "x", "there is no such conversion"),
        (world.admin(), conversion, " ", "reason must be a text of 1 to 1000 characters"),
    ):
        with pytest.raises(psycopg.Error) as error:
            _reverse(world, given, reason, person)
        assert refused(error.value) == sentence


def test_the_audit_log_is_kept(house: Tenant) -> None:
    """Not even the database's own role changes a line or takes one away."""
    Candidate.begun(house).asked("oi", **GOOD)
    for statement in ("update public.audit_log set action = 'x'", "delete from public.audit_log"):
        with pytest.raises(psycopg.Error, match="the audit log is append-only"):
            house.world.all(statement)


def test_each_reads_what_is_its_own(house: Tenant, other: Tenant) -> None:
    """The house its conversion, the new client the line of its making, another client nothing, an admin all."""
    world = house.world
    Candidate.begun(house).asked("oi", **GOOD)
    person = world.user("ana@sol.com.br")
    world.all("select private.audit(null, 'system_changed', 'setting', gen_random_uuid())")
    seen = {}
    for name, who in (("house", house.owner), ("new", person), ("other", other.owner), ("admin", world.admin())):
        with world.person(who) as session:
            seen[name] = (
                [action for (action,) in session.all("select action from public.audit_log order by at")],
                session.one("select count(*) from public.conversions"),
                session.one("select count(*) from public.qualifications"),
            )
    assert seen == {
        "house": (["lead_converted"], 1, 1),
        "new": (["client_created"], 0, 0),
        "other": ([], 0, 0),
        "admin": (["lead_converted", "client_created", "system_changed"], 1, 1),
    }
