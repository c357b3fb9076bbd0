create type public.qualification_status as enum ('open', 'qualified', 'not_qualified', 'reversed');
comment on type public.qualification_status is 'What came of a lead''s qualification: being asked, enough, not enough, or taken back by an admin.';
