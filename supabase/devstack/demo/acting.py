"""Scripted people on the other side of the simulator: they read what RENUM sends them and say their next line."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx

from devstack.demo.story import CLOSING, MORE, OPENING, QUESTIONS, VOICE, Burst, Ending, Person, next_question
from devstack.errors import StackError
from devstack.simulator.client import SentMessage, SimulatorClient, WebhookFailed

_LOOK_EVERY_S = 0.04
_TONGUES = 16
_TRIES = 6
_PAGE = 1_000


def asked_in(text: str) -> str | None:
    """The key of the question that a message of RENUM puts, None when it holds none of the questionnaire's texts."""
    places = {str(question["key"]): text.rfind(str(question["text"])) for question in QUESTIONS}
    key = max(places, key=lambda k: places[k])
    return key if places[key] >= 0 else None


@dataclass(slots=True)
class Actor:
    """One person at play. `ended` is how its interview ended as the person sees it; None while it goes on."""

    person: Person
    invited: bool = False
    ended: Ending | None = None
    heard: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    _times: Counter[str] = field(default_factory=Counter)
    _leaving: bool = False

    @property
    def at_the_end(self) -> bool:
        """Whether everything has happened that the story has in store for this person."""
        return self.ended == self.person.end if self.person.end != "unanswered" else self.invited

    def hear(self, text: str) -> Burst:
        """Takes one message of RENUM; returns what the person says to it, () for nothing."""
        self.heard.append(text)
        if not self.invited:
            self.invited = True
            return self._say(OPENING)
        if self._leaving:
            self.ended = "opted_out"
            return ()
        if CLOSING in text:
            self.ended = "completed"
            return ()
        return self._say(self._topic(text))

    def _topic(self, text: str) -> str | None:
        key = asked_in(text)
        if key is not None:
            return key
        if self._times[MORE] < len(self.person.lines.get(MORE, ())):
            return MORE
        # A model may put the question in words of its own: then it is the next one in order.
        return next_question(self.person.answers, set(self._times))

    def _say(self, topic: str | None) -> Burst:
        if topic is None:
            return ()
        lines = self.person.lines.get(topic, ())
        time_asked = self._times[topic]
        self._times[topic] += 1
        if time_asked >= len(lines):
            return ()
        burst = lines[time_asked]
        # The last line of somebody who leaves is the one that says so.
        self._leaving = self.person.end == "opted_out" and topic == list(self.person.lines)[-1]
        self.said.extend(burst)
        return burst


class Stage:
    """All people of one business number, acting at the same time until each is where the story ends."""

    def __init__(self, simulator: SimulatorClient, phone_number_id: str, everybody: Iterable[Person]) -> None:
        self.actors = [Actor(person) for person in everybody]
        self._simulator = simulator
        self._phone_number_id = phone_number_id
        self._by_number = {
            number: actor for actor in self.actors for number in (actor.person.digits, actor.person.wa_id)
        }
        self._busy: dict[int, Future[None]] = {}
        self._trouble: StackError | None = None
        self._seen = 0

    def play(self, patience_s: float, news: Callable[[int, int, int], None]) -> bool:
        """Runs until everybody is at the end (True), or until nothing has happened for `patience_s` seconds (False).

        `news(at the end, heard, said)` is told whenever something happened. Raises StackError when the webhook or the
        simulator stays away.
        """
        last = time.monotonic()
        with ThreadPoolExecutor(_TONGUES, thread_name_prefix="lead") as tongues:
            while True:
                fresh = self._listen()
                for message in fresh:
                    self._react(message, tongues)
                if fresh:
                    last = time.monotonic()
                    news(*self._tally())
                if self._trouble is not None:
                    raise self._trouble
                if all(actor.at_the_end for actor in self.actors):
                    return True
                if time.monotonic() - last > patience_s:
                    return False
                if len(fresh) < _PAGE:
                    time.sleep(_LOOK_EVERY_S)

    def _listen(self) -> list[SentMessage]:
        try:
            fresh = self._simulator.messages(after=self._seen, phone_number_id=self._phone_number_id, limit=_PAGE)
        except httpx.HTTPError as error:
            raise StackError(f"The simulator is away ({type(error).__name__}); see the log of the stack.") from error
        if fresh:
            self._seen = fresh[-1]["seq"]
        return fresh

    def _react(self, message: SentMessage, tongues: ThreadPoolExecutor) -> None:
        actor = self._by_number.get(message["to"])
        if actor is None:
            return
        burst = actor.hear(message["text"])
        if not burst:
            return
        before = self._busy.get(actor.person.index)
        self._busy[actor.person.index] = tongues.submit(self._speak, actor.person, burst, before)

    def _speak(self, person: Person, burst: Burst, before: Future[None] | None) -> None:
        # A person says one thing after another, whatever number of threads there is.
        if before is not None:
            before.result()
        try:
            for text in burst:
                self._send(person, text)
        except httpx.HTTPError as error:
            self._trouble = StackError(f"The simulator is away ({type(error).__name__}); see the log of the stack.")
        except StackError as error:
            self._trouble = error

    def _send(self, person: Person, text: str) -> None:
        options = {"name": person.name, "phone_number_id": self._phone_number_id, "id": f"wamid.{uuid.uuid4().hex}"}
        for attempt in range(1, _TRIES + 1):
            try:
                if text == VOICE:
                    self._simulator.say_audio(person.wa_id, **options)
                else:
                    self._simulator.say(person.wa_id, text, **options)
                return
            except WebhookFailed as error:
                # A provider repeats a webhook that was not taken, under the same id.
                if attempt == _TRIES or 400 <= error.status < 500:
                    raise StackError(f"A lead's message was not taken: {error}.") from error
                time.sleep(0.2 * 2**attempt)

    def _tally(self) -> tuple[int, int, int]:
        return (
            sum(actor.at_the_end for actor in self.actors),
            sum(len(actor.heard) for actor in self.actors),
            sum(len(actor.said) for actor in self.actors),
        )
