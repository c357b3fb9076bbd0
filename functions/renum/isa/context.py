"""What a run of the graph is given besides its state."""

from __future__ import annotations

from dataclasses import dataclass

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable


@dataclass(frozen=True)
class IsaContext:
    """The model, bound to ISA's tools, how long it may take (seconds), and the admin's own Authorization header: all
    that is read or changed is read and changed with it."""

    model: Runnable[LanguageModelInput, AIMessage]
    model_name: str
    timeout_s: float
    authorization: str
