"""A model behind OpenAI's real client: tools offered, called and answered, malformed calls included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from devstack.demo.access import Row, rows
from tests.agents.conversing import MODEL, Spoken, spoken
from tests.openai_server import Reply, answer, calls, refused, text
from tests.system.survey import Lead, Survey, open_survey


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spoken]:
    """The stack."""
    with spoken(tmp_path_factory.mktemp("spoken") / ".renum") as started:
        yield started


@pytest.fixture(scope="module")
def shop(talk: Spoken) -> Survey:
    """A client whose agent has every tool, and of a turn three calls of the model."""
    opened = open_survey(talk.stack, talk.admin, "Livraria Sol", start=False)
    config = {"conversation": {"limits": {"steps": 3}}}
    prompts = {"conversation": "Fale de livros."}
    opened.owner.table("renus_config").insert({"config": config, "prompts": prompts}).execute()
    return opened


@pytest.fixture(autouse=True)
def nothing_said_yet(talk: Spoken) -> None:
    """Each test looks at its own requests."""
    talk.model.requests.clear()


def script(talk: Spoken, *replies: Reply) -> None:
    """The model says these, one after the other, the last one for ever."""
    talk.model.then(*replies)


def turn(lead: Lead) -> Row:
    """The lead's last turn."""
    lead.survey.settled(lead)
    return rows(
        lead.survey.owner.table("turns").select("*").eq("thread_id", _thread(lead)).order("started_at").execute()
    )[-1]


def _thread(lead: Lead) -> str:
    found: str = lead.stack.value("select id::text from private.threads where lead_id = %s", lead.id)
    return found


def test_tools_are_offered_called_and_answered(talk: Spoken, shop: Survey) -> None:
    """The request carries instructions apart from data; the result comes back as a tool message; tokens add up."""
    lead = shop.lead("Ana Lima")
    script(talk, calls(("update_lead", {"name": "Ana Souza"}), ("look_up_lead", {})), answer("Pronto, Ana!"))
    assert lead.ask("me chamo Ana Souza agora") == "Pronto, Ana!"
    first, second = talk.model.requests
    assert first["messages"][0]["role"] == "system"
    assert "Fale de livros." in first["messages"][0]["content"]
    assert "Ana Souza" not in first["messages"][0]["content"]
    assert talk.model.data_of(first)["input"][0]["content"] == "me chamo Ana Souza agora"
    assert {"Answer", "look_up_lead", "hand_over"} <= set(talk.model.tools_of(first))
    assert first["tool_choice"] == "required"
    saved, found = talk.model.results_of(second)
    assert saved == {"result": {"saved": True}}
    assert found["result"]["name"] == "Ana Souza"
    kept = turn(lead)
    assert (kept["model"], kept["input_tokens"], kept["output_tokens"]) == (MODEL, 200, 40)
    assert [step["node"] for step in kept["steps"]] == ["think", "act", "think", "act", "settle"]


@pytest.mark.parametrize(
    ("malformed", "told"),
    [
        (calls(("update_lead", '{"name": "Ana')), "the arguments are not a JSON object"),
        (calls(("update_lead", {"nome": "Ana"})), "arguments.nome is not known"),
        (calls(("voar", {})), "there is no such tool for this agent"),
        (calls(("schedule_callback", {})), "arguments.due_at is missing"),
        (calls(("Answer", {"reply": ["não", "é", "texto"]})), "reply: Input should be a valid string"),
    ],
    ids=["broken JSON", "unknown argument", "unknown tool", "missing argument", "an answer that is none"],
)
def test_a_malformed_call_is_told_and_mended(talk: Spoken, shop: Survey, malformed: Reply, told: str) -> None:
    """The model reads why, and the lead gets its answer."""
    lead = shop.lead("Bia")
    script(talk, malformed, answer("Agora sim."))
    assert lead.ask("oi") == "Agora sim."
    (result,) = talk.model.results_of(talk.model.requests[1])
    assert result["error"].startswith(told)


def test_words_instead_of_a_call_are_an_answer(talk: Spoken, shop: Survey) -> None:
    """Some models talk although they are told to call."""
    script(talk, text("Olá, tudo bem?"))
    assert shop.lead("Caio").ask("oi") == "Olá, tudo bem?"


def test_a_refused_tool_is_not_passed_over(talk: Spoken, shop: Survey) -> None:
    """An answer given in the same breath as a call that is refused does not go out: it may promise what was not
    done."""
    lead = shop.lead("Davi")
    both = calls(("schedule_callback", {"due_at": "2020-01-01T10:00"}), ("Answer", {"reply": "Agendado!"}))
    script(talk, both, answer("Esse dia já passou. Qual prefere?"))
    assert lead.ask("me liga dia 1") == "Esse dia já passou. Qual prefere?"
    assert [m["content"] for m in lead.said("assistant")] == ["Esse dia já passou. Qual prefere?"]


def test_a_model_that_only_calls_tools_is_stopped(talk: Spoken, shop: Survey) -> None:
    """The last call of a turn may only answer; who does not even then hands the lead to a person."""
    lead = shop.lead("Eva")
    script(talk, calls(("look_up_lead", {})))
    assert lead.ask("oi") == "Vou chamar uma pessoa da nossa equipe para continuar com você."
    assert len(talk.model.requests) == 3
    assert talk.model.tools_of(talk.model.requests[2]) == ["Answer"]


def test_a_model_that_is_away_is_asked_again(talk: Spoken, shop: Survey) -> None:
    """500 and 429 come back as attempts; nothing of the first ones is said."""
    lead = shop.lead("Fábio")
    script(talk, refused(500), refused(429, retry_after="1"), answer("Voltei."))
    assert lead.ask("oi") == "Voltei."


def test_several_answers_in_one_reply_are_one(talk: Spoken, shop: Survey) -> None:
    """The first counts."""
    lead = shop.lead("Gil")
    script(talk, calls(("Answer", {"reply": "Um."}), ("Answer", {"reply": "Dois."})))
    assert lead.ask("oi") == "Um."
    shop.settled(lead)
    assert len(lead.said("assistant")) == 1


def test_actions_and_qualification_in_the_answer_are_carried_out(talk: Spoken, shop: Survey) -> None:
    """Typed output: what the reply does not wait for."""
    lead = shop.lead("Hugo")
    action = {"tool": "update_lead", "arguments": {"profile": {"gosta": "poesia"}}}
    script(talk, answer("Anotei!", actions=[action], memory={"gosto": "poesia"}))
    assert lead.ask("adoro poesia") == "Anotei!"
    shop.settled(lead)
    found: list[Any] = shop.owner.table("leads").select("metadata").eq("id", lead.id).execute().data
    assert found[0]["metadata"]["profile"] == {"gosta": "poesia"}
    memory: list[Any] = shop.owner.table("conversations").select("memory").eq("lead_id", lead.id).execute().data
    assert memory[0]["memory"] == {"shared": {"gosto": "poesia"}}
