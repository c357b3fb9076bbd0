"""Consent: an append-only ledger whose newest row says whether a lead may be written to."""

from __future__ import annotations

import psycopg
import pytest

from tests.database.builders import JSON, Interview, Tenant

LEDGER = "select granted, legal_basis::text, evidence ->> 'source' from public.consents order by created_at"


def _opted_out(tenant: Tenant, lead: str) -> bool:
    return bool(tenant.one("select opted_out_at is not null from public.leads where id = %s", lead))


def test_an_import_that_says_its_basis_leaves_it_in_the_ledger(tenant: Tenant) -> None:
    """With who imported it; an import that says nothing writes nothing."""
    tenant.lead(consent_basis="contract")
    tenant.lead()
    assert tenant.all(LEDGER) == [(True, "contract", "import")]
    assert tenant.one("select evidence ->> 'recorded_by' from public.consents") == tenant.owner


def test_the_newest_row_counts(tenant: Tenant) -> None:
    """Withdrawn, granted, withdrawn again: the lead follows, and keeps the time of the first withdrawal in a row."""
    lead = tenant.lead(consent_basis="consent")
    add = (
        "insert into public.consents (lead_id, granted, legal_basis, evidence)"
        " values (%s, %s, 'consent', '{\"text\": \"ao telefone\"}')"
    )
    assert not _opted_out(tenant, lead)
    tenant.all(add, lead, False)
    since = tenant.one("select opted_out_at from public.leads")
    tenant.all(add, lead, False)
    assert tenant.one("select opted_out_at from public.leads") == since
    tenant.all(add, lead, True)
    assert not _opted_out(tenant, lead)
    tenant.all(add, lead, False)
    assert _opted_out(tenant, lead)
    assert tenant.one("select count(*) from public.consents") == 5


@pytest.mark.parametrize("change", ["update public.consents set granted = true", "delete from public.consents"])
def test_the_ledger_is_append_only(tenant: Tenant, change: str) -> None:
    """Its people cannot change or remove a row; a change is refused even to the database's owner."""
    lead = tenant.lead()
    tenant.all("insert into public.consents (lead_id, granted, legal_basis) values (%s, false, 'consent')", lead)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        tenant.all(change)
    if change.startswith("update"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="consents are append-only"):
            tenant.world.all(change)
    assert _opted_out(tenant, lead)


def test_people_cannot_write_the_result_past_the_ledger(tenant: Tenant) -> None:
    """opted_out_at is the ledger's to say."""
    tenant.lead()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        tenant.all("update public.leads set opted_out_at = null")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        tenant.all(
            "insert into public.consents (lead_id, granted, legal_basis, created_at)"
            " select id, true, 'consent', 'epoch' from public.leads"
        )


@pytest.mark.parametrize(
    "word",
    [
        "SAIR",
        "sair.",
        "Parar!",
        "PARE",
        "Stop",
        "CANCELAR",
        "descadastrar",
        "me tira da lista",
        " sair 🙏",
        "NÃO QUERO MAIS RECEBER",
        "Cancelar inscric\u0327a\u0303o",
    ],
)
def test_the_word_alone_opts_out(interview: Interview, word: str) -> None:
    """In any case, with accents in either encoding, whatever the agent does with it; the goodbye goes out once."""
    tenant = interview.tenant
    interview.say(word)
    assert _opted_out(tenant, interview.lead)
    assert tenant.all(LEDGER) == [(False, "consent", "message")]
    verdict = interview.commit(interview.claim(), acknowledgement="Que bom!", answers=[{"key": "nota", "value": 9}])
    assert verdict["delivery"]["work"]["kind"] == "goodbye"
    assert "não vai mais receber mensagens" in verdict["delivery"]["work"]["content"]["text"]
    assert interview.state() == ("cancelled", "opted_out")
    assert interview.answers() == {}
    interview.world.complete(verdict["delivery"])
    interview.say(word, "e agora?")
    assert interview.world.claim("high_priority") == []
    assert tenant.one("select count(*) from public.consents") == 1


