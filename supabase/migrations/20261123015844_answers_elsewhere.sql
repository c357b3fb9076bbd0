-- Made by `renum migration` from sql/ and policies/. Frozen once it is listed in migrations.lock.

-- source: sql/20_tables/22_channel_accounts.sql sha256:30781ad91dbb5ed345bcec77f358ec5474717417eb1bd2f4dea59920e28afb40 by hand
alter table public.channel_accounts
drop constraint if exists a_number_is_once_an_account_of_a_client,
add constraint a_number_is_once_an_account_of_a_client unique (client_id, provider, channel, external_id);

-- source: sql/30_rules/23_plain.sql sha256:889b80ebdaaacab6db8221efc9f37b5b7ce2961021ddd17ae7f2f7f8cb6697cb
create or replace function private.plain(txt text) returns text
language sql immutable set search_path = ''
as $$
    -- Letters in bold or full width are letters, and accents go whatever their letter (NFKD); what has no width is nothing, be it in the middle of a word.
    select btrim(regexp_replace(
        regexp_replace(lower(normalize(plain.txt, nfkd)), U&'[\0300-\036F\00AD\034F\061C\180E\200B-\200F\202A-\202E\2060-\2064\FE00-\FE0F\FEFF]+', '', 'g'),
        '[^a-z0-9]+', ' ', 'g'
    ));
$$;
comment on function private.plain(text) is
'Words without case, accents, decoration and punctuation, for comparing what people type. What cannot be seen does not part a word.';

-- source: sql/30_rules/24_is_opt_in.sql sha256:635d98c1688f53f60018c9281179f5d7fea8992be4246d3960c6ed41e1ffa83b
create or replace function private.is_opt_in(txt text) returns boolean
language sql immutable set search_path = ''
as $$
    select coalesce(char_length(is_opt_in.txt) <= 200 and private.plain(is_opt_in.txt) ~ (
        '^((oi|ola|bom dia|boa tarde|boa noite|por favor|eu) )*('
        || 'voltar|aceito|aceitar|reativar|recadastrar|start|unstop|optin|opt in'
        || '|(quero|queria|aceito|gostaria de|pode) (voltar a )?(receber|voltar)( (as|suas|essas|de novo|novamente|mensagem|mensagens|de voces))*'
        || '|(quero )?(me )?(recadastr(ar|e)|reativ(ar|e))( (as|o|meu))?( (mensagens|cadastro|recebimento))?'
        || ')( (por favor|obrigad[oa]|de novo|novamente|sim))*$'
    ), false);
$$;
comment on function private.is_opt_in(text) is
'Whether a whole message asks for messages again. It means something only from a lead who opted out.';

-- source: sql/30_rules/24_is_opt_out.sql sha256:15fd96069ced558154e057f7722c257898006a6ed39ada5fa12af7aa6eb39832
create or replace function private.is_opt_out(txt text) returns boolean
language sql immutable set search_path = ''
as $$
    -- The whole message, but for what is said out of politeness around it: "quero cancelar meu pedido" means something else.
    select coalesce(char_length(is_opt_out.txt) <= 200 and private.plain(is_opt_out.txt) ~ concat(
        '^((oi|ola|opa|bom dia|boa tarde|boa noite|por favor|por gentileza|pfv|pf|favor|gente|moca|moco|eu) )*(',
        -- The word alone.
        'sair|parar|pare|parem|stop|stop all|stopall|cancelar|cancela|cancele|cancelem|(me )?descadastr(ar|e|a|em|o|amento)|remover|remova|remove|removam|unsubscribe|optout|opt out',
        '|((quero|queria|gostaria de|desejo) )?(me )?desinscrev(er|a|am|o)',
        '|(quero|queria|gostaria de|desejo|preciso) (sair|parar|(me )?descadastrar)',
        '|(sair|parar) (nao|n|num) (quero|desejo) mais( receber)?( nada)?',
        '|(pode|podem) parar',
        -- Out of the list.
        '|(((quero|queria|gostaria de|desejo|preciso) )?(sair|ser (removid[oa]|descadastrad[oa]|retirad[oa]|excluid[oa]))',
        '|((vc |voce |voces |vcs )?(pode|podem|poderia|poderiam|da pra|tem como|como faz pra|como faco para|como faco pra) )?(me (tirar|remover|excluir|retirar|descadastrar|apagar)|me (tir[ae]|remov[ae]|exclu[ia]|retir[ae]|descadastr[ae]|apagu?[ae])m?',
        '|(tir[ae]|remov[ae]|exclu[ia]|retir[ae]|apagu?[ae]|descadastr[ae])m? (o )?meu (numero|nome|contato|telefone|cadastro)|(tirar|remover|excluir|retirar|apagar|descadastrar) (o )?meu (numero|nome|contato|telefone|cadastro))',
        '|(como faco|como faz|tem como) (para |pra )?sair)',
        '( (da|dessa|desta|de sua|da sua|da tua|dai|daqui|do|desse|deste|de seu|do seu)( (lista|listas|cadastro|grupo|sistema|base|envio|envios|lista de transmissao|lista de contatos))?)',
        '|(remover|excluir|tirar|retirar) (da|dessa|desta) lista',
        '|((pode|podem) )?(me (descadastrar|remover|excluir)|me (descadastr[ae]|remov[ae]|exclu[ia])m?|(apagu?[ae]|remov[ae]|exclu[ia]|descadastr[ae])m? (o )?meu (numero|contato|telefone|cadastro))',
        '|(quero |queria |gostaria de )?ser (removid[oa]|descadastrad[oa]|retirad[oa])',
        '|((quero|queria|gostaria de) )?(cancelar|cancela|cancele|cancelem) (a |o |as |os |minha |meu |essa |esse |esta |este |essas |estas |suas )?(inscricao|assinatura|cadastro|recebimento|envio|envios|mensagens|msgs|recebimento de mensagens|recebimento de msgs|envio de mensagens|envio de msgs)',
        -- No more messages.
        '|((quero|queria|gostaria de|pode|podem|tem como) )?(parar|pare|parem|para) (com )?(de )?((me )?(mandar|enviar|encher|escrever|receber|perturbar|incomodar|importunar) ?)?(as |essas |estas |suas |com )*(mensagem|mensagens|msg|msgs|isso|envios)',
        '|((quero|queria|gostaria de|pode|podem|tem como) )?(parar|pare|parem|para) de (me )?(mandar|enviar|encher|escrever|receber|perturbar|incomodar|importunar)',
        '|((como faco|como faz) (para |pra ))?((gostaria de|quero|prefiro|desejo) )?(nao|n|num) ((quero|queria|desejo|gostaria de|tenho interesse em|autorizo) )?(mais )?receber( mais)?( nada| nenhum| nenhuma| contato| contatos| isso| propaganda| propagandas| spam)?( as| essas| estas| suas)?( mensagem| mensagens| msg| msgs)?( de voces| de vcs| suas)?( mais)?',
        '|(nao|n|num) (quero|desejo) (mais )?(nenhuma )?(as |essas |estas |suas )?(mensagem|mensagens|msg|msgs|contato|contatos|propaganda|propagandas|spam)( de voces| de vcs)?( mais)?',
        '|(nao|n|num) (quero|desejo|gostaria de) (mais )?ser (mais )?(contatad[oa]|incomodad[oa]|perturbad[oa]|importunad[oa]|procurad[oa])( mais)?( por voces)?',
        '|(nao|n) autorizo (mais )?(o envio de |receber )?(mais )?(mensagem|mensagens|msg|msgs|contato|contatos)',
        '|(nao|n) (me )?(mand[ae]|envi[ae]|escrev[ae]|perturb[ae]|incomod[ae]|contat[ae]|procur[ae]|liga|ligue)(r|m)? mais( nada| mensagem| mensagens| msg| msgs| isso)?( pra mim| para mim)?',
        '|(nao|n) me (mand[ae]|envi[ae]|escrev[ae]|perturb[ae]|incomod[ae]|contat[ae]|procur[ae]|encha|enche|encham)(r|m)?( nada| mensagem| mensagens| msg| msgs| o saco)?',
        '|(nao|n) (entre|entra|entrem|entrar) mais em contato( comigo)?',
        '|chega (de|dessas|com essas|com as) (mensagem|mensagens|msg|msgs|spam)',
        '|(sem|nada de|nenhuma) (mais )?(mensagem|mensagens|msg|msgs)( mais)?',
        -- Rude, and clear.
        '|(sai|saiam|cai) fora|me (deixa|deixe|deixem) em paz|me (bloqueia|bloqueie|bloqueiem|esquece|esqueca|esquecam|erra)|vou (te|ti) bloquear|vou bloquear (voce|voces|vc|vcs)',
        ')( (por favor|por gentileza|pfv|pf|pfvr|favor|obrigad[oa]|obg|grat[oa]|ja|agora|imediatamente|urgente))*$'
    ), false);
$$;
comment on function private.is_opt_out(text) is
'Whether a whole message is one of the words that must always work to be left alone, whatever agent or model is running. Case, accents, punctuation, emoji and politeness make no difference.';

