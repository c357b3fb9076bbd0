"""An interview from the first word to the closing: SQL decides what is asked, what counts and when it is over."""

from __future__ import annotations

from tests.database.builders import JSON, Tenant

AGE: JSON = {"key": "idade", "text": "Qual é a sua idade?", "type": "number", "validation": {"min": 18}}
COLOUR: JSON = {"key": "cor", "text": "Que cor?", "type": "choice", "options": ["Azul", "Verde"], "required": False}
WHY: JSON = {"key": "porque", "text": "Por quê?", "type": "text", "probes": 1}
THANKS = "Era isso! Muito obrigado pela sua participação."


def _said(key: str, value: object) -> JSON:
    return {"key": key, "value": value, "quote": str(value), "seq": 1}


def test_from_the_first_word_to_the_closing(tenant: Tenant) -> None:
    """Acknowledgement and next question in one message, options listed; the last answer completes it."""
    interview = tenant.interview()
    assert interview.state() == ("pending", None)
    assert interview.turn("pode falar", acknowledgement="Que bom!") == "Que bom!\n\nDe 0 a 10, que nota você dá?"
    assert interview.state() == ("in_progress", None)
    assert interview.answer("nota", 9, acknowledgement="Anotado.") == "Anotado.\n\nPor quê?"
    assert interview.answer("motivo", "preço") == "Onde você compra?\n• Loja\n• Site"
    assert interview.answer("canal", "site", acknowledgement="Certo!") == f"Certo!\n\n{THANKS}"
    assert interview.state() == ("completed", "completed")
    assert interview.answers() == {
        "nota": ("answered", 9),
        "motivo": ("answered", "preço"),
        "canal": ("answered", "Site"),
    }
    started, completed = tenant.all("select started_at, completed_at from public.interviews")[0]
    assert started <= completed
    quote, seq = tenant.all("select quote, message_seq from public.interview_answers where question_key = 'canal'")[0]
    assert (quote, seq) == ("site", 1)
    interview.say("obrigada!")
    assert interview.world.claim("high_priority") == []
    assert tenant.one("select count(*) from public.messages") == 1


def test_the_closing_may_be_the_clients(tenant: Tenant) -> None:
    """projects.config.questionnaire.closing."""
    lead = tenant.lead("11961110001")
    config = {"questionnaire": {"questions": [AGE], "closing": "Valeu, até mais!"}, "audience": {"lead_ids": [lead]}}
    tenant.all("insert into public.projects (name, config, status) values ('P', %s, 'active')", config)
    tenant.world.complete(*tenant.world.claim("default"))
    tenant.ingest(tenant.message("5511961110001", "30"))
    (task,) = tenant.world.claim("high_priority")
    proposal = {"answers": [_said("idade", 30)]}
    (verdict,) = tenant.world.worker(
        "commit_turns", results=[{"thread_id": task["id"], "lease": task["claim"], "proposal": proposal}]
    )
    assert verdict["delivery"]["work"]["content"]["text"] == "Valeu, até mais!"


def test_several_answers_in_one_message(tenant: Tenant) -> None:
    """Everything the lead said counts; what is left is asked."""
    interview = tenant.interview([AGE, COLOUR, WHY])
    assert interview.turn("30, azul", answers=[_said("idade", 30), _said("cor", "azul")]) == "Por quê?"
    assert interview.answers() == {"idade": ("answered", 30), "cor": ("answered", "Azul")}


def test_the_models_wording_of_a_question_is_used(tenant: Tenant) -> None:
    """Only for the question that comes next, cut to a bound, as is the acknowledgement."""
    interview = tenant.interview([AGE, WHY])
    wordings = {"idade": "E quantos anos você tem?", "porque": "nunca"}
    assert interview.turn("oi", wordings=wordings) == "E quantos anos você tem?"
    reply = interview.answer("idade", 30, acknowledgement="a" * 500, wordings={"porque": "b" * 2000})
    assert reply == "a" * 300 + "\n\n" + "b" * 1000


def test_an_answer_that_is_none_is_asked_again_with_the_reason(tenant: Tenant) -> None:
    """Twice, the reason in place of the thanks; the third time it counts as refused and the interview goes on."""
    interview = tenant.interview([AGE, WHY])
    again = "Preciso de um número a partir de 18.\n\nQual é a sua idade?"
    assert interview.answer("idade", "doze", acknowledgement="Obrigado.") == again
    assert interview.answers() == {"idade": ("invalid", None)}
    assert interview.answer("idade", 12) == again
    assert interview.answer("idade", "não digo") == "Por quê?"
    assert interview.answers() == {"idade": ("refused", None)}


def test_chat_is_no_attempt(tenant: Tenant) -> None:
    """A turn without a proposed answer asks again and uses nothing up."""
    interview = tenant.interview([AGE])
    for _ in range(4):
        assert interview.turn("tudo bem?", acknowledgement="Tudo!") == "Tudo!\n\nQual é a sua idade?"
    assert interview.answers() == {}
    assert interview.answer("idade", 30) == THANKS


def test_a_refusal_is_taken_at_once_or_after_asking_once_more(tenant: Tenant) -> None:
    """An optional question is let go; a required one is put a second time, then the refusal stands."""
    interview = tenant.interview([COLOUR, AGE, WHY])
    assert interview.turn("prefiro não dizer", refused=["cor"]) == "Qual é a sua idade?"
    reply = interview.turn("também não", refused=["idade"])
    assert reply.startswith("Essa resposta é importante para a pesquisa.")
    assert reply.endswith("Qual é a sua idade?")
    assert interview.turn("não mesmo", refused=["idade"]) == "Por quê?"
    assert interview.answers() == {"cor": ("refused", None), "idade": ("refused", None)}
    assert interview.answer("porque", "sei lá") == THANKS
    assert interview.state() == ("completed", "completed")


