create type public.member_status as enum ('invited', 'active', 'removed');
comment on type public.member_status is 'Life of a membership. Invited becomes active when its e-mail address is confirmed.';
