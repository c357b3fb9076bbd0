"""The offline interviewer knows what a message wants: to start, to leave, to refuse, to chat, to ask."""

from __future__ import annotations

from typing import Any

import pytest

from renum.agent import phrases
from tests.unit.turns import CHOICE, NUMBER, PROBED, SCALE, TEXT, YES_NO, question, read, value

OUT = [
    "sair", "SAIR", "Sair.", "parar", "PARAR", "pare", "stop", "cancelar", "descadastrar", "quero sair",
    "por favor, parar", "não quero mais receber mensagens", "Não quero receber mais mensagens de vocês",
    "não quero mais receber isso", "me tira da lista", "me tire dessa lista", "tira meu número da lista",
    "me remove da sua lista", "remover meu cadastro", "pare de me mandar mensagem", "para de mandar mensagens",
    "parem de me incomodar", "não me mande mais mensagens", "não me mandem mais nada", "me deixa em paz",
    "apaguem meus dados", "quero cancelar", "chega de mensagens", "não me perturbe mais", "vou bloquear",
]  # fmt: skip
NOT_OUT = [
    "vou sair agora mas gostei", "o carro não quis parar na porta", "parei de comprar porque demorava",
    "mandem mais promoções", "poderiam mandar mensagem antes", "cancelaram meu pedido e não avisaram",
    "não recebi o produto", "tirar a taxa de entrega",
]  # fmt: skip


@pytest.mark.parametrize("text", OUT)
@pytest.mark.parametrize("about", [None, SCALE, TEXT], ids=["invited", "scale", "text"])
def test_who_wants_no_more_messages_is_heard_at_any_moment(text: str, about: Any) -> None:
    """After the invitation, before a grade, in a free text: leaving always means leaving."""
    understood = read(text, about=about)
    assert understood["intent"] == "opt_out"
    assert not understood.get("answers")


@pytest.mark.parametrize("text", NOT_OUT)
def test_words_of_leaving_inside_an_answer_are_an_answer(text: str) -> None:
    """A sentence about stopping is no request to stop."""
    understood = read(text, about=TEXT)
    assert understood["intent"] == "answer"
    assert understood["answers"][0]["value"] == text


def test_an_edit_of_something_answered_before_answers_nothing_now() -> None:
    """The offline interviewer cannot tell which question it belongs to, and says nothing of it."""
    understood = read("9", about=TEXT, kind="edit")
    assert not understood.get("answers")
    assert understood["acknowledgement"] == ""


AGREED = [
    "sim", "Sim!", "pode", "pode sim", "pode mandar", "vamos", "Vamos lá", "claro", "ok", "bora", "👍",
    "com certeza", "quero", "tudo bem", "aceito", "Oi, pode sim", "bom dia, claro!", "manda", "beleza", "topo",
    "sem problemas", "não tem problema, pode",
]  # fmt: skip
DECLINED = [
    "não", "Não, obrigado", "agora não posso", "sem tempo", "não tenho tempo agora", "não quero",
    "não quero participar", "não tenho interesse", "estou ocupada", "tô trabalhando", "hoje não", "agora não",
    "outra hora", "Oi, agora não", "depois", "número errado", "👎",
]  # fmt: skip


@pytest.mark.parametrize("text", AGREED)
def test_yes_to_the_invitation_starts_and_answers_nothing(text: str) -> None:
    """No question is on the table yet: 'sim' must not become the first answer."""
    understood = read(text)
    assert understood["intent"] == "agree"
    assert not understood.get("answers")
    assert understood["acknowledgement"] in phrases.STARTS


@pytest.mark.parametrize("text", DECLINED)
def test_no_to_the_invitation_declines_this_interview(text: str) -> None:
    """Declining is not leaving the list."""
    assert read(text)["intent"] == "decline"


@pytest.mark.parametrize(
    "text", ["não quero mais responder", "desisto", "chega", "quero parar a pesquisa", "não vou continuar"]
)
def test_giving_up_in_the_middle_ends_the_interview(text: str) -> None:
    """In the middle, too, one can stop without leaving the list."""
    assert read(text, about=YES_NO)["intent"] == "decline"


REFUSALS = [
    "prefiro não responder", "Prefiro não dizer", "pular", "pula", "pode pular", "não sei", "Não sei dizer", "sei lá",
    "não lembro", "não quero responder", "próxima", "passo", "não faço ideia", "isso é pessoal", "não tenho opinião",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSALS)
@pytest.mark.parametrize("about", [SCALE, NUMBER, YES_NO, CHOICE, TEXT], ids=lambda about: about["type"])
def test_a_refusal_is_no_answer_whatever_the_question(text: str, about: Any) -> None:
    """'não sei' is not a no, and 'prefiro não responder' no free text."""
    understood = read(text, about=about)
    assert understood["refused"] == [about["key"]]
    assert not understood.get("answers")


def test_a_refusal_is_accepted_kindly_unless_sql_will_insist() -> None:
    """A required question is put a second time, with the reason: "no problem" before it would be odd."""
    assert read("pular", about=SCALE)["acknowledgement"] == ""
    for change in ({"required": False}, {"status": "invalid"}):
        assert read("pular", about=question("scale", **change))["acknowledgement"] in phrases.SKIPPED


CHATTER = ["oi", "Oi, tudo bem?", "bom dia", "Olá, boa tarde!", "kkkk", "obrigado", "hahaha", "opa, tudo bom?"]


