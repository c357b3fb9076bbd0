"""The built-in understanding of commands: verbs × things × names × states × periods, and what must not be done."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from renum.isa import offline_things as things
from renum.isa import offline_words as words
from renum.isa.offline_names import Named, read_names
from renum.isa.offline_periods import period_of
from renum.isa.offline_questions import JOINTS, Call, dates_of, is_pause, read_question, without_verbs
from renum.isa.offline_tokens import BREAK, Token, corrected, cut, cut_all, has, tokenize

HELP = """\
Posso procurar, contar e fazer, por exemplo:
• quantas entrevistas ontem? · quantos leads entraram essa semana? · resumo de hoje
• mostra as conversas abertas da Clínica X · lista os últimos 10 leads da Padaria · quais clientes estão suspensos?
• pausa a pesquisa Satisfação · retoma a campanha X · bloqueia o lead +55 11 98888-7777 · desbloqueia o lead Ana
• reenvia o convite da Ana · cancela a entrevista da Ana · reprocessa as tarefas que falharam
• suspende o cliente Padaria do Sul · reativa o cliente Padaria do Sul
O que muda ou envia alguma coisa só é feito depois da sua confirmação."""
NOT_UNDERSTOOD = "Não entendi o pedido, e nada foi feito.\n" + HELP
NEGATED = "Entendi que isso não é para ser feito: nada foi feito, e nada mudou."
CANNOT = "Isso eu não faço, e nada foi feito.\n" + HELP
NO_PROJECT_END = "Um projeto eu só pauso ou retomo; nada foi feito. Diga, por exemplo: pausa a pesquisa Satisfação."


_ASKS = (*words.ACTS, "send", "invite", "count", "show", "cannot")
_LISTED = r"(?:na|da|a|em|de)? ?(?:lista (?:negra|de bloque\w+)|(?:de|do) bloqueio)"
_OF_WHOM = r"(?:que|quem|porque|pois|pq) (?:ainda )?(?:nao|nunca) \w+"
_WH = r"quant[oa]s?|qt[oa]s|qtd[oa]s|quais|qual|quem|onde|cade"
_VERB_OF_STATE = {
    "paused": "pause",
    "suspended": "suspend",
    "blocked": "block",
    "active": "reactivate",
    "inactive": "suspend",
    "cancelled": "cancel",
}

# What a verb means where this is what it is about; "" for a name without a noun.
_ACT: dict[str, dict[str, str]] = {
    "pause": {"project": "pause_project", "client": "suspend_client", "": "pause_project"},
    "resume": {"project": "resume_project", "client": "reactivate_client", "": "resume_project"},
    "block": {"lead": "block_lead", "client": "suspend_client", "project": "pause_project", "": "block_lead"},
    "unblock": {"lead": "unblock_lead", "client": "reactivate_client", "project": "resume_project", "": "unblock_lead"},
    "suspend": {
        "client": "suspend_client",
        "project": "pause_project",
        "lead": "block_lead",
        "interview": "cancel_interview",
        "": "suspend_client",
    },
    "reactivate": {
        "client": "reactivate_client",
        "project": "resume_project",
        "lead": "unblock_lead",
        "": "reactivate",
    },
    "cancel": {
        "interview": "cancel_interview",
        "invitation": "cancel_interview",
        "lead": "cancel_interview",
        "": "cancel_interview",
    },
}


@dataclass
class Understood:
    """Calls of tools, or a reply where there is nothing to call."""

    calls: list[Call] = field(default_factory=list)
    reply: str = ""


def understand(command: str, today: date) -> Understood:
    """What a command asks for. Names come back as they were written; nothing here decides what is done."""
    tokens = corrected(tokenize(command), words.is_known, words.CORRECT)
    whole, tokens = cut(tokens, rf"^{words.GREETING}")
    if not any(token.kind != "mark" for token in tokens):
        return Understood(reply=("Oi! " if whole else "") + (HELP if whole else NOT_UNDERSTOOD))
    if has(tokens, rf"^{words.CHATTER}(?: [.!?])*$"):
        return Understood(reply=HELP)
    understood = Understood()
    for clause in _clauses(tokens):
        found = _clause(clause, today)
        if (
            found == NOT_UNDERSTOOD
            and understood.calls
            and has(clause, rf"(?:e )?(?:{words.VERBS['count'].pattern}).*")
        ):
            found = _as_before(understood.calls[-1], clause, today)
        if isinstance(found, str):
            # One part that must not be done, or is not understood, and the others are not done either.
            return Understood(reply=found)
        understood.calls += [call for call in found if call not in understood.calls]
    return understood if understood.calls else Understood(reply=NOT_UNDERSTOOD)


def _as_before(call: Call, tokens: list[Token], today: date) -> list[Call] | str:
    """ "quantas entrevistas ontem, e quantas hoje?": the same of another time."""
    (since, until), _ = period_of(tokens, today)
    dates = dates_of(since, until)
    kept = {name: value for name, value in call[1].items() if name not in ("since", "until")}
    return [(call[0], kept | dates)] if dates and call[0] != "Plan" else NOT_UNDERSTOOD


def answer(data: dict[str, Any]) -> tuple[str, list[Call]]:
    """Text and calls for the data block of `prompts.command_messages`: what the offline chat model answers with."""
    found = understand(str(data.get("command") or ""), date.fromisoformat(str(data["today"])))
    return found.reply, found.calls


def _clauses(tokens: list[Token]) -> list[list[Token]]:
    """The command in parts that each begin with what they ask for."""
    parts: list[list[Token]] = [[]]
    for i, token in enumerate(tokens):
        if (
            i
            and tokens[i - 1].plain in JOINTS
            and token.plain not in JOINTS
            and _asks(tokens, i)
            and _says_something(parts[-1])
        ):
            parts.append([])
        parts[-1].append(token)
    return parts


def _asks(tokens: list[Token], i: int) -> bool:
    for token in tokens[i : i + 3]:
        if token.plain in ("me", "ja", "depois", "entao", "tambem"):
            continue
        return not token.is_name and words.verb_of(token.plain) in _ASKS
    return False


def _says_something(part: list[Token]) -> bool:
    """A verb with something after it: "não, suspende …" is one part, and so is "por favor, pausa …"."""
    return any(words.verb_of(token.plain) in _ASKS for token in part if not token.is_name)


def _clause(tokens: list[Token], today: date) -> list[Call] | str:
    while tokens and tokens[-1].plain in JOINTS - {"?"}:
        tokens = tokens[:-1]
    asks_how = has(tokens, rf"(?:{words.QUESTIONS}).*") and not has(tokens, words.PROGRESS)
    tokens = _without_politeness(tokens)
    verb, _ = _verb(tokens)
    if verb in (*words.ACTS, "cannot"):
        if asks_how:
            return NOT_UNDERSTOOD
        # "que não respondeu" says of whom; any other "não", before or after, might be about the act.
        if has(cut_all(tokens, _OF_WHOM), words.NEGATIONS):
            return NEGATED
        if verb == "cannot":
            return CANNOT
        return _act(verb, tokens, today)
    if has(
        tokens,
        rf"(?:{words.NEGATIONS}) .*(?:{words.VERBS['send'].pattern}|{words.VERBS['invite'].pattern}"
        rf"|{words.VERBS['again'].pattern}) .*",
    ):
        return NEGATED
    return read_question(verb, tokens, today) or NOT_UNDERSTOOD


def _without_politeness(tokens: list[Token]) -> list[Token]:
    for pattern in words.POLITE:
        tokens = cut_all(tokens, pattern)
    return tokens


def _verb(tokens: list[Token]) -> tuple[str | None, int]:
    """The verb that decides and where it stands: an act before a question, for what is asked for is in it."""
    for i, token in enumerate(tokens):
        if token.kind != "word" or token.is_name:
            continue
        if re.fullmatch(_WH, token.plain):
            break  # "quantos convites enviamos?" asks, whatever verb follows
        rest = tokens[i:]
        for name, act in _VERB_OF_STATE.items():
            if has(rest[:2], rf"^(?:ser|ficar|seja|sejam) (?:{dict(things.STATES)[name]})"):
                return act, i
        if re.fullmatch(words.PUT, token.plain) and has(rest, _LISTED):
            return "block", i
        if re.fullmatch(words.OUT, token.plain) and has(rest, _LISTED):
            return "unblock", i
        if has(rest, rf"^{words.TAKE}(?:bloqueios?|suspens(?:ao|oes)|pausa|lista (?:negra|de bloque\w+))(?: .*)?"):
            return (
                "unblock"
                if has(rest[:5], r"bloqueios?|lista")
                else "reactivate"
                if has(rest[:5], "suspens(?:ao|oes)")
                else "resume"
            ), i
        if re.fullmatch(words.PUT, token.plain):
            state = next(
                (name for name, pattern in things.STATES if name in _VERB_OF_STATE and has(rest, pattern)), None
            )
            if state:
                return _VERB_OF_STATE[state], i
        if token.plain == "para" and is_pause(tokens, i):
            return "pause", i
        verb = words.verb_of(token.plain)
        if verb == "send" and has(tokens, "convites?"):
            return "resend", i
        if verb == "invite":
            return "resend", i
        if verb == "again" and (has(tokens, words.AGAIN) or verb_is_replay(tokens)) and _about_tasks(tokens):
            return "replay", i
        if (
            verb in ("reactivate", "pause")
            and i
            and token.plain in ("ativa", "pausa")
            and tokens[i - 1].plain not in JOINTS
            and _follows_noun(tokens, i)
        ):
            continue  # "a campanha ativa", "em pausa"
        if verb in (*words.ACTS, "cannot"):
            return verb, i
    for verb in ("count", "show"):
        for i, token in enumerate(tokens):
            if token.kind == "word" and not token.is_name and words.verb_of(token.plain) == verb:
                return verb, i
    return None, 0


def verb_is_replay(tokens: list[Token]) -> bool:
    """Whether "processa as tarefas que falharam" is meant, which needs no "again"."""
    return has(tokens, r"(?:process|execut)\w+ .*falh\w+.*")


def _about_tasks(tokens: list[Token]) -> bool:
    return has(tokens, r"tarefas?|falh\w+|erros?|tasks?|deu errado|deram errado")


def _follows_noun(tokens: list[Token], i: int) -> bool:
    return tokens[i - 1].plain == "em" or things.noun_of(tokens[i - 1].bare) is not None or tokens[i - 1].is_name


def _act(verb: str, tokens: list[Token], today: date) -> list[Call] | str:
    """One act, planned by what it is about and whom it names."""
    arguments: dict[str, Any] = {}
    if verb == "replay":
        (since, until), tokens = period_of(tokens, today)
        arguments = dates_of(since, until)
    tokens = cut_all(tokens, rf"(?:{words.AGAIN})", BREAK)
    tokens = cut_all(tokens, _LISTED, BREAK)
    for name in _VERB_OF_STATE:
        tokens = cut_all(
            tokens,
            rf"(?:(?:precisa|deve|devem|devia|deveria|tem (?:que|de))(?: de)? )?(?:ser|ficar|seja"
            rf"|sejam) (?:{dict(things.STATES)[name]})",
            BREAK,
        )
    tokens = without_verbs(tokens, take=True)
    for _, pattern in things.STATES:
        tokens = (
            cut_all(tokens, pattern, BREAK)
            if verb == "replay" or has(tokens, rf"(?:como |em )?(?:{pattern})$")
            else tokens
        )
    tokens = cut_all(
        tokens,
        r"deu errado|deram errado|(?:tudo )?o que|como|em pausa|(?:o )?acesso(?= d)|(?:na "
        r"|da )?lista (?:negra|de bloque\w+)",
        BREAK,
    )
    named = read_names(tokens)
    if named.words and not named.slots:
        named.slots["of"] = named.words[0]
    if verb == "resend":
        return [("Plan", {"act": "resend_invitation", **named.slots})]
    if verb == "replay":
        return [("Plan", {"act": "replay_failed_tasks", **named.slots, **arguments})]
    about = _about(verb, named)
    if about == "lead" and "lead" not in named.slots and "client" not in named.slots and "of" in named.slots:
        # "bloqueia os leads da Padaria": the name is whose they are.
        named.slots["client"] = named.slots.pop("of")
    act = _ACT[verb].get(about)
    if act is None:
        return NO_PROJECT_END if about == "project" and verb == "cancel" else CANNOT
    return [("Plan", {"act": act, **named.slots})]


def _about(verb: str, named: Named) -> str:
    """What an act is about: the first noun it can be done to. An account of a client is the client."""
    nouns = [noun for noun in named.nouns if not (noun == "account" and "client" in named.nouns)]
    if verb == "cancel" and ("interview" in nouns or "invitation" in nouns):
        return "interview"
    if not nouns:
        return (
            "lead" if "lead" in named.slots else "client" if "client" in named.slots and "of" not in named.slots else ""
        )
    if "lead" in named.slots and nouns[0] not in ("lead", "interview") and verb in ("block", "unblock"):
        return "lead"
    # "bloqueia a Ana do cliente Padaria": the name that comes first has no noun.
    if "of" in named.slots and nouns[0] in named.slots and verb in ("block", "unblock") and nouns[0] == "client":
        return ""
    if "of" in named.slots and nouns == ["client"] and "client" in named.slots and verb in ("pause", "resume"):
        return ""
    return nouns[0]
