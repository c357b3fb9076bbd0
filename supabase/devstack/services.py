"""What the daemon runs: the parts of one stack, in the order in which they need each other."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg
import uvicorn
from psycopg import sql
from psycopg.types.json import Jsonb

from devstack import database, keys, ports, postgrest
from devstack.config import StackConfig
from devstack.errors import StackError
from devstack.initdb import SUPERUSER
from devstack.paths import MIGRATIONS
from devstack.postgres import Cluster
from devstack.processes import ProcessIdentity
from devstack.state import StackDirectory
from devstack.supervisor import Child

_LOG = logging.getLogger("devstack.services")
_WORKER_KEY_DAYS = 365
# What only people and the gateway may hold: whoever steals a function's environment can run our RPCs, not read our
# tables.
_NOT_FOR_FUNCTIONS = ("SUPABASE_SECRET_KEY", "SUPABASE_DB_URL", "SUPABASE_JWT_SECRET")
# private.settings → the variable that sets it. What the functions read from the same variable is then the same.
_SETTINGS = {"debounce_ms": "RENUM_DEBOUNCE_MS", "visibility_s": "RENUM_VISIBILITY_S"}
# Where the functions find a provider → its part of the simulator, unless the variable is set already.
_PROVIDERS = {"TWILIO_URL": "twilio", "ZAPI_URL": "zapi", "ZENVIA_URL": "zenvia", "RESEND_URL": "resend"}
_MEDIA_BUCKET = "media"
# The stack's owner hears of every interview at once, so that each can be counted: no digests.
_NOTIFICATION_BURST = 100_000
_BUCKET = "insert into storage.buckets (id, name, public) values (%s, %s, false) on conflict do nothing"
_SET = """
insert into private.settings (key, value, comment) values (%s, %s, %s)
on conflict (key) do update set value = excluded.value
"""

Recorder = Callable[[str, ProcessIdentity], None]


class _Server(uvicorn.Server):
    """A server inside the daemon: signals are the daemon's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Services:
    """The parts of the stack in `directory`. `recorder` is told every process that is started."""

    def __init__(self, directory: StackDirectory, gateway_port: int | None, recorder: Recorder) -> None:
        self._directory = directory
        self._recorder = recorder
        self._ports = ports.choose(directory.seed, directory.read_ports(), gateway_port)
        # Bound now and kept: nobody can take them between choosing and serving.
        self._sockets = {name: ports.bind(self._ports[name]) for name in ("gateway", "simulator", "functions", "smtp")}
        directory.write_ports(self._ports)
        self._secrets = keys.StackSecrets.load(directory.secrets_file)
        self.cluster = Cluster(
            directory.root, self._ports["postgres"], durable=os.environ.get("RENUM_DURABLE", "1") != "0"
        )
        self.config = self._configure()
        self._http = httpx.AsyncClient(timeout=2.0, trust_env=False)
        self._servers: list[tuple[_Server, asyncio.Task[None]]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._postgrest: Child | None = None
        self._functions: list[Child] = []

    def _configure(self) -> StackConfig:
        url = {name: f"http://{ports.HOST}:{port}" for name, port in self._ports.items()}
        return StackConfig(
            directory=self._directory.root,
            supabase_url=url["gateway"],
            rest_url=url["rest"],
            functions_url=f"{url['functions']}/functions/v1",
            simulator_url=url["simulator"],
            whatsapp_graph_url=os.environ.get("WHATSAPP_GRAPH_URL") or url["simulator"],
            site_url=url["gateway"],
            model=os.environ.get("RENUM_MODEL") or "offline",
            model_delay_ms=_number("RENUM_MODEL_DELAY_MS") or 0,
            db_dsn_auth=self.cluster.dsn("postgres", "supabase_auth_admin"),
            db_dsn_storage=self.cluster.dsn("postgres", "supabase_storage_admin"),
            publishable_key=self._secrets.publishable_key,
            secret_key=self._secrets.secret_key,
            jwt_secret=self._secrets.jwt_secret,
            worker_key=keys.mint_worker_key(self._secrets.jwt_secret, _WORKER_KEY_DAYS),
            storage_key=keys.mint_files_key(self._secrets.jwt_secret, _WORKER_KEY_DAYS),
            credentials_key=self._secrets.credentials_key,
        )

    def environment(self) -> dict[str, str]:
        """What `.renum/env` says."""
        config, password = self.config, self._secrets.database_password
        return {
            "SUPABASE_URL": config.supabase_url,
            "SUPABASE_PUBLISHABLE_KEY": config.publishable_key,
            "SUPABASE_SECRET_KEY": config.secret_key,
            "SUPABASE_DB_URL": f"postgresql://postgres:{password}@{ports.HOST}:{self._ports['postgres']}/postgres",
            "SUPABASE_JWT_SECRET": config.jwt_secret,
            "RENUM_REST_URL": config.rest_url,
            "RENUM_WORKER_KEY": config.worker_key,
            "RENUM_STORAGE_KEY": config.storage_key,
            "RENUM_CREDENTIALS_KEY": config.credentials_key,
            "FUNCTIONS_URL": config.functions_url,
            "SIMULATOR_URL": config.simulator_url,
            "SIMULATOR_SMTP": f"{ports.HOST}:{self._ports['smtp']}",
            "WHATSAPP_GRAPH_URL": config.whatsapp_graph_url,
            **self._providers(),
        }

    def _providers(self) -> dict[str, str]:
        """Where the functions find the providers, and which private addresses an account may name: this machine's."""
        urls = {
            name: os.environ.get(name) or f"{self.config.simulator_url}/{part}" for name, part in _PROVIDERS.items()
        }
        return {**urls, "RENUM_PRIVATE_HOSTS": os.environ.get("RENUM_PRIVATE_HOSTS") or ports.HOST}

    async def start_functions(self) -> None:
        """Starts the functions' instances; they load while the rest starts (`functions_ready` waits for one).

        All inherit the same listening socket, and the kernel hands each connection to one of them.
        """
        config, descriptor = self.config, self._sockets["functions"].fileno()
        environment = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_FUNCTIONS} | {
            "SUPABASE_URL": config.supabase_url,
            "SUPABASE_PUBLISHABLE_KEY": config.publishable_key,
            "RENUM_REST_URL": config.rest_url,
            "RENUM_WORKER_KEY": config.worker_key,
            "RENUM_STORAGE_KEY": config.storage_key,
            "RENUM_CREDENTIALS_KEY": config.credentials_key,
            "WHATSAPP_GRAPH_URL": config.whatsapp_graph_url,
            **self._providers(),
            "RENUM_MODEL": config.model,
            "RENUM_MODEL_DELAY_MS": str(config.model_delay_ms),
            "PYTHONUNBUFFERED": "1",
        }
        instances = _number("RENUM_INSTANCES") or 1
        command = [sys.executable, "-m", "devstack.functions_host", str(descriptor)]
        command += ["--shared"] if instances > 1 else []
        for number in range(1, instances + 1):
            name = "functions" if number == 1 else f"functions-{number}"
            instance = self._child(name, command, environment, (descriptor,))
            instance.start()
            self._functions.append(instance)

    async def start_postgres(self) -> None:
        """Starts the server and watches it: killed, it comes back."""
        await asyncio.to_thread(self.cluster.start)
        self._record_postgres()
        self._tasks.append(asyncio.create_task(self._keep_postgres()))

    async def prepare_database(self) -> list[str]:
        """Roles, the database, its migrations and its settings. Returns the migrations that were applied."""
        return await asyncio.to_thread(self._prepare_database)

    async def start_postgrest(self) -> None:
        """Starts PostgREST (installing it when it is missing) and waits until it has read the schema."""
        binary = await asyncio.to_thread(postgrest.find)
        file = self._directory.root / "postgrest.conf"
        postgrest.write_config(
            file,
            database_url=self.cluster.dsn("postgres", "authenticator"),
            jwt_secret=self._secrets.jwt_secret,
            port=self._ports["rest"],
            admin_port=self._ports["rest_admin"],
        )
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PGRST_", "PG"))}
        self._postgrest = self._child("postgrest", [str(binary), str(file)], environment)
        self._postgrest.start()
        if not await self._postgrest.wait_until(self.postgrest_ready, 20.0):
            raise StackError(f"PostgREST was not ready within 20 s ({self._directory.logs / 'postgrest.log'}).")

    async def start_workers(self) -> None:
        """Starts what stands behind pg_net and pg_cron."""
        from devstack.cron import CronScheduler
        from devstack.net import NetWorker

        self._tasks.append(asyncio.create_task(NetWorker(self.cluster.dsn()).run()))
        self._tasks.append(asyncio.create_task(CronScheduler(self.cluster.dsn, "postgres", SUPERUSER).run()))

    async def start_servers(self) -> None:
        """Starts the gateway and the simulator."""
        from devstack import gateway, simulator

        for name, app in (
            ("gateway", gateway.create_app(self.config)),
            ("simulator", simulator.create_app(self.config, self._sockets["smtp"])),
        ):
            await self._serve(app, self._sockets[name])

    async def functions_ready(self) -> list[str]:
        """Waits until an instance has loaded every function; returns the names of those that cannot be loaded.

        One is enough: of several, each takes requests once it is loaded itself.
        """
        health: dict[str, Any] = {}

        async def loaded() -> bool:
            nonlocal health
            health = await self.functions_health()
            return bool(health) and not health["loading"]

        if not self._functions or not await self._functions[0].wait_until(loaded, 60.0):
            raise StackError(f"The functions did not start within 60 s ({self._directory.logs / 'functions.log'}).")
        broken: list[str] = health["broken"]
        return broken

    async def functions_health(self) -> dict[str, Any]:
        """`{"loaded", "broken", "loading"}`, each a list of names; {} when the process does not answer."""
        try:
            answer = await self._http.get(f"http://{ports.HOST}:{self._ports['functions']}/health")
            health: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError):
            return {}
        return health

    async def postgrest_ready(self) -> bool:
        """True when PostgREST has a connection and has read the schema."""
        try:
            return (await self._http.get(f"http://{ports.HOST}:{self._ports['rest_admin']}/ready")).is_success
        except httpx.HTTPError:
            return False

    async def stop(self) -> None:
        """Stops what was started, in the opposite order; Postgres last, when nobody needs it any more."""
        for server, _ in self._servers:
            server.should_exit = True
        await asyncio.gather(*(task for _, task in self._servers), return_exceptions=True)
        children = [*self._functions, *([self._postgrest] if self._postgrest is not None else [])]
        await asyncio.gather(*(child.stop() for child in children))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.aclose()
        await asyncio.to_thread(self.cluster.stop)
        for listening in self._sockets.values():
            listening.close()

    def _child(
        self, name: str, command: list[str], environment: dict[str, str], descriptors: tuple[int, ...] = ()
    ) -> Child:
        log = self._directory.logs / f"{name}.log"
        return Child(name, command, log=log, environment=environment, started=self._recorder, descriptors=descriptors)

    async def _serve(self, app: Any, listening: socket.socket) -> None:
        server = _Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=2))
        task = asyncio.create_task(server.serve(sockets=[listening]))
        self._servers.append((server, task))
        while not server.started:
            if task.done():
                await task
                raise StackError("A server of the stack ended while it started; its reason is in logs/daemon.log.")
            await asyncio.sleep(0.005)

    def _record_postgres(self) -> None:
        running = self.cluster.postmaster()
        if running is not None:
            self._recorder("postgres", running)

    async def _keep_postgres(self) -> None:
        while True:
            await asyncio.sleep(0.25)
            if self.cluster.running and self.cluster.reachable:
                continue
            _LOG.warning("postgres ended or lost its socket, starting it again")
            try:
                await asyncio.to_thread(self.cluster.stop)
                await asyncio.to_thread(self.cluster.start)
                self._record_postgres()
            except StackError as error:
                _LOG.error("%s", error)
                await asyncio.sleep(1.0)

    def _prepare_database(self) -> list[str]:
        database.prepare_roles(self.cluster)
        with psycopg.connect(self.cluster.dsn(), autocommit=True) as connection:
            password = sql.Literal(self._secrets.database_password)
            connection.execute(sql.SQL("alter role postgres password {}").format(password))
        database.create_database(self.cluster, "postgres")
        dsn = self.cluster.dsn("postgres", "postgres")
        applied = database.migrate(dsn, MIGRATIONS)
        settings: dict[str, object] = {
            "functions_url": self.config.functions_url,
            "media_bucket": _MEDIA_BUCKET,
            "notification_burst": _NOTIFICATION_BURST,
        }
        given = {setting: _number(variable) for setting, variable in _SETTINGS.items()}
        settings |= {setting: number for setting, number in given.items() if number is not None}
        with psycopg.connect(dsn) as connection:
            connection.execute(_BUCKET, (_MEDIA_BUCKET, _MEDIA_BUCKET))
            if connection.execute("select to_regclass('private.settings') is not null").fetchone() == (True,):
                for key, value in settings.items():
                    connection.execute(_SET, (key, Jsonb(value), "Set by the local stack at every start."))
        return applied


def _number(name: str) -> int | None:
    """A whole number from the environment; None when it is not set. Raises StackError when it is something else."""
    text = os.environ.get(name, "")
    if not text:
        return None
    if not text.isdecimal():
        raise StackError(f"{name} is a whole number, not {text!r}.")
    return int(text)
