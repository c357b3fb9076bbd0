"""Templates: the provider's list, its verdicts by webhook, and what people add to it: parameters and purpose."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.database.builders import JSON, Tenant, refused


def listed(name: str = "convite", body: str = "Oi {{1}}, aqui é da {{2}}.", **more: Any) -> JSON:
    """A template as the adapter fetches it."""
    item = {"provider_id": "77", "language": "pt_BR", "category": "utility", "status": "approved", "reason": None}
    return {**item, "name": name, "body": body, "components": [{"type": "BODY", "text": body}], **more}


def sync(tenant: Tenant, *templates: JSON) -> JSON:
    """The function saves the provider's whole list."""
    saved: JSON = tenant.world.worker("save_templates", channel_account_id=tenant.account, templates=list(templates))
    return saved


def row(tenant: Tenant, name: str = "convite") -> JSON:
    """The account's own row of that name."""
    found: JSON = tenant.one(
        "select to_jsonb(t) from public.message_templates as t where name = %s and channel_account_id = %s",
        name,
        tenant.account,
    )
    return found


def news(name: str = "convite", at: str | None = None, **more: Any) -> JSON:
    """A webhook's verdict as the adapter gives it."""
    return {"kind": "template", "occurred_at": at, "template": {"name": name, "language": "pt_BR", **more}}


def follow(tenant: Tenant, event: JSON) -> int:
    """What the webhook's ingestion calls."""
    return int(tenant.world.one("select private.follow_template(%s, %s)", tenant.account, event))


def start(tenant: Tenant, **config: Any) -> str:
    """Starts a project; returns the sentence it is refused with, '' when it starts."""
    project = tenant.project(**config)
    try:
        tenant.start(project)
    except psycopg.Error as error:
        return refused(error)
    return ""


def test_the_list_is_taken_with_what_people_had_chosen(tenant: Tenant) -> None:
    """What was written by hand for any account lends its parameters and purpose; nothing is doubled by a second
    sync."""
    assert sync(tenant, listed(), listed("novo", "Olá!")) == {"saved": 2, "left_out": 0, "gone": 0}
    taken = row(tenant)
    assert (taken["parameters"], taken["purpose"]) == (["lead.first_name", "client.company_name"], "invitation")
    assert (taken["body"], taken["provider_id"]) == ("Oi {{1}}, aqui é da {{2}}.", "77")
    assert sync(tenant, listed(), listed("novo", "Olá!"))["saved"] == 2
    assert tenant.one("select count(*) from public.message_templates where channel_account_id is not null") == 2
    tenant.lead()
    assert start(tenant) == ""
    assert tenant.one("select content ->> 'text' from public.deliveries") == "Oi Ana, aqui é da {}.".format(
        tenant.one("select company_name from public.clients")
    )


def test_choices_survive_a_sync(tenant: Tenant) -> None:
    """Parameters and purpose are people's, the rest is the provider's."""
    sync(tenant, listed("novo", "Olá {{1}}!"))
    chosen = "set parameters = '{lead.name}', purpose = 'reminder'"
    tenant.all(f"update public.message_templates {chosen} where name = 'novo'")
    sync(tenant, listed("novo", "Oi {{1}}!", category="marketing", status="paused", reason="LOW_QUALITY"))
    after = row(tenant, "novo")
    assert (after["parameters"], after["purpose"]) == (["lead.name"], "reminder")
    assert (after["body"], after["category"], after["status"], after["reason"]) == (
        "Oi {{1}}!",
        "marketing",
        "paused",
        "LOW_QUALITY",
    )


def test_what_the_provider_dropped_is_disabled(tenant: Tenant, other: Tenant) -> None:
    """With the reason, on this account only; listed again, it is back."""
    sync(other, listed())
    sync(tenant, listed(), listed("novo", "Olá!"))
    assert sync(tenant, listed("novo", "Olá!")) == {"saved": 1, "left_out": 0, "gone": 1}
    gone = row(tenant)
    assert (gone["status"], gone["reason"]) == ("disabled", "the provider has no such template")
    assert row(other)["status"] == "approved"
    tenant.lead()
    assert (
        start(tenant, invitation={"template": "convite"})
        == "template convite is disabled at the provider (the provider has no such template)"
    )
    sync(tenant, listed())
    assert row(tenant)["status"] == "approved"
    assert row(tenant)["reason"] is None


def test_what_cannot_be_stored_is_left_out(tenant: Tenant) -> None:
    """An odd name, a language nobody knows, a body of nothing, a status from the future, the same one twice."""
    odd = [
        listed("Convite!"),
        listed(language="português"),
        listed(body=" "),
        listed(status="sublime"),
        listed(category="gossip"),
        listed(components={"type": "BODY"}),
        listed(),
        listed(status="rejected"),
    ]
    assert sync(tenant, *odd) == {"saved": 1, "left_out": 7, "gone": 0}
    assert row(tenant)["status"] == "approved"
    with pytest.raises(psycopg.Error, match="there is no channel account"):
        tenant.world.worker("save_templates", channel_account_id=tenant.id, templates=[])


