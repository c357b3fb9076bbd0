"""What the WhatsApp Cloud API says of an account: whether it can send and receive, its limits, its templates.

GET {graph}/{version}/{phone_number_id}?fields=…
https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account-to-number-current-status/
GET {graph}/{version}/{waba_id}/subscribed_apps
https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/subscribed_apps/
GET {graph}/{version}/{waba_id}/message_templates, in pages
https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/message_templates/

The WhatsApp Business account is `waba_id` in the account's config.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from typing import Any

import httpx

from renum.accounts import Account
from renum.channels import Finding
from renum.channels.payload import id_of, list_of, object_of, text_of
from renum.channels.whatsapp_cloud_errors import send_error
from renum.channels.whatsapp_cloud_news import CATEGORIES, STATUSES, language_of, reason_of
from renum.clients import BROKEN, PerLoop, new_client
from renum.errors import SendError
from renum.settings import settings
from renum.shapes import JSON, AccountFacts, Template

ANSWER_WITHIN_S = 20
PAGES = 50
PAGE = 100
"""At most 5,000 templates: Meta allows 6,000 names only to the largest accounts, 250 to most."""

NODE_ID = re.compile(r"[0-9]{1,30}")
PHONE_FIELDS = (
    "display_phone_number,verified_name,name_status,quality_rating,status,messaging_limit_tier,"
    "whatsapp_business_manager_messaging_limit,webhook_configuration"
)
TEMPLATE_FIELDS = "id,name,language,status,category,components,rejected_reason"

TIERS = {"TIER_50": 50, "TIER_250": 250, "TIER_1K": 1_000, "TIER_2K": 2_000, "TIER_10K": 10_000, "TIER_100K": 100_000}
"""People in 24 hours: https://developers.facebook.com/docs/whatsapp/messaging-limits"""

_clients: PerLoop[httpx.AsyncClient] = PerLoop(lambda: new_client(connect_s=5, read_s=15, connections=16))


def waba_of(account: Account) -> str | None:
    """The id of the account's WhatsApp Business account, None when its config does not say."""
    found = id_of(account.config.get("waba_id"), most=64)
    return found if found is not None and NODE_ID.fullmatch(found) else None


async def _get(account: Account, path: str, **query: str | int) -> JSON:
    """One object of the Graph API. Raises SendError with Meta's code, or `unreachable`, `timeout`, `not_json`."""
    config = settings()
    version = str(account.config.get("graph_version") or config.graph_version)
    headers = {"Authorization": f"Bearer {account.credentials.get('access_token', '')}"}
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            response = await _clients.get().get(f"{config.graph_url}/{version}/{path}", params=query, headers=headers)
    except BROKEN as error:
        late = isinstance(error, (TimeoutError, httpx.ReadTimeout))
        raise SendError("timeout" if late else "unreachable", "no answer from the API", retryable=True) from error
    try:
        body: Any = json.loads(response.content)
    except ValueError:
        body = None
    if isinstance(body, dict) and body.get("error"):
        raise send_error(body["error"], status=response.status_code)
    if response.status_code != 200 or not isinstance(body, dict):
        raise SendError("not_json", f"HTTP {response.status_code} with a body that is not the API's", retryable=True)
    return body


async def phone(account: Account) -> JSON:
    """The number as Meta keeps it. Raises SendError."""
    if not NODE_ID.fullmatch(account.external_id):
        raise SendError("100", "the number's id is not one")
    return await _get(account, account.external_id, fields=PHONE_FIELDS)


async def facts(account: Account) -> AccountFacts:
    """The number as people write it, its portfolio and the portfolio's limit. Raises SendError."""
    number = await phone(account)
    found: AccountFacts = {}
    if shown := text_of(number.get("display_phone_number")):
        found["display_phone"] = shown
    tier = tier_of(number)
    if tier in TIERS:
        found["daily_limit"] = TIERS[tier]
    elif tier.endswith("UNLIMITED"):
        found["daily_limit"] = None
    if waba := waba_of(account):
        try:
            owner = object_of((await _get(account, waba, fields="owner_business_info")).get("owner_business_info"))
        except SendError:
            # Not every token may see whose account it is; the check itself says so where it matters.
            owner = {}
        if portfolio := id_of(owner.get("id"), most=64):
            found["portfolio_id"] = portfolio
    return found


def tier_of(number: JSON) -> str:
    """The messaging limit: the portfolio's, or as older answers call it."""
    limit = number.get("whatsapp_business_manager_messaging_limit") or number.get("messaging_limit_tier")
    return text_of(object_of(limit).get("current_limit") if isinstance(limit, dict) else limit).upper()


