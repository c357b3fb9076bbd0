"""The commands beside the demonstration: the first admin, data for a load, being a lead in the terminal."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path

import httpx
import pytest
from supabase import AuthApiError

from devstack.demo.access import Access, Row, rows
from devstack.demo.chat import Keyboard
from devstack.errors import StackError
from devstack.simulator import envelope
from devstack.simulator.client import SimulatorClient
from devstack.simulator.state import Number
from tests.demo.conftest import Renum


def house_members(access: Access, email: str) -> list[Row]:
    """The person's memberships of the house client."""
    query = access.operator().table("client_members").select("role,status,clients!inner(is_house,company_name)")
    return rows(query.eq("email", email).eq("clients.is_house", "true").execute())


def test_the_first_admin_sees_everybody(renum: Renum, access: Access) -> None:
    """A generated password is shown once and signs in; the admin owns the house client; again, nothing changes."""
    email = f"ines.{secrets.token_hex(4)}@renum.example"
    first = renum("admin", "create", email, "--name", "Inês Prado")
    assert first.returncode == 0, first.stderr
    password = first.stdout.split("(shown only now): ")[1].strip()
    admin = access.person(email, password)
    profile = rows(admin.table("profiles").select("role,full_name").eq("email", email).execute())
    assert profile == [{"role": "admin", "full_name": "Inês Prado"}]
    house = {"is_house": True, "company_name": "RENUM"}
    assert house_members(access, email) == [{"role": "owner", "status": "active", "clients": house}]
    again = renum("admin", "create", email.upper())
    assert again.returncode == 0, again.stderr
    assert "shown only now" not in again.stdout
    assert len(house_members(access, email)) == 1
    access.person(email, password)


def test_an_admins_password_can_be_set(renum: Renum, access: Access) -> None:
    """--password replaces the one before."""
    email = f"otto.{secrets.token_hex(4)}@renum.example"
    for password in ("primeira-senha-longa", "segunda-senha-longa"):
        assert renum("admin", "create", email, "--password", password).returncode == 0
    access.person(email, "segunda-senha-longa")
    with pytest.raises(AuthApiError):
        access.person(email, "primeira-senha-longa")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["sem-arroba"], "The Auth API refuses sem-arroba: Unable to validate email address: invalid format"),
        (["ana@@renum.example"], "invalid format"),
        ([""], "An email address is required"),
        (["{new}", "--password", "12345"], "Password should be at least 6 characters"),
        (["{new}", "--password", ""], "The password is empty"),
        (["{known}", "--password", ""], "The password is empty"),
        (["{known}", "--password", "12345"], "Password should be at least 6 characters"),
        (["{known}", "--name", "x" * 201], "full_name_has_at_most_200_characters"),
    ],
)
def test_an_admin_that_cannot_be_made_is_explained(
    renum: Renum, access: Access, arguments: list[str], sentence: str
) -> None:
    """A bad address, a weak password, a name without end: exit code 1, one sentence, and nobody has become admin."""
    known, new = (f"{name}.{secrets.token_hex(4)}@renum.example" for name in ("lia", "ruy"))
    access.operator().auth.admin.create_user({"email": known, "password": "uma-senha-longa", "email_confirm": True})
    ran = renum("admin", "create", *(one.format(new=new, known=known) for one in arguments))
    assert ran.returncode == 1
    assert sentence in ran.stderr
    assert "Traceback" not in ran.stderr
    admins = rows(access.operator().table("profiles").select("email").eq("role", "admin").execute())
    assert not {known, new} & {one["email"] for one in admins}
    access.person(known, "uma-senha-longa")


def test_whoever_merely_signed_up_does_not_become_admin(renum: Renum, access: Access) -> None:
    """An address nobody confirmed may be a stranger's: refused, and the profile stays a client's."""
    email = f"estranho.{secrets.token_hex(4)}@renum.example"
    access.anybody().auth.sign_up({"email": email, "password": "senha-do-estranho"})
    ran = renum("admin", "create", email)
    assert ran.returncode == 1
    assert "never confirmed" in ran.stderr
    assert rows(access.operator().table("profiles").select("role").eq("email", email).execute()) == [{"role": "client"}]


