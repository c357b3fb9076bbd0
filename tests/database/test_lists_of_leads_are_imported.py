"""import_leads: good rows go in, each bad one is told, and doing it again changes nothing."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.database.builders import JSON, Interview, Tenant, refused
from tests.support import as_user

LEDGER = (
    "select l.phone, c.granted, c.legal_basis::text, c.evidence ->> 'source', c.evidence ->> 'text'"
    " from public.consents as c join public.leads as l on l.id = c.lead_id order by c.created_at, l.phone"
)


def imported(tenant: Tenant, csv: str | None = None, **arguments: Any) -> JSON:
    """Imports a list as the client's owner; without the parts of the report that are the same for every list."""
    given: JSON = {"csv": csv} if csv is not None else {}
    given |= {name: Jsonb(value) if name == "rows" else value for name, value in arguments.items()}
    marks = ", ".join(f"{name} => %s" for name in given)
    report: JSON = tenant.one(f"select public.import_leads({marks})", *given.values())
    assert report["client_id"] == arguments.get("client_id", tenant.id)
    assert report["rows"] == report["added"] + report["already_there"] + report["refused"]
    assert report["refused"] == len(report["refusals"])
    return report


def counts(report: JSON) -> tuple[int, int, int]:
    """How many rows were added, were there already, were refused."""
    return report["added"], report["already_there"], report["refused"]


def told(report: JSON) -> list[tuple[int, str | None, str | None, str]]:
    """The refusals: line, column, value, and the reason up to its advice."""
    return [(one["line"], one["column"], one["value"], one["reason"].partition(":")[0]) for one in report["refusals"]]


def leads(tenant: Tenant) -> dict[str, tuple[Any, ...]]:
    """name, email and metadata by phone."""
    found = tenant.all("select phone, name, email, metadata from public.leads")
    return {phone: tuple(rest) for phone, *rest in found}


def test_a_brazilian_spreadsheet_comes_in_as_it_is(tenant: Tenant) -> None:
    """Byte order mark, semicolons, CRLF, quotes, a line break within a cell, Portuguese headers; the rest is
    metadata."""
    report = imported(
        tenant,
        "\ufeffNome;Celular;E-mail;Cidade;Observações\r\n"
        '"Conceição ""Ção"" D\'Ávila; a mãe";(11) 98765-4321; Conceicao@Exemplo.com.br ;São Paulo;'
        '"liga, à tarde\r\nou cedo"\r\n'
        "👩🏽‍🌾 Ñuñez\x07;21 8765-4321;;;\r\n"
        "\r\n"
        ";;;;\r\n",
        legal_basis="consent",
        evidence="formulário do site, outubro",
    )
    assert counts(report) == (2, 0, 0)
    assert leads(tenant) == {
        "+5511987654321": (
            'Conceição "Ção" D\'Ávila; a mãe',
            "conceicao@exemplo.com.br",
            {"Cidade": "São Paulo", "Observações": "liga, à tarde\nou cedo"},
        ),
        "+5521987654321": ("👩🏽‍🌾 Ñuñez", None, {}),
    }
    assert tenant.all(LEDGER) == [
        (phone, True, "consent", "import", "formulário do site, outubro")
        for phone in ("+5511987654321", "+5521987654321")
    ]
    assert tenant.one("select distinct evidence ->> 'recorded_by' from public.consents") == tenant.owner
    assert tenant.all("select distinct consent_basis::text from public.leads") == [("consent",)]


