"""Packs: what binds an agent by its trade, when a project is written, when it starts, and when something is sent."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.database.builders import JSON, Interview, Tenant, World

VEREADOR = "Olá {{1}}, aqui é da {{2}}. Responda SAIR para não receber mais."
CLINICA = "Olá {{1}}, sou o assistente virtual da {{2}}."
ASKED: JSON = {"key": "bairro", "text": "O que mais falta no seu bairro?", "type": "text"}
RISK = "A diretoria conhece e aceita o risco de bloqueio da conta. Ata de 3/2/2027."


def agent(tenant: Tenant, agent_type: str) -> str:
    """The client's agent of a trade."""
    made: str = tenant.one("insert into public.renus_config (agent_type) values (%s) returning id", agent_type)
    return made


def template(tenant: Tenant, body: str, parameters: list[str] | None = None) -> None:
    """The invitation reads like this."""
    names = ["lead.first_name", "client.company_name"] if parameters is None else parameters
    listed = "{" + ",".join(names) + "}"
    tenant.all(
        "update public.message_templates set body = %s, parameters = %s::text[] where name = 'convite'", body, listed
    )


def project(tenant: Tenant, config_id: str, *questions: JSON, **audience: Any) -> str:
    """A draft that this agent runs."""
    made: str = tenant.one(
        "insert into public.projects (name, config, renus_config_id) values ('Pesquisa', %s, %s) returning id",
        {"questionnaire": {"questions": list(questions) or [ASKED]}, **audience},
        config_id,
    )
    return made


def consenting(tenant: Tenant) -> str:
    """A lead whose consent is in the ledger."""
    return tenant.lead(consent_basis="consent")


def unofficial(tenant: Tenant) -> None:
    tenant.world.all("update public.channel_accounts set provider = 'evolution' where id = %s", tenant.account)


@pytest.mark.parametrize(
    "question",
    [
        {"text": "Em quem você votaria para vereador?"},
        {"text": "Qual é a sua intenção de voto?"},
        {"text": "Você pretende votar na Maria?"},
        {"text": "Qual candidato você prefere?"},
        {"text": "O seu voto já está decidido?"},
        {"text": "Quem você gostaria de reeleger?"},
        {"text": "E agora?", "type": "choice", "options": ["Candidato A", "Candidato B"]},
    ],
)
def test_nobody_is_asked_for_whom_he_votes(tenant: Tenant, question: JSON) -> None:
    """Refused when the project is written, when it is changed, and when it is given to such an agent; other trades
    may ask."""
    whole = {**ASKED, **question}
    config_id = agent(tenant, "vereador")
    with pytest.raises(psycopg.Error, match="question bairro asks what an agent of type vereador may not ask"):
        project(tenant, config_id, whole)
    fine = project(tenant, config_id)
    with pytest.raises(psycopg.Error, match="may not ask"):
        tenant.all(
            "update public.projects set config = %s where id = %s", {"questionnaire": {"questions": [whole]}}, fine
        )
    other = project(tenant, agent(tenant, "renus_base"), whole)
    with pytest.raises(psycopg.Error, match="may not ask"):
        tenant.all("update public.projects set renus_config_id = %s where id = %s", config_id, other)


@pytest.mark.parametrize(
    "text",
    ["O que mais falta no seu bairro?", "Você conhece a nova creche?", "Qual obra é prioridade?", "Usa o posto daqui?"],
)
def test_other_questions_are_asked(tenant: Tenant, text: str) -> None:
    """What a councillor's office needs to know."""
    project(tenant, agent(tenant, "vereador"), {**ASKED, "text": text})


@pytest.mark.parametrize(
    ("kind", "body", "problem"),
    [
        ("vereador", "Olá {{1}}! Podemos conversar? SAIR para não receber.", "must name its sender"),
        ("vereador", "Olá {{1}}, aqui é da {{2}}. Podemos conversar?", "must say how to be left alone"),
        ("clinica", "Olá {{1}}, aqui é da {{2}}. Podemos conversar?", "must say that an automated assistant writes"),
    ],
)
def test_the_first_message_says_what_it_must(tenant: Tenant, kind: str, body: str, problem: str) -> None:
    """Such a project does not start; with the right words it does, and so does another trade's with these."""
    consenting(tenant)
    template(tenant, body, None if "{{2}}" in body else ["lead.first_name"])
    started = project(tenant, agent(tenant, kind))
    with pytest.raises(psycopg.Error, match=problem):
        tenant.start(started)
    tenant.start(project(tenant, agent(tenant, "renus_base")))
    template(tenant, VEREADOR if kind == "vereador" else CLINICA)
    tenant.start(started)


