"""RENUM's own people: the first admin, and the house client that admins own."""

from __future__ import annotations

import secrets
from typing import NamedTuple

import psycopg
from supabase import AuthApiError

from devstack.demo.access import Access
from devstack.errors import StackError

HOUSE = "RENUM"


class Admin(NamedTuple):
    """An admin after `create_admin`. `password`: the one that was set now, None when the old one was left alone."""

    profile_id: str
    email: str
    password: str | None
    new: bool


def create_admin(access: Access, email: str, *, name: str | None = None, password: str | None = None) -> Admin:
    """Makes `email` an admin and an owner of the house client. Idempotent.

    A new person gets `password` or one made up here; somebody who is there already keeps the own one unless `password`
    is given. Raises StackError when the password is empty or too weak, when the address is none, and when it belongs to
    somebody who never confirmed it: an admin's rights must not go to whoever merely signed up with it.
    """
    address = email.strip().lower()
    if password == "":
        raise StackError("The password is empty.")
    with psycopg.connect(access.database_url, autocommit=True) as connection:
        known = connection.execute(
            "select id::text, email_confirmed_at is not null from auth.users where lower(email) = %s", (address,)
        ).fetchone()
        if known is None:
            chosen = password or secrets.token_urlsafe(15)
            made = Admin(_sign_up(access, address, chosen), address, chosen, True)
        else:
            profile_id, confirmed = known
            if not confirmed and password is None:
                raise StackError(
                    f"{address} is registered but was never confirmed: give --password, "
                    "which locks out whoever signed up with it."
                )
            if password is not None:
                users = access.operator().auth.admin
                users.update_user_by_id(profile_id, {"password": password, "email_confirm": True})
            made = Admin(profile_id, address, password, False)
        _promote(connection, made.profile_id, address, name)
    return made


def _sign_up(access: Access, email: str, password: str) -> str:
    try:
        made = access.operator().auth.admin.create_user({"email": email, "password": password, "email_confirm": True})
    except AuthApiError as error:
        raise StackError(f"The Auth API refuses {email}: {error.message}.") from error
    return str(made.user.id)


def _promote(connection: psycopg.Connection, profile_id: str, email: str, name: str | None) -> None:
    with connection.transaction():
        connection.execute(
            "update public.profiles set role = 'admin', full_name = coalesce(%s, full_name) where id = %s",
            (name, profile_id),
        )
        connection.execute(
            "insert into public.clients (company_name, is_house) values (%s, true) "
            "on conflict (is_house) where is_house do nothing",
            (HOUSE,),
        )
        connection.execute(
            "select private.add_member(c.id, %s, 'owner') from public.clients as c where c.is_house", (email,)
        )
