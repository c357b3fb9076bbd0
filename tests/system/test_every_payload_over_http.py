"""Every recorded webhook, signed and posted to the real function: messages, statuses and other items in = rows out, for
each folder.

Each file is posted to an account of its own, whose number its items then name: the recordings repeat ids.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from devstack.demo.company import Number, open_number
from devstack.simulator import envelope
from tests.payloads import COUNTS, FILES, FOLDERS, PAYLOADS, REFUSED, expected, load, name
from tests.stack import Stack
from tests.system.survey import Survey, open_survey

SECRET = "segredo-do-aplicativo"

ROWS = """
select kind, count(*) from public.webhook_events where channel_account_id = %(account)s group by kind
union all select 'rows of messages', count(*) from public.messages as m
    join public.conversations as c on c.id = m.conversation_id
    join private.threads as t on t.id = c.thread_id
    where t.channel_account_id = %(account)s and m.role = 'user'
union all select 'media', count(*) from public.media where channel_account_id = %(account)s
"""


@pytest.fixture(scope="module")
def archive(stack: Stack, admin: Any) -> Survey:
    """A client whose numbers get what others once received. It asks nobody anything."""
    return open_survey(stack, admin, "Arquivo Municipal", owner_phone="+5511965430031", start=False)


def post(archive: Survey, number: Number, body: bytes) -> tuple[int, dict[str, Any]]:
    """Status and answer of the webhook."""
    headers = {"X-Hub-Signature-256": envelope.signature(body, SECRET), "Content-Type": "application/json"}
    answer = archive.stack.http.post(number.webhook_url, content=body, headers=headers)
    return answer.status_code, answer.json()


def rows(archive: Survey, number: Number) -> Counter[str]:
    """What lies in the tables for an account."""
    found = archive.stack.rows(ROWS.replace("%(account)s", f"'{number.channel_account_id}'").replace("%", "%%"))
    return +Counter({row["kind"]: row["count"] for row in found})


@pytest.mark.parametrize("folder", FOLDERS)
def test_items_in_are_rows_out(archive: Survey, folder: str) -> None:
    """Only what is no envelope gets a 400 and leaves nothing; the folder's sums are those written down by hand."""
    sums, refused = Counter[str](), 0
    files = [path for path in PAYLOADS if path.parent.name == folder]
    for path in files:
        number = open_number(archive.stack.access, archive.company, phone_number_id=name(path), app_secret=SECRET)
        status, answer = post(archive, number, as_posted(path))
        found = rows(archive, number)
        if name(path) in REFUSED:
            assert (status, answer["code"], found) == (400, REFUSED[name(path)], Counter()), name(path)
            refused += 1
            continue
        assert status == 200, name(path)
        assert found.pop("rows of messages", 0) == answer["messages"] == found["message"], name(path)
        assert found == expected(load(path)), name(path)
        assert (answer["statuses"], answer["unrouted"], answer["duplicates"]) == (found["status"], 0, 0), name(path)
        sums += found
    assert (len(files), refused) == (FILES[folder], len([file for file in REFUSED if file.startswith(folder)]))
    assert sums == COUNTS[folder]


def as_posted(path: Path) -> bytes:
    """The file's bytes, its items naming the number it is posted to; what is no envelope as it is."""
    if name(path) in REFUSED:
        return path.read_bytes()
    return json.dumps(load(path, name(path))).encode()
