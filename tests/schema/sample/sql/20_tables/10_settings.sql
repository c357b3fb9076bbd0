create table private.settings (
    key text primary key,
    value jsonb not null,
    comment text not null
);
insert into private.settings (key, value, comment) values ('debounce_ms', '800', 'How long a burst is waited for.');
