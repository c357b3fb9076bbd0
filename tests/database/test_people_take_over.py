"""A person takes a dialogue over: from that moment no agent says a word in it, until it is handed back."""

from __future__ import annotations

import psycopg
import pytest

from tests.database.builders import Interview, Tenant, World, refused
from tests.database.dialogues import Dialogue, agent


def _take_over(tenant: Tenant, lead: str) -> None:
    tenant.all("select public.take_over(%s)", lead)


def test_a_turn_under_way_says_nothing_any_more(tenant: Tenant) -> None:
    """Its commit is stale, nothing is sent, its tools are refused, and what it had asked for is not done."""
    agent(tenant)
    dialogue = Dialogue.of(tenant)
    task = dialogue.begin("Oi")
    _take_over(tenant, dialogue.lead)
    assert dialogue.call(task, "update_lead", {"name": "Outro"}) == {"verdict": "stale"}
    verdict = dialogue.commit(task, "Olá!")
    assert (verdict["verdict"], verdict["delivery"]) == ("stale", None)
    assert dialogue.messages() == [("user", "Oi")]
    assert dialogue.sent() == []
    assert dialogue.conversation("handed_over_reason, handed_over_by") == ("a person took over", tenant.owner)
    dialogue.say("Alguém?")
    assert dialogue.claims() == []


def test_what_waits_to_be_sent_is_cancelled(tenant: Tenant) -> None:
    """A reply that was committed and not yet let go does not go."""
    agent(tenant)
    dialogue = Dialogue.of(tenant)
    tenant.all("update public.channel_accounts set status = 'paused' where id = %s", tenant.account)
    dialogue.commit(dialogue.begin("Oi"), "Olá!")
    _take_over(tenant, dialogue.lead)
    tenant.all("update public.channel_accounts set status = 'active' where id = %s", tenant.account)
    assert dialogue.sent() == [("cancelled", "Olá!")]
    assert tenant.world.claim() == []


def test_who_writes_by_hand_has_the_conversation(tenant: Tenant) -> None:
    """A person's message stops the turn under way; the lead's next message waits for the person."""
    agent(tenant)
    dialogue = Dialogue.of(tenant)
    task = dialogue.begin("Oi")
    tenant.all(
        "insert into public.deliveries (lead_id, content) values (%s, %s)",
        dialogue.lead,
        {"type": "text", "text": "Oi, aqui é a Helena."},
    )
    assert dialogue.commit(task, "Olá!")["verdict"] == "stale"
    dialogue.say("Oi Helena")
    assert dialogue.claims() == []
    assert [content for role, content in dialogue.messages() if role == "assistant"] == ["Oi, aqui é a Helena."]


def test_handed_back_the_agent_knows_what_was_said_and_says_that_it_is_back(tenant: Tenant) -> None:
    """Once: the reply after that is a reply like others."""
    agent(tenant)
    dialogue = Dialogue.of(tenant)
    dialogue.turn("Oi", reply="Olá!")
    _take_over(tenant, dialogue.lead)
    tenant.all(
        "insert into public.deliveries (lead_id, content) values (%s, %s)",
        dialogue.lead,
        {"type": "text", "text": "Seu pedido chega amanhã."},
    )
    tenant.world.complete(*tenant.world.claim("high_priority"))
    dialogue.say("Obrigada!")
    conversation = dialogue.conversation()
    for _ in range(2):
        assert tenant.one("select (public.hand_back(%s)).handed_over_at", conversation) is None
    task = dialogue.begin("E a que horas?")
    assert task["work"]["resuming"] is True
    assert [(item["content"], item.get("by")) for item in task["work"]["history"]] == [
        ("Oi", None),
        ("Olá!", None),
        ("Seu pedido chega amanhã.", "person"),
        ("Obrigada!", None),
    ]
    said = dialogue.answer(task, "Pela manhã.")
    assert said.startswith("Aqui é o assistente virtual da Padaria ")
    assert said.endswith("de volta à conversa. Pela manhã.")
    assert dialogue.turn("Ok", reply="Combinado!") == "Combinado!"


def test_a_lead_left_alone_for_a_day_is_answered_again(tenant: Tenant, world: World) -> None:
    """By the agent, who says that it is back; not a minute before."""
    agent(tenant)
    dialogue = Dialogue.of(tenant)
    dialogue.turn("Oi")
    _take_over(tenant, dialogue.lead)
    world.setting("clock_offset_s", 23 * 3600)
    dialogue.say("Alguém?")
    assert dialogue.claims() == []
    world.setting("clock_offset_s", 25 * 3600)
    assert "de volta à conversa" in dialogue.turn("Alguém??")


