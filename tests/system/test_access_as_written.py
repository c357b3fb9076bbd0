"""access.md, cell by cell, over PostgREST: who sees which rows, and what comes of every attempt to write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from devstack.demo.access import Row
from tests.access import ACCESS, Cell, Sentence, Table
from tests.system.standing import WHO, Someone, Standing, content_for, key_of, kinds_of

CHANGES: dict[str, Row] = {
    "profiles": {"full_name": "Outro Nome"},
    "clients": {"company_name": "Livraria do Cais"},
    "leads": {"name": "Ana Clara"},
    "projects": {"description": "Outra"},
    "renus_config": {"config": {"tom": "leve"}},
    "channel_accounts": {"name": "Reserva"},
    "message_templates": {"body": "Olá"},
    "sending_rules": {"daily_cap": 2},
    "callbacks": {"note": "à tarde"},
    "budgets": {"amount": 12},
    "interviews": {"metadata": {"nota": "x"}},
    "conversations": {"status": "closed"},
    "tools": {"description": "y"},
    "sub_agents": {"description": "y"},
}
ONE_PER_CLIENT = {"sending_rules"}
TOLD = {"Prefer": "return=representation,count=exact"}


@dataclass
class Attempt:
    """One person at one table: does things, and looks at what became of the rows."""

    standing: Standing
    table: Table
    someone: Someone

    @property
    def name(self) -> str:
        return self.table.name

    def rows(self, whose: str) -> dict[str, Row]:
        return self.standing.rows(self.name, whose, self.someone)

    def kinds(self, cell: Cell) -> Iterator[str]:
        """The kinds of rows that a cell speaks of and that there are for this person."""
        return (kind for kind in ([cell.whose] if cell.whose else kinds_of(self.name)) if self.rows(kind))

    def at(self, key: str) -> str:
        return f"/{self.name}?{key_of(self.name)}=eq.{key}"

    def content(self, whose: str) -> Row:
        """A row to insert: one that is in order but for whose it is, else one that is there, under a new key."""
        client_id = {"own": self.someone.client_id or self.standing.own}.get(whose, self.standing.other)
        (lead_id,) = self.standing.stack.rows("select id::text from public.leads where client_id = %s", client_id)
        people = self.standing.rows("profiles", "own" if whose == "own" else "other", self.someone)
        made = content_for(self.name, client_id, lead_id["id"], next(iter(people)))
        return made or {**next(iter(self.rows(whose).values())), key_of(self.name): str(uuid4())}

    def insert(self, cell: Cell, whose: str) -> None:
        if cell.word == "granted":
            answer = self.post(next(iter(self.rows(whose).values())))
            assert answer.status_code in (201, 409), answer.text
            return
        if cell.word == "done" and self.name in ONE_PER_CLIENT:
            # The one that stands there makes room, and comes back.
            client_id = self.content(whose)["client_id"]
            key, row = next((k, r) for k, r in self.rows(whose).items() if r["client_id"] == client_id)
            self.standing.remove(self.name, key)
            self.put(whose)
            self.standing.put_whole(self.name, row)
            return
        before = self.standing.snapshot(self.name)
        if cell.word != "done":
            answer = self.post(self.content(whose))
            self.met(cell.word, answer)
            assert self.standing.snapshot(self.name) == before
            return
        self.put(whose)

    def put(self, whose: str) -> None:
        """A row that is in order, and nothing but it, is there; it is taken away again."""
        before = self.standing.snapshot(self.name)
        answer = self.post(self.content(whose))
        after = self.standing.snapshot(self.name)
        assert answer.status_code == 201, answer.text
        (row,) = answer.json()
        (added,) = after.keys() - before.keys()
        assert added == row[key_of(self.name)]
        self.standing.remove(self.name, added)
        assert self.standing.snapshot(self.name) == before

    def change(self, cell: Cell, whose: str) -> None:
        key, row = next(iter(self.rows(whose).items()))
        changes = CHANGES.get(self.name) if cell.word != "granted" else None
        self.write("PATCH", cell, key, row, changes or {key_of(self.name): key})

    def delete(self, cell: Cell, whose: str) -> None:
        key, row = next(iter(self.rows(whose).items()))
        if cell.word == "done":
            key = str(uuid4())
            row = {**row, "id": key} | ({"name": key} if "name" in row else {}) | {"phone": None}
            row |= {"period": "total"} if "period" in row else {}
            self.standing.put_whole(self.name, row)
        self.write("DELETE", cell, key, row, None)

    def write(self, method: str, cell: Cell, key: str, row: Row, body: Row | None) -> None:
        """PATCH or DELETE of one row."""
        before = self.standing.snapshot(self.name)
        assert key in before
        # No row is deleted for the sake of a right that is there.
        path = self.at(key) + (f"&{key_of(self.name)}=is.null" if (method, cell.word) == ("DELETE", "granted") else "")
        answer = self.someone.person.rest(method, path, json=body, headers=TOLD)
        after = self.standing.snapshot(self.name)
        if cell.word not in ("done", "granted"):
            self.met(cell.word, answer)
            assert after == before
            return
        assert answer.status_code == 200, answer.text
        if cell.word == "done":
            assert [found[key_of(self.name)] for found in answer.json()] == [key]
            assert answer.headers["content-range"].endswith("/1")
            assert {k for k in before if after.get(k) != before[k]} == {key}
            assert before.keys() - after.keys() == ({key} if method == "DELETE" else set())
            assert body is None or answer.json()[0].items() >= body.items()
        if method == "PATCH":
            self.standing.restore(self.name, key, row)
            assert self.standing.snapshot(self.name) == before

    def post(self, content: Row) -> httpx.Response:
        return self.someone.person.rest("POST", f"/{self.name}", json=content, headers=TOLD)

    def met(self, word: str, answer: httpx.Response) -> None:
        """The answer is the one that stands behind the word."""
        status, saying = ACCESS.answers[word]
        assert answer.status_code == status, (word, answer.text)
        if status == 200:
            assert answer.json() == []
            assert answer.headers["content-range"] == "*/0"
        else:
            assert saying in answer.json()["message"], answer.text
            assert answer.json()["details"] is None


@pytest.fixture
def attempt(standing: Standing, table: str, who: str) -> Attempt:
    return Attempt(standing, ACCESS.tables[table], standing.everybody[who])


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("table", ACCESS.tables)
def test_everybody_sees_what_is_written_down(attempt: Attempt) -> None:
    """The rows that come back are those that are `seen`, all of them, and their count is theirs."""
    role, name = attempt.someone.role, attempt.name
    words = {kind: cell.word for cell in attempt.table.of(role, "see") for kind in attempt.kinds(cell)}
    assert set(words.values()) <= {"seen", "hidden"}
    wanted = {key for kind, word in words.items() if word == "seen" for key in attempt.rows(kind)}
    there = set(attempt.standing.snapshot(name))
    # Who sees everybody's rows sees more of them than there are on a page.
    these = f"&{key_of(name)}=in.({','.join(there)})" if role in ("admin", "service") else ""
    answer = attempt.someone.person.rest("GET", f"/{name}?select={key_of(name)}{these}", headers=TOLD)
    seen = {row[key_of(name)] for row in answer.json()}
    assert seen & there == wanted
    if role not in ("admin", "service"):
        assert seen == wanted, "another client's rows"
        assert answer.headers["content-range"].endswith(f"/{len(wanted)}")
    asked = attempt.someone.person.rest("HEAD", f"/{name}?{key_of(name)}=in.({','.join(there)})", headers=TOLD)
    assert asked.headers["content-range"].endswith(f"/{len(wanted)}")


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("table", ACCESS.tables)
def test_everybody_writes_what_is_written_down(attempt: Attempt) -> None:
    """Insert, change, delete, on every kind of row: done to exactly one, or refused in the words and done to none."""
    deeds = {"insert": attempt.insert, "change": attempt.change, "delete": attempt.delete}
    tried = 0
    for verb, deed in deeds.items():
        for cell in attempt.table.of(attempt.someone.role, verb):
            for kind in attempt.kinds(cell):
                deed(cell, kind)
                tried += 1
    assert tried >= len(deeds)


@pytest.mark.parametrize("closed", ACCESS.closed, ids=lambda closed: closed.role)
@pytest.mark.parametrize("table", ACCESS.tables)
def test_for_some_every_table_is_closed(standing: Standing, table: str, closed: Any) -> None:
    """Each verb, and a count: refused in the words, and nothing has changed."""
    person, key = standing.everybody[closed.role].person, key_of(table)
    before = standing.snapshot(table)
    for method, path, body in (
        ("GET", f"/{table}", None),
        ("POST", f"/{table}", {key: next(iter(before))}),
        ("PATCH", f"/{table}?{key}=not.is.null", {key: next(iter(before))}),
        ("DELETE", f"/{table}?{key}=not.is.null", None),
    ):
        answer = person.rest(method, path, json=body)
        assert answer.status_code == closed.status, answer.text
        assert closed.saying in answer.json()["message"]
    counted = person.rest("HEAD", f"/{table}", headers={"Prefer": "count=exact"})
    assert counted.status_code == closed.status
    assert "content-range" not in counted.headers
    assert standing.snapshot(table) == before


@pytest.mark.parametrize("who", ["admin"])
@pytest.mark.parametrize("table", ACCESS.tables)
def test_a_column_that_is_not_written_down_is_not_written(attempt: Attempt) -> None:
    """Beside one that may be written: 403, for the admin, who may change every row, as for all who signed in."""
    name, person = attempt.name, attempt.someone.person
    key, row = next(iter(attempt.rows("own").items()))
    before = attempt.standing.snapshot(name)
    for column in row.keys() - attempt.table.change:
        changed = person.rest("PATCH", attempt.at(key), json={**CHANGES.get(name, {}), column: row[column]})
        attempt.met("denied", changed)
    for column in row.keys() - attempt.table.insert:
        attempt.met("denied", attempt.post({**attempt.content("own"), column: row[column]}))
    assert attempt.standing.snapshot(name) == before


@pytest.mark.parametrize(
    ("role", "sentence"),
    [
        pytest.param(role, s, id=f"{role}: {s.verb} {s.table} {'+'.join(s.content)} {n}")
        for n, s in enumerate(ACCESS.sentences)
        for role in s.roles
    ],
)
def test_what_goes_too_far_is_refused_with_the_rule(standing: Standing, role: str, sentence: Sentence) -> None:
    """Raising oneself, moving a row to another client, referring to another's: the document's answer, and no change."""
    targets = {"client_id": "clients", "lead_id": "leads", "channel_account_id": "channel_accounts"}
    targets |= {"renus_config_id": "renus_config", "id": sentence.table}
    for someone in (s for s in standing.everybody.values() if s.role == role):
        attempt = Attempt(standing, ACCESS.tables[sentence.table], someone)
        content = {
            name: standing.other
            if (name, value) == ("client_id", "other")
            else next(iter(standing.rows(targets[name], "other", someone)))
            if value == "other"
            else value
            for name, value in sentence.content.items()
        }
        before = standing.snapshot(sentence.table)
        if sentence.verb == "insert":
            answer = attempt.post({**attempt.content(sentence.whose), **content})
        else:
            key = next(iter(attempt.rows(sentence.whose)))
            answer = someone.person.rest("PATCH", attempt.at(key), json=content, headers=TOLD)
        assert answer.status_code == sentence.status, answer.text
        assert sentence.saying in answer.json()["message"]
        assert standing.snapshot(sentence.table) == before
