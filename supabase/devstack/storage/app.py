"""The storage stand-in as an ASGI application; the gateway serves it under `/storage/v1`.

| call | does |
|---|---|
| POST /object/{bucket}/{path} | adds a file; one that is there is refused (409), whatever `x-upsert` says |
| GET /object/{bucket}/{path}, /object/authenticated/{bucket}/{path} | a file that the caller may see |
| GET /object/public/{bucket}/{path} | a file of a public bucket |

Source of statuses and bodies: supabase/storage, src/internal/errors; refusals come as HTTP 400 with the true status
inside, as hosted's do. Files lie in the stack's directory, rows in storage.objects.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jwt
import psycopg
from psycopg import AsyncConnection, sql
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from devstack.config import StackConfig

LARGEST = 50 * 1024 * 1024
"""Bytes of one file: hosted's default for a project."""


class StorageError(Exception):
    """A refusal. `status` is the true one; over the wire it is in the body."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.message = message


NOT_FOUND = StorageError(404, "not_found", "Object not found")
NO_BUCKET = StorageError(404, "Bucket not found", "Bucket not found")


def create_app(config: StackConfig) -> Starlette:
    """The application. It starts while the database is away and answers 503 until it is back."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncConnectionPool(
            config.db_dsn_storage,
            kwargs={"application_name": "storage"},
            min_size=0,
            max_size=4,
            timeout=3.0,
            open=False,
            check=AsyncConnectionPool.check_connection,
        ) as pool:
            app.state.storage = Storage(pool, config.directory / "storage", config.jwt_secret)
            yield

    return Starlette(
        routes=[
            Route("/object/public/{bucket}/{path:path}", public, methods=["GET"]),
            Route("/object/authenticated/{bucket}/{path:path}", download, methods=["GET"]),
            Route("/object/{bucket}/{path:path}", download, methods=["GET"]),
            Route("/object/{bucket}/{path:path}", upload, methods=["POST"]),
        ],
        exception_handlers={
            StorageError: _refused,
            psycopg.errors.InsufficientPrivilege: _not_allowed,
            psycopg.OperationalError: _away,
            PoolTimeout: _away,
        },
        lifespan=lifespan,
    )


class Storage:
    """Rows in the database, bytes below `folder`."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection], folder: Path, jwt_secret: str) -> None:
        self._pool = pool
        self._folder = folder
        self._jwt_secret = jwt_secret

    def file(self, bucket: str, path: str) -> Path:
        """Where the bytes of an object are: under a digest of its name, which is a stranger's."""
        return self._folder / hashlib.sha256(f"{bucket}\n{path}".encode()).hexdigest()

    def claims(self, request: Request) -> dict[str, Any]:
        """What the caller's token says. Raises StorageError."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            if scheme.lower() != "bearer":
                raise jwt.InvalidTokenError("no bearer token")
            options: Any = {"verify_aud": False, "require": ["exp"]}
            claims: dict[str, Any] = jwt.decode(token.strip(), self._jwt_secret, algorithms=["HS256"], options=options)
        except jwt.PyJWTError as error:
            raise StorageError(403, "Unauthorized", f"invalid JWT: {error}") from error
        return claims

    @contextlib.asynccontextmanager
    async def acting(self, claims: dict[str, Any]) -> AsyncIterator[AsyncConnection]:
        """A transaction as the role that the token names, which is rolled back where the block raises."""
        async with self._pool.connection() as connection, connection.transaction():
            role = str(claims.get("role") or "anon")
            await connection.execute("select set_config('request.jwt.claims', %s, true)", (json.dumps(claims),))
            try:
                await connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
            except psycopg.errors.Error as error:
                raise StorageError(403, "Unauthorized", f"role {role} cannot be taken") from error
            yield connection

    async def bucket_is_public(self, bucket: str) -> bool:
        """Whether anybody may read the bucket. Raises StorageError where there is none of that name."""
        async with self._pool.connection() as connection:
            await connection.execute("set local role service_role")
            cursor = await connection.execute("select public from storage.buckets where id = %s", (bucket,))
            row = await cursor.fetchone()
        if row is None:
            raise NO_BUCKET
        return bool(row[0])


async def upload(request: Request) -> Response:
    """POST /object/{bucket}/{path} → {"Id", "Key"}."""
    storage: Storage = request.app.state.storage
    bucket, path = request.path_params["bucket"], request.path_params["path"]
    claims = storage.claims(request)
    await storage.bucket_is_public(bucket)
    file = storage.file(bucket, path)
    partial = file.with_name(f".{file.name}.{os.urandom(6).hex()}")
    try:
        size = await _receive(request, partial)
        metadata = {"size": size, "mimetype": request.headers.get("content-type", "application/octet-stream")}
        async with storage.acting(claims) as connection:
            try:
                # Without RETURNING: what is read back would need the right to select.
                await connection.execute(
                    "insert into storage.objects (bucket_id, name, owner_id, metadata) values (%s, %s, %s, %s)",
                    (bucket, path, claims.get("sub"), json.dumps(metadata)),
                )
            except psycopg.errors.UniqueViolation as error:
                raise StorageError(409, "Duplicate", "The resource already exists") from error
            partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
    return JSONResponse({"Id": file.name, "Key": f"{bucket}/{path}"})


async def _receive(request: Request, into: Path) -> int:
    into.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    try:
        with into.open("wb") as file:
            async for chunk in request.stream():
                size += len(chunk)
                if size > LARGEST:
                    raise StorageError(413, "Payload too large", "The object exceeded the maximum allowed size")
                file.write(chunk)
    except ClientDisconnect:
        raise StorageError(400, "InvalidRequest", "the body ended early") from None
    return size


async def download(request: Request) -> Response:
    """GET: the bytes, where the caller's policies show the row."""
    storage: Storage = request.app.state.storage
    bucket, path = request.path_params["bucket"], request.path_params["path"]
    find = "select metadata ->> 'mimetype' from storage.objects where bucket_id = %s and name = %s"
    async with storage.acting(storage.claims(request)) as connection:
        row = await (await connection.execute(find, (bucket, path))).fetchone()
    if row is None:
        raise NOT_FOUND
    return FileResponse(storage.file(bucket, path), media_type=row[0])


async def public(request: Request) -> Response:
    """GET: the bytes, where the bucket is public."""
    storage: Storage = request.app.state.storage
    bucket, path = request.path_params["bucket"], request.path_params["path"]
    if not await storage.bucket_is_public(bucket):
        raise NO_BUCKET
    file = storage.file(bucket, path)
    if not file.exists():
        raise NOT_FOUND
    return FileResponse(file)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, StorageError)
    body = {"statusCode": str(error.status), "error": error.error, "message": error.message}
    return JSONResponse(body, 400)


async def _not_allowed(request: Request, error: Exception) -> Response:
    return await _refused(request, StorageError(403, "Unauthorized", str(error).partition("\n")[0]))


async def _away(request: Request, error: Exception) -> Response:
    body = {"statusCode": "503", "error": "DatabaseError", "message": "The database is not available"}
    return JSONResponse(body, 503)
