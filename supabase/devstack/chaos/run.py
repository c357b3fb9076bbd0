"""One run from an empty directory to the count."""

from __future__ import annotations

import asyncio
import random
import secrets
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from devstack import stack
from devstack.chaos import evidence
from devstack.chaos.kills import Killer, plan
from devstack.chaos.leads import Lead, Postbox
from devstack.chaos.tally import Tally, count
from devstack.chaos.wire import Wire
from devstack.demo import company as companies
from devstack.demo.access import Access
from devstack.demo.printing import Printer
from devstack.demo.seed import FIRST_PHONE, Seeded, seed
from devstack.errors import StackError
from devstack.simulator.client import SimulatorClient
from devstack.simulator.state import Number
from devstack.state import StackDirectory

QUESTIONS = 100
# However a burst is cut into turns, a turn that settles a question has a message that tells something.
_TELLS = QUESTIONS - 5
_NEWS_EVERY_S = 2.0
_LOOK_EVERY_S = 0.5
_STILL_S = 1.0
# The longest that nothing at all may happen: the last retry waits 25 s, a dead instance's claim lasts 5 s, a send of
# which nobody knows waits 20 s for the provider's word.
_PATIENCE_S = 90.0
_SHOWN_FINDINGS = 20

_VARIABLES = {
    "RENUM_VISIBILITY_S": "5",
    "RENUM_DEBOUNCE_MS": "120",
    # Few tasks for each instance, so that several hold some at any time; slow enough to die in the middle of one.
    "RENUM_CONCURRENCY": "4",
    "RENUM_MODEL": "offline",
    "RENUM_MODEL_DELAY_MS": "60",
    "RENUM_LOG_LEVEL": "INFO",
    "WHATSAPP_GRAPH_URL": "",
    **dict.fromkeys(("TWILIO_URL", "ZAPI_URL", "ZENVIA_URL", "RESEND_URL", "RENUM_PRIVATE_HOSTS"), ""),
}
_SIMULATED = {"statuses": ["sent", "delivered"], "status_delay_ms": 30, "answer_delay_ms": 40}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to. `rested`: whether it came to its end and to rest by itself."""

    tally: Tally
    kills: int
    seconds: float
    rested: bool

    @property
    def good(self) -> bool:
        """It came to rest, and everything that has to be nought is."""
        return self.rested and self.tally.clean

    def figures(self) -> dict[str, int | float]:
        """The figures by name, as `devstack.chaos` defines them."""
        tally = self.tally
        return {
            "inbound": tally.inbound,
            "answered": tally.answered,
            "failed": tally.failed,
            "lost": tally.lost,
            "duplicated": tally.duplicated,
            "reordered": tally.reordered,
            "overlapping_leases": tally.overlapping_leases,
            "deadlocks": tally.deadlocks,
            "kills": self.kills,
            "seconds": self.seconds,
        }


def chaos(
    directory: Path | None, *, turns: int, leads: int, instances: int, seed_value: int, keep: bool, printer: Printer
) -> Outcome:
    """Plays one run of at least `turns` turns, on a stack of its own in `directory` (None: a new temporary one).

    `seed_value` decides who writes what and what is killed after which turn; when all of it meets is up to the machine.
    The directory is removed when all was well, unless `keep`. Raises StackError when it is not empty or the stack does
    not start.
    """
    if directory is not None and directory.exists() and any(directory.iterdir()):
        raise StackError(f"{directory} is not empty: a run takes a directory of its own.")
    root = (directory or Path(tempfile.mkdtemp(prefix="renum-chaos-"))).resolve()
    app_secret = secrets.token_urlsafe(24)
    remove = False
    try:
        with printer.steps("starting the stack") as step:
            stack.start(root, variables={**_VARIABLES, "RENUM_INSTANCES": str(instances)}, progress=step)
        try:
            printer.done(f"a stack with {instances} instances of the functions in {root}")
            made = seed(
                root,
                leads=leads,
                questions=QUESTIONS,
                phone_number_id=companies.phone_number_id_of(companies.new_tag()),
                app_secret=app_secret,
                printer=printer,
            )
            outcome = asyncio.run(_Run(root, made, app_secret, turns, random.Random(seed_value), printer).play())
        finally:
            stack.stop(root)
        remove = outcome.good and not keep
    finally:
        if remove:
            shutil.rmtree(root)
        else:
            printer.note(f"logs and data are kept in {root}")
    return outcome


class _Run:
    """The stack is up and seeded: leads, wire, kills, rest, count."""

    def __init__(
        self, root: Path, made: Seeded, app_secret: str, turns: int, rng: random.Random, printer: Printer
    ) -> None:
        self._made = made
        self._app_secret = app_secret
        self._turns = turns
        self._printer = printer
        self._access = Access.of_stack(root)
        self._log = StackDirectory(root).logs / "postgres.log"
        self._simulator = SimulatorClient(self._access.simulator_url)
        # Each has a source of its own: what one draws does not change what the others do.
        sources = (random.Random(rng.random()) for _ in range(made.leads + 3))
        self._wire = Wire(Number(made.phone_number_id, made.webhook_url, app_secret), next(sources))
        self._kills = plan(turns, next(sources))
        self._killer = Killer(StackDirectory(root), next(sources))
        replies = -(-turns // made.leads)
        self._leads = [
            Lead(str(FIRST_PHONE + place), self._wire, source, replies=replies, tells=_TELLS)
            for place, source in enumerate(sources)
        ]
        self._postbox = Postbox(self._simulator, made.phone_number_id, self._leads)

    async def play(self) -> Outcome:
        """From the first message to the count."""
        address = await self._wire.start()
        begun = time.monotonic()
        try:
            await asyncio.to_thread(
                self._simulator.register_number, self._made.phone_number_id, address, self._app_secret, **_SIMULATED
            )
            watching = [asyncio.create_task(one) for one in (self._postbox.deliver(), self._tell_news())]
            try:
                rested = await self._until_written() and await self._until_quiet()
            finally:
                for task in watching:
                    task.cancel()
                await asyncio.gather(*watching, return_exceptions=True)
            seconds = round(time.monotonic() - begun, 1)
            await self._postbox.look()
            tally = await asyncio.to_thread(self._count)
        finally:
            await self._wire.stop()
            self._simulator.close()
        return Outcome(tally, self._killer.done.total(), seconds, rested)

    async def _until_written(self) -> bool:
        """Leads write and parts are killed; False when nothing is heard for so long that it will never end."""
        writing = asyncio.gather(
            *(lead.write() for lead in self._leads), self._killer.run(self._kills, lambda: self._postbox.replies)
        )
        try:
            clock = _Patience()
            while not writing.done():
                if clock.is_over((self._postbox.replies, self._killer.done.total())):
                    self._printer.note(f"no lead has got a reply for {_PATIENCE_S:.0f} s")
                    return False
                await asyncio.wait({writing}, timeout=_LOOK_EVERY_S)
            await writing
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
        self._printer.done(f"{self._news()}; nobody writes any more")
        return True

    async def _until_quiet(self) -> bool:
        """Waits until nothing is on its way or to be done, and stays so; False when it does not come to that."""
        clock = _Patience()
        quiet_since: float | None = None
        while True:
            work = await asyncio.to_thread(evidence.work, self._access.database_url, self._made.client_id)
            statuses = await asyncio.to_thread(self._pending_statuses)
            if not (work is not None and work.none and self._wire.idle and statuses == 0):
                quiet_since = None
            elif quiet_since is None:
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since > _STILL_S:
                self._printer.done("everything is quiet")
                return True
            if clock.is_over((work, statuses, self._wire.on_the_way, self._postbox.replies)):
                self._printer.note(f"for {_PATIENCE_S:.0f} s nothing moved, but {work} is left")
                return False
            await asyncio.sleep(_LOOK_EVERY_S)

    def _pending_statuses(self) -> int:
        return sum(int(number["status_webhooks"]["pending"]) for number in self._simulator.numbers())

    def _count(self) -> Tally:
        url, client_id = self._access.database_url, self._made.client_id
        tally = count(
            evidence.gather(url, client_id, self._log, spoken=self._wire.spoken(), accepted=self._postbox.accepted)
        )
        for what, statuses in evidence.summary(url, client_id).items():
            self._printer.done(f"{what}: " + ", ".join(f"{number} {status}" for status, number in statuses.items()))
        answers = sorted(self._wire.answers.items())
        self._printer.done("webhooks: " + ", ".join(f"{n} × {code or 'no answer'}" for code, n in answers))
        for finding in tally.findings[:_SHOWN_FINDINGS]:
            self._printer.note(finding)
        if len(tally.findings) > _SHOWN_FINDINGS:
            self._printer.note(f"and {len(tally.findings) - _SHOWN_FINDINGS} more")
        return tally

    async def _tell_news(self) -> None:
        while True:
            await asyncio.sleep(_NEWS_EVERY_S)
            self._printer.line(self._news())

    def _news(self) -> str:
        kills = ", ".join(f"{number} {part}" for part, number in sorted(self._killer.done.items())) or "none"
        return (
            f"{self._postbox.replies} of {self._turns} replies to {self._wire.said} messages, "
            f"{self._wire.on_the_way} webhooks on the way, killed: {kills}"
        )


class _Patience:
    """Runs out when what it is shown stays the same for too long."""

    def __init__(self) -> None:
        self._seen: object = None
        self._since = time.monotonic()

    def is_over(self, seen: object) -> bool:
        """Shown `seen`, says whether nothing has moved for `_PATIENCE_S` seconds."""
        now = time.monotonic()
        if seen != self._seen:
            self._seen, self._since = seen, now
        return now - self._since > _PATIENCE_S
