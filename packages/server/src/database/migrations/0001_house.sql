-- The tables of issue one. Every table that belongs to someone has tenant_id and FORCE ROW LEVEL SECURITY; the
-- tenant of a connection is the setting castellan.tenant, without which no row is seen and none can be written.

create schema castellan;
grant usage on schema castellan to castellan_app;

create function castellan.tenant() returns uuid
  language sql stable parallel safe
  as $$ select nullif(current_setting('castellan.tenant', true), '')::uuid $$;

create table castellan.tenants (
  id uuid primary key,
  name text not null,
  created_at timestamptz not null default now()
);
insert into castellan.tenants (id, name) values ('00000000-0000-4000-8000-000000000001', 'home');

-- conversations and runs ------------------------------------------------------------------------------------

create table castellan.conversations (
  id uuid primary key,
  tenant_id uuid not null references castellan.tenants,
  title text not null,
  persona text not null,
  channel text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index on castellan.conversations (tenant_id, updated_at desc);

-- Every accepted message stands here before it is acknowledged, once per channel and external id; its id is its run's id.
create table castellan.inbox (
  id uuid primary key,
  tenant_id uuid not null references castellan.tenants,
  conversation_id uuid not null references castellan.conversations on delete cascade,
  channel text not null,
  external_id text not null,
  received_at timestamptz not null default clock_timestamp(),
  unique (tenant_id, channel, external_id)
);

create table castellan.runs (
  id uuid primary key,
  tenant_id uuid not null references castellan.tenants,
  conversation_id uuid references castellan.conversations on delete cascade,
  persona text not null,
  state text not null check (state in ('queued', 'running', 'waiting', 'done', 'stopped', 'failed')),
  error text,
  input_tokens integer not null default 0,
  output_tokens integer not null default 0,
  model_calls integer not null default 0,
  stop_requested boolean not null default false,
  created_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz
);
-- One conversation, one run at a time: messages of a conversation are handled in order.
create unique index one_active_run on castellan.runs (conversation_id) where state in ('running', 'waiting');
create index on castellan.runs (tenant_id, created_at desc);

-- What was said, read and done in a conversation, in order. Bodies live here, never in DBOS.
create table castellan.entries (
  id uuid primary key,
  tenant_id uuid not null references castellan.tenants,
  conversation_id uuid not null references castellan.conversations on delete cascade,
  run_id uuid not null,
  seq bigint generated always as identity,
  -- The step that wrote it; writing a step's entry twice is a no-op.
  step text not null,
  kind text not null check (kind in ('owner', 'agent', 'call', 'notice')),
  body jsonb not null,
  sources text[] not null,
  -- null: everyone
  readers text[],
  created_at timestamptz not null default clock_timestamp(),
  unique (run_id, step, kind)
);
create index on castellan.entries (tenant_id, conversation_id, seq);

create table castellan.outbox (
  id uuid primary key,
  tenant_id uuid not null references castellan.tenants,
  channel text not null,
  -- Doubles as the idempotency key towards the channel.
  external_key text not null,
  body jsonb not null,
  state text not null default 'ready' check (state in ('ready', 'sent', 'dead')),
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default clock_timestamp(),
  last_error text,
  created_at timestamptz not null default clock_timestamp(),
  sent_at timestamptz,
  unique (tenant_id, channel, external_key)
);
create index on castellan.outbox (next_attempt_at) where state = 'ready';

-- questions ---------------------------------------------------------------------------------------------------

create table castellan.questions (
  id uuid primary key,
  tenant_id uuid not null references castellan.tenants,
  run_id uuid not null,
  conversation_id uuid,
  step text not null,
  skill text not null,
  effect text not null,
  principal text[] not null,
  args jsonb not null,
  arguments jsonb not null,
  leaves jsonb,
  sentence text not null,
  why text not null,
  rules text[] not null,
  factor text not null check (factor in ('click', 'password', 'totp', 'passkey')),
  nonce text not null,
  -- SHA-256 (hex) of the RFC 8785 JSON of skill, args, principal, run and nonce.
  binding text not null,
  state text not null default 'open' check (state in ('open', 'approved', 'denied', 'expired', 'consumed', 'void')),
  factor_given text,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  decided_at timestamptz,
  decided_by text,
  decided_via text
);
create unique index one_open_question on castellan.questions (run_id, step) where state in ('open', 'approved');
create index on castellan.questions (tenant_id, state, created_at desc);

-- models, memory, secrets, options ----------------------------------------------------------------------------

create table castellan.models (
  tenant_id uuid not null references castellan.tenants,
  name text not null,
  provider text not null,
  base_url text not null,
  model text not null,
  tier text not null,
  enabled boolean not null default true,
  created_at timestamptz not null default now(),
  primary key (tenant_id, name)
);

create table castellan.memories (
  id uuid primary key,
  tenant_id uuid not null references castellan.tenants,
  scope text not null,
  text text not null,
  words tsvector generated always as (to_tsvector('simple', text)) stored,
  sources text[] not null,
  readers text[],
  run_id uuid,
  created_at timestamptz not null default clock_timestamp()
);
create index on castellan.memories using gin (words);
create index on castellan.memories (tenant_id, scope, created_at desc);

create table castellan.feed_items (
  tenant_id uuid not null references castellan.tenants,
  feed text not null,
  item text not null,
  first_seen_at timestamptz not null default clock_timestamp(),
  first_seen_run uuid,
  primary key (tenant_id, feed, item)
);

create table castellan.secrets (
  tenant_id uuid not null references castellan.tenants,
  name text not null,
  kind text not null,
  -- enc:v1: + base64 (DESIGN §8)
  value text not null,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  last_used_at timestamptz,
  primary key (tenant_id, name)
);

create table castellan.options (
  tenant_id uuid not null references castellan.tenants,
  name text not null,
  value jsonb not null,
  updated_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, name)
);