-- source: sql/30_rules/55_asking_refusal.sql sha256:8b973c2bb9635bea810c8f99cbb21a595ccf7f065f3a076928e367d555d7445b
create or replace function private.asking_refusal(agent_type public.agent_type, txt text) returns text
language sql stable security definer set search_path = ''
as $$
    select format('it asks what an agent of type %s may not ask', k.agent_type)
    from private.policy_packs as k
    where k.agent_type = asking_refusal.agent_type
        and exists (
            -- Sentence by sentence, and only those that ask: of a candidate one may speak.
            select from regexp_matches(asking_refusal.txt, '[^.!?…]*[?？]', 'g') as s (parts)
            cross join unnest(k.refused_questions) as r (pattern)
            where private.plain(s.parts[1]) ~ r.pattern
        );
$$;
comment on function private.asking_refusal(public.agent_type, text) is 'Why an agent of this type may not write this, for a question that stands in it, as a sentence; null if it may.';

-- source: sql/30_rules/55_invitation_refusal.sql sha256:3c311d211c323a1ca1bb8362d3dcfc53427bce4ec3f32057b35bffd338e68899
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

-- source: sql/30_rules/55_opted_out_as_another.sql sha256:6098c30334e375825f9b2c4dfdb679d3b73fde0c6069cdda6dab19d227891e30
create or replace function private.opted_out_as_another(lead public.leads) returns boolean
language sql stable security definer set search_path = ''
as $$
    -- As private.lead_of_sender knows a number: what it wrote under another row of the same client counts.
    select exists (
        select from public.lead_identities as i
        join public.leads as o on o.id = i.lead_id
        where i.client_id = (lead).client_id and i.kind in ('phone', 'wa_id') and i.value in (private.phone_key((lead).phone), substr((lead).phone, 2))
            and o.id <> (lead).id and o.opted_out_at is not null
    );
$$;
comment on function private.opted_out_as_another(public.leads) is
'Whether the person with this lead''s number opted out as another lead of the same client: two leads are never merged, and an opt-out is not evaded by a second one.';

-- source: sql/30_rules/55_packs_of.sql sha256:5ee3218b83ac0b8a92753c4274d33914747a118f75aec6b108d6d6e0d139520a
create or replace function private.packs_of(d public.deliveries) returns setof private.policy_packs
language sql stable security definer set search_path = ''
as $$
    select k.*
    from public.interviews as i
    join public.projects as p on p.id = i.project_id
    join public.renus_config as r on r.id = p.renus_config_id
    join private.policy_packs as k on k.agent_type = r.agent_type
    where i.id = d.interview_id
    union all
    -- What belongs to no interview, or to a project that names no agent, could be any of the client's agents speaking.
    select k.*
    from private.policy_packs as k
    where not exists (
            select from public.interviews as i
            join public.projects as p on p.id = i.project_id
            where i.id = d.interview_id and p.renus_config_id is not null
        )
        and exists (select from public.renus_config as r where r.client_id = d.client_id and r.agent_type = k.agent_type and r.active);
$$;
comment on function private.packs_of(public.deliveries) is
'The packs that bind a delivery: of its project''s agent; outside of interviews, and where the project names no agent, those of all the client''s active agents.';

-- source: sql/30_rules/55_reply_refusal.sql sha256:cecedad26c1e0757096baf9cccdf40650e2153eb84b77ee2f2e8bfded83fff2e
create or replace function private.reply_refusal(agent_type public.agent_type, txt text) returns text
language sql stable security definer set search_path = ''
as $$
    select private.for_a_person()
    from private.policy_packs as k
    where k.agent_type = reply_refusal.agent_type
        and (
            exists (select from unnest(k.refused_replies) as r (pattern) where private.plain(reply_refusal.txt) ~ r.pattern)
            -- What no project may ask, no model asks of its own accord.
            or private.asking_refusal(k.agent_type, reply_refusal.txt) is not null
        );
$$;
comment on function private.reply_refusal(public.agent_type, text) is 'Why an agent of this type may not say this, as a sentence; null if it may.';

-- source: sql/30_rules/56_pack_refusal.sql sha256:92561561eeb2f2f7f267dc06b7913753ee385260d6127d7e440191be1483321b
create or replace function private.pack_refusal(d public.deliveries, lead public.leads) returns text
language sql stable security definer set search_path = ''
as $$
    select r.reason
    from private.packs_of(d) as k
    cross join lateral (
        select coalesce(
            private.account_refusal(k.agent_type, d.channel_account_id),
            case when k.needs_consent and not private.has_consent(lead) then 'the lead has not consented' end,
            -- The first message that reaches the lead, be it a reminder by another channel or one that a person writes.
            case when d.kind = 'invitation' or (d.kind = 'reminder' and not exists (
                select from public.deliveries as e
                where e.client_id = d.client_id and e.interview_id = d.interview_id and e.id <> d.id and e.status in ('sent', 'delivered', 'read')
            )) or (d.kind = 'message' and not exists (
                select from public.deliveries as e
                where e.client_id = d.client_id and e.lead_id = d.lead_id and e.id <> d.id and e.status in ('sent', 'delivered', 'read')
            ) and not exists (
                select from private.threads as t
                where t.client_id = d.client_id and t.lead_id = d.lead_id and t.last_inbound_at is not null
            )) then private.invitation_refusal(k.agent_type, d.content ->> 'text', c.company_name) end,
            case when d.kind in ('invitation', 'reminder') then
                coalesce(private.question_refusal(k.agent_type, p.config), private.asking_refusal(k.agent_type, d.content ->> 'text'))
            end,
            case when d.kind = 'reply' then private.reply_refusal(k.agent_type, d.content ->> 'text') end
        ) as reason
        from public.clients as c
        left join public.interviews as i on i.id = d.interview_id
        left join public.projects as p on p.id = i.project_id
        where c.id = d.client_id
    ) as r
    where r.reason is not null
    limit 1;
$$;
comment on function private.pack_refusal(public.deliveries, public.leads) is 'Why the packs of a delivery''s agent do not let it go to this lead, as a sentence; null if they do.';

-- source: sql/30_rules/65_policy_verdict.sql sha256:0b809961f860a39a178b9ce7988670bebd1f427681a28c468ed6233eb9c34b65
create or replace function private.policy_verdict(d public.deliveries, out verdict text, out until timestamptz, out reason text)
language plpgsql volatile security definer set search_path = ''
as $$
declare
    right_now timestamptz := private.now();
    provider private.providers;
    lead public.leads;
    heard_at timestamptz;
    begins boolean;
    rules public.sending_rules;
    open_at timestamptz;
begin
    verdict := 'cancel';
    select p.* into provider
    from public.channel_accounts as a
    join private.providers as p on p.provider = a.provider and p.channel = a.channel
    where a.id = d.channel_account_id;

    if d.lead_id is not null then
        select * into lead from public.leads as l where l.id = d.lead_id;
        heard_at := (select t.last_inbound_at from private.threads as t where t.lead_id = d.lead_id and t.channel_account_id = d.channel_account_id);
        -- The business begins, unless it goes on with somebody who wrote within a day.
        begins := d.kind in ('invitation', 'reminder')
            or (d.kind in ('message', 'reply') and coalesce(heard_at <= right_now - make_interval(hours => coalesce(provider.window_hours, 24)), true));
        reason := case
            when lead.status = 'blocked' then 'the lead is blocked'
            when d.kind = 'goodbye' then private.goodbye_refusal(d, lead)
            when lead.opted_out_at is not null or private.opted_out_as_another(lead) then 'the lead opted out'
            when lead.status = 'inactive' and begins then 'the lead is inactive'
            else private.pack_refusal(d, lead)
        end;
        if reason is not null then
            return;
        end if;
    end if;

    if d.content ->> 'type' <> 'template' then
        if provider.window_hours is not null and coalesce(heard_at <= right_now - make_interval(hours => provider.window_hours), true) then
            reason := format('free text is outside WhatsApp''s %s-hour window', provider.window_hours);
            return;
        end if;
    elsif provider.templates then
        select t.verdict, t.until, t.reason into verdict, until, reason from private.template_verdict(d) as t;
        if verdict <> 'go' then
            return;
        end if;
    end if;

    verdict := 'go';
    if begins then
        rules := private.sending_rules_of(d.client_id);
        open_at := private.next_open(rules, private.zone_of(lead), right_now);
        if open_at is distinct from right_now then
            verdict := 'wait';
            until := coalesce(open_at, right_now + interval '1 day');
            reason := 'it is outside the hours at which the lead may be written to';
            return;
        end if;
        select c.until, c.reason into until, reason from private.free_of_caps(d, rules) as c;
        if until is not null then
            verdict := 'wait';
            until := coalesce(private.next_open(rules, private.zone_of(lead), until), until);
        end if;
    end if;
end
$$;
comment on function private.policy_verdict(public.deliveries, out text, out timestamptz, out text) is
'Whether a delivery is allowed now: go, wait (until, reason) or cancel (reason). Consent, blocked and inactive leads, the rules of the agent''s trade, the 24-hour window and the state of templates, hours and holidays where the lead lives, how often it was written to. What a lead just asked for, and news for staff, wait for no hour. Asked when a delivery is made and at every claim.';

