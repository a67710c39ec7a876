-- People: who belongs to a tenant, how they come in (a password, an invitation), and the links mailed to them. What is
-- asked before a tenant is known answers a tenant's id for an exact hash or key, and nothing else.

create table castellan.people (
  id uuid primary key,
  tenant_id uuid not null references castellan.tenants,
  role text not null check (role in ('owner', 'member', 'viewer')),
  name text not null,
  -- As it was written; the key is what is compared, and unique over the instance, because it signs in.
  email text,
  email_key text unique,
  email_verified_at timestamptz,
  email_changed_at timestamptz,
  -- argon2id as a PHC string
  password text,
  created_at timestamptz not null default clock_timestamp(),
  disabled_at timestamptz,
  last_signed_in_at timestamptz,
  unique (tenant_id, id),
  check ((email is null) = (email_key is null)),
  check (email_verified_at is null or email is not null)
);
create unique index one_owner on castellan.people (tenant_id) where role = 'owner';
insert into castellan.people (id, tenant_id, role, name)
  values ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001', 'owner', 'Owner');

create table castellan.invitations (
  id uuid primary key,
  tenant_id uuid not null references castellan.tenants,
  -- SHA-256 of the link's token
  token_hash bytea not null unique,
  role text not null check (role in ('owner', 'member', 'viewer')),
  name text not null,
  email text,
  -- Sent to that address and shown to nobody, so that who accepts it reads that mail.
  mailed boolean not null default false,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  used_at timestamptz,
  revoked_at timestamptz
);
create index on castellan.invitations (tenant_id, created_at desc);

-- Links about an account: confirm a new address, take a change of address back, set a new password.
create table castellan.account_links (
  token_hash bytea primary key,
  tenant_id uuid not null references castellan.tenants,
  person_id uuid not null,
  kind text not null check (kind in ('confirm_email', 'cancel_email', 'recover')),
  -- confirm_email: the new address; cancel_email: the old one
  email text,
  email_key text,
  -- Given to somebody by the owner: whoever uses it need not read that mail.
  handed boolean not null default false,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  used_at timestamptz,
  foreign key (tenant_id, person_id) references castellan.people (tenant_id, id) on delete cascade
);
create index on castellan.account_links (tenant_id, person_id);
create index on castellan.account_links (email_key) where kind = 'cancel_email';

alter table castellan.sessions add column person_id uuid, add column began_by text;
-- The rows of people who are forced to row level security are changed tenant by tenant, and there was one.
select set_config('castellan.tenant', '00000000-0000-4000-8000-000000000001', true);
update castellan.sessions set person_id = '00000000-0000-4000-8000-000000000002', began_by = 'unknown';
alter table castellan.sessions
  alter column person_id set not null,
  alter column began_by set not null,
  drop column principal,
  add foreign key (tenant_id, person_id) references castellan.people (tenant_id, id) on delete cascade;
create index on castellan.sessions (tenant_id, person_id);

do $$
declare t text;
begin
  foreach t in array array['people', 'invitations', 'account_links'] loop
    execute format('alter table castellan.%I enable row level security', t);
    execute format('alter table castellan.%I force row level security', t);
    execute format('create policy tenant on castellan.%I using (tenant_id = castellan.tenant()) with check (tenant_id = castellan.tenant())', t);
    execute format('grant select, insert, update, delete on castellan.%I to castellan_app', t);
  end loop;
  -- The owner of the tables is whom the functions below run as; nobody else can become it.
  foreach t in array array['sessions', 'people', 'invitations', 'account_links'] loop
    execute format('create policy lookup on castellan.%I for select to current_user using (true)', t);
  end loop;
end $$;

-- The home tenant houses the others: its connections see their names and make new ones.
create policy house on castellan.tenants for select
  using (castellan.tenant() = '00000000-0000-4000-8000-000000000001');
create policy build on castellan.tenants for insert
  with check (castellan.tenant() = '00000000-0000-4000-8000-000000000001');
grant insert on castellan.tenants to castellan_app;

create function castellan.tenant_of_session(p_hash bytea) returns uuid
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select s.tenant_id from castellan.sessions s where s.token_hash = p_hash $$;
create function castellan.tenant_of_email(p_key text) returns uuid
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select p.tenant_id from castellan.people p where p.email_key = p_key $$;
create function castellan.tenant_of_invitation(p_hash bytea) returns uuid
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select i.tenant_id from castellan.invitations i where i.token_hash = p_hash $$;
create function castellan.tenant_of_account_link(p_hash bytea) returns uuid
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select l.tenant_id from castellan.account_links l where l.token_hash = p_hash $$;
-- Whether an address cannot be taken: somebody has it, or may still take it back.
create function castellan.is_email_taken(p_key text) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select exists (select from castellan.people p where p.email_key = p_key)
    or exists (select from castellan.account_links l where l.email_key = p_key and l.kind = 'cancel_email'
      and l.used_at is null and l.expires_at > clock_timestamp()) $$;
do $$
declare f text;
begin
  foreach f in array array['tenant_of_session(bytea)', 'tenant_of_email(text)', 'tenant_of_invitation(bytea)',
    'tenant_of_account_link(bytea)', 'is_email_taken(text)'] loop
    execute format('revoke all on function castellan.%s from public', f);
    execute format('grant execute on function castellan.%s to castellan_app', f);
  end loop;
end $$;
