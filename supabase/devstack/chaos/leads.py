"""Leads who write as people do: in bursts, sometimes on while their turn runs, and on when they have got a reply."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Iterable

import httpx

from devstack.chaos.tally import Accepted
from devstack.chaos.wire import Wire
from devstack.simulator.client import SentMessage, SimulatorClient

BEGIN = "Pode perguntar"
TELLING = (
    "Gostei bastante do atendimento", "8", "sim", "Chegou antes do prazo", "dou nota 9", "A embalagem estava ótima",
    "10", "Achei o preço justo", "Sim, deu tudo certo", "Voltaria a comprar com certeza", "O entregador foi gentil",
)  # fmt: skip
CHATTER = ("Oi", "Oi, tudo bem?", "kkkk", "Bom dia", "rsrs", "obrigada", "Valeu!", "Olá")

_MOST_IN_A_BURST = 4
_BETWEEN_MESSAGES_S = (0.01, 0.2)
_GOES_ON = 0.25
"""How often a lead writes on without having heard anything."""
_PATIENCE_S = (10.0, 20.0)
"""After so long without a reply a lead writes again."""
_LOOK_EVERY_S = 0.05
_PAGE = 1_000


class Lead:
    """One lead. Every message that tells something may settle a question, so it tells `tells` times at most: then its
    interview does not come to its end while it writes."""

    def __init__(self, phone: str, wire: Wire, rng: random.Random, *, replies: int, tells: int) -> None:
        self.phone = phone
        self.heard = 0
        self._wire = wire
        self._rng = rng
        self._wanted = replies
        self._tells = tells
        self._news = asyncio.Event()

    def hear(self) -> None:
        """Takes a reply."""
        self.heard += 1
        self._news.set()

    async def write(self) -> None:
        """Writes until it has heard as many replies as it wants."""
        await asyncio.sleep(self._rng.uniform(0, 0.5))
        self._say(BEGIN)
        await self._wait()
        while self.heard < self._wanted:
            for _ in range(self._rng.randint(1, _MOST_IN_A_BURST)):
                self._say(self._line())
                await asyncio.sleep(self._rng.uniform(*_BETWEEN_MESSAGES_S))
            if self._rng.random() < _GOES_ON:
                await asyncio.sleep(self._rng.uniform(0, 0.5))
            else:
                await self._wait()

    async def _wait(self) -> None:
        self._news.clear()
        try:
            async with asyncio.timeout(self._rng.uniform(*_PATIENCE_S)):
                await self._news.wait()
        except TimeoutError:
            return

    def _line(self) -> str:
        if self._tells > 0 and self._rng.random() < 0.6:
            self._tells -= 1
            return self._rng.choice(TELLING)
        return self._rng.choice(CHATTER)

    def _say(self, text: str) -> None:
        self._wire.say(self.phone, text, f"wamid.CHAOS{self._rng.randbytes(12).hex().upper()}")


class Postbox:
    """Reads what the simulator accepted as it comes, keeps it for the count, and tells the leads."""

    def __init__(self, simulator: SimulatorClient, phone_number_id: str, leads: Iterable[Lead]) -> None:
        self._simulator = simulator
        self._phone_number_id = phone_number_id
        self._leads = {lead.phone: lead for lead in leads}
        self._last = 0
        self._heard: set[str | None] = set()
        self.accepted: list[Accepted] = []

    @property
    def replies(self) -> int:
        """How many different replies the leads have got."""
        return len(self._heard)

    async def deliver(self) -> None:
        """Until cancelled."""
        while True:
            # A busy machine may let the simulator wait; what it has accepted is there at the next look.
            with contextlib.suppress(httpx.TransportError):
                await self.look()
            await asyncio.sleep(_LOOK_EVERY_S)

    async def look(self) -> None:
        """Takes what is new."""
        messages: list[SentMessage] = await asyncio.to_thread(
            self._simulator.messages, after=self._last, phone_number_id=self._phone_number_id, limit=_PAGE
        )
        for message in messages:
            self._last = message["seq"]
            self.accepted.append(Accepted(message["seq"], message["reference"]))
            lead = self._leads.get(message["to"])
            if lead is not None and message["reference"] not in self._heard:
                self._heard.add(message["reference"])
                lead.hear()
