create or replace function private.await_word(delivery_id uuid, error jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
begin
    update public.deliveries as x
    set status = 'unknown', error = await_word.error, due_at = private.now() + make_interval(secs => private.setting_int('unknown_grace_s'))
    where x.id = await_word.delivery_id
    returning * into d;
    perform pgmq.set_vt(d.queue, d.task_id, private.setting_int('unknown_grace_s'));
end
$$;
comment on function private.await_word(uuid, jsonb) is
'A send that may have left is unknown: for the grace period (unknown_grace_s) only the provider''s word decides. Its claim stays good for the result that comes late. The caller holds its row''s lock.';
