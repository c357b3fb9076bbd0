"""Log lines: JSON, one sentence each, a stable `action` word and ids. Never what a lead wrote, never a secret."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import time
from typing import Any

SECRET_NAMES = re.compile(
    r"token|secret|password|authorization|api_?key|signature|ciphertext|credential(?!s_key_id)", re.IGNORECASE
)
SECRET_SHAPES = re.compile(
    r"Bearer\s+\S+|sha256=[0-9A-Fa-f]+|eyJ[\w-]{8,}\.[\w-]+\.[\w-]*|\bEA[A-Za-z0-9]{20,}|\bsb_(?:secret|publishable)_\S+"
)
REDACTED = "[redacted]"


def redact(name: str, value: Any) -> Any:
    """`value` as it may be logged under `name`: secrets by name or by shape are replaced, also inside mappings and
    lists."""
    if SECRET_NAMES.search(name):
        return REDACTED
    if isinstance(value, str):
        return SECRET_SHAPES.sub(REDACTED, value)
    if isinstance(value, dict):
        return {key: redact(str(key), inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact(name, inner) for inner in value]
    return value if isinstance(value, (int, float, bool, type(None))) else SECRET_SHAPES.sub(REDACTED, str(value))


class JsonLines(logging.Formatter):
    """One JSON object per line, with the field names that Google Cloud Logging reads (severity, message, time)."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "severity": record.levelname,
            "message": SECRET_SHAPES.sub(REDACTED, record.getMessage()),
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
        }
        fields: dict[str, Any] = getattr(record, "fields", {})
        line.update((name, redact(name, value)) for name, value in fields.items())
        return json.dumps(line, ensure_ascii=False, default=str)


class Log:
    """A logger whose every line has an action: `log.info("Three tasks were claimed.", action="drain.claimed",
    tasks=3)`."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(f"renum.{name}")

    def debug(self, sentence: str, *, action: str, **ids: Any) -> None:
        self._write(logging.DEBUG, sentence, action, ids)

    def info(self, sentence: str, *, action: str, **ids: Any) -> None:
        self._write(logging.INFO, sentence, action, ids)

    def warning(self, sentence: str, *, action: str, **ids: Any) -> None:
        self._write(logging.WARNING, sentence, action, ids)

    def error(self, sentence: str, *, action: str, **ids: Any) -> None:
        self._write(logging.ERROR, sentence, action, ids)

    def _write(self, level: int, sentence: str, action: str, ids: dict[str, Any]) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, sentence, extra={"fields": {"action": action, **ids}})


def _configure() -> None:
    root = logging.getLogger("renum")
    if not root.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonLines())
        root.addHandler(handler)
        root.propagate = False
        root.setLevel(os.environ.get("RENUM_LOG_LEVEL", "INFO").upper())


_configure()
