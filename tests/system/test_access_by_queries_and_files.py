"""What people ask for and send in: embedded rows, counts, filters, pages, and lists of leads as spreadsheets have
them.
"""

from __future__ import annotations

import itertools
from typing import Any

import httpx
import pytest
from postgrest import CountMethod
from supabase import Client

from devstack.demo.access import Row, rows
from tests.stack import Stack
from tests.system.people import RETURNED, Everybody, Person, refused, signed_in
from tests.system.survey import Survey, new_phone, open_survey

CSV = {"Content-Type": "text/csv"}
_ddd_21 = itertools.count(70_000_001)


def written() -> tuple[str, str]:
    """A phone as a person writes it, without the ninth digit, and what it comes to."""
    digits = next(_ddd_21)
    return f"(21) {str(digits)[:4]}-{str(digits)[4:]}", f"+55219{digits}"


def imported(person: Person, text: str | bytes, **headers: str) -> httpx.Response:
    """A CSV file into the leads."""
    return person.rest("POST", "/leads", content=text, headers=CSV | RETURNED | headers)


@pytest.fixture(scope="module")
def grocer(stack: Stack, admin: Client) -> Survey:
    """A client that imports leads and has no survey running, which they would join."""
    return open_survey(stack, admin, "Mercearia Belém", start=False)


@pytest.fixture(scope="module")
def shopkeeper(stack: Stack, grocer: Survey) -> Person:
    """Its owner."""
    return signed_in(stack, "the shopkeeper", grocer.owner)


@pytest.fixture
def leads_before(stack: Stack, grocer: Survey) -> int:
    """How many leads the client has."""
    counted: int = stack.value("select count(*) from public.leads where client_id = %s", grocer.client_id)
    return counted


def test_an_interview_comes_with_its_lead_and_its_answers(school: Survey, people: Everybody) -> None:
    """One request through the supabase client: the interview, the lead's name and every answer."""
    found = rows(
        school.owner.table("interviews")
        .select("*,leads(name),interview_answers(*)")
        .eq("status", "completed")
        .eq("project_id", school.project_id)
        .execute()
    )
    (interview,) = found
    assert interview["leads"] == {"name": "Márcio Sá"}
    values = {answer["question_key"]: answer["value"] for answer in interview["interview_answers"]}
    assert values == {"nota": 9, "motivo": "O pão é ótimo", "volta": True}
    assert interview["client_id"] == school.client_id


def test_everything_around_an_interview_can_be_embedded(people: Everybody, school: Survey, garage: Survey) -> None:
    """Project, report, messages, turns and deliveries, forwards and backwards: all of it the own client's."""
    wanted = (
        "client_id,leads(client_id,consents(client_id),lead_identities(client_id)),"
        "projects(client_id,reports(client_id,kind)),interview_messages(client_id,seq),turns(client_id,graph),"
        "deliveries(client_id,channel_accounts(client_id)),notifications(client_id)"
    )
    for person, survey in ((people.owner, school), (people.other_owner, garage)):
        found = person.rows(f"/interviews?select={wanted}")
        assert found

        def clients(value: Any) -> set[str]:
            if isinstance(value, list):
                return set().union(*map(clients, value))
            if not isinstance(value, dict):
                return set()
            own = {value["client_id"]} if "client_id" in value else set()
            return own.union(*map(clients, value.values()))

        assert clients(found) == {survey.client_id}
    company = people.owner.rows(
        "/clients?select=company_name,client_members(email,profiles!client_members_profile_id_fkey(full_name))"
    )
    assert [row["company_name"] for row in company] == [school.company.name]