@pytest.mark.parametrize(
    "text", ["vou sair agora, respondo depois", "não quero parar", "a loja devia parar de cobrar", "saí"]
)
def test_a_sentence_with_the_word_in_it_is_not_the_word(interview: Interview, text: str) -> None:
    """What means something else is the agent's to understand."""
    interview.say(text)
    assert not _opted_out(interview.tenant, interview.lead)


def test_the_agent_can_take_a_sentence_as_an_opt_out(interview: Interview) -> None:
    """The model says so, the ledger keeps which interview it was, the goodbye follows."""
    reply = interview.turn("por favor não me escrevam nunca mais", opt_out=True)
    assert "não vai mais receber" in reply
    assert interview.tenant.all(LEDGER) == [(False, "consent", "agent")]
    assert interview.state() == ("cancelled", "opted_out")


def test_a_providers_notice_opts_out_and_in_again(interview: Interview) -> None:
    """`stop` ends the live interview without a message (none may be sent), `resume` lets later ones in."""
    tenant = interview.tenant
    interview.answer("nota", 9)
    event = {"number": tenant.number, "sender": {"wa_id": interview.wa_id, "bsuid": None}, "raw": {}}
    assert tenant.ingest({**event, "kind": "opt_out", "provider_id": "p1"})["other"] == 1
    assert _opted_out(tenant, interview.lead)
    assert interview.state() == ("cancelled", "opted_out")
    assert tenant.world.claim() == []
    tenant.ingest({**event, "kind": "opt_in", "provider_id": "p2"})
    assert not _opted_out(tenant, interview.lead)
    assert [source for *_, source in tenant.all(LEDGER)] == ["provider", "provider"]


def test_a_notice_of_a_stranger_is_remembered(tenant: Tenant) -> None:
    """Who said stop before being imported is not invited when a list with the number comes later."""
    sender = {"wa_id": "5511999990000", "bsuid": None}
    tenant.ingest({"kind": "opt_out", "provider_id": "p1", "number": tenant.number, "sender": sender, "raw": {}})
    assert tenant.all("select phone, opted_out_at is not null from public.leads") == [("+5511999990000", True)]
    tenant.start(tenant.project())
    assert tenant.one("select count(*) from public.interviews") == 0


def test_staff_who_record_a_withdrawal_end_the_interview(interview: Interview) -> None:
    """A lead who said so on the telephone is left alone at once: no more turns, no more sends."""
    tenant = interview.tenant
    interview.say("9")
    tenant.all(
        "insert into public.consents (lead_id, granted, legal_basis) values (%s, false, 'consent')", interview.lead
    )
    assert interview.state() == ("cancelled", "opted_out")
    assert tenant.world.claim() == []


def test_an_opt_out_is_not_forgotten_by_deleting_the_lead(tenant: Tenant) -> None:
    """Deleted and imported again, the lead would be written to: so it stays. Another one goes."""
    gone, stays = tenant.lead("11 97777-0001"), tenant.lead("11 97777-0002")
    tenant.all("insert into public.consents (lead_id, granted, legal_basis) values (%s, false, 'consent')", stays)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="opted out cannot be deleted"):
        tenant.all("delete from public.leads where id = %s", stays)
    tenant.all("delete from public.leads where id = %s", gone)
    assert tenant.all("select id from public.leads") == [(stays,)]


def test_a_complaint_about_an_email_is_an_opt_out(tenant: Tenant, other: Tenant) -> None:
    """Of the lead with that address, however it is written, at that client only; from a stranger it makes nobody."""
    lead, same = tenant.lead(email="Ana@Exemplo.com.br"), other.lead(email="ana@exemplo.com.br")
    sender = {"wa_id": None, "bsuid": None, "parent_bsuid": None, "name": None, "username": None}
    event: JSON = {"kind": "opt_out", "number": None, "raw": {}, "occurred_at": None}
    told = event | {"provider_id": "msg_1", "sender": sender | {"email": "ana@exemplo.com.br"}}
    assert tenant.ingest(told)["other"] == 1
    assert _opted_out(tenant, lead)
    assert not _opted_out(other, same)
    tenant.ingest(event | {"provider_id": "msg_2", "sender": sender | {"email": "ninguem@exemplo.com.br"}})
    assert tenant.one("select count(*) from public.leads") == 1
