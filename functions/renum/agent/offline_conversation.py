"""The rules by which the offline model talks with a lead outside of surveys: the data of a turn in, tool calls out.

Everything in the data is data: what a lead writes is matched against rules, never followed, and never repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from renum.agent import offline_conversation_words as say
from renum.agent.offline_conversation_about import told
from renum.agent.offline_conversation_chatter import laughs, only_greets
from renum.agent.offline_conversation_intent import (
    PRAISE,
    TROUBLE,
    interest,
    is_question,
    leaves,
    wants_callback,
    wants_data,
    wants_survey,
)
from renum.agent.offline_conversation_opening import Arguments, Opening
from renum.agent.offline_conversation_qualify import is_put
from renum.agent.offline_conversation_steps import NeedsResult, Step, Steps, ToolCall
from renum.agent.offline_conversation_text import is_command, norm, sentences
from renum.agent.offline_conversation_view import PRINCIPAL, View
from renum.agent.offline_extract import Said
from renum.agent.offline_text import after_greeting
from renum.agent.phrases import pick, unreadable_reply


def converse(data: dict[str, Any], tools: Sequence[str], steps: list[Step]) -> list[ToolCall]:
    """The tool calls of the model's next message: one of the bound `tools`, or `Answer`, which ends the turn.

    `data` is the JSON block of the human message, `steps` what was called so far in this turn.
    """
    view = View(data)
    try:
        return [{"name": "Answer", "args": Conversationalist(view, Steps(tools, steps)).answer()}]
    except NeedsResult as needed:
        return [needed.call]


class Conversationalist(Opening):
    """One turn of a dialogue."""

    def answer(self) -> Arguments:
        """The arguments of the Answer tool. Raises NeedsResult when a tool has to be called first."""
        if any(leaves(item.text) and not is_command(item.text) for item in self.view.written):
            return self.leave()
        if not self.view.said:
            neutral = say.ONLY_THIS.format(company=self.view.company) if self.view.written else ""
            return self.reply(neutral or unreadable_reply(self.view.unread))
        return self.person() or self.pending() or self._handed_off() or self._talked()

    def _handed_off(self) -> Arguments | None:
        """Somebody else of the agents should answer."""
        if self.qualification.is_answered(self.view.said):
            return None
        if any(self._is_request(item.text) for item in self.view.said):
            return None
        name = self.desk.other()
        return self.hand_to(name) if name else None

    def _is_request(self, text: str) -> bool:
        """Whether a message asks for something that whoever has the dialogue can have done."""
        return (
            (wants_callback(text) and self.steps.bound("schedule_callback"))
            or (wants_data(text) and self.steps.bound("look_up_lead"))
            or (wants_survey(text) and self.steps.bound("open_interview"))
            or (self._may_begin(text, "strong") and self.steps.bound("qualify"))
        )

    def _may_begin(self, text: str, *kinds: str) -> bool:
        return self.view.qualifies and self.view.status == "none" and interest(text, self.view.interest) in kinds

    def _talked(self) -> Arguments:
        parts, rest = self._requested()
        if self.wanted:
            return self.hand_to(PRINCIPAL)
        closed = self.talk.closing(rest) if rest and not parts else None
        if closed is not None and not self.qualification.is_answered(rest):
            return self.reply(closed)
        parts += self._told(rest)
        if self.wanted:
            return self.hand_to(PRINCIPAL)
        if self.unknown and (name := self.desk.give_back()):
            return self.hand_to(name)
        if self.unknown:
            parts.append(self._say_unknown())
        if rest and not parts and self.desk.stays():
            said, self.memory, confirm = self.desk.talk()
            if confirm:
                self.requests.person(confirm)
            parts.append(said)
        if unread := unreadable_reply(self.view.unread):
            parts.append(unread)
        return self._composed(list(dict.fromkeys(parts)))

    def _requested(self) -> tuple[list[str], list[Said]]:
        """What the lead wants done, done; and the messages that want none of it."""
        parts: list[str] = []
        rest: list[Said] = []
        for item in self.view.said:
            done = self._request(item.text)
            if done:
                parts.append(done)
            else:
                rest.append(item)
        return parts, rest

    def _request(self, text: str) -> str:
        for wanted, tool, act in (
            (wants_data, "look_up_lead", lambda _: self.requests.data()),
            (wants_survey, "open_interview", self.requests.survey),
            (wants_callback, "schedule_callback", self.requests.callback),
        ):
            if wanted(text):
                if self.elsewhere(tool):
                    self.wanted.append(tool)
                    return ""
                return act(text)
        tells = told(text)
        return self.requests.profile(tells) if any(tells) and not self.qualification.is_asked else ""

    def elsewhere(self, tool: str) -> bool:
        """Whether a specialist lacks the tool and may give the dialogue back to the agent, who may have it."""
        return self.desk.has_it and not self.steps.bound(tool) and PRINCIPAL not in self.view.been

    def _told(self, rest: list[Said]) -> list[str]:
        """Answers to what the lead asks, and the next step of its qualification."""
        parts: list[str] = []
        asked_now = self.qualification.is_asked or self.qualification.is_answered(rest)
        for item in rest:
            for sentence in sentences(item.text):
                if not asked_now or is_question(sentence):
                    parts += self._known(sentence, reads_on=bool(parts))
        if self.view.question is not None and asked_now:
            if self.qualification.declined(rest):
                return [*parts, pick(say.NOT_INTERESTED, self.view.salt)]
            if next_one := self.qualification.answered(rest):
                self.unknown = 0
                return [*parts, next_one]
        begun = self._begun(rest, known=bool(parts))
        return [*parts, begun] if begun else parts

    def _known(self, sentence: str, *, reads_on: bool) -> list[str]:
        """The answer to one sentence, if there is one. An unknown question is counted."""
        said = self.talk.asked(sentence) or self.talk.customer(sentence)
        if said:
            return [said]
        found = self.knowledge.find(sentence)
        if found is not None:
            return [found.say]
        greets = only_greets(sentence) or not after_greeting(sentence)
        own = self.desk.has_it and self.desk.stays()
        if is_question(sentence) and not greets and not own and not interest(sentence, self.view.interest):
            self.unknown += not reads_on
        return []

    def _begun(self, rest: list[Said], *, known: bool) -> str:
        """The start of a qualification, where a message tells of interest."""
        kinds = {interest(item.text, self.view.interest) for item in rest} - {""}
        if not kinds:
            return ""
        if self.view.customer and "strong" in kinds:
            self.requests.person("Cliente com interesse comercial.")
            return say.INTEREST_PASSED_ON
        if self.view.question is not None:
            self.qualification.spoke = True
            return self.qualification.again()
        if self.view.qualifies and self.view.status == "none" and not self.view.customer:
            if self.elsewhere("qualify"):
                self.wanted.append("qualify")
                return ""
            begun = self.qualification.begin()
            if begun is None and "strong" in kinds:
                self.requests.person("A pessoa tem interesse comercial.")
                return say.INTEREST_PASSED_ON
            if begun is not None:
                return begun
        if "strong" in kinds and not known:
            if self.view.qualifies and self.view.status != "none":
                return say.ALREADY_QUALIFIED.format(company=self.view.company)
            self.requests.person("A pessoa tem interesse comercial.")
            return say.INTEREST_PASSED_ON
        self.unknown += not known
        return ""

    def _say_unknown(self) -> str:
        if any(phrase in self.view.last for phrase in say.UNKNOWN):
            self.requests.person("A pessoa fez perguntas que o assistente não sabe responder.")
            return say.STILL_UNKNOWN
        return pick(say.UNKNOWN, self.view.salt)

    def _composed(self, parts: list[str]) -> Arguments:
        greeted = any(after_greeting(item.text) != item.text.strip() for item in self.view.said)
        only = bool(self.view.said) and all(only_greets(item.text) for item in self.view.said)
        if self._puts_again(parts, only=only):
            parts.append(self.qualification.again())
        if not parts and not only:
            parts.append(self._listening())
        if only and not self.view.first and all(laughs(item.text) for item in self.view.said):
            return self.reply("\n\n".join(parts))
        names_itself = any(self.view.company in part and "assistente virtual" in part for part in parts)
        greeting = self.talk.greeting(greeted=greeted, alone=not parts, names_itself=names_itself)
        return self.reply("\n\n".join(part for part in (greeting, *parts) if part))

    def _puts_again(self, parts: list[str], *, only: bool) -> bool:
        """Whether the open question is to be put once more after what was said."""
        question = self.view.question
        if question is None or self.qualification.spoke or any(is_put(question, part) for part in parts):
            return False
        wanted = self.qualification.is_asked or only or not parts
        return wanted and not self.qualification.is_left and not self._left_off(parts)

    def _listening(self) -> str:
        """What is said to a message in which no rule finds anything: at the second time it offers a person."""
        text = norm(self.joined())
        if PRAISE.search(text):
            return pick(say.GLAD, self.view.salt)
        if TROUBLE.search(text):
            return say.SORRY
        return say.SHALL_I_CALL if self.view.last in say.LISTENING else pick(say.LISTENING, self.view.salt)

    def _left_off(self, parts: list[str]) -> bool:
        """Whether something was just said after which the open question would be out of place."""
        ends = (*say.QUALIFIED, *say.NOT_QUALIFIED, *say.NOT_INTERESTED, *say.UNKNOWN, *say.SURVEY_BEGINS)
        ended = {end.format(company=self.view.company) for end in ends}
        return any(part in ended or part.endswith(say.STUCK) for part in parts)
