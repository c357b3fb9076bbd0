"""Turns: one lease per thread, a fencing token, merged bursts; a stale instance can write nothing."""

from __future__ import annotations

from typing import Any

from tests.database.builders import Interview, Tenant, World, dumps, result

TURNS = "select status::text, from_seq, to_seq, attempt, reruns from public.turns order by finished_at"


def _everything(world: World) -> list[Any]:
    """What a turn may change, row by row, but for the queue's hiding time."""
    return [
        world.all(f"select to_jsonb(t) - 'updated_at' from {table} as t order by to_jsonb(t) ->> 'id'")
        for table in (
            "private.threads",
            "public.interviews",
            "public.interview_messages",
            "public.interview_answers",
            "public.deliveries",
            "public.turns",
            "public.leads",
            "public.consents",
            "public.failed_tasks",
            "public.notifications",
        )
    ]


def test_a_turn_knows_its_last_message_as_the_provider_does(interview: Interview) -> None:
    """What is needed to mark it as read; a message that no provider gave an id has none."""
    tenant = interview.tenant
    tenant.ingest(*(tenant.message(interview.wa_id, text, provider_id=f"wamid.{text}") for text in ("um", "dois")))
    seen = interview.claim()["work"]["seen"]
    assert seen == {"channel_account_id": tenant.account, "message_id": "wamid.dois"}


def test_a_burst_is_one_task_with_everything_in_it(interview: Interview) -> None:
    """Ten messages, in several webhooks, are one turn with ten inputs in order."""
    for n in range(5):
        interview.say(f"a{n}", f"b{n}")
    assert interview.world.queued("high_priority") == 1
    task = interview.claim()
    assert (task["attempt"], task["wait_ms"]) == (1, 0)
    assert [item["content"] for item in task["work"]["input"]] == [f"{x}{n}" for n in range(5) for x in "ab"]
    assert interview.world.claim("high_priority") == []
    verdict = interview.commit(task)
    assert (verdict["verdict"], verdict["lease"]) == ("committed", task["claim"])
    assert interview.world.all(TURNS) == [("committed", 0, 11, 1, 0)]
    assert interview.world.queued("high_priority") == 1, "the reply's delivery, claimed for the caller"
    interview.world.complete(verdict["delivery"])
    assert interview.world.queued("high_priority") == 0


def test_a_turn_gets_all_that_it_needs(tenant: Tenant) -> None:
    """Lead, company, project, agent, the questions with their state, the history before the input."""
    agent = tenant.one(
        "insert into public.renus_config (agent_type, config, prompts)"
        ' values (\'clinica\', \'{"model": "offline", "tone": "formal"}\', \'{"system": "Seja breve"}\') returning id'
    )
    lead = tenant.lead("(11) 98765-4321", "Ana Lima")
    body = "Oi {{1}}, sou o assistente virtual da {{2}}."
    tenant.all("update public.message_templates set body = %s where name = 'convite'", body)
    tenant.start(project := tenant.project(goal="Entender"))
    tenant.all("update public.projects set renus_config_id = %s", agent)
    tenant.all('update public.renus_config set prompts = \'{"system": "Seja gentil"}\'')
    tenant.world.complete(*tenant.world.claim("default"))
    thread = tenant.world.one("select thread_id from public.interviews")
    interview = Interview(
        tenant, tenant.one("select id from public.interviews"), lead, project, thread, "5511987654321"
    )
    interview.answer("nota", 9)
    interview.say("preço")
    work = interview.claim()["work"]
    company = tenant.one("select company_name from public.clients")
    assert work["lead"] == {"name": "Ana Lima", "opted_out": False}
    assert (work["kind"], work["company_name"], work["reruns"]) == ("interview", company, 0)
    assert work["project"] == {"name": "Satisfação", "goal": "Entender"}
    assert work["agent"] == {
        "agent_type": "clinica",
        "config": {"model": "offline", "tone": "formal"},
        "prompts": {"system": "Seja gentil"},
        "fallback_model": None,
        "version": 2,
        "model": "offline",
    }
    assert work["current_question"] == "motivo"
    assert work["questions"][1] == {
        "key": "motivo",
        "text": "Por quê?",
        "type": "text",
        "options": None,
        "validation": {},
        "required": True,
        "status": "open",
        "probes_left": 1,
    }
    assert [question["status"] for question in work["questions"]] == ["answered", "open", "open"]
    assert [(item["role"], item["seq"]) for item in work["history"]] == [
        ("assistant", 1),
        ("user", 2),
        ("assistant", 3),
    ]
    assert [(item["content"], item["seq"], item["type"]) for item in work["input"]] == [("preço", 4, "text")]


