"""The things ISA's offline model knows, and the states they are asked for in. All words plain."""

from __future__ import annotations

from renum.agent.offline_text import word_set

# What it is about. The plural tells that all of them are meant.
NOUNS: dict[str, frozenset[str]] = {
    "client": word_set(
        "cliente clientes empresa empresas tenant tenants inquilino inquilinos companhia companhias firma"
    ),
    "project": word_set("projeto projetos pesquisa pesquisas campanha campanhas questionario questionarios enquete"),
    "lead": word_set(
        "lead leads contato contatos pessoa pessoas numero telefone celular respondente respondentes entrevistado "
        "entrevistados entrevistada entrevistadas destinatario destinatarios"
    ),
    "interview": word_set("entrevista entrevistas"),
    "conversation": word_set("conversa conversas dialogo dialogos chat chats atendimento atendimentos"),
    "message": word_set("mensagem mensagens msg msgs mensagen"),
    "invitation": word_set("convite convites"),
    "task": word_set("tarefa tarefas falha falhas erro erros task tasks"),
    "account": word_set("conta contas canal canais"),
    "report": word_set("relatorio relatorios"),
    "queue": word_set("fila filas"),
    "command": word_set("comando comandos pedidos historico"),
}
THINGS = {
    "client": "clients", "project": "projects", "lead": "leads", "interview": "interviews",
    "conversation": "conversations", "message": "messages", "invitation": "invitations", "task": "failed_tasks",
    "account": "accounts", "report": "reports", "queue": "queues", "command": "commands",
}  # fmt: skip
NAMED = ("client", "project", "lead")
"""Nouns that a name follows."""


def noun_of(word: str) -> str | None:
    """What a word names; None for a word that names nothing ISA knows."""
    return next((noun for noun, words in NOUNS.items() if word in words), None)


# In which state. The first pattern that is found counts.
STATES: list[tuple[str, str]] = [
    (
        "opted_out",
        r"(?:que )?(?:pediram|pediu|pedindo) (?:pra|para) (?:sair|parar)"
        r"|(?:se )?descadastr(?:ad[oa]s?|aram|ou)|optaram por sair|opt ?-?out|(?:que )?sairam",
    ),
    (
        "pending",
        r"(?:que )?(?:ainda )?nao (?:foram |foi )?(?:respond(?:eram|eu|idas?|idos?)|comecaram|comecou)"
        r"|pendentes?|sem resposta|aguardando(?: resposta)?",
    ),
    ("paused", r"em pausa|pausad[oa]s?|parad[oa]s?"),
    ("suspended", r"suspens[oa]s?"),
    ("blocked", r"bloquead[oa]s?"),
    ("inactive", r"inativ[oa]s?|desativad[oa]s?"),
    ("active", r"ativ[oa]s?|rodando|no ar|em execucao"),
    ("in_progress", r"em (?:andamento|curso)|andando|rolando|acontecendo"),
    ("draft", r"(?:em )?rascunhos?"),
    (
        "completed",
        r"conclui(?:d[oa]s?|ram|u|mos)|complet(?:[oa]s|ad[oa]s?|aram|ou)|finaliz(?:ad[oa]s?|aram|ou)"
        r"|termin(?:ad[oa]s?|aram|ou)|encerrad[oa]s?|chegaram (?:ao|ate o) fim",
    ),
    ("cancelled", r"cancelad[oa]s?"),
    ("expired", r"expir(?:ad[oa]s?|aram|ou)|vencid[oa]s?"),
    (
        "failed",
        r"falh(?:ad[oa]s?|aram|ou|ando)|(?:com|deram|deu) (?:erro|falha|problema)s?"
        r"|mort[oa]s?|nao (?:foram |foi )?entregues?",
    ),
    ("delivered", r"entregues?"),
    ("read", r"lid[oa]s"),
    ("sent", r"envi(?:ad[oa]s?|aram|amos|ou)|mandad[oa]s?|disparad[oa]s?|mandamos"),
    ("received", r"receb(?:id[oa]s?|emos|eram|eu)|chegaram"),
    ("started", r"inici(?:ad[oa]s?|aram|ou)|comec(?:aram|ou|ad[oa]s)|respond(?:eram|eu|id[oa]s?)"),
    ("open", r"abert[oa]s?"),
    ("closed", r"fechad[oa]s?"),
    ("replayed", r"reprocessad[oa]s?"),
    ("resolved", r"resolvid[oa]s?"),
    ("disconnected", r"desconectad[oa]s?|caid[oa]s?"),
    ("invited", r"convidad[oa]s?"),
]

# What a state is called where it is asked of this thing; a state that is not here says nothing of it.
_SAME = {name: name for name, _ in STATES}


def _states(names: str, **others: str) -> dict[str, str]:
    return {name: _SAME[name] for name in names.split()} | others


STATES_OF: dict[str, dict[str, str]] = {
    "clients": _states("active inactive suspended", blocked="suspended"),
    "projects": _states("active paused draft completed", in_progress="active", started="active", suspended="paused"),
    "leads": _states("active inactive blocked opted_out", suspended="blocked"),
    "interviews": _states(
        "pending in_progress completed cancelled expired opted_out started invited", open="in_progress",
        closed="completed", active="in_progress",
    ),
    "conversations": _states("open closed", active="open", in_progress="open", completed="closed"),
    "messages": _states("sent received"),
    "invitations": _states("sent delivered read failed cancelled", pending="waiting"),
    "failed_tasks": _states("replayed resolved"),
    "accounts": _states("active paused disconnected", suspended="paused", blocked="paused"),
    "reports": _states("failed", completed="ready"),
}  # fmt: skip
OF_INTERVIEWS = frozenset(["pending", "in_progress", "completed", "cancelled", "expired", "started", "invited"])
"""States of a lead or an invitation that are its interview's."""
