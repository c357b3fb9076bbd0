"""GET /v{n}.0/{id} of numbers and business accounts, their templates in pages, and who is subscribed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from devstack.simulator import SimulatorClient
from tests.devstack.edge.conftest import Edge

NUMBER, TOKEN, WABA = "106540352242922", "EAAtoken", "102290129340398"


@pytest.fixture
def sim(edge: Edge) -> Iterator[SimulatorClient]:
    """A number whose business account has five templates."""
    edge.simulator.reset(numbers=True)
    edge.simulator.register_number(
        NUMBER,
        "http://127.0.0.1:1/webhook",
        "segredo",
        access_token=TOKEN,
        waba_id=WABA,
        portfolio_id="99",
        messaging_limit="TIER_250",
        templates=[
            {"name": "convite", "body": "Oi, {{1}}!", "category": "marketing"},
            {"name": "recusado", "body": "Oi", "status": "rejected", "rejected_reason": "SCAM"},
            {"name": "contado", "parameters": 2},
            *({"name": f"mais_{n}", "body": "Oi"} for n in range(2)),
        ],
    )
    yield edge.simulator
    edge.simulator.reset(numbers=True)


def get(edge: Edge, path: str, token: str | None = TOKEN, **query: Any) -> tuple[int, dict[str, Any]]:
    """Status and body of a read."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    answer = edge.http.get(f"{edge.config.whatsapp_graph_url}/v23.0/{path}", params=query, headers=headers)
    return answer.status_code, answer.json()


def test_a_number_tells_its_state(edge: Edge, sim: SimulatorClient) -> None:
    """Whole, or by fields; a change shows at once."""
    status, whole = get(edge, NUMBER)
    assert (status, whole["status"], whole["quality_rating"]) == (200, "CONNECTED", "GREEN")
    assert whole["whatsapp_business_manager_messaging_limit"] == "TIER_250"
    assert whole["webhook_configuration"] == {"application": "http://127.0.0.1:1/webhook"}
    sim.change_number(NUMBER, quality_rating="RED")
    assert get(edge, NUMBER, fields="quality_rating,nothing")[1] == {"id": NUMBER, "quality_rating": "RED"}


def test_templates_come_in_pages(edge: Edge, sim: SimulatorClient) -> None:
    """Each once, with a cursor as long as there are more."""
    found: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 2}
    for _ in range(3):
        status, page = get(edge, f"{WABA}/message_templates", **query)
        assert status == 200
        found += page["data"]
        query["after"] = page["paging"]["cursors"]["after"]
    assert "next" not in page["paging"]
    by_name = {one["name"]: one for one in found}
    assert len(by_name) == len(found) == 5
    assert by_name["convite"]["components"] == [{"type": "BODY", "text": "Oi, {{1}}!"}]
    assert (by_name["convite"]["category"], by_name["convite"]["status"]) == ("MARKETING", "APPROVED")
    assert (by_name["recusado"]["status"], by_name["recusado"]["rejected_reason"]) == ("REJECTED", "SCAM")
    assert by_name["contado"]["components"][0]["text"] == "{{1}} {{2}}"
    assert get(edge, f"{WABA}/message_templates", after="?")[0] == 400


def test_the_business_account_names_its_portfolio_and_subscribers(edge: Edge, sim: SimulatorClient) -> None:
    """None after somebody unsubscribed."""
    assert get(edge, WABA, fields="owner_business_info")[1]["owner_business_info"]["id"] == "99"
    assert len(get(edge, f"{WABA}/subscribed_apps")[1]["data"]) == 1
    sim.change_number(NUMBER, subscribed=False)
    assert get(edge, f"{WABA}/subscribed_apps")[1] == {"data": []}


@pytest.mark.parametrize("path", [NUMBER, WABA, f"{WABA}/message_templates", f"{WABA}/subscribed_apps"])
def test_a_wrong_token_is_refused(edge: Edge, sim: SimulatorClient, path: str) -> None:
    """190, as for a send; so is none at all."""
    for token in ("EAAother", None):
        status, body = get(edge, path, token=token)
        assert (status, body["error"]["code"]) == (401, 190)


@pytest.mark.parametrize("path", ["1", "1/message_templates", "1/subscribed_apps"])
def test_what_nobody_has_is_not_there(edge: Edge, sim: SimulatorClient, path: str) -> None:
    """100, with the id."""
    status, body = get(edge, path)
    assert (status, body["error"]["code"]) == (400, 100)
    assert "'1' does not exist" in body["error"]["message"]
