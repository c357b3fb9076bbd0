"""access.md's functions over PostgREST: who may call what with whose argument, and in which words it is refused."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from devstack.demo.access import Row
from tests.access import ACCESS
from tests.stack import Stack, until
from tests.system.people import RETURNED, Person
from tests.system.standing import WHO, Someone, Standing, signed

PEOPLE = WHO[:-1]
NO_ARGUMENT = {
    "create_client",
    "queue_metrics",
    "begin_isa_command",
    "find_isa_targets",
    "plan_isa_command",
    "end_isa_command",
    "run_isa_plan",
}


def nobody_s(function: str) -> Row:
    """Arguments in order, of which the id is nobody's."""
    email, identifier = f"{secrets.token_hex(6)}@exemplo.com.br", str(uuid4())
    arguments: dict[str, Row] = {
        "create_client": {"company_name": "Mercado Novo", "owner_email": email},
        "invite_member": {"client_id": identifier, "email": email},
        "remove_member": {"member_id": identifier},
        "import_leads": {"client_id": identifier, "csv": "fone\n11 98765-4321"},
        "preview_audience": {"project_id": identifier},
        "request_report": {"project_id": identifier},
        "report_markdown": {"report_id": identifier},
        "channel_findings": {"channel_account_id": identifier},
        "set_channel_credentials": {"channel_account_id": identifier, "ciphertext": "A" * 80, "key_id": "1"},
        "take_over": {"lead_id": identifier},
        "hand_back": {"conversation_id": identifier},
        "replay_failed_task": {"failed_task_id": identifier},
        "reverse_conversion": {"conversion_id": identifier, "reason": "engano"},
        "queue_metrics": {},
        "resend_invitation": {"interview_id": identifier},
        "begin_isa_command": {"command_id": identifier, "command": "quantas entrevistas ontem?"},
        "find_isa_targets": {"kinds": ["client", "project", "lead"], "words": "Livraria"},
        "plan_isa_command": {"command_id": identifier, "acts": [{"act": "pause_project", "project_id": identifier}]},
        "end_isa_command": {"command_id": identifier, "result": {}},
        "run_isa_plan": {"token": secrets.token_hex(32)},
    }
    return arguments[function]


def named(standing: Standing, function: str, whose: str, someone: Someone) -> Row:
    """Arguments in order, of which the id is of the own or of another client's row."""
    arguments = nobody_s(function)
    if function in NO_ARGUMENT:
        return arguments
    argument = next(iter(arguments))
    client_id = (someone.client_id or standing.own) if whose == "own" else standing.other
    if argument == "client_id":
        return {**arguments, argument: client_id}
    if argument == "member_id":
        # Somebody who is not missed.
        email = f"{secrets.token_hex(6)}@exemplo.com.br"
        standing.put("client_members", {"client_id": client_id, "email": email})
        found = standing.stack.rows("select id::text from public.client_members where email = %s", email)
        return {argument: found[0]["id"]}
    table = {
        "project_id": "projects",
        "report_id": "reports",
        "channel_account_id": "channel_accounts",
        "failed_task_id": "failed_tasks",
        "lead_id": "leads",
        "conversation_id": "conversations",
        "interview_id": "interviews",
        "conversion_id": "conversions",
    }[argument]
    found = standing.stack.rows(f"select id::text from public.{table} where client_id = %s", client_id)
    return {**arguments, argument: found[0]["id"]}


def everything(standing: Standing) -> dict[str, Any]:
    """Every standing row of every table, as digests."""
    return {table: standing.snapshot(table) for table in ACCESS.tables}


