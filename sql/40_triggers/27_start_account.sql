create or replace function private.start_account() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    new.stopped_reason := null;
    -- What waited for it need not wait for the next look.
    update public.deliveries as d
    set due_at = private.now()
    where d.client_id = new.client_id and d.channel_account_id = new.id and d.status = 'deferred' and d.reason like 'the channel account is %';
    return new;
end
$$;
comment on function private.start_account() is 'Trigger: an account that sends again forgets why it had stopped, and what waited for it goes on.';

create or replace trigger _500_start_account before update of status on public.channel_accounts
for each row when (new.status = 'active' and old.status <> 'active') execute function private.start_account();
