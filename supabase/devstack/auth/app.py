"""The auth stand-in as an ASGI application; the gateway serves it under `/auth/v1`."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import httpx
import psycopg
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devstack.auth import admin, endpoints, verify
from devstack.auth.errors import AuthError, answer, on_auth_error, on_database_error
from devstack.auth.service import Auth
from devstack.auth.store import Connection, Row
from devstack.config import StackConfig

_CONNECTIONS = 4


def create_app(config: StackConfig) -> Starlette:
    """The application, with its connection pool in the lifespan. It starts while the database is away and answers 503
    until it is back.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            config.db_dsn_auth,
            connection_class=AsyncConnection[Row],
            kwargs={"row_factory": dict_row, "application_name": "auth"},
            min_size=0,
            max_size=_CONNECTIONS,
            timeout=3.0,
            open=False,
            # A database that was restarted must not cost its first caller an error.
            check=AsyncConnectionPool.check_connection,
        )
        # trust_env: a proxy for the outside world must not see mails to the simulator.
        async with pool, httpx.AsyncClient(timeout=10.0, trust_env=False) as http:
            app.state.auth = Auth(config, pool, http)
            yield

    return Starlette(
        routes=_routes(),
        exception_handlers={
            AuthError: on_auth_error,
            psycopg.Error: on_database_error,
            PoolTimeout: on_database_error,
            404: _not_found,
            405: _not_allowed,
        },
        lifespan=lifespan,
    )


def _routes() -> list[Route]:
    return [
        Route("/health", health),
        Route("/settings", settings),
        Route("/.well-known/jwks.json", jwks),
        Route("/signup", endpoints.signup, methods=["POST"]),
        Route("/token", endpoints.token, methods=["POST"]),
        Route("/recover", endpoints.recover, methods=["POST"]),
        Route("/otp", endpoints.otp, methods=["POST"]),
        Route("/resend", endpoints.resend, methods=["POST"]),
        Route("/verify", verify.get_verify, methods=["GET"]),
        Route("/verify", verify.post_verify, methods=["POST"]),
        Route("/user", endpoints.get_user, methods=["GET"]),
        Route("/user", endpoints.put_user, methods=["PUT"]),
        Route("/logout", endpoints.logout, methods=["POST"]),
        Route("/invite", admin.invite, methods=["POST"]),
        Route("/admin/users", admin.list_users, methods=["GET"]),
        Route("/admin/users", admin.create_user, methods=["POST"]),
        Route("/admin/users/{user_id}", admin.get_user, methods=["GET"]),
        Route("/admin/users/{user_id}", admin.put_user, methods=["PUT"]),
        Route("/admin/users/{user_id}", admin.delete_user, methods=["DELETE"]),
        Route("/admin/generate_link", admin.generate_link, methods=["POST"]),
    ]


async def health(request: Request) -> Response:
    """GET /health."""
    return JSONResponse(
        {
            "version": "stand-in",
            "name": "GoTrue",
            "description": "A stand-in for the part of Supabase Auth that API clients use",
        }
    )


async def settings(request: Request) -> Response:
    """GET /settings: what a sign-in form needs to know."""
    return JSONResponse(
        {
            "external": {"email": True, "phone": False, "anonymous_users": False},
            "disable_signup": False,
            "mailer_autoconfirm": False,
            "phone_autoconfirm": False,
            "sms_provider": "",
            "saml_enabled": False,
        }
    )


async def jwks(request: Request) -> Response:
    """GET /.well-known/jwks.json: empty, as on a hosted project that signs with the shared HS256 secret."""
    return JSONResponse({"keys": []})


async def _not_found(request: Request, error: Exception) -> Response:
    return answer(request, AuthError(404, "validation_failed", "404 page not found"))


async def _not_allowed(request: Request, error: Exception) -> Response:
    return answer(request, AuthError(405, "validation_failed", "Method not allowed"))
