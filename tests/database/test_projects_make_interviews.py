"""Starting a project: interviews for its audience, invitations as far as there is room, each once."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import pytest

from tests.database.builders import JSON, QUESTIONS, Tenant


def test_starting_makes_interviews_and_invitations_once(tenant: Tenant) -> None:
    """Every lead of the audience gets one interview and one invitation, however often the project is started."""
    leads = {tenant.lead(), tenant.lead()}
    tenant.start(project := tenant.project())
    tenant.start(project)
    tenant.all("update public.projects set status = 'paused' where id = %s", project)
    tenant.start(project)
    assert {lead for (lead,) in tenant.all("select lead_id from public.interviews where status = 'pending'")} == leads
    assert tenant.one("select count(*) from public.interviews where invited_at is not null") == 2
    assert tenant.all("select kind::text, count(*) from public.deliveries group by 1") == [("invitation", 2)]
    assert len(tenant.world.claim("default")) == 2


def test_the_invitation_is_the_template_with_its_parameters(tenant: Tenant) -> None:
    """The lead's first name and the company stand in the template's places, on one line and never empty."""
    tenant.lead("(11) 96000-0001", "Ana\n Lima")
    tenant.lead("(11) 96000-0002", None)
    tenant.start(tenant.project())
    company = tenant.one("select company_name from public.clients")
    works = {task["work"]["to"]["phone"]: task["work"] for task in tenant.world.claim("default")}
    assert works["+5511960000001"]["content"] == {
        "type": "template",
        "name": "convite",
        "language": "pt_BR",
        "parameters": ["Ana", company],
        "text": f"Oi Ana, aqui é da {company}. Podemos conversar?",
    }
    assert works["+5511960000001"]["kind"] == "invitation"
    assert works["+5511960000001"]["channel_account_id"] == tenant.account
    assert works["+5511960000002"]["content"]["parameters"] == ["tudo bem", company]


def test_a_project_inserted_as_active_starts_as_well(tenant: Tenant) -> None:
    """An import may insert a project that runs from the beginning."""
    tenant.lead()
    tenant.project(status="active")
    assert tenant.one("select count(*) from public.interviews where invited_at is not null") == 1


def test_five_thousand_leads_are_interviewed_and_a_share_of_them_invited(tenant: Tenant) -> None:
    """The start is set-based and fast; invitations go no further than the client's share of the queue."""
    world = tenant.world
    tenant.all(
        "insert into public.leads (phone, name) select '119' || to_char(80000000 + n, 'FM00000000'), 'Lead ' || n"
        " from generate_series(1, 5000) as n"
    )
    began = time.monotonic()
    tenant.start(tenant.project())
    assert time.monotonic() - began < 4
    assert tenant.one("select count(*) from public.interviews") == 5000
    assert world.queued("default") == 100
    assert tenant.one("select count(*) from public.deliveries") == 100

    sent: set[str] = set()
    for _ in range(4):
        tasks = world.claim("default", limit=40)
        world.complete(*tasks)
        sent |= {task["work"]["to"]["phone"] for task in tasks}
        world.one("select private.sweep()")
        assert world.queued("default") <= 100
    assert len(sent) == 160, "room made by what was sent is used for the next, and nobody is invited twice"


def test_a_paused_project_does_not_invite(tenant: Tenant) -> None:
    """What was not sent yet waits; the sweep and the next claim make no new invitations; resumed, it goes on."""
    world = tenant.world
    world.setting("admitted_tasks", 2)
    for _ in range(4):
        tenant.lead()
    tenant.start(project := tenant.project())
    tenant.all("update public.projects set status = 'paused' where id = %s", project)
    assert world.claim("default") == []
    world.one("select private.sweep()")
    assert world.claim("default") == []
    assert tenant.all("select distinct status::text, reason from public.deliveries") == [
        ("deferred", "the project is paused")
    ]
    assert tenant.one("select count(*) from public.interviews where invited_at is not null") == 2

    tenant.start(project)
    world.later(61)
    world.one("select private.sweep()")
    assert len(world.claim("default")) == 2


def test_a_paused_project_takes_no_room_from_another(tenant: Tenant) -> None:
    """Another project of the same client invites while invitations of a paused one wait."""
    world = tenant.world
    world.setting("admitted_tasks", 1)
    first, second = tenant.lead(), tenant.lead()
    tenant.start(paused := tenant.project(audience={"lead_ids": [first]}))
    tenant.all("update public.projects set status = 'paused' where id = %s", paused)
    assert world.claim("default") == []
    tenant.start(tenant.project(audience={"lead_ids": [second]}))
    assert len(world.claim("default")) == 1


