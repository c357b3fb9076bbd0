"""From commercial interest to the next question and to the end of it. SQL decides; here answers are read and put."""

from __future__ import annotations

from typing import Any

from renum.agent import offline_conversation_words as say
from renum.agent.offline_conversation_chatter import closing
from renum.agent.offline_conversation_intent import NO_INTEREST, is_question
from renum.agent.offline_conversation_steps import Outcome, Steps
from renum.agent.offline_conversation_text import norm
from renum.agent.offline_conversation_view import View, mapping, question_of, texts
from renum.agent.offline_extract import Found, Said, find, names_option, read_value, refusal
from renum.agent.offline_intent import declines_rest
from renum.agent.offline_text import after_greeting, bare, is_chatter
from renum.agent.phrases import STARTS, THANKS, pick
from renum.shapes import Question

LONGEST_ANSWER = 1000


class Qualification:
    """The qualification of a turn's lead."""

    def __init__(self, view: View, steps: Steps) -> None:
        self.view, self.steps = view, steps
        self.answers: dict[str, Any] = {}
        """What was found and could not be given to the tool."""
        self.spoke = False
        """Whether the reply tells what came of it already: the next question is in there."""

    @property
    def is_asked(self) -> bool:
        """Whether the open question is what the lead was asked last."""
        question = self.view.question
        return question is not None and (not self.view.assistant or is_put(question, self.view.last))

    @property
    def is_left(self) -> bool:
        """Whether the lead said that it does not want to go on, and was not asked again since."""
        for text in reversed(self.view.assistant):
            if self.view.question is not None and is_put(self.view.question, text):
                return False
            if text in say.NOT_INTERESTED:
                return True
        return False

    def is_answered(self, said: list[Said]) -> bool:
        """Whether the messages answer the open question: the one just asked, or an older one in so many words."""
        question = self.view.question
        if question is None:
            return False
        if self.is_asked:
            return answer_in(said, question) is not None
        return any(
            names_option(item.text, question) or (question["type"] == "number" and item.text.strip().isdecimal())
            for item in said
        )

    def begin(self) -> str | None:
        """Asks the first question; None when nobody can."""
        outcome = self.steps.call("qualify", {"answers": {}})
        if outcome is None or outcome.error:
            return None
        return self._told(outcome, pick(say.INTEREST, self.view.salt))

    def answered(self, said: list[Said]) -> str | None:
        """Gives SQL what the messages answer, and words what is next; None when they answer nothing."""
        question: Question | None = self.view.question
        worded: str | None = None
        while question is not None:
            found = answer_in(said, question)
            if found is None:
                return worded
            if worded is not None and (not found.fits or question["type"] == "text"):
                return worded  # what was not said to this question is not pressed into an answer to it
            self.spoke = True
            answers = {question["key"]: _bounded(found.value)}
            outcome = self.steps.call("qualify", {"answers": answers})
            if outcome is None or outcome.error:
                if not self.steps.bound("qualify"):
                    self.answers.update(answers)
                    return worded or pick(THANKS, self.view.salt)
                return worded or f"{say.NOT_REGISTERED}\n\n{put(question)}"
            worded = self._told(outcome, pick(THANKS, self.view.salt))
            said = [item for item in said if item.seq > found.seq]
            following = question_of(outcome.result.get("question"))
            question = following if said and following is not None and following["key"] != question["key"] else None
        return worded

    def declined(self, said: list[Said]) -> bool:
        """Whether the lead does not want to go on with it. A "não" to a closed question is an answer to that."""
        question = self.view.question
        for item in said:
            stops = declines_rest(item.text) or NO_INTEREST.search(norm(item.text))
            if stops and not (question is not None and self.is_asked and _answers_closed(item.text, question)):
                return True
        return False

    def again(self) -> str:
        """The open question, put once more after something else was talked about."""
        return f"{say.ON_WE_GO} {put(self.view.question)}" if self.view.question else ""

    def _told(self, outcome: Outcome, thanks: str) -> str:
        self.spoke = True
        status = outcome.result.get("status")
        if status == "qualified":
            return pick(say.QUALIFIED, self.view.salt).format(company=self.view.company)
        if status == "not_qualified":
            return pick(say.NOT_QUALIFIED, self.view.salt)
        question = question_of(outcome.result.get("question"))
        if question is None:
            return thanks if thanks in THANKS else pick(STARTS[:1], self.view.salt)
        problems = texts(list(mapping(outcome.result.get("problems")).values()))
        problem = problems[0] if problems else ""
        if problem and sum(is_put(question, text) for text in self.view.assistant[-2:]) == 2:
            return f"{problem}\n\n{say.STUCK}"
        return f"{problem or thanks}\n\n{put(question)}"


def put(question: Question) -> str:
    """A question with what can be chosen, a line each."""
    options = question["options"] if question["type"] == "choice" else None
    return "\n".join([question["text"], *(f"• {option}" for option in options or [])])


def is_put(question: Question, text: str) -> bool:
    """Whether a message of the agent put this question."""
    return bool(bare(question["text"])) and bare(question["text"]) in bare(text)


def answer_in(said: list[Said], question: Question) -> Found | None:
    """The answer to `question`, a refusal of it in the lead's words, or None."""
    telling = [item for item in said if not is_chatter(item.text)]
    closed = question["type"] != "text"
    said = [
        item
        for item in said
        if closing(item.text) not in ("thanks", "farewell") or (closed and _answers_closed(item.text, question))
    ]
    if telling and not names_option(telling[-1].text, question):
        last = telling[-1]
        if refusal(after_greeting(last.text), question):
            return Found(last.text, last.text, last.seq, fits=False)
    rest = [item for item in said if not is_question(item.text) or (closed and _answers_closed(item.text, question))]
    return find(rest, question) if rest else None


def _answers_closed(text: str, question: Question) -> bool:
    return question["type"] != "text" and read_value(after_greeting(text) or text, question) is not None


def _bounded(value: Any) -> Any:
    return value[:LONGEST_ANSWER] if isinstance(value, str) else value
