"""Whatever is sent to whichever column or function: stored as it is, or refused with the rule; never a fault of
ours.
"""

from __future__ import annotations

import json
import secrets
import uuid
from typing import Any

import httpx
import pytest
from supabase import Client

from devstack.demo.access import Row
from devstack.demo.company import open_at_all_hours
from tests.access import ACCESS
from tests.stack import Stack
from tests.system.people import RETURNED, Everybody, Person, refused, signed_in
from tests.system.survey import CONFIG, Survey, new_phone, open_survey

BIG = "x" * 3_000_000
JSON = {"Content-Type": "application/json"}
CSV = {"Content-Type": "text/csv"}

NASTY: dict[str, Any] = {
    "null": None,
    "true": True,
    "a number": 17,
    "a huge number": 10**30,
    "milliseconds": 1_700_000_000_000,
    "nothing": "",
    "blanks": "  \t ",
    "emoji": "👩🏽‍🌾 ção",
    "controls": "a\x01\x1b\x7f\u0085\u200bb",
    "NUL": "a\u0000b",
    "8 kB nothing can compress": secrets.token_hex(4000),
    "an object": {"a": 1},
    "a list": [1],
    "a list of nulls": [None],
    "an object with a NUL": {"a": "\u0000"},
    "a time without end": "infinity",
}
LARGE: dict[str, Any] = {"text": BIG, "jsonb": {"a": BIG}}
RAW = {
    "half a character": '"\\ud83d"',
    "deep": '{"a":' * 3000 + "1" + "}" * 3000,
    "too deep": "[" * 200_000 + "]" * 200_000,
}


@pytest.fixture(scope="module")
def florists(stack: Stack, admin: Client) -> Survey:
    """A client that people send anything to."""
    return open_survey(stack, admin, "Floricultura Aurora", start=False)


@pytest.fixture(scope="module")
def florist_owner(stack: Stack, florists: Survey) -> Person:
    """Its owner."""
    return signed_in(stack, "the florist", florists.owner)


@pytest.fixture(scope="module")
def head(stack: Stack, admin: Client) -> Person:
    """An admin."""
    return signed_in(stack, "an admin", admin)


@pytest.fixture(scope="module")
def lead_id(florist_owner: Person) -> str:
    """One of the client's leads."""
    made = florist_owner.rest("POST", "/leads", json={"phone": new_phone()}, headers=RETURNED)
    return str(made.json()[0]["id"])


ADMINS = {"clients", "tools", "sub_agents", "isa_commands", "risk_acceptances"}


def good_row(table: str, survey: Survey, admin: Person, lead_id: str) -> Row:
    """A row of each table that people insert into, with which nothing is wrong."""
    name = "n" + secrets.token_hex(6)
    rows: dict[str, Row] = {
        "leads": {"client_id": survey.client_id, "name": name},
        "projects": {"client_id": survey.client_id, "name": name},
        "renus_config": {"client_id": survey.client_id},
        "channel_accounts": {
            "client_id": survey.client_id,
            "provider": "whatsapp_cloud",
            "name": "N",
            "external_id": name,
        },
        "message_templates": {"client_id": survey.client_id, "name": name, "body": "Oi"},
        "consents": {"client_id": survey.client_id, "lead_id": lead_id, "granted": True, "legal_basis": "consent"},
        "clients": {"company_name": name},
        "tools": {"name": name, "description": "D", "function_name": "f"},
        "sub_agents": {"name": name},
        "isa_commands": {"admin_id": admin.profile_id, "command": "quantas?"},
        "deliveries": {"client_id": survey.client_id, "lead_id": lead_id, "content": {"type": "text", "text": "Oi"}},
        "sending_rules": {"client_id": survey.client_id},
        "erasures": {"client_id": survey.client_id, "lead_id": lead_id},
        "callbacks": {
            "client_id": survey.client_id,
            "lead_id": lead_id,
            "due_at": "2027-01-31T14:00:00Z",
            "note": name,
        },
        "budgets": {"client_id": survey.client_id, "amount": 10},
        "risk_acceptances": {"client_id": survey.client_id, "agent_type": "mmn", "text": f"Aceito o risco {name}."},
    }
    return rows[table]


