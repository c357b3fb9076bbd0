create or replace function private.settle_qualification(thread private.threads, conversation public.conversations) returns text
language plpgsql security definer set search_path = ''
as $$
begin
    return null;
end
$$;
comment on function private.settle_qualification(private.threads, public.conversations) is
'Carries out, in the commit of a turn, what a decided qualification leads to; what the lead is told of it, or null. Called under the thread''s lock.';
