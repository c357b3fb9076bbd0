"""The twelve tables RENUM was first described with are here with their columns, enums and indexes, name for name."""

from __future__ import annotations

import psycopg
import pytest

TABLES = {
    "profiles": "id email full_name role created_at updated_at",
    "clients": "id profile_id company_name cnpj plan status created_at updated_at",
    "leads": "id client_id phone name email metadata status created_at updated_at",
    "interviews": "id lead_id project_id status started_at completed_at metadata created_at updated_at",
    "interview_messages": "id interview_id role content metadata timestamp created_at",
    "projects": "id client_id name description type status config created_at updated_at",
    "conversations": "id lead_id client_id status last_message_at created_at updated_at",
    "messages": "id conversation_id role content channel metadata timestamp created_at",
    "renus_config": "id client_id agent_type config prompts active created_at updated_at",
    "tools": "id name description function_name parameters_schema active created_at updated_at",
    "sub_agents": "id name type description config tools active created_at updated_at",
    "isa_commands": "id admin_id command target_type target_id result executed_at created_at",
}

ENUMS = {
    ("profiles", "role"): "admin client",
    ("clients", "plan"): "basic pro enterprise",
    ("clients", "status"): "active inactive suspended",
    ("leads", "status"): "active inactive blocked",
    ("interviews", "status"): "pending in_progress completed cancelled",
    ("interview_messages", "role"): "user assistant system",
    ("projects", "type"): "survey campaign support",
    ("projects", "status"): "draft active paused completed",
    ("conversations", "status"): "open closed",
    ("messages", "role"): "user assistant system",
    ("messages", "channel"): "whatsapp sms email",
    ("renus_config", "agent_type"): "renus_base mmn vereador clinica",
    ("sub_agents", "type"): "mmn vereador clinica custom",
    ("isa_commands", "target_type"): "client lead interview conversation",
}

# The column each index begins with. Longer ones serve the same queries and their order besides.
INDEXES = {
    "idx_leads_client_id": ("leads", "client_id"),
    "idx_leads_phone": ("leads", "phone"),
    "idx_interviews_lead_id": ("interviews", "lead_id"),
    "idx_interviews_status": ("interviews", "status"),
    "idx_interview_messages_interview_id": ("interview_messages", "interview_id"),
    "idx_interview_messages_timestamp": ("interview_messages", "timestamp"),
    "idx_conversations_lead_id": ("conversations", "lead_id"),
    "idx_messages_conversation_id": ("messages", "conversation_id"),
    "idx_messages_timestamp": ("messages", "timestamp"),
}


def test_every_table_begins_with_the_authors_columns(db: psycopg.Connection) -> None:
    """The author's columns come first and in the author's order; what was added stands behind them."""
    for table, columns in TABLES.items():
        found = [
            name
            for (name,) in db.execute(
                "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped"
                " order by attnum",
                (f"public.{table}",),
            )
        ]
        assert found[: len(columns.split())] == columns.split(), table


@pytest.mark.parametrize(
    ("place", "labels"), ENUMS.items(), ids=lambda value: ".".join(value) if isinstance(value, tuple) else ""
)
def test_every_enum_has_the_authors_values(db: psycopg.Connection, place: tuple[str, str], labels: str) -> None:
    """An enumerated column takes the author's values and no others."""
    found = db.execute(
        "select array_agg(e.enumlabel::text order by e.enumsortorder) from pg_attribute as a"
        " join pg_enum as e on e.enumtypid = a.atttypid where a.attrelid = %s::regclass and a.attname = %s",
        (f"public.{place[0]}", place[1]),
    ).fetchone()
    assert found == (labels.split(),)


def test_every_index_of_the_author_is_there(db: psycopg.Connection) -> None:
    """The indexes the author called critical exist under their names and begin with the column they were made for."""
    found = {
        name: (table, column)
        for name, table, column in db.execute(
            "select i.relname::text, t.relname::text, a.attname::text from pg_index as x"
            " join pg_class as i on i.oid = x.indexrelid join pg_class as t on t.oid = x.indrelid"
            " join pg_attribute as a on a.attrelid = t.oid and a.attnum = x.indkey[0]"
            " where i.relname = any(%s)",
            (list(INDEXES),),
        )
    }
    assert found == INDEXES
