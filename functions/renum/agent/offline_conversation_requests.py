"""What a lead can have done: a person, a call back, its data shown or changed, a survey begun."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from renum.agent import offline_conversation_words as say
from renum.agent.offline_choice import read_choice
from renum.agent.offline_conversation_about import Told
from renum.agent.offline_conversation_steps import Outcome, Steps
from renum.agent.offline_conversation_text import looks_like_name, may_be_said, norm
from renum.agent.offline_conversation_time import When, spoken, spoken_day, when
from renum.agent.offline_conversation_view import View, items, mapping, texts
from renum.agent.phrases import pick

LABELS = {"name": "Nome", "phone": "Telefone", "email": "E-mail"}
STATES = {"completed": "respondida", "pending": "convidada", "in_progress": "em andamento", "started": "em andamento"}


class Requests:
    """The acts of one turn. Each gives the sentence that tells what came of it."""

    def __init__(self, view: View, steps: Steps) -> None:
        self.view, self.steps = view, steps
        self.hand_over = ""
        """Why a person is needed, where no tool could be called for it."""

    def person(self, reason: str) -> None:
        """Has a person go on with the dialogue."""
        outcome = self.steps.call("hand_over", {"reason": reason})
        if outcome is None or outcome.error:
            self.hand_over = reason

    def callback(self, text: str, *, answers: bool = False) -> str:
        """Arranges a call back. `answers`: the text is what the lead replied when asked for day or hour."""
        now = self.view.now
        if now is None:
            self.person("A pessoa pediu um retorno.")
            return say.CALL_SOMETIME
        said = when(text, now, alone=answers)
        if answers:
            said = self._together(said, text, now)
        if said.day is None:
            return pick(say.ASK_DAY, self.view.salt)
        if said.hour is None:
            day = spoken_day(said.day, now)
            return say.ASK_HOUR.format(day=day[0].upper() + day[1:])
        at = datetime.combine(said.day, said.hour)
        if at <= now:
            return say.PASSED
        if at > now + timedelta(days=90):
            return say.TOO_FAR
        return self._schedule(at, now, said.assumed, text)

    def _together(self, said: When, text: str, now: datetime) -> When:
        """The day that was agreed on already, with the hour said now."""
        agreed = re.search(r"\((\d{2}/\d{2})\)", self.view.last)
        named = when(text, now).day if said.hour is None else _named_day(text, now)
        if agreed is None or named is not None:
            return said
        return When(when(agreed[1], now).day, said.hour, said.assumed)

    def _schedule(self, at: datetime, now: datetime, assumed: bool, text: str) -> str:
        arguments = {"due_at": at.strftime("%Y-%m-%dT%H:%M")}
        about = re.search(r"\b(?:sobre|falar d[eoa]s?|tratar d[eoa]s?|assunto)\s+([^.!?\n]{3,80})", text, re.I)
        if about and may_be_said(about[1]):
            arguments["note"] = about[1].strip()
        if not self.steps.bound("schedule_callback"):
            self.person(f"A pessoa pediu um retorno para {at:%d/%m/%Y %H:%M}.")
            return say.CALL_PASSED_ON.format(at=spoken(at, now))
        outcome = self.steps.call("schedule_callback", arguments)
        if outcome is None or outcome.error:
            return say.NOT_SCHEDULED
        agreed = pick(say.SCHEDULED, self.view.salt).format(at=spoken(_at(outcome, at), now))
        return f"{agreed} {say.ASSUMED}" if assumed else agreed

    def profile(self, told: Told) -> str:
        """Keeps what the lead said of itself."""
        arguments = {key: value for key, value in told._asdict().items() if value}
        outcome = self.steps.call("update_lead", arguments)
        if outcome is None:
            return pick(say.TOLD, self.view.salt)
        if outcome.error:
            return say.NOT_SAVED
        parts = []
        if told.name:
            parts.append(pick(say.SAVED_NAME, self.view.salt).format(name=told.name.split()[0]))
        if told.email:
            parts.append(say.SAVED_EMAIL.format(email=told.email))
        return " ".join(parts) or pick(say.SAVED, self.view.salt)

    def data(self) -> str:
        """Tells the lead what is kept of it."""
        outcome = self.steps.call("look_up_lead", {})
        if outcome is None or outcome.error:
            self.person("A pessoa quer saber que dados a empresa tem dela.")
            return say.DATA_PASSED_ON
        return "\n".join([say.DATA_INTRO.format(company=self.view.company), *_kept(outcome), say.DATA_END])

    def survey(self, text: str) -> str:
        """Begins a survey, or asks which."""
        outcome = self.steps.call("open_interview", {})
        if outcome is not None and not outcome.error and (names := texts(outcome.result.get("which"))):
            chosen = read_choice(text, names)
            named = [name for name in names if f" {norm(name)} " in f" {norm(text)} "]
            if not named and (chosen is None or norm(chosen.label) in ("pesquisa",)):
                return "\n".join([say.WHICH_SURVEY, *(f"• {name}" for name in names)])
            outcome = self.steps.call(
                "open_interview", {"project": named[0] if named else chosen.value if chosen else ""}
            )
        return self._begun(outcome)

    def chosen_survey(self, text: str) -> str | None:
        """Begins the survey chosen from those the last message named; None when none is chosen."""
        names = [line[1:].strip() for line in self.view.last.splitlines() if line.startswith("•")]
        chosen = read_choice(text, names)
        return self._begun(self.steps.call("open_interview", {"project": chosen.value})) if chosen else None

    def _begun(self, outcome: Outcome | None) -> str:
        if outcome is None or outcome.error or not outcome.result.get("begins"):
            return say.NO_SURVEY
        return pick(say.SURVEY_BEGINS, self.view.salt)


def _named_day(text: str, now: datetime) -> date | None:
    """The day that stands in the text itself, not the one an hour alone implies."""
    bare = when(re.sub(r"\d{1,2}\s*(?:h\w*|:)\s*\d{0,2}", " ", text), now)
    return bare.day if bare.hour is None else None


def _at(outcome: Outcome, asked: datetime) -> datetime:
    """The moment the database wrote down, which may differ from the one asked for."""
    found = re.fullmatch(r"(\d\d)/(\d\d)/(\d{4}) (\d\d):(\d\d)", str(outcome.result.get("scheduled_for")))
    if found is None:
        return asked
    day, month, year, hour, minute = map(int, found.groups())
    try:
        return asked.replace(year=year, month=month, day=day, hour=hour, minute=minute)
    except ValueError:
        return asked


def _kept(outcome: Outcome) -> list[str]:
    lines = []
    for key, label in LABELS.items():
        value = outcome.result.get(key)
        if isinstance(value, str) and value.strip():
            fits = looks_like_name(value) if key == "name" else may_be_said(value, 254)
            lines.append(f"• {label}: {value if fits else 'registrado'}")
    for key, value in list(mapping(outcome.result.get("profile")).items())[:10]:
        if may_be_said(key, 40):
            lines.append(f"• {key.capitalize()}: {value if may_be_said(value) else 'registrado'}")
    for interview in items(outcome.result.get("interviews"))[:5]:
        if may_be_said(interview.get("project"), 200):
            state = STATES.get(str(interview.get("status")), "registrada")
            lines.append(f"• Pesquisa “{interview['project']}”: {state}")
    due = mapping(outcome.result.get("callback")).get("due_at")
    if isinstance(due, str) and (found := re.match(r"(\d{4})-(\d\d)-(\d\d)", due)):
        lines.append(f"• Retorno agendado para {found[3]}/{found[2]}/{found[1]}")
    return lines or ["• só o seu contato"]