@pytest.fixture(autouse=True)
def still(standing: Standing) -> Iterator[None]:
    """A report that an allowed call asked for is written before the next test looks."""
    yield
    until(
        lambda: standing.stack.value(
            "select not exists (select from public.reports where client_id = any(%s::uuid[])"
            " and (stale or task_id is not null))",
            standing.client_ids,
        ),
        30,
        "the end of the reports",
    )


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("function", ACCESS.functions)
def test_a_function_answers_as_written_down(standing: Standing, function: str, who: str) -> None:
    """With the own and another client's id: done, or refused in the words, which are those for nobody's id, too."""
    someone, written = standing.everybody[who], ACCESS.functions[function]
    words = [(whose, word) for (role, whose), word in written.words.items() if role == someone.role]
    # What is done may go on; what is refused comes first.
    for whose, word in sorted(words, key=lambda one: one[1] == "done"):
        arguments = named(standing, function, whose, someone)
        before = everything(standing)
        answer = someone.person.rpc(function, **arguments)
        if word == "done":
            assert answer.status_code in (200, 204), answer.text
            continue
        assert everything(standing) == before
        unknown = someone.person.rpc(function, **nobody_s(function))
        assert (answer.status_code, answer.text) == (unknown.status_code, unknown.text)
        if word == "empty":
            assert answer.status_code in (200, 204), answer.text
            assert not any(isinstance(v, int) and v for row in _list(answer) for v in row.values())
        else:
            status, saying = ACCESS.answers[word]
            assert (answer.status_code, answer.json()["message"]) == (status, saying)


def _list(answer: httpx.Response) -> list[Row]:
    """The rows of an answer; none from one that says null or nothing."""
    found = answer.json() if answer.text else None
    return found if isinstance(found, list) else [found] if found else []


@pytest.mark.parametrize(("who", "status"), [("anon", 401), ("renum_worker", 403), ("service", 403)])
@pytest.mark.parametrize("function", ACCESS.functions)
def test_peoples_functions_are_closed_to_everybody_else(
    standing: Standing, function: str, who: str, status: int
) -> None:
    """Permission denied before anything is looked at, by POST and where it reads only by GET."""
    person, arguments = standing.everybody[who].person, named(standing, function, "own", standing.everybody["owner"])
    before = everything(standing)
    for answer in (person.rpc(function, **arguments), person.rest("GET", f"/rpc/{function}", params=arguments)):
        assert answer.status_code == status, answer.text
        assert answer.json()["message"] == f"permission denied for function {function}"
    assert everything(standing) == before


@pytest.mark.parametrize("function", ACCESS.workers)
def test_the_functions_own_calls_are_closed_to_everybody_else(standing: Standing, function: str) -> None:
    """401 without a token, 403 for whoever signed in, an admin and the platform's key too; in public there is none."""
    some, account = str(uuid4()), named(standing, "set_channel_credentials", "own", standing.everybody["owner"])
    account_id = account["channel_account_id"]
    task = {"task": "report", "id": some, "claim": some}
    arguments: dict[str, Row] = {
        "channel_account": {"channel_account_id": account_id},
        "ingest": {"channel_account_id": account_id, "events": []},
        "claim_tasks": {"queues": ["high_priority"], "max": 10, "visibility_s": 30},
        "call_tool": {"thread_id": some, "lease": some, "call_id": "1", "tool": "look_up_lead", "arguments": {}},
        "begin_turns": {"tasks": [], "visibility_s": 30},
        "commit_turns": {"results": []},
        "complete_deliveries": {"results": []},
        "save_report": {
            "report_id": some,
            "claim": some,
            "summary": "",
            "markdown": "",
            "model": "x",
            "usage": {},
        },
        "save_account_facts": {"channel_account_id": some, "facts": {}},
        "save_templates": {"channel_account_id": some, "templates": []},
        "save_media": {"media_id": some, "claim": some, "size": 1, "mime_type": "image/png", "sha256": ""},
        "fail_task": {**task, "error": {}, "retryable": True},
        "extend_task": {**task, "visibility_s": 30},
    }
    for who, someone in standing.everybody.items():
        if who in ("renum_worker", "renum_agent"):
            continue
        answer = someone.person.rest("POST", f"/rpc/{function}", profile="worker", json=arguments[function])
        assert answer.status_code == (401 if who == "anon" else 403), (who, answer.text)
        assert answer.json()["message"] == "permission denied for schema worker"
        assert someone.person.rest("POST", f"/rpc/{function}", json=arguments[function]).status_code == 404
    worker = standing.everybody["renum_worker"].person
    answer = worker.rest("POST", f"/rpc/{function}", profile="worker", json=arguments[function])
    # An account of nobody's: the functions are told so.
    assert answer.status_code in (200, 204) or answer.json()["code"] == "PT404", answer.text


