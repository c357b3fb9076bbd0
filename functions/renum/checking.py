"""Whether a channel account can send and receive: what the database knows of it, and what its provider says."""

from __future__ import annotations

import asyncio
import ipaddress
import uuid
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict
from starlette.requests import Request

from renum import user_request, user_rpc
from renum.accounts import Account, accounts
from renum.channels import Channel, Finding, channel
from renum.clients import PerLoop
from renum.errors import SendError
from renum.log import Log
from renum.rpc import rpc
from renum.settings import settings
from renum.shapes import JSON

ASK_WITHIN_S = 60
"""How long a provider may keep somebody waiting for a check in all."""

SILENT = ("smtp",)
"""Providers that never call us."""

LISTS_TEMPLATES = ("whatsapp_cloud",)

log = Log("checking")


class Wanted(BaseModel):
    """The request's body."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    channel_account_id: uuid.UUID
    sync: bool = False


async def check(request: Request) -> JSON:
    """{"provider", "webhook_url", "findings": [{"item", "ok", "text", "todo"}], "templates"}, for owners and admins.

    `templates` is {"saved", "left_out", "gone"} where `sync` was asked for and the provider keeps templates, else null.
    Raises RequestError (4xx) or DatabaseUnavailable; no answer tells a secret.
    """
    wanted, authorization = await user_request.read(request, Wanted)
    account_id = str(wanted.channel_account_id)

    # SECURITY: asked as the caller, before anything is done with the functions' own key: not an owner's, not there.
    known = await _known(account_id, authorization)
    asked = await _asking.get().ask(account_id, wanted.sync, known.get("webhook_url"))
    if asked["templates"] is not None:
        known = await _known(account_id, authorization)
    findings = known["findings"] + [asdict(one) for one in _needed(known, asked)]
    if any(one["item"] == "credentials" for one in asked["findings"]):
        # The adapter has looked at them itself, and knows better.
        findings = [one for one in findings if one["item"] != "credentials"]
    return {
        "provider": known["provider"],
        "webhook_url": known["webhook_url"],
        "findings": findings + asked["findings"],
        "templates": asked["templates"],
    }


async def _known(account_id: str, authorization: str) -> JSON:
    answer: JSON = await user_rpc.call("channel_findings", {"channel_account_id": account_id}, authorization)
    return answer


class _Asking:
    """Who asks for what is being asked already waits for that answer: however often a button is pressed, a provider
    sees one check of an account at a time."""

    def __init__(self) -> None:
        self._under_way: dict[tuple[str, bool], asyncio.Task[JSON]] = {}

    async def ask(self, account_id: str, sync: bool, webhook_url: str | None) -> JSON:
        """{"missing": names of credentials, "findings", "templates"}, from the account itself and its provider."""
        key = (account_id, sync)
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(_ask(account_id, sync, webhook_url))
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        return await asyncio.shield(task)


_asking: PerLoop[_Asking] = PerLoop(_Asking)


async def _ask(account_id: str, sync: bool, webhook_url: str | None) -> JSON:
    account = await accounts().get(account_id, older_than_s=0)
    answer: JSON = {"given": [], "problem": None, "findings": [], "templates": None}
    if account is None:
        return answer
    answer["given"], answer["problem"] = sorted(account.credentials), account.problem
    if not account.credentials:
        return answer
    adapter = channel(account.provider)
    findings: list[Finding] = []
    try:
        async with asyncio.timeout(ASK_WITHIN_S):
            findings += await adapter.check(account, webhook_url or "")
            await _keep_facts(adapter, account)
            if sync:
                answer["templates"] = await _keep_templates(adapter, account, findings)
    except TimeoutError:
        findings.append(
            Finding("provider", False, "O provedor demorou demais a responder.", "Tente de novo em alguns minutos.")
        )
    answer["findings"] = [_clean(account, one) for one in findings]
    log.info(
        "A channel account was checked.",
        action="channel.checked",
        channel_account_id=account.id,
        missing=[one.item for one in findings if not one.ok],
    )
    return answer


async def _keep_facts(adapter: Channel, account: Account) -> None:
    try:
        facts = await adapter.facts(account)
    except SendError:
        # The check has said why.
        return
    if facts:
        await rpc().save_account_facts(account.id, facts)


async def _keep_templates(adapter: Channel, account: Account, findings: list[Finding]) -> Any:
    """Saves the provider's list; what keeps it from being had is a finding."""
    try:
        templates = await adapter.templates(account)
    except SendError as error:
        again = "Tente de novo em alguns minutos." if error.retryable else "Veja os outros itens desta verificação."
        text = f"A lista de modelos não pôde ser lida do provedor (código {error.code})."
        findings.append(Finding("templates", False, text, again))
        return None
    if templates is None and account.provider not in LISTS_TEMPLATES:
        text = "Este provedor não tem lista de modelos a ler: os textos são os de message_templates."
        findings.append(Finding("templates", True, text))
        return None
    if templates is None:
        todo = "Veja os outros itens desta verificação, ou cadastre os modelos em message_templates."
        findings.append(Finding("templates", False, "O provedor não deu nenhuma lista de modelos.", todo))
        return None
    saved = await rpc().save_templates(account.id, templates)
    text = f"Modelos lidos do provedor: {saved['saved']}."
    if saved["gone"]:
        text += f" Desativados, porque não existem mais lá: {saved['gone']}."
    if saved["left_out"]:
        text += f" Repetidos, ou que não puderam ser guardados: {saved['left_out']}."
    findings.append(Finding("templates", True, text))
    return saved


