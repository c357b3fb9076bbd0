"""Reports: statistics come from SQL, the summary from a model, and both become Markdown a person can read."""

from __future__ import annotations

import asyncio

from renum.agent.failures import model_error
from renum.agent.models import chat_model
from renum.errors import ModelError
from renum.log import Log
from renum.report.markdown import render
from renum.report.prompts import summary_messages
from renum.rpc import rpc
from renum.settings import settings
from renum.shapes import ReportWork, Task

SUMMARY_LIMIT = 8000

log = Log("report")

__all__ = ["render", "run_report", "write_summary"]


async def write_summary(work: ReportWork) -> tuple[str, str, dict[str, int]]:
    """The written summary of one report: text, model name, and token counts. Raises ModelError."""
    config = settings()
    name = work["model"] or config.model
    model = chat_model(name)
    try:
        async with asyncio.timeout(config.model_timeout_s):
            answer = await model.ainvoke(summary_messages(work))
    except TimeoutError as error:
        raise ModelError(
            "model_timeout", f"{name} did not answer within {config.model_timeout_s:g} s", retryable=True
        ) from error
    except Exception as error:
        raise model_error(name, error) from error
    summary = answer.text.strip()
    if not summary:
        raise ModelError("model_malformed", f"{name} wrote an empty summary", retryable=True)
    usage = answer.usage_metadata
    counts = {"input_tokens": usage["input_tokens"], "output_tokens": usage["output_tokens"]} if usage else {}
    return summary[:SUMMARY_LIMIT], name, counts


async def run_report(task: Task) -> None:
    """One report task: summary, Markdown, saved. A claim that was lost meanwhile saves nothing."""
    work: ReportWork = task["work"]
    summary, model, usage = await write_summary(work)
    verdict = await rpc().save_report(
        work["report_id"], task["claim"], summary=summary, markdown=render(work, summary), model=model, usage=usage
    )
    log.info(
        "A report was written.",
        action=f"report.{verdict}",
        report_id=work["report_id"],
        client_id=task["client_id"],
        kind=work["kind"],
    )
