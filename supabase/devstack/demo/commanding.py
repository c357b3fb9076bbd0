"""`renum isa`: a command and its confirmation, and how the answers are shown."""

from __future__ import annotations

from typing import Any, cast

from supabase import Client

from devstack.demo.access import Access, Row
from devstack.demo.channels import call_function
from devstack.demo.printing import Printer


def ask(access: Access, person: Client, command: str) -> dict[str, Any]:
    """What the function isa answers: {"id", "reply", "data", "plan", "token", "expires_at"}. Raises StackError."""
    return cast("dict[str, Any]", call_function(access, person, "isa", {"command": command}))


def confirm(access: Access, person: Client, answer: dict[str, Any]) -> dict[str, Any]:
    """Has the answer's plan done: {"id", "reply", "data"}. Raises StackError."""
    return cast("dict[str, Any]", call_function(access, person, "isa", {"token": answer["token"]}))


def show(answer: dict[str, Any], printer: Printer) -> None:
    """The reply; rows that fit into it as a table, with what one needs to name them."""
    tables = [part for part in answer["data"] if isinstance(part, dict) and part.get("rows")]
    if not tables or answer.get("plan"):
        printer.console.print(answer["reply"], markup=False, soft_wrap=True)
        return
    for part, told in zip(answer["data"], str(answer["reply"]).split("\n\n"), strict=False):
        lines = told.splitlines()
        printer.console.print(lines[0], markup=False, soft_wrap=True)
        printer.table([_cells(row) for row in part.get("rows", [])], "")
        for line in lines[1:]:
            if not line.startswith("•"):
                printer.console.print(line, markup=False, soft_wrap=True)


def _cells(row: Row) -> Row:
    return {
        name: ", ".join(f"{key} {one}" for key, one in value.items()) if isinstance(value, dict) else value
        for name, value in row.items()
    }
