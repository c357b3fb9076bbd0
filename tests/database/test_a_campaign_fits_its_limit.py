"""Before a project starts: what it costs, whether it fits into the account's daily limit, and the refusal that names
the number that does not."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.database.builders import JSON, QUESTIONS, Tenant, refused

DAY_S = 86_400


def crowd(tenant: Tenant, leads: int, first: int = 0) -> None:
    """So many leads."""
    tenant.all(
        "insert into public.leads (phone, name) select '119' || to_char(82000000 + n, 'FM00000000'), 'Lead ' || n"
        " from generate_series(%s::integer, %s::integer) as n",
        first,
        first + leads - 1,
    )


def limit(tenant: Tenant, people: int | None, **columns: Any) -> None:
    """The account's tier."""
    values = {"daily_limit": people, **columns}
    names = ", ".join(f"{name} = %s" for name in values)
    tenant.all(f"update public.channel_accounts set {names} where id = %s", *values.values(), tenant.account)


def room(tenant: Tenant, project: str) -> JSON:
    """The preview's limit."""
    found: JSON = tenant.one("select public.preview_audience(%s) -> 'limit'", project)
    return found


def problem(tenant: Tenant, project: str) -> str:
    """Starts; the sentence it is refused with, '' when it starts."""
    try:
        tenant.start(project)
    except psycopg.errors.InvalidParameterValue as error:
        return refused(error)
    return ""


def written_to(tenant: Tenant, leads: int, account: str | None = None) -> None:
    """The engine has written first to the first so many leads, just now."""
    tenant.world.all(
        "insert into public.deliveries"
        " (client_id, lead_id, channel_account_id, kind, content, status, queue, initiated, begun_at, sent_at)"
        " select l.client_id, l.id, %s, 'invitation', '{}', 'sent', 'default', true, private.now(), private.now()"
        " from public.leads as l where l.client_id = %s order by l.phone limit %s",
        account or tenant.account,
        tenant.id,
        leads,
    )


def test_five_hundred_leads_do_not_fit_into_a_tier_of_250(tenant: Tenant) -> None:
    """Refused with the numbers before anything is made; stretched, it starts."""
    crowd(tenant, 500)
    limit(tenant, 250)
    project = tenant.project()
    told = room(tenant, project)
    assert told == {
        "daily_limit": 250,
        "used_24h": 0,
        "waiting": 0,
        "free": 250,
        "needed": 500,
        "fits": False,
        "days": 2,
    }
    assert problem(tenant, project) == (
        "the audience has 500 leads, but the account may write first to 250 people in 24 hours (0 used): 250 do not fit"
    )
    assert tenant.one("select status::text from public.projects") == "draft"
    assert tenant.one("select count(*) from public.interviews") == 0
    assert tenant.one("select count(*) from public.deliveries") == 0
    tenant.all("update public.projects set config = config || '{\"stretch\": true}'")
    assert problem(tenant, project) == ""
    assert tenant.one("select count(*) from public.interviews") == 500


def test_the_hint_says_what_to_do_and_an_inserted_project_is_refused_too(tenant: Tenant) -> None:
    """One that would run from the beginning is not there afterwards."""
    crowd(tenant, 3)
    limit(tenant, 2)
    with pytest.raises(psycopg.Error) as error:
        tenant.project(status="active")
    assert "config.stretch" in str(error.value.diag.message_hint)
    assert tenant.one("select count(*) from public.projects") == 0
    tenant.project(status="active", stretch=True)
    with pytest.raises(psycopg.Error, match=r"projects\.config: stretch must be true or false"):
        tenant.project(stretch="sim")


def test_what_fits_exactly_starts(tenant: Tenant) -> None:
    """And without a limit everything fits."""
    crowd(tenant, 4)
    limit(tenant, 4)
    assert room(tenant, tenant.project())["days"] == 1
    assert problem(tenant, tenant.project()) == ""


def test_who_was_written_to_in_24_hours_uses_the_limit_up(tenant: Tenant) -> None:
    """Once each, on every number of the portfolio; a day later nobody does; written to again costs nothing more."""
    crowd(tenant, 10)
    limit(tenant, 12, portfolio_id="9")
    second = tenant.one(
        "insert into public.channel_accounts (provider, name, external_id, portfolio_id, daily_limit)"
        " values ('whatsapp_cloud', 'Segundo', '31', '9', 12) returning id"
    )
    alone = tenant.one(
        "insert into public.channel_accounts (provider, name, external_id)"
        " values ('whatsapp_cloud', 'Só', '32') returning id"
    )
    written_to(tenant, 4)
    written_to(tenant, 4)
    written_to(tenant, 6, account=second)
    written_to(tenant, 8, account=alone)
    reached = "select private.people_reached(%s)"
    assert [tenant.world.one(reached, account) for account in (tenant.account, second, alone)] == [6, 6, 8]
    crowd(tenant, 5, first=10)
    project = tenant.project()
    assert room(tenant, project) == {
        "daily_limit": 12,
        "used_24h": 6,
        "waiting": 0,
        "free": 6,
        "needed": 9,
        "fits": False,
        "days": 2,
    }
    assert problem(tenant, project) == (
        "the audience has 15 leads, 9 of them to be written to first,"
        " but the account may write first to 12 people in 24 hours (6 used): 3 do not fit"
    )
    tenant.world.setting("clock_offset_s", DAY_S + 60)
    assert tenant.world.one(reached, tenant.account) == 0
    assert room(tenant, project)["needed"] == 15