@pytest.mark.parametrize(
    "csv",
    [
        "name,phone,email\nAna,11 98765-4321,ana@b.co\n",
        "phone\tname\temail\n11 98765-4321\tAna\tana@b.co",
        "WhatsApp|Nome Completo|Endereço de e-mail\r11 98765-4321|Ana|ana@b.co\r",
        "sep=;\r\nTELEFONE;nome;Email\r\n+55 11 98765-4321;Ana;ana@b.co\r\n",
        '\n\n"full_name","phone_number","e-mail address"\n"Ana","11987654321.0","ana@b.co"\n',
    ],
)
def test_separators_headers_and_line_ends_are_found_out(tenant: Tenant, csv: str) -> None:
    """Comma, semicolon, tab and bar; what Excel and databases write."""
    imported(tenant, csv)
    assert leads(tenant) == {"+5511987654321": ("Ana", "ana@b.co", {})}


def test_a_list_of_objects_is_a_list_as_well(tenant: Tenant) -> None:
    """JSON rows: numbers are texts, metadata joins what has no column; lines count from one."""
    report = imported(
        tenant,
        rows=[
            {"nome": "Ana", "phone": 11987654321, "vip": True, "metadata": {"cidade": "Natal"}},
            {"nome": None, "telefone": "(11) 98765-4322"},
            {"nome": {"first": "Bia"}, "telefone": "(11) 98765-4323"},
            {"telefone": "(11) 98765-4324", "metadata": "vip"},
            "Carla",
            None,
            {},
        ],
    )
    assert leads(tenant) == {
        "+5511987654321": ("Ana", None, {"vip": True, "cidade": "Natal"}),
        "+5511987654322": (None, None, {}),
    }
    assert told(report) == [
        (3, "nome", None, "must be a text"),
        (4, "metadata", "vip", "must be an object"),
        (5, None, None, "a row must be an object"),
        (6, None, None, "a row must be an object"),
        (7, "phone", None, "the phone is missing"),
    ]


REFUSED: list[tuple[str, str | None, str | None, str]] = [
    ("Ana;;", "phone", None, "the phone is missing"),
    ("Ana;12;", "celular", "12", "cannot be a telephone number"),
    ("Ana;😀;", "celular", "😀", "cannot be a telephone number"),
    ("Ana;98765-4321;", "celular", "98765-4321", "the number has no area code"),
    ("Ana;+999 123 456 789;", "celular", "+999 123 456 789", "cannot be a telephone number"),
    ("Ana;11 98765-4321 / 11 3333-4444;", "celular", "11 98765-4321 / 11 3333-4444", "cannot be a telephone number"),
    ("Ana;5,51199E+12;", "celular", "5,51199E+12", "the spreadsheet has rounded the number"),
    ("Ana;11 91111-1111;nenhum", "email", "nenhum", "is not an e-mail address"),
    ("Ana;11 91111-1111;a@b.co, c@d.co", "email", "a@b.co, c@d.co", "is not an e-mail address"),
    ("ConceiÃ§Ã£o;11 91111-1111;", "nome", "ConceiÃ§Ã£o", "the text is garbled"),
    ("Concei\ufffd\ufffdo;11 91111-1111;", "nome", "Concei\ufffd\ufffdo", "the text is garbled"),
    ("n" * 201 + ";11 91111-1111;", "nome", "n" * 100, "the name has more than 200 characters"),
    ("Ana;11 91111-1111;;;vip;ouro", None, None, "the line has 6 cells where the header has 4"),
    ("Ana;11 91111-1111;;" + "x" * 70_000, None, None, "the row has more than 64 kilobytes"),
]


@pytest.mark.parametrize(
    ("line", "column", "value", "reason"), REFUSED, ids=[f"{reason} {value}"[:60] for _, _, value, reason in REFUSED]
)
def test_a_bad_row_is_told_and_the_others_go_in(
    tenant: Tenant, line: str, column: str | None, value: str | None, reason: str
) -> None:
    """With its line, its column as the file names it, the value as it was written, and a reason to act on."""
    report = imported(
        tenant, f"nome;celular;email;obs\nBia;11 92222-2222;;\n{line}\nCarla;11 93333-3333;;\n", legal_basis="consent"
    )
    assert told(report) == [(3, column, value, reason)]
    assert set(leads(tenant)) == {"+5511922222222", "+5511933333333"}
    assert len(tenant.all(LEDGER)) == 2


