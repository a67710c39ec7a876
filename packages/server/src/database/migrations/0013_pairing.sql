-- What a person should look at, and the devices and chat accounts that are paired with people.

create table castellan.alerts (
  id uuid primary key,
  tenant_id uuid not null references castellan.tenants,
  -- Whom it concerns; null: the tenant's owner.
  person_id uuid,
  kind text not null,
  sentence text not null,
  facts jsonb not null,
  times integer not null default 1,
  first_at timestamptz not null default clock_timestamp(),
  last_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz,
  foreign key (tenant_id, person_id) references castellan.people (tenant_id, id) on delete cascade
);
alter table castellan.alerts enable row level security;
alter table castellan.alerts force row level security;
create policy tenant on castellan.alerts using (tenant_id = castellan.tenant()) with check (tenant_id = castellan.tenant());
grant select, insert, update, delete on castellan.alerts to castellan_app;
-- The same thing again before anyone looked is counted, so that no flood fills the list.
create unique index alerts_unseen on castellan.alerts (tenant_id, kind, md5(sentence), person_id) nulls not distinct where seen_at is null;

-- One-time codes: a device or a chat account that spends one is joined to a person. Of the code only a keyed hash stands
-- here; the house's keys for the pairing are derived and stand nowhere.
create table castellan.pairings (
  id uuid primary key,
  tenant_id uuid not null references castellan.tenants,
  person_id uuid not null,
  -- Who made the code, and alone may confirm.
  made_by uuid not null,
  -- null: for a device; else for an account of this chat service
  channel text,
  -- What the maker wants the device to be called.
  name text,
  code_hash bytea not null unique,
  state text not null check (state in ('open', 'compare', 'paired', 'denied')),
  created_at timestamptz not null,
  code_expires_at timestamptz not null,
  -- Until when the person may still compare.
  expires_at timestamptz not null,
  spent_at timestamptz,
  -- What has spent the code: name, kind, public key, thumbprint, address. Foreign.
  device jsonb,
  phrase text,
  device_id uuid,
  foreign key (tenant_id, person_id) references castellan.people (tenant_id, id) on delete cascade,
  foreign key (tenant_id, made_by) references castellan.people (tenant_id, id) on delete cascade,
  check ((state = 'compare') <= (device is not null and phrase is not null))
);
create index on castellan.pairings (tenant_id, created_at);

create table castellan.devices (
  id uuid primary key,
  tenant_id uuid not null references castellan.tenants,
  person_id uuid not null,
  name text not null,
  kind text not null check (kind in ('phone', 'laptop', 'program')),
  -- The public JWK and its thumbprint (RFC 7638). One key is one device, for ever: a revoked one does not come back.
  public_key jsonb not null,
  thumbprint text not null unique,
  paired_at timestamptz not null,
  last_seen_at timestamptz,
  last_address text,
  revoked_at timestamptz,
  foreign key (tenant_id, person_id) references castellan.people (tenant_id, id) on delete cascade
);
create index on castellan.devices (tenant_id, person_id);

-- Nonces that a device has signed; each is good once.
create table castellan.device_nonces (
  tenant_id uuid not null references castellan.tenants,
  nonce_hash bytea not null,
  expires_at timestamptz not null,
  primary key (tenant_id, nonce_hash)
);

-- Each attempt with a code, for a week. One whose code nobody knows stands in the home tenant.
create table castellan.pairing_attempts (
  id bigint generated always as identity primary key,
  tenant_id uuid not null references castellan.tenants,
  at timestamptz not null,
  -- A keyed hash of the address, or of the chat account.
  sender bytea not null,
  way text not null,
  outcome text not null
);
create index on castellan.pairing_attempts (tenant_id, at);

-- Chat accounts and whose they are. The name is foreign text.
create table castellan.accounts (
  id uuid primary key,
  tenant_id uuid not null references castellan.tenants,
  person_id uuid not null,
  channel text not null,
  external_id text not null,
  name text not null,
  paired_at timestamptz not null,
  unique (channel, external_id),
  foreign key (tenant_id, person_id) references castellan.people (tenant_id, id) on delete cascade
);
create index on castellan.accounts (tenant_id, person_id);

do $$
declare t text;
begin
  foreach t in array array['pairings', 'devices', 'device_nonces', 'pairing_attempts', 'accounts'] loop
    execute format('alter table castellan.%I enable row level security', t);
    execute format('alter table castellan.%I force row level security', t);
    execute format('create policy tenant on castellan.%I using (tenant_id = castellan.tenant()) with check (tenant_id = castellan.tenant())', t);
    execute format('grant select, insert, update, delete on castellan.%I to castellan_app', t);
  end loop;
  -- The owner of the tables is whom the functions below run as; nobody else can become it.
  foreach t in array array['pairings', 'devices', 'accounts'] loop
    execute format('create policy lookup on castellan.%I for select to current_user using (true)', t);
  end loop;
end $$;

-- Asked before a tenant is known: the tenant of an exact hash, id or key, and nothing else.
create function castellan.tenant_of_code(p_hash bytea) returns uuid
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select p.tenant_id from castellan.pairings p where p.code_hash = p_hash $$;
create function castellan.tenant_of_pairing(p_id uuid) returns uuid
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select p.tenant_id from castellan.pairings p where p.id = p_id $$;
create function castellan.tenant_of_device(p_id uuid) returns uuid
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select d.tenant_id from castellan.devices d where d.id = p_id $$;
create function castellan.tenant_of_device_key(p_thumbprint text) returns uuid
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select d.tenant_id from castellan.devices d where d.thumbprint = p_thumbprint $$;
create function castellan.tenant_of_account(p_channel text, p_external_id text) returns uuid
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select a.tenant_id from castellan.accounts a where a.channel = p_channel and a.external_id = p_external_id $$;
do $$
declare f text;
begin
  foreach f in array array['tenant_of_code(bytea)', 'tenant_of_pairing(uuid)', 'tenant_of_device(uuid)',
    'tenant_of_device_key(text)', 'tenant_of_account(text, text)'] loop
    execute format('revoke all on function castellan.%s from public', f);
    execute format('grant execute on function castellan.%s to castellan_app', f);
  end loop;
end $$;
