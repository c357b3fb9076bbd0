create or replace function private.check_template() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    gap text;
begin
    -- What the provider says is taken as it is; private.template_for leaves alone what cannot be used.
    if new.synced_at is not null and (tg_op = 'INSERT' or new.synced_at is distinct from old.synced_at) then
        return new;
    end if;
    if tg_op = 'UPDATE' and old.synced_at is not null and (new.status, new.category, new.body) is distinct from (old.status, old.category, old.body) then
        raise exception 'template % follows its provider: status, category and body are changed there', new.name
            using errcode = '42501', hint = 'Only parameters and purpose are chosen here. Change the rest at the provider, then fetch the list again: renum channel sync.';
    end if;
    if tg_op = 'INSERT' or (new.body, new.parameters) is distinct from (old.body, old.parameters) then
        gap := private.template_gap(new.name, new.body, new.parameters);
        if gap is not null then
            raise exception '%', gap using errcode = '22023', hint = 'parameters is a list in the order of the variables, such as {lead.first_name,client.company_name}.';
        end if;
    end if;
    return new;
end
$$;
comment on function private.check_template() is
'Trigger: a template names something for each variable of its body, and what the provider said of it stays the provider''s. What worker.save_templates and private.follow_template write passes as it is.';

create or replace trigger _100_check_template before insert or update on public.message_templates
for each row execute function private.check_template();
