"""The count: from what was said, stored, committed and accepted to the figures that have to be nought."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

ANSWERING = ("committed", "partial")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A lead's message. Times are seconds on one clock: when it first left, when it first got its 200; None: never."""

    wamid: str
    lead: str
    first_sent: float | None
    acknowledged: float | None


@dataclass(frozen=True, slots=True)
class Stored:
    """A row of a lead's message."""

    wamid: str
    thread_id: str
    seq: int


@dataclass(frozen=True, slots=True)
class Turn:
    """A row of public.turns; times in seconds since the epoch."""

    id: str
    thread_id: str
    status: str
    from_seq: int
    to_seq: int
    started_at: float
    finished_at: float


@dataclass(frozen=True, slots=True)
class Reply:
    """A row of public.deliveries. `turn_id`: the turn whose reply it is; None for what no turn made."""

    delivery_id: str
    thread_id: str
    turn_id: str | None
    seq: int
    status: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that the simulator took. `place` orders them; `reference` is the delivery's id."""

    place: int
    reference: str | None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A row of public.failed_tasks that is still dead: the task's kind and its thread or delivery."""

    task: str
    row_id: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that the count is made from."""

    spoken: list[Spoken]
    stored: list[Stored]
    turns: list[Turn]
    replies: list[Reply]
    accepted: list[Accepted]
    dead: list[DeadLetter]
    deadlocks: int = 0


@dataclass(slots=True)
class Tally:
    """The figures, as `devstack.chaos` defines them, and a sentence with ids about each thing that is wrong."""

    inbound: int = 0
    answered: int = 0
    failed: int = 0
    lost: int = 0
    duplicated: int = 0
    reordered: int = 0
    overlapping_leases: int = 0
    deadlocks: int = 0
    findings: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Nothing lost, doubled, out of order, overlapping or deadlocked."""
        wrong = (self.lost, self.duplicated, self.reordered, self.overlapping_leases, self.deadlocks)
        return not any(wrong)


def count(evidence: Evidence) -> Tally:
    """Counts everything."""
    tally = Tally(inbound=len(evidence.spoken), deadlocks=evidence.deadlocks)
    if evidence.deadlocks:
        tally.findings.append(f"the server's log has {evidence.deadlocks} × deadlock detected")
    _count_messages(evidence, tally)
    _count_replies(evidence, tally)
    _count_overlaps(evidence.turns, tally)
    return tally


def _count_messages(evidence: Evidence, tally: Tally) -> None:
    rows: defaultdict[str, list[Stored]] = defaultdict(list)
    for row in evidence.stored:
        rows[row.wamid].append(row)
    turns: defaultdict[str, list[Turn]] = defaultdict(list)
    for turn in evidence.turns:
        turns[turn.thread_id].append(turn)
    reply_of = {reply.turn_id: reply for reply in evidence.replies if reply.turn_id is not None}
    accepted = {one.reference for one in evidence.accepted}
    dead = {(letter.task, letter.row_id) for letter in evidence.dead}
    for message in evidence.spoken:
        found = rows[message.wamid]
        tried = [turn for row in found for turn in turns[row.thread_id] if turn.from_seq < row.seq <= turn.to_seq]
        covering = [turn for turn in tried if turn.status in ANSWERING]
        for what, times in (("stored", len(found)), ("in the range of an answering turn", len(covering))):
            if times > 1:
                tally.duplicated += times - 1
                tally.findings.append(f"message {message.wamid} is {times} times {what}")
        if len(covering) > 1:
            continue
        reply = reply_of.get(covering[0].id) if covering else None
        if reply is not None:
            gave_up = ("delivery", reply.delivery_id) in dead
        else:
            gave_up = not covering and any(("agent_turn", turn.thread_id) in dead for turn in tried)
        if reply is not None and reply.delivery_id in accepted:
            tally.answered += 1
        elif gave_up:
            tally.failed += 1
        else:
            tally.lost += 1
            tally.findings.append(f"message {message.wamid} of {message.lead} is lost: {_why(found, covering, reply)}")
    tally.reordered += _overtaken(evidence.spoken, rows, tally.findings)


def _why(found: list[Stored], covering: list[Turn], reply: Reply | None) -> str:
    if not found:
        return "never stored"
    place = f"thread {found[0].thread_id}, seq {found[0].seq}"
    if not covering:
        return f"in no answering turn ({place})"
    if reply is None:
        return f"turn {covering[0].id} has no reply ({place})"
    return f"delivery {reply.delivery_id}, which is {reply.status}, was never accepted ({place})"


def _overtaken(spoken: Iterable[Spoken], rows: dict[str, list[Stored]], findings: list[str]) -> int:
    """How many messages were stored before one of the same lead that was acknowledged before they first left."""
    by_lead: defaultdict[str, list[Spoken]] = defaultdict(list)
    for message in spoken:
        if rows[message.wamid]:
            by_lead[message.lead].append(message)
    overtaken = 0
    for messages in by_lead.values():
        acknowledged = sorted(
            ((m.acknowledged, min(row.seq for row in rows[m.wamid])) for m in messages if m.acknowledged is not None),
            reverse=True,
        )
        newest = 0
        for message in sorted(messages, key=lambda m: m.first_sent or 0.0):
            while acknowledged and acknowledged[-1][0] < (message.first_sent or 0.0):
                newest = max(newest, acknowledged.pop()[1])
            seq = min(row.seq for row in rows[message.wamid])
            if seq < newest:
                overtaken += 1
                findings.append(f"message {message.wamid} has seq {seq}, {newest} was acknowledged before it was sent")
    return overtaken


def _count_replies(evidence: Evidence, tally: Tally) -> None:
    known = {reply.delivery_id: reply for reply in evidence.replies}
    times = Counter(one.reference for one in evidence.accepted)
    for reference, number in times.items():
        if reference not in known:
            tally.lost += number
            tally.findings.append(f"the simulator accepted {reference}, which no delivery is")
        elif number > 1:
            tally.duplicated += number - 1
            tally.findings.append(f"delivery {reference} was accepted {number} times")
    newest: dict[str, int] = {}
    heard: set[str | None] = set()
    for one in sorted(evidence.accepted, key=lambda one: one.place):
        reply = known.get(one.reference or "")
        if reply is None or one.reference in heard:
            continue
        heard.add(one.reference)
        before = newest.get(reply.thread_id, 0)
        if reply.seq < before:
            tally.reordered += 1
            tally.findings.append(f"delivery {reply.delivery_id} (seq {reply.seq}) was accepted after seq {before}")
        newest[reply.thread_id] = max(before, reply.seq)


def _count_overlaps(turns: Iterable[Turn], tally: Tally) -> None:
    by_thread: defaultdict[str, list[Turn]] = defaultdict(list)
    for turn in sorted(turns, key=lambda turn: turn.started_at):
        by_thread[turn.thread_id].append(turn)
    for thread_id, theirs in by_thread.items():
        running: list[Turn] = []
        for turn in theirs:
            running = [earlier for earlier in running if earlier.finished_at > turn.started_at]
            for earlier in running:
                tally.overlapping_leases += 1
                told = f"{earlier.id} ({earlier.status}) and {turn.id} ({turn.status})"
                tally.findings.append(f"thread {thread_id} has two leases at a time: {told}")
            running.append(turn)
