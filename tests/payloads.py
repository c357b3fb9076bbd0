"""Every recorded webhook with what it holds, counted twice and never by the product: by walking the JSON here, and by
hand per folder.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "fixtures" / "webhooks"
PAYLOADS = sorted(FOLDER.glob("*/*.json"))
FOLDERS = sorted({path.parent.name for path in PAYLOADS})
REFUSED = {
    "bindambc/invalid_textmessagestatusread.json": "not_json",
    "chatwoot/invalid_entry_is_object.json": "not_an_envelope",
}
"""The two files that are no envelopes, by the code they are refused with."""

FILES = {"bindambc": 25, "chatwoot": 14, "meta_openapi": 15, "piusalfred_go": 20, "pywa": 65}
COUNTS = {
    "bindambc": {"message": 12, "media": 5, "status": 4, "template": 2, "account": 1, "other": 5},
    "chatwoot": {"message": 12, "media": 3, "other": 1},
    "meta_openapi": {"message": 12, "media": 1, "other": 3},
    "piusalfred_go": {"message": 15, "media": 1, "opt_out": 3, "status": 1, "template": 1, "other": 7},
    "pywa": {"message": 36, "media": 9, "opt_in": 1, "status": 7, "template": 3, "account": 3, "other": 17},
}
"""What went in, written down by hand. `media` are files, each beside the message it came with; a group's messages are
other items."""

SPEAKING = ("message_template_status_update", "template_category_update", "account_update")
"""Fields that say whether messages can be sent."""

NEWS = {
    **dict.fromkeys(("APPROVED", "REJECTED", "FLAGGED", "template_category_update"), "template"),
    **dict.fromkeys(("ACCOUNT_OFFBOARDED", "ACCOUNT_RECONNECTED", "ACCOUNT_RESTRICTION"), "account"),
}
"""What is acted upon, of what the collection holds."""

_FILES_OF = ("image", "video", "audio", "document", "sticker")


def name(path: Path) -> str:
    """The payload's name: folder and file."""
    return f"{path.parent.name}/{path.name}"


def readable(folder: str | None = None) -> list[Path]:
    """The payloads that are envelopes; of one folder, when one is named."""
    return [path for path in PAYLOADS if name(path) not in REFUSED and folder in (None, path.parent.name)]


def load(path: Path, number: str | None = None) -> Any:
    """The payload's JSON; with `number`, every item in it names that phone_number_id instead of the recorded one."""
    payload = json.loads(path.read_bytes())
    if number is not None:
        for entry in payload.get("entry", []):
            for change in entry.get("changes", []):
                if isinstance(change.get("value"), dict) and "metadata" in change["value"]:
                    change["value"]["metadata"]["phone_number_id"] = number
    return payload


def statuses(payload: Any) -> list[dict[str, Any]]:
    """The statuses in a payload's messages field."""
    return [
        status
        for entry in payload.get("entry", [])
        for change in entry["changes"]
        if change.get("field", "messages") == "messages"
        for status in change["value"].get("statuses", [])
    ]


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
                personal = field == "messages" and "group_id" not in message
                counts["message" if personal else "other"] += 1
                counts["media"] += personal and _holds_a_file(message)
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
                counts[NEWS.get(value.get("event", field), "other") if field in SPEAKING else "other"] += 1
    return +counts


def _holds_a_file(message: dict[str, Any]) -> bool:
    inner = message.get("edit", {}).get("message", message)
    return any("id" in inner.get(kind, {}) for kind in _FILES_OF)
