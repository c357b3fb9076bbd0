"""The life of a file's task: claimed by one instance, stored once, retried, expired or buried; each client within its
share."""

from __future__ import annotations

from typing import Any

import pytest

from tests.database.builders import JSON, Interview, Tenant, World

BYTES: JSON = {"size": 3, "mime_type": "image/jpeg", "sha256": "ab" * 32}


@pytest.fixture(autouse=True)
def bucket(world: World) -> None:
    """Storage is configured."""
    world.setting("media_bucket", "media")


def files(world: World, *, limit: int = 50) -> list[JSON]:
    """The files' tasks that a claim gives."""
    return [task for task in world.claim("default", limit=limit) if task["task"] == "media"]


def save(world: World, task: JSON) -> str:
    """Reports a file as stored."""
    answer: JSON = world.worker("save_media", media_id=task["id"], claim=task["claim"], **BYTES)
    return str(answer["verdict"])


def state(tenant: Tenant) -> tuple[str, int, Any]:
    """Status, attempts and error code of the only file."""
    status, attempts, code = tenant.world.row("select status::text, attempts, error ->> 'code' from public.media")
    return status, attempts, code


def test_a_file_is_a_task_of_its_own(interview: Interview) -> None:
    """With everything needed to fetch it, on the queue of what nobody waits for; the message is answered meanwhile."""
    interview.tenant.ingest(interview.tenant.picture(interview.wa_id, id="77", mime_type="image/png", sha256="aa"))
    (task,) = files(interview.world)
    media = interview.world.row("select id, message_id from public.media")
    assert task["id"] == media[0]
    assert task["work"] == {
        "id": media[0],
        "channel_account_id": interview.tenant.account,
        "provider_media_id": "77",
        "provider_url": None,
        "mime_type": "image/png",
        "sha256": "aa",
        "bucket": "media",
        "path": f"{interview.tenant.id}/{interview.lead}/{media[0]}",
        "max_bytes": 20 * 1024 * 1024,
    }
    assert interview.claim()["work"]["input"][0]["id"] == media[1]
    assert files(interview.world) == [], "it is claimed"


def test_a_stored_file_says_where_it_is(interview: Interview) -> None:
    """And the claim is good for one report."""
    world = interview.world
    interview.tenant.ingest(interview.tenant.picture(interview.wa_id))
    (task,) = files(world)
    assert [save(world, task), save(world, task)] == ["saved", "stale"]
    status, path, size, digest = world.row("select status::text, storage_path, size, sha256 from public.media")
    assert (status, path, size, digest) == ("stored", task["work"]["path"], 3, "ab" * 32)
    assert world.queued("default") == 0


def test_an_instance_that_died_is_an_attempt(interview: Interview) -> None:
    """Its claim lapses, another gets the file, and what the first reports after all is too late."""
    world = interview.world
    interview.tenant.ingest(interview.tenant.picture(interview.wa_id))
    (first,) = files(world)
    world.later(31)
    assert files(world) == [], "noticed now, and put off like any failed attempt"
    world.later(1)
    (second,) = files(world)
    assert (second["attempt"], second["claim"] != first["claim"]) == (2, True)
    assert [save(world, first), save(world, second)] == ["stale", "saved"]


def test_a_claim_is_extended_while_it_is_held(interview: Interview) -> None:
    """A slow download keeps its file; a lost claim is said to be lost."""
    world = interview.world
    interview.tenant.ingest(interview.tenant.picture(interview.wa_id))
    (task,) = files(world)
    assert world.worker("extend_task", task="media", id=task["id"], claim=task["claim"], visibility_s=300) is True
    world.later(31)
    assert files(world) == []
    world.later(300)
    assert files(world) == []
    assert world.worker("extend_task", task="media", id=task["id"], claim=task["claim"], visibility_s=30) is False


def test_a_failure_is_tried_again_and_buried(interview: Interview) -> None:
    """After 1, 5 and 25 seconds; then a dead letter that can be replayed, with all its attempts."""
    world, tenant = interview.world, interview.tenant
    tenant.ingest(tenant.picture(interview.wa_id))
    error = {"code": "unreachable", "message": "x"}
    waits = []
    for _ in range(4):
        (task,) = files(world)
        failure = world.worker(
            "fail_task", task="media", id=task["id"], claim=task["claim"], error=error, retryable=True
        )
        waits.append(failure["retry_in_ms"])
        assert files(world) == [], "not before its time"
        world.later(26)
    assert waits == [1000, 5000, 25000, None]
    assert state(tenant) == ("failed", 4, "unreachable")
    letter = tenant.one("select id from public.failed_tasks where task = 'media'")
    tenant.all("select public.replay_failed_task(%s)", letter)
    (task,) = files(world)
    assert (task["attempt"], save(world, task)) == (1, "saved")
    assert tenant.one("select status::text from public.failed_tasks") == "resolved"


def test_throttling_postpones_and_does_not_count(interview: Interview) -> None:
    """However often: the provider's limit is nobody's fault."""
    world, tenant = interview.world, interview.tenant
    tenant.ingest(tenant.picture(interview.wa_id))
    error = {"code": "130429", "message": "x", "retry_after_ms": 2000}
    for _ in range(6):
        (task,) = files(world)
        failure = world.worker(
            "fail_task", task="media", id=task["id"], claim=task["claim"], error=error, retryable=True
        )
        assert failure == {"outcome": "retry", "retry_in_ms": 2000}
        assert files(world) == []
        world.later(2)
    assert state(tenant) == ("waiting", 0, "130429")