@pytest.mark.parametrize("change", ["status = 'approved'", "category = 'utility'", "body = 'Compre!'"])
def test_what_the_provider_said_people_do_not_change(tenant: Tenant, change: str) -> None:
    """Status, category and body of a fetched template are refused by name; the same of an own one are not."""
    sync(tenant, listed("novo", "Olá!", status="paused", category="marketing"))
    with pytest.raises(psycopg.Error) as error:
        tenant.all(f"update public.message_templates set {change} where name = 'novo'")
    assert refused(error.value) == "template novo follows its provider: status, category and body are changed there"
    assert error.value.sqlstate == "42501"
    tenant.all(f"update public.message_templates set {change}, parameters = '{{}}' where name = 'aviso' and body = 'x'")
    tenant.all("update public.message_templates set purpose = 'invitation' where name = 'novo'")
    assert row(tenant, "novo")["purpose"] == "invitation"


@pytest.mark.parametrize(
    ("body", "parameters", "sentence"),
    [
        (
            "Oi {{1}}, é a {{2}} e {{3}}",
            ["lead.name"],
            "template x does not say what stands for {{2}}, {{3}}: parameters must name 3, and names 1",
        ),
        ("Oi", ["lead.name"], "template x has no variable in its body, but parameters names 1"),
        (
            "Oi {{1}}",
            ["lead.name", "lead.name"],
            "template x has variables up to {{1}} in its body, but parameters names 2",
        ),
        (
            "Oi {{nome}} {{ sobre_nome }}",
            [],
            "template x has named variables ({{nome}}, {{sobre_nome}}): only numbered ones, such as {{1}}, can be"
            " filled",
        ),
    ],
)
def test_a_template_names_something_for_each_variable(
    tenant: Tenant, body: str, parameters: list[str], sentence: str
) -> None:
    """When it is written, by whoever; the sentence says what is missing."""
    with pytest.raises(psycopg.Error) as error:
        tenant.all(
            "insert into public.message_templates (name, body, parameters) values ('x', %s, %s::text[])",
            body,
            "{" + ",".join(parameters) + "}",
        )
    assert (refused(error.value), error.value.sqlstate) == (sentence, "22023")
    with pytest.raises(psycopg.Error):
        tenant.all(
            "update public.message_templates set body = %s, parameters = %s::text[] where name = 'convite'",
            body,
            "{" + ",".join(parameters) + "}",
        )


def test_a_fetched_template_waits_for_its_parameters(tenant: Tenant) -> None:
    """Stored, not used, and the project that names it is told which variables; mapped, it is used."""
    sync(tenant, listed("novo", "Oi {{1}}, é a {{2}}."))
    tenant.lead()
    unmapped = "template novo does not say what stands for {{1}}, {{2}}: parameters must name 2, and names 0"
    assert start(tenant, invitation={"template": "novo"}) == unmapped
    with pytest.raises(psycopg.Error, match=r"stands for \{\{2\}\}: parameters must name 2, and names 1"):
        tenant.all("update public.message_templates set parameters = '{lead.name}' where name = 'novo'")
    tenant.all(
        "update public.message_templates set parameters = '{lead.name,client.company_name}', purpose = 'invitation'"
        " where name = 'novo'"
    )
    assert start(tenant, invitation={"template": "novo"}) == ""


def test_a_fetched_list_stands_for_the_hand_written_one(tenant: Tenant) -> None:
    """A template that only people claim to be approved is not used on an account whose list is known."""
    tenant.lead()
    sync(tenant, listed("novo", "Olá!"))
    assert start(tenant) == "there is no approved template with purpose invitation"
    assert start(tenant, invitation={"template": "convite"}) == "there is no approved template named convite"


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("paused", "template convite is paused by the provider (LOW_QUALITY)"),
        ("disabled", "template convite is disabled at the provider (LOW_QUALITY)"),
        ("rejected", "template convite was rejected by the provider (LOW_QUALITY)"),
        ("pending", "template convite is not approved by the provider yet (LOW_QUALITY)"),
    ],
)
def test_a_webhooks_verdict_is_followed_and_a_start_refused_with_it(tenant: Tenant, status: str, sentence: str) -> None:
    """By name and by purpose, with the provider's reason; approved again, it starts."""
    sync(tenant, listed())
    tenant.lead()
    event = news(status=status, reason="LOW_QUALITY")
    assert (follow(tenant, event), follow(tenant, event)) == (2, 2), "the account's row and the hand-written one"
    assert start(tenant) == sentence
    assert start(tenant, invitation={"template": "convite"}) == sentence
    follow(tenant, news(status="approved"))
    assert start(tenant) == ""