def test_a_quote_that_nobody_closes_costs_its_own_line(tenant: Tenant) -> None:
    """The rest of the file is not swallowed, and a quote within a name is only a quote."""
    report = imported(
        tenant,
        'nome;celular\nMaria "Nena" Sá;11 91111-1111\n"Zé;11 92222-2222\nBia;"11 93333-3333\n"Ana";"11 94444-4444"\n',
    )
    assert counts(report) == (4, 0, 0)
    assert [name for name, *_ in leads(tenant).values()] == ['Maria "Nena" Sá', '"Zé', "Bia", "Ana"]


def test_one_person_twice_is_one_lead(tenant: Tenant) -> None:
    """With and without the ninth digit, in whatever writing: the first row counts, the second says where."""
    report = imported(
        tenant, "nome,telefone\nAna,11 8765-4321\nBia,11 92222-2222\nAna Lima,+55 (11) 98765-4321\nAna,12\nAna,12\n"
    )
    assert counts(report) == (2, 0, 3)
    assert told(report)[0] == (4, "telefone", "+55 (11) 98765-4321", "the same number as in line 2")
    assert leads(tenant)["+5511987654321"][0] == "Ana"


def test_the_likeliest_number_is_taken_and_the_others_are_kept(tenant: Tenant) -> None:
    """WhatsApp before mobile before telephone, the first of them that is not empty."""
    imported(
        tenant,
        "Telefone;WhatsApp;Celular\n11 3333-4444;;11 91111-1111\n"
        "11 3333-4444;11 92222-2222;11 93333-3333\n11 3333-5555;;",
    )
    assert {phone: metadata for phone, (_, _, metadata) in leads(tenant).items()} == {
        "+5511911111111": {"Telefone": "11 3333-4444"},
        "+5511922222222": {"Telefone": "11 3333-4444", "Celular": "11 93333-3333"},
        "+551133335555": {},
    }


def test_the_same_list_again_adds_nothing(tenant: Tenant) -> None:
    """Nothing is written either: no row of the ledger, no change of a lead."""
    csv = "nome;telefone;cidade\nAna;11 98765-4321;Natal\nBia;11 92222-2222;\nBia;x;\n"
    first = imported(tenant, csv, legal_basis="contract")
    before = tenant.all("select * from public.leads order by id"), tenant.all(LEDGER)
    again = imported(tenant, csv, legal_basis="contract")
    assert (counts(first), counts(again)) == ((2, 0, 1), (0, 2, 1))
    assert again["completed"] == 0
    assert again["refusals"] == first["refusals"]
    assert (tenant.all("select * from public.leads order by id"), tenant.all(LEDGER)) == before


def test_what_a_lead_lacks_is_filled_in_and_nothing_is_replaced(tenant: Tenant) -> None:
    """Name, address, metadata and basis where there is none; a basis that is there stays, in the ledger too."""
    tenant.lead("11 98111-1111", None, metadata={"cidade": "Natal"})
    tenant.lead("11 92222-2222", "Bia", email="bia@b.co", consent_basis="contract")
    report = imported(
        tenant,
        "nome;telefone;email;cidade;vip\nAna;11 8111-1111;ana@b.co;Recife;sim\n"
        "Beatriz;11 92222-2222;outra@b.co;Olinda;",
        legal_basis="consent",
    )
    assert (counts(report), report["completed"]) == ((0, 2, 0), 2)
    assert leads(tenant) == {
        "+5511981111111": ("Ana", "ana@b.co", {"cidade": "Natal", "vip": "sim"}),
        "+5511922222222": ("Bia", "bia@b.co", {"cidade": "Olinda"}),
    }
    assert tenant.all("select phone, consent_basis::text from public.leads order by phone") == [
        ("+5511922222222", "contract"),
        ("+5511981111111", "consent"),
    ]
    assert [entry[:4] for entry in tenant.all(LEDGER)] == [
        ("+5511922222222", True, "contract", "import"),
        ("+5511981111111", True, "consent", "import"),
    ]


