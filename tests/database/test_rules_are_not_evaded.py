"""Ways round a rule: another row for the same person, a project that names no agent, words where nobody looks."""

from __future__ import annotations

import psycopg
import pytest

from tests.database.builders import JSON, Interview, Tenant
from tests.database.test_messages_are_policed import _agent, tool
from tests.database.test_trades_have_their_rules import (
    ASKED,
    VEREADOR,
    _clinic,
    _councillor,
    agent,
    consenting,
    template,
)

__all__ = ["tool"]
VOTE: JSON = {**ASKED, "text": "Em quem você votaria para vereador?"}


def _without_agent(tenant: Tenant, *questions: JSON) -> str:
    """A draft that names no agent."""
    made: str = tenant.one(
        "insert into public.projects (name, config) values ('Pesquisa', %s) returning id",
        {"questionnaire": {"questions": list(questions) or [ASKED]}},
    )
    return made


def test_an_opt_out_is_not_evaded_by_taking_the_number_away(interview: Interview) -> None:
    """Not by a change, not by an upsert; what else people know of the lead they may correct."""
    tenant = interview.tenant
    interview.turn("SAIR")
    for phone in (None, "11 97777-0001"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="keeps its number"):
            tenant.all("update public.leads set phone = %s where id = %s", phone, interview.lead)
    written = f"+{interview.wa_id[:4]} {interview.wa_id[5:]}"
    tenant.all("update public.leads set phone = %s, name = 'Ana' where id = %s", written, interview.lead)
    assert tenant.one("select name from public.leads") == "Ana"


def test_an_opt_out_is_not_evaded_by_a_second_lead(tenant: Tenant) -> None:
    """Someone known by an id alone, whose number is in an identity, left; a row with the number makes nobody new."""
    world = tenant.world
    first = tenant.lead("11 97766-5599")
    world.all("update public.leads set phone = null where id = %s", first)
    world.all(
        "insert into public.lead_identities (client_id, lead_id, kind, value)"
        " values (%s, %s, 'wa_id', '551197766' || '5599')",
        tenant.id,
        first,
    )
    tenant.all("insert into public.consents (lead_id, granted, legal_basis) values (%s, false, 'consent')", first)
    second = tenant.lead("(11) 97766-5599")
    assert second != first
    tenant.start(tenant.project(audience={"lead_ids": [second]}))
    assert world.claim("default") == []
    assert tenant.one("select metadata ->> 'reason' from public.interviews") == "the lead opted out"


def test_a_grant_overtaken_by_an_opt_out_takes_nothing_back(interview: Interview) -> None:
    """A person's row, checked just before the lead left, is stored just after it."""
    world, tenant = interview.world, interview.tenant
    interview.turn("SAIR")
    world.all(
        "insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)"
        """ values (%s, %s, true, 'contract', '{"source": "person", "recorded_by": null}')""",
        tenant.id,
        interview.lead,
    )
    assert tenant.one("select opted_out_at is not null from public.leads")


def test_a_project_that_names_no_agent_is_bound_as_all_of_them(tenant: Tenant) -> None:
    """Its questions, its invitation and whom it may write to; while the client has no such agent it is free."""
    world = tenant.world
    early = _without_agent(tenant, VOTE)
    template(tenant, VEREADOR)
    agent(tenant, "vereador")
    with pytest.raises(psycopg.Error, match="may not ask"):
        _without_agent(tenant, VOTE)
    with pytest.raises(psycopg.Error, match="may not ask"):
        tenant.start(early)
    good, unasked = consenting(tenant), tenant.lead()
    tenant.start(_without_agent(tenant))
    world.claim("default")
    assert dict(world.all("select lead_id, metadata ->> 'reason' from public.interviews")) == {
        good: None,
        unasked: "the lead has not consented",
    }


def test_a_question_is_not_hidden_in_what_cannot_be_seen(tenant: Tenant) -> None:
    """Between the letters, in bold, in full width, with marks on them."""
    config_id = agent(tenant, "vereador")
    for text in (
        "Qual é a sua inten\u200bção de vo\u200dto?",
        "Em quem você 𝘃𝗼𝘁𝗮𝗿𝗶𝗮?",
        "Qual ｃａｎｄｉｄａｔｏ?",
        "Qual c\u0301andi\u0308dato?",
        "Em quem\nvocê\r\nvo\u00adtaria?",
    ):
        with pytest.raises(psycopg.Error, match="may not ask"):
            tenant.all(
                "insert into public.projects (name, config, renus_config_id) values ('P', %s, %s)",
                {"questionnaire": {"questions": [{**ASKED, "text": text}]}},
                config_id,
            )


