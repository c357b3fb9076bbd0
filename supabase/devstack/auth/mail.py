"""E-mails of the auth stand-in, in Portuguese, delivered to the simulator's mailbox."""

from __future__ import annotations

import logging
from urllib.parse import urlencode

import httpx

from devstack.auth.errors import AuthError
from devstack.config import StackConfig

log = logging.getLogger(__name__)

# kind -> (subject, opening sentence)
_TEXTS = {
    "signup": ("Confirme seu e-mail", "Para concluir o cadastro, confirme seu e-mail por este link:"),
    "invite": ("Você recebeu um convite", "Este é um convite para usar a RENUM. Para aceitar, abra este link:"),
    "recovery": ("Redefina sua senha", "Para escolher uma nova senha, abra este link:"),
    "magiclink": ("Seu link de acesso", "Para entrar, abra este link:"),
    "email_change": ("Confirme seu novo e-mail", "Para confirmar este novo e-mail, abra este link:"),
}


def action_link(config: StackConfig, *, kind: str, token_hash: str, redirect_to: str) -> str:
    """The link of an e-mail: `{SUPABASE_URL}/auth/v1/verify?token=…&type=…&redirect_to=…`."""
    return f"{config.supabase_url}/auth/v1/verify?" + urlencode(
        {"token": token_hash, "type": kind, "redirect_to": redirect_to}
    )


async def send(
    http: httpx.AsyncClient, config: StackConfig, *, to: str, kind: str, code: str, token_hash: str, redirect_to: str
) -> None:
    """Sends one e-mail. Raises AuthError 500, as hosted does when its SMTP server is away."""
    subject, opening = _TEXTS[kind]
    link = action_link(config, kind=kind, token_hash=token_hash, redirect_to=redirect_to)
    text = (
        f"Olá!\n\n{opening}\n\n{link}\n\nOu digite este código: {code}\n\n"
        "O link e o código valem por uma hora. Se você não esperava esta mensagem, pode ignorá-la.\n"
    )
    mail = {
        "from": "nao-responda@renum.local",
        "to": to,
        "subject": subject,
        "text": text,
        "kind": kind,
        "link": link,
        "code": code,
        "token_hash": token_hash,
    }
    try:
        (await http.post(f"{config.simulator_url}/mailbox", json=mail)).raise_for_status()
    except httpx.HTTPError as error:
        # Not the error's text: it may name the link.
        log.error("mail not delivered: %s", type(error).__name__, extra={"action": "mail_failed"})
        raise AuthError(500, "unexpected_failure", "Error sending confirmation email") from error
