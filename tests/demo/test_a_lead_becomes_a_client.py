"""The conversion's demonstration: its figures, and what it left, read back apart from it."""

from __future__ import annotations

import json

from devstack.demo.access import Access, rows
from devstack.demo.company import sign_in_admin
from tests.demo.conftest import Renum


def test_one_of_two_leads_becomes_a_client(renum: Renum, access: Access) -> None:
    """The last line says who; the rows say that it is a client with an invited owner, an agent and a project."""
    answer = renum("demo", "--flow", "conversion", "--json")
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout.splitlines()[-1])
    assert (told["qualified"], told["converted"], told["agent_type"]) == (True, True, "clinica")
    assert (told["leads"], told["not_qualified"]) == (2, 1)
    assert told["turns"] >= 10
    admin, _ = sign_in_admin(access)
    (client,) = rows(admin.table("clients").select("company_name,status").eq("id", told["client_id"]).execute())
    assert client["company_name"].startswith("Clínica Nogueira")
    (member,) = rows(admin.table("client_members").select("role,status").eq("client_id", told["client_id"]).execute())
    assert member == {"role": "owner", "status": "invited"}
    (project,) = rows(admin.table("projects").select("client_id,status").eq("id", told["project_id"]).execute())
    assert project == {"client_id": told["client_id"], "status": "draft"}
    (conversion,) = rows(admin.table("conversions").select("id").eq("made_client_id", told["client_id"]).execute())
    # Taken back, it is no client any more.
    admin.rpc("reverse_conversion", {"conversion_id": conversion["id"], "reason": "era um teste"}).execute()
    (client,) = rows(admin.table("clients").select("status").eq("id", told["client_id"]).execute())
    assert client["status"] == "inactive"
