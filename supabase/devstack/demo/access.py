"""Where the stack is and with which rights somebody speaks to it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import psycopg
from postgrest.exceptions import APIError
from supabase import AuthError, Client, ClientOptions, create_client

from devstack import stack
from devstack.errors import StackError
from devstack.state import StackDirectory

_LOOPBACK = ("127.0.0.1", "localhost", "::1")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, repr=False)
class Access:
    """The addresses and keys of one installation; what is not known is ''."""

    url: str
    publishable_key: str
    secret_key: str
    database_url: str
    functions_url: str = ""
    simulator_url: str = ""
    graph_url: str = ""

    @classmethod
    def of_stack(cls, directory: Path) -> Access:
        """The running local stack in `directory`. Raises StackError when none runs there."""
        return cls._from(stack.environment(directory))

    @classmethod
    def for_operator(cls, directory: Path) -> Access:
        """What an operator's command needs: from the environment if it has SUPABASE_URL, else the local stack's.

        Never some of one and some of the other. Raises StackError naming what is missing.
        """
        return cls._given(directory, "SUPABASE_URL", "SUPABASE_SECRET_KEY", "SUPABASE_DB_URL")

    @classmethod
    def for_person(cls, directory: Path) -> Access:
        """What the command of somebody who signs in needs: no more than a browser has. Otherwise as `for_operator`."""
        return cls._given(directory, "SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY")

    @classmethod
    def _given(cls, directory: Path, *names: str) -> Access:
        hosted = bool(os.environ.get("SUPABASE_URL"))
        given: Mapping[str, str] = os.environ if hosted else StackDirectory(directory).read_env()
        missing = [name for name in names if not given.get(name)]
        if missing:
            raise StackError(
                f"{', '.join(missing)} must be set: in the environment for a hosted project, "
                f"or by `renum up` in {directory}."
            )
        return cls._from(given)

    @classmethod
    def _from(cls, values: Mapping[str, str]) -> Access:
        return cls(
            url=values.get("SUPABASE_URL", "").rstrip("/"),
            publishable_key=values.get("SUPABASE_PUBLISHABLE_KEY", ""),
            secret_key=values.get("SUPABASE_SECRET_KEY", ""),
            database_url=values.get("SUPABASE_DB_URL", ""),
            functions_url=values.get("FUNCTIONS_URL", "").rstrip("/"),
            simulator_url=values.get("SIMULATOR_URL", "").rstrip("/"),
            graph_url=values.get("WHATSAPP_GRAPH_URL", "").rstrip("/"),
        )

    def anybody(self) -> Client:
        """A client nobody has signed in with yet."""
        return self._client(self.publishable_key)

    def operator(self) -> Client:
        """A client with the secret key: the Auth API's admin part, every row."""
        return self._client(self.secret_key)

    def person(self, email: str, password: str) -> Client:
        """A client that this person has signed in with."""
        client = self.anybody()
        client.auth.sign_in_with_password({"email": email, "password": password})
        return client

    @property
    def beyond_this_machine(self) -> bool:
        """Whether a proxy that the environment names may be in between."""
        return urlsplit(self.url).hostname not in _LOOPBACK

    def _client(self, key: str) -> Client:
        # One client per person: supabase-py keeps the session in it. Its HTTP/2 is not safe in threads.
        http = httpx.Client(timeout=60.0, http2=False, trust_env=self.beyond_this_machine)
        return create_client(
            self.url, key, ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=http)
        )


@contextmanager
def sentences() -> Iterator[None]:
    """Turns what the API clients raise into a StackError that names the rule or the part that is away."""
    try:
        yield
    except APIError as error:
        hint = f" {error.hint}" if error.hint else ""
        raise StackError(f"The API refused: {error.message or error.code}.{hint}") from error
    except AuthError as error:
        raise StackError(f"The Auth API refused: {error.message}.") from error
    except httpx.HTTPError as error:
        raise StackError(
            f"A part of the stack does not answer ({type(error).__name__}); try `renum status`."
        ) from error
    except psycopg.OperationalError as error:
        raise StackError(f"The database does not answer: {str(error).splitlines()[0]}") from error
    except psycopg.Error as error:
        raise StackError(f"The database refused: {error.diag.message_primary or type(error).__name__}.") from error


def rows(answer: Any) -> list[Row]:
    """The rows of a PostgREST answer."""
    return cast("list[Row]", answer.data)


def row(answer: Any) -> Row:
    """The one row of a PostgREST answer."""
    data = answer.data
    return cast("Row", data[0] if isinstance(data, list) else data)


def token_of(client: Client) -> str:
    """The access token of whoever is signed in."""
    session = client.auth.get_session()
    if session is None:
        raise StackError("Nobody is signed in.")
    return session.access_token
