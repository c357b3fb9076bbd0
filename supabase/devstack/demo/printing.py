"""How the commands speak: progress on the way, dialogues as on a phone, tables, Markdown."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from rich.align import Align
from rich.console import Console
from rich.markdown import Markdown
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from devstack.demo.access import Row

_NEWS_EVERY_S = 2.0
_READABLE = 100
_BUBBLE = 66


class Printer:
    """Speaks to a person: on stdout, or on stderr when stdout is a program's. Without a terminal: plain lines."""

    def __init__(self, *, to_stderr: bool = False) -> None:
        stream = sys.stderr if to_stderr else sys.stdout
        self.console = Console(stderr=to_stderr, highlight=False)
        if not stream.isatty() or self.console.width > _READABLE:
            self.console.width = _READABLE
        self._live = self.console.is_terminal
        self._begun = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long the printer has been there."""
        return time.monotonic() - self._begun

    def done(self, text: str) -> None:
        """One step is done."""
        self.console.print(Text.assemble((f"{self.seconds:5.1f} s  ", "dim"), ("✓ ", "green"), text), soft_wrap=True)

    def line(self, text: str) -> None:
        """How far it is."""
        self.console.print(Text.assemble((f"{self.seconds:5.1f} s    ", "dim"), text), soft_wrap=True)

    def note(self, text: str) -> None:
        """Something one should know."""
        self.console.print(Text.assemble((f"{self.seconds:5.1f} s  ", "dim"), ("! ", "yellow"), text), soft_wrap=True)

    @contextmanager
    def working(self, text: str) -> Iterator[None]:
        """Shows that something is under way, on a terminal."""
        if self._live:
            with self.console.status(f"{text} …"):
                yield
        else:
            yield

    @contextmanager
    def steps(self, text: str) -> Iterator[Callable[[str, float | None], None]]:
        """Yields a function that is told a step's name when it begins (None) and when it is done (its seconds)."""
        if self._live:
            with self.console.status(f"{text} …") as status:
                yield lambda name, seconds: status.update(f"{text}: {name} …") if seconds is None else None
            return

        def step(name: str, seconds: float | None) -> None:
            if seconds is None:
                self.console.print(f"{self.seconds:5.1f} s    {text}: {name}", soft_wrap=True)

        yield step

    @contextmanager
    def crowd(self, total: int) -> Iterator[Any]:
        """Yields `news(at the end, heard, said)`: a bar on a terminal, a line now and then elsewhere."""
        if self._live:
            columns = (SpinnerColumn(), TextColumn("people at the end"), BarColumn(), MofNCompleteColumn())
            with Progress(*columns, TextColumn("{task.description}"), TimeElapsedColumn(), console=self.console) as bar:
                task = bar.add_task("", total=total)
                yield lambda ended, heard, said: bar.update(
                    task, completed=ended, description=f"{heard} messages out, {said} in"
                )
            return
        last = 0.0

        def news(ended: int, heard: int, said: int) -> None:
            nonlocal last
            if self.seconds - last >= _NEWS_EVERY_S:
                last = self.seconds
                line = f"{self.seconds:5.1f} s    {ended} of {total} people at the end, {heard} messages out, {said} in"
                self.console.print(line, soft_wrap=True)

        yield news

    def heading(self, text: str) -> None:
        """Begins a section."""
        self.console.print()
        self.console.rule(Text(text, style="bold"), align="left")

    def transcript(self, messages: list[Row], company: str, lead: str) -> None:
        """A dialogue as on a phone: the company on the left, the lead on the right, what is said in one go together."""
        for role, group in itertools.groupby(messages, key=lambda message: str(message["role"])):
            burst = list(group)
            ours = role == "assistant"
            first = datetime.fromisoformat(burst[0]["timestamp"]).astimezone()
            several = f" · {len(burst)} messages" if len(burst) > 1 else ""
            title = f"{company if ours else lead} · {first:%H:%M:%S}{several}"
            said = "\n".join(_words(message) for message in burst)
            width = min(max(len(line) for line in [*said.splitlines(), f"{title}  "]) + 4, _BUBBLE)
            bubble = Panel(
                Text(said), title=title, title_align="left", border_style="green" if ours else "blue", width=width
            )
            self.console.print(Align(bubble, "left" if ours else "right"))

    def says(self, who: str, text: str) -> None:
        """One message of a dialogue that is under way."""
        style = "green" if who == "RENUM" else "blue"
        self.console.print(
            Text.assemble((f"{who} › ", f"bold {style}"), text.replace("\n", "\n" + " " * (len(who) + 3)))
        )

    def markdown(self, text: str) -> None:
        """A Markdown document."""
        self.console.print(Markdown(text))

    def table(self, found: list[Row], empty: str) -> None:
        """Rows as a table; a sentence when there are none."""
        if not found:
            self.console.print(empty)
            return
        table = Table(*found[0].keys(), box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
        for one in found:
            # As text: what stands in square brackets is somebody's, not a colour.
            table.add_row(*(Text("–" if value is None else str(value)) for value in one.values()))
        self.console.print(table)

    def pairs(self, values: dict[str, object]) -> None:
        """Names and values in two columns, long values unbroken so that they can be copied."""
        widest = max(len(name) for name in values)
        for name, value in values.items():
            self.console.print(Text.assemble((f"{name:<{widest}}  ", "dim"), str(value)), soft_wrap=True)


_KINDS = {"audio": "nota de voz", "image": "imagem", "sticker": "figurinha"}


def _words(message: Row) -> str:
    kind = message["metadata"].get("type", "text")
    return str(message["content"]) or f"({_KINDS.get(kind, kind)})"
