"""One turn of a conversation: a bounded loop of a model and its tools, hand-offs between agents, and a proposal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.runnables import RunnableLambda

from renum.agent.conversation import EXHAUSTED, WITHHELD, ConversationContext, run_conversation
from renum.agent.conversation_prompts import SYSTEM
from renum.agent.conversation_state import ConversationState
from renum.agent.models import Model, Tool
from renum.agent.prompts import read_data
from renum.errors import LeaseLost, ModelError
from renum.shapes import Dialogue, ToolOutcome

pytestmark = pytest.mark.usefixtures("environment")

SALES, CARE = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


def dialogue(*texts: str, **more: Any) -> Dialogue:
    """The work of a turn whose input is `texts`, with two specialists and three tools."""
    made: Any = {
        "kind": "conversation",
        "lead": {"name": "Ana", "opted_out": False},
        "company_name": "Padaria Sol",
        "project": None,
        "agent": {"agent_type": "renus_base", "config": {}, "prompts": {}, "version": 1, "model": "scripted"},
        "sub_agent": None,
        "sub_agents": [
            {"id": SALES, "name": "vendas", "type": "custom", "description": "", "config": {}, "tools": ["quote"]},
            {"id": CARE, "name": "suporte", "type": "custom", "description": "", "config": {}, "tools": []},
        ],
        "tools": [
            {"name": name, "description": "", "parameters": {"type": "object", "properties": {}}}
            for name in ("look_up_lead", "quote", "qualify")
        ],
        "own_tools": ["look_up_lead", "qualify"],
        "limits": {"steps": 4, "tool_calls": 8},
        "memory": {},
        "resuming": False,
        "qualification": None,
        "customer": None,
        "summary": None,
        "to_summarise": [],
        "history": [],
        "input": [{"id": str(n), "seq": n, "type": "text", "content": text} for n, text in enumerate(texts, start=5)],
        "reruns": 0,
        **more,
    }
    work: Dialogue = made
    return work


def call(name: str, **arguments: Any) -> dict[str, Any]:
    """A tool call."""
    return {"name": name, "args": arguments, "id": f"{name}-1"}


class Script:
    """A model that says these messages in order, the last one for ever, and keeps what it was asked with; tools that
    do what `outcomes` says."""

    def __init__(self, *says: AIMessage | list[dict[str, Any]] | Exception, **outcomes: ToolOutcome) -> None:
        self.left = list(says)
        self.outcomes = outcomes
        self.asked: list[list[BaseMessage]] = []
        self.offered: list[list[str]] = []
        self.called: list[tuple[str, str, dict[str, Any], str | None]] = []

    def load(self, _: str, tools: Sequence[Tool], __: str | None) -> Model:
        """As `renum.agent.models.bound`."""
        self.offered.append(
            [t["function"]["name"] if isinstance(t, dict) else getattr(t, "__name__", "") for t in tools]
        )

        def say(messages: Any) -> AIMessage:
            self.asked.append(list(messages))
            said = self.left.pop(0) if len(self.left) > 1 else self.left[0]
            if isinstance(said, Exception):
                raise said
            return said if isinstance(said, AIMessage) else AIMessage("", tool_calls=said)

        return RunnableLambda(say)

    async def call_tool(self, call_id: str, tool: str, arguments: dict[str, Any], who: str | None) -> ToolOutcome:
        """As `Rpc.call_tool`."""
        self.called.append((call_id, tool, arguments, who))
        return self.outcomes.get(tool, {"verdict": "done", "result": {"ok": True}})

    async def run(self, work: Dialogue) -> ConversationState:
        """The turn."""
        return await run_conversation(work, ConversationContext(5, "thread-1", self.call_tool, self.load))


async def test_tools_are_called_until_the_model_answers() -> None:
    """Each call has a name of its own within the turn; what came of it is read before the answer."""
    script = Script([call("look_up_lead")], [call("Answer", reply="Oi, Ana!", memory={"gosta": "bolo"})])
    state = await script.run(dialogue("oi"))
    assert state["proposal"] == {
        "reply": "Oi, Ana!",
        "sub_agent": None,
        "memory": {"shared": {"gosta": "bolo"}},
        "summary": None,
        "summary_seq": None,
        "hand_over": None,
        "opt_out": False,
        "actions": ["look_up_lead"],
    }
    assert script.called == [("0.1", "look_up_lead", {}, None)]
    assert script.asked[1][-1].content == '{"result":{"ok":true}}'
    assert [step["node"] for step in state["steps"]] == ["think", "act", "think", "act", "settle"]


async def test_a_specialist_answers_in_the_same_turn_with_its_own_tools() -> None:
    """Handed on without a word, the dialogue begins anew for whoever gets it; what was remembered goes along."""
    script = Script(
        [call("Answer", handoff="vendas", memory={"assunto": "bolo"})],
        [call("quote")],
        [call("Answer", reply="Custa R$ 50.", memory={"preço": "50"})],
    )
    state = await script.run(dialogue("quanto custa o bolo?"))
    assert (state["proposal"]["reply"], state["proposal"]["sub_agent"]) == ("Custa R$ 50.", SALES)
    assert state["proposal"]["memory"] == {"shared": {"assunto": "bolo"}, "vendas": {"preço": "50"}}
    assert script.offered == [["look_up_lead", "qualify", "Answer"], ["quote", "Answer"], ["quote", "Answer"]]
    assert script.called == [("0.1", "quote", {}, SALES)]
    data = read_data(str(script.asked[1][1].content))
    assert (data["agent"], data["handoffs"]) == ("vendas", ["principal"])


async def test_a_handoff_with_a_word_is_the_next_turns() -> None:
    """The word goes out; who has the dialogue from now on is proposed."""
    state = await Script([call("Answer", reply="Vou passar ao suporte.", handoff="suporte")]).run(dialogue("quebrou"))
    assert (state["proposal"]["reply"], state["proposal"]["sub_agent"]) == ("Vou passar ao suporte.", CARE)


async def test_two_specialists_that_hand_it_to_each_other_are_stopped() -> None:
    """Nobody gets it twice in a turn: a person does."""
    script = Script(
        [call("Answer", handoff="vendas")], [call("Answer", handoff="suporte")], [call("Answer", handoff="vendas")]
    )
    state = await script.run(dialogue("oi", limits={"steps": 9, "tool_calls": 8}))
    assert state["proposal"]["hand_over"] == EXHAUSTED
    assert len(script.asked) == 3


@pytest.mark.parametrize("name", ["ninguém", "principal"])
async def test_a_handoff_to_nobody_else_is_an_answer(name: str) -> None:
    """An unknown name, or its own."""
    state = await Script([call("Answer", reply="Oi!", handoff=name)]).run(dialogue("oi"))
    assert (state["proposal"]["reply"], state["proposal"]["sub_agent"]) == ("Oi!", None)


async def test_a_lost_lease_ends_the_turn() -> None:
    """A person took over: nothing more is asked or called."""
    script = Script([call("look_up_lead")], look_up_lead={"verdict": "stale"})
    with pytest.raises(LeaseLost):
        await script.run(dialogue("oi"))
    assert len(script.asked) == 1


async def test_what_qualification_asks_next_follows_the_reply() -> None:
    """Handed in with the answer; SQL's question, and why an answer is none, stand below the model's words."""
    question = {"key": "ramo", "text": "Qual é o ramo?", "options": ["Clínica", "Loja"]}
    told: ToolOutcome = {"verdict": "done", "result": {"question": question, "problems": {"ramo": "Não entendi."}}}
    script = Script([call("Answer", reply="Anotado.", qualification={"ramo": "x"})], qualify=told)
    state = await script.run(dialogue("x"))
    assert state["proposal"]["reply"] == "Anotado.\n\nNão entendi.\n\nQual é o ramo?\n• Clínica\n• Loja"
    assert script.called == [("0.1", "qualify", {"answers": {"ramo": "x"}}, None)]


async def test_old_messages_are_summed_up_before_the_answer() -> None:
    """The summary is read in the same turn and proposed; where it fails, the turn goes on without."""
    older = [{"role": "user", "content": "tenho uma padaria", "seq": 1}]
    script = Script(AIMessage("Tem uma padaria."), [call("Answer", reply="Oi!")])
    state = await script.run(dialogue("oi", to_summarise=older))
    assert (state["proposal"]["summary"], state["proposal"]["summary_seq"]) == ("Tem uma padaria.", 1)
    assert read_data(str(script.asked[1][1].content))["summary"] == "Tem uma padaria."
    failing = Script(RuntimeError("away"), [call("Answer", reply="Oi!")])
    state = await failing.run(dialogue("oi", to_summarise=older))
    assert (state["proposal"]["reply"], state["proposal"]["summary"]) == ("Oi!", None)


async def test_a_model_that_is_away_fails_the_turn_with_what_was_used() -> None:
    """The task's attempts are the database's."""
    usage = UsageMetadata(input_tokens=7, output_tokens=2, total_tokens=9)
    first = AIMessage("", tool_calls=[call("look_up_lead")], usage_metadata=usage)
    with pytest.raises(ModelError) as error:
        await Script(first, RuntimeError("away")).run(dialogue("oi"))
    assert error.value.retryable
    assert error.value.uses == [{"model": "scripted", "input_tokens": 7, "output_tokens": 2}]


async def test_instructions_are_not_repeated_to_a_lead() -> None:
    """Whatever the model was talked into."""
    state = await Script([call("Answer", reply=f"Claro: {SYSTEM}")]).run(dialogue("repita"))
    assert state["proposal"]["reply"] == WITHHELD


async def test_nothing_readable_and_an_opt_out_ask_no_model() -> None:
    """They are answered, or left alone, by themselves."""
    script = Script(AssertionError("asked"))
    audio = [{"id": "1", "seq": 5, "type": "audio", "content": ""}]
    assert "o seu áudio" in (await script.run(dialogue(input=audio)))["proposal"]["reply"]
    gone = await script.run(dialogue("oi", lead={"name": None, "opted_out": True}))
    assert (gone["proposal"]["opt_out"], gone["proposal"]["reply"]) == (True, "")


async def test_what_postgres_cannot_hold_is_left_out() -> None:
    """NUL in an argument or a reply; numbers that are none are refused before they travel."""
    script = Script(
        [call("look_up_lead", a="x\x00y")], [call("quote", n=float("nan"))], [call("Answer", reply="o\x00i")]
    )
    state = await script.run(dialogue("oi"))
    assert script.called == [("0.1", "look_up_lead", {"a": "xy"}, None)]
    assert "the arguments are not JSON" in str(script.asked[2][-1].content)
    assert state["proposal"]["reply"] == "oi"
