create or replace function public.preview_audience(project_id uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
    if not exists (select from public.projects as p where p.id = preview_audience.project_id and p.client_id in (select private.visible_client_ids())) then
        raise exception 'there is no such project' using errcode = 'PT404';
    end if;
    return (
        select jsonb_build_object(
            'count', coalesce(sum(a.leads) filter (where a.left_out is null), 0),
            'left_out', coalesce(jsonb_object_agg(a.left_out, a.leads) filter (where a.left_out is not null), '{}')
        )
        from (select b.left_out, count(*) as leads from private.audience(preview_audience.project_id) as b group by b.left_out) as a
    );
end
$$;
comment on function public.preview_audience(uuid) is
'How many leads a project would interview if it started now, and how many are left out, by reason: {"count", "left_out": {"opted_out": 2}}. Read-only.';
