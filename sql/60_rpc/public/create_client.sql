create or replace function public.create_client(company_name text, owner_email text, cnpj text default null, plan public.client_plan default 'basic')
returns public.clients
language plpgsql security definer set search_path = ''
as $$
declare
    made public.clients;
begin
    if not private.is_admin() then
        raise exception 'only an admin creates clients' using errcode = '42501';
    end if;
    select c.* into made
    from public.clients as c
    join public.client_members as m on m.client_id = c.id and m.role = 'owner' and m.email = lower(btrim(create_client.owner_email))
    where c.company_name = btrim(create_client.company_name);
    if found then
        return made;
    end if;
    insert into public.clients (company_name, cnpj, plan)
    values (btrim(create_client.company_name), upper(regexp_replace(create_client.cnpj, '[./\s-]', '', 'g')), create_client.plan)
    returning * into made;
    perform private.add_member(made.id, create_client.owner_email, 'owner');
    select c.* into made from public.clients as c where c.id = made.id;
    return made;
end
$$;
comment on function public.create_client(text, text, text, public.client_plan) is
'Admins: makes a client and invites its owner by e-mail address. Idempotent for the same company name and owner. Returns the clients row.';
