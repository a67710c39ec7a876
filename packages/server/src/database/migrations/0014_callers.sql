-- Tokens of programs that ask the owner's models over /v1. Revoking one removes its row.

create table castellan.callers (
  id uuid primary key,
  tenant_id uuid not null references castellan.tenants,
  name text not null,
  namespace text not null,
  -- SHA-256 of the token.
  token_hash bytea not null unique check (octet_length(token_hash) = 32),
  -- Tiers and names of models.
  models text[] not null,
  per_minute integer not null check (per_minute > 0),
  burst integer not null check (burst >= 0),
  tokens_per_day bigint not null check (tokens_per_day > 0),
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz,
  last_used_at timestamptz,
  unique (tenant_id, namespace, name)
);
alter table castellan.callers enable row level security;
alter table castellan.callers force row level security;
create policy tenant on castellan.callers using (tenant_id = castellan.tenant()) with check (tenant_id = castellan.tenant());
grant select, insert, update, delete on castellan.callers to castellan_app;

-- Failures are counted in castellan.lockouts now.
drop table castellan.signin_failures;
