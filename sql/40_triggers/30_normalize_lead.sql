create or replace function private.normalize_lead() returns trigger
language plpgsql set search_path = ''
as $$
begin
    new.phone := private.checked_phone(new.phone);
    if tg_op = 'UPDATE' and current_user in ('authenticated', 'service_role') then
        if old.opted_out_at is not null and old.phone is distinct from new.phone and old.phone is not null then
            raise exception 'a lead who opted out keeps its number: the next import would write to it again'
                using errcode = '42501', hint = 'Another number is another lead.';
        end if;
    end if;
    new.name := nullif(btrim(regexp_replace(new.name, '[[:cntrl:]]', ' ', 'g')), '');
    new.email := nullif(lower(btrim(new.email)), '');
    if not private.is_email(new.email) then
        raise exception 'email % is not an e-mail address', quote_literal(left(new.email, 100)) using errcode = '22023';
    end if;
    if new.time_zone is not null and new.time_zone ~ '/' then
        begin
            perform now() at time zone new.time_zone;
        exception when invalid_parameter_value then
            raise exception 'time_zone % is not known', quote_literal(left(new.time_zone, 100)) using errcode = '22023', hint = 'For example America/Sao_Paulo, America/Manaus or America/Noronha.';
        end;
    end if;
    return new;
end
$$;
comment on function private.normalize_lead() is 'Trigger: phones to E.164, names and e-mail addresses trimmed; what can be neither number nor address is refused, and so is taking the number from a lead who opted out.';

create or replace trigger _100_normalize_lead before insert or update of phone, name, email, time_zone on public.leads
for each row execute function private.normalize_lead();
