"""What is killed, when, and how."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Literal

from devstack.state import StackDirectory

Part = Literal["functions", "postgrest", "postgres"]

_TURNS_PER_KILL: dict[Part, int] = {"functions": 15, "postgrest": 200, "postgres": 250}
_AT_LEAST: dict[Part, int] = {"functions": 4, "postgrest": 1, "postgres": 2}
# Immediate shutdown (crash recovery follows), fast shutdown, and the death of the main process alone: the functions and
# PostgREST meet each in another way. https://www.postgresql.org/docs/current/server-shutdown.html
_POSTGRES = (signal.SIGQUIT, signal.SIGINT, signal.SIGKILL)
_BREATH_S = 0.3
# An instance takes seconds of processor time to start. Killed faster than that, all of them would only ever be
# starting, and nothing would be under way that a kill could hit.
_AT_WORK_AFTER_S = 5.0
_LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class Kill:
    """A signal to a part, once so many replies have arrived."""

    after: int
    part: Part
    signal: signal.Signals


def plan(turns: int, rng: random.Random) -> list[Kill]:
    """What is to be killed in a run of so many turns, in order: every kind at least once, in the run's whole length."""
    kills = []
    for part, every in _TURNS_PER_KILL.items():
        number = max(turns // every, _AT_LEAST[part])
        signals = islice(cycle(_POSTGRES), number) if part == "postgres" else [signal.SIGKILL] * number
        times = sorted(rng.uniform(0.03, 0.97) * turns for _ in range(number))
        kills += [Kill(int(after), part, one) for after, one in zip(times, signals, strict=True)]
    return sorted(kills, key=lambda kill: kill.after)


class Killer:
    """Kills processes of the stack in `directory`, by the identity that its daemon wrote down and by no name."""

    def __init__(self, directory: StackDirectory, rng: random.Random) -> None:
        self._directory = directory
        self._rng = rng
        self.done: Counter[Part] = Counter()

    async def run(self, kills: list[Kill], progress: Callable[[], int]) -> None:
        """Works the list off; each kill comes some time after `progress` says it is due.

        An instance is killed only while at least half of them have been there for some seconds.
        """
        for kill in kills:
            # What is looked at changes in other processes: there is no event to wait for.
            while progress() < kill.after:  # noqa: ASYNC110
                await asyncio.sleep(_LOOK_EVERY_S)
            await asyncio.sleep(self._rng.uniform(0, _BREATH_S))
            while not self._kill(kill):  # noqa: ASYNC110
                await asyncio.sleep(_LOOK_EVERY_S)
            self.done[kill.part] += 1

    def _kill(self, kill: Kill) -> bool:
        """False when no process of that part is to be killed at this moment."""
        theirs = [
            process for name, process in self._directory.children().items() if name.partition("-")[0] == kill.part
        ]
        found = [process for process in theirs if process.find() is not None]
        at_work = [process for process in found if time.time() - process.started > _AT_WORK_AFTER_S]
        if not found or (kill.part == "functions" and 2 * len(at_work) < len(theirs)):
            return False
        try:
            os.kill(self._rng.choice(found).pid, kill.signal)
        except ProcessLookupError:
            return False
        return True