def test_the_invitation_of_a_cancelled_interview_is_not_sent(tenant: Tenant) -> None:
    """Who cancels an interview before its invitation left has it withdrawn."""
    tenant.lead()
    tenant.start(tenant.project())
    tenant.all("update public.interviews set status = 'cancelled'")
    assert tenant.world.claim("default") == []
    assert tenant.all("select status::text, reason from public.deliveries") == [
        ("cancelled", "the interview has ended")
    ]
    assert tenant.world.queued("default") == 0


def test_a_second_survey_waits_for_the_first_to_end(tenant: Tenant) -> None:
    """One lead has one live interview per number; the next one invites when it ended."""
    interview = tenant.interview()
    second = tenant.project(audience={"lead_ids": [interview.lead]})
    tenant.start(second)
    tenant.world.one("select private.sweep()")
    assert tenant.world.claim("default") == []
    tenant.all("update public.interviews set status = 'cancelled' where id = %s", interview.id)
    (task,) = tenant.world.claim("default")
    assert task["work"]["kind"] == "invitation"
    assert (
        tenant.one("select project_id from public.interviews where invited_at is not null and status = 'pending'")
        == second
    )


def _seven(tenant: Tenant) -> dict[str, str]:
    """Leads of every kind, by name."""
    leads = {
        "Recife": tenant.lead(name="Recife", metadata={"cidade": "Recife", "tags": ["vip", "novo"]}),
        "Olinda": tenant.lead(name="Olinda", metadata={"cidade": "Olinda", "tags": ["vip"]}),
        "Mudo": tenant.lead(name="Mudo"),
        "Bloqueado": tenant.lead(name="Bloqueado", status="blocked"),
        "Inativo": tenant.lead(name="Inativo", status="inactive"),
        "Saiu": tenant.lead(name="Saiu"),
        "Sem número": tenant.one("insert into public.leads (name, email) values ('Sem número', 'a@b.c') returning id"),
    }
    tenant.all(
        "insert into public.consents (lead_id, granted, legal_basis) values (%s, false, 'consent')", leads["Saiu"]
    )
    return leads


@pytest.mark.parametrize(
    ("audience", "names"),
    [
        (None, {"Recife", "Olinda", "Mudo"}),
        ({"all": True}, {"Recife", "Olinda", "Mudo"}),
        ({"metadata": {"cidade": "Recife"}}, {"Recife"}),
        ({"metadata": {"tags": ["vip"]}}, {"Recife", "Olinda"}),
        ({"metadata": {"cidade": "Natal"}}, set()),
        ({"lead_ids": ["Mudo", "Saiu"]}, {"Mudo"}),
        ({"lead_ids": []}, set()),
    ],
)
def test_the_audience_is_who_the_config_says(tenant: Tenant, other: Tenant, audience: Any, names: set[str]) -> None:
    """All, by ids or by metadata; never who opted out, is blocked, inactive or has no number; never another's lead."""
    leads = _seven(tenant)
    other.lead(name="Alheio", metadata={"cidade": "Recife"})
    config: JSON = {}
    if audience is not None:
        # Ids in capitals are the same ids.
        chosen = (
            {"lead_ids": [leads[name].upper() for name in audience["lead_ids"]]} if "lead_ids" in audience else audience
        )
        config = {"audience": chosen}
    tenant.start(tenant.project(**config))
    invited = tenant.all("select l.name from public.interviews as i join public.leads as l on l.id = i.lead_id")
    assert {name for (name,) in invited} == names


def test_another_tenants_lead_in_the_ids_is_nobody(tenant: Tenant, other: Tenant) -> None:
    """Naming somebody else's lead neither invites nor fails."""
    strange = other.lead()
    tenant.start(tenant.project(audience={"lead_ids": [strange]}))
    assert tenant.world.one("select count(*) from public.interviews") == 0


def _preview(tenant: Tenant, project: str) -> JSON:
    """Who would be interviewed; what it costs is told elsewhere."""
    answer: JSON = tenant.one("select public.preview_audience(%s)", project)
    return {key: answer[key] for key in ("count", "left_out")}


def test_the_preview_says_who_would_be_left_out_and_why(tenant: Tenant, other: Tenant) -> None:
    """Counts before the start, by reason; the same leads are the already interviewed ones afterwards."""
    _seven(tenant)
    project = tenant.project()
    before = {"opted_out": 1, "blocked": 1, "inactive": 1, "no_number": 1}
    assert _preview(tenant, project) == {"count": 3, "left_out": before}
    assert tenant.one("select count(*) from public.interviews") == 0
    tenant.start(project)
    after = {**before, "already_interviewed": 3}
    assert _preview(tenant, project) == {"count": 0, "left_out": after}
    with pytest.raises(Exception, match="there is no such project"):
        other.one("select public.preview_audience(%s)", project)