def test_a_name_written_out_names_the_sender(tenant: Tenant) -> None:
    """Literally, in any case."""
    company = tenant.one("select company_name from public.clients")
    template(tenant, f"Aqui é da {company.upper()}. Para não receber, responda SAIR.", [])
    tenant.start(project(tenant, agent(tenant, "vereador")))


def test_only_who_consented_is_written_to(tenant: Tenant) -> None:
    """Contract or interest are no consent; a consent taken back is none."""
    world = tenant.world
    good, contract, none, gone = (
        consenting(tenant),
        tenant.lead(consent_basis="contract"),
        tenant.lead(),
        consenting(tenant),
    )
    tenant.all("insert into public.consents (lead_id, granted, legal_basis) values (%s, false, 'consent')", gone)
    template(tenant, VEREADOR)
    tenant.start(project(tenant, agent(tenant, "vereador")))
    assert [task["work"]["kind"] for task in world.claim("default")] == ["invitation"]
    assert dict(world.all("select lead_id, metadata ->> 'reason' from public.interviews")) == {
        good: None,
        contract: "the lead has not consented",
        none: "the lead has not consented",
    }


def test_a_trade_stays_on_official_accounts(tenant: Tenant) -> None:
    """Not started over a gateway; and what was queued before the account changed is not sent."""
    world = tenant.world
    consenting(tenant)
    template(tenant, VEREADOR)
    started = project(tenant, agent(tenant, "vereador"))
    tenant.start(started)
    unofficial(tenant)
    assert world.claim("default") == []
    rule = "an agent of type vereador writes over official accounts only"
    assert tenant.all("select status::text, reason from public.deliveries") == [("cancelled", rule)]
    with pytest.raises(psycopg.Error, match=rule):
        tenant.start(project(tenant, agent(tenant, "vereador")))


def test_an_agent_changed_in_mid_run_is_bound_at_once(tenant: Tenant) -> None:
    """The pack is looked up at every claim: a running project whose agent became one of the trade sends no more."""
    world = tenant.world
    tenant.lead()
    config_id = agent(tenant, "renus_base")
    tenant.start(project(tenant, config_id))
    tenant.all("update public.renus_config set agent_type = 'vereador' where id = %s", config_id)
    assert world.claim("default") == []
    assert tenant.one("select reason from public.deliveries") == "the lead has not consented"


def test_a_risk_is_accepted_by_an_admin_in_writing(tenant: Tenant) -> None:
    """mmn is off on the official API; neither owner nor staff can accept for RENUM; a gateway asks for nothing."""
    world = tenant.world
    tenant.lead()
    started = project(tenant, agent(tenant, "mmn"))
    with pytest.raises(psycopg.Error, match="only once an admin has accepted the risk in writing"):
        tenant.start(started)
    accept = "insert into public.risk_acceptances (client_id, agent_type, text) values (%s, 'mmn', %s)"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        tenant.all(accept, tenant.id, RISK)
    boss = world.admin()
    with pytest.raises(psycopg.errors.CheckViolation, match="text_has_20"), world.person(boss) as admin:
        admin.all(accept, tenant.id, "ok")
    with world.person(boss) as admin:
        admin.all(accept, tenant.id, RISK)
    assert tenant.all("select text, accepted_by from public.risk_acceptances") == [(RISK, boss)]
    tenant.start(started)
    (task,) = world.claim("default")
    world.all("delete from public.risk_acceptances")
    world.complete(task, outcome="unknown")
    with pytest.raises(psycopg.Error, match="accepted the risk"):
        tenant.start(project(tenant, agent(tenant, "mmn")))
    unofficial(tenant)
    tenant.start(project(tenant, agent(tenant, "mmn")))


