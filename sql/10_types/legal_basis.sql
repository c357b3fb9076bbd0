create type public.legal_basis as enum ('consent', 'contract', 'legitimate_interest', 'legal_obligation', 'not_informed');
comment on type public.legal_basis is 'LGPD art. 7 grounds on which a lead may be contacted; not_informed where the import did not say.';
