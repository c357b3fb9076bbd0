create or replace function private.keep_opted_out() returns trigger
language plpgsql set search_path = ''
as $$
begin
    raise exception 'a lead who opted out cannot be deleted: the next import would write to it again'
        using errcode = '42501', hint = 'Set its status to blocked, or remove its name and e-mail address.';
end
$$;
comment on function private.keep_opted_out() is 'Trigger: an opt-out is not forgotten by deleting the lead.';

create or replace trigger _100_keep_opted_out before delete on public.leads
for each row when (old.opted_out_at is not null) execute function private.keep_opted_out();
