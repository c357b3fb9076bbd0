"""Errors in GoTrue's two shapes.

Without `X-Supabase-Api-Version`: {"code": 400, "error_code": "invalid_credentials", "msg": "…"}. With 2024-01-01 or
later, as the client libraries send it: {"code": "invalid_credentials", "message": "…"}, and the header comes back.
Codes: supabase.com/docs/guides/auth/debugging/error-codes.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg_pool import PoolTimeout
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

log = logging.getLogger(__name__)

API_VERSION_HEADER = "x-supabase-api-version"
API_VERSION = "2024-01-01"


@dataclass(slots=True)
class AuthError(Exception):
    """One refusal: HTTP status, stable code, sentence, and what else the body carries."""

    status: int
    code: str
    message: str
    extra: dict[str, Any] = field(default_factory=dict)


def invalid(message: str) -> AuthError:
    """400 validation_failed."""
    return AuthError(400, "validation_failed", message)


def answer(request: Request, error: AuthError) -> Response:
    """The error in the shape that the request asked for."""
    if request.headers.get(API_VERSION_HEADER, "") >= API_VERSION:
        body = {"code": error.code, "message": error.message, **error.extra}
        return JSONResponse(body, error.status, headers={API_VERSION_HEADER: API_VERSION})
    return JSONResponse(
        {"code": error.status, "error_code": error.code, "msg": error.message, **error.extra}, error.status
    )


async def on_auth_error(request: Request, error: Exception) -> Response:
    """Starlette handler."""
    assert isinstance(error, AuthError)
    return answer(request, error)


async def on_database_error(request: Request, error: Exception) -> Response:
    """503 while the database is away; 500 for what it refused (a trigger that raises, mostly), with its sentence as
    hosted logs it.
    """
    if isinstance(error, (psycopg.OperationalError, PoolTimeout)):
        return answer(request, AuthError(503, "unexpected_failure", "The database is not available"))
    log.error("auth database error: %s", error, extra={"action": "auth_database_error"})
    return answer(request, AuthError(500, "unexpected_failure", "Database error saving user"))
