"""Being a lead in the terminal: what RENUM sends is printed, what is typed is said over the simulator's webhooks."""

from __future__ import annotations

import os
import re
import select
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text
from supabase import Client

from devstack.demo import company as companies
from devstack.demo import story
from devstack.demo.access import Access, rows
from devstack.demo.printing import Printer
from devstack.demo.run import bring_up, connect
from devstack.errors import StackError
from devstack.simulator.client import SimulatorClient

DEFAULT_PHONE = "11 98888-7777"
HELP = "/audio sends a voice note, /sair opts out, /quit leaves the chat; everything else is said as it stands."
_LOOK_EVERY_S = 0.1
_PATIENCE_S = 60.0
_LIVE = ["pending", "in_progress"]


@dataclass(frozen=True, slots=True)
class Line:
    """A lead's end of one interview. `digits`: the lead's number, `seen`: the last message that was shown already."""

    interview_id: str
    phone_number_id: str
    digits: str
    name: str
    seen: int


class Keyboard:
    """Lines from a file descriptor, a terminal's or a pipe's, without ever waiting for long."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lines: deque[str] = deque()
        self._rest = b""
        self.ended = False
        self.is_terminal = os.isatty(descriptor)

    def line(self, patience_s: float) -> str | None:
        """The next line, waiting up to `patience_s` seconds for it; None when there is none (yet: see `ended`)."""
        if not self._lines and not self.ended and select.select([self._descriptor], [], [], patience_s)[0]:
            self._read()
        elif not self._lines and self.ended:
            time.sleep(patience_s)
        return self._lines.popleft() if self._lines else None

    def _read(self) -> None:
        chunk = os.read(self._descriptor, 65_536)
        self.ended = not chunk
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        if self.ended and self._rest:
            whole, self._rest = [*whole, self._rest], b""
        self._lines.extend(line.decode(errors="replace").strip() for line in whole)

    @property
    def empty(self) -> bool:
        """Whether nothing is left and nothing will come."""
        return self.ended and not self._lines


def chat(directory: Path, *, phone: str | None, name: str, keyboard: Keyboard, printer: Printer) -> None:
    """Talks until the interview ends or nothing more is typed. Raises StackError when RENUM does not answer.

    With the number of a lead who has a live interview on the simulator it goes on with that one; otherwise a small
    survey with one lead is made.
    """
    bring_up(directory, printer)
    access = Access.of_stack(directory)
    with SimulatorClient(access.simulator_url) as simulator:
        digits = full_number(phone or DEFAULT_PHONE)
        operator = access.operator()
        line = _join(operator, simulator, digits, printer) if phone else None
        if line is None:
            line = _make(access, operator, simulator, digits, name, printer)
        printer.console.print(Text(HELP, style="dim"))
        _Conversation(line, operator, simulator, keyboard, printer).run()


def full_number(phone: str) -> str:
    """Digits with country code and ninth digit: what a Brazilian number as people write it comes to."""
    digits = re.sub(r"\D", "", phone).lstrip("0")
    if len(digits) in (10, 11):
        digits = f"55{digits}"
    if re.fullmatch(r"55\d{2}[6-9]\d{7}", digits):
        digits = f"{digits[:4]}9{digits[4:]}"
    if not 8 <= len(digits) <= 15:
        raise StackError(f"{phone!r} is not a phone number; write it like 11 98888-7777.")
    return digits


def _join(operator: Client, simulator: SimulatorClient, digits: str, printer: Printer) -> Line | None:
    """The lead's newest live interview whose number the simulator knows, its dialogue so far printed."""
    known = {number["phone_number_id"] for number in simulator.numbers()}
    wanted = "id,leads!inner(name,phone),projects!inner(name,channel_accounts(external_id))"
    query = operator.table("interviews").select(wanted).eq("leads.phone", f"+{digits}").in_("status", _LIVE)
    for found in rows(query.order("created_at", desc=True).limit(20).execute()):
        account = found["projects"]["channel_accounts"] or {}
        number = str(account.get("external_id"))
        if number not in known:
            continue
        name = str(found["leads"]["name"] or "Lead")
        printer.done(f"you are {name}; the interview of “{found['projects']['name']}” goes on")
        sent = simulator.messages(digits, phone_number_id=number)
        said = operator.table("interview_messages").select("role,content,metadata,timestamp")
        history = rows(said.eq("interview_id", found["id"]).order("seq").execute())
        printer.transcript(history, "RENUM", name)
        return Line(str(found["id"]), number, digits, name, sent[-1]["seq"] if sent else 0)
    return None


