"""What travels between the nodes of the `conversation` graph, and what a model answers with."""

from __future__ import annotations

from typing import Any, TypedDict

from langchain_core.messages import BaseMessage
from pydantic import BaseModel, Field

from renum.shapes import ConversationProposal, Dialogue, Step, Use

PRINCIPAL = "principal"
"""What the agent itself is called among its specialists."""


class Action(BaseModel):
    """A tool whose result the reply does not depend on."""

    tool: str = Field(description="O nome da ferramenta.")
    arguments: dict[str, Any] = Field(default_factory=dict, description="Os argumentos da ferramenta.")


class Answer(BaseModel):
    """Responde à pessoa e encerra a sua vez. Chame uma única vez, depois das outras ferramentas."""

    reply: str = Field(
        default="",
        description="A mensagem para a pessoa, curta e cordial, em português do Brasil. Vazia se nada precisa ser dito "
        "ou se handoff passa a palavra a outro agente.",
    )
    handoff: str | None = Field(
        default=None,
        description="O nome do especialista (specialists[].name) que deve continuar a conversa, ou principal para "
        "devolvê-la. Com reply vazio, ele responde já.",
    )
    memory: dict[str, str] = Field(
        default_factory=dict, description="O que vale lembrar desta conversa: palavra e texto curto."
    )
    qualification: dict[str, Any] = Field(
        default_factory=dict,
        description="Respostas da pessoa à pergunta de qualification.question: a chave e o valor.",
    )
    actions: list[Action] = Field(
        default_factory=list, description="Ferramentas a executar cujo resultado não muda a resposta."
    )
    hand_over: str | None = Field(
        default=None, description="O motivo, se uma pessoa da equipe precisa continuar a conversa."
    )
    opt_out: bool = Field(default=False, description="A pessoa não quer mais receber nenhuma mensagem.")


class ConversationState(TypedDict, total=False):
    """`turn` comes in; `proposal`, `steps`, `uses` and `model` (the one that answered last) come out.

    `agent` is who has the dialogue (a specialist's name or "principal"), `agents` whoever had it in this turn,
    `messages` what that agent's model has read and said so far, `asked` how often a model was, `called` the tools in
    order, `tail` what SQL wants asked below the reply.
    """

    turn: Dialogue
    agent: str
    agents: list[str]
    messages: list[BaseMessage]
    asked: int
    called: list[str]
    answer: Answer
    tail: str
    memory: dict[str, dict[str, str]]
    summary: str | None
    proposal: ConversationProposal
    steps: list[Step]
    uses: list[Use]
    model: str
