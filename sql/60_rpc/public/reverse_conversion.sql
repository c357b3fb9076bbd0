create or replace function public.reverse_conversion(conversion_id uuid, reason text) returns public.conversions
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    v public.conversions;
    why text := btrim(coalesce(reverse_conversion.reason, ''));
begin
    if not private.is_admin() then
        raise exception 'only an admin takes back a conversion' using errcode = '42501';
    end if;
    select * into v from public.conversions as x where x.id = reverse_conversion.conversion_id;
    if not found then
        raise exception 'there is no such conversion' using errcode = 'PT404';
    end if;
    if why = '' or char_length(why) > 1000 then
        raise exception 'reason must be a text of 1 to 1000 characters' using errcode = '22023';
    end if;
    -- Lock order: threads, the lead, what hangs on it.
    perform private.lock_threads(array(select t.id from private.threads as t where t.client_id = v.client_id and t.lead_id = v.lead_id));
    perform from public.leads as l where l.id = v.lead_id for no key update;
    select * into strict v from public.conversions as x where x.id = v.id for no key update;
    if v.reversed_at is not null then
        return v;
    end if;
    update public.conversations as c set customer_client_id = null where c.client_id = v.client_id and c.lead_id = v.lead_id and c.customer_client_id = v.made_client_id;
    update public.qualifications as q set status = 'reversed', reason = why where q.id = v.qualification_id;
    update public.leads as l set qualified_at = null where l.id = v.lead_id;
    -- Nothing that its people may have made meanwhile is deleted. Without people and active status nobody sees it, and nothing goes out.
    update public.projects as p set status = 'paused' where p.client_id = v.made_client_id and p.status = 'active';
    update public.client_members as m set status = 'removed' where m.client_id = v.made_client_id and m.status <> 'removed';
    update public.clients as k set status = 'inactive' where k.id = v.made_client_id;
    update public.conversions as x set reversed_at = private.now(), reversed_by = private.current_profile_id(), reason = why where x.id = v.id returning * into v;
    perform private.audit(v.client_id, 'conversion_reversed', 'lead', v.lead_id, jsonb_build_object(
        'conversion_id', v.id, 'qualification_id', v.qualification_id, 'client_id', v.made_client_id, 'project_id', v.made_project_id
    ));
    perform private.audit(v.made_client_id, 'client_deactivated', 'client', v.made_client_id, jsonb_build_object('by', 'conversion_reversed'));
    return v;
end
$$;
comment on function public.reverse_conversion(uuid, text) is
'Admins: takes back that a lead became a client. The client becomes inactive and its people lose their access, its running projects pause, the conversation is one with a lead again, who may qualify anew. Nothing is deleted. Idempotent. Returns the conversions row.';
