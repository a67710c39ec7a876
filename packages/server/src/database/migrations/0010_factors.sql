-- How people prove who they are beyond a password: passkeys, one-time codes, recovery codes; what their sessions have shown.

-- A row for everybody who has begun to enrol anything.
create table castellan.factors (
  tenant_id uuid not null references castellan.tenants,
  person_id uuid not null,
  -- WebAuthn's user handle: random, for two houses on one machine share `localhost` and may share a person's id.
  handle bytea not null,
  -- Names in the vault: of the secret whose codes count, and of the one that waits for its first code.
  totp_secret text,
  totp_since timestamptz,
  totp_pending text,
  totp_pending_at timestamptz,
  -- No code of this step of 30 s or an earlier one is accepted any more.
  totp_last_step bigint not null default 0,
  -- Signing in by ADMIN_PASSWORD was closed by its owner.
  password_closed_at timestamptz,
  primary key (tenant_id, person_id),
  foreign key (tenant_id, person_id) references castellan.people (tenant_id, id) on delete cascade,
  check ((totp_secret is null) = (totp_since is null))
);

create table castellan.passkeys (
  id uuid primary key,
  tenant_id uuid not null references castellan.tenants,
  person_id uuid not null,
  credential_id bytea not null unique,
  -- COSE
  public_key bytea not null,
  counter bigint not null,
  transports text[] not null,
  -- The host that it was made for; it signs for no other.
  rp_id text not null,
  name text not null,
  synced boolean not null,
  created_at timestamptz not null default clock_timestamp(),
  last_used_at timestamptz,
  foreign key (tenant_id, person_id) references castellan.people (tenant_id, id) on delete cascade
);
create index on castellan.passkeys (tenant_id, person_id);

create table castellan.recovery_codes (
  tenant_id uuid not null references castellan.tenants,
  person_id uuid not null,
  -- SHA-256; the codes have 80 bits
  code_hash bytea not null,
  made_at timestamptz not null,
  used_at timestamptz,
  primary key (tenant_id, person_id, code_hash),
  foreign key (tenant_id, person_id) references castellan.people (tenant_id, id) on delete cascade
);

-- What a passkey is asked to sign. A row is removed by whoever answers it, right or wrong.
create table castellan.challenges (
  challenge_hash bytea primary key,
  tenant_id uuid not null references castellan.tenants,
  purpose text not null check (purpose in ('register', 'sign-in', 'second', 'step-up', 'approve')),
  -- null where nobody is known yet
  person_id uuid,
  session_id uuid,
  -- approve: the binding of the one question; second: the half sign-in
  subject text,
  expires_at timestamptz not null
);
create index on castellan.challenges (tenant_id, expires_at);

-- A right password that waits for its second step.
create table castellan.half_signins (
  token_hash bytea primary key,
  tenant_id uuid not null references castellan.tenants,
  person_id uuid not null,
  began_by text not null,
  expires_at timestamptz not null,
  foreign key (tenant_id, person_id) references castellan.people (tenant_id, id) on delete cascade
);
create index on castellan.half_signins (tenant_id, expires_at);

-- The factor that a session has shown last; it counts for a few minutes.
create table castellan.shown_factors (
  session_id uuid primary key references castellan.sessions (id) on delete cascade,
  tenant_id uuid not null references castellan.tenants,
  factor text not null check (factor in ('password', 'totp', 'passkey')),
  shown_at timestamptz not null
);

do $$
declare t text;
begin
  foreach t in array array['factors', 'passkeys', 'recovery_codes', 'challenges', 'half_signins', 'shown_factors'] loop
    execute format('alter table castellan.%I enable row level security', t);
    execute format('alter table castellan.%I force row level security', t);
    execute format('create policy tenant on castellan.%I using (tenant_id = castellan.tenant()) with check (tenant_id = castellan.tenant())', t);
    execute format('grant select, insert, update, delete on castellan.%I to castellan_app', t);
  end loop;
  foreach t in array array['passkeys', 'half_signins'] loop
    execute format('create policy lookup on castellan.%I for select to current_user using (true)', t);
  end loop;
end $$;

create function castellan.tenant_of_passkey(p_credential bytea) returns uuid
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select k.tenant_id from castellan.passkeys k where k.credential_id = p_credential $$;
create function castellan.tenant_of_half_signin(p_hash bytea) returns uuid
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select h.tenant_id from castellan.half_signins h where h.token_hash = p_hash $$;
do $$
declare f text;
begin
  foreach f in array array['tenant_of_passkey(bytea)', 'tenant_of_half_signin(bytea)'] loop
    execute format('revoke all on function castellan.%s from public', f);
    execute format('grant execute on function castellan.%s to castellan_app', f);
  end loop;
end $$;
