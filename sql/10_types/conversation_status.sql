create type public.conversation_status as enum ('open', 'closed');
comment on type public.conversation_status is 'Life of a conversation.';
