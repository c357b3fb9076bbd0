-- The RPCs people call. Each asks itself whether the caller may.
grant execute on function public.create_client(text, text, text, public.client_plan) to authenticated;
grant execute on function public.invite_member(uuid, text, public.member_role) to authenticated;
grant execute on function public.remove_member(uuid) to authenticated;
grant execute on function public.preview_audience(uuid) to authenticated;
grant execute on function public.request_report(uuid) to authenticated;
grant execute on function public.report_markdown(uuid) to authenticated;
grant execute on function public.channel_findings(uuid) to authenticated;
grant execute on function public.set_channel_credentials(uuid, text, text) to authenticated;
grant execute on function public.replay_failed_task(uuid) to authenticated;
grant execute on function public.queue_metrics() to authenticated;
grant execute on function public.import_leads(text, jsonb, uuid, public.legal_basis, text, boolean) to authenticated;
grant execute on function public.take_over(uuid) to authenticated;
grant execute on function public.hand_back(uuid) to authenticated;
grant execute on function public.reverse_conversion(uuid, text) to authenticated;
grant execute on function public.resend_invitation(uuid) to authenticated;
-- ISA's: for admins, who are asked for in each.
grant execute on function public.begin_isa_command(uuid, text) to authenticated;
grant execute on function public.find_isa_targets(text[], text, uuid[]) to authenticated;
grant execute on function public.plan_isa_command(uuid, jsonb) to authenticated;
grant execute on function public.end_isa_command(uuid, jsonb, public.isa_target_type, uuid) to authenticated;
grant execute on function public.run_isa_plan(text) to authenticated;
