"""Telephone numbers: one stored form for every writing, and one key for what providers call the same number."""

from __future__ import annotations

import psycopg
import pytest

from tests.database.builders import Tenant, World, refused

WRITINGS: list[tuple[str, str | None]] = [
    # Brazilian mobiles, in every way people and spreadsheets write them
    ("(11) 98765-4321", "+5511987654321"),
    ("11 98765-4321", "+5511987654321"),
    ("11987654321", "+5511987654321"),
    ("011987654321", "+5511987654321"),
    ("(011) 98765-4321", "+5511987654321"),
    ("+55 11 98765-4321", "+5511987654321"),
    ("+5511987654321", "+5511987654321"),
    ("5511987654321", "+5511987654321"),
    ("55 11 98765 4321", "+5511987654321"),
    ("0055 11 98765-4321", "+5511987654321"),
    ("+55 (11) 9.8765.4321", "+5511987654321"),
    (" 11-98765-4321 ", "+5511987654321"),
    ("\t(11)987654321\n", "+5511987654321"),
    ("tel: 11 98765-4321", "+5511987654321"),
    ("(85) 9 9999-8888", "+5585999998888"),
    ("(11) 90000-0001", "+5511900000001"),
    # without the ninth digit
    ("(11) 8765-4321", "+5511987654321"),
    ("1187654321", "+5511987654321"),
    ("551187654321", "+5511987654321"),
    ("+55 11 6765-4321", "+5511967654321"),
    # area code 55 is not the country
    ("(55) 98765-4321", "+5555987654321"),
    ("(55) 3333-4444", "+555533334444"),
    ("+55 55 98765-4321", "+5555987654321"),
    # landlines keep eight digits
    ("(11) 3333-4444", "+551133334444"),
    ("1133334444", "+551133334444"),
    ("+55 21 2222-3333", "+552122223333"),
    ("0 31 3222-1111", "+553132221111"),
    # abroad, with the country said
    ("+1 415 555 2671", "+14155552671"),
    ("001 415 555 2671", "+14155552671"),
    ("+351 912 345 678", "+351912345678"),
    ("+44 20 7946 0958", "+442079460958"),
    ("+54 9 11 1234-5678", "+5491112345678"),
    ("+7 912 345-67-89", "+79123456789"),
    ("+998 90 123 45 67", "+998901234567"),
    # of no country
    ("+999 123 456 789", None),
    ("+210 12 345 678", None),
    ("+0 11 98765-4321", None),
    ("+800 1234 5678", None),
    ("00 979 123 456 789", None),
    # what cannot be one, or cannot be told
    ("98765-4321", None),
    ("8765-4321", None),
    ("14155552671", None),
    ("351912345678", None),
    ("0800 123 4567", None),
    ("015 11 98765-4321", None),
    ("(11) 08765-4321", None),
    ("(11) 88765-43210", None),
    ("(10) 98765-4321", None),
    ("+55 11 98765-43210", None),
    ("+55 11 98765-4321 ramal 2", None),
    ("11 98765-4321 / 11 3333-4444", None),
    ("+55 11 1234-5678", None),
    ("+5511", None),
    ("+1234567890123456", None),
    ("123", None),
    ("Ana", None),
    ("-", None),
    ("", None),
    ("   ", None),
]


@pytest.mark.parametrize(("written", "stored"), WRITINGS, ids=[repr(text) for text, _ in WRITINGS])
def test_a_number_has_one_form(reader: World, written: str, stored: str | None) -> None:
    """Every writing becomes E.164, or nothing when it cannot be a number; the form itself is left as it is."""
    assert reader.one("select private.normalize_phone(%s)", written) == stored
    assert reader.one("select private.normalize_phone(%s)", stored) == stored


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("+5511987654321", "551187654321", True),
        ("+5511987654321", "5511987654321", True),
        ("+5585999998888", "558599998888", True),
        ("+5511900000001", "551100000001", True),
        ("+551133334444", "551133334444", True),
        ("+14155552671", "14155552671", True),
        ("+5511987654321", "5521987654321", False),
        ("+5511987654321", "5511987654322", False),
        ("+5511933334444", "551133334444", False),
        ("+14155552671", "554155552671", False),
    ],
)
def test_two_writings_of_one_number_have_one_key(reader: World, one: str, other: str, same: bool) -> None:
    """Providers leave the ninth digit out where a mobile once had eight; a landline is never taken for a mobile."""
    keys = reader.row("select private.phone_key(%s), private.phone_key(%s)", one, other)
    assert (keys[0] == keys[1]) is same


def test_a_lead_is_stored_in_one_form(tenant: Tenant) -> None:
    """Phone, name and e-mail are tidied when they are written."""
    tenant.lead("(11) 8765-4321", "  Ana\x01 Lima ", email=" Ana@Exemplo.com.BR ")
    assert tenant.all("select phone, name, email from public.leads") == [
        ("+5511987654321", "Ana  Lima", "ana@exemplo.com.br")
    ]


def test_a_number_that_cannot_be_one_is_refused_by_name(tenant: Tenant) -> None:
    """The refusal quotes what was written and says how to write it; an empty cell is no number."""
    with pytest.raises(psycopg.errors.InvalidParameterValue) as told:
        tenant.lead("98765-4321")
    assert refused(told.value) == "phone '98765-4321' cannot be a telephone number"
    assert "(11) 98765-4321" in str(told.value.diag.message_hint)
    tenant.all("insert into public.leads (phone, name) values ('', 'Sem'), (null, 'Sem')")
    assert tenant.one("select count(*) from public.leads where phone is null") == 2


def test_one_number_is_one_lead_of_a_client(tenant: Tenant, other: Tenant) -> None:
    """The same number in another writing is the same lead; an upsert changes it; another client may have it, too."""
    tenant.lead("(11) 98765-4321")
    with pytest.raises(psycopg.errors.UniqueViolation, match="a_phone_is_once_a_lead_of_a_client"):
        tenant.lead("551187654321")
    tenant.all(
        "insert into public.leads (client_id, phone, name) values (%s, '11 8765-4321', 'Bia')"
        " on conflict (client_id, phone) do update set name = excluded.name, client_id = excluded.client_id",
        tenant.id,
    )
    assert tenant.all("select name from public.leads") == [("Bia",)]
    other.lead("(11) 98765-4321")


def test_a_corrected_number_belongs_to_whoever_has_it(tenant: Tenant) -> None:
    """After a correction the old number is not the lead's any more: what is written from it is its new owner's."""
    ana = tenant.lead("(11) 98765-0001")
    tenant.all("update public.leads set phone = '(11) 98765-0002' where id = %s", ana)
    bia = tenant.lead("(11) 98765-0001", "Bia")
    tenant.ingest(tenant.message("5511987650001", "oi"), tenant.message("551187650002", "olá"))
    rows = tenant.all(
        "select c.lead_id, m.content from public.messages as m"
        " join public.conversations as c on c.id = m.conversation_id"
    )
    assert sorted(rows) == sorted([(bia, "oi"), (ana, "olá")])
