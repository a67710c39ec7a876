-- Signing in with an account somewhere else: the providers the owner set up, whose accounts they know, and sign-ins that
-- are on their way.

create table castellan.providers (
  tenant_id uuid not null references castellan.tenants,
  -- Part of the redirect URL
  name text not null,
  kind text not null,
  title text not null,
  client_id text not null,
  -- What this kind needs besides: issuer, directory, key id. The secret is the vault's `provider/NAME`.
  fields jsonb not null default '{}',
  enabled boolean not null default true,
  -- Who besides those who are expected becomes a member
  join_rule text not null default 'nobody' check (join_rule in ('nobody', 'domains', 'everyone')),
  domains text[] not null default '{}',
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, name)
);

create table castellan.provider_accounts (
  id uuid primary key,
  tenant_id uuid not null references castellan.tenants,
  person_id uuid not null,
  -- The issuer, not the provider's name here: under another issuer the same subject is somebody else.
  issuer text not null,
  subject text not null,
  provider text not null,
  -- What the account was called there; foreign text for the person's eyes.
  label text not null,
  connected_at timestamptz not null default clock_timestamp(),
  last_used_at timestamptz,
  -- One person over the whole instance
  unique (issuer, subject),
  foreign key (tenant_id, person_id) references castellan.people (tenant_id, id) on delete cascade
);
create index on castellan.provider_accounts (tenant_id, person_id);

-- Rows of the home tenant, since nobody is known yet.
create table castellan.provider_attempts (
  -- SHA-256 of the token in the cookie, from which state, nonce and verifier are derived: the row alone is worth nothing.
  token_hash bytea primary key,
  tenant_id uuid not null references castellan.tenants,
  provider text not null,
  -- The redirect URL and with it the origin that this sign-in began at
  redirect_uri text not null,
  -- A path of our own
  return_to text not null,
  -- Who connects an account; null for a sign-in.
  session_id uuid,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null
);
create index on castellan.provider_attempts (tenant_id, expires_at);

do $$
declare t text;
begin
  foreach t in array array['providers', 'provider_accounts', 'provider_attempts'] loop
    execute format('alter table castellan.%I enable row level security', t);
    execute format('alter table castellan.%I force row level security', t);
    execute format('create policy tenant on castellan.%I using (tenant_id = castellan.tenant()) with check (tenant_id = castellan.tenant())', t);
    execute format('grant select, insert, update, delete on castellan.%I to castellan_app', t);
  end loop;
end $$;
create policy lookup on castellan.provider_accounts for select to current_user using (true);

create function castellan.tenant_of_provider_account(p_issuer text, p_subject text) returns uuid
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select a.tenant_id from castellan.provider_accounts a where a.issuer = p_issuer and a.subject = p_subject $$;
revoke all on function castellan.tenant_of_provider_account(text, text) from public;
grant execute on function castellan.tenant_of_provider_account(text, text) to castellan_app;