@pytest.mark.parametrize("text", CHATTER)
@pytest.mark.parametrize("about", [None, SCALE, TEXT], ids=["invited", "scale", "text"])
def test_chatter_proposes_no_answer(text: str, about: Any) -> None:
    """A greeting is greeted, and the question stays open."""
    understood = read(text, about=about)
    assert understood["intent"] == "chitchat"
    assert not understood.get("answers")


def test_a_greeting_is_returned() -> None:
    """A person who says hello is not answered with a bare question."""
    assert read("Oi, tudo bem?", about=SCALE)["acknowledgement"] in phrases.GREETINGS


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Quem é você?", "assistente virtual da Padaria Sol"),
        ("com quem eu falo?", "assistente virtual da Padaria Sol"),
        ("você é um robô?", "assistente virtual"),
        ("isso vai demorar?", "falta só uma pergunta"),
        ("como conseguiram meu número?", "SAIR"),
        ("pra que é isso?", "Ouvir os clientes"),
        ("vocês abrem domingo?", "equipe da Padaria Sol"),
        ("quem te deu meu número", "SAIR"),
        ("é golpe?", "assistente virtual da Padaria Sol"),
    ],
)
def test_a_question_back_is_answered_and_nothing_recorded(text: str, part: str) -> None:
    """Who, what for, how long: said briefly, and our own question stays open."""
    understood = read(text, about=SCALE)
    assert understood["intent"] == "question"
    assert part in understood["acknowledgement"]
    assert not understood.get("answers")


@pytest.mark.parametrize("text", ["não entendi", "o que é isso", "não conheço vocês"])
def test_bewilderment_at_the_invitation_is_explained_not_taken_for_a_no(text: str) -> None:
    """A sentence that begins with 'não' need not decline."""
    understood = read(text)
    assert (understood["intent"], "Ouvir os clientes" in understood["acknowledgement"]) == ("question", True)


@pytest.mark.parametrize("text", ["A fila. Podem melhorar?", "Parem de demorar tanto", "O tempo de espera demora"])
def test_an_answer_that_sounds_like_a_question_is_an_answer(text: str) -> None:
    """What people write about delays or ends in a question is recorded whole."""
    assert value(text, about=TEXT) == text


def test_a_free_text_is_the_whole_burst_without_its_greeting() -> None:
    """Three messages are one answer."""
    assert (
        value("Oi!", "Gostei do atendimento", "mas demorou um pouco", about=TEXT)
        == "Gostei do atendimento mas demorou um pouco"
    )


@pytest.mark.parametrize("text", ["Preço", "o preço", "Atendimento"])
def test_a_short_free_text_is_asked_about_when_there_is_a_budget(text: str) -> None:
    """The answer is proposed with the probe: nothing is lost if no more comes."""
    understood = read(text, about=PROBED)
    assert understood["answers"][0]["value"] == text
    assert understood["probe"]["key"] == "livre"
    assert understood["probe"]["text"] in phrases.PROBES


@pytest.mark.parametrize(("text", "about"), [("Preço", TEXT), ("O preço do pão", PROBED)])
def test_no_probe_without_a_budget_or_for_an_answer_of_three_words(text: str, about: Any) -> None:
    """Nobody is pressed."""
    assert "probe" not in read(text, about=about)


HISTORY = [
    {"role": "assistant", "content": "O que podemos melhorar?", "seq": 2},
    {"role": "user", "content": "Preço", "seq": 3},
    {"role": "assistant", "content": f"Obrigado! {phrases.PROBES[0]}", "seq": 4},
]


def test_what_follows_a_probe_is_proposed_by_itself_and_not_asked_about_again() -> None:
    """SQL adds it to the answer before the probe."""
    understood = read("Pão caro", about=PROBED, history=HISTORY)
    assert understood["answers"][0]["value"] == "Pão caro"
    assert "probe" not in understood


@pytest.mark.parametrize("text", ["só isso", "não", "nada mais", "é isso"])
def test_nothing_more_to_say_leaves_the_answer_before_the_probe(text: str) -> None:
    """'só isso' is no answer by itself and no refusal."""
    understood = read(text, about=PROBED, history=HISTORY)
    assert not understood.get("answers")
    assert not understood.get("refused")


def test_the_last_answer_is_not_thanked_as_the_closing_is() -> None:
    """The closing that SQL adds says thank you."""
    assert read("8", about=SCALE)["acknowledgement"] in phrases.LAST_THANKS


def test_the_same_input_gives_the_same_words_and_others_vary() -> None:
    """Deterministic, and yet not the same phrase at every question."""
    said = {read(*["8"] * count, about=SCALE)["acknowledgement"] for count in range(1, 20)}
    assert len(said) > 1
    assert read("8", about=SCALE) == read("8", about=SCALE)


def test_an_unusable_closed_answer_gets_no_thanks() -> None:
    """SQL's reason comes first: thanking for what is asked again would be odd."""
    assert read("muito bom", about=SCALE)["acknowledgement"] == ""


def test_a_reaction_answers_a_yes_no_question() -> None:
    """A thumb on the question is a yes."""
    assert value("👍", about=YES_NO, kind="reaction") is True


def test_a_voice_note_beside_a_text_does_not_hide_it() -> None:
    """What can be read is read."""
    assert value("", "8", about=SCALE) == 8


def test_who_will_answer_later_is_left_in_peace() -> None:
    """Postponing is neither a refusal nor a declined interview."""
    understood = read("agora não posso, respondo depois", about=SCALE)
    assert understood["intent"] == "chitchat"
    assert understood["acknowledgement"] in phrases.LATER
