"""The words and buttons that must always work, what only looks like them, and the ways back."""

from __future__ import annotations

import unicodedata

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.database.builders import JSON, Interview, Tenant, World
from tests.database.test_hours_are_kept import to_leads

WORDS = [
    "SAIR",
    "PARAR",
    "CANCELAR",
    "STOP",
    "DESCADASTRAR",
    "REMOVER",
    "não quero mais receber",
    "não quero receber mais mensagens",
    "não quero mais receber mensagens de vocês",
    "quero sair da lista",
    "me tire da lista por favor",
    "me remova dessa lista",
    "tira meu número da lista",
    "quero me descadastrar",
    "pare de me mandar mensagens",
    "parem de mandar mensagem",
    "por favor, parem",
    "Boa tarde, quero sair",
    "cancelar inscrição",
    "quero cancelar o recebimento",
    "não me mandem mais mensagens",
    "não me escreva mais",
    "não me incomodem mais",
    "sair da lista",
    "descadastre",
    "opt-out",
    "unsubscribe",
    "sair, obrigada",
    "𝗦𝗔𝗜𝗥",
    "ＳＡＩＲ",
    "S\u200bAIR",
    "🛑 PARAR 🛑",
]
SENTENCES = [
    "quero cancelar meu pedido",
    "vou parar na loja",
    "quero cancelar a compra",
    "cancelar o pedido 123",
    "não quero parar",
    "vou sair agora, respondo depois",
    "a loja devia parar de cobrar",
    "não quero",
    "não quero mais",
    "não recebi",
    "não quero receber o produto errado de novo",
    "quero remover um item do carrinho",
    "parar de fumar",
    "o ônibus parou",
    "saí",
    "remover a mancha",
    "para",
    "stop motion",
    "quero sair de férias",
    "sair de casa",
    "me tira uma dúvida",
    "quero receber",
    "pare na frente da loja",
    "",
    "não",
    "me cancela a consulta de amanhã",
]


def _opted_out(tenant: Tenant, lead: str) -> bool:
    return bool(tenant.one("select opted_out_at is not null from public.leads where id = %s", lead))


def _goodbyes(tenant: Tenant) -> list[str]:
    return [s for (s,) in tenant.all("select status::text from public.deliveries where kind = 'goodbye' order by 1")]


@pytest.mark.parametrize("text", WORDS)
def test_these_opt_out(reader: World, text: str) -> None:
    """Whatever the spelling."""
    assert reader.one("select private.is_opt_out(%s)", text) is True


@pytest.mark.parametrize("text", SENTENCES)
def test_these_mean_something_else(reader: World, text: str) -> None:
    """Another thing to cancel, another place to stop."""
    assert reader.one("select private.is_opt_out(%s)", text) is False


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    word=st.sampled_from(WORDS[:26]),
    case=st.sampled_from([str.upper, str.lower, str.title]),
    form=st.sampled_from(["NFC", "NFD"]),
    around=st.text(st.sampled_from(" .!?,;:-…\n\t*_~\"'()🙏😡👍🛑❌"), max_size=6),
    behind=st.text(st.sampled_from(" .!?,;:-…\n\t*_~\"'()🙏😡👍🛑❌"), max_size=6),
)
def test_case_accents_and_decoration_make_no_difference(
    reader: World, word: str, case: object, form: str, around: str, behind: str
) -> None:
    """An upper-case word in decomposed Unicode between emoji is the word."""
    assert callable(case)
    text = around + unicodedata.normalize(form, case(word)) + behind  # type: ignore[arg-type] # one of four names
    assert reader.one("select private.is_opt_out(%s)", text) is True


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60), noun=st.sampled_from(["pedido", "consulta", "loja", "compra", "boleto", "carro"]))
def test_a_noun_beside_the_word_makes_it_a_sentence(reader: World, text: str, noun: str) -> None:
    """And nothing that anybody can type raises; what opts out never opts in."""
    safe = text.replace("\0", "")
    assert reader.one("select private.is_opt_out(%s)", f"cancelar {noun} {safe}") is False
    out, back = reader.row("select private.is_opt_out(%s), private.is_opt_in(%s)", safe, safe)
    assert not (out and back)


