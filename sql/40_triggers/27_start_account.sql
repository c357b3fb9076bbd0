create or replace function private.start_account() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    new.stopped_reason := null;
    -- What waited for it need not wait for the next look.
    -- Whoever holds one of them looks at its account anyway; nobody is waited for under the account's lock.
    update public.deliveries as d
    set due_at = private.now()
    where d.id in (
        select x.id from public.deliveries as x
        where x.client_id = new.client_id and x.channel_account_id = new.id and x.status = 'deferred' and x.reason like 'the channel account is %'
        for no key update skip locked
    );
    return new;
end
$$;
comment on function private.start_account() is 'Trigger: an account that sends again forgets why it had stopped, and what waited for it goes on.';

create or replace trigger _500_start_account before update of status on public.channel_accounts
for each row when (new.status = 'active' and old.status <> 'active') execute function private.start_account();
