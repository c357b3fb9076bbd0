-- pgmq.create is not idempotent in every version that hosted Supabase has had.
do $$
declare
    q text;
begin
    foreach q in array array['high_priority', 'default', 'low_priority', 'failed_tasks'] loop
        if to_regclass(format('pgmq.%I', 'q_' || q)) is null then
            perform pgmq.create(q);
        end if;
    end loop;
end
$$;
