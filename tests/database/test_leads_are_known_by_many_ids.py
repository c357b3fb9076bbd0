"""A lid is nobody's telephone number, an SMS sender has no WhatsApp id: whoever writes is found by whatever came with
the message, answered there, and two leads are never made one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.database.builders import JSON, Tenant

LID = "212345678901234"
WA_ID = "551187654321"


def sender(**ids: Any) -> JSON:
    """A sender with these ids and no other."""
    return {"wa_id": None, "bsuid": None, "parent_bsuid": None, "name": "Ana", "username": None, **ids}


def write(tenant: Tenant, text: str = "oi", account: str | None = None, **ids: Any) -> None:
    """A message from whoever has these ids."""
    item = tenant.message(None, text, sender=sender(**ids), number=None)
    assert tenant.ingest(item, account=account)["messages"] == 1


def leads(tenant: Tenant) -> list[Any]:
    return tenant.all("select id, phone from public.leads order by created_at, id")


def account_of(tenant: Tenant, provider: str, channel: str, external_id: str = "+551130000000") -> str:
    """Another account of the client."""
    found: str = tenant.one(
        "insert into public.channel_accounts (provider, channel, name, external_id) values (%s, %s, 'Outra', %s)"
        " returning id",
        provider,
        channel,
        external_id,
    )
    return found


def test_a_lid_alone_is_a_lead_and_the_reply_goes_to_the_lid(tenant: Tenant) -> None:
    """No number is known, and none is made of the lid's digits. Meta's own API writes to no lid: it leaves them out."""
    gateway = account_of(tenant, "evolution", "whatsapp", "loja")
    write(tenant, account=gateway, lid=LID)
    write(tenant, account=gateway, lid=LID)
    ((lead, phone),) = leads(tenant)
    assert phone is None
    assert tenant.all("select lead_id, kind::text, value from public.lead_identities") == [(lead, "lid", LID)]
    project = tenant.project()
    tenant.start(project)
    assert tenant.world.claim("default") == []
    tenant.all("update public.projects set channel_account_id = %s where id = %s", gateway, tenant.project())
    (chosen,) = tenant.all("select id from public.projects where channel_account_id = %s", gateway)
    tenant.start(chosen[0])
    (task,) = tenant.world.claim("default")
    assert task["work"]["to"] == {"phone": None, "wa_id": None, "bsuid": None, "lid": LID, "email": None}


def test_a_lid_seen_with_a_number_finds_that_lead_from_then_on(tenant: Tenant) -> None:
    """The number is the imported one, written without its ninth digit."""
    lead = tenant.lead("+5511987654321")
    write(tenant, wa_id=WA_ID, lid=LID)
    write(tenant, lid=LID)
    assert [found for found, _ in leads(tenant)] == [lead]
    assert tenant.one("select count(*) from public.messages") == 2
    address = tenant.world.one("select address from private.threads")
    assert address == {"wa_id": None, "bsuid": None, "lid": LID}


def test_a_lid_known_before_its_number_stays_one_lead(tenant: Tenant) -> None:
    """First the lid alone, then the lid with a number that nobody has."""
    write(tenant, lid=LID)
    write(tenant, wa_id=WA_ID, lid=LID)
    write(tenant, wa_id=WA_ID)
    assert len(leads(tenant)) == 1


def test_a_lid_and_a_number_of_two_leads_merge_nobody(tenant: Tenant) -> None:
    """The number decides who writes; the lid stays whose it was."""
    write(tenant, lid=LID)
    ((stranger, _),) = leads(tenant)
    known = tenant.lead("+5511987654321")
    write(tenant, wa_id=WA_ID, lid=LID)
    assert sorted(found for found, _ in leads(tenant)) == sorted([stranger, known])
    assert tenant.one("select lead_id from public.lead_identities where kind = 'lid'") == stranger
    write(tenant, lid=LID)
    assert tenant.all("select lead_id, count(*) from public.conversations group by 1 order by 1") == sorted(
        [(stranger, 1), (known, 1)]
    )


def test_lid_digits_that_look_like_a_number_are_no_leads_number(tenant: Tenant) -> None:
    """A lead whose phone has the same digits is somebody else."""
    lead = tenant.lead("+5511987654321")
    write(tenant, lid="5511987654321")
    assert len(leads(tenant)) == 2
    assert tenant.one("select lead_id from public.conversations") != lead


@pytest.mark.parametrize("written", ["+5511987654321", "+551187654321"])
def test_an_sms_sender_is_the_lead_of_that_number(tenant: Tenant, written: str) -> None:
    """With and without the ninth digit; the message says over which channel it came, and so does what answers it."""
    lead = tenant.lead("11 98765-4321")
    sms = account_of(tenant, "twilio", "sms")
    write(tenant, "cancelar não, obrigada", account=sms, phone=written)
    assert tenant.all("select c.lead_id, m.channel::text from public.messages as m join public.conversations as c"
                      " on c.id = m.conversation_id") == [(lead, "sms")]  # fmt: skip
    assert tenant.world.one("select address ->> 'phone' from private.threads") == written


def test_an_sms_stranger_becomes_a_lead_with_that_number(tenant: Tenant) -> None:
    """And WhatsApp's message from the same number is the same lead's."""
    sms = account_of(tenant, "zenvia", "sms")
    write(tenant, account=sms, phone="+5511987654321")
    write(tenant, wa_id=WA_ID)
    ((_, phone),) = leads(tenant)
    assert phone == "+5511987654321"
    assert tenant.all("select channel::text from public.messages order by 1") == [("sms",), ("whatsapp",)]


def test_an_sms_sender_with_a_number_of_no_country_is_answered_where_it_wrote(tenant: Tenant) -> None:
    """What cannot be a lead's phone is an identity nevertheless."""
    sms = account_of(tenant, "twilio", "sms")
    write(tenant, account=sms, phone="+2101234567")
    write(tenant, account=sms, phone="+2101234567")
    assert [phone for _, phone in leads(tenant)] == [None]
    assert tenant.world.one("select address ->> 'phone' from private.threads") == "+2101234567"


def test_a_message_that_names_nobody_is_kept_unrouted(tenant: Tenant) -> None:
    item = tenant.message(None, "oi", sender=sender(), number=None)
    assert tenant.ingest(item)["unrouted"] == 1
    assert leads(tenant) == []


def test_a_delivery_goes_over_its_accounts_channel(tenant: Tenant) -> None:
    """Whoever writes the delivery does not have to say which."""
    tenant.lead("11 98765-4321")
    sms = account_of(tenant, "zenvia", "sms")
    tenant.world.all(
        "insert into public.deliveries (client_id, lead_id, channel_account_id, kind, content, queue)"
        ' select client_id, id, %s, \'reply\', \'{"type": "text", "text": "oi"}\', \'default\' from public.leads',
        sms,
    )
    assert tenant.all("select channel::text from public.deliveries") == [("sms",)]
