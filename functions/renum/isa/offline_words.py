"""The words ISA's offline model knows: verbs, things, states, and what is said around them. All of them plain."""

from __future__ import annotations

import re

from renum.agent.offline_text import word_set

# What is done or asked, by the verb. Only forms that ask for it: "suspendeu" tells, "suspenso" is a state.
_E = r"(?:a|e|ar|em|amos|asse)"
VERBS: dict[str, re.Pattern[str]] = {
    name: re.compile(rf"(?:{pattern})")
    for name, pattern in {
        "unblock": rf"desbloque(?:i?{_E})|desbloqui{_E}|liber{_E}|desban(?:e|a|ir)",
        "block": rf"bloque(?:i?{_E})|bloqui{_E}|ban(?:e|a|ir)|barr{_E}",
        "suspend": rf"suspend(?:e|a|er|am|emos)|desativ{_E}|inativ{_E}|desabilit{_E}|trav{_E}",
        "reactivate": rf"reativ{_E}|ativ(?:a|e|ar)|reabilit{_E}|habilit{_E}|re?estabelec(?:e|a|er)|destrav{_E}",
        "resume": rf"retom{_E}|despaus{_E}|continu{_E}|prosseg(?:ue|uir)|prossiga|reinici{_E}|recomec(?:a|ar)|recomece"
        rf"|reabr(?:e|ir|a)|inici(?:a|e|ar)|comec(?:a|ar)|comece",
        "pause": rf"paus{_E}|interromp(?:e|a|er)|congel{_E}|segur(?:a|ar|e)|par(?:ar|e|em)",
        "resend": rf"reenvi{_E}|re+envi{_E}|reinvi{_E}|reencaminh{_E}|remand{_E}|redispar{_E}|reconvid{_E}",
        "replay": rf"reprocess{_E}|reexecut{_E}|refaz(?:er)?|refaca|repet(?:e|ir)|repita|reenfileir{_E}|retry|replay"
        rf"|retent{_E}|recuper{_E}|ressuscit{_E}",
        "cancel": rf"cancel{_E}|anul{_E}",
        "send": rf"mand{_E}|envi{_E}|dispar{_E}|encaminh{_E}",
        "invite": rf"convid{_E}",
        "again": rf"tent{_E}|rod{_E}|process{_E}|execut{_E}|faz(?:er)?|faca",
        "cannot": rf"apag{_E}|exclu(?:i|a|ir)|delet{_E}|elimin{_E}|cri(?:a|e|ar)|cadastr{_E}|adicion{_E}|import{_E}"
        rf"|edit{_E}|alter{_E}|renomei{_E}|atualiz{_E}|encerr{_E}|finaliz{_E}|troqu?{_E}|remov(?:e|a|er)|ignor{_E}"
        rf"|devolv(?:e|a|er)|acrescent{_E}|transfer(?:e|ir)|transfira|contrat{_E}|cobr{_E}",
        "count": r"quant[oa]s?|qtd?[oa]?s|qnt[oa]s?|conte|contar|contagem|conta(?= (?:os|as|quant))",
        "show": rf"mostr{_E}|list{_E}|exib(?:e|a|ir)|ver|veja|ve|vejam|busc{_E}|busque|procur{_E}|encontr{_E}|ach(?:a|e|ar)"
        rf"|localiz{_E}|traz|traga|trazer|abr(?:e|a|ir)|cade|quais|qual|quem|onde|diz|diga|dizer|fal(?:a|e|ar)|inform{_E}"
        rf"|consult{_E}|saber|olh{_E}|verific{_E}|cheque|checa|checar|apresent{_E}|puxa|puxe|puxar|pesquis(?:e|ar)|quero|tem|existe[m]?",
    }.items()
}
ACTS = ("unblock", "block", "suspend", "reactivate", "resume", "pause", "resend", "replay", "cancel")


