"""Every recorded webhook is read without an exception and without losing an item. What each holds is counted apart, in
tests/payloads.py."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from renum.channels.whatsapp_cloud_parse import parse
from renum.errors import RequestError
from renum.shapes import Event
from tests.payloads import COUNTS, FILES, FOLDER, FOLDERS, PAYLOADS, REFUSED, expected, load, name, readable


def read(events: list[Event]) -> Counter[str]:
    """Events by kind, and the files among them."""
    return Counter(
        [event["kind"] for event in events] + ["media" for event in events if "media" in event.get("message", {})]
    )


def test_the_collection_is_complete() -> None:
    """Nobody lost a file on the way here."""
    assert Counter(path.parent.name for path in PAYLOADS) == FILES


@pytest.mark.parametrize("path", readable(), ids=name)
def test_items_in_are_events_out(path: Path) -> None:
    """As many messages, files, statuses and other items come out as went in, each under its own key, storable as
    jsonb."""
    events = parse(path.read_bytes())
    assert read(events) == expected(load(path))
    # pywa's test data give some items the same id on purpose of brevity; an id may repeat across kinds, never within
    # one.
    keys = [(event["kind"], event["provider_id"]) for event in events]
    assert len(set(keys)) == len(keys)
    assert "\\u0000" not in json.dumps(events, allow_nan=False)


@pytest.mark.parametrize(("file", "code"), REFUSED.items())
def test_only_what_is_no_envelope_is_refused(file: str, code: str) -> None:
    """The two files that are not envelopes get a 400 that says why."""
    with pytest.raises(RequestError) as refused:
        parse((FOLDER / file).read_bytes())
    assert (refused.value.status, refused.value.code) == (400, code)


@pytest.mark.parametrize("folder", FOLDERS)
def test_counts_by_folder(folder: str) -> None:
    """The sums over each origin, as they were written down by hand, three times the same."""
    walked, events = Counter[str](), Counter[str]()
    for path in readable(folder):
        walked += expected(load(path))
        events += read(parse(path.read_bytes()))
    assert events == walked == COUNTS[folder]
