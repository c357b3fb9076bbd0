"""The words ISA's offline model knows: verbs, things, states, and what is said around them. All of them plain."""

from __future__ import annotations

import re

from renum.agent.offline_text import word_set
from renum.isa.offline_things import NOUNS, STATES

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
        rf"|reabr(?:e|ir|a)|inici(?:a|e|ar)|comec(?:a|ar)|comece|volt(?:a|e|ar|em)",
        "pause": rf"paus{_E}|interromp(?:e|a|er)|congel{_E}|segur(?:a|ar|e)|par(?:ar|e|em)",
        "resend": rf"reenvi{_E}|re+envi{_E}|reinvi{_E}|reencaminh{_E}|remand{_E}|redispar{_E}|reconvid{_E}",
        "replay": rf"reprocess{_E}|reexecut{_E}|refaz(?:er)?|refaca|repet(?:e|ir)|repita|reenfileir{_E}|retry|replay"
        rf"|retent{_E}|recuper{_E}|ressuscit{_E}",
        "cancel": rf"cancel{_E}|anul{_E}",
        "send": r"(?:mand|envi|dispar|encaminh)(?:a|e|ar|em)",
        "invite": rf"convid{_E}",
        "again": rf"tent{_E}|rod{_E}|process{_E}|execut{_E}|faz(?:er)?|faca",
        "cannot": rf"apag{_E}|exclu(?:i|a|ir)|delet{_E}|elimin{_E}|cri(?:a|e|ar)|cadastr{_E}|adicion{_E}|import{_E}"
        rf"|edit{_E}|alter{_E}|renomei{_E}|atualiz{_E}|encerr{_E}|finaliz{_E}|troqu?{_E}|remov(?:e|a|er)|ignor{_E}"
        rf"|devolv(?:e|a|er)|acrescent{_E}|transfer(?:e|ir)|transfira|contrat{_E}|cobr{_E}",
        "count": r"quant[oa]s?|qtd?[oa]?s|qnt[oa]s?|conte|contar|contagem|conta(?= (?:os|as|quant))",
        "show": rf"mostr{_E}|list{_E}|exib(?:e|a|ir)|ver|veja|ve|vejam|busc{_E}|busque|procur{_E}|encontr{_E}"
        rf"|ach(?:a|e|ar)|localiz{_E}|traz|traga|trazer|abr(?:e|a|ir)|cade|quais|qual|quem|onde|diz|diga|dizer|fal(?:a|e|ar)"
        rf"|inform{_E}|consult{_E}|saber|olh{_E}|verific{_E}|cheque|checa|checar|apresent{_E}"
        r"|puxa|puxe|puxar|pesquis(?:e|ar)|quero|tem|existe[m]?",
    }.items()
}
ACTS = ("unblock", "block", "suspend", "reactivate", "resume", "pause", "resend", "replay", "cancel")


def verb_of(word: str) -> str | None:
    """What a word asks for, as a verb; None for a word that is none."""
    return next((name for name, pattern in VERBS.items() if pattern.fullmatch(word)), None)


# What puts somebody or something into a state, or takes it out.
PUT = (
    r"coloc(?:a|ar|que)|coloque|bot(?:a|e|ar)|poe|ponha|por|deix(?:a|e|ar)|marc(?:a|ar)|marque"
    r"|mud(?:a|e|ar)|faz|faca|pass(?:a|e|ar)|quero"
)
TAKE = r"(?:tir(?:a|e|ar)|retir(?:a|e|ar)|remov(?:a|e|er)|levant(?:a|e|ar)|acab(?:a|e|ar) com) (?:o|a|da|do)? ?"
OUT = r"tir(?:a|e|ar)|retir(?:a|e|ar)|remov(?:a|e|er)"

NEGATIONS = (
    r"nao|n|naum|nunca|jamais|nem|sem|evit(?:e|a|ar)|(?:em vez|ao inves|ao contrario) de|nada de"
    r"|deix(?:e|a|ar) de|proibido|desist(?:e|a|ir|i|o) de|antes de"
)
QUESTIONS = (
    r"como (?:eu |se |a gente |que |faco |faz |posso |e que )|o que acontece|e se|se eu|por ?que|pq"
    r"|porque|quando|quem (?:foi que )?(?=suspend|bloque|paus|cancel)"
)