def test_what_was_refused_is_not_asked_again_for_nonsense_but_may_be_answered_after_all(tenant: Tenant) -> None:
    """A later valid answer replaces the refusal; a later invalid one does not reopen the question."""
    interview = tenant.interview([COLOUR, AGE])
    interview.turn("não digo", refused=["cor"])
    assert interview.turn("sei lá", answers=[_said("cor", "roxo")]) == "Qual é a sua idade?"
    assert interview.answers() == {"cor": ("refused", None)}
    interview.turn("ah, verde", answers=[_said("cor", "verde")])
    assert interview.answers() == {"cor": ("answered", "Verde")}


def test_an_earlier_answer_can_be_corrected(tenant: Tenant) -> None:
    """The new value and words replace the old; nonsense about it changes nothing; the current question stays."""
    interview = tenant.interview([AGE, COLOUR, WHY])
    interview.answer("idade", 30)
    assert interview.turn("aliás, 31", answers=[_said("idade", 31)]).startswith("Que cor?")
    assert interview.turn("ou doze", answers=[_said("idade", 12)]).startswith("Que cor?")
    assert interview.answers() == {"idade": ("answered", 31)}
    quote = tenant.one("select quote from public.interview_answers")
    assert "31" in quote


def test_a_probe_is_asked_as_far_as_the_budget_goes(tenant: Tenant) -> None:
    """What it brings is added to the answer; a second one is not asked; a probe of a closed question never."""
    interview = tenant.interview([WHY, AGE])
    probe = {"key": "porque", "text": "Pode contar mais?"}
    assert (
        interview.answer("porque", "preço", acknowledgement="Entendi.", probe=probe) == "Entendi.\n\nPode contar mais?"
    )
    assert interview.answer("porque", "e o pão quente", probe=probe) == "Qual é a sua idade?"
    assert interview.answers()["porque"] == ("answered", "preço\ne o pão quente")
    assert interview.answer("idade", 30, probe={"key": "idade", "text": "Jura?"}) == THANKS


def test_a_probe_that_brings_nothing_goes_on(tenant: Tenant) -> None:
    """The answer before it stands."""
    interview = tenant.interview([WHY])
    interview.answer("porque", "preço", probe={"key": "porque", "text": "Pode contar mais?"})
    assert interview.turn("não", acknowledgement="Tudo certo.") == f"Tudo certo.\n\n{THANKS}"
    assert interview.answers() == {"porque": ("answered", "preço")}


def test_skip_rules_leave_questions_out_and_say_so(tenant: Tenant) -> None:
    """A skipped question is never asked, cannot be answered, and is written down as skipped at the end."""
    questions = [
        {"key": "compra", "text": "Você compra?", "type": "yes_no"},
        {**WHY, "skip_if": {"key": "compra", "op": "eq", "value": False}},
        AGE,
    ]
    interview = tenant.interview(questions)
    assert interview.turn("não", answers=[_said("compra", False)]) == "Qual é a sua idade?"
    interview.turn("oi", answers=[_said("porque", "y")])
    assert "porque" not in interview.answers()
    assert interview.answer("idade", 30) == THANKS
    assert interview.answers()["porque"] == ("skipped", None)


def test_who_declines_the_invitation_is_left_alone(tenant: Tenant) -> None:
    """At once or in the middle: the interview is cancelled with thanks; the lead stays open for others."""
    interview = tenant.interview()
    reply = interview.turn("não, obrigada", declined=True)
    assert reply == "Sem problemas! Obrigado por avisar e tenha um ótimo dia."
    assert interview.state() == ("cancelled", "cancelled")
    later = tenant.interview()
    later.answer("nota", 9)
    assert later.turn("chega, não quero continuar", declined=True) == reply
    assert later.state() == ("cancelled", "cancelled")
    assert later.answers() == {"nota": ("answered", 9)}
    assert tenant.one("select count(*) from public.leads where opted_out_at is not null") == 0


def test_proposals_about_nothing_are_nothing(tenant: Tenant) -> None:
    """Unknown keys, scalars among the answers, a probe of an unknown question: ignored."""
    interview = tenant.interview([AGE])
    reply = interview.turn(
        "?",
        answers=[_said("segredo", 1), "idade", None, {"value": 30}],
        refused=["segredo", 3],
        wordings={"segredo": "x"},
        probe={"key": "segredo", "text": "x"},
    )
    assert reply == "Qual é a sua idade?"
    assert interview.answers() == {}


def test_every_turn_is_on_record(tenant: Tenant) -> None:
    """Model, graph, steps, tokens, proposal, and which messages it answered."""
    interview = tenant.interview([AGE])
    interview.answer("idade", 30)
    row = tenant.all(
        "select status::text, graph, model, steps, proposal, from_seq, to_seq, interview_id from public.turns"
    )[0]
    assert row[:4] == ("committed", "interview", "offline", [{"node": "understand", "ms": 0.8}])
    assert row[4] == {"answers": [_said("idade", 30)]}
    assert row[5:] == (0, 2, interview.id)
    metadata = tenant.one("select metadata from public.interview_messages where seq = 3")
    assert (metadata["from_seq"], metadata["to_seq"]) == (0, 2)
