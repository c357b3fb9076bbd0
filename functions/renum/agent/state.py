"""What travels between the graph's nodes."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from pydantic import BaseModel, Field

from renum.shapes import Proposal, Step, Turn, Use

Intent = Literal["answer", "agree", "chitchat", "question", "decline", "opt_out", "unclear"]


class FoundAnswer(BaseModel):
    """One answer found in the lead's messages."""

    key: str = Field(description="A chave da pergunta respondida, exatamente como em questions[].key.")
    value: Any = Field(
        description="number e scale: número. yes_no: true ou false. choice: o texto da opção escolhida, exatamente "
        "como em options. text: o que a pessoa disse. Se a resposta não servir para o tipo da pergunta, o texto dela "
        "sem mudanças."
    )
    quote: str = Field(
        default="", description="As palavras da pessoa de onde a resposta saiu, copiadas sem mudar nada."
    )
    seq: int = Field(default=0, description="O seq da mensagem de onde a resposta saiu.")


class Wording(BaseModel):
    """A question put in words that follow on from the dialogue."""

    key: str = Field(description="A chave da pergunta.")
    text: str = Field(description="A pergunta, com o mesmo sentido, sem sugerir resposta.")


class Understanding(BaseModel):
    """Registra o que as novas mensagens do entrevistado dizem. Sempre chame esta ferramenta, uma única vez."""

    intent: Intent = Field(
        default="unclear",
        description="answer: respondeu. agree: aceitou começar. chitchat: cumprimento ou conversa. question: "
        "perguntou algo. decline: não quer participar desta pesquisa. opt_out: não quer receber mais nenhuma "
        "mensagem. unclear: não deu para entender.",
    )
    answers: list[FoundAnswer] = Field(
        default_factory=list, description="As respostas encontradas; vazio se não há nenhuma."
    )
    refused: list[str] = Field(
        default_factory=list, description="Chaves das perguntas que a pessoa preferiu não responder ou não sabe."
    )
    acknowledgement: str = Field(
        default="",
        description="Uma frase curta e cordial em português do Brasil que reage ao que a pessoa disse. Sem pergunta e "
        "sem despedida.",
    )
    wordings: list[Wording] = Field(
        default_factory=list, description="Opcional: próximas perguntas em palavras melhores para esta conversa."
    )
    probe: Wording | None = Field(
        default=None,
        description="Opcional: pedido de mais detalhes sobre uma resposta curta de texto, se probes_left for maior "
        "que 0.",
    )


class InterviewState(TypedDict, total=False):
    """`turn` comes in; `proposal` and `steps` come out, and where a model was asked, which one answered and what every
    call used."""

    turn: Turn
    understanding: Understanding
    proposal: Proposal
    steps: list[Step]
    model: str
    uses: list[Use]