@pytest.mark.parametrize(
    ("kind", "payload", "title"),
    [
        (
            "button",
            {"type": "button_reply", "button_reply": {"id": "opt_out", "title": "Não, obrigado"}},
            "Não, obrigado",
        ),
        ("button", {"type": "button_reply", "button_reply": {"id": "b1", "title": "Sair"}}, "Sair"),
        ("list", {"type": "list_reply", "list_reply": {"id": "sair", "title": "Prefiro que não"}}, "Prefiro que não"),
        ("button", {"payload": "STOP", "text": "Chega"}, "Chega"),
    ],
)
def test_a_button_opts_out(interview: Interview, kind: str, payload: JSON, title: str) -> None:
    """By its title or by the name we gave it; the goodbye follows."""
    tenant = interview.tenant
    item = tenant.message(interview.wa_id, title)
    item["message"] = {"type": kind, "text": title, "payload": payload, "reply_to": None}
    tenant.ingest(item)
    assert _opted_out(tenant, interview.lead)
    verdict = interview.commit(interview.claim())
    assert verdict["delivery"]["work"]["kind"] == "goodbye"


def test_outside_of_interviews_a_goodbye_goes_out_once_too(interview: Interview) -> None:
    """A lead with nothing to answer says PARAR twice, and something else: one confirmation, nothing more."""
    tenant, world = interview.tenant, interview.world
    world.all("update public.interviews set status = 'cancelled', end_reason = 'cancelled' where id = %s", interview.id)
    interview.say("PARAR", "PARAR!")
    (task,) = world.claim("high_priority")
    assert task["work"]["kind"] == "goodbye"
    assert "não vai mais receber" in task["work"]["content"]["text"]
    world.complete(task)
    interview.say("PARAR", "por que ainda?")
    world.one("select private.sweep()")
    assert to_leads(world) == []
    assert _goodbyes(tenant) == ["sent"]
    said = "select count(*) from public.messages where role = 'assistant' and content = private.goodbye()"
    assert world.one(said) == 1


def test_the_lead_comes_back_by_its_own_word(interview: Interview) -> None:
    """VOLTAR after SAIR; and a second SAIR is confirmed again."""
    tenant, world = interview.tenant, interview.world
    interview.turn("SAIR")
    interview.say("oi?")
    assert _opted_out(tenant, interview.lead)
    interview.say("Quero receber de novo, por favor")
    assert not _opted_out(tenant, interview.lead)
    interview.say("sair")
    assert _opted_out(tenant, interview.lead)
    world.complete(*world.claim("high_priority"))
    assert _goodbyes(tenant) == ["sent", "sent"]
    assert tenant.all("select granted, evidence ->> 'text' from public.consents order by created_at") == [
        (False, "SAIR"),
        (True, "Quero receber de novo, por favor"),
        (False, "sair"),
    ]


@pytest.mark.parametrize("word", ["voltar", "ACEITO", "quero receber mensagens", "Reativar!", "start"])
def test_a_word_of_return_from_who_never_left_is_a_word(interview: Interview, word: str) -> None:
    """ACEITO may be an answer: the ledger keeps what changes something."""
    interview.say(word)
    assert interview.tenant.one("select count(*) from public.consents") == 0


def test_a_change_of_mind_within_one_webhook_is_followed(interview: Interview) -> None:
    """Out, in, and out again: the last word holds, each is written down."""
    interview.say("SAIR", "VOLTAR", "SAIR")
    assert _opted_out(interview.tenant, interview.lead)
    assert interview.tenant.one("select count(*) from public.consents") == 3


def test_lists_and_updates_never_bring_a_lead_back(tenant: Tenant) -> None:
    """Not an import with a basis, not a new basis on the lead, not a row that only says contract, nor one without
    evidence."""
    phone = "11 97777-4001"
    lead = tenant.lead(phone, consent_basis="consent")
    tenant.all("insert into public.consents (lead_id, granted, legal_basis) values (%s, false, 'consent')", lead)
    tenant.all(
        "select public.import_leads(rows => %s, legal_basis => 'consent', evidence => 'cadastro')",
        [{"nome": "Ana", "telefone": phone}],
    )
    tenant.all(
        "insert into public.leads (phone, name, consent_basis) values (%s, 'Ana', 'consent')"
        " on conflict (client_id, phone) do update set name = excluded.name, consent_basis = excluded.consent_basis",
        phone,
    )
    add = "insert into public.consents (lead_id, granted, legal_basis, evidence) values (%s, true, %s, %s)"
    for basis, evidence in (
        ("contract", {"text": "contrato 12"}),
        ("consent", {}),
        ("consent", {"source": "message"}),
        ("consent", {"source": "import"}),
    ):
        with pytest.raises(psycopg.Error, match="comes back by its consent only"):
            tenant.all(add, lead, basis, evidence)
    assert _opted_out(tenant, lead)
    tenant.all(add, lead, "consent", {"source": "message", "text": "pediu no balcão"})
    assert not _opted_out(tenant, lead)
    assert tenant.one("select evidence from public.consents order by created_at desc limit 1") == {
        "source": "person",
        "text": "pediu no balcão",
        "recorded_by": tenant.owner,
    }