def _make(
    access: Access, operator: Client, simulator: SimulatorClient, digits: str, name: str, printer: Printer
) -> Line:
    tag = companies.new_tag()
    with printer.working("making a small survey"):
        admin, _ = companies.sign_in_admin(access)
        company = companies.open_company(
            access,
            admin,
            simulator,
            name=story.COMPANY,
            owner_email=f"helena.{tag}@paodapraca.example",
            owner_name=story.OWNER_NAME,
            phone=None,
        )
        number = connect(access, simulator, company, phone_number_id=companies.phone_number_id_of(tag))
        companies.add_templates(company, story.TEMPLATES)
        companies.import_leads(company, [story.Person(0, "you", name, f"+{digits}", digits, {}, {})])
        project_id = companies.create_project(company, story.PROJECT, story.PROJECT_CONFIG)
        companies.start_project(company, project_id)
        made = rows(operator.table("interviews").select("id").eq("project_id", project_id).execute())
    printer.done(f"you are {name}, a customer of {company.name}; its owner is {company.owner_email}")
    return Line(str(made[0]["id"]), number.phone_number_id, digits, name, 0)


class _Conversation:
    """One loop over two ends: the keyboard and the simulator."""

    def __init__(
        self, line: Line, operator: Client, simulator: SimulatorClient, keyboard: Keyboard, printer: Printer
    ) -> None:
        self._line = line
        self._operator = operator
        self._simulator = simulator
        self._keyboard = keyboard
        self._printer = printer
        self._seen = line.seen
        # Since when RENUM owes a message: the invitation at first, then a reply to everything that is said.
        self._waiting_since: float | None = time.monotonic() if line.seen == 0 else None

    def run(self) -> None:
        """Until the interview ends, or the keyboard does and RENUM owes nothing."""
        while True:
            if self._listen() and (ended := self._ended()):
                self._printer.done(f"the interview is over: {ended}")
                return
            waiting = self._waiting_since is not None
            if waiting and time.monotonic() - (self._waiting_since or 0) > _PATIENCE_S:
                raise StackError(f"RENUM has not answered within {_PATIENCE_S:.0f} s; `renum status` says what runs.")
            if self._keyboard.empty and not waiting:
                self._printer.note("nothing more was typed; the interview is still open")
                return
            # A pipe has the next line ready long before the answer to the last one; a person may type a burst.
            if waiting and not self._keyboard.is_terminal:
                time.sleep(_LOOK_EVERY_S)
                continue
            text = self._keyboard.line(_LOOK_EVERY_S)
            if text == "/quit":
                return
            if text:
                self._say(text)

    def _listen(self) -> bool:
        line = self._line
        fresh = self._simulator.messages(line.digits, after=self._seen, phone_number_id=line.phone_number_id)
        for message in fresh:
            self._seen = message["seq"]
            self._printer.says("RENUM", message["text"])
            self._waiting_since = None
        return bool(fresh)

    def _say(self, text: str) -> None:
        line = self._line
        if text.startswith("/") and text not in ("/audio", "/sair"):
            self._printer.console.print(Text(HELP, style="dim"))
            return
        if not self._keyboard.is_terminal:
            self._printer.says(line.name, text)
        if text == "/audio":
            self._simulator.say_audio(line.digits, name=line.name, phone_number_id=line.phone_number_id)
        else:
            said = "SAIR" if text == "/sair" else text
            self._simulator.say(line.digits, said, name=line.name, phone_number_id=line.phone_number_id)
        self._waiting_since = time.monotonic()

    def _ended(self) -> str | None:
        query = self._operator.table("interviews").select("status,end_reason").eq("id", self._line.interview_id)
        interview = rows(query.execute())[0]
        return None if interview["status"] in _LIVE else str(interview["end_reason"])
