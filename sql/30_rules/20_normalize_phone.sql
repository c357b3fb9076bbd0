create or replace function private.normalize_phone(phone text) returns text
language plpgsql immutable set search_path = ''
as $$
declare
    international boolean := btrim(phone) ~ '^(\+|00)';
    digits text := regexp_replace(phone, '[^0-9]', '', 'g');
begin
    if phone is null or btrim(phone) = '' then
        return null;
    end if;
    digits := regexp_replace(digits, '^00', '');
    -- A number without a country is Brazilian: DDD (two digits, neither 0) and 8 or 9 digits, perhaps after a trunk 0.
    if not international then
        digits := regexp_replace(digits, '^0', '');
        if digits ~ '^[1-9][1-9][2-9][0-9]{7,8}$' then
            digits := '55' || digits;
        elsif digits not like '55%' then
            -- A local number without its area code, say. As an international one it would be somebody else's.
            return null;
        end if;
    end if;
    -- Brazilian mobiles have had nine digits since 2016; older lists and WhatsApp's own ids may lack the first 9.
    if digits ~ '^55[1-9][1-9][6-9][0-9]{7}$' then
        digits := left(digits, 4) || '9' || substr(digits, 5);
    end if;
    if digits !~ '^[1-9][0-9]{7,14}$' or (digits like '55%' and digits !~ '^55[1-9][1-9](9[0-9]{8}|[2-5][0-9]{7})$') then
        return null;
    end if;
    -- The country codes that are given out to countries and networks (ITU-T E.164): nobody has a number under another one.
    if digits !~ ('^(1|7|2[07]|21[12368]|2[2346][0-9]|25[0-8]|29[01789]|3[0-469]|3[57][0-9]|38[0-35-79]|4[013-9]|42[013]|5[1-8]|5[09][0-9]'
        || '|6[0-6]|67[02-9]|68[0-35-9]|69[0-2]|8[1246]|85[02356]|87[08]|88[012368]|9[0-58]|96[0-8]|97[0-7]|99[2-68])') then
        return null;
    end if;
    return '+' || digits;
end
$$;
comment on function private.normalize_phone(text) is
'A phone number in E.164; null if it cannot be one, or is of no country. Without + or 00 it is taken as Brazilian, with or without 55; a mobile''s missing ninth digit is put in.';
