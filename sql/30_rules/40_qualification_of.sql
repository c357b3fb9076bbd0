create or replace function private.qualification_of(lead_id uuid) returns public.qualifications
language sql stable security definer set search_path = ''
as $$
    select q
    from public.qualifications as q
    where q.lead_id = qualification_of.lead_id and q.client_id = (select l.client_id from public.leads as l where l.id = qualification_of.lead_id)
        and (
            q.status in ('open', 'qualified')
            or (q.status = 'not_qualified' and q.decided_at > private.now() - make_interval(days => private.setting_int('requalify_days')))
        )
    order by q.created_at desc
    limit 1;
$$;
comment on function private.qualification_of(uuid) is 'The qualification of a lead that counts: not one that was taken back, nor one that was not enough so long ago that the lead may be asked again.';
