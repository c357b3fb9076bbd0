"""People who write to RENUM itself because they want to become customers: their lines, and what those come to."""

from __future__ import annotations

from typing import Any

from devstack.demo.acting import Actor
from devstack.demo.story import OPENING, Answer, Burst, Person, once

ASKING = "asking"
"""What a new customer asks once it is one."""
SIGN_UP = "crie sua conta"
"""What RENUM says to who has become a client, and to nobody else."""
SAID_WHEN_NOT = "Por enquanto um plano da RENUM não compensa para vocês. Quando a equipe crescer, é só chamar!"
PROJECT = "Pesquisa de boas-vindas"

QUESTIONS: tuple[dict[str, Any], ...] = (
    {"key": "empresa", "text": "Qual é o nome da sua empresa?", "type": "text"},
    {
        "key": "ramo",
        "text": "Qual destes ramos é o seu?",
        "type": "choice",
        "options": ["Clínica", "Marketing de rede", "Mandato", "Outro"],
    },
    {
        "key": "contatos",
        "text": "Quantas pessoas a sua equipe atende por mês?",
        "type": "number",
        "validation": {"min": 0, "integer": True},
        "score": [
            {"if": {"op": "gte", "value": 100}, "points": 30},
            {"if": {"op": "gte", "value": 1000}, "points": 20},
        ],
    },
    {
        "key": "decide",
        "text": "É você quem decide sobre a contratação?",
        "type": "yes_no",
        "score": [{"if": {"op": "eq", "value": True}, "points": 20}],
    },
    {"key": "email", "text": "Para qual e-mail mandamos o convite?", "type": "text"},
)
CONFIG: dict[str, Any] = {
    "conversation": {"tools": ["qualify", "hand_over", "look_up_lead", "register_opt_out", "schedule_callback"]},
    "qualification": {
        "questions": list(QUESTIONS),
        "threshold": 40,
        "interest": ["contratar", "quero usar", "assinar"],
        "said_when_not": SAID_WHEN_NOT,
    },
    "conversion": {
        "company": "empresa",
        "email": "email",
        "agent_type": {
            "question": "ramo",
            "map": {"Clínica": "clinica", "Marketing de rede": "mmn", "Mandato": "vereador"},
            "default": "renus_base",
        },
        "project": {
            "name": PROJECT,
            "config": {
                "goal": "Saber o que as pessoas acham do atendimento",
                "audience": {"all": True},
                "questionnaire": {
                    "questions": [
                        {
                            "key": "nota",
                            "text": "De 0 a 10, que nota você dá ao nosso atendimento?",
                            "type": "scale",
                            "validation": {"min": 0, "max": 10, "integer": True},
                            "nps": True,
                        },
                        {"key": "motivo", "text": "O que mais pesou na sua nota?", "type": "text", "probes": 1},
                    ]
                },
            },
        },
    },
}

_COMPANIES = (
    ("Renata Duarte", "Clínica Boa Vista", "Clínica", "clinica"),
    ("Marcos Vilela", "Rede Vida Leve", "Marketing de rede", "mmn"),
    ("Vera Assunção", "Gabinete Vera Assunção", "Mandato", "vereador"),
    ("Tiago Prates", "Oficina do Tiago", "Outro", "renus_base"),
)


def prospects(count: int, tag: str) -> list[Person]:
    """`count` people who will be customers, then one whose company is too small. No other run has their numbers."""
    return [_prospect(index, tag, big=index < count) for index in range(count + 1)]


def _prospect(index: int, tag: str, *, big: bool) -> Person:
    name, company, trade, kind = _COMPANIES[index % len(_COMPANIES)]
    number = (int(tag, 16) + index) % 10_000_000
    wa_id = f"551198{number:07}"
    email = f"{company.split()[0].lower().replace('í', 'i')}.{tag}{index}@exemplo.com.br"
    served = 150 + 900 * (index % 2) if big else 12
    lines = once(
        **{OPENING: "Oi! Quero contratar a RENUM para a minha empresa", ASKING: "E como está o meu projeto?"},
        empresa=company,
        ramo=trade,
        contatos=f"umas {served} pessoas",
        decide="sim, sou eu",
        email=f"pode mandar para {email}",
    )
    answers: dict[str, Answer] = {"empresa": company, "ramo": trade, "contatos": served, "decide": True, "email": email}
    person_kind = kind if big else "below the threshold"
    return Person(index, person_kind, name, wa_id, wa_id, lines, answers, "completed" if big else "unanswered")


class Prospect(Actor):
    """One of them at play: writes first, answers what is asked, and asks for its project once it is a customer."""

    def open(self) -> Burst:
        """What it writes before anybody has written to it."""
        return self._say(OPENING)

    @property
    def at_the_end(self) -> bool:
        """Heard about its project as a customer; or heard that it is none."""
        return self.ended is not None

    def hear(self, text: str) -> Burst:
        """Takes one message of RENUM; returns what the person says to it, () for nothing."""
        self.heard.append(text)
        if self._times[ASKING]:
            self.ended = "completed"
            return ()
        if SIGN_UP in text:
            return self._say(ASKING)
        if SAID_WHEN_NOT in text:
            self.ended = "unanswered"
            return ()
        places = {str(question["key"]): text.rfind(str(question["text"])) for question in QUESTIONS}
        key = max(places, key=lambda k: places[k])
        if places[key] < 0:
            # A model may put the question in words of its own: then it is the next one in order.
            key = next((str(question["key"]) for question in QUESTIONS if not self._times[str(question["key"])]), "")
        return self._say(key or None)
