create type public.member_role as enum ('owner', 'staff');
comment on type public.member_role is 'What a person may do at a client: owners also manage people and channel accounts.';
