"""Reports: statistics come from SQL, the summary from a model, and both become Markdown a person can read."""

from __future__ import annotations

from langchain_core.messages import AIMessage

from renum.agent.models import Asked, ask, models_for
from renum.log import Log
from renum.report.markdown import render
from renum.report.prompts import summary_messages
from renum.rpc import rpc
from renum.settings import settings
from renum.shapes import JSON, ReportWork, Task

SUMMARY_LIMIT = 8000

log = Log("report")

__all__ = ["render", "run_report", "write_summary"]


async def write_summary(work: ReportWork) -> tuple[str, Asked]:
    """The written summary of one report, and what came of asking for it. Raises ModelError."""
    asked = await ask(models_for(work), summary_messages(work), timeout_s=settings().model_timeout_s, check=_written)
    return _written(asked.answer)[:SUMMARY_LIMIT], asked


def _written(answer: AIMessage) -> str:
    summary = answer.text.strip()
    if not summary:
        raise ValueError("an empty summary")
    return summary


async def run_report(task: Task) -> None:
    """One report task: summary, Markdown, saved. A claim that was lost meanwhile saves nothing."""
    work: ReportWork = task["work"]
    summary, asked = await write_summary(work)
    usage: JSON = {
        "input_tokens": sum(use["input_tokens"] for use in asked.uses),
        "output_tokens": sum(use["output_tokens"] for use in asked.uses),
        "uses": asked.uses,
    }
    verdict = await rpc().save_report(
        work["report_id"],
        task["claim"],
        summary=summary,
        markdown=render(work, summary),
        model=asked.model,
        usage=usage,
    )
    log.info(
        "A report was written.",
        action=f"report.{verdict}",
        report_id=work["report_id"],
        client_id=task["client_id"],
        kind=work["kind"],
    )
