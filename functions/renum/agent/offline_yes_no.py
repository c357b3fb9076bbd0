"""Yes and no in the many ways people say them."""

from __future__ import annotations

import re

from renum.agent.offline_text import bare, plain, word_set, words

YES_SIGNS = ("👍", "👌", "✅", "☑", "✔", "🙌", "💯", "🆗")
NO_SIGNS = ("👎", "❌", "🚫", "✖", "🙅")

YES_PHRASES = re.compile(
    r"\b(?:(?:nao tenho|sem|nao ha|nao resta) (?:nenhuma )?duvidas?|com (?:toda )?certeza"
    r"|(?:acho|creio|acredito|diria|claro|logico|obvio) que sim|provavelmente sim|sim senhora?"
    r"|pode ser|pode sim|isso mesmo|com prazer|por que nao$|nao vejo por que nao"
    r"|tudo bem|ta bom|ta certo|esta bem|de acordo|sempre que posso)\b"
)
NO_PHRASES = re.compile(
    r"\b(?:de (?:jeito|forma|modo|maneira) (?:nenhum|nenhuma|algum|alguma)"
    r"|nem (?:pensar|a pau|morto|um pouco|sonhando)|nunca mais|nada disso|sem chance|fora de cogitacao"
    r"|(?:claro|logico|obvio|certeza|acho|creio|acredito|diria|infelizmente|provavelmente) (?:que )?nao"
    r"|ainda nao|hoje nao|agora nao|nao mesmo)\b"
)
UNDECIDED = re.compile(
    r"\b(?:mais ou menos|talvez|as vezes|depende|possivelmente|quem sabe|sim e nao|n(?:ao)? sei se|n sei)\b"
)
YES_WORDS = word_set(
    "sim s ss si sin simm claro certeza aham ahan uhum uhun hum aha isso positivo afirmativo logico obvio evidente "
    "exato exatamente perfeitamente quero aceito concordo topo bora vamos ok okay blz beleza yes yep yeah sempre "
    "demais confirmo confirmado correto certo verdade combinado fechado simbora partiu obviamente certamente "
    "definitivamente totalmente absolutamente show"
    " recomendo indico volto voltaria compraria usaria indicaria recomendaria"
)
NO_WORDS = word_set("nao n nn nop nope no nunca jamais negativo nem nada nenhum nenhuma naum nao3 nops neca")


def _signs(text: str) -> bool | None:
    yes, no = any(sign in text for sign in YES_SIGNS), any(sign in text for sign in NO_SIGNS)
    return None if yes == no else yes


def read_yes_no(text: str, question: str = "") -> bool | None:
    """True for yes, False for no, None when the text says neither (or both, undecidably).

    The first word decides when a comma or the end follows it ("não, foi tranquilo"); then set phrases; then which of
    the
    two words comes last after a "mas" or ends the sentence; then an echo of the question's verb ("indicaria!").
    """
    simple, said = bare(text), words(text)
    if not said:
        return _signs(text)
    if UNDECIDED.search(simple):
        return None
    opening = re.match(r"(sim|s|claro|nao|n|nunca|jamais|negativo|positivo)\s*(?:[,.!;:\n)]|$)", plain(text))
    if opening:
        return opening[1] in YES_WORDS and not (opening[1] == "claro" and re.match(r"claro\W+que nao", plain(text)))
    no, yes = list(NO_PHRASES.finditer(simple)), list(YES_PHRASES.finditer(simple))
    if no and not yes:
        # "com certeza não" holds a yes-phrase and is caught below; a lone no-phrase may still be followed by a yes.
        return bool(re.search(r"\bsim$", simple[no[-1].end() :]))
    if yes:
        rest = simple[yes[-1].end() :].split()
        return not (rest[:1] == ["nao"] or (no and no[-1].start() > yes[-1].start()))
    return _by_words(said, question)


def _by_words(said: list[str], question: str) -> bool | None:
    yes_at = [place for place, word in enumerate(said) if word in YES_WORDS]
    no_at = [place for place, word in enumerate(said) if word in NO_WORDS]
    if yes_at and no_at:
        if said[-1] == "sim" or ("sim" in said and said.index("sim") > no_at[-1]):
            return True
        return yes_at[0] < no_at[0] and said[0] in YES_WORDS and said[-1] != "nao"
    if no_at:
        return False
    if yes_at and (len(said) <= 4 or yes_at[0] == 0 or "sim" in said):
        return True
    if len(said) == 1 and said[0] in ("ja", "pode", "e", "foi", "tenho", "gosto", "sou"):
        return True
    echoed = {word for word in words(question) if len(word) >= 5 and re.search(r"(?:ria|ou|aram|eu|iu|ei|ndo)$", word)}
    first_person = {re.sub(r"ou$", "ei", word) for word in echoed} | {re.sub(r"eu$", "i", word) for word in echoed}
    if any(word in echoed or word in first_person for word in said[:3]):
        return True
    return None