def insertable(stack: Stack) -> dict[str, dict[str, str]]:
    """The columns people may insert, with their types, by table, as the database says: a new one is tried without being
    listed here.
    """
    found: dict[str, dict[str, str]] = {}
    for place in stack.rows(
        "select c.relname, a.attname, a.atttypid::regtype::text as kind from pg_class as c"
        " join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
        " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')"
        " and has_column_privilege('authenticated', c.oid, a.attnum, 'INSERT') order by 1, a.attnum"
    ):
        found.setdefault(place["relname"], {})[place["attname"]] = place["kind"]
    return found


def is_told(answer: httpx.Response, what: object) -> bool:
    """Whether it was refused; fails when the answer is neither a refusal that says something nor a success."""
    if answer.status_code < 300:
        return False
    assert 400 <= answer.status_code < 500, (what, answer.status_code, answer.text[:300])
    assert answer.json()["message"], what
    return True


def count(stack: Stack, table: str) -> int:
    """How many rows a table has."""
    counted: int = stack.value(f"select count(*) from public.{table}")
    return counted


@pytest.mark.parametrize(
    "table",
    [
        "leads", "projects", "renus_config", "channel_accounts", "message_templates", "consents", "clients", "tools",
        "sub_agents", "isa_commands", "deliveries", "sending_rules", "erasures", "risk_acceptances",
        "callbacks", "budgets",
    ],
)  # fmt: skip
def test_no_value_of_a_column_is_a_fault_of_the_server(
    stack: Stack, florists: Survey, florist_owner: Person, head: Person, lead_id: str, table: str
) -> None:
    """Every column that can be inserted, with everything nasty: refused with a message and nothing stored, or stored
    and readable.
    """
    person = head if table in ADMINS else florist_owner
    kept = [str(one["id"]) for one in stack.rows(f"select id from public.{table}")]
    for column, kind in insertable(stack)[table].items():
        values = {name: json.dumps(value) for name, value in NASTY.items()} | RAW
        if kind in LARGE:
            values["3 MB"] = json.dumps(LARGE[kind])
        for name, value in values.items():
            body = json.dumps({**good_row(table, florists, head, lead_id), column: "@@"}).replace('"@@"', value)
            if table == "sending_rules":
                # A client has one row of these.
                stack.rows("delete from public.sending_rules where client_id = %s", florists.client_id)
            before = count(stack, table)
            was_refused = is_told(person.rest("POST", f"/{table}", content=body, headers=JSON), (column, name))
            assert count(stack, table) - before == (0 if was_refused else 1), (column, name)
    assert person.rest("GET", f"/{table}?limit=1000").status_code in (200, 206)
    if table in ("tools", "sub_agents"):
        # Everybody's, and the agents' in other tests.
        stack.rows(f"delete from public.{table} where id <> all(%s::uuid[])", kept)
    if table == "sending_rules":
        open_at_all_hours(florists.company)


def test_every_table_people_insert_into_is_tried(stack: Stack) -> None:
    """The list of the test before is the database's."""
    assert set(insertable(stack)) == {
        "leads", "projects", "renus_config", "channel_accounts", "message_templates", "consents", "clients", "tools",
        "sub_agents", "isa_commands", "deliveries", "sending_rules", "erasures", "risk_acceptances", "callbacks",
        "budgets",
    }  # fmt: skip


DEEP: Any = {}
for _ in range(30):
    DEEP = {"a": DEEP}