@pytest.mark.parametrize(
    "text",
    [
        "O resultado do seu exame deu positivo.",
        "Seu hemograma está normal, pode ficar tranquila!",
        "Você tem diabetes tipo 2.",
        "Pelo que descreveu, você pode estar com sinusite.",
        "O diagnóstico é de gastrite.",
        "A biópsia indica um nódulo benigno.",
        "Seu laudo aponta uma fratura.",
    ],
)
def test_a_diagnosis_is_stopped(tenant: Tenant, text: str) -> None:
    """Cancelled before it is sent; the owners are told that a person is needed, without a word of it."""
    interview = _clinic(tenant)
    interview.say("e o meu exame?")
    verdict = interview.commit(interview.claim(), acknowledgement=text, answers=[])
    assert (verdict["verdict"], verdict["delivery"]) == ("committed", None)
    assert tenant.all("select status::text, reason from public.deliveries where kind = 'reply'") == [
        ("cancelled", "the reply says what only a person may say")
    ]
    event, told = tenant.world.row("select event, text from public.notifications")
    assert event == "person_needed"
    assert "Ana Lima" in told
    assert text not in told


@pytest.mark.parametrize(
    "text",
    [
        "O seu exame está pronto e pode ser retirado na recepção.",
        "Você tem consulta marcada para quinta-feira às 9h.",
        "Só a médica pode explicar o diagnóstico.",
        "Vou chamar alguém da equipe para falar do seu resultado.",
    ],
)
def test_other_replies_are_given(tenant: Tenant, text: str) -> None:
    """Dates, places, and that somebody will call."""
    interview = _clinic(tenant)
    assert text in interview.turn("e o meu exame?", acknowledgement=text, answers=[])


def test_a_person_may_say_what_the_agent_may_not(tenant: Tenant) -> None:
    """The doctor writes by hand."""
    interview = _clinic(tenant)
    interview.say("e o meu exame?")
    tenant.all(
        "insert into public.deliveries (lead_id, content) values (%s, %s)",
        interview.lead,
        {"type": "text", "text": "O resultado do seu exame deu positivo."},
    )
    assert tenant.all("select status::text from public.deliveries where kind = 'message'") == [("queued",)]


def _clinic(tenant: Tenant) -> Interview:
    template(tenant, CLINICA)
    lead = tenant.lead("11 97766-5501")
    started = project(tenant, agent(tenant, "clinica"), audience={"lead_ids": [lead]})
    tenant.start(started)
    tenant.world.complete(*tenant.world.claim("default"))
    interview, thread = tenant.world.row("select id, thread_id from public.interviews")
    return Interview(tenant, interview, lead, started, thread, "5511977665501")


def _councillor(tenant: Tenant) -> Interview:
    template(tenant, VEREADOR)
    lead = tenant.lead(
        "11 97766-5502", consent_basis="consent", email="ana@exemplo.com.br", metadata={"bairro": "Mooca"}
    )
    started = project(tenant, agent(tenant, "vereador"), audience={"lead_ids": [lead]})
    tenant.start(started)
    tenant.world.complete(*tenant.world.claim("default"))
    interview, thread = tenant.world.row("select id, thread_id from public.interviews")
    return Interview(tenant, interview, lead, started, thread, "5511977665502")


SECRETS = ("Ana", "ana@exemplo", "Mooca", "falta luz na minha rua")
TEXTS = """
select string_agg(t, ' ') from (
    select to_jsonb(l)::text from public.leads as l union all select to_jsonb(m)::text from public.interview_messages as m
    union all select to_jsonb(m)::text from public.messages as m union all select to_jsonb(a)::text from public.interview_answers as a
    union all select to_jsonb(d)::text from public.deliveries as d union all select to_jsonb(w)::text from public.webhook_events as w
    union all select to_jsonb(x)::text from public.turns as x union all select to_jsonb(r)::text from public.reports as r
    union all select to_jsonb(i)::text from public.interviews as i
) as everything (t)
"""  # noqa: E501


