-- Which bytes of which secrets the texts of a run have held so far, so that a secret sent in parts is stopped at the last
-- part even when the process was started anew in between. Ranges and fingerprints, no values.

create table castellan.leak_traces (
  tenant_id uuid not null references castellan.tenants,
  run text not null,
  seen jsonb not null,
  updated_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, run)
);
alter table castellan.leak_traces enable row level security;
alter table castellan.leak_traces force row level security;
create policy tenant on castellan.leak_traces using (tenant_id = castellan.tenant()) with check (tenant_id = castellan.tenant());
grant select, insert, update, delete on castellan.leak_traces to castellan_app;
