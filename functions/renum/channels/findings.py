"""What a check says to an account's owner, in the same words for every provider."""

from __future__ import annotations

from collections.abc import Iterable

from renum.accounts import Account
from renum.channels import Finding
from renum.errors import SendError


def credentials(account: Account, names: Iterable[str]) -> list[Finding]:
    """One finding: whether every credential that the adapter needs is there."""
    if account.problem not in (None, "credentials_missing"):
        todo = "Grave as credenciais da conta de novo."
        return [Finding("credentials", False, "As credenciais gravadas não podem ser abertas.", todo)]
    missing = [name for name in names if not account.credentials.get(name)]
    if missing:
        text = f"Faltam credenciais: {', '.join(missing)}."
        return [Finding("credentials", False, text, "Grave as credenciais que faltam na conta do canal.")]
    return [Finding("credentials", True, "As credenciais estão gravadas.")]


def webhook(url: str, where: str) -> Finding:
    """Where the provider has to be told our address. Whether it can be reached there is another finding, the same for
    every provider."""
    if url:
        return Finding("webhook", True, f"O endereço a cadastrar {where} é {url}")
    return Finding("webhook", False, f"Ainda não há endereço a cadastrar {where}.", "Veja o item sobre o endereço.")


def unreachable(title: str, error: SendError) -> Finding:
    """The provider could not be asked."""
    if error.code == "address_not_allowed":
        text = f"O endereço da {title} não é público."
        return Finding("account", False, text, "Informe em config.base_url um endereço público, com https.")
    text = f"A {title} não respondeu ({error.code})."
    return Finding("account", False, text, "Confira o endereço do provedor e tente de novo em alguns minutos.")


def refused(title: str, status: int, todo: str) -> Finding:
    """The provider answered, and not with what was asked for."""
    return Finding("account", False, f"A {title} não aceitou a consulta (HTTP {status}).", todo)
