"""How ISA says what it found, in Portuguese: made of rows and figures, never of a model's text."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from renum.shapes import JSON

ZONE = ZoneInfo("America/Sao_Paulo")

NAMES = {
    "clients": ("cliente", "clientes"),
    "projects": ("projeto", "projetos"),
    "leads": ("lead", "leads"),
    "interviews": ("entrevista", "entrevistas"),
    "conversations": ("conversa", "conversas"),
    "messages": ("mensagem", "mensagens"),
    "invitations": ("convite", "convites"),
    "failed_tasks": ("tarefa que falhou", "tarefas que falharam"),
    "accounts": ("conta de canal", "contas de canal"),
    "reports": ("relatório", "relatórios"),
    "commands": ("comando", "comandos"),
    "queues": ("fila", "filas"),
}
FIGURES = {
    "created": "criadas",
    "invited": "convidadas",
    "started": "começaram",
    "completed": "concluídas",
    "leads": "leads novos",
    "opted_out": "pediram para sair",
    "received": "mensagens recebidas",
    "sent": "mensagens enviadas",
    "failed_tasks": "tarefas que falharam",
    "conversations": "conversas",
}
_STATUSES = {
    "active": "ativo", "inactive": "inativo", "suspended": "suspenso", "blocked": "bloqueado", "draft": "rascunho",
    "opted_out": "descadastrado", "paused": "em pausa", "pending": "pendente", "in_progress": "em andamento",
    "completed": "concluída", "cancelled": "cancelada", "expired": "expirada", "started": "começaram",
    "invited": "convidadas", "open": "aberta", "closed": "fechada", "sent": "enviado", "received": "recebida",
    "delivered": "entregue", "read": "lido", "failed": "falhou", "waiting": "esperando", "queued": "na fila",
    "deferred": "adiado", "sending": "saindo", "unknown": "sem confirmação", "dead": "na fila de falhas",
    "replayed": "reprocessada", "resolved": "resolvida", "disconnected": "desconectada", "ready": "pronto",
    "writing": "sendo escrito", "handed_over": "com uma pessoa",
}  # fmt: skip


def status_word(what: str, status: str) -> str:
    """A status in Portuguese."""
    if what in ("project", "projects") and status == "active":
        return "em andamento"
    if what in ("project", "projects") and status == "completed":
        return "concluído"
    return _STATUSES.get(status, status)


def period_words(since: str | None, until: str | None, today: str) -> str:
    """ " em 24/11/2026", " de 16/11/2026 a 22/11/2026"; '' for ever."""
    if not since and not until:
        return ""
    if since and since == until:
        return " hoje" if since == today else f" em {_day(since)}"
    if since and until:
        return f" de {_day(since)} a {_day(until)}"
    return f" desde {_day(since)}" if since else f" até {_day(until or '')}"


def number_of(what: str, count: int) -> str:
    """ "1 lead", "1.234 leads"."""
    return f"{count:,}".replace(",", ".") + f" {NAMES[what][0 if count == 1 else 1]}"


def figures_line(figures: JSON) -> str:
    """Figures by name, in one line."""
    return "; ".join(f"{FIGURES.get(name, name)}: {value}" for name, value in figures.items())


def row_line(what: str, row: JSON) -> str:
    """One row as a line of a list."""
    shown = []
    for name, value in row.items():
        if value in (None, "") or name in ("id", "kind"):
            continue
        if name == "status":
            shown.append(status_word(what, str(value)))
        elif name == "progress":
            shown.append(figures_line({key: value[key] for key in ("invited", "started", "completed")}))
        elif name.endswith("_at"):
            shown.append(f"{_MOMENTS.get(name, name)} {moment(str(value))}")
        else:
            shown.append(f"{_LABELS[name]} {value}" if name in _LABELS else str(value))
    return " · ".join(shown)


_MOMENTS = {
    "created_at": "desde", "started_at": "começou", "completed_at": "concluída", "opted_out_at": "saiu",
    "last_message_at": "última mensagem", "sent_at": "enviado", "invited_at": "convidada", "due_at": "sai",
    "executed_at": "executado", "generated_at": "escrito", "said_at": "",
}  # fmt: skip
_LABELS = {
    "attempts": "tentativas:",
    "waiting": "esperando:",
    "queued": "na fila:",
    "oldest_seconds": "mais antiga (s):",
}


def moment(text: str) -> str:
    """A timestamp as people in São Paulo read it."""
    return f"{datetime.fromisoformat(text).astimezone(ZONE):%d/%m/%Y %H:%M}"


def _day(text: str) -> str:
    return f"{date.fromisoformat(text):%d/%m/%Y}"
