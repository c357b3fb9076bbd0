create type public.isa_target_type as enum ('client', 'lead', 'interview', 'conversation');
comment on type public.isa_target_type is 'What an ISA command is about.';
