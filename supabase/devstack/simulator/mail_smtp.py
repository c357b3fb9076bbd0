"""A mail server on a socket of its own. What it accepts lands in the mailbox, where people can look at it.

It wants a registered sender's user name and password, takes letters from that sender only, knows no mailbox that is
said to be gone, and refuses what is too large.
"""

from __future__ import annotations

import asyncio
import email
import logging
import socket
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from devstack.simulator.mail import SIZE_LIMIT, MailState
from devstack.simulator.state import State

# It says at every connection that signing in is allowed without TLS: on loopback that is meant.
logging.getLogger("mail.log").setLevel(logging.ERROR)


class Mailroom:
    """aiosmtpd's handler: its hooks answer one SMTP command each
    (https://aiosmtpd.aio-libs.org/en/stable/handlers.html)."""

    def __init__(self, state: State, mail: MailState) -> None:
        self._state = state
        self._mail = mail

    def sign_in(self, _server: SMTP, session: Session, _envelope: Envelope, _mechanism: str, given: Any) -> AuthResult:
        """Whether user name and password are a sender's."""
        plan = self._mail.failure(None, step="sign_in")
        if plan is not None:
            return AuthResult(success=False, handled=False, message=f"{plan.code} {plan.text}")
        known = isinstance(given, LoginPassword)
        sender = (
            self._mail.by_login(given.login.decode("utf-8", "replace"), given.password.decode("utf-8", "replace"))
            if known
            else None
        )
        if sender is None:
            return AuthResult(success=False, handled=False)
        return AuthResult(success=True, auth_data=sender.address)

    async def handle_MAIL(
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """MAIL FROM: signed in, and as the sender whose password that is."""
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        plan = self._mail.failure(None, step="sender")
        if plan is not None:
            return f"{plan.code} {plan.text}"
        if address.lower() != str(session.auth_data):
            return "553 5.7.1 Sender address rejected: not owned by user"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """RCPT TO: somebody who has a mailbox."""
        plan = self._mail.failure(address, step="recipient")
        if plan is not None:
            return f"{plan.code} {plan.text}"
        if address.lower() in self._mail.gone:
            return "550 5.1.1 User unknown"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        """The message itself."""
        to = envelope.rcpt_tos[0]
        plan = self._mail.failure(to, step="message")
        if plan is not None:
            return f"{plan.code} {plan.text}"
        content = envelope.content
        for recipient in envelope.rcpt_tos:
            self._state.keep_mail(as_mail(content if isinstance(content, bytes) else b"", recipient))
        if self._mail.failure(to, modes=("lost",)) is not None and server.transport is not None:
            server.transport.close()
        return "250 2.0.0 OK: queued"


def as_mail(content: bytes, recipient: str) -> dict[str, Any]:
    """A message as the mailbox keeps it: to, from, subject, text, headers, id, kind `message`."""
    message = email.message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain", "html"))
    return {
        "to": recipient,
        "from": str(message.get("From", "")),
        "subject": str(message.get("Subject", "")),
        "text": body.get_content() if body is not None else "",
        "headers": {name: str(value) for name, value in message.items()},
        "id": str(message.get("Message-ID", "")),
        "kind": "message",
        "via": "smtp",
    }


async def serve(state: State, mail: MailState, listening: socket.socket) -> asyncio.Server:
    """Takes mail on `listening` until the server is closed."""
    loop = asyncio.get_running_loop()
    room = Mailroom(state, mail)
    return await loop.create_server(
        lambda: SMTP(
            room,
            data_size_limit=SIZE_LIMIT,
            hostname="simulador.local",
            ident="RENUM",
            auth_require_tls=False,
            auth_exclude_mechanism=["LOGIN"],  # one way in: clients try every one that is offered
            authenticator=room.sign_in,
            timeout=120,
            loop=loop,
        ),
        sock=listening,
    )
