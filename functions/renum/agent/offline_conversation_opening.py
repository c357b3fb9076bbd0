"""What comes before everything else in a turn: who leaves, who needs a person, who answers what was just offered."""

from __future__ import annotations

import re
from typing import Any

from renum.agent import offline_conversation_words as say
from renum.agent.offline_conversation_intent import ERASE, is_question, person_reason
from renum.agent.offline_conversation_knowledge import knowledge
from renum.agent.offline_conversation_qualify import Qualification
from renum.agent.offline_conversation_requests import Requests
from renum.agent.offline_conversation_small_talk import SmallTalk
from renum.agent.offline_conversation_specialist import Desk
from renum.agent.offline_conversation_steps import Steps
from renum.agent.offline_conversation_text import expand, norm
from renum.agent.offline_conversation_time import NOW, when
from renum.agent.offline_conversation_view import View
from renum.agent.offline_text import after_greeting
from renum.agent.offline_yes_no import read_yes_no
from renum.agent.phrases import OPTED_OUT, pick

Arguments = dict[str, Any]
LONGEST_REPLY = 1500
MOVES = r"\b(?:melhor|prefiro|muda|mudar|trocar?|na verdade|pode ser|remarcar?|alias|outro horario)\b"


class Opening:
    """The first rules of a turn."""

    def __init__(self, view: View, steps: Steps) -> None:
        self.view, self.steps = view, steps
        self.requests = Requests(view, steps)
        self.qualification = Qualification(view, steps)
        self.desk = Desk(view)
        self.talk = SmallTalk(view)
        self.knowledge = knowledge(tuple(view.knowledge))
        self.memory: dict[str, str] = {}
        self.wanted: list[str] = []
        """Tools that what was asked needs and that a specialist lacks."""
        self.unknown = 0
        """How many questions have no answer."""

    def leave(self) -> Arguments:
        erase = any(ERASE.search(norm(item.text)) for item in self.view.written)
        self.steps.call("register_opt_out", {})
        if erase:
            self.requests.person("A pessoa pediu a exclusão dos seus dados.")
        return self.reply(say.ERASED if erase else pick(OPTED_OUT, self.view.salt), opt_out=True)

    def person(self) -> Arguments | None:
        """Somebody of the team is needed, and nothing else matters now."""
        for item in self.view.said:
            reason = person_reason(item.text)
            if reason is None or (reason[0] == "person" and self._is_callback(item.text)):
                continue
            self.requests.person(reason[1])
            return self.reply(pick(say.HANDED_OVER[reason[0]], self.view.salt))
        return None

    def _is_callback(self, text: str) -> bool:
        at_once = NOW.sub(" ", expand(text))  # a person at once is no call back
        return self.view.now is not None and when(at_once, self.view.now).at is not None

    def pending(self) -> Arguments | None:
        """An answer to what the agent offered or asked with its last message."""
        last, text = norm(self.view.last), self.joined()
        if self.view.last.endswith(say.OFFERED) and not any(is_question(item.text) for item in self.view.said):
            agreed = read_yes_no(after_greeting(text) or text)
            if agreed:
                self.requests.person("A pessoa aceitou falar com alguém da equipe.")
                return self.reply(pick(say.HANDED_OVER["person"], self.view.salt))
            if agreed is False and len(norm(text).split()) <= 5:
                return self.reply(pick(say.NO_OFFER, self.view.salt))
        asked = any(sentence in last for sentence in (*say.ASKED_DAY, norm(say.ASKED_HOUR)))
        moves = re.search(r"\(\d\d/\d\d\) às? ", self.view.last) and re.search(MOVES, norm(text))
        if (asked or moves) and self.view.now is not None:
            said = when(text, self.view.now, alone=True)
            if said.day is not None or said.hour is not None:
                return self.reply(self.requests.callback(text, answers=True))
        if say.WHICH_SURVEY in self.view.last and (begun := self.requests.chosen_survey(text)):
            return self.reply(begun)
        return None

    def joined(self) -> str:
        return " ".join(item.text for item in self.view.said)

    def hand_to(self, name: str) -> Arguments:
        return self.reply("", handoff=name)

    def reply(self, text: str, **more: Any) -> Arguments:
        made: Arguments = {"reply": text[:LONGEST_REPLY], **more}
        extra = {
            "memory": self.memory,
            "hand_over": self.requests.hand_over,
            "qualification": self.qualification.answers,
        }
        return made | {key: value for key, value in extra.items() if value}
