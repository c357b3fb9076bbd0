"""Leads who write outside of surveys, over real webhooks: answered, handed on, taken over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from supabase import Client

from devstack.demo.access import Row, row
from tests.stack import Stack, until
from tests.system.survey import Lead, Survey, open_survey

KNOWLEDGE = [
    {"about": "horário de funcionamento, abre, fecha, domingo", "say": "Abrimos todos os dias das 8h às 18h."},
    {"about": "entrega, frete", "say": "Entregamos no mesmo dia na zona sul."},
]


@pytest.fixture(scope="module")
def shop(stack: Stack, admin: Client) -> Iterator[Survey]:
    """A client without a survey, whose agent answers its leads and has two specialists."""
    opened = open_survey(stack, admin, "Confeitaria Lua", owner_phone="+5511965430009", start=False)
    for name, topics in (("Encomendas", ["encomenda", "bolo", "torta"]), ("Cursos", ["curso", "aula"])):
        told = {"name": name, "description": f"Cuida de {name.lower()}", "config": {"topics": topics}}
        admin.table("sub_agents").insert(told).execute()
    config = {"conversation": {"knowledge": KNOWLEDGE, "sub_agents": ["Encomendas", "Cursos"]}}
    opened.owner.table("renus_config").insert({"config": config}).execute()
    yield opened
    admin.table("sub_agents").delete().in_("name", ["Encomendas", "Cursos"]).execute()


def conversation(lead: Lead) -> Row:
    """The lead's open conversation as its client's owner sees it."""
    found = lead.survey.owner.table("conversations").select("*").eq("lead_id", lead.id).eq("status", "open").execute()
    return row(found)


def test_a_lead_is_answered_and_the_turn_is_kept(shop: Survey) -> None:
    """From the company's own knowledge; message, turn and delivery are there for its people to read."""
    lead = shop.lead("Ana Lima")
    said = lead.ask("Oi, que horas vocês abrem no domingo?")
    assert "Abrimos todos os dias das 8h às 18h." in said
    shop.settled(lead)
    turns: list[Any] = shop.owner.table("turns").select("graph,status,model,steps").execute().data
    assert [(turn["graph"], turn["status"], turn["model"]) for turn in turns] == [
        ("conversation", "committed", "offline")
    ]
    assert [step["node"] for step in turns[0]["steps"]] == ["think", "act", "settle"]
    assert [message["content"] for message in lead.said("assistant")] == [said]


def test_specialists_hand_a_dialogue_back_and_forth(shop: Survey) -> None:
    """Each answers what is its own; who has it, and what it remembers, is kept in between."""
    lead = shop.lead("Bia")
    lead.ask("quero encomendar um bolo para sábado")
    shop.settled(lead)
    orders = conversation(lead)
    lead.ask("e vocês dão curso? queria fazer uma aula")
    shop.settled(lead)
    courses = conversation(lead)
    assert orders["sub_agent_id"] != courses["sub_agent_id"]
    assert None not in (orders["sub_agent_id"], courses["sub_agent_id"])
    lead.ask("voltando à encomenda do bolo, pode ser de cenoura")
    shop.settled(lead)
    back = conversation(lead)
    assert back["sub_agent_id"] == orders["sub_agent_id"]
    assert set(back["memory"]) >= set(orders["memory"])


def test_a_person_takes_over_in_the_middle_of_a_turn(stack: Stack, shop: Survey) -> None:
    """No word of the agent's is sent; handed back, it says that it is back."""
    lead = shop.lead("Caio")
    lead.ask("oi")
    shop.settled(lead)
    with stack.setting("debounce_ms", 300):
        lead.say("vocês entregam?")
        until(lambda: stack.rows("select 1 from private.threads where lead_id = %s and due_at is not null", lead.id))
        shop.owner.rpc("take_over", {"lead_id": lead.id}).execute()
        assert lead.replies() == []
    lead.say("alguém?")
    assert lead.replies() == []
    shop.owner.table("deliveries").insert(
        {"lead_id": lead.id, "content": {"type": "text", "text": "Oi Caio, aqui é a Lua!"}}
    ).execute()
    assert lead.hear() == "Oi Caio, aqui é a Lua!"
    shop.owner.rpc("hand_back", {"conversation_id": conversation(lead)["id"]}).execute()
    said = lead.ask("e o frete?")
    assert said.startswith("Aqui é o assistente virtual da Confeitaria Lua, de volta à conversa.")
    assert "Entregamos no mesmo dia" in said


def test_who_asks_for_a_person_gets_one(stack: Stack, shop: Survey) -> None:
    """The owner is told over WhatsApp, and the agent is quiet."""
    lead = shop.lead("Davi")
    assert lead.ask("quero falar com um atendente humano")
    shop.settled(lead)
    assert conversation(lead)["handed_over_at"] is not None
    until(
        lambda: [m for m in stack.simulator.messages(shop.owner_phone) if "Davi precisa de atendimento" in m["text"]],
        what="the owner's notification",
    )
    lead.say("ainda está aí?")
    assert lead.replies() == []


def test_what_leads_ask_for_is_done_by_tools(shop: Survey) -> None:
    """A callback, an e-mail address, the own data, leaving."""
    lead = shop.lead("Eva Dias")
    assert lead.ask("pode me ligar amanhã às 15h?")
    shop.settled(lead)
    callback = row(shop.owner.table("callbacks").select("status,due_at").eq("lead_id", lead.id).execute())
    assert callback["status"] == "open"
    lead.ask("meu email é eva@dias.com.br")
    assert "eva@dias.com.br" in lead.ask("quais dados vocês têm sobre mim?")
    assert "não vai mais receber" in lead.ask("não quero mais receber mensagens de vocês")
    shop.settled(lead)
    tools: list[Any] = shop.owner.table("tool_calls").select("tool,error").eq("lead_id", lead.id).execute().data
    assert {call["tool"] for call in tools} >= {"schedule_callback", "update_lead", "look_up_lead"}
    assert all(call["error"] is None for call in tools)
