"""E-mail over a real socket: what the server gets, and what each of its replies leads to."""

from __future__ import annotations

import asyncio
import datetime
import email
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from renum.accounts import Account
from renum.channels import Post, addresses, channel, smtp
from renum.errors import RequestError, SendError
from renum.settings import settings
from renum.shapes import Delivery

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OPEN = "220 oi"
DELIVERY: Delivery = {
    "id": "7d9f3a52-0000-4000-8000-00000000000d",
    "kind": "invitation",
    "channel": "email",
    "channel_account_id": "a1",
    "to": {"phone": None, "wa_id": None, "bsuid": None, "email": "ana@exemplo.com.br"},
    "content": {"type": "text", "subject": "Olá, você! 🎉", "text": "Bom dia, José.\n.\nAté já.\n" + "comprida " * 30},
}


def delivery(**content: Any) -> Delivery:
    """The delivery with `content` changed."""
    made: Any = {**DELIVERY, "content": {**DELIVERY["content"], **content}}
    changed: Delivery = made
    return changed


def account(host: str = "127.0.0.1", port: int = 25, **more: Any) -> Account:
    """An SMTP account at `host`."""
    given: dict[str, Any] = {"credentials": {"username": "padaria", "password": "senha-boa"}, "problem": None, **more}
    given.setdefault("external_id", "oi@padaria.com.br")
    given["config"] = {"host": host, "port": port, "security": "none", **given.get("config", {})}
    return Account(id="a1", client_id="c1", channel="email", provider="smtp", status="active", **given)


@pytest.fixture(autouse=True)
def private(monkeypatch: pytest.MonkeyPatch, environment: None) -> None:
    """This machine may be named."""
    monkeypatch.setenv("RENUM_PRIVATE_HOSTS", "127.0.0.1,localhost")
    settings.cache_clear()


@asynccontextmanager
async def serving(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server that talks so; its port."""
    listener = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=tls)
    async with listener:
        yield listener.sockets[0].getsockname()[1]


class Script:
    """A mail server that answers each command by its first word, and keeps what it was told."""

    def __init__(self, replies: dict[str, str] | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.replies = {
            "EHLO": "250-oi\r\n250 AUTH PLAIN",
            "AUTH": "235 ok",
            "DATA": "354 go",
            "END": "250 ok",
            **(replies or {}),
        }
        self.tls = tls
        self.heard: list[str] = []
        self.message = b""
        self.messages = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One conversation. A reply of '' hangs up, of '…' says nothing more."""
        if not await self._say(writer, self.replies.get("OPEN", OPEN)):
            return
        while line := (await reader.readline()).decode().strip():
            self.heard.append(line)
            word = line.split()[0].upper()
            if not await self._say(writer, self.replies.get(word, "250 ok")):
                return
            if word == "STARTTLS" and self.tls is not None:
                await writer.start_tls(self.tls)
                self.replies["EHLO"] = "250-oi\r\n250 AUTH PLAIN"
            if word == "DATA" and self.replies["DATA"].startswith("354"):
                self.message = await reader.readuntil(b"\r\n.\r\n")
                self.messages += 1
                if not await self._say(writer, self.replies["END"]):
                    return
        writer.close()

    async def _say(self, writer: asyncio.StreamWriter, reply: str) -> bool:
        if reply == "…":
            await asyncio.sleep(30)
        if not reply:
            writer.close()
            return False
        writer.write(reply.encode() + b"\r\n")
        await writer.drain()
        return True


async def sent(script: Script, given: Delivery = DELIVERY, **more: Any) -> str | None:
    """One send to a scripted server."""
    async with serving(script.talk) as port:
        return await channel("smtp").send(given, account(port=port, **more))


async def fails(script: Script, **more: Any) -> SendError:
    """The error of one send."""
    with pytest.raises(SendError) as refused:
        await sent(script, **more)
    return refused.value


async def test_a_letter_arrives_as_it_was_written() -> None:
    """Addresses, headers and every character of the text, dots and long lines included."""
    script = Script()
    config = {
        "from_name": "Padaria São João",
        "reply_to": "fale@padaria.com.br",
        "unsubscribe_url": "https://p.br/{delivery_id}",
    }
    message_id = await sent(script, config=config)
    assert message_id == f"<{DELIVERY['id']}@padaria.com.br>"
    assert script.heard[0] == "EHLO padaria.com.br"
    assert "MAIL FROM:<oi@padaria.com.br>" in script.heard
    assert "RCPT TO:<ana@exemplo.com.br>" in script.heard
    assert all(len(line) <= 998 for line in script.message.split(b"\r\n"))
    message = email.message_from_bytes(
        script.message.replace(b"\r\n..", b"\r\n.").removesuffix(b".\r\n"), policy=default
    )
    assert message["From"] == "Padaria São João <oi@padaria.com.br>"
    assert (message["To"], message["Reply-To"]) == ("ana@exemplo.com.br", "fale@padaria.com.br")
    assert (message["Subject"], message["Message-ID"]) == ("Olá, você! 🎉", message_id)
    assert message["List-Unsubscribe"] == f"<https://p.br/{DELIVERY['id']}>, <mailto:fale@padaria.com.br?subject=SAIR>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Date"].datetime.tzinfo is not None
    assert (message.get_content_charset(), message["Content-Transfer-Encoding"]) == ("utf-8", "quoted-printable")
    body: Any = message
    assert body.get_content().split("\r\n") == [*DELIVERY["content"]["text"].split("\n"), ""]


