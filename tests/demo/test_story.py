"""The story is consistent: people say what their answers come to, and the actors play it to its last line."""

from __future__ import annotations

from typing import Any

import pytest

from devstack.demo.acting import Actor, asked_in
from devstack.demo.chat import full_number
from devstack.demo.story import (
    CLOSING,
    MORE,
    OPENING,
    QUESTIONS,
    VOICE,
    Burst,
    Person,
    expected_ends,
    next_question,
    people,
)
from renum.agent.offline_extract import Said, find

EVERYBODY = people(300)
BY_KEY = {str(question["key"]): question for question in QUESTIONS}
INVITATION = "Olá! Podemos conversar?"


def one_of_kind(kind: str) -> Person:
    """The first person of this kind."""
    return next(person for person in EVERYBODY if person.kind == kind)


def test_the_same_index_is_the_same_person() -> None:
    """A run with more people has the same ones first."""
    assert people(12) == EVERYBODY[:12]


def test_six_people_are_of_six_kinds() -> None:
    """Every character the demonstration promises is among the first six."""
    kinds = {person.kind for person in people(6)}
    assert kinds == {
        "laconic",
        "chatty",
        "answers invalidly first",
        "sends a voice note first",
        "opts out at once",
        "silent",
    }


def test_twenty_people_end_in_every_way() -> None:
    """completed + opted_out + unanswered = leads, and none of them is nobody."""
    ends = expected_ends(people(20))
    assert ends == {"completed": 13, "opted_out": 4, "unanswered": 3}


def test_numbers_are_brazilian_mobiles_and_nobody_shares_one() -> None:
    """However the owner wrote a number down, it is the person's; some are known to WhatsApp without the ninth digit."""
    assert len({person.digits for person in EVERYBODY}) == len(EVERYBODY)
    for person in EVERYBODY:
        assert full_number(person.phone) == person.digits
        assert person.digits[:2] == "55"
        assert person.digits[4] == "9"
        assert len(person.digits) == 13
    assert {len(person.wa_id) for person in EVERYBODY} == {12, 13}
    assert len({"".join("d" if c.isdigit() else c for c in person.phone) for person in EVERYBODY}) >= 5


@pytest.mark.parametrize("person", EVERYBODY[:60], ids=lambda person: str(person.index))
def test_answers_are_complete_for_the_end(person: Person) -> None:
    """Who completes answers every question but the skipped and the refused; who is silent none."""
    skipped = {"canal"} if person.answers.get("visitas") == 0 else set()
    given = set(person.answers)
    if person.end == "completed":
        assert given == set(BY_KEY) - skipped - set(person.refused)
    elif person.end == "opted_out":
        assert given < set(BY_KEY)
    else:
        assert not given
        assert not person.lines


@pytest.mark.parametrize("person", EVERYBODY[:120], ids=lambda person: str(person.index))
def test_the_last_thing_said_to_a_question_is_its_answer(person: Person) -> None:
    """The offline interviewer reads out of the lines what the story says they come to."""
    for key, meant in person.answers.items():
        said = person.lines[key][-1]
        found = find([Said(seq, text) for seq, text in enumerate(said, start=1)], question_of(key))
        assert found is not None
        assert found.fits
        assert found.value == meant, (key, said)


def question_of(key: str) -> Any:
    """A question in the shape the agent gets it."""
    given: dict[str, Any] = {"options": None, "validation": {}, "required": True, "status": "open", "probes_left": 0}
    return given | BY_KEY[key]


def test_answers_fit_the_questionnaire() -> None:
    """Values have the type of their question and keep its limits."""
    for person in EVERYBODY:
        for key, value in person.answers.items():
            question = BY_KEY[key]
            if question["type"] in ("scale", "number"):
                assert type(value) is int
                assert question["validation"]["min"] <= value <= question["validation"]["max"]
            elif question["type"] == "choice":
                assert value in question["options"]
            else:
                assert type(value) is (bool if question["type"] == "yes_no" else str)