def test_a_count_counts_the_own_rows(stack: Stack, people: Everybody, school: Survey, garage: Survey) -> None:
    """count=exact, by the header and by the supabase client, with a page and without."""
    for person, survey in ((people.owner, school), (people.other_owner, garage)):
        for table in ("leads", "interviews", "interview_messages", "deliveries", "webhook_events"):
            own = stack.value(f"select count(*) from public.{table} where client_id = %s", survey.client_id)
            answer = person.rest("HEAD", f"/{table}?limit=1", headers={"Prefer": "count=exact"})
            assert answer.headers["content-range"] == f"0-0/{own}"
            counted = survey.owner.table(table).select("*", count=CountMethod.exact, head=True).execute()
            assert counted.count == own
            nobodys = person.rest(
                "HEAD", f"/{table}?client_id=eq.{_other(survey, school, garage)}", headers={"Prefer": "count=exact"}
            )
            assert nobodys.headers["content-range"] == "*/0"


def _other(survey: Survey, first: Survey, second: Survey) -> str:
    return second.client_id if survey is first else first.client_id


def test_no_filter_reaches_another_clients_rows(
    stack: Stack, people: Everybody, school: Survey, garage: Survey
) -> None:
    """or, not, in, like, nested and embedded filters, and orders by embedded columns: the own rows or none."""
    (theirs,) = stack.rows(
        "select id::text, phone, name from public.leads where client_id = %s and name is not null limit 1",
        garage.client_id,
    )
    account = garage.number.channel_account_id
    filters = [
        f"/leads?or=(client_id.eq.{garage.client_id},id.eq.{theirs['id']})",
        f"/leads?or=(client_id.eq.{garage.client_id},client_id.eq.{school.client_id})",
        f"/leads?or=(and(client_id.eq.{garage.client_id},phone.not.is.null),name.like.*)",
        f"/leads?not.and=(client_id.eq.{school.client_id},phone.is.null)",
        f"/leads?id=in.({theirs['id']})",
        f"/leads?id=not.in.(00000000-0000-0000-0000-000000000000)&client_id=neq.{school.client_id}",
        f"/leads?phone=like.*{theirs['phone'][-6:]}*",
        f"/leads?client_id=eq.{garage.client_id}",
        "/leads?select=*,clients!inner(company_name)&clients.company_name=like.Oficina*",
        "/interviews?select=*,leads!inner(name)&order=leads(name).desc",
        f"/deliveries?channel_account_id=eq.{account}",
        f"/channel_accounts?or=(id.eq.{account},status.eq.active)",
        "/profiles?select=*,client_members!client_members_profile_id_fkey!inner(client_id)",
    ]
    for path in filters:
        for row in people.owner.rows(path):
            assert row.get("client_id", school.client_id) == school.client_id, path
            assert row["id"] != theirs["id"]
            assert garage.client_id not in str(row), path


def test_a_page_ends_at_a_thousand_rows_and_the_next_one_follows(
    stack: Stack, shopkeeper: Person, leads_before: int
) -> None:
    """1,200 leads in one file: a thousand at most come back at once, and the rest with limit and offset."""
    phones = [written()[0] for _ in range(1200)]
    text = "name,phone\n" + "\n".join(f'"Cliente {n}, de São João",{phone}' for n, phone in enumerate(phones))
    answer = shopkeeper.rest("POST", "/leads", content=text, headers=CSV | {"Prefer": "return=minimal"})
    assert answer.status_code == 201, answer.text
    total = leads_before + 1200
    first = shopkeeper.rest("GET", "/leads?select=id&order=created_at,id", headers={"Prefer": "count=exact"})
    assert first.status_code == 206
    assert first.headers["content-range"] == f"0-999/{total}"
    # An estimate knows no more than that there is another page.
    estimated = shopkeeper.rest("HEAD", "/leads?select=id", headers={"Prefer": "count=estimated"})
    assert 1000 < int(estimated.headers["content-range"].split("/")[1]) <= total
    second = shopkeeper.rows("/leads?select=id&order=created_at,id&limit=1000&offset=1000")
    seen = {row["id"] for row in first.json()} | {row["id"] for row in second}
    assert len(seen) == total
    # Whoever compares whole tables after this wants them on one page.
    gone = shopkeeper.rest("DELETE", "/leads", params={"name": "like.Cliente*de São João"})
    assert gone.status_code == 204, gone.text


