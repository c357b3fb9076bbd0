-- What pgmq 1.4.4 offers of the functions that RENUM calls, by name, arguments and result, in the place of the newer pgmq that is
-- installed: whatever else a function of ours calls is not found any more. For a transaction that is rolled back.
-- Source: https://github.com/pgmq/pgmq, pgmq-extension/sql/pgmq.sql as of 1.4.4.
do $$
declare
    f regprocedure;
begin
    for f in
        select p.oid from pg_catalog.pg_proc as p
        where p.pronamespace = 'pgmq'::regnamespace
    loop
        execute format('alter extension pgmq drop function %s', f);
        execute format('drop function %s cascade', f);
    end loop;
end
$$;
alter extension pgmq drop type pgmq.message_record;
drop type pgmq.message_record cascade;
create type pgmq.message_record as (msg_id bigint, read_ct integer, enqueued_at timestamptz, vt timestamptz, message jsonb);

create function pgmq.create(queue_name text) returns void language sql as '';
create function pgmq.send(queue_name text, msg jsonb, delay integer default 0) returns setof bigint language sql as 'select 1::bigint';
create function pgmq.send_batch(queue_name text, msgs jsonb[], delay integer default 0) returns setof bigint language sql as 'select 1::bigint';
create function pgmq.read(queue_name text, vt integer, qty integer) returns setof pgmq.message_record language sql as 'select null::pgmq.message_record';
create function pgmq.set_vt(queue_name text, msg_id bigint, vt integer) returns setof pgmq.message_record language sql as 'select null::pgmq.message_record';
create function pgmq.delete(queue_name text, msg_id bigint) returns boolean language sql as 'select true';
create function pgmq.delete(queue_name text, msg_ids bigint[]) returns setof bigint language sql as 'select 1::bigint';
create function pgmq.archive(queue_name text, msg_id bigint) returns boolean language sql as 'select true';
create function pgmq.archive(queue_name text, msg_ids bigint[]) returns setof bigint language sql as 'select 1::bigint';
create function pgmq.metrics(queue_name text) returns pgmq.metrics_result language sql as 'select null::pgmq.metrics_result';