# Said around a command; taken out before it is read.
POLITE = [
    r"(?:por favor|pfvr|pfv|pf|pls|please|por gentileza|por obsequio|faz(?:er)? (?:um "
    r"|o )?favor(?: de)?|faca (?:um |o )?favor(?: de)?"
    r"|(?:muito )?obrigad[oa]|obg|valeu|vlw|desde ja|agradeco|se (?:voce )?(?:puder|possivel|der)"
    r"|quando (?:voce )?puder|urgente(?:mente)?)",
    r"(?:(?:sera que )?(?:voce|vc|tu|vce) )?(?:pode|poderia|podia|consegue|conseguiria|podes|da pra"
    r"|da para|daria pra|tem como|teria como|"
    r"(?:e|seria) possivel|posso|podemos|vamos|vai|favor)(?: (?:voce|vc))?(?: me)?",
    r"(?:eu |a gente |nos )?(?:queria|gostaria|preciso|necessito|precisamos|desejo|quero)(?: de"
    r"| que)?(?: (?:voce|vc|se))?(?: me)?",
    r"(?:e|era) (?:pra|para)|(?:pra|para) (?:mim|nos|gente|a gente|eu)|a gente|voce|vc|nos|eu|ai|isso"
    r"|ja|agora|la|entao|tambem|tb|ainda"
    r"|me|pra gente|no momento|atualmente|(?:neste|nesse) momento|imediatamente|logo|um pouco"
    r"|temporariamente|hein|ne|ok",
    r"tod[oa]s? (?:os|as|o|a)|tod[oa]s|tudo|noss[oa]s?|meus?|minhas?|algum(?:a|as)?|alguns"
    r"|aquel[ea]s?|dess[ea]s?|est[ea]s|ess[ea]s",
]
GREETING = (
    r"(?:(?:oi+|ola|opa|ei|hey|alo|e ai|eai|bom dia|boa tarde|boa noite|tudo bem|td bem|tudo bom|isa"
    r"|querida|\^isa|[,!?.…]) ?)+"
)

AGAIN = r"de novo|novamente|outra vez|mais uma vez|outro|nova vez|segunda via|um novo|denovo"
OVERVIEW = (
    r"resumo|resuminho|panorama|balanco|visao geral|situacao geral|dashboard|estatisticas|numeros"
    r"|indicadores|metricas|figuras"
    r"|como (?:foi|estao|esta|vai|anda|andam|foram|vao) (?:o dia|as coisas|tudo|a operacao|o sistema"
    r"|o movimento)|novidades"
)
PROGRESS = (
    r"andamento d[oa]|progresso|desempenho|resultado|resultados|como (?:esta|anda|vai|foi|ta)"
    r"|taxa(?: de (?:resposta|conclusao))?"
)
COUNTING = r"(?:(?:qual )?(?:e |eh )?(?:o |a )?(?:numero|total|quantidade|qtde|qtd)(?: total)? (?:de|dos|das|do|da))"
ASKED = r"o que (?:pedi|pedimos|fiz|fizemos|mandei|foi pedido|foi feito|pediram)"
CHATTER = r"(?:ajuda|help|socorro|o que (?:sabe|faz|consegue)(?: fazer)?|comandos disponiveis)"

