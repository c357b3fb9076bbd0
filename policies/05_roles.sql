-- PostgREST's own role may become the functions' role; postgres must be able to give functions to the agents' role.
grant renum_worker to authenticator;
grant renum_agent to postgres;

-- SECURITY: renum_worker runs our RPCs and reads no table. Whoever steals its key can do no more.
grant usage on schema worker to renum_worker;
grant execute on all functions in schema worker to renum_worker;

grant usage on schema private to authenticated, service_role;
grant execute on function private.current_profile_id() to authenticated, service_role;
grant execute on function private.asks_for_rows() to authenticated;
-- deliveries.due_at begins with it.
grant execute on function private.now() to authenticated, service_role, renum_agent;
grant execute on function private.is_admin() to authenticated, service_role;
grant execute on function private.visible_client_ids() to authenticated;
grant execute on function private.visible_profile_ids() to authenticated;
grant execute on function private.owned_client_ids() to authenticated;
grant execute on function private.default_client_id() to authenticated, service_role;
-- What the triggers that run as whoever writes need; columns' defaults ask private.default_client_id.
grant execute on function private.normalize_phone(text) to authenticated, service_role;
grant execute on function private.agent_config_problem(jsonb) to authenticated, service_role;
grant execute on function private.qualification_problem(jsonb) to authenticated, service_role;
grant execute on function private.schema_problem(jsonb, text) to authenticated, service_role;
grant execute on function private.question_problem(jsonb) to authenticated, service_role;
grant execute on function private.skip_rule_problem(jsonb, text[]) to authenticated, service_role;
grant execute on function private.project_config_problem(jsonb) to authenticated, service_role;
grant execute on function private.reminders_problem(jsonb) to authenticated, service_role;
grant execute on function private.plain(text) to authenticated, service_role;
grant execute on function private.account_for(uuid, uuid) to authenticated, service_role;
grant execute on function private.template_for(uuid, uuid, public.template_purpose, text) to authenticated, service_role;
grant execute on function private.no_template(uuid, uuid, public.template_purpose, text) to authenticated, service_role;
grant execute on function private.template_problem(public.message_templates, boolean) to authenticated, service_role;
grant execute on function private.template_gap(text, text, text[], boolean) to authenticated, service_role;
grant execute on function private.template_variables(text) to authenticated, service_role;
grant execute on function private.checked_phone(text) to authenticated, service_role;
grant execute on function private.is_email(text) to authenticated, service_role;
-- What a trade's rules say of a project is asked as whoever writes the project; where a message goes, as whoever writes the message.
grant execute on function private.hours_problem(jsonb) to authenticated, service_role;
grant execute on function private.first_name(text) to authenticated, service_role;
grant execute on function private.render_template(text, text[]) to authenticated, service_role;
grant execute on function private.template_content(public.message_templates, text, text, text, text) to authenticated, service_role;
grant execute on function private.question_refusal(public.agent_type, jsonb) to authenticated, service_role;
grant execute on function private.invitation_refusal(public.agent_type, text, text) to authenticated, service_role;
grant execute on function private.account_refusal(public.agent_type, uuid) to authenticated, service_role;
grant execute on function private.admit_direct(public.deliveries, text) to authenticated, service_role, renum_agent;
-- What public.import_leads, which runs as the person, reads its list with.
grant execute on function private.phone_key(text) to authenticated;
grant execute on function private.lead_column(text) to authenticated;
grant execute on function private.csv_rows(text, integer) to authenticated;
grant execute on function private.read_leads(text, jsonb, integer) to authenticated;
-- What ISA's RPCs, which run as the admin, plan and do with. Each asks itself whether an admin calls; none is reached through the API.
grant execute on function private.isa_admin() to authenticated;
grant execute on function private.isa_word(text) to authenticated;
grant execute on function private.isa_name_of(public.projects) to authenticated;
grant execute on function private.plan_isa_act(jsonb) to authenticated;
grant execute on function private.do_isa_act(jsonb) to authenticated;
grant execute on function private.issue_isa_token(uuid, jsonb) to authenticated;
grant execute on function private.take_isa_token(text) to authenticated;
grant execute on function private.note_isa_result(uuid, jsonb, public.isa_target_type, uuid, boolean) to authenticated;

-- SECURITY: the functions put leads' files into Storage with a key that reads nothing and is good for nothing else: policies/storage_objects.sql.
-- renum_files inherits its way into schema storage from anon, which has nothing of ours:
-- https://supabase.com/docs/guides/storage/schema/custom-roles
grant renum_files to authenticator;
grant anon to renum_files;
grant usage on schema private to renum_files;
grant execute on function private.media_bucket() to renum_files, authenticated;
grant execute on function private.awaits_file(text) to renum_files;
-- SECURITY: an agent's tool is bound to its turn: these tell it whose that is, and nothing without the turn's lease.
grant usage on schema private to renum_agent;
grant execute on function private.turn_client_id() to renum_agent;
grant execute on function private.turn_lead_id() to renum_agent;
grant execute on function private.turn_lease() to renum_agent;
grant execute on function private.turn_qualification() to renum_agent;
-- What the triggers ask that run as whoever writes.
grant execute on function private.checked_phone(text) to renum_agent;
grant execute on function private.normalize_phone(text) to renum_agent;
grant execute on function private.is_email(text) to renum_agent;
