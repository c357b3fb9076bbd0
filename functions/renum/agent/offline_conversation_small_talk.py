"""Greetings, thanks and goodbyes, and the questions every lead asks: who is this, is it a robot, why me."""

from __future__ import annotations

import re

from renum.agent import offline_conversation_words as say
from renum.agent import phrases
from renum.agent.offline_conversation_chatter import closing, only_greets
from renum.agent.offline_conversation_text import may_be_said, norm
from renum.agent.offline_conversation_view import View, mapping
from renum.agent.offline_extract import Said
from renum.agent.offline_intent import asked
from renum.agent.offline_text import after_greeting
from renum.agent.phrases import pick

_ASKED = (
    (phrases.ROBOT, re.compile(r"\b(?:voce e|isso e|isto e|falando com|falo com|e) (?:um |uma )?(?:robo|bot"
     r"|chatbot|maquina|ia|inteligencia artificial|pessoa|humano)\b|^(?:robo|bot)$")),
    (phrases.WHO, re.compile(r"\bquem (?:e|esta|fala|sao)(?: (?:voce|voces|falando|ai|por ai|que fala|aqui))?$"
     r"|\bcom quem (?:eu )?(?:falo|estou|falando)\b|\bqual (?:e )?(?:o )?seu nome\b|\bque empresa e\b|\be golpe\b"
     r"|\bde onde voces? (?:e|sao|fala\w*)\b")),
    (phrases.NUMBER, re.compile(r"\b(?:quem|como|onde)\b.*\bmeu (?:numero|contato|telefone|whatsapp)\b")),
    (say.WHY, re.compile(r"\b(?:por que|porque|para que|qual (?:e )?(?:o )?(?:motivo"
     r"|assunto))\b.{0,30}\b(?:mensagem|contato|falando comigo|me (?:mand|cham|procur|escrev)\w+|disso"
     r"|conversa)\b|^(?:do que se trata|o que e isso|qual o assunto|sobre o que)\b")),
)  # fmt: skip
_ABOUT_PROJECT = re.compile(
    r"\b(?:status|andamento|em que pe|como (?:esta|estao|vai|anda|ta)|situacao|prazo|progresso)\b.{0,30}"
    r"\b(?:projeto|agente|pesquisa|campanha|implantacao|tudo)\b|\bmeu projeto\b|\b(?:status|andamento) d[oae]\b"
    r"|^(?:status|andamento)$"
)
_ABOUT_PLAN = re.compile(r"\b(?:meu|minha|nosso|qual) (?:e )?(?:o )?(?:meu )?(?:plano|assinatura|contrato)\b")


class SmallTalk:
    """What is said around the subject itself."""

    def __init__(self, view: View) -> None:
        self.view = view
        their = str(view.customer.get("company_name") or "")
        self.their = their.strip() if may_be_said(their, 120) else ""

    def greeting(self, *, greeted: bool, alone: bool, names_itself: bool) -> str:
        """What comes before the rest. The first reply of a conversation says who is speaking; none says it again."""
        view, parts = self.view, []
        if greeted and not view.resuming:
            if self.their and (view.first or alone):
                parts.append(
                    (say.HELLO_CUSTOMER if view.name else say.HELLO_CUSTOMER_YOU).format(
                        name=view.name, their=self.their
                    )
                )
            elif view.first:
                parts.append(pick(say.HELLO if view.name else say.HELLO_YOU, view.salt).format(name=view.name))
        elif view.first:
            parts.append(f"Oi, {view.name}!" if view.name else "Oi!")
        if view.first and not names_itself:
            parts.append(say.INTRODUCTION.format(company=view.company))
        if alone:
            parts.append(pick(say.HELP if parts or view.resuming else say.HERE, view.salt))
        return " ".join(parts)

    def closing(self, said: list[Said]) -> str | None:
        """The short word that ends a dialogue, '' when it was said already; None when this is no ending."""
        kinds = [kind for item in said if (kind := closing(after_greeting(item.text) or item.text))]
        others = [
            item for item in said if not closing(after_greeting(item.text) or item.text) and not only_greets(item.text)
        ]
        if not kinds or others:
            return None
        if any(phrase in self.view.last.lower() for phrase in say.CLOSED):
            return ""
        kind = next((name for name in ("thanks", "farewell", "ok") if name in kinds), "ok")
        return pick({"thanks": say.WELCOME, "farewell": say.GOODBYE, "ok": say.NOTED}[kind], self.view.salt)

    def asked(self, text: str) -> str:
        """The answer to one of the questions that every lead asks, or ''."""
        simple = norm(after_greeting(text) or text)
        for reply, pattern in _ASKED:
            if pattern.search(simple):
                return reply.format(company=self.view.company)
        known = {"who": phrases.WHO, "robot": phrases.ROBOT, "number": phrases.NUMBER}
        topic = asked(after_greeting(text) or text) if len(simple.split()) <= 8 else None
        return known[topic].format(company=self.view.company) if topic in known else ""

    def customer(self, text: str) -> str:
        """What a customer asks of its own project or plan, or ''."""
        simple, project = norm(text), mapping(self.view.customer.get("project"))
        if not self.view.customer:
            return ""
        name, status = project.get("name"), project.get("status")
        if _ABOUT_PROJECT.search(simple) and may_be_said(name, 120) and may_be_said(status):
            told = say.STATUSES.get(str(status), str(status))
            of = f" da {self.their}" if self.their else ""
            return say.CUSTOMER_PROJECT.format(project=name, of=of, status=told)
        plan = self.view.customer.get("plan")
        if _ABOUT_PLAN.search(simple) and may_be_said(plan):
            return say.CUSTOMER_PLAN.format(plan=plan)
        return ""
