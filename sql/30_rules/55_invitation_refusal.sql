create or replace function private.invitation_refusal(agent_type public.agent_type, txt text, company_name text) returns text
language sql stable security definer set search_path = ''
as $$
    select case
        when k.names_its_sender and case private.plain(company_name)
            -- A name without a Latin letter is looked for as it is written.
            when '' then strpos(lower(invitation_refusal.txt), lower(btrim(company_name))) = 0
            else strpos(concat(' ', said.txt, ' '), concat(' ', private.plain(company_name), ' ')) = 0
        end then 'the invitation must name its sender (client.company_name)'
        when k.offers_opt_out and said.txt !~ '\m(sair|parar|pare|cancelar|descadastrar|remover|stop)\M' then 'the invitation must say how to be left alone (SAIR)'
        when k.says_it_is_automated
            and said.txt !~ '\m((assistente|atendente) (virtual|automatic[oa]|digital)|(atendimento|mensagem|sistema) (automatic[oa]|automatizad[oa])|inteligencia artificial|robo|chatbot|ia)\M'
            then 'the invitation must say that an automated assistant writes (assistente virtual)'
    end
    from private.policy_packs as k
    cross join (select private.plain(invitation_refusal.txt) as txt) as said
    where k.agent_type = invitation_refusal.agent_type;
$$;
comment on function private.invitation_refusal(public.agent_type, text, text) is
'Why an agent of this type may not begin with these words, as a sentence; null if it may. company_name: who sends.';
