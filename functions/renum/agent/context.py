"""What a run of the graph is given besides its state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from renum.agent.models import Load, bound


@dataclass(frozen=True)
class AgentContext:
    """The models this turn may talk to (`renum.agent.models.models_for`), and how long one call may take (seconds)."""

    models: Sequence[str]
    timeout_s: float
    thread_id: str
    load: Load = bound
