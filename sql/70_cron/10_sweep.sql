create or replace function private.setup_sweep_cron() returns text
language plpgsql set search_path = ''
as $$
begin
    begin
        perform cron.schedule('sweep', '1 seconds', 'select private.sweep()');
        return 'sweep runs every second';
    exception
        when others then
            -- pg_cron before 1.5 knows minutes only.
            perform cron.schedule('sweep', '* * * * *', 'select private.sweep()');
            return 'sweep runs every minute';
    end;
end
$$;
comment on function private.setup_sweep_cron() is 'Schedules private.sweep() every second, or every minute where pg_cron knows no seconds. Idempotent; says which.';

select private.setup_sweep_cron();
