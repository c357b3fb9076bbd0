create or replace function public.take_over(lead_id uuid) returns setof public.conversations
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    lead public.leads;
    ids uuid[];
begin
    select * into lead from public.leads as l where l.id = take_over.lead_id and l.client_id in (select private.visible_client_ids());
    if not found then
        raise exception 'there is no such lead' using errcode = 'PT404';
    end if;
    ids := array(select t.id from private.threads as t where t.client_id = lead.client_id and t.lead_id = lead.id order by t.id);
    perform private.lock_threads(ids);
    return query
    select c.*
    from unnest(ids) as u (id)
    cross join lateral private.hand_over(u.id, 'a person took over', private.current_profile_id()) as h (conversation_id)
    join public.conversations as c on c.id = h.conversation_id;
end
$$;
comment on function public.take_over(uuid) is
'A client''s people: from now on a person has the dialogue with a lead. A turn under way says nothing any more, what an agent has not sent yet is cancelled, a running interview ends as handed_over. Idempotent. Returns the conversations.';