RULES: list[tuple[str, Row, str]] = [
    ("leads", {"metadata": [1]}, "metadata_is_an_object"),
    ("leads", {"metadata": None}, 'null value in column "metadata"'),
    ("leads", {"metadata": {"a": "x" * 66_000}}, "metadata_has_at_most_64_kilobytes_and_20_levels"),
    ("leads", {"metadata": DEEP}, "metadata_has_at_most_64_kilobytes_and_20_levels"),
    ("leads", {"email": "nenhum"}, "email 'nenhum' is not an e-mail address"),
    ("leads", {"phone": "+999 123 456 789"}, "phone '+999 123 456 789' cannot be a telephone number"),
    ("leads", {"phone": "x" * 300}, f"phone '{'x' * 100}' cannot be a telephone number"),
    ("leads", {"status": "vip"}, 'invalid input value for enum lead_status: "vip"'),
    ("leads", {"nome": "Ana"}, "Column 'nome' of relation 'leads' does not exist"),
    ("projects", {"name": " "}, "name_is_not_blank"),
    ("projects", {"config": None}, 'null value in column "config"'),
    ("projects", {"config": []}, "config_is_an_object"),
    ("projects", {"config": {"x": "x" * 4_200_000}}, "config_has_at_most_4096_kilobytes_and_20_levels"),
    ("projects", {"config": {"goal": "x" * 10_001}}, "goal must be a text of at most 10000 characters"),
    ("projects", {"description": "x" * 10_001}, "description_has_at_most_10000_characters"),
    ("renus_config", {"prompts": {"interview": {"pt": "Oi"}}}, "prompts_are_texts"),
    ("renus_config", {"prompts": "Oi"}, "prompts_is_an_object"),
    ("renus_config", {"config": {"model": {"name": "x"}}}, "the_model_in_config_is_a_text"),
    ("renus_config", {"config": DEEP}, "config_has_at_most_64_kilobytes_and_20_levels"),
    ("renus_config", {"agent_type": "robô"}, 'invalid input value for enum agent_type: "robô"'),
    ("channel_accounts", {"external_id": secrets.token_hex(4000)}, "external_id_has_1_to_200_characters"),
    ("channel_accounts", {"name": ""}, "name_has_1_to_200_characters"),
    ("channel_accounts", {"provider": "pombo"}, "provider_is_known"),
    ("channel_accounts", {"throughput": 0}, "throughput_is_positive"),
    ("channel_accounts", {"config": {"api_key": "re_1"}}, "config holds no credentials, and has api_key"),
    ("message_templates", {"language": secrets.token_hex(4000)}, "language_is_a_code_such_as_pt_br"),
    ("message_templates", {"body": " "}, "body_has_1_to_4096_characters"),
    ("message_templates", {"parameters": ["lead.cpf"], "body": "Oi {{1}}"}, "parameters_are_known"),
    ("message_templates", {"parameters": ["lead.name"]}, "has no variable in its body, but parameters names 1"),
    ("message_templates", {"parameters": {"a": 1}}, "expected JSON array"),
    ("consents", {"evidence": "pediu"}, "evidence_is_an_object"),
    ("consents", {"legal_basis": "porque sim"}, 'invalid input value for enum legal_basis: "porque sim"'),
    ("clients", {"company_name": ""}, "company_name_is_not_blank"),
    ("clients", {"cnpj": "12"}, "cnpj_has_14_letters_or_digits"),
    ("tools", {"name": ""}, "name_has_1_to_100_characters"),
    ("tools", {"parameters_schema": []}, "parameters_schema_describes_an_object"),
    ("tools", {"function_name": "drop table"}, "function_name_is_an_identifier"),
    ("sub_agents", {"tools": [1]}, "tools_holds_ids"),
    ("sub_agents", {"tools": {}}, "tools_is_an_array"),
    ("sub_agents", {"name": secrets.token_hex(4000)}, "name_has_1_to_100_characters"),
    ("isa_commands", {"result": [1]}, "result_is_an_object"),
    ("isa_commands", {"command": " "}, "command_has_1_to_10000_characters"),
    ("isa_commands", {"executed_at": 1_700_000_000_000}, "date/time field value out of range"),
    ("isa_commands", {"executed_at": "55846-01-01"}, "executed_at_is_in_this_century"),
    ("isa_commands", {"executed_at": "infinity"}, "executed_at_is_in_this_century"),
]


