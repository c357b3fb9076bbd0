"""`renum channel`: a client's accounts with providers, as one of its people sees and manages them."""

from __future__ import annotations

import json
import os
from typing import Any, cast

import httpx
from supabase import Client

from devstack.demo.access import Access, Row, row, rows, token_of
from devstack.demo.leads import client_id_of
from devstack.demo.printing import Printer
from devstack.errors import StackError

CHANNELS = {
    "whatsapp_cloud": ("whatsapp",),
    "twilio": ("whatsapp", "sms"),
    "evolution": ("whatsapp",),
    "zapi": ("whatsapp",),
    "zenvia": ("sms",),
    "smtp": ("email",),
    "resend": ("email",),
}
"""Provider → channels it serves, as public.channel_accounts allows."""

_COLUMNS = "id,client_id,channel,provider,name,external_id,display_phone,status,stopped_reason,daily_limit,config"
_CHECK_WITHIN_S = 90.0
_SECRET = ("token", "secret", "password", "api_key")


def listed(person: Client, client: str | None) -> list[Row]:
    """The accounts that the person sees, oldest first; of one client, by its name or id."""
    query = person.table("channel_accounts").select(_COLUMNS).order("created_at")
    if client is not None:
        query = query.eq("client_id", client_id_of(person, client))
    return rows(query.execute())


def find(person: Client, wanted: str | None) -> Row:
    """One account by id, external id or name; the only one when nothing is named. Raises StackError with the choice."""
    own = listed(person, None)
    if wanted is None:
        found = own
    else:
        key = wanted.strip().casefold()
        found = [one for one in own if key in (one["id"], str(one["external_id"]).casefold(), one["name"].casefold())]
    if len(found) == 1:
        return found[0]
    choice = ", ".join(f"{one['name']} ({one['id']})" for one in (found or own)[:10]) or "none yet: renum channel add"
    if wanted is None:
        problem = "Say which account: there are several" if found else "There is no account"
    else:
        problem = f"“{wanted}” names several accounts" if found else f"“{wanted}” is no account that you see"
    raise StackError(f"{problem}; yours are: {choice}.")


def add(
    person: Client,
    *,
    provider: str,
    channel: str | None,
    name: str,
    external_id: str,
    client: str | None,
    config: Row,
) -> tuple[Row, bool]:
    """Adds an account, or gives the one that is there this name and these settings. Returns it and whether it is new.

    Raises StackError when the provider serves several channels and none is named, APIError for what the rules refuse.
    """
    served = CHANNELS[provider]
    if channel is None and len(served) > 1:
        raise StackError(f"{provider} serves {' and '.join(served)}: say which with --channel.")
    medium = channel or served[0]
    client_id = None if client is None else client_id_of(person, client)
    there = [
        one
        for one in listed(person, None)
        if (one["provider"], one["channel"], one["external_id"]) == (provider, medium, external_id)
        and client_id in (None, one["client_id"])
    ]
    if there:
        values = {"name": name, "config": {**there[0]["config"], **config}}
        changed = rows(person.table("channel_accounts").update(values).eq("id", there[0]["id"]).execute())
        if not changed:
            raise StackError("Only an owner of the client, or an admin, changes its accounts.")
        return changed[0], False
    values = {"provider": provider, "channel": medium, "name": name, "external_id": external_id, "config": config}
    if client_id is not None:
        values["client_id"] = client_id
    return row(person.table("channel_accounts").insert(values).execute()), True


def settings_of(pairs: list[str]) -> Row:
    """`name=value` pairs as an account's config; a value that is JSON (587, true) is that. Raises StackError."""
    config: Row = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name.strip():
            raise StackError(f"--config takes name=value, such as waba_id=102290129340398; not {pair!r}.")
        if any(word in name.casefold() for word in _SECRET):
            raise StackError(f"{name.strip()} is a secret, and settings can be read: use renum channel credentials.")
        config[name.strip()] = _value(value)
    return config


