"""The story the demonstration plays: the company, its questionnaire, people with their lines and what those come to.

Everything here is data and deterministic: the same index is always the same person. What the report must say can be
computed from `Person.answers` and `Person.end` alone, without the system.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Ending = Literal["completed", "opted_out", "unanswered"]
Answer = str | int | bool
Burst = tuple[str, ...]
"""Messages that a person sends one right after the other."""

VOICE = "\N{MICROPHONE}"
"""A message that is a voice note instead of a text."""
OPENING = "opening"
"""Lines in reply to the invitation."""
MORE = "more"
"""Lines when RENUM asks for more about an answer."""

COMPANY = "Padaria Pão da Praça"
OWNER_NAME = "Helena Prado"
OWNER_PHONE = "(11) 96543-2100"
PROJECT = "Satisfação dos clientes"

INVITATION = {
    "name": "convite_pesquisa",
    "category": "marketing",
    "purpose": "invitation",
    "parameters": ["lead.first_name", "client.company_name"],
    "body": (
        "Olá, {{1}}! Aqui é o assistente virtual da {{2}}. Podemos fazer uma pesquisa rápida, de uns dois minutos, "
        "sobre o nosso atendimento? Se não quiser mais receber mensagens, responda SAIR."
    ),
}
NOTIFICATION = {
    "name": "aviso_da_pesquisa",
    "category": "utility",
    "purpose": "notification",
    "parameters": ["notification.text"],
    "body": "RENUM: {{1}}",
}
REMINDER = {
    "name": "lembrete_da_pesquisa",
    "category": "marketing",
    "purpose": "reminder",
    "parameters": ["lead.first_name", "client.company_name"],
    "body": (
        "Oi, {{1}}! Aqui é o assistente virtual da {{2}} outra vez. A pesquisa leva só dois minutos e a sua opinião "
        "faz falta. Podemos começar? Para não receber mais mensagens, responda SAIR."
    ),
}
TEMPLATES = (INVITATION, NOTIFICATION, REMINDER)

CLOSING = "Era isso! Muito obrigado pela sua participação. Até a próxima fornada!"
QUESTIONS: tuple[dict[str, Any], ...] = (
    {
        "key": "nota",
        "text": "De 0 a 10, quanto você recomendaria a nossa padaria a um amigo?",
        "type": "scale",
        "validation": {"min": 0, "max": 10, "integer": True},
        "nps": True,
    },
    {"key": "motivo", "text": "O que mais pesou na sua nota?", "type": "text", "probes": 1},
    {
        "key": "visitas",
        "text": "Quantas vezes por mês, mais ou menos, você compra com a gente?",
        "type": "number",
        "validation": {"min": 0, "max": 100, "integer": True},
    },
    {
        "key": "canal",
        "text": "Onde você costuma comprar?",
        "type": "choice",
        "options": ["Na loja", "Pelo site", "Pelo WhatsApp"],
        "skip_if": {"key": "visitas", "op": "eq", "value": 0},
    },
    {"key": "entrega", "text": "Você já pediu para entregarmos na sua casa?", "type": "yes_no"},
    {"key": "sugestao", "text": "O que a gente poderia fazer melhor?", "type": "text", "required": False},
)
PROJECT_CONFIG: dict[str, Any] = {
    "goal": "Saber o que os clientes acham do atendimento e por onde preferem comprar",
    "audience": {"all": True},
    "invitation": {"template": INVITATION["name"]},
    "questionnaire": {"questions": list(QUESTIONS), "closing": CLOSING},
}


@dataclass(frozen=True, slots=True)
class Person:
    """One lead: who it is, what it says, and what that comes to.

    - `phone`: the number as the owner's list has it, in any Brazilian spelling.
    - `wa_id`: the digits WhatsApp knows the person by, for some without the ninth digit.
    - `lines`: what the person says to the invitation (OPENING), to a question (its key) or to a request for more
      (MORE): one burst for each time it is asked; when they run out, nothing.
    - `answers`: by question key, the value that must be stored. A question that is absent was never reached, was
      skipped, or was refused.
    - `refused`: keys of the questions the person does not answer.
    - `end`: how its interview must end (`unanswered`: only the invitation goes out).
    """

    index: int
    kind: str
    name: str
    phone: str
    wa_id: str
    lines: dict[str, tuple[Burst, ...]]
    answers: dict[str, Answer]
    end: Ending = "completed"
    refused: tuple[str, ...] = ()

    @property
    def digits(self) -> str:
        """The full number: country, area, nine digits."""
        return self.wa_id if len(self.wa_id) == 13 else f"{self.wa_id[:4]}9{self.wa_id[4:]}"


def once(**lines: str | Burst) -> dict[str, tuple[Burst, ...]]:
    """Lines that are said once each: `once(nota="9")`."""
    return {key: ((said,) if isinstance(said, str) else said,) for key, said in lines.items()}


def people(count: int) -> list[Person]:
    """The first `count` people. From six on every kind is among them."""
    from devstack.demo import crowd

    return [crowd.person(index) for index in range(count)]


def next_question(answers: dict[str, Any], asked: set[str]) -> str | None:
    """The key of the first question not asked yet that its skip rule lets stand; None when there is none."""
    for question in QUESTIONS:
        rule = question.get("skip_if")
        if question["key"] not in asked and not (rule and answers.get(rule["key"]) == rule["value"]):
            return str(question["key"])
    return None


def expected_ends(everybody: list[Person]) -> dict[Ending, int]:
    """How many people end in each way."""
    ends: dict[Ending, int] = {"completed": 0, "opted_out": 0, "unanswered": 0}
    for person in everybody:
        ends[person.end] += 1
    return ends
