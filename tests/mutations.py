"""Recorded webhooks with something wrong in them: strategies for hypothesis."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st

from tests.payloads import readable

ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1763740800000,
        10**40,
        1e308,
        "",
        " ",
        "\x00",
        "\x07\x1b",
        "\ud83d",
        "👩🏽‍🌾",
        "\u202etxet",
        "x" * 20_000,
        "".join(chr(0x1F300 + n * n % 767) for n in range(900)),
        "{}",
        "SAIR",
        "'; drop table leads; --",
        "<WHATSAPP_USER_PHONE_NUMBER>",
        "0",
        "00000000000000000000",
        "+5511987654321",
        "551187654321",
        "9999-99-99",
        [],
        {},
        [None],
        [[]],
        {"": None},
        {"id": None},
        [{"id": "wamid.x"}],
    ]
)
"""Values that have no business where they will be put."""

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)

_ENVELOPES = [json.loads(path.read_bytes()) for path in readable()]


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to every value inside of `value`."""
    found = [path] if path else []
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        found += _places(item, (*path, key))
    return found


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A recorded payload with one to four values replaced, removed, repeated or renamed."""
    return mutate(draw, draw(st.sampled_from(_ENVELOPES)))


def mutate(draw: Any, given: Any) -> Any:
    """`given` with one to four values replaced, removed, repeated or renamed, by hypothesis' `draw`."""
    payload = copy.deepcopy(given)
    for _ in range(draw(st.integers(1, 4))):
        places = _places(payload)
        if not places:
            break
        path = draw(st.sampled_from(places))
        holder = payload
        for key in path[:-1]:
            holder = holder[key]
        way = draw(st.sampled_from(["replace", "replace", "remove", "repeat", "rename"]))
        if way == "replace":
            holder[path[-1]] = copy.deepcopy(draw(ODD | JSON_VALUES))
        elif way == "remove":
            del holder[path[-1]]
        elif isinstance(holder, list):
            holder.append(copy.deepcopy(holder[path[-1]]))
        else:
            holder[draw(st.sampled_from(["x", "id", "type", "text", "entry"]))] = copy.deepcopy(holder[path[-1]])
    return payload