def test_leads_come_in_from_a_spreadsheet_with_their_accents(shopkeeper: Person, grocer: Survey) -> None:
    """CSV with quotes, commas, line breaks, emoji and Brazilian phones: names as they are, phones in E.164."""
    (first, first_full), (second, second_full), (third, third_full) = written(), written(), written()
    text = (
        "name,phone,email,consent_basis\r\n"
        f'"Conceição D\'Ávila, a ""Ção""",{first},  Conceicao@Exemplo.com.br ,consent\r\n'
        f'"Ítalo\nNóbrega",0{second[1:3]}{second[4:]},,contract\r\n'
        f"👩🏽‍🌾 Ñuñez Åse,+55 {third},,legitimate_interest\r\n"
    )
    answer = imported(shopkeeper, text)
    assert answer.status_code == 201, answer.text
    found = {row["phone"]: row for row in answer.json()}
    assert {phone: row["name"] for phone, row in found.items()} == {
        first_full: 'Conceição D\'Ávila, a "Ção"',
        second_full: "Ítalo Nóbrega",
        third_full: "👩🏽‍🌾 Ñuñez Åse",
    }
    assert found[first_full]["email"] == "conceicao@exemplo.com.br"
    assert {row["consent_basis"] for row in found.values()} == {"consent", "contract", "legitimate_interest"}
    assert {row["client_id"] for row in found.values()} == {grocer.client_id}
    basis = rows(
        grocer.owner.table("consents").select("legal_basis,granted").eq("lead_id", found[first_full]["id"]).execute()
    )
    assert basis == [{"legal_basis": "consent", "granted": True}]


@pytest.mark.parametrize(
    "phone", ["abc", "12", "99999", "(11) 1234", "+55 11 0", "0000000000", "+1", "11 98765-43210", "😀"]
)
def test_a_bad_phone_refuses_the_file_and_is_named(
    stack: Stack, shopkeeper: Person, grocer: Survey, leads_before: int, phone: str
) -> None:
    """400 with the phone as it was written and how to write it; not one row of the file is stored."""
    text = f'name,phone\nAna,{written()[0]}\nBia,"{phone}"\nCarla,{written()[0]}\n'
    answer = imported(shopkeeper, text)
    refused(answer, 400, saying=f"'{phone}' cannot be a telephone number")
    assert "(11) 98765-4321" in answer.json()["hint"]
    assert stack.value("select count(*) from public.leads where client_id = %s", grocer.client_id) == leads_before


SENTENCES: dict[str, tuple[str, str]] = {
    "a phone that is there already": ("name,phone\nAna,{known}", "a_phone_is_once_a_lead_of_a_client"),
    "the same phone twice": ("name,phone\nAna,{phone}\nAna,{phone}", "a_phone_is_once_a_lead_of_a_client"),
    "a column nobody knows": ("nome,phone\nAna,{phone}", "nome"),
    "a column that is not one's own to write": ("phone,opted_out_at\n{phone},2020-01-01", "permission denied"),
    "a status nobody knows": ("phone,status\n{phone},vip", "vip"),
    "a basis nobody knows": ("phone,consent_basis\n{phone},porque sim", "porque sim"),
    "metadata that is no object": ("phone,metadata\n{phone},[1]", "metadata_is_an_object"),
    "a name without end": ("phone,name\n{phone}," + "a" * 201, "name_has_at_most_200_characters"),
    "lines of different lengths": ("name,phone\nAna,{phone}\nBia", "lines must have same number of fields"),
    "a client that is no id": ("phone,client_id\n{phone},padaria", "padaria"),
    "nothing but a NUL": ("name,phone\n\x00,{phone}", ""),
}


