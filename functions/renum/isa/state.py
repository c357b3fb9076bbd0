"""What travels between the graph's nodes, and the tools a model is given."""

from __future__ import annotations

from typing import Literal, TypedDict

from pydantic import BaseModel, ConfigDict, Field

from renum.shapes import JSON

Thing = Literal[
    "clients", "projects", "leads", "interviews", "conversations", "messages", "invitations", "failed_tasks",
    "accounts", "reports", "commands", "queues", "anything",
]  # fmt: skip
Act = Literal[
    "pause_project", "resume_project", "block_lead", "unblock_lead", "resend_invitation", "cancel_interview",
    "replay_failed_tasks", "suspend_client", "reactivate_client", "reactivate",
]  # fmt: skip

_DAY = r"^\d{4}-\d{2}-\d{2}$"
_NAME = 200


class Named(BaseModel):
    """Whom or what it is about. Names exactly as the admin wrote them; nothing is made up."""

    model_config = ConfigDict(extra="ignore")

    client: str | None = Field(default=None, max_length=_NAME, description="Nome, id ou CNPJ do cliente (empresa).")
    project: str | None = Field(
        default=None, max_length=_NAME, description="Nome ou id da pesquisa, campanha ou projeto."
    )
    lead: str | None = Field(
        default=None, max_length=_NAME, description="Nome, telefone, e-mail ou id do lead (contato)."
    )
    of: str | None = Field(
        default=None, max_length=_NAME, description="Um nome do qual o pedido não diz se é de cliente, projeto ou lead."
    )
    id: str | None = Field(
        default=None, max_length=36, description="O id da entrevista, conversa ou tarefa, se foi dado."
    )
    since: str | None = Field(default=None, pattern=_DAY, description="Primeiro dia do período, AAAA-MM-DD.")
    until: str | None = Field(default=None, pattern=_DAY, description="Último dia do período, incluído, AAAA-MM-DD.")


class Show(Named):
    """Mostra linhas: clientes, projetos, leads, entrevistas, conversas e o resto. Só lê."""

    what: Thing = Field(description="O que mostrar; anything: quem ou o que tem o nome dado em of.")
    status: str | None = Field(
        default=None,
        max_length=30,
        description="clients: active, inactive, suspended. projects: draft, active, paused, completed. leads: active, "
        "inactive, blocked, opted_out. interviews: pending, in_progress, completed, cancelled, expired, opted_out, "
        "started, invited. conversations: open, closed. messages: sent, received. invitations: waiting, sent, "
        "delivered, read, failed, cancelled. failed_tasks: dead, replayed, resolved. accounts: active, paused, "
        "disconnected.",
    )
    limit: int | None = Field(default=None, ge=1, le=1000, description="Quantas linhas, se o pedido diz.")


class Count(Named):
    """Conta: quantos leads, entrevistas, mensagens; overview é o resumo de um período. Só lê."""

    what: Thing | Literal["overview"] = Field(description="O que contar.")
    status: str | None = Field(default=None, max_length=30, description="Como em Show.")


class Plan(Named):
    """Planeja um ato que muda ou envia algo. Nada é feito antes que a pessoa confirme. Nunca para um pedido negado."""

    act: Act = Field(
        description="reactivate: reativar algo do qual o pedido não diz se é cliente, projeto ou lead. "
        "resend_invitation: mandar de novo o convite a um lead."
    )


TOOLS: dict[str, type[Named]] = {"Show": Show, "Count": Count, "Plan": Plan}


class IsaState(TypedDict, total=False):
    """`id`, `command` and `today` come in; `reply`, `data`, `plan`, `token` and `expires_at` come out."""

    id: str
    command: str
    today: str
    said: str
    calls: list[Named]
    reply: str
    data: list[JSON]
    plan: JSON | None
    token: str | None
    expires_at: str | None
    result: JSON
    target: tuple[str | None, str | None]
