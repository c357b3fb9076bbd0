"""Every recorded webhook is read without an exception and without losing an item. Counts are derived from the raw
JSON here."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from renum.channels.whatsapp_cloud_parse import parse
from renum.errors import RequestError

FOLDER = Path(__file__).parents[1] / "fixtures" / "webhooks"
PAYLOADS = sorted(FOLDER.glob("*/*.json"))
REFUSED = {
    "bindambc/invalid_textmessagestatusread.json": "not_json",
    "chatwoot/invalid_entry_is_object.json": "not_an_envelope",
}


def name(path: Path) -> str:
    """The payload's name in the table."""
    return f"{path.parent.name}/{path.name}"


def expected(payload: Any) -> Counter[str]:
    """What a payload holds, counted by walking it: written apart from the parser on purpose."""
    counts: Counter[str] = Counter()
    if "entry" not in payload:
        return Counter(other=1)
    for entry in payload["entry"]:
        for change in entry["changes"]:
            value, field = change["value"], change.get("field", "messages")
            items = 0
            for message in value.get("messages", []):
                counts["message" if field == "messages" and "group_id" not in message else "other"] += 1
                items += 1
            for _ in value.get("statuses", []):
                counts["status" if field == "messages" else "other"] += 1
                items += 1
            for preference in value.get("user_preferences", []):
                counts[{"stop": "opt_out", "resume": "opt_in"}.get(preference["value"], "other")] += 1
                items += 1
            for listed in ("errors", "message_echoes", "calls", "groups"):
                counts["other"] += len(value.get(listed, []))
                items += len(value.get(listed, []))
            if not items:
                counts["other"] += 1
    return counts


def test_the_collection_is_complete() -> None:
    """Nobody lost a file on the way here."""
    assert Counter(path.parent.name for path in PAYLOADS) == {
        "bindambc": 25,
        "chatwoot": 14,
        "meta_openapi": 15,
        "piusalfred_go": 20,
        "pywa": 65,
    }


@pytest.mark.parametrize("path", [path for path in PAYLOADS if name(path) not in REFUSED], ids=name)
def test_items_in_are_events_out(path: Path) -> None:
    """As many messages, statuses and other items come out as went in, each under its own key, storable as jsonb."""
    raw = path.read_bytes()
    events = parse(raw)
    assert Counter(event["kind"] for event in events) == +expected(json.loads(raw))
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


def test_counts_by_folder() -> None:
    """The sums over each origin, stated once."""
    sums = {folder.name: Counter[str]() for folder in FOLDER.iterdir() if folder.is_dir()}
    for path in PAYLOADS:
        if name(path) not in REFUSED:
            sums[path.parent.name].update(event["kind"] for event in parse(path.read_bytes()))
    assert {folder: dict(counts) for folder, counts in sorted(sums.items())} == COUNTS


COUNTS = {
    "bindambc": {"message": 12, "other": 8, "status": 4},
    "chatwoot": {"message": 12, "other": 1},
    "meta_openapi": {"message": 12, "other": 3},
    "piusalfred_go": {"message": 15, "opt_out": 3, "other": 8, "status": 1},
    "pywa": {"message": 36, "opt_in": 1, "other": 23, "status": 7},
}
