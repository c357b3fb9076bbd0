-- The rest of schema auth that signing in needs: how a session was opened (the amr claim) and PKCE challenges that wait for their link.
-- Source: supabase/auth, migrations/ (20221003041349 and what followed for amr, 20230322519590 and what followed for flow_state).
set local role supabase_auth_admin;

create type auth.code_challenge_method as enum ('s256', 'plain');

create table auth.mfa_amr_claims (
  session_id uuid not null references auth.sessions on delete cascade,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  authentication_method text not null,
  id uuid not null constraint amr_id_pk primary key,
  constraint mfa_amr_claims_session_id_authentication_method_pkey unique (session_id, authentication_method)
);

create table auth.flow_state (
  id uuid not null primary key,
  user_id uuid,
  auth_code text not null,
  code_challenge_method auth.code_challenge_method not null,
  code_challenge text not null,
  provider_type text not null,
  created_at timestamptz,
  updated_at timestamptz,
  authentication_method text not null,
  auth_code_issued_at timestamptz
);
create index idx_auth_code on auth.flow_state (auth_code);
create index idx_user_id_auth_method on auth.flow_state (user_id, authentication_method);

alter table auth.mfa_amr_claims enable row level security;
alter table auth.flow_state enable row level security;

grant all on auth.mfa_amr_claims, auth.flow_state to postgres, dashboard_user;
grant select on auth.mfa_amr_claims, auth.flow_state to postgres with grant option;

reset role;