def test_an_operators_command_says_what_it_needs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a stack and without variables the sentence names all; a hosted address is never mixed with local keys."""
    for name in ("SUPABASE_URL", "SUPABASE_SECRET_KEY", "SUPABASE_DB_URL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(StackError, match="SUPABASE_URL, SUPABASE_SECRET_KEY, SUPABASE_DB_URL must be set"):
        Access.for_operator(tmp_path)
    (tmp_path / "env").write_text(
        "SUPABASE_URL=http://local\nSUPABASE_SECRET_KEY=k\nSUPABASE_DB_URL=postgresql://local\n"
    )
    assert Access.for_operator(tmp_path).url == "http://local"
    monkeypatch.setenv("SUPABASE_URL", "https://hosted.example")
    with pytest.raises(StackError, match="SUPABASE_SECRET_KEY, SUPABASE_DB_URL must be set"):
        Access.for_operator(tmp_path)


def test_seeded_leads_are_ready_to_answer(renum: Renum, access: Access) -> None:
    """All invited, nothing sent for it, numbers in order, no throughput limit; the owner can sign in."""
    ran = renum("seed", "--leads", "150", "--questions", "6", "--phone-number-id", "77", "--app-secret", "s", "--json")
    assert ran.returncode == 0, ran.stderr
    made = json.loads(ran.stdout.splitlines()[-1])
    owner = access.person(made["owner_email"], made["owner_password"])
    interviews = rows(owner.table("interviews").select("status,invited_at,leads(phone)").execute())
    assert {one["status"] for one in interviews} == {"pending"}
    assert all(one["invited_at"] for one in interviews)
    assert sorted(one["leads"]["phone"] for one in interviews) == [f"+{5511900000000 + i}" for i in range(150)]
    deliveries = rows(owner.table("deliveries").select("status,kind,task_id").execute())
    assert {(one["status"], one["kind"], one["task_id"]) for one in deliveries} == {("sent", "invitation", None)}
    account = rows(owner.table("channel_accounts").select("id,throughput,external_id").execute())
    assert account == [{"id": made["channel_account_id"], "throughput": None, "external_id": "77"}]
    project = rows(owner.table("projects").select("id,status,config").execute())[0]
    assert (project["id"], project["status"]) == (made["project_id"], "active")
    assert len(project["config"]["questionnaire"]["questions"]) == 6
    with SimulatorClient(access.simulator_url) as simulator:
        assert simulator.messages(phone_number_id="77") == []
        simulator.register_number("77", made["webhook_url"], "s")
        simulator.say("5511900000149", "Oi, tudo bem?", phone_number_id="77")
        answer = simulator.wait_for_message("5511900000149", phone_number_id="77")
    assert answer is not None
    assert "De 0 a 10" in answer["text"]


def test_a_seeded_webhook_wants_the_given_secret(renum: Renum) -> None:
    """Signed with another one it is refused."""
    ran = renum(
        "seed", "--leads", "1", "--questions", "1", "--phone-number-id", "78", "--app-secret", "certo", "--json"
    )
    made = json.loads(ran.stdout.splitlines()[-1])
    number = Number("78", made["webhook_url"], "certo")
    value = envelope.inbound_value({"from": "5511900000000", "text": "Oi"})
    body = envelope.encode(envelope.envelope(number, [value]))
    statuses = []
    for secret in ("errado", "certo"):
        signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": signature, "Content-Type": "application/json"}
        statuses.append(httpx.post(made["webhook_url"], content=body, headers=headers, trust_env=False).status_code)
    assert statuses == [401, 200]


def test_a_piped_chat_goes_to_the_end(renum: Renum) -> None:
    """Each line waits for the answer to the one before; the interview's end ends the chat."""
    lines = ("sim", "/audio", "9", "O pão é muito bom", "4", "na loja", "não", "abrir mais cedo", "never said")
    ran = renum("chat", "--name", "Zélia", stdin="\n".join(lines) + "\n")
    assert ran.returncode == 0, ran.stderr
    assert "Olá, Zélia!" in ran.stdout
    assert "o seu áudio" in ran.stdout
    assert "the interview is over: completed" in ran.stdout
    assert "never said" not in ran.stdout


def test_a_chat_goes_on_where_the_lead_stopped(renum: Renum) -> None:
    """--phone finds the live interview, in any spelling of the number; /sair opts out."""
    first = renum("chat", "--phone", "(11) 97777-1234", "--name", "Zé", stdin="pode sim")
    assert first.returncode == 0, first.stderr
    assert "the interview is still open" in first.stdout
    second = renum("chat", "--phone", "11 7777-1234", stdin="/sair\n")
    assert second.returncode == 0, second.stderr
    assert "goes on" in second.stdout
    assert "pode sim" in second.stdout
    assert "the interview is over: opted_out" in second.stdout


def test_lines_come_whole_out_of_a_pipe() -> None:
    """Whatever the pieces they are written in; the last one needs no line end."""
    reading, writing = os.pipe()
    try:
        keyboard = Keyboard(reading)
        assert keyboard.line(0.01) is None
        os.write(writing, "olá".encode() + b"\nse")
        assert keyboard.line(0.5) == "olá"
        assert keyboard.line(0.01) is None
        os.write(writing, b"m fim")
        os.close(writing)
        assert not keyboard.empty
        seen = [keyboard.line(0.05) for _ in range(3)]
        assert seen[-1] is None
        assert "sem fim" in seen
        assert keyboard.empty
    finally:
        os.close(reading)
