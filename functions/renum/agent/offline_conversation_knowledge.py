"""Which piece of knowledge, or which specialist, a sentence is about: by its telling words, whatever their ending."""

from __future__ import annotations

import difflib
import math
import re
from collections import Counter
from functools import lru_cache

from renum.agent.offline_conversation_text import norm
from renum.agent.offline_conversation_view import Entry, Specialist
from renum.agent.offline_text import word_set

EMPTY = word_set(
    "a o as os um uma uns umas de da do das dos e em no na nos nas por pelo pela para pra com que eu me meu minha meus "
    "minhas seu sua seus suas voce voces ele ela isso isto esse essa este esta qual quais quando como quem quero "
    "queria "
    "gostaria saber sabe dizer diz diga informar informa informe informacao informacoes pode posso podem poderia "
    "ter tem "
    "tenho temos teria ha ser sao foi era estou esta sim nao ok oi ola bom boa dia tarde noite tudo bem favor obrigado "
    "obrigada sobre mais muito la ai aqui ja so mas ou se ate tambem algum alguma alguem coisa duvida pergunta preciso "
    "ver fala falar fale explica explicar passa passar manda mandar vai vou ir faz fazer fazem fica ficam seria gente "
    "amigo moca moco agora hoje entao assim dar da hora hein ne the funciona empresa servico servicos cara olha"
)
_GROUPS = (
    "preco valor custo custar custa sai cobrar cobra cobram mensalidade quanto orcamento caro barato tabela precos",
    "endereco onde localizacao local localizado rua bairro fica ficam chegar aonde unidade sede",
    "horario hora horas abrir abre abrem fechar fecha fecham aberto aberta fechado funcionamento expediente funcionam",
    "pagamento pagar paga pagamentos cartao pix boleto parcelar parcela parcelas parcelamento credito debito dinheiro",
    "entrega entregar entregam frete delivery envio enviar enviam envia",
    "convenio convenios plano_de_saude unimed seguro",
    "cancelamento cancelar cancelo cancela cancelam multa fidelidade",
    "desconto descontos promocao promocoes cupom oferta ofertas",
    "garantia troca trocar trocas devolucao devolver reembolso",
    "estacionamento estacionar vaga vagas",
    "agendar marcar agendamento marcacao remarcar",
    "telefone fone contato",
)
ONE_OF_THEM = re.compile(r"\b(?:que horas?|a que horas?|quanto tempo|quanto (?:custa|e|sai|fica|cobram?))\b")


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """A word without its ending: horários, horário → horari; atendem, atendimento → atend."""
    for ending in ("amentos", "imentos", "amento", "imento", "acoes", "icoes", "acao", "icao", "coes", "cao"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    for ending in (
        "mente",
        "ando",
        "endo",
        "indo",
        "aram",
        "eram",
        "iram",
        "amos",
        "emos",
        "imos",
        "ais",
        "eis",
        "oes",
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    word = word[:-1] if word.endswith("s") and len(word) > 3 else word
    for ending in ("ar", "er", "ir", "am", "em", "ou"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word[:-1] if word[-1:] in "aeo" and len(word) > 4 else word


_MEANT = {stem(word): f"={group.split()[0]}" for group in _GROUPS for word in group.split()}


@lru_cache(maxsize=4096)
def telling(text: str) -> frozenset[str]:
    """What a text is about: the stems of its words that say something; words for the same thing are one."""
    simple = norm(text)
    said = {_MEANT.get(stem(word), stem(word)) for word in simple.split() if word not in EMPTY and len(word) > 1}
    if re.search(r"\b(?:que horas?|horas?)\b", simple) and not re.search(r"\b\d+ horas?\b", simple):
        said.add("=horario")
    if re.search(r"\bonde\b.{0,12}\bficam?\b|\bficam? onde\b", simple):
        said.add("=endereco")
    if ONE_OF_THEM.search(simple) is None and re.search(r"\bquantos?\b", simple):
        said.discard("=preco")
    return frozenset(said)


def _near(word: str, known: frozenset[str], *, others: bool = True) -> str | None:
    """The known word that `word` is, or is a misspelling of; with `others`, of a word for the same thing too."""
    if word in known:
        return word
    if len(word) < 5 or word.startswith("="):
        return None
    close = difflib.get_close_matches(word, [*known, *(_MEANT if others else ())], n=1, cutoff=0.85)
    if not close:
        return None
    found = close[0] if close[0] in known else _MEANT.get(close[0], "")
    return found if found in known else None


class Knowledge:
    """The company's knowledge, ready to be asked."""

    def __init__(self, entries: tuple[Entry, ...]) -> None:
        self.entries = entries[:200]
        self.about = [telling(entry.about) for entry in self.entries]
        self.say = [telling(entry.say) for entry in self.entries]
        self.parts = [[telling(part) for part in re.split(r"[,;/|\n]| ou | e ", entry.about)] for entry in self.entries]
        self.seen = Counter(word for words in self.about for word in words)
        self.words = frozenset().union(*self.about, *self.say)

    def weight(self, word: str) -> float:
        """How much a word tells of one entry rather than of another."""
        return math.log(1 + len(self.entries) / self.seen.get(word, 0.5))

    def find(self, sentence: str) -> Entry | None:
        """The entry that a sentence is about, the best of those that fit; None when none clearly does."""
        said = telling(sentence)
        if not said or len(said) > 40:
            return None
        asked = frozenset(_near(word, self.words) or word for word in said)
        scores = [(self._score(asked, place), entry) for place, entry in enumerate(self.entries)]
        best = max(scores, key=lambda pair: pair[0], default=None)
        return best[1] if best is not None and best[0] > 0 else None

    def _score(self, asked: frozenset[str], place: int) -> float:
        """How well an entry fits: what part of the question it covers, and whether it is named whole."""
        about = asked & self.about[place]
        told = asked & self.say[place] - about
        if not about and not told:
            return 0.0
        covered = sum(map(self.weight, about)) + 0.6 * sum(map(self.weight, told))
        covered /= sum(map(self.weight, asked))
        part = max((len(about & words) / len(words) for words in self.parts[place] if words), default=0.0)
        if covered >= 0.58 or (about and covered >= 0.3 and part >= 0.99) or (about and covered >= 0.4 and part >= 0.5):
            return covered + part * 0.5
        return 0.0


@lru_cache(maxsize=64)
def knowledge(entries: tuple[Entry, ...]) -> Knowledge:
    """A company's knowledge, made ready once."""
    return Knowledge(entries)


def topic_score(text: str, specialist: Specialist) -> tuple[int, str]:
    """How many of a specialist's topics a text names, and the first of them in the company's spelling."""
    simple = norm(text)
    said = telling(text) | frozenset(stem(word) for word in simple.split() if word not in EMPTY)
    found = []
    for topic in specialist.topics:
        # A boleto is a way to pay, but who asks for Pix does not ask for a boleto: only the general word is general.
        words = frozenset(
            f"={word}" if f"={word}" in _MEANT.values() else stem(word)
            for word in norm(topic).split()
            if word not in EMPTY
        )
        if words and (all(_near(word, said, others=False) for word in words) or f" {norm(topic)} " in f" {simple} "):
            found.append(topic)
    return len(found), found[0] if found else ""


def best_specialist(text: str, specialists: list[Specialist], excluded: set[str]) -> Specialist | None:
    """The specialist whose topics a text names most, the first of equals; None when none is named."""
    scored = [(topic_score(text, item)[0], item) for item in specialists if item.name not in excluded]
    best = max(scored, key=lambda pair: pair[0], default=None)
    return best[1] if best is not None and best[0] > 0 else None
