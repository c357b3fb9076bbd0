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
    is_busy,
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
            # An edit that is still one corrects something answered before: here it would answer the wrong question.
            if str(item.get("content") or "").strip() and item.get("type") != "edit"
        ]
        self.current = next(
            (question for question in self.questions if question["key"] == data.get("current_question")), None
        )
        self.open = [question for question in self.questions if question["status"] in ("open", "invalid")]
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
        if any(postpones(item.text) for item in self.said):
            return self._say("chitchat", phrases.LATER)
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
        if probed and nothing_more(joined):
            # What was said before the probe stands as it is.
            return self._say("answer", phrases.LAST_THANKS)
        if self._refused(question):
            # A required question is asked once more, with SQL's reason; "no problem" would contradict it.
            asked_again = question["required"] and question["status"] == "open"
            return self._say("answer", ("",) if asked_again else phrases.SKIPPED, refused=[question["key"]])
        if any(postpones(item.text) or is_busy(item.text) for item in self.said) and len(words(joined)) <= 10:
            return self._say("chitchat", phrases.LATER)
        return self._answer_or_chat(question, probed)

    def _refused(self, question: Question) -> bool:
        """Whether the messages refuse the question and say nothing else."""
        telling = [item.text for item in self.said if not is_chatter(item.text)]
        if not telling or names_option(telling[-1], question):
            return False
        return all(refusal(after_greeting(text), question) for text in telling)

    def _answer_or_chat(self, question: Question, probed: bool) -> Arguments:
        found = find(self.said, question)
        if found is None:
            return self._question_back() or self._chat()
        if (question["type"] == "text" or not found.fits) and (back := self._question_back()) is not None:
            return back
        return self._answered(question, found, probe=not probed)

    def _answered(self, question: Question, found: Found, *, probe: bool) -> Arguments:
        answer = {"key": question["key"], "value": found.value, "quote": found.quote, "seq": found.seq}
        if not found.fits:
            return self._reply("unclear", "", answers=[answer])
        if question["type"] == "text" and probe and question["probes_left"] > 0 and is_short(str(found.value)):
            asking = {"key": question["key"], "text": pick(phrases.PROBES, self.salt)}
            return self._reply("answer", "", answers=[answer], probe=asking)
        last = all(other["key"] == question["key"] for other in self.open)
        return self._say("answer", phrases.LAST_THANKS if last else phrases.THANKS, answers=[answer])

    def _probed(self, question: Question) -> bool:
        """Whether the last message asked for more about a short answer. SQL adds what comes to what was there."""
        last = self.history[-1] if self.history else None
        return (
            last is not None
            and question["type"] == "text"
            and last["role"] == "assistant"
            and any(probe in last["content"] for probe in phrases.PROBES)
        )

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
