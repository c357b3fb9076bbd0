"""`renum keys`: tokens for the functions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from devstack.commands.options import DEFAULT_DIRECTORY, Directory


def register(app: typer.Typer) -> None:
    """Adds the group."""
    group = typer.Typer(help="Keys for the functions.", no_args_is_help=True)
    group.command()(worker)
    group.command()(files)
    app.add_typer(group, name="keys")


def worker(
    directory: Directory = DEFAULT_DIRECTORY,
    days: Annotated[int, typer.Option(min=1, help="How many days the key is valid.")] = 90,
) -> None:
    """Print a new RENUM_WORKER_KEY: a JWT with role renum_worker, signed with SUPABASE_JWT_SECRET.

    Without that variable the secret of the local stack in DIR is taken. To rotate, deploy the functions with the new
    key before the old one expires.
    """
    from devstack.keys import mint_worker_key

    typer.echo(mint_worker_key(_jwt_secret(directory), days))


def files(
    directory: Directory = DEFAULT_DIRECTORY,
    days: Annotated[int, typer.Option(min=1, help="How many days the key is valid.")] = 90,
) -> None:
    """Print a new RENUM_STORAGE_KEY: a JWT with role renum_files, signed with SUPABASE_JWT_SECRET.

    It is needed where leads' files are fetched into Storage (the setting media_bucket), and rotated like the worker's.
    """
    from devstack.keys import mint_files_key

    typer.echo(mint_files_key(_jwt_secret(directory), days))


def _jwt_secret(directory: Path) -> str:
    from devstack.errors import StackError
    from devstack.state import StackDirectory

    secret = os.environ.get("SUPABASE_JWT_SECRET") or StackDirectory(directory).read_env().get("SUPABASE_JWT_SECRET")
    if not secret:
        raise StackError("Set SUPABASE_JWT_SECRET to the project's JWT secret, or run `renum up` first.")
    return secret
