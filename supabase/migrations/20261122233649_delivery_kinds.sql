-- Made by `renum migration` from sql/ and policies/. Frozen once it is listed in migrations.lock.

-- source: sql/10_types/delivery_kind.sql sha256:2727f6a30607d70917d8f14022f7b08c46ba212205571f941d7c72492bd37515 by hand
--   --- before
--   +++ now
--   @@ -1,2 +1,2 @@
--   -create type public.delivery_kind as enum ('invitation', 'reply', 'goodbye', 'notification');
--   -comment on type public.delivery_kind is 'Why something is sent. goodbye is the one confirmation of an opt-out.';
--   +create type public.delivery_kind as enum ('invitation', 'reply', 'goodbye', 'notification', 'reminder', 'message');
--   +comment on type public.delivery_kind is 'Why something is sent. goodbye is the one confirmation of an opt-out, message what a person or a tool writes by itself.';
alter type public.delivery_kind add value if not exists 'reminder';
alter type public.delivery_kind add value if not exists 'message';
comment on type public.delivery_kind is 'Why something is sent. goodbye is the one confirmation of an opt-out, message what a person or a tool writes by itself.';

-- source: sql/10_types/event_outcome.sql sha256:f44a88a5be74014809f6f9d702819fd5f8c8ede2b4042c75b8c136e2da34799b by hand
--   --- before
--   +++ now
--   @@ -1,2 +1,2 @@
--   -create type public.event_outcome as enum ('stored', 'status', 'preference', 'kept', 'unrouted');
--   -comment on type public.event_outcome is 'What became of an item of a webhook: a message stored, a delivery moved, a preference recorded, kept raw, or kept raw because it names a number of somebody else.';
--   +create type public.event_outcome as enum ('stored', 'status', 'preference', 'kept', 'unrouted', 'followed');
--   +comment on type public.event_outcome is 'What became of an item of a webhook: a message stored, a delivery moved, a preference recorded, kept raw, kept raw because it names a number of somebody else, or news of the account or a template that was acted upon.';
alter type public.event_outcome add value if not exists 'followed';
comment on type public.event_outcome is 'What became of an item of a webhook: a message stored, a delivery moved, a preference recorded, kept raw, kept raw because it names a number of somebody else, or news of the account or a template that was acted upon.';

-- source: sql/10_types/template_purpose.sql sha256:dea79c1c2fc2d96ebfd8533bc2d02a178089248e673d45c393e9412b99066eff by hand
--   --- before
--   +++ now
--   @@ -1,2 +1,2 @@
--   -create type public.template_purpose as enum ('invitation', 'notification', 'other');
--   +create type public.template_purpose as enum ('invitation', 'notification', 'other', 'reminder');
--    comment on type public.template_purpose is 'What a template is used for.';
alter type public.template_purpose add value if not exists 'reminder';

-- source: sql/10_types/template_status.sql sha256:c8c73de0409107c2299fe1cda78d86084b8733e232a5aa8378fe3c81de8ee4ba by hand
--   --- before
--   +++ now
--   @@ -1,2 +1,2 @@
--   -create type public.template_status as enum ('pending', 'approved', 'paused', 'rejected');
--   +create type public.template_status as enum ('pending', 'approved', 'paused', 'rejected', 'disabled');
--    comment on type public.template_status is 'The provider''s verdict on a message template.';
alter type public.template_status add value if not exists 'disabled';
