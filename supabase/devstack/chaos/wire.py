"""The way between provider and webhook: what travels on it is doubled, overtaken, and sent again until it gets its 200.

Leads hand their messages in directly. Statuses come from the simulator, which takes this for the webhook's address.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web

from devstack import ports
from devstack.chaos.tally import Spoken
from devstack.simulator import envelope
from devstack.simulator.state import Number

_CARRIERS = 12
_LONGEST_WAY_S = {"message": 0.25, "status": 0.4}
_LONGEST_DETOUR_S = 2.0
"""How late the second copy of a webhook may be."""
_DOUBLED = 0.25
_IN_ONE_POST = 4
_PATIENCE_S = 10.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 1.0


@dataclass(slots=True)
class Parcel:
    """One item on its way: a `value` of an envelope, and, of a lead's message, its wamid and whose it is."""

    value: dict[str, Any]
    wamid: str | None = None
    lead: str = ""
    first_sent: float | None = None
    acknowledged: float | None = None


class Wire:
    """Carries to `number`'s webhook (its `webhook_url` is the real one), each post signed with its app secret."""

    def __init__(self, number: Number, rng: random.Random) -> None:
        self._number = number
        self._rng = rng
        self._due: asyncio.Queue[Parcel] = asyncio.Queue()
        self._messages: list[Parcel] = []
        self.on_the_way = 0
        """How many copies have not got their 200 yet."""
        self._carriers: list[asyncio.Task[None]] = []
        self._http: aiohttp.ClientSession | None = None
        self._server: web.AppRunner | None = None
        self.answers: Counter[int] = Counter()
        """How often the webhook answered what; 0: not at all."""

    @property
    def idle(self) -> bool:
        """True when everything that was handed in has got its 200, every copy of it."""
        return self.on_the_way == 0

    @property
    def said(self) -> int:
        """How many messages leads have handed in."""
        return len(self._messages)

    def spoken(self) -> list[Spoken]:
        """Every message that was handed in, with what became of it on the way."""
        return [Spoken(p.wamid, p.lead, p.first_sent, p.acknowledged) for p in self._messages if p.wamid is not None]

    async def start(self) -> str:
        """Starts carrying; returns the address to which the simulator is to send its statuses."""
        # A connection for each post, so that each may reach another instance.
        connector = aiohttp.TCPConnector(force_close=True, limit=0)
        self._http = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=_PATIENCE_S))
        self._carriers = [asyncio.create_task(self._carry()) for _ in range(_CARRIERS)]
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_post("/", self._take_statuses)
        self._server = web.AppRunner(app, access_log=None)
        await self._server.setup()
        listening = ports.bind(0)
        await web.SockSite(self._server, listening).start()
        return f"http://{ports.HOST}:{listening.getsockname()[1]}/"

    async def stop(self) -> None:
        """Stops; what is on the way is gone."""
        for carrier in self._carriers:
            carrier.cancel()
        await asyncio.gather(*self._carriers, return_exceptions=True)
        if self._server is not None:
            await self._server.cleanup()
        if self._http is not None:
            await self._http.close()

    def say(self, lead: str, text: str, wamid: str) -> None:
        """A lead (a phone number, digits) writes."""
        order = {"from": lead, "text": text, "id": wamid, "timestamp": int(time.time())}
        parcel = Parcel(envelope.inbound_value(order), wamid, lead)
        self._messages.append(parcel)
        self._hand_in(parcel, _LONGEST_WAY_S["message"])

    async def _take_statuses(self, request: web.Request) -> web.Response:
        for entry in (await request.json())["entry"]:
            for change in entry["changes"]:
                self._hand_in(Parcel(change["value"]), _LONGEST_WAY_S["status"])
        return web.Response()

    def _hand_in(self, parcel: Parcel, longest_way_s: float) -> None:
        copies = [self._rng.uniform(0, longest_way_s)]
        if self._rng.random() < _DOUBLED:
            copies.append(self._rng.uniform(0, _LONGEST_DETOUR_S))
        for delay in copies:
            self.on_the_way += 1
            asyncio.get_running_loop().call_later(delay, self._due.put_nowait, parcel)

    async def _carry(self) -> None:
        while True:
            parcels = [await self._due.get()]
            for _ in range(self._rng.randrange(_IN_ONE_POST)):
                if not self._due.empty():
                    parcels.append(self._due.get_nowait())
            await self._post_until_taken(parcels)
            self.on_the_way -= len(parcels)

    async def _post_until_taken(self, parcels: list[Parcel]) -> None:
        body = envelope.encode(envelope.envelope(self._number, [parcel.value for parcel in parcels]))
        pause = _FIRST_PAUSE_S
        while True:
            now = time.monotonic()
            for parcel in parcels:
                parcel.first_sent = now if parcel.first_sent is None else parcel.first_sent
            status = await self._post(body)
            self.answers[status] += 1
            if status == 200:
                break
            await asyncio.sleep(pause * self._rng.uniform(0.5, 1))
            pause = min(pause * 2, _LONGEST_PAUSE_S)
        now = time.monotonic()
        for parcel in parcels:
            parcel.acknowledged = now if parcel.acknowledged is None else parcel.acknowledged

    async def _post(self, body: bytes) -> int:
        assert self._http is not None, "the wire is started"
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            "X-Hub-Signature-256": envelope.signature(body, self._number.app_secret),
        }
        try:
            async with self._http.post(self._number.webhook_url, data=body, headers=headers) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0
