create table private.policy_packs (
    agent_type public.agent_type primary key,
    needs_consent boolean not null default false,
    official_only boolean not null default false,
    needs_accepted_risk boolean not null default false,
    names_its_sender boolean not null default false,
    offers_opt_out boolean not null default false,
    says_it_is_automated boolean not null default false,
    refused_questions text[] not null default '{}',
    refused_replies text[] not null default '{}',
    erase_after_hours integer,
    constraint erase_after_hours_is_positive check (erase_after_hours > 0)
);
comment on table private.policy_packs is 'What binds the agents of a trade beyond what binds all. By the type of the agent that a project runs; a type without a row has no rules of its own.';
comment on column private.policy_packs.needs_consent is 'Only leads whose ledger has a consent that stands; no other legal basis will do.';
comment on column private.policy_packs.official_only is 'Only over accounts whose provider keeps to the channel''s terms.';
comment on column private.policy_packs.needs_accepted_risk is 'Over an official account only once an admin accepted the risk in writing (public.risk_acceptances).';
comment on column private.policy_packs.refused_questions is 'Regular expressions over private.plain of a question and its options: a project with such a question is not written.';
comment on column private.policy_packs.refused_replies is 'The same over what the agent itself says: a reply is stopped, and the owners are told that a person is needed.';
comment on column private.policy_packs.erase_after_hours is 'How long after an opt-out a lead''s data is erased; null: only when somebody asks.';

insert into private.policy_packs (
    agent_type, needs_consent, official_only, needs_accepted_risk, names_its_sender, offers_opt_out, says_it_is_automated,
    refused_questions, refused_replies, erase_after_hours
) values
-- TSE Res. 23.610/2019 arts. 33 and 34: prior consent, the app's own tools, sender and unsubscribing in every message, erasure within 48 hours (half of
-- that, so that a day's outage breaks nothing). Res. 23.600 and Lei 9.504 art. 33: no poll that is not registered.
('vereador', true, true, false, true, true, false, array[
    '\m(intencao|intencoes) de voto\M',
    '\m(em quem|pra quem|para quem|em qual|voce|vc|voces|senhor|senhora)\M.*\m(vota|votam|votar|votaria|votara|votou|votei|votarei)\M',
    '\m(seu|teu|meu|o) voto\M',
    '\mvot(aria|arei|ara)\M',
    '\mcandidat(o|a|os|as|ura)\M',
    '\m(reeleg|eleger|elegeri|reeleic)[a-z]*\M'
], '{}', 24),
-- CFM Res. 2.454/2026: patients are told that it is a machine, and no diagnosis, prognosis or result reaches them without a person.
('clinica', false, false, false, false, false, true, '{}', array[
    '\m(exames?|resultados?|laudos?|biopsia|teste|hemograma|ultrassom|ultrassonografia|tomografia|ressonancia|mamografia|raio x)\M.{0,80}'
    || '\m(positivos?|negativos?|(nao )?reagentes?|alterad[oa]s?|malign[oa]s?|benign[oa]s?|normal|normais|indicam?|mostram?|mostrou|mostraram|apontam?'
    || '|apontou|confirmam?|confirmou|revelam?|revelou|constatou|detectou|acusou)\M',
    '\m(seu|teu|o) (diagnostico|prognostico) (provavel )?(e|foi|seria|indica|aponta)\M',
    '\m(diagnostico|prognostico) (de|confirmado|provavel|favoravel|desfavoravel|reservado)\M',
    '\m(voce|paciente|senhor|senhora)\M.{0,20}'
    || '\m(tem|esta com|possui|apresenta|sofre de|pode ter|pode estar com|deve ter|deve estar com|parece ter|parece estar com)\M.{0,40}'
    || '\m(diabetes|cancer|tumor|nodulo|dengue|covid|gripe|infeccao|pneumonia|hipertensao|pressao alta|depressao|enxaqueca|virose|fratura|hiv|sifilis'
    || '|tuberculose|trombose|endometriose|artrose|cirrose|anemia|leucemia|asma|hernia|colesterol alto'
    || '|(artr|bronqu|gastr|hepat|sinus|ot|rin|amigdal|cist|dermat|mening|apendic|tendin|conjuntiv|laring|faring|nefr|pancreat)ite'
    || '|(carcin|linf|glauc|melan|mi|aden|sarc)oma)\M'
], null),
('mmn', false, false, true, false, false, false, '{}', '{}', null);
