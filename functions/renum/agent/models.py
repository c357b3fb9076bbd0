"""Chat models by name. `offline` is built in; everything else is a LangChain `init_chat_model` string."""

from __future__ import annotations

from functools import lru_cache

from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable

from renum.agent.state import Understanding
from renum.errors import ModelError
from renum.settings import settings

OFFLINE = "offline"


@lru_cache(maxsize=32)
def chat_model(name: str) -> BaseChatModel:
    """The chat model called `name`, made once. Raises ModelError (`model_unavailable`) when its package or key is
    missing."""
    config = settings()
    if name == OFFLINE:
        from renum.agent.offline import OfflineChatModel

        return OfflineChatModel(delay_ms=config.model_delay_ms)
    try:
        from langchain.chat_models import init_chat_model

        # No retries of its own: the task's attempts are the database's to count and to space.
        model: BaseChatModel = init_chat_model(name, timeout=config.model_timeout_s, max_retries=0)
    except Exception as error:
        # The reason may quote a key; the class is enough to find it.
        raise ModelError(
            "model_unavailable", f"model {name} cannot be loaded ({type(error).__name__})", retryable=False
        ) from error
    return model


@lru_cache(maxsize=32)
def interviewer(name: str) -> Runnable[LanguageModelInput, AIMessage]:
    """The model called `name`, bound to answer with the Understanding tool."""
    return chat_model(name).bind_tools([Understanding], tool_choice="any")
