"""`renum leads import`: a client's person, a file as a spreadsheet leaves it, a report to act on."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import NamedTuple

import pytest
from supabase import Client

from devstack.demo.access import Access, row, rows
from devstack.demo.company import sign_in_admin
from devstack.demo.leads import read_list
from devstack.errors import StackError
from tests.demo.conftest import Renum


class Owner(NamedTuple):
    """Somebody who works at one client, and how the command is told so."""

    api: Client
    company: str
    signed: tuple[str, ...]

    def leads(self) -> dict[str, str | None]:
        """Names by phone."""
        return {one["phone"]: one["name"] for one in rows(self.api.table("leads").select("phone,name").execute())}


@pytest.fixture
def owner(access: Access) -> Owner:
    """The owner of a new client without leads."""
    email, password = f"dona.{secrets.token_hex(4)}@padaria.example", secrets.token_urlsafe(12)
    admin, _ = sign_in_admin(access)
    company = f"Padaria {email[5:13]}"
    admin.rpc("create_client", {"company_name": company, "owner_email": email}).execute()
    access.operator().auth.admin.create_user({"email": email, "password": password, "email_confirm": True})
    return Owner(access.person(email, password), company, ("--email", email, "--password", password))


def test_a_spreadsheet_comes_in_and_its_bad_rows_are_told(renum: Renum, owner: Owner, tmp_path: Path) -> None:
    """As Excel saves it in Brazil: Windows-1252 and semicolons. First dry, then in earnest, then once more."""
    file = tmp_path / "clientes.csv"
    file.write_bytes(
        "Nome;Celular;Cidade\r\nConceição;(11) 8765-4321;São Paulo\r\n[Zé];12;\r\nJoão;11 92222-2222;\r\n".encode(
            "cp1252"
        )
    )
    arguments = ("leads", "import", str(file), *owner.signed, "--legal-basis", "consent", "--evidence", "site")
    dry = renum(*arguments, "--dry-run")
    assert (dry.returncode, owner.leads()) == (3, {}), dry.stderr
    assert "3 rows: 2 would be added" in dry.stdout
    first = renum(*arguments)
    assert first.returncode == 3, first.stderr
    assert "read as Windows-1252" in first.stdout
    assert "cannot be a telephone number" in first.stdout
    assert owner.leads() == {"+5511987654321": "Conceição", "+5511922222222": "João"}
    evidence = rows(owner.api.table("consents").select("legal_basis,evidence->>text").execute())
    assert evidence == [{"legal_basis": "consent", "text": "site"}] * 2
    again = renum(*arguments, "--client", owner.company.upper(), "--json")
    report = json.loads(again.stdout)
    assert (report["added"], report["already_there"], report["refused"]) == (0, 2, 1)
    assert report["refusals"][0]["line"] == 3
    assert report["refusals"][0]["value"] == "12"


def test_nothing_refused_is_success(renum: Renum, owner: Owner, tmp_path: Path) -> None:
    """A list of objects, exit code 0."""
    file = tmp_path / "leads.json"
    file.write_text('[{"name": "Ana", "phone": 11987654321}]')
    ran = renum("leads", "import", str(file), *owner.signed, "--legal-basis", "contract")
    assert ran.returncode == 0, ran.stderr
    assert owner.leads() == {"+5511987654321": "Ana"}
    assert row(owner.api.table("leads").select("consent_basis").execute()) == {"consent_basis": "contract"}


def test_what_is_wrong_is_said_in_a_sentence(renum: Renum, owner: Owner, tmp_path: Path) -> None:
    """Another's client, a wrong password, a file without a phone column: exit code 1, nothing imported."""
    file = tmp_path / "leads.csv"
    file.write_text("nome;celular\nAna;11 98765-4321\n")
    basis = ("--legal-basis", "consent")
    for arguments, sentence in (
        ((*owner.signed, "--client", "RENUM"), f"“RENUM” is no client of yours; yours are: {owner.company}"),
        ((*owner.signed[:3], "errada"), "The Auth API refused: Invalid login credentials"),
    ):
        ran = renum("leads", "import", str(file), *arguments, *basis)
        assert (ran.returncode, ran.stdout) == (1, "")
        assert sentence in ran.stderr
    file.write_text("nome;cidade\nAna;Natal\n")
    ran = renum("leads", "import", str(file), *owner.signed, *basis)
    assert ran.returncode == 1
    assert "The API refused: the file has no column for the phone; its columns are nome, cidade." in ran.stderr
    assert owner.leads() == {}


@pytest.mark.parametrize(
    ("name", "raw", "sentence"),
    [
        ("leads.xlsx", b"PK\x03\x04rest", "is a workbook"),
        ("leads.csv", b"\xd0\xcf\x11\xe0rest", "is a workbook"),
        ("leads.csv", b"\x89PNG\r\n\x1a\n\0\0", "is not a text file"),
        ("leads.csv", b"\xff\xfea", "is not a text file"),
        ("leads.json", b"[{]", "is not valid JSON"),
        ("leads.json", b"[NaN]", "is not valid JSON"),
        ("leads.json", b'["\\ud83d"]', "is not valid JSON"),
        ("leads.json", b"{}", "must hold a list of objects"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_advice(tmp_path: Path, name: str, raw: bytes, sentence: str) -> None:
    """Before anything is sent."""
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(StackError, match=sentence):
        read_list(tmp_path / name)
    with pytest.raises(StackError, match="cannot be read"):
        read_list(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_text_is_the_same_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    """What Excel, LibreOffice and others write; only a guess is told."""
    (tmp_path / "leads.csv").write_bytes("nome;fone\nConceição;1".encode(encoding))
    csv, listed, note = read_list(tmp_path / "leads.csv")
    assert (csv, listed) == ("nome;fone\nConceição;1", None)
    assert ("Windows-1252" in note) == (encoding == "cp1252")