ARTICLES = frozenset(["o", "a", "os", "as", "um", "uma", "uns", "umas"])
PREPOSITIONS = frozenset(
    [
        "de",
        "da",
        "do",
        "das",
        "dos",
        "com",
        "para",
        "pra",
        "pro",
        "pras",
        "pros",
        "ao",
        "aos",
        "a",
        "na",
        "no",
        "nas",
        "nos",
        "em",
        "pela",
        "pelo",
        "d",
        "pros",
        "por",
    ]
)
PARTICLES = frozenset(["de", "da", "do", "das", "dos", "e", "d"])
FILLERS = frozenset(
    [
        "chamado",
        "chamada",
        "chamados",
        "nome",
        "nomeado",
        "telefone",
        "celular",
        "numero",
        "whatsapp",
        "zap",
        "email",
        "e-mail",
        "mail",
        "id",
        "codigo",
        "cnpj",
        "cujo",
        "e",
        "o",
        "a",
        "os",
        "as",
        "de",
        "com",
        "do",
        "da",
    ]
)
STOPS = frozenset(
    [
        "que",
        "com",
        "esta",
        "estao",
        "ta",
        "tao",
        "tem",
        "teve",
        "tiveram",
        "foi",
        "foram",
        "fez",
        "fizeram",
        "e",
        "era",
        "possui",
        "ha",
        "por",
        "agora",
        "novamente",
        "novo",
        "outra",
        "vez",
        "mais",
        "hoje",
        "ontem",
        "pra",
        "para",
        "pro",
        "ao",
        "aos",
        "quando",
        "onde",
        "porque",
        "pq",
        "se",
        "imediatamente",
        "temporariamente",
        "definitivamente",
        "entraram",
        "chegaram",
        "cadastrados",
        "cadastradas",
        "cadastrado",
        "novos",
        "novas",
        "novo",
        "nova",
        "recentes",
        "nao",
        "ainda",
        "so",
        "apenas",
        "seja",
        "sejam",
        "existem",
        "existe",
        "temos",
        "recebeu",
        "receberam",
        "enviou",
        "mas",
        "responderam",
        "respondeu",
        "estava",
        "estavam",
        "deu",
        "deram",
        "ele",
        "ela",
        "dele",
        "dela",
    ]
)
BUSINESS = word_set(
    "padaria clinica loja escola empresa oficina mercado farmacia academia restaurante floricultura livraria "
    "hospital gabinete consultorio imobiliaria otica pet salao supermercado padarias construtora industria banco "
    "faculdade colegio universidade instituto associacao cooperativa distribuidora transportadora papelaria "
    "sorveteria lanchonete pizzaria bar cafe hotel pousada laboratorio autoescola barbearia boutique "
    "concessionaria corretora editora grafica igreja joalheria lavanderia locadora marcenaria mercearia "
    "metalurgica prefeitura quitanda seguradora sindicato studio estudio posto agencia casa grupo cia companhia"
)

KNOWN = frozenset().union(*NOUNS.values())
CORRECT = frozenset(
    [
        "pausa",
        "pause",
        "pausar",
        "retoma",
        "retome",
        "retomar",
        "despausa",
        "bloqueia",
        "bloqueie",
        "bloquear",
        "desbloqueia",
        "desbloqueie",
        "desbloquear",
        "suspende",
        "suspenda",
        "suspender",
        "reativa",
        "reative",
        "reativar",
        "reenvia",
        "reenvie",
        "reenviar",
        "cancela",
        "cancele",
        "cancelar",
        "reprocessa",
        "reprocesse",
        "reprocessar",
        "mostra",
        "mostre",
        "mostrar",
        "lista",
        "liste",
        "listar",
        "busca",
        "procura",
        "quantos",
        "quantas",
        "quais",
        "cliente",
        "clientes",
        "empresa",
        "empresas",
        "projeto",
        "projetos",
        "pesquisa",
        "pesquisas",
        "campanha",
        "campanhas",
        "contato",
        "contatos",
        "entrevista",
        "entrevistas",
        "conversa",
        "conversas",
        "mensagem",
        "mensagens",
        "convite",
        "convites",
        "tarefa",
        "tarefas",
        "relatorio",
        "relatorios",
        "suspensos",
        "suspensas",
        "bloqueados",
        "bloqueadas",
        "pausados",
        "pausadas",
        "concluidas",
        "concluidos",
        "canceladas",
        "pendentes",
        "abertas",
        "fechadas",
        "ativos",
        "inativos",
        "ontem",
        "anteontem",
        "semana",
        "leads",
        "lista",
        "bloqueio",
        "bloqueios",
        "suspensao",
        "pausa",
    ]
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
