"""Two instances, a provider, and any order of what can happen between them: each delivery is accepted at most once, but
for the repeats that policy allowed after nobody could say what became of a send."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.database.builders import JSON, Tenant, World

LEADS = 2
MOVES = st.one_of(
    st.tuples(st.just("claim"), st.integers(0, 1), st.integers(1, LEADS)),
    # An instance finishes one of its tasks: the provider accepted it or not, and the instance heard of it or not.
    st.tuples(
        st.just("finish"),
        st.integers(0, 1),
        st.sampled_from(
            ["sent", "refused", "throttled", "accepted, unheard", "lost, unheard", "accepted, died", "died"]
        ),
    ),
    st.tuples(st.just("status"), st.sampled_from(["sent", "delivered", "read"]), st.integers(0, LEADS - 1)),
    st.tuples(st.just("wait"), st.sampled_from([6, 31]), st.booleans()),
)
REFUSAL = {"code": "131000", "message": "something went wrong", "retryable": True, "scope": "message"}
THROTTLE = {"code": "131056", "message": "pair rate", "retryable": True, "scope": "recipient"}


def _campaign(world: World, leads: int) -> Tenant:
    """A tenant whose invitations are the only work there is."""
    world.all("update public.projects set status = 'paused'")
    world.all(
        "update public.deliveries set status = 'cancelled', reason = 'over', task_id = null where task_id is not null"
    )
    world.all("delete from pgmq.q_default")
    tenant = world.tenant()
    for _ in range(leads):
        tenant.lead()
    tenant.start(tenant.project())
    return tenant


class Play:
    """What the two instances hold, and what the provider accepted."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant, self.world = tenant, tenant.world
        self.held: list[list[JSON]] = [[], []]
        self.accepted: Counter[str] = Counter()
        self.told: Counter[str] = Counter()

    def move(self, move: tuple[object, ...]) -> None:
        """One thing happens."""
        match move:
            case ("claim", int(instance), int(limit)):
                # What the sweep makes of others' news is not in this play.
                tasks = self.world.claim("default", limit=limit)
                self.held[instance] += [task for task in tasks if task["work"].get("kind") == "invitation"]
            case ("finish", int(instance), str(how)):
                if self.held[instance]:
                    self._finish(self.held[instance].pop(0), how)
            case ("status", str(status), int(n)):
                known = sorted(self.accepted)
                if known:
                    delivery = known[n % len(known)]
                    self.tenant.ingest(self.tenant.status(status, message_id=f"w.{delivery}", reference=delivery))
            case ("wait", int(seconds), bool(noise)):
                self.world.later(seconds)
                if noise:
                    self.tenant.noise()
                self.world.one("select private.sweep()")

    def _finish(self, task: JSON, how: str) -> None:
        if how == "sent" or how.startswith("accepted"):
            self.accepted[task["id"]] += 1
        if how == "sent":
            self.world.complete(task, provider_message_id=f"w.{task['id']}.{self.accepted[task['id']]}")
        elif how == "refused":
            self.world.complete(task, outcome="failed", error=REFUSAL)
        elif how == "throttled":
            self.world.complete(task, outcome="throttled", error=THROTTLE, retry_after_ms=1000)
        elif how.endswith("unheard"):
            self.world.complete(task, outcome="unknown", error={"code": "timeout", "message": "no answer"})


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(MOVES, min_size=12, max_size=40))
def test_any_order_sends_each_at_most_once(world: World, moves: list[tuple[object, ...]]) -> None:
    """Claims, results, deaths, statuses and waits in any order."""
    tenant = _campaign(world, LEADS)
    play = Play(tenant)
    for move in moves:
        play.move(move)
    repeats = dict(tenant.world.all("select id, repeats from public.deliveries where client_id = %s", tenant.id))
    for delivery, times in play.accepted.items():
        assert times <= 1 + repeats[delivery], "sent twice, and not because nobody knew"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.data(),
    statuses=st.lists(
        st.sampled_from(["sent", "delivered", "read", "played", "failed", "deleted"]), min_size=1, max_size=6
    ),
)
def test_any_order_and_repetition_of_statuses_ends_the_same(
    world: World, data: st.DataObject, statuses: list[str]
) -> None:
    """Two deliveries get the same statuses, one in another order with repetitions: the same state, error and dead
    letter."""
    tenant = _campaign(world, 2)
    one, other = world.claim("default")
    tenant.world.complete(one, other)
    shuffled = data.draw(st.permutations(statuses + data.draw(st.lists(st.sampled_from(statuses), max_size=4))))
    error = {"code": "131000", "message": "something went wrong", "retryable": True, "scope": "message"}
    for task, order in ((one, statuses), (other, shuffled)):
        for status in order:
            tenant.ingest(
                tenant.status(status, message_id=f"wamid.out.{task['id']}", error=error if status == "failed" else None)
            )
    ends = [
        tenant.world.row(
            "select d.status::text, d.delivered_at is null, d.read_at is null, d.task_id, d.claim"
            " from public.deliveries as d where d.id = %s",
            task["id"],
        )
        for task in (one, other)
    ]
    assert ends[0] == ends[1]
    open_letters = [
        tenant.world.one(
            "select count(*) from public.failed_tasks where task_row_id = %s and status = 'dead'", task["id"]
        )
        for task in (one, other)
    ]
    assert open_letters[0] == open_letters[1]
