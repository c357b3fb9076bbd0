"""Turns to read, as `claim_tasks` hands them out."""

from __future__ import annotations

from typing import Any

from renum.agent.offline_interview import Interviewer
from renum.shapes import Question, Turn


def question(kind: str, key: str = "q", text: str = "Uma pergunta?", **more: Any) -> Question:
    """A question of `kind`, open, without options, limits or probes unless given."""
    made: Any = {
        "key": key,
        "text": text,
        "type": kind,
        "options": None,
        "validation": {},
        "required": True,
        "status": "open",
        "probes_left": 0,
    }
    made.update(more)
    asked: Question = made
    return asked


SCALE = question("scale", "nota", "De 0 a 10, quanto você recomendaria a nossa loja?", validation={"min": 0, "max": 10})
NUMBER = question("number", "idade", "Quantos anos você tem?", validation={"min": 0, "max": 120})
YES_NO = question("yes_no", "voltaria", "Você indicaria a nossa loja a um amigo?")
CHOICE = question(
    "choice", "canal", "Por onde prefere ser atendido?", options=["WhatsApp", "Telefone", "E-mail", "Loja física"]
)
TEXT = question("text", "livre", "O que podemos melhorar?")
PROBED = question("text", "livre", "O que podemos melhorar?", probes_left=1)


def turn(
    *texts: str,
    current: str | None = None,
    questions: list[Question] | None = None,
    kind: str = "text",
    history: list[dict[str, Any]] | None = None,
    opted_out: bool = False,
) -> Turn:
    """A turn whose input is `texts`, one message each."""
    made: Any = {
        "kind": "interview",
        "lead": {"name": "Ana", "opted_out": opted_out},
        "company_name": "Padaria Sol",
        "project": {"name": "Satisfação", "goal": "Ouvir os clientes"},
        "agent": {"agent_type": "renus_base", "config": {}, "prompts": {}, "version": 1, "model": None},
        "questions": questions or [SCALE, YES_NO, CHOICE, TEXT],
        "current_question": current,
        "history": history or [],
        "input": [
            {"id": f"id-{seq}", "seq": seq, "type": kind, "content": text} for seq, text in enumerate(texts, start=5)
        ],
        "reruns": 0,
    }
    given: Turn = made
    return given


def read(*texts: str, about: Question | None = None, **more: Any) -> dict[str, Any]:
    """What the offline interviewer understands of `texts`, in answer to `about` or to the invitation."""
    questions = [about] if about else None
    made = turn(*texts, current=about["key"] if about else None, questions=questions, **more)
    data = {
        "company": made["company_name"],
        "goal": made["project"]["goal"],
        "salt": "thread",
        **{name: made[name] for name in ("questions", "current_question", "history", "input")},
    }
    return Interviewer(data).understand()


def value(*texts: str, about: Question, **more: Any) -> Any:
    """The value proposed for `about`; None when no answer is proposed."""
    answers = read(*texts, about=about, **more).get("answers")
    return answers[0]["value"] if answers else None
