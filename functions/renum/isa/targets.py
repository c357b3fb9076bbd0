"""Whom the words of a command name, asked of the database with the admin's own rights."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from renum import user_rpc
from renum.isa.words import status_word
from renum.shapes import JSON

MOST = 20
"""How many candidates an answer lists."""

KINDS = {"client": "cliente", "project": "projeto", "lead": "lead"}

_BETWEEN = re.compile(r"\s+(?:da|do|das|dos|de|na|no)\s+", re.IGNORECASE)
_AND = re.compile(r"\s*,\s*|\s+e\s+", re.IGNORECASE)


class Unclear(Exception):
    """The command cannot be carried out as it stands: what to tell the admin, and among whom there is a choice."""

    def __init__(self, reply: str, candidates: Sequence[Target] = ()) -> None:
        super().__init__(reply)
        self.reply = reply
        self.candidates = list(candidates)


@dataclass(frozen=True)
class Target:
    """A client, project or lead that the words name."""

    kind: str
    id: str
    name: str | None
    client_id: str
    client: str
    status: str
    phone: str | None

    @property
    def line(self) -> str:
        """What tells it from the others."""
        told = [self.name or "(sem nome)", self.phone, None if self.kind == "client" else self.client]
        return f"{', '.join(part for part in told if part)} ({status_word(self.kind, self.status)}; id {self.id})"

    def row(self) -> JSON:
        """As data of an answer."""
        return {
            "kind": self.kind,
            "id": self.id,
            "name": self.name,
            "phone": self.phone,
            "client": self.client,
            "status": self.status,
        }


async def find(
    kinds: Sequence[str], words: str, authorization: str, clients: Sequence[Target] | None = None
) -> list[Target]:
    """The best matches, all of one kind; [] when nobody is so named.

    "Ana da Padaria" is looked for as it stands, then as Ana at a client Padaria.
    """
    ids = None if clients is None else [client.id for client in clients]
    found = await _ask(kinds, words, authorization, ids)
    if found or clients is not None or list(kinds) == ["client"]:
        return found
    for cut in reversed(list(_BETWEEN.finditer(words))):
        companies = await _ask(["client"], words[cut.end() :], authorization, None)
        if companies:
            found = await _ask(kinds, words[: cut.start()], authorization, [company.id for company in companies])
            if found:
                return found
    return []


async def each(
    kinds: Sequence[str], words: str, authorization: str, clients: Sequence[Target] | None = None
) -> list[list[Target]]:
    """The matches for each that the words name: "a Ana e o Bruno" are two, "Silva e Filhos", where it is there, one.

    Raises Unclear where one of them is nobody.
    """
    found = await find(kinds, words, authorization, clients)
    if found:
        return [found]
    parts = [re.sub(r"^(?:o|a|os|as)\s+", "", part, flags=re.IGNORECASE) for part in _AND.split(words) if part.strip()]
    if len(parts) > 1:
        several = [await find(kinds, part, authorization, clients) for part in parts]
        if all(several):
            return several
    raise nobody(kinds, words)


def only(found: Sequence[Target]) -> Target:
    """The one that was found. Raises Unclear where there are several."""
    if len(found) > 1:
        raise choice(found)
    return found[0]


def choice(found: Sequence[Target]) -> Unclear:
    """Several have that name: nothing is planned, and the admin is asked which."""
    lines = "\n".join(f"• {one.line}" for one in found[:MOST])
    more = "\n• …" if len(found) > MOST else ""
    what = KINDS[found[0].kind]
    return Unclear(f"Há mais de um {what} assim. Nada foi feito; diga qual deles:\n{lines}{more}", found[:MOST])


def nobody(kinds: Sequence[str], words: str) -> Unclear:
    """Nobody has that name."""
    what = " nem ".join(KINDS[kind] for kind in kinds)
    return Unclear(f"Não encontrei {what} com “{words}”. Nada foi feito.")


async def _ask(kinds: Sequence[str], words: str, authorization: str, client_ids: list[str] | None) -> list[Target]:
    arguments = {"kinds": list(kinds), "words": words, "client_ids": client_ids}
    answer = await user_rpc.call("find_isa_targets", arguments, authorization)
    return [Target(**row) for row in cast("list[JSON]", answer)]