def test_owners_are_told_when_a_template_in_use_stops(tenant: Tenant, other: Tenant) -> None:
    """Once, in Portuguese, and not about one that nobody uses; what people pause themselves is no news to them."""
    sync(tenant, listed(), listed("novo", "Olá!"), listed("fora", "Olá!"))
    tenant.all("update public.message_templates set purpose = 'reminder' where name = 'novo'")
    follow(tenant, news(status="paused", reason="LOW_QUALITY"))
    follow(tenant, news(status="paused", reason="LOW_QUALITY"))
    follow(tenant, news("fora", status="disabled"))
    sync(
        tenant, listed(status="paused", reason="LOW_QUALITY"), listed("novo", "Olá!", status="rejected", reason="SCAM")
    )
    told = tenant.all("select text from public.notifications where event = 'template_stopped' order by text")
    assert [text for (text,) in told] == [
        "Atenção: o modelo convite foi pausado pelo provedor (LOW_QUALITY). Até que isso mude, ele não é enviado.",
        "Atenção: o modelo novo foi recusado pelo provedor (SCAM). Até que isso mude, ele não é enviado.",
    ]
    ids = tenant.one("select array_agg(id) from public.notifications where event = 'template_stopped'")
    digest = tenant.world.one("select private.digest_text(%s)", ids)
    assert digest.startswith("Você tem 2 avisos: 2 modelos de mensagem parados. ")
    title = tenant.world.one("select title from private.notification_words('template_stopped')")
    assert title == "Um modelo de mensagem parou"
    other.all("update public.message_templates set status = 'paused'")
    assert other.one("select count(*) from public.notifications") == 0


def test_the_category_is_followed_and_nothing_else_with_it(tenant: Tenant) -> None:
    """What it costs changes; whether it may be sent does not."""
    sync(tenant, listed(status="paused", reason="LOW_QUALITY"))
    follow(tenant, news(category="marketing"))
    after = row(tenant)
    assert (after["category"], after["status"], after["reason"]) == ("marketing", "paused", "LOW_QUALITY")


def test_older_news_and_strangers_news_change_nothing(tenant: Tenant, other: Tenant) -> None:
    """A webhook that was on its way for days, an unknown name, another client's template of the same name."""
    sync(tenant, listed())
    sync(other, listed())
    assert follow(tenant, news(at="2026-01-01T12:00:00+00:00", status="disabled")) == 0 + 1, "the hand-written one only"
    assert follow(tenant, news("nada", status="disabled")) == 0
    assert row(tenant)["status"] == "approved"
    follow(tenant, news(status="disabled"))
    assert (row(tenant)["status"], row(other)["status"]) == ("disabled", "approved")


def test_numbers_of_one_business_account_share_their_templates(tenant: Tenant) -> None:
    """A verdict that comes by one of them holds for the other."""
    tenant.all("update public.channel_accounts set config = %s", {"waba_id": "555"})
    second = tenant.one(
        "insert into public.channel_accounts (provider, name, external_id, config)"
        " values ('whatsapp_cloud', 'Segundo', '31', %s) returning id",
        {"waba_id": "555"},
    )
    third = tenant.one(
        "insert into public.channel_accounts (provider, name, external_id)"
        " values ('whatsapp_cloud', 'Terceiro', '32') returning id"
    )
    for account in (tenant.account, second, third):
        tenant.world.worker("save_templates", channel_account_id=account, templates=[listed("novo", "Olá!")])
    follow(tenant, news("novo", status="paused"))
    statuses = dict(
        tenant.all("select channel_account_id, status::text from public.message_templates where name = 'novo'")
    )
    assert statuses == {tenant.account: "paused", second: "paused", third: "approved"}


