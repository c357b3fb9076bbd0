"""The rules by which the offline model talks with a lead outside of surveys: the data of a turn in, tool calls out.

Everything in the data is data: what a lead writes is matched against rules, never followed, and never repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from renum.agent import offline_conversation_words as say
from renum.agent.offline_conversation_about import told
from renum.agent.offline_conversation_intent import (
    ERASE,
    interest,
    is_question,
    leaves,
    only_greets,
    person_reason,
    wants_callback,
    wants_data,
    wants_survey,
)
from renum.agent.offline_conversation_knowledge import Knowledge
from renum.agent.offline_conversation_qualify import Qualification, answer_in, is_put
from renum.agent.offline_conversation_requests import Requests
from renum.agent.offline_conversation_small_talk import SmallTalk
from renum.agent.offline_conversation_specialist import Desk
from renum.agent.offline_conversation_steps import NeedsResult, Step, Steps, ToolCall
from renum.agent.offline_conversation_text import expand, is_command, norm, sentences
from renum.agent.offline_conversation_time import NOW, when
from renum.agent.offline_conversation_view import PRINCIPAL, View
from renum.agent.offline_extract import Said
from renum.agent.offline_text import after_greeting
from renum.agent.offline_yes_no import read_yes_no
from renum.agent.phrases import OPTED_OUT, pick, unreadable_reply

Arguments = dict[str, Any]
LONGEST_REPLY = 1500


def converse(data: dict[str, Any], tools: Sequence[str], steps: list[Step]) -> list[ToolCall]:
    """The tool calls of the model's next message: one of the bound `tools`, or `Answer`, which ends the turn.

    `data` is the JSON block of the human message, `steps` what was called so far in this turn.
    """
    view = View(data)
    try:
        return [{"name": "Answer", "args": Conversationalist(view, Steps(tools, steps)).answer()}]
    except NeedsResult as needed:
        return [needed.call]


class Conversationalist:
    """One turn of a dialogue."""

    def __init__(self, view: View, steps: Steps) -> None:
        self.view, self.steps = view, steps
        self.requests = Requests(view, steps)
        self.qualification = Qualification(view, steps)
        self.desk = Desk(view)
        self.talk = SmallTalk(view)
        self.knowledge = Knowledge(view.knowledge)
        self.memory: dict[str, str] = {}
        self.wanted: list[str] = []
        """Tools that what was asked needs and that a specialist lacks."""
        self.unknown = 0
        """How many questions have no answer."""

    def answer(self) -> Arguments:
        """The arguments of the Answer tool. Raises NeedsResult when a tool has to be called first."""
        if any(leaves(item.text) and not is_command(item.text) for item in self.view.written):
            return self._leave()
        if not self.view.said:
            neutral = say.ONLY_THIS.format(company=self.view.company) if self.view.written else ""
            return self._reply(neutral or unreadable_reply(self.view.unread))
        return self._person() or self._pending() or self._handed_off() or self._talked()

    def _leave(self) -> Arguments:
        erase = any(ERASE.search(norm(item.text)) for item in self.view.written)
        self.steps.call("register_opt_out", {})
        if erase:
            self.requests.person("A pessoa pediu a exclusão dos seus dados.")
        return self._reply(say.ERASED if erase else pick(OPTED_OUT, self.view.salt), opt_out=True)

    def _person(self) -> Arguments | None:
        """Somebody of the team is needed, and nothing else matters now."""
        for item in self.view.said:
            reason = person_reason(item.text)
            if reason is None or (reason[0] == "person" and self._is_callback(item.text)):
                continue
            self.requests.person(reason[1])
            return self._reply(pick(say.HANDED_OVER[reason[0]], self.view.salt))
        return None

    def _is_callback(self, text: str) -> bool:
        at_once = NOW.sub(" ", expand(text))  # a person at once is no call back
        return self.view.now is not None and when(at_once, self.view.now).at is not None

    def _pending(self) -> Arguments | None:
        """An answer to what the agent offered or asked with its last message."""
        last, text = norm(self.view.last), self._joined()
        if self.view.last.endswith(say.OFFERED) and not any(is_question(item.text) for item in self.view.said):
            agreed = read_yes_no(after_greeting(text) or text)
            if agreed:
                self.requests.person("A pessoa aceitou falar com alguém da equipe.")
                return self._reply(pick(say.HANDED_OVER["person"], self.view.salt))
            if agreed is False and len(norm(text).split()) <= 5:
                return self._reply(pick(say.NO_OFFER, self.view.salt))
        asked = any(sentence in last for sentence in (*say.ASKED_DAY, norm(say.ASKED_HOUR)))
        if asked and self.view.now is not None:
            said = when(text, self.view.now, alone=True)
            if said.day is not None or said.hour is not None:
                return self._reply(self.requests.callback(text, answers=True))
        if say.WHICH_SURVEY in self.view.last and (begun := self.requests.chosen_survey(text)):
            return self._reply(begun)
        return None

    def _handed_off(self) -> Arguments | None:
        """Somebody else of the agents should answer."""
        if self._answers_question(self.view.said):
            return None
        if any(self._is_request(item.text) for item in self.view.said):
            return None
        name = self.desk.other()
        return self._hand_to(name) if name else None

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
            return self._hand_to(PRINCIPAL)
        closed = self.talk.closing(rest) if rest and not parts else None
        if closed is not None and not self._answers_question(rest):
            return self._reply(closed)
        parts += self._told(rest)
        if self.wanted:
            return self._hand_to(PRINCIPAL)
        if self.unknown and (name := self.desk.give_back()):
            return self._hand_to(name)
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

    def _answers_question(self, said: list[Said]) -> bool:
        question = self.view.question
        return self.qualification.is_asked and question is not None and answer_in(said, question) is not None

    def _told(self, rest: list[Said]) -> list[str]:
        """Answers to what the lead asks, and the next step of its qualification."""
        parts, asked_now = [], self.qualification.is_asked
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
            return [found[1].say]
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
        if self.view.status in ("qualified", "not_qualified") and "strong" in kinds and not known:
            return say.ALREADY_QUALIFIED.format(company=self.view.company)
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
        question = self.view.question
        puts = question is not None and not any(is_put(question, part) for part in parts)
        if (
            puts
            and not self.qualification.spoke
            and (self.qualification.is_asked or only)
            and not self._left_off(parts)
        ):
            parts.append(self.qualification.again())
        if not parts and not only:
            parts.append(pick(say.LISTENING, self.view.salt))
        names_itself = any(self.view.company in part and "assistente virtual" in part for part in parts)
        greeting = self.talk.greeting(greeted=greeted, alone=not parts, names_itself=names_itself)
        return self._reply("\n\n".join(part for part in (greeting, *parts) if part))

    def _left_off(self, parts: list[str]) -> bool:
        """Whether something was just said after which the open question would be out of place."""
        ends = (*say.QUALIFIED, *say.NOT_QUALIFIED, *say.NOT_INTERESTED, *say.UNKNOWN, *say.SURVEY_BEGINS)
        ended = {end.format(company=self.view.company) for end in ends}
        return any(part in ended or part.endswith(say.STUCK) for part in parts)

    def _joined(self) -> str:
        return " ".join(item.text for item in self.view.said)

    def _hand_to(self, name: str) -> Arguments:
        return self._reply("", handoff=name)

    def _reply(self, text: str, **more: Any) -> Arguments:
        made: Arguments = {"reply": text[:LONGEST_REPLY], **more}
        extra = {
            "memory": self.memory,
            "hand_over": self.requests.hand_over,
            "qualification": self.qualification.answers,
        }
        return made | {key: value for key, value in extra.items() if value}
