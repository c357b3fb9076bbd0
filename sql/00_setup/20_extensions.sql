-- No versions: hosted Supabase ignores them and will refuse them.
create extension if not exists pgmq;
create extension if not exists pg_net with schema extensions;
create extension if not exists pg_cron;