@pytest.mark.parametrize(
    ("audience", "preview"),
    [
        ({"lead_ids": []}, {"count": 0, "left_out": {}}),
        ({"metadata": {"cidade": "Natal"}}, {"count": 0, "left_out": {}}),
        ({"lead_ids": [str(UUID(int=n % 1000)) for n in range(2000)]}, {"count": 0, "left_out": {"not_found": 1000}}),
    ],
    ids=["no ids", "nobody like that", "ids of nobody"],
)
def test_an_audience_of_nobody_says_so(tenant: Tenant, other: Tenant, audience: JSON, preview: JSON) -> None:
    """Counted as what it is, ids that are no leads by that reason; another's lead is nobody as well."""
    tenant.lead()
    assert _preview(tenant, tenant.project(audience=audience)) == preview
    strange = tenant.project(audience={"lead_ids": [other.lead()]})
    assert _preview(tenant, strange) == {"count": 0, "left_out": {"not_found": 1}}


def test_a_huge_audience_is_counted_and_a_later_lead_joins_without_reading_it(tenant: Tenant) -> None:
    """20,000 ids of 40,000 leads, by a list of ids as by everybody; twenty more leads take a moment."""
    tenant.all(
        "insert into public.leads (phone) select d.d || to_char(980000000 + n, 'FM000000000')"
        " from generate_series(1, 20000) as n, unnest(array['11', '21']) as d (d)"
    )
    ids = [lead for (lead,) in tenant.all("select id from public.leads limit 20000")]
    chosen, everybody = (
        tenant.project(audience={"lead_ids": ids}),
        tenant.project(audience={"all": True, "join_later": True}),
    )
    began = time.monotonic()
    assert _preview(tenant, chosen) == {"count": 20000, "left_out": {}}
    assert _preview(tenant, everybody) == {"count": 40000, "left_out": {}}
    assert time.monotonic() - began < 4
    tenant.start(everybody)
    began = time.monotonic()
    for _ in range(20):
        tenant.lead()
    assert time.monotonic() - began < 2
    assert tenant.one("select count(*) from public.interviews") == 40020


@pytest.mark.parametrize(("join_later", "interviews"), [(True, 2), (False, 0), (None, 0)])
def test_later_leads_join_only_where_the_audience_says_so(
    tenant: Tenant, join_later: bool | None, interviews: int
) -> None:
    """With join_later a lead imported into a running project is interviewed and invited by the sweep."""
    audience: JSON = {"metadata": {"cidade": "Recife"}}
    if join_later is not None:
        audience["join_later"] = join_later
    tenant.start(tenant.project(audience=audience))
    for city in ("Recife", "Recife", "Olinda"):
        tenant.lead(metadata={"cidade": city})
    assert tenant.one("select count(*) from public.interviews") == interviews
    tenant.world.one("select private.sweep()")
    assert len(tenant.world.claim("default")) == interviews


def test_a_campaign_without_a_questionnaire_interviews_nobody(tenant: Tenant) -> None:
    """It may run (for conversations); there is nothing to ask."""
    tenant.lead()
    tenant.all("insert into public.projects (name, type, status) values ('Vitrine', 'campaign', 'active')")
    assert tenant.one("select count(*) from public.interviews") == 0


def test_a_suspended_clients_project_stops_inviting(tenant: Tenant) -> None:
    """No new invitations are made for a client that is not active."""
    world = tenant.world
    world.setting("admitted_tasks", 1)
    tenant.lead()
    tenant.lead()
    tenant.start(tenant.project(QUESTIONS))
    world.all("update public.clients set status = 'suspended' where id = %s", tenant.id)
    world.complete(*world.claim("default"))
    world.one("select private.sweep()")
    assert world.claim("default") == []
    assert world.one("select count(*) from public.interviews where invited_at is not null") == 1


def test_who_opted_out_while_waiting_is_not_invited(tenant: Tenant) -> None:
    """The interview is cancelled as opted out, both before the invitation was made and before it was sent."""
    world = tenant.world
    world.setting("admitted_tasks", 1)
    leads = [tenant.lead(), tenant.lead()]
    tenant.start(tenant.project())
    for lead in leads:
        tenant.all("insert into public.consents (lead_id, granted, legal_basis) values (%s, false, 'consent')", lead)
    assert world.claim("default") == []
    world.one("select private.sweep()")
    assert [task for task in world.claim("default") if task["work"]["kind"] == "invitation"] == []
    assert tenant.all("select kind::text, status::text, reason from public.deliveries where kind = 'invitation'") == [
        ("invitation", "cancelled", "the lead opted out")
    ]
    assert tenant.one("select count(*) from public.interviews where end_reason = 'opted_out'") == 2
