"""A person is one member of a client, whatever address they are known by."""

from __future__ import annotations

from tests.database.builders import Tenant

MEMBERS = "select email, status::text from public.client_members where profile_id = %s"


def _invite(tenant: Tenant, email: str) -> str:
    status: str = tenant.one("select status::text from public.invite_member(%s, %s, 'staff')", tenant.id, email)
    return status


def test_who_was_removed_is_invited_anew_under_a_new_address(tenant: Tenant) -> None:
    """The same place, under the address they confirmed since."""
    world = tenant.world
    person = world.user("joao@exemplo.com.br")
    _invite(tenant, "joao@exemplo.com.br")
    tenant.all("select public.remove_member(id) from public.client_members where profile_id = %s", person)
    world.all("update auth.users set email = 'joao@novo.com.br' where id = %s", person)
    assert _invite(tenant, "joao@novo.com.br") == "active"
    assert world.all(MEMBERS, person) == [("joao@novo.com.br", "active")]


def test_an_invitation_to_ones_next_address_does_not_keep_one_from_moving_there(tenant: Tenant) -> None:
    """The change of address goes through; invited again, there is one place, not two."""
    world = tenant.world
    person = world.user("maria@exemplo.com.br")
    _invite(tenant, "maria@exemplo.com.br")
    assert _invite(tenant, "maria@novo.com.br") == "invited"
    world.all("update auth.users set email = 'maria@novo.com.br' where id = %s", person)
    assert world.all(MEMBERS, person) == [("maria@exemplo.com.br", "active")]
    assert _invite(tenant, "maria@novo.com.br") == "active"
    assert world.all(MEMBERS, person) == [("maria@novo.com.br", "active")]
    assert world.one("select count(*) from public.client_members where email like 'maria%%'") == 1
