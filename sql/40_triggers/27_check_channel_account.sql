create or replace function private.check_channel_account() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    secret text := (select min(k) from private.providers as p cross join unnest(p.credentials) as k where new.config ? k);
begin
    if secret is not null then
        raise exception 'config holds no credentials, and has %', secret
        using errcode = '22023', hint = 'Credentials go in through the function channel_credentials (renum channel credentials): encrypted, and never read again.';
    end if;
    return new;
end
$$;
comment on function private.check_channel_account() is
'Trigger: what is a credential of any provider is no setting: staff see config, and it is stored as it was written. SECURITY DEFINER: people may not read private.providers.';

create or replace trigger _100_check_channel_account before insert or update of config on public.channel_accounts
for each row execute function private.check_channel_account();
