"""What the API is, table by table: a table, view, function or column that is not written down here fails a test.

Written down by hand from what each role is meant to do, never derived from grants or policies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Rows = Literal["own", "people", "global", "admins"]


@dataclass(frozen=True)
class Table:
    """Which rows a client's people see, and what of them an owner may write.

    rows: `own` the client's, `people` oneself and one's colleagues, `global` everybody's active ones, `admins` nobody's
    but an admin's. `insert`, `change`: columns; `delete`: whether rows may be deleted.
    """

    rows: Rows = "own"
    insert: frozenset[str] = frozenset()
    change: frozenset[str] = frozenset()
    delete: bool = False
    key: str = "id"
    of: str = "client_id"


def words(text: str) -> frozenset[str]:
    """Column names out of a line of them."""
    return frozenset(text.split())


AUTHORS: dict[str, Table] = {
    "profiles": Table("people", change=words("full_name phone role")),
    "clients": Table(
        insert=words("company_name cnpj plan status"), change=words("company_name cnpj plan status"), of="id"
    ),
    "leads": Table(
        insert=words("id client_id phone name email metadata status consent_basis"),
        change=words("client_id phone name email metadata status consent_basis"),
        delete=True,
    ),
    "interviews": Table(change=words("status metadata")),
    "interview_messages": Table(),
    "projects": Table(
        insert=words("id client_id name description type status config renus_config_id channel_account_id"),
        change=words("name description type status config renus_config_id channel_account_id"),
        delete=True,
    ),
    "conversations": Table(change=words("status")),
    "messages": Table(),
    "renus_config": Table(
        insert=words("id client_id agent_type config prompts active"), change=words("agent_type config prompts active")
    ),
    "tools": Table(
        "global",
        insert=words("id name description function_name parameters_schema active"),
        change=words("name description function_name parameters_schema active"),
        delete=True,
    ),
    "sub_agents": Table(
        "global",
        insert=words("id name type description config tools active"),
        change=words("name type description config tools active"),
        delete=True,
    ),
    "isa_commands": Table("admins", insert=words("id admin_id command target_type target_id result executed_at")),
}
"""The twelve tables of the author's document."""

ADDED: dict[str, Table] = {
    "client_members": Table(),
    "lead_identities": Table(),
    "consents": Table(insert=words("client_id lead_id granted legal_basis text_version evidence")),
    "channel_accounts": Table(
        insert=words("id client_id channel provider name external_id display_phone app_id config status throughput"),
        change=words("name display_phone app_id config status throughput"),
    ),
    "message_templates": Table(
        insert=words("id client_id channel_account_id name language category body parameters status purpose"),
        change=words("category body parameters status purpose"),
    ),
    "interview_answers": Table(),
    "deliveries": Table(),
    "turns": Table(),
    "notifications": Table(),
    "reports": Table(),
    "webhook_events": Table(),
    "failed_tasks": Table(),
    "project_progress": Table(key="project_id"),
}
"""What the work needed beside them; project_progress is a view."""

TABLES = AUTHORS | ADDED
VIEWS = frozenset({"project_progress"})

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
