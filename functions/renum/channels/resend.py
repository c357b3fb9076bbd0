"""E-mail through Resend.

POST {RESEND_URL}/emails, https://resend.com/docs/api-reference/emails/send-email
GET {RESEND_URL}/domains, https://resend.com/docs/api-reference/domains/list-domains
Webhooks: https://resend.com/docs/webhooks/event-types, signed by Svix:
https://docs.svix.com/receiving/verifying-payloads/how-manual

Credentials: api_key, webhook_secret (whsec_…). Config: from_name, reply_to, unsubscribe_url. `external_id` is the
sender's address. The delivery's id is the idempotency key (kept for 24 hours) and, as a tag, comes back with every
status.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime
from typing import Any

import httpx

from renum.accounts import Account
from renum.channels import Finding, Post, Provider, calls, letter
from renum.channels.letter import Letter
from renum.channels.payload import fingerprint, id_of, list_of, load, object_of, text_of
from renum.channels.proofs import same
from renum.channels.resend_errors import send_error
from renum.clients import PerLoop, new_client
from renum.errors import RequestError, SendError
from renum.settings import settings
from renum.shapes import JSON, Delivery, ErrorBody, Event

TOLERANCE_S = 300
"""How old or early a signed webhook may be: older ones are replays."""

TAG = "delivery_id"

STATUSES = {
    "email.sent": "sent",
    "email.delivered": "delivered",
    "email.opened": "read",
    "email.clicked": "read",
    "email.bounced": "failed",
    "email.failed": "failed",
    "email.suppressed": "failed",
}
"""Events that move a delivery. `email.delivery_delayed` moves nothing: Resend goes on trying."""

_clients: PerLoop[httpx.AsyncClient] = PerLoop(lambda: new_client(connect_s=5, read_s=25, connections=50))


def build(delivery: Delivery, written: Letter) -> JSON:
    """The request's body."""
    quoted = written.sender_name.replace("\\", "\\\\").replace('"', '\\"')
    body: JSON = {
        "from": f'"{quoted}" <{written.sender}>' if quoted else written.sender,
        "to": [written.to],
        "subject": written.subject,
        "text": written.text,
        "headers": written.headers,
        "tags": [{"name": TAG, "value": delivery["id"]}],
    }
    return {**body, "reply_to": written.reply_to} if written.reply_to else body


READING = calls.Reading(
    error_in=lambda body: body if "statusCode" in body or "name" in body else None,
    send_error=send_error,
    message_id=lambda body: body.get("id"),
)


def _api_key(account: Account) -> str:
    key = account.credentials.get("api_key")
    if not key:
        raise SendError(account.problem or "credentials_missing", "the account has no usable API key", scope="account")
    return key


def _secret(account: Account) -> bytes:
    """The webhook secret's bytes; b'' when there is none or it is not base64."""
    try:
        return base64.b64decode(account.credentials.get("webhook_secret", "").removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return b""


class Resend(Provider):
    """The adapter for `provider = 'resend'`."""

    def verify(self, post: Post, account: Account) -> bool:
        """`svix-signature` is a list of `v1,<base64>`, one of which is HMAC-SHA256 over "id.timestamp.body"."""
        secret = _secret(account)
        names = ("svix-id", "svix-timestamp", "svix-signature")
        identifier, timestamp, signatures = (post.headers.get(name, "") for name in names)
        if not secret or not identifier or not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < 13):
            return False
        if abs(time.time() - int(timestamp)) > TOLERANCE_S:
            return False
        signed = f"{identifier}.{timestamp}.".encode("utf-8", "surrogateescape") + post.body
        expected = "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
        return any(same(one, expected) for one in signatures.split(" "))

    def parse(self, post: Post, account: Account) -> list[Event]:
        """One event per webhook: a status, a complaint (an opt-out), or something kept raw."""
        body = load(post.body)
        if not isinstance(body, dict) or not isinstance(body.get("type"), str):
            raise RequestError(400, "not_an_envelope", "the body is no event")
        data = object_of(body.get("data"))
        return [_event(body, data, id_of(post.headers.get("svix-id")) or fingerprint(body))]

    async def send(self, delivery: Delivery, account: Account) -> str:
        """Sends one delivery; returns Resend's id. Raises SendError."""
        key = _api_key(account)
        body = build(delivery, letter.write(delivery, account))
        headers = {"Idempotency-Key": delivery["id"], "Content-Type": "application/json"}
        response = await calls.call(
            _clients.get(),
            "POST",
            f"{settings().resend_url}/emails",
            content=json.dumps(body).encode(),
            headers={**headers, "Authorization": f"Bearer {key}"},
        )
        return calls.read_answer(response, READING)

    async def check(self, account: Account, webhook_url: str) -> list[Finding]:
        """Whether the key is taken, the sender's domain is verified, and webhooks can be told from forgeries."""
        return [*await _check_domain(account), _check_webhook(account, webhook_url)]


