"""What ISA shows and counts: tables of the API, read with the admin's own token, so that its rights decide."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import cast

from renum import user_rpc
from renum.isa import words
from renum.isa.sources import OF, SOURCES, Source, query_of
from renum.isa.state import Count, Named, Show
from renum.isa.targets import Target, find, nobody
from renum.shapes import JSON

ROWS = 20
"""How many rows an answer shows at most; it says how many there are."""


@dataclass(frozen=True)
class Found:
    """An answer's part: text, data, and what is kept of it in the command's row (no names: they can be erased)."""

    text: str
    data: JSON
    kept: JSON
    target: Target | None = None


async def show(call: Show, today: str, authorization: str) -> Found:
    """The rows that are asked for. Raises Unclear where somebody is named whom nobody knows."""
    if call.what == "queues":
        queues = cast("list[JSON]", await user_rpc.call("queue_metrics", {}, authorization))
        lines = [words.row_line("queues", queue) for queue in queues]
        return Found("Filas:\n" + _list(lines), {"what": "queues", "rows": queues}, {"what": "queues"})
    targets = await _targets(call, authorization)
    what = f"{next(iter(targets), 'lead')}s" if call.what == "anything" else str(call.what)
    limit = min(call.limit or ROWS, ROWS)
    rows: list[JSON] = []
    total = 0
    for source in _sources(what):
        found, counted = await user_rpc.rows(
            source.table, query_of(source, call, targets, source.select, order=True), authorization, limit=limit
        )
        rows += [_flat(row) for row in found]
        total += counted
    if what == "messages":
        rows = sorted(rows, key=lambda row: str(row["said_at"]), reverse=True)[:limit]
    if what == "projects":
        await _add_progress(rows, authorization)
    head = _head(what, total, call, targets, today)
    text = head + (":\n" + _list([words.row_line(what, row) for row in rows]) if rows else ".")
    if total > len(rows):
        text += f"\n(mostrados {len(rows)} de {total})"
    one = _one(targets)
    kept = {"what": what, "count": total, "ids": [row["id"] for row in rows]}
    return Found(text, {"what": what, "rows": rows, "count": total}, kept, one)


async def count(call: Count, today: str, authorization: str) -> Found:
    """The figures that are asked for. Raises as `show`."""
    targets = await _targets(call, authorization)
    what = call.what if call.what != "anything" else "leads"

    async def one(thing: str, status: str | None) -> int:
        asked = call.model_copy(update={"status": status})
        counts = (_count(source, asked, targets, authorization) for source in _sources(thing))
        return sum(await asyncio.gather(*counts))

    if what == "queues":
        return await show(Show(what="queues"), today, authorization)
    figures: JSON = {}
    if what == "overview":
        asked: list[tuple[str, str, str | None]] = [
            ("leads", "leads", None), ("invited", "interviews", "invited"), ("started", "interviews", "started"),
            ("completed", "interviews", "completed"), ("opted_out", "leads", "opted_out"),
            ("received", "messages", "received"), ("sent", "messages", "sent"), ("failed_tasks", "failed_tasks", None),
        ]  # fmt: skip
        counts = await asyncio.gather(*(one(thing, status) for _, thing, status in asked))
        figures = {name: value for (name, _, _), value in zip(asked, counts, strict=True)}
        text = f"Resumo{_whose(targets)}{_period(call, today)}: {words.figures_line(figures)}."
        return Found(text, {"what": what, "figures": figures}, {"what": what, "figures": figures}, _one(targets))
    total = await one(what, call.status)
    text = _head(what, total, call, targets, today)
    if what == "interviews" and call.status is None:
        names = ("invited", "started", "completed")
        counts = await asyncio.gather(*(one(what, name) for name in names))
        figures = dict(zip(names, counts, strict=True))
        made = " criada" if total == 1 else " criadas"
        text += f"{made if call.since or call.until else ''} ({words.figures_line(figures)})"
    data = {"what": what, "count": total, "figures": figures}
    return Found(text + ".", data, data, _one(targets))


async def _count(source: Source, call: Named, targets: dict[str, list[Target]], authorization: str) -> int:
    query = query_of(source, call, targets, "client_id" if source.client == "client_id" else "id", order=False)
    return (await user_rpc.rows(source.table, query, authorization, limit=1))[1]


def _sources(what: str) -> list[Source]:
    return [SOURCES["interview_messages"], SOURCES["messages"]] if what == "messages" else [SOURCES[what]]


async def _targets(call: Show | Count, authorization: str) -> dict[str, list[Target]]:
    """Those that the call names, by kind. Several of one name are all meant: reading changes nothing."""
    found: dict[str, list[Target]] = {}
    for kind in ("client", "project", "lead"):
        name = getattr(call, kind)
        if name:
            found[kind] = await find([kind], name, authorization, found.get("client"))
            if not found[kind]:
                raise nobody([kind], name)
    if call.of:
        kinds = OF.get(call.what, ["lead", "client", "project"])
        kinds = [kind for kind in kinds if kind not in found] or ["client"]
        several = await find(kinds, call.of, authorization, found.get("client") if "client" not in kinds else None)
        if not several:
            raise nobody(kinds, call.of)
        found[several[0].kind] = several
    return found


async def _add_progress(rows: list[JSON], authorization: str) -> None:
    if not rows:
        return
    ids = ",".join(row["id"] for row in rows)
    query = [("project_id", f"in.({ids})")]
    found, _ = await user_rpc.rows("project_progress", query, authorization, limit=ROWS)
    known = {row["project_id"]: row for row in found}
    for row in rows:
        seen = known.get(row["id"])
        if seen:
            row["progress"] = {
                "leads": seen["leads"],
                "invited": seen["invited"],
                "started": seen["in_progress"] + seen["completed"],
                "completed": seen["completed"],
            }


def _flat(row: JSON) -> JSON:
    """An embedded row of one column is that column."""
    return {
        name: next(iter(value.values())) if isinstance(value, dict) and len(value) == 1 else value
        for name, value in row.items()
        if value != {}
    }


def _head(what: str, total: int, call: Show | Count, targets: dict[str, list[Target]], today: str) -> str:
    state = f" ({words.status_word(what, call.status)})" if call.status else ""
    number = words.number_of(what, total) if total else f"0 {words.NAMES[what][1]}"
    return f"{number}{state}{_whose(targets)}{_period(call, today)}"


def _whose(targets: dict[str, list[Target]]) -> str:
    names = dict.fromkeys(one.name or one.phone or one.id for found in targets.values() for one in found[:5])
    return f" de {', '.join(names)}" if names else ""


def _period(call: Named, today: str) -> str:
    return words.period_words(call.since, call.until, today)


def _one(targets: dict[str, list[Target]]) -> Target | None:
    for kind in ("lead", "client", "project"):
        found = targets.get(kind, [])
        if len(found) == 1:
            return found[0]
    return None


def _list(lines: list[str]) -> str:
    return "\n".join(f"• {line}" for line in lines)
