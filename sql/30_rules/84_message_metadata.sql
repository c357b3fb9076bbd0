create or replace function private.message_metadata(event jsonb) returns jsonb
language sql immutable set search_path = ''
as $$
    select jsonb_strip_nulls(jsonb_build_object(
        'type', event #> '{message,type}', 'provider_id', event -> 'provider_id', 'payload', event #> '{message,payload}', 'reply_to', event #> '{message,reply_to}',
        'amends', event #> '{message,amends}'
    ));
$$;
comment on function private.message_metadata(jsonb) is 'What an inbound message''s metadata keeps of its event.';