@pytest.mark.parametrize(
    ("table", "change", "sentence"), RULES, ids=[f"{table} {sentence}"[:70] for table, _, sentence in RULES]
)
def test_a_broken_rule_is_named(
    stack: Stack, florists: Survey, florist_owner: Person, head: Person, lead_id: str,
    table: str, change: Row, sentence: str,
) -> None:  # fmt: skip
    """400 in the rule's own words; the good row that was sent along is not stored either."""
    person = head if table in ADMINS else florist_owner
    good, bad = (good_row(table, florists, head, lead_id) for _ in range(2))
    bad |= change
    before = count(stack, table)
    refused(person.rest("POST", f"/{table}", json=bad), 400, saying=sentence)
    answer = person.rest("POST", f"/{table}?columns={','.join(bad)}", json=[good, bad])
    assert is_told(answer, change)
    assert count(stack, table) == before


@pytest.mark.parametrize("table", ["leads", "projects", "consents"])
def test_a_body_that_is_no_row_stores_none(stack: Stack, florist_owner: Person, table: str) -> None:
    """Nothing, half a JSON, half a CSV, scalars, lists of what is no object."""
    before = count(stack, table)
    for body in ("", "{", '{"name":', "[{}, 3]", "[null]", "\ufeff", "\x00", "{'name': 'x'}", "name=x"):
        refused(florist_owner.rest("POST", f"/{table}", content=body.encode(), headers=JSON), 400)
    for body in ("", 'client_id,"name\nx', "client_id,client_id\nx,y\n", "id\nx\n", "nope\n1\n", "id\n1,2\n"):
        assert is_told(florist_owner.rest("POST", f"/{table}", content=body, headers=CSV), body)
    for body in ("3", '"x"', "null", "[]"):
        is_told(florist_owner.rest("POST", f"/{table}", content=body, headers=JSON), body)
    assert count(stack, table) == before
    assert is_told(
        florist_owner.rest("POST", f"/{table}", content="a: 1", headers={"Content-Type": "text/yaml"}), "yaml"
    )


CHANGES: list[tuple[str, Row, int, str]] = [
    ("clients", {"company_name": None}, 400, 'null value in column "company_name"'),
    ("clients", {"company_name": BIG}, 400, "company_name_has_at_most_200_characters"),
    ("clients", {"nome": "x"}, 400, "Column 'nome' of relation 'clients' does not exist"),
    ("profiles", {"phone": "ramal 12"}, 400, "phone 'ramal 12' cannot be a telephone number"),
    ("profiles", {"phone": "+999 123 456 789"}, 400, "cannot be a telephone number"),
    ("profiles", {"full_name": "x" * 201}, 400, "full_name_has_at_most_200_characters"),
    ("profiles", {"role": "rei"}, 400, 'invalid input value for enum user_role: "rei"'),
    ("leads", {"metadata": None}, 400, 'null value in column "metadata"'),
    ("leads", {"email": "a@b@c"}, 400, "email 'a@b@c' is not an e-mail address"),
    ("interviews", {"metadata": [1]}, 400, "metadata_is_an_object"),
    ("interviews", {"metadata": {"a": "x" * 70_000}}, 400, "metadata has at most 64 kilobytes and 20 levels"),
    ("interviews", {"metadata": DEEP}, 400, "metadata has at most 64 kilobytes and 20 levels"),
    ("interviews", {"status": "x"}, 400, 'invalid input value for enum interview_status: "x"'),
    ("conversations", {"status": None}, 400, 'null value in column "status"'),
    ("conversations", {"status": {"a": 1}}, 400, "invalid input value for enum conversation_status"),
    ("projects", {"channel_account_id": "x"}, 400, "invalid input syntax for type uuid"),
    ("projects", {"renus_config_id": str(uuid.uuid4())}, 409, "projects_client_id_renus_config_id_fkey"),
]


