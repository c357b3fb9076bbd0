"""`renum chaos`: many leads, several instances, parts that are killed on the way, and a count of what came of it.

A stack of its own, a started project, leads who write in bursts and sometimes while a turn is running. On the way every
webhook, message or status, may be doubled and overtaken, and is sent again until it gets its 200. Meanwhile instances
of the functions and PostgREST are killed, Postgres is restarted. When everything is quiet it is counted, from the rows
and from what the simulator received, never from what an instance says:

- `inbound`: distinct messages (wamids) the leads wrote.
- `answered`: those that lie in the range `(from_seq, to_seq]` of exactly one committed or partial turn, whose reply the
  simulator accepted.
- `failed`: those that a dead letter speaks for: their turn's or their reply's row in failed_tasks.
- `lost`: those that are neither, whether never stored, never in a turn, or in a turn whose reply never arrived; and
  replies that the simulator accepted but no row knows (a committed row that vanished).
- `duplicated`: every time too many that a message is stored, that it lies in a turn's range, or that the simulator
  accepted the same reply (it carries its delivery's id as biz_opaque_callback_data).
- `reordered`: replies that the simulator accepted after a later one of the same lead; and messages stored before one of
  the same lead that we had acknowledged before they were first sent. Of messages that were on their way at the same
  time nothing can be said: the network is free to turn them round.
- `overlapping_leases`: pairs of turns of one thread whose times [started_at, finished_at) overlap.
- `deadlocks`: lines "deadlock detected" in the database server's log, over all its restarts.
- `kills`: signals sent to instances, PostgREST and Postgres. `seconds`: from the first message until all was quiet.
"""
