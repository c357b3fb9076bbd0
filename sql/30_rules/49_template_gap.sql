create or replace function private.template_gap(name text, body text, parameters text[], in_portuguese boolean default false) returns text
language plpgsql immutable set search_path = ''
as $$
declare
    given integer := cardinality(parameters);
    needed integer;
    names text;
begin
    -- The message as it is sent fills the body's numbered variables and nothing else.
    select string_agg(distinct '{{' || (m.n)[1] || '}}', ', ') into names
    from regexp_matches(template_gap.body, '\{\{\s*(\w*[[:alpha:]_]\w*)\s*\}\}', 'g') as m (n);
    if names is not null then
        return format(
            case
                when in_portuguese then 'o modelo %s tem variáveis com nome (%s); só as numeradas, como {{1}}, podem ser preenchidas'
                else 'template %s has named variables (%s): only numbered ones, such as {{1}}, can be filled'
            end,
            template_gap.name, names
        );
    end if;
    needed := private.template_variables(template_gap.body);
    if given < needed then
        select string_agg('{{' || n || '}}', ', ' order by n) into names from generate_series(given + 1, needed) as n;
        return format(
            case
                when in_portuguese then 'o modelo %s não diz o que entra em %s: a lista parameters precisa de %s, e tem %s'
                else 'template %s does not say what stands for %s: parameters must name %s, and names %s'
            end,
            template_gap.name, names, needed, given
        );
    end if;
    if given > needed then
        return format(
            case
                when in_portuguese then 'o modelo %s tem %s no texto, mas a lista parameters tem %s'
                else 'template %s has %s in its body, but parameters names %s'
            end,
            template_gap.name,
            case needed
                when 0 then case when in_portuguese then 'nenhuma variável' else 'no variable' end
                else case when in_portuguese then 'variáveis só até {{' else 'variables up to {{' end || needed || '}}'
            end,
            given
        );
    end if;
    return null;
end
$$;
comment on function private.template_gap(text, text, text[], boolean) is
'What is amiss between a template''s body and its parameters, as a sentence without a full stop; null when there is exactly one parameter for each numbered variable.';