async def templates(account: Account) -> list[Template] | None:
    """Every template of the WhatsApp Business account; None where its config does not name one. Raises SendError."""
    waba = waba_of(account)
    if waba is None:
        return None
    found: list[Template] = []
    after: dict[str, str | int] = {}
    for _ in range(PAGES):
        # By the cursor, never by the address in `next`: the token goes nowhere that an answer names.
        page = await _get(account, f"{waba}/message_templates", fields=TEMPLATE_FIELDS, limit=PAGE, **after)
        found += [one for item in list_of(page.get("data")) if (one := template(item)) is not None]
        paging = object_of(page.get("paging"))
        cursor = id_of(object_of(paging.get("cursors")).get("after"))
        if not paging.get("next") or cursor is None or after.get("after") == cursor:
            return found
        after = {"after": cursor}
    raise SendError("too_many", f"more than {PAGES * PAGE} templates")


def template(item: Any) -> Template | None:
    """One item of the list; None for what has no name, or a status that nobody knows."""
    given = object_of(item)
    name, language = id_of(given.get("name")), language_of(given.get("language"))
    status = STATUSES.get(text_of(given.get("status")).upper())
    if name is None or not language or status is None:
        return None
    category = text_of(given.get("category")).lower()
    components = [part for part in list_of(given.get("components")) if isinstance(part, dict)]
    texts = [text_of(part.get("text")) for part in components if text_of(part.get("type")).upper() == "BODY"]
    return {
        "provider_id": id_of(given.get("id"), most=64),
        "name": name,
        "language": language,
        # One that Meta adds later is priced as the dearest until it is known here.
        "category": category if category in CATEGORIES else "marketing",
        "body": next((text for text in texts if text.strip()), f"[{name}]"),
        "status": status,
        "reason": reason_of(given.get("rejected_reason")),
        "components": components,
    }


async def check(account: Account, webhook_url: str) -> list[Finding]:
    """What is missing at Meta, in Portuguese. Raises nothing."""
    try:
        number = await phone(account)
    except SendError as error:
        return [_refused(account, error)]
    return [
        Finding("token", True, "O token de acesso funciona."),
        *_number(number),
        _webhook(number, webhook_url),
        *await _verification(account, webhook_url),
        *await _subscription(account),
    ]


def _refused(account: Account, error: SendError) -> Finding:
    """Why the number could not be looked at."""
    if error.retryable:
        return Finding("token", False, "A Meta não respondeu agora.", "Tente de novo em alguns minutos.")
    if error.code in ("100", "33"):
        return Finding(
            "number",
            False,
            f"A Meta não conhece o número {account.external_id}, ou o token não o alcança.",
            "Confira o ID do número de telefone (Phone Number ID) em WhatsApp > Configuração da API, no Meta for"
            " Developers, e se o usuário do token tem acesso à conta do WhatsApp Business.",
        )
    return Finding(
        "token",
        False,
        f"A Meta recusou o token de acesso (código {error.code}).",
        "Gere um token permanente de usuário do sistema, com as permissões whatsapp_business_messaging e"
        " whatsapp_business_management, e informe-o com `renum channel credentials`.",
    )


def _number(number: JSON) -> list[Finding]:
    shown, name = text_of(number.get("display_phone_number")), text_of(number.get("verified_name"))
    status, name_status = text_of(number.get("status")).upper(), text_of(number.get("name_status")).upper()
    quality, tier = text_of(number.get("quality_rating")).upper(), tier_of(number)
    connected = status in ("CONNECTED", "")
    return [
        Finding(
            "number",
            connected,
            f"O número {shown} está {'conectado' if connected else f'com status {status}'}.",
            None if connected else "Registre ou reative o número no Gerenciador do WhatsApp, na Meta.",
        ),
        _name(name, name_status),
        Finding(
            "quality",
            quality != "RED",
            {
                "GREEN": "A qualidade do número é alta.",
                "YELLOW": "A qualidade do número é média: convém enviar menos, e só a quem espera a mensagem.",
                "RED": "A qualidade do número é baixa: pessoas estão bloqueando ou denunciando as mensagens.",
            }.get(quality, "A Meta ainda não avaliou a qualidade do número."),
            "Envie menos, só a quem deu consentimento, e reveja os modelos; a nota se recupera em cerca de sete dias."
            if quality == "RED"
            else None,
        ),
        Finding("limit", True, _limit(tier)),
    ]


