create type public.answer_status as enum ('answered', 'refused', 'skipped', 'invalid');
comment on type public.answer_status is 'What became of a question: skipped by a rule, refused by the lead, or tried without a valid answer yet.';