@pytest.mark.parametrize("case", SENTENCES)
def test_a_file_that_breaks_a_rule_is_refused_with_the_rule(
    stack: Stack, shopkeeper: Person, grocer: Survey, leads_before: int, case: str
) -> None:
    """4xx, the rule's own words, nothing stored."""
    known = written()[0]
    assert imported(shopkeeper, f"name,phone\nAna,{known}\n").status_code == 201
    text, saying = SENTENCES[case]
    answer = imported(shopkeeper, text.format(phone=written()[0], known=known))
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
    assert saying.lower() in answer.text.lower()
    assert stack.value("select count(*) from public.leads where client_id = %s", grocer.client_id) == leads_before + 1


def test_a_file_in_another_encoding_is_refused_with_advice(shopkeeper: Person) -> None:
    """What older spreadsheets write is not UTF-8: 400, naming the line and what to do."""
    answer = imported(shopkeeper, f"name,phone\nAna,{written()[0]}\nConceição,{written()[0]}\n".encode("cp1252"))
    refused(answer, 400, saying="UTF-8")
    assert "line 3" in answer.json()["details"]


def test_json_leads_break_rules_as_csv_ones_do(shopkeeper: Person) -> None:
    """Wrong types, unknown columns, nulls and no JSON at all: a clear 4xx each time."""
    phone = written()[0]
    bodies: list[Any] = [
        {"phone": 17},
        {"phone": phone, "metadata": "texto"},
        {"phone": phone, "nome": "Ana"},
        {"phone": phone, "client_id": None},
        {"phone": phone, "status": None},
        {"phone": phone, "name": {"first": "Ana"}, "metadata": []},
        {"phone": {"a": 1}},
        [{"phone": phone}, {"name": "Ana", "phone": phone}],
        {"phone": phone, "name": "a\u0000b"},
        [1, 2],
    ]
    for body in bodies:
        answer = shopkeeper.rest("POST", "/leads", json=body)
        assert 400 <= answer.status_code < 500, (body, answer.status_code, answer.text)
        assert answer.json()["message"]
    for raw in (b"{", b"\xff\xfe", b"[" * 5000):
        answer = shopkeeper.rest("POST", "/leads", content=raw, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, answer.text


def test_updates_and_deletions_without_a_filter_are_refused(
    stack: Stack, shopkeeper: Person, grocer: Survey, leads_before: int
) -> None:
    """As on the hosted platform: a slip does not empty a table."""
    for path in ("/leads", "/leads?select=id", "/leads?order=id"):
        refused(shopkeeper.rest("PATCH", path, json={"name": "x"}), 400, saying="WHERE")
        refused(shopkeeper.rest("DELETE", path), 400, saying="WHERE")
    assert stack.value("select count(*) from public.leads where client_id = %s", grocer.client_id) == leads_before


def test_a_lead_with_a_history_says_why_it_stays(people: Everybody, school: Survey) -> None:
    """Deleting somebody who was interviewed is refused with the reason; somebody without a history goes."""
    (interviewed,) = people.owner.rows("/leads?select=id&name=eq.M%C3%A1rcio%20S%C3%A1")
    refused(people.owner.rest("DELETE", f"/leads?id=eq.{interviewed['id']}"), 409, saying="foreign key")
    fresh: Row = imported(people.owner, f"name,phone\nAna,{new_phone()}").json()[0]
    assert fresh["client_id"] == school.client_id


@pytest.mark.parametrize("resolution", ["merge-duplicates", "ignore-duplicates"])
def test_a_list_can_be_sent_again(shopkeeper: Person, resolution: str) -> None:
    """An upsert by phone among the own leads: the newer name, or the older, and one lead either way."""
    phone, full = written()
    preference = {"Prefer": f"return=representation,resolution={resolution}"}
    for name in ("Ana", "Ana Clara"):
        answer = shopkeeper.rest(
            "POST", "/leads?on_conflict=client_id,phone", json=[{"phone": phone, "name": name}], headers=preference
        )
        assert answer.status_code in (200, 201), answer.text
    kept = shopkeeper.rows(f"/leads?select=name&phone=eq.%2B{full[1:]}")
    assert kept == [{"name": "Ana Clara" if resolution == "merge-duplicates" else "Ana"}]
