"""A number at a provider that does SMS and WhatsApp."""

from __future__ import annotations

import psycopg
import pytest

from tests.database.builders import Tenant


def test_it_is_an_account_of_each_channel_and_once_of_each(tenant: Tenant) -> None:
    """Twilio's numbers may do both."""
    add = (
        "insert into public.channel_accounts (provider, channel, name, external_id) values ('twilio', %s, 'N', '+5511')"
    )
    tenant.all(add, "sms")
    tenant.all(add, "whatsapp")
    with pytest.raises(psycopg.errors.UniqueViolation, match="a_number_is_once_an_account_of_a_client"):
        tenant.all(add, "sms")