def test_a_provider_takes_back_only_its_own_stop(interview: Interview) -> None:
    """Who said SAIR to us is not brought back by a preference in the app."""
    tenant = interview.tenant
    interview.turn("SAIR")
    event = {"number": tenant.number, "sender": {"wa_id": interview.wa_id, "bsuid": None}, "raw": {}}
    tenant.ingest({**event, "kind": "opt_in", "provider_id": "p9"})
    assert _opted_out(tenant, interview.lead)


@pytest.mark.parametrize(
    ("provider", "code", "out"),
    [
        ("whatsapp_cloud", "131050", True),
        ("twilio", "21610", True),
        ("whatsapp_cloud", "131026", False),
        ("whatsapp_cloud", "21610", False),
        ("twilio", "30003", False),
    ],
)
def test_a_refusal_that_means_stop_is_an_opt_out(interview: Interview, provider: str, code: str, out: bool) -> None:
    """Noted once, with the delivery it came for."""
    tenant, world = interview.tenant, interview.world
    world.all("update public.channel_accounts set provider = %s", provider)
    delivery = world.one("select id from public.deliveries")
    assert world.one("select private.note_refusal(%s, %s)", delivery, code) is out
    assert world.one("select private.note_refusal(%s, %s)", delivery, code) is False
    assert _opted_out(tenant, interview.lead) is out
    if out:
        assert interview.state() == ("cancelled", "opted_out")
        assert tenant.one("select evidence from public.consents") == {
            "source": "provider",
            "delivery_id": delivery,
            "code": code,
        }


def test_the_ledger_says_what_for(tenant: Tenant) -> None:
    """Purpose, basis, wording and evidence are kept as they were given."""
    lead = tenant.lead()
    tenant.all(
        "insert into public.consents (lead_id, granted, legal_basis, purpose, text_version, evidence)"
        " values (%s, true, 'consent', 'pesquisa de satisfação', '2027-01', %s)",
        lead,
        {"ip": "192.0.2.1"},
    )
    assert tenant.all("select purpose, text_version, evidence ->> 'ip' from public.consents") == [
        ("pesquisa de satisfação", "2027-01", "192.0.2.1")
    ]
    with pytest.raises(psycopg.errors.CheckViolation, match="purpose_has_1_to_200_characters"):
        tenant.all(
            "insert into public.consents (lead_id, granted, legal_basis, purpose) values (%s, true, 'consent', ' ')",
            lead,
        )


def test_a_send_refused_for_good_because_of_stop_is_an_opt_out(tenant: Tenant) -> None:
    """Through the functions' own call: the result of the send, and the status that comes later, say it alike."""
    world = tenant.world
    leads = [tenant.lead(), tenant.lead()]
    tenant.start(tenant.project())
    first, second = world.claim("default")
    error = {"code": "131050", "message": "User stopped marketing", "retryable": False, "scope": "recipient"}
    world.complete(first, outcome="failed", error=error)
    world.complete(second)
    tenant.ingest(tenant.status("failed", reference=second["id"], error=error))
    world.one("select private.sweep()")
    assert to_leads(world) == []
    assert world.one("select count(*) from public.leads where opted_out_at is not null") == len(leads)
    assert world.all("select distinct status::text, end_reason::text from public.interviews") == [
        ("cancelled", "opted_out")
    ]


def test_an_opt_out_by_another_account_ends_the_interview_too(interview: Interview) -> None:
    """PARAR in answer to an SMS: the goodbye goes by SMS, and WhatsApp waits for nobody's answer any more."""
    tenant, world = interview.tenant, interview.world
    sms = tenant.one(
        "insert into public.channel_accounts (channel, provider, name, external_id)"
        " values ('sms', 'twilio', 'SMS', '+15005550006') returning id"
    )
    tenant.ingest({**tenant.message(interview.wa_id, "PARAR"), "number": "+15005550006"}, account=sms)
    assert interview.state() == ("cancelled", "opted_out")
    assert world.one("select count(*) from public.reminders where status = 'waiting'") == 0
    (task,) = to_leads(world)
    assert (task["work"]["kind"], task["work"]["channel"]) == ("goodbye", "sms")
