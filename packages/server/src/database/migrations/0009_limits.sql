-- How often something may be tried, counted once for all processes. A limit is of an address or of whoever tries to
-- become known, so there is no tenant yet; keys are SHA-256, so that the tables name nobody and no key is long.

-- Unlogged: a crash forgets how often somebody knocked in the last minute, and in return a knock waits for no disk.
create unlogged table castellan.rates (
  name text not null check (length(name) <= 40),
  key bytea not null check (octet_length(key) = 32),
  -- When all of the burst is there again.
  full_at timestamptz not null,
  -- The answer to who wrote last: milliseconds to wait, 0 for a pass.
  wait_ms double precision not null,
  primary key (name, key)
) with (fillfactor = 50);
grant select, insert, update, delete on castellan.rates to castellan_app;

create table castellan.lockouts (
  name text not null check (length(name) <= 40),
  key bytea not null check (octet_length(key) = 32),
  failures integer not null,
  last_at timestamptz not null,
  blocked_until timestamptz,
  -- The answer to who wrote last: until when nothing is evaluated; null for an attempt that may be.
  refused_until timestamptz,
  -- From then on the row means nothing any more.
  forget_at timestamptz not null,
  primary key (name, key)
) with (fillfactor = 50);
grant select, insert, update, delete on castellan.lockouts to castellan_app;