def _reference(tags: Any) -> str | None:
    """Our delivery's id among an e-mail's tags: an object of values, or a list of names and values."""
    if isinstance(tags, dict):
        return id_of(tags.get(TAG))
    return next((id_of(tag.get("value")) for tag in list_of(tags) if object_of(tag).get("name") == TAG), None)


def _error(kind: str, data: JSON) -> ErrorBody:
    """Why an e-mail did not arrive. A bounce is the address's, a failure the e-mail's own."""
    name = kind.removeprefix("email.")
    told = object_of(data.get({"bounced": "bounce"}.get(name, name)))
    sentence = text_of(told.get("message")) or text_of(told.get("reason")) or "no message"
    return {
        "code": name,
        "message": " ".join(sentence.split())[:300],
        "retryable": False,
        "scope": "message" if name == "failed" else "recipient",
    }


def _event(body: JSON, data: JSON, provider_id: str) -> Event:
    kind = body["type"]
    email_id = id_of(data.get("email_id"))
    event: Event = {
        "kind": "other",
        "provider_id": provider_id,
        "number": None,
        "field": kind[:64],
        "raw": body,
        "occurred_at": _moment(body.get("created_at")),
    }
    if kind in STATUSES and email_id is not None:
        event["kind"] = "status"
        event["status"] = {
            "message_id": email_id,
            "status": STATUSES[kind],
            "reference": _reference(data.get("tags")),
            "error": _error(kind, data) if STATUSES[kind] == "failed" else None,
            "pricing": None,
        }
    elif kind == "email.complained" and (complainer := _first_address(data.get("to"))):
        event["kind"] = "opt_out"
        event["sender"] = {
            "wa_id": None,
            "bsuid": None,
            "parent_bsuid": None,
            "name": None,
            "username": None,
            "email": complainer,
        }
    return event


def _moment(value: Any) -> str | None:
    """A time with its zone, as PostgreSQL reads it: Python's ISO 8601 knows weeks, too, and PostgreSQL does not."""
    try:
        found = datetime.fromisoformat(id_of(value) or "")
        return found.astimezone(UTC).isoformat() if found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _first_address(value: Any) -> str | None:
    found = id_of(value[0] if isinstance(value, list) and value else value, most=320)
    return found.lower() if found is not None and "@" in found else None


def _check_webhook(account: Account, webhook_url: str) -> Finding:
    if _secret(account):
        return Finding("webhook", True, "A assinatura dos webhooks pode ser conferida.")
    todo = f"Em Resend › Webhooks, cadastre {webhook_url} e envie o Signing Secret (whsec_…) como webhook_secret."
    return Finding("webhook", False, "Falta o segredo que assina os webhooks: sem ele não se sabe o que chegou.", todo)


async def _check_domain(account: Account) -> list[Finding]:
    try:
        sender = letter.address(account.external_id, "bad_sender", "", scope="account")
    except SendError:
        todo = "Informe em external_id o endereço de e-mail que aparece como remetente."
        return [Finding("sender", False, "O remetente não é um endereço de e-mail.", todo)]
    try:
        key = _api_key(account)
    except SendError:
        todo = "Crie uma chave em Resend › API Keys e envie-a como api_key."
        return [Finding("key", False, "A conta não tem uma chave guardada que possa ser lida.", todo)]
    try:
        response = await calls.call(
            _clients.get(), "GET", f"{settings().resend_url}/domains", headers={"Authorization": f"Bearer {key}"}
        )
    except SendError:
        return [Finding("key", False, "O Resend não respondeu.", "Tente novamente em alguns minutos.")]
    told = calls.object_in(response) or {}
    domain = sender.rsplit("@", 1)[1].lower()
    if told.get("name") == "restricted_api_key":
        text = f"A chave só permite enviar; se o domínio {domain} está verificado não pode ser conferido."
        return [Finding("key", True, text)]
    if response.status_code != 200 or not isinstance(told.get("data"), list):
        todo = "Crie uma nova chave em Resend › API Keys e envie-a como api_key."
        return [Finding("key", False, f"O Resend recusou a chave (HTTP {response.status_code}).", todo)]
    found = [Finding("key", True, "O Resend aceitou a chave.")]
    domains = {str(one.get("name", "")).lower(): one for one in map(object_of, list_of(told.get("data")))}
    if object_of(domains.get(domain)).get("status") == "verified":
        return [*found, Finding("domain", True, f"O domínio {domain} está verificado.")]
    todo = f"Em Resend › Domains, adicione {domain} e publique os registros DNS que ele mostra."
    return [*found, Finding("domain", False, f"O domínio {domain} não está verificado.", todo)]


channel = Resend()
