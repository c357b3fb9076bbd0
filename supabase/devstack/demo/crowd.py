"""The people of the story: six with a character of their own, then a crowd that varies by index."""

from __future__ import annotations

from dataclasses import dataclass

from devstack.demo.story import OPENING, VOICE, Answer, Burst, Ending, Person, once

_FIRST = (
    "Ana Beatriz", "João Pedro", "Conceição", "Márcio", "Luíza", "Antônio", "Débora", "Rafael", "Inês", "Gustavo",
    "Patrícia", "Otávio", "Simone", "Cauã", "Vânia", "Fábio", "Letícia", "Sebastião", "Júlia", "Wellington",
    "Lúcia", "Thiago", "Raimunda", "Caio", "Eloá", "Nélson", "Priscila", "Ítalo", "Sônia", "Bruno", "Marília", "Davi",
)  # fmt: skip
_LAST = (
    "Lima", "Gonçalves", "da Silva", "Araújo", "Mendonça", "Falcão", "Pacheco", "Assunção", "Moreira", "Brandão",
    "dos Santos", "Guimarães", "Ribeiro", "Leão", "Teixeira", "Nóbrega", "Camargo", "Simões", "de Oliveira", "Prates",
    "Cavalcanti", "Fagundes", "Magalhães", "Sá", "Vilela", "Queirós", "Bittencourt", "Rocha", "Serrão",
)  # fmt: skip
_AREAS = ("11", "21", "31", "41", "51", "61", "71", "81", "85", "19", "48", "92")

_SCORES = (10, 9, 7, 10, 6, 8, 9, 3, 10, 5, 8, 9, 10, 2)
_SCORE_LINES = ("{n}", "dou {n}", "nota {n}!", "Acho que {n}", "{n} de 10")
_HAPPY = (
    "O pão sempre quentinho e o atendimento muito simpático",
    "Gosto da variedade de pães e do café coado na hora",
    "Sou cliente há anos e nunca me decepcionei com vocês",
    "O pão de queijo é o melhor do bairro inteiro",
    "A equipe lembra do meu nome e do meu pedido",
    "Tudo fresquinho, limpo e com preço justo",
    "O bolo de fubá me lembra a casa da minha avó",
)
_SO_SO = (
    "É muito boa, mas a fila de manhã cedo é grande demais",
    "Gosto dos doces, só acho que faltam opções salgadas",
    "O café é ótimo, o ambiente é que fica barulhento no sábado",
    "Produtos bons, mas quase nunca acho vaga para estacionar",
    "Atendem bem, só que o pão integral acaba cedo",
)
_UNHAPPY = (
    "Da última vez o pão estava murcho e a equipe nem ligou",
    "Os preços subiram bastante e a qualidade caiu",
    "Esperei quarenta minutos por um pedido simples",
    "Cobraram duas vezes no cartão e foi difícil resolver",
)
_VISITS: tuple[tuple[int, str], ...] = (
    (12, "12"), (4, "umas 4 vezes"), (1, "uma só"), (20, "20 vezes mais ou menos"), (0, "zero"), (8, "oito"),
    (2, "2 vezes"), (30, "todo dia, umas 30"), (6, "6"), (3, "três"), (15, "quinze vezes"),
)  # fmt: skip
_CHANNELS: tuple[tuple[str, str], ...] = (
    ("Na loja", "na loja mesmo"), ("Pelo WhatsApp", "whatsapp"), ("Na loja", "1"), ("Pelo site", "pelo site"),
    ("Na loja", "Na loja"), ("Pelo WhatsApp", "sempre pelo WhatsApp"), ("Na loja", "loja"),
)  # fmt: skip
_DELIVERY: tuple[tuple[bool, str], ...] = (
    (True, "sim"), (False, "não"), (True, "Sim, várias vezes"), (False, "ainda não"), (False, "Não, moro do lado"),
)  # fmt: skip
_IDEAS = (
    "Poderiam abrir mais cedo aos domingos",
    "Ter mais opções sem glúten seria ótimo",
    "Fazer promoções no fim do dia com o que sobrou",
    "Nada a mudar, está tudo muito bom assim",
    "Aumentar o espaço das mesas na calçada",
    "Aceitar vale-alimentação também no site",
    "Voltar com o sonho de creme às quartas",
    "Colocar o cardápio completo no WhatsApp",
    "Um programa de pontos para quem vem sempre",
    "Avisar quando sai a fornada da tarde",
    "Mais vagas para bicicleta na frente da loja",
)
_OPENINGS = ("sim", "Pode sim", "Oi, claro!", "Vamos lá", "ok", "Bom dia! Pode perguntar")
_GOODBYES = ("PARAR", "Não quero mais receber mensagens", "sair", "Me tira da lista")


@dataclass(frozen=True, slots=True)
class _Part:
    """What a person of the story says and means, before it has a name and a number."""

    kind: str
    lines: dict[str, tuple[Burst, ...]]
    answers: dict[str, Answer]
    end: Ending = "completed"
    refused: tuple[str, ...] = ()


