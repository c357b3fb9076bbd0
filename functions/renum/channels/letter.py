"""A delivery as an e-mail, whichever way it then goes: addresses and header values that are safe to write down.

Nothing here may end a header line early: a line break in a subject, a name or an address would let whoever wrote it
add headers and recipients of their own (https://www.rfc-editor.org/rfc/rfc5322#section-2.2). An encoded word hides one
just as well: Python's e-mail package decodes `=?utf-8?q?=0D=0ABcc:…?=` that it is given as text, and writes what was in
it. So no text that goes into a header may begin such a word (https://www.rfc-editor.org/rfc/rfc2047#section-2).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from renum.accounts import Account
from renum.channels.wording import link_of, plain_text, within
from renum.errors import Scope, SendError
from renum.shapes import JSON, Delivery

TEXT_LIMIT = 100_000
ENCODED_WORD = "=?"
"""How an encoded word begins."""

HEADER_LIMIT = 998
"""Characters of one header value: what RFC 5322 lets a line have, and more than anybody reads."""

LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+", re.IGNORECASE)
URL = re.compile(r"https://[\x21\x23-\x3b\x3d\x3f-\x7e]{1,900}")
"""What may stand between the angle brackets of List-Unsubscribe."""


@dataclass(frozen=True)
class Letter:
    """One e-mail. `sender`, `to` and `reply_to` are bare ASCII addresses; `headers` are those beyond the usual ones."""

    sender: str
    sender_name: str
    to: str
    reply_to: str | None
    subject: str
    text: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def domain(self) -> str:
        """The sender's domain."""
        return self.sender.rsplit("@", 1)[1]


def write(delivery: Delivery, account: Account) -> Letter:
    """The e-mail of a delivery from an account whose `external_id` is its sender's address and whose config may have
    `from_name`, `reply_to` and `unsubscribe_url` ({delivery_id} in it becomes the delivery's id).

    Raises SendError: `bad_header` (of the account where its config is to blame), `bad_sender` (account), `no_address`
    and `bad_address` (recipient), `empty_text`, `text_too_long`, `unknown_content`.
    """
    content, config = delivery["content"], account.config
    sender = address(
        account.external_id, "bad_sender", "the account's sender is not an e-mail address", scope="account"
    )
    name = header(config.get("from_name"), "the sender's name", scope="account")
    answers_to = config.get("reply_to")
    reply_to = (
        address(answers_to, "bad_sender", "the account's reply_to is not an address", scope="account")
        if answers_to
        else None
    )
    if not delivery["to"].get("email"):
        raise SendError("no_address", "the person has no e-mail address", scope="recipient")
    to = address(delivery["to"]["email"], "bad_address", "the person's e-mail address is not one", scope="recipient")
    subject = header(content.get("subject"), "the subject") or (f"Mensagem de {name}" if name else "Mensagem para você")
    return Letter(
        sender=sender,
        sender_name=name,
        to=to,
        reply_to=reply_to,
        subject=subject,
        text=body(content),
        headers={"Auto-Submitted": "auto-generated", **_unsubscribe(delivery, config, reply_to or sender)},
    )


def header(value: Any, what: str, *, scope: Scope = "message") -> str:
    """`value` as a header's text, '' where there is none; what would begin an encoded word gets a blank. Raises
    SendError (`bad_header`) for one that has a line break or another control character in it, or is too long."""
    text = str(value or "").strip(" ")
    if any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in text):
        raise SendError("bad_header", f"{what} has a line break or another control character in it", scope=scope)
    if len(text) > HEADER_LIMIT:
        raise SendError("bad_header", f"{what} has more than {HEADER_LIMIT} characters", scope=scope)
    return text.replace(ENCODED_WORD, "= ?")


def address(value: Any, code: str, sentence: str, *, scope: Scope) -> str:
    """`value` as a bare address, its domain in ASCII. Raises SendError: `bad_header` for one with a line break in it,
    else `code`."""
    text = header(value, "an address", scope=scope)
    local, _, domain = text.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode()
    except UnicodeError:
        ascii_domain = ""
    if not (len(local) <= 64 and LOCAL_PART.fullmatch(local) and DOMAIN.fullmatch(ascii_domain) and len(text) <= 254):
        raise SendError(code, sentence, scope=scope)
    return f"{local}@{ascii_domain}"


def body(content: JSON) -> str:
    """What the person reads. Choices that other channels show as buttons stand below the text, a file as its link."""
    if content.get("type") != "media":
        return within(plain_text(content, title="e-mail"), limit=TEXT_LIMIT, title="e-mail")
    text = "\n".join(line for line in (str(content.get("text") or "").strip(), link_of(content)) if line)
    return within(text, limit=TEXT_LIMIT, title="e-mail")


def _unsubscribe(delivery: Delivery, config: JSON, mailbox: str) -> dict[str, str]:
    """How mail programs offer to unsubscribe: one click where there is an address for it (RFC 8058), else a message
    with the word that opts out. What a company's own people are told is no list mail."""
    if delivery["kind"] == "notification":
        return {}
    by_mail = f"<mailto:{mailbox}?subject=SAIR>"
    own = delivery["content"].get("unsubscribe_url")
    url = str(own or config.get("unsubscribe_url") or "")
    if not url:
        return {"List-Unsubscribe": by_mail}
    url = url.replace("{delivery_id}", delivery["id"]).replace(ENCODED_WORD, "=%3F")
    if not URL.fullmatch(url):
        sentence = "the address for unsubscribing is not one that begins with https://"
        raise SendError("bad_header", sentence, scope="message" if own else "account")
    return {"List-Unsubscribe": f"<{url}>, {by_mail}", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
