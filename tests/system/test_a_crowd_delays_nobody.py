"""One client invites 100,000 leads; another client's lead writes and is answered as if it were alone."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from devstack.demo import company as companies
from tests.stack import Stack, end, start, until
from tests.system.survey import CONFIG, Survey, open_survey

CROWD = 100_000
DELAY_S = 1.0
"""What the crowd may cost the other client's lead, by the system's own promise."""


@pytest.fixture
def empty_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of its own: what a crowd leaves behind would slow every later test down."""
    directory = tmp_path_factory.mktemp("crowd") / ".renum"
    start(directory, RENUM_DEBOUNCE_MS="0")
    made = Stack(directory)
    try:
        yield made
    finally:
        made.close()
        end(directory)


def _sent(stack: Stack, survey: Survey) -> int:
    sent: int = stack.value(
        "select count(*) from public.deliveries where client_id = %s and status in ('sent', 'delivered', 'read')",
        survey.client_id,
    )
    return sent


def test_another_clients_lead_is_answered_within_a_second(empty_stack: Stack) -> None:
    """While the crowd's invitations go out, each answer of the other's lead comes at most DELAY_S later than before."""
    stack = empty_stack
    admin, _ = companies.sign_in_admin(stack.access)
    crowd, other = open_survey(stack, admin, "Multidão", start=False), open_survey(stack, admin, "Vizinha")
    (lead,) = other.invited(1)
    other.quiet()
    began = time.monotonic()
    lead.ask("oi, pode sim")
    alone = time.monotonic() - began

    with stack.superuser() as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute(
            "insert into public.leads (client_id, phone, name)"
            f" select %s, '+5511' || (960000000 + n), 'Lead ' || n from generate_series(1, {CROWD}) as n",
            (crowd.client_id,),
        )
        connection.execute("analyze public.leads")
    crowd.project_id = companies.create_project(crowd.company, "Satisfação", CONFIG)
    companies.start_project(crowd.company, crowd.project_id)
    until(lambda: _sent(stack, crowd) > 50, 30, "the crowd's first invitations")

    waited = []
    for text in ("8", "o atendimento", "sim"):
        began = time.monotonic()
        lead.ask(text)
        waited.append(time.monotonic() - began)
    assert CROWD - _sent(stack, crowd) > CROWD / 2, "the crowd was still waiting"
    assert max(waited) - alone <= DELAY_S, f"alone {alone:.3f} s, beside the crowd {waited}"
