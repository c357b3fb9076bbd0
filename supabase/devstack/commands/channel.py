"""`renum channel`: numbers and senders, and whether they work."""

from __future__ import annotations

import json
import sys
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from devstack.commands.options import DEFAULT_DIRECTORY, AsJson, Directory

if TYPE_CHECKING:
    from devstack.demo.access import Row

Email = Annotated[str, typer.Option(envvar="RENUM_EMAIL", help="Who you are: an owner of the client, or an admin.")]
Password = Annotated[
    str, typer.Option(envvar="RENUM_PASSWORD", prompt=True, hide_input=True, help="That person's password.")
]
Client = Annotated[
    str | None, typer.Option(help="Whose accounts, by name or id; not needed by who works at one client.")
]
Wanted = Annotated[
    str | None, typer.Argument(help="The account's id, external id or name; not needed where there is just one.")
]


class Provider(Enum):
    """The providers that channel_accounts knows."""

    CLOUD = "whatsapp_cloud"
    TWILIO = "twilio"
    EVOLUTION = "evolution"
    ZAPI = "zapi"
    ZENVIA = "zenvia"
    SMTP = "smtp"
    RESEND = "resend"


class Channel(Enum):
    """The values of the database's channel."""

    WHATSAPP = "whatsapp"
    SMS = "sms"
    EMAIL = "email"


def register(app: typer.Typer) -> None:
    """Adds the group."""
    group = typer.Typer(help="Numbers and senders: add them, give them credentials, check them.", no_args_is_help=True)
    group.command("list")(list_accounts)
    group.command()(add)
    group.command()(credentials)
    group.command()(check)
    group.command()(sync)
    app.add_typer(group, name="channel")


def list_accounts(
    email: Email,
    password: Password,
    client: Client = None,
    as_json: AsJson = False,
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """List the accounts that you see.

    For example: renum channel list --email dona@padaria.com.br
    """
    from devstack.demo.access import Access, sentences
    from devstack.demo.channels import listed, show_accounts
    from devstack.demo.printing import Printer

    access = Access.for_person(directory)
    with sentences():
        found = listed(access.person(email, password), client)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        show_accounts(found, Printer())


def add(
    provider: Annotated[Provider, typer.Argument(help="Whose service it is.")],
    external_id: Annotated[
        str,
        typer.Argument(
            help="The provider's name of it: Phone Number ID (whatsapp_cloud), instance (evolution, zapi), "
            "number with + and country (twilio, zenvia), sender's address (smtp, resend)."
        ),
    ],
    email: Email,
    password: Password,
    name: Annotated[str | None, typer.Option(help="What you call it; by default the external id.")] = None,
    channel: Annotated[Channel | None, typer.Option(help="Needed for twilio, which serves two.")] = None,
    config: Annotated[
        list[str] | None,
        typer.Option(
            help="A setting as name=value, as often as needed: waba_id (whatsapp_cloud), webhook_url (twilio), "
            "base_url (evolution), host and port (smtp), from_name (smtp, resend). Never a secret."
        ),
    ] = None,
    client: Client = None,
    as_json: AsJson = False,
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Add an account with a provider, or change the name and settings of one that is there.

    For example: renum channel add whatsapp_cloud 106540352242922 --name Principal --config waba_id=102290129340398
    --email dona@padaria.com.br

    Its credentials follow with renum channel credentials; renum channel check then says what is still missing.
    """
    from devstack.demo.access import Access, sentences
    from devstack.demo.channels import add as add_account
    from devstack.demo.channels import settings_of
    from devstack.demo.printing import Printer

    given = settings_of(config or [])
    access = Access.for_person(directory)
    with sentences():
        account, new = add_account(
            access.person(email, password),
            provider=provider.value,
            channel=None if channel is None else channel.value,
            name=name or external_id,
            external_id=external_id,
            client=client,
            config=given,
        )
    printer = Printer(to_stderr=as_json)
    printer.done(f"{account['name']} ({provider.value}) {'was added' if new else 'was there and is up to date'}")
    printer.line(f"its id: {account['id']}")
    printer.line(f"next: renum channel credentials {account['id']}")
    if as_json:
        typer.echo(json.dumps({**account, "new": new}, ensure_ascii=False))


def credentials(
    email: Email,
    password: Password,
    account: Wanted = None,
    stdin: Annotated[
        bool, typer.Option("--stdin", help='Read them from stdin, as a JSON object {"access_token": "…", …}.')
    ] = False,
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Give an account its credentials; they are encrypted and can be replaced, never read again.

    Each that the provider needs is taken from the environment (access_token from RENUM_CHANNEL_ACCESS_TOKEN, and so on)
    or asked for without being shown. There is no option for them on purpose: a command line is seen by others and kept
    in the shell's history. All of them are given at once: what was stored before is replaced.

    For example: renum channel credentials Principal --email dona@padaria.com.br
    """
    from devstack.demo.access import Access, sentences
    from devstack.demo.channels import credential_names, find, from_environment, from_json, store, variable_of
    from devstack.demo.printing import Printer
    from devstack.errors import StackError

    access = Access.for_person(directory)
    with sentences():
        person = access.person(email, password)
        wanted = find(person, account)
        names = credential_names(person, wanted)
        given = from_json(sys.stdin.read()) if stdin else from_environment(names)
        missing = [name for name in names if name not in given]
        if missing and (stdin or not sys.stdin.isatty()):
            hint = ", ".join(missing if stdin else [variable_of(name) for name in missing])
            raise StackError(f"{wanted['provider']} also needs: {hint}.")
        for name in missing:
            given[name] = typer.prompt(name, hide_input=True)
        store(access, person, wanted, given)
    printer = Printer()
    printer.done(f"the credentials of {wanted['name']} are stored, encrypted: {', '.join(sorted(given))}")
    printer.line(f"next: renum channel check {wanted['id']}")


def check(
    email: Email,
    password: Password,
    account: Wanted = None,
    as_json: AsJson = False,
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Say what an account still lacks to send and receive, and what to do about it, in Portuguese.

    It looks at what is stored, and asks the provider: token, number, quality, daily limit, webhook, subscription,
    templates. Exit code 0: nothing is missing; 1: something is.

    For example: renum channel check Principal --email dona@padaria.com.br
    """
    _look(email, password, account, as_json=as_json, directory=directory, fetch=False)


def sync(
    email: Email,
    password: Password,
    account: Wanted = None,
    as_json: AsJson = False,
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Fetch an account's message templates from its provider, and check it.

    Their status, category and body become the provider's; parameters and purpose stay as you chose them. Exit code as
    of renum channel check.

    For example: renum channel sync Principal --email dona@padaria.com.br
    """
    _look(email, password, account, as_json=as_json, directory=directory, fetch=True)


def _look(email: str, password: str, account: str | None, *, as_json: bool, directory: Directory, fetch: bool) -> None:
    from devstack.demo.access import Access, sentences
    from devstack.demo.channels import check as check_account
    from devstack.demo.channels import find, show_findings
    from devstack.demo.printing import Printer

    printer = Printer(to_stderr=as_json)
    access = Access.for_person(directory)
    with sentences():
        person = access.person(email, password)
        wanted: Row = find(person, account)
        with printer.working(f"verificando {wanted['name']}"):
            report = check_account(access, person, wanted, sync=fetch)
    missing = show_findings(report, printer)
    if as_json:
        typer.echo(json.dumps({"channel_account_id": wanted["id"], "missing": missing, **report}, ensure_ascii=False))
    if missing:
        raise typer.Exit(1)