def test_an_error_in_the_name_of_a_function_tells_names_and_no_more(standing: Standing) -> None:
    """PostgREST's hint names what there is in an exposed schema. Names are no secret; that it is so is written here."""
    answer = standing.everybody["anon"].person.rest("POST", "/rpc/claim_task", profile="worker", json={})
    assert answer.status_code == 404
    assert set(answer.json()) == {"code", "details", "hint", "message"}
    for schema in ("private", "pgmq", "agent_tools"):
        assert schema not in answer.text


def test_a_functions_result_embeds_own_rows_only(standing: Standing) -> None:
    """What a call returns can be embedded and filtered like a table's row, under the caller's rights."""
    owner = standing.everybody["owner"].person
    (project,) = owner.rows("/projects?select=id")
    wanted = "select=id,client_id,projects(name,clients(id,client_members(client_id,email)))"
    answer = owner.rest("POST", f"/rpc/request_report?{wanted}", json={"project_id": project["id"]})
    assert answer.status_code == 200, answer.text
    company = answer.json()["projects"]["clients"]
    assert company["id"] == standing.own
    assert {member["client_id"] for member in company["client_members"]} == {standing.own}


def test_whoever_works_at_two_clients_has_the_rights_of_each(standing: Standing) -> None:
    """Owner here and staff there; and when one of the clients is suspended, only the other is left."""
    both, admin = standing.everybody["owner"], standing.everybody["admin"].person
    member = admin.rpc("invite_member", client_id=standing.other, email=both.person.email).json()
    seen = {"own": standing.own, "other": standing.other}
    try:
        assert {row["id"] for row in both.person.rows("/clients?select=id")} == set(seen.values())
        assert both.person.rpc("invite_member", client_id=standing.other, email="x@exemplo.com.br").status_code == 403
        for table in ("channel_accounts", "message_templates"):
            changed = both.person.rest(
                "PATCH", f"/{table}?client_id=eq.{standing.other}", json={"status": "active"}, headers=RETURNED
            )
            assert changed.json() == []
        for client_id, left in ((standing.own, standing.other), (standing.other, standing.own)):
            admin.rest("PATCH", f"/clients?id=eq.{client_id}", json={"status": "suspended"})
            try:
                for table in ACCESS.tables:
                    found = {row["client_id"] for row in both.person.rows(f"/{table}") if "client_id" in row}
                    assert found <= {left}, table
                assert [row["id"] for row in both.person.rows("/clients")] == [left]
                assert both.person.rows("/leads")
                lead = {"phone": "+5511987659999", "client_id": client_id}
                assert both.person.rest("POST", "/leads", json=lead).status_code == 403
            finally:
                admin.rest("PATCH", f"/clients?id=eq.{client_id}", json={"status": "active"})
    finally:
        left_by = both.person.rpc("remove_member", member_id=member["id"])
        assert left_by.json()["status"] == "removed"
        standing.remove("client_members", member["id"])


def test_a_deleted_account_opens_nothing_with_its_token(standing: Standing, stack: Stack) -> None:
    """Nothing at all: not even a profile is left."""
    token = signed(stack, {"role": "authenticated", "sub": str(uuid4()), "aud": "authenticated"})
    ghost = Person(stack, "a ghost", token)
    for table in ACCESS.tables:
        assert ghost.rows(f"/{table}") == [], table
    assert ghost.rpc("create_client", company_name="Nova", owner_email="x@exemplo.com.br").status_code == 403
    assert ghost.rest("POST", "/leads", json={"phone": "+5511987659999"}).status_code == 403