def test_an_opt_out_is_followed_by_erasure_within_48_hours(tenant: Tenant) -> None:
    """A day later everything about the lead is gone but its number, by which the next list finds that it opted out."""
    world, interview = tenant.world, _councillor(tenant)
    interview.say("falta luz na minha rua")
    assert "não vai mais receber" in interview.turn("SAIR")
    everything = world.one(TEXTS)
    for secret in SECRETS:
        assert secret in everything
    hours = "select extract(epoch from due_at - private.now()) / 3600 from public.erasures where done_at is null"
    assert 23 < tenant.one(hours) <= 24
    world.one("select private.sweep()")
    assert "Ana" in world.one(TEXTS), "not before it is due"
    world.setting("clock_offset_s", 24 * 3600 + 60)
    world.one("select private.sweep()")
    left = world.one(TEXTS)
    for secret in SECRETS:
        assert secret not in left, secret
    assert tenant.all("select phone, opted_out_at is not null from public.leads") == [("+5511977665502", True)]
    assert tenant.one("select done_at is not null from public.erasures")
    again = {"nome": "Ana Lima", "telefone": "11 97766-5502", "email": "a@b.co"}
    report = tenant.one("select public.import_leads(rows => %s)", [again])
    assert len(report["opted_out"]) == 1
    assert tenant.all("select name, email from public.leads") == [(None, None)]
    world.one("select private.run_erasures()")
    assert tenant.one("select count(*) from public.erasures") == 1


def test_other_trades_keep_what_they_were_told(interview: Interview) -> None:
    """An opt-out alone erases nothing there."""
    interview.turn("SAIR")
    assert interview.tenant.one("select count(*) from public.erasures") == 0


def test_who_comes_back_in_time_is_not_erased(tenant: Tenant) -> None:
    """An opt-in takes back what the opt-out alone had set going."""
    interview = _councillor(tenant)
    interview.turn("SAIR")
    interview.say("quero receber de novo")
    tenant.world.setting("clock_offset_s", 48 * 3600)
    tenant.world.one("select private.sweep()")
    assert tenant.one("select name from public.leads") == "Ana Lima"


def test_a_person_can_have_any_lead_erased(interview: Interview, other: Tenant) -> None:
    """An hour after it was asked for, in any trade; the lead is not written to again. Not another client's."""
    world, tenant = interview.world, interview.tenant
    interview.answer("nota", 9)
    ask = "insert into public.erasures (lead_id, reason) values (%s, 'pediu por e-mail')"
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        other.all(ask, interview.lead)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        tenant.all("insert into public.erasures (lead_id, due_at) values (%s, now())", interview.lead)
    tenant.all(ask, interview.lead)
    with pytest.raises(psycopg.errors.UniqueViolation, match="a_lead_has_one_erasure_to_come"):
        tenant.all(ask, interview.lead)
    assert tenant.one("select requested_by from public.erasures") == tenant.owner
    world.setting("clock_offset_s", 3700)
    world.one("select private.sweep()")
    assert tenant.all("select name, opted_out_at is not null from public.leads") == [(None, True)]
    assert interview.state() == ("cancelled", "opted_out")
    assert interview.answers() == {}
    assert tenant.one("select evidence ->> 'source' from public.consents") == "erasure"


def test_the_packs_are_these(reader: World) -> None:
    """One row per trade, none for the general agent."""
    assert {name for (name,) in reader.all("select agent_type::text from private.policy_packs")} == {
        "vereador",
        "clinica",
        "mmn",
    }


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (None, ("cancelled", "the invitation must say how to be left alone (SAIR)")),
        ("Aqui é da {{client.company_name}}. Responda SAIR para não receber mais.", ("queued", None)),
    ],
)
def test_a_reminder_that_is_the_first_message_says_what_it_must(
    tenant: Tenant, text: str | None, outcome: tuple[str, str | None]
) -> None:
    """The invitation reached nobody: what the lead reads first is an SMS."""
    world = tenant.world
    template(tenant, VEREADOR)
    world.all("update public.channel_accounts set display_phone = '+55 11 4000-1234'")
    tenant.all(
        "insert into public.channel_accounts (channel, provider, name, external_id)"
        " values ('sms', 'twilio', 'SMS', '+15005550006')"
    )
    step = {"after": {"hours": 1}, "channel": "sms"} | ({"text": text} if text else {})
    made = project(tenant, agent(tenant, "vereador"), audience={"lead_ids": [consenting(tenant)]}, reminders=[step])
    tenant.start(made)
    (task,) = world.claim("default")
    error = {"code": "131026", "message": "Undeliverable", "retryable": False, "scope": "recipient"}
    world.complete(task, outcome="failed", error=error)
    world.one("select private.sweep()")
    state, reason = world.row("select status::text, reason from public.deliveries where kind = 'reminder'")
    assert (state, reason) == outcome