@pytest.mark.parametrize(
    "content",
    [
        {"type": "buttons", "text": "Seu exame:", "buttons": [{"id": "a", "title": "Positivo"}]},
        {
            "type": "list",
            "text": "Veja",
            "button": "Abrir",
            "rows": [{"id": "a", "title": "Resultado", "description": "Deu positivo"}],
        },
        {"type": "media", "media": "document", "link": "https://a.b/c.pdf", "file_name": "exame positivo.pdf"},
    ],
)
def test_a_diagnosis_is_not_hidden_in_a_choice(tenant: Tenant, tool: None, content: JSON) -> None:
    """An agent's tool says nothing in a button that it may not say in words."""
    interview = _clinic(tenant)
    interview.say("e o meu exame?")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only a person may say"):
        _agent(interview, content)


def test_a_person_who_writes_first_says_what_the_trade_must(tenant: Tenant) -> None:
    """By a template of another name; once something has reached the lead it is free."""
    world = tenant.world
    agent(tenant, "vereador")
    lead = consenting(tenant)
    write = "insert into public.deliveries (lead_id, content) values (%s, %s)"
    template(tenant, "Olá {{1}}, vamos conversar?", ["lead.first_name"])
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="must name its sender"):
        tenant.all(write, lead, {"type": "template", "name": "convite"})
    template(tenant, VEREADOR)
    tenant.all(write, lead, {"type": "template", "name": "convite"})
    (task,) = world.claim("high_priority")
    world.complete(task)
    template(tenant, "Olá {{1}}, vamos conversar?", ["lead.first_name"])
    tenant.all(write, lead, {"type": "template", "name": "convite"})


@pytest.mark.parametrize(("company", "body"), [("★", "Oi! SAIR para não receber."), ("Li", "Listamos obras. SAIR.")])
def test_a_sender_is_named_by_a_word(tenant: Tenant, company: str, body: str) -> None:
    """Not by what is in every text: nothing, or two letters of another word."""
    tenant.all("update public.clients set company_name = %s", company)
    template(tenant, body, [])
    config_id = agent(tenant, "vereador")
    made = tenant.one(
        "insert into public.projects (name, config, renus_config_id) values ('P', %s, %s) returning id",
        {"questionnaire": {"questions": [ASKED]}},
        config_id,
    )
    with pytest.raises(psycopg.Error, match="must name its sender"):
        tenant.start(made)
    template(tenant, body + " " + company, [])
    tenant.start(made)


def test_an_agent_switched_off_still_owes_the_erasure(tenant: Tenant) -> None:
    """To those it talked with."""
    template(tenant, VEREADOR)
    lead = tenant.lead("11 97766-5598", consent_basis="consent")
    config_id = agent(tenant, "vereador")
    made = tenant.one(
        "insert into public.projects (name, config, renus_config_id) values ('P', %s, %s) returning id",
        {"questionnaire": {"questions": [ASKED]}},
        config_id,
    )
    tenant.start(made)
    tenant.all("update public.renus_config set active = false")
    tenant.ingest(tenant.message("5511977665598", "SAIR"))
    assert tenant.one("select lead_id from public.erasures") == lead


@pytest.mark.parametrize(
    ("said", "stopped"),
    [
        ("Entendi. E em quem você vai votar para vereador?", True),
        ("Obrigado! Qual é a sua inten\u200bção de voto?", True),
        ("Obrigado! Sobre candidatos eu não converso.", False),
        ("Certo. E a iluminação da sua rua?", False),
    ],
)
def test_the_model_asks_for_no_vote_either(tenant: Tenant, said: str, stopped: bool) -> None:
    """In an acknowledgement, a wording or a closing of its own; an owner is told that a person is needed."""
    interview = _councillor(tenant)
    interview.say("falta luz")
    interview.commit(interview.claim(), acknowledgement=said, answers=[])
    (state,) = tenant.all("select status::text from public.deliveries where kind = 'reply'")
    assert (state == ("cancelled",)) is stopped
    assert (tenant.one("select count(*) from public.notifications where event = 'person_needed'") == 1) is stopped


def test_an_invitation_asks_for_no_vote(tenant: Tenant) -> None:
    """Not by way of the template, either."""
    template(tenant, "Aqui é da {{1}}. Em quem você votaria hoje? SAIR para não receber.", ["client.company_name"])
    config_id = agent(tenant, "vereador")
    lead = consenting(tenant)
    made = tenant.one(
        "insert into public.projects (name, config, renus_config_id) values ('P', %s, %s) returning id",
        {"questionnaire": {"questions": [ASKED]}, "audience": {"lead_ids": [lead]}},
        config_id,
    )
    tenant.start(made)
    assert tenant.world.claim("default") == []
    assert "may not ask" in tenant.one("select metadata ->> 'reason' from public.interviews")
