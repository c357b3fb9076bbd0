"""Whatever an adapter makes of a damaged webhook, the database takes it, and its neighbours are unharmed."""

from __future__ import annotations

import itertools
import json
from typing import Any

from hypothesis import HealthCheck, given, settings

from renum.channels.whatsapp_cloud_parse import parse
from renum.errors import RequestError
from tests.database.builders import Interview
from tests.mutations import mutated

_texts = itertools.count(1)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=mutated())
def test_a_damaged_payload_costs_its_neighbours_nothing(interview: Interview, payload: Any) -> None:
    """A message before it and one after it are stored, in order, and every item of it is counted."""
    tenant = interview.tenant
    number = tenant.number
    try:
        events = [dict(event) for event in parse(json.dumps(payload).encode())]
    except RequestError:
        return
    for event in events:
        # As the account's own: what names another number is only kept.
        if event["number"] is not None:
            event["number"] = number
    first, last = f"antes {next(_texts)}", f"depois {next(_texts)}"
    counts = tenant.ingest(tenant.message(interview.wa_id, first), *events, tenant.message(interview.wa_id, last))
    assert sum(counts.values()) == len(events) + 2
    said = tenant.all(
        "select content from public.interview_messages where role = 'user' and interview_id = %s"
        " and content in (%s, %s) order by seq",
        interview.id,
        first,
        last,
    )
    assert said == [(first,), (last,)]
