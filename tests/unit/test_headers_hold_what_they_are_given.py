"""Whatever a name, a subject or an address for unsubscribing says, a letter has the headers that it should and no
others, and mail programs can read them."""

from __future__ import annotations

import email
from email.policy import default
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from renum.accounts import Account
from renum.channels import letter, smtp
from renum.errors import SendError
from renum.shapes import Delivery

HIDDEN = "=?utf-8?q?a=0D=0ABcc:_v=40x.example?="
NAMES = ["From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted", "List-Unsubscribe"]
BODY = ["Content-Type", "Content-Transfer-Encoding", "MIME-Version"]
URL = "https://abcdefghijklmnopqrst.supabase.co/functions/v1/sair?d={delivery_id}"
ODD = st.text(st.sampled_from(list('=?utf8-qb_0DA:,<>"@;. \\éÇ🎉')) | st.characters(codec="utf-8"), max_size=60)


def wire(subject: str, to: str = "ana@exemplo.com.br", **config: str) -> bytes:
    """The letter as a server takes it."""
    delivery: Delivery = {
        "id": "6f0c2d0e-0000-4000-8000-000000000009",
        "kind": "invitation",
        "channel": "email",
        "channel_account_id": "a1",
        "to": {"phone": None, "wa_id": None, "bsuid": None, "email": to},
        "content": {"type": "text", "subject": subject, "text": "Olá!"},
    }
    account = Account("a1", "c1", "email", "smtp", "oi@padaria.com.br", "active", {**config}, {})
    return smtp.compose(delivery, letter.write(delivery, account))


def composed(subject: str, **config: str) -> Any:
    """The same, read again."""
    return email.message_from_bytes(wire(subject, **config), policy=default)


@given(ODD, ODD, ODD)
@example(HIDDEN, HIDDEN, HIDDEN)
@example(f"Oi {HIDDEN}", f"x{HIDDEN}", f"?{HIDDEN}&" + "a" * 100)
def test_a_letter_has_its_own_headers_and_no_others(subject: str, name: str, query: str) -> None:
    """An encoded word hides a line break as well as a line break does."""
    try:
        message = composed(
            subject, from_name=name, reply_to="fale@padaria.com.br", unsubscribe_url="https://p.example/" + query
        )
    except SendError as refused:
        if refused.code != "bad_header":
            raise
        return
    assert message.keys() == [*NAMES, "List-Unsubscribe-Post", *BODY]
    assert message["From"].addresses[0].addr_spec == "oi@padaria.com.br"
    assert [one.addr_spec for one in message["To"].addresses] == ["ana@exemplo.com.br"]


@pytest.mark.parametrize("domain", ["p.example", ".".join("abc") + "d" * 50 + ".example"])
def test_an_address_for_unsubscribing_is_never_written_as_encoded_words(domain: str) -> None:
    """No mail program follows those: however long it is, it stands there as it is."""
    delivery_url = URL.replace("abcdefghijklmnopqrst", domain)
    raw = wire("Oi", unsubscribe_url=delivery_url).decode()
    assert f"<{delivery_url.replace('{delivery_id}', '6f0c2d0e-0000-4000-8000-000000000009')}>" in raw
    assert ",\r\n <mailto:oi@padaria.com.br?subject=SAIR>\r\n" in raw


def test_a_person_whose_address_hides_a_header_has_none() -> None:
    with pytest.raises(SendError) as refused:
        wire("Oi", to=f"{HIDDEN}@exemplo.com.br")
    assert refused.value.scope == "recipient"
