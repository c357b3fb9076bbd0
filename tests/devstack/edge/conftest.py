"""The gateway with Auth, the simulator and a real PostgREST on loopback ports, against a database of their own."""

from __future__ import annotations

import contextlib
import secrets
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import jwt
import psycopg
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from devstack import database, gateway, ports, postgrest, simulator
from devstack.config import StackConfig
from devstack.postgres import Cluster
from devstack.simulator import SimulatorClient

_OBJECTS = """
create role edge_worker nologin;
grant edge_worker to authenticator;
create schema worker;
create table public.notes (
  id bigint generated always as identity primary key,
  owner uuid default auth.uid(),
  title text not null
);
alter table public.notes enable row level security;
create policy own_notes on public.notes to authenticated
  using (owner = (select auth.uid())) with check (owner = (select auth.uid()));
create policy anon_reads on public.notes for select to anon using (owner is null);
create function public.whoami() returns text language sql stable as $$ select current_user::text $$;
create function public.echoed() returns text language sql stable as $$
  select current_setting('request.headers')::json ->> 'x-echo'
$$;
revoke all on public.notes from anon;
grant select on public.notes to anon;
"""


@contextlib.contextmanager
def serving(app: Any, sock: socket.socket) -> Iterator[str]:
    """Runs an ASGI application on `sock` in a thread; yields its URL."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        assert thread.is_alive(), "the server ended while starting"
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        sock.close()


def url_of(sock: socket.socket) -> str:
    """The address that a bound socket will serve."""
    return f"http://127.0.0.1:{sock.getsockname()[1]}"


async def _echo(request: Request) -> Response:
    body = await request.body()
    return JSONResponse(
        {"method": request.method, "path": request.url.path, "query": request.url.query, "size": len(body)}
        | {"headers": {name: request.headers.getlist(name) for name in request.headers}},
        status_code=int(request.query_params.get("status", "200")),
        headers={"x-from": "function"},
    )


async def _drip(request: Request) -> Response:
    gone = threading.Event()

    def parts() -> Iterator[bytes]:
        yield b"first\n"
        gone.wait(1.5)
        yield b"second\n"

    return StreamingResponse(parts(), media_type="text/plain")


def functions_app() -> Starlette:
    """Stands for the functions child: `/drip` answers in two pieces, everything else says what it got."""
    methods = ["GET", "POST", "OPTIONS"]
    return Starlette(
        routes=[
            Route("/functions/v1/drip", _drip),
            Route("/functions/v1/{name:path}", _echo, methods=methods),
        ]
    )


@pytest.fixture(scope="session")
def edge_dsn(cluster: Cluster) -> Callable[[str], str]:
    """Addresses of the database of these tests, by role."""
    database.create_database(cluster, "edge")
    with psycopg.connect(cluster.dsn("edge"), autocommit=True) as connection:
        connection.execute(_OBJECTS)
    return lambda role: cluster.dsn("edge", role)


@dataclass(frozen=True, slots=True)
class Edge:
    """What the tests talk to."""

    config: StackConfig
    simulator: SimulatorClient
    dsn: Callable[[str], str]
    http: httpx.Client

    def rest(self, method: str, path: str, *, key: str | None = None, **options: Any) -> httpx.Response:
        """One Data API request with the publishable key (or `key`)."""
        headers = {"apikey": key or self.config.publishable_key, **options.pop("headers", {})}
        return self.http.request(method, f"{self.config.supabase_url}/rest/v1{path}", headers=headers, **options)

    def auth(self, method: str, path: str, *, key: str | None = None, **options: Any) -> httpx.Response:
        """One Auth request with the publishable key (or `key`)."""
        headers = {"apikey": key or self.config.publishable_key, **options.pop("headers", {})}
        return self.http.request(method, f"{self.config.supabase_url}/auth/v1{path}", headers=headers, **options)

    def sql(self, statement: str, *params: Any) -> list[tuple[Any, ...]]:
        """Rows of a statement as the superuser."""
        with psycopg.connect(self.dsn("supabase_admin"), autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), params)
            return cursor.fetchall() if cursor.description else []

    def jwt(self, **claims: Any) -> str:
        """A token that the stack's secret signed, good for a minute."""
        return jwt.encode({"exp": int(time.time()) + 60, **claims}, self.config.jwt_secret, algorithm="HS256")

    def new_email(self) -> str:
        """An address that nobody had."""
        return f"{secrets.token_hex(6)}@exemplo.com.br"


@contextlib.contextmanager
def _postgrest(folder: Path, dsn: str, jwt_secret: str, port: int, admin_port: int) -> Iterator[None]:
    config = folder / "postgrest.conf"
    postgrest.write_config(config, database_url=dsn, jwt_secret=jwt_secret, port=port, admin_port=admin_port)
    child = subprocess.Popen([postgrest.find(), str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 15
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"http://127.0.0.1:{admin_port}/ready").status_code == 200:
                    break
            assert time.monotonic() < deadline, "PostgREST did not become ready"
            time.sleep(0.05)
        yield
    finally:
        child.terminate()
        child.wait(10)


def _free_port() -> int:
    with ports.bind(0) as sock:
        return int(sock.getsockname()[1])


@pytest.fixture(scope="session")
def edge(edge_dsn: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """The running parts, for the session."""
    folder = tmp_path_factory.mktemp("edge")
    front, side, back = ports.bind(0), ports.bind(0), ports.bind(0)
    rest_port, admin_port = _free_port(), _free_port()
    config = StackConfig(
        directory=folder,
        supabase_url=url_of(front),
        rest_url=f"http://127.0.0.1:{rest_port}",
        functions_url=url_of(back) + "/functions/v1",
        simulator_url=url_of(side),
        whatsapp_graph_url=url_of(side),
        site_url="http://painel.exemplo:3000",
        model="offline",
        model_delay_ms=0,
        db_dsn_auth=edge_dsn("supabase_auth_admin"),
        db_dsn_storage=edge_dsn("supabase_storage_admin"),
        publishable_key="sb_publishable_" + secrets.token_urlsafe(16),
        secret_key="sb_secret_" + secrets.token_urlsafe(16),
        jwt_secret=secrets.token_urlsafe(32),
        worker_key="",
        storage_key="",
        credentials_key="",
    )
    with contextlib.ExitStack() as stack:
        stack.enter_context(_postgrest(folder, edge_dsn("authenticator"), config.jwt_secret, rest_port, admin_port))
        stack.enter_context(serving(functions_app(), back))
        stack.enter_context(serving(simulator.create_app(config), side))
        stack.enter_context(serving(gateway.create_app(config), front))
        client = stack.enter_context(SimulatorClient(config.simulator_url))
        yield Edge(config, client, edge_dsn, stack.enter_context(httpx.Client(trust_env=False)))


@pytest.fixture
def lonely_gateway(edge: Edge) -> Iterator[Edge]:
    """A gateway whose PostgREST, functions and database are all away."""
    nobody = f"http://127.0.0.1:{_free_port()}"
    front = ports.bind(0)
    config = replace(
        edge.config,
        supabase_url=url_of(front),
        rest_url=nobody,
        functions_url=nobody + "/functions/v1",
        db_dsn_auth="postgresql://supabase_auth_admin@127.0.0.1:1/postgres?connect_timeout=1",
        db_dsn_storage="postgresql://supabase_storage_admin@127.0.0.1:1/postgres?connect_timeout=1",
    )
    with serving(gateway.create_app(config), front):
        yield Edge(config, edge.simulator, edge.dsn, edge.http)
