"""The real pg_cron runs the sweep. Last in the run: the job has had its minute by then."""

from __future__ import annotations

import psycopg

from devstack.server import Server
from tests.postgres15.conftest import LIVE, tell_again
from tests.stack import until


def test_the_sweep_ran_by_itself(live: str, cluster: Server) -> None:
    """When it is due (by the minute, where pg_cron knows no seconds), as role postgres, to a good end."""
    runs = "select distinct command, username, status from cron.job_run_details where status in ('succeeded', 'failed')"
    with psycopg.connect(live, autocommit=True) as superuser:
        if not superuser.execute(runs).fetchall():
            # What the other tests did may have hidden the job from pg_cron as well; now all is quiet.
            tell_again(cluster.dsn(LIVE, "postgres"))
        found = until(lambda: superuser.execute(runs).fetchall(), 90, "the sweep")
        assert found == [("select private.sweep()", "postgres", "succeeded")]
