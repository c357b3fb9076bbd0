"""E-mail over SMTP, to whatever server the client's account names.

Config: host, port (587, 465 or 25 when absent), security (`starttls` when absent, `tls`, or `none` where the
environment names the host in RENUM_PRIVATE_HOSTS), from_name, reply_to, unsubscribe_url. Credentials: username,
password. `external_id` is the sender's address.

aiosmtplib, not the standard library's client in a thread: the host is the tenant's, and a server that answers one
letter a minute must not keep one of the few threads that everybody shares.

The provider's message id is the Message-ID, made from the delivery's id. SMTP says nothing later: what a server took
and could not deliver comes back as mail to the sender.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import formatdate
from functools import lru_cache
from typing import cast

import aiosmtplib
import httpx

from renum.accounts import Account
from renum.channels import Finding, Post, Provider, letter
from renum.channels.addresses import permitted, resolved
from renum.channels.letter import Letter
from renum.channels.smtp_errors import Step, send_error
from renum.errors import RequestError, SendError
from renum.shapes import Delivery, Event

CONNECT_WITHIN_S = 10
REPLY_WITHIN_S = 30
"""Servers that look a message over before they take it need seconds; one that needs longer is not worth a claim."""

SEND_WITHIN_S = 60
PORTS = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True)
class Server:
    """Where an account's mail goes."""

    host: str
    port: int
    security: str


def server_of(account: Account) -> Server:
    """The server that the account's config names. Raises SendError (`bad_config`, account)."""
    config = account.config
    security = config.get("security") or "starttls"
    host = config.get("host")
    if security not in PORTS or not isinstance(host, str) or not host.strip():
        raise SendError("bad_config", "the account names no host, or a security that is none", scope="account")
    port = config.get("port") or PORTS[security]
    if isinstance(port, str) and port.isdecimal() and len(port) < 6:
        port = int(port)
    if not isinstance(port, int) or isinstance(port, bool) or not 0 < port < 65536:
        raise SendError("bad_config", "the account's port is none", scope="account")
    host = host.strip()
    if security == "none" and not permitted(host):
        raise SendError("not_encrypted", "the password would travel unencrypted to a public host", scope="account")
    return Server(host, port, security)


@lru_cache(maxsize=1)
def tls() -> ssl.SSLContext:
    """Which certificates are trusted: those that the functions trust elsewhere."""
    return httpx.create_ssl_context()


def message_id(delivery_id: str, written: Letter) -> str:
    """The Message-ID of a delivery: the same for every attempt at it."""
    return f"<{delivery_id}@{written.domain}>"


class _Wire(EmailPolicy):
    """As messages go over the wire. List-Unsubscribe is folded between its addresses only: the standard library makes
    encoded words of an address that is longer than a line, and no mail program follows those."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """A header as its lines."""
        if name != "List-Unsubscribe":
            return super().fold_binary(name, value)
        return f"{name}: {value}".replace(", ", f",{self.linesep} ").encode("ascii") + self.linesep.encode()


WIRE = _Wire(linesep="\r\n")


def compose(delivery: Delivery, written: Letter) -> bytes:
    """The message as it goes over the wire: UTF-8 as quoted-printable, lines of at most 78 ended by CRLF."""
    message = EmailMessage(policy=WIRE)
    message["From"] = Address(written.sender_name, addr_spec=written.sender)
    message["To"] = Address(addr_spec=written.to)
    if written.reply_to:
        message["Reply-To"] = Address(addr_spec=written.reply_to)
    message["Subject"] = written.subject
    message["Date"] = formatdate(usegmt=True)
    message["Message-ID"] = message_id(delivery["id"], written)
    for name, value in written.headers.items():
        message[name] = value
    message.set_content(written.text, charset="utf-8", cte="quoted-printable")
    return message.as_bytes()


class _Steps:
    """How far a conversation has come: what its end means depends on that."""

    def __init__(self) -> None:
        self.step: Step = "greeting"

    def error(self, error: BaseException) -> SendError:
        """The SendError for whatever ended the conversation."""
        if isinstance(error, SendError):
            return error
        if isinstance(error, aiosmtplib.SMTPResponseException):
            return send_error(self.step, error.code, error.message)
        if isinstance(error.__cause__ or error, ssl.SSLCertVerificationError):
            return SendError("bad_certificate", "the server's certificate is not trusted", scope="account")
        if self.step == "message":
            late = isinstance(error, TimeoutError)
            code, sentence = (
                ("timeout", "the server did not answer in time") if late else ("disconnected", "the connection broke")
            )
            return SendError(code, f"{sentence} after the message had left", outcome="unknown")
        if isinstance(error, OSError):
            return SendError("unreachable", "no conversation with the server", retryable=True, scope="account")
        if isinstance(error, aiosmtplib.SMTPException):
            # aiosmtplib's own refusals: no STARTTLS, no AUTH, no way of signing in that both know.
            return SendError("not_offered", "the server offers no encryption or no way to sign in", scope="account")
        return SendError("not_smtp", "the server does not answer as SMTP does", retryable=True, scope="account")


@asynccontextmanager
async def _signed_in(account: Account, sender_domain: str, steps: _Steps) -> AsyncIterator[aiosmtplib.SMTP]:
    """A connection to the account's server, encrypted as it says and signed in; `steps` follows."""
    username, password = account.credentials.get("username"), account.credentials.get("password")
    if not username or not password:
        raise SendError(account.problem or "credentials_missing", "the account has no usable password", scope="account")
    server = server_of(account)
    connection = await _connect(server)
    client = aiosmtplib.SMTP(
        hostname=server.host,
        sock=connection,
        local_hostname=sender_domain,
        timeout=REPLY_WITHIN_S,
        use_tls=server.security == "tls",
        start_tls=False,
        tls_context=None if server.security == "none" else tls(),
    )
    try:
        await client.connect()
        if server.security == "starttls":
            await client.starttls()
        steps.step = "sign_in"
        await client.login(username, password)
        yield client
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            await client.quit(timeout=2)
    finally:
        # The socket is the transport's, which lets go of it in its own time: closed here, its number could be another
        # connection's before the event loop has forgotten it.
        if client.transport is not None:
            cast(asyncio.WriteTransport, client.transport).abort()
        client.close()


