"""A delivery that raises an error when it is claimed: its own affair."""

from __future__ import annotations

from tests.database.builders import Tenant

# The rules themselves are broken for one delivery, here, in this file's own database.
POISON = """
create or replace function private.is_initiated(delivery public.deliveries) returns boolean language plpgsql as $$
begin
    if delivery.id = '{0}' then
        raise exception 'no such thing';
    end if;
    return true;
end
$$
"""


def test_its_neighbours_are_claimed_and_it_ends_as_a_dead_letter(tenant: Tenant) -> None:
    """Again after 1, 5 and 25 seconds, as any failed attempt; another client's invitation is claimed all the while."""
    world = tenant.world
    neighbour = world.tenant()
    for one in (tenant, neighbour):
        one.lead()
        one.start(one.project())
    poison = tenant.one("select id from public.deliveries")
    world.all(POISON.format(poison))
    assert [task["client_id"] for task in world.claim("default")] == [neighbour.id]
    for seconds in (1, 5, 25):
        world.later(seconds + 1)
        assert poison not in [task["id"] for task in world.claim("default")]
    assert tenant.all("select status::text, attempts, reason from public.deliveries") == [
        ("failed", 4, "no such thing")
    ]
    assert tenant.one("select error ->> 'message' from public.failed_tasks") == "no such thing"