def verb_of(word: str) -> str | None:
    """What a word asks for, as a verb; None for a word that is none."""
    return next((name for name, pattern in VERBS.items() if pattern.fullmatch(word)), None)


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
    ("opted_out", r"(?:que )?(?:pediram|pediu|pedindo) (?:pra|para) (?:sair|parar)|descadastrad[oa]s?|optaram por sair|opt ?-?out|(?:que )?sairam"),
    ("pending", r"(?:que )?(?:ainda )?nao (?:foram |foi )?(?:respond(?:eram|eu|idas?|idos?)|comecaram|comecou)|pendentes?|sem resposta|aguardando(?: resposta)?"),
    ("paused", r"em pausa|pausad[oa]s?|parad[oa]s?"),
    ("suspended", r"suspens[oa]s?"),
    ("blocked", r"bloquead[oa]s?"),
    ("inactive", r"inativ[oa]s?|desativad[oa]s?"),
    ("active", r"ativ[oa]s?|rodando|no ar|em execucao"),
    ("in_progress", r"em (?:andamento|curso)|andando|rolando|acontecendo"),
    ("draft", r"(?:em )?rascunhos?"),
    ("completed", r"conclui(?:d[oa]s?|ram|u|mos)|complet(?:[oa]s|ad[oa]s?|aram|ou)|finaliz(?:ad[oa]s?|aram|ou)|termin(?:ad[oa]s?|aram|ou)|encerrad[oa]s?|chegaram (?:ao|ate o) fim"),
    ("cancelled", r"cancelad[oa]s?"),
    ("expired", r"expir(?:ad[oa]s?|aram|ou)|vencid[oa]s?"),
    ("failed", r"falh(?:ad[oa]s?|aram|ou|ando)|(?:com|deram|deu) (?:erro|falha|problema)s?|mort[oa]s?|nao (?:foram |foi )?entregues?"),
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
]  # fmt: skip

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

NEGATIONS = (
    r"nao|n|naum|nunca|jamais|nem|sem|evit(?:e|a|ar)|(?:em vez|ao inves|ao contrario) de|nada de"
    r"|deix(?:e|a|ar) de|proibido|desist(?:e|a|ir|i|o) de|antes de"
)
QUESTIONS = r"como (?:eu |se |a gente |que |faco |faz |posso |e que )|o que acontece|e se|se eu|por ?que|pq|porque|quando|quem (?:foi que )?(?=suspend|bloque|paus|cancel)"

# Said around a command; taken out before it is read.
POLITE = [
    r"(?:por favor|pfvr|pfv|pf|pls|please|por gentileza|por obsequio|faz(?:er)? (?:um |o )?favor(?: de)?|faca (?:um |o )?favor(?: de)?"
    r"|(?:muito )?obrigad[oa]|obg|valeu|vlw|desde ja|agradeco|se (?:voce )?(?:puder|possivel|der)|quando (?:voce )?puder|urgente(?:mente)?)",
    r"(?:(?:sera que )?(?:voce|vc|tu|vce) )?(?:pode|poderia|podia|consegue|conseguiria|podes|da pra|da para|daria pra|tem como|teria como|"
    r"(?:e|seria) possivel|posso|podemos|vamos|vai|favor)(?: (?:voce|vc))?(?: me)?",
    r"(?:eu |a gente |nos )?(?:queria|gostaria|preciso|necessito|precisamos|desejo|quero)(?: de| que)?(?: (?:voce|vc|se))?(?: me)?",
    r"(?:e|era) (?:pra|para)|(?:pra|para) (?:mim|nos|gente|a gente|eu)|a gente|voce|vc|nos|eu|ai|isso|ja|agora|la|entao|tambem|tb|ainda"
    r"|me|pra gente|no momento|atualmente|(?:neste|nesse) momento|imediatamente|logo|um pouco|temporariamente|hein|ne|ok",
    r"tod[oa]s? (?:os|as|o|a)|tod[oa]s|noss[oa]s?|meus?|minhas?|algum(?:a|as)?|alguns|aquel[ea]s?|dess[ea]s?|est[ea]s|ess[ea]s",
]  # fmt: skip
GREETING = r"(?:(?:oi+|ola|opa|ei|hey|alo|e ai|eai|bom dia|boa tarde|boa noite|tudo bem|td bem|tudo bom|isa|querida|\^isa|[,!?.…]) ?)+"

AGAIN = r"de novo|novamente|outra vez|mais uma vez|outro|nova vez|segunda via|um novo|denovo"
OVERVIEW = (
    r"resumo|resuminho|panorama|balanco|visao geral|situacao geral|dashboard|estatisticas|numeros|indicadores|metricas|figuras"
    r"|como (?:foi|estao|esta|vai|anda|andam|foram|vao) (?:o dia|as coisas|tudo|a operacao|o sistema|o movimento)|novidades"
)
PROGRESS = r"andamento d[oa]|progresso|desempenho|resultado|resultados|como (?:esta|anda|vai|foi|ta)|taxa(?: de (?:resposta|conclusao))?"
COUNTING = r"(?:(?:qual )?(?:e |eh )?(?:o |a )?(?:numero|total|quantidade|qtde|qtd)(?: total)? (?:de|dos|das|do|da))"
ASKED = r"o que (?:pedi|pedimos|fiz|fizemos|mandei|foi pedido|foi feito|pediram)"
CHATTER = r"(?:ajuda|help|socorro|o que (?:sabe|faz|consegue)(?: fazer)?|comandos disponiveis)"