-- source: sql/30_rules/67_stop_reason.sql sha256:e627b4d558fa69b169d171fcdf8386be969300e9311f1a1cdc1de9f8ed45ace7
create or replace function private.stop_reason(error jsonb) returns text
language sql immutable set search_path = ''
as $$
    select case
        when own.words is not null then own.words
        when own.code like 'credentials\_%' then 'as credenciais guardadas não podem ser abertas: informe-as de novo'
        else coalesce('o provedor respondeu “' || nullif(rtrim(stop_reason.error ->> 'message', '. '), '') || '”', 'o provedor recusou o envio')
    end
    from (
        select asked.code, w.words
        from (select stop_reason.error ->> 'code' as code) as asked
        left join (values
            ('credentials_missing', 'faltam credenciais'),
            ('bad_base_url', 'o endereço em config.base_url não pode ser usado'),
            ('bad_config', 'host, port ou security em config não estão corretos'),
            ('bad_sender', 'o remetente ou reply_to não é um endereço de e-mail'),
            ('bad_header', 'from_name ou outro campo de config não cabe no cabeçalho de um e-mail'),
            ('not_encrypted', 'a senha viajaria sem criptografia: security precisa ser starttls ou tls'),
            ('bad_certificate', 'o certificado do servidor não é válido'),
            ('not_offered', 'o servidor não oferece criptografia ou autenticação nesta porta'),
            ('address_not_allowed', 'o endereço do servidor não é público'),
            ('redirected', 'o endereço do provedor leva a outro')
        ) as w (code, words) on w.code = asked.code
    ) as own;
$$;
comment on function private.stop_reason(jsonb) is
'Why an account stopped, for its owners, in Portuguese: in our own words where the code is one of ours (functions/renum/channels), else what the provider answered, named as such.';

