create or replace function private.prompts_of(thread private.threads) returns text[]
language sql stable security definer set search_path = ''
as $$
    select array_agg(p.txt)
    from public.renus_config as r
    cross join lateral (
        select e.value as txt from jsonb_each_text(r.prompts) as e
        union all
        select s.config ->> 'prompt' from private.sub_agents_of(r) as s
    ) as p
    where r.id = thread.agent_id and p.txt is not null;
$$;
comment on function private.prompts_of(private.threads) is 'What the agent of a turn, and its specialists, were instructed with; null where nobody wrote anything.';