def test_who_wrote_lately_does_not_count(tenant: Tenant) -> None:
    """An open window needs no first message; it closes after 24 hours."""
    crowd(tenant, 3)
    limit(tenant, 2)
    tenant.ingest(tenant.message("5511982000000", "Oi"))
    project = tenant.project()
    assert room(tenant, project)["needed"] == 2
    tenant.world.setting("clock_offset_s", DAY_S + 60)
    assert room(tenant, project)["needed"] == 3
    tenant.world.setting("clock_offset_s", 0)
    assert problem(tenant, project) == ""


def test_what_another_project_is_still_to_invite_takes_its_room(tenant: Tenant) -> None:
    """Two campaigns that fit one by one and not together: the second is refused, by what waits."""
    crowd(tenant, 6)
    limit(tenant, 10)
    tenant.world.setting("admitted_tasks", 2)
    assert problem(tenant, tenant.project()) == ""
    crowd(tenant, 5, first=6)
    second = tenant.project(audience={"all": True})
    assert room(tenant, second)["waiting"] == 6
    assert problem(tenant, second).endswith(
        "may write first to 10 people in 24 hours (0 used, 6 waiting in running projects): 7 do not fit"
    )


def test_a_project_that_goes_on_is_not_refused_for_whom_it_has(tenant: Tenant) -> None:
    """Paused and resumed, its own interviews count only once."""
    crowd(tenant, 3)
    limit(tenant, 3)
    tenant.start(project := tenant.project())
    written_to(tenant, 3)
    tenant.all("update public.projects set status = 'paused'")
    assert problem(tenant, project) == ""


def test_a_refusal_tells_nothing_of_another_clients_leads(tenant: Tenant, other: Tenant) -> None:
    """Whoever names another client's project or inserts one in its name is refused by the policies, without a
    count."""
    crowd(tenant, 3)
    limit(tenant, 2)
    with pytest.raises(psycopg.Error) as error:
        other.all(
            "insert into public.projects (client_id, name, config, status) values (%s, 'x', %s, 'active')",
            tenant.id,
            {"questionnaire": {"questions": QUESTIONS}},
        )
    assert "leads" not in refused(error.value)


@pytest.mark.parametrize(
    ("category", "cost"),
    [
        ("marketing", {"currency": "USD", "amount": 0.19, "per_message": 0.0625, "category": "marketing"}),
        ("utility", {"currency": "USD", "amount": 0.02, "per_message": 0.0068, "category": "utility"}),
        ("authentication", None),
    ],
)
def test_the_preview_says_what_it_costs(tenant: Tenant, category: str, cost: JSON | None) -> None:
    """By the invitation's category, for everybody who would be invited; null where no price is known."""
    crowd(tenant, 3)
    tenant.all("update public.message_templates set category = %s where name = 'convite'", category)
    assert tenant.one("select public.preview_audience(%s) -> 'cost'", tenant.project()) == cost


def test_the_newest_price_that_holds_is_taken(tenant: Tenant) -> None:
    """An operator's new row counts from its day on; a provider without prices costs nobody knows what."""
    crowd(tenant, 10)
    world = tenant.world
    world.all(
        "insert into private.prices values ('whatsapp_cloud', 'utility', 'BRL', 0.04, current_date),"
        " ('whatsapp_cloud', 'utility', 'BRL', 9, current_date + 30)"
    )
    try:
        project = tenant.project()
        cost = "select public.preview_audience(%s) -> 'cost'"
        assert tenant.one(cost, project) == {
            "currency": "BRL",
            "amount": 0.4,
            "per_message": 0.04,
            "category": "utility",
        }
        world.setting("clock_offset_s", 40 * DAY_S)
        assert tenant.one(cost, project)["amount"] == 90
    finally:
        world.all("delete from private.prices where currency = 'BRL'")
    tenant.all("update public.channel_accounts set status = 'paused'")
    assert tenant.one("select public.preview_audience(%s)", project)["cost"] is None
    assert room(tenant, project) is None
