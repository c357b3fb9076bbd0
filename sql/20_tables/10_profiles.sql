create table public.profiles (
    id uuid primary key references auth.users (id) on delete cascade,
    email text unique,
    full_name text,
    role public.user_role not null default 'client',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    phone text,
    notification_channels public.channel[] not null default '{whatsapp,sms,email}',
    muted_events text[] not null default '{}',
    constraint phone_is_e164 check (phone ~ '^\+[1-9][0-9]{7,14}$'),
    constraint full_name_has_at_most_200_characters check (char_length(full_name) <= 200),
    constraint a_channel_is_named_once check (
        cardinality(array_positions(notification_channels, 'whatsapp')) <= 1
        and cardinality(array_positions(notification_channels, 'sms')) <= 1
        and cardinality(array_positions(notification_channels, 'email')) <= 1
        and array_position(notification_channels, null) is null
    ),
    constraint muted_events_are_at_most_50_words check (
        cardinality(muted_events) <= 50 and octet_length(array_to_string(muted_events, '')) <= 3200 and array_position(muted_events, null) is null
    )
);
comment on table public.profiles is 'The people who use RENUM: its admins and the clients'' staff. One row for each auth.users row.';
comment on column public.profiles.notification_channels is 'The channels this person is told by, in the order they are tried. {}: by none.';
comment on column public.profiles.muted_events is 'Events (notifications.event) this person is not told of.';