def person(index: int) -> Person:
    """The person with this index: always the same one."""
    part = _CHARACTERS[index] if index < len(_CHARACTERS) else _one_of_the_crowd(index)
    area, local = _AREAS[index % len(_AREAS)], f"{80_000_000 + index * 7_919 % 10_000_000}"
    phone, wa_id = _written(index, area, local)
    first = _FIRST[index % len(_FIRST)]
    last = _LAST[(index * 7 + index // len(_FIRST)) % len(_LAST)]
    return Person(index, part.kind, f"{first} {last}", phone, wa_id, part.lines, part.answers, part.end, part.refused)


def _written(index: int, area: str, local: str) -> tuple[str, str]:
    """(the number as the owner wrote it down, what WhatsApp calls it). `local`: eight digits, without the ninth."""
    full = f"55{area}9{local}"
    spellings = (
        f"({area}) 9{local[:4]}-{local[4:]}",
        f"+55 {area} 9{local[:4]}-{local[4:]}",
        f"{area}9{local}",
        f"({area}) {local[:4]}-{local[4:]}",
        full,
        f"0{area} 9{local[:4]} {local[4:]}",
    )
    kind = index % len(spellings)
    # An old entry without the ninth digit: WhatsApp, too, knows many of those people without it.
    return spellings[kind], f"55{area}{local}" if kind == 3 else full


def _one_of_the_crowd(index: int) -> _Part:
    """Of ten people one never answers, one opts out half way; of twenty, one more at once."""
    if index % 10 == 8:
        return _Part("silent", {}, {}, "unanswered")
    if index % 20 == 17:
        goodbye = _GOODBYES[index // 20 % len(_GOODBYES)]
        return _Part("opts out at once", once(**{OPENING: goodbye}), {}, "opted_out")
    score = _SCORES[index % len(_SCORES)]
    reasons = _HAPPY if score >= 9 else _SO_SO if score >= 7 else _UNHAPPY
    reason = reasons[(index + index // 14) % len(reasons)]
    lines = once(
        **{OPENING: _OPENINGS[index % len(_OPENINGS)]},
        nota=_SCORE_LINES[index % len(_SCORE_LINES)].format(n=score),
        motivo=reason,
    )
    answers: dict[str, Answer] = {"nota": score, "motivo": reason}
    if index % 10 == 9:
        lines |= once(visitas=_GOODBYES[index // 10 % len(_GOODBYES)])
        return _Part("opts out half way", lines, answers, "opted_out")
    visits, said_visits = _VISITS[index % len(_VISITS)]
    delivery, said_delivery = _DELIVERY[index % len(_DELIVERY)]
    idea = _IDEAS[(index + index // 11) % len(_IDEAS)]
    lines |= once(visitas=said_visits, entrega=said_delivery, sugestao=idea)
    answers |= {"visitas": visits, "entrega": delivery, "sugestao": idea}
    if visits:
        channel, said_channel = _CHANNELS[index % len(_CHANNELS)]
        lines |= once(canal=said_channel)
        answers |= {"canal": channel}
    return _Part("one of the crowd", lines, answers)


_CHARACTERS = (
    _Part(
        "laconic",
        once(opening="sim", nota="9", motivo="Atendimento", more="só isso", visitas="4", canal="loja", entrega="s")
        | once(sugestao="pular"),
        {"nota": 9, "motivo": "Atendimento", "visitas": 4, "canal": "Na loja", "entrega": True},
        refused=("sugestao",),
    ),
    _Part(
        "chatty",
        once(
            opening=("Oi!", "Tudo bem?", "Claro, pode perguntar 😊"),
            nota=("Nossa, adoro vocês!", "dou 10", "e indico para todo mundo"),
            motivo=("O pão de fermentação natural é maravilhoso", "e a Dona Cida atende com um carinho enorme"),
            visitas=("Deixa eu pensar...", "umas 12 vezes"),
            canal=("Quase sempre pelo WhatsApp", "é muito prático"),
            entrega=("Sim!", "Toda sexta peço o pão da noite"),
            sugestao=("Ah, podia ter um cantinho para as crianças", "e mais mesas na calçada"),
        ),
        {
            "nota": 10,
            "motivo": "O pão de fermentação natural é maravilhoso e a Dona Cida atende com um carinho enorme",
            "visitas": 12,
            "canal": "Pelo WhatsApp",
            "entrega": True,
            "sugestao": "Ah, podia ter um cantinho para as crianças e mais mesas na calçada",
        },
    ),
    _Part(
        "answers invalidly first",
        once(opening="Pode perguntar", motivo=_SO_SO[0], visitas="8 vezes", canal="pelo site", entrega="não")
        | {"nota": (("15",), ("8",)), "sugestao": (("Podiam ter senha para organizar a fila",),)},
        {
            "nota": 8,
            "motivo": _SO_SO[0],
            "visitas": 8,
            "canal": "Pelo site",
            "entrega": False,
            "sugestao": "Podiam ter senha para organizar a fila",
        },
    ),
    _Part(
        "sends a voice note first",
        once(opening="Oi, claro!", motivo=_HAPPY[3], visitas="zero", entrega="ainda não", sugestao=_IDEAS[0])
        | {"nota": ((VOICE,), ("7",))},
        {"nota": 7, "motivo": _HAPPY[3], "visitas": 0, "entrega": False, "sugestao": _IDEAS[0]},
    ),
    _Part("opts out at once", once(**{OPENING: "SAIR"}), {}, "opted_out"),
    _Part("silent", {}, {}, "unanswered"),
)
