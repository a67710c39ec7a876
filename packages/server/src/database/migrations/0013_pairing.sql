-- What a person should look at, and the devices and chat accounts that are paired with people.

create table castellan.alerts (
  id uuid primary key,
  tenant_id uuid not null references castellan.tenants,
  -- Whom it concerns; null: the tenant's owner.
  person uuid,
  kind text not null,
  sentence text not null,
  facts jsonb not null,
  times integer not null default 1,
  first_at timestamptz not null default clock_timestamp(),
  last_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz
);
alter table castellan.alerts enable row level security;
alter table castellan.alerts force row level security;
create policy tenant on castellan.alerts using (tenant_id = castellan.tenant()) with check (tenant_id = castellan.tenant());
grant select, insert, update, delete on castellan.alerts to castellan_app;
-- The same thing again before anyone looked is counted, so that no flood fills the list.
create unique index alerts_unseen on castellan.alerts (tenant_id, kind, md5(sentence), person) nulls not distinct where seen_at is null;
