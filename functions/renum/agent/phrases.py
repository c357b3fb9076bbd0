"""What the offline interviewer says, in Brazilian Portuguese: short, polite, never suggesting an answer."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

THANKS = (
    "Obrigado!",
    "Anotado, obrigado.",
    "Certo, obrigado pela resposta.",
    "Perfeito, anotei aqui.",
    "Entendi, obrigado.",
    "Ótimo, já registrei.",
    "Obrigado por responder.",
)
LAST_THANKS = ("Anotado.", "Certo, anotei aqui.", "Entendi, já registrei.")
"""For the last question: the closing that follows says thank you by itself."""

STARTS = ("Que bom, obrigado!", "Combinado, é rapidinho.", "Ótimo, vamos lá.", "Legal, obrigado por topar!")
SKIPPED = ("Sem problema.", "Tudo bem, sem problema.", "Claro, fique à vontade.")
GREETINGS = ("Oi, tudo bem por aqui!", "Olá! Tudo ótimo por aqui.", "Oi! Que bom falar com você.")
WELCOMES = ("Eu que agradeço!", "Imagina, eu que agradeço!", "Por nada!")
LATER = ("Sem problema, responda quando puder.", "Tudo bem, fique à vontade para responder quando puder.")
UNCLEAR = ("Desculpe, não entendi bem.", "Acho que não entendi direito.")
DECLINED = ("Tudo bem, sem problema. Obrigado pelo retorno!", "Entendi, sem problema. Obrigado por avisar!")
OPTED_OUT = ("Pronto, você não vai mais receber mensagens nossas.",)
PROBES = (
    "Pode me contar um pouco mais sobre isso?",
    "Entendi. Pode me dar um exemplo?",
    "Pode explicar um pouco melhor?",
)

WHO = "Sou o assistente virtual da {company}."
ROBOT = "Sim, sou um assistente virtual da {company}."
LENGTH = "É rapidinho: {count}."
WHY = "É uma pesquisa da {company}."
NUMBER = "A {company} tem o seu contato cadastrado. Se não quiser mais receber mensagens, é só responder SAIR."
QUESTION = "Por aqui eu só consigo registrar as suas respostas, mas a equipe da {company} vai ler o que você escreveu."

UNREADABLE = {
    "audio": "o seu áudio",
    "voice": "o seu áudio",
    "image": "a sua imagem",
    "video": "o seu vídeo",
    "document": "o seu documento",
    "sticker": "a sua figurinha",
    "location": "a sua localização",
    "contacts": "o contato que você enviou",
}
SILENT = frozenset({"reaction", "revoke", "edit", "system", "call_permission_reply"})
"""A reaction taken back, a deleted message, a changed number: nothing was said."""


def pick(phrases: Sequence[str], salt: str) -> str:
    """One of `phrases`, always the same for the same salt."""
    return phrases[zlib.crc32(salt.encode()) % len(phrases)]


def unreadable_reply(kinds: Sequence[str]) -> str:
    """What to say to messages that hold no text, by the type of the last one; '' where nobody expects a word."""
    kinds = [kind for kind in kinds if kind not in SILENT]
    if not kinds:
        return ""
    named = UNREADABLE.get(kinds[-1], "a sua mensagem")
    return f"Recebi {named}, mas por enquanto só consigo ler mensagens de texto."


def remaining(count: int) -> str:
    """How many questions are left, in words."""
    return "falta só uma pergunta" if count == 1 else f"faltam {count} perguntas"
