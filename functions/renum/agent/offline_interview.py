"""The rules of the offline interviewer: the data of one turn in, the Understanding tool's arguments out."""

from __future__ import annotations

from typing import Any

from renum.agent import phrases
from renum.agent.offline_extract import Found, Said, find, is_short, names_option, refusal
from renum.agent.offline_intent import (
    agrees,
    asked,
    declines_invitation,
    declines_rest,
    nothing_more,
    postpones,
    wants_out,
)
from renum.agent.offline_text import after_greeting, is_chatter, is_thanks, words
from renum.agent.phrases import pick, unreadable_reply
from renum.shapes import HistoryItem, Question

Arguments = dict[str, Any]


class Interviewer:
    """One turn's reading. `data` is the JSON block of the human message (see `prompts.interview_messages`)."""

    def __init__(self, data: Arguments) -> None:
        self.company = str(data.get("company") or "empresa")
        self.goal = data.get("goal")
        self.questions: list[Question] = data.get("questions") or []
        self.history: list[HistoryItem] = data.get("history") or []
        self.kinds = [str(item.get("type")) for item in data.get("input") or []]
        self.said = [
            Said(item["seq"], item["content"])
            for item in data.get("input") or []
            if str(item.get("content") or "").strip()
        ]
        self.current = next(
            (question for question in self.questions if question["key"] == data.get("current_question")), None
        )
        self.open = [question for question in self.questions if question["status"] == "open"]
        seq = data["input"][-1]["seq"] if data.get("input") else 0
        self.salt = f"{data.get('salt', '')}:{seq}"

    def understand(self) -> Arguments:
        """The arguments of the Understanding tool."""
        if not self.said:
            return self._reply("chitchat", unreadable_reply(self.kinds))
        if any(wants_out(item.text) and not names_option(item.text, self.current) for item in self.said):
            return self._say("opt_out", phrases.OPTED_OUT)
        return self._invited() if self.current is None else self._asked(self.current)

    def _invited(self) -> Arguments:
        """Only the invitation went out: yes means "let us start", no means "not this interview"."""
        if any(declines_invitation(after_greeting(item.text)) for item in self.said):
            return self._say("decline", phrases.DECLINED)
        question = self._question_back()
        if question is not None:
            return question
        if any(agrees(item.text) for item in self.said):
            return self._say("agree", phrases.STARTS)
        if all(is_chatter(item.text) for item in self.said):
            return self._chat()
        return self._reply("chitchat", "")

    def _asked(self, question: Question) -> Arguments:
        """A question is on the table: an answer to it, a refusal of it, or something else."""
        joined = " ".join(item.text for item in self.said)
        if any(declines_rest(item.text) for item in self.said):
            return self._say("decline", phrases.DECLINED)
        probed = self._probed(question)
        if probed is not None and nothing_more(joined):
            answer = Found(probed, joined, self.said[-1].seq)
            return self._answered(question, answer, probe=False)
        if all(
            refusal(after_greeting(item.text) or item.text, question) or is_chatter(item.text) for item in self.said
        ) and any(refusal(after_greeting(item.text) or item.text, question) for item in self.said):
            if names_option(self.said[-1].text, question):
                return self._answer_or_chat(question, probed)
            return self._say("answer", phrases.SKIPPED, refused=[question["key"]])
        if any(postpones(item.text) for item in self.said) and len(words(joined)) <= 10:
            return self._say("chitchat", phrases.LATER)
        return self._answer_or_chat(question, probed)

    def _answer_or_chat(self, question: Question, probed: str | None) -> Arguments:
        found = find(self.said, question)
        if found is None:
            return self._question_back() or self._chat()
        if (question["type"] == "text" or not found.fits) and (back := self._question_back()) is not None:
            return back
        if probed is not None:
            # The probe asked about an answer too short to stand alone: the two belong together.
            found = found._replace(value=f"{probed.rstrip('. ')}. {found.value}")
        return self._answered(question, found, probe=probed is None)

    def _answered(self, question: Question, found: Found, *, probe: bool) -> Arguments:
        answer = {"key": question["key"], "value": found.value, "quote": found.quote, "seq": found.seq}
        if not found.fits:
            return self._reply("unclear", "", answers=[answer])
        if question["type"] == "text" and probe and question["probes_left"] > 0 and is_short(str(found.value)):
            asking = {"key": question["key"], "text": pick(phrases.PROBES, self.salt)}
            return self._reply("answer", "", answers=[answer], probe=asking)
        last = all(other["key"] == question["key"] for other in self.open)
        return self._say("answer", phrases.LAST_THANKS if last else phrases.THANKS, answers=[answer])

    def _probed(self, question: Question) -> str | None:
        """The short answer that the last message asked more about, if it did."""
        if question["type"] != "text" or len(self.history) < 2:
            return None
        last = self.history[-1]
        if last["role"] != "assistant" or not any(probe in last["content"] for probe in phrases.PROBES):
            return None
        said = [item["content"] for item in self.history[:-1] if item["role"] == "user"]
        return after_greeting(said[-1]) if said and not is_chatter(said[-1]) else None

    def _question_back(self) -> Arguments | None:
        """An answer to the lead's own question, where that is all the messages hold."""
        telling = [item for item in self.said if not is_chatter(item.text)]
        topics = [asked(after_greeting(item.text)) for item in telling]
        if not telling or None in topics:
            return None
        goal = f" O objetivo: {str(self.goal).rstrip('.')}." if self.goal else ""
        reply = {
            "who": phrases.WHO,
            "robot": phrases.ROBOT,
            "length": phrases.LENGTH.replace("{count}", phrases.remaining(max(len(self.open), 1))),
            "number": phrases.NUMBER,
            "why": phrases.WHY,
        }.get(topics[-1] or "", phrases.QUESTION)
        text = reply.format(company=self.company)
        return self._reply("question", text + goal if topics[-1] in ("why", "who") else text)

    def _chat(self) -> Arguments:
        if any(is_thanks(item.text) for item in self.said):
            return self._say("chitchat", phrases.WELCOMES)
        if any(not after_greeting(item.text) for item in self.said):
            return self._say("chitchat", phrases.GREETINGS)
        return self._reply("chitchat", "")

    def _say(self, intent: str, choices: tuple[str, ...], **more: Any) -> Arguments:
        return self._reply(intent, pick(choices, self.salt), **more)

    @staticmethod
    def _reply(intent: str, acknowledgement: str, **more: Any) -> Arguments:
        return {"intent": intent, "acknowledgement": acknowledgement, **more}
