"""A system message that tells a new number or id: the same lead goes on, and nobody is merged with anybody."""

from __future__ import annotations

from typing import Any

from tests.database.builders import JSON, Interview, Tenant

NEW = "5521999990000"


def change(interview: Interview, **becomes: Any) -> JSON:
    """The provider's word that the lead is known otherwise from now on."""
    item = interview.tenant.message(interview.wa_id, "", becomes={"wa_id": None, "bsuid": None, **becomes})
    item["message"] = {"type": "system", "text": "", "payload": {"type": "user_changed_number"}, "reply_to": None}
    return item


def test_a_new_number_is_the_same_leads(interview: Interview) -> None:
    """It is written down, the lead's messages from there go on in the interview, and the reply goes there."""
    tenant = interview.tenant
    tenant.ingest(change(interview, wa_id=NEW, bsuid="BR.9"))
    assert tenant.world.claim("high_priority") == [], "there is nothing to reply to"
    assert tenant.all("select id, phone from public.leads") == [(interview.lead, "+" + NEW)]
    tenant.ingest(tenant.message(NEW, "9"))
    assert tenant.one("select count(*) from public.leads") == 1
    verdict = interview.commit(interview.claim())
    assert verdict["delivery"]["work"]["to"]["wa_id"] == NEW


def test_the_reply_under_way_goes_to_the_new_number(interview: Interview) -> None:
    """What was asked from the old number is answered at the new one."""
    interview.say("8")
    task = interview.claim()
    interview.tenant.ingest(change(interview, wa_id=NEW, bsuid="BR.9"))
    to = interview.commit(task)["delivery"]["work"]["to"]
    assert (to["wa_id"], to["bsuid"], to["phone"]) == (NEW, "BR.9", "+" + NEW)


def test_whoever_gets_the_old_number_is_somebody_else(interview: Interview) -> None:
    """A message from there begins with a new lead and does not answer the interview."""
    tenant = interview.tenant
    interview.say("oi")
    interview.commit(interview.claim())
    tenant.ingest(change(interview, wa_id=NEW))
    tenant.ingest(tenant.message(interview.wa_id, "alô?"))
    assert tenant.one("select count(*) from public.leads") == 2
    assert tenant.all("select content from public.messages") == [("alô?",)]


def test_a_number_that_is_another_leads_merges_nobody(interview: Interview) -> None:
    """Both leads stay as they were."""
    tenant = interview.tenant
    other = tenant.lead("+" + NEW)
    before = tenant.all("select id, phone from public.leads order by id")
    identities = tenant.all("select lead_id, kind::text, value from public.lead_identities order by 1, 2, 3")
    tenant.ingest(change(interview, wa_id=NEW))
    assert tenant.all("select id, phone from public.leads order by id") == before
    tenant.ingest(tenant.message(NEW, "oi"))
    assert tenant.one("select lead_id from public.conversations") == other
    after = set(tenant.all("select lead_id, kind::text, value from public.lead_identities"))
    assert after >= set(identities)
    assert (interview.lead, "wa_id", NEW) not in after


def test_a_new_id_alone_is_added(interview: Interview) -> None:
    """The number stays, the lead is found by either."""
    tenant = interview.tenant
    tenant.ingest(change(interview, bsuid="BR.10"))
    only = {"wa_id": None, "bsuid": "BR.10", "name": None}
    tenant.ingest(tenant.message(None, "9", sender=only))
    assert tenant.one("select count(*) from public.leads") == 1
    assert interview.claim()["work"]["input"][-1]["content"] == "9"


def test_a_change_told_by_a_strangers_number_makes_no_second_lead(tenant: Tenant) -> None:
    """A person never heard of is met under the old number and known by the new one."""
    item = tenant.message("5521987650000", "", becomes={"wa_id": NEW, "bsuid": None})
    item["message"] = {"type": "system", "text": "", "payload": {}, "reply_to": None}
    tenant.ingest(item)
    tenant.ingest(tenant.message(NEW, "oi"))
    assert tenant.all("select phone from public.leads") == [("+" + NEW,)]