ARTICLES = frozenset(["o", "a", "os", "as", "um", "uma", "uns", "umas"])
PREPOSITIONS = frozenset(
    ["de", "da", "do", "das", "dos", "com", "para", "pra", "pro", "pras", "pros", "ao", "aos", "a", "na", "no", "nas", "nos", "em", "pela", "pelo", "d", "pros", "por"]
)
PARTICLES = frozenset(["de", "da", "do", "das", "dos", "e", "d"])
FILLERS = frozenset(
    ["chamado", "chamada", "chamados", "nome", "nomeado", "telefone", "celular", "numero", "whatsapp", "zap", "email", "e-mail", "mail", "id", "codigo", "cnpj", "cujo", "e", "o", "a", "os", "as", "de", "com", "do", "da"]
)
STOPS = frozenset(
    ["que", "com", "esta", "estao", "ta", "tao", "tem", "teve", "tiveram", "foi", "foram", "fez", "fizeram", "e", "era", "possui", "ha", "por", "agora", "novamente", "novo", "outra", "vez", "mais", "hoje", "ontem", "pra", "para", "pro", "ao", "aos", "quando", "onde", "porque", "pq", "se", "imediatamente", "temporariamente", "definitivamente", "entraram", "chegaram", "cadastrados", "cadastradas", "cadastrado", "novos", "novas", "novo", "nova", "recentes", "nao", "ainda", "so", "apenas", "seja", "sejam", "existem", "existe", "temos", "recebeu", "receberam", "enviou", "mas", "responderam", "respondeu", "estava", "estavam", "deu", "deram", "ele", "ela", "dele", "dela"]
)
BUSINESS = word_set(
    "padaria clinica loja escola empresa oficina mercado farmacia academia restaurante floricultura livraria hospital "
    "gabinete consultorio imobiliaria otica pet salao supermercado padarias construtora industria banco faculdade colegio "
    "universidade instituto associacao cooperativa distribuidora transportadora papelaria sorveteria lanchonete pizzaria "
    "bar cafe hotel pousada laboratorio autoescola barbearia boutique concessionaria corretora editora grafica igreja "
    "joalheria lavanderia locadora marcenaria mercearia metalurgica prefeitura quitanda seguradora sindicato studio "
    "estudio posto agencia casa grupo cia companhia"
)

KNOWN = frozenset().union(*NOUNS.values())
CORRECT = frozenset(
    ["pausa", "pause", "pausar", "retoma", "retome", "retomar", "despausa", "bloqueia", "bloqueie", "bloquear", "desbloqueia", "desbloqueie", "desbloquear", "suspende", "suspenda", "suspender", "reativa", "reative", "reativar", "reenvia", "reenvie", "reenviar", "cancela", "cancele", "cancelar", "reprocessa", "reprocesse", "reprocessar", "mostra", "mostre", "mostrar", "lista", "liste", "listar", "busca", "procura", "quantos", "quantas", "quais", "cliente", "clientes", "empresa", "empresas", "projeto", "projetos", "pesquisa", "pesquisas", "campanha", "campanhas", "contato", "contatos", "entrevista", "entrevistas", "conversa", "conversas", "mensagem", "mensagens", "convite", "convites", "tarefa", "tarefas", "relatorio", "relatorios", "suspensos", "suspensas", "bloqueados", "bloqueadas", "pausados", "pausadas", "concluidas", "concluidos", "canceladas", "pendentes", "abertas", "fechadas", "ativos", "inativos", "ontem", "anteontem", "semana", "leads", "lista", "bloqueio", "bloqueios", "suspensao", "pausa"]
)


def is_known(word: str) -> bool:
    """Whether a word needs no correction."""
    return (
        word in KNOWN
        or word in CORRECT
        or word in STOPS
        or word in BUSINESS
        or verb_of(word) is not None
        or any(re.search(rf"(?:^|\|)(?:{pattern})", word) and re.fullmatch(pattern, word) for _, pattern in STATES)
    )
