"""Who has the dialogue: when a specialist takes over, what it keeps, and when it gives the dialogue back."""

from __future__ import annotations

import re

from renum.agent import offline_conversation_words as say
from renum.agent.offline_conversation_chatter import closing, only_greets
from renum.agent.offline_conversation_intent import BACK, is_question
from renum.agent.offline_conversation_knowledge import best_specialist, topic_score
from renum.agent.offline_conversation_text import expand, norm
from renum.agent.offline_conversation_time import SPOKEN, WEEKDAYS, spoken_hour, when
from renum.agent.offline_conversation_view import PRINCIPAL, View
from renum.agent.phrases import pick

BOOKING = re.compile(
    r"\b(?:marcar?|agendar?|agendamento|consultas?|horarios?|visitas?|exames?|reservas?|reservar|retornos?|aulas?"
    r"|sessao"
    r"|avaliacao|encaixe|remarcar)\b"
)
_DAY = re.compile(rf"\b(?:hoje|depois de amanha|amanha|{'|'.join(WEEKDAYS)}|dia \d{{1,2}}|\d{{1,2}}/\d{{1,2}})\b")
_SPOKEN = dict(zip(WEEKDAYS, (day.removesuffix("-feira") for day in SPOKEN), strict=True)) | {
    "amanha": "amanhã",
    "depois de amanha": "depois de amanhã",
}
_PERIOD = re.compile(r"\b(?<!boa )(manha|tarde|noite)\b")


class Desk:
    """The specialist that has the dialogue, if one has."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.own = next((item for item in view.specialists if item.name == view.agent), None)
        self.text = "\n".join(item.text for item in view.said)

    @property
    def has_it(self) -> bool:
        """Whether somebody other than the agent itself speaks."""
        return self.view.agent != PRINCIPAL

    def other(self) -> str:
        """Who should go on instead: a specialist's name, "principal", or '' to stay."""
        if self.has_it and BACK.search(norm(self.text)):
            return self._principal()
        if self.own is not None and topic_score(self.text, self.own)[0]:
            return ""
        found = best_specialist(self.text, self.view.specialists, self.view.been)
        return found.name if found is not None else ""

    def give_back(self) -> str:
        """ "principal" where the dialogue can go back to it: what was asked is not this specialist's."""
        return self._principal() if self.has_it and not self._is_own() else ""

    def _principal(self) -> str:
        return PRINCIPAL if PRINCIPAL not in self.view.been else ""

    def _is_own(self) -> bool:
        return self.own is not None and topic_score(self.text, self.own)[0] > 0

    def stays(self) -> bool:
        """Whether the specialist goes on: its topic, or a follow-up on what it is about."""
        if not self.has_it or all(only_greets(item.text) or closing(item.text) for item in self.view.said):
            return False
        if self._is_own() or self.learnt().keys() - {"assunto"}:
            return True
        return bool(self.view.memory) and not any(is_question(item.text) for item in self.view.said)

    def learnt(self) -> dict[str, str]:
        """What the messages add to the specialist's memory."""
        kept: dict[str, str] = {}
        if self.own is not None and (topic := topic_score(self.text, self.own)[1]):
            kept["assunto"] = self.view.memory["assunto"] if topic_is_vague(topic, self.view) else topic
        simple = expand(self.text)
        if day := _DAY.search(simple):
            kept["dia"] = _SPOKEN.get(day[0], day[0])
        said = when(self.text, self.view.now) if self.view.now else None
        if said is not None and said.hour is not None and not said.assumed:
            kept["hora"] = spoken_hour(said.hour)
        elif (period := _PERIOD.search(re.sub(r"mais tarde", "", simple))) and "bom dia" not in simple:
            kept["período"] = period[1].replace("manha", "manhã")
        return kept

    def talk(self) -> tuple[str, dict[str, str], str]:
        """What the specialist says, what it keeps, and why a person is to confirm it ('' when nothing is to be)."""
        known, learnt = self.view.memory, self.learnt()
        memory = {**known, **learnt}
        topic = memory.get("assunto") or (self.own.topics[0] if self.own and self.own.topics else "")
        if not topic:
            return say.TELL_MORE, memory, ""
        memory["assunto"] = topic
        opening = self._opening(topic, known, learnt)
        if not BOOKING.search(norm(f"{topic} {self.text}")):
            if known.get("assunto") and not self._returns(topic):
                return pick(say.LISTENING, self.view.salt), memory, ""
            return f"{opening} {say.TELL_MORE}", memory, ""
        if "dia" not in memory:
            return f"{opening} {say.WHICH_DAY}", memory, ""
        if "hora" not in memory and "período" not in memory:
            return f"{opening} {say.WHICH_HOUR}", memory, ""
        what = ", ".join(memory[key] for key in ("assunto", "dia", "período", "hora") if key in memory)
        return say.NOTED_REQUEST.format(what=what), memory, f"Pedido a confirmar: {what}."

    def _returns(self, topic: str) -> bool:
        """Whether the dialogue comes back to what was talked about some time before."""
        return (
            bool(self.view.memory)
            and (self.view.came_back or self.view.resuming or norm(topic) not in norm(self.view.last) != "")
            and self._is_own()
        )

    def _opening(self, topic: str, known: dict[str, str], learnt: dict[str, str]) -> str:
        if known.get("assunto") and self._returns(topic):
            day = known.get("dia", "")
            if day:
                day = f" de {day}" if day[0].isalpha() and not day.startswith("dia ") else f" do {day}"
            return say.BACK_TO.format(topic=f"ao assunto {topic}", day=day)
        if known and learnt.keys() & {"dia", "hora", "período"}:
            return pick(say.NOTED_DETAIL, self.view.salt)
        return say.ABOUT.format(topic=topic)


def topic_is_vague(topic: str, view: View) -> bool:
    """Whether a topic only says that something is to be arranged, while the memory knows what."""
    return bool(view.memory.get("assunto")) and bool(
        re.fullmatch(r"(?:marcar|agend\w+|remarcar|horarios?)", norm(topic))
    )
