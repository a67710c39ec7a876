-- Files that came with messages: where the house put each one, and what it was called where it came from.

create table castellan.attachments (
  tenant_id uuid not null references castellan.tenants,
  path text not null,
  -- Foreign text, for the owner's eyes.
  name text not null,
  bytes integer not null,
  -- SHA-256 (hex) of what was uploaded.
  content text not null,
  uploaded_at timestamptz not null default clock_timestamp(),
  -- null until the file lies there whole
  stored_at timestamptz,
  -- The run of the message that it came with; null until that is sent.
  run_id uuid,
  primary key (tenant_id, path)
);
alter table castellan.attachments enable row level security;
alter table castellan.attachments force row level security;
create policy tenant on castellan.attachments using (tenant_id = castellan.tenant()) with check (tenant_id = castellan.tenant());
grant select, insert, update, delete on castellan.attachments to castellan_app;
create index attachments_unsent on castellan.attachments (tenant_id, uploaded_at) where run_id is null;
