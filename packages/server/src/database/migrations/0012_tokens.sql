-- Tokens: the keys that sign them, the apps that may ask for them, families of refresh tokens, personal tokens. Of every
-- secret only its SHA-256 stands here; the private halves of keys lie in the vault under token/<kid>.

create table castellan.token_keys (
  tenant_id uuid not null references castellan.tenants,
  kid text primary key,
  alg text not null check (alg = 'EdDSA'),
  -- The public JWK.
  public_key jsonb not null,
  created_at timestamptz not null,
  signs_from timestamptz not null,
  signs_until timestamptz not null
);
create index on castellan.token_keys (tenant_id, signs_from);

-- Apps are registered with the house, so they stand in the home tenant; whom they sign in may belong to another.
create table castellan.token_clients (
  tenant_id uuid not null references castellan.tenants,
  id text primary key,
  name text not null,
  redirect_uris text[] not null check (cardinality(redirect_uris) > 0),
  created_at timestamptz not null
);

create table castellan.token_families (
  id uuid primary key,
  tenant_id uuid not null references castellan.tenants,
  person_id uuid not null,
  -- null: minted for a test
  client_id text references castellan.token_clients on delete cascade,
  name text not null,
  -- The role its tokens act in, never above the person's own.
  role text not null check (role in ('owner', 'member', 'viewer')),
  scopes text[] not null,
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  -- The absolute bound, whatever is refreshed.
  expires_at timestamptz not null,
  ended_at timestamptz,
  ended_why text,
  address text not null,
  user_agent text not null,
  unique (tenant_id, id),
  foreign key (tenant_id, person_id) references castellan.people (tenant_id, id) on delete cascade
);
create index on castellan.token_families (tenant_id, person_id);
create index on castellan.token_families (client_id);

create table castellan.refresh_tokens (
  token_hash bytea primary key,
  tenant_id uuid not null references castellan.tenants,
  family_id uuid not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  -- Kept after its use, so that a second use is recognised.
  used_at timestamptz,
  foreign key (tenant_id, family_id) references castellan.token_families (tenant_id, id) on delete cascade
);
create index on castellan.refresh_tokens (tenant_id, family_id);

create table castellan.authorization_codes (
  code_hash bytea primary key,
  tenant_id uuid not null references castellan.tenants,
  person_id uuid not null,
  client_id text not null references castellan.token_clients on delete cascade,
  redirect_uri text not null,
  -- S256 of the verifier (RFC 7636, section 4.2)
  challenge text not null,
  scopes text[] not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  -- What it was exchanged for.
  family_id uuid,
  foreign key (tenant_id, person_id) references castellan.people (tenant_id, id) on delete cascade
);
create index on castellan.authorization_codes (tenant_id, expires_at);

create table castellan.personal_tokens (
  id uuid primary key,
  tenant_id uuid not null references castellan.tenants,
  person_id uuid not null,
  token_hash bytea not null unique,
  name text not null,
  scopes text[] not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  last_used_at timestamptz,
  last_address text,
  revoked_at timestamptz,
  foreign key (tenant_id, person_id) references castellan.people (tenant_id, id) on delete cascade
);
create index on castellan.personal_tokens (tenant_id, person_id);

do $$
declare t text;
begin
  foreach t in array array['token_keys', 'token_clients', 'token_families', 'refresh_tokens', 'authorization_codes',
    'personal_tokens'] loop
    execute format('alter table castellan.%I enable row level security', t);
    execute format('alter table castellan.%I force row level security', t);
    execute format('create policy tenant on castellan.%I using (tenant_id = castellan.tenant()) with check (tenant_id = castellan.tenant())', t);
    execute format('grant select, insert, update, delete on castellan.%I to castellan_app', t);
  end loop;
  -- The owner of the tables is whom the functions below run as; nobody else can become it.
  foreach t in array array['refresh_tokens', 'authorization_codes', 'personal_tokens'] loop
    execute format('create policy lookup on castellan.%I for select to current_user using (true)', t);
  end loop;
end $$;

-- Asked before a tenant is known: the tenant of an exact hash, and nothing else.
create function castellan.tenant_of_refresh_token(p_hash bytea) returns uuid
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select r.tenant_id from castellan.refresh_tokens r where r.token_hash = p_hash $$;
create function castellan.tenant_of_authorization_code(p_hash bytea) returns uuid
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select c.tenant_id from castellan.authorization_codes c where c.code_hash = p_hash $$;
create function castellan.tenant_of_personal_token(p_hash bytea) returns uuid
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select p.tenant_id from castellan.personal_tokens p where p.token_hash = p_hash $$;
do $$
declare f text;
begin
  foreach f in array array['tenant_of_refresh_token', 'tenant_of_authorization_code', 'tenant_of_personal_token'] loop
    execute format('revoke all on function castellan.%I(bytea) from public', f);
    execute format('grant execute on function castellan.%I(bytea) to castellan_app', f);
  end loop;
end $$;
