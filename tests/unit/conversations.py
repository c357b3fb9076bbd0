"""Dialogues outside of surveys: the data block of a turn, and a double of the database that keeps what tools do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from renum.agent.offline_conversation import converse
from renum.agent.offline_conversation_steps import Step, ToolCall

TOOLS = (
    "hand_over", "look_up_lead", "open_interview", "qualify", "register_opt_out", "schedule_callback", "update_lead",
)  # fmt: skip
NOW = "2026-11-27T10:15"
"""A Friday."""
KNOWLEDGE = [
    {"about": "horário de funcionamento, que horas abre e fecha", "say": "Abrimos de segunda a sábado, das 6h às 20h."},
    {"about": "endereço, localização, onde fica", "say": "Ficamos na Rua das Flores, 120, Centro."},
    {"about": "formas de pagamento", "say": "Aceitamos Pix, cartão de crédito e dinheiro."},
    {"about": "entrega em casa", "say": "Entregamos num raio de 5 km, com taxa de R$ 6,00."},
    {"about": "preço dos planos", "say": "Os planos começam em R$ 199 por mês."},
    {"about": "bolo de aniversário sob encomenda", "say": "Fazemos bolos com dois dias de antecedência."},
]
QUESTIONS: list[dict[str, Any]] = [
    {
        "key": "ramo",
        "text": "Qual é o ramo da sua empresa?",
        "type": "choice",
        "options": ["Varejo", "Clínica", "Serviços"],
    },
    {
        "key": "equipe",
        "text": "Quantas pessoas trabalham com você?",
        "type": "number",
        "validation": {"min": 1, "max": 9999},
    },
    {"key": "objetivo", "text": "O que você quer melhorar no atendimento?", "type": "text"},
]
AGENDA = {"name": "agenda", "description": "Marca consultas.", "topics": ["consulta", "exame", "agendar"]}
FINANCE = {"name": "financeiro", "description": "Boletos e cobranças.", "topics": ["boleto", "cobrança", "segunda via"]}


def block(*texts: str, kind: str = "text", said: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    """A data block whose input is `texts`. `said`: what the agent said before, the newest last."""
    return {
        "task": "conversation",
        "company": "Padaria Sol",
        "agent": "principal",
        "lead": {"name": "Ana Souza"},
        "summary": None,
        "history": [{"role": "assistant", "content": text, "seq": place} for place, text in enumerate(said)],
        "input": [{"seq": seq, "type": kind, "content": text} for seq, text in enumerate(texts, start=50)],
        "memory": {},
        "qualification": None,
        "customer": None,
        "project": None,
        "resuming": False,
        "knowledge": KNOWLEDGE,
        "specialists": [],
        "now": NOW,
        "salt": "thread",
        **more,
    }


class Database:
    """What SQL does for the tools, in short: it keeps the calls and asks the next question."""

    def __init__(self, *, surveys: Sequence[str] = ("Satisfação",), refuses: Sequence[str] = ()) -> None:
        self.surveys, self.refuses = list(surveys), refuses
        self.calls: list[ToolCall] = []
        self.answers: dict[str, Any] = {}

    def run(self, call: ToolCall) -> dict[str, Any]:
        """The result of a call, or its error."""
        self.calls.append(call)
        if call["name"] in self.refuses:
            return {"error": "it cannot be done"}
        made = getattr(self, f"_{call['name']}", lambda _: {"done": True})(call["args"])
        assert isinstance(made, dict)
        return made if "error" in made else {"result": made}

    def _schedule_callback(self, args: dict[str, Any]) -> dict[str, Any]:
        day, hour = args["due_at"].split("T")
        year, month, date = day.split("-")
        return {"scheduled_for": f"{date}/{month}/{year} {hour}"}

    def _look_up_lead(self, _: dict[str, Any]) -> dict[str, Any]:
        return {
            "name": "Ana Souza", "phone": "+5511999990000", "email": "ana@exemplo.com", "profile": {"cidade": "Santos"},
            "known_since": "2026-01-02T10:00:00Z", "interviews": [{"project": "Satisfação", "status": "completed"}],
            "callback": None,
        }  # fmt: skip

    def _open_interview(self, args: dict[str, Any]) -> dict[str, Any]:
        found = [name for name in self.surveys if name == args.get("project", name)]
        if len(found) == 1:
            return {"begins": found[0]}
        return {"which": found} if found else {"error": "there is no running survey"}

    def _qualify(self, args: dict[str, Any]) -> dict[str, Any]:
        problems = {}
        for key, value in args["answers"].items():
            question = next(item for item in QUESTIONS if item["key"] == key)
            if question["type"] == "choice" and value not in question["options"]:
                problems[key] = "Escolha uma das opções."
            elif question["type"] == "number" and not isinstance(value, int | float):
                problems[key] = "Responda com um número."
            else:
                self.answers[key] = value
        following = self.question()
        if following is not None:
            return {"status": "open", "question": following, "problems": problems}
        if self.answers["ramo"] == "Varejo":
            return {"status": "qualified", "score": 40}
        return {"status": "not_qualified", "score": 7, "reason": "ramo"}

    def question(self) -> dict[str, Any] | None:
        """The next question of the qualification."""
        return next((item for item in QUESTIONS if item["key"] not in self.answers), None)


def turn(data: dict[str, Any], database: Database | None = None, tools: Sequence[str] = TOOLS) -> dict[str, Any]:
    """The arguments of the Answer that a turn ends with; its tools run in `database`."""
    database, steps = database or Database(), list[Step]()
    for _ in range(4):
        (call,) = converse(data, tools, steps)
        if call["name"] == "Answer":
            return call["args"]
        assert call["name"] in tools
        assert not any(step["name"] == call["name"] and step["args"] == call["args"] for step in steps)
        outcome = database.run(call)
        step: Step = {"name": call["name"], "args": call["args"]}
        if "error" in outcome:
            step["error"] = outcome["error"]
        else:
            step["result"] = outcome["result"]
        steps.append(step)
    raise AssertionError("no answer within four steps")


class Chat:
    """A dialogue of several turns, as the graph and SQL carry it on."""

    def __init__(self, database: Database | None = None, **data: Any) -> None:
        self.database, self.data = database or Database(), data
        self.history: list[dict[str, Any]] = []
        self.agent, self.memory = "principal", dict[str, dict[str, str]]()
        self.last: dict[str, Any] = {}

    def say(self, *texts: str) -> str:
        """What the agent replies to these messages."""
        been: list[str] = []
        for _ in range(3):
            data = block(*texts, **{**self.data, "agent": self.agent, "handoffs": been})
            data["history"], data["memory"] = self.history, self.memory.get(self.agent, {})
            if self.data.get("qualification"):
                begun = any(call["name"] == "qualify" for call in self.database.calls)
                data["qualification"] = {"status": "open" if begun else "none", "question": self.database.question()}
            self.last = turn(data, self.database)
            if self.last.get("memory"):
                self.memory[self.agent] = self.last["memory"]
            if not self.last.get("handoff"):
                break
            been.append(self.agent)
            self.agent = self.last["handoff"]
        self.history = [*self.history, *({"role": "user", "content": text} for text in texts)]
        if reply := str(self.last["reply"]):
            self.history.append({"role": "assistant", "content": reply})
        return str(self.last["reply"])
