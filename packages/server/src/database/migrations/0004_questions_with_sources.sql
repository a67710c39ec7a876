-- What a question shows besides its arguments, what a yes endorses, pauses, and what was used before with success.

alter table castellan.questions
  add column kind text not null default 'call' check (kind in ('call', 'pause')),
  add column places jsonb not null default '[]',
  add column fresh jsonb not null default '{"skill": false, "targets": []}',
  add column endorsable jsonb,
  -- [{path, role, value}] of a yes; with its factor they hold for the rest of the run.
  add column endorsed jsonb not null default '[]',
  -- SHA-256 (hex) of skill, arguments, principals and run: the same call again is known by it.
  add column call text not null default '';
create index questions_by_run on castellan.questions (run_id);

-- Skills that were used, whom they reached and which accounts they named, with success. Evidence for the question card.
create table castellan.known (
  tenant_id uuid not null references castellan.tenants,
  -- read: something was read there; act: something was done there.
  effect text not null check (effect in ('read', 'act')),
  kind text not null check (kind in ('skill', 'reached', 'account')),
  value text not null,
  first_used_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, effect, kind, value)
);
alter table castellan.known enable row level security;
alter table castellan.known force row level security;
create policy tenant on castellan.known using (tenant_id = castellan.tenant()) with check (tenant_id = castellan.tenant());
grant select, insert, update, delete on castellan.known to castellan_app;