def play(person: Person) -> list[Burst]:
    """A company that puts the questions in order and takes every answer but "15" and a voice note."""
    actor, said = Actor(person), []
    said.append(actor.hear(INVITATION))
    answers: dict[str, Any] = {}
    asked: set[str] = set()
    key = next_question(answers, asked)
    while said[-1]:
        if said[-1] in (("SAIR",), ("PARAR",)):
            said.append(actor.hear("Tudo bem, até logo!"))
        elif key is None:
            said.append(actor.hear(f"Anotado.\n\n{CLOSING}"))
        else:
            said.append(actor.hear(f"Obrigado!\n\n{BY_KEY[key]['text']}"))
            if said[-1] not in (("15",), (VOICE,)):
                asked.add(key)
                answers[key] = person.answers.get(key)
                key = next_question(answers, asked)
    assert actor.at_the_end
    return said


def test_an_invalid_answer_is_followed_by_a_valid_one() -> None:
    """15 on a scale to 10, then 8 when asked again."""
    said = play(one_of_kind("answers invalidly first"))
    assert said[1:3] == [("15",), ("8",)]


def test_a_voice_note_is_followed_by_text() -> None:
    """The voice note first, the same answer in text when asked again; no channel for somebody who never comes."""
    person = one_of_kind("sends a voice note first")
    said = play(person)
    assert said[1:3] == [(VOICE,), ("7",)]
    assert person.lines.get("canal") is None


def test_a_chatty_person_sends_bursts() -> None:
    """Two or three messages at a time, to every question."""
    said = play(one_of_kind("chatty"))
    assert all(len(burst) in (2, 3) for burst in said if burst)


@pytest.mark.parametrize("kind", ["opts out at once", "opts out half way"])
def test_whoever_opts_out_is_done_with_the_goodbye(kind: str) -> None:
    """The one message after the opt-out is the last."""
    actor = Actor(one_of_kind(kind))
    assert actor.hear(INVITATION) == actor.person.lines[OPENING][0]
    for key in list(actor.person.lines)[1:]:
        assert not actor.at_the_end
        assert actor.hear(str(BY_KEY[key]["text"])) == actor.person.lines[key][0]
    assert actor.hear("Tudo bem, você não vai mais receber mensagens nossas.") == ()
    assert actor.ended == "opted_out"


def test_a_silent_person_is_done_with_the_invitation() -> None:
    """Nothing is said, whatever comes."""
    actor = Actor(one_of_kind("silent"))
    assert not actor.at_the_end
    assert actor.hear(INVITATION) == ()
    assert actor.at_the_end


def test_a_request_for_more_is_answered_once() -> None:
    """A message that holds no question of the questionnaire asks for more; after that it is the next question."""
    actor = Actor(one_of_kind("laconic"))
    actor.hear(INVITATION)
    actor.hear(str(BY_KEY["nota"]["text"]))
    actor.hear(str(BY_KEY["motivo"]["text"]))
    assert actor.hear("Pode me contar um pouco mais sobre isso?") == actor.person.lines[MORE][0]
    assert actor.hear("E com que frequência você vem?") == actor.person.lines["visitas"][0]


def test_questions_are_known_by_their_text() -> None:
    """The last one named is the one that is asked."""
    assert asked_in("Oi!") is None
    assert asked_in(f"{BY_KEY['nota']['text']}\n\n{BY_KEY['motivo']['text']}") == "motivo"


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("11 98888-7777", "5511988887777"),
        ("(11) 8888-7777", "5511988887777"),
        ("011 98888 7777", "5511988887777"),
        ("+55 11 98888-7777", "5511988887777"),
        ("+351 912 345 678", "351912345678"),
    ],
)
def test_numbers_are_read_as_people_write_them(written: str, digits: str) -> None:
    """Without a country they are Brazilian; a mobile's missing ninth digit is put in."""
    assert full_number(written) == digits