@pytest.mark.parametrize(
    "part",
    [
        {"type": "HEADER", "format": "IMAGE"},
        {"type": "HEADER", "format": "TEXT", "text": "Oi {{1}}"},
        {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Ver", "url": "https://x.example/{{1}}"}]},
        {"type": "BUTTONS", "buttons": [{"type": "OTP", "text": "Copiar"}]},
        {"type": "CAROUSEL", "cards": []},
    ],
)
def test_a_template_with_parts_to_be_filled_is_not_used(tenant: Tenant, part: JSON) -> None:
    """Only the body's variables are filled; what would be refused at every send is refused at the start."""
    tenant.lead()
    body = {"type": "BODY", "text": "Olá!"}
    sync(tenant, listed("novo", "Olá!", components=[body, part]))
    assert "only the body may have variables" in start(tenant, invitation={"template": "novo"})
    plain = [
        body,
        {"type": "HEADER", "format": "TEXT", "text": "Aviso"},
        {"type": "FOOTER", "text": "Obrigado"},
        {
            "type": "BUTTONS",
            "buttons": [{"type": "QUICK_REPLY", "text": "Sim"}, {"type": "URL", "url": "https://x.br"}],
        },
    ]
    sync(tenant, listed("novo", "Olá!", components=plain))
    assert start(tenant, invitation={"template": "novo"}) == ""


def test_a_gateway_without_templates_lacks_none_for_news(tenant: Tenant) -> None:
    """There they go out as they are; only an official account needs an approved wording."""

    def told() -> Any:
        found = tenant.one("select public.channel_findings(%s)", tenant.account)["findings"]
        return {one["item"]: one for one in found}["template_notification"]

    tenant.world.all(
        "delete from public.message_templates where client_id = %s and purpose = 'notification'", tenant.id
    )
    assert not told()["ok"]
    tenant.world.all(
        "update public.channel_accounts set provider = 'zapi', external_id = '3C01' where id = %s", tenant.account
    )
    assert (told()["ok"], told()["todo"]) == (True, None)


def test_the_account_is_looked_at_by_its_owner_only(tenant: Tenant, other: Tenant) -> None:
    """What the database knows of an account, in Portuguese; never to a stranger, never a secret."""
    told = tenant.one("select public.channel_findings(%s)", tenant.account)
    items = {finding["item"]: finding for finding in told["findings"]}
    assert told["credentials"] == ["access_token", "app_secret", "verify_token"]
    assert items["account"]["ok"]
    assert items["template_invitation"]["text"] == "Para convites há o modelo “convite” (pt_BR, categoria utility)."
    assert (items["credentials"]["ok"], items["credentials"]["text"]) == (False, "Nenhuma credencial está guardada.")
    assert all((finding["todo"] is None) == finding["ok"] for finding in told["findings"])
    follow(tenant, news(status="paused", reason="LOW_QUALITY"))
    tenant.all("update public.channel_accounts set status = 'paused'")
    tenant.world.setting("public_url", "https://renum.example/functions/")
    told = tenant.one("select public.channel_findings(%s)", tenant.account)
    assert told["webhook_url"] == f"https://renum.example/functions/whatsapp_webhook/{tenant.account}"
    texts = {finding["item"]: finding["text"] for finding in told["findings"]}
    assert texts["account"] == "A conta “Principal” (WhatsApp Cloud API) está em pausa."
    assert texts["template_invitation"] == (
        "Nenhum modelo para convites pode ser usado: o modelo convite foi pausado pelo provedor (LOW_QUALITY)."
    )
    with pytest.raises(psycopg.Error, match="there is no such channel account of a client you own"):
        other.one("select public.channel_findings(%s)", tenant.account)
    staff = tenant.world.user()
    tenant.world.all(
        "insert into public.client_members (client_id, profile_id, role, status, email)"
        " values (%s, %s, 'staff', 'active', 's@padaria.com.br')",
        tenant.id,
        staff,
    )
    with tenant.world.person(staff) as session, pytest.raises(psycopg.Error, match="there is no such channel account"):
        session.one("select public.channel_findings(%s)", tenant.account)


def test_facts_are_noted_and_what_is_not_told_stays(tenant: Tenant) -> None:
    """The tier, the number as people write it, the portfolio; unlimited is no limit."""
    world = tenant.world
    facts: JSON = {"daily_limit": 250, "display_phone": "+55 11 3000-0000", "portfolio_id": "9"}
    look = "select daily_limit, display_phone, portfolio_id from public.channel_accounts"
    world.worker("save_account_facts", channel_account_id=tenant.account, facts=facts)
    assert tenant.all(look) == [(250, "+55 11 3000-0000", "9")]
    world.worker("save_account_facts", channel_account_id=tenant.account, facts={"display_phone": " "})
    assert tenant.all(look) == [(250, "+55 11 3000-0000", "9")]
    world.worker("save_account_facts", channel_account_id=tenant.account, facts={"daily_limit": None})
    assert tenant.all(look) == [(None, "+55 11 3000-0000", "9")]
    second = "insert into public.channel_accounts (provider, name, external_id, portfolio_id) values"
    tenant.all(f"{second} ('whatsapp_cloud', 'Segundo', '31', '9'), ('whatsapp_cloud', 'Terceiro', '32', '8')")
    world.worker("save_account_facts", channel_account_id=tenant.account, facts={"daily_limit": 2000})
    limits = dict(tenant.all("select name, daily_limit from public.channel_accounts"))
    assert limits == {"Principal": 2000, "Segundo": 2000, "Terceiro": None}
