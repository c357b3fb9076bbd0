"""What a run of the graph is given besides its state."""

from __future__ import annotations

from dataclasses import dataclass

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable


@dataclass(frozen=True)
class AgentContext:
    """The model this turn talks to, already bound to the graph's tool, and how long it may take (seconds)."""

    model: Runnable[LanguageModelInput, AIMessage]
    model_name: str
    timeout_s: float
    thread_id: str