@pytest.mark.parametrize(
    ("table", "change", "status", "sentence"),
    CHANGES,
    ids=[f"{table} {str(change)[:50]}" for table, change, *_ in CHANGES],
)
def test_a_bad_change_is_told(
    stack: Stack, people: Everybody, school: Survey, table: str, change: Row, status: int, sentence: str
) -> None:
    """4xx with the rule, and the row is as before."""
    whose = {"clients": f"id=eq.{school.client_id}", "profiles": f"id=eq.{people.owner.profile_id}"}
    narrowed = whose.get(table, f"client_id=eq.{school.client_id}")
    row = people.owner.rows(f"/{table}?{narrowed}&limit=1")[0]
    refused(people.owner.rest("PATCH", f"/{table}?id=eq.{row['id']}", json=change), status, saying=sentence)
    assert people.owner.rows(f"/{table}?id=eq.{row['id']}") == [row]


def test_a_blank_phone_is_none(people: Everybody) -> None:
    """A form that sends an empty field clears it."""
    path = f"/profiles?id=eq.{people.staff.profile_id}"
    for phone, stored in (("(11) 8765-4321", "+5511987654321"), ("", None)):
        assert people.staff.rest("PATCH", path, json={"phone": phone}).status_code == 204
        assert people.staff.rows(path)[0]["phone"] == stored


ADMINS_FUNCTIONS = {
    "create_client", "reverse_conversion", "begin_isa_command", "find_isa_targets", "plan_isa_command",
    "end_isa_command", "run_isa_plan",
}  # fmt: skip


def test_no_argument_of_a_function_is_a_fault_of_the_server(
    stack: Stack, florists: Survey, florist_owner: Person, head: Person
) -> None:
    """Every function people call, every argument, everything nasty, left out, and in bodies that are no arguments."""
    project = florist_owner.rest("POST", "/projects", json={"name": "P", "config": CONFIG}, headers=RETURNED).json()[0][
        "id"
    ]
    calls: dict[str, Row] = {
        "create_client": {"company_name": "N", "owner_email": "a@b.co", "cnpj": None, "plan": "basic"},
        "invite_member": {"client_id": florists.client_id, "email": "z@b.co", "role": "staff"},
        "remove_member": {"member_id": str(uuid.uuid4())},
        "preview_audience": {"project_id": project},
        "request_report": {"project_id": project},
        "report_markdown": {"report_id": str(uuid.uuid4())},
        "set_channel_credentials": {"channel_account_id": str(uuid.uuid4()), "ciphertext": "QUJD" * 20, "key_id": "k"},
        "replay_failed_task": {"failed_task_id": str(uuid.uuid4())},
        "take_over": {"lead_id": str(uuid.uuid4())},
        "hand_back": {"conversation_id": str(uuid.uuid4())},
        "resend_invitation": {"interview_id": str(uuid.uuid4())},
        "reverse_conversion": {"conversion_id": str(uuid.uuid4()), "reason": "engano"},
        "begin_isa_command": {"command_id": str(uuid.uuid4()), "command": "quantas entrevistas ontem?"},
        "find_isa_targets": {"kinds": ["lead"], "words": "Ana", "client_ids": None},
        "plan_isa_command": {
            "command_id": str(uuid.uuid4()), "acts": [{"act": "pause_project", "project_id": project}],
        },
        "end_isa_command": {
            "command_id": str(uuid.uuid4()), "result": {"reply": "Oi"}, "target_type": "lead", "target_id": project,
        },
        "run_isa_plan": {"token": "0" * 64},
        "channel_findings": {"channel_account_id": str(uuid.uuid4())},
        "queue_metrics": {},
        "import_leads": {
            "csv": "nome;fone\nAna;11 98765-4321", "rows": None, "client_id": florists.client_id,
            "legal_basis": "consent", "evidence": "site", "dry_run": True,
        },
    }  # fmt: skip
    assert set(calls) == set(ACCESS.functions)
    for function, arguments in calls.items():
        person = head if function in ADMINS_FUNCTIONS else florist_owner
        for place, argument in enumerate(arguments):
            # Each of the first arguments as large as they come; all of them would only take longer.
            values = NASTY if place else NASTY | {"3 MB": BIG}
            for name, value in values.items():
                is_told(person.rpc(function, **{**arguments, argument: value}), (function, argument, name))
            is_told(
                person.rpc(function, **{key: value for key, value in arguments.items() if key != argument}), function
            )
        refused(person.rpc(function, **arguments, nada=1), 404, saying="Could not find the function")
        for body in ("", "{", "3", "null", "[]", "[{}]", '{"a": "\\ud83d"}'):
            is_told(person.rest("POST", f"/rpc/{function}", content=body, headers=JSON), (function, body))
        is_told(person.rest("POST", f"/rpc/{function}", content="a,b\n1,2", headers=CSV), function)