def test_an_interview_taken_over_ends(tenant: Tenant, interview: Interview) -> None:
    """handed_over, and the dialogue goes on as a conversation that a person has."""
    agent(tenant)
    interview.say("9")
    task = interview.claim()
    _take_over(tenant, interview.lead)
    assert interview.commit(task, acknowledgement="Obrigado!")["verdict"] == "stale"
    assert interview.state() == ("cancelled", "handed_over")
    interview.say("oi?")
    assert tenant.world.claim("high_priority") == []
    assert tenant.world.one("select handed_over_at is not null from public.conversations") is True


def test_a_tool_calls_a_person_when_its_turn_commits(tenant: Tenant) -> None:
    """The reply goes out, the owners are told why, the next message is the person's."""
    agent(tenant)
    dialogue = Dialogue.of(tenant)
    task = dialogue.begin("quero falar com um atendente")
    assert dialogue.call(task, "hand_over", {"reason": "pediu um atendente"})["verdict"] == "done"
    assert dialogue.conversation("handed_over_at") is None
    said = dialogue.answer(task, "")
    assert said == "Vou chamar uma pessoa da nossa equipe para continuar com você."
    assert dialogue.conversation("handed_over_reason") == "pediu um atendente"
    assert tenant.all("select text from public.notifications where event = 'person_needed'") == [
        ("Ana Lima precisa de atendimento de uma pessoa: pediu um atendente.",)
    ]
    dialogue.say("Oi?")
    assert dialogue.claims() == []


def test_only_the_clients_own_people_take_over(tenant: Tenant, other: Tenant) -> None:
    """For another client's owner there is no such lead and no such conversation."""
    agent(tenant)
    dialogue = Dialogue.of(tenant)
    dialogue.turn("Oi")
    conversation = dialogue.conversation()
    for statement, value in (("public.take_over(%s)", dialogue.lead), ("public.hand_back(%s)", conversation)):
        with pytest.raises(psycopg.Error) as error:
            other.all(f"select {statement}", value)
        assert refused(error.value).startswith("there is no such")
    assert dialogue.conversation("handed_over_at") is None


def _echo(tenant: Tenant, wa_id: str, text: str, message_id: str) -> dict[str, object]:
    return {
        "kind": "other",
        "provider_id": f"echo:{message_id}",
        "number": tenant.number,
        "field": "smb_message_echoes",
        "sender": {"wa_id": wa_id, "bsuid": None, "parent_bsuid": None, "name": None, "username": None},
        "echo": {"message_id": message_id, "type": "text", "text": text},
        "raw": {"id": message_id},
    }


def test_who_answers_from_the_telephone_has_the_dialogue(tenant: Tenant) -> None:
    """The running turn's commit fails, the message stands in the dialogue; our own sends that come back change
    nothing."""
    agent(tenant)
    dialogue = Dialogue.of(tenant)
    task = dialogue.begin("Oi")
    verdict = dialogue.commit(task, "Olá, posso ajudar?")
    (sending,) = [verdict["delivery"]]
    tenant.ingest(_echo(tenant, dialogue.wa_id, "Olá, posso ajudar?", "wamid.early"))
    tenant.world.complete(sending)
    tenant.ingest(_echo(tenant, dialogue.wa_id, "qualquer", f"wamid.out.{sending['id']}"))
    assert dialogue.conversation("handed_over_at") is None
    task = dialogue.begin("Quero um bolo")
    for _ in range(2):
        tenant.ingest(_echo(tenant, dialogue.wa_id, "Oi Ana, é a Helena", "wamid.phone"))
    assert dialogue.commit(task, "Temos vários!")["verdict"] == "stale"
    assert [content for role, content in dialogue.messages() if role == "assistant"] == [
        "Olá, posso ajudar?",
        "Oi Ana, é a Helena",
    ]
    assert dialogue.conversation("handed_over_reason") == "a person wrote from the telephone"
    tenant.ingest(_echo(tenant, "5521900000000", "oi", "wamid.stranger"))


def test_a_word_from_the_telephone_does_not_end_an_invitation(tenant: Tenant, interview: Interview) -> None:
    """Nobody has answered yet; once the interview runs, it does."""
    tenant.ingest(_echo(tenant, interview.wa_id, "Oi, já já te mandamos uma pesquisa", "wamid.1"))
    assert interview.state() == ("pending", None)
    interview.answer("nota", 9)
    tenant.ingest(_echo(tenant, interview.wa_id, "Deixa que eu respondo", "wamid.2"))
    assert interview.state() == ("cancelled", "handed_over")
