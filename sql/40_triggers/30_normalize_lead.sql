create or replace function private.normalize_lead() returns trigger
language plpgsql set search_path = ''
as $$
declare
    given text := new.phone;
begin
    if given is not null then
        new.phone := private.normalize_phone(given);
        if new.phone is null and btrim(given) <> '' then
            raise exception 'phone % cannot be a telephone number', quote_literal(left(given, 100))
                using errcode = '22023', hint = 'Give the area code and number, e.g. (11) 98765-4321, or the international form, e.g. +5511987654321.';
        end if;
    end if;
    new.name := nullif(btrim(regexp_replace(new.name, '[[:cntrl:]]', ' ', 'g')), '');
    new.email := nullif(lower(btrim(new.email)), '');
    if not private.is_email(new.email) then
        raise exception 'email % is not an e-mail address', quote_literal(left(new.email, 100)) using errcode = '22023';
    end if;
    return new;
end
$$;
comment on function private.normalize_lead() is 'Trigger: phones to E.164, names and e-mail addresses trimmed; what can be neither number nor address is refused.';

create or replace trigger _100_normalize_lead before insert or update of phone, name, email on public.leads
for each row execute function private.normalize_lead();