async def _connect(server: Server) -> socket.socket:
    """A socket that is connected to one of the host's addresses, as they were checked: a name looked up again might
    lead elsewhere. Raises SendError, OSError."""
    failure: OSError | None = None
    for ip in await resolved(server.host, server.port):
        connection = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                await asyncio.get_running_loop().sock_connect(connection, (ip, server.port))
        except OSError as error:
            connection.close()
            failure = error
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise failure or OSError("no address")


BROKEN = (aiosmtplib.SMTPException, OSError, ssl.SSLError, ValueError)
"""What a conversation ends with: replies, connections, time-outs (an OSError, too), and replies that are no SMTP."""


class Smtp(Provider):
    """The adapter for `provider = 'smtp'`."""

    def verify(self, post: Post, account: Account) -> bool:
        """Nobody calls back."""
        return False

    def parse(self, post: Post, account: Account) -> list[Event]:
        """Nobody calls back. Raises RequestError (400)."""
        raise RequestError(400, "not_an_envelope", "an SMTP server sends no webhooks")

    async def send(self, delivery: Delivery, account: Account) -> str:
        """Sends one delivery; returns its Message-ID. Raises SendError."""
        written = letter.write(delivery, account)
        message = compose(delivery, written)
        steps = _Steps()
        accepted = False
        try:
            async with asyncio.timeout(SEND_WITHIN_S), _signed_in(account, written.domain, steps) as client:
                steps.step = "sender"
                await client.mail(written.sender)
                steps.step = "recipient"
                await client.rcpt(written.to)
                steps.step = "message"
                await client.data(message)
                accepted = True
        except BROKEN as error:
            if not accepted:  # what breaks while saying goodbye changes nothing
                raise steps.error(error) from error
        return message_id(delivery["id"], written)

    async def check(self, account: Account, webhook_url: str) -> list[Finding]:
        """Whether the sender is an address, and whether the server lets the account in."""
        try:
            sender = letter.address(account.external_id, "bad_sender", "", scope="account")
        except SendError:
            todo = "Informe em external_id o endereço de e-mail que aparece como remetente."
            return [Finding("sender", False, "O remetente não é um endereço de e-mail.", todo)]
        findings = [Finding("sender", True, f"As mensagens saem de {sender}.")]
        steps = _Steps()
        try:
            async with asyncio.timeout(SEND_WITHIN_S), _signed_in(account, sender.rsplit("@", 1)[1], steps):
                pass
        except (*BROKEN, SendError) as error:
            told = steps.error(error)
            return [*findings, Finding("server", False, *_words(told, steps.step, account))]
        return [*findings, Finding("server", True, "O servidor aceitou a conexão, o usuário e a senha.")]


def _words(error: SendError, step: Step, account: Account) -> tuple[str, str]:
    """What a failed check found, and what to do about it, for the account's owner."""
    host = account.config.get("host")
    if error.code.startswith("credentials"):
        return "A conta não tem usuário e senha guardados que possam ser lidos.", "Envie as credenciais novamente."
    if error.code in SENTENCES:
        return SENTENCES[error.code]
    if step == "sign_in" and error.code.isdecimal():
        said = account.without_secrets(error.message)
        return (
            f"O servidor recusou o usuário ou a senha ({error.code} {said}).",
            "Confira usuário e senha; muitos provedores pedem uma senha própria para aplicativos.",
        )
    if error.code.isdecimal():
        return f"O servidor recusou a conexão ({error.code}).", "Pergunte ao seu provedor de e-mail o motivo."
    return f"Não foi possível conversar com {host}.", "Confira servidor, porta e segurança nas configurações da conta."


SENTENCES = {
    "bad_config": (
        "O servidor, a porta ou a segurança da conta não estão corretos.",
        "Preencha host, port e security (starttls ou tls) nas configurações da conta.",
    ),
    "not_encrypted": (
        "A senha viajaria sem criptografia.",
        "Use security starttls (porta 587) ou tls (porta 465).",
    ),
    "address_not_allowed": (
        "O servidor não é um endereço público da internet.",
        "Informe o nome público do servidor de e-mail.",
    ),
    "unknown_host": ("O nome do servidor não existe.", "Confira o nome do servidor (host)."),
    "bad_certificate": (
        "O certificado do servidor não é válido para este nome.",
        "Informe o nome do servidor que consta no certificado ou peça ao provedor que o corrija.",
    ),
    "not_offered": (
        "O servidor não oferece criptografia (STARTTLS) ou autenticação nesta porta.",
        "Use a porta de envio do provedor: 587 com starttls ou 465 com tls.",
    ),
}

channel = Smtp()
