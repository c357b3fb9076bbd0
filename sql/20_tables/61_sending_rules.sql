create table public.sending_rules (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    hours jsonb not null,
    on_holidays boolean not null default false,
    closed_dates date[] not null default '{}',
    daily_cap integer,
    weekly_cap integer,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint a_client_has_its_rules_once unique (client_id),
    constraint closed_dates_are_at_most_100 check (cardinality(closed_dates) <= 100),
    constraint closed_dates_are_dates check (array_position(closed_dates, null) is null),
    constraint daily_cap_is_positive check (daily_cap > 0),
    constraint weekly_cap_is_positive check (weekly_cap > 0)
);
comment on table public.sending_rules is
'When and how often a client begins with its leads, by each lead''s own clock. A client without a row has the defaults of the settings sending_hours, sending_holidays and sending_caps.';
comment on column public.sending_rules.hours is '{"monday": ["08:00", "20:00"], …}: from when to when on each day of the week; a day that is missing is closed. ["00:00", "24:00"] is the whole day.';
comment on column public.sending_rules.on_holidays is 'Whether national holidays are days like others.';
comment on column public.sending_rules.closed_dates is 'Days of its own, a municipal holiday say, on which it does not begin anything.';
comment on column public.sending_rules.daily_cap is 'How often it writes first to one lead within 24 hours; null: no limit.';
comment on column public.sending_rules.weekly_cap is 'The same within 7 days.';
