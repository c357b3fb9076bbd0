-- Stand-in for citusdata/pg_cron 1.6: the hosted signatures, tables and access; devstack/cron.py runs the jobs.
-- Kept from the original: a named schedule is an upsert per name and user, users see their own jobs, cron.job is changed by functions only.
\echo Use "create extension pg_cron" to load this file. \quit

create schema cron;

create sequence cron.jobid_seq;
create table cron.job (
  jobid bigint primary key default nextval('cron.jobid_seq'),
  schedule text not null,
  command text not null,
  nodename text not null default 'localhost',
  nodeport int not null default current_setting('port')::int,
  database text not null default current_database(),
  username text not null default current_user,
  active boolean not null default true,
  jobname text,
  constraint jobname_username_uniq unique (jobname, username)
);
alter table cron.job enable row level security;
create policy cron_job_policy on cron.job using (username = current_user);

create sequence cron.runid_seq;
create table cron.job_run_details (
  jobid bigint,
  runid bigint primary key default nextval('cron.runid_seq'),
  job_pid integer,
  database text,
  username text,
  command text,
  status text,
  return_message text,
  start_time timestamptz,
  end_time timestamptz
);
alter table cron.job_run_details enable row level security;
create policy cron_job_run_details_policy on cron.job_run_details using (username = current_user);

select pg_catalog.pg_extension_config_dump('cron.job', '');
select pg_catalog.pg_extension_config_dump('cron.jobid_seq', '');
select pg_catalog.pg_extension_config_dump('cron.job_run_details', '');
select pg_catalog.pg_extension_config_dump('cron.runid_seq', '');

-- Raises for what pg_cron's parser refuses. 'N seconds', @hourly and the like, or five fields of lists, ranges and steps.
create function cron._check_schedule(schedule text) returns void language plpgsql immutable set search_path = '' as $$
declare
  fields text[] := regexp_split_to_array(lower(btrim(schedule)), '\s+');
  lowest constant int[] := array[0, 0, 1, 1, 0];
  highest constant int[] := array[59, 23, 31, 12, 7];
  names constant text[] := array['', '', '', 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec', 'sun|mon|tue|wed|thu|fri|sat'];
  field text;
  value text;
  item text;
  number text;
  valid boolean := schedule is not null;
begin
  if lower(schedule) ~ '^\s*([1-9]|[1-5][0-9])\s+seconds?\s*$'
    or lower(btrim(schedule)) in ('@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly') then
    return;
  end if;
  valid := valid and coalesce(cardinality(fields), 0) = 5;
  for position in 1..5 loop
    exit when not valid;
    field := fields[position];
    value := case when names[position] = '' then '\d{1,2}' else '(?:\d{1,2}|' || names[position] || ')' end;
    foreach item in array string_to_array(field, ',') loop
      valid := valid and (item ~ ('^(?:\*|' || value || '(?:-' || value || ')?)(?:/[1-9]\d?)?$') or (position = 3 and item = '$'));
      for number in select match[1] from regexp_matches(split_part(item, '/', 1), '(\d+)', 'g') as match loop
        valid := valid and number::int between lowest[position] and highest[position];
      end loop;
    end loop;
  end loop;
  if not valid then
    raise exception using
      errcode = 'invalid_parameter_value',
      message = format('invalid schedule: %s', schedule),
      hint = 'Use cron format (e.g. 5 4 * * *), or interval format ''[1-59] seconds''';
  end if;
end
$$;

-- Security definer, because nobody may write cron.job; the public functions below run as their caller and say who that is.
create function cron._save(job_name text, schedule text, command text, database text, username text, active boolean)
returns bigint language plpgsql security definer set search_path = '' as $$
declare
  id bigint;
begin
  perform cron._check_schedule(schedule);
  if (select rolsuper from pg_catalog.pg_roles where rolname = username)
    and not (select rolsuper from pg_catalog.pg_roles where rolname = session_user) then
    raise exception 'must be superuser to create a job for role %', username using errcode = 'insufficient_privilege';
  end if;
  insert into cron.job as job (jobname, schedule, command, database, username, active)
  values (job_name, schedule, command, coalesce(database, current_database()), username, active)
  on conflict on constraint jobname_username_uniq do update
    set schedule = excluded.schedule, command = excluded.command, database = excluded.database, active = excluded.active
  returning job.jobid into id;
  return id;
end
$$;

create function cron._change(
  job_id bigint, caller text, schedule text, command text, database text, username text, active boolean, remove boolean
) returns boolean language plpgsql security definer set search_path = '' as $$
begin
  if schedule is not null then
    perform cron._check_schedule(schedule);
  end if;
  if remove then
    delete from cron.job where jobid = job_id and job.username = caller;
  else
    update cron.job as job set
      schedule = coalesce(_change.schedule, job.schedule),
      command = coalesce(_change.command, job.command),
      database = coalesce(_change.database, job.database),
      username = coalesce(_change.username, job.username),
      active = coalesce(_change.active, job.active)
    where job.jobid = job_id and job.username = caller;
  end if;
  if not found then
    raise exception 'could not find valid entry for job ''%''', job_id;
  end if;
  return true;
end
$$;

create function cron.schedule(schedule text, command text) returns bigint language sql set search_path = '' as $$
  select cron._save(null, schedule, command, null, current_user::text, true)
$$;

create function cron.schedule(job_name text, schedule text, command text) returns bigint language sql set search_path = '' as $$
  select cron._save(job_name, schedule, command, null, current_user::text, true)
$$;

create function cron.schedule_in_database(
  job_name text, schedule text, command text, database text, username text default null, active boolean default true
) returns bigint language sql set search_path = '' as $$
  select cron._save(job_name, schedule, command, database, coalesce(username, current_user::text), active)
$$;

create function cron.alter_job(
  job_id bigint, schedule text default null, command text default null, database text default null, username text default null,
  active boolean default null
) returns void language plpgsql set search_path = '' as $$
begin
  if username <> current_user and not (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
    raise exception 'must be superuser to alter username' using errcode = 'insufficient_privilege';
  end if;
  perform cron._change(job_id, current_user::text, schedule, command, database, username, active, false);
end
$$;

create function cron.unschedule(job_id bigint) returns boolean language sql set search_path = '' as $$
  select cron._change(job_id, current_user::text, null, null, null, null, null, true)
$$;

create function cron.unschedule(job_name text) returns boolean language plpgsql set search_path = '' as $$
declare
  id bigint;
begin
  select job.jobid into id from cron.job as job where job.jobname = job_name and job.username = current_user;
  if id is null then
    raise exception 'could not find valid entry for job ''%''', job_name;
  end if;
  return cron.unschedule(id);
end
$$;

revoke all on all functions in schema cron from public;
-- As the original has it: behind the closed schema, each row shown to its own user only.
grant select on cron.job to public;
grant select, delete on cron.job_run_details to public;
grant select on sequence cron.jobid_seq, cron.runid_seq to public;
