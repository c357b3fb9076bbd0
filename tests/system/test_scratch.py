import os, signal, time, pytest
from tests.stack import until
from tests.system.survey import *
from tests.system.test_webhooks_survive_what_breaks import repeat_until_taken
@pytest.mark.parametrize("n", range(6))
def test_x(fragile, bakery, n):
    number = bakery.number.phone_number_id
    leads = bakery.invited(16)
    wamids = [new_wamid() for _ in leads]
    fragile.simulator.change_number(number, answer_delay_ms=150)
    before = fragile.pid("functions")
    items = [text_message(lead.phone, "sim", wamid) for lead, wamid in zip(leads, wamids, strict=True)]
    assert bakery.post(bakery.envelope(*items[:8])).status_code == 200
    sending = "select id from public.deliveries where client_id = %s and status = 'sending'"
    until(lambda: fragile.rows(sending, bakery.client_id), what="a send under way")
    time.sleep(0.03*n)
    os.kill(before, signal.SIGKILL)
    repeat_until_taken(bakery, bakery.envelope(*items[8:]))
    until(lambda: fragile.pid("functions") not in (None, before), what="another instance")
    fragile.simulator.change_number(number, answer_delay_ms=0)
    t = time.time()
    try:
        bakery.settled()
        print("settled in", time.time()-t)
    except AssertionError:
        for r in fragile.rows("select * from public.deliveries where client_id=%s and status not in ('delivered','sent')", bakery.client_id): print(r)
        for r in fragile.rows("select now(), * from private.threads where client_id=%s and (task_id is not null or lease is not null)", bakery.client_id): print(r)
        for r in fragile.rows("select now(), * from pgmq.q_high_priority"): print(r)
        print(fragile.simulator.numbers())
        os.system(f"tail -40 {fragile.directory}/logs/functions.log {fragile.directory}/logs/daemon.log")
        os.system(f"ls {fragile.directory}; cp -r {fragile.directory}/logs /tmp/lab/syslogs")
        raise
