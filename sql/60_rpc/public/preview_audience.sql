create or replace function public.preview_audience(project_id uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
    project public.projects;
    account public.channel_accounts;
    template public.message_templates;
    answer jsonb;
begin
    select p.* into project from public.projects as p where p.id = preview_audience.project_id and p.client_id in (select private.visible_client_ids());
    if not found then
        raise exception 'there is no such project' using errcode = 'PT404';
    end if;
    select jsonb_build_object(
        'count', coalesce(sum(a.leads) filter (where a.left_out is null), 0),
        'left_out', coalesce(jsonb_object_agg(a.left_out, a.leads) filter (where a.left_out is not null), '{}')
    ) into answer
    from (select b.left_out, count(*) as leads from private.audience(project.id) as b group by b.left_out) as a;
    select a.* into account from public.channel_accounts as a where a.id = coalesce(project.channel_account_id, private.account_for(project.client_id, null));
    template := private.template_for(project.client_id, account.id, 'invitation', project.config #>> '{invitation,template}');
    return answer || jsonb_build_object(
        'cost', private.message_cost(account.provider, template.category, (answer ->> 'count')::integer),
        'limit', private.daily_room(project) - 'audience'
    );
end
$$;
comment on function public.preview_audience(uuid) is
'What starting a project now would do: {"count": leads it would interview, "left_out": {"opted_out": 2}, "cost": what their invitations cost by the price list {"currency", "amount", "per_message", "category"} or null where no price is known, "limit": whether they fit into the account''s daily limit {"daily_limit", "used_24h", "waiting", "free", "needed", "fits", "days"} or null where there is none}. Read-only.';