def test_the_history_is_bounded(interview: Interview) -> None:
    """No more messages than the setting says, the newest ones."""
    interview.world.setting("history_messages", 2)
    interview.turn("oi", acknowledgement="Olá!")
    interview.say("9")
    work = interview.claim()["work"]
    assert [item["seq"] for item in work["history"]] == [2, 3]


def test_a_stale_commit_writes_nothing(interview: Interview) -> None:
    """An instance that comes back after its lease lapsed and another took over is told so; not one row differs."""
    world = interview.world
    interview.say("9")
    late = interview.claim()
    interview.lapse()
    interview.claim()
    before = _everything(world)
    proposal = {"answers": [{"key": "nota", "value": 1}], "opt_out": True, "acknowledgement": "Tarde"}
    assert interview.commit(late, **proposal)["verdict"] == "stale"
    assert world.worker(
        "fail_task", task="agent_turn", id=late["id"], claim=late["claim"], error={"code": "x"}, retryable=False
    ) == {"outcome": "stale", "retry_in_ms": None}
    assert not world.worker("extend_task", task="agent_turn", id=late["id"], claim=late["claim"], visibility_s=60)
    assert dumps(_everything(world)) == dumps(before)


def test_a_commit_repeated_hears_its_answer_again(interview: Interview) -> None:
    """A caller that never heard the answer asks again: nothing is done twice, and the reply is still its to send."""
    world = interview.world
    interview.say("9")
    task = interview.claim()
    first = interview.commit(task)
    before = _everything(world)
    again = interview.commit(task)
    assert again == first
    assert (again["verdict"], again["delivery"]["claim"]) == ("committed", first["delivery"]["claim"])
    assert interview.commit({"id": interview.project, "claim": task["claim"]})["verdict"] == "stale"
    assert dumps(_everything(world)) == dumps(before)
    world.complete(again["delivery"])
    assert interview.commit(task) == {**first, "delivery": None}, "sent: there is nothing left to do"


def test_a_reply_whose_claim_lapsed_is_nobodys_to_send(interview: Interview) -> None:
    """Who asks again too late does not get the reply: it may be another's by now."""
    interview.say("9")
    task = interview.claim()
    assert interview.commit(task)["delivery"]
    interview.world.later(61)
    assert interview.commit(task)["delivery"] is None


def test_a_lapsed_lease_that_nobody_took_still_commits(interview: Interview) -> None:
    """The token decides, not the clock: slow is not stale."""
    interview.say("9")
    task = interview.claim()
    interview.world.later(300)
    assert interview.commit(task, answers=[{"key": "nota", "value": 9}])["verdict"] == "committed"
    assert interview.answers()["nota"] == ("answered", 9)


def test_newer_input_supersedes_a_bounded_number_of_times(interview: Interview) -> None:
    """Twice the turn runs again on the merged input under the same lease; then it answers and a further turn
    follows."""
    world = interview.world
    interview.say("um")
    task = interview.claim()
    for reruns in (1, 2):
        interview.say(f"mais {reruns}")
        verdict = interview.commit(task, answers=[{"key": "nota", "value": 5}])
        assert (verdict["verdict"], verdict["delivery"]) == ("superseded", None)
        assert interview.answers() == {}
        task = verdict["task"]
        assert (task["claim"], task["attempt"], task["work"]["reruns"]) == (verdict["lease"], 1, reruns)
        assert len(task["work"]["input"]) == reruns + 1
        assert world.claim("high_priority") == []
    interview.say("ainda")
    verdict = interview.commit(task, answers=[{"key": "nota", "value": 5}])
    assert (verdict["verdict"], verdict["task"]) == ("partial", None)
    world.complete(verdict["delivery"])
    following = interview.claim()
    assert [item["content"] for item in following["work"]["input"]] == ["ainda"]
    assert interview.commit(following)["verdict"] == "committed"
    assert world.all(TURNS) == [("partial", 0, 4, 1, 2), ("committed", 4, 5, 1, 0)]


