create or replace function private.setup_tidy_cron() returns text
language plpgsql set search_path = ''
as $$
begin
    perform cron.schedule('tidy', '0 3 * * *', 'select private.pet_names()');
    return 'tidy runs at three';
end
$$;
comment on function private.setup_tidy_cron() is 'Schedules the tidying. Idempotent; says when.';

select private.setup_tidy_cron();
