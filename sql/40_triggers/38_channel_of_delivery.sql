create or replace function private.channel_of_delivery() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    new.channel := coalesce((select a.channel from public.channel_accounts as a where a.id = new.channel_account_id and a.client_id = new.client_id), new.channel);
    return new;
end
$$;
comment on function private.channel_of_delivery() is 'Trigger: a delivery goes over its account''s channel.';

create or replace trigger _050_channel_of_delivery before insert on public.deliveries
for each row execute function private.channel_of_delivery();