-- budgets ------------------------------------------------------------------------------------------------------

create table castellan.usage (
  tenant_id uuid not null references castellan.tenants,
  day date not null,
  principal text not null,
  subject text not null,
  spent bigint not null default 0,
  primary key (tenant_id, day, principal, subject)
);

-- identity -----------------------------------------------------------------------------------------------------

create table castellan.sessions (
  -- SHA-256 of the cookie's token: a stolen database signs nobody in.
  token_hash bytea primary key,
  tenant_id uuid not null references castellan.tenants,
  id uuid not null unique,
  principal text not null,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  last_seen_at timestamptz not null default clock_timestamp(),
  revoked_at timestamptz,
  user_agent text not null,
  address text not null
);

create table castellan.signin_links (
  token_hash bytea primary key,
  tenant_id uuid not null references castellan.tenants,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  used_at timestamptz
);

create table castellan.signin_failures (
  tenant_id uuid not null references castellan.tenants,
  address text not null,
  failures integer not null,
  last_at timestamptz not null,
  blocked_until timestamptz,
  primary key (tenant_id, address)
);

-- rights ---------------------------------------------------------------------------------------------------------

do $$
declare t text;
begin
  foreach t in array array['conversations', 'inbox', 'runs', 'entries', 'outbox', 'questions', 'models', 'memories',
    'feed_items', 'secrets', 'options', 'usage', 'sessions', 'signin_links', 'signin_failures'] loop
    execute format('alter table castellan.%I enable row level security', t);
    execute format('alter table castellan.%I force row level security', t);
    execute format('create policy tenant on castellan.%I using (tenant_id = castellan.tenant()) with check (tenant_id = castellan.tenant())', t);
    execute format('grant select, insert, update, delete on castellan.%I to castellan_app', t);
  end loop;
end $$;
alter table castellan.tenants enable row level security;
alter table castellan.tenants force row level security;
create policy own on castellan.tenants for select using (id = castellan.tenant());
grant select on castellan.tenants to castellan_app;