def test_an_invitation_names_what_is_wrong_with_it(florists: Survey, florist_owner: Person) -> None:
    """No address, several, none at all, and no client; nothing of the row that would have been is shown."""
    for email in ("ninguém", "a@b", "a@b.co, c@d.co", "", None):
        answer = florist_owner.rpc("invite_member", client_id=florists.client_id, email=email)
        refused(answer, 400, saying="is not an e-mail address")
        assert answer.json()["details"] is None
    refused(florist_owner.rpc("invite_member", client_id=None, email="a@b.co"), 403, saying="only an owner")


def test_a_question_that_cannot_be_asked_is_the_callers_mistake(florist_owner: Person) -> None:
    """Filters, orders, pages and selections that make no sense: a 4xx that says what is wrong."""
    for query in (
        "id=eq.x", "created_at=gt.1700000000000", "limit=-1", "select=nada", "order=nada", "nada=eq.1", "id=nada.1",
        "or=(", "name=match.((((", "select=*,nada(*)", "status=eq.x", "phone=in.(", "metadata=cs.x", "name=eq.%FF%FE",
    ):  # fmt: skip
        assert is_told(florist_owner.rest("GET", f"/leads?{query}"), query)


def test_ten_thousand_leads_with_bad_lines_come_in_over_http(stack: Stack, florist_owner: Person) -> None:
    """One request: the good rows are there, each bad one is told with its line, whatever is in it."""
    bad = {7: "nada", 4_000: "98765-4321", 9_999: "+999 1234567"}
    name = "“Ñandú” 🦜\x07"
    csv = "nome;telefone\r\n" + "".join(
        f'"{name} {n}";{bad.get(n, f"(41) 9{70_000_000 + n}")}\r\n' for n in range(10_000)
    )
    answer = florist_owner.rpc("import_leads", csv=csv, legal_basis="consent", evidence="feira")
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert (report["rows"], report["added"], report["refused"]) == (10_000, 9_997, 3)
    assert {one["line"] - 2: one["value"] for one in report["refusals"]} == bad
    stored = "select count(*) from public.leads as l where l.name like '“Ñandú” 🦜 %%' and l.client_id = %s"
    assert stack.value(stored, report["client_id"]) == 9_997
    refused(florist_owner.rpc("import_leads", rows=[{"fone": "a\u0000"}]), 400, saying="unsupported Unicode")
    refused(florist_owner.rpc("import_leads", csv="fone\n" + BIG * 4), 400, saying="more than 10 megabytes")
    # Whoever compares whole tables after this wants them small.
    gone = florist_owner.rest("DELETE", "/leads", params={"name": "like.“Ñandú”*"})
    assert gone.status_code == 204, gone.text
