"""What several unit tests need: an environment of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from renum.agent import models
from renum.settings import settings
from tests.unit.doubles import KEY


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The needed variables, without a database behind them, and nothing cached from another test."""
    monkeypatch.setenv("RENUM_REST_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("RENUM_WORKER_KEY", "worker-jwt")
    monkeypatch.setenv("RENUM_CREDENTIALS_KEY", KEY)
    # A drain that is out of work ends, and does not wait for more of it.
    monkeypatch.setenv("RENUM_DRAIN_LINGER_S", "0")
    settings.cache_clear()
    models.forget()
    yield
    settings.cache_clear()
    models.forget()
