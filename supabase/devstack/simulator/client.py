"""Drives the simulator over its control API: be a lead, read what leads received, order failures, read the mailbox."""

from __future__ import annotations

import base64
import time
from types import TracebackType
from typing import Any, Self, TypedDict

import httpx


class SentMessage(TypedDict):
    """What went out to a lead. `to`: digits or BSUID; `text`: what the lead reads; `reference`:
    biz_opaque_callback_data; `at`: epoch seconds.
    """

    seq: int
    id: str
    phone_number_id: str
    to: str
    type: str
    text: str
    reference: str | None
    at: float
    body: dict[str, Any]


class Mail(TypedDict, total=False):
    """One e-mail. Those of the auth stand-in carry `kind` (signup, invite, …), `link`, `code` and `token_hash`; what
    came over SMTP or through Resend has kind `message`, `via`, `id` and `headers`.
    """

    seq: int
    to: str
    subject: str
    text: str
    id: str
    via: str
    headers: dict[str, str]
    kind: str
    link: str
    code: str
    token_hash: str


class WebhookFailed(RuntimeError):
    """The webhook did not take a lead's message. `status`: its HTTP status, 0 when nobody answered."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"the webhook answered {status or 'nothing'}: {body[:300]}")
        self.status = status


class SimulatorClient:
    """One simulator; methods block. Safe to share between threads (httpx's pool is).

    Methods that concern a business number use `phone_number_id` when given, else the one registered last through this
    client, else the only registered one. They raise httpx.HTTPError when the simulator is away and ValueError with
    its sentence when it refuses.
    """

    def __init__(self, url: str, *, phone_number_id: str | None = None, timeout: float = 35.0) -> None:
        self.phone_number_id = phone_number_id
        self._http = httpx.Client(
            base_url=url.rstrip("/"),
            timeout=timeout,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def _call(self, method: str, path: str, *, json: Any = None, params: dict[str, Any] | None = None) -> Any:
        given = {name: value for name, value in (params or {}).items() if value is not None}
        answer = self._http.request(method, path, json=json, params=given)
        if answer.status_code == 400:
            raise ValueError(answer.json()["error"])
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def _on(self, phone_number_id: str | None, **body: Any) -> dict[str, Any]:
        number = phone_number_id or self.phone_number_id
        return {**body, "phone_number_id": number} if number else body

    def register_number(
        self, phone_number_id: str, webhook_url: str, app_secret: str, **options: Any
    ) -> dict[str, Any]:
        """Registers a business number: where its webhooks go and how they are signed.

        options: access_token, statuses (["sent", "delivered"]), status_delay_ms, status_batch, answer_delay_ms,
        display_phone_number, templates ([{"name", "language", "body"}]), verify_token. Answers {"phone_number_id",
        "verified"}.
        """
        body = {"phone_number_id": phone_number_id, "webhook_url": webhook_url, "app_secret": app_secret, **options}
        answer: dict[str, Any] = self._call("POST", "/_control/numbers", json=body)
        self.phone_number_id = phone_number_id
        return answer

    def change_number(self, phone_number_id: str | None = None, **options: Any) -> dict[str, Any]:
        """Changes some options of a registered number; the rest stays."""
        answer: dict[str, Any] = self._call("POST", "/_control/numbers", json=self._on(phone_number_id, **options))
        return answer

    def say(
        self, from_: str, text: str, *, name: str | None = None, phone_number_id: str | None = None, **options: Any
    ) -> str:
        """A lead writes. Returns the message's wamid once the webhook took it; raises WebhookFailed otherwise.

        options: type, id, timestamp, reply_to, button_id, hide_phone, payload (see `/_control/inbound`).
        """
        order = self._on(phone_number_id, **{"from": from_, "text": text, "name": name, **options})
        answer = self._call("POST", "/_control/inbound", json=order)
        if answer["status"] != 200:
            raise WebhookFailed(answer["status"], answer["body"])
        return str(answer["id"])

    def say_audio(
        self, from_: str, *, name: str | None = None, phone_number_id: str | None = None, **options: Any
    ) -> str:
        """A lead sends a voice note. Like `say_file`."""
        return self.say_file(from_, "audio", name=name, phone_number_id=phone_number_id, **options)

    def say_image(self, from_: str, caption: str = "", **options: Any) -> str:
        """A lead sends a picture. Like `say_file`."""
        return self.say_file(from_, "image", caption=caption, **options)

    def say_file(
        self, from_: str, kind: str, content: bytes | None = None, *, caption: str = "", **options: Any
    ) -> str:
        """A lead sends a file of a kind (image, audio, video, document, sticker). Like `say`.

        options, beside those of `say`: mime_type, file_name, sha256, missing, url, stale (see
        `devstack.simulator.media`).
        """
        if content is not None:
            options["content"] = base64.b64encode(content).decode()
        return self.say(from_, caption, type=kind, **options)

    def register_account(
        self, provider: str, external_id: str, webhook_url: str, credentials: dict[str, str], **options: Any
    ) -> None:
        """Registers an account of twilio, evolution, zapi or zenvia; options: see
        `devstack.simulator.gateways.Account`."""
        body = {"webhook_url": webhook_url, "credentials": credentials, **options}
        self.change_account(provider, external_id, **body)

    def change_account(self, provider: str, external_id: str, **options: Any) -> None:
        """Changes some options of a registered account; the rest stays."""
        self._call("POST", "/_control/accounts", json={"provider": provider, "external_id": external_id, **options})

    def say_through(self, provider: str, external_id: str, from_: str, text: str = "", **options: Any) -> str:
        """A lead writes to such an account, or (with `event` and `data`) the provider tells something. Returns the
        message's id once the webhook took it; raises WebhookFailed otherwise."""
        order = {"provider": provider, "external_id": external_id, "from": from_, "text": text, **options}
        answer = self._call("POST", "/_control/accounts/say", json=order)
        if answer["status"] != 200:
            raise WebhookFailed(answer["status"], answer["body"])
        return str(answer["id"])

    def webhook(self, envelope: Any, *, phone_number_id: str | None = None, **options: Any) -> tuple[int, str]:
        """Posts any envelope (or raw text) to the number's webhook; (status, body). `signature=None` leaves it
        unsigned.
        """
        answer = self._call("POST", "/_control/webhook", json=self._on(phone_number_id, envelope=envelope, **options))
        return int(answer["status"]), str(answer["body"])

    def messages(
        self, to: str | None = None, *, after: int = 0, phone_number_id: str | None = None, limit: int | None = None
    ) -> list[SentMessage]:
        """What was sent, oldest first; `after` is a `seq`."""
        params = {"to": to, "after": after, "phone_number_id": phone_number_id, "limit": limit}
        found: list[SentMessage] = self._call("GET", "/_control/messages", params=params)["messages"]
        return found

    def wait_for_message(
        self, phone: str, after: int = 0, timeout: float = 30.0, *, phone_number_id: str | None = None
    ) -> SentMessage | None:
        """The first message to `phone` with `seq` above `after`, waiting up to `timeout` seconds; None when none
        came.
        """
        deadline = time.monotonic() + timeout
        while True:
            left = deadline - time.monotonic()
            params = {
                "to": phone,
                "after": after,
                "timeout": max(0.0, min(left, 25.0)),
                "phone_number_id": phone_number_id,
            }
            found: SentMessage | None = self._call("GET", "/_control/messages/next", params=params)
            if found is not None or left <= 25.0:
                return found

    def fail_next(
        self,
        code: int | str,
        *,
        count: int | None = 1,
        to: str | None = None,
        mode: str = "answer",
        http_status: int | None = None,
        details: str = "",
        phone_number_id: str | None = None,
    ) -> None:
        """Lets the next `count` sends (None: all until reset) fail with the provider's `code`; `to` limits it to one
        recipient.

        mode: `answer` (refused), `status` (accepted, then a failed status), `lost` (goes out, but its answer never
        arrives).
        """
        plan = {"code": code, "count": count, "to": to, "mode": mode, "http_status": http_status, "details": details}
        self._call("POST", "/_control/failures", json=plan | {"phone_number_id": phone_number_id})

    def set_window(self, phone: str, *, open: bool, phone_number_id: str | None = None) -> None:
        """Opens or closes a person's 24-hour window; in a closed one only templates are accepted."""
        self._call("POST", "/_control/windows", json=self._on(phone_number_id, phone=phone, open=open))

    def numbers(self) -> list[dict[str, Any]]:
        """Registered numbers with `status_webhooks` {"pending", "posted", "dropped"}."""
        found: list[dict[str, Any]] = self._call("GET", "/_control/numbers")["numbers"]
        return found

    def mailbox(self, to: str | None = None, *, kind: str | None = None, after: int = 0) -> list[Mail]:
        """E-mails, oldest first."""
        found: list[Mail] = self._call("GET", "/mailbox", params={"to": to, "kind": kind, "after": after})["messages"]
        return found

    def smtp(self) -> tuple[str, int]:
        """Host and port of the mail server."""
        host, port = str(self._call("GET", "/_control/mail")["smtp"]).rsplit(":", 1)
        return host, int(port)

    def register_sender(self, address: str, **options: Any) -> None:
        """Registers an address that mail may come from.

        options: username, password (SMTP); api_key, webhook_url, webhook_secret, statuses, status_delay_ms, send_only
        (Resend).
        """
        self._call("POST", "/_control/mail/senders", json={"address": address, **options})

    def set_mailbox(self, address: str, *, exists: bool) -> None:
        """Takes an address's mailbox away, or gives it back."""
        self._call("POST", "/_control/mail/recipients", json={"address": address, "exists": exists})

    def fail_mail(self, **plan: Any) -> None:
        """Orders what goes wrong with the next letters (see `devstack.simulator.mail.MailFailure`)."""
        self._call("POST", "/_control/mail/failures", json=plan)

    def clear_mail_failures(self) -> None:
        """Forgets what was ordered and has not happened."""
        self._call("DELETE", "/_control/mail/failures")

    def mail_event(self, email_id: str, kind: str) -> int:
        """Posts an event of an e-mail that Resend took; the webhook's HTTP status."""
        return int(self._call("POST", "/_control/mail/events", json={"id": email_id, "type": kind})["status"])

    def reset(self, *, numbers: bool = False) -> None:
        """Forgets messages, mails, failures; with `numbers`, registrations too."""
        self._call("POST", "/_control/reset", json={"numbers": numbers})