def test_the_debounce_waits_for_the_end_of_a_burst(interview: Interview) -> None:
    """A claim inside it gives no work and says how long to wait; each message begins it anew; then it is due."""
    world = interview.world
    world.setting("debounce_ms", 800)
    interview.say("9")
    held = interview.claim()
    assert (held["work"], held["claim"], held["attempt"]) == (None, None, 0)
    assert 600 < held["wait_ms"] <= 800
    assert world.claim("high_priority") == [], "it is held"
    world.later(0.5)
    interview.say("porque sim")
    (still,) = world.worker("begin_turns", tasks=[held], visibility_s=30)["tasks"]
    assert 600 < still["wait_ms"] <= 800
    world.later(0.81)
    (task,) = world.worker("begin_turns", tasks=[held], visibility_s=30)["tasks"]
    assert (task["attempt"], [item["content"] for item in task["work"]["input"]]) == (1, ["9", "porque sim"])
    assert world.worker("begin_turns", tasks=[held], visibility_s=30)["tasks"] == [], "asked once too often"


def test_the_debounce_has_an_end(interview: Interview) -> None:
    """Who goes on writing is answered at last: the wait counts from the first message that has no answer."""
    world = interview.world
    world.setting("debounce_ms", 800)
    world.setting("debounce_max_ms", 2000)
    interview.say("1")
    world.later(1.9)
    interview.say("2")
    held = interview.claim()
    assert 0 < held["wait_ms"] <= 100
    world.later(0.2)
    interview.say("3")
    (task,) = world.worker("begin_turns", tasks=[held], visibility_s=30)["tasks"]
    assert len(task["work"]["input"]) == 3


def test_an_opt_out_is_not_kept_waiting(interview: Interview) -> None:
    """The word that must always work has no debounce."""
    interview.world.setting("debounce_ms", 8000)
    interview.say("9")
    interview.say("SAIR")
    assert interview.claim()["work"]["lead"]["opted_out"]


def test_what_somebody_holds_makes_nobody_else_look(interview: Interview) -> None:
    """next_due_ms speaks of work that is to be had: not of a held debounce, a leased turn or a claimed delivery."""
    world = interview.world

    def next_due() -> int | None:
        answer: int | None = world.worker("claim_tasks", queues=["high_priority", "default"], max=0, visibility_s=30)[
            "next_due_ms"
        ]
        return answer

    assert next_due() is None
    world.setting("debounce_ms", 800)
    interview.say("9")
    due = next_due()
    assert due is not None
    assert due <= 800
    held = interview.claim()
    due = next_due()
    assert due is None or due > 20000
    world.later(1)
    (task,) = world.worker("begin_turns", tasks=[held], visibility_s=30)["tasks"]
    assert next_due() is None
    delivery = interview.commit(task)["delivery"]
    assert next_due() is None
    world.complete(delivery, outcome="throttled", retry_after_ms=3000)
    due = next_due()
    assert due is not None
    assert 2000 < due <= 3000


def test_one_bad_result_harms_no_other(tenant: Tenant) -> None:
    """A proposal that cannot be used fails its own turn, to be tried again; its neighbours are committed."""
    world = tenant.world
    good, bad, late = tenant.interview(), tenant.interview(), tenant.interview()
    for interview in (good, bad, late):
        interview.say("9")
    tasks = {task["id"]: task for task in world.claim("high_priority")}
    worse: Any = {"answers": {"nota": 9}, "declined": "talvez"}
    results = [
        result(tasks[bad.thread], **worse),
        result(tasks[good.thread], answers=[{"key": "nota", "value": 9}]),
        result({"id": late.thread, "claim": late.id}),
    ]
    verdicts = {row["thread_id"]: row for row in world.worker("commit_turns", results=results)}
    assert {thread: row["verdict"] for thread, row in verdicts.items()} == {
        good.thread: "committed",
        bad.thread: "failed",
        late.thread: "stale",
    }
    assert verdicts[bad.thread]["error"]["code"]
    assert good.answers()["nota"] == ("answered", 9)
    assert bad.answers() == {}
    assert world.all("select thread_id, status::text from public.turns where status = 'failed'") == [
        (bad.thread, "failed")
    ]
    world.later(1)
    again = bad.claim()
    assert again["attempt"] == 2
    assert bad.commit(again, answers=[{"key": "nota", "value": 9}])["verdict"] == "committed"


def test_an_interview_that_ended_meanwhile_is_not_answered(interview: Interview) -> None:
    """Cancelled by the client while the turn ran: the commit writes nothing and the task is gone."""
    interview.say("9")
    task = interview.claim()
    interview.tenant.all("update public.interviews set status = 'cancelled'")
    assert interview.commit(task, answers=[{"key": "nota", "value": 9}])["verdict"] == "stale"
    assert interview.answers() == {}
    assert interview.world.claim() == []
    assert interview.world.queued("high_priority") == 0
    interview.say("oi?")
    assert interview.tenant.one("select count(*) from public.messages") == 1, "what follows is a conversation"