@pytest.mark.parametrize(
    ("content", "more"),
    [
        ({"subject": "Oi\r\nBcc: todos@exemplo.com.br"}, {}),
        ({"subject": "Oi\nX: y"}, {}),
        ({"subject": "Oi\u2028X: y"}, {}),
        ({"subject": "Oi\x0bX: y"}, {}),
        ({"subject": "x" * 999}, {}),
        ({}, {"config": {"from_name": "Padaria\r\nBcc: x@y.br"}}),
        ({}, {"config": {"reply_to": "a@b.br\r\nBcc: x@y.br"}}),
        ({}, {"external_id": "oi@padaria.com.br\nBcc: x@y.br"}),
        ({"unsubscribe_url": "https://p.br/\r\nBcc: x@y.br"}, {}),
        ({"unsubscribe_url": "javascript:x"}, {}),
    ],
)
async def test_a_header_cannot_be_ended_early(content: dict[str, Any], more: dict[str, Any]) -> None:
    """Refused by name before anybody is called."""
    script = Script()
    with pytest.raises(SendError) as refused:
        await sent(script, delivery(**content), **more)
    assert (refused.value.code, refused.value.retryable) == ("bad_header", False)
    assert refused.value.scope == ("account" if more else "message"), "who is to mend it"
    assert script.heard == []


@pytest.mark.parametrize(
    ("to", "code"),
    [
        (None, "no_address"),
        ("", "no_address"),
        ("ana", "bad_address"),
        ("ana@", "bad_address"),
        ("ana@exemplo", "bad_address"),
        ("ana@@exemplo.com.br", "bad_address"),
        ("ana silva@exemplo.com.br", "bad_address"),
        ("<ana@exemplo.com.br>", "bad_address"),
        ("ana@exemplo.com.br, bia@exemplo.com.br", "bad_address"),
        ("josé@exemplo.com.br", "bad_address"),
        ("ana@exemplo.com.br\r\nRCPT TO:<x@y.br>", "bad_header"),
    ],
)
async def test_an_address_that_is_none_is_refused(to: str | None, code: str) -> None:
    """Nobody is called, and the recipient is to blame."""
    script, given = Script(), delivery()
    given["to"] = {**given["to"], "email": to}
    with pytest.raises(SendError) as refused:
        await sent(script, given)
    assert (refused.value.code, script.heard) == (code, [])


async def test_a_domain_with_accents_travels_in_ascii() -> None:
    """As the network writes it."""
    script, given = Script(), delivery()
    given["to"] = {**given["to"], "email": "ana@pão.com.br"}
    await sent(script, given)
    assert "RCPT TO:<ana@xn--po-sia.com.br>" in script.heard


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"type": "template", "text": "Convite"}, "Convite"),
        ({"type": "buttons", "text": "Volta?", "buttons": [{"id": "s", "title": "Sim"}]}, "Volta?\n\n1. Sim"),
        ({"type": "media", "media": "image", "link": "https://p.br/a.png", "text": "Foto"}, "Foto\nhttps://p.br/a.png"),
    ],
)
async def test_what_other_channels_show_is_written_out(content: dict[str, Any], expected: str) -> None:
    """Choices and files as text."""
    script = Script()
    await sent(script, delivery(**content))
    body: Any = email.message_from_bytes(script.message.removesuffix(b".\r\n"), policy=default)
    assert "\n".join(body.get_content().split("\r\n")).strip() == expected