def _value(text: str) -> Any:
    # An id of digits stays text: as a number a long one would lose its last digits on the way.
    if text in ("true", "false") or (text.isdecimal() and len(text) <= 6 and not text.startswith("0")):
        return json.loads(text)
    return text


def credential_names(person: Client, account: Row) -> list[str]:
    """What the account's provider needs, as the database knows it."""
    known = person.rpc("channel_findings", {"channel_account_id": account["id"]}).execute()
    return list(cast("dict[str, Any]", known.data)["credentials"])


def from_environment(names: list[str]) -> dict[str, str]:
    """Credentials that the environment holds: access_token in RENUM_CHANNEL_ACCESS_TOKEN, and so on."""
    given = {name: os.environ.get(variable_of(name), "") for name in names}
    return {name: value for name, value in given.items() if value}


def variable_of(name: str) -> str:
    """The environment variable that a credential may come in."""
    return f"RENUM_CHANNEL_{name.upper()}"


def from_json(text: str) -> dict[str, str]:
    """Credentials as a JSON object on stdin. Raises StackError without quoting any of it."""
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    if not isinstance(given, dict) or not given or not all(isinstance(value, str) for value in given.values()):
        raise StackError('The credentials on stdin must be a JSON object of texts, such as {"access_token": "…"}.')
    return given


def store(access: Access, person: Client, account: Row, credentials: dict[str, str]) -> None:
    """Hands credentials to the function that encrypts them. Raises StackError with its sentence, never a secret."""
    call_function(
        access, person, "channel_credentials", {"channel_account_id": account["id"], "credentials": credentials}
    )


def check(access: Access, person: Client, account: Row, *, sync: bool) -> dict[str, Any]:
    """What the function channel_check says: {"provider", "webhook_url", "findings", "templates"}."""
    answer = call_function(access, person, "channel_check", {"channel_account_id": account["id"], "sync": sync})
    return cast("dict[str, Any]", answer)


def call_function(access: Access, person: Client, name: str, body: Row) -> Any:
    """POSTs to a function as the person. Raises StackError with the sentence it refuses with."""
    url = f"{access.functions_url or f'{access.url}/functions/v1'}/{name}"
    headers = {"Authorization": f"Bearer {token_of(person)}", "apikey": access.publishable_key}
    with httpx.Client(timeout=_CHECK_WITHIN_S, trust_env=access.beyond_this_machine) as http:
        answer = http.post(url, json=body, headers=headers)
    try:
        told = answer.json() if answer.content else None
    except ValueError:
        told = None
    if answer.status_code >= 300:
        sentence = told.get("message") if isinstance(told, dict) else None
        raise StackError(f"The function {name} refused: {sentence or f'HTTP {answer.status_code}'}.")
    return told


def show_accounts(accounts: list[Row], printer: Printer) -> None:
    """Each account with what one needs to name it; ids unbroken, so that they can be copied."""
    if not accounts:
        printer.console.print("There is no account yet. Add one with: renum channel add")
    for one in accounts:
        status = one["status"] + (f": {one['stopped_reason']}" if one["stopped_reason"] else "")
        printer.heading(one["name"])
        printer.pairs(
            {
                "id": one["id"],
                "provider": f"{one['provider']} ({one['channel']})",
                "number or sender": one["external_id"] + (f" ({one['display_phone']})" if one["display_phone"] else ""),
                "status": status,
                "new people in 24 h": one["daily_limit"] or "no limit known",
            }
        )


def show_findings(report: dict[str, Any], printer: Printer) -> int:
    """Every finding, with what to do about it; returns how many things are missing."""
    missing = 0
    for one in report["findings"]:
        if one["ok"]:
            printer.done(one["text"])
            continue
        missing += 1
        printer.note(one["text"])
        if one["todo"]:
            printer.line(f"→ {one['todo']}")
    if missing:
        printer.note(f"Falta resolver {missing} {'item' if missing == 1 else 'itens'}.")
    else:
        printer.done("Está tudo pronto: a conta pode enviar e receber.")
    return missing
