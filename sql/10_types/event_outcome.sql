create type public.event_outcome as enum ('stored', 'status', 'preference', 'kept', 'unrouted', 'followed');
comment on type public.event_outcome is 'What became of an item of a webhook: a message stored, a delivery moved, a preference recorded, kept raw, kept raw because it names a number of somebody else, or news of the account or a template that was acted upon.';