async def test_people_of_the_company_get_no_list_mail() -> None:
    """A notification is for who works there."""
    script = Script()
    given: Any = {**DELIVERY, "kind": "notification"}
    await sent(script, given)
    assert b"List-Unsubscribe" not in script.message


@pytest.mark.parametrize(
    ("replies", "code", "outcome", "retryable", "scope"),
    [
        ({"OPEN": "554 no"}, "554", "failed", False, "account"),
        ({"OPEN": "421 busy"}, "421", "throttled", True, "account"),
        ({"OPEN": "HTTP/1.1 400 Bad Request"}, "not_smtp", "failed", True, "account"),
        ({"OPEN": ""}, "unreachable", "failed", True, "account"),
        ({"EHLO": "250 oi"}, "not_offered", "failed", False, "account"),
        ({"AUTH": "535 5.7.8 wrong"}, "535", "failed", False, "account"),
        ({"AUTH": "454 later"}, "454", "failed", True, "account"),
        ({"AUTH": ""}, "unreachable", "failed", True, "account"),
        ({"MAIL": "553 not yours"}, "553", "failed", False, "account"),
        ({"RCPT": "550 no such user"}, "550", "failed", False, "recipient"),
        ({"RCPT": "450 greylisted"}, "450", "throttled", True, "recipient"),
        ({"RCPT": ""}, "unreachable", "failed", True, "account"),
        ({"DATA": "451 later"}, "451", "failed", True, "message"),
        ({"END": "552 too large"}, "552", "failed", False, "message"),
        ({"END": "554 spam"}, "554", "failed", False, "message"),
        ({"END": ""}, "disconnected", "unknown", False, "message"),
        ({"END": "what?"}, "not_smtp", "unknown", False, "message"),
    ],
)
async def test_a_conversation_that_fails_has_a_name(
    replies: dict[str, str], code: str, outcome: str, retryable: bool, scope: str
) -> None:
    """By the step at which it failed; only after the message was given over may it have been taken."""
    error = await fails(Script(replies))
    assert (error.code, error.outcome, error.retryable, error.scope) == (code, outcome, retryable, scope)


@pytest.mark.parametrize(
    ("step", "code", "outcome"), [("END", "timeout", "unknown"), ("RCPT", "unreachable", "failed")]
)
async def test_a_server_that_says_nothing_is_left(
    monkeypatch: pytest.MonkeyPatch, step: str, code: str, outcome: str
) -> None:
    """After its time, whatever it was about to do: and what it had in hand is unknown."""
    monkeypatch.setattr(smtp, "REPLY_WITHIN_S", 0.3)
    error = await fails(Script({step: "…"}))
    assert (error.code, error.outcome) == (code, outcome)


async def test_a_server_that_drips_is_left_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A letter at a time never lets one reply time out; the whole send has its own time."""
    monkeypatch.setattr(smtp, "SEND_WITHIN_S", 0.5)

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _line in range(100):
            writer.write(b"220-x\r\n")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with serving(drip) as port:
        with pytest.raises(SendError) as refused:
            await channel("smtp").send(DELIVERY, account(port=port))
    assert (refused.value.code, refused.value.outcome) == ("unreachable", "failed")


async def test_a_goodbye_that_breaks_changes_nothing() -> None:
    """The letter was accepted."""
    script = Script({"QUIT": ""})
    assert await sent(script) is not None
    assert script.messages == 1


async def test_nobody_there_is_tried_again() -> None:
    """Nothing left this machine."""
    async with serving(Script().talk) as port:
        pass
    with pytest.raises(SendError) as refused:
        await channel("smtp").send(DELIVERY, account(port=port))
    assert (refused.value.code, refused.value.retryable, refused.value.scope) == ("unreachable", True, "account")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"credentials": {}}, "credentials_missing"),
        ({"credentials": {}, "problem": "credentials_unreadable"}, "credentials_unreadable"),
        ({"external_id": "padaria"}, "bad_sender"),
        ({"config": {"reply_to": "padaria"}}, "bad_sender"),
        ({"config": {"host": ""}}, "bad_config"),
        ({"config": {"security": "rot13"}}, "bad_config"),
        ({"config": {"port": 70000}}, "bad_config"),
        ({"config": {"port": "x"}}, "bad_config"),
        ({"config": {"host": "smtp.exemplo.com.br"}}, "not_encrypted"),
        ({"config": {"host": "169.254.169.254", "security": "starttls"}}, "address_not_allowed"),
        ({"config": {"host": "10.0.0.1", "security": "tls"}}, "address_not_allowed"),
    ],
)
async def test_an_account_that_cannot_send_says_why(more: dict[str, Any], code: str) -> None:
    """It stops the account, and calls nobody."""
    with pytest.raises(SendError) as refused:
        await channel("smtp").send(DELIVERY, account(**more))
    assert (refused.value.code, refused.value.retryable, refused.value.scope) == (code, False, "account")


async def test_no_webhook_is_an_smtp_servers() -> None:
    """Nothing verifies, nothing parses."""
    post = Post(b"{}", {}, "http://localhost/")
    assert channel("smtp").verify(post, account()) is False
    with pytest.raises(RequestError):
        channel("smtp").parse(post, account())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context, and a client's that trusts it."""
    folder: Path = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cadata=made.public_bytes(serialization.Encoding.PEM).decode())


