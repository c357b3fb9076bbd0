create or replace function private.isa_word(status text) returns text
language sql immutable set search_path = ''
as $$
    select case isa_word.status
        when 'draft' then 'rascunho'
        when 'active' then 'em andamento'
        when 'paused' then 'em pausa'
        when 'completed' then 'concluída'
        when 'cancelled' then 'cancelada'
        when 'in_progress' then 'em andamento'
        when 'pending' then 'pendente'
        else isa_word.status
    end;
$$;
comment on function private.isa_word(text) is 'The status of a project or an interview in Portuguese.';
