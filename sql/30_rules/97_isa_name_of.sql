create or replace function private.isa_name_of(project public.projects) returns text
language sql immutable set search_path = ''
as $$
    select format('%s “%s”', case project.type when 'survey' then 'a pesquisa' when 'campaign' then 'a campanha' else 'o atendimento' end, project.name);
$$;
comment on function private.isa_name_of(public.projects) is 'A project in Portuguese words, with its article.';