Contexts = tuple[ssl.SSLContext, ssl.SSLContext]


async def test_tls_from_the_first_byte(certificate: Contexts, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the name is checked against the certificate, though the address was looked up before."""
    monkeypatch.setattr(smtp, "tls", lambda: certificate[1])
    script = Script()
    async with serving(script.talk, certificate[0]) as port:
        assert await channel("smtp").send(DELIVERY, account("localhost", port, config={"security": "tls"}))
    assert script.messages == 1


async def test_a_password_never_travels_before_starttls(certificate: Contexts, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not offer it gets no password."""
    monkeypatch.setattr(smtp, "tls", lambda: certificate[1])
    config = {"security": "starttls"}
    offering = Script({"EHLO": "250-oi\r\n250 STARTTLS", "STARTTLS": "220 go"}, certificate[0])
    await sent(offering, config=config)
    assert [line.split()[0] for line in offering.heard[:4]] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]
    silent = Script()
    error = await fails(silent, config=config)
    assert (error.code, error.scope) == ("not_offered", "account")
    assert all(not line.startswith("AUTH") for line in silent.heard)


async def test_a_certificate_that_nobody_signed_stops_the_account(certificate: Contexts) -> None:
    """No password for who cannot prove who it is."""
    script = Script()
    async with serving(script.talk, certificate[0]) as port:
        with pytest.raises(SendError) as refused:
            await channel("smtp").send(DELIVERY, account("localhost", port, config={"security": "tls"}))
    assert (refused.value.code, refused.value.scope, script.heard) == ("bad_certificate", "account", [])


async def check(script: Script | None = None, **more: Any) -> list[tuple[str, bool]]:
    """What a check finds: (item, whether it is well)."""
    async with serving((script or Script()).talk) as port:
        findings = await channel("smtp").check(account(port=port, **more), "")
    assert all(finding.ok or finding.todo for finding in findings)
    assert all("senha-boa" not in finding.text for finding in findings)
    return [(finding.item, finding.ok) for finding in findings]


async def test_a_check_signs_in_and_sends_nothing() -> None:
    """Connected, let in, and goodbye."""
    script = Script()
    assert await check(script) == [("sender", True), ("server", True)]
    assert [line.split()[0] for line in script.heard] == ["EHLO", "AUTH", "QUIT"]


@pytest.mark.parametrize(
    ("replies", "more"),
    [
        ({"AUTH": "535 senha-boa is wrong"}, {}),
        ({"OPEN": "554 go away"}, {}),
        ({"OPEN": ""}, {}),
        ({"EHLO": "250 oi"}, {}),
        ({}, {"config": {"security": "rot13"}}),
        ({}, {"credentials": {}}),
        ({}, {"config": {"host": "10.0.0.1", "security": "tls"}}),
    ],
)
async def test_a_check_says_what_is_wrong(replies: dict[str, str], more: dict[str, Any]) -> None:
    """With something to do about it."""
    assert await check(Script(replies), **more) == [("sender", True), ("server", False)]


async def test_a_check_begins_with_the_sender() -> None:
    """Without one there is nobody to sign in as."""
    assert await check(external_id="padaria") == [("sender", False)]


async def test_a_name_with_several_addresses_is_tried_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first that answers takes the letter."""

    async def resolved(_host: str, _port: int) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]

    monkeypatch.setattr(smtp, "resolved", resolved)
    assert addresses.permitted("localhost")
    script = Script()
    await sent(script, config={"host": "localhost"})
    assert script.messages == 1