def test_who_opted_out_stays_so_and_is_reported(tenant: Tenant) -> None:
    """No import brings a lead back, and none changes it."""
    lead = tenant.lead("11 98111-1111", None)
    tenant.all("insert into public.consents (lead_id, granted, legal_basis) values (%s, false, 'consent')", lead)
    before = tenant.all("select * from public.leads")
    report = imported(tenant, "nome;fone\nAna;(11) 8111-1111", legal_basis="consent", evidence="pediu de novo")
    assert tenant.all("select * from public.leads") == before
    assert [granted for _, granted, *_ in tenant.all(LEDGER)] == [False]
    assert counts(report) == (0, 1, 0)
    assert report["opted_out"] == [{"line": 2, "column": "fone", "value": "(11) 8111-1111", "lead_id": lead}]


def test_who_wrote_first_is_the_same_person(tenant: Tenant) -> None:
    """A lead known by its WhatsApp id alone, without the ninth digit, is not made a second time."""
    tenant.ingest(tenant.message("551187654321", "Oi"))
    tenant.world.all("update public.leads set phone = null, name = null")
    report = imported(tenant, "nome,telefone\nAna,11 98765-4321")
    assert counts(report) == (0, 1, 0)
    assert tenant.all("select phone, name from public.leads") == [(None, "Ana")]


def test_one_list_twice_at_once_is_imported_once(tenant: Tenant) -> None:
    """Two people, or one with an impatient click: the second waits, and finds everybody there."""
    csv = "nome,telefone\n" + "".join(f"L{n},11 9{80_000_000 + n}\n" for n in range(500))
    backwards = "\n".join(["nome,telefone", *reversed(csv.splitlines()[1:])])

    def import_it(text: str) -> JSON:
        with psycopg.connect(tenant.world.login, autocommit=True) as connection, as_user(connection, tenant.owner):
            found = connection.execute("select public.import_leads(csv => %s)", (text,)).fetchone()
        assert found is not None
        report: JSON = found[0]
        return report

    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(import_it, [csv, backwards] * 2))
    assert sorted(counts(report) for report in reports) == [(0, 500, 0)] * 3 + [(500, 0, 0)]
    assert len(leads(tenant)) == 500


