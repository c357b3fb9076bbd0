"""What the API has, and which rows of it are whose: a table, view or function that is not written down here fails a
test. Which columns may be written is in tests/database, beside the grants.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Rows = Literal["own", "people", "global", "admins"]


@dataclass(frozen=True)
class Table:
    """Which rows a client's people see: `own` the client's, `people` oneself and one's colleagues, `global` everybody's
    active ones, `admins` none but an admin's. `key` tells rows apart, `of` names the client.
    """

    rows: Rows = "own"
    key: str = "id"
    of: str = "client_id"


AUTHORS: dict[str, Table] = {
    "profiles": Table("people"),
    "clients": Table(of="id"),
    "leads": Table(),
    "interviews": Table(),
    "interview_messages": Table(),
    "projects": Table(),
    "conversations": Table(),
    "messages": Table(),
    "renus_config": Table(),
    "tools": Table("global"),
    "sub_agents": Table("global"),
    "isa_commands": Table("admins"),
}
"""The twelve tables of the author's document."""

ADDED: dict[str, Table] = {
    "client_members": Table(),
    "lead_identities": Table(),
    "consents": Table(),
    "channel_accounts": Table(),
    "message_templates": Table(),
    "interview_answers": Table(),
    "deliveries": Table(),
    "turns": Table(),
    "notifications": Table(),
    "reports": Table(),
    "webhook_events": Table(),
    "media": Table(),
    "failed_tasks": Table(),
    "project_progress": Table(key="project_id"),
}
"""What the work needed beside them; project_progress is a view."""

TABLES = AUTHORS | ADDED

FUNCTIONS = frozenset(
    {
        "create_client",
        "invite_member",
        "remove_member",
        "preview_audience",
        "request_report",
        "report_markdown",
        "set_channel_credentials",
        "replay_failed_task",
        "queue_metrics",
    }
)

WORKERS_FUNCTIONS = frozenset(
    {
        "begin_turns",
        "channel_account",
        "claim_tasks",
        "commit_turns",
        "complete_deliveries",
        "extend_task",
        "fail_task",
        "ingest",
        "save_media",
        "save_report",
    }
)

HIDDEN_SCHEMAS = (
    "private",
    "parts",
    "agent_tools",
    "net",
    "pgmq",
    "pgmq_public",
    "cron",
    "auth",
    "extensions",
    "vault",
    "storage",
    "graphql_public",
    "supabase_migrations",
    "information_schema",
    "pg_catalog",
)