def test_a_permanent_failure_is_buried_at_once(interview: Interview) -> None:
    """And a poison file that kills its instances ends, too."""
    world, tenant = interview.world, interview.tenant
    tenant.ingest(tenant.picture(interview.wa_id))
    (task,) = files(world)
    error = {"code": "gone", "message": "x"}
    failure = world.worker("fail_task", task="media", id=task["id"], claim=task["claim"], error=error, retryable=False)
    assert (failure["outcome"], state(tenant)) == ("dead", ("failed", 1, "gone"))
    tenant.ingest(tenant.picture(interview.wa_id))
    for _ in range(4):
        assert len(files(world)) == 1
        world.later(31)
        assert files(world) == []
        world.later(25)
    assert files(world) == []
    assert tenant.all("select error ->> 'code' from public.failed_tasks order by created_at") == [
        ("gone",),
        ("no_result",),
    ]


def test_what_the_provider_has_deleted_is_not_asked_for(interview: Interview) -> None:
    """Expired, with the last error where there was one, and nobody's dead letter."""
    world, tenant = interview.world, interview.tenant
    tenant.ingest(tenant.picture(interview.wa_id))
    (task,) = files(world)
    error = {"code": "http_503", "message": "x"}
    world.worker("fail_task", task="media", id=task["id"], claim=task["claim"], error=error, retryable=True)
    world.all("update public.media set fetch_before = now()")
    world.later(5)
    assert files(world) == []
    assert state(tenant) == ("expired", 1, "expired")
    assert world.one("select error #>> '{last,code}' from public.media") == "http_503"
    assert (world.queued("default"), world.one("select count(*) from public.failed_tasks")) == (0, 0)


@pytest.mark.parametrize(
    ("occurred_at", "days"), [(None, 7), ("2999-01-01T00:00:00Z", 7), ("2020-01-01T00:00:00Z", -1)]
)
def test_the_time_runs_from_when_it_was_sent(tenant: Tenant, occurred_at: Any, days: int) -> None:
    """A webhook that says nothing, or something of the future, is taken as sent now."""
    tenant.ingest({**tenant.picture("5521987650000"), "occurred_at": occurred_at})
    left = tenant.one("select extract(epoch from fetch_before - now()) / 86400 from public.media")
    assert (days - 0.01 < left <= days) if days > 0 else left < 0


def test_a_client_has_its_share_of_the_queue(tenant: Tenant, other: Tenant) -> None:
    """The rest waits in its rows and follows; what the provider deletes first goes first."""
    world = tenant.world
    world.setting("admitted_media", 2)
    tenant.ingest(*(tenant.picture("5521987650000", id=str(n), keeps_s=1000 - n) for n in range(5)))
    other.ingest(other.picture("5521987650001"))
    tasks = files(world)
    mine = [task for task in tasks if task["client_id"] == tenant.id]
    assert (len(tasks), {task["work"]["provider_media_id"] for task in mine}) == (3, {"4", "3"})
    save(world, mine[0])
    assert [task["work"]["provider_media_id"] for task in files(world)] == ["2"]
    waiting = dict(tenant.all("select queue, waiting from public.queue_metrics()"))
    assert waiting["default"] == 2


def test_the_sweep_lets_in_what_waits_and_rings(tenant: Tenant) -> None:
    """Also where the ring was lost and nothing of the client's ever finishes."""
    world = tenant.world
    world.setting("functions_url", "http://127.0.0.1:1")
    world.setting("admitted_media", 0)
    tenant.ingest(tenant.picture("5521987650000"))
    assert world.queued("default") == 0
    world.setting("admitted_media", 20)
    assert "deliver" in world.one("select private.sweep()")["rung"]
    assert len(files(world)) == 1


def test_an_edited_picture_is_a_file_of_its_own(interview: Interview) -> None:
    """Beside the one it was before."""
    tenant = interview.tenant
    first = tenant.picture(interview.wa_id, id="1")
    edited = tenant.picture(interview.wa_id, id="2")
    edited["message"] |= {"type": "edit", "text": "a fila", "amends": first["provider_id"]}
    tenant.ingest(first, edited)
    assert tenant.all("select provider_media_id from public.media order by 1") == [("1",), ("2",)]


def test_a_file_of_a_message_repeated_is_one(interview: Interview) -> None:
    """In one webhook, in another, and in the middle of others' messages."""
    tenant = interview.tenant
    item = tenant.picture(interview.wa_id)
    tenant.ingest(tenant.message(interview.wa_id, "oi"), item, item, tenant.picture("5521987650000"))
    tenant.ingest(item)
    kinds = tenant.all("select message_kind, count(*) from public.media group by 1 order by 1")
    assert kinds == [("interview_messages", 1), ("messages", 1)]


def test_another_tenants_people_see_nothing_of_it(tenant: Tenant, other: Tenant) -> None:
    """Neither the row nor, by Storage's policies, the file."""
    world = tenant.world
    tenant.ingest(tenant.picture("5521987650000"))
    (task,) = files(world)
    path = task["work"]["path"]
    world.all("insert into storage.buckets (id, name) values ('media', 'media') on conflict do nothing")
    put = "insert into storage.objects (bucket_id, name) values ('media', %s)"
    with world.acting("renum_files") as storage:
        storage.all(put, path)
    save(world, task)
    for who, expected in ((tenant, 1), (other, 0)):
        assert who.one("select count(*) from public.media") == expected
        assert who.one("select count(*) from storage.objects") == expected
    world.all("delete from storage.objects")
    for wrong in (path, f"{path}x", f"{other.id}/{path.partition('/')[2]}", "x", ""):
        with pytest.raises(Exception, match="row-level security"), world.acting("renum_files") as storage:
            storage.all(put, wrong)
    with pytest.raises(Exception, match="row-level security"), tenant.session() as session:
        session.all(put, path)
