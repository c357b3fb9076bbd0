-- Stand-in for supabase/pg_net 0.20: the hosted signatures, tables and grants; devstack/net.py does the requests.
-- Kept from the original: nothing is sent unless the transaction commits, the tables are unlogged, every role may read them, a row put
-- into the queue directly waits for the next wake-up, only GET, POST and DELETE, a POST's content type is application/json.
\echo Use "create extension pg_net" to load this file. \quit

create schema if not exists net;

create domain net.http_method as text check (value ilike 'get' or value ilike 'post' or value ilike 'delete');

create unlogged table net.http_request_queue (
  id bigserial,
  method net.http_method not null,
  url text not null,
  headers jsonb,
  body bytea,
  timeout_milliseconds int not null
);

create unlogged table net._http_response (
  id bigint,
  status_code integer,
  content_type text,
  headers jsonb,
  content text,
  timed_out bool,
  error_msg text,
  created timestamptz not null default now()
);
create index on net._http_response (created);

-- Wakes the worker at commit, and only then: that is when Postgres delivers a notification.
create function net.wake() returns void language sql set search_path = '' as $$
  select pg_catalog.pg_notify('pg_net', '')
$$;

create function net.worker_restart() returns bool language sql set search_path = '' as $$
  select pg_catalog.pg_notify('pg_net', 'restart') is not null
$$;

-- The worker holds this advisory lock for as long as it is connected.
create function net._worker_is_up() returns bool language sql stable set search_path = '' as $$
  select exists (
    select from pg_catalog.pg_locks as lock
    where lock.locktype = 'advisory' and lock.classid = 1885826660 and lock.objid = 1 and lock.objsubid = 2 and lock.granted
      and lock.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
  )
$$;

create function net.check_worker_is_up() returns void language plpgsql set search_path = '' as $$
begin
  if not net._worker_is_up() then
    raise exception using
      message = 'the pg_net background worker is not up',
      detail = 'the pg_net background worker is down due to an internal error and cannot process requests',
      hint = 'make sure that the local stack is running';
  end if;
end
$$;

create function net.wait_until_running() returns void language plpgsql set search_path = '' as $$
begin
  while not net._worker_is_up() loop
    perform pg_catalog.pg_sleep(0.05);
  end loop;
end
$$;

create function net._urlencode_string(string varchar) returns text language sql immutable strict set search_path = '' as $$
  select coalesce(string_agg(
    case
      when byte between 48 and 57 or byte between 65 and 90 or byte between 97 and 122 or byte in (45, 46, 95, 126) then chr(byte)
      else '%' || upper(lpad(to_hex(byte), 2, '0'))
    end, '' order by position
  ), '')
  from (
    select get_byte(bytes, position) as byte, position
    from (select convert_to(string, 'UTF8') as bytes) as text_as_bytes, generate_series(0, length(bytes) - 1) as position
  ) as each_byte
$$;

create function net._url_with_params(url text, params jsonb) returns text language sql immutable set search_path = '' as $$
  select url || coalesce((
    select case when strpos(url, '?') > 0 then '&' else '?' end
      || string_agg(net._urlencode_string(key) || '=' || net._urlencode_string(value), '&')
    from jsonb_each_text(coalesce(params, '{}'))
  ), '')
$$;

create function net._enqueue(method net.http_method, url text, headers jsonb, body bytea, timeout_milliseconds int)
returns bigint language plpgsql volatile set search_path = '' as $$
declare
  request_id bigint;
begin
  insert into net.http_request_queue as queue (method, url, headers, body, timeout_milliseconds)
  values (method, url, headers, body, timeout_milliseconds)
  returning queue.id into request_id;
  perform net.wake();
  return request_id;
end
$$;

create function net.http_get(
  url text, params jsonb default '{}'::jsonb, headers jsonb default '{}'::jsonb, timeout_milliseconds int default 5000
) returns bigint language sql volatile set search_path = '' as $$
  select net._enqueue('GET', net._url_with_params(url, params), headers, null, timeout_milliseconds)
$$;

create function net.http_post(
  url text, body jsonb default '{}'::jsonb, params jsonb default '{}'::jsonb,
  headers jsonb default '{"Content-Type": "application/json"}'::jsonb, timeout_milliseconds int default 5000
) returns bigint language plpgsql volatile set search_path = '' as $$
declare
  content_type text;
begin
  select header.value into content_type
  from jsonb_each_text(coalesce(headers, '{}')) as header where lower(header.key) = 'content-type' limit 1;
  if content_type is null then
    headers := coalesce(headers, '{}') || '{"Content-Type": "application/json"}';
  elsif content_type <> 'application/json' then
    raise exception 'Content-Type header must be "application/json"';
  end if;
  return net._enqueue('POST', net._url_with_params(url, params), headers, convert_to(body::text, 'UTF8'), timeout_milliseconds);
end
$$;

create function net.http_delete(
  url text, params jsonb default '{}'::jsonb, headers jsonb default '{}'::jsonb, timeout_milliseconds int default 5000,
  body jsonb default null
) returns bigint language sql volatile set search_path = '' as $$
  select net._enqueue('DELETE', net._url_with_params(url, params), headers, convert_to(body::text, 'UTF8'), timeout_milliseconds)
$$;

grant usage on schema net to public;
grant all on all tables in schema net to public;
grant all on all sequences in schema net to public;