-- source: sql/30_rules/68_stop_account.sql sha256:abd51079382d52c403f7cbc77e737f10ef7e050f52d5b1591c219c7494613319
create or replace function private.stop_account(account_id uuid, status public.channel_account_status, reason text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    a public.channel_accounts;
begin
    update public.channel_accounts as x
    set status = stop_account.status, stopped_reason = left(stop_account.reason, 1000)
    where x.id = stop_account.account_id and x.status = 'active'
    returning * into a;
    if found then
        perform private.notify(a.client_id, 'account_stopped', null, format(
            'A conta "%s" parou de enviar. Motivo: %s. As mensagens estão guardadas e seguem quando ela voltar.', a.name, rtrim(stop_account.reason, '. ')
        ), a.id || to_char(private.now() at time zone 'America/Sao_Paulo', ' YYYY-MM-DD HH24'));
    end if;
end
$$;
comment on function private.stop_account(uuid, public.channel_account_status, text) is
'Stops an account that its provider does not let send (token, payment, policy, disconnected) and tells the client''s owners, once an hour. Its deliveries wait; other accounts go on. A person who sets it active, or new credentials, or the provider''s word, starts it again.';

-- source: sql/30_rules/69_grant_delivery.sql sha256:213e42a4abe24cbef9fcc4d154d0371eff4ce17bad97bb4cbaebb26dd18ba9dc
create or replace function private.grant_delivery(delivery_id uuid, visibility_s integer, released_by uuid default null) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    pair record;
    tick timestamptz := clock_timestamp();
    used_until timestamptz;
begin
    select x.client_id, x.thread_id, x.lead_id, x.profile_id, x.channel_account_id, make_interval(secs => p.pair_interval_ms / 1000.0) as pause into pair
    from public.deliveries as x
    join public.channel_accounts as a on a.id = x.channel_account_id
    join private.providers as p on p.provider = a.provider and p.channel = a.channel
    where x.id = grant_delivery.delivery_id and p.pair_interval_ms is not null and a.throughput is not null;
    if found then
        -- Each by its own index: in one condition they would be looked for among all that the account ever sent.
        if pair.thread_id is not null then
            select max(e.pair_at) into used_until from public.deliveries as e
            where e.client_id = pair.client_id and e.thread_id = pair.thread_id and e.channel_account_id = pair.channel_account_id and e.pair_at > tick;
        elsif pair.lead_id is not null then
            select max(e.pair_at) into used_until from public.deliveries as e
            where e.client_id = pair.client_id and e.lead_id = pair.lead_id and e.channel_account_id = pair.channel_account_id and e.pair_at > tick;
        else
            select max(e.pair_at) into used_until from public.deliveries as e
            where e.profile_id = pair.profile_id and e.channel_account_id = pair.channel_account_id and e.pair_at > tick;
        end if;
        used_until := coalesce(used_until, tick) + pair.pause;
    end if;
    update public.deliveries as x
    set status = 'sending', claim = gen_random_uuid(), attempts = x.attempts + 1, due_at = private.now() + make_interval(secs => visibility_s),
        begun_at = private.now(), initiated = private.is_initiated(x), reason = null, released_by = grant_delivery.released_by,
        pair_at = used_until,
        -- A task that hides for as long as the claim lasts: whoever dies with the claim is noticed when it shows again.
        task_id = coalesce(x.task_id, (
            select s.id from pgmq.send(x.queue, private.task_message('delivery', x.id, x.client_id, x.attempts + 1), visibility_s) as s (id)
        ))
    where x.id = grant_delivery.delivery_id
    returning * into d;
    update private.account_paces as p
    set next_at = greatest(p.next_at, clock_timestamp()) + make_interval(secs => 1 / (0.8 * a.throughput))
    from public.channel_accounts as a
    where p.channel_account_id = d.channel_account_id and a.id = p.channel_account_id and a.throughput is not null;
    return private.delivery_task(d);
end
$$;
comment on function private.grant_delivery(uuid, integer, uuid) is
'Claims a delivery for the caller for so many seconds, counts it against its account''s limits, and returns its task. released_by: the claim whose completion hands it out. The caller holds its row''s lock and has asked private.gate.';

-- source: sql/30_rules/69_heed_refusal.sql sha256:5e83a7cd72660abe894970ad3fb5f776e11d97945fa9367142e15b41636520ed
create or replace function private.heed_refusal(delivery_id uuid, error jsonb) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
begin
    if coalesce((heed_refusal.error ->> 'retryable')::boolean, false) or heed_refusal.error is null then
        return false;
    end if;
    select * into strict d from public.deliveries as x where x.id = heed_refusal.delivery_id;
    if heed_refusal.error ->> 'scope' in ('number', 'account') then
        perform private.stop_account(d.channel_account_id, 'paused', private.stop_reason(heed_refusal.error));
        return true;
    end if;
    perform private.note_refusal(d.id, heed_refusal.error ->> 'code');
    return false;
end
$$;
comment on function private.heed_refusal(uuid, jsonb) is
'What a provider''s refusal for good means beyond its message: number or account may not send: the account stops (returns true); the person does not want it: an opt-out.';

-- source: sql/30_rules/71_release_next.sql sha256:1b5af3488dadc030e9b048e3464b5d7be4dcb90eb1298b167a5213378ea2d39e
create or replace function private.release_next(thread_id uuid, visibility_s integer, released_by uuid default null) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    gate record;
begin
    loop
        -- Whoever admits it at this moment may wait for the account's pace, which our caller holds: it is theirs, or the sweep's.
        select * into d
        from public.deliveries as x
        where x.id = (
            select y.id from public.deliveries as y
            where y.thread_id = release_next.thread_id and y.status in ('queued', 'deferred', 'sending', 'unknown')
            order by y.seq
            limit 1
        )
        for no key update skip locked;
        exit when not found or d.task_id is not null or d.status not in ('queued', 'deferred') or d.due_at > private.now() or d.queue <> 'high_priority';
        d.initiated := private.is_initiated(d);
        select * into gate from private.gate(d);
        if gate.verdict = 'go' then
            return private.grant_delivery(d.id, visibility_s, release_next.released_by);
        end if;
        if gate.verdict = 'wait' then
            perform private.hold_delivery(d.id, gate.until, gate.reason);
            exit;
        end if;
        update public.deliveries as x set status = 'cancelled', reason = gate.reason where x.id = d.id;
    end loop;
    return null;
end
$$;
comment on function private.release_next(uuid, integer, uuid) is
'Claims the next reply that waits in a thread, if its turn has come and it may leave; returns its task or null. released_by: the claim whose completion asks. The caller holds the thread''s lock and its account''s pace. Invitations are left to admission.';

-- source: sql/30_rules/74_stop_reminders.sql sha256:661f5b39830920a3f4735a8a978763f9aee663a928f07ee802217e7ff2014c0f
create or replace function private.stop_reminders(client_id uuid, interview_id uuid, why text, ended boolean) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    waiting uuid[];
begin
    -- Lock order: deliveries, then reminders. Whoever claims a delivery may find that it must not be sent, and tells its reminder.
    if stop_reminders.ended then
        -- Whoever holds one may wait for an account's pace, which a commit that ends an interview holds: its claim will find that there is
        -- nothing to send any more.
        waiting := array(
            select d.id
            from public.deliveries as d
            where d.client_id = stop_reminders.client_id and d.interview_id = stop_reminders.interview_id
                and d.kind in ('invitation', 'reminder') and d.status in ('queued', 'deferred')
            order by d.id
            for no key update skip locked
        );
    else
        waiting := array(
            select d.id
            from public.deliveries as d
            where d.client_id = stop_reminders.client_id and d.interview_id = stop_reminders.interview_id
                and d.kind in ('invitation', 'reminder') and d.status in ('queued', 'deferred')
            order by d.id
            for no key update
        );
    end if;
    update public.reminders as r
    set status = 'cancelled', reason = stop_reminders.why
    where r.interview_id = stop_reminders.interview_id and r.status = 'waiting' and (r.step > 0 or stop_reminders.ended);
    update public.deliveries as d set status = 'cancelled', reason = stop_reminders.why where d.id = any (waiting);
    perform private.end_delivery(w.id) from unnest(waiting) as w (id);
end
$$;
comment on function private.stop_reminders(uuid, uuid, text, boolean) is
'Cancels an interview''s reminders, and what of them and of its invitation still waits to be sent: it would hold a reply back, which goes out after it. ended: the ladder''s end, too, and no delivery that somebody holds is waited for. The caller holds the thread''s lock.';

-- source: sql/30_rules/76_fire_reminders.sql sha256:f91a105df618518321dbc5829514bdb7a2edf6326d7dbfdd306c31cc57c209ee
create or replace function private.fire_reminders() returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    item record;
    reminder public.reminders;
    interview public.interviews;
    thread private.threads;
    fired integer := 0;
begin
    for item in
        select r.id, r.interview_id
        from public.reminders as r
        join public.interviews as i on i.id = r.interview_id
        join public.projects as p on p.id = i.project_id
        join public.clients as c on c.id = r.client_id
        where r.status = 'waiting' and r.delivery_id is null and r.due_at <= private.now() and r.step > 0
            and i.status = 'pending' and p.status = 'active' and c.status = 'active'
        order by r.due_at, r.id
        -- Few at a time: their leads' webhooks wait for the end of this transaction.
        limit 50
    loop
        begin
            -- Lock order: interview, thread. Whoever is locked is left for the next time.
            select * into interview from public.interviews as i where i.id = item.interview_id and i.status = 'pending' for no key update skip locked;
            continue when not found;
            select * into thread from private.threads as t where t.id = interview.thread_id and t.interview_id = interview.id for no key update skip locked;
            continue when not found;
            -- Under these locks it is asked again: another may have fired it, or the lead may have answered meanwhile.
            select * into reminder
            from public.reminders as r
            where r.id = item.id and r.status = 'waiting' and r.delivery_id is null and r.due_at <= private.now()
            for update;
            continue when not found;
            perform private.remind(reminder, interview, thread);
            fired := fired + 1;
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- One that cannot be made must not stop the others, nor come again every second.
                update public.reminders as r set status = 'skipped', reason = sqlerrm where r.id = item.id and r.status = 'waiting' and r.delivery_id is null;
        end;
    end loop;
    return fired;
end
$$;
comment on function private.fire_reminders() is
'Fires the reminders that are due, of active projects, at most 50 at a time, each once however many run this. Run by the sweep. Returns how many.';

-- source: sql/30_rules/84_words_of.sql sha256:ed9993793fb8eae9ee3fa44f017878d21d91f15e91ea89789327c47a7a2b5b96
create or replace function private.words_of(content jsonb) returns text
language sql immutable set search_path = ''
as $$
    select concat_ws(
        ' ', content ->> 'subject', content ->> 'text', content ->> 'button', content ->> 'file_name',
        (
            select string_agg(concat_ws(' ', c.v ->> 'title', c.v ->> 'description'), ' ')
            from (
                select b.v, 0 as part from jsonb_path_query(content, '$.buttons[*]') as b (v)
                union all
                select r.v, 1 from jsonb_path_query(content, '$.rows[*]') as r (v)
            ) as c
        )
    );
$$;
comment on function private.words_of(jsonb) is 'Everything that the recipient of a delivery''s content reads: text, subject, choices, the name of a file.';

-- source: sql/30_rules/86_admit_direct.sql sha256:b6e476690c339454706cead9dbaf2df5f65810367ba30f04d20f6e634bd7ede0
create or replace function private.admit_direct(d public.deliveries, writer text) returns public.deliveries
language plpgsql security definer set search_path = ''
as $$
declare
    v record;
    earlier public.deliveries;
begin
    -- SECURITY: in another client's name, or another lead's than the turn's, nothing is looked at: the policies refuse the row.
    if (writer = 'authenticated' and not d.client_id in (select private.visible_client_ids()))
        or (writer = 'renum_agent' and (d.client_id, d.lead_id) is distinct from (private.turn_client_id(), private.turn_lead_id())) then
        return d;
    end if;
    -- Written before: the primary key says so, or it is let pass (resolution=ignore-duplicates), whatever has become of it.
    select * into earlier from public.deliveries as x where x.id = d.id and x.client_id = d.client_id;
    if found then
        return earlier;
    end if;
    if writer <> 'service_role' or (d.kind = 'message' and d.thread_id is null) then
        d := private.place_message(d);
    end if;
    if d.status not in ('queued', 'deferred') then
        return d;
    end if;
    select * into v from private.policy_verdict(d);
    if writer = 'renum_agent' and v.verdict = 'go' then
        -- What a person may say and the agent may not.
        v.reason := (
            select r.reason
            from private.packs_of(d) as k
            cross join lateral private.reply_refusal(k.agent_type, private.words_of(d.content)) as r (reason)
            where r.reason is not null
            limit 1
        );
        v.verdict := case when v.reason is null then 'go' else 'cancel' end;
    end if;
    if v.verdict = 'wait' then
        raise exception '%', v.reason using errcode = '42501', hint = format('It may be sent from %s on.', to_char(v.until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'));
    elsif v.verdict = 'cancel' and v.reason like 'free text is outside %' then
        raise exception '%', v.reason using errcode = '42501', hint = 'Send {"type": "template", "name": an approved one} as content, or answer once the lead has written.';
    elsif v.verdict = 'cancel' then
        raise exception '%', v.reason using errcode = '42501';
    end if;
    return d;
end
$$;
comment on function private.admit_direct(public.deliveries, text) is
'A delivery that somebody writes directly, in its place; raises 42501 with the rule that speaks against sending it now. writer: the role that writes. Refuses nothing that row level security refuses anyway.';

-- source: sql/30_rules/87_ingest_messages.sql sha256:b9bf94159d016c0dffddb6ff32ac8b2cc66ade50a97303299d9fd614fd2cd50d
create or replace function private.ingest_messages(items jsonb) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    stored integer;
    more integer := 0;
    outside boolean;
    leaving uuid[];
begin
    -- items: [{"ord", "thread_id", "lead_id", "client_id", "event"}], their threads locked by the caller.
    -- What changes a lead's mind goes into the ledger: a word to be left alone, and one to hear from us again from whoever had said the former.
    with wishes as (
        select x.client_id, x.lead_id, x.thread_id, x.ord, x.event, private.wish_of(x.event) as granted, l.opted_out_at is null as before
        from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, lead_id uuid, client_id uuid, event jsonb)
        join public.leads as l on l.id = x.lead_id
    ),
    changes as (
        select w.*, coalesce(lag(w.granted) over (partition by w.lead_id order by w.ord), w.before) as earlier
        from wishes as w
        where w.granted is not null
    ),
    recorded as (
        insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
        select c.client_id, c.lead_id, c.granted, 'consent'::public.legal_basis,
            jsonb_build_object('source', 'message', 'text', c.event #>> '{message,text}', 'provider_id', c.event ->> 'provider_id')
        from changes as c
        where c.granted <> c.earlier
        order by c.lead_id, c.ord
        returning lead_id, granted
    )
    select array_agg(distinct c.thread_id) into leaving
    from changes as c
    where c.granted <> c.earlier and not c.granted and (select count(*) from recorded) > 0;

    outside := exists (
        select from jsonb_to_recordset(items) as x (thread_id uuid) join private.threads as t on t.id = x.thread_id where t.interview_id is null
    );
    if outside then
        -- What no interview waits for belongs to the lead's open conversation.
        insert into public.conversations (lead_id, client_id, thread_id)
        select distinct t.lead_id, t.client_id, t.id
        from jsonb_to_recordset(items) as x (thread_id uuid)
        join private.threads as t on t.id = x.thread_id
        where t.interview_id is null and t.conversation_id is null
            and not exists (select from public.conversations as c where c.client_id = t.client_id and c.thread_id = t.id and c.status = 'open');
        update private.threads as t
        set conversation_id = (
            select c.id from public.conversations as c
            where c.client_id = t.client_id and c.thread_id = t.id and c.status = 'open'
            order by c.created_at desc
            limit 1
        )
        where t.id in (select x.thread_id from jsonb_to_recordset(items) as x (thread_id uuid))
            and t.interview_id is null
            and (t.conversation_id is null or not exists (select from public.conversations as c where c.id = t.conversation_id and c.status = 'open'));
    end if;

    update private.threads as t
    set address = a.address
    from (
        select distinct on (x.thread_id) x.thread_id,
            jsonb_build_object('wa_id', x.event #> '{sender,wa_id}', 'bsuid', x.event #> '{sender,bsuid}')
            || jsonb_strip_nulls(jsonb_build_object('lid', x.event #> '{sender,lid}', 'phone', x.event #> '{sender,phone}')) as address
        from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, event jsonb)
        order by x.thread_id, x.ord desc
    ) as a
    where t.id = a.thread_id and t.address is distinct from a.address;

    insert into public.interview_messages (interview_id, role, content, metadata, client_id, seq, provider_timestamp)
    select t.interview_id, 'user', coalesce(x.event #>> '{message,text}', ''), private.message_metadata(x.event), t.client_id,
        t.last_seq + row_number() over (partition by t.id order by x.ord), (x.event ->> 'occurred_at')::timestamptz
    from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, event jsonb)
    join private.threads as t on t.id = x.thread_id
    where t.interview_id is not null
    order by x.ord;
    get diagnostics stored = row_count;

    if outside then
        with said as (
            insert into public.messages (conversation_id, role, content, channel, metadata, client_id, seq, provider_timestamp)
            select t.conversation_id, 'user', coalesce(x.event #>> '{message,text}', ''), a.channel, private.message_metadata(x.event), t.client_id,
                t.last_seq + row_number() over (partition by t.id order by x.ord), (x.event ->> 'occurred_at')::timestamptz
            from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, event jsonb)
            join private.threads as t on t.id = x.thread_id
            join public.channel_accounts as a on a.id = t.channel_account_id
            where t.interview_id is null and t.conversation_id is not null
            order by x.ord
            returning client_id, conversation_id, seq
        )
        update private.threads as t
        set last_seq = s.newest, inbound_seq = s.newest, handled_seq = s.newest, last_inbound_at = private.now()
        from (select client_id, conversation_id, max(seq) as newest from said group by client_id, conversation_id) as s
        where t.client_id = s.client_id and t.conversation_id = s.conversation_id;
        select count(*) into more
        from jsonb_to_recordset(items) as x (thread_id uuid)
        join private.threads as t on t.id = x.thread_id
        where t.interview_id is null;
        update public.conversations as c
        set last_message_at = clock_timestamp()
        where c.id in (
            select t.conversation_id from jsonb_to_recordset(items) as x (thread_id uuid) join private.threads as t on t.id = x.thread_id where t.interview_id is null
        );
        -- Whoever answers a reminder by the channel that brought it is reminded no more.
        perform private.stop_reminders(o.client_id, o.interview_id, 'the lead answered', false)
        from private.threads as o
        where o.interview_id is not null and exists (
            select from jsonb_to_recordset(items) as x (thread_id uuid)
            join private.threads as t on t.id = x.thread_id
            join public.deliveries as d on d.client_id = o.client_id and d.interview_id = o.interview_id and d.channel_account_id = t.channel_account_id
            where t.client_id = o.client_id and t.lead_id = o.lead_id and t.interview_id is null
                and d.kind = 'reminder' and d.status in ('sent', 'delivered', 'read')
        ) and (o.client_id, o.lead_id) in (
            select t.client_id, t.lead_id from jsonb_to_recordset(items) as x (thread_id uuid) join private.threads as t on t.id = x.thread_id
        );
    end if;
    if items @? '$[*].event.message.amends ? (@ != null)' then
        perform private.amend_messages(items);
    end if;
    if items @? '$[*].event.becomes ? (@ != null)' then
        perform private.follow_changes(items);
    end if;
    -- Who has just written may be answered at any hour: what waits for one to write to them is looked at again, lest the reply wait behind it.
    update public.deliveries as d
    set due_at = private.now()
    where d.id in (
        select x.id from public.deliveries as x
        where x.thread_id in (select y.thread_id from jsonb_to_recordset(items) as y (thread_id uuid))
            and x.status = 'deferred' and x.task_id is null and x.due_at > private.now() and x.throttles = 0
        order by x.id
        for no key update skip locked
    );
    if leaving is not null then
        perform private.say_goodbye(t.id) from private.threads as t where t.id = any (leaving) and t.interview_id is null order by t.id;
        -- Their other accounts' interviews are answered by no turn.
        perform private.end_interview(o.interview_id, 'opted_out')
        from private.threads as o
        where o.interview_id is not null and o.id <> all (leaving)
            and (o.client_id, o.lead_id) in (select t.client_id, t.lead_id from private.threads as t where t.id = any (leaving));
    end if;
    return stored + more;
end
$$;
comment on function private.ingest_messages(jsonb) is
'Stores inbound messages in order on their threads: in the live interview, or else in the lead''s open conversation. Opt-out words reach the consent ledger before anything is answered. The caller holds the locks of all threads of these leads.';

-- source: sql/30_rules/96_notification_words.sql sha256:d224102792477ca976d7cc6543769ece81b96de1b2873d4fb4b4b14eabea19b2
create or replace function private.notification_words(event text, out title text, out one text, out many text, out urgent boolean)
language sql immutable set search_path = ''
as $$
    select coalesce(w.title, 'Aviso'), coalesce(w.one, 'outro aviso'), coalesce(w.many, 'outros avisos'), coalesce(w.urgent, false)
    from (select notification_words.event as event) as asked
    left join (values
        ('interview_completed', 'Entrevista concluída', 'entrevista concluída', 'entrevistas concluídas', false),
        ('project_completed', 'Pesquisa encerrada', 'pesquisa encerrada', 'pesquisas encerradas', false),
        ('person_needed', 'Um contato precisa de atendimento', 'contato precisa de atendimento', 'contatos precisam de atendimento', true),
        ('account_stopped', 'Um canal de envio parou', 'canal de envio parado', 'canais de envio parados', true),
        ('template_stopped', 'Um modelo de mensagem parou', 'modelo de mensagem parado', 'modelos de mensagem parados', false),
        ('task_failed', 'Há envios ou tarefas que falharam', 'aviso de falha', 'avisos de falha', false)
    ) as w (event, title, one, many, urgent) on w.event = asked.event;
$$;
comment on function private.notification_words(text) is
'How an event is spoken of: the title of an e-mail, one of it and many of it after a number, and whether it is told at once, never gathered with others.';

-- source: sql/30_rules/97_erase_lead.sql sha256:81d373277edb646964f90e324f5a91c53fba19af232bc296d4c5d2de23401f84
create or replace function private.erase_lead(lead_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    l public.leads;
begin
    -- Lock order: interviews, threads, leads, deliveries, messages.
    perform private.lock_threads(array(select t.id from private.threads as t where t.lead_id = erase_lead.lead_id));
    select * into strict l from public.leads as x where x.id = erase_lead.lead_id for no key update;
    if l.opted_out_at is null then
        -- Whoever is forgotten must not be found again by the next list: the number stays, for that alone.
        insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
        values (l.client_id, l.id, false, 'legal_obligation', '{"source": "erasure"}');
    end if;
    update public.leads as x set name = null, email = null, metadata = '{}' where x.id = l.id;
    delete from public.lead_identities as i where i.client_id = l.client_id and i.lead_id = l.id and i.kind not in ('phone', 'wa_id', 'bsuid', 'lid');

    update public.deliveries as d
    set status = 'cancelled', reason = 'the lead''s data was erased'
    where d.client_id = l.client_id and d.lead_id = l.id and d.status in ('queued', 'deferred') and d.kind <> 'goodbye';
    perform private.end_delivery(d.id)
    from public.deliveries as d
    where d.client_id = l.client_id and d.lead_id = l.id and d.status = 'cancelled' and d.task_id is not null;
    -- What is under way, too: its sender has it, and whatever comes of it, nothing but a goodbye goes to this lead any more.
    update public.deliveries as d
    set content = jsonb_build_object('type', d.content -> 'type', 'text', ''), error = d.error - 'message',
        reason = case when strpos(d.reason, d.error ->> 'message') > 0 then coalesce(d.error ->> 'code', 'the provider''s words were erased') else d.reason end
    where d.client_id = l.client_id and d.lead_id = l.id and (d.kind <> 'goodbye' or d.status not in ('queued', 'deferred', 'sending', 'unknown'));
    update public.reminders as r
    set reason = 'the lead''s data was erased'
    from public.interviews as i
    where i.client_id = l.client_id and i.lead_id = l.id and r.client_id = l.client_id and r.interview_id = i.id and r.delivery_id is not null and r.reason is not null;
    update public.failed_tasks as f
    set error = f.error - 'message'
    where f.client_id = l.client_id and f.error ? 'message' and f.task_row_id in (
        select d.id from public.deliveries as d where d.client_id = l.client_id and d.lead_id = l.id
        union all
        select t.id from private.threads as t where t.client_id = l.client_id and t.lead_id = l.id
        union all
        select m.id from public.media as m where m.client_id = l.client_id and m.lead_id = l.id
    );

    -- The raw items first: the messages know which are theirs.
    update public.webhook_events as e
    set payload = '{}'
    where e.client_id = l.client_id and e.provider_id in (
        select m.metadata ->> 'provider_id' from public.interview_messages as m join public.interviews as i on i.id = m.interview_id
        where i.client_id = l.client_id and i.lead_id = l.id
        union all
        select m.metadata ->> 'provider_id' from public.messages as m join public.conversations as c on c.id = m.conversation_id
        where c.client_id = l.client_id and c.lead_id = l.id
    );
    -- Then what no message was made of, and what mail providers say: they name the address in every item.
    update public.webhook_events as e
    set payload = '{}'
    where e.client_id = l.client_id and e.payload <> '{}'
        and (
            e.outcome in ('kept', 'preference', 'unrouted')
            or e.channel_account_id in (select a.id from public.channel_accounts as a where a.client_id = l.client_id and a.channel = 'email')
        )
        and exists (
            select from (
                select i.value from public.lead_identities as i where i.client_id = l.client_id and i.lead_id = l.id
                union all
                values (substr(l.phone, 2)), (l.email)
            ) as known (value)
            where char_length(known.value) >= 6 and strpos(lower(e.payload::text), lower(known.value)) > 0
        );
    update public.interview_messages as m
    set content = '', metadata = jsonb_strip_nulls(jsonb_build_object('type', m.metadata -> 'type', 'delivery_id', m.metadata -> 'delivery_id', 'erased', true))
    from public.interviews as i
    where i.client_id = l.client_id and i.lead_id = l.id and m.client_id = l.client_id and m.interview_id = i.id;
    update public.messages as m
    set content = '', metadata = jsonb_strip_nulls(jsonb_build_object('type', m.metadata -> 'type', 'delivery_id', m.metadata -> 'delivery_id', 'erased', true))
    from public.conversations as c
    where c.client_id = l.client_id and c.lead_id = l.id and m.client_id = l.client_id and m.conversation_id = c.id;

    delete from public.interview_answers as a using public.interviews as i where i.client_id = l.client_id and i.lead_id = l.id and a.interview_id = i.id;
    update public.turns as t
    set proposal = null, steps = '[]', error = null
    from private.threads as h
    where h.client_id = l.client_id and h.lead_id = l.id and t.client_id = l.client_id and t.thread_id = h.id;
    update public.interviews as i set metadata = '{}' where i.client_id = l.client_id and i.lead_id = l.id;

    -- What was made of it: the interview's report goes, the project's is written anew, the news of it lose its name.
    delete from public.reports as r using public.interviews as i where i.client_id = l.client_id and i.lead_id = l.id and r.interview_id = i.id;
    insert into private.project_changes (project_id) select distinct i.project_id from public.interviews as i where i.client_id = l.client_id and i.lead_id = l.id;
    -- Every attempt at telling it, the house client's too.
    update public.notifications as n
    set status = 'skipped', reason = 'the lead''s data was erased'
    from public.interviews as i
    where i.client_id = l.client_id and i.lead_id = l.id and n.interview_id = i.id and n.status = 'queued' and n.delivery_id is null;
    update public.deliveries as d
    set content = jsonb_build_object('type', d.content -> 'type', 'text', '')
    from public.notifications as n
    join public.interviews as i on i.id = n.interview_id
    cross join jsonb_array_elements(n.attempts) as a (v)
    where i.client_id = l.client_id and i.lead_id = l.id and d.id = (a.v ->> 'delivery_id')::uuid and d.status not in ('queued', 'deferred', 'sending', 'unknown');
    update public.messages as m
    set content = 'Dados apagados.'
    from public.notifications as n
    join public.interviews as i on i.id = n.interview_id
    cross join jsonb_array_elements(n.attempts) as a (v)
    join public.deliveries as d on d.id = (a.v ->> 'delivery_id')::uuid
    where i.client_id = l.client_id and i.lead_id = l.id and m.client_id = d.client_id and m.id = d.message_id;
    update public.notifications as n
    set text = 'Dados apagados.'
    from public.interviews as i
    where i.client_id = l.client_id and i.lead_id = l.id and n.interview_id = i.id and (n.status <> 'queued' or n.delivery_id is not null);
    update public.notifications as n
    set text = 'Dados apagados.'
    where n.client_id = l.client_id and n.subject = 'reply ' || l.id and (n.status <> 'queued' or n.delivery_id is not null);

    -- Files not fetched yet are never fetched, nor is one under way taken, nor a dead one replayed. Those in Storage can be removed through its API
    -- only: storage_path stays to find them by, and Storage's policy shows them to nobody.
    update public.media as m
    set file_name = null, provider_url = null
    where m.client_id = l.client_id and m.lead_id = l.id;
    perform private.end_media(m.id, 'expired', '{"code": "erased", "message": "the lead''s data was erased"}')
    from public.media as m
    where m.client_id = l.client_id and m.lead_id = l.id and m.status in ('waiting', 'failed');
end
$$;
comment on function private.erase_lead(uuid) is
'Erases what a client knows of a lead: name, e-mail address, metadata, what was said and answered, and what was made of it. Its number and ids stay so that it is not written to again; figures without it are made anew. Idempotent.';

-- source: sql/30_rules/97_notification_content.sql sha256:6253c32ff5d480d18c9a77525a6c1205c3a408f71334002775671da26928941d
create or replace function private.notification_content(
    channel public.channel, template public.message_templates, full_name text, company_name text, project_name text, title text, txt text
) returns jsonb
language sql immutable set search_path = ''
as $$
    select case
        when notification_content.channel = 'email' then jsonb_build_object(
            'type', 'text',
            -- A header of one line: https://www.rfc-editor.org/rfc/rfc5322#section-2.2
            'subject', left(regexp_replace(format('%s | %s', notification_content.title, notification_content.company_name), '\s+', ' ', 'g'), 150),
            'text', format(
                E'Olá%s!\n\n%s\n\nVocê recebe este aviso porque é responsável pela conta de %s na RENUM. Para escolher por onde receber avisos, altere o seu perfil.\n',
                coalesce(', ' || private.first_name(notification_content.full_name), ''), notification_content.txt, notification_content.company_name
            )
        )
        -- Two or three parts of an SMS at most: with accents a part has 67 characters (3GPP TS 23.038, UCS-2).
        when notification_content.channel = 'sms' then jsonb_build_object(
            'type', 'text', 'text', left(regexp_replace(format('%s: %s', notification_content.company_name, notification_content.txt), '\s+', ' ', 'g'), 200)
        )
        when (notification_content.template).id is null then jsonb_build_object('type', 'text', 'text', notification_content.txt)
        else private.template_content(
            notification_content.template, notification_content.full_name, notification_content.company_name, notification_content.project_name,
            -- A parameter and the words around it have 1024 characters together (WhatsApp Cloud API).
            left(notification_content.txt, 700)
        )
    end;
$$;
comment on function private.notification_content(public.channel, public.message_templates, text, text, text, text, text) is
'A notification as a channel takes it: by WhatsApp the template, or free text where there is none; one short text by SMS; a subject and a text by e-mail.';

-- source: sql/30_rules/97_send_notifications.sql sha256:44f1d08f3d158de3950d0db65b2aa91b5a0a641f0bb825b0fd55507e8687abf5
create or replace function private.send_notifications() returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    item record;
    one uuid;
    told record;
    sent integer := 0;
    burst integer := private.setting_int('notification_burst');
    since timestamptz := private.now() - make_interval(secs => private.setting_int('notification_window_s'));
begin
    -- One at a time: messages of a person are numbered, and conversations met in any order.
    if not pg_try_advisory_xact_lock(hashtextextended('send_notifications', 0)) then
        return 0;
    end if;
    -- What waits for an account that is stopped goes another way, and does not come again when the account is back.
    for item in
        select d.id
        from public.deliveries as d
        join public.channel_accounts as a on a.id = d.channel_account_id
        where d.status in ('queued', 'deferred') and a.status <> 'active'
            and (d.client_id, d.id) in (select n.sender_client_id, n.delivery_id from public.notifications as n where n.status = 'queued' and n.delivery_id is not null)
        order by d.id
        for no key update of d skip locked
    loop
        update public.deliveries as d set status = 'cancelled', reason = 'the account is stopped' where d.id = item.id;
        perform private.end_delivery(item.id);
    end loop;

    for item in
        select n.client_id, n.profile_id, n.attempts, array_agg(n.id order by n.created_at, n.id) as ids, (private.notification_words(n.event)).urgent
        from public.notifications as n
        join public.profiles as p on p.id = n.profile_id
        where n.status = 'queued' and n.delivery_id is null and n.event <> all (p.muted_events)
        group by n.client_id, n.profile_id, n.attempts, 5
        -- What is urgent does not wait behind what is being gathered.
        order by 5 desc, min(n.created_at)
        limit 200
    loop
        begin
            select count(distinct n.told_at) as times, max(n.told_at) as latest into told
            from public.notifications as n
            where n.client_id = item.client_id and n.profile_id = item.profile_id and n.told_at > since;
            if item.attempts <> '[]' then
                -- Together they went, together they go on.
                perform private.tell(item.ids);
                sent := sent + 1;
            elsif item.urgent or told.times + cardinality(item.ids) <= burst then
                foreach one in array item.ids loop
                    perform private.tell(array[one]);
                    sent := sent + 1;
                end loop;
            elsif told.times = 0 then
                perform private.tell(item.ids);
                sent := sent + 1;
            end if;
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- One person who cannot be told must not stop the others.
                raise warning 'person % cannot be told: %', item.profile_id, sqlerrm;
        end;
    end loop;
    update public.notifications as n
    set status = 'skipped', reason = 'the person wants no notifications of this event'
    from public.profiles as p
    where n.status = 'queued' and n.delivery_id is null and p.id = n.profile_id and n.event = any (p.muted_events);
    return sent;
end
$$;
comment on function private.send_notifications() is
'Tells people what is to be told, run by the sweep. One by one up to notification_burst in notification_window_s; where more wait, they are kept until the window since the last message is over, and become one message (an urgent event is told at once). What failed by one channel goes on by the next, and so does what waits for a stopped account. Returns how many messages were made.';

-- source: sql/30_rules/98_run_erasures.sql sha256:b04268b75f7965d9cd70f22f64c70a3d799392396ddbe85162386e57de04bd6b
create or replace function private.run_erasures() returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    e public.erasures;
    wanted uuid[];
    held integer;
    done integer := 0;
begin
    for e in
        select * from public.erasures as x
        where x.done_at is null and x.due_at <= private.now()
        order by x.due_at
        limit 50
    loop
        begin
            -- The sweep holds other leads' threads by now: one that somebody works in is left for the next time, not waited for.
            wanted := array(select t.id from private.threads as t where t.client_id = e.client_id and t.lead_id = e.lead_id);
            perform from public.interviews as i
            where i.id in (select t.interview_id from private.threads as t where t.id = any (wanted))
            for no key update skip locked;
            get diagnostics held = row_count;
            continue when held < (select count(t.interview_id) from private.threads as t where t.id = any (wanted));
            perform from private.threads as t where t.id = any (wanted) for no key update skip locked;
            get diagnostics held = row_count;
            continue when held < cardinality(wanted);
            -- News of the lead that are on their way to somebody arrive whole, or fail, before they are blanked; for half a day at most.
            continue when e.due_at > private.now() - interval '12 hours' and exists (
                select from public.notifications as n
                join public.interviews as i on i.id = n.interview_id
                where i.client_id = e.client_id and i.lead_id = e.lead_id and n.status = 'queued' and n.delivery_id is not null
            );
            perform private.erase_lead(e.lead_id);
            update public.erasures as x set done_at = private.now() where x.id = e.id;
            done := done + 1;
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- The sweep comes by here: one that fails must not stop what comes after it.
                raise warning 'erasure % failed: %', e.id, sqlerrm;
        end;
    end loop;
    return done;
end
$$;
comment on function private.run_erasures() is 'Carries out the erasures that are due, at most 50; run by the sweep. Returns how many. Idempotent.';

-- source: sql/40_triggers/27_check_channel_account.sql sha256:d042dcbb288eb1c5fb1f167abc694ac1c65079dfd251c8a8f4e1b722557f1934
create or replace function private.check_channel_account() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    secret text := (select min(k) from private.providers as p cross join unnest(p.credentials) as k where new.config ? k);
begin
    if secret is not null then
        raise exception 'config holds no credentials, and has %', secret
        using errcode = '22023', hint = 'Credentials go in through the function channel_credentials (renum channel credentials): encrypted, and never read again.';
    end if;
    return new;
end
$$;
comment on function private.check_channel_account() is
'Trigger: what is a credential of any provider is no setting: staff see config, and it is stored as it was written. SECURITY DEFINER: people may not read private.providers.';

create or replace trigger _100_check_channel_account before insert or update of config on public.channel_accounts
for each row execute function private.check_channel_account();

-- source: sql/40_triggers/30_normalize_lead.sql sha256:c6d8689f382f62e5fe7dcfdce19b4b3828200be2c89dbea9583aa5799adb541d
create or replace function private.normalize_lead() returns trigger
language plpgsql set search_path = ''
as $$
begin
    new.phone := private.checked_phone(new.phone);
    if tg_op = 'UPDATE' and current_user in ('authenticated', 'service_role') then
        if old.opted_out_at is not null and old.phone is distinct from new.phone and old.phone is not null then
            raise exception 'a lead who opted out keeps its number: the next import would write to it again'
                using errcode = '42501', hint = 'Another number is another lead.';
        end if;
    end if;
    new.name := nullif(btrim(regexp_replace(new.name, '[[:cntrl:]]', ' ', 'g')), '');
    new.email := nullif(lower(btrim(new.email)), '');
    if not private.is_email(new.email) then
        raise exception 'email % is not an e-mail address', quote_literal(left(new.email, 100)) using errcode = '22023';
    end if;
    if new.time_zone is not null and new.time_zone ~ '/' then
        begin
            perform now() at time zone new.time_zone;
        exception when invalid_parameter_value then
            raise exception 'time_zone % is not known', quote_literal(left(new.time_zone, 100)) using errcode = '22023', hint = 'For example America/Sao_Paulo, America/Manaus or America/Noronha.';
        end;
    end if;
    return new;
end
$$;
comment on function private.normalize_lead() is 'Trigger: phones to E.164, names and e-mail addresses trimmed; what can be neither number nor address is refused, and so is taking the number from a lead who opted out.';

create or replace trigger _100_normalize_lead before insert or update of phone, name, email, time_zone on public.leads
for each row execute function private.normalize_lead();

-- source: sql/40_triggers/34_apply_consent.sql sha256:3ae300b28a656faeb6e368f14644ec3d38c914423aac154bcd5fa95351a0b557
create or replace function private.apply_consent() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    source text := coalesce(new.evidence ->> 'source', '');
begin
    -- The lead's own word is answered by a turn, whose goodbye ends the interview; who withdraws in another way ends it here.
    -- Lock order: interviews, threads, leads. One after the other, as they end, they would be locked crosswise with a webhook of the lead's.
    if not new.granted and source not in ('message', 'agent') then
        perform private.lock_threads(array(select t.id from private.threads as t where t.client_id = new.client_id and t.lead_id = new.lead_id));
        perform private.end_interview(t.interview_id, 'opted_out')
        from private.threads as t
        where t.client_id = new.client_id and t.lead_id = new.lead_id and t.interview_id is not null;
    end if;
    -- An opt-out is taken back explicitly or not at all: not by a list, and by a provider's "resume" only if it was its own "stop".
    -- What a person adds was checked before the row (private.check_consent), and may have been overtaken by an opt-out since.
    if new.granted and (source = 'import' or (
        source = 'person' and (new.legal_basis <> 'consent' or new.evidence - array['source', 'recorded_by'] = '{}')
    ) or (source = 'provider' and exists (
        select from (
            select c.evidence ->> 'source' as source from public.consents as c
            where c.client_id = new.client_id and c.lead_id = new.lead_id and not c.granted
            order by c.created_at desc
            limit 1
        ) as w
        where w.source is distinct from 'provider'
    ))) then
        return null;
    end if;
    update public.leads as l
    set opted_out_at = case when new.granted then null else coalesce(l.opted_out_at, new.created_at) end
    where l.id = new.lead_id and (l.opted_out_at is null) is distinct from new.granted;
    if new.granted then
        -- Data that an opt-out alone would have had erased.
        delete from public.erasures as e where e.client_id = new.client_id and e.lead_id = new.lead_id and e.requested_by is null and e.done_at is null;
    else
        insert into public.erasures (client_id, lead_id, reason, requested_by, due_at)
        select new.client_id, new.lead_id, 'opt-out', null, private.now() + make_interval(hours => min(k.erase_after_hours))
        from public.renus_config as r
        join private.policy_packs as k on k.agent_type = r.agent_type
        -- Of an agent that was switched off since, the leads it talked with.
        where r.client_id = new.client_id and (r.active or exists (
            select from public.interviews as i join public.projects as p on p.id = i.project_id
            where i.client_id = new.client_id and i.lead_id = new.lead_id and p.renus_config_id = r.id
        )) and k.erase_after_hours is not null and source <> 'erasure'
        having count(*) > 0
        on conflict (lead_id) where done_at is null do nothing;
    end if;
    return null;
end
$$;
comment on function private.apply_consent() is
'Trigger: leads.opted_out_at follows the newest row of the consent ledger that may speak for the lead, the live interviews of a lead that opted out end, and its data is erased where the client''s agents are bound to.';

create or replace trigger _500_apply_consent after insert on public.consents
for each row execute function private.apply_consent();

-- source: sql/40_triggers/40_check_project.sql sha256:8b8d3cd1eb7cb16af909bb728e9de9b25944c74582305968710a42d70edd7100
create or replace function private.check_project() returns trigger
language plpgsql set search_path = ''
as $$
declare
    problem text := private.project_config_problem(new.config);
    agents public.agent_type[];
    company text;
    template public.message_templates;
begin
    if problem is not null then
        raise exception 'projects.config: %', problem using errcode = '22023';
    end if;
    -- SECURITY: under the asker's rights, as private.account_for: another client's agent is none.
    -- A project that names no agent is any of the client's agents speaking: private.packs_of.
    agents := array(
        select distinct r.agent_type from public.renus_config as r
        where r.client_id = new.client_id and (r.id = new.renus_config_id or (new.renus_config_id is null and r.active))
        order by r.agent_type
    );
    problem := (select min(private.question_refusal(a.agent_type, new.config)) from unnest(agents) as a (agent_type));
    if problem is not null then
        raise exception 'projects.config: %', problem using errcode = '22023';
    end if;
    if new.status = 'active' and new.type = 'survey' and not new.config ? 'questionnaire' then
        raise exception 'a survey needs projects.config.questionnaire before it starts' using errcode = '22023';
    end if;
    -- A running project keeps what it started with: without an account or a template it could not invite.
    if new.status = 'active' and new.config ? 'questionnaire' then
        if tg_op = 'INSERT' or old.status <> 'active' or new.channel_account_id is distinct from old.channel_account_id or new.channel_account_id is null then
            new.channel_account_id := private.account_for(new.client_id, new.channel_account_id);
        end if;
        if new.channel_account_id is null then
            raise exception 'the client has no active WhatsApp account to write from' using errcode = '22023', hint = 'Add one to channel_accounts.';
        end if;
        template := private.template_for(new.client_id, new.channel_account_id, 'invitation', new.config #>> '{invitation,template}');
        if template is null then
            raise exception '%', private.no_template(new.client_id, new.channel_account_id, 'invitation', new.config #>> '{invitation,template}')
                using errcode = '22023', hint = 'The invitation needs a template in message_templates that the provider approved, with something for each of its variables.';
        end if;
        company := (select c.company_name from public.clients as c where c.id = new.client_id);
        problem := (
            select min(coalesce(
                private.account_refusal(a.agent_type, new.channel_account_id),
                private.invitation_refusal(a.agent_type, private.template_content(template, null, company, new.name, null) ->> 'text', company)
            ))
            from unnest(agents) as a (agent_type)
        );
        if problem is not null then
            raise exception '%', problem using errcode = '22023';
        end if;
    end if;
    return new;
end
$$;
comment on function private.check_project() is 'Trigger: projects.config is checked when it is written, and a project starts, and runs on, only with what it needs and what its agent''s trade allows.';

create or replace trigger _100_check_project before insert or update of config, status, type, channel_account_id, renus_config_id on public.projects
for each row execute function private.check_project();

-- source: sql/40_triggers/62_follow_delivery.sql sha256:7b6241d166d6b42b6103f6702c660247672bea2af116ba58b5962f2010685429
create or replace function private.follow_delivery() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    overtaken uuid[];
begin
    if new.status in ('failed', 'cancelled') then
        -- An earlier channel that was given up may have got through meanwhile: then nobody is told again.
        update public.notifications as n
        set status = case when t.id is null then 'queued' else 'sent' end::public.notification_status, reason = null, delivery_id = t.id, sender_client_id = t.client_id,
            attempts = jsonb_set(n.attempts, '{-1,reason}', to_jsonb(coalesce(new.reason, new.error ->> 'message', 'the delivery failed')))
        from public.notifications as m
        left join lateral (
            select d.client_id, d.id
            from jsonb_array_elements(m.attempts) as a (v)
            join public.deliveries as d on d.id = (a.v ->> 'delivery_id')::uuid
            where d.id <> new.id and d.status in ('delivered', 'read')
            limit 1
        ) as t on true
        where n.id = m.id and m.sender_client_id = new.client_id and m.delivery_id = new.id;
        return null;
    end if;
    update public.notifications as n
    set status = 'sent', reason = null
    where n.sender_client_id = new.client_id and n.delivery_id = new.id and n.status <> 'sent';
    if not found and old.status in ('queued', 'sending', 'unknown', 'failed', 'cancelled') then
        -- Given up, and it got through after all: whatever the next channel still holds is off.
        with
        earlier as materialized (
            select n.id, n.delivery_id from public.notifications as n
            where n.profile_id = new.profile_id and n.status <> 'sent' and n.attempts @> jsonb_build_array(jsonb_build_object('delivery_id', new.id))
        ),
        told as (
            update public.notifications as n
            set status = 'sent', reason = null, delivery_id = new.id, sender_client_id = new.client_id
            from earlier as e
            where n.id = e.id
        )
        select array_agg(e.delivery_id) into overtaken from earlier as e where e.delivery_id is not null;
        if overtaken is not null then
            update public.deliveries as d
            set status = 'cancelled', reason = 'the person was told by another channel'
            where d.id in (
                select x.id from public.deliveries as x
                where x.id = any (overtaken) and x.status in ('queued', 'deferred')
                order by x.id
                for no key update skip locked
            );
        end if;
    end if;
    return null;
end
$$;
comment on function private.follow_delivery() is
'Trigger: a notification is sent as its delivery is; one whose delivery failed or was cancelled, before or after the provider took it, waits to go on by the next channel, which is the sweep''s to choose, unless an earlier one has got through after all.';

create or replace trigger _900_follow_delivery after update of status on public.deliveries
for each row when (new.kind = 'notification' and new.status in ('sent', 'delivered', 'read', 'failed', 'cancelled') and old.status is distinct from new.status)
execute function private.follow_delivery();

-- source: sql/60_rpc/public/channel_findings.sql sha256:22e812f6f7357a175c9ec2a79f69069f6d19e29719a164fca0b249ab102947b7
create or replace function public.channel_findings(channel_account_id uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
    account public.channel_accounts;
    provider private.providers;
    base text := rtrim(coalesce(private.setting('public_url') #>> '{}', private.setting('functions_url') #>> '{}'), '/');
    stored boolean;
begin
    select a.* into account
    from public.channel_accounts as a
    where a.id = channel_findings.channel_account_id and a.client_id in (select private.owned_client_ids());
    if not found then
        raise exception 'there is no such channel account of a client you own' using errcode = 'PT404';
    end if;
    select p.* into strict provider from private.providers as p where p.provider = account.provider and p.channel = account.channel;
    stored := exists (select from private.channel_credentials as s where s.channel_account_id = account.id);
    return jsonb_build_object(
        'provider', account.provider, 'title', provider.title, 'credentials', provider.credentials,
        'webhook_url', base || format('/%s_webhook/%s', account.channel, account.id),
        'findings', jsonb_build_array(
            case
                when account.status = 'active' then private.finding('account', true, format('A conta “%s” (%s) está ativa.', account.name, provider.title), null)
                else private.finding(
                    'account', false,
                    format(
                        'A conta “%s” (%s) está %s%s.', account.name, provider.title,
                        case account.status when 'paused' then 'em pausa' else 'desconectada' end, coalesce(': ' || account.stopped_reason, '')
                    ),
                    'Resolva o motivo e volte a ativar a conta (status active em channel_accounts); se eram as credenciais, as novas já a ativam.'
                )
            end,
            case
                when stored then private.finding('credentials', true, 'As credenciais estão guardadas, criptografadas.', null)
                else private.finding(
                    'credentials', false, 'Nenhuma credencial está guardada.',
                    format('Informe %s com `renum channel credentials`.', array_to_string(provider.credentials, ', '))
                )
            end
        ) || case when account.channel = 'whatsapp' then private.template_findings(account, provider.templates) else '[]' end
    );
end
$$;
comment on function public.channel_findings(uuid) is
'Owners and admins: what the database knows about whether a channel account can work, for the function channel_check: {"provider", "title", "credentials": names the provider needs, "webhook_url": null where no address is set, "findings": [{"item", "ok", "text", "todo"}], in Portuguese}. Read-only; tells no secret.';

-- source: policies/storage_objects.sql sha256:8528c1de92ce2e0d30cc21f71f98369347ae57a926305e217ec3c9f28ff09b0b
-- SECURITY: the functions may add just the files that are being fetched at that moment; a client's people read their own.
-- Where Storage is not installed there is nothing to open.
do $$
begin
    if to_regclass('storage.objects') is not null then
        drop policy if exists renum_media_insert on storage.objects;
        create policy renum_media_insert on storage.objects for insert to renum_files
        with check (bucket_id = (select private.media_bucket()) and private.awaits_file(name));

        -- A client's people read their own files: the first folder of a path says whose it is.
        drop policy if exists renum_media_select on storage.objects;
        create policy renum_media_select on storage.objects for select to authenticated
        using (
            bucket_id = (select private.media_bucket())
            and (storage.foldername(name))[1] = any(array(select v.id::text from private.visible_client_ids() as v (id)))
            -- <client_id>/<lead_id>/<id>: what came before its lead's data was erased is nobody's to read any more.
            and not exists (
                select from public.erasures as e
                join public.media as m on m.client_id = e.client_id and m.lead_id = e.lead_id and m.created_at <= e.done_at
                where e.done_at is not null and e.lead_id::text = split_part(objects.name, '/', 2) and m.id::text = split_part(objects.name, '/', 3)
            )
        );
    end if;
end
$$;