def test_a_dry_run_says_the_same_and_writes_nothing(tenant: Tenant) -> None:
    """The report of the real import, beforehand."""
    tenant.lead("11 92222-2222", None)
    csv = "nome,telefone\nAna,11 98765-4321\nBia,11 92222-2222\nX,12\n"
    before = tenant.all("select * from public.leads")
    said = imported(tenant, csv, legal_basis="consent", dry_run=True)
    assert (said["dry_run"], counts(said), said["completed"]) == (True, (1, 1, 1), 1)
    assert (tenant.all("select * from public.leads"), tenant.all(LEDGER)) == (before, [])
    assert imported(tenant, csv, legal_basis="consent", dry_run=None) == {**said, "dry_run": False}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"csv": ""}, "the file is empty"),
        ({"csv": " \n;;\n"}, "the file is empty"),
        ({"csv": "nome;cidade\nAna;Natal"}, "the file has no column for the phone; its columns are nome, cidade"),
        ({"csv": "Ana;11 98765-4321\nBia;11 92222-2222"}, "the file has no column for the phone"),
        ({"csv": "phone,cidade,cidade\n1,2,3"}, "the file has two columns named 'cidade'"),
        ({"csv": "phone\n" + "1\n" * 20_001}, "the file has more than 20000 rows"),
        ({"csv": "phone\n" + "x" * 10_000_000}, "the list has more than 10 megabytes"),
        ({"csv": "phone\n" + "\n" * 1_000_000}, "the list has more than 1000000 cells and lines"),
        ({"csv": "phone\n" + ";" * 1_000_001}, "the list has more than 1000000 cells and lines"),
        ({"rows": [{}] * 20_001}, "the list has more than 20000 rows"),
        ({"rows": {"phone": "1"}}, "rows must be a list of objects"),
        ({"rows": None}, "give the leads either as csv, a text, or as rows, a list of objects"),
        ({}, "give the leads either as csv, a text, or as rows, a list of objects"),
        ({"csv": "phone\n1", "rows": []}, "give the leads either as csv, a text, or as rows, a list of objects"),
        ({"csv": "phone\n1", "evidence": "site"}, "evidence needs the legal_basis it is evidence of"),
        ({"csv": "phone\n1", "evidence": "x" * 2001, "legal_basis": "consent"}, "evidence has more than 2000"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_list_that_cannot_be_read_is_refused_as_a_whole(tenant: Tenant, arguments: JSON, sentence: str) -> None:
    """With what is wrong with it."""
    with pytest.raises(psycopg.errors.InvalidParameterValue) as error:
        imported(tenant, **arguments)
    assert sentence in refused(error.value)


def test_only_ones_own_client_is_imported_for(tenant: Tenant, other: Tenant) -> None:
    """Neither another's nor a suspended one; an admin says whose; who works at two clients says so, too."""
    csv = "phone\n11 98765-4321"
    with pytest.raises(psycopg.Error, match="there is no such client of yours") as error:
        imported(tenant, csv, client_id=other.id)
    assert error.value.sqlstate == "PT404"
    world = tenant.world
    with world.person(world.admin()) as admin:
        with pytest.raises(psycopg.Error, match="whose leads are these"), admin.connection.transaction():
            admin.one("select public.import_leads(csv => %s)", csv)
        admin.one("select public.import_leads(csv => %s, client_id => %s)", csv, tenant.id)
    assert set(leads(tenant)) == {"+5511987654321"}
    assert leads(other) == {}
    world.all("update public.clients set status = 'suspended' where id = %s", tenant.id)
    with pytest.raises(psycopg.Error, match="there is no such client of yours"):
        imported(tenant, csv, client_id=tenant.id)


def test_ten_thousand_rows_take_a_moment(tenant: Tenant) -> None:
    """With a bad one in ten; and as long again when all of them are there."""
    csv = "nome;celular;email;cidade\r\n" + "".join(
        f'"Lead ""{n}""";(11) 9{80_000_000 + n if n % 10 else "?"};l{n}@exemplo.com.br;São José\r\n'
        for n in range(10_000)
    )
    began = time.monotonic()
    first = imported(tenant, csv, legal_basis="consent")
    again = imported(tenant, csv, legal_basis="consent")
    assert time.monotonic() - began < 14
    assert (counts(first), counts(again)) == ((9000, 0, 1000), (0, 9000, 1000))
    assert first["refusals"][-1]["line"] == 9992
    assert tenant.one("select count(*) from public.consents") == 9000


def test_imported_leads_join_a_running_project_once(tenant: Tenant, interview: Interview) -> None:
    """Those who are new, in its audience and not left out; its other leads are not read for it."""
    project = tenant.project(audience={"metadata": {"cidade": "Natal"}, "join_later": True})
    tenant.start(project)
    csv = "fone;cidade\n11 91111-1111;Natal\n11 92222-2222;Recife\n11 93333-3333;Natal\n"
    imported(tenant, csv)
    imported(tenant, csv)
    joined = (
        "select l.phone from public.interviews as i join public.leads as l on l.id = i.lead_id where i.project_id = %s"
    )
    assert sorted(tenant.all(joined, project)) == [("+5511911111111",), ("+5511933333333",)]
    assert tenant.one("select count(*) from public.interviews where project_id = %s", interview.project) == 1