def _name(name: str, status: str) -> Finding:
    if status in ("DECLINED", "EXPIRED"):
        word = "recusado" if status == "DECLINED" else "vencido"
        todo = "Corrija o nome de exibição no Gerenciador do WhatsApp e peça nova análise."
        return Finding("name", False, f"O nome de exibição “{name}” foi {word} pela Meta.", todo)
    if status in ("PENDING_REVIEW", "NONE"):
        todo = "Aguarde a análise da Meta; até lá os envios podem ser recusados."
        return Finding("name", False, f"O nome de exibição “{name}” ainda não foi aprovado.", todo)
    return Finding("name", True, f"O nome de exibição “{name}” está aprovado.")


def _limit(tier: str) -> str:
    if tier.endswith("UNLIMITED"):
        return "Não há limite diário de pessoas."
    if tier not in TIERS:
        return "A Meta não informou o limite diário de pessoas."
    people = f"{TIERS[tier]:,}".replace(",", ".")
    return f"O limite é de {people} pessoas novas a cada 24 horas, somando todos os números do portfólio."


def _webhook(number: JSON, webhook_url: str) -> Finding:
    """Where Meta posts: the number's own address before the account's before the app's."""
    configured = object_of(number.get("webhook_configuration"))
    places = ("phone_number", "whatsapp_business_account", "application")
    current = next((text_of(configured[place]) for place in places if text_of(configured.get(place))), "")
    if current.rstrip("/") == webhook_url.rstrip("/"):
        return Finding("webhook", True, "A Meta envia as mensagens recebidas ao endereço certo.")
    text = f"A Meta envia as mensagens recebidas a outro endereço: {current}" if current else ""
    return Finding(
        "webhook",
        False,
        text or "A Meta não tem endereço para onde enviar as mensagens recebidas.",
        f"Em WhatsApp > Configuração, no Meta for Developers, informe a URL de callback {webhook_url} e o token de"
        " verificação que está nas credenciais da conta, e assine os campos messages, account_update,"
        " message_template_status_update e template_category_update.",
    )


async def _verification(account: Account, webhook_url: str) -> list[Finding]:
    """Whether our address answers as Meta will ask it to, over the same way: DNS, TLS, gateway, verify token."""
    token = account.credentials.get("verify_token", "")
    if not token or not webhook_url:
        # Both are missing by name elsewhere.
        return []
    challenge = new_challenge()
    query = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": challenge}
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            response = await _clients.get().get(webhook_url, params=query)
        proved = response.status_code == 200 and response.text == challenge
        text = f"O endereço dos webhooks respondeu HTTP {response.status_code} à verificação."
    except BROKEN:
        proved, text = False, "O endereço dos webhooks não responde."
    if proved:
        return [Finding("verification", True, "O endereço dos webhooks responde à verificação da Meta.")]
    todo = "Um administrador precisa conferir public_url em private.settings e se as funções estão no ar."
    return [Finding("verification", False, text, todo)]


def new_challenge() -> str:
    """What nobody answers by chance."""
    return str(secrets.randbelow(10**12))


async def _subscription(account: Account) -> list[Finding]:
    waba = waba_of(account)
    if waba is None:
        return [
            Finding(
                "waba",
                False,
                "Falta o ID da conta do WhatsApp Business (WABA): sem ele os modelos não podem ser consultados.",
                "Informe-o com `renum channel add … --config waba_id=<ID>`; está em WhatsApp > Configuração da API.",
            )
        ]
    try:
        answer = await _get(account, f"{waba}/subscribed_apps")
    except SendError as error:
        if error.retryable:
            return [Finding("waba", False, "A Meta não respondeu agora.", "Tente de novo em alguns minutos.")]
        return [
            Finding(
                "waba",
                False,
                f"A Meta não dá acesso à conta do WhatsApp Business {waba} (código {error.code}).",
                "Confira waba_id na configuração da conta e se o token tem a permissão whatsapp_business_management.",
            )
        ]
    if list_of(answer.get("data")):
        return [Finding("subscription", True, "O aplicativo está inscrito na conta do WhatsApp Business.")]
    return [
        Finding(
            "subscription",
            False,
            "Nenhum aplicativo está inscrito na conta do WhatsApp Business: nenhuma mensagem recebida chega.",
            f"Inscreva o aplicativo: POST {settings().graph_version}/{waba}/subscribed_apps com o token de acesso.",
        )
    ]