def _clean(account: Account, one: Finding) -> JSON:
    """A finding as it may be told: whatever a provider quoted in its answer, no credential is in it."""
    todo = None if one.todo is None else account.without_secrets(one.todo)
    return asdict(Finding(one.item, one.ok, account.without_secrets(one.text), todo))


def _needed(known: JSON, asked: JSON) -> list[Finding]:
    """What every account needs, whichever its provider: an address if it calls us, and all of its credentials."""
    findings = [] if known["provider"] in SILENT else [_address(known["webhook_url"])]
    problem = asked["problem"]
    if problem == "credentials_missing":
        # The database has said so.
        return findings
    if problem is not None:
        text = "As credenciais guardadas não podem ser abertas com a chave das funções."
        return [*findings, Finding("credentials", False, text, "Informe-as de novo com `renum channel credentials`.")]
    missing = [name for name in known["credentials"] if name not in asked["given"]]
    if missing:
        text = f"Faltam credenciais: {', '.join(missing)}."
        todo = "Informe todas de novo, juntas, com `renum channel credentials`."
        return [*findings, Finding("credentials", False, text, todo)]
    return findings


def _address(url: str | None) -> Finding:
    """Whether a provider can reach the webhook: https, under a public name. A provider on this machine reaches this
    machine."""
    if not url:
        todo = "Um administrador precisa definir public_url em private.settings: o endereço público das funções."
        return Finding("address", False, "Não há endereço em que o provedor alcance a RENUM.", todo)
    parts = urlsplit(url)
    if _is_here(parts.hostname):
        if _is_here(urlsplit(settings().graph_url).hostname):
            return Finding("address", True, f"O endereço {url} é alcançado pelo simulador, nesta máquina.")
    elif parts.scheme == "https":
        return Finding("address", True, f"Os webhooks chegam em {url}.")
    todo = "Um administrador precisa definir public_url em private.settings com um endereço https público."
    return Finding("address", False, f"O provedor não alcança o endereço {url}.", todo)


def _is_here(host: str | None) -> bool:
    """Whether a host name is of no use to somebody on the internet."""
    name = (host or "").lower().rstrip(".")
    try:
        return not ipaddress.ip_address(name).is_global
    except ValueError:
        return "." not in name or name.endswith((".local", ".localhost", ".internal"))
