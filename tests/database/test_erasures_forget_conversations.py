"""What an erasure must find of a conversation: what agents kept, called and were told, and what a lead qualified by."""

from __future__ import annotations

from tests.database.builders import Tenant
from tests.database.dialogues import Candidate, agent
from tests.database.test_leads_are_qualified import CONVERSION, QUALIFICATION

TABLES = ("conversations", "tool_calls", "callbacks", "qualifications", "notifications", "leads", "turns", "audit_log")
LEFT = (
    "select coalesce(string_agg(t.v, ' '), '') from ("
    + " union all ".join(f"select to_jsonb(x)::text from public.{table} as x" for table in TABLES)
    + " union all select to_jsonb(x)::text from private.intents as x) as t (v)"
)


def test_nothing_of_a_conversation_is_left(tenant: Tenant) -> None:
    """Not the answers, not the notes, not the news; what it came to stays, without a word of the lead."""
    agent(tenant, qualification=QUALIFICATION, conversion=CONVERSION)
    world, dialogue = tenant.world, Candidate.begun(tenant)
    task = dialogue.begin("oi, sou a Zuleica")
    dialogue.qualify(task, empresa="Loja Zuleica", ramo="Clínica", contatos=150, email="quem sabe zuleica@")
    dialogue.qualify(task, decide={"value": "sim", "quote": "sim, Zuleica decide"}, email="zuleica@loja.com.br")
    dialogue.call(task, "não há", {"x": "Zuleica"})
    dialogue.decide(task, memory={"shared": {"nome": "Zuleica"}}, summary="Zuleica quer preço", summary_seq=1)
    task = dialogue.begin("me chama")
    dialogue.decide(task, reply="Claro.", hand_over="Zuleica pediu")
    tenant.all(
        "insert into public.callbacks (client_id, lead_id, due_at, note) values (%s, %s, now(), 'ligar: Zuleica')",
        tenant.id,
        dialogue.lead,
    )
    tenant.all("update public.leads set name = 'Zuleica'")
    world.one("select private.sweep()")
    before = world.one(LEFT)
    assert before.count("Zuleica") > 8
    other = Candidate.begun(tenant)
    other.turn("oi", empresa="Outra")
    tenant.all("insert into public.erasures (lead_id) values (%s)", dialogue.lead)
    world.setting("clock_offset_s", 3700)
    world.one("select private.sweep()")
    left = world.one(LEFT)
    assert "Zuleica" not in left
    assert "zuleica@" not in left
    assert "Outra" in left
    row = world.row("select status::text, score, answers from public.qualifications where lead_id = %s", dialogue.lead)
    assert row == ("qualified", 40, {})
